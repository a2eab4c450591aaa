"""What the demo knows of its people's health: made up, as they are, and plausible for their age."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from care.periods import LOCAL
from records.database import Conn
from records.nursing import assessments, care_plan, health_card, way_in
from records.nursing.care_plan import PlanItem as Item
from records.nursing.care_plan import PlanKind as Plan
from records.nursing.health_card import CardEntry as Entry
from records.nursing.health_card import CardKind as Kind
from records.nursing.way_in import Way
from simulators.chance import chance
from simulators.homes import Home

_CONDITIONS = (
    (Entry(Kind.CONDITION, "高血压", "2级"), Entry(Kind.MEDICINE, "氨氯地平片", "5 mg，每日早晨一次")),
    (Entry(Kind.CONDITION, "2型糖尿病"), Entry(Kind.MEDICINE, "二甲双胍片", "0.5 g，每日两次，随餐")),
    (Entry(Kind.CONDITION, "冠心病", "2021年放置支架"), Entry(Kind.MEDICINE, "阿司匹林肠溶片", "100 mg，每日一次")),
    (Entry(Kind.CONDITION, "心房颤动"), Entry(Kind.MEDICINE, "利伐沙班片", "15 mg，每日一次；抗凝，易出血")),
    (Entry(Kind.CONDITION, "慢性阻塞性肺疾病"), Entry(Kind.MEDICINE, "噻托溴铵吸入剂", "18 µg，每日一次")),
    (Entry(Kind.CONDITION, "骨质疏松", "2023年右腕骨折"), Entry(Kind.MEDICINE, "碳酸钙D3片", "每日一片")),
    (Entry(Kind.CONDITION, "脑梗死后遗症", "左侧肢体无力"), Entry(Kind.MEDICINE, "氯吡格雷片", "75 mg，每日一次")),
)
_ALLERGIES = (
    Entry(Kind.ALLERGY, "青霉素", "皮疹、呼吸困难"), Entry(Kind.ALLERGY, "磺胺类药物", "皮疹"),
    Entry(Kind.ALLERGY, "碘造影剂", "荨麻疹"), Entry(Kind.ALLERGY, "无", "本人与家属均否认药物过敏"),
)  # fmt: skip
_AIDS = (
    Entry(Kind.AID, "助听器", "双耳"), Entry(Kind.AID, "心脏起搏器", "2020年植入，左侧"), Entry(Kind.AID, "四脚助行器"),
    Entry(Kind.AID, "活动义齿"), Entry(Kind.AID, "老花镜"),
)  # fmt: skip
_BLOOD = ("A 型 Rh(+)", "B 型 Rh(+)", "O 型 Rh(+)", "AB 型 Rh(+)")
_HOSPITALS = ("市人民医院", "市中心医院", "县人民医院")
_SERVICES = (
    ("助餐（送午餐）", "社区食堂", "每日"),
    ("助浴", "社区养老服务站", "每周二、五"), ("居室清洁", "家政服务队", "每周一次"),
    ("血压血糖监测", "家庭医生团队", "每周三"), ("康复训练", "康复师", "每周二次"),
)  # fmt: skip
_GOALS = ("能自行如厕和起床，不发生跌倒", "血压稳定在 140/90 mmHg 以下", "每天下楼活动半小时", "按时服药，无漏服")
_WAYS = (
    Way("门右侧密码盒，密码 4 位见门锁码", "2580#", "6 层无电梯，转角窄，需用软担架", "", "敲门要重，老人听力差"),
    Way("楼下小卖部存一把备用钥匙", "", "电梯可放担架，到 3 楼", "", "单元门白天不锁"),
    Way("女儿处一把；社区站钥匙柜 12 号", "1357", "一楼，无台阶", "小型犬，会叫不咬人", ""),
    Way("对门邻居家一把", "", "4 层无电梯", "", "防盗门外开，拉一下再转钥匙"),
)
_LONGEST = timedelta(days=300)


def keep_records(conn: Conn, home: Home, resident: UUID, by: UUID, now: datetime) -> None:
    """Health card, assessment, care plan and way in of somebody of the demo who has none yet."""
    if health_card.card(conn, resident):
        return
    dice = chance(home.key, "health")
    entered = now - timedelta(days=dice.randrange(20, 200))
    for entry in _card(dice, home):
        health_card.enter(conn, resident, entry, by, entered)
    _assess(conn, resident, home, dice, by, now)
    way_in.enter(conn, resident, dice.choice(_WAYS), by, entered)


def _card(dice: Random, home: Home) -> Sequence[Entry]:
    found = [dice.choice(_ALLERGIES)]
    for condition, medicine in dice.sample(_CONDITIONS, dice.randrange(1, 4)):
        found += [condition, medicine]
    found += dice.sample(_AIDS, dice.randrange(0, 3))
    doctor = Entry(
        Kind.DOCTOR, f"{dice.choice('周吴郑孙')}医生", f"{home.household.community}卫生服务站 100 0555 0{home.street}10"
    )
    return [*found, Entry(Kind.BLOOD_GROUP, dice.choice(_BLOOD)), doctor, Entry(Kind.HOSPITAL, dice.choice(_HOSPITALS))]


def _assess(conn: Conn, resident: UUID, home: Home, dice: Random, by: UUID, now: datetime) -> None:
    age = (now.date() - home.household.born).days // 365
    score = max(12, min(96, 150 - age + dice.randrange(-18, 19)))
    day = (now - timedelta(days=dice.randrange(10, 420))).astimezone(LOCAL).date()
    assessments.enter(conn, resident, day, score, "县级评估机构", "", by, now)
    today, later = now.astimezone(LOCAL).date(), now + _LONGEST
    goal = Item(Plan.GOAL, dice.choice(_GOALS), "", "", day, later.date())
    services = [Item(Plan.SERVICE, *one, starts=min(day, today), ends=None) for one in dice.sample(_SERVICES, 2)]
    for item in (goal, *services):
        care_plan.enter(conn, resident, item, by, now)

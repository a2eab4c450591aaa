"""The homes of a simulated community: who lives there, how they live, which devices watch. Pure: a seed says it all.

Nobody here exists. Names are put together from lists; the telephone numbers begin with 100, which no subscriber has.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from random import Random

from care.devices import DeviceKind
from records.people.households import Household, Reachable
from simulators.chance import chance, number_of

BEDROOM, LIVING_ROOM, KITCHEN, BATHROOM, FRONT_DOOR = "卧室", "客厅", "厨房", "卫生间", "大门"

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕单陶汪夏"
_WOMEN = [
    "秀英",
    "桂英",
    "秀兰",
    "玉兰",
    "凤英",
    "桂兰",
    "玉珍",
    "淑珍",
    "素珍",
    "月娥",
    "翠花",
    "美琴",
    "玉梅",
    "春兰",
    "惠芳",
    "金凤",
    "素云",
    "桂香",
    "巧云",
    "银娣",
]
_MEN = [
    "建国",
    "德福",
    "长根",
    "国强",
    "有才",
    "金山",
    "立新",
    "志平",
    "大勇",
    "有田",
    "永福",
    "世明",
    "家发",
    "正华",
    "宝林",
    "学文",
    "广才",
    "树森",
    "传富",
    "明德",
]
_CHILDREN = [
    "伟",
    "敏",
    "静",
    "丽",
    "强",
    "磊",
    "军",
    "洋",
    "勇",
    "艳",
    "杰",
    "娟",
    "涛",
    "明",
    "超",
    "霞",
    "平",
    "刚",
    "晓燕",
    "文静",
    "建军",
    "海波",
]
_STREETS = (
    ("340503", "湖东路街道", ("东苑社区", "花园社区")),
    ("340504", "平湖街道", ("雨润社区", "平湖社区")),
    ("340521", "姑孰镇", ("东营社区", "西城社区")),
)


@dataclass(frozen=True, slots=True)
class Habits:
    """How somebody lives; minutes are of the clock on the wall, after midnight."""

    rises: int
    retires: int
    night_walks: float
    """To the toilet, on average in a night."""
    market: float
    """The chance of going out on a morning."""
    strolls: float
    """The chance of going out on an afternoon."""
    naps: float
    """The chance of a nap after lunch."""
    pulse: float
    """Asleep, /min."""
    breaths: float
    """Asleep, /min."""


@dataclass(frozen=True, slots=True)
class Gadget:
    """One device of a home."""

    name: str
    kind: DeviceKind
    place: str
    every: int
    """Seconds between two signs of life."""


@dataclass(frozen=True, slots=True, eq=False)
class Home:
    """One person's home; `street` counts from 0."""

    seed: int
    number: int
    street: int
    household: Household
    habits: Habits
    gadgets: tuple[Gadget, ...]

    @property
    def key(self) -> str:
        """What makes this home's days different from another's."""
        return f"{self.seed}/{self.number}"

    def has(self, kind: DeviceKind) -> bool:
        """Whether a device of this kind watches here."""
        return any(gadget.kind is kind for gadget in self.gadgets)


@lru_cache(maxsize=8)
def homes(seed: int, count: int) -> tuple[Home, ...]:
    """The same homes for the same seed; more of them never change those before."""
    return tuple(_home(seed, number) for number in range(1, count + 1))


def _home(seed: int, number: int) -> Home:
    dice = chance(seed, number, "home")
    street = (number - 1) % len(_STREETS)
    return Home(
        seed,
        number,
        street,
        _household(dice, seed, number, street),
        _habits(dice),
        _gadgets(dice, f"{seed}-{number:05}"),
    )


def _household(dice: Random, seed: int, number: int, street: int) -> Household:
    county, street_name, communities = _STREETS[street]
    community = dice.choice(communities)
    surname = dice.choice(_SURNAMES)
    address = (
        f"{community.removesuffix('社区')}新村 {dice.randint(1, 40)} 栋 {dice.randint(1, 6)}0{dice.randint(1, 4)} 室"
    )
    child = dice.choice(_SURNAMES) if dice.random() < 0.4 else surname
    neighbour = dice.choice(_SURNAMES) + dice.choice(_WOMEN + _MEN)
    contacts = (
        Reachable(child + dice.choice(_CHILDREN), _phone(seed, number, 1), dice.choice(("女儿", "儿子"))),
        Reachable(neighbour, _phone(seed, number, 2), dice.choice(("睦邻伙伴", "邻居"))),
    )
    return Household(
        surname + dice.choice(_WOMEN if dice.random() < 0.62 else _MEN),
        date(dice.randint(1934, 1956), dice.randint(1, 12), dice.randint(1, 28)),
        county,
        street_name,
        community,
        address,
        f"SIM{seed}-{number:05}",
        date(2026, 3, 1),
        contacts,
    )


def _phone(seed: int, number: int, which: int) -> str:
    """Eleven digits that begin with 100: no mobile network has such numbers."""
    return f"100{number_of(seed, number, which) % 10**8:08}"


def _habits(dice: Random) -> Habits:
    return Habits(
        rises=dice.randint(290, 400),
        retires=dice.randint(1230, 1350),
        night_walks=dice.uniform(0.4, 2.4),
        market=dice.uniform(0.4, 0.95),
        strolls=dice.uniform(0.2, 0.8),
        naps=dice.uniform(0.3, 0.95),
        pulse=dice.uniform(56, 70),
        breaths=dice.uniform(12.5, 16.5),
    )


def _gadgets(dice: Random, whose: str) -> tuple[Gadget, ...]:
    """Every home has a bed, motion in each room, the door and a button; the rest is what was bought."""

    def gadget(what: str, kind: DeviceKind, place: str, every: int) -> Gadget:
        return Gadget(f"{what}-{whose}", kind, place, every)

    hour, ten_minutes = 3600, 600
    sure = (
        gadget("bed", DeviceKind.BED, BEDROOM, 10),
        gadget("pir-bedroom", DeviceKind.MOTION, BEDROOM, hour),
        gadget("pir-living", DeviceKind.MOTION, LIVING_ROOM, hour),
        gadget("pir-kitchen", DeviceKind.MOTION, KITCHEN, hour),
        gadget("door", DeviceKind.DOOR, FRONT_DOOR, hour),
        gadget("button", DeviceKind.SOS_BUTTON, LIVING_ROOM, 6 * hour),
        gadget("smoke", DeviceKind.SMOKE, KITCHEN, 12 * hour),
    )
    bought = (
        (0.8, gadget("radar", DeviceKind.FALL_RADAR, BATHROOM, ten_minutes)),
        (0.5, gadget("watch", DeviceKind.WEARABLE, "", 300)),
        (0.7, gadget("water", DeviceKind.WATER_METER, KITCHEN, ten_minutes)),
        (0.6, gadget("power", DeviceKind.POWER_METER, FRONT_DOOR, ten_minutes)),
        (0.7, gadget("climate", DeviceKind.CLIMATE, LIVING_ROOM, ten_minutes)),
        (0.6, gadget("leak", DeviceKind.WATER_LEAK, BATHROOM, 12 * hour)),
    )
    return (*sure, *(one for share, one in bought if dice.random() < share))

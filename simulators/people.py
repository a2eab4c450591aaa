"""Ten old people who don't exist: the residents of the demo life. Their telephone numbers are made up."""

from dataclasses import dataclass
from datetime import date

from records.households import Household, Reachable


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """A resident of the demo, and what their body is like."""

    number: int
    household: Household
    pulse: int
    """Asleep, /min."""
    breaths: int
    """Asleep, /min."""
    to_bed: int
    """Usually, in minutes after noon."""
    up: int
    """Usually, in minutes after midnight."""

    @property
    def seed(self) -> str:
        """What makes this person's days different from another's."""
        return self.household.care_bed


def _lives(
    name: str, born: date, county: str, street: str, community: str, address: str, bed: str, *contacts: Reachable
) -> Household:
    return Household(name, born, county, street, community, address, bed, date(2026, 3, 1), contacts)


def _call(name: str, relation: str, number: int) -> Reachable:
    return Reachable(name, f"1300000{number:04}", relation)


PEOPLE: tuple[Person, ...] = (
    Person(1, _lives("李玉兰", date(1943, 4, 12), "340503", "湖东路街道", "东苑社区", "东苑新村 6 栋 102 室",
                     "340503-0001", _call("李小娟", "女儿", 101), _call("陶金山", "睦邻伙伴", 102)), 62, 14, 550, 330),
    Person(2, _lives("张德福", date(1938, 9, 3), "340503", "解放路街道", "朝阳社区", "朝阳巷 14 号 201 室",
                     "340503-0002", _call("张明", "儿子", 103), _call("何翠花", "睦邻伙伴", 104)), 58, 15, 520, 300),
    Person(3, _lives("陈桂英", date(1940, 1, 27), "340504", "平湖街道", "雨润社区", "平湖路 88 号 3 栋 101 室",
                     "340504-0001", _call("汪丽", "女儿", 105), _call("邵美琴", "睦邻伙伴", 106)), 66, 16, 560, 345),
    Person(4, _lives("刘长根", date(1946, 11, 8), "340504", "安民街道", "安民社区", "安民里 2 栋 404 室",
                     "340504-0002", _call("刘伟", "儿子", 107), _call("范立新", "邻居", 108)), 64, 14, 600, 360),
    Person(5, _lives("赵淑珍", date(1935, 6, 30), "340506", "博望镇", "新城社区", "新城大道 21 号",
                     "340506-0001", _call("夏红", "女儿", 109), _call("戴月娥", "睦邻伙伴", 110)), 70, 17, 510, 315),
    Person(6, _lives("周国强", date(1950, 2, 19), "340521", "姑孰镇", "东营社区", "东营街 35 号",
                     "340521-0001", _call("周晓燕", "女儿", 111), _call("许志平", "邻居", 112)), 60, 13, 620, 370),
    Person(7, _lives("吴凤英", date(1948, 8, 16), "340521", "黄池镇", "镇南社区", "镇南路 9 号",
                     "340521-0002", _call("胡建军", "儿子", 113), _call("葛桂香", "睦邻伙伴", 114)), 67, 15, 570, 340),
    Person(8, _lives("单玉梅", date(1941, 12, 5), "340522", "环峰镇", "望梅社区", "望梅路 17 号 1 栋 103 室",
                     "340522-0001", _call("解文静", "女儿", 115), _call("项大勇", "邻居", 116)), 63, 16, 540, 325),
    Person(9, _lives("孙有才", date(1954, 5, 22), "340523", "历阳镇", "城北社区", "城北路 52 号",
                     "340523-0001", _call("孙磊", "儿子", 117), _call("耿素云", "睦邻伙伴", 118)), 61, 13, 630, 380),
    Person(10, _lives("曾秀兰", date(1937, 10, 10), "340523", "乌江镇", "江滨社区", "江滨街 4 号",
                      "340523-0002", _call("鲁芳", "女儿", 119), _call("宣有田", "邻居", 120)), 68, 17, 530, 310),
)  # fmt: skip

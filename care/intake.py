"""Residents as a file has them: its columns, what a cell may hold, and what is wrong with one, by name. Pure."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from care.addresses import checked
from care.assessments import CareLevel
from care.notices import Channel
from care.people import Sex

LONGEST_CELL = 200
"""Characters of one cell."""

CONTACTS = 3
"""So many people to call has one row."""

OLDEST = date(1900, 1, 1)


class Why(StrEnum):
    """What is wrong with a cell."""

    MISSING = "missing"
    LONG = "long"
    PHONE = "phone"
    DATE = "date"
    FUTURE = "future"
    SEX = "sex"
    LEVEL = "level"
    CONTACT = "contact"
    """A contact needs a name and a number."""
    TWICE = "twice"
    """Another row has it already: `row`."""
    NO_AREA = "no_area"
    """There is none of this name; `near`: those that are written nearly so."""
    WHICH_AREA = "which_area"
    """There are several of this name: the street has to be named, or the code."""
    NOT_YOURS = "not_yours"
    BED_TAKEN = "bed_taken"
    OTHER_BED = "other_bed"
    """The resident has another open care bed: `bed`."""
    HOUSEHOLD = "household"
    """The household lives in another community, or the resident in another household."""
    ENDED = "ended"
    """The service of this resident has ended: `day`."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A bad cell: in which row of the table (the headings' is 1) and column, what stands there, and what is wrong."""

    row: int
    column: str
    value: str = field(repr=False)
    why: Why
    more: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to call, as a row has them."""

    name: str
    phone: str
    relation: str


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """One row, read: what is empty was not said."""

    row: int
    number: str
    name: str
    sex: str
    born: date | None
    phone: str
    county: str
    street: str
    community: str
    address: str
    note: str
    household: str
    bed: str
    set_up: date | None
    care_level: str
    speaks: str
    contacts: tuple[Person, ...]


def _text(text: str) -> str:
    return text


def _phone(text: str) -> str:
    return checked(Channel.VOICE, text)


_SEXES = {"男": Sex.MALE, "女": Sex.FEMALE, "m": Sex.MALE, "f": Sex.FEMALE, "male": Sex.MALE, "female": Sex.FEMALE}
_LEVELS = {
    "能力完好": CareLevel.INTACT,
    "完好": CareLevel.INTACT,
    "轻度失能": CareLevel.MILD,
    "轻度": CareLevel.MILD,
    "中度失能": CareLevel.MODERATE,
    "中度": CareLevel.MODERATE,
    "重度失能": CareLevel.SEVERE,
    "重度": CareLevel.SEVERE,
    "完全失能": CareLevel.COMPLETE,
    "完全": CareLevel.COMPLETE,
} | {str(level): level for level in CareLevel}


def _sex(text: str) -> str:
    return _SEXES[text.lower()]


def _level(text: str) -> str:
    return _LEVELS[text.lower()]


_DATE = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]00:00(?::00)?)?|(\d{4})(\d\d)(\d\d)"
)


def _date(text: str) -> date:
    """1940-05-01, 1940/5/1, 1940.5.1, 1940年5月1日 or 19400501; ValueError for any other."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError("date")
    year, month, day = (int(part) for part in match.groups() if part)
    found = date(year, month, day)
    if found < OLDEST:
        raise ValueError("date")
    return found


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading in both languages, what a cell of it is read by, and what is wrong where that fails."""

    name: str
    chinese: str
    english: str
    example: str
    read: Callable[[str], Any] = _text
    why: Why = Why.LONG
    needed: bool = False
    also: tuple[str, ...] = ()
    """Other headings that are understood."""


def _people() -> tuple[Column, ...]:
    examples = (("王芳", "13855501234", "女儿"), ("李强", "0555-2345678", "邻居"), ("", "", ""))
    return tuple(
        column
        for n, (name, phone, relation) in zip(range(1, CONTACTS + 1), examples, strict=True)
        for column in (
            Column(f"contact{n}_name", f"联系人{n}姓名", f"Contact {n} name", name, also=(f"联系人{n}",)),
            Column(f"contact{n}_phone", f"联系人{n}电话", f"Contact {n} telephone", phone, _phone, Why.PHONE),
            Column(f"contact{n}_relation", f"联系人{n}关系", f"Contact {n} relation", relation),
        )
    )


COLUMNS: tuple[Column, ...] = (
    Column("number", "编号", "Number", "A-0001", needed=True, also=("老人编号", "档案号")),
    Column("name", "姓名", "Name", "王桂珍", needed=True, also=("老人姓名",)),
    Column("sex", "性别", "Sex", "女", _sex, Why.SEX),
    Column("born", "出生日期", "Born", "1940-05-01", _date, Why.DATE, also=("生日",)),
    Column("phone", "电话", "Telephone", "13855512345", _phone, Why.PHONE, also=("本人电话", "联系电话", "Phone")),
    Column("county", "县（区）", "County", "花山区", also=("县区", "区县", "县(区)", "区")),
    Column("street", "街道（镇）", "Street", "湖东路街道", also=("街道", "街道(镇)", "乡镇", "镇")),
    Column("community", "社区（村）", "Community", "东社区", needed=True, also=("社区", "社区(村)", "村")),
    Column("address", "住址", "Address", "湖东路12号3栋402室", also=("地址", "家庭住址")),
    Column("note", "住址说明", "Note on the home", "单元门密码在物业；养狗", also=("备注",)),
    Column("household", "户号", "Household", "H-0001"),
    Column("bed", "照护床位号", "Care bed", "HS-0001", also=("床位号", "床位")),
    Column("set_up", "建床日期", "Set up on", "2025-03-01", _date, Why.DATE, also=("设床日期",)),
    Column("care_level", "能力等级", "Care level", "轻度失能", _level, Why.LEVEL, also=("评估等级",)),
    Column("speaks", "语言", "Speaks", "普通话", also=("Language",)),
    *_people(),
)
BY_NAME: Mapping[str, Column] = {column.name: column for column in COLUMNS}
_LONGEST = {"name": 64, "number": 64, "bed": 64, "household": 64, "speaks": 40} | {
    f"contact{n}_{part}": 64 for n in range(1, CONTACTS + 1) for part in ("name", "relation")
}


_BLANKS = {0x3000: " ", 0xA0: " ", 0x200B: None, 0xFEFF: None}
"""What a keyboard or another program put there instead of a blank, or beside one."""


def _plain(heading: str) -> str:
    """Without what people put into headings: blanks, stars for what is needed, the full width of brackets."""
    return re.sub(r"[\s*＊_\ufeff\u200b]", "", heading).translate(str.maketrans("（）", "()")).lower()


_HEADINGS = {
    _plain(heading): column.name
    for column in COLUMNS
    for heading in (column.chinese, column.english, column.name, *column.also)
}


@dataclass(frozen=True, slots=True)
class Heads:
    """Which cell of a row is which column; `ignored`: headings that say nothing to us."""

    at: Mapping[str, int]
    ignored: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """The columns that are needed and are not there."""
        return tuple(column.name for column in COLUMNS if column.needed and column.name not in self.at)


def heads(cells: Sequence[str]) -> Heads:
    """What these headings say; ValueError with the heading that is there twice."""
    at: dict[str, int] = {}
    ignored = []
    for index, cell in enumerate(cells):
        name = _HEADINGS.get(_plain(cell))
        if name is None:
            ignored += [cell.strip()[:LONGEST_CELL]] if cell.strip() else []
        elif name in at:
            raise ValueError(cell.strip())
        else:
            at[name] = index
    return Heads(at, tuple(ignored))


def is_remark(cells: Sequence[str]) -> bool:
    """A row that is empty, or begins with #: the explanation and the example of our own template."""
    first = next((cell.strip() for cell in cells if cell.strip()), "#")
    return first.startswith("#")


def read(row: int, cells: Sequence[str], at: Mapping[str, int], today: date) -> tuple[Entry, list[Problem]]:
    """One row, and what is wrong with it; a bad cell is read as empty."""
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for column in COLUMNS:
        index = at.get(column.name, len(cells))
        text = cells[index].translate(_BLANKS).strip() if index < len(cells) else ""
        value, why = _cell(column, text, today)
        found[column.name] = value
        if why is not None:
            problems.append(Problem(row, column.name, text[:LONGEST_CELL], why))
    people = []
    for n in range(1, CONTACTS + 1):
        name, phone, relation = (found.pop(f"contact{n}_{part}") for part in ("name", "phone", "relation"))
        bad = {f"contact{n}_phone", f"contact{n}_name"} & {problem.column for problem in problems}
        if name and phone:
            people.append(Person(name, phone, relation or ""))
        elif (name or phone or relation) and not bad:
            lacking = f"contact{n}_phone" if name else f"contact{n}_name"
            problems.append(Problem(row, lacking, "", Why.CONTACT))
    if found["set_up"] is not None and not found["bed"]:
        problems.append(Problem(row, "bed", "", Why.MISSING))
    return Entry(row=row, contacts=tuple(people), **found), problems


def _cell(column: Column, text: str, today: date) -> tuple[Any, Why | None]:
    empty = None if column.read is _date else ""
    if not text:
        return empty, Why.MISSING if column.needed else None
    if len(text) > _LONGEST.get(column.name, LONGEST_CELL) or not text.replace("\n", " ").isprintable():
        return empty, Why.LONG
    try:
        value = column.read(text if column.read is _text else unicodedata.normalize("NFKC", text))
    except (ValueError, KeyError):
        return empty, column.why
    if isinstance(value, date) and value > today:
        return empty, Why.FUTURE
    return value, None

"""What would come of a file: who is new, what would change of whom, and every cell that stands in the way."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from care import intake
from care.checkins import SELF
from care.intake import Entry, Person, Problem, Why
from records.database import Conn
from records.ids import new_id
from records.intake.known import InRecords, Known, Someone, in_care, look_up
from records.intake.places import Places
from records.scope import Scope

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is, and of how much."""

_EVERY = 1000


class NoHeadings(Exception):
    """The first row is not that of the headings: `missing` columns, or one that is there twice."""

    def __init__(self, missing: Sequence[str] = (), twice: str = "") -> None:
        super().__init__(f"the headings are not those of the template: without {', '.join(missing)}")
        self.missing, self.twice = tuple(missing), twice


@dataclass(frozen=True, slots=True, repr=False)
class Change:
    """One column of somebody who is known: what stands in the records, and what in the file."""

    column: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, repr=False)
class Newcomer:
    """A row whose resident the records don't know; `home_new`: the home is made for them, with the first of it."""

    entry: Entry
    area_id: int
    resident_id: UUID
    home_id: UUID
    home_new: bool


@dataclass(frozen=True, slots=True, repr=False)
class Altered:
    """Somebody who is known, and of whom the file says something else."""

    entry: Entry
    area_id: int
    known: Known
    changes: tuple[Change, ...]
    joins: str
    """The household that their home becomes; empty: none."""


@dataclass(slots=True, repr=False)
class Checked:
    """What would come of the file."""

    rows: int = 0
    ignored: tuple[str, ...] = ()
    new: list[Newcomer] = field(default_factory=list)
    altered: list[Altered] = field(default_factory=list)
    same: int = 0
    problems: list[Problem] = field(default_factory=list)


def check(
    conn: Conn, table: Iterable[Sequence[str]], scope: Scope, today: date, progress: Progress = lambda *_: None
) -> Checked:
    """Read the table against the records; nothing is changed. NoHeadings and sheets.NotATable: it can't be read."""
    entries, problems, ignored = _read(table, today, progress)
    found = Checked(len(entries), ignored, problems=problems)
    records = look_up(
        conn,
        [entry.number for entry in entries],
        [entry.bed for entry in entries if entry.bed],
        [entry.household for entry in entries if entry.household],
    )
    _Checking(found, records, Places(conn, scope), scope).all(entries, progress)
    found.problems.sort(key=lambda problem: (problem.row, list(intake.BY_NAME).index(problem.column)))
    return found


def _read(
    table: Iterable[Sequence[str]], today: date, progress: Progress
) -> tuple[list[Entry], list[Problem], tuple[str, ...]]:
    heads = None
    entries: list[Entry] = []
    problems: list[Problem] = []
    for number, cells in enumerate(table, start=1):
        if intake.is_remark(cells):
            continue
        if heads is None:
            heads = _heads(cells)
            continue
        entry, wrong = intake.read(number, cells, heads.at, today)
        entries.append(entry)
        problems += wrong
        if number % _EVERY == 0:
            progress("reading", number, 0)
    if heads is None:
        raise NoHeadings([column.name for column in intake.COLUMNS if column.needed])
    return entries, problems, heads.ignored


def _heads(cells: Sequence[str]) -> intake.Heads:
    try:
        heads = intake.heads(cells)
    except ValueError as twice:
        raise NoHeadings(twice=str(twice)) from None
    if heads.missing:
        raise NoHeadings(heads.missing)
    return heads


class _Checking:
    """One file against the records."""

    def __init__(self, found: Checked, records: InRecords, places: Places, scope: Scope) -> None:
        self._found, self._records, self._places, self._scope = found, records, places, scope
        self._badly_read = {problem.row for problem in found.problems}
        self._numbers: dict[str, int] = {}
        self._beds: dict[str, int] = {}
        self._households = dict(records.households)

    def all(self, entries: Sequence[Entry], progress: Progress) -> None:
        """Those who are known first: their homes may become households that others join."""
        known = [self._known(entry) for entry in entries]
        order = sorted(range(len(entries)), key=lambda at: known[at] is None)
        for done, at in enumerate(order, start=1):
            self._one(entries[at], known[at])
            if done % _EVERY == 0:
                progress("checking", done, len(entries))

    def _known(self, entry: Entry) -> Known | None:
        return self._records.by_number.get(entry.number) or self._records.by_bed.get(entry.bed or "-")

    def _wrong(self, entry: Entry, column: str, value: str, why: Why, **more: str) -> None:
        self._found.problems.append(Problem(entry.row, column, value, why, more))

    def _one(self, entry: Entry, known: Known | None) -> None:
        before = len(self._found.problems)
        self._once(entry, "number", entry.number, self._numbers)
        self._once(entry, "bed", entry.bed, self._beds)
        area = self._places.of(entry)
        if isinstance(area, Problem):
            self._found.problems.append(area)
            area = None
        if known is not None:
            self._about_known(entry, known)
        owner = self._records.bed_of.get(entry.bed)
        if owner is not None and (known is None or owner != known.id or known.bed != entry.bed):
            self._wrong(entry, "bed", entry.bed, Why.BED_TAKEN)
        elif entry.bed and owner is None and entry.set_up is None:
            self._wrong(entry, "set_up", "", Why.MISSING)
        if area is None or entry.row in self._badly_read or len(self._found.problems) > before:
            return
        if known is None:
            self._add(entry, area)
        else:
            self._compare(entry, area, known)

    def _once(self, entry: Entry, column: str, value: str, seen: dict[str, int]) -> None:
        if value and seen.setdefault(value, entry.row) != entry.row:
            self._wrong(entry, column, value, Why.TWICE, row=str(seen[value]))

    def _about_known(self, entry: Entry, known: Known) -> None:
        if not in_care(known, self._scope):
            self._wrong(entry, "number", entry.number, Why.NOT_YOURS)
        elif known.ended_on is not None:
            self._wrong(entry, "number", entry.number, Why.ENDED, day=known.ended_on.isoformat())
        elif entry.bed and known.bed and entry.bed != known.bed:
            self._wrong(entry, "bed", entry.bed, Why.OTHER_BED, bed=known.bed)

    def _add(self, entry: Entry, area: int) -> None:
        home = self._households.get(entry.household) if entry.household else None
        if home is not None and home[1] != area:
            self._wrong(entry, "household", entry.household, Why.HOUSEHOLD)
            return
        made = (new_id(), area) if home is None else home
        if entry.household:
            self._households[entry.household] = made
        self._found.new.append(Newcomer(entry, area, new_id(), made[0], home is None))

    def _compare(self, entry: Entry, area: int, known: Known) -> None:
        joins = ""
        if entry.household and entry.household != known.household:
            home = self._households.setdefault(entry.household, (known.home_id, area))
            if known.household or home[0] != known.home_id:
                self._wrong(entry, "household", entry.household, Why.HOUSEHOLD)
                return
            joins = entry.household
        changes = tuple(_changes(entry, area, known, self._places.path))
        if changes:
            self._found.altered.append(Altered(entry, area, known, changes, joins))
        else:
            self._found.same += 1


def _changes(entry: Entry, area: int, known: Known, paths: dict[int, str]) -> Iterable[Change]:
    """What is empty in the file stays as it is."""
    if area != known.area_id:
        yield Change("community", paths.get(known.area_id, ""), paths[area])
    own = known.own_phone()
    pairs = {
        "number": (known.number or "", entry.number),
        "name": (known.name, entry.name),
        "sex": (known.sex, entry.sex),
        "born": (_day(known.born), _day(entry.born)),
        "phone": (own.phone if own else "", entry.phone),
        "address": (known.address, entry.address),
        "note": (known.note, entry.note),
        "household": (known.household or "", entry.household),
        "bed": (known.bed or "", entry.bed),
        "set_up": (_day(known.set_up), _day(entry.set_up)),
        "care_level": (known.care_level, entry.care_level),
        "speaks": (known.speaks, entry.speaks),
    }
    yield from (Change(column, was, said) for column, (was, said) in pairs.items() if said and said != was)
    for number, person in enumerate(entry.contacts, start=1):
        match = matching(known, person)
        old = Person("", "", "") if match is None else Person(match.name, match.phone, match.relation)
        new = person if person.relation else replace(person, relation=old.relation)
        for part in ("name", "phone", "relation"):
            if getattr(old, part) != getattr(new, part):
                yield Change(f"contact{number}_{part}", getattr(old, part), getattr(new, part))


def matching(known: Known, person: Person) -> Someone | None:
    """The contact that this one is already: of the same number, or else of the same name."""
    others = [one for one in known.contacts if (one.relation == SELF) == (person.relation == SELF)]
    return next((one for one in others if one.phone == person.phone), None) or next(
        (one for one in others if one.name == person.name), None
    )


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""

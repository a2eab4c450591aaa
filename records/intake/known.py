"""Whom the records know already of those who stand in a file, with all that the file could change of them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from psycopg.rows import class_row

from care.addresses import checked
from care.checkins import SELF
from care.notices import Channel
from records.database import Conn
from records.scope import Scope


@dataclass(frozen=True, slots=True)
class Someone:
    """A contact as it is kept."""

    id: UUID
    name: str
    phone: str
    relation: str
    position: int


@dataclass(slots=True, repr=False)
class Known:
    """A resident as the records have them; `bed`: the open care bed."""

    id: UUID
    number: str | None
    name: str
    sex: str
    born: date | None
    care_level: str
    speaks: str
    ended_on: date | None
    home_id: UUID
    area_id: int
    address: str
    note: str
    household: str | None
    bed_id: UUID | None
    bed: str | None
    set_up: date | None
    contacts: list[Someone] = field(default_factory=list)

    def own_phone(self) -> Someone | None:
        """The resident's own telephone."""
        return next((one for one in self.contacts if one.relation == SELF), None)


# By the number of the file; whoever was entered by hand and has none yet, by the care bed.
FIND = """
    SELECT r.id, r.number, r.name, r.sex, r.born, r.care_level, r.speaks, r.ended_on, r.home_id, h.area_id, h.address,
           h.note, h.number AS household, bed.id AS bed_id, bed.number AS bed, bed.set_up
      FROM resident r
      JOIN home h ON h.id = r.home_id
      LEFT JOIN LATERAL (
           SELECT id, number, set_up FROM care_bed WHERE resident_id = r.id AND closed IS NULL
            ORDER BY set_up DESC, number LIMIT 1) AS bed ON true
     WHERE r.number = ANY (%(numbers)s)
        OR r.number IS NULL AND r.id IN (SELECT resident_id FROM care_bed
                                          WHERE number = ANY (%(beds)s) AND closed IS NULL)
"""
CONTACTS = """
    SELECT resident_id, id, name, phone, relation, position FROM contact WHERE resident_id = ANY (%s)
     ORDER BY resident_id, position
"""
BEDS = "SELECT number, resident_id FROM care_bed WHERE number = ANY (%s)"
HOUSEHOLDS = "SELECT number, id, area_id FROM home WHERE number = ANY (%s)"


@dataclass(frozen=True, slots=True)
class InRecords:
    """What the records have of what a file names."""

    by_number: dict[str, Known]
    by_bed: dict[str, Known]
    bed_of: dict[str, UUID]
    """Whose each care bed is, closed ones too: a number is never given twice."""
    households: dict[str, tuple[UUID, int]]
    """The home and the area of each household."""


def look_up(conn: Conn, numbers: Sequence[str], beds: Sequence[str], households: Sequence[str]) -> InRecords:
    """Everything about these at once."""
    terms = {"numbers": list(numbers), "beds": list(beds)}
    found = conn.cursor(row_factory=class_row(Known)).execute(FIND, terms, prepare=False).fetchall()
    contacts: dict[UUID, list[Someone]] = defaultdict(list)
    for resident, id_, name, phone, relation, place in conn.execute(
        CONTACTS, ([known.id for known in found],), prepare=False
    ):
        contacts[resident].append(Someone(id_, name, _as_checked(phone), relation, place))
    for known in found:
        known.contacts = contacts[known.id]
    return InRecords(
        {known.number: known for known in found if known.number},
        {known.bed: known for known in found if not known.number and known.bed},
        dict(conn.execute(BEDS, (list(beds),), prepare=False).fetchall()),
        {number: (home, area) for number, home, area in conn.execute(HOUSEHOLDS, (list(households),), prepare=False)},
    )


def _as_checked(phone: str) -> str:
    """Numbers that were kept before they were checked are compared as they would be kept today."""
    try:
        return checked(Channel.VOICE, phone)
    except ValueError:
        return phone


def in_care(known: Known, scope: Scope) -> bool:
    """Whether this resident is one of those whom one may change."""
    return scope.holds(known.area_id, known.id)

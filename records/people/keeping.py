"""Who somebody is, and where they live: what administrators enter and put right."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, LiteralString
from uuid import UUID

from psycopg.errors import UniqueViolation
from psycopg.rows import class_row, dict_row

from care.checkins import SELF
from records.database import Conn
from records.ids import new_id
from records.names import initials
from records.people import contacts
from records.people.centres import Serving, serving
from records.people.contacts import Entry
from records.people.taken import Taken
from records.scope import IN_SCOPE, Scope


@dataclass(frozen=True, slots=True)
class Bed:
    """A care bed of a resident."""

    id: UUID
    number: str
    set_up: date
    closed: date | None


@dataclass(frozen=True, slots=True)
class Housemate:
    """Somebody else in the same home."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A move that was; `address`: of the home that was left."""

    moved_on: date
    address: str
    area: list[str]


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a resident beside what devices say; `number`: by which imported files know them."""

    id: UUID
    name: str
    number: str | None
    sex: str
    born: date | None
    care_level: str
    speaks: str
    ended_on: date | None
    ended_why: str | None
    home_id: UUID
    area_id: int
    address: str
    note: str
    household: str | None
    beds: list[Bed]
    housemates: list[Housemate]
    moves: list[Moved]
    centre: Serving | None
    """The service centre for this home."""


KEPT = (
    """
    SELECT r.id, r.name, r.number, r.sex, r.born, r.care_level, r.speaks, r.ended_on, r.ended_why, r.home_id, h.area_id,
           h.address, h.note, h.number AS household
      FROM resident r
      JOIN home h ON h.id = r.home_id
     WHERE r.id = %(id)s AND """
    + IN_SCOPE
)
BEDS = """
    SELECT id, number, set_up, closed FROM care_bed WHERE resident_id = %s
     ORDER BY closed DESC NULLS FIRST, set_up DESC, number
"""
HOUSEMATES = """
    SELECT id, name FROM resident WHERE home_id = %s AND id <> %s AND ended_on IS NULL ORDER BY recorded_at, id
"""
MOVES = """
    WITH RECURSIVE path (id, names) AS (
         SELECT id, ARRAY[name] FROM area WHERE parent_id IS NULL
          UNION ALL
         SELECT area.id, path.names || area.name FROM area JOIN path ON area.parent_id = path.id
    )
    SELECT m.moved_on, h.address, path.names AS area
      FROM house_move m
      JOIN home h ON h.id = m.from_home
      JOIN path ON path.id = h.area_id
     WHERE m.resident_id = %s
     ORDER BY m.recorded_at DESC
"""


def kept(conn: Conn, resident_id: UUID, scope: Scope) -> Kept | None:
    """What is kept of this resident; None where there is none in the scope."""
    terms = scope.terms() | {"id": resident_id}
    found = conn.cursor(row_factory=dict_row).execute(KEPT, terms).fetchone()
    if found is None:
        return None
    beds = conn.cursor(row_factory=class_row(Bed)).execute(BEDS, (resident_id,)).fetchall()
    mates = conn.cursor(row_factory=class_row(Housemate)).execute(HOUSEMATES, (found["home_id"], resident_id))
    moves = conn.cursor(row_factory=class_row(Moved)).execute(MOVES, (resident_id,)).fetchall()
    return Kept(**found, beds=beds, housemates=mates.fetchall(), moves=moves, centre=serving(conn, found["area_id"]))


@dataclass(frozen=True, slots=True, repr=False)
class New:
    """Somebody whom the records don't know yet; `lives_with`: in whose home, where that is there already."""

    name: str
    area_id: int
    address: str = ""
    note: str = ""
    lives_with: UUID | None = None
    number: str = ""
    sex: str = ""
    born: date | None = None
    care_level: str = ""
    speaks: str = ""
    phone: str = ""
    """Their own, as care.addresses.checked writes it."""
    bed: str = ""
    set_up: date | None = None


ADD_HOME = "INSERT INTO home (id, area_id, address, note) VALUES (%s, %s, %s, %s)"
HOME_OF = "SELECT home_id FROM resident WHERE id = %s"
ADD = """
    INSERT INTO resident (id, home_id, name, initials, born, number, sex, care_level, speaks)
    VALUES (%(id)s, %(home)s, %(name)s, %(initials)s, %(born)s, nullif(%(number)s, ''), %(sex)s, %(level)s, %(speaks)s)
"""


def add(conn: Conn, new: New) -> UUID:
    """The id of the new resident. Taken where the number or the care bed is somebody else's."""
    resident = new_id()
    home = (
        new_home(conn, new.area_id, new.address, new.note) if new.lives_with is None else home_of(conn, new.lives_with)
    )
    terms = {
        "id": resident, "home": home, "name": new.name, "initials": initials(new.name), "born": new.born,
        "number": new.number, "sex": new.sex, "level": new.care_level, "speaks": new.speaks,
    }  # fmt: skip
    _once(conn, ADD, terms, "number")
    if new.bed and new.set_up:
        set_up_bed(conn, resident, new.bed, new.set_up)
    if new.phone:
        contacts.add(conn, resident, Entry(new.name, SELF, new.phone))
    return resident


def new_home(conn: Conn, area_id: int, address: str, note: str) -> UUID:
    """A home where nobody lives yet."""
    home = new_id()
    conn.execute(ADD_HOME, (home, area_id, address, note))
    return home


def home_of(conn: Conn, resident_id: UUID) -> UUID:
    """Where this resident lives."""
    row = conn.execute(HOME_OF, (resident_id,)).fetchone()
    if row is None:
        raise ValueError("lives_with: there is no such resident")
    home: UUID = row[0]
    return home


CHANGE = """
    UPDATE resident
       SET name = coalesce(%(name)s, name), initials = coalesce(%(initials)s, initials),
           born = coalesce(%(born)s, born),
           number = CASE WHEN %(number)s::text IS NULL THEN number ELSE nullif(%(number)s, '') END,
           sex = coalesce(%(sex)s, sex), care_level = coalesce(%(care_level)s, care_level),
           speaks = coalesce(%(speaks)s, speaks)
     WHERE id = %(id)s
"""
PUT_RIGHT = """
    UPDATE home
       SET area_id = coalesce(%(area)s, area_id), address = coalesce(%(address)s, address),
           note = coalesce(%(note)s, note)
     WHERE id = (SELECT home_id FROM resident WHERE id = %(id)s)
"""
_OF_THE_PERSON = ("name", "born", "number", "sex", "care_level", "speaks")
_OF_THE_HOME = ("area", "address", "note")


def change(conn: Conn, resident_id: UUID, changes: Mapping[str, Any]) -> None:
    """What is given is so from now on, None stays; the home is put right for all who live in it. Taken: the number."""
    person = {name: changes.get(name) for name in _OF_THE_PERSON}
    name = person["name"]
    _once(conn, CHANGE, person | {"id": resident_id, "initials": initials(name) if name else None}, "number")
    home = {name: changes.get(name) for name in _OF_THE_HOME}
    if any(value is not None for value in home.values()):
        conn.execute(PUT_RIGHT, home | {"id": resident_id})


SET_UP = "INSERT INTO care_bed (id, resident_id, number, set_up) VALUES (%(id)s, %(resident)s, %(number)s, %(day)s)"
OPEN_BED = "SELECT FROM care_bed WHERE resident_id = %s AND closed IS NULL"
CLOSE = """
    UPDATE care_bed SET closed = %(day)s
     WHERE id = %(bed)s AND resident_id = %(resident)s AND closed IS NULL AND set_up <= %(day)s
"""


def set_up_bed(conn: Conn, resident_id: UUID, number: str, day: date) -> None:
    """The resident has this care bed from that day on. Taken: the number; ValueError: they have one."""
    if conn.execute(OPEN_BED, (resident_id,)).fetchone() is not None:
        raise ValueError("number: there is an open care bed; close it first")
    _once(conn, SET_UP, {"id": new_id(), "resident": resident_id, "number": number, "day": day}, "bed")


def close_bed(conn: Conn, resident_id: UUID, bed_id: UUID, day: date) -> bool:
    """The bed is closed on that day; False where this resident has no such open bed that was set up by then."""
    return conn.execute(CLOSE, {"bed": bed_id, "resident": resident_id, "day": day}).rowcount == 1


def _once(conn: Conn, statement: LiteralString, terms: Mapping[str, Any], taken: str) -> None:
    try:
        with conn.transaction():
            conn.execute(statement, terms)
    except UniqueViolation:
        raise Taken(taken) from None

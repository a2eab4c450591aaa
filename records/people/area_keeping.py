"""The areas as administrators keep them: added, named, given a code, merged into another, closed when empty."""

from dataclasses import dataclass
from datetime import date
from typing import LiteralString

from psycopg.errors import UniqueViolation

from care.people import AreaLevel
from records.database import Conn
from records.people.taken import Taken
from records.scope import Scope

BELOW = {AreaLevel.CITY: AreaLevel.COUNTY, AreaLevel.COUNTY: AreaLevel.STREET, AreaLevel.STREET: AreaLevel.COMMUNITY}
"""What lies right below each level."""


@dataclass(frozen=True, slots=True)
class KeptArea:
    """An area with what lies right in it, not further down."""

    id: int
    parent_id: int | None
    level: AreaLevel
    name: str
    code: str | None
    areas: int
    residents: int
    accounts: int
    centres: int


KEPT = """
    SELECT a.id, a.parent_id, a.level, a.name, a.code,
           (SELECT count(*) FROM area WHERE parent_id = a.id AND closed_on IS NULL) AS areas,
           (SELECT count(*) FROM resident r JOIN home h ON h.id = r.home_id
             WHERE h.area_id = a.id AND r.ended_on IS NULL) AS residents,
           (SELECT count(*) FROM account WHERE area_id = a.id AND NOT disabled) AS accounts,
           (SELECT count(*) FROM centre WHERE area_id = a.id AND closed_on IS NULL) AS centres
      FROM area a
     WHERE a.closed_on IS NULL AND (%(areas)s::integer[] IS NULL OR a.id = ANY (%(areas)s::integer[]))
       AND (a.parent_id = %(parent)s::integer
            OR %(parent)s::integer IS NULL
               AND (a.parent_id IS NULL OR NOT a.parent_id = ANY (coalesce(%(areas)s::integer[], '{}'))
                                           AND %(areas)s::integer[] IS NOT NULL))
     ORDER BY a.code NULLS LAST, a.name, a.id
"""


def right_below(conn: Conn, scope: Scope, parent: int | None) -> list[KeptArea]:
    """The areas right below this one; None: the topmost that one looks after."""
    terms = scope.terms() | {"parent": parent}
    rows = conn.execute(KEPT, terms, prepare=False)
    return [KeptArea(row[0], row[1], AreaLevel(row[2]), *row[3:]) for row in rows]


ADD = """
    INSERT INTO area (parent_id, level, name, code)
    VALUES (%(parent)s, %(level)s, %(name)s, nullif(%(code)s, '')) RETURNING id
"""
CHANGE = "UPDATE area SET name = %(name)s, code = nullif(%(code)s, '') WHERE id = %(id)s"


def add(conn: Conn, parent: int, level: AreaLevel, name: str, code: str) -> int:
    """A new area below another. Taken: its name there, or its code."""
    row = _once(conn, ADD, {"parent": parent, "level": level, "name": name, "code": code})
    assert row is not None  # noqa: S101 - RETURNING of an insert always has a row
    return row


def change(conn: Conn, area_id: int, name: str, code: str) -> None:
    """Another name, another code, or none. Taken: the name beside it, or the code."""
    _once(conn, CHANGE, {"id": area_id, "name": name, "code": code})


def _once(conn: Conn, statement: LiteralString, terms: dict[str, object]) -> int | None:
    try:
        with conn.transaction():
            done = conn.execute(statement, terms)
            row = done.fetchone() if done.description else None
            return int(row[0]) if row else None
    except UniqueViolation as taken:
        name = taken.diag.constraint_name or ""
        raise Taken("code" if "code" in name else "name") from None


LOCK = "SELECT pg_advisory_xact_lock(hashtext('ankang areas'))"
SAME_NAME = """
    SELECT array_agg(mine.name)
      FROM area mine
      JOIN area theirs ON theirs.parent_id = %(into)s AND theirs.name = mine.name
     WHERE mine.parent_id = %(id)s
"""
MERGE = (
    "UPDATE home SET area_id = %(into)s WHERE area_id = %(id)s",
    "UPDATE area SET parent_id = %(into)s WHERE parent_id = %(id)s",
    "UPDATE account SET area_id = %(into)s WHERE area_id = %(id)s",
    "UPDATE duty SET area_id = %(into)s WHERE area_id = %(id)s AND coalesce(ended_at, ends) > now()",
    "UPDATE centre SET area_id = %(into)s WHERE area_id = %(id)s",
    """INSERT INTO centre_area (centre_id, area_id) SELECT centre_id, %(into)s FROM centre_area WHERE area_id = %(id)s
       ON CONFLICT DO NOTHING""",
    "DELETE FROM centre_area WHERE area_id = %(id)s",
    "UPDATE area SET closed_on = %(day)s, merged_into = %(into)s, code = NULL WHERE id = %(id)s",
)


def merge(conn: Conn, area_id: int, into: int, day: date) -> None:
    """All that lies in this area lies in the other from now on: homes, areas, accounts, shifts to come, centres.

    Whoever lives there has the limits and the plan of the new area; those of the old one hold for nobody any more. Old
    alerts stay as they were. Taken: an area of the same name lies in both, or a centre.
    """
    terms = {"id": area_id, "into": into, "day": day}
    conn.execute(LOCK)
    row = conn.execute(SAME_NAME, terms).fetchone()
    if row and row[0]:
        raise Taken("name")
    try:
        with conn.transaction():
            for statement in MERGE:
                conn.execute(statement, terms)
    except UniqueViolation:
        raise Taken("centre") from None


IN_USE = """
    SELECT EXISTS (SELECT FROM home h JOIN resident r ON r.home_id = h.id WHERE h.area_id = %(id)s)
        OR EXISTS (SELECT FROM area WHERE parent_id = %(id)s AND closed_on IS NULL)
        OR EXISTS (SELECT FROM account WHERE area_id = %(id)s AND NOT disabled)
        OR EXISTS (SELECT FROM duty WHERE area_id = %(id)s AND coalesce(ended_at, ends) > now())
        OR EXISTS (SELECT FROM centre WHERE area_id = %(id)s AND closed_on IS NULL)
"""
CLOSE = "UPDATE area SET closed_on = %(day)s, code = NULL WHERE id = %(id)s AND closed_on IS NULL"


def close(conn: Conn, area_id: int, day: date) -> bool:
    """The area is offered no more; False while anything lies in it: people, areas, accounts, shifts, centres."""
    conn.execute(LOCK)
    row = conn.execute(IN_USE, {"id": area_id}).fetchone()
    if row and row[0]:
        return False
    return conn.execute(CLOSE, {"id": area_id, "day": day}).rowcount == 1

"""Service centres and stations (社区养老服务站): where they stand, how they are reached, and which areas they serve."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from psycopg.errors import UniqueViolation
from psycopg.rows import class_row

from records.database import Conn
from records.people.taken import Taken
from records.scope import Scope


@dataclass(frozen=True, slots=True)
class Centre:
    """A centre; `serves`: areas by id, each with all below it, none: the one in which it stands."""

    id: int
    area_id: int
    name: str
    address: str
    phone: str
    serves: list[int]
    serves_names: list[str]
    accounts: int


ALL = """
    WITH RECURSIVE below (id) AS (
         SELECT id FROM area WHERE id = %(area)s
          UNION ALL
         SELECT area.id FROM area JOIN below ON area.parent_id = below.id
    )
    SELECT c.id, c.area_id, c.name, c.address, c.phone,
           ARRAY(SELECT area_id FROM centre_area WHERE centre_id = c.id ORDER BY area_id) AS serves,
           ARRAY(SELECT a.name FROM centre_area s JOIN area a ON a.id = s.area_id
                  WHERE s.centre_id = c.id ORDER BY s.area_id) AS serves_names,
           (SELECT count(*) FROM account WHERE centre_id = c.id AND NOT disabled) AS accounts
      FROM centre c
     WHERE c.closed_on IS NULL AND (%(areas)s::integer[] IS NULL OR c.area_id = ANY (%(areas)s::integer[]))
       AND (%(area)s::integer IS NULL OR c.area_id IN (SELECT id FROM below))
       AND (%(id)s::integer IS NULL OR c.id = %(id)s)
     ORDER BY c.name, c.id
"""


def centres(conn: Conn, scope: Scope, area_id: int | None = None, *, centre_id: int | None = None) -> list[Centre]:
    """The centres that stand in this area or below it; None: all in one's care."""
    terms = scope.terms() | {"area": area_id, "id": centre_id}
    return conn.cursor(row_factory=class_row(Centre)).execute(ALL, terms, prepare=False).fetchall()


@dataclass(frozen=True, slots=True)
class Entry:
    """A centre as somebody enters it."""

    area_id: int
    name: str
    address: str
    phone: str
    serves: Sequence[int]


ADD = """
    INSERT INTO centre (area_id, name, address, phone) VALUES (%(area)s, %(name)s, %(address)s, %(phone)s) RETURNING id
"""
CHANGE = """
    UPDATE centre SET area_id = %(area)s, name = %(name)s, address = %(address)s, phone = %(phone)s
     WHERE id = %(id)s RETURNING id
"""
SERVES_NOT = "DELETE FROM centre_area WHERE centre_id = %(id)s"
SERVES = "INSERT INTO centre_area (centre_id, area_id) SELECT %(id)s, unnest(%(serves)s::integer[])"


def keep(conn: Conn, entry: Entry, centre_id: int | None = None) -> int:
    """Enter a centre, or put one right; its id. Taken: there is one of this name in the area."""
    terms = {
        "id": centre_id, "area": entry.area_id, "name": entry.name, "address": entry.address, "phone": entry.phone,
        "serves": sorted(set(entry.serves)),
    }  # fmt: skip
    try:
        with conn.transaction():
            row = conn.execute(ADD if centre_id is None else CHANGE, terms).fetchone()
    except UniqueViolation:
        raise Taken("name") from None
    assert row is not None  # noqa: S101 - it was found a moment ago, or is made
    conn.execute(SERVES_NOT, {"id": row[0]})
    conn.execute(SERVES, terms | {"id": row[0]})
    return int(row[0])


CLOSE = "UPDATE centre SET closed_on = %(day)s WHERE id = %(id)s"
LET_GO = "UPDATE account SET centre_id = NULL WHERE centre_id = %(id)s"


def close(conn: Conn, centre_id: int, day: date) -> None:
    """The centre serves nobody any more; its people are at no centre until they are given another."""
    conn.execute(CLOSE, {"id": centre_id, "day": day})
    conn.execute(LET_GO, {"id": centre_id})


# The nearest one up the tree that serves the area.
SERVING = """
    WITH RECURSIVE up (id, parent_id, far) AS (
         SELECT id, parent_id, 0 FROM area WHERE id = %s
          UNION ALL
         SELECT area.id, area.parent_id, far + 1 FROM area JOIN up ON area.id = up.parent_id
    )
    SELECT c.name, c.phone
      FROM up
      JOIN centre c ON c.closed_on IS NULL
       AND (EXISTS (SELECT FROM centre_area WHERE centre_id = c.id AND area_id = up.id)
            OR c.area_id = up.id AND NOT EXISTS (SELECT FROM centre_area WHERE centre_id = c.id))
     ORDER BY up.far, c.name, c.id LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Serving:
    """The centre that serves a home."""

    name: str
    phone: str


def serving(conn: Conn, area_id: int) -> Serving | None:
    """Which centre serves whoever lives in this area; None: none that is known."""
    return conn.cursor(row_factory=class_row(Serving)).execute(SERVING, (area_id,)).fetchone()

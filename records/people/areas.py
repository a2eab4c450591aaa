"""The tree of areas: city, counties, streets, communities."""

from collections.abc import Sequence

from care.people import Area, AreaLevel
from records.database import Conn
from records.scope import SUBTREE, Scope

COLUMNS = "SELECT id, parent_id, level, name, code FROM area"
ONE = COLUMNS + " WHERE id = %s"
# Whoever has only some residents in care sees no area but theirs, and a vendor none.
IN_CARE = (
    COLUMNS
    + """
     WHERE %(vendor)s::text IS NULL AND closed_on IS NULL
       AND (%(areas)s::integer[] IS NULL OR id = ANY (%(areas)s::integer[]))
       AND (%(residents)s::uuid[] IS NULL OR id IN (
            SELECT h.area_id FROM home h JOIN resident r ON r.home_id = h.id WHERE r.id = ANY (%(residents)s::uuid[])))
     ORDER BY code NULLS LAST, id
"""
)


def area(conn: Conn, area_id: int) -> Area | None:
    """This area, or None."""
    row = conn.execute(ONE, (area_id,)).fetchone()
    return _area(row) if row else None


NAMES = "SELECT id, name FROM area WHERE id = ANY (%s)"


def names(conn: Conn, ids: Sequence[int]) -> dict[int, str]:
    """What these areas are called."""
    return dict(conn.execute(NAMES, (list(ids),)).fetchall())


BY_CODE = "SELECT id FROM area WHERE code = %s"


def id_of_code(conn: Conn, code: str) -> int | None:
    """The id of the area with this code, or None."""
    row = conn.execute(BY_CODE, (code,)).fetchone()
    return int(row[0]) if row else None


def below(conn: Conn, area_id: int) -> list[int]:
    """The ids of this area and of all below it; none where there is no such area."""
    return [row[0] for row in conn.execute(SUBTREE, (area_id,))]


IS_OPEN = "SELECT FROM area WHERE id = %s AND closed_on IS NULL"


def is_open(conn: Conn, area_id: int) -> bool:
    """Whether there is this area, and it has not gone into another."""
    return conn.execute(IS_OPEN, (area_id,)).fetchone() is not None


def areas_in(conn: Conn, scope: Scope) -> list[Area]:
    """The areas in this care, those with a code first."""
    return [_area(row) for row in conn.execute(IN_CARE, scope.terms())]


def _area(row: tuple[int, int | None, str, str, str | None]) -> Area:
    return Area(row[0], row[1], AreaLevel(row[2]), row[3], row[4])

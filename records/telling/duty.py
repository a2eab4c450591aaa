"""Who is on duty."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row

from care.escalation import ON_ROSTERS, Whom
from records.database import Conn
from records.ids import new_id

ON_DUTY = """
    WITH RECURSIVE up (id, parent_id) AS (
         SELECT id, parent_id FROM area WHERE id = %(area)s
          UNION ALL
         SELECT area.id, area.parent_id FROM area JOIN up ON area.id = up.parent_id
    )
    SELECT DISTINCT duty.level, duty.account_id
      FROM duty
      JOIN account ON account.id = duty.account_id AND NOT account.disabled
     WHERE duty.starts <= %(now)s AND coalesce(duty.ended_at, duty.ends) > %(now)s
       AND (duty.area_id IS NULL OR duty.area_id IN (SELECT id FROM up))
"""


def on_duty(conn: Conn, area_id: int | None, now: datetime) -> Mapping[str, tuple[UUID, ...]]:
    """Who is on duty now for this area, by level; for None those whose shift is for everywhere."""
    found: dict[str, list[UUID]] = defaultdict(list)
    for level, account_id in conn.execute(ON_DUTY, {"area": area_id, "now": now}):
        found[level].append(account_id)
    return {level: tuple(sorted(accounts)) for level, accounts in found.items()}


ADD = "INSERT INTO duty (id, account_id, level, area_id, starts, ends) VALUES (%s, %s, %s, %s, %s, %s)"


def add(conn: Conn, account_id: UUID, level: Whom, area_id: int | None, starts: datetime, length: timedelta) -> UUID:
    """Put an account on duty at this level, for this area and all below it (None: everywhere); returns the shift's id.

    Raises ValueError for a level that has no shifts, and for a shift that is over before it begins.
    """
    if level not in ON_ROSTERS:
        raise ValueError(f"level: use one of {', '.join(sorted(ON_ROSTERS))}")
    if length <= timedelta(0):
        raise ValueError("hours: more than 0")
    shift = new_id()
    conn.execute(ADD, (shift, account_id, level, area_id, starts, starts + length))
    return shift


@dataclass(frozen=True, slots=True)
class Shift:
    """Who is on duty from when to when."""

    id: UUID
    username: str
    level: str
    area: str | None
    """None: everywhere."""
    starts: datetime
    ends: datetime
    disabled: bool
    """The account is: nobody is told."""


TO_COME = """
    SELECT duty.id, account.username, duty.level, area.name AS area, duty.starts, duty.ends, account.disabled
      FROM duty
      JOIN account ON account.id = duty.account_id
      LEFT JOIN area ON area.id = duty.area_id
     WHERE coalesce(duty.ended_at, duty.ends) > %s
     ORDER BY duty.starts, duty.id
"""


def shifts(conn: Conn, now: datetime) -> list[Shift]:
    """The shifts that go on or are to come, the earliest first."""
    return conn.cursor(row_factory=class_row(Shift)).execute(TO_COME, (now,)).fetchall()


STRIKE = "UPDATE duty SET ended_at = %(now)s WHERE id = %(id)s AND coalesce(ended_at, ends) > %(now)s"


def strike(conn: Conn, shift: UUID, now: datetime) -> bool:
    """End a shift now, or before it begins; False where there is none that goes on or is to come."""
    return conn.execute(STRIKE, {"id": shift, "now": now}).rowcount == 1


EXTEND = """
    UPDATE duty SET ends = %(ends)s
     WHERE account_id = %(account)s AND level = %(level)s AND area_id IS NULL
       AND starts <= %(now)s AND ends > %(now)s AND ended_at IS NULL
"""


def ensure_on_duty(conn: Conn, account_id: UUID, level: Whom, now: datetime, length: timedelta) -> None:
    """Whoever has to be on duty everywhere for so long from now; a shift that goes on is made longer or shorter."""
    terms = {"account": account_id, "level": level, "now": now, "ends": now + length}
    if conn.execute(EXTEND, terms).rowcount == 0:
        add(conn, account_id, level, None, now, length)

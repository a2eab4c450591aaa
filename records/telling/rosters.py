"""The roster as people change it: entered, struck off, swapped, handed over with a note; who did it is kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row

from care.escalation import Whom
from care.permissions import MAY, Permission
from records.database import Conn
from records.errors import RecordsError
from records.people import areas
from records.scope import Scope
from records.telling import duty

MOST = timedelta(days=31)
"""The longest shift that can be entered (an assumption): whoever stays longer is entered anew."""


class NoSuchShift(RecordsError):
    """There is no such shift in the scope that goes on or is to come."""


class NotYours(RecordsError):
    """Only whoever has a shift hands it over, and only to whom it was handed takes it over."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Who is on duty from when to when; `ended_at`: struck off, swapped or handed over before its end."""

    id: UUID
    account_id: UUID
    username: str
    level: str
    area_id: int | None
    """None: everywhere."""
    area: str | None
    starts: datetime
    ends: datetime
    ended_at: datetime | None
    disabled: bool


IN_CARE = "(%(areas)s::integer[] IS NULL OR duty.area_id = ANY (%(areas)s::integer[]))"
VIEW = (
    """
    SELECT duty.id, duty.account_id, account.username, duty.level, duty.area_id, area.name AS area, duty.starts,
           duty.ends, duty.ended_at, account.disabled
      FROM duty
      JOIN account ON account.id = duty.account_id
      LEFT JOIN area ON area.id = duty.area_id
     WHERE """
    + IN_CARE
)
BETWEEN = (
    VIEW
    + """
       AND duty.starts < %(until)s AND coalesce(duty.ended_at, duty.ends) > %(since)s
       AND coalesce(duty.ended_at > duty.starts, true)
     ORDER BY duty.starts, duty.id
     LIMIT 2000
"""
)
ONE = VIEW + " AND duty.id = %(id)s AND coalesce(duty.ended_at, duty.ends) > %(now)s FOR UPDATE OF duty"


def between(conn: Conn, since: datetime, until: datetime, scope: Scope) -> list[Shift]:
    """The shifts of the areas in the scope that touch this time, the earliest first, 2,000 at the most."""
    terms = {"areas": scope.terms()["areas"], "since": since, "until": until}
    return conn.cursor(row_factory=class_row(Shift)).execute(BETWEEN, terms).fetchall()


# Who counts for an area is on duty for it, for one that it lies in, or for everywhere.
FOR_AREA = """
    WITH RECURSIVE up (id, parent_id) AS (
         SELECT id, parent_id FROM area WHERE id = %(area)s
          UNION ALL
         SELECT area.id, area.parent_id FROM area JOIN up ON area.id = up.parent_id
    )
    SELECT duty.id, duty.account_id, account.username, duty.level, duty.area_id, area.name AS area, duty.starts,
           duty.ends, duty.ended_at, account.disabled
      FROM duty
      JOIN account ON account.id = duty.account_id
      LEFT JOIN area ON area.id = duty.area_id
     WHERE (duty.area_id IS NULL OR duty.area_id IN (SELECT id FROM up))
       AND duty.starts < %(until)s AND coalesce(duty.ended_at, duty.ends) > %(since)s
       AND coalesce(duty.ended_at > duty.starts, true)
     ORDER BY duty.starts, duty.id
"""


def for_area(conn: Conn, area_id: int | None, since: datetime, until: datetime) -> list[Shift]:
    """The shifts that count for this area (None: only those for everywhere) in this time, the earliest first."""
    terms = {"area": area_id, "since": since, "until": until}
    return conn.cursor(row_factory=class_row(Shift)).execute(FOR_AREA, terms).fetchall()


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who can be put on duty."""

    username: str
    role: str
    area: str | None


COLLEAGUES = """
    SELECT account.username, account.role, area.name AS area
      FROM account LEFT JOIN area ON area.id = account.area_id
     WHERE NOT account.disabled AND account.role = ANY (%(roles)s)
       AND (%(areas)s::integer[] IS NULL OR account.area_id = ANY (%(areas)s::integer[]))
     ORDER BY account.username
     LIMIT 2000
"""
WORK = tuple(role for role, may in MAY.items() if Permission.RESPOND in may)


def colleagues(conn: Conn, scope: Scope) -> list[Colleague]:
    """Who may respond to alerts and works in the scope, by name, 2,000 at the most."""
    terms = {"areas": scope.terms()["areas"], "roles": list(WORK)}
    return conn.cursor(row_factory=class_row(Colleague)).execute(COLLEAGUES, terms).fetchall()


def _shift(conn: Conn, shift_id: UUID, now: datetime, scope: Scope) -> Shift:
    terms = {"areas": scope.terms()["areas"], "id": shift_id, "now": now}
    found = conn.cursor(row_factory=class_row(Shift)).execute(ONE, terms).fetchone()
    if found is None:
        raise NoSuchShift(f"no shift {shift_id}")
    return found


LOG = """
    INSERT INTO duty_log (duty_id, at, kind, account_id, other_id, note) VALUES (%s, %s, %s, %s, %s, %s)
"""
LOG_AT_MACHINE = """
    INSERT INTO duty_log (duty_id, at, kind, by_user, other_id)
    SELECT id, %(now)s, %(kind)s, %(by_user)s, account_id FROM duty WHERE id = %(shift)s
"""


def note_at_machine(conn: Conn, shift_id: UUID, kind: Literal["added", "struck"], by_user: str, now: datetime) -> None:
    """Keep who changed this shift from the command line: the name by which the machine knows them."""
    conn.execute(LOG_AT_MACHINE, {"shift": shift_id, "now": now, "kind": kind, "by_user": by_user})


WHO = "SELECT id FROM account WHERE username = %s AND NOT disabled"


def _account(conn: Conn, username: str) -> UUID:
    row = conn.execute(WHO, (username,)).fetchone()
    if row is None:
        raise ValueError("username: no account that is not disabled has this name")
    return UUID(str(row[0]))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A shift to be entered."""

    username: str
    level: Whom
    area_id: int | None
    starts: datetime
    ends: datetime


def add(conn: Conn, wanted: Wanted, by: UUID, now: datetime, scope: Scope) -> Shift:
    """Put somebody on duty.

    Raises ValueError with the field for an unknown account, an area outside the scope, a level without shifts, or
    times that can't be.
    """
    if not _in_care(conn, wanted.area_id, scope):
        raise ValueError("area_id: an area in your care")
    if not now < wanted.ends <= wanted.starts + MOST or wanted.ends <= wanted.starts:
        raise ValueError("ends: a time to come, after the start and within 31 days of it")
    account = _account(conn, wanted.username)
    shift = duty.add(conn, account, wanted.level, wanted.area_id, wanted.starts, wanted.ends - wanted.starts)
    conn.execute(LOG, (shift, now, "added", by, account, ""))
    return _shift(conn, shift, now, scope)


def _in_care(conn: Conn, area_id: int | None, scope: Scope) -> bool:
    if scope.areas is not None:
        return area_id in scope.areas
    return area_id is None or areas.area(conn, area_id) is not None


def strike(conn: Conn, shift_id: UUID, by: UUID, now: datetime, scope: Scope) -> None:
    """End a shift now, or before it begins; NoSuchShift."""
    shift = _shift(conn, shift_id, now, scope)
    duty.strike(conn, shift.id, now)
    conn.execute(LOG, (shift.id, now, "struck", by, shift.account_id, ""))


def swap(conn: Conn, shift_id: UUID, username: str, by: UUID, now: datetime, scope: Scope) -> Shift:
    """Somebody else has what is left of this shift; NoSuchShift, and ValueError for an unknown account."""
    shift = _shift(conn, shift_id, now, scope)
    account = _account(conn, username)
    if account == shift.account_id:
        raise ValueError("username: they have this shift already")
    fresh = _rest(conn, shift, account, now)
    conn.execute(LOG, (fresh, now, "swapped", by, shift.account_id, ""))
    return _shift(conn, fresh, now, scope)


def _rest(conn: Conn, shift: Shift, account: UUID, now: datetime) -> UUID:
    starts = max(now, shift.starts)
    duty.strike(conn, shift.id, now)
    return duty.add(conn, account, Whom(shift.level), shift.area_id, starts, shift.ends - starts)


NEXT = """
    SELECT id FROM duty
     WHERE account_id = %(account)s AND level = %(level)s AND area_id IS NOT DISTINCT FROM %(area)s
       AND starts <= %(ends)s AND coalesce(ended_at, ends) > %(now)s
     ORDER BY starts LIMIT 1
       FOR UPDATE
"""
EARLIER = "UPDATE duty SET starts = least(starts, %(now)s) WHERE id = %(id)s"


def hand_over(conn: Conn, shift_id: UUID, username: str, note: str, by: UUID, now: datetime) -> Shift:
    """Whoever is on duty gives the shift to the next one, with what they have to know; returns the shift of the next.

    Where the next one has a shift of their own that begins by then, it begins now; else they have what is left of this
    one. Raises NoSuchShift, NotYours, and ValueError for an unknown account.
    """
    shift = _shift(conn, shift_id, now, Scope())
    if shift.account_id != by or shift.starts > now:
        raise NotYours("only whoever is on duty in a shift hands it over")
    account = _account(conn, username)
    if account == by:
        raise ValueError("username: somebody else")
    terms = {"account": account, "level": shift.level, "area": shift.area_id, "ends": shift.ends, "now": now}
    row = conn.execute(NEXT, terms).fetchone()
    if row is None:
        fresh = _rest(conn, shift, account, now)
    else:
        fresh = UUID(str(row[0]))
        duty.strike(conn, shift.id, now)
        conn.execute(EARLIER, {"id": fresh, "now": now})
    conn.execute(LOG, (fresh, now, "handed_over", by, account, note))
    return _shift(conn, fresh, now, Scope())


HANDED = "SELECT account_id FROM duty_log WHERE duty_id = %s AND kind = 'handed_over' ORDER BY id DESC LIMIT 1"


def take_over(conn: Conn, shift_id: UUID, by: UUID, now: datetime) -> None:
    """The next one has read the note: signed by both. NoSuchShift, NotYours."""
    shift = _shift(conn, shift_id, now, Scope())
    row = conn.execute(HANDED, (shift.id,)).fetchone()
    if shift.account_id != by or row is None:
        raise NotYours("only to whom a shift was handed over takes it over")
    conn.execute(LOG, (shift.id, now, "taken_over", by, row[0], ""))


FROM_HER = """
    SELECT duty.id
      FROM duty
     CROSS JOIN LATERAL (
           SELECT kind, account_id FROM duty_log WHERE duty_id = duty.id ORDER BY id DESC LIMIT 1) AS last
     WHERE duty.account_id = %(by)s AND coalesce(duty.ended_at, duty.ends) > %(now)s
       AND last.kind = 'handed_over' AND last.account_id = %(giver)s
     ORDER BY duty.id
"""


def take_over_from(conn: Conn, giver: UUID, by: UUID, now: datetime) -> None:
    """Sign for every shift that this account has handed over to this one and that nobody has signed for yet."""
    for (shift_id,) in conn.execute(FROM_HER, {"giver": giver, "by": by, "now": now}).fetchall():
        take_over(conn, shift_id, by, now)


@dataclass(frozen=True, slots=True)
class RosterChange:
    """One change of the roster; `other_name`: who had the shift, or takes it over."""

    at: datetime
    kind: str
    shift_id: UUID
    level: str
    area: str | None
    by_name: str
    other_name: str | None
    note: str


ENTRIES = (
    """
    SELECT duty_log.at, duty_log.kind, duty.id AS shift_id, duty.level, area.name AS area,
           coalesce(account.username, duty_log.by_user) AS by_name, other.username AS other_name, duty_log.note
      FROM duty_log
      JOIN duty ON duty.id = duty_log.duty_id
      LEFT JOIN area ON area.id = duty.area_id
      LEFT JOIN account ON account.id = duty_log.account_id
      LEFT JOIN account other ON other.id = duty_log.other_id
     WHERE """
    + IN_CARE
    + " ORDER BY duty_log.id DESC LIMIT %(limit)s"
)


def log(conn: Conn, scope: Scope, limit: int = 100) -> list[RosterChange]:
    """What was changed in the roster of the areas in the scope, the newest first."""
    terms = {"areas": scope.terms()["areas"], "limit": limit}
    return conn.cursor(row_factory=class_row(RosterChange)).execute(ENTRIES, terms).fetchall()

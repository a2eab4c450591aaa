"""The devices of everybody whom one may see: which are silent, low or offline, and why messages were kept aside.

It reads `device_state` only, never observations: `last_seen` there is at most half a minute behind (ingest.worker).
Nothing here is prepared: a plan for this scope leaves out the joins that it doesn't need, one for every scope can't.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import class_row, dict_row

from care.devices import LOW_BATTERY, OWN_VENDOR, DeviceState
from care.notices import LOCAL
from records import cursor
from records.database import Conn
from records.equipment import watch
from records.scope import DEVICE_IN_SCOPE, Scope

_GRACE = timedelta(minutes=1)
"""`last_seen` is written every 30 s, so a device is called silent no sooner than this after its limit."""


class Which(StrEnum):
    """Which devices are asked for."""

    ALL = "all"
    SILENT = "silent"
    LOW = "low"
    OFFLINE = "offline"
    FAULTY = "faulty"
    UNBOUND = "unbound"
    """Registered, and watching over nobody."""
    UNCLAIMED = "unclaimed"
    """It spoke before anybody registered it."""
    LENT = "lent"
    OVERDUE = "overdue"
    """Lent, and to be given back before today."""
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Listed:
    """A device in a list; `expected_interval` in seconds, `battery` in %, None where nothing is known."""

    vendor: str
    device: str
    kind: str
    place: str
    resident_id: UUID | None
    resident: str | None
    last_seen: datetime | None
    expected_interval: float | None
    online: bool | None
    battery: float | None
    silent: bool
    low: bool
    maintenance_until: datetime | None
    """Until when somebody works on it or in its home; None: nobody does now."""
    state: DeviceState
    fault: str | None
    """What it says of itself, `sensor_fault` or `tamper`; `stuck` where its readings do not change."""
    lent: date | None
    due: date | None
    """Since when and until when it is lent; None: it is not, or for as long as it is needed."""
    alert_id: UUID | None
    """Its open technical alert, the latest."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many devices are so; one can be several of it."""

    all: int
    silent: int
    low: int
    offline: int
    faulty: int
    unbound: int
    unclaimed: int
    lent: int
    overdue: int
    disabled: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the devices; `cursor` asks for those after them, None: there are no more."""

    devices: list[Listed]
    cursor: str | None


# A device that was never heard is quiet since it was registered. Our own canaries are nobody's devices.
KNOWN = (
    """
    SELECT d.id, d.vendor, d.name AS device, d.kind, d.place, r.id AS resident_id, r.name AS resident, s.last_seen,
           extract(epoch FROM d.expected_interval)::float8 AS expected_interval, s.online, s.battery::float8,
           d.state = 'registered' AND coalesce(s.last_seen, d.recorded_at)
               < %(now)s - """
    + watch.QUIET_FOR
    + """ - %(grace)s AS silent,
           d.state = 'registered' AND coalesce(s.battery <= %(low)s, false) AS low,
           d.state = 'registered' AND coalesce(NOT s.online, false) AS offline,
           d.state, w.fault, loan.lent, loan.due,
           (SELECT max(m.ends_at) FROM maintenance m
             WHERE (m.device_id = d.id OR m.home_id = h.id) AND m.starts_at <= %(now)s AND m.ends_at > %(now)s)
               AS maintenance_until
      FROM device d
"""
    + watch.JOIN_USUAL
    + """\
      LEFT JOIN device_watch w ON w.device_id = d.id
      LEFT JOIN device_state s ON s.device_id = d.id
      LEFT JOIN binding b ON b.device_id = d.id AND b.valid_to IS NULL
      LEFT JOIN resident r ON r.id = b.resident_id
      LEFT JOIN home h ON h.id = r.home_id
      LEFT JOIN loan ON loan.device_id = d.id AND loan.returned IS NULL
     WHERE d.vendor <> %(own)s AND
"""
)
DEVICES = (
    KNOWN
    + DEVICE_IN_SCOPE
    + " AND (%(area)s::integer[] IS NULL OR coalesce(h.area_id, d.area_id) = ANY (%(area)s::integer[]))"
)
IN_USE: LiteralString = "state = 'registered'"
FAULTY: LiteralString = IN_USE + " AND fault IS NOT NULL"
UNBOUND: LiteralString = IN_USE + " AND resident_id IS NULL AND kind <> 'gateway'"
LENT: LiteralString = IN_USE + " AND lent IS NOT NULL"
OVERDUE: LiteralString = IN_USE + " AND due < %(today)s"
COUNTS = (
    "SELECT count(*) FILTER (WHERE "
    + IN_USE
    + "), count(*) FILTER (WHERE silent), count(*) FILTER (WHERE low), count(*) FILTER (WHERE offline),"
    " count(*) FILTER (WHERE " + FAULTY + "), count(*) FILTER (WHERE " + UNBOUND + "),"
    " count(*) FILTER (WHERE state = 'unclaimed'), count(*) FILTER (WHERE " + LENT + "),"
    " count(*) FILTER (WHERE "
    + OVERDUE
    + "), count(*) FILTER (WHERE state = 'disabled') FROM ("
    + DEVICES
    + ") AS known"
)
COLUMNS = (
    "vendor, device, kind, place, resident_id, resident, last_seen, expected_interval, online, battery, silent, low,"
    " maintenance_until, state, fault, lent, due"
)
# Looked for only of those on the page.
_ALERT = """
    (SELECT alert.id FROM alert WHERE alert.device_id = wanted.id AND phase <> 'closed' AND class = 'technical'
      ORDER BY opened_at DESC LIMIT 1) AS alert_id
"""


def _page(condition: LiteralString, key: LiteralString) -> LiteralString:
    return (
        "SELECT *, "
        + _ALERT
        + " FROM (SELECT "
        + COLUMNS
        + ", id, ("
        + key
        + ")::float8 AS key FROM ("
        + DEVICES
        + ") AS known"
        " WHERE " + condition + ") AS wanted"
        " WHERE (key, id) > (%(key)s::float8, %(id)s::integer) ORDER BY key, id LIMIT %(limit)s"
    )


# The longest silent and the emptiest first.
_LONGEST_AGO = "coalesce(extract(epoch FROM last_seen), 0)"
PAGES: Mapping[Which, LiteralString] = MappingProxyType(
    {
        Which.ALL: _page(IN_USE, "0"),
        Which.SILENT: _page("silent", _LONGEST_AGO),
        Which.LOW: _page("low", "battery"),
        Which.OFFLINE: _page("offline", _LONGEST_AGO),
        Which.FAULTY: _page(FAULTY, _LONGEST_AGO),
        Which.UNBOUND: _page(UNBOUND, "0"),
        Which.UNCLAIMED: _page("state = 'unclaimed'", "0"),
        Which.LENT: _page(LENT, "coalesce(due - DATE '2000-01-01', 1000000)"),
        Which.OVERDUE: _page(OVERDUE, "due - DATE '2000-01-01'"),
        Which.DISABLED: _page("state = 'disabled'", "0"),
    }
)


def _terms(scope: Scope, area: Sequence[int] | None, now: datetime) -> dict[str, object]:
    return (
        scope.terms()
        | watch.usual()
        | {
            "now": now,
            "area": None if area is None else list(area),
            "grace": _GRACE,
            "low": LOW_BATTERY,
            "own": OWN_VENDOR,
            "today": now.astimezone(LOCAL).date(),
        }
    )


def counts(conn: Conn, scope: Scope, now: datetime, area: Sequence[int] | None = None) -> Counts:
    """How many devices there are, and how many need somebody; `area`: only in these areas, by id."""
    row = conn.execute(COUNTS, _terms(scope, area, now), prepare=False).fetchone()
    assert row is not None  # noqa: S101 - a count always has a row
    return Counts(*row)


def page(
    conn: Conn, scope: Scope, which: Which, now: datetime, limit: int, after: str | None = None,
    area: Sequence[int] | None = None,
) -> Page:  # fmt: skip
    """The devices that are so, those that have been silent longest or are emptiest first.

    A vendor is not told whom its devices watch over. Raises BadCursor where `after` is not from this list.
    """
    key, last = cursor.read(after, float, int) if after else (-1.0, 0)
    terms = _terms(scope, area, now) | {"key": key, "id": last, "limit": limit + 1}
    rows = conn.cursor(row_factory=dict_row).execute(PAGES[which], terms, prepare=False).fetchall()
    goes_on = cursor.written(rows[limit - 1]["key"], rows[limit - 1]["id"]) if len(rows) > limit else None
    return Page([_listed(row, scope) for row in rows[:limit]], goes_on)


def _listed(row: dict[str, Any], scope: Scope) -> Listed:
    values: dict[str, Any] = {name: value for name, value in row.items() if name not in ("id", "key")}
    if scope.vendor is not None:
        values["resident_id"] = values["resident"] = values["alert_id"] = None
    values["state"] = DeviceState(values["state"])
    return Listed(**values)


WATCHED_BEDS = (
    "SELECT count(DISTINCT known.resident_id) FROM (" + DEVICES + ") AS known"
    " WHERE known.kind = 'bed' AND known.state = 'registered' AND NOT known.silent AND EXISTS ("
    " SELECT FROM care_bed WHERE care_bed.resident_id = known.resident_id AND closed IS NULL)"
)


def watched_beds(conn: Conn, scope: Scope, now: datetime) -> int:
    """How many people with a care bed have a bed sensor that speaks."""
    row = conn.execute(WATCHED_BEDS, _terms(scope, None, now), prepare=False).fetchone()
    assert row is not None  # noqa: S101 - a count always has a row
    return int(row[0])


@dataclass(frozen=True, slots=True)
class Reason:
    """Why messages were kept aside: the field and what was wrong, how often, and by how many devices."""

    field: str
    reason: str
    times: int
    devices: int
    first_at: datetime
    last_at: datetime


# Of a sender that is no known device only those hear who see everything.
REASONS = (
    """
    SELECT q.field, q.reason, sum(q.times)::bigint AS times, count(DISTINCT (q.vendor, q.device)) AS devices,
           min(q.first_at) AS first_at, max(q.last_at) AS last_at
      FROM quarantine q
      LEFT JOIN device d ON d.vendor = q.vendor AND d.name = q.device
      LEFT JOIN binding b ON b.device_id = d.id AND b.valid_to IS NULL
      LEFT JOIN resident r ON r.id = b.resident_id
      LEFT JOIN home h ON h.id = r.home_id
     WHERE """
    + DEVICE_IN_SCOPE
    + """
     GROUP BY q.field, q.reason
     ORDER BY last_at DESC, times DESC
     LIMIT %(limit)s
"""
)


def reasons(conn: Conn, scope: Scope, limit: int) -> list[Reason]:
    """Why messages were kept aside, the latest first."""
    terms = scope.terms() | {"limit": limit}
    return conn.cursor(row_factory=class_row(Reason)).execute(REASONS, terms).fetchall()

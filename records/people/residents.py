"""Residents: searching for them, and one of them with home, bed and devices."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from psycopg.rows import class_row

from care.coverage import Coverage
from records import cursor
from records.database import Conn
from records.scope import IN_SCOPE, Scope


@dataclass(frozen=True, slots=True)
class Found:
    """A resident in a list; `bed` is the number of the care bed, `open_alerts` how many wait.

    `covered`: how well their devices watch over them; None where they have none. `ended_on`: the last day of the
    service where it has ended, and why.
    """

    id: UUID
    name: str
    born: date | None
    address: str
    area: list[str]
    bed: str | None
    device_count: int
    open_alerts: int
    covered: str | None
    ended_on: date | None = None
    ended_why: str | None = None


# The path of an area from the city down.
AREA_PATHS = """
    WITH RECURSIVE path (id, names) AS (
         SELECT id, ARRAY[name] FROM area WHERE parent_id IS NULL
          UNION ALL
         SELECT area.id, path.names || area.name FROM area JOIN path ON area.parent_id = path.id
    )
"""

RESIDENT_ROW = """
    SELECT r.id, r.name, r.born, h.address, path.names AS area,
           (SELECT number FROM care_bed WHERE resident_id = r.id AND closed IS NULL ORDER BY number LIMIT 1) AS bed,
           (SELECT count(*) FROM binding WHERE resident_id = r.id AND valid_to IS NULL) AS device_count,
           (SELECT count(*) FROM alert WHERE resident_id = r.id AND phase <> 'closed') AS open_alerts,
           (SELECT state FROM coverage
             WHERE resident_id = r.id AND NOT reasons @> '[{"why": "no_device"}]') AS covered,
           r.ended_on, r.ended_why
      FROM resident r
      JOIN home h ON h.id = r.home_id
      JOIN path ON path.id = h.area_id
"""

# The page is found first, by its keys alone: nothing is looked up for people who aren't on it.
PAGE = (
    """
    , page (id, letters, name) AS MATERIALIZED (
         SELECT r.id, coalesce(r.initials[1], ''), r.name
           FROM resident r
           JOIN home h ON h.id = r.home_id
          WHERE """
    + IN_SCOPE
    + """
            AND (r.ended_on IS NOT NULL) = %(ended)s
            AND (%(area)s::integer[] IS NULL OR h.area_id = ANY (%(area)s::integer[]))
            AND (%(after)s::uuid IS NULL
                 OR (coalesce(r.initials[1], ''), r.name, r.id) > (
                    SELECT coalesce(initials[1], ''), name, id FROM resident WHERE id = %(after)s::uuid))
"""
)
ON_PAGE = (
    """
          ORDER BY coalesce(r.initials[1], ''), r.name, r.id
          LIMIT %(limit)s
    )
"""
    + RESIDENT_ROW
    + """
      JOIN page ON page.id = r.id
     ORDER BY page.letters, page.name, page.id
"""
)
EVERYBODY = AREA_PATHS + PAGE + ON_PAGE

# A part of the name, the beginning of its pinyin initials or of a bed number, or the last digits of a contact's phone.
SEARCH = (
    AREA_PATHS
    + """
    , hit (id) AS MATERIALIZED (
         SELECT id FROM resident WHERE name LIKE %(part)s OR spelled LIKE %(initials)s
          UNION
         SELECT resident_id FROM care_bed WHERE closed IS NULL AND upper(number) LIKE %(bed)s
          UNION
         SELECT resident_id FROM contact WHERE reverse(regexp_replace(phone, '[^0-9]', '', 'g')) LIKE %(tail)s
    )
"""
    + PAGE
    + " AND r.id IN (SELECT id FROM hit)"
    + ON_PAGE
)
ONE = AREA_PATHS + RESIDENT_ROW + " WHERE r.id = %(id)s AND " + IN_SCOPE


@dataclass(frozen=True, slots=True)
class Page:
    """Some of those found; `cursor` asks for those after them, None: there are no more."""

    residents: list[Found]
    cursor: str | None


SHORTEST_TAIL = 4
"""Digits of a telephone number; fewer would find half the city."""


def search(
    conn: Conn,
    text: str,
    limit: int,
    scope: Scope,
    *,
    names: bool = True,
    area: Sequence[int] | None = None,
    after: str | None = None,
    ended: bool = False,
) -> Page:
    """Residents by a part of the name, or the beginning of its initials or of a bed number; all of them where empty.

    Four digits or more also find those of whom a contact's number ends so. `area`: only in these areas, by id.
    `ended`: those whose service has ended, instead of those for whom it goes on.
    `names`: whether whoever asks may see names; else they find people by the surname alone, as it is shown to them.
    Raises BadCursor where `after` is not from this list.
    """
    literal = "".join(text.split())
    terms = (
        scope.terms()
        | (_in_full(literal) if names else _as_masked(literal))
        | {
            "area": None if area is None else list(area),
            "after": cursor.read_id(after) if after else None,
            "limit": limit + 1,
            "ended": ended,
        }
    )
    statement = SEARCH if literal else EVERYBODY
    # A plan made for every text at once could use none of the indexes on the beginning of one.
    found = conn.cursor(row_factory=class_row(Found)).execute(statement, terms, prepare=False).fetchall()
    return Page(found[:limit], cursor.written(found[limit - 1].id) if len(found) > limit else None)


def _in_full(text: str) -> dict[str, object]:
    pattern = _literally(text)
    return {
        "part": f"%{pattern}%",
        "initials": f"% {pattern.lower()}%",
        "bed": f"{pattern.upper()}%",
        "tail": f"{text[::-1]}%" if text.isdecimal() and len(text) >= SHORTEST_TAIL else None,
    }


def _as_masked(text: str) -> dict[str, object]:
    """By 王 or 王** (care.masking) or the initial of the surname: a pattern that isn't there finds nobody."""
    shown = text[1:] == "*" * (len(text) - 1)
    return {
        "part": f"{_literally(text[:1])}{'_' * (len(text) - 1)}%" if shown else None,
        "initials": f"% {text.lower()}%" if len(text) == 1 and text.isascii() and text.isalpha() else None,
        "bed": None,
        "tail": None,
    }


def _literally(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


@dataclass(frozen=True, slots=True)
class WatchingDevice:
    """A device that watches over a resident, and since when."""

    vendor: str
    device: str
    kind: str
    state: str
    place: str
    since: datetime
    last_seen: datetime | None
    online: bool | None
    battery: float | None


@dataclass(frozen=True, slots=True)
class ResidentView(Found):
    """A resident with everything that watches over them, and how well that does so where it was asked for."""

    devices: list[WatchingDevice] = field(default_factory=list)
    coverage: Coverage | None = None


DEVICES = """
    SELECT d.vendor, d.name AS device, d.kind, d.state, d.place, b.valid_from AS since,
           greatest(s.last_seen, newest.time) AS last_seen, s.online, s.battery::float8
      FROM binding b
      JOIN device d ON d.id = b.device_id
      LEFT JOIN device_state s ON s.device_id = d.id
      LEFT JOIN LATERAL (
           SELECT time FROM observation WHERE device_id = d.id ORDER BY time DESC LIMIT 1) AS newest ON true
     WHERE b.resident_id = %s AND b.valid_to IS NULL
     ORDER BY d.place, d.kind, d.vendor, d.name
"""


def resident(conn: Conn, resident_id: UUID, scope: Scope) -> ResidentView | None:
    """This resident, or None where there is none in the scope."""
    terms = scope.terms() | {"id": resident_id}
    found = conn.cursor(row_factory=class_row(ResidentView)).execute(ONE, terms).fetchone()
    if found is None:
        return None
    devices = conn.cursor(row_factory=class_row(WatchingDevice)).execute(DEVICES, (resident_id,)).fetchall()
    return replace(found, devices=devices)


DEVICE_IDS = """
    SELECT d.vendor || '/' || d.name, d.id FROM binding b JOIN device d ON d.id = b.device_id
     WHERE b.resident_id = %s AND b.valid_to IS NULL
"""


def device_ids(conn: Conn, resident_id: UUID) -> dict[str, int]:
    """The devices that watch over this resident, as VENDOR/NAME."""
    return dict(conn.execute(DEVICE_IDS, (resident_id,)).fetchall())


@dataclass(frozen=True, slots=True)
class ToCall:
    """Somebody to call for a resident."""

    name: str
    phone: str
    relation: str


CONTACTS = "SELECT name, phone, relation FROM contact WHERE resident_id = %s ORDER BY position"


def contacts(conn: Conn, resident_id: UUID) -> list[ToCall]:
    """Whom to call for this resident, in order; ask for the resident in one's care first."""
    return conn.cursor(row_factory=class_row(ToCall)).execute(CONTACTS, (resident_id,)).fetchall()

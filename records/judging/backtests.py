"""What a back-test reads: whom it concerns, what their devices said, and what people made of the alerts there were."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import sql
from psycopg.rows import class_row

from care.backtests import Confirmed
from care.figures import CONFIRMED, Sitting
from care.in_force import Place
from care.limits import Sample
from care.metrics import METRICS
from records.counting.figures_load import SITTINGS
from records.database import Conn


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a device that the rule looks at, and where they live."""

    resident_id: UUID
    area_id: int


# The area that a change is for, with all below it.
PEOPLE = """
    WITH RECURSIVE inside AS (
         SELECT id FROM area WHERE id = %(area)s
          UNION ALL
         SELECT area.id FROM area JOIN inside ON area.parent_id = inside.id
    )
    SELECT r.id AS resident_id, h.area_id
      FROM resident r JOIN home h ON h.id = r.home_id
     WHERE (%(area)s::integer IS NULL OR h.area_id IN (SELECT id FROM inside))
       AND (%(resident)s::uuid IS NULL OR r.id = %(resident)s)
       AND EXISTS (SELECT FROM binding b JOIN device d ON d.id = b.device_id
                    WHERE b.resident_id = r.id AND d.kind = ANY (%(kinds)s)
                      AND b.valid_from < %(until)s AND (b.valid_to IS NULL OR b.valid_to > %(since)s))
     ORDER BY r.id
"""


def people(conn: Conn, place: Place, kinds: Sequence[str], since: datetime, until: datetime) -> list[Person]:
    """Whom limits set at this place concern, of those who had a device of these kinds in this time."""
    terms = {
        "area": place.area_id, "resident": place.resident_id, "kinds": list(kinds), "since": since, "until": until,
    }  # fmt: skip
    return conn.cursor(row_factory=class_row(Person)).execute(PEOPLE, terms).fetchall()


MEASURES = sql.SQL("""
    SELECT o.device_id, o.time, o.{metric}::float8
      FROM binding b JOIN device d ON d.id = b.device_id AND d.kind = ANY (%(kinds)s)
      JOIN observation o ON o.device_id = b.device_id
                        AND o.time >= greatest(b.valid_from, %(since)s) AND o.time < least(b.valid_to, %(until)s)
     WHERE b.resident_id = %(resident)s AND o.{metric} IS NOT NULL
     ORDER BY o.device_id, o.time
""")


def readings(
    conn: Conn, resident_id: UUID, metric: str, kinds: Sequence[str], since: datetime, until: datetime
) -> Iterator[tuple[int, Sample]]:
    """What each device measured of this resident in this time: device by device, in order of time."""
    if metric not in METRICS:
        raise ValueError(f"metric {metric}: not in the catalogue")
    terms = {"resident": resident_id, "kinds": list(kinds), "since": since, "until": until}
    for device_id, time, value in conn.execute(MEASURES.format(metric=sql.Identifier(metric)), terms):
        yield device_id, Sample(time, value)


CONFIRMED_ONES = """
    SELECT a.id, a.resident_id, a.happened_at, a.closed_at
      FROM alert a
     WHERE a.rule = %(rule)s AND a.outcome = ANY (%(outcomes)s) AND NOT a.drill AND NOT a.canary
       AND a.happened_at >= %(since)s AND a.happened_at < %(until)s AND a.resident_id = ANY (%(residents)s)
     ORDER BY a.happened_at
"""


def confirmed(conn: Conn, rule_id: str, residents: Sequence[UUID], since: datetime, until: datetime) -> list[Confirmed]:
    """The alerts of this rule of which people said that somebody was in need; drills are none."""
    terms = {
        "rule": rule_id, "outcomes": sorted(CONFIRMED), "since": since, "until": until, "residents": list(residents),
    }  # fmt: skip
    return conn.cursor(row_factory=class_row(Confirmed)).execute(CONFIRMED_ONES, terms).fetchall()


OTHERS = """
    SELECT date_trunc('minute', a.opened_at), count(*)
      FROM alert a LEFT JOIN home h ON h.id = a.home_id
     WHERE a.rule <> %(rule)s AND NOT a.drill AND NOT a.canary AND a.opened_at >= %(since)s AND a.opened_at < %(until)s
       AND (%(areas)s::integer[] IS NULL OR coalesce(a.area_id, h.area_id) = ANY (%(areas)s::integer[]))
     GROUP BY 1
"""


def others(
    conn: Conn, rule_id: str, areas: Sequence[int] | None, since: datetime, until: datetime
) -> dict[datetime, int]:
    """By minute, how many alerts of all other rules opened in these areas (None: everywhere)."""
    terms: dict[str, Any] = {"rule": rule_id, "areas": areas, "since": since, "until": until}
    return dict(conn.execute(OTHERS, terms).fetchall())


def sittings(conn: Conn, areas: Sequence[int] | None, since: datetime, until: datetime) -> list[Sitting]:
    """Who sat at a seat for these areas in this time, by the roster; where nobody did, one seat is counted."""
    terms = {"area": areas, "areas": None, "since": since, "until": until}
    return [Sitting(*row) for row in conn.execute(SITTINGS, terms)]


CHECK_INS = """
    SELECT id, opens_at, closes_at, grace FROM check_in
     WHERE resident_id = %(resident)s AND closes_at >= %(since)s AND closes_at < %(until)s AND state <> 'excused'
     ORDER BY opens_at
"""


@dataclass(frozen=True, slots=True)
class CheckIn:
    """A check-in that was expected."""

    id: UUID
    opens_at: datetime
    closes_at: datetime
    grace: timedelta | None


def check_ins(conn: Conn, resident_id: UUID, since: datetime, until: datetime) -> list[CheckIn]:
    """What was expected of this resident in this time."""
    terms = {"resident": resident_id, "since": since, "until": until}
    return conn.cursor(row_factory=class_row(CheckIn)).execute(CHECK_INS, terms).fetchall()

"""Figures of the load: how busy the seats were, what rang most, what chattered and what never went away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from care.figures import CHATTERING, MOST_OF_ONE, STALE, WITHIN, Load, Sitting, load
from records.counting.figures_terms import CHOSEN, Wanted
from records.database import Conn
from records.scope import ALERT_IN_SCOPE

MINUTES = (
    CHOSEN
    + """
    SELECT date_bin('1 min', opened_at, 'epoch'), count(*) FROM chosen GROUP BY 1
    """
)
# Who sits for this area: shifts for everywhere, for what it lies in, for itself, and for parts of it.
SITTINGS = """
    WITH RECURSIVE up (area_id, above) AS (
         SELECT id, id FROM area
          UNION ALL
         SELECT up.area_id, area.parent_id FROM up JOIN area ON area.id = up.above WHERE area.parent_id IS NOT NULL
    )
    SELECT account_id::text, starts, coalesce(ended_at, ends)
      FROM duty
     WHERE level = 'seat' AND starts < %(until)s AND coalesce(ended_at, ends) > greatest(starts, %(since)s)
       AND (%(area)s::integer[] IS NULL OR area_id IS NULL OR area_id = ANY (%(area)s::integer[])
            OR area_id IN (SELECT above FROM up WHERE up.area_id = ANY (%(area)s::integer[])))
       AND (%(areas)s::integer[] IS NULL OR area_id IS NULL OR area_id = ANY (%(areas)s::integer[])
            OR area_id IN (SELECT above FROM up WHERE up.area_id = ANY (%(areas)s::integer[])))
"""


def load_of(conn: Conn, wanted: Wanted) -> Load:
    """How many alerts each seat had in ten minutes, and the floods."""
    minutes: dict[datetime, int] = dict(conn.execute(MINUTES, wanted.terms(), prepare=False).fetchall())
    sittings = [Sitting(*row) for row in conn.execute(SITTINGS, wanted.terms(), prepare=False)]
    end = max(wanted.since, min(wanted.until, wanted.now))
    return load(minutes, sittings, wanted.since, end)


@dataclass(frozen=True, slots=True)
class Source:
    """What rang: one rule for one person, device or place. `chattered`: how often it was the third within a minute."""

    rule: str
    subject: str
    resident_id: UUID | None
    resident_name: str | None
    vendor: str | None
    device: str | None
    rings: int
    share: float
    chattered: int


@dataclass(frozen=True, slots=True)
class Stale:
    """An alert that had been active for over 24 hours at the end."""

    alert_id: UUID
    rule: str
    priority: str
    resident_id: UUID | None
    resident_name: str | None
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Burden:
    """What rang, repeats included: the most frequent sources, those that chattered, and what stayed active."""

    rings: int
    sources: Sequence[Source]
    """The ten most frequent; each should make less than `most_of_one` of all."""
    most_of_one: float
    chattering: Sequence[Source]
    """The worst ten of `chattering_sources`."""
    chattering_sources: int
    stale: Sequence[Stale]
    """The oldest ten of `stale_alerts`."""
    stale_alerts: int


RINGS = (
    """
    WITH ring AS (
        SELECT a.rule, a.subject, a.resident_id, a.device_id,
               l.at - lag(l.at, %(others)s) OVER (PARTITION BY a.rule, a.subject ORDER BY l.at, l.id)
                   <= %(within)s AS chatters
          FROM alert_log l
          JOIN alert a ON a.id = l.alert_id
          LEFT JOIN resident r ON r.id = a.resident_id
          LEFT JOIN home h ON h.id = a.home_id
         WHERE l.kind IN ('opened', 'occurrence') AND l.at >= %(since)s AND l.at < %(until)s
           AND NOT a.drill AND NOT a.canary AND a.outcome IS DISTINCT FROM 'drill'
           AND (%(area)s::integer[] IS NULL OR coalesce(a.area_id, h.area_id) = ANY (%(area)s::integer[]))
           AND """
    + ALERT_IN_SCOPE
    + """
    ), source AS (
        SELECT rule, subject, max(resident_id::text)::uuid AS resident_id, max(device_id) AS device_id,
               count(*) AS rings, count(*) FILTER (WHERE chatters) AS chattered
          FROM ring GROUP BY rule, subject
    ), ranked AS (
        SELECT *, sum(rings) OVER () AS of_all, count(*) FILTER (WHERE chattered > 0) OVER () AS chattering,
               row_number() OVER (ORDER BY rings DESC, rule, subject) AS place,
               row_number() OVER (ORDER BY chattered DESC, rule, subject) AS worst
          FROM source
    )
    SELECT s.of_all::bigint, s.chattering, s.place, s.rule, s.subject, s.resident_id, r.name, d.vendor, d.name,
           s.rings, s.rings::float / s.of_all::float, s.chattered
      FROM ranked s
      LEFT JOIN resident r ON r.id = s.resident_id
      LEFT JOIN device d ON d.id = s.device_id
     WHERE s.place <= 10 OR s.worst <= 10 AND s.chattered > 0
     ORDER BY s.place
    """
)
STALE_ONES = (
    """
    SELECT count(*) OVER () AS of_all, a.id AS alert_id, a.rule, a.priority, a.resident_id, r.name AS resident_name,
           a.opened_at
      FROM alert a
      LEFT JOIN resident r ON r.id = a.resident_id
      LEFT JOIN home h ON h.id = a.home_id
     WHERE a.opened_at < %(end)s - %(stale)s AND (a.phase <> 'closed' OR a.closed_at > %(end)s)
       AND (a.cleared_at IS NULL OR a.cleared_at > %(end)s)
       AND NOT a.drill AND NOT a.canary AND a.outcome IS DISTINCT FROM 'drill'
       AND (%(area)s::integer[] IS NULL OR coalesce(a.area_id, h.area_id) = ANY (%(area)s::integer[]))
       AND """
    + ALERT_IN_SCOPE
    + " ORDER BY a.opened_at, a.id LIMIT 10"
)


def burden(conn: Conn, wanted: Wanted) -> Burden:
    """The most frequent sources, what chattered, and what was stale at the end of the time."""
    terms = wanted.terms() | {"others": CHATTERING - 1, "within": WITHIN, "stale": STALE}
    terms["end"] = min(wanted.until, wanted.now)
    rows = conn.execute(RINGS, terms, prepare=False).fetchall()
    most = [Source(*row[3:]) for row in rows if row[2] <= 10]
    worst = sorted((Source(*row[3:]) for row in rows if row[11]), key=lambda one: -one.chattered)
    stale = conn.execute(STALE_ONES, terms, prepare=False).fetchall()
    return Burden(
        rings=rows[0][0] if rows else 0, sources=most, most_of_one=MOST_OF_ONE, chattering=worst[:10],
        chattering_sources=rows[0][1] if rows else 0, stale=[Stale(*row[1:]) for row in stale],
        stale_alerts=stale[0][0] if stale else 0,
    )  # fmt: skip

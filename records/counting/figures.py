"""The figures of an area and a time: every number that a centre is held to, counted from the rows themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from care.events import AlertClass
from care.figures import SHARES, Load, Rate
from records.counting import figures_load, figures_response, figures_truth
from records.counting.figures_load import Burden
from records.counting.figures_response import Answers, Door, OfArea, OfDay, OfShift
from records.counting.figures_terms import CHOSEN, Wanted
from records.counting.figures_truth import Truth
from records.database import Conn
from records.scope import ALERT_IN_SCOPE, Scope


@dataclass(frozen=True, slots=True)
class Share:
    """Of all alerts so many have this priority, and about so many should."""

    priority: str
    alerts: int
    share: float | None
    target: float


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of an area (None: all that one may see) from `since` to `until`, as they stood at `as_of`.

    An alert belongs to the time in which it opened, however late it was answered. Drills and the platform's own
    proof of life are in none of them; `drills` says how many there were.
    """

    area_id: int | None
    since: datetime
    until: datetime
    as_of: datetime
    alerts: int
    classes: Mapping[str, int]
    drills: int
    answers: Answers
    door: Door
    technical: Rate
    priorities: Sequence[Share]
    load: Load
    burden: Burden
    truth: Truth
    areas: Sequence[OfArea]
    days: Sequence[OfDay]
    shifts: Sequence[OfShift]


ROOM = "SELECT set_config('work_mem', '64MB', true)"
"""A month of a city is sorted in memory; in this transaction only."""
COUNTS = CHOSEN + " SELECT class, priority, count(*) FROM chosen GROUP BY 1, 2"
DRILLS = (
    """
    SELECT count(*)
      FROM alert a
      LEFT JOIN resident r ON r.id = a.resident_id
      LEFT JOIN home h ON h.id = a.home_id
     WHERE a.opened_at >= %(since)s AND a.opened_at < %(until)s AND (a.drill OR a.outcome = 'drill') AND NOT a.canary
       AND (%(area)s::integer[] IS NULL OR coalesce(a.area_id, h.area_id) = ANY (%(area)s::integer[]))
       AND """
    + ALERT_IN_SCOPE
)


def figures(conn: Conn, scope: Scope, area_id: int | None, since: datetime, until: datetime, now: datetime) -> Figures:
    """The figures of this area and all below it, of what opened from `since` to before `until`."""
    wanted = Wanted.of(conn, scope, area_id, since, until, now)
    conn.execute(ROOM)
    counts = conn.execute(COUNTS, wanted.terms(), prepare=False).fetchall()
    (drills,) = figures_response.one(conn.execute(DRILLS, wanted.terms(), prepare=False).fetchone())
    response = figures_response.response(conn, wanted)
    alerts = sum(row[2] for row in counts)
    of_class = {str(name): sum(row[2] for row in counts if row[0] == name) for name in AlertClass}
    of_priority = {priority: sum(row[2] for row in counts if row[1] == priority) for priority in SHARES}
    return Figures(
        area_id=area_id, since=since, until=until, as_of=now, alerts=alerts, classes=of_class, drills=drills,
        answers=response.whole, door=figures_response.door(conn, wanted),
        technical=figures_response.technical(conn, wanted),
        priorities=[
            Share(priority, number, number / alerts if alerts else None, SHARES[priority])
            for priority, number in of_priority.items()
        ],
        load=figures_load.load_of(conn, wanted), burden=figures_load.burden(conn, wanted),
        truth=figures_truth.truth(conn, wanted), areas=response.areas, days=response.days,
        shifts=response.shifts,
    )  # fmt: skip

"""Figures of the response: how alerts were answered, how soon somebody was at the door, what was done the same day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from care.figures import ANSWERED, AT_THE_DOOR, TECHNICAL, Rate, rate
from records.counting.figures_terms import CHOSEN, Wanted
from records.database import Conn
from records.people import areas


@dataclass(frozen=True, slots=True)
class Answers:
    """How alerts of persons and homes were answered: the first time that they waited, and each time they did again.

    An answer, a closing or a shelving by a person ends the waiting; what the platform does by itself does not. Who
    still waits counts as soon as it is too late. `waiting`: nobody has answered these yet.
    """

    first: Sequence[Rate]
    again: Sequence[Rate]
    """After an answer was handed back or expired, and after shelving."""
    waiting: int


@dataclass(frozen=True, slots=True)
class Door:
    """How soon after they were sent responders were at the door; `called_off`: in time, so that they count nowhere."""

    rates: Sequence[Rate]
    sent: int
    called_off: int


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the whole: an area, a day or a shift."""

    alerts: int
    answered: Sequence[Rate]


@dataclass(frozen=True, slots=True)
class OfArea(Part):
    """What happened in an area and below it."""

    area_id: int
    name: str


@dataclass(frozen=True, slots=True)
class OfDay(Part):
    """What opened on a day, in Ma'anshan."""

    day: date


@dataclass(frozen=True, slots=True)
class OfShift(Part):
    """What opened during a shift in its area (None: everywhere); `seats`: how many accounts had it."""

    starts: datetime
    ends: datetime
    area_id: int | None
    area: str | None
    seats: int


# What a person does ends the waiting. One who answered by machine did not: such a line has no account. What a cause
# held back when it opened waits from when it was released.
WAITS = """
    , line AS (
        SELECT l.alert_id, l.at, l.kind, lag(l.kind) OVER of_one AS before, lead(l.at) OVER of_one AS next_at,
               lead(l.kind) OVER of_one AS next_kind
          FROM alert_log l
          JOIN chosen c ON c.id = l.alert_id AND c.class <> 'technical' AND c.suppressed_by IS NULL
         WHERE l.at >= %(since)s
           AND (l.kind IN ('opened', 'hand_back', 'expired', 'unshelved', 'released')
                OR l.kind IN ('answer', 'shelve', 'close') AND l.account_id IS NOT NULL)
        WINDOW of_one AS (PARTITION BY l.alert_id ORDER BY l.id)
    ), wait AS (
        SELECT c.id, c.rule, c.priority, c.area_id, c.opened_at, c.closed_at, l.at AS since,
               l.kind = 'opened' OR l.kind = 'released' AND l.before = 'opened' AS first,
               CASE WHEN l.next_kind IN ('answer', 'shelve', 'close') THEN l.next_at - l.at END AS took,
               coalesce(l.next_at, c.closed_at, %(now)s) - l.at AS waited
          FROM line l
          JOIN chosen c ON c.id = l.alert_id
         WHERE l.at <= %(now)s
           AND (l.kind = 'opened' AND l.next_kind IS DISTINCT FROM 'released'
                OR l.kind IN ('hand_back', 'expired', 'unshelved', 'released'))
    )
"""
_SUMS = """
    count(*) FILTER (WHERE first),
    count(*) FILTER (WHERE first AND took <= '60 s'),
    count(*) FILTER (WHERE first AND (took IS NOT NULL OR waited > '60 s')),
    count(*) FILTER (WHERE first AND took <= '180 s'),
    count(*) FILTER (WHERE first AND (took IS NOT NULL OR waited > '180 s')),
    count(*) FILTER (WHERE NOT first AND took <= '60 s'),
    count(*) FILTER (WHERE NOT first AND (took IS NOT NULL OR waited > '60 s')),
    count(*) FILTER (WHERE NOT first AND took <= '180 s'),
    count(*) FILTER (WHERE NOT first AND (took IS NOT NULL OR waited > '180 s')),
    count(*) FILTER (WHERE waits)
"""

# `slot`: between which two changes of shifts it opened. All is read once: a month has very many alerts.
ANSWERS = (
    CHOSEN
    + WAITS
    + """
    , placed AS MATERIALIZED (
        SELECT area_id, (opened_at AT TIME ZONE %(zone)s)::date AS day,
               width_bucket(opened_at, %(changes)s::timestamptz[]) AS slot, first, took, waited,
               took IS NULL AND closed_at IS NULL AND since + waited >= %(now)s AS waits
          FROM wait
    ), parted AS (
        SELECT placed.*, up.above AS part
          FROM placed
          LEFT JOIN up ON up.area_id = placed.area_id AND up.above = ANY (%(parts)s)
    ), shared AS (
        SELECT placed.*, up.above AS part
          FROM placed JOIN up ON up.area_id = placed.area_id AND up.above = ANY (%(shared)s)
    )
    SELECT CASE grouping(part, day) WHEN 3 THEN 'all' WHEN 1 THEN 'part' ELSE 'day' END, part, day, NULL AS slot,
    """
    + _SUMS
    + """
      FROM parted GROUP BY GROUPING SETS ((), (part), (day))
     UNION ALL
    SELECT 'shift', NULL, NULL, slot,
    """
    + _SUMS
    + """
      FROM placed GROUP BY slot
     UNION ALL
    SELECT 'shift', part, NULL, slot,
    """
    + _SUMS
    + " FROM shared GROUP BY part, slot"
)
SHIFTS = """
    WITH RECURSIVE up (area_id, above) AS (
         SELECT id, id FROM area
          UNION ALL
         SELECT up.area_id, area.parent_id FROM up JOIN area ON area.id = up.above WHERE area.parent_id IS NOT NULL
    )
    SELECT starts, coalesce(ended_at, ends) AS ends, duty.area_id, area.name, count(DISTINCT account_id)
      FROM duty
      LEFT JOIN area ON area.id = duty.area_id
     WHERE duty.level = 'seat' AND starts < %(until)s AND coalesce(ended_at, ends) > greatest(starts, %(since)s)
       AND (%(area)s::integer[] IS NULL OR duty.area_id IS NULL OR duty.area_id = ANY (%(area)s::integer[])
            OR duty.area_id IN (SELECT above FROM up WHERE up.area_id = ANY (%(area)s::integer[])))
       AND (%(areas)s::integer[] IS NULL OR duty.area_id IS NULL OR duty.area_id = ANY (%(areas)s::integer[])
            OR duty.area_id IN (SELECT above FROM up WHERE up.area_id = ANY (%(areas)s::integer[])))
     GROUP BY 1, 2, 3, 4
     ORDER BY 1, area.name NULLS FIRST
     LIMIT 2000
"""

# Each time that somebody was sent, until they are there or it is over for them.
TRIPS = """
    , move AS (
        SELECT l.alert_id, l.at, l.kind, lead(l.at) OVER of_one AS next_at, lead(l.kind) OVER of_one AS next_kind
          FROM alert_log l
          JOIN chosen c ON c.id = l.alert_id AND c.class <> 'technical'
         WHERE l.at >= %(since)s AND l.kind IN ('dispatch', 'arrive', 'hand_back', 'close')
        WINDOW of_one AS (PARTITION BY l.alert_id ORDER BY l.id)
    ), trip AS (
        SELECT m.alert_id AS id, m.at AS since, CASE WHEN m.next_kind = 'arrive' THEN m.next_at - m.at END AS took,
               coalesce(m.next_at, %(now)s) - m.at AS waited, m.next_kind IS NULL AS under_way
          FROM move m
         WHERE m.kind = 'dispatch' AND m.at <= %(now)s
    )
"""
DOOR = (
    CHOSEN
    + TRIPS
    + """
    SELECT count(*), count(*) FILTER (WHERE took IS NULL AND NOT under_way AND waited <= '45 min'),
           count(*) FILTER (WHERE took <= '45 min'), count(*) FILTER (WHERE took IS NOT NULL OR waited > '45 min'),
           count(*) FILTER (WHERE took <= '60 min'), count(*) FILTER (WHERE took IS NOT NULL OR waited > '60 min')
      FROM trip
    """
)

# The end of the working day on which it opened; on a day off, of the next one (an assumption: no hours are published).
DONE_BY = """
    , worked AS (
        SELECT day::date,
               coalesce((SELECT works FROM holiday WHERE holiday.day = d.day::date), extract(isodow FROM d.day) < 6)
                   AS works
          FROM generate_series((%(since)s AT TIME ZONE %(zone)s)::date,
                               (%(until)s AT TIME ZONE %(zone)s)::date + 31, '1 day') AS d (day)
    ), ends AS (
        SELECT day, ((min(day) FILTER (WHERE works) OVER (ORDER BY day ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
                      + 1)::timestamp AT TIME ZONE %(zone)s) AS by_when
          FROM worked
    ), fault AS (
        SELECT c.id, c.opened_at, c.closed_at, ends.by_when
          FROM chosen c
          JOIN ends ON ends.day = (c.opened_at AT TIME ZONE %(zone)s)::date
         WHERE c.class = 'technical' AND c.suppressed_by IS NULL
    )
"""
DONE = (
    CHOSEN
    + DONE_BY
    + """
    SELECT count(*) FILTER (WHERE closed_at < by_when),
           count(*) FILTER (WHERE closed_at IS NOT NULL OR by_when <= %(now)s)
      FROM fault
    """
)


@dataclass(frozen=True, slots=True)
class Response:
    """How alerts were answered: all of them, and those of each area, day and shift."""

    whole: Answers
    areas: Sequence[OfArea]
    days: Sequence[OfDay]
    shifts: Sequence[OfShift]


_Sums = tuple[int, ...]
_NONE: _Sums = (0,) * 10


def response(conn: Conn, wanted: Wanted) -> Response:
    """How alerts were answered."""
    names = areas.names(conn, wanted.parts)
    shifts = conn.execute(SHIFTS, wanted.terms(), prepare=False).fetchall()
    changes = sorted({at for starts, ends, *_ in shifts for at in (starts, ends)})
    shared = sorted({area_id for _, _, area_id, _, _ in shifts if area_id is not None})
    whole, by_area, by_day, by_slot = (
        _NONE,
        dict[int, _Sums](),
        dict[date, _Sums](),
        dict[tuple[int | None, int], _Sums](),
    )
    terms = wanted.terms() | {"changes": changes, "shared": shared}
    for which, part, day, slot, *sums in conn.execute(ANSWERS, terms, prepare=False):
        match which:
            case "all":
                whole = tuple(sums)
            case "part":
                by_area[part] = tuple(sums)
            case "day":
                by_day[day] = tuple(sums)
            case _:
                by_slot[part, slot] = tuple(sums)
    place = {at: number + 1 for number, at in enumerate(changes)}

    def of_shift(starts: datetime, ends: datetime, area_id: int | None) -> tuple[int, tuple[Rate, Rate]]:
        slots = range(place[starts], place[ends])
        return _part(tuple(map(sum, zip(_NONE, *(by_slot.get((area_id, slot), _NONE) for slot in slots), strict=True))))

    return Response(
        Answers(_rates(*whole[1:5]), _rates(*whole[5:9]), whole[9]),
        [OfArea(*_part(by_area.get(part, _NONE)), part, names[part]) for part in wanted.parts],
        [OfDay(*_part(sums), day) for day, sums in sorted(by_day.items())],
        [OfShift(*of_shift(*one[:3]), *one) for one in shifts],
    )


def _part(sums: _Sums) -> tuple[int, tuple[Rate, Rate]]:
    return sums[0], _rates(*sums[1:5])


def _rates(*numbers: int) -> tuple[Rate, Rate]:
    (soon, target), (later, later_target) = ANSWERED.items()
    first, first_of, second, second_of = numbers
    return (
        rate(soon, first, first_of, target),
        rate(later, second, second_of, later_target),
    )


def door(conn: Conn, wanted: Wanted) -> Door:
    """How soon responders were at the door."""
    sent, called_off, *rest = one(conn.execute(DOOR, wanted.terms(), prepare=False).fetchone())
    pairs = zip(rest[::2], rest[1::2], AT_THE_DOOR.items(), strict=True)
    rates = [rate(limit, within, of, target) for within, of, (limit, target) in pairs]
    return Door(rates, sent, called_off)


def technical(conn: Conn, wanted: Wanted) -> Rate:
    """How many technical alerts were done on their working day."""
    within, of = one(conn.execute(DONE, wanted.terms(), prepare=False).fetchone())
    return rate(None, within, of, TECHNICAL)


def one(row: tuple[int, ...] | None) -> tuple[int, ...]:
    """The only row of a count."""
    assert row is not None  # noqa: S101 - a count always has a row
    return row

"""Sums over long times come from the rollups, and are the same numbers on every database."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from care.devices import DeviceKind
from care.metrics import METRICS
from records.database import Conn
from records.equipment import devices
from records.readings.observations import Row
from records.readings.series import Amount, Level, Source, Window, bucketed
from records.readings.spans import Held, Span, hold, unknown
from tests.flavours import Flavour

START = datetime(2026, 9, 1, tzinfo=UTC)
DAY = timedelta(days=1)
NOW = START + 40 * DAY
HEART_RATE, APNEA, IN_BED = METRICS["heart_rate"], METRICS["apnea_events"], METRICS["in_bed"]

ROLL_UP = """
    SELECT roll_up_minutes(NULL, %(start)s, %(end)s), roll_up_hours(NULL, %(start)s, %(end)s)
"""


def resident_with_a_bed(conn: Conn, since: datetime = START - DAY) -> tuple[UUID, int]:
    """王桂珍, whose bed speaks every ten minutes."""
    device = devices.register(
        conn,
        "acme",
        "bed-1",
        DeviceKind.BED,
        resident="王桂珍",
        expected_interval=timedelta(minutes=10),
        now=since,
    )
    resident = devices.find_resident(conn, "王桂珍")
    assert resident is not None
    return resident, device


def forty_days(flavour: Flavour, device: int) -> None:
    """Every ten minutes of forty days: 60 and in bed until noon, 70 and up after."""
    rows = [
        Row(
            device,
            START + timedelta(minutes=10 * n),
            {"heart_rate": 60.0 if n % 144 < 72 else 70.0, "apnea_events": 1.0, "in_bed": int(n % 144 < 72)},
        )
        for n in range(40 * 144)
    ]
    for first in range(0, len(rows), 2000):
        part = rows[first : first + 2000]
        flavour.observations.ensure_partitions(flavour.conn, part)
        with flavour.conn.transaction():
            flavour.observations.save(flavour.conn, part, NOW)
    if flavour.name == "plain":
        flavour.conn.execute(ROLL_UP, {"start": START, "end": NOW - timedelta(hours=1)})


def test_a_day_is_the_same_from_readings_from_minutes_and_from_hours(flavour: Flavour) -> None:
    resident, device = resident_with_a_bed(flavour.conn)
    forty_days(flavour, device)
    for days, source in ((2, Source.RAW), (20, Source.MINUTE), (40, Source.HOUR)):
        window = Window(START, START + days * DAY, DAY)
        [series] = bucketed(flavour.conn, resident, HEART_RATE, window, NOW)
        assert series.source is source
        assert list(series.points) == [Level(START + n * DAY, 65.0, 60.0, 70.0, 144) for n in range(days)]
        [counted] = bucketed(flavour.conn, resident, APNEA, window, NOW)
        assert list(counted.points) == [Amount(START + n * DAY, 144.0, 144) for n in range(days)]
        [held] = bucketed(flavour.conn, resident, IN_BED, window, NOW)
        assert held.source is (Source.HOUR if days == 40 else Source.RAW)
        assert list(held.points) == [Held(START + n * DAY, 0, 43_200.0, 86_400.0) for n in range(days)]


def test_minutes_cannot_make_buckets_that_are_no_whole_minutes(flavour: Flavour) -> None:
    resident, device = resident_with_a_bed(flavour.conn)
    forty_days(flavour, device)
    window = Window(START, START + 4 * DAY, timedelta(seconds=90))
    [series] = bucketed(flavour.conn, resident, HEART_RATE, window, NOW)
    assert series.source is Source.RAW
    assert sum(point.readings for point in series.points if isinstance(point, Level)) == 4 * 144


def test_hours_of_another_resident_are_not_counted(flavour: Flavour) -> None:
    resident, device = resident_with_a_bed(flavour.conn)
    forty_days(flavour, device)
    moved = START + timedelta(days=10, minutes=30)
    devices.register(flavour.conn, "acme", "bed-1", DeviceKind.BED, resident="李建国", now=moved)
    li = devices.find_resident(flavour.conn, "李建国")
    assert li is not None
    window = Window(START, START + 40 * DAY, DAY)
    [of_wang] = bucketed(flavour.conn, resident, HEART_RATE, window, NOW)
    [of_li] = bucketed(flavour.conn, li, HEART_RATE, window, NOW)
    counts = [[point.readings for point in one.points if isinstance(point, Level)] for one in (of_wang, of_li)]
    # Of the hour in which it moved, each has the readings that were made at their own home.
    assert (counts[0][9], counts[0][10], counts[0][11]) == (144, 3, 0)
    assert (counts[1][9], counts[1][10], counts[1][11]) == (0, 141, 144)


def test_a_resident_whom_nothing_watches_has_no_series(flavour: Flavour) -> None:
    resident, _ = resident_with_a_bed(flavour.conn)
    assert bucketed(flavour.conn, resident, HEART_RATE, Window(START, START + DAY, DAY), NOW) == []


minutes = st.integers(min_value=0, max_value=600)


@given(st.lists(minutes, min_size=2, max_size=12, unique=True), st.integers(min_value=1, max_value=97))
def test_spans_fall_into_buckets_without_loss(times: list[int], width: int) -> None:
    marks = [START + timedelta(minutes=minute) for minute in sorted(times)]
    known = [Span(since, until, number % 2) for number, (since, until) in enumerate(pairwise(marks))]
    step = timedelta(minutes=width)
    buckets = [Held(START + n * step) for n in range(-(-600 // width))]
    hold(buckets, step, known)
    assert sum(bucket.known for bucket in buckets) == (marks[-1] - marks[0]).total_seconds()
    on = sum((span.until - span.since).total_seconds() for span in known if span.value)
    assert sum(bucket.on or 0 for bucket in buckets) == on
    assert all((bucket.last is None) == (bucket.known == 0) for bucket in buckets)


@given(st.lists(minutes, min_size=2, max_size=12, unique=True))
def test_known_and_unknown_together_are_the_whole_day(times: list[int]) -> None:
    marks = [START + timedelta(minutes=minute) for minute in sorted(times)]
    known = [Span(since, until, 1) for since, until in list(pairwise(marks))[::2]]
    end = START + timedelta(minutes=600)
    gaps = list(unknown(known, START, end))
    pieces = sorted([(span.since, span.until) for span in known] + gaps)
    assert pieces[0][0] == START
    assert pieces[-1][1] == end
    assert all(until == since for (_, until), (since, _) in pairwise(pieces))

"""When somebody's day begins: learned from their own mornings, and never so early that a night would be none."""

from datetime import date, datetime, time, timedelta

from care.notices import LOCAL
from care.presence import Seen
from care.rising import day_begins
from care.taught import Day, Stretch

MONDAY = date(2026, 11, 2)


def morning(number: int, rises: str, seen: Seen = Seen.BED, naps_until: str = "13:10") -> Day:
    """In bed until then, and once more after lunch."""
    day = MONDAY + timedelta(days=number)

    def at(clock: str) -> float:
        return datetime.combine(day, time.fromisoformat(clock), LOCAL).timestamp()

    return Day(
        day, [Stretch(at("00:10"), at("02:30"), Seen.BED), Stretch(at("02:40"), at(rises), seen),
              Stretch(at("12:30"), at(naps_until), Seen.BED)],
    )  # fmt: skip


def begins(*rises: str, before: date = MONDAY + timedelta(days=28)) -> time | None:
    return day_begins([morning(number, clock) for number, clock in enumerate(rises)], before, LOCAL)


def test_the_day_of_who_gets_up_at_five_begins_a_little_before_that() -> None:
    assert begins("05:10", "05:00", "05:20", "05:05", "05:12", "05:30", "05:02", "05:15") == time(4, 50)


def test_two_early_mornings_are_no_habit_and_three_are() -> None:
    late = ["06:30"] * 10
    assert begins("04:40", "04:30", *late) == time(6, 15)
    assert begins("04:40", "04:30", "04:35", *late) == time(4, 25)


def test_fewer_than_seven_known_mornings_teach_nothing() -> None:
    assert begins(*["05:00"] * 6) is None
    assert begins(*["05:00"] * 7) == time(4, 45)
    assert begins(*["05:00"] * 7, before=MONDAY + timedelta(days=6)) is None


def test_no_day_begins_before_four_and_a_walk_at_half_past_two_is_no_morning() -> None:
    assert begins(*["04:05"] * 9) == time(4)
    assert begins(*["03:30"] * 9) is None


def test_only_the_bed_tells_when_somebody_gets_up() -> None:
    days = [morning(number, "05:00", seen=Seen.ROOM) for number in range(9)]
    assert day_begins(days, MONDAY + timedelta(days=28), LOCAL) is None

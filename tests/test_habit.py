"""Silence and habit: what is unusual for one person is usual for another, and a recorded home is scored honestly."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from care.devices import DeviceKind
from care.habit import FIXED, SOONEST, Habit, learn
from care.presence import Presence, Seen
from care.quiets import SHORTEST, Quiet, lived
from care.stirs import read, written
from launch.cli import app
from simulators import silence
from simulators.ordonez import parse

MONDAY = datetime(2026, 3, 2)  # noqa: DTZ001 - the clock on the wall
HOUR = timedelta(hours=1)


def a_day(day: datetime, sits: float = 1.0) -> list[Quiet]:
    """In bed from ten to seven, up and about by day, in the chair from two o'clock for so many hours."""
    quiets = [Quiet(day - 2 * HOUR, day + 7 * HOUR, Seen.BED)]
    at = day + 7 * HOUR
    while at < day + 22 * HOUR:
        lasts = sits * HOUR if at == day + 14 * HOUR else timedelta(minutes=30)
        quiets.append(Quiet(at, at + lasts, Seen.SEAT if at == day + 14 * HOUR else Seen.ROOM))
        at += lasts
    return quiets


def days(count: int, sits: float = 1.0) -> list[Quiet]:
    return [quiet for number in range(count) for quiet in a_day(MONDAY + timedelta(days=number), sits)]


def habit_after(count: int, sits: float = 1.0) -> Habit:
    return learn(days(count, sits), MONDAY.date(), (MONDAY + timedelta(days=count)).date())


def test_until_a_week_is_known_the_fixed_limit_holds() -> None:
    assert habit_after(6).limit(MONDAY + timedelta(days=6, hours=15), Seen.ROOM) == FIXED
    assert habit_after(7).limit(MONDAY + timedelta(days=7, hours=15), Seen.ROOM) < FIXED / 4


def test_a_night_in_bed_is_no_silence_but_the_same_hours_at_noon_are() -> None:
    habit = habit_after(14)
    assert habit.limit(MONDAY + timedelta(days=13, hours=22), Seen.BED) > 9 * HOUR
    assert habit.limit(MONDAY + timedelta(days=14, hours=11), Seen.ROOM) < 5 * HOUR


def test_who_sits_long_is_left_in_peace_for_longer_than_ever_before() -> None:
    habit, after_lunch = habit_after(14, sits=4), MONDAY + timedelta(days=14, hours=14)
    assert habit.longest_before(after_lunch, Seen.SEAT) == 4 * HOUR
    assert 4 * HOUR < habit.limit(after_lunch, Seen.SEAT) < 8 * HOUR


def test_nobody_is_called_about_a_short_silence_and_who_is_out_has_a_day() -> None:
    habit = habit_after(14)
    for hour in range(24):
        since = MONDAY + timedelta(days=14, hours=hour)
        assert SOONEST <= habit.limit(since, Seen.ROOM) <= FIXED
        assert habit.limit(since, Seen.LEFT) >= FIXED


def test_a_habit_says_the_same_after_it_was_kept() -> None:
    habit = habit_after(14, sits=4)
    kept = read(habit.days, json.loads(json.dumps(written(habit))))
    assert dict(kept.rates) == habit.rates
    for seen in (Seen.BED, Seen.SEAT, Seen.ROOM, Seen.LEFT, Seen.BACK):
        for hour in range(24):
            since = MONDAY + timedelta(days=14, hours=hour)
            assert kept.limit(since, seen) == habit.limit(since, seen)


def test_a_day_teaches_only_after_its_end() -> None:
    known, later = days(10), days(14, sits=6)[-40:]
    today = (MONDAY + timedelta(days=10)).date()
    assert learn([*known, *later], MONDAY.date(), today) == learn(known, MONDAY.date(), today)


def five_minutes_apart(day: datetime, from_: float, to: float, seen: Seen = Seen.ROOM) -> list[Quiet]:
    """The gaps of a watch that says every five minutes that its wearer walks."""
    at, gaps = day + from_ * HOUR, []
    while at < day + to * HOUR:
        gaps.append(Quiet(at, at + HOUR / 12, seen))
        at += HOUR / 12
    return gaps


def test_a_half_hour_is_lived_through_where_it_was_heard_from_end_to_end_at_home() -> None:
    gaps = [
        *five_minutes_apart(MONDAY, 8.25, 9.75),
        Quiet(MONDAY + 9.75 * HOUR, MONDAY + 10 * HOUR, Seen.ROOM),
        *five_minutes_apart(MONDAY, 10, 11, Seen.LEFT),
        *five_minutes_apart(MONDAY, 11, 11.75),
    ]
    assert [at.strftime("%H:%M") for at in lived(gaps)] == ["08:30", "09:00", "11:00"]


def test_hours_in_which_it_is_never_quiet_teach_that_it_never_is() -> None:
    nights = [Quiet(day - 2 * HOUR, day + 7 * HOUR, Seen.BED) for day in map(MONDAY.__add__, map(timedelta, range(14)))]
    busy = [at for number in range(14) for at in lived(five_minutes_apart(MONDAY + timedelta(days=number), 7, 22))]
    evening, today = MONDAY + timedelta(days=14, hours=19), (MONDAY + timedelta(days=14)).date()
    deaf, knows = (learn(nights, MONDAY.date(), today, lived_through=heard) for heard in ((), busy))
    assert deaf.limit(evening, Seen.ROOM) > 6 * HOUR  # so it was: only the nights had taught
    assert (knows.longest_at(evening, Seen.ROOM), knows.limit(evening, Seen.ROOM)) == (SHORTEST, SOONEST)
    assert knows.limit(MONDAY + timedelta(days=13, hours=22), Seen.BED) > 9 * HOUR
    assert knows.limit(evening, Seen.LEFT) >= FIXED
    kept = read(knows.days, json.loads(json.dumps(written(knows))))
    assert (kept.longest_at(evening, Seen.ROOM), kept.limit(evening, Seen.ROOM)) == (SHORTEST, SOONEST)


def test_going_to_bed_early_says_nothing_of_an_evening_in_the_room() -> None:
    """A watch, and a bed that is gone to at half past eight and left for a moment two hours later."""
    days = list(map(MONDAY.__add__, map(timedelta, range(14))))
    beds = [Quiet(day + start * HOUR, day + (start + lasts) * HOUR, Seen.BED) for day in days for start, lasts in
            ((20.5, 1.8), (22.5, 8.5))]  # fmt: skip
    busy = [at for day in days for at in lived(five_minutes_apart(day, 7, 20.5))]
    evening, today = MONDAY + timedelta(days=14, hours=19.5), (MONDAY + timedelta(days=14)).date()
    knows = learn(beds, MONDAY.date(), today, lived_through=busy)
    assert knows.longest_at(evening, Seen.BED) == 1.8 * HOUR
    assert (knows.longest_at(evening, Seen.ROOM), knows.limit(evening, Seen.ROOM)) == (SHORTEST, SOONEST)
    assert read(knows.days, json.loads(json.dumps(written(knows)))).longest_at(evening, Seen.ROOM) == SHORTEST
    night = MONDAY + timedelta(days=14, hours=22)
    assert knows.longest_at(night, Seen.ROOM) == 8.5 * HOUR, "a room may be the last that is heard of who sleeps"


def test_who_lies_in_bed_as_long_as_on_other_nights_is_left_in_peace() -> None:
    days = list(map(MONDAY.__add__, map(timedelta, range(14))))
    often = [Quiet(day + at * HOUR, day + (at + 1) * HOUR, Seen.BED) for day in days for at in (22, 23, 24, 25, 26, 27)]
    long = [Quiet(days[3] + 22 * HOUR, days[3] + 28 * HOUR, Seen.BED)]
    habit = learn([*often, *long], MONDAY.date(), (MONDAY + timedelta(days=14)).date())
    assert habit.limit(MONDAY + timedelta(days=14, hours=22), Seen.BED) >= 6 * HOUR


def test_six_days_of_an_hour_are_too_few_to_say_how_quiet_it_may_be() -> None:
    nights = [Quiet(day - 2 * HOUR, day + 7 * HOUR, Seen.BED) for day in map(MONDAY.__add__, map(timedelta, range(14)))]
    busy = [at for number in range(6) for at in lived(five_minutes_apart(MONDAY + timedelta(days=number), 7, 22))]
    habit = learn(nights, MONDAY.date(), (MONDAY + timedelta(days=14)).date(), lived_through=busy)
    assert habit.longest_at(MONDAY + timedelta(days=14, hours=19), Seen.ROOM) is None


def test_the_main_door_and_nothing_after_it_means_out_and_one_sensor_alone_proves_nothing() -> None:
    presence = Presence()

    def hears(minutes: int, sensor: str, kind: DeviceKind, *, on: bool = True) -> Seen:
        return presence.hear(MONDAY + timedelta(minutes=minutes), sensor, kind, "hall", on=on)

    assert hears(0, "pir", DeviceKind.MOTION) is Seen.ROOM
    assert hears(1, "door", DeviceKind.DOOR) is Seen.LEFT
    assert hears(2, "door", DeviceKind.DOOR, on=False) is Seen.LEFT
    assert hears(60, "pir", DeviceKind.MOTION) is Seen.LEFT
    assert hears(61, "pir", DeviceKind.MOTION, on=False) is Seen.LEFT
    assert hears(63, "tap", DeviceKind.MOTION) is Seen.ROOM
    assert hears(70, "door", DeviceKind.DOOR) is Seen.LEFT
    assert hears(190, "door", DeviceKind.DOOR) is Seen.BACK


ROW = "{0:%F %T}\t{1:%F %T}\t{2}\n"


def recording(count: int, apart: timedelta = timedelta(minutes=30)) -> bytes:
    """Somebody who is in bed at night and passes a door so often by day."""
    rows = ["Start time\tEnd time\tLocation\tType\tPlace\n", "---\t---\t---\t---\t---\n"]
    for number in range(count):
        day = MONDAY + timedelta(days=number)
        rows.append(ROW.format(day, day + 7 * HOUR, "Bed\tPressure\tBedroom"))
        for number_of_day in range(timedelta(hours=16) // apart):
            at = day + timedelta(hours=7, minutes=30) + number_of_day * apart
            rows.append(ROW.format(at, at + timedelta(seconds=5), "Door\tPIR\tKitchen"))
    return "".join(rows).encode()


def test_a_collapse_is_noticed_in_hours_and_a_regular_life_rings_nowhere() -> None:
    home = silence.recorded(parse(recording(14)))
    assert home.judged_from.date() == date(2026, 3, 9)
    habit, fixed = (silence.judge(home, silence.RULES[name]) for name in ("habit", "fixed 12 h"))
    assert (habit.false_alerts, fixed.false_alerts) == (0, 0)
    assert sorted(habit.delays)[len(habit.delays) // 2] < 4 * HOUR
    assert sorted(fixed.delays)[len(fixed.delays) // 2] > 11 * HOUR


def test_who_is_heard_every_five_minutes_is_missed_sooner_and_not_later_than_who_is_heard_every_half_hour() -> None:
    home = silence.recorded(parse(recording(14, apart=timedelta(minutes=5))))
    habit = silence.judge(home, silence.RULES["habit"])
    assert habit.false_alerts == 0
    assert sorted(habit.delays)[len(habit.delays) // 2] <= SOONEST


@pytest.mark.parametrize(("days_recorded", "code"), [(10, 0), (6, 1)])
def test_the_command_prints_every_rule_or_says_what_is_missing(tmp_path: Path, days_recorded: int, code: int) -> None:
    file = tmp_path / "home.txt"
    file.write_bytes(recording(days_recorded))
    if code:
        with pytest.raises(silence.TooShort, match="give a longer one"):
            silence.recorded(parse(file.read_bytes()))
    said = CliRunner().invoke(app, ["score", "silence", str(file)])
    assert said.exit_code == code
    assert all(name in said.stdout for name in silence.RULES) or code

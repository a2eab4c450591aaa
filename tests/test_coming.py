"""What a check-in plan asks for in the days ahead: windows, the hour at which one is asked, and who is excused."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from care.checkins import Schedule
from care.coming import Away, Terms, coming

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 23, 12, 0, tzinfo=SHANGHAI).astimezone(UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


def terms(*days: int, on_holidays: bool = True) -> Terms:
    return Terms(Schedule.at(time(8), days), 2 * HOUR, 30 * MINUTE, on_holidays)


def test_a_daily_plan_has_seven_windows_and_says_when_one_is_asked() -> None:
    found = coming(terms(), MONDAY, {}, [])
    assert [one.opens_at for one in found] == [at(day, 8) for day in range(24, 31)]
    assert {(one.closes_at - one.opens_at, one.asked_at - one.closes_at) for one in found} == {(2 * HOUR, 30 * MINUTE)}
    assert {one.excused for one in found} == {None}


def test_days_of_the_week_are_those_of_the_plan() -> None:
    assert [one.opens_at for one in coming(terms(3, 7), MONDAY, {}, [])] == [at(25, 8), at(29, 8)]


def test_a_holiday_excuses_only_whom_the_plan_leaves_out_on_holidays() -> None:
    holidays = {date(2026, 11, 25): "元旦"}
    for on_holidays, excused in ((True, []), (False, [(at(25, 8), "holiday: 元旦")])):
        found = coming(terms(on_holidays=on_holidays), MONDAY, holidays, [])
        assert [(one.opens_at, one.excused) for one in found if one.excused] == excused


def test_who_is_away_when_the_window_closes_is_excused_and_who_is_back_by_then_is_not() -> None:
    away = [Away(at(24, 9), at(25, 10), "hospital")]
    found = coming(terms(), MONDAY, {}, away)
    assert [(one.opens_at, one.excused) for one in found if one.excused] == [(at(24, 8), "absence: hospital")]

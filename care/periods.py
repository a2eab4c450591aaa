"""A time from–to as people write it: days of Ma'anshan, or moments. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")

LONGEST = timedelta(days=366)
"""What is asked for at once (an assumption: a year with its 29th of February)."""

_WEEK = timedelta(days=6)


def period(start: str | None, end: str | None, now: datetime) -> tuple[datetime, datetime]:
    """From the beginning of the day `start` to the end of the day `end`; both may be moments too.

    Without them the last seven days, today among them. Raises ValueError, naming the field (from, to) and the fix.
    """
    today = now.astimezone(LOCAL).date()
    until = _moment("to", end, end_of_day=True) if end else _midnight(today) + timedelta(days=1)
    last = (until - timedelta(microseconds=1)).astimezone(LOCAL).date()
    since = _moment("from", start) if start else _midnight(last - _WEEK)
    if since >= until:
        raise ValueError("from: must be earlier than to")
    if until - since > LONGEST:
        raise ValueError(f"from: at most {LONGEST.days} days before to")
    return since, until


def _moment(field: str, text: str, *, end_of_day: bool = False) -> datetime:
    try:
        if len(text) <= len("2026-11-23"):
            return _midnight(date.fromisoformat(text)) + (timedelta(days=1) if end_of_day else timedelta(0))
        found = datetime.fromisoformat(text)
        found = (found if found.tzinfo else found.replace(tzinfo=LOCAL)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{field}: a day such as 2026-11-23, or a time such as 2026-11-23T08:00") from None
    _check_year(field, found.year)
    return found


def _midnight(day: date) -> datetime:
    _check_year("from", day.year)
    return datetime.combine(day, time(), LOCAL).astimezone(UTC)


def _check_year(field: str, year: int) -> None:
    if not 1970 < year < 9999:
        raise ValueError(f"{field}: use a day since 1971")

"""Habits: each night the day that is over is learned, of everybody whose days are watched."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from care.notices import LOCAL
from care.taught import MEMORY, day_by_day, habit_of
from records.database import Conn
from records.living import habits, silence
from records.rounds import absences

_LEARNS_AT = time(3)


def learn_habits(conn: Conn, now: datetime) -> int:
    """Learn the habits that have not been learned since three in the morning; returns of how many."""
    residents = habits.claim_learners(conn, now)
    for resident_id in residents:
        _learn(conn, resident_id, now)
    return len(residents)


def _learn(conn: Conn, resident_id: UUID, now: datetime) -> None:
    """Read the days that are over and not learned yet, and those of which something came late; then learn from all."""
    today = now.astimezone(LOCAL).date()
    earliest = today - MEMORY
    since = habits.first_to_learn(conn, resident_id, earliest, today)
    begins, ends = _midnight(since), _midnight(today)
    known = habits.known_before(conn, resident_id, since, begins)
    stirs = silence.stirs_after(conn, resident_id, begins, ends, known.values)
    habits.add_days(conn, resident_id, earliest, since, list(day_by_day(stirs, known, LOCAL)))
    away = absences.times(conn, [resident_id], _midnight(earliest), ends).get(resident_id, [])
    habit = habit_of(habits.days(conn, resident_id), away, today, LOCAL)
    habits.keep(conn, resident_id, habit, today, now, _next_night(now))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LOCAL)


def _next_night(now: datetime) -> datetime:
    local = now.astimezone(LOCAL)
    night = datetime.combine(local.date(), _LEARNS_AT, LOCAL)
    return night if night > local else night + timedelta(days=1)

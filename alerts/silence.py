"""No movement: how long it is quiet around somebody against how long it may be, judged as far as the records reach."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from alerts.opening import clear_alert, raise_alert
from care.habit import Habit, Quiet
from care.in_force import InForce
from care.notices import LOCAL
from care.presence import Seen
from care.stirs import NOTHING_LEARNED, LastSeen, followed, limit_for, longest_before
from care.taught import MEMORY, Away, at_home, day_by_day, habit_of
from records import absences, habits, holding, limits, silence, watch
from records.alerts import Opening
from records.database import Conn
from records.silence import WATCHED_KINDS, Due, Sources
from records.unwatched import unwatched

RULE = "no_movement"
_WARM_UP = timedelta(hours=12)
"""So long before the last known sign of life is read again, to know what it says of the person."""
_LOOK_AGAIN = timedelta(minutes=10)
"""Where somebody is away, a source is not proven alive, or an alert stands. An assumption."""
_LEARNS_AT = time(3)


def begin_watching(conn: Conn, now: datetime) -> int:
    """Watch over everybody who has got their first device; returns over how many."""
    return silence.begin(conn, now)


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
    away = _away(conn, resident_id, _midnight(earliest), ends)
    habit = habit_of(habits.days(conn, resident_id), away, today, LOCAL)
    habits.keep(conn, resident_id, habit, today, now, _next_night(now))


def _away(conn: Conn, resident_id: UUID, start: datetime, end: datetime) -> list[Away]:
    return [
        (one.valid_from, min(one.valid_to, one.ended_at or one.valid_to))
        for one in absences.between(conn, resident_id, start, end)
    ]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LOCAL)


def _next_night(now: datetime) -> datetime:
    local = now.astimezone(LOCAL)
    night = datetime.combine(local.date(), _LEARNS_AT, LOCAL)
    return night if night > local else night + timedelta(days=1)


def judge_silence(conn: Conn, now: datetime) -> int:
    """Judge whose time has come, as far as every lane has stored what it received; returns of how many."""
    through = watch.heard_through(conn)
    if through is None:
        return 0
    until = min(now, through)
    due = silence.claim_due(conn, until)
    for one in due:
        _judge(conn, one, until, now)
    return len(due)


def judge_again(conn: Conn, resident_id: UUID, now: datetime) -> None:
    """Nothing holds this resident any more: what did not happen meanwhile is judged from what has come since."""
    through = watch.heard_through(conn)
    due = silence.claim_one(conn, resident_id)
    if through is not None and due is not None:
        _judge(conn, due, min(now, through), now)


def _judge(conn: Conn, due: Due, until: datetime, now: datetime) -> None:
    last = _last_seen(conn, due, until)
    if due.raised is not None and last.since > due.raised:
        clear_alert(conn, f"resident:{due.resident_id}", RULE, now, "a sign of life")
        due = replace(due, raised=None)
    looked = silence.looked_after(conn, due.resident_id, RULE) if due.raised else None
    force = limits.in_force(conn, RULE, due.resident_id)
    hold = holding.holds(conn, [due.resident_id], now).get(due.resident_id)
    sources = silence.sources(conn, due.resident_id, until, hold)
    if hold and not sources.alive:
        holding.keep(conn, force.rule, [due.resident_id], now)
    if not force.enabled or not sources.alive or absences.current(conn, due.resident_id, until):
        silence.judged(conn, due, until + _LOOK_AGAIN, last.since, due.raised)
        return
    # What was learned from all of them says nothing where some are dead.
    habit = NOTHING_LEARNED if sources.dead else habits.habit(conn, due.resident_id)
    limit = limit_for(habit, last, timedelta(seconds=force.number("within")), LOCAL)
    begin = max(_counted_from(conn, due, last, until), looked or last.since)
    deaf = unwatched(conn, due.resident_id, begin, until, WATCHED_KINDS, some=not sources.dead)
    speaks = begin + limit + deaf
    if speaks > until:
        again = min(speaks, until + _LOOK_AGAIN) if due.raised else speaks
        silence.judged(conn, due, again, last.since, due.raised)
        return
    if due.raised is None or looked:
        quiets = _quiets(conn, due.resident_id, until) if habit.days else []
        because = _evidence(habit, quiets, last, limit, until, sources) | {"unwatched": deaf.total_seconds()}
        raise_alert(conn, _opening(due, force, because, speaks, now))
    silence.judged(conn, due, until + _LOOK_AGAIN, last.since, due.raised or last.since)


def _quiets(conn: Conn, resident_id: UUID, until: datetime) -> list[Quiet]:
    return at_home(habits.days(conn, resident_id), _away(conn, resident_id, until - MEMORY, until), LOCAL)


def _last_seen(conn: Conn, due: Due, until: datetime) -> LastSeen:
    found = followed(silence.stirs(conn, due.resident_id, due.since - _WARM_UP, until))
    return found[-1] if found else LastSeen(due.since, Seen.ROOM)


def _counted_from(conn: Conn, due: Due, last: LastSeen, until: datetime) -> datetime:
    """Who was away begins anew when the absence ends."""
    ends = (end for _, end in _away(conn, due.resident_id, last.since, until))
    return max(last.since, *ends, last.since)


def _evidence(
    habit: Habit, quiets: Sequence[Quiet], last: LastSeen, limit: timedelta, until: datetime, sources: Sources
) -> dict[str, Any]:
    return {
        "since": last.since.isoformat(),
        "quiet": (until - last.since).total_seconds(),
        "limit": limit.total_seconds(),
        "longest_before": longest_before(quiets, last, LOCAL).total_seconds(),
        "days": habit.days,
        "last_seen": str(last.seen),
        "last_place": last.place,
        "last_metric": last.metric,
        "judged_through": until.isoformat(),
        "alive": list(sources.alive),
        "not_alive": list(sources.dead),
    }


def _opening(due: Due, force: InForce, evidence: dict[str, Any], speaks: datetime, now: datetime) -> Opening:
    return Opening(
        rule=replace(force.rule, version=force.version),
        subject=f"resident:{due.resident_id}",
        resident_id=due.resident_id,
        device_id=None,
        happened_at=speaks,
        now=now,
        evidence=evidence | {"within": force.number("within"), "where": force.where},
    )

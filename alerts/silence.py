"""No movement: how long it is quiet around somebody against how long it may be, judged as far as the records reach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from alerts.opening import clear_alert, raise_alert
from care.habit import SOONEST, Habit
from care.in_force import InForce
from care.notices import LOCAL
from care.presence import Seen
from care.quiets import Quiet
from care.rules import RULES
from care.stirs import NOTHING_LEARNED, LastSeen, Stir, followed, limit_for, longest_before, wall
from care.taught import MEMORY, Away, at_home
from records.database import Conn
from records.equipment import coverage, watch
from records.judging import holding, limits
from records.judging.alerts import Opening
from records.living import habits, lively, silence
from records.living.silence import WATCHED_KINDS, Due, Judged, Sources
from records.living.unwatched import unwatched
from records.rounds import absences

RULE = "no_movement"
_WARM_UP = timedelta(hours=12)
"""So long before the last known sign of life is read again, to know what it says of the person."""
_LOOK_AGAIN = timedelta(minutes=10)
"""Where somebody is away, a source is not proven alive, or an alert stands. An assumption."""
_LATE = timedelta(hours=1)
"""What comes so late is still seen by the next look; what comes later, when it would ring. An assumption."""


def begin_watching(conn: Conn, now: datetime) -> int:
    """Watch over everybody who has got their first device; returns over how many."""
    return silence.begin(conn, now)


def judge_silence(conn: Conn, now: datetime) -> int:
    """Judge whose time has come, as far as every lane has stored what it received; returns of how many."""
    through = watch.heard_through(conn)
    if through is None:
        return 0
    until = min(now, through)
    due = silence.claim_due(conn, until)
    forces = _forces(conn, due)
    _judge(conn, _without_who_is_well(conn, due, forces, until), forces, until, now)
    return len(due)


def judge_again(conn: Conn, resident_id: UUID, now: datetime) -> None:
    """Nothing holds this resident any more: what did not happen meanwhile is judged from what has come since."""
    through = watch.heard_through(conn)
    due = silence.claim_one(conn, resident_id)
    if through is not None and due is not None:
        _judge(conn, [due], _forces(conn, [due]), min(now, through), now)


def _forces(conn: Conn, due: Sequence[Due]) -> Mapping[UUID, InForce]:
    return limits.for_each(conn, RULE, [one.resident_id for one in due])


def _without_who_is_well(
    conn: Conn, due: Sequence[Due], forces: Mapping[UUID, InForce], until: datetime
) -> Sequence[Due]:
    """Those around whom there was life so lately that nobody's limit is reached are looked at again when it could be;
    those whose quiet goes on as it was, when it speaks, or when anything that they do now could.

    What remains is judged in full, which costs a hundred times as much.
    """
    asked = {one.resident_id: _unknown_since(one, until) for one in due if one.raised is None}
    life = lively.life_since(conn, asked, until)
    well = []
    for one in due:
        resident, soonest = one.resident_id, _soonest(forces[one.resident_id])
        found = life.get(resident)
        if found and found.at and found.at + soonest > until:
            well.append(Judged(resident, found.at + soonest, found.at))
        elif found is None and resident in asked and one.speaks_at and one.speaks_at > until:
            again = min(one.speaks_at, until + soonest)
            well.append(Judged(resident, again, one.since, speaks_at=one.speaks_at))
    silence.judged(conn, well, until)
    in_peace = {one.resident_id for one in well}
    return [one for one in due if one.resident_id not in in_peace]


def _unknown_since(one: Due, until: datetime) -> datetime:
    """From when on signs of life may be new; what was looked at by a clock that had jumped ahead says nothing."""
    known = one.looked_at if one.looked_at and one.looked_at <= until else one.since
    return max(one.since, known - _LATE)


def _soonest(force: InForce) -> timedelta:
    """No limit is shorter, whatever was last seen: so nothing that happens now rings before."""
    return min(SOONEST, _within(force))


def _within(force: InForce) -> timedelta:
    return timedelta(seconds=force.number("within"))


@dataclass(frozen=True, slots=True)
class _Case:
    """Somebody whose quiet is judged, and what the records say of them."""

    due: Due
    force: InForce
    last: LastSeen
    sources: Sources
    away: Sequence[Away]
    habit: Habit
    """What was learned of all sources says nothing where some are dead."""


def _judge(conn: Conn, due: Sequence[Due], forces: Mapping[UUID, InForce], until: datetime, now: datetime) -> None:
    if due:
        cases = _cases(conn, due, forces, until, now)
        silence.judged(conn, [_judged(conn, case, until, now) for case in cases], until)


def _cases(
    conn: Conn, due: Sequence[Due], forces: Mapping[UUID, InForce], until: datetime, now: datetime
) -> list[_Case]:
    residents = [one.resident_id for one in due]
    stirs = silence.stirs_of(conn, {one.resident_id: one.since - _WARM_UP for one in due}, until)
    holds = holding.holds(conn, residents, now)
    watchers = coverage.watchers(conn, residents, until)
    away = absences.times(conn, residents, min(one.since for one in due), until)
    learned = habits.of(conn, residents)
    cases = []
    for one in due:
        resident = one.resident_id
        last = _last_seen(one, stirs[resident])
        sources = silence.sources(watchers[resident], holds.get(resident))
        habit = NOTHING_LEARNED if sources.dead else learned.get(resident, NOTHING_LEARNED)
        cases.append(_Case(one, forces[resident], last, sources, away.get(resident, ()), habit))
    unheard = [case.due.resident_id for case in cases if not case.sources.alive]
    holding.keep(conn, RULES[RULE], [resident for resident in unheard if resident in holds], now)
    return cases


def _last_seen(due: Due, stirs: Sequence[Stir]) -> LastSeen:
    found = followed(stirs)
    return found[-1] if found else LastSeen(due.since, Seen.ROOM)


def _judged(conn: Conn, case: _Case, until: datetime, now: datetime) -> Judged:
    due, last, resident = case.due, case.last, case.due.resident_id
    raised = due.raised
    if raised is not None and last.since > raised:
        clear_alert(conn, f"resident:{resident}", RULE, now, "a sign of life")
        raised = None
    looked = silence.looked_after(conn, resident, RULE) if raised else None
    gone = any(start <= until < end for start, end in case.away)
    if gone or not case.force.enabled or not case.sources.alive:
        return Judged(resident, until + _LOOK_AGAIN, last.since, raised)
    limit = limit_for(case.habit, last, _within(case.force), LOCAL)
    # Whoever was away or looked after begins anew.
    begin = max(last.since, *(end for _, end in case.away), looked or last.since)
    deaf = timedelta(0)
    if begin + limit <= until:
        deaf = unwatched(conn, resident, begin, until, WATCHED_KINDS, some=not case.sources.dead)
    speaks = begin + limit + deaf
    if speaks > until:
        # What somebody does after this may be followed by a shorter limit: who is back from a walk, or out of bed.
        again = min(speaks, until + (_LOOK_AGAIN if raised else _soonest(case.force)))
        return Judged(resident, again, last.since, raised, speaks)
    if raised is None or looked:
        because = _evidence(conn, case, limit, until) | {"unwatched": deaf.total_seconds()}
        raise_alert(conn, _opening(case, because, speaks, now))
    return Judged(resident, until + _LOOK_AGAIN, last.since, raised or last.since)


def _quiets(conn: Conn, resident_id: UUID, until: datetime) -> list[Quiet]:
    away = absences.times(conn, [resident_id], until - MEMORY, until).get(resident_id, [])
    return at_home(habits.days(conn, resident_id), away, LOCAL)


def _evidence(conn: Conn, case: _Case, limit: timedelta, until: datetime) -> dict[str, Any]:
    habit, last = case.habit, case.last
    quiets = _quiets(conn, case.due.resident_id, until) if habit.days else []
    longest = longest_before(quiets, last, LOCAL)
    at_this_hour = habit.longest_at(wall(last.since, LOCAL), last.seen)
    return {
        "since": last.since.isoformat(),
        "quiet": (until - last.since).total_seconds(),
        "limit": limit.total_seconds(),
        "longest_before": max(longest, at_this_hour or longest).total_seconds(),
        "days": habit.days,
        "last_seen": str(last.seen),
        "last_place": last.place,
        "last_metric": last.metric,
        "judged_through": until.isoformat(),
        "alive": list(case.sources.alive),
        "not_alive": list(case.sources.dead),
    }


def _opening(case: _Case, evidence: dict[str, Any], speaks: datetime, now: datetime) -> Opening:
    force, resident = case.force, case.due.resident_id
    return Opening(
        rule=replace(force.rule, version=force.version),
        subject=f"resident:{resident}",
        resident_id=resident,
        device_id=None,
        happened_at=speaks,
        now=now,
        evidence=evidence | {"within": force.number("within"), "where": force.where},
    )

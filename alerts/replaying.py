"""An alert judged again from the stored rows, as they were known when it opened: the same verdict, or what differs.

Everything here reads. The judgements are those of the engine; only the time is another.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from alerts.judgement import is_vital, judge_event, judge_vital, limit_of
from alerts.looking import SENSE_OF, Asked, look
from alerts.replaying_technical import TECHNICAL_AGAIN
from alerts.silence import RULE as NO_MOVEMENT
from care.checkins import Ask, Patience, State, Waiting, judge
from care.in_force import InForce
from care.limits import read_from
from care.nights import Night
from care.notices import LOCAL
from care.presence import Seen
from care.replays import Again, Said
from care.rules import DEVICE_EVENTS, EVENT_RULES
from care.stirs import NOTHING_LEARNED, LastSeen, followed, limit_for
from care.taught import MEMORY, habit_of
from records.database import Conn
from records.equipment import coverage
from records.judging import judged, limits
from records.judging.alerts import Opening
from records.judging.judged import OpenedAlert
from records.living import habits, life, silence
from records.living.life import Asked as SignAsked
from records.living.silence import WATCHED_KINDS
from records.living.unwatched import unwatched
from records.rounds import absences, checkin_notices

WRITTEN_LATER = "judged from what is stored: it was received after the alert opened, as a past that is written is"
_WRITTEN_WITHIN = timedelta(days=1)
_WARM_UP = timedelta(hours=12)
"""So long before the last sign of life is read, to know what it says of the person; as the engine does."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of it: the alert, the verdict, and how well the person was covered by the kept record of it."""

    alert: OpenedAlert
    again: Again
    covered: str
    """The coverage that the alert holds against the one that was written down for that time."""


def replay(conn: Conn, alert_id: UUID) -> Replay | None:
    """Judge this alert again; None where there is no such alert."""
    found = judged.opened(conn, alert_id)
    if found is None:
        return None
    return Replay(found, _again(conn, found), _covered(conn, found))


def _again(conn: Conn, alert: OpenedAlert) -> Again:
    if alert.evidence.get("not_judged"):
        return Again(Said.CANNOT, "it rang unjudged, since its judgement failed; see the log of that time")
    if alert.signal_id is not None:
        return _from_signal(conn, alert)
    if alert.rule in SENSE_OF:
        return _from_a_look(conn, alert)
    if alert.rule in OTHERS:
        return OTHERS[alert.rule](conn, alert)
    return Again(Said.CANNOT, "its rule keeps nothing from which it could be judged again")


def _covered(conn: Conn, alert: OpenedAlert) -> str:
    kept = (alert.coverage or {}).get("state", "not known")
    if alert.resident_id is None:
        return "nobody's"
    then = coverage.at(conn, alert.resident_id, alert.opened_at)
    return f"{kept} (written down for that time: {then.state if then else 'nothing'})"


def _from_signal(conn: Conn, alert: OpenedAlert) -> Again:
    signal = judged.signal(conn, alert.signal_id) if alert.signal_id is not None else None
    if signal is None:
        return Again(Said.CANNOT, "what was said is no longer kept")
    # Opened by a clock that was held, it may be older than the word that it rests on.
    known_at, written = max(alert.opened_at, signal.received_at), signal.received_at > alert.opened_at
    note = WRITTEN_LATER if written else ""
    if is_vital(signal):
        limit = limit_of(signal)
        since = read_from(limit, signal.time)
        window = judged.window(conn, signal.device_id, limit.metric, since, signal.time, known_at)
        opening = judge_vital(signal, window, alert.opened_at)
        if opening is None:
            return Again(Said.SILENT, f"{len(window)} stored readings do not show the limit broken all through")
        force = limits.in_force(conn, alert.rule, signal.resident_id, signal.received_at)
        return _compared(alert, opening, _limit_differs(alert, force, ("low", "high", "lasting")), note)
    stored = judged.event_name(conn, signal.device_id, signal.evidence["id"], signal.time, known_at)
    if stored is None:
        return Again(Said.CANNOT, "the event is no longer stored")
    if stored not in DEVICE_EVENTS and stored not in EVENT_RULES:
        return Again(Said.SILENT, f"the stored event is {stored}, which rings nowhere")
    if stored == "bed_exit_no_return" and signal.resident_id is not None and not alert.drill:
        return _bed_exit(conn, alert, signal.resident_id, signal.time)
    opening = judge_event(signal, alert.opened_at)
    if stored in DEVICE_EVENTS:  # what a device says of itself is about the device
        opening = replace(opening, subject=f"device:{signal.device_id}", delayed=False, unclaimed=False)
    return _compared(alert, opening, [], note)


def _compared(alert: OpenedAlert, opening: Opening, differ: list[str], note: str = "") -> Again:
    """It rings; whether it is about the same, in the same way."""
    for name in ("subject", "resident_id", "drill", "delayed", "unclaimed", "happened_at"):
        now, then = getattr(opening, name), getattr(alert, name)
        if now != then:
            differ.append(f"{name}: was {then}, is {now}")
    if opening.rule.id != alert.rule or opening.rule.priority != alert.priority:
        differ.append(f"rule: was {alert.rule} ({alert.priority}), is {opening.rule.id} ({opening.rule.priority})")
    readings = opening.evidence.get("readings")
    if readings != alert.evidence.get("readings"):
        differ.append(f"readings: {len(alert.evidence.get('readings') or ())} then, {len(readings or ())} now")
    return Again(Said.RINGS, note, tuple(differ))


def _limit_differs(alert: OpenedAlert, force: InForce, names: tuple[str, ...]) -> list[str]:
    kept: Mapping[str, Any] = alert.evidence.get("limit") or alert.evidence
    differ = [
        f"{name}: was {kept[name]}, by the records {force.values[name]} was in force"
        for name in names
        if name in force.values and name in kept and kept[name] != force.values[name]
    ]
    if force.version != alert.rule_version:
        differ.append(f"version: was {alert.rule_version}, by the records {force.version} was in force")
    return differ


def _bed_exit(conn: Conn, alert: OpenedAlert, resident_id: UUID, time: datetime) -> Again:
    force = limits.in_force(conn, alert.rule, resident_id, alert.opened_at)
    night = Night.of(force.word("night_from"), force.word("night_to"), LOCAL)
    if night.around(time) is None:
        return Again(Said.SILENT, "it was not in that person's night")
    if absences.current(conn, resident_id, time) is not None:
        return Again(Said.SILENT, "the resident was away")
    return Again(Said.RINGS, "", tuple(_limit_differs(alert, force, tuple(force.values))))


def _from_a_look(conn: Conn, alert: OpenedAlert) -> Again:
    assert alert.resident_id is not None  # noqa: S101 - these alerts are about somebody's home
    forces = {alert.rule: limits.in_force(conn, alert.rule, alert.resident_id, alert.opened_at)}
    if alert.rule.startswith("news2"):
        forces["news2"] = limits.in_force(conn, "news2", alert.resident_id, alert.opened_at)
    at = datetime.fromisoformat(alert.evidence["judged_through"])
    sense = SENSE_OF[alert.rule]
    found, note = look(conn, Asked(alert.resident_id, sense, forces, at, known_at=alert.opened_at)), ""
    if _rests_on_what_came_later(conn, alert, at):
        found, note = look(conn, Asked(alert.resident_id, sense, forces, at)), WRITTEN_LATER
    differ = _limit_differs(alert, forces[alert.rule], tuple(forces[alert.rule].values))
    verdict = found.verdicts.get(alert.rule)
    if verdict is None or not (verdict.rings and verdict.news):
        why = found.held_by.get(alert.rule) or ("nothing can be said" if verdict and verdict.rings is None else "")
        return Again(Said.SILENT, why or "the stored readings do not show it", tuple(differ))
    for name, value in verdict.because.items():
        if alert.evidence.get(name) != value:
            differ.append(f"{name}: was {alert.evidence.get(name)}, is {value}")
    return Again(Said.RINGS, note, tuple(differ))


def _rests_on_what_came_later(conn: Conn, alert: OpenedAlert, at: datetime) -> bool:
    """Whether nothing that its devices said of that time had been received when it opened, and something was later.

    So it is where the past was written at once and judged by a held clock; of a device that was merely late something
    earlier had been received.
    """
    sources = alert.evidence.get("sources") or []
    return bool(sources) and judged.only_later(conn, sources, at - _WRITTEN_WITHIN, at, alert.opened_at)


def _no_movement(conn: Conn, alert: OpenedAlert) -> Again:
    assert alert.resident_id is not None  # noqa: S101 - somebody is quiet
    kept, until = alert.evidence, datetime.fromisoformat(alert.evidence["judged_through"])
    since = datetime.fromisoformat(kept["since"])
    stirs = silence.stirs(conn, alert.resident_id, since - _WARM_UP, until)
    last = followed(stirs)[-1] if stirs else LastSeen(since, Seen.ROOM)
    away = absences.times(conn, [alert.resident_id], until - MEMORY, until)
    gone = away.get(alert.resident_id, [])
    if last.since > since:
        return Again(
            Said.SILENT, f"a sign of life of {last.since.isoformat()} is stored ({last.metric}), which came late"
        )
    force = limits.in_force(conn, alert.rule, alert.resident_id, alert.opened_at)
    some_dead = bool(kept["not_alive"])
    habit = NOTHING_LEARNED
    if kept["days"] and not some_dead:
        through = (until - timedelta(hours=3)).astimezone(LOCAL).date()
        days = [day for day in habits.days(conn, alert.resident_id) if through - MEMORY <= day.day < through]
        habit = habit_of(days, gone, through, LOCAL)
    limit = limit_for(habit, last, timedelta(seconds=force.number("within")), LOCAL)
    looked = judged.looked(conn, alert.resident_id, alert.rule, since, alert.opened_at)
    begin = max(last.since, *(end for start, end in gone if end > last.since), looked or last.since)
    deaf = unwatched(conn, alert.resident_id, begin, until, WATCHED_KINDS, some=not some_dead)
    differ = [] if last.since == since else [f"since: was {since.isoformat()}, is {last.since.isoformat()}"]
    if force.number("within") != kept["within"]:
        differ.append(f"within: was {kept['within']}, by the records {force.number('within')} was in force")
    if abs(limit.total_seconds() - kept["limit"]) >= 1:
        differ.append(
            f"limit: was {kept['limit']:.0f} s of {kept['days']} days, the days that are remembered now make it"
            f" {limit.total_seconds():.0f} s of {habit.days}"
        )
    if begin + limit + deaf > until:
        return Again(Said.SILENT, "it was not quiet for long enough", tuple(differ))
    return Again(Said.RINGS, "", tuple(differ))


def _missed_check_in(conn: Conn, alert: OpenedAlert) -> Again:
    assert alert.resident_id is not None  # noqa: S101 - somebody was expected to check in
    kept = alert.evidence
    found = judged.check_in(conn, UUID(kept["check_in"]), alert.opened_at)
    if found is None:
        return Again(Said.CANNOT, "the check-in is no longer kept")
    force = limits.in_force(conn, alert.rule, alert.resident_id, alert.opened_at)
    differ = _limit_differs(alert, force, ()) if kept["limit"]["version"] != force.version else []
    signs = life.signs(conn, [SignAsked(found.id, alert.resident_id, found.opens_at, alert.opened_at)])
    if found.id in signs:
        sign = signs[found.id]
        return Again(Said.SILENT, f"a sign of life of {sign.time.isoformat()} is stored ({sign.kind})", tuple(differ))
    circle = checkin_notices.circle(conn, alert.resident_id)
    verdict = judge(
        Waiting(State(found.state), found.closes_at, kept["tries"], kept["contacts_told"]),
        Patience.of(force.values, found.grace),
        reachable=circle.own is not None and kept["tries"] > 0, contacts=kept["contacts_told"], now=alert.opened_at,
    )  # fmt: skip
    if verdict.ask is not Ask.CENTRE:
        return Again(Said.SILENT, f"somebody was still to be asked: {verdict.ask or 'nobody yet'}", tuple(differ))
    return Again(Said.RINGS, "", tuple(differ))


OTHERS: Mapping[str, Callable[[Conn, OpenedAlert], Again]] = MappingProxyType(
    {NO_MOVEMENT: _no_movement, "missed_check_in": _missed_check_in, **TECHNICAL_AGAIN}
)
"""By rule, where it rests on no signal and on no look at the home."""

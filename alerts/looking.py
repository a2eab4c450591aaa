"""One look at a home as of some time: the same for the sweep, a replay and a back-test. It changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from care import scoring
from care.in_force import InForce, Place
from care.notices import LOCAL
from care.presence import Seen
from care.rising import LATEST, day_begins
from care.stirs import followed
from care.watching import JUDGES, LOOK_AGAIN, Verdict
from records.database import Conn
from records.living import habits, home_watch, life, scores, silence
from records.living.home_watch import Bound, Sense
from records.rounds import absences

RULES_OF: Mapping[Sense, tuple[str, ...]] = {
    Sense.BED: ("left_bed",),
    Sense.DOOR: ("door_not_opened",),
    Sense.WATER: ("water_low", "water_high", "water_running"),
    Sense.ROOM: ("room_cold", "room_hot"),
    Sense.VITALS: ("news2", "news2_emergency", "news2_single"),
}
SENSE_OF: Mapping[str, Sense] = {rule: sense for sense, rules in RULES_OF.items() for rule in rules}
OF_WHO_IS_AT_HOME = frozenset({"left_bed", "door_not_opened", "water_low"})
"""What does not happen means nothing of somebody who is away."""

_MARGIN = timedelta(hours=4)
"""A bed is read back so much further than the limit: whoever left it before that is no longer in that night's bed."""
_PRESENCE = timedelta(hours=12)
"""So far back the signs of life are read that say whether somebody has left the home."""
_GETTING_UP = timedelta(minutes=5)
"""What is seen so soon after leaving the bed is part of that, and says nothing of what came then. An assumption."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen."""

    verdicts: Mapping[str, Verdict]
    devices: tuple[Bound, ...]
    held_by: Mapping[str, str] = field(default_factory=dict)
    """Why a rule that would ring does not."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom, with which limits, as of when; `known_at`: with only what had been received by then."""

    resident_id: UUID
    sense: Sense
    forces: Mapping[str, InForce]
    at: datetime
    known_at: datetime | None = None


def look(conn: Conn, asked: Asked) -> Look:
    """Judge the rules of one sense that are switched on, for one home, as of a time."""
    devices = tuple(home_watch.bound(conn, asked.resident_id, asked.sense, asked.at))
    forces = {rule: force for rule, force in asked.forces.items() if force.enabled}
    if not devices or not forces:
        return Look({}, devices)
    if asked.sense is Sense.VITALS:
        return Look(_scored(conn, asked, devices, forces), devices)
    away = absences.current(conn, asked.resident_id, asked.at)
    home = _home_since(conn, asked) if away is None else None
    lookback = max(map(_lookback, forces.values()))
    sources = [home_watch.source(conn, one, asked.sense, lookback, asked.at, asked.known_at) for one in devices]
    verdicts, held = {}, {}
    for rule, force in forces.items():
        if away is not None and rule in OF_WHO_IS_AT_HOME:
            ends = min(away.valid_to, away.ended_at or away.valid_to)
            verdicts[rule] = Verdict(None, min(ends, asked.at + timedelta(hours=1)))
            continue
        verdict = JUDGES[rule](sources, force, asked.at, home)
        if verdict.rings and rule == "water_low" and _probably_out(conn, asked):
            held[rule] = "the main door was the last thing heard: probably out"
            verdict = replace(verdict, rings=None, again=asked.at + LOOK_AGAIN)
        if verdict.rings and rule == "left_bed" and (begins := _day_has_begun(conn, asked, force, verdict)):
            held[rule] = f"this person's day begins at {begins:%H:%M}, and there was life since"
            verdict = replace(verdict, rings=False, again=asked.at + timedelta(hours=1))
        if verdict.rings and rule == "door_not_opened" and (seen := _seen_inside(conn, asked, force)):
            held[rule] = "there was life at home: nobody has to go out every day"
            verdict = replace(verdict, rings=False, again=seen + timedelta(seconds=force.number("within")))
        verdicts[rule] = verdict
    return Look(verdicts, devices, held)


def _lookback(force: InForce) -> timedelta:
    return timedelta(seconds=force.number("within")) + _MARGIN


def _home_since(conn: Conn, asked: Asked) -> datetime | None:
    """When the last absence of the time that is judged ended; whoever was away begins anew."""
    since = asked.at - max(map(_lookback, asked.forces.values()))
    ends = [
        min(one.valid_to, one.ended_at or one.valid_to)
        for one in absences.between(conn, asked.resident_id, since, asked.at)
    ]
    return max((end for end in ends if end <= asked.at), default=None)


def _probably_out(conn: Conn, asked: Asked) -> bool:
    found = followed(silence.stirs(conn, asked.resident_id, asked.at - _PRESENCE, asked.at))
    return bool(found) and found[-1].seen is Seen.LEFT


def _day_has_begun(conn: Conn, asked: Asked, force: InForce, verdict: Verdict) -> time | None:
    """From when on this person usually gets up for good, where they have left the bed after that and are up and about.

    A night that was set for this person is kept to: what is learned stands in for one that nobody has set.
    """
    if force.origins.get("night_to") == str(Place(resident_id=asked.resident_id)):
        return None
    left = datetime.fromisoformat(verdict.because["left_at"])
    there = left.astimezone(LOCAL)
    begins = day_begins(habits.days(conn, asked.resident_id), there.date(), LOCAL)
    if begins is None or not begins <= there.time() < LATEST:
        return None
    up = life.Asked(asked.resident_id, asked.resident_id, left + _GETTING_UP, asked.at)
    return begins if life.signs(conn, [up]) else None


def _seen_inside(conn: Conn, asked: Asked, force: InForce) -> datetime | None:
    """The last sign of life within the limit."""
    since = asked.at - timedelta(seconds=force.number("within"))
    question = life.Asked(asked.resident_id, asked.resident_id, since, asked.at)
    sign = life.signs(conn, [question]).get(question.key)
    return sign.time if sign else None


def _scored(conn: Conn, asked: Asked, devices: tuple[Bound, ...], forces: Mapping[str, InForce]) -> dict[str, Verdict]:
    by = asked.forces["news2"]
    readings = scores.readings(conn, devices, by, asked.at, asked.known_at)
    return scoring.judge(readings, by, forces, asked.at, [device.kind for device in devices])


def evidence(look: Look, rule: str, force: InForce, at: datetime) -> dict[str, Any]:
    """What an alert of this look keeps: the limits in force, what the devices said, which they were, and as of when."""
    return {
        **look.verdicts[rule].because,
        "limit": dict(force.values),
        "version": force.version,
        "where": force.where,
        "judged_through": at.isoformat(),
        "sources": [device.device_id for device in look.devices],
    }

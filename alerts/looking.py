"""One look at a home as of some time: the same for the sweep, a replay and a back-test. It changes nothing."""

from collections.abc import Iterator, Mapping, Sequence
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
from care.watching import JUDGES, LOOK_AGAIN, Source, Verdict
from records.database import Conn
from records.living import habits, life, scores, silence
from records.living.home_devices import METRIC_OF, Bound, Wanted, bound, sources
from records.living.home_watch import Sense
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
_LONGEST = timedelta(days=8)
"""No limit of these rules, with its margin, is longer: so far back absences are read."""
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
    return looks(conn, [asked])[0]


def looks(conn: Conn, asked: Sequence[Asked]) -> list[Look]:
    """The same for many homes, all as of the time of the first; what is read of them is read together."""
    at, known_at = asked[0].at, asked[0].known_at
    places = [tuple(devices) for devices in bound(conn, [(one.resident_id, one.sense) for one in asked], at)]
    forces = [{rule: force for rule, force in one.forces.items() if force.enabled} for one in asked]
    judged = [number for number in range(len(asked)) if places[number] and forces[number]]
    found = [Look({}, devices) for devices in places]
    for number, verdicts in _scored(conn, asked, places, forces, judged, at, known_at):
        found[number] = Look(verdicts, places[number])
    homes = [number for number in judged if asked[number].sense is not Sense.VITALS]
    said = _said(conn, asked, places, homes, at, known_at)
    away = absences.times(conn, [asked[number].resident_id for number in homes], at - _LONGEST, at) if homes else {}
    for number in homes:
        one = asked[number]
        seen = _Seen(one, forces[number], said[number], away.get(one.resident_id, ()))
        found[number] = _judged(conn, seen, places[number])
    return found


@dataclass(frozen=True, slots=True)
class _Seen:
    """A home, the limits of its rules that are switched on, what its devices said, and when its resident was away."""

    asked: Asked
    forces: Mapping[str, InForce]
    sources: Sequence[Source]
    away: Sequence[tuple[datetime, datetime]]

    @property
    def away_until(self) -> datetime | None:
        """When the absence in which the resident is now ends, of several the last; None: at home."""
        return max((end for start, end in self.away if start <= self.asked.at < end), default=None)

    @property
    def home_since(self) -> datetime | None:
        """When the last absence of the time that is judged ended; whoever was away begins anew."""
        since = self.asked.at - max(map(_lookback, self.asked.forces.values()))
        return max((end for _, end in self.away if since < end <= self.asked.at), default=None)


def _judged(conn: Conn, seen: _Seen, devices: tuple[Bound, ...]) -> Look:
    asked, away_until = seen.asked, seen.away_until
    home = seen.home_since if away_until is None else None
    verdicts, held = {}, {}
    for rule, force in seen.forces.items():
        if away_until is not None and rule in OF_WHO_IS_AT_HOME:
            verdicts[rule] = Verdict(None, min(away_until, asked.at + timedelta(hours=1)))
            continue
        verdict = JUDGES[rule](seen.sources, force, asked.at, home)
        if verdict.rings and (other := _held(conn, asked, rule, force, verdict)) is not None:
            held[rule], verdict = other
        verdicts[rule] = verdict
    return Look(verdicts, devices, held)


def _held(conn: Conn, asked: Asked, rule: str, force: InForce, verdict: Verdict) -> tuple[str, Verdict] | None:
    """Why a rule that would ring does not, and what is said instead; None where it rings."""
    if rule == "water_low" and _probably_out(conn, asked):
        why = "the main door was the last thing heard: probably out"
        return why, replace(verdict, rings=None, again=asked.at + LOOK_AGAIN)
    if rule == "left_bed" and (begins := _day_has_begun(conn, asked, force, verdict)):
        why = f"this person's day begins at {begins:%H:%M}, and there was life since"
        return why, replace(verdict, rings=False, again=asked.at + timedelta(hours=1))
    if rule == "door_not_opened" and (seen := _seen_inside(conn, asked, force)):
        why = "there was life at home: nobody has to go out every day"
        return why, replace(verdict, rings=False, again=seen + timedelta(seconds=force.number("within")))
    return None


def _lookback(force: InForce) -> timedelta:
    return timedelta(seconds=force.number("within")) + _MARGIN


def _said(
    conn: Conn, asked: Sequence[Asked], places: Sequence[tuple[Bound, ...]], homes: Sequence[int], at: datetime,
    known_at: datetime | None,
) -> dict[int, list[Source]]:  # fmt: skip
    """What the devices of these homes said, by home; each sense is read at once."""
    found: dict[int, list[Source]] = {number: [] for number in homes}
    for sense in METRIC_OF:
        wanted = [
            (number, Wanted(device, lookback, alone=len(places[number]) == 1))
            for number in homes
            if asked[number].sense is sense
            for lookback in [max(_lookback(one) for one in asked[number].forces.values() if one.enabled)]
            for device in places[number]
        ]
        said = sources(conn, sense, [one for _, one in wanted], at, known_at)
        for (number, _), source in zip(wanted, said, strict=True):
            found[number].append(source)
    return found


def _scored(
    conn: Conn, asked: Sequence[Asked], places: Sequence[tuple[Bound, ...]],
    forces: Sequence[Mapping[str, InForce]], judged: Sequence[int], at: datetime, known_at: datetime | None,
) -> Iterator[tuple[int, dict[str, Verdict]]]:  # fmt: skip
    """The verdicts of NEWS2 on those of these whose vital signs are looked at."""
    numbers = [number for number in judged if asked[number].sense is Sense.VITALS]
    by = [asked[number].forces["news2"] for number in numbers]
    measured = scores.readings(conn, [(places[n], one) for n, one in zip(numbers, by, strict=True)], at, known_at)
    for number, one, readings in zip(numbers, by, measured, strict=True):
        yield number, scoring.judge(readings, one, forces[number], at, [device.kind for device in places[number]])


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

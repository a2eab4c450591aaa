"""From signs of life to what was last seen of somebody, and to the quiets from which a habit is learned. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from care.devices import DeviceKind
from care.habit import ALL, DAYS_TO_LEARN, LONGEST_OUT, Habit, Quiet, learn
from care.presence import Presence, Seen

MEMORY = timedelta(days=28)
"""So far back the days teach; what was longer ago was another life. An assumption: four weeks hold each weekday four
times."""
NOTHING_LEARNED = Habit(days=0, rates={}, allowed=0.0, longest_out=timedelta(0), quiets=())
"""The habit of somebody of whom nothing is known: the fixed limit."""


@dataclass(frozen=True, slots=True)
class Stir:
    """Something changed at home that only a person changes."""

    time: datetime
    device_id: int
    kind: str
    place: str
    metric: str
    on: bool


@dataclass(frozen=True, slots=True)
class LastSeen:
    """The last sign of life: when, and what it says of the person; no place where nothing was ever heard."""

    since: datetime
    seen: Seen
    place: str = ""
    metric: str = ""


def followed(stirs: Iterable[Stir]) -> list[LastSeen]:
    """What was known of the person after each of these, in order of time."""
    presence = Presence()
    return [
        LastSeen(
            stir.time,
            presence.hear(stir.time, f"{stir.device_id} {stir.metric}", DeviceKind(stir.kind), stir.place, on=stir.on),
            stir.place,
            stir.metric,
        )
        for stir in stirs
    ]


def habit_of(stirs: Sequence[Stir], away: Sequence[tuple[datetime, datetime]], now: datetime, zone: ZoneInfo) -> Habit:
    """What these days teach; quiets of days on which the person was away, or nothing was heard for too long, do not."""
    if not stirs:
        return NOTHING_LEARNED
    quiets = [
        Quiet(_wall(one.since, zone), _wall(other.since, zone), one.seen)
        for one, other in pairwise(followed(stirs))
        if other.since - one.since <= LONGEST_OUT
        and not any(start < other.since and end > one.since for start, end in away)
    ]
    return learn(quiets, _wall(stirs[0].time, zone).date(), _wall(now, zone).date(), ALL)


def _wall(time: datetime, zone: ZoneInfo) -> datetime:
    return time.astimezone(zone).replace(tzinfo=None)


def limit_for(habit: Habit, last: LastSeen, fixed: timedelta, zone: ZoneInfo) -> timedelta:
    """How long it may be quiet now: as learned, else `fixed`; at home never longer than that."""
    if habit.days < DAYS_TO_LEARN:
        return fixed
    learned = habit.limit(_wall(last.since, zone), last.seen)
    return learned if last.seen is Seen.LEFT else min(learned, fixed)


def longest_before(habit: Habit, last: LastSeen, zone: ZoneInfo) -> timedelta:
    """The longest such quiet that these days knew."""
    return habit.longest_before(_wall(last.since, zone), last.seen)


def written(habit: Habit) -> dict[str, Any]:
    """The habit as it is kept."""
    return {
        "allowed": habit.allowed,
        "longest_out": habit.longest_out.total_seconds(),
        "rates": [[*key, rate] for key, rate in habit.rates.items()],
        "quiets": [[quiet.start.isoformat(), quiet.end.isoformat(), quiet.seen] for quiet in habit.quiets],
    }


def read(days: int, model: Mapping[str, Any]) -> Habit:
    """The habit that was kept so."""
    return Habit(
        days=days,
        rates={(Seen(seen), int(number), bool(settled)): rate for seen, number, settled, rate in model["rates"]},
        allowed=model["allowed"],
        longest_out=timedelta(seconds=model["longest_out"]),
        quiets=[
            Quiet(datetime.fromisoformat(start), datetime.fromisoformat(end), Seen(seen))
            for start, end, seen in model["quiets"]
        ],
    )

"""What the family is told of the day: one sentence that is true, and kind where that can be proven. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from care.absences import AbsenceKind
from care.coverage import State
from care.notices import LOCAL


class Said(StrEnum):
    """What somebody of the family says of an alert."""

    ON_IT = "on_it"
    """They look after it; the centre goes on until it has answered itself."""
    WELL = "well"
    """They have spoken with the resident, who is well."""
    SEND = "send"
    """Please send somebody."""


class Tone(StrEnum):
    """How the sentence looks: only what is proven is calm."""

    CALM = "calm"
    UNSURE = "unsure"
    ALARM = "alarm"


QUIET_FOR = timedelta(hours=4)
"""Nothing heard by day for longer than this is said as it is, and not called quiet (an assumption: the city's rules for
silence judge apart from this, by the person's own habit)."""

MORNING_FROM, MORNING_TO = 3, 12
"""Hours, local, between which leaving the bed is getting up (an assumption)."""


@dataclass(frozen=True, slots=True)
class Piece:
    """From `since` to `until` it was so."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Strip:
    """One row of the day: `kind` bed, room or out; when it was so, and when nothing is known of it."""

    kind: str
    place: str
    on: Sequence[Piece]
    unknown: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Night:
    """The last long stay in bed: `end` None while it lasts."""

    start: datetime
    end: datetime | None
    times_up: int


@dataclass(frozen=True, slots=True)
class Sight:
    """What the home's sensors show of somebody's day until now."""

    strips: Sequence[Strip] = field(default=(), repr=False)
    night: Night | None = field(default=None, repr=False)
    last_at: datetime | None = field(default=None, repr=False)
    """When somebody last did something there, as far as the sensors notice."""
    last_place: str = field(default="", repr=False)
    in_bed_since: datetime | None = field(default=None, repr=False)

    def got_up(self, now: datetime) -> datetime | None:
        """When they got up this morning, where a bed sensor has seen it."""
        end = self.night.end.astimezone(LOCAL) if self.night and self.night.end else None
        today = end is not None and end.date() == now.astimezone(LOCAL).date()
        return end if end is not None and today and MORNING_FROM <= end.hour < MORNING_TO else None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known besides: how well they are covered, whether they are away, and what is open."""

    coverage: State
    unknown_since: datetime | None = None
    away: AbsenceKind | None = None
    away_until: datetime | None = None
    alert: str | None = None
    """The rule of the open alert that matters most."""
    alert_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A key of the words `family.say.…`, and the times and places that belong into it."""

    tone: Tone
    key: str
    at: datetime | None = None
    place: str = ""
    until: datetime | None = None
    rule: str = ""
    """Of the open alert that it tells of."""


def sentence(sight: Sight | None, stands: Standing, now: datetime) -> Sentence:
    """The one sentence on top; without `sight` (no consent to the day) only whether they are watched over.

    What is open comes first, then why nothing can be said, and only what is seen now is called quiet.
    """
    if stands.alert is not None:
        return Sentence(Tone.ALARM, "alert", stands.alert_at, rule=stands.alert)
    if stands.away is not None:
        return Sentence(Tone.CALM, f"away.{stands.away}", until=stands.away_until)
    if stands.coverage is State.BLIND:
        key = "blind" if stands.unknown_since else "unwatched"
        return Sentence(Tone.UNSURE, key, stands.unknown_since)
    if sight is None:
        partly = stands.coverage is State.DEGRADED
        return Sentence(Tone.UNSURE if partly else Tone.CALM, "watched_partly" if partly else "watched")
    seen = _seen(sight, now)
    if stands.coverage is State.DEGRADED:  # what was seen is true all the same; that it is quiet is not proven
        return Sentence(Tone.UNSURE, f"{seen.key}.partly", seen.at, seen.place)
    return seen


def _seen(sight: Sight, now: datetime) -> Sentence:
    if sight.in_bed_since is not None:
        return Sentence(Tone.CALM, "in_bed", sight.in_bed_since)
    if sight.last_at is None:
        return Sentence(Tone.UNSURE, "nothing_yet")
    if now - sight.last_at > QUIET_FOR:
        return Sentence(Tone.UNSURE, "silent", sight.last_at, sight.last_place)
    got_up = sight.got_up(now)
    if got_up is not None:
        return Sentence(Tone.CALM, "up", got_up)
    return Sentence(Tone.CALM, "moved", sight.last_at, sight.last_place)

"""Visits: how often whom, what counts as one, and what proves that somebody was there. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType


class VisitKind(StrEnum):
    """How somebody was visited: 电话问候、视频探访、上门巡访."""

    PHONE = "phone"
    VIDEO = "video"
    DOOR = "door"


class Risk(StrEnum):
    """How closely somebody is to be visited."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


EVERY: Mapping[Risk, timedelta] = MappingProxyType(
    {Risk.HIGH: timedelta(days=7), Risk.MEDIUM: timedelta(days=31), Risk.LOW: timedelta(days=92)}
)
"""Weekly, monthly, quarterly (domain.md, "Working alarms off"); a month and a quarter are their longest."""

LEAD: Mapping[Risk, timedelta] = MappingProxyType(
    {Risk.HIGH: timedelta(days=1), Risk.MEDIUM: timedelta(days=7), Risk.LOW: timedelta(days=14)}
)
"""So long before a visit is due it is asked for, so that somebody can go in time (an assumption)."""

AFTER_CHANGE = timedelta(hours=24)
"""Within this after a major change somebody at high risk is visited (domain.md)."""

TARGET = 1.0
"""周探访率100%: the city's plan."""


class Why(StrEnum):
    """Why a visit was asked for; other parts add words of their own."""

    DUTY = "duty"
    """The last visit is longer ago than the risk allows."""
    MAJOR_CHANGE = "major_change"
    BLIND = "blind"
    """Nothing has watched over them for too long."""


class Proof(StrEnum):
    """What proves that a visitor stood in the home."""

    BUTTON = "button"
    """The home's own button was pressed."""
    CODE = "code"
    """The code that hangs in the home was read."""
    PLACE = "place"
    """The visitor's telephone was there."""


BUTTON_WITHIN = timedelta(minutes=15)
"""How far from the stated time the button may have been pressed (an assumption: nobody publishes one)."""

NEAR = 200.0
"""Metres within which a telephone is in the home (an assumption: between high buildings positions are so bad)."""

_EARTH = 6_371_000.0
"""The Earth's mean radius in metres (IUGG)."""


@dataclass(frozen=True, slots=True)
class Place:
    """WGS 84, in degrees."""

    latitude: float
    longitude: float


def metres_between(one: Place, other: Place) -> float:
    """Along the surface, by the haversine formula."""
    north, east = math.radians(other.latitude - one.latitude), math.radians(other.longitude - one.longitude)
    part = math.sin(north / 2) ** 2
    part += math.cos(math.radians(one.latitude)) * math.cos(math.radians(other.latitude)) * math.sin(east / 2) ** 2
    return 2 * _EARTH * math.asin(min(1.0, math.sqrt(part)))


def best_proof(*, button: bool, code: bool, visitor: Place | None, home: Place | None) -> Proof | None:
    """The strongest proof there is: the button can't be pressed from elsewhere, a code can be photographed."""
    if button:
        return Proof.BUTTON
    if code:
        return Proof.CODE
    near = visitor is not None and home is not None and metres_between(visitor, home) <= NEAR
    return Proof.PLACE if near else None


def counts(kind: VisitKind, *, reached: bool, proof: Proof | None) -> bool:
    """Whether it keeps the duty: somebody was spoken to or seen, and at the door that is proven."""
    return reached and (kind is not VisitKind.DOOR or proof is not None)


class Standing(StrEnum):
    """How somebody's visits stand."""

    VISITED = "visited"
    NOT_YET = "not_yet"
    """Known for less than one interval, and not visited yet."""
    BEHIND = "behind"


def standing(risk: Risk, since: datetime, last: datetime | None, now: datetime) -> Standing:
    """How the duty stands that began at `since`; `last`: the last visit that counts.

    A visit before the risk was raised counts as long as it lies within the new interval.
    """
    if last is not None and last > now - EVERY[risk]:
        return Standing.VISITED
    return Standing.NOT_YET if since > now - EVERY[risk] else Standing.BEHIND

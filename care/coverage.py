"""How well a resident is covered: armed, degraded or blind, and why. Pure: what is known of each device comes in."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from care.devices import LOW_BATTERY, DeviceKind
from care.supervision import Condition


class State(StrEnum):
    """Whether what happens to somebody, and what does not, would be noticed."""

    ARMED = "armed"
    DEGRADED = "degraded"
    BLIND = "blind"


class Why(StrEnum):
    """Why somebody is not covered as well as they might be."""

    NO_DEVICE = "no_device"
    UNHEARD = "unheard"
    """A device has never spoken."""
    SILENT = "silent"
    OFFLINE = "offline"
    UNREACHABLE = "unreachable"
    """The gateway that it speaks through is lost."""
    FAULTY = "faulty"
    LOW_BATTERY = "low_battery"
    MAINTENANCE = "maintenance"
    PLATFORM = "platform"
    """We ourselves do not hear, or are behind."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason; `device` as vendor/name, empty where it is none of theirs; `since`: for how long it has been so."""

    why: Why
    device: str = ""
    kind: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How well somebody is covered, why it is not better, and since when it is this state."""

    state: State
    reasons: tuple[Reason, ...] = ()
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Watcher:
    """A device that watches over somebody; `parent` is how its gateway is, None where it speaks for itself."""

    device: str
    kind: str
    condition: Condition
    since: datetime | None = None
    last_seen: datetime | None = None
    battery: float | None = None
    fault: str | None = None
    in_maintenance: bool = False
    parent_lost_at: datetime | None = None
    """When its gateway, if that is lost, was last heard."""
    device_id: int = 0


NOTICES_THE_PERSON = frozenset(
    {
        DeviceKind.BED, DeviceKind.WEARABLE, DeviceKind.FALL_RADAR, DeviceKind.MOTION, DeviceKind.PRESENCE,
        DeviceKind.DOOR, DeviceKind.WATER_METER, DeviceKind.POWER_METER, DeviceKind.VITALS, DeviceKind.OTHER,
    }
)  # fmt: skip
"""Devices that say something of the person without being asked; a button only tells of those who can press it, and a
gateway or a smoke detector of nobody."""

CALLS = frozenset({DeviceKind.SOS_BUTTON, DeviceKind.PULL_CORD})
"""Devices with which somebody calls for help: with nothing else, somebody is covered badly, not at all is worse."""


def trouble(watcher: Watcher) -> Reason | None:
    """Why this device does not watch now; None where it does."""
    why, since = _why(watcher), watcher.since
    if why is Why.UNREACHABLE:
        since = watcher.parent_lost_at
    return Reason(why, watcher.device, watcher.kind, since) if why else None


def _why(watcher: Watcher) -> Why | None:
    if watcher.in_maintenance:
        return Why.MAINTENANCE
    if watcher.condition is Condition.UNHEARD:
        return Why.UNHEARD
    if watcher.condition.lost:
        return Why(watcher.condition.value)
    parent = watcher.parent_lost_at
    if parent is not None and (watcher.last_seen is None or watcher.last_seen <= parent):
        return Why.UNREACHABLE
    return Why.FAULTY if watcher.fault else None


def proven_alive(watchers: Iterable[Watcher], kinds: Collection[str]) -> tuple[list[Watcher], list[Watcher]]:
    """Of the devices of these kinds those that watch now, and those that do not."""
    alive: list[Watcher] = []
    dead: list[Watcher] = []
    for watcher in watchers:
        if watcher.kind in kinds:
            (dead if trouble(watcher) else alive).append(watcher)
    return alive, dead


def coverage_of(watchers: Sequence[Watcher]) -> Coverage:
    """Armed where all that watches over somebody does so, blind where nothing does, degraded between."""
    if not watchers:
        return Coverage(State.BLIND, (Reason(Why.NO_DEVICE),))
    troubles = {watcher.device: reason for watcher in watchers if (reason := trouble(watcher))}
    low = [
        Reason(Why.LOW_BATTERY, watcher.device, watcher.kind)
        for watcher in watchers
        if watcher.battery is not None and watcher.battery <= LOW_BATTERY and watcher.device not in troubles
    ]
    reasons = (*troubles.values(), *low)
    return Coverage(_state([one for one in watchers if one.device not in troubles], bool(troubles)), reasons)


def _state(watching: Iterable[Watcher], anything_wrong: bool) -> State:
    kinds = {watcher.kind for watcher in watching}
    if kinds & NOTICES_THE_PERSON:
        return State.DEGRADED if anything_wrong else State.ARMED
    return State.DEGRADED if kinds & CALLS else State.BLIND


def without_us(coverage: Coverage, since: datetime) -> Coverage:
    """The same while we ourselves have heard nothing since then: nobody is covered."""
    return Coverage(State.BLIND, (Reason(Why.PLATFORM, since=since), *coverage.reasons), since)

"""What took many devices at once: the smallest cause that explains all of them. Pure: who is lost and where come in.

The thresholds are assumptions, reckoned so that losses by chance hardly ever meet them: a home that is lost once a
month by itself makes five of 400 within ten minutes once in some years (Poisson); docs/supervision.md shows how.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from care.supervision import ALONE_AFTER

FEW_HOMES = 3
"""Fewer dark homes are never an area's outage."""
HALF = 0.5
"""Of an area's homes, a vendor's or the platform's devices: then it is theirs."""
SOME_HOMES, AT_ONCE = 5, timedelta(minutes=10)
"""So many homes of one community or street that went dark within this time are one outage, however large it is."""
MOST = 0.8
"""The part of an area that holds so many of its dark homes is what is out, not the whole."""
OTHERS = 0.2
"""A vendor's outage leaves the devices of others in the same homes alone: at most this share of the lost is theirs."""
FEW_DEVICES = 10
"""Fewer lost devices are never the platform's outage."""
STILL_LOST = 0.2
"""An outage is over when no more than this share of its devices is still lost."""
TOLERANCE = timedelta(minutes=2)
"""Heard so much later than the lost ones, another device shows that its home is connected."""
STREET = 2
"""How deep streets lie in the tree: city, county, street, community."""
FRESH = timedelta(minutes=30)
"""A loss may be part of what is lost within this time after it, no longer."""


class Cause(StrEnum):
    """What took the devices, from the smallest to the largest."""

    GATEWAY = "gateway"
    HOME = "home"
    AREA = "area"
    VENDOR = "vendor"
    PLATFORM = "platform"


TELL_AFTER: Mapping[Cause, timedelta] = {
    Cause.GATEWAY: ALONE_AFTER,
    Cause.HOME: ALONE_AFTER,
    Cause.AREA: timedelta(minutes=1),
    Cause.VENDOR: timedelta(minutes=1),
    Cause.PLATFORM: timedelta(minutes=1),
}
"""How long a cause waits to be told, since it may turn out to be part of a larger one (an assumption)."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A device that is no longer heard; `areas` from the city down to where its home is."""

    device_id: int
    vendor: str
    heard_at: datetime
    home_id: UUID | None = None
    areas: tuple[int, ...] = ()
    parent_id: int | None = None
    children: int = 0
    """How many devices speak through it."""


@dataclass(frozen=True, slots=True)
class Around:
    """What is known of the places of the lost: how many there are, and who is still heard there."""

    homes: Mapping[int, int] = field(default_factory=dict)
    """Homes with devices that speak often, by area with everything below it."""
    vendors: Mapping[str, int] = field(default_factory=dict)
    """Devices that speak often, by vendor."""
    alive: Mapping[UUID, datetime] = field(default_factory=dict)
    """When a device of this home that is not lost was last heard."""


@dataclass(frozen=True, slots=True)
class Found:
    """A cause, and the devices that it took."""

    cause: Cause
    of: int | str | UUID | None
    """Which gateway (device), home, area or vendor; None for the platform."""
    devices: tuple[Lost, ...]

    @property
    def subject(self) -> str:
        """Whom its alert is about."""
        if self.of is None:
            return "platform"
        return f"{'device' if self.cause is Cause.GATEWAY else self.cause}:{self.of}"


def causes(lost: Sequence[Lost], around: Around) -> list[Found]:
    """The common causes among these losses, the largest first; a device is in one of them at most."""
    left = list(lost)
    found: list[Found] = []
    for find in (_platform, _vendors, _areas, _gateways, _homes):
        ones = list(find(left, around))
        found += ones
        taken = {device.device_id for one in ones for device in one.devices}
        left = [device for device in left if device.device_id not in taken]
    return found


def _platform(lost: Sequence[Lost], around: Around) -> Iterable[Found]:
    everything = sum(around.vendors.values())
    if len(lost) >= max(FEW_DEVICES, HALF * everything) and len(_streets(lost)) > 1 and everything:
        yield Found(Cause.PLATFORM, None, tuple(lost))


def _vendors(lost: Sequence[Lost], around: Around) -> Iterable[Found]:
    for vendor, devices in _by(lost, lambda one: one.vendor).items():
        homes = {one.home_id for one in devices}
        others = [one for one in lost if one.vendor != vendor and one.home_id in homes]
        theirs_alone = len(around.vendors) > 1 and len(others) <= OTHERS * len(devices)
        many = len(devices) >= HALF * around.vendors.get(vendor, 0) and len(homes) >= SOME_HOMES
        if theirs_alone and many and len(_streets(devices)) > 1:
            yield Found(Cause.VENDOR, vendor, tuple(devices))


def _areas(lost: Sequence[Lost], around: Around) -> Iterable[Found]:
    homes = _by((one for one in lost if one.areas), lambda one: one.home_id)
    dark = [devices for home, devices in homes.items() if home is not None and _dark(home, devices, around)]
    out = {area for city, inside in _parts(dark, 0).items() for area in _out_within(city, 0, inside, around)}
    within = _by(((area, one) for one in lost for area in one.areas if area in out), lambda pair: pair[0])
    for area, inside in within.items():
        yield Found(Cause.AREA, area, tuple(one for _, one in inside))


Homes = Sequence[Sequence[Lost]]
"""The lost devices of each dark home."""


def _out_within(area: int, depth: int, dark: Homes, around: Around) -> Iterable[int]:
    """The largest areas in this one that are out as a whole, given its dark homes."""
    parts = _parts(dark, depth + 1)
    if _out(area, depth, dark, around):
        most = [part for part, inside in parts.items() if len(inside) >= MOST * len(dark)]
        if not any(_out(part, depth + 1, parts[part], around) for part in most):
            yield area
            return
    for part, inside in parts.items():
        yield from _out_within(part, depth + 1, inside, around)


def _out(area: int, depth: int, dark: Homes, around: Around) -> bool:
    if len(dark) >= max(FEW_HOMES, HALF * around.homes.get(area, 0)):
        return True
    moments = sorted(_moment(devices) for devices in dark)
    together = (last - first <= AT_ONCE for first, last in zip(moments, moments[SOME_HOMES - 1 :], strict=False))
    return depth >= STREET and any(together)


def _parts(dark: Homes, depth: int) -> dict[int, list[Sequence[Lost]]]:
    """These homes by the area that they lie in at this depth; those above it left out."""
    return _by((devices for devices in dark if len(devices[0].areas) > depth), lambda home: home[0].areas[depth])


def _gateways(lost: Sequence[Lost], _: Around) -> Iterable[Found]:
    behind = _by(lost, lambda one: one.parent_id)
    for gateway in lost:
        if gateway.children:
            yield Found(Cause.GATEWAY, gateway.device_id, (gateway, *behind.get(gateway.device_id, ())))


def _homes(lost: Sequence[Lost], around: Around) -> Iterable[Found]:
    for home, devices in _by(lost, lambda one: one.home_id).items():
        if home is not None and len(devices) > 1 and _dark(home, devices, around):
            yield Found(Cause.HOME, home, tuple(devices))


def _dark(home: UUID, devices: Sequence[Lost], around: Around) -> bool:
    """Whether nothing in this home was heard after what is lost there."""
    alive = around.alive.get(home)
    return alive is None or alive <= _moment(devices) + TOLERANCE


def _moment(devices: Sequence[Lost]) -> datetime:
    return max(one.heard_at for one in devices)


def _streets(lost: Iterable[Lost]) -> set[int]:
    return {one.areas[min(STREET, len(one.areas) - 1)] for one in lost if one.areas}


Thing = TypeVar("Thing")
Key = TypeVar("Key", bound=Hashable)


def _by(things: Iterable[Thing], key: Callable[[Thing], Key]) -> dict[Key, list[Thing]]:
    groups: dict[Key, list[Thing]] = defaultdict(list)
    for thing in things:
        groups[key(thing)].append(thing)
    return dict(groups)

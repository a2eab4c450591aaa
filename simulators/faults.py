"""What goes wrong between a device and the broker: lost, twice, late, a wrong clock, stuck. Pure, and from the seed.

The shares are assumptions, high enough that a day of 40 homes has some of each.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from care.devices import DeviceKind
from simulators.chance import noise, number_of
from simulators.homes import Gadget, Home
from simulators.sensors import Said


class Fault(StrEnum):
    """What is wrong with a device for good."""

    NONE = "none"
    WRONG_CLOCK = "wrong_clock"
    STUCK = "stuck"


_CAN_STICK = (DeviceKind.MOTION, DeviceKind.DOOR)


class Sent(NamedTuple):
    """Something that a device said, when it goes out, and what the device's clock says of when it was so."""

    at: int
    said: Said
    stamp: int


def fault_of(home: Home, gadget: Gadget) -> Fault:
    """About one device in a hundred has a clock that is wrong; of sensors that can, two always say the same."""
    share = number_of(home.key, gadget.name, "fault") % 100
    if share == 0:
        return Fault.WRONG_CLOCK
    return Fault.STUCK if share < 3 and gadget.kind in _CAN_STICK else Fault.NONE


def sent(home: Home, gadget: Gadget, everything: Iterable[Said]) -> Iterator[Sent]:
    """What leaves this device. An event is never lost, it is repeated until it is acknowledged; it may come twice."""
    key, fault = number_of(home.key, gadget.name, "line") & 0xFFFF_FFFF, fault_of(home, gadget)
    wrong_by = 1200 if key % 2 else -90  # 20 minutes ahead: refused by the platform, and counted
    for said in everything:
        luck = noise(key, said.time) % 1000
        stamp = said.time + (wrong_by if fault is Fault.WRONG_CLOCK else 0)
        if said.event:
            yield Sent(said.time, said, stamp)
            if luck < 300:
                yield Sent(said.time + 5, said, stamp)
            continue
        if fault is Fault.STUCK:
            said = said._replace(values=dict.fromkeys(said.values, 0))  # noqa: PLW2901 - not what is so
        if luck < 2:
            continue
        late = 30 + noise(key, said.time + 1) % 570 if luck < 5 else 0
        yield Sent(said.time + late, said, stamp)
        if luck >= 997:
            yield Sent(said.time + 2, said, stamp)

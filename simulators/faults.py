"""What goes wrong between a device and the broker: lost, twice, late, a wrong clock, stuck. Pure, and from the seed.

The shares are assumptions, high enough that a day of 40 homes has some of each.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from simulators.chance import noise, number_of
from simulators.homes import Gadget, Home
from simulators.sensors import Said


class Fault(StrEnum):
    """What is wrong with a device for good."""

    NONE = "none"
    WRONG_CLOCK = "wrong_clock"
    STUCK = "stuck"


class Sent(NamedTuple):
    """Something that a device said, when it goes out, and what the device's clock says of when it was so."""

    at: int
    said: Said
    stamp: int


def fault_of(home: Home, gadget: Gadget) -> Fault:
    """About one device in a hundred has a clock that is wrong, and one in a hundred always says the same."""
    share = number_of(home.key, gadget.name, "fault") % 100
    return Fault.WRONG_CLOCK if share == 0 else Fault.STUCK if share == 1 else Fault.NONE


def sent(home: Home, gadget: Gadget, everything: Iterable[Said]) -> Iterator[Sent]:
    """What leaves this device. An event is never lost, it is repeated until it is acknowledged; it may come twice."""
    key, fault = number_of(home.key, gadget.name, "line") & 0xFFFF_FFFF, fault_of(home, gadget)
    wrong_by = 1200 if key % 2 else -90  # 20 minutes ahead: refused by the platform, and counted
    first: Said | None = None
    for said in everything:
        luck = noise(key, said.time) % 1000
        stamp = said.time + (wrong_by if fault is Fault.WRONG_CLOCK else 0)
        if said.event:
            yield Sent(said.time, said, stamp)
            if luck < 300:
                yield Sent(said.time + 5, said, stamp)
            continue
        if fault is Fault.STUCK:
            first = first or said
            said = said._replace(values=first.values)  # noqa: PLW2901 - what it says is not what is so
        if luck < 2:
            continue
        late = 30 + noise(key, said.time + 1) % 570 if luck < 5 else 0
        yield Sent(said.time + late, said, stamp)
        if luck >= 997:
            yield Sent(said.time + 2, said, stamp)

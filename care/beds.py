"""How a care bed stands on the wall: one letter for each, since a city shows twenty thousand at once. Pure."""

from enum import StrEnum


class BedState(StrEnum):
    """How well somebody in a care bed is watched over; an absence goes before all."""

    ARMED = "a"
    DEGRADED = "d"
    BLIND = "b"
    """There are devices, and none of them says anything."""
    UNWATCHED = "u"
    """There are no devices."""
    AWAY = "x"

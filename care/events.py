"""The events that a device may report: one name and one class each."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class AlertClass(StrEnum):
    """Whom or what an event or an alert is about."""

    PERSONAL = "personal"
    """Someone may need help."""
    ENVIRONMENTAL = "environmental"
    """Smoke, gas, water: the home."""
    TECHNICAL = "technical"
    """A device or a link."""


_NAMES = {
    AlertClass.PERSONAL: (
        "fall", "sos", "pull_cord", "bed_exit_no_return", "bed_entry", "bed_exit", "wandering", "strap_cut", "apnea",
        "check_in", "voice_no_answer",
    ),
    AlertClass.ENVIRONMENTAL: ("smoke", "gas", "carbon_monoxide", "water_leak", "fire"),
    AlertClass.TECHNICAL: ("tamper", "low_battery", "sensor_fault", "power_lost", "power_back"),
}  # fmt: skip

EVENTS: Mapping[str, AlertClass] = MappingProxyType({name: group for group, names in _NAMES.items() for name in names})


def never_waits(event: str) -> bool:
    """Whether this event is judged even when its clock is wrong or nobody has claimed its device."""
    return EVENTS[event] is not AlertClass.TECHNICAL

"""What holds an alert back: a cause that lasts, and that explains it. Pure."""

from enum import StrEnum

from care.events import AlertClass
from care.rules import Priority, Rule


class Cause(StrEnum):
    """What may hold an alert back for as long as it lasts."""

    MAINTENANCE = "maintenance"
    """Somebody works on the device or in the home."""
    ABSENCE = "absence"
    """The resident is known to be away."""
    OUTAGE = "outage"
    """The device is lost with many others, which is one alert of its own."""


_OF_THE_ROOMS = frozenset({"room_cold", "room_hot"})
_OF_MANY = frozenset({"gateway_lost", "home_lost", "area_lost", "vendor_lost", "platform_lost"})


def explains(cause: Cause, rule: Rule) -> bool:
    """Whether such an alert is held back while this lasts; one of high priority never is, whatever goes on."""
    if rule.priority is Priority.HIGH:
        return False
    match cause:
        case Cause.MAINTENANCE:
            return rule.alert_class is not AlertClass.PERSONAL
        case Cause.ABSENCE:
            return rule.alert_class is AlertClass.PERSONAL or rule.id in _OF_THE_ROOMS
        case Cause.OUTAGE:
            return rule.alert_class is AlertClass.TECHNICAL and rule.id not in _OF_MANY

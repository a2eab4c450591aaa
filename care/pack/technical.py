"""Devices and links."""

from care.events import AlertClass
from care.rule import Number, Priority, Rule

_ZIGBEE = "Zigbee2MQTT defaults"

NO_NEXT_STEP = Rule(
    "no_next_step",
    AlertClass.TECHNICAL,
    Priority.HIGH,
    latched=True,
    armed="always: an open alert has no deadline, or nobody keeps it",
)
"""Somebody in need may have been forgotten."""

TECHNICAL: tuple[Rule, ...] = (
    Rule(
        "device_silent",
        AlertClass.TECHNICAL,
        Priority.LOW,
        latched=False,
        settings=(
            Number("mains", 600, "s", 60, 86400, _ZIGBEE),
            Number("battery", 25 * 3600, "s", 600, 7 * 86400, _ZIGBEE),
            Number("intervals", 3, "", 1, 100, "bed sensor: three times its interval"),
        ),
        armed="the device is registered, and not in maintenance or behind an outage",
        cleared="it speaks again",
    ),
    NO_NEXT_STEP,
    Rule(
        "canary_late",
        AlertClass.TECHNICAL,
        Priority.HIGH,  # while it lasts a fall may ring nowhere
        latched=False,
        armed="always: a virtual device of each county sends an SOS every minute",
        cleared="the canary of every county arrives again",
    ),
)

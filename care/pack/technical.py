"""Devices and links."""

from care.devices import SILENT_AFTER, DeviceKind
from care.events import AlertClass
from care.rule import Number, Priority, Rule

NO_NEXT_STEP = Rule(
    "no_next_step",
    AlertClass.TECHNICAL,
    Priority.HIGH,
    latched=True,
    armed="always: an open alert has no deadline, or nobody keeps it",
)
"""Somebody in need may have been forgotten."""


def _of_itself(event: str, priority: Priority, cleared: str) -> Rule:
    """What a device says of itself."""
    return Rule(event, AlertClass.TECHNICAL, priority, latched=False, armed="not in maintenance", cleared=cleared)


def _many(cause: str, priority: Priority) -> Rule:
    """Many devices lost at once; the thresholds are in care.outages."""
    return Rule(
        cause, AlertClass.TECHNICAL, priority, latched=False, always_on=cause == "platform_lost",
        cleared="4 of 5 of its devices speak for 5 min",
    )  # fmt: skip


TECHNICAL: tuple[Rule, ...] = (
    Rule(
        "device_silent",
        AlertClass.TECHNICAL,
        Priority.LOW,
        latched=False,
        settings=tuple(
            Number(name, SILENT_AFTER[kind].total_seconds(), "s", low, high, source)
            for name, kind, low, high, source in (
                ("mains", DeviceKind.GATEWAY, 60, 86_400, "Zigbee2MQTT defaults: 10 min on mains"),
                ("battery", DeviceKind.DOOR, 3_600, 7 * 86_400, "Zigbee2MQTT defaults: 25 h on battery"),
                ("bed", DeviceKind.BED, 20, 86_400, "bed sensors' vendors: three times the interval"),
            )
        ),
        armed="the device is registered, and not in maintenance or behind an outage; one that is registered with an"
        " interval of its own has three of these instead",
        cleared="it speaks again",
    ),
    NO_NEXT_STEP,
    Rule(
        "canary_late",
        AlertClass.TECHNICAL,
        Priority.HIGH,  # while it lasts a fall may ring nowhere
        latched=False,
        always_on=True,
        armed="always: a virtual device of each county sends an SOS every minute",
        cleared="the canary of every county arrives again",
    ),
    _of_itself("low_battery", Priority.LOW, "its battery is at 30 % or more"),
    _of_itself("sensor_fault", Priority.LOW, "it is heard, and has not said so for an hour"),
    _of_itself("tamper", Priority.MEDIUM, "it is heard, and has not said so for an hour"),
    Rule(
        "device_stuck",
        AlertClass.TECHNICAL,
        Priority.LOW,
        latched=False,
        armed="a gauge is known for 7 days, and the device is not in maintenance",
        cleared="it tells different values again",
    ),
    _of_itself("power_lost", Priority.LOW, "it says that power is back"),
    _many("gateway_lost", Priority.MEDIUM),
    _many("home_lost", Priority.MEDIUM),
    _many("area_lost", Priority.HIGH),
    _many("vendor_lost", Priority.HIGH),
    _many("platform_lost", Priority.HIGH),
)

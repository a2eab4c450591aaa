"""Devices: what kinds there are, how they are named on the wire, how often they are expected to speak."""

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

VENDOR_NAME = r"[a-z0-9-]{1,40}"
DEVICE_NAME = r"[A-Za-z0-9_-]{1,64}"
_VENDOR = re.compile(VENDOR_NAME)
_DEVICE = re.compile(DEVICE_NAME)


OWN_VENDOR = "ankang"
"""The vendor of the platform's own virtual devices, which are nobody's: its canaries."""


class DeviceKind(StrEnum):
    """One device is one measuring point; a hub is a `gateway` and the parent of the others."""

    BED = "bed"
    WEARABLE = "wearable"
    FALL_RADAR = "fall_radar"
    SOS_BUTTON = "sos_button"
    PULL_CORD = "pull_cord"
    MOTION = "motion"
    PRESENCE = "presence"
    DOOR = "door"
    SMOKE = "smoke"
    GAS = "gas"
    CARBON_MONOXIDE = "carbon_monoxide"
    WATER_LEAK = "water_leak"
    WATER_METER = "water_meter"
    POWER_METER = "power_meter"
    CLIMATE = "climate"
    VITALS = "vitals"
    GATEWAY = "gateway"
    OTHER = "other"


class DeviceState(StrEnum):
    """What the platform knows of a device."""

    REGISTERED = "registered"
    UNCLAIMED = "unclaimed"
    """It spoke before anybody registered it."""
    DISABLED = "disabled"


_BATTERY = timedelta(hours=25)  # Zigbee2MQTT's default for battery devices
_MAINS = timedelta(minutes=10)  # and for mains-powered ones

EXPECTED_INTERVAL: Mapping[DeviceKind, timedelta] = MappingProxyType(
    {
        DeviceKind.BED: timedelta(seconds=10),
        DeviceKind.FALL_RADAR: _MAINS,
        DeviceKind.PRESENCE: _MAINS,
        DeviceKind.WATER_METER: _MAINS,
        DeviceKind.POWER_METER: _MAINS,
        DeviceKind.GATEWAY: _MAINS,
    }
)


def expected_interval(kind: DeviceKind) -> timedelta:
    """How long a device of this kind is usually quiet, where its registration says nothing else."""
    return EXPECTED_INTERVAL.get(kind, _BATTERY)


SILENT_INTERVALS = 3
"""A device that misses so many of its intervals in a row is silent; the published limit for bed sensors."""

SILENT_AFTER: Mapping[DeviceKind, timedelta] = MappingProxyType(
    {kind: expected_interval(kind) * (SILENT_INTERVALS if kind is DeviceKind.BED else 1) for kind in DeviceKind}
)
"""How long a device of this kind may be quiet, where its registration names no interval of its own: ten minutes on
mains, 25 hours on battery (Zigbee2MQTT's defaults), a bed three of its intervals."""


def silence_limit(kind: DeviceKind) -> str:
    """Which limit of the rule device_silent is for devices of this kind."""
    if kind is DeviceKind.BED:
        return "bed"
    return "mains" if kind in EXPECTED_INTERVAL else "battery"


def silent_after(kind: DeviceKind, interval: timedelta | None, limit: timedelta | None = None) -> timedelta:
    """How long a device of this kind may be quiet: three of its own intervals where it has one, else `limit`."""
    usual = expected_interval(kind)
    if interval is not None and interval != usual:
        return interval * SILENT_INTERVALS
    return SILENT_AFTER[kind] if limit is None else limit


LOW_BATTERY = 20.0
"""%; at or below, somebody should bring a new battery. An assumption: vendors' own `low_battery` events come late."""


def check_names(vendor: str, device: str) -> None:
    """Raise ValueError, naming the field and the fix, unless both fit a topic."""
    if not _VENDOR.fullmatch(vendor):
        raise ValueError(f"vendor {vendor!r}: use 1 to 40 of a-z, 0-9 and -")
    if not _DEVICE.fullmatch(device):
        raise ValueError(f"device {device!r}: use 1 to 64 of A-Z, a-z, 0-9, _ and -")

"""What arrives from devices, once it is ours: messages, and what was refused of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

MAX_PAYLOAD = 64 * 1024
"""Bytes; a larger message is refused."""


class Address(NamedTuple):
    """Whose message this is, as its topic says."""

    vendor: str
    device: str


class Reading(NamedTuple):
    """The values that one device observed at one time, in the units of the catalogue."""

    time: datetime
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Refused:
    """A message, or a part of it, that goes to quarantine; `reason` names the field and never its value."""

    reason: str
    field: str = ""
    part: Any = None
    """The refused part where the rest of the message was good, else None: all of it."""


@dataclass(frozen=True, slots=True)
class Observations:
    """One `obs` message: its good readings, and what was bad of it."""

    address: Address
    readings: tuple[Reading, ...]
    refused: tuple[Refused, ...] = ()
    unknown_fields: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """One `event` message; `time` is None where the device sent none that could be read."""

    address: Address
    id: str
    name: str
    time: datetime | None
    data: Mapping[str, Any] = field(default_factory=dict)
    clock_problem: str | None = None
    unknown_fields: int = 0

    @property
    def test(self) -> bool:
        """Whether this is a drill."""
        return self.data.get("test") is True


@dataclass(frozen=True, slots=True)
class Status:
    """One `status` message or will: how the device is."""

    address: Address
    time: datetime
    online: bool
    battery: float | None = None
    rssi: float | None = None
    firmware: str | None = None
    unknown_fields: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """One `reply` message to a command."""

    address: Address
    id: str
    ok: bool
    data: Mapping[str, Any] = field(default_factory=dict)
    unknown_fields: int = 0


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message of which nothing could be used; `address` is None where even its topic is not one of ours."""

    topic: str
    address: Address | None
    refused: Refused
    event_id: str | None = None
    """The id of a refused event: quarantined is stored, so it is acknowledged to its device too."""


Message = Observations | Event | Status | Reply

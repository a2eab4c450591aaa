"""The topics of the contract, version 1: `care/v1/{vendor}/{device}/{channel}`."""

from enum import StrEnum
from functools import lru_cache

from care.lanes import Lane
from care.messages import Address


class Channel(StrEnum):
    """The last part of a topic."""

    OBS = "obs"
    EVENT = "event"
    STATUS = "status"
    COMMAND = "command"
    REPLY = "reply"
    ACK = "ack"


UP = (Channel.OBS, Channel.EVENT, Channel.STATUS, Channel.REPLY)
DOWN = (Channel.COMMAND, Channel.ACK)


def topic(address: Address, channel: Channel) -> str:
    """Where this device and the platform meet for this channel."""
    return f"care/v1/{address.vendor}/{address.device}/{channel}"


def filters(lane: Lane, partition: int = 0) -> tuple[str, ...]:
    """What a lane subscribes to. Exact filters, no `#`: it would count twice.

    The broker maps `care/v1/V/D/obs` to `care/p/K/V/D/obs`, K being the device's partition. On a broker without that
    mapping the first bulk worker takes the unmapped topic.
    """
    match lane:
        case Lane.EVENTS:
            return ("care/v1/+/+/event", "care/v1/+/+/reply")
        case Lane.STATUS:
            return ("care/v1/+/+/status",)
        case Lane.BULK:
            mapped = f"care/p/{partition}/+/+/obs"
            return (mapped, "care/v1/+/+/obs") if partition == 0 else (mapped,)


@lru_cache(maxsize=1 << 16)  # the same devices speak all day
def parse(name: str) -> tuple[Address, str] | None:
    """The device and channel of a topic, mapped or not; None where it isn't one of ours."""
    match name.split("/"):
        case ["care", "v1", vendor, device, channel] | ["care", "p", _, vendor, device, channel]:
            return Address(vendor, device), channel
        case _:
            return None

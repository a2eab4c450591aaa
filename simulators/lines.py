"""A device's line to the broker, for those who wait: let in at last, and every message acknowledged at last."""

import time
from collections.abc import Callable

from gateway.device import DeviceClient
from gateway.errors import NotDelivered
from gateway.topics import Channel

LET_IN_WITHIN = 120.0
"""Seconds: the broker lets nobody in until ingest stands ready, and after a crash it must first come back."""


def connect(mqtt_url: str, vendor: str, device: str, secret: str, say: Callable[[str], None]) -> DeviceClient:
    """Connect, trying again while the platform starts; says once that it waits. NotDelivered where it is in vain."""
    patience, told = time.monotonic() + LET_IN_WITHIN, False
    while True:
        client = DeviceClient(mqtt_url, vendor, device, secret)
        try:
            client.connect()
            return client
        except NotDelivered as problem:
            if not problem.try_again or time.monotonic() > patience:
                raise NotDelivered(f"{vendor}/{device} is not let in: {problem}", try_again=False) from problem
            if not told:
                say(f"Waiting for the broker ({problem}).")
            told = True
            time.sleep(1)


def deliver(client: DeviceClient, payload: bytes) -> None:
    """Publish until the broker has acknowledged it: a repeat is stored once. NotDelivered where it stays away."""
    while True:
        try:
            client.publish(Channel.OBS, payload)
            return
        except NotDelivered as problem:
            if not problem.try_again or not _until(lambda: client.connected, LET_IN_WITHIN):
                raise NotDelivered(
                    f"the broker has been away for {LET_IN_WITHIN:.0f} s; see `ankang doctor`, then start the replay"
                    " again: nothing is stored twice",
                    try_again=False,
                ) from problem


def _until(true: Callable[[], bool], within: float) -> bool:
    """Wait until it is so; False where it was not within so many seconds."""
    patience = time.monotonic() + within
    while not true():
        if time.monotonic() > patience:
            return False
        time.sleep(0.1)
    return True

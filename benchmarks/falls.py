"""From publishing a fall to the message on the operator's WebSocket."""

import json
import socket
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import httpx2
import orjson
from websockets.sync.client import ClientConnection, connect

from benchmarks.mqtt import connected, goodbye, publish_packet
from benchmarks.rig import PASSWORD, Rig
from care.devices import DeviceKind

RADARS = 600
_PAUSE = 0.01
"""Seconds between a fall that was seen and the next one."""


@dataclass(frozen=True, slots=True)
class Latencies:
    """Sorted, in milliseconds."""

    all: list[float]

    def percentile(self, percent: float) -> float:
        """The value that this share of all does not exceed."""
        return self.all[min(len(self.all) - 1, int(len(self.all) * percent / 100))]


class Falls:
    """One resident after another falls, and a page watches."""

    def __init__(self, platform: Rig) -> None:
        self._platform = platform
        self._radars = list(platform.admit(RADARS, DeviceKind.FALL_RADAR, resident=True).items())

    def measure(self, most: int, go_on: Callable[[], bool]) -> Latencies:
        """Up to `most` falls, as long as `go_on` says so; each of a resident who has not fallen yet."""
        taken: list[float] = []
        with closing(watch(self._platform)) as page:
            page.recv(timeout=10)  # the snapshot
            while len(taken) < most and go_on():
                name, secret = self._radars.pop()
                line = connected(self._platform.broker.mqtt_url(), "acme", name, secret)
                taken.append(_fall(line, name, page))
                goodbye(line)
                time.sleep(_PAUSE)
        return Latencies(sorted(taken))


def watch(platform: Rig) -> ClientConnection:
    """The live changes, as an operator's page hears them."""
    where = f"127.0.0.1:{platform.http_port}"
    with httpx2.Client(base_url=f"http://{where}", trust_env=False, timeout=20) as browser:
        login = {"username": "operator", "password": PASSWORD}
        browser.post("/api/session", json=login).raise_for_status()
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    return connect(f"ws://{where}/api/live", additional_headers={"Cookie": cookie}, proxy=None)


def _fall(line: socket.socket, device: str, page: ClientConnection) -> float:
    """Milliseconds from publishing to the page."""
    body = orjson.dumps({"id": "fall-1", "time": int(time.time() * 1000), "event": "fall"})
    started = time.perf_counter()
    line.sendall(publish_packet(f"care/v1/acme/{device}/event", body, 1))
    while json.loads(page.recv(timeout=30))["type"] != "change":
        pass
    return (time.perf_counter() - started) * 1000

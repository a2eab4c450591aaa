"""A whole Ankang as its users have it: `ankang up` in a process of its own, and devices that publish to it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from care.devices import DeviceKind
from gateway.device import DeviceClient
from gateway.errors import NotDelivered
from gateway.topics import Channel
from launch.up import Running, running
from records.database import Database
from records.equipment import credentials, devices

PATIENCE = 5
"""How many times as long as on a machine of one's own something may take; where all is well, nobody waits for it."""


def eventually(condition: Callable[[], Any], within: float = 30.0, what: str = "") -> Any:
    """The first true answer of the condition; fails where a machine of one's own would take over `within` seconds."""
    deadline = time.monotonic() + PATIENCE * within
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {PATIENCE * within:.0f} s: {what or condition}")
        time.sleep(0.02)


@dataclass
class Whole:
    """One running `ankang up`."""

    data: Path
    process: subprocess.Popen[str]
    found: Running
    output: list[str] = field(default_factory=list)

    @property
    def database(self) -> Database:
        """A pool of its own; close it."""
        return Database(self.found.database_url)

    def parts(self) -> dict[str, dict[str, Any]]:
        """What the supervisor says of each part."""
        listed = json.loads((self.data / "run" / "parts.json").read_text())
        return {part["name"]: part for part in listed}

    def kill(self, part: str) -> None:
        """kill -9 this part; returns at once."""
        pid = self.parts()[part]["pid"]
        if pid is not None:
            os.kill(pid, signal.SIGKILL)

    def well(self, part: str) -> bool:
        """Whether the supervisor knows it to be running."""
        return bool(self.parts()[part]["state"] == "running")


@contextmanager
def whole_ankang(
    data: Path, *options: str, env: Mapping[str, str] | None = None, user: int | None = None
) -> Iterator[Whole]:
    """Ankang on free ports, for as long as the `with` lasts; as another `user` where we are root."""
    ports = ("--http-port", "0", "--mqtt-port", "0")
    command = [sys.executable, "-m", "launch", "up", "--data", str(data), *ports, *options]
    environment = os.environ | {"ANKANG_CANARY_SECONDS": "0"} | dict(env or {})
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
        user=user, group=user, extra_groups=None if user is None else [],
    )  # fmt: skip
    output: list[str] = []
    reader = threading.Thread(target=lambda: output.extend(process.stdout or ()), daemon=True)
    reader.start()
    try:
        found = eventually(lambda: running(data) or process.poll() is not None, 120, "ankang up is live")
        assert isinstance(found, Running), "".join(output)
        yield Whole(data, process, found, output)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
        reader.join(5)
        if process.stdout is not None:
            process.stdout.close()


def admit(ankang: Whole, name: str, kind: DeviceKind, resident: str) -> str:
    """Register a device of vendor acme; returns its secret."""
    with ankang.database as database, database.transaction() as conn:
        devices.register(conn, "acme", name, kind, resident=resident, now=datetime.now(UTC) - timedelta(days=1))
        return credentials.issue_secret(conn, "acme", name)


class Publisher(threading.Thread):
    """A device that publishes its messages in order, each until the broker has acknowledged it."""

    def __init__(
        self, ankang: Whole, device: str, secret: str, messages: list[tuple[Channel, bytes]], pause: float
    ) -> None:
        super().__init__(daemon=True)
        self._url = ankang.found.mqtt_url
        self._device = device
        self._secret = secret
        self._messages = messages
        self._pause = pause
        self.acknowledged = 0

    def run(self) -> None:
        client: DeviceClient | None = None
        for channel, payload in self._messages:
            while True:
                try:
                    if client is None:
                        client = self._connect()
                    client.publish(channel, payload, timeout=5)
                    break
                except NotDelivered:
                    time.sleep(0.2)
            self.acknowledged += 1
            time.sleep(self._pause)  # its pace, not a wait for luck
        if client is not None:
            client.close()

    def _connect(self) -> DeviceClient:
        client = DeviceClient(self._url, "acme", self._device, self._secret)
        client.connect(timeout=5)
        return client


def readings(first: datetime, count: int) -> list[tuple[Channel, bytes]]:
    """One reading a second, of four values."""
    return [
        (Channel.OBS, orjson.dumps({
            "time": (first + timedelta(seconds=n)).isoformat(),
            "values": {"heart_rate": 60 + n % 20, "respiration_rate": 14, "in_bed": 1, "movement": n % 100},
        }))
        for n in range(count)
    ]  # fmt: skip

"""The platform as it is in operation, its services in processes of their own, on a database of one's choice."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from care.devices import DeviceKind
from launch.broker import EmbeddedBroker
from launch.ports import free_port
from launch.processes import spawn, stop
from records import health
from records.database import Database
from records.equipment import credentials, devices
from records.login import accounts

PASSWORD = "only-for-the-benchmarks"
_TICKS = os.sysconf("SC_CLK_TCK")


def wait_until(condition: Callable[[], Any], within: float, what: str) -> Any:
    """The first true answer; TimeoutError after `within` seconds."""
    deadline = time.monotonic() + within
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {within:.0f} s: {what}")
        time.sleep(0.01)
    return answer


@dataclass
class Rig:
    """One platform under load."""

    folder: Path
    database_url: str
    broker: EmbeddedBroker
    database: Database
    http_port: int = field(default_factory=free_port)
    _parts: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *command: str, nice: int = 0, part: str = "") -> None:
        """Start a service and wait until it says that it is well; `part`: the name by which it says so."""
        since = datetime.now(UTC)
        environment = os.environ | {
            "ANKANG_DATABASE_URL": self.database_url,
            "ANKANG_MQTT_URL": self.broker.mqtt_url(),
            "ANKANG_BROKER_NATS_URL": self.broker.nats_url,
            "ANKANG_BROKER_SYS_URL": self.broker.sys_url,
            "ANKANG_BROKER_ISSUER_SEED": self.broker.issuer_seed,
            "ANKANG_SERVICE_SECRET": self.broker.service_secret,
            "ANKANG_HTTP_PORT": str(self.http_port),
            "ANKANG_LOG_LEVEL": "warning",
        }
        log = self.folder / f"{name}.log"
        self._parts[name] = spawn([sys.executable, "-m", "launch", *command], log=log, env=environment, nice=nice)
        # Access is not well before every lane has its session; so only the lanes need be.
        lane = name.startswith("ingest")
        wait_until(lambda: self._has_spoken(part or name, since, well=lane), 60, f"{name} is there; see {log}")

    def start_all(self, workers: int = 1) -> None:
        """Every service, in the order of `ankang up` and with its priorities; so many workers judge."""
        for name, command in (
            ("access", ("access",)),
            ("ingest-events", ("ingest", "events")),
            ("ingest-status", ("ingest", "status")),
            ("alerts", ("alerts",)),
            ("maintain", ("maintain",)),
            ("dashboard", ("dashboard",)),
        ):
            self.start(name, *command)
        for number in range(1, workers):
            self.start(f"alerts-{number}", "alerts", part="alerts")
        self.start_bulk()
        since = datetime.now(UTC)
        wait_until(lambda: self._has_spoken("access", since, well=True), 30, "devices are let in")

    def start_bulk(self) -> None:
        """The lane of heart rates, which gives way to everything else."""
        self.start("ingest-bulk-0", "ingest", "bulk", nice=5)

    def stop(self, name: str) -> None:
        """Stop a service; its durable session stays."""
        stop(self._parts.pop(name), signal.SIGTERM, 20)

    def stop_all(self) -> None:
        """Stop what runs."""
        for name in list(self._parts):
            self.stop(name)

    def cpu(self) -> dict[str, float]:
        """CPU seconds used so far, by part."""
        pids = {"broker": self.broker.pid} | {name: process.pid for name, process in self._parts.items()}
        return {name: cpu_seconds(pid) for name, pid in pids.items() if pid is not None}

    def admit(self, count: int, kind: DeviceKind, *, resident: bool = False) -> dict[str, str]:
        """Register devices of vendor acme, each with a resident of its own where asked; secrets by name."""
        secrets = {}
        with self.database.transaction() as conn:
            for number in range(count):
                name = f"{kind}-{number}"
                whose = f"住户{number}" if resident else None
                devices.register(conn, "acme", name, kind, resident=whose, now=datetime.now(UTC))
                secrets[name] = credentials.issue_secret(conn, "acme", name)
        return secrets

    def stored_messages(self) -> int:
        """Messages that the bulk lane has committed."""
        with self.database.transaction() as conn:
            row = conn.execute("SELECT messages FROM watermark WHERE lane = 'bulk-0'").fetchone()
        return int(row[0]) if row else 0

    def stored_rows(self) -> int:
        """Observations in the table."""
        with self.database.transaction() as conn:
            row = conn.execute("SELECT count(*) FROM observation").fetchone()
        return int(row[0]) if row else 0

    def _has_spoken(self, name: str, since: datetime, *, well: bool) -> bool:
        with self.database.transaction() as conn:
            found = next((part for part in health.parts(conn) if part.name == name), None)
        return found is not None and found.seen_at > since and (found.status == "ok" or not well)


@contextmanager
def rig(folder: Path, database_url: str, workers: int = 1) -> Iterator[Rig]:
    """A broker and all services on this migrated database, with the account `operator`."""
    folder.mkdir(parents=True, exist_ok=True)
    with Database(database_url) as database, EmbeddedBroker(folder) as broker:
        with database.transaction() as conn:
            accounts.ensure_demo_operator(conn, PASSWORD)
        platform = Rig(folder, database_url, broker, database)
        try:
            platform.start_all(workers)
            yield platform
        finally:
            platform.stop_all()


class Fleet:
    """The load, in a process of its own, connected and ready; `publish` gives the word."""

    def __init__(self, platform: Rig, beds: dict[str, str], each: int, *, step: int = 1_000) -> None:
        """`each`: messages of a bed, `step` milliseconds apart, the last of them about now."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        first = int(time.time() * 1000) - each * step
        work = {"url": platform.broker.mqtt_url(), "beds": beds, "first": first, "each": each, "step": step}
        self._say(json.dumps(work))
        if self._hear() != "ready":
            raise RuntimeError("the load did not get ready")

    def __enter__(self) -> "Fleet":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def go(self) -> None:
        """Give the word."""
        self._say("")

    def report(self) -> tuple[float, float]:
        """When the first message was published and when the last was acknowledged, in seconds since 1970."""
        said = json.loads(self._hear())
        return said["started"], said["ended"]

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def busiest(before: dict[str, float], after: dict[str, float], most: int = 4) -> Sequence[tuple[str, float]]:
    """The parts that used most CPU seconds between two looks."""
    used = {name: after[name] - before.get(name, 0.0) for name in after}
    return sorted(used.items(), key=lambda item: -item[1])[:most]


def cpu_seconds(pid: int) -> float:
    """What this process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS

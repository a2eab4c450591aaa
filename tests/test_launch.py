"""`ankang up` and every service alone, as processes, on this machine: starting, stopping, dying, starting again."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from care.devices import DeviceKind
from care.lanes import Lane, lane_client_id, lane_name
from gateway.device import DeviceClient
from launch.broker import EmbeddedBroker
from launch.ports import free_port
from launch.postgres import EmbeddedPostgres
from launch.processes import spawn
from launch.supervisor import FIRST_WAIT, LONGEST_WAIT, WELL_AFTER, Child, State, Supervisor
from launch.up import Running, running
from records import database, health
from records.database import Database
from records.readings import store
from tests.conftest import open_to_all
from tests.whole import Whole, admit, eventually, whole_ankang

PATIENCE = 60.0
"""Seconds; what is promised is 10, which the supervisor keeps by its own clock (`STOP_WITHIN`)."""


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """One running `ankang up` for the tests that leave it as it was."""
    with whole_ankang(open_to_all(tmp_path_factory.mktemp("up")) / "data") as ankang:
        yield ankang


def family(data: Path) -> list[int]:
    """Every process that has this data folder in its command line or environment, or works in it."""
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _mentions(entry, data)]


def _mentions(entry: Path, data: Path) -> bool:
    try:
        if (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return False
        told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        return str(data).encode() in told or (entry / "cwd").resolve().is_relative_to(data)
    except OSError:
        return False


def command(
    *words: str, env: Mapping[str, str] | None = None, timeout: float = 300
) -> subprocess.CompletedProcess[str]:
    """Run `ankang …` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "launch", *words],
        capture_output=True, text=True, timeout=timeout, check=False, env=os.environ | dict(env or {}),
    )  # fmt: skip


def health_of(ankang: Whole) -> dict[str, Any]:
    with urllib.request.urlopen(f"{ankang.found.address}/api/health", timeout=60) as answer:
        said: dict[str, Any] = json.load(answer)
        return said


def is_well(ankang: Whole) -> bool:
    """Whether every part says so; the dashboard speaks of itself only after a moment."""
    return bool(eventually(lambda: health_of(ankang)["status"] == "ok", 15, "all is well"))


def test_port_0_picks_a_free_port_and_prints_it(up: Whole) -> None:
    eventually(lambda: "Ctrl-C stops it" in "".join(up.output))
    printed = "".join(up.output)
    assert f"Ankang is live: {up.found.address}" in printed
    assert f"devices connect to mqtt://127.0.0.1:{up.found.mqtt_url.rsplit(':', 1)[1]}" in printed
    assert ":0\n" not in printed
    assert "[info" not in printed, "logs belong into the log files"
    assert is_well(up)


def test_the_first_start_prints_a_one_time_password(up: Whole) -> None:
    eventually(lambda: "log in as admin, one-time password " in "".join(up.output))


def test_the_database_has_no_port_and_the_broker_only_loopback(up: Whole) -> None:
    ours = {socket_of for pid in family(up.data) for socket_of in _sockets(pid)}
    listening = [address for address, inode in _listeners() if inode in ours]
    assert len(listening) >= 4  # MQTT, NATS, its monitor, HTTP
    assert {address.rpartition(":")[0] for address in listening} == {"127.0.0.1"}
    server = up.parts()["database"]["pid"]
    assert not _sockets(server) & {inode for _, inode in _listeners()}


def _sockets(pid: int) -> set[str]:
    try:
        links = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return set()
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def _listeners() -> Iterator[tuple[str, str]]:
    for table, width in (("tcp", 4), ("tcp6", 16)):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                host, port = fields[1].split(":")
                raw = bytes.fromhex(host)
                if width == 4:
                    shown = socket.inet_ntop(socket.AF_INET, raw[::-1])
                else:
                    words = b"".join(raw[at : at + 4][::-1] for at in range(0, 16, 4))
                    shown = socket.inet_ntop(socket.AF_INET6, words)
                yield f"{shown}:{int(port, 16)}", fields[9]


def test_a_second_up_on_the_same_data_is_refused_and_harms_nothing(up: Whole) -> None:
    before = up.parts()
    second = command("up", "--data", str(up.data), "--http-port", "0", "--mqtt-port", "0")
    assert second.returncode == 1
    assert "Ankang runs already" in second.stderr and up.found.address in second.stderr
    assert "Traceback" not in second.stderr
    assert up.parts() == before
    assert is_well(up)


def test_a_free_port_is_named_once_and_is_none_that_the_kernel_gives_to_whoever_connects() -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    named = [free_port() for _ in range(50)]
    assert len(set(named)) == len(named) and max(named) < first
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        assert taken.getsockname()[1] not in [free_port() for _ in range(first - 20_000)]


def test_a_taken_port_is_refused_in_words(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for option in ("--http-port", "--mqtt-port"):
            refused = command("up", "--data", str(open_to_all(tmp_path) / "data"), "--http-port", "0", option, port)
            assert refused.returncode == 1
            assert f"port {port} can't be used" in refused.stderr and option in refused.stderr


def test_a_killed_part_comes_back_and_health_tells(up: Whole) -> None:
    restarts = up.parts()["alerts"]["restarts"]
    up.kill("alerts")
    eventually(lambda: up.parts()["alerts"]["restarts"] == restarts + 1, 10, "the supervisor has seen it")
    told = eventually(lambda: _told_of(up, "alerts"), 15, "health has told of it")
    assert told["status"] != "ok" or told["process"]["restarts"] > restarts
    eventually(lambda: up.well("alerts") and health_of(up)["status"] == "ok", 30, "it is well again")


def _told_of(ankang: Whole, part: str) -> dict[str, Any] | None:
    told: dict[str, Any] = health_of(ankang)["parts"][part]
    return told if told["status"] != "ok" or told["process"]["restarts"] else None


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything(tmp_path: Path, how: signal.Signals) -> None:
    with whole_ankang(open_to_all(tmp_path) / "data") as ankang:
        ankang.process.send_signal(how)
        assert ankang.process.wait(PATIENCE) == 0
        # Where the database had to be killed, on a busy machine, its children end by themselves when they notice.
        eventually(lambda: family(ankang.data) == [], 15, "every child is gone")
        assert running(ankang.data) is None
        eventually(lambda: "Ankang has stopped." in "".join(ankang.output))


def test_no_child_outlives_a_parent_that_was_killed_and_the_next_up_goes_on(tmp_path: Path) -> None:
    data = open_to_all(tmp_path) / "data"
    with whole_ankang(data) as ankang:
        secret = admit(ankang, "bed-1", DeviceKind.BED, "王桂珍")
        ankang.process.kill()
        ankang.process.wait(60)
        eventually(lambda: family(data) == [], 15, "every child is gone")
    with whole_ankang(data) as ankang:
        for pid in family(data):
            with suppress(ProcessLookupError):  # it went with another
                os.kill(pid, signal.SIGKILL)
        ankang.process.wait(60)
    with whole_ankang(data) as ankang:
        client = DeviceClient(ankang.found.mqtt_url, "acme", "bed-1", secret)
        client.connect(timeout=60)
        client.close()
        assert is_well(ankang)


def test_what_a_killed_one_left_is_not_taken_for_the_next_one_that_starts(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    killed = subprocess.Popen([sys.executable, "-c", ""])
    for pid, is_there in ((os.getpid(), True), (killed.pid, False)):
        killed.wait()
        left = asdict(Running(pid, "", "", "", "", {}))
        (tmp_path / "run" / "ankang.json").write_text(json.dumps(left))
        with (tmp_path / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            assert (running(tmp_path) is not None) is is_there
        assert running(tmp_path) is None


def test_a_folder_with_a_very_long_path(tmp_path: Path) -> None:
    long = open_to_all(tmp_path) / ("a-very-long-name-of-a-folder-" * 4) / "data"
    with whole_ankang(long) as ankang:
        assert is_well(ankang)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_as_an_ordinary_user(tmp_path: Path) -> None:
    home = open_to_all(tmp_path) / "home"
    home.mkdir()
    os.chown(home, 65534, 65534)
    if not _can_run_python(home):
        pytest.skip("an ordinary user can't reach this Python; the fresh-clone check covers it")
    with whole_ankang(home / "data", user=65534, env={"HOME": str(home)}) as ankang:
        assert is_well(ankang)
        assert {Path(f"/proc/{pid}").stat().st_uid for pid in family(home / "data")} == {65534}


def _can_run_python(home: Path) -> bool:
    try:
        tried = subprocess.run(
            [sys.executable, "-c", "import launch.cli"], user=65534, group=65534, extra_groups=[], cwd=Path.cwd(),
            env={"HOME": str(home), "PATH": os.environ["PATH"]}, capture_output=True, check=False,
        )  # fmt: skip
    except PermissionError:
        return False
    return tried.returncode == 0


def test_a_crashed_child_waits_longer_each_time_and_is_forgiven_after_a_while() -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    child = Child("part", lambda: pytest.fail("not started here"), lambda _: True)
    waits = []
    for _ in range(12):
        child.crashed(now, -9)
        assert child.next_try_at is not None
        waits.append((child.next_try_at - now).total_seconds())
    assert waits[:3] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]
    assert waits[-1] == LONGEST_WAIT and waits == sorted(waits)
    child.state, child.started_at = State.RUNNING, now
    child.crashed(now + timedelta(seconds=WELL_AFTER + 1), -9)
    assert (child.crashes_in_a_row, child.restarts) == (1, 13)


def test_a_child_that_ignores_its_signal_is_killed(tmp_path: Path) -> None:
    def deaf() -> subprocess.Popen[bytes]:
        script = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True)\n"
        return spawn([sys.executable, "-c", script + "time.sleep(60)"], log=tmp_path / "log")

    children = [Child(f"deaf-{n}", deaf, lambda _: bool((tmp_path / "log").read_bytes())) for n in range(3)]
    supervisor = Supervisor(children, tmp_path / "parts.json")
    supervisor.start_all(lambda _: None)
    supervisor.stop_all()
    assert all(child.process is not None and child.process.poll() is not None for child in children)


SERVICES = {
    "ingest-events": ("ingest", "events"),
    "ingest-status": ("ingest", "status"),
    "ingest-bulk-0": ("ingest", "bulk"),
    "alerts": ("alerts",),
    "maintain": ("maintain",),
    "access": ("access",),
    "dashboard": ("dashboard",),
}


@contextmanager
def service(words: tuple[str, ...], log: Path, env: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """`ankang …` until the block ends."""
    process = spawn([sys.executable, "-m", "launch", *words], log=log, env=os.environ | dict(env))
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_every_service_runs_alone_and_stops_when_told(
    tmp_path: Path, postgres: EmbeddedPostgres, empty_database_url: str
) -> None:
    path, _, query = postgres.url.partition("?")
    name = dict(word.split("=", 1) for word in empty_database_url.split())["dbname"]
    url = f"{path.rpartition('/')[0]}/{name}?{query}"
    with EmbeddedBroker(tmp_path) as broker:
        env = {
            "ANKANG_DATABASE_URL": url, "ANKANG_MQTT_URL": broker.mqtt_url(), "ANKANG_HTTP_PORT": str(free_port()),
            "ANKANG_BROKER_NATS_URL": broker.nats_url, "ANKANG_BROKER_SYS_URL": broker.sys_url,
            "ANKANG_BROKER_ISSUER_SEED": broker.issuer_seed, "ANKANG_SERVICE_SECRET": broker.service_secret,
        }  # fmt: skip
        assert "applied: 0001 people" in command("migrate", env=env).stdout
        assert command("migrate", env=env).stdout == "nothing to do\n"
        with Database(url) as records, service(("access",), tmp_path / "access.log", env) as access:
            eventually(
                partial(_has_spoken, records, "access", datetime.min.replace(tzinfo=UTC)), 30, "access has spoken"
            )
            for part, words in SERVICES.items():
                if part == "access":
                    continue  # it lets the others in
                since = datetime.now(UTC)
                with service(words, tmp_path / f"{part}.log", env) as process:
                    eventually(partial(_has_spoken, records, part, since), 30, f"{part} has spoken")
                    process.send_signal(signal.SIGTERM)
                    assert process.wait(PATIENCE) == 0, part
            access.send_signal(signal.SIGTERM)
            assert access.wait(PATIENCE) == 0


def _has_spoken(records: Database, part: str, since: datetime) -> bool:
    with records.transaction() as conn:
        return any(one.name == part and one.seen_at > since for one in health.parts(conn))


@pytest.mark.parametrize("words", [*SERVICES.values(), ("migrate",)])
def test_a_service_without_a_database_says_what_is_missing(tmp_path: Path, words: tuple[str, ...]) -> None:
    said = command(*words, env={"ANKANG_DATA_DIR": str(tmp_path)})
    assert said.returncode == 1
    assert "ANKANG_DATABASE_URL" in said.stderr and "Traceback" not in said.stderr


def test_a_partition_that_there_is_not(tmp_path: Path) -> None:
    said = command("ingest", "bulk", "--partition", "3", env={"ANKANG_DATABASE_URL": "postgresql://nowhere/x"})
    assert said.returncode == 1
    assert "there is no partition 3: use 0 to 0" in said.stderr


def test_a_full_disk_stops_nobody_from_being_looked_after(tmp_path: Path) -> None:
    def sleeper() -> subprocess.Popen[bytes]:
        return spawn([sys.executable, "-c", "import time; time.sleep(60)"], log=tmp_path / "log")

    parts_file = tmp_path / "run" / "parts.json"  # in a folder that isn't there, it can't be written
    supervisor = Supervisor([Child("sleeper", sleeper, lambda _: True)], parts_file)
    supervisor.start_all(lambda _: None)
    parts_file.parent.mkdir()
    supervisor.look_after(datetime.now(UTC))
    assert '"running"' in parts_file.read_text()
    supervisor.stop_all()


def test_parts_that_are_no_longer_meant_to_run_are_forgotten(database_url: str) -> None:
    with database.connect(database_url, autocommit=True) as conn:
        for name in ("alerts", f"ingest-{lane_name(Lane.BULK, 1)}", "demo-life"):
            health.beat(conn, name, "ok")
        for number in (0, 1):
            store.save_watermark(conn, lane_name(Lane.BULK, number), datetime.now(UTC))
            health.session_ready(conn, lane_client_id(Lane.BULK, number))
        health.forget_others(conn, ["alerts", "ingest-bulk-0"])
        assert [part.name for part in health.parts(conn)] == ["alerts"]
        assert [mark.lane for mark in health.watermarks(conn)] == ["bulk-0"]
        assert [session.client_id for session in health.sessions(conn)] == [lane_client_id(Lane.BULK, 0)]

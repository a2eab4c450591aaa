"""The live changes to 500 pages: messages a CPU second beside `websockets.broadcast`, what a stuck page does."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import orjson

from benchmarks.desk import Dashboard, dashboard
from benchmarks.falls import Latencies
from benchmarks.report import Report
from benchmarks.rig import cpu_seconds
from care.devices import DeviceKind
from care.rules import RULES
from dashboard.live import Numbered, read_changes
from records import alerts, devices
from records.alerts import Opening
from records.database import Conn, Database

PAGES, CHANGES, ROUNDS = 500, 100, 3
PEER_AIM, STUCK_AIM = 0.9, 1.1
"""Of the peer's messages for each CPU second; of the others' p99 without a stuck page."""
_PAUSE = 0.1
"""Seconds between two changes: ten a second is a city on its worst day, and leaves the server some air."""

_MUCH = 1 << 20
"""Bytes: the listener gives a connection 128 KiB (the kernel doubles that), uvicorn holds back at 64."""

SIGNAL = """
    INSERT INTO signal (rule, device_id, time, received_at, evidence) VALUES ('fall', %s, now(), now(), '{}')
 RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the pages got, and the server's CPU seconds for it."""

    messages: int
    cpu: float
    late: Latencies

    @property
    def per_cpu_second(self) -> float:
        """Messages."""
        return self.messages / self.cpu


def measure(report: Report, where: str, database_url: str, folder: Path) -> None:
    """Ours with and without a page that reads nothing, in turn; the peer with the same texts.

    Of the rounds the least disturbed counts: what else this machine does comes and goes within seconds.
    """
    with Database(database_url) as database, dashboard(folder, database_url) as desk:
        falls = _an_alert(database)
        _pile_up(database, falls)
        rounds = [(_ours(desk, database, falls, stuck=0), _ours(desk, database, falls, stuck=1)) for _ in range(ROUNDS)]
        theirs = max((_theirs(_texts(database)) for _ in range(ROUNDS)), key=lambda one: one.per_cpu_second)
    ours = max((calm for calm, _ in rounds), key=lambda one: one.per_cpu_second)
    report.above(f"fan-out to {PAGES} pages ({where})", ours.per_cpu_second, "msg/CPU s", note=f"{ours.cpu:.1f} s")
    report.above(f"websockets.broadcast ({where})", theirs.per_cpu_second, "msg/CPU s", note=f"{theirs.cpu:.1f} s")
    report.above(f"fan-out of the peer's ({where})", ours.per_cpu_second / theirs.per_cpu_second, "", PEER_AIM)
    calm, crowded = (min(one[which].late.percentile(99) for one in rounds) for which in (0, 1))
    report.below(f"change to page, p99 ({where})", calm, "ms")
    report.below(f"change to page, p99, beside a stuck page ({where})", crowded, "ms")
    report.below(f"beside a stuck page of without ({where})", crowded / calm, "", STUCK_AIM)


def _an_alert(database: Database) -> UUID:
    """Somebody has fallen; what happens to the alert is what the pages hear."""
    now = datetime.now(UTC)
    with database.transaction() as conn:
        device = devices.register(conn, "acme", "radar-1", DeviceKind.FALL_RADAR, resident="王桂珍", now=now)
        row = conn.execute(SIGNAL, (device,)).fetchone()
        assert row is not None
        resident = devices.find_resident(conn, "王桂珍")
        return alerts.open_or_repeat(
            conn, Opening(RULES["fall"], f"resident:{resident}", resident, device, now, now, {}, row[0])
        ).id


def _ours(desk: Dashboard, database: Database, alert: UUID, *, stuck: int) -> Measured:
    with desk.operator() as browser:
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())

    def change(_: int) -> None:
        with database.transaction() as conn:
            alerts.record_change(conn, alert, "occurrence")

    return _measured(desk.port, desk.pid, "/api/live", cookie, stuck, change)


def _pile_up(database: Database, alert: UUID) -> None:
    """More changes than the kernel and the server hold for a page that reads nothing."""
    for _ in range(_MUCH // len(_texts(database)[-1])):
        with database.transaction() as conn:
            alerts.record_change(conn, alert, "occurrence")


def _texts(database: Database) -> list[str]:
    """What the pages were sent."""
    with database.transaction() as conn:
        return [change.text for change in _all_changes(conn)][-CHANGES:]


def _all_changes(conn: Conn) -> Iterator[Numbered]:
    number = 0
    while changes := read_changes(conn, number):
        yield from changes
        number = changes[-1].number


def _theirs(texts: list[str]) -> Measured:
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.broadcast"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdin is not None and server.stdout is not None
    line, made = server.stdin, [json.loads(text) for text in texts]

    def change(number: int) -> None:
        text = orjson.dumps(made[number] | {"at": datetime.now(UTC)}).decode()
        line.write(f"{text}\n")
        line.flush()

    try:
        return _measured(int(server.stdout.readline()), server.pid, "/", "", 0, change)
    finally:
        line.close()
        server.wait(20)
        server.stdout.close()


def _measured(
    port: int, pid: int, path: str, cookie: str, stuck: int, change: Callable[[int], None]
) -> Measured:  # fmt: skip
    work = {"port": port, "path": path, "cookie": cookie, "pages": PAGES, "stuck": stuck, "changes": CHANGES}
    with _watchers(work) as pages:
        assert pages.stdout is not None
        time.sleep(1)  # what belongs to opening them is over
        before = cpu_seconds(pid)
        for number in range(CHANGES):
            change(number)
            time.sleep(_PAUSE)
        found = json.loads(pages.stdout.readline())
        used = cpu_seconds(pid) - before
    if found["messages"] < PAGES * CHANGES:
        raise RuntimeError(f"{found['messages']} of {PAGES * CHANGES} messages came")
    return Measured(found["messages"], used, Latencies(found["late"]))


@contextmanager
def _watchers(work: dict[str, object]) -> Iterator["subprocess.Popen[str]"]:
    pages = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.watchers"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert pages.stdin is not None and pages.stdout is not None
    try:
        pages.stdin.write(json.dumps(work) + "\n")
        pages.stdin.flush()
        if pages.stdout.readline().strip() != "ready":
            raise RuntimeError("the pages did not open")
        yield pages
    finally:
        pages.kill()
        pages.wait()
        pages.stdin.close()
        pages.stdout.close()

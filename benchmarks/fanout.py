"""The live changes to 500 pages: messages a CPU second beside `websockets.broadcast`, what a stuck page does."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
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
from dashboard.live import change_text
from records.database import Conn, Database
from records.equipment import devices
from records.judging import alert_log, alerts
from records.judging.alerts import Opening
from records.judging.changes import Change, changes_since

PAGES, CHANGES, ROUNDS = 500, 20, 20
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
    """What the pages got in one block or several, and the server's CPU seconds for it."""

    messages: int
    cpu: float
    late: Latencies


def measure(report: Report, where: str, database_url: str, folder: Path) -> None:
    """In turn, for two seconds each: ours, ours beside a page that reads nothing, the peer with the same texts.

    What else this machine does comes and goes within seconds, so neighbours are compared, and their median counts.
    """
    with Database(database_url) as database, dashboard(folder, database_url) as desk:
        falls = _an_alert(database)
        _pile_up(database, falls)
        with _ours(desk, database, falls) as ours, _theirs(_texts(database)) as theirs:
            rounds = [_round(ours, theirs, turn) for turn in range(ROUNDS)]
    calm, peer = [one for one, _, _ in rounds], [one for _, _, one in rounds]
    report.above(f"fan-out to {PAGES} pages ({where})", _per_cpu_second(calm), "msg/CPU s")
    report.above(f"websockets.broadcast ({where})", _per_cpu_second(peer), "msg/CPU s")
    report.above(f"fan-out of the peer's ({where})", _per_cpu_second(calm) / _per_cpu_second(peer), "", PEER_AIM)
    report.below(f"change to page, p99 ({where})", _middle(one.late.percentile(99) for one in calm), "ms")
    report.below(f"broadcast to page, p99 ({where})", _middle(one.late.percentile(99) for one in peer), "ms")
    beside = [two.late.percentile(99) / one.late.percentile(99) for one, two, _ in rounds]
    spread = f"of {ROUNDS} pairs, quarters {_quarters(beside)}"
    report.below(f"p99 beside a stuck page of without ({where})", _middle(beside), "", STUCK_AIM, spread)


def _round(ours: "Watched", theirs: "Watched", turn: int) -> tuple[Measured, Measured, Measured]:
    """Without and with a stuck page, which of them first by turns, and the peer."""
    blocks = {stuck: ours.block(stuck=stuck) for stuck in ((0, 1) if turn % 2 else (1, 0))}
    return blocks[0], blocks[1], theirs.block(stuck=0)


def _per_cpu_second(blocks: list[Measured]) -> float:
    """Messages: the changes, and where there are some the beats between them."""
    return sum(one.messages for one in blocks) / sum(one.cpu for one in blocks)


def _middle(values: Iterable[float]) -> float:
    return statistics.median(values)


def _quarters(values: list[float]) -> str:
    low, _, high = statistics.quantiles(values, n=4)
    return f"{low:.2f} and {high:.2f}"


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


@contextmanager
def _ours(desk: Dashboard, database: Database, alert: UUID) -> Iterator["Watched"]:
    with desk.operator() as browser:
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())

    def change(_: int) -> None:
        with database.transaction() as conn:
            alert_log.record_change(conn, alert, "occurrence")

    with _watchers({"port": desk.port, "path": "/api/live", "cookie": cookie, "pages": PAGES}) as pages:
        yield Watched(pages, desk.pid, change)


def _pile_up(database: Database, alert: UUID) -> None:
    """More changes than the kernel and the server hold for a page that reads nothing."""
    for _ in range(_MUCH // len(_texts(database)[-1])):
        with database.transaction() as conn:
            alert_log.record_change(conn, alert, "occurrence")


def _texts(database: Database) -> list[str]:
    """What the pages were sent."""
    with database.transaction() as conn:
        return [change_text(change).decode() for change in _all_changes(conn)][-CHANGES:]


def _all_changes(conn: Conn) -> Iterator[Change]:
    number = 0
    while changes := changes_since(conn, number):
        yield from changes
        number = changes[-1].number


@contextmanager
def _theirs(texts: list[str]) -> Iterator["Watched"]:
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
        port = int(server.stdout.readline())
        with _watchers({"port": port, "path": "/", "cookie": "", "pages": PAGES}) as pages:
            yield Watched(pages, server.pid, change)
    finally:
        line.close()
        server.wait(20)
        server.stdout.close()


@dataclass(frozen=True, slots=True)
class Watched:
    """A server with its pages open."""

    pages: "subprocess.Popen[str]"
    server: int
    change: Callable[[int], None]

    def block(self, *, stuck: int) -> Measured:
        """Some changes, one after the other, beside so many pages that read nothing."""
        assert self.pages.stdout is not None
        _say(self.pages, {"stuck": stuck, "changes": CHANGES})
        _expect(self.pages, "go")
        before = cpu_seconds(self.server)
        for number in range(CHANGES):
            self.change(number)
            time.sleep(_PAUSE)
        found = json.loads(self.pages.stdout.readline())
        used = cpu_seconds(self.server) - before
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
        _say(pages, work)
        _expect(pages, "ready")
        yield pages
    finally:
        pages.kill()
        pages.wait()
        pages.stdin.close()
        pages.stdout.close()


def _say(pages: "subprocess.Popen[str]", what: dict[str, object]) -> None:
    assert pages.stdin is not None
    pages.stdin.write(json.dumps(what) + "\n")
    pages.stdin.flush()


def _expect(pages: "subprocess.Popen[str]", word: str) -> None:
    assert pages.stdout is not None
    if pages.stdout.readline().strip() != word:
        raise RuntimeError("the pages did not open")

"""The live changes to 500 pages: messages a CPU second beside `websockets.broadcast`, what a stuck page does."""

import json
import math
import statistics
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
from dashboard.live import change_text
from records.database import Conn, Database
from records.equipment import devices
from records.judging import alert_log, alerts
from records.judging.alerts import Opening
from records.judging.changes import Change, changes_since

PAGES, CHANGES, ROUNDS = 500, 10, 32
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
    """What the pages got in one block, the server's CPU seconds for it, and how late each change was (ms, sorted)."""

    messages: int
    cpu: float
    late: list[list[float]]

    @property
    def p99(self) -> float:
        """Until 99 in 100 pages had a change: of the block's changes the middle one, since one hiccup is no change."""
        return statistics.median(Latencies(each).percentile(99) for each in self.late)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two blocks, one straight after the other: without and with a stuck page."""

    calm: Measured
    beside: Measured


def measure(report: Report, where: str, database_url: str, folder: Path) -> None:
    """In turn, for a second each: ours, ours beside a page that reads nothing, and now and then the peer.

    What else this machine does comes and goes within seconds, so neighbours are compared, and their median counts.
    """
    pairs: list[Pair] = []
    peer: list[Measured] = []
    with Database(database_url) as database, dashboard(folder, database_url) as desk:
        falls = _an_alert(database)
        _pile_up(database, falls)
        report.doing(f"fan-out: {PAGES} pages open")
        with _ours(desk, database, falls) as ours, _theirs(_texts(database)) as theirs:
            for turn in report.goes_on("fan-out: rounds", range(ROUNDS)):
                pairs.append(_pair(ours, turn))
                if turn % 2:
                    peer.append(theirs.block(stuck=0))
    _beside_the_peer(report, where, [pair.calm for pair in pairs], peer)
    _beside_a_stuck_page(report, where, pairs)


def _pair(ours: "Watched", turn: int) -> Pair:
    """Which of the two is first alternates, so that what is stuck stays so from one pair into the next."""
    blocks = {stuck: ours.block(stuck=stuck) for stuck in ((0, 1) if turn % 2 else (1, 0))}
    return Pair(blocks[0], blocks[1])


def _beside_the_peer(report: Report, where: str, calm: list[Measured], peer: list[Measured]) -> None:
    ours, theirs = _per_cpu_second(calm), _per_cpu_second(peer)
    report.above(f"fan-out to {PAGES} pages ({where})", ours, "msg/CPU s")
    report.above(f"websockets.broadcast ({where})", theirs, "msg/CPU s")
    report.above(f"fan-out of the peer's ({where})", ours / theirs, "", PEER_AIM)
    report.below(f"change to page, p99 ({where})", statistics.median(one.p99 for one in calm), "ms")
    report.below(f"broadcast to page, p99 ({where})", statistics.median(one.p99 for one in peer), "ms")


def _beside_a_stuck_page(report: Report, where: str, pairs: list[Pair]) -> None:
    ratios = sorted(pair.beside.p99 / pair.calm.p99 for pair in pairs)
    low, _, high = statistics.quantiles(ratios, n=4)
    least, most = _likely_median(ratios)
    spread = f"{len(pairs)} pairs: quarters {low:.2f} and {high:.2f}; the median is {least:.2f} to {most:.2f} (95 %)"
    report.below(f"p99 beside a stuck page of without ({where})", statistics.median(ratios), "", STUCK_AIM, spread)
    whole = _pooled([pair.beside for pair in pairs]) / _pooled([pair.calm for pair in pairs])
    report.below(f"the same of all changes together ({where})", whole, "", note="with the machine's hiccups")
    cpu = sum(pair.beside.cpu for pair in pairs) / sum(pair.calm.cpu for pair in pairs)
    report.below(f"CPU beside a stuck page of without ({where})", cpu, "")


def _likely_median(ranked: list[float]) -> tuple[float, float]:
    """Between which of these the median lies with 95 %, whatever their distribution (ranks of the binomial)."""
    count = len(ranked)
    margin = 1.96 * math.sqrt(count) / 2
    return ranked[max(0, math.floor(count / 2 - margin))], ranked[min(count - 1, math.ceil(count / 2 + margin))]


def _pooled(blocks: list[Measured]) -> float:
    """The p99 of every change on every page."""
    return Latencies(sorted(late for one in blocks for each in one.late for late in each)).percentile(99)


def _per_cpu_second(blocks: list[Measured]) -> float:
    """Messages: the changes, and where there are some the beats between them."""
    return sum(one.messages for one in blocks) / sum(one.cpu for one in blocks)


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
        return Measured(found["messages"], used, found["late"])


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

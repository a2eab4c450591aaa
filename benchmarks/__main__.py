"""`make bench`: every measurement on each database that is there, in one run, beside its limit or its peer."""

import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from benchmarks import (
    burst,
    durable,
    falls,
    family,
    fanout,
    figures,
    fleet,
    history,
    imports,
    pages,
    peer,
    search,
    storage,
    sweeps,
    wall,
)
from benchmarks.report import Report
from benchmarks.rig import Rig, rig
from launch import logs
from launch.postgres import EmbeddedPostgres
from records.migrate import migrate

MESSAGES = int(os.environ.get("ANKANG_TEST_BENCH_MESSAGES", "200000"))
TIMESCALE_URL = os.environ.get("ANKANG_TEST_TIMESCALE_URL")

RATE_AIM, FALL_AIM, SIZE_AIM = 25_000, 200, 100
"""Messages per second; milliseconds at the 99th percentile; KB per bed-day."""

Measurement = Callable[[Report, str, str, Path], None]


def ingest(report: Report, where: str, database_url: str, folder: Path) -> None:
    """How much becomes durable, and how long a fall takes."""
    with rig(folder, database_url) as platform:
        beds, fleet = durable.admitted(platform)
        people = falls.Falls(platform)
        idle = people.measure(200, lambda: True)
        report.below(f"fall to page, idle, p50 ({where})", idle.percentile(50), "ms")
        report.below(f"fall to page, idle, p99 ({where})", idle.percentile(99), "ms", FALL_AIM)
        live = durable.live(platform, beds, MESSAGES)
        report.above(f"durable, live, {len(beds)} connections ({where})", live.per_second, "msg/s", RATE_AIM, live.cpu)
        many = durable.live(platform, fleet, MESSAGES)
        report.above(f"durable, live, {len(fleet):,} connections ({where})", many.per_second, "msg/s", note=many.cpu)
        backlog = durable.backlog(platform, beds, MESSAGES)
        report.above(f"durable, a backlog ({where})", backlog.per_second, "msg/s", RATE_AIM, backlog.cpu)
        _falls_while_draining(report, where, platform, beds, people)
        _beside_the_peer(report, where, platform, beds, live.per_second)


def _falls_while_draining(report: Report, where: str, platform: Rig, beds: dict[str, str], people: falls.Falls) -> None:
    durable.pile_up(platform, beds, MESSAGES)
    stored = platform.stored_messages()
    platform.start_bulk()
    busy = people.measure(390, lambda: platform.stored_messages() - stored < MESSAGES)
    note = f"{len(busy.all)} falls"
    report.below(f"fall to page, {MESSAGES:,} draining, p50 ({where})", busy.percentile(50), "ms", note=note)
    report.below(f"fall to page, {MESSAGES:,} draining, p99 ({where})", busy.percentile(99), "ms", FALL_AIM, note)


def _beside_the_peer(report: Report, where: str, platform: Rig, beds: dict[str, str], ours: float) -> None:
    if problem := peer.why_not():
        report.skipped(f"mosquitto_sub | psql COPY ({where})", problem)
        return
    platform.stop("ingest-bulk-0")
    theirs = peer.live(platform, beds, MESSAGES)
    report.above(f"mosquitto_sub | psql COPY ({where})", theirs, "msg/s", note=f"ours is {ours / theirs:.2f} of it")


def disk(report: Report, where: str, database_url: str, folder: Path) -> None:
    """What a bed costs."""
    folder.mkdir(parents=True, exist_ok=True)
    size = storage.measure(database_url)
    report.below(f"a bed-day as rows ({where})", size.rows / 1000, "KB")
    if size.columnstore is not None:
        report.below(f"a bed-day in the columnstore ({where})", size.columnstore / 1000, "KB", SIZE_AIM)


def console(report: Report, where: str, database_url: str, _: Path) -> None:
    """What opening a page costs."""
    if problem := pages.why_not():
        report.skipped(f"the pages ({where})", problem)
        return
    for page in pages.measure(database_url):
        report.below(f"{page.name}: loaded ({where})", page.bytes / 1000, "KB", note=f"{page.requests} requests")
        report.below(f"{page.name}: of use, first visit, p50 ({where})", page.first, "ms")
        report.below(f"{page.name}: of use, next visit, p50 ({where})", page.again, "ms")


def past(report: Report, where: str, database_url: str, _folder: Path) -> None:
    """A month of 40 homes."""
    written = history.measure(database_url)
    report.below(f"a month of 40 homes is written ({where})", written.seconds, "s", 60, f"{written.rows:,} readings")


def city(report: Report, where: str, database_url: str, folder: Path) -> None:
    """A city's beds at once."""
    with rig(folder, database_url) as platform:
        found = fleet.measure(platform)
    report.below(f"reading to ingest, p50 ({where})", found.p50, "ms", note=f"{found.said:,} said")
    report.below(f"reading to ingest, p99 ({where})", found.p99, "ms", note=f"{found.stored:,} stored")
    beds = f"beside the fleet; {len(found.falls.all)} falls"
    report.below(f"fall to page, p50 ({where})", found.falls.percentile(50), "ms", note=beds)
    report.below(f"fall to page, p99 ({where})", found.falls.percentile(99), "ms", FALL_AIM, beds)
    for name, share in sorted(found.cpu.items()):
        report.below(f"CPU of {name} ({where})", share * 100, "%")


MEASUREMENTS: dict[str, Measurement] = {
    "ingest": ingest,
    "disk": disk,
    "console": console,
    "family": family.measure,
    "wall": wall.measure,
    "history": past,
    "search": search.measure,
    "imports": imports.measure,
    "fanout": fanout.measure,
    "sweeps": sweeps.measure,
    "burst": burst.measure,
    "figures": figures.measure,
    "fleet": city,
}


@contextmanager
def _database(server: str, name: str) -> Iterator[str]:
    """A fresh, migrated database; gone afterwards."""
    identifier = psycopg.sql.Identifier(f"bench_{name}")
    drop = psycopg.sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier)
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(drop)
        conn.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(identifier))
        url = urlunsplit(urlsplit(server)._replace(path=f"/bench_{name}"))
        migrate(url)
        try:
            yield url
        finally:
            conn.execute(drop)


def _measure(names: list[str], report: Report, where: str, server: str, folder: Path) -> None:
    for number, name in enumerate(names, start=1):
        report.doing(f"{name} on {where}, {number} of {len(names)}")
        try:
            with _database(server, name) as url:
                MEASUREMENTS[name](report, where, url, folder / f"{where}-{name}")
        except Exception as error:  # the others are measured all the same; the run ends red
            logging.getLogger("benchmarks").exception("%s on %s broke", name, where)
            report.broke(f"{name} ({where})", error)


def main() -> None:
    """Measure what is named, or everything."""
    names = sys.argv[1:] or list(MEASUREMENTS)
    if unknown := set(names) - set(MEASUREMENTS):
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(MEASUREMENTS)}")
    logs.configure("console", "warning")
    report = Report()
    with tempfile.TemporaryDirectory(prefix="ankang-bench-") as temporary:
        folder = Path(temporary)
        folder.chmod(0o755)  # as root PostgreSQL runs as another user, who must get there
        with EmbeddedPostgres(folder / "embedded") as server:
            _measure(names, report, "embedded PostgreSQL", server.url, folder)
        if TIMESCALE_URL:
            _measure(names, report, "TimescaleDB", TIMESCALE_URL, folder)
        else:
            report.skipped("everything on TimescaleDB", "set ANKANG_TEST_TIMESCALE_URL to one")
    sys.exit(report.finish())


if __name__ == "__main__":
    main()

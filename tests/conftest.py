"""What the tests stand on: a real PostgreSQL, with a fresh database for each test that asks."""

import logging
import os
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
import structlog
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, sync_playwright
from psycopg.conninfo import conninfo_to_dict

from care.devices import DeviceKind
from dashboard.build import build
from launch.postgres import EmbeddedPostgres
from records.database import Database
from records.migrate import migrate
from records.readings.observations import Row
from tests import timescale
from tests.browsing import FLAGS
from tests.centre import Centre, employ, furnish, observe, open_centre, ring
from tests.flavours import NATIVE_URL, Flavour, fresh_database, migrated
from tests.people import Wearer, give
from tests.prepare import chromium

# These machines are shared: how long an example takes says nothing.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """`make test` asks; many tests wait more than they work."""
    return min(4, (os.cpu_count() or 2) + 1)


@pytest.fixture(autouse=True)
def _logs_stay_here() -> Iterator[None]:
    """A command that runs within a test sends what is said to that test's stderr, which nobody writes to afterwards."""
    root = logging.getLogger()
    handlers, level, hooks = root.handlers[:], root.level, (sys.excepthook, threading.excepthook)
    yield
    if structlog.is_configured():
        structlog.reset_defaults()
        root.handlers[:] = handlers
        root.setLevel(level)
        sys.excepthook, threading.excepthook = hooks


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """One embedded PostgreSQL for the whole run; its data need not survive the machine."""
    folder = open_to_all(tmp_path_factory.mktemp("postgres"))
    with EmbeddedPostgres(folder, "fsync = off\nfull_page_writes = off\n") as server:
        yield server


def open_to_all(folder: Path) -> Path:
    """As root PostgreSQL runs as another user, who must get there."""
    for parent in (folder, *folder.parents):
        if not parent.name.startswith(("pytest", "popen-gw", folder.name)):  # a worker's folders are in one of its own
            break
        parent.chmod(0o755)
    return folder


@pytest.fixture
def empty_database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A database with nothing in it."""
    with fresh_database(postgres.url) as url:
        yield url


@pytest.fixture(scope="session")
def migrated_once(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The name of a migrated database of which each test gets a copy: that is several times as fast as migrating."""
    with fresh_database(postgres.url) as url:
        migrate(url)
        yield str(conninfo_to_dict(url)["dbname"])


@pytest.fixture
def database_url(postgres: EmbeddedPostgres, migrated_once: str) -> Iterator[str]:
    """A freshly migrated database."""
    with fresh_database(postgres.url, like=migrated_once) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A pool on a freshly migrated database."""
    with Database(database_url) as pool:
        yield pool


@pytest.fixture(params=["plain", "npm", "native"])
def flavour(request: pytest.FixtureRequest) -> Iterator[Flavour]:
    """The same test on each database that the records must work on."""
    if request.param == "npm":
        if problem := timescale.why_not():
            pytest.skip(problem)
        with timescale.TimescaleFromNpm() as server, migrated("npm", server.url) as made:
            yield made
        return
    if request.param == "native" and NATIVE_URL is None:
        pytest.skip("no native TimescaleDB: set ANKANG_TEST_TIMESCALE_URL to one")
    server_url = NATIVE_URL if request.param == "native" else request.getfixturevalue("postgres").url
    with fresh_database(str(server_url)) as url, migrated(request.param, url) as made:
        yield made


@pytest.fixture
def centre(database_url: str) -> Iterator[Centre]:
    """A running dashboard."""
    with open_centre(database_url) as running:
        yield running


@pytest.fixture
def operator(centre: Centre, database: Database) -> Iterator[httpx2.Client]:
    """An operator of the whole city who has logged in."""
    employ(database)
    with centre.operator() as client:
        yield client


@pytest.fixture
def staff(database: Database) -> None:
    """Two operators."""
    employ(database, "李敏", "张强")


@pytest.fixture
def wang(database: Database) -> Wearer:
    """Somebody who wears a watch."""
    return give(database, "王桂珍", "watch-1", DeviceKind.WEARABLE)


@pytest.fixture
def watched(database: Database, wang: Wearer) -> None:
    """Somebody with a home, readings of this hour and an open alert."""
    home = furnish(database, "王桂珍")
    now = datetime.now(UTC)
    readings = [(now - timedelta(minutes=minutes), 60.0 + minutes % 7) for minutes in range(1, 50)]
    bed = home.bed.device_id
    observe(
        database, [Row(bed, at, {"in_bed": 1, "heart_rate": beats, "respiration_rate": 14.0}) for at, beats in readings]
    )
    ring(database, wang)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium, with the pages built."""
    build()
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield chrome
        chrome.close()

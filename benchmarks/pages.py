"""What a page costs whoever opens it: bytes over the wire, and milliseconds until there is something to work with."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Browser, Page, StorageState, sync_playwright

from benchmarks import city
from care.devices import DeviceKind
from dashboard.build import build
from records.database import Database
from records.readings.observations import Row
from tests.centre import PASSWORD, Centre, employ, furnish, id_of, observe, open_centre, ring
from tests.people import give
from tests.prepare import chromium

ALERTS = 20
TIMES = 10
_NAME = "司马长安"  # nobody of the city has this surname

USEFUL = {
    "board": "article.alert",
    "wall": ".canvases[data-pitch]",
    "residents": ".residents a",
    "resident": "figure[data-metric=heart_rate] canvas",
}
"""What somebody came for."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One page; the milliseconds are the median of some visits."""

    name: str
    bytes: int
    requests: int
    first: float
    """With an empty cache."""
    again: float
    """With everything there that may be kept."""


def why_not() -> str | None:
    """Why no page can be measured here."""
    return None if chromium() else "no Chromium: run `python -m tests.prepare` as root"


def measure(database_url: str) -> Iterator[Cost]:
    """The pages of an operator, in a city of 22,100."""
    build()
    city.populate(database_url)
    with Database(database_url) as database, open_centre(database_url) as centre, chromium_alone() as browser:
        resident = _populate(database)
        addresses = {
            "board": "#/", "wall": "#/wall", "residents": "#/residents", "resident": f"#/residents/{resident}",
        }  # fmt: skip
        known = _logged_in(browser, centre)
        for name, address in addresses.items():
            yield _cost(browser, centre, name, address, known)


def _populate(database: Database) -> str:
    """Somebody with two days of a bed's readings, and alerts of others."""
    employ(database, "operator")
    home = furnish(database, _NAME)
    now = datetime.now(UTC)
    times = (now - timedelta(seconds=10 * n) for n in range(2 * 8640))
    observe(database, [Row(home.bed.device_id, at, {"in_bed": 1, "heart_rate": _beats(at)}) for at in times])
    for number in range(ALERTS):
        wearer = give(database, f"老人{number}", f"watch-{number}", DeviceKind.WEARABLE)
        ring(database, wearer, "fall" if number % 2 else "strap_cut")
    return str(id_of(database, _NAME))


def _beats(at: datetime) -> float:
    return round(62 + 6 * math.sin(at.timestamp() / 1800))


@contextmanager
def chromium_alone() -> Iterator[Browser]:
    """A browser of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def _logged_in(browser: Browser, centre: Centre) -> StorageState:
    """The cookies of one login: forty of them in a row are too many for whoever guards it."""
    context = browser.new_context()
    answer = context.request.post(f"{centre.url}/api/session", data={"username": "operator", "password": PASSWORD})
    assert answer.ok, answer.status
    known = context.storage_state()
    context.close()
    return known


def _cost(browser: Browser, centre: Centre, name: str, address: str, known: StorageState) -> Cost:
    first, again, sizes = [], [], []
    for _ in range(TIMES):
        context = browser.new_context(viewport={"width": 1366, "height": 768}, storage_state=known)
        page = context.new_page()
        first.append(_visit(page, centre, name, address))
        sizes.append(_loaded(page))
        page.goto("about:blank")
        again.append(_visit(page, centre, name, address))
        context.close()
    size, requests = sorted(sizes)[TIMES // 2]
    return Cost(name, size, requests, _median(first), _median(again))


def _visit(page: Page, centre: Centre, name: str, address: str) -> float:
    """Milliseconds until it is of use."""
    began = time.perf_counter()
    page.goto(f"{centre.url}/{address}", wait_until="commit")
    page.wait_for_selector(USEFUL[name])
    return (time.perf_counter() - began) * 1000


def _loaded(page: Page) -> tuple[int, int]:
    """Bytes and requests so far."""
    found: list[int] = page.evaluate(
        """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
            .map(entry => entry.transferSize)"""
    )
    return sum(found), len(found)


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]

"""What the family's page costs on a daughter's telephone, in a city of 22,100: bytes, first byte, something to read."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from playwright.sync_api import Browser, Page

from benchmarks import city, pages
from benchmarks.report import Report
from records.database import Database
from tests.centre import Centre, furnish, id_of, open_centre, ring
from tests.family import OLD_PHONE, OUTSIDE, WECHAT, agree, all_well, link_for, lived, opened

SIZE_AIM = 50
"""KB of everything that the page asks for, not packed (choices.md, "What good command centres do", 14)."""
TIMES = 10
_NAME = "司马长安"  # nobody of the city has this surname

_TIMES = """() => {
    const [page] = performance.getEntriesByType('navigation');
    const all = [page, ...performance.getEntriesByType('resource')];
    const paint = performance.getEntriesByName('first-contentful-paint')[0];
    const sum = (what) => all.reduce((total, one) => total + one[what], 0);
    return [page.responseStart - page.requestStart, paint ? paint.startTime : -1, sum('decodedBodySize'),
            sum('transferSize')];
}"""


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit with an empty cache; milliseconds and bytes."""

    first_byte: float
    painted: float
    whole: float
    over_the_wire: float


def measure(report: Report, where: str, database_url: str, _: Path) -> None:
    """The page with a day, a night and an open alert."""
    if problem := pages.why_not():
        report.skipped(f"the family's page ({where})", problem)
        return
    city.populate(database_url)
    with Database(database_url) as database, open_centre(database_url, outside=OUTSIDE) as centre:
        resident, path = _prepared(database)
        with pages.chromium_alone() as browser:
            visits = [_visit(browser, centre, path, resident) for _ in range(TIMES)]
    _say(report, where, visits)


def _prepared(database: Database) -> tuple[UUID, str]:
    home = furnish(database, _NAME)
    resident = id_of(database, _NAME)
    all_well(database, resident)
    agree(database, resident)
    lived(database, home, datetime.now(UTC))
    alert = ring(database, home.bed)
    return resident, link_for(database, _NAME, alert=alert)[1]


def _visit(browser: Browser, centre: Centre, path: str, resident: UUID) -> Visit:
    context = browser.new_context(viewport={"width": OLD_PHONE[0], "height": OLD_PHONE[1]}, user_agent=WECHAT)
    page = context.new_page()
    opened(page, centre, path)
    cookies = context.cookies()
    context.close()
    # The page forbids eval, which the wait for its first paint needs.
    fresh = browser.new_context(
        viewport={"width": OLD_PHONE[0], "height": OLD_PHONE[1]}, user_agent=WECHAT, bypass_csp=True
    )
    fresh.add_cookies([{"name": one["name"], "value": one["value"], "url": centre.url} for one in cookies])
    found = _times(fresh.new_page(), f"{centre.url}/family/{resident}")
    fresh.close()
    return found


def _times(page: Page, address: str) -> Visit:
    page.goto(address, wait_until="load")
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length > 0")
    return Visit(*page.evaluate(_TIMES))


def _say(report: Report, where: str, visits: list[Visit]) -> None:
    def middle(name: str) -> float:
        return sorted(float(getattr(one, name)) for one in visits)[len(visits) // 2]

    note = f"{city.RESIDENTS:,} residents, empty cache"
    report.below(f"the family's page, in all ({where})", middle("whole") / 1000, "KB", SIZE_AIM, note)
    report.below(f"the family's page, over the wire ({where})", middle("over_the_wire") / 1000, "KB", note=note)
    report.below(f"the family's page, first byte, p50 ({where})", middle("first_byte"), "ms", note=note)
    report.below(f"the family's page, first useful paint, p50 ({where})", middle("painted"), "ms", note=note)

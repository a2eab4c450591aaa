"""The page of the visits: who has to be visited, and that somebody was."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from alerts import visits as engine
from care.visits import Risk
from records.database import Database
from records.rounds import home_proofs, visit_duty
from tests.browsing import DESKTOP, PHONE, at_work, complaints_of_axe, in_a_browser
from tests.centre import Centre, id_of
from tests.people import give
from tests.test_console_looks import untranslated

pytestmark = [*in_a_browser, pytest.mark.usefixtures("staff")]


@pytest.fixture
def code(database: Database) -> str:
    """Two people who are behind; the code that hangs in the home of the first."""
    now = datetime.now(UTC)
    give(database, "王桂珍", "bed-1")
    give(database, "张秀英", "bed-2")
    with database.transaction() as conn:
        for name, days in (("王桂珍", 20), ("张秀英", 9)):
            since = now - timedelta(days=days)
            visit_duty.set_duty(conn, id_of(database, name), Risk.HIGH, "独居", None, since)
        engine.due(conn, now)
        return home_proofs.new_code(conn, id_of(database, "王桂珍"))


def test_a_visit_with_the_homes_code_takes_its_task_off_the_list(browser: Browser, centre: Centre, code: str) -> None:
    with at_work(browser, centre) as page:
        page.keyboard.press("g")
        page.keyboard.press("v")
        rows = page.locator(".visit-tasks tbody tr")
        expect(rows).to_have_count(2)
        expect(rows.first).to_contain_text("王桂珍")
        expect(rows.first).to_contain_text("已逾期 13 天")
        rows.first.get_by_role("button", name="登记探访").click()
        page.keyboard.press("3")
        page.keyboard.press("4")
        page.keyboard.press("Enter")
        expect(page.get_by_text("但不计入")).to_be_visible()
        expect(rows).to_have_count(2)
        rows.first.get_by_role("button", name="登记探访").click()
        page.get_by_text("上门巡访").click()
        page.get_by_text("见到或通话", exact=True).click()
        page.get_by_label("家中二维码内容").fill(code)
        page.get_by_role("button", name="保存").click()
        expect(page.get_by_text("计入探访")).to_be_visible()
        expect(rows).to_have_count(1)
        expect(rows.first).to_contain_text("张秀英")


@pytest.mark.usefixtures("code")
@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_the_page_is_for_everybody(browser: Browser, centre: Centre, size: tuple[int, int]) -> None:
    with at_work(browser, centre, size=size) as page:
        for language in ("zh-CN", "en"):
            other = re.compile("[\u4e00-\u9fff]" if language == "en" else "[A-Za-z]{2,}")
            page.goto(f"{centre.url}/#/visits")
            expect(page.locator(".visit-tasks tbody tr")).to_have_count(2)
            page.wait_for_load_state("networkidle")
            for _ in range(2):
                assert complaints_of_axe(page) == [], language
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
                said = [
                    re.sub(r"张秀英|[当花雨博含和]\w{0,2}[区县]", "", text) for text in untranslated(page, language)
                ]
                assert [text for text in said if other.search(text)] == []
                page.locator("#theme").click()
            page.locator(".visit-tasks button").first.click()
            assert complaints_of_axe(page) == []
            page.keyboard.press("Escape")
            page.locator("#language").click()

"""The alerts of the past on a page, and every list saved as a file from its page."""

import pytest
from playwright.sync_api import Browser, expect

from care.people import Role
from records.database import Database
from tests.browsing import DESKTOP, PHONE, at_work, complaints_of_axe, in_a_browser
from tests.centre import Centre, employ, ring
from tests.people import Wearer
from tests.test_console_looks import untranslated

pytestmark = [*in_a_browser, pytest.mark.usefixtures("staff")]


@pytest.fixture
def two_alerts(database: Database, wang: Wearer) -> None:
    """A fall that was closed, an SOS that is open."""
    fall = ring(database, wang)
    with database.transaction() as conn:
        conn.execute(
            "UPDATE alert SET phase = 'closed', closed_at = now(), outcome = 'helped', note = '扶起' WHERE id = %s",
            (fall,),
        )
    ring(database, wang, "sos")


def test_the_past_is_narrowed_and_saved_as_it_is_shown(browser: Browser, centre: Centre, two_alerts: None) -> None:
    with at_work(browser, centre) as page:
        page.get_by_role("link", name="历史告警").click()
        rows = page.locator(".past-alerts tbody tr")
        expect(rows).to_have_count(2)
        page.locator("[name=outcome]").select_option("helped")
        expect(rows).to_have_count(1)
        expect(rows).to_contain_text("扶起")
        page.locator(".export-menu summary").click()
        with page.expect_download() as saved:
            page.get_by_role("link", name="CSV").click()
        assert saved.value.suggested_filename.endswith(".csv")
        text = saved.value.path().read_text("utf-8-sig")
        assert ("扶起" in text, text.count("\n")) == (True, 2)
        expect(page.locator(".export-menu ul")).to_be_hidden()
        page.locator("[name=rule]").select_option("smoke")
        expect(page.get_by_text("这段时间没有这样的告警。")).to_be_visible()


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_the_menu_is_on_every_list_and_for_everybody(
    browser: Browser, centre: Centre, database: Database, two_alerts: None, size: tuple[int, int]
) -> None:
    employ(database, "值班甲", role=Role.SUPERVISOR)
    with at_work(browser, centre, "值班甲", size=size) as page:
        for language in ("zh-CN", "en"):
            if language == "en":
                page.locator("#language").click()
            for where in ("past", "residents", "devices", "checkins", "visits", "duty", "held", "audit"):
                page.goto(f"{centre.url}/#/{where}")
                menu = page.locator(".export-menu")
                menu.locator("summary").click()
                expect(menu.get_by_role("link")).to_have_count(2)
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), where
                if where == "past":
                    assert complaints_of_axe(page) == [], where
                    shown = untranslated(page, language)
                    assert [
                        text for text in shown if not any(own in text for own in ("XLSX", "扶起", "CSV", "值班甲"))
                    ] == []

"""What is held back, shelved or under maintenance: a page with cause, times and who; and how it is let ring."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from records.database import Database
from tests.browsing import PHONE, at_work, complaints_of_axe, in_a_browser
from tests.centre import Centre, ring
from tests.people import Wearer
from tests.test_console_seat import translated
from tests.test_console_steps import dialog, press
from tests.test_suppression import leaks, maintained

pytestmark = [*in_a_browser, pytest.mark.usefixtures("staff")]


def open_page(page: Page) -> None:
    """From the board, by its count."""
    page.get_by_role("link", name=re.compile("搁置或抑制")).click()
    expect(page.locator("main[data-page=held] h1")).to_be_visible()


def test_where_nothing_is_held_back_the_page_says_so(browser: Browser, centre: Centre) -> None:
    with at_work(browser, centre) as page:
        open_page(page)
        for words in ("没有被抑制的告警", "没有被搁置的告警", "没有正在进行"):
            expect(page.get_by_text(words)).to_be_visible()
        assert complaints_of_axe(page) == []
        translated(page)
        press(page, "Escape")
        expect(page.locator("main[data-page=board] h1")).to_be_visible()


def test_the_page_says_why_since_when_and_who_and_lets_it_ring_for_a_reason(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    now = datetime.now(UTC)
    maintained(database, wang, now - timedelta(minutes=1))
    with database.transaction() as conn:
        conn.execute("UPDATE maintenance SET account_id = (SELECT id FROM account WHERE username = '张强')")
    leaks(database, wang, now=now)
    door = ring(database, wang, "door_not_opened")
    with at_work(browser, centre) as page:
        row = page.locator("article.alert").filter(has_text="门未开启")
        row.focus()
        press(page, "p")
        expect(dialog(page, "shelve")).to_be_visible()
        press(page, "1", "6", "Enter")
        expect(row).to_contain_text("李敏 搁置至")
        expect(page.locator(".counts")).to_contain_text("搁置或抑制 2")
        open_page(page)
        leak = page.locator("tr[data-id]").filter(has_text="漏水")
        expect(leak).to_contain_text(re.compile("维护.*换电池"))
        expect(leak).to_contain_text("张强")
        shelved = page.locator(f"tr[data-id='{door}']")
        expect(shelved).to_contain_text(re.compile("原因已知，等待恢复.*李敏"))
        assert complaints_of_axe(page) == []
        translated(page)
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.locator("#language").click()
        leak.focus()
        press(page, "l")
        expect(dialog(page, "release")).to_contain_text("维护中，暂不呼叫")
        press(page, "3")
        expect(page.locator("#release-text")).to_be_focused()
        page.keyboard.type("维修工没有来")
        press(page, "Enter")
        expect(leak).to_have_count(0)
        expect(page.get_by_text("没有被抑制的告警")).to_be_visible()
        shelved.focus()
        press(page, "a")
        expect(shelved).to_have_count(0)
    with database.transaction() as conn:
        line = conn.execute("SELECT detail ->> 'why' FROM alert_log WHERE kind = 'released'").fetchone()
    assert line == ("维修工没有来",)

"""A night with a flood: the board condenses, the urgent is on top, nothing is dropped or moves under the pointer."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from records.database import Database
from tests.browsing import PHONE, at_work, complaints_of_axe, in_a_browser
from tests.centre import Centre
from tests.people import Wearer, give
from tests.test_console_looks import untranslated
from tests.test_console_steps import press
from tests.test_suppression import leaks

pytestmark = [*in_a_browser, pytest.mark.usefixtures("staff")]
NAMES = re.compile("老人|马鞍山|watch-")


@pytest.fixture
def street(database: Database) -> list[Wearer]:
    """A street of people."""
    return [give(database, f"老人{number:02}", f"watch-{number:02}") for number in range(24)]


def rise(database: Database, wearers: list[Wearer], rule: str = "water_leak") -> None:
    """It rings for all of them, and each will be escalated."""
    for wearer in wearers:
        leaks(database, wearer, rule, datetime.now(UTC))


def counted(page: Page) -> int:
    """How many alerts the board stands for: one a row, and so many as a group says."""
    said: list[str] = page.locator(".queue > article.group h2 .number").all_inner_texts()
    alone = page.locator(".queue > article.alert:not(.group)").count()
    return alone + sum(int(re.sub(r"\D", "", one)) for one in said)


def test_a_flood_condenses_the_board_keeps_what_is_urgent_on_top_and_drops_nothing(
    browser: Browser, centre: Centre, database: Database, street: list[Wearer]
) -> None:
    rise(database, street[:20])
    with at_work(browser, centre) as page:
        expect(page.locator("article.alert")).to_have_count(20)
        expect(page.locator(".flood")).to_have_count(0)
        rise(database, street[20:22], "fall")
        rise(database, street[20:23])
        expect(page.locator(".flood")).to_contain_text("25 条待受理，其中紧急 2 条")
        group = page.locator("article.group")
        expect(group).to_have_count(1)
        expect(group).to_contain_text("漏水")
        expect(group).to_contain_text("23 条")
        rows = page.locator(".queue > article")
        expect(rows).to_have_count(3)
        for number in (0, 1):
            expect(rows.nth(number)).to_contain_text("跌倒")
            expect(rows.nth(number).locator(".age")).to_be_visible()
            expect(rows.nth(number).locator(".deed .count")).to_be_visible()
        expect(group.locator(".age")).to_be_visible()
        expect(group.locator(".deed .count")).to_be_visible()
        assert counted(page) == 25
        assert complaints_of_axe(page) == []
        press(page, "ArrowDown", "ArrowDown", "ArrowDown")
        expect(group).to_be_focused()
        press(page, "Enter")
        inside = page.locator(".in-group article.alert")
        expect(inside).to_have_count(23)
        press(page, "ArrowDown")
        expect(inside.first).to_be_focused()
        press(page, "a")
        expect(page.locator("article[data-phase=answered]")).to_have_count(1)
        expect(group).to_contain_text("22 条")
        expect(rows).to_have_count(4)  # what somebody is at stands alone
        assert counted(page) == 25


def test_nothing_moves_under_the_pointer_when_a_flood_rises(
    browser: Browser, centre: Centre, database: Database, street: list[Wearer]
) -> None:
    rise(database, street[:18])
    with at_work(browser, centre) as page:
        expect(page.locator("article.alert")).to_have_count(18)
        third = page.locator("article.alert").nth(2)
        third.hover()
        stood = third.bounding_box()
        for number, wearer in enumerate(street[18:24]):
            rise(database, [wearer])
            third.hover(position={"x": 40.0 + number, "y": 10.0})  # a pointer at rest holds the rows for 10 s only
        expect(page.locator(".fresh")).to_contain_text("6 条新告警")
        expect(page.locator(".flood")).to_have_count(0)
        assert third.bounding_box() == stood
        press(page, "n")
        expect(page.locator(".flood")).to_contain_text("24 条待受理")
        assert counted(page) == 24


def test_a_flood_is_put_together_by_street_or_home_in_both_languages_and_on_a_phone(
    browser: Browser, centre: Centre, database: Database, street: list[Wearer]
) -> None:
    rise(database, street[:22])
    rise(database, street[:4], "door_not_opened")
    with at_work(browser, centre) as page:
        expect(page.locator(".flood")).to_contain_text("26 条待受理")
        expect(page.locator("article.group")).to_have_count(2)
        page.get_by_role("button", name="按街道").click()
        expect(page.locator("article.group")).to_have_count(1)
        assert counted(page) == 26
        page.get_by_role("button", name="按家庭").click()
        expect(page.locator("article.group")).to_have_count(4)
        assert counted(page) == 26
        for language in ("zh-CN", "en"):
            if language == "en":
                page.locator("#language").click()
            assert [text for text in untranslated(page, language) if not NAMES.search(text)] == []
        page.locator("#theme").click()
        assert complaints_of_axe(page) == []
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        with database.transaction() as conn:
            ids = conn.execute("SELECT id FROM alert ORDER BY opened_at, id LIMIT 16").fetchall()
        with centre.operator("张强") as his:
            for (alert,) in ids:
                his.post(f"/api/alerts/{alert}/answer").raise_for_status()
        expect(page.locator(".flood")).to_have_count(0)
        expect(page.locator("article.group")).to_have_count(0)

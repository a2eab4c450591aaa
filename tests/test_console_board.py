"""The board while somebody works on it: what is under the pointer stays there."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from care.devices import DeviceKind
from records.database import Database
from tests.browsing import at_work, in_a_browser
from tests.centre import Centre, ring
from tests.people import Wearer, give

pytestmark = [*in_a_browser, pytest.mark.usefixtures("staff")]


@pytest.fixture
def li(database: Database) -> Wearer:
    """Somebody else who wears a watch."""
    return give(database, "李建国", "watch-2", DeviceKind.WEARABLE)


def stands_still(page: Page) -> None:
    """This page's clock does: however busy the machine is, no pointer is left lying for longer than the test says."""
    page.clock.install()
    page.clock.pause_at(datetime.now().astimezone() + timedelta(minutes=5))
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-link", "live")
    expect(rows_of(page).first).to_be_visible()


def rows_of(page: Page) -> Locator:
    """The rows of the board."""
    return page.locator("article.alert")


def where(row: Locator) -> float:
    """How far from the top of the window."""
    box = row.bounding_box()
    assert box is not None
    return box["y"]


def test_what_is_new_waits_behind_a_bar_while_somebody_points_at_the_list(
    browser: Browser, centre: Centre, database: Database, wang: Wearer, li: Wearer
) -> None:
    ring(database, wang, "door_not_opened")
    with at_work(browser, centre) as page:
        stands_still(page)
        rows, bar = rows_of(page), page.get_by_role("button", name="条新告警")
        rows.first.locator(".what").hover()
        rows.first.focus()
        stood = where(rows.first)
        ring(database, wang, "strap_cut")
        ring(database, li, "strap_cut")
        expect(bar).to_contain_text("2 条新告警")
        expect(rows).to_have_count(1)
        assert where(rows.first) == stood
        ring(database, li, "fall")
        expect(rows).to_have_count(2)
        expect(rows.nth(0)).to_contain_text("跌倒")
        expect(rows.nth(1)).to_contain_text("门未开启")
        expect(rows.nth(1)).to_be_focused()
        expect(bar).to_contain_text("2 条新告警")
        bar.click()
        expect(bar).to_have_count(0)
        expect(rows).to_have_count(4)
        expect(rows.nth(3)).to_contain_text("门未开启")


@pytest.mark.parametrize("how", ["the key", "the pointer leaves"])
def test_what_waits_is_shown_by_a_key_or_when_the_pointer_leaves(
    browser: Browser, centre: Centre, database: Database, wang: Wearer, li: Wearer, how: str
) -> None:
    ring(database, wang, "door_not_opened")
    with at_work(browser, centre) as page:
        stands_still(page)
        page.locator("#language").click()
        rows = rows_of(page)
        rows.first.locator(".what").hover()
        ring(database, li, "strap_cut")
        expect(page.get_by_role("button", name="1 new")).to_be_visible()
        expect(rows).to_have_count(1)
        if how == "the key":
            page.keyboard.press("n")
        else:
            page.get_by_role("heading", name="Open alerts").hover()
        expect(rows).to_have_count(2)
        expect(rows.nth(0)).to_contain_text("Strap cut")


def test_what_is_new_waits_while_the_list_is_scrolled(
    browser: Browser, centre: Centre, database: Database, wang: Wearer, li: Wearer
) -> None:
    ring(database, li, "door_not_opened")
    ring(database, wang, "fall")
    with at_work(browser, centre, size=(1366, 420)) as page:
        rows, bar = rows_of(page), page.get_by_role("button", name="1 条新告警")
        expect(rows).to_have_count(2)
        page.evaluate("scrollTo(0, 150)")
        ring(database, li, "strap_cut")
        expect(bar).to_be_in_viewport()
        expect(rows).to_have_count(2)
        page.evaluate("scrollTo(0, 0)")
        expect(rows).to_have_count(3)
        expect(rows.nth(1)).to_contain_text("腕带剪断")


def test_whoever_answers_a_row_keeps_it_where_it_is_until_they_look_away(
    browser: Browser, centre: Centre, database: Database, wang: Wearer, li: Wearer
) -> None:
    ring(database, wang, "fall")
    ring(database, li, "strap_cut")
    with at_work(browser, centre) as page:
        stands_still(page)
        rows = rows_of(page)
        rows.first.locator("[data-step=answer]").click()
        expect(rows.nth(0)).to_contain_text("已受理")
        expect(rows.nth(0)).to_contain_text("跌倒")
        page.get_by_role("heading", name="未办结告警").hover()
        expect(rows.nth(0)).to_contain_text("腕带剪断")


def test_a_pointer_that_was_left_lying_on_the_list_holds_it_only_for_a_while(
    browser: Browser, centre: Centre, database: Database, wang: Wearer, li: Wearer
) -> None:
    ring(database, wang, "door_not_opened")
    with at_work(browser, centre) as page:
        stands_still(page)
        rows = rows_of(page)
        rows.first.locator(".what").hover()
        ring(database, li, "strap_cut")
        expect(page.get_by_role("button", name="1 条新告警")).to_be_visible()
        expect(rows).to_have_count(1)
        page.clock.run_for(10_000)
        expect(rows).to_have_count(2)
        expect(rows.nth(0)).to_contain_text("腕带剪断")

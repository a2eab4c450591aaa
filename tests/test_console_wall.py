"""The page of the wall: every care bed as a cell, what rings above it, and the way from a cell to the resident."""

import os
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from records.database import Database
from tests.browsing import DESKTOP, PHONE, at_work, complaints_of_axe, in_a_browser
from tests.centre import Centre, id_of, ring
from tests.people import Wearer
from tests.test_console_looks import untranslated
from tests.test_dashboard_wall import PEOPLE, beds

pytestmark = [*in_a_browser, pytest.mark.usefixtures("staff")]
__all__ = ["beds"]

MARKS = """element => {
  // How many pixels of the upper canvas are painted: what rings.
  const over = element.querySelectorAll("canvas")[1];
  const copy = new OffscreenCanvas(over.width, over.height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(over, 0, 0);
  const data = copy.getImageData(0, 0, over.width, over.height).data;
  let painted = 0;
  for (let at = 3; at < data.length; at += 4) if (data[at] > 0) painted += 1;
  return painted;
}"""


def opened(page: Page, centre: Centre) -> None:
    page.goto(f"{centre.url}/#/wall")
    expect(page.locator(".canvases[data-pitch]")).to_be_visible()
    expect(page.locator(".legend")).to_contain_text("1")


def bed_of(database: Database, name: str) -> Wearer:
    """The bed sensor of somebody who was furnished."""
    with database.transaction() as conn:
        row = conn.execute(
            "SELECT d.vendor, d.name, d.id FROM binding b JOIN device d ON d.id = b.device_id"
            " WHERE b.resident_id = %s AND d.kind = 'bed'",
            (id_of(database, name),),
        ).fetchone()
    assert row is not None
    return Wearer(name, *row)


def test_a_fall_stands_above_its_bed_until_it_is_closed_and_is_named_at_the_side(
    browser: Browser, centre: Centre, database: Database, beds: dict[str, str]
) -> None:
    with at_work(browser, centre) as page:
        opened(page, centre)
        canvases = page.locator(".canvases")
        expect(canvases).to_have_attribute("data-marks", "0")
        assert canvases.evaluate(MARKS) == 0
        expect(page.get_by_text("没有未办结告警")).to_be_visible()
        ring(database, bed_of(database, "王桂珍"))
        expect(canvases).to_have_attribute("data-marks", "1")
        head = page.locator(".queue-head li")
        expect(head).to_have_count(1)
        expect(head).to_contain_text("跌倒")
        expect(head).to_contain_text("MAS-")
        expect(page.locator("main")).not_to_contain_text("王桂珍")
        page.wait_for_function(f"() => ({MARKS})(document.querySelector('.canvases')) > 50")


def test_a_bed_says_what_it_is_under_the_pointer_and_leads_to_its_resident(
    browser: Browser, centre: Centre, beds: dict[str, str]
) -> None:
    with at_work(browser, centre) as page:
        opened(page, centre)
        box = page.locator(".canvases").bounding_box()
        assert box is not None
        # The first county's label, its first street's, and then the first cell.
        street = page.locator(".wall-beds .street").first.bounding_box()
        assert street is not None
        page.mouse.move(street["x"] + 6, street["y"] + street["height"] + 14)
        tip = page.locator(".wall-beds .hovered")
        expect(tip).to_contain_text(re.compile("正常监护|部分监护|失去监护|未装设备|外出"))
        page.mouse.click(street["x"] + 6, street["y"] + street["height"] + 14)
        expect(page.locator("main[data-page=resident] h1")).to_contain_text(re.compile("|".join(PEOPLE)))


def test_the_table_says_the_same_and_somebody_without_beds_is_told_so(
    browser: Browser, centre: Centre, database: Database, beds: dict[str, str]
) -> None:
    with at_work(browser, centre) as page:
        opened(page, centre)
        page.get_by_role("button", name="以表格查看").click()
        table = page.get_by_role("region", name="床位总览").get_by_role("table")
        expect(table.get_by_role("row")).to_have_count(3)
        with database.transaction() as conn:
            conn.execute("UPDATE care_bed SET closed = current_date")
        page.reload()
        expect(page.get_by_text("您的区域内还没有照护床位")).to_be_visible()


@pytest.mark.parametrize("size", [DESKTOP, (1920, 1080), (3840, 1080), PHONE])
def test_the_wall_is_for_everybody(
    browser: Browser, centre: Centre, database: Database, beds: dict[str, str], size: tuple[int, int]
) -> None:
    ring(database, bed_of(database, "李建国"))
    with at_work(browser, centre, size=size) as page:
        for language in ("zh-CN", "en"):
            opened(page, centre)
            expect(page.locator(".target-bar")).to_have_count(3)
            for _ in range(2):
                assert complaints_of_axe(page) == [], language
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
                said = [re.sub(r"[当花]\w{0,2}[区县]|MAS-\S+", "", text) for text in untranslated(page, language)]
                other = re.compile("[\u4e00-\u9fff]" if language == "en" else "[A-Za-z]{2,}")
                assert [text for text in said if other.search(text)] == []
                if folder := os.environ.get("ANKANG_TEST_SHOTS"):
                    theme = page.locator("html").get_attribute("data-theme")
                    page.screenshot(path=f"{folder}/wall-{language}-{theme}-{size[0]}.png", full_page=True)
                page.locator("#theme").click()
            page.locator("#language").click()

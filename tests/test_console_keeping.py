"""Residents as they are kept, on the pages of the console."""

import re

from playwright.sync_api import Browser, Page, expect

from care.devices import DeviceKind
from care.people import Role
from records.database import Database
from tests.browsing import PHONE, complaints_of_axe, in_a_browser, logged_in
from tests.centre import Centre, employ
from tests.people import give
from tests.test_console_looks import untranslated
from tests.test_intake import places as places  # noqa: PLC0414 - a fixture
from tests.test_intake import row_of

pytestmark = in_a_browser


def is_fine(page: Page, language: str) -> None:
    assert complaints_of_axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    ours = r"leader|[东西]社区|中心社区|[市区县街道乡]$|acme|李强|HS|A-1"
    assert [text for text in untranslated(page, language) if not re.search(ours, text)] == []


def in_area(page: Page, name: str) -> None:
    """The tree opens as one goes down."""
    field = page.get_by_role("dialog").locator("select.area")
    for step in ("花山区", "湖东路街道", name):
        option = field.locator("option", has_text=re.compile(rf"^\s*{step}$"))
        expect(option).to_have_count(1)
        field.select_option(value=option.get_attribute("value"))


def test_somebody_is_entered_moves_and_their_service_ends(
    browser: Browser, centre: Centre, database: Database, places: dict[str, int]
) -> None:
    employ(database, "leader", role=Role.SUPERVISOR)
    with logged_in(browser, centre, "leader") as page:
        page.goto(f"{centre.url}/#/admin/residents")
        expect(page.get_by_text("没有符合条件的老人。")).to_be_visible()
        is_fine(page, "zh-CN")
        page.locator("[name=add]").click()
        dialog = page.get_by_role("dialog")
        dialog.locator("[name=name]").fill("王桂珍")
        dialog.locator("[name=born]").fill("1940-05-01")
        in_area(page, "东社区")
        dialog.locator("[name=address]").fill("12号3栋")
        dialog.locator("[name=phone]").fill("1390000")
        dialog.locator("[name=bed]").fill("HS-1")
        is_fine(page, "zh-CN")
        page.keyboard.press("Enter")
        expect(dialog.get_by_role("alert")).to_contain_text("手机须为 11 位")
        expect(dialog.locator("[name=phone]")).to_be_focused()
        dialog.locator("[name=phone]").fill("13855512345")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="王桂珍")).to_be_visible()
        expect(page.locator("[data-section=beds]")).to_contain_text("HS-1")
        is_fine(page, "zh-CN")

        give(database, "王桂珍", "watch-1", DeviceKind.WEARABLE)
        give(database, "王桂珍", "smoke-1", DeviceKind.SMOKE)
        page.reload()
        page.locator("[name=move]").click()
        expect(dialog.locator("[value='acme/watch-1']")).to_be_checked()
        expect(dialog.locator("[value='acme/smoke-1']")).not_to_be_checked()
        in_area(page, "西社区")
        dialog.locator("[name=address]").fill("7号")
        is_fine(page, "zh-CN")
        page.keyboard.press("Enter")
        expect(page.locator("[data-section=home]")).to_contain_text("西社区 · 7号")
        expect(page.locator("[data-section=home]")).to_contain_text("12号3栋")
        bound = "SELECT count(*), min(name) FROM binding JOIN device ON device.id = device_id WHERE valid_to IS NULL"
        assert row_of(database, bound) == (1, "watch-1")

        page.locator("[name=end]").click()
        page.keyboard.press("1")
        is_fine(page, "zh-CN")
        dialog.get_by_role("button", name="终止服务").click()
        expect(page.locator(".person")).to_contain_text("服务已终止：去世")
        page.goto(f"{centre.url}/#/admin/residents")
        expect(page.get_by_text("没有符合条件的老人。")).to_be_visible()
        page.get_by_label("服务", exact=True).select_option(label="已终止")
        expect(page.locator(".people")).to_contain_text("王桂珍")


def test_a_bed_is_closed_and_a_couple_shares_a_home_in_english_on_a_phone(
    browser: Browser, centre: Centre, database: Database, places: dict[str, int]
) -> None:
    employ(database, "leader", role=Role.SUPERVISOR)
    with centre.operator("leader") as client:
        bed = {"number": "HS-1", "day": "2025-03-01"}
        body = {"name": "王桂珍", "area": places["东社区"], "address": "12号", "bed": bed}
        made = client.post("/api/residents", json=body).raise_for_status().json()
    with logged_in(browser, centre, "leader") as page:
        page.locator("#language").click()
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        page.goto(f"{centre.url}/#/residents/{made['id']}/kept")
        page.locator("[name=mate]").click()
        dialog = page.get_by_role("dialog")
        dialog.locator("[name=name]").fill("李强")
        is_fine(page, "en")
        dialog.get_by_role("button", name="Save").click()
        expect(page.locator("[data-section=home]")).to_contain_text("李强")
        page.locator("[name=close-bed]").click()
        dialog.get_by_role("button", name="Close", exact=False).last.click()
        expect(page.locator("[data-section=beds]")).to_contain_text("2025-03-01 to")
        is_fine(page, "en")

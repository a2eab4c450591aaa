"""What administrators do on the page of areas and service centres."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from care.people import Role
from records.database import Database
from tests.browsing import PHONE, complaints_of_axe, in_a_browser, logged_in
from tests.centre import Centre, employ
from tests.test_console_looks import untranslated
from tests.test_intake import places as places  # noqa: PLC0414 - a fixture
from tests.test_places import below

pytestmark = in_a_browser


@pytest.fixture
def admin(centre: Centre, database: Database, places: dict[str, int]) -> Any:
    employ(database, "admin", role=Role.ADMINISTRATOR)
    with centre.operator("admin") as client:
        yield client


def west(places: dict[str, int]) -> int:
    return places[f"西社区{places['lake']}"]


def opened(page: Page, centre: Centre, at: int) -> None:
    page.goto(f"{centre.url}/#/admin/places?at={at}")
    expect(page.locator("table.places")).to_be_visible()


def test_areas_are_added_renamed_merged_and_closed_by_keyboard(
    browser: Browser, centre: Centre, admin: Any, places: dict[str, int]
) -> None:
    with logged_in(browser, centre, "admin") as page:
        opened(page, centre, places["lake"])
        expect(page.locator(".way")).to_contain_text("湖东路街道")
        page.get_by_role("button", name="新增区域").focus()
        page.keyboard.press("Enter")
        page.keyboard.type("南社区")
        page.keyboard.press("Enter")
        row = page.locator("tr", has_text="南社区")
        row.get_by_role("button", name="修改").click()
        page.get_by_role("dialog").get_by_label("区划代码").fill("340503001001")
        page.keyboard.press("Enter")
        expect(row).to_contain_text("340503001001")
        page.locator("tr", has_text="东社区").get_by_role("button", name="合并").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("老人 0 位")
        dialog.get_by_role("button", name="合并").click()
        expect(dialog).to_contain_text("请选择同一级别的另一个区域")
        dialog.get_by_label("区域").select_option(str(west(places)))
        dialog.get_by_role("button", name="合并").click()
        expect(page.get_by_text("东社区已合并")).to_be_visible()
        row.get_by_role("button", name="停用").click()
        page.get_by_role("dialog").get_by_role("button", name="停用").click()
        expect(page.get_by_text("南社区已停用")).to_be_visible()
    assert set(below(admin, places["lake"])) == {"西社区", "中心社区"}


def test_a_centre_is_entered_with_the_areas_that_it_serves_and_changed(
    browser: Browser, centre: Centre, admin: Any, places: dict[str, int]
) -> None:
    with logged_in(browser, centre, "admin") as page:
        opened(page, centre, places["lake"])
        page.get_by_role("button", name="新增服务站").click()
        dialog = page.get_by_role("dialog")
        dialog.locator("[name=name]").fill("湖东站")
        dialog.locator("[name=phone]").fill("12")
        dialog.locator("[name=serves]").select_option(str(west(places)))
        dialog.get_by_role("button", name="加入服务范围").click()
        expect(dialog.locator("li")).to_contain_text("西社区")
        assert complaints_of_axe(page) == []
        dialog.get_by_role("button", name="保存").click()
        expect(dialog).to_contain_text("请填 11 位手机号")
        dialog.locator("[name=phone]").fill("13800000001")
        dialog.get_by_role("button", name="保存").click()
        row = page.locator("table.centres tr", has_text="湖东站")
        expect(row).to_contain_text("西社区")
        row.get_by_role("button", name="修改").click()
        dialog.get_by_role("button", name="移出服务范围：西社区").click()
        dialog.get_by_role("button", name="保存").click()
        expect(row).to_contain_text("所在区域")
    assert [(one["name"], one["serves"]) for one in admin.get("/api/centres").json()["centres"]] == [("湖东站", [])]


@pytest.mark.usefixtures("admin")
@pytest.mark.parametrize("size", [(1366, 768), PHONE])
def test_the_page_of_places_is_for_everybody(
    browser: Browser, centre: Centre, admin: Any, places: dict[str, int], size: tuple[int, int]
) -> None:
    made = {"area": places["lake"], "name": "湖东站", "address": "湖东路 1 号", "phone": "13800000001"}
    admin.post("/api/centres", json=made | {"serves": [west(places)]}).raise_for_status()
    with logged_in(browser, centre, "admin") as page:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        for language in ("zh-CN", "en"):
            opened(page, centre, places["lake"])
            expect(page.locator("table.centres")).to_be_visible()
            assert complaints_of_axe(page) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert [text for text in untranslated(page, language) if "admin" not in text] == []
            page.locator("#theme").click()
            assert complaints_of_axe(page) == []
            page.locator("#theme").click()
            page.locator("#language").click()

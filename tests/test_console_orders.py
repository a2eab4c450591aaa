"""Orders of services in the console: the station's work list by keyboard, and ordering on the family's call."""

import re
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from care.notices import LOCAL
from care.orders import Service, Window
from care.people import Role
from records.database import Database
from records.login import accounts
from records.people import contacts
from records.people.contacts import Entry
from records.services import ordering
from records.services.ordering import Wanted, Who
from tests.browsing import DESKTOP, PHONE, at_work, complaints_of_axe, in_a_browser
from tests.centre import PASSWORD, Centre, id_of
from tests.people import Wearer, give
from tests.test_console_looks import untranslated

pytestmark = [*in_a_browser, pytest.mark.usefixtures("staff")]

HOUR = timedelta(hours=1)


@pytest.fixture
def wang_id(database: Database, wang: Wearer) -> UUID:
    """Somebody with a daughter."""
    resident = id_of(database, wang.name)
    with database.transaction() as conn:
        contacts.add(conn, resident, Entry("李娜", "女儿", "+8613855512345"))
    return resident


@pytest.fixture
def ordered(database: Database, wang_id: UUID) -> None:
    """A bath whose time has passed, a meal that nobody has accepted yet, and a cleaning every week."""
    now = datetime.now(UTC)
    midnight = datetime.combine(now.astimezone(LOCAL).date() + timedelta(days=1), time(), LOCAL)
    soon = min(now + HOUR, midnight.astimezone(UTC) - timedelta(seconds=1))
    give(database, "李建国", "bed-9")
    with database.transaction() as conn:
        me = Who(accounts.create_account(conn, "王芳", PASSWORD, Role.FAMILY))
        for service, start, weeks, wish, resident in (
            (Service.BATH, now - 3 * HOUR, 1, "", id_of(database, "李建国")),
            (Service.MEAL, soon, 1, "少盐，门禁 2580", wang_id),
            (Service.CLEANING, now + 30 * HOUR, 4, "", wang_id),
        ):
            window = Window(start, start + 2 * HOUR)
            ordering.place(conn, Wanted(resident, service, window, wish, weeks), me, min(now, start) - HOUR)


def rows_of(page: Page, centre: Centre, tab: str, count: int) -> None:
    page.goto(f"{centre.url}/#/orders")
    page.locator(".segments button").filter(has_text=tab).click()
    expect(page.locator(".order-list tbody tr")).to_have_count(count)


@pytest.mark.usefixtures("ordered")
def test_what_is_overdue_stands_first_and_is_done_in_four_keys(browser: Browser, centre: Centre) -> None:
    with at_work(browser, centre) as page:
        page.keyboard.press("g")
        page.keyboard.press("o")
        rows = page.locator(".order-list tbody tr")
        expect(rows).to_have_count(2)
        expect(rows.nth(0)).to_contain_text("助浴")
        expect(rows.nth(0)).to_contain_text("逾期 3 小时")
        expect(rows.nth(1)).to_contain_text("少盐，门禁 2580 · 王芳 下单")
        page.keyboard.press("ArrowDown")
        for key, state in (("1", "已接单"), ("3", "已完成")):
            page.keyboard.press("Enter")
            expect(page.locator("[data-dialog=progress] [type=radio]:checked")).to_be_focused()
            page.keyboard.press(key)
            expect(page.get_by_text(f"李建国的助浴：{state}。")).to_be_visible()
        expect(rows).to_have_count(1)


@pytest.mark.usefixtures("ordered")
def test_what_cannot_be_done_needs_a_reason_and_weeks_are_called_off_together(browser: Browser, centre: Centre) -> None:
    with at_work(browser, centre) as page:
        rows_of(page, centre, "以后", 4)
        page.locator(".row-step").nth(1).click()
        page.keyboard.press("6")
        page.locator("[data-dialog=progress] [name=rest]").check()
        page.get_by_role("button", name="保存").click()
        expect(page.locator("[data-dialog=progress]")).to_be_visible()  # the browser asks for the reason
        page.get_by_label("原因（家属可见）").fill("搬去女儿家")
        page.get_by_role("button", name="保存").click()
        expect(page.locator(".order-list tbody tr")).to_have_count(1)
        rows_of(page, centre, "已结束", 3)
        expect(page.locator(".order-list tbody tr").first).to_contain_text("搬去女儿家")


def test_on_the_daughters_call_a_meal_is_ordered_and_followed(browser: Browser, centre: Centre, wang_id: UUID) -> None:
    with at_work(browser, centre) as page:
        page.goto(f"{centre.url}/#/residents/{wang_id}/care")
        section = page.locator("[data-section=orders]")
        expect(section).to_contain_text("没有预约。")
        page.locator("[name=new-order]").click()
        dialog = page.locator("[data-dialog=order]")
        dialog.locator("[value=other]").check()
        dialog.get_by_label("需要什么服务").fill("理发")
        dialog.get_by_label("日期").select_option(index=2)
        dialog.get_by_label("时段").select_option("afternoon")
        dialog.get_by_label("为哪位家属下单（会收到进展）").select_option(label="女儿 李娜")
        dialog.get_by_role("button", name="下单").click()
        expect(section).to_contain_text("已下单，服务站可见。")
        row = section.locator("[data-order]")
        expect(row).to_contain_text(re.compile(r"其他 \d\d-\d\d 周. 13:00–17:00 待接单.*理发 · 李敏 下单 · 为李娜下单"))
        row.get_by_role("button", name="登记进展").click()
        page.get_by_label("谁上门（家属可见）").fill("陈师傅")
        page.get_by_role("button", name="保存").click()
        expect(row).to_contain_text("上门：陈师傅")


@pytest.mark.usefixtures("ordered")
@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_the_work_list_is_for_everybody(browser: Browser, centre: Centre, size: tuple[int, int]) -> None:
    with at_work(browser, centre, size=size) as page:
        for language in ("zh-CN", "en"):
            page.goto(f"{centre.url}/#/orders")
            expect(page.locator(".order-list tbody tr")).to_have_count(2)
            for dialog in (False, True):
                if dialog:
                    page.locator(".row-step").first.click()
                    expect(page.locator("[data-dialog=progress] [type=radio]:checked")).to_be_focused()
                for _ in range(2):
                    assert complaints_of_axe(page) == [], language
                    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
                    own = re.compile("李建国|王芳|少盐，门禁|[当花雨博含和]\\w{0,2}[区县]")
                    said = [own.sub("", text) for text in untranslated(page, language)]
                    other = re.compile("[\u4e00-\u9fff]" if language == "en" else "[A-Za-z]{2,}")
                    assert [text for text in said if other.search(text)] == []
                    page.evaluate("document.documentElement.dataset.theme = 'dark'")
                page.evaluate("delete document.documentElement.dataset.theme")
            page.keyboard.press("Escape")
            page.locator("#language").click()

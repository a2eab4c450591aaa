"""What administrators and auditors do on the pages of the console."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from care.people import Role
from records.database import Database
from records.login import accounts
from tests.browsing import PHONE, complaints_of_axe, in_a_browser, logged_in
from tests.centre import PASSWORD, Centre, employ, id_of, open_centre
from tests.people import give
from tests.test_console_looks import untranslated

pytestmark = in_a_browser


def test_the_first_administrator_chooses_a_password_and_is_in(
    browser: Browser, database_url: str, database: Database
) -> None:
    with database.transaction() as conn:
        one_time = accounts.ensure_first_administrator(conn)
    assert one_time is not None
    with open_centre(database_url) as centre:
        page = browser.new_page()
        page.goto(centre.url)
        page.get_by_label("用户名").fill("admin")
        page.get_by_label("密码").fill(one_time)
        page.get_by_role("button", name="登录").click()
        page.get_by_label("当前密码").fill(one_time)
        page.get_by_label("新密码").fill("short")
        page.get_by_role("button", name="保存并继续").click()
        expect(page.get_by_text("未能保存")).to_be_visible()
        page.get_by_label("新密码").fill(PASSWORD)
        page.get_by_role("button", name="保存并继续").click()
        expect(page.get_by_text("没有未办结的告警")).to_be_visible()
        page.close()


@pytest.fixture
def admin(database: Database) -> None:
    """An administrator, a family's account, and a care bed."""
    employ(database, "admin", role=Role.ADMINISTRATOR)
    employ(database, "wangfang", role=Role.FAMILY)
    give(database, "王桂珍", "bed-1")
    with database.transaction() as conn:
        conn.execute(
            "INSERT INTO care_bed (id, resident_id, number, set_up) VALUES (gen_random_uuid(), %s, 'HS-1', now())",
            (id_of(database, "王桂珍"),),
        )


def is_fine(page: Page, language: str) -> None:
    assert complaints_of_axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [text for text in untranslated(page, language) if not re.search("admin|wangfang|HS|AUTH", text, re.I)] == []


@pytest.mark.usefixtures("admin")
def test_an_administrator_adds_an_account_by_keyboard_and_closes_it(browser: Browser, centre: Centre) -> None:
    with logged_in(browser, centre, "admin") as page:
        page.keyboard.press("g")
        page.keyboard.press("a")
        expect(page.get_by_role("heading", name="账号")).to_be_visible()
        page.get_by_role("button", name="新增账号").focus()
        page.keyboard.press("Enter")
        page.keyboard.type("lin")
        page.keyboard.press("Enter")
        secret = page.get_by_role("dialog").locator("[name=secret]")
        expect(secret).to_have_value(re.compile(".{12}"))
        page.keyboard.press("Escape")
        row = page.locator("[data-row=lin]")
        expect(row).to_contain_text("坐席")
        row.get_by_role("button", name="停用").click()
        page.get_by_role("dialog").get_by_role("button", name="停用").click()
        expect(row).to_contain_text("已停用")
        row.get_by_role("button", name="启用").click()
        expect(row).to_contain_text("待设置密码")
        row.get_by_role("button", name="修改").click()
        page.get_by_label("角色").last.select_option("supervisor")
        page.get_by_role("button", name="保存").click()
        expect(row).to_contain_text("值班长")


@pytest.mark.usefixtures("admin")
def test_a_resident_is_entrusted_to_a_family_and_the_log_says_so(browser: Browser, centre: Centre) -> None:
    with logged_in(browser, centre, "admin") as page:
        page.goto(f"{centre.url}/#/accounts")
        page.locator("[data-row=wangfang]").get_by_role("button", name="关联").click()
        page.get_by_label("照护床位号").fill("HS-9")
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_contain_text("没有这个在用的照护床位")
        page.get_by_label("照护床位号").fill("HS-1")
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog").locator("li")).to_contain_text("王**")
        assert complaints_of_axe(page) == []
        page.keyboard.press("Escape")
        page.goto(f"{centre.url}/#/audit")
        line = page.locator("tr", has_text="wangfang").first
        expect(line).to_contain_text("关联老人")
        line.get_by_role("button", name="王**").click()
        expect(page.get_by_text("只显示与 王** 有关的记录")).to_be_visible()
        expect(page.locator(".log tbody tr")).to_have_count(1)


@pytest.mark.usefixtures("admin")
def test_a_token_is_shown_once_and_revoked(browser: Browser, centre: Centre) -> None:
    with logged_in(browser, centre, "admin") as page:
        page.goto(f"{centre.url}/#/account/tokens")
        page.get_by_label("名称").fill("province")
        page.get_by_role("button", name="生成令牌").click()
        expect(page.get_by_text("请至少选择一项权限")).to_be_visible()
        page.get_by_label("查看老人").check()
        page.get_by_role("button", name="生成令牌").click()
        secret = page.get_by_role("dialog").locator("[name=secret]").input_value()
        ask = "token => fetch('/api/residents', {headers: {authorization: `Bearer ${token}`}}).then(it => it.status)"
        assert page.evaluate(ask, secret) == 200
        page.keyboard.press("Escape")
        expect(page.locator("[name=secret]")).to_have_count(0)
        assert secret not in page.content()
        page.get_by_role("button", name="吊销").click()
        page.get_by_role("dialog").get_by_role("button", name="吊销").click()
        expect(page.get_by_text("还没有令牌")).to_be_visible()
        assert page.evaluate(ask, secret) == 401


@pytest.mark.usefixtures("admin")
@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), PHONE])
def test_the_pages_of_administrators_are_for_everybody(browser: Browser, centre: Centre, size: tuple[int, int]) -> None:
    with logged_in(browser, centre, "admin") as page:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        for language in ("zh-CN", "en"):
            for address in ("accounts", "audit", "account/tokens"):
                page.goto(f"{centre.url}/#/{address}")
                expect(page.locator("main h1")).to_be_visible()
                page.wait_for_load_state("networkidle")
                is_fine(page, language)
                page.locator("#theme").click()
                assert complaints_of_axe(page) == [], (address, language)
                page.locator("#theme").click()
            page.locator("#language").click()

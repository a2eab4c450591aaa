"""The second step of a login in a browser: set up from the QR code's text, asked for at the next login, and lost."""

import re

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from care.people import Role
from records.database import Database
from tests.browsing import PHONE, complaints_of_axe, in_a_browser, logged_in
from tests.centre import PASSWORD, Centre, employ, open_centre
from tests.test_console_looks import untranslated
from tests.test_second_step import enrol

pytestmark = in_a_browser


def is_fine(page: Page, language: str) -> None:
    assert complaints_of_axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    own = r"admin|AUTH|Authenticator|FreeOTP|Ankang|\b[A-Z2-7]{4}\b|\w{5}-\w{5}-\w{5}|HeadlessChrome|Chrome|Linux"
    assert [text for text in untranslated(page, language) if not re.search(own, text)] == []


def type_password(page: Page) -> None:
    page.get_by_label("用户名").fill("admin")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()


def test_an_administrator_sets_it_up_and_logs_in_with_a_code(
    browser: Browser, centre: Centre, database: Database
) -> None:
    employ(database, "admin", role=Role.ADMINISTRATOR)
    with logged_in(browser, centre, "admin") as page:
        page.goto(f"{centre.url}/#/account")
        page.get_by_role("button", name="启用两步验证").click()
        section = page.locator(".second-step")
        section.get_by_label("当前密码").fill("not-this-one")
        page.keyboard.press("Enter")
        expect(section).to_contain_text("密码不对")
        section.get_by_label("当前密码").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(section.locator(".qr svg")).to_be_visible()
        is_fine(page, "zh-CN")
        totp = pyotp.TOTP(section.locator("code.long").inner_text().replace(" ", ""))
        section.get_by_label("6 位验证码").fill("000000")
        page.keyboard.press("Enter")
        expect(section).to_contain_text("验证码不对")
        used = totp.now()
        section.get_by_label("6 位验证码").fill(used)
        page.keyboard.press("Enter")
        expect(section.locator(".recovery li")).to_have_count(8)
        is_fine(page, "zh-CN")
        recovery = section.locator(".recovery code").all_inner_texts()
        section.get_by_role("button", name="已保存").click()
        expect(section).to_contain_text("剩余恢复码 8 个")
        expect(page.locator("html")).to_have_attribute("data-link", "live")
        page.get_by_role("button", name="退出登录").click()
        type_password(page)
        expect(page.get_by_role("heading", name="输入验证码")).to_be_visible()
        is_fine(page, "zh-CN")
        page.get_by_label("验证码或恢复码").fill(used)
        page.keyboard.press("Enter")
        expect(page.get_by_text("验证码不对或已用过")).to_be_visible()
        page.get_by_label("验证码或恢复码").fill(recovery[0])
        page.keyboard.press("Enter")
        expect(section).to_contain_text("剩余恢复码 7 个")
        section.get_by_role("button", name="关闭两步验证").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("当前密码").fill(PASSWORD)
        dialog.get_by_label("验证码或恢复码").fill(recovery[1])
        is_fine(page, "zh-CN")
        page.keyboard.press("Enter")
        expect(section).to_contain_text("未启用")
        page.goto(f"{centre.url}/#/audit")
        expect(page.locator("tr", has_text="关闭两步验证")).to_have_count(1)


def test_where_it_is_required_the_first_page_sets_it_up_on_a_phone_and_in_english_too(
    browser: Browser, database: Database
) -> None:
    employ(database, "admin", role=Role.ADMINISTRATOR)
    with open_centre(database.url, codes_for_administrators=True) as centre:
        page = browser.new_page(viewport={"width": PHONE[0], "height": PHONE[1]})
        page.goto(centre.url)
        type_password(page)
        page.locator("#language").click()
        expect(page.get_by_role("heading", name="Second step of your login")).to_be_visible()
        is_fine(page, "en")
        page.get_by_label("Current password").fill(PASSWORD)
        page.keyboard.press("Enter")
        totp = pyotp.TOTP(page.locator("code.long").inner_text().replace(" ", ""))
        is_fine(page, "en")
        page.get_by_label("The 6 digits").fill(totp.now())
        page.keyboard.press("Enter")
        expect(page.locator(".recovery li")).to_have_count(8)
        is_fine(page, "en")
        page.get_by_role("button", name="I have kept them").click()
        expect(page.get_by_role("heading", name="Open alerts")).to_be_visible()
        page.close()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_another_administrator_turns_it_off_where_everything_is_lost(
    browser: Browser, centre: Centre, database: Database, language: str
) -> None:
    employ(database, "admin", "boss", role=Role.ADMINISTRATOR)
    with centre.operator("admin") as client:
        enrol(client)
    with logged_in(browser, centre, "boss") as page:
        if language == "en":
            page.locator("#language").click()
        page.goto(f"{centre.url}/#/accounts")
        row = page.locator("[data-row=admin]")
        row.get_by_role("button", name=re.compile("两步验证|Second step")).click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        assert complaints_of_axe(page) == []
        dialog.get_by_role("button", name=re.compile("两步验证|Second step")).click()
        expect(row.get_by_role("button", name=re.compile("两步验证|Second step"))).to_have_count(0)

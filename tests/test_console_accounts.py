"""What administrators and auditors do on the pages of the console."""

from playwright.sync_api import Browser, expect

from records import accounts
from records.database import Database
from tests.browsing import in_a_browser
from tests.centre import PASSWORD, open_centre

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

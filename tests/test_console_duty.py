"""The page of the roster: who is on duty and when nobody is; entered, swapped, struck off, handed over, signed for."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from care.escalation import Whom
from care.people import Role
from records.database import Database
from records.login import accounts
from records.people import areas
from records.telling import duty
from tests.browsing import PHONE, complaints_of_axe, in_a_browser, logged_in
from tests.centre import PASSWORD, Centre, employ
from tests.test_console_looks import untranslated
from tests.test_console_steps import press

pytestmark = in_a_browser
HOUR = timedelta(hours=1)
NAMES = re.compile("boss|李敏|张强|赵站长|花山区|当涂县|含山县|和县|雨山区|博望区|王家门锁")


@pytest.fixture(autouse=True)
def _people(database: Database) -> None:
    """A supervisor, two operators, and the head of a station in 花山区."""
    employ(database, "boss", role=Role.SUPERVISOR)
    employ(database, "李敏", "张强")
    with database.transaction() as conn:
        county = areas.id_of_code(conn, "340503")
        accounts.create_account(conn, "赵站长", PASSWORD, Role.STATION_WORKER, area_id=county)


def on_the_seat(database: Database, name: str, starts: datetime, hours: int = 8) -> None:
    """A shift for everywhere."""
    with database.transaction() as conn:
        row = conn.execute("SELECT id FROM account WHERE username = %s", (name,)).fetchone()
        assert row is not None
        duty.add(conn, row[0], Whom.SEAT, None, starts, hours * HOUR)


def open_page(page: Page) -> None:
    """By keyboard."""
    press(page, "g", "s")
    expect(page.locator("main[data-page=duty] h1")).to_be_visible()
    expect(page.locator("[data-level]")).to_have_count(5)


def test_an_empty_roster_says_that_nobody_is_on_duty(browser: Browser, centre: Centre) -> None:
    with logged_in(browser, centre, "李敏") as page:
        open_page(page)
        seat = page.locator("[data-level=seat]")
        expect(seat).to_contain_text("当天没有排班")
        expect(page.get_by_text("还没有值班记录")).to_be_visible()
        expect(page.get_by_role("button", name="排班")).to_have_count(0)


def test_a_supervisor_puts_somebody_on_duty_swaps_and_strikes_off(browser: Browser, centre: Centre) -> None:
    with logged_in(browser, centre, "boss") as page:
        open_page(page)
        page.get_by_role("button", name="排班").click()
        dialog = page.locator("dialog[data-dialog=duty]")
        expect(dialog).to_be_visible()
        expect(dialog.locator("datalist option")).to_have_count(4)
        assert complaints_of_axe(page) == []
        dialog.locator("[name=username]").fill("nobody")
        press(page, "Enter")
        expect(dialog.locator(".problem")).to_contain_text("没有这个可用的账号")
        dialog.locator("[name=username]").fill("李敏")
        dialog.locator("[name=ends]").fill("2020-01-01T08:00")
        press(page, "Enter")
        expect(dialog.locator(".problem")).to_contain_text("结束：须晚于开始")
        dialog.locator("[name=ends]").fill(local(datetime.now(UTC) + 6 * HOUR))
        press(page, "Enter")
        expect(dialog).to_have_count(0)
        seat = page.locator("[data-level=seat]")
        expect(seat.locator("h2")).to_contain_text("李敏")
        expect(seat.locator("li")).to_contain_text("全域")
        seat.get_by_role("button", name="换班").click()
        expect(dialog).to_be_visible()
        dialog.locator("[name=username]").fill("张强")
        press(page, "Enter")
        expect(seat.locator("h2")).to_contain_text("张强")
        seat.get_by_role("button", name="撤销").last.click()
        page.get_by_role("dialog").get_by_role("button", name="撤销").click()
        expect(seat.locator("h2")).to_contain_text("现在无人当班")
        expect(seat.locator(".gap-words").last).to_contain_text("无人当班")
        kinds = page.locator("table.listed tbody tr td:nth-child(2)")
        expect(kinds).to_have_text(["撤销", "换班", "排班"])


def local(time: datetime) -> str:
    """What a field for a local time holds."""
    return (time + 8 * HOUR).strftime("%Y-%m-%dT%H:%M")


def test_a_shift_is_handed_over_with_a_note_and_signed_for(
    browser: Browser, centre: Centre, database: Database
) -> None:
    now = datetime.now(UTC)
    on_the_seat(database, "李敏", now - HOUR)
    on_the_seat(database, "张强", now + 6 * HOUR)
    with logged_in(browser, centre, "李敏") as hers, logged_in(browser, centre, "张强") as his:
        open_page(hers)
        hers.get_by_role("button", name="交接班").click()
        dialog = hers.locator("dialog[data-dialog=duty]")
        expect(dialog).to_be_visible()
        dialog.locator("[name=username]").fill("张强")
        dialog.locator("[name=note]").fill("王家门锁坏了，邻居有钥匙")
        dialog.get_by_role("button", name="交接班").click()
        expect(dialog).to_have_count(0)
        expect(hers.locator("[data-level=seat] h2")).to_contain_text("张强")
        open_page(his)
        handed = his.locator(".handed")
        expect(handed).to_contain_text("李敏")
        expect(handed).to_contain_text("王家门锁坏了，邻居有钥匙")
        assert complaints_of_axe(his) == []
        handed.get_by_role("button").click()
        expect(handed).to_have_count(0)
        expect(his.locator("table.listed tbody tr").first).to_contain_text("接班签收")


def test_the_page_is_for_everybody_and_an_area_has_its_own_roster(
    browser: Browser, centre: Centre, database: Database
) -> None:
    now = datetime.now(UTC)
    on_the_seat(database, "李敏", now - HOUR)
    with database.transaction() as conn:
        head = accounts.account_by_name(conn, "赵站长")
        county = areas.id_of_code(conn, "340503")
        assert head is not None
        duty.add(conn, head[0].id, Whom.STATION, county, now - HOUR, 2 * HOUR)
    with logged_in(browser, centre, "boss") as page:
        open_page(page)
        expect(page.locator("[data-level=station]")).to_contain_text("当天没有排班")
        page.locator("select.area").select_option(str(county))
        expect(page.locator("[data-level=station] h2")).to_contain_text("赵站长")
        expect(page.locator("[data-level=seat] h2")).to_contain_text("李敏")  # whoever is there for everywhere
        for language in ("zh-CN", "en"):
            if language == "en":
                page.locator("#language").click()
            assert [text for text in untranslated(page, language) if not NAMES.search(text)] == []
            assert complaints_of_axe(page) == []
            page.locator("#theme").click()
            assert complaints_of_axe(page) == []
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

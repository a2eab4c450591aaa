"""The work list of the day's check-ins: who is late, tried, missed; a result is entered by keyboard in seconds."""

import re
from datetime import UTC, datetime, time, timedelta

import pytest
from playwright.sync_api import Browser, expect

from alerts import checkins as engine
from care.checkins import Schedule
from records.database import Database
from records.rounds import checkin_plans
from tests.browsing import DESKTOP, PHONE, at_work, complaints_of_axe, in_a_browser
from tests.centre import Centre, id_of
from tests.people import give
from tests.test_console_looks import untranslated

pytestmark = [*in_a_browser, pytest.mark.usefixtures("staff")]

HOUR = timedelta(hours=1)


@pytest.fixture
def late(database: Database) -> datetime:
    """Two people: of one nobody knows, the other is only late. Whatever the hour is: midnight hides neither."""
    now = datetime.now(UTC)
    for number, (name, hours, grace) in enumerate((("李建国", 3, 4), ("王桂珍", 2, 0))):
        give(database, name, f"bed-{number}")
        opened = (now - hours * HOUR).replace(second=0, microsecond=0)
        with database.transaction() as conn:
            daily = Schedule.at(time(opened.hour, opened.minute), zone="UTC")
            checkin_plans.make_plan(conn, id_of(database, name), daily, HOUR, opened, grace=grace * HOUR)
    with database.transaction() as conn:
        engine.sweep(conn, now)
    return now


@pytest.mark.usefixtures("late")
def test_who_is_missed_stands_first_and_a_result_takes_three_keys(
    browser: Browser, centre: Centre, database: Database
) -> None:
    with at_work(browser, centre) as page:
        page.keyboard.press("g")
        page.keyboard.press("c")
        rows = page.locator(".checkin-list tbody tr")
        expect(rows).to_have_count(2)
        expect(rows.nth(0)).to_contain_text("王桂珍")
        expect(rows.nth(0)).to_contain_text("未签到")
        expect(rows.nth(0).get_by_role("link", name="查看告警")).to_be_visible()
        expect(rows.nth(1)).to_contain_text("已超时")
        page.keyboard.press("ArrowDown")
        expect(rows.nth(0).get_by_role("button")).to_be_focused()
        page.keyboard.press("ArrowDown")
        expect(rows.nth(1).get_by_role("button")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("[data-dialog=visit] [type=radio]:checked")).to_be_focused()
        page.keyboard.press("5")
        expect(page.get_by_text("李建国：已登记：未能联系上，不计入探访。")).to_be_visible()
        expect(rows.nth(1)).to_contain_text("人工联系 1 次未果")
        expect(rows.nth(1).get_by_role("button")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("[data-dialog=visit] [type=radio]:checked")).to_be_focused()
        page.keyboard.press("4")
        expect(page.get_by_text("李建国：已登记，计入探访。")).to_be_visible()
        with database.transaction() as conn:
            engine.sweep(conn, datetime.now(UTC))
        expect(rows).to_have_count(1)
        expect(rows.first).to_contain_text("王桂珍")


@pytest.mark.usefixtures("late")
def test_what_a_neighbour_says_is_kept_and_ends_the_asking(
    browser: Browser, centre: Centre, database: Database
) -> None:
    with at_work(browser, centre) as page:
        page.goto(f"{centre.url}/#/checkins")
        page.get_by_role("button", name="登记结果 王桂珍").click()
        expect(page.locator("[data-dialog=visit] [type=radio]:checked")).to_be_focused()
        page.keyboard.press("6")
        note = page.locator("[data-dialog=visit] [name=note]")
        expect(page.locator("[data-dialog=visit] [name=kind]")).to_have_count(0)
        note.fill("邻居周强十点见到")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text("王桂珍：已登记平安。")).to_be_visible()
        with database.transaction() as conn:
            engine.sweep(conn, datetime.now(UTC))
            met = conn.execute("SELECT evidence->>'by' FROM check_in WHERE state = 'done'").fetchall()
        assert met == [("care_circle",)]


def test_where_nobody_is_late_the_page_says_so(browser: Browser, centre: Centre) -> None:
    with at_work(browser, centre) as page:
        page.goto(f"{centre.url}/#/checkins")
        expect(page.get_by_text("没有需要处理的签到。")).to_be_visible()


@pytest.mark.usefixtures("late")
@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_the_page_is_for_everybody(browser: Browser, centre: Centre, size: tuple[int, int]) -> None:
    with at_work(browser, centre, size=size) as page:
        for language in ("zh-CN", "en"):
            page.goto(f"{centre.url}/#/checkins")
            expect(page.locator(".checkin-list tbody tr")).to_have_count(2)
            for _ in range(2):
                assert complaints_of_axe(page) == [], language
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
                said = [
                    re.sub(r"李建国|[当花雨博含和]\w{0,2}[区县]", "", text) for text in untranslated(page, language)
                ]
                other = re.compile("[\u4e00-\u9fff]" if language == "en" else "[A-Za-z]{2,}")
                assert [text for text in said if other.search(text)] == []
                page.locator("#theme").click()
            page.locator("#language").click()

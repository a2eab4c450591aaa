"""The page in a real Chromium, as the people at the command centre use it."""

import re
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from care.devices import DeviceKind
from launch.ports import free_port
from records.database import Database
from records.readings.observations import Row
from tests.browsing import DESKTOP, PHONE, at_work, in_a_browser, rings, start_shift
from tests.centre import Centre, changes, furnish, id_of, observe, open_centre, ring
from tests.people import Wearer, give

pytestmark = [*in_a_browser, pytest.mark.usefixtures("staff")]


def test_a_fall_rings_is_answered_and_closed(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    with at_work(browser, centre) as page:
        expect(page.get_by_text("没有未办结的告警")).to_be_visible()
        start_shift(page)
        rings(page, "no")
        ring(database, wang)
        rings(page, "yes")
        row = page.locator("article.alert")
        expect(row).to_contain_text("跌倒")
        expect(row).to_contain_text("王桂珍")
        expect(row).to_contain_text("紧急")
        expect(row).to_contain_text("待受理")
        expect(page).to_have_title("(1) 跌倒 · 安康")
        row.get_by_role("button", name="受理").click()
        rings(page, "no")
        expect(row).to_contain_text("已受理")
        expect(row).to_contain_text("李敏")
        row.get_by_role("button", name="办结").click()
        page.get_by_label("已提供帮助").check()
        page.get_by_label("备注").fill("已扶起，无外伤")
        page.get_by_role("dialog").get_by_role("button", name="办结").click()
        expect(row).to_have_count(0)
        expect(page.locator(".recent")).to_contain_text("李敏：已扶起，无外伤")


def test_an_alert_is_worked_off_by_keyboard_alone(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    with at_work(browser, centre) as page:
        ring(database, wang, "sos")
        row = page.locator("article.alert")
        expect(row).to_contain_text("紧急呼叫")
        page.keyboard.press("a")
        expect(row).to_contain_text("已受理")
        page.keyboard.press("c")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Enter")  # without an outcome nothing is closed
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        expect(row).to_have_count(0)
        expect(page.locator(".recent")).to_contain_text("已提供帮助")


def test_before_the_shift_begins_the_page_says_in_red_that_it_cannot_ring(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    with at_work(browser, centre) as page:
        expect(page.get_by_text("声音未开启")).to_be_visible()
        ring(database, wang)
        rings(page, "blocked")
        start_shift(page)
        rings(page, "yes")


def test_whoever_comes_second_sees_who_has_it(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    fall = ring(database, wang)
    with at_work(browser, centre, "张强") as page, centre.operator("李敏") as her:
        expect(page.locator("article.alert")).to_contain_text("待受理")
        # His page has not heard of it yet when he presses.
        page.route("**/answer", lambda route: (her.post(f"/api/alerts/{fall}/answer"), route.continue_())[1])
        page.get_by_role("button", name="受理").click()
        expect(page.locator(".notice")).to_contain_text("李敏")
        expect(page.locator("article.alert")).to_contain_text("已受理")


def test_marks_tell_a_drill_a_late_alarm_and_repeats_apart(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    li = give(database, "李建国", "watch-2", DeviceKind.WEARABLE)
    for _ in range(3):
        ring(database, wang, drill=True)
    ring(database, li, "strap_cut", at=datetime.now(UTC) - timedelta(hours=3), delayed=True)
    with at_work(browser, centre) as page:
        rows = page.locator("article.alert")
        expect(rows).to_have_count(2)
        expect(rows.nth(0)).to_contain_text("演练")
        expect(rows.nth(0)).to_contain_text("重复次数 3")
        expect(rows.nth(1)).to_contain_text("迟到")
        expect(rows.nth(1)).to_contain_text("重要")


def test_the_language_changes_without_a_reload(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    ring(database, wang)
    with at_work(browser, centre) as page:
        page.evaluate("window.neverReloaded = true")
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("heading", name="Open alerts")).to_be_visible()
        expect(page.locator("article.alert")).to_contain_text("Fall")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        assert page.evaluate("window.neverReloaded") is True
        page.get_by_role("button", name="简体中文").click()
        expect(page.locator("article.alert")).to_contain_text("跌倒")


def a_day(database: Database, name: str, midnight: datetime) -> None:
    """A night in bed, breakfast in the kitchen, out once; the bed fell silent from nine to eleven."""
    home = furnish(database, name, since=midnight - timedelta(days=2))
    up, quiet, back, end = (midnight + timedelta(hours=hours) for hours in (7, 9, 11, 24))
    bed = [
        Row(home.bed.device_id, at, {"in_bed": int(at < up), "heart_rate": 58.0 + n % 7} if at < up else {"in_bed": 0})
        for n, at in ((n, midnight + timedelta(seconds=10 * n)) for n in range(8640))
        if not quiet <= at < back and at < end
    ]
    kitchen = changes(home.rooms[1], "motion", (up + timedelta(minutes=5), 1), (up + timedelta(minutes=40), 0))
    door = changes(home.door, "door_open", (back, 1), (back + timedelta(minutes=1), 0))
    observe(database, [*bed, *kitchen, *door])


def test_a_day_is_drawn_with_its_gaps(browser: Browser, centre: Centre, database: Database) -> None:
    yesterday = (datetime.now(UTC) + timedelta(hours=8)).date() - timedelta(days=1)
    a_day(database, "王桂珍", datetime(yesterday.year, yesterday.month, yesterday.day, tzinfo=UTC) - timedelta(hours=8))
    with at_work(browser, centre) as page:
        page.get_by_role("link", name="老人").click()
        page.get_by_role("searchbox").fill("wgz")
        page.get_by_role("link", name="王桂珍").click()
        expect(page.get_by_role("heading", name="王桂珍")).to_be_visible()
        page.get_by_role("link", name="前一天").click()
        chart = page.get_by_role("img", name=re.compile("王桂珍"))
        expect(chart.locator("g.row")).to_have_count(4)
        bed = chart.locator('g.row[data-metric="in_bed"]')
        expect(bed.locator("rect.on")).to_have_count(1)
        share = _width(bed, "rect.on") / (_width(bed, "rect.known") + _width(bed, "rect.unknown"))
        assert abs(share - 7 / 24) < 0.01
        expect(bed.locator("rect.unknown")).to_have_count(1)
        expect(chart.locator("path.average")).to_have_count(1)
        expect(page.locator(".readout")).to_contain_text("在床共 7 小时 0 分")
        page.get_by_text("以表格查看").click()
        expect(page.get_by_role("row", name="00:00:00 07:00:00")).to_contain_text("卧室")
        shared = page.url
        assert f"day={yesterday}" in shared
        page.goto(shared)
        expect(page.get_by_role("img", name=re.compile("王桂珍"))).to_be_visible()
        expect(page.locator(".devices")).to_contain_text("acme/bed-01")


def _width(row: "object", selector: str) -> float:
    """The width of all of these together."""
    widths: list[float] = row.locator(selector).evaluate_all("all => all.map(one => one.width.baseVal.value)")  # type: ignore[attr-defined]
    return sum(widths)


def test_a_day_without_anything_is_not_empty_as_if_all_were_well(
    browser: Browser, centre: Centre, database: Database
) -> None:
    furnish(database, "李建国", since=datetime.now(UTC) - timedelta(days=3))
    with at_work(browser, centre) as page:
        page.goto(f"{centre.url}/#/residents/{id_of(database, '李建国')}")
        chart = page.get_by_role("img", name=re.compile("李建国"))
        expect(chart.get_by_text("全天无数据")).to_have_count(4)
        expect(chart.get_by_text("这一天没有心率数据")).to_be_visible()


def test_a_lost_link_is_said_and_what_was_missed_is_caught_up(
    browser: Browser, database_url: str, database: Database, wang: Wearer
) -> None:
    port = free_port()
    with ExitStack() as stays:
        with open_centre(database_url, port=port) as centre:
            page = stays.enter_context(at_work(browser, centre))
            start_shift(page)
        bar = page.locator("#link-bar")
        expect(bar).to_be_visible()
        expect(bar).to_contain_text("连接已断开")
        expect(bar).to_contain_text(re.compile(r"\d\d:\d\d:\d\d"))
        ring(database, wang)
        with open_centre(database_url, port=port):
            expect(page.locator("article.alert")).to_contain_text("跌倒")
            expect(bar).to_be_hidden()
            rings(page, "yes")


def test_whoever_is_logged_out_elsewhere_sees_the_login_again(
    browser: Browser, centre: Centre, database: Database
) -> None:
    with at_work(browser, centre) as page:
        with database.transaction() as conn:
            conn.execute("DELETE FROM session")
        expect(page.get_by_text("登录已过期")).to_be_visible()
        expect(page.get_by_label("用户名")).to_be_visible()


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_nothing_sticks_out_and_no_word_is_missing(
    browser: Browser, centre: Centre, database: Database, wang: Wearer, size: tuple[int, int]
) -> None:
    furnish(database, "王桂珍")
    ring(database, wang)
    with at_work(browser, centre, size=size) as page:
        for language in ("English", "简体中文"):
            page.get_by_role("button", name=language).click()
            for address in ("", "#/residents", f"#/residents/{id_of(database, '王桂珍')}", "#/nowhere"):
                page.goto(f"{centre.url}/{address}")
                expect(page.locator("main > *").first).to_be_visible()
                page.wait_for_load_state("networkidle")
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
                assert odd_words(page) == [], address
        page.goto(f"{centre.url}/#/")
        page.get_by_role("button", name="退出登录").click()
        expect(page.get_by_label("用户名")).to_be_visible()
        assert odd_words(page) == []


def odd_words(page: Page) -> list[str]:
    """What shows where nobody translated a word, or where a value is missing."""
    found: list[str] = re.findall(
        r"\b(?:[a-z]+\.[a-z_]+|false|null|undefined|NaN)\b", page.locator("body").inner_text()
    )
    return found


CLICKS_WHEN_ROWS_MOVE = """() => new MutationObserver((_, watching) => {
    const rows = document.querySelectorAll("article.alert");
    if (rows.length < 2) return;
    watching.disconnect();
    Object.assign(window, {clickedOn: rows[0].innerText, clickedAt: performance.now()});
    rows[0].querySelector("[data-step=answer]").dispatchEvent(new MouseEvent("click", {bubbles: true, detail: 1}));
}).observe(document.querySelector(".queue"), {childList: true, subtree: true})"""
"""A hand that was on its way already: no machine is slow enough to make its click a later one."""


def test_a_click_meant_for_another_row_does_nothing(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    li = give(database, "李建国", "watch-2", DeviceKind.WEARABLE)
    ring(database, li)
    with at_work(browser, centre) as page:
        expect(page.get_by_role("button", name="受理")).to_be_visible()
        page.evaluate(CLICKS_WHEN_ROWS_MOVE)
        ring(database, wang)  # takes the place of the other under the pointer
        page.wait_for_function("() => window.clickedOn")
        assert "王桂珍" in page.evaluate("clickedOn")
        expect(page.locator('article[data-phase="raised"]')).to_have_count(2)  # an answer shows at once
        page.wait_for_function("() => performance.now() - clickedAt > 500")  # the rows have stood still for long enough
        page.get_by_role("button", name="受理").first.click()
        expect(page.locator('article[data-phase="answered"]')).to_contain_text("王桂珍")

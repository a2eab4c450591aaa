"""The page of the figures: against their targets, by area and time, and why something was missed."""

import csv
import io
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from care.alerts import Outcome, Step
from care.devices import DeviceKind
from care.escalation import Whom
from records.database import Database
from records.login import accounts
from records.telling import duty
from tests.browsing import DESKTOP, PHONE, at_work, complaints_of_axe, in_a_browser
from tests.centre import Centre, id_of
from tests.people import Wearer, give
from tests.test_console_looks import untranslated
from tests.test_figures import SHANGHAI, Shift
from tests.test_rules import area_of, move

pytestmark = [*in_a_browser, pytest.mark.usefixtures("a_week")]

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def a_week(database: Database, staff: None) -> None:
    """A few alerts on each of the last days, one of them answered late; a flood, and somebody who was sent."""
    wang = give(database, "王桂珍", "watch-1", DeviceKind.WEARABLE, since=datetime.now(UTC) - 30 * DAY)
    zhang = give(database, "张秀英", "watch-2", DeviceKind.WEARABLE, since=datetime.now(UTC) - 30 * DAY)
    move(database, id_of(database, wang.name), area_of(database, "340503"))
    move(database, id_of(database, zhang.name), area_of(database, "340521"))
    noon = datetime.now(SHANGHAI).replace(hour=12, minute=0, second=0, microsecond=0) - DAY
    with database.transaction() as conn:
        account = accounts.account_by_name(conn, "李敏")
        assert account is not None
        for day in range(6):
            duty.add(conn, account[0].id, Whom.SEAT, None, noon - day * DAY - 4 * HOUR, 8 * HOUR)
    shift = Shift(database, account[0].id)
    for day in range(6):
        at = noon - day * DAY
        _answered(shift, wang, at, 20 + 15 * day, Outcome.FALSE_ALARM if day % 2 else Outcome.HELPED)
        _answered(shift, zhang, at + HOUR, 30, Outcome.NO_HELP_NEEDED, rule="no_movement")
    for number in range(12):
        _answered(shift, zhang, noon + 2 * HOUR + number * 40 * SECOND, 10, Outcome.FALSE_ALARM)
    trip = shift.opens(wang, noon + 3 * HOUR)
    shift.does(trip, Step.ANSWER, noon + 3 * HOUR + 10 * SECOND)
    shift.does(trip, Step.DISPATCH, noon + 3 * HOUR + MINUTE)
    shift.does(trip, Step.ARRIVE, noon + 3 * HOUR + 30 * MINUTE)
    shift.does(trip, Step.CLOSE, noon + 3 * HOUR + 40 * MINUTE, Outcome.HELPED)


def _answered(shift: Shift, who: Wearer, at: datetime, after: int, outcome: Outcome, *, rule: str = "fall") -> None:
    alert = shift.opens(who, at, rule)
    shift.does(alert, Step.ANSWER, at + after * SECOND)
    shift.does(alert, Step.CLOSE, at + after * SECOND + 5 * SECOND, outcome)


def opened(page: Page, centre: Centre, query: str = "") -> None:
    page.goto(f"{centre.url}/#/figures{query}")
    expect(page.locator("main[data-page=figures] h1")).to_be_visible()
    expect(page.locator(".target-bar").first).to_be_visible()


def test_the_targets_are_shown_and_an_area_narrows_them(browser: Browser, centre: Centre) -> None:
    with at_work(browser, centre) as page:
        page.keyboard.press("g")
        page.keyboard.press("f")
        within_60 = page.locator(".target-bar", has_text="60 秒内受理").first
        expect(within_60).to_contain_text("22 / 25")
        expect(within_60).to_contain_text("未达标")
        expect(page.locator(".target-bar", has_text="45 分钟内到场")).to_contain_text("达标")
        expect(page.locator(".floods li").first).to_contain_text("12 条告警")
        row = page.get_by_role("region", name="按区域").get_by_role("row", name=re.compile("当涂县"))
        expect(row).to_contain_text("18")
        page.get_by_label("区域", exact=True).select_option(label="\u3000花山区")
        expect(within_60).to_contain_text("4 / 7")
        page.get_by_role("button", name="今天").click()
        expect(page.get_by_text("此时间段内没有告警")).to_be_visible()


def test_a_missed_target_gets_its_reason_on_the_page(browser: Browser, centre: Centre) -> None:
    with at_work(browser, centre) as page:
        opened(page, centre)
        rows = page.locator(".misses tbody tr")
        expect(rows).to_have_count(3)
        rows.first.get_by_role("textbox").fill("两人同时呼入")
        rows.first.get_by_role("button", name="保存").click()
        expect(rows.first).to_contain_text("李敏")
        page.get_by_label("只看未说明原因的").check()
        expect(rows).to_have_count(2)


def test_the_sheet_is_downloaded_in_the_language_of_the_page(browser: Browser, centre: Centre) -> None:
    with at_work(browser, centre) as page:
        page.locator("#language").click()
        opened(page, centre)
        with page.expect_download() as download:
            page.get_by_role("link", name="Download as CSV").click()
        rows = list(csv.reader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"))))
        assert rows[0][0] == "Part"
        assert ["Response", "", "Answered within 60 s", "22", "25", "88.0%", "97.5%"] in rows


def _ours(text: str) -> str:
    """Without what is data, or the same in both languages."""
    return re.sub(r"张秀英|[当花雨博含和]\w{0,2}[区县]|acme|watch-\d|ISA|EEMUA|CSV|XLSX", "", text)


@pytest.mark.parametrize("size", [DESKTOP, (1920, 1080), PHONE])
def test_the_page_is_for_everybody(browser: Browser, centre: Centre, size: tuple[int, int]) -> None:
    with at_work(browser, centre, size=size) as page:
        for language in ("zh-CN", "en"):
            other = re.compile("[\u4e00-\u9fff]" if language == "en" else "[A-Za-z]{2,}")
            opened(page, centre)
            page.wait_for_load_state("networkidle")
            for _ in range(2):
                assert complaints_of_axe(page) == [], language
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
                assert [text for text in map(_ours, untranslated(page, language)) if other.search(text)] == []
                if folder := os.environ.get("ANKANG_TEST_SHOTS"):
                    theme = page.locator("html").get_attribute("data-theme")
                    page.screenshot(path=f"{folder}/figures-{language}-{theme}-{size[0]}.png", full_page=True)
                page.locator("#theme").click()
            page.locator("#language").click()

"""Working an alert off on the console, from ring to close: every step by its key, and by two people at once."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from alerts.escalation import begin
from care.absences import AbsenceKind
from care.devices import DeviceKind
from care.people import Role
from records.database import Database
from records.rounds import absences
from records.rounds.absences import Away
from tests.browsing import at_work, complaints_of_axe, in_a_browser, rings, start_shift
from tests.centre import Centre, employ, id_of, ring
from tests.people import Wearer, give

pytestmark = [*in_a_browser, pytest.mark.usefixtures("staff")]

WORDS: Mapping[str, tuple[str, ...]] = {
    "zh-CN": ("已受理", "未联系上 1 次", "已派：社区养老服务站", "已到场", "已见到老人", "已提供帮助"),
    "en": ("Answered", "No reply 1 times", "Sent: Station", "Arrived", "Person seen", "Helped"),
}


@pytest.fixture
def li(database: Database) -> Wearer:
    """Somebody else who wears a watch."""
    return give(database, "李建国", "watch-2", DeviceKind.WEARABLE)


def press(page: Page, *keys: str) -> None:
    """One key after the other, as fast as a hand may be."""
    for key in keys:
        page.keyboard.press(key)


def dialog(page: Page, name: str) -> Locator:
    """The dialog of a step."""
    return page.locator(f"dialog[data-dialog={name}]")


def phase_of(database: Database, alert: UUID) -> tuple[object, ...] | None:
    """What the records know of it."""
    with database.transaction() as conn:
        return conn.execute("SELECT phase, outcome, dispatched_to FROM alert WHERE id = %s", (alert,)).fetchone()


# By keyboard ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_fall_is_followed_by_keyboard_from_the_ring_to_the_person_and_closed(
    browser: Browser, centre: Centre, database: Database, wang: Wearer, language: str
) -> None:
    with at_work(browser, centre) as page:
        start_shift(page)
        if language == "en":
            page.locator("#language").click()
        answered, tried, sent, arrived, seen, helped = WORDS[language]
        fall = ring(database, wang)
        rings(page, "yes")
        row = page.locator("article.alert")
        press(page, "a")
        rings(page, "no")
        expect(row).to_contain_text(answered)
        expect(row).to_be_focused()
        press(page, "t", "1", "5", "0")
        expect(row).to_contain_text(tried)
        press(page, "d")
        expect(dialog(page, "dispatch")).to_be_visible()
        press(page, "Enter")
        expect(row).to_contain_text(sent)
        expect(row).to_be_focused()
        press(page, "r")
        expect(row.locator(".phase")).to_have_text(arrived)
        expect(row.locator("[data-step=see]")).to_be_enabled()
        press(page, "s")
        expect(row.locator(".phase")).to_have_text(seen)
        expect(row.locator("[data-step=close]")).to_be_enabled()
        press(page, "c", "1", "Enter")
        expect(row).to_have_count(0)
        expect(page.locator(".recent")).to_contain_text(helped)
    with database.transaction() as conn:
        kinds = conn.execute(
            "SELECT kind FROM alert_log WHERE alert_id = %s AND account_id IS NOT NULL ORDER BY id", (fall,)
        )
        assert [row[0] for row in kinds] == ["answer", "contact", "dispatch", "arrive", "see", "close"]


def test_answer_contact_dispatch_and_close_take_eight_keys_as_fast_as_one_can(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    fall = ring(database, wang)
    with at_work(browser, centre) as page:
        row = page.locator("article.alert")
        expect(row).to_be_visible()
        press(page, "a", "t", "9", "d", "Enter")
        expect(row).to_contain_text("已与老人通话")
        press(page, "c", "1", "Enter")
        expect(row).to_have_count(0)
        expect(page.locator(".recent")).to_contain_text("已提供帮助")
    assert phase_of(database, fall) == ("closed", "helped", "社区养老服务站")


def test_what_is_not_urgent_is_shelved_by_keyboard_and_stands_below_what_is_in_hand(
    browser: Browser, centre: Centre, database: Database, wang: Wearer, li: Wearer
) -> None:
    ring(database, wang, "door_not_opened")
    ring(database, li, "fall")
    with at_work(browser, centre) as page:
        rows = page.locator("article.alert")
        expect(rows).to_have_count(2)
        expect(rows.nth(0).locator("[data-step=shelve]")).to_have_count(0)
        press(page, "ArrowDown", "a")
        expect(rows.filter(has_text="跌倒")).to_have_attribute("data-phase", "answered")
        rows.filter(has_text="门未开启").focus()
        press(page, "p")
        expect(dialog(page, "shelve")).to_be_visible()
        assert complaints_of_axe(page) == []
        press(page, "1", "6", "Enter")
        shelved = rows.filter(has_text="门未开启")
        expect(shelved).to_contain_text("李敏 搁置至")
        expect(shelved).to_contain_text("原因已知，等待恢复")
        expect(rows.nth(1)).to_contain_text("门未开启")
        expect(page.locator(".counts")).to_contain_text("搁置或抑制 1")


def test_something_else_has_to_be_said_in_words_and_digits_in_it_choose_nothing(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    ring(database, wang, "door_not_opened")
    with at_work(browser, centre) as page:
        press(page, "p", "4")
        expect(page.locator("#shelve-text")).to_be_focused()
        press(page, "Enter")
        expect(dialog(page, "shelve")).to_be_visible()
        page.keyboard.type("3 号楼 1 单元检修")
        press(page, "Enter")
        expect(page.locator("article.alert")).to_contain_text("3 号楼 1 单元检修")


def test_what_is_handed_back_rings_again(browser: Browser, centre: Centre, database: Database, wang: Wearer) -> None:
    ring(database, wang)
    with at_work(browser, centre) as page:
        start_shift(page)
        press(page, "a")
        rings(page, "no")
        expect(page.locator("[data-step=hand_back]")).to_be_enabled()
        press(page, "h")
        rings(page, "yes")
        expect(page.locator("article.alert")).to_have_attribute("data-phase", "raised")


def test_a_key_that_could_mean_two_alerts_asks_which(
    browser: Browser, centre: Centre, database: Database, wang: Wearer, li: Wearer
) -> None:
    for wearer in (wang, li):
        ring(database, wearer)
    with at_work(browser, centre) as page:
        rows = page.locator("article.alert")
        expect(rows).to_have_count(2)
        for answered in (1, 2):
            page.evaluate("document.activeElement.blur()")
            press(page, "a")
            expect(page.locator("article.alert[data-phase=answered]")).to_have_count(answered)
        page.evaluate("document.activeElement.blur()")
        press(page, "d")
        expect(page.locator(".notice")).to_contain_text("请先用 ↑↓ 选择一条")
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_keys_that_are_faster_than_the_line_are_taken_one_after_the_other_and_the_focus_stays_where_it_went(
    browser: Browser, centre: Centre, database: Database, wang: Wearer, li: Wearer
) -> None:
    first, second = ring(database, wang), ring(database, li)
    with at_work(browser, centre) as page:
        rows = page.locator("article.alert")
        expect(rows).to_have_count(2)
        row, other = page.locator(f"[data-id='{second}']"), page.locator(f"[data-id='{first}']")
        with database.transaction() as conn:  # until it ends the server waits, and the page with it
            conn.execute("SELECT FROM alert WHERE id = %s FOR UPDATE", (second,))
            press(page, "a", "h")
            expect(row).to_have_attribute("data-phase", "answered")
            expect(row).to_be_focused()
            press(page, "ArrowUp")
            expect(other).to_be_focused()
        expect(row).to_have_attribute("data-phase", "raised")
        expect(row.locator("[data-step=answer]")).to_be_enabled()
        expect(other).to_be_focused()
    with database.transaction() as conn:
        taken = conn.execute(
            "SELECT kind FROM alert_log WHERE alert_id = %s AND account_id IS NOT NULL ORDER BY id", (second,)
        )
        assert [row[0] for row in taken] == ["answer", "hand_back"]


def test_the_letter_that_goes_to_a_page_is_no_step_of_an_alert(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    fall = ring(database, wang)
    with at_work(browser, centre) as page:
        page.reload()
        expect(page.locator("article.alert")).to_be_visible()
        press(page, "g", "a", "g", "r")
        expect(page.get_by_role("heading", name="老人")).to_be_visible()
    assert phase_of(database, fall) == ("raised", None, None)


# Together ------------------------------------------------------------------------------------------------------------


def test_of_two_who_send_somebody_one_does_and_the_other_sees_who_was_sent(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    fall = ring(database, wang)
    with at_work(browser, centre, "李敏") as hers, at_work(browser, centre, "张强") as his:
        press(hers, "a")
        for page in (hers, his):
            expect(page.locator("[data-step=dispatch]")).to_be_enabled()
            press(page, "d")
            expect(dialog(page, "dispatch")).to_be_visible()
        press(his, "n", "Enter")
        expect(his.locator("article.alert")).to_contain_text("已派：睦邻伙伴")
        press(hers, "s", "Enter")
        expect(dialog(hers, "dispatch")).to_have_count(0)
        expect(hers.locator(".notice")).to_contain_text("已派睦邻伙伴")
        expect(hers.locator("article.alert")).to_contain_text("已派：睦邻伙伴")
    assert phase_of(database, fall) == ("dispatched", None, "睦邻伙伴")


def test_a_second_click_is_not_the_next_step(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    fall = ring(database, wang)
    with at_work(browser, centre) as page:
        page.locator("[data-step=answer]").dblclick()
        expect(page.locator(".deed")).to_contain_text("后受理失效")
        expect(page.get_by_role("dialog")).to_have_count(0)
    assert phase_of(database, fall) == ("answered", None, None)


# Two to close --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("agrees", [True, False])
def test_closing_without_a_visit_is_asked_by_one_and_decided_by_another_by_keyboard(
    browser: Browser, centre: Centre, database: Database, wang: Wearer, agrees: bool
) -> None:
    fall = ring(database, wang)
    with at_work(browser, centre, "李敏") as hers, at_work(browser, centre, "张强") as his:
        press(hers, "a", "c", "5", "m")
        expect(dialog(hers, "close")).to_contain_text("需要第二人复核")
        assert complaints_of_axe(hers) == []
        press(hers, "Enter")
        expect(dialog(hers, "close")).to_be_visible()  # not without a reason
        hers.locator("#note").fill("家属说老人在她那里")
        press(hers, "Control+Enter")
        for page in (hers, his):
            expect(page.locator(".asked")).to_contain_text("李敏 请求不派人办结（误报）")
        press(hers, "v")
        expect(dialog(hers, "decide")).to_contain_text("不能复核自己的请求")
        expect(dialog(hers, "decide").locator("[value=agree]")).to_have_count(0)
        press(hers, "Escape")
        press(his, "v")
        expect(dialog(his, "decide")).to_contain_text("家属说老人在她那里")
        assert complaints_of_axe(his) == []
        if agrees:
            press(his, "1", "Enter")
            expect(hers.locator("article.alert")).to_have_count(0)
            expect(his.locator(".recent")).to_contain_text("误报")
        else:
            press(his, "2")
            his.keyboard.type("没有人见到她")
            press(his, "Enter")
            for page in (hers, his):
                expect(page.locator(".asked")).to_have_count(0)
    found = phase_of(database, fall)
    assert found is not None
    assert found[:2] == (("closed", "false_alarm") if agrees else ("answered", None))


def test_what_is_held_back_says_why_rings_nowhere_and_can_be_let_ring(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    ring(database, wang)
    with database.transaction() as conn:
        conn.execute("UPDATE alert SET suppressed_by = 'absence:01a2134e-5c74-7658-bcfe-077a7c3fdc12'")
    with at_work(browser, centre) as page:
        start_shift(page)
        row = page.locator("article.alert")
        expect(row).to_contain_text("老人外出，暂不呼叫")
        rings(page, "no")
        press(page, "l")
        expect(dialog(page, "release")).to_contain_text("老人外出，暂不呼叫")
        assert complaints_of_axe(page) == []
        press(page, "2", "Enter")
        rings(page, "yes")
        expect(row).to_contain_text("待受理")


def test_what_goes_on_around_a_fall_is_said_on_its_page_and_takes_nothing_from_it(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    now = datetime.now(UTC)
    fall = ring(database, wang)
    stay = Away(id_of(database, wang.name), AbsenceKind.HOSPITAL, now - timedelta(hours=1), now + timedelta(days=1))
    with database.transaction() as conn:
        absences.add(conn, stay, now)
    with at_work(browser, centre) as page:
        page.goto(f"{centre.url}/#/alerts/{fall}")
        expect(page.locator(".around li")).to_contain_text("老人外出 住院")
        expect(page.locator("article.alert")).to_contain_text("待受理")
        assert complaints_of_axe(page) == []


def test_a_neighbour_who_goes_before_the_centre_has_answered_is_shown(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    ring(database, wang)
    employ(database, "王邻居", role=Role.RESPONDER)
    with database.transaction() as conn:
        conn.execute(
            """UPDATE alert SET dispatched_to = '王邻居',
                      responder_id = (SELECT id FROM account WHERE username = '王邻居')"""
        )
    with at_work(browser, centre) as page:
        expect(page.locator("article.alert")).to_contain_text("睦邻伙伴已接单：王邻居")
        expect(page.locator("[data-step=answer]")).to_be_enabled()


# The clocks ----------------------------------------------------------------------------------------------------------


def test_a_row_says_who_is_told_next_and_when_and_that_it_waits_too_long(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    fall = ring(database, wang)
    with database.transaction() as conn:
        then = datetime.now(UTC) - timedelta(seconds=62)
        conn.execute("UPDATE alert SET raised_at = %s, opened_at = %s", (then, then))
        begin(conn, fall, datetime.now(UTC))
        conn.execute("UPDATE alert SET due_at = now() + interval '50 seconds', due_why = 'tell:station'")
    with at_work(browser, centre) as page:
        row = page.locator("article.alert")
        expect(row).to_contain_text("超过 60 秒未受理")
        expect(row.locator(".deed")).to_contain_text("后通知社区养老服务站")
        first = row.locator(".count").inner_text()
        expect(row.locator(".count")).not_to_have_text(first)


def test_whoever_is_not_there_in_time_is_shown_as_overdue(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    ring(database, wang)
    with at_work(browser, centre) as page:
        press(page, "a")
        expect(page.locator("[data-step=dispatch]")).to_be_enabled()
        press(page, "d", "Enter")
        sent = page.locator(".sent")
        expect(sent).to_contain_text("预计")
        expect(sent).not_to_have_class("sent overdue")
        with database.transaction() as conn:
            conn.execute("UPDATE alert SET expected_at = now() - interval '3 minutes'")
        page.reload()
        expect(sent).to_have_class("sent overdue")
        expect(sent).to_contain_text("已超时 3 分")


# One alert -----------------------------------------------------------------------------------------------------------


def test_the_page_of_an_alert_shows_what_happened_and_takes_every_step(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    fall = ring(database, wang)
    with database.transaction() as conn:
        begin(conn, fall, datetime.now(UTC))
    with at_work(browser, centre) as page:
        press(page, "ArrowDown", "Enter")
        expect(page.locator("main[data-page=alert]")).to_be_visible()
        expect(page.locator(".history li").last).to_contain_text("告警产生")
        expect(page.locator(".told")).to_contain_text("坐席页面")
        press(page, "a")
        expect(page.locator(".history li").first).to_contain_text("受理")
        press(page, "t")
        expect(dialog(page, "contact")).to_be_visible()
        assert complaints_of_axe(page) == []
        press(page, "2", "7", "9")
        expect(page.locator(".history li").first).to_contain_text("家属 · 短信、消息 · 已通话")
        press(page, "t", "9")
        expect(page.locator("article.alert")).to_contain_text("已与老人通话")
        press(page, "c", "4", "Enter")
        expect(page.locator(".history li").first).to_contain_text("无需帮助")
        expect(page.locator("article.alert")).to_have_attribute("data-phase", "closed")
        press(page, "Escape")
        expect(page.get_by_role("heading", name="未办结告警")).to_be_visible()

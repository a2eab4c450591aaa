"""At the seat together: who is sent by name, a second person who is asked, and what made a false alarm one."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from care.escalation import Whom
from care.people import Role
from records.database import Database
from records.login import accounts
from records.people import partners
from records.telling import duty, offers
from tests.browsing import PHONE, at_work, complaints_of_axe, in_a_browser, start_shift
from tests.centre import PASSWORD, Centre, employ, id_of, ring
from tests.people import Wearer
from tests.test_console_looks import untranslated
from tests.test_console_steps import dialog, phase_of, press

pytestmark = [*in_a_browser, pytest.mark.usefixtures("staff")]
HOUR = timedelta(hours=1)
NAMES = re.compile("boss|吴师傅|站长|上门|周阿姨|张强|王邻居|花山区")


ANSWERS_LATER = """() => {
    const fetch = window.fetch, held = new Promise((go) => (window.go = go));
    window.fetch = async (url, init) => {
        if (String(url).endsWith("/responders")) await held;
        return fetch(url, init);
    };
}"""
"""Who there is comes only when the test says so."""


def works_here(database: Database, wearer: Wearer) -> None:
    """A neighbour, the head of the station who is on duty, and a responder who is not and has been sent elsewhere."""
    now = datetime.now(UTC)
    with database.transaction() as conn:
        row = conn.execute(
            "SELECT home.area_id FROM home JOIN resident ON home_id = home.id WHERE resident.id = %s",
            (id_of(database, wearer.name),),
        ).fetchone()
        assert row is not None
        accounts.create_account(conn, "周阿姨", PASSWORD, Role.RESPONDER)
        partners.add(conn, id_of(database, wearer.name), "周阿姨")
        head = accounts.create_account(conn, "站长", PASSWORD, Role.STATION_WORKER, area_id=row[0])
        accounts.create_account(conn, "上门", PASSWORD, Role.RESPONDER, area_id=row[0])
        duty.add(conn, head, Whom.STATION, row[0], now - HOUR, 8 * HOUR)


def told_accounts(database: Database, alert: UUID) -> set[str]:
    """The accounts that were told of it."""
    with database.transaction() as conn:
        rows = conn.execute(
            """SELECT account.username FROM notice JOIN account ON notice.recipient = 'account:' || account.id
                WHERE notice.alert_id = %s""",
            (alert,),
        )
        return {row[0] for row in rows}


def translated(page: Page) -> None:
    """All that is said is in the language that was chosen, in both."""
    for language in ("zh-CN", "en"):
        if language == "en":
            page.evaluate("document.querySelector('#language').click()")
            expect(page.locator("html")).to_have_attribute("lang", "en")
        assert [text for text in untranslated(page, language) if not NAMES.search(text)] == []


# Who goes ------------------------------------------------------------------------------------------------------------


def test_somebody_is_sent_by_a_number_key_and_is_told(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    works_here(database, wang)
    fall = ring(database, wang)
    with at_work(browser, centre) as page:
        press(page, "a")
        expect(page.locator("[data-step=dispatch]")).to_be_enabled()
        press(page, "d")
        people = dialog(page, "dispatch").locator(".people label")
        expect(people).to_have_count(3)
        expect(people.nth(0)).to_contain_text("周阿姨 睦邻伙伴")
        expect(people.nth(1)).to_contain_text("站长")
        expect(people.nth(1)).to_contain_text("当班")
        expect(people.nth(2)).to_contain_text("不当班")
        assert complaints_of_axe(page) == []
        translated(page)
        press(page, "2", "6", "Enter")
        expect(page.locator("article.alert")).to_contain_text("Sent: 站长")
    assert phase_of(database, fall) == ("dispatched", None, "站长")
    assert "站长" in told_accounts(database, fall)


def test_whoever_has_been_sent_elsewhere_is_shown_as_busy_and_a_kind_goes_too(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    works_here(database, wang)
    first, second = ring(database, wang, "smoke"), ring(database, wang)
    with database.transaction() as conn:
        conn.execute(
            """UPDATE alert SET phase = 'dispatched', dispatched_to = '站长',
                      responder_id = (SELECT id FROM account WHERE username = '站长') WHERE id = %s""",
            (first,),
        )
        conn.execute("UPDATE alert SET phase = 'answered' WHERE id = %s", (second,))
    with at_work(browser, centre, size=PHONE) as page:
        page.locator(f"article[data-id='{second}'] [data-step=dispatch]").click()
        people = dialog(page, "dispatch").locator(".people label")
        expect(people.filter(has_text="站长")).to_contain_text("已派往 1 处")
        expect(people.filter(has_text="上门人员")).not_to_contain_text("已派往")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        press(page, "f")
        dialog(page, "dispatch").locator("[name=name]").fill("女儿 138")
        press(page, "Enter")
        expect(page.locator(f"article[data-id='{second}']")).to_contain_text("已派：家属 女儿 138")
    assert phase_of(database, second) == ("dispatched", None, "家属 女儿 138")


def test_where_nobody_works_a_number_that_was_pressed_sends_nobody(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    fall = ring(database, wang)
    with at_work(browser, centre) as page:
        press(page, "a")
        expect(page.locator("[data-step=dispatch]")).to_be_enabled()
        page.evaluate(ANSWERS_LATER)
        press(page, "d")
        expect(dialog(page, "dispatch")).to_contain_text("正在查询当班人员")
        press(page, "1", "Enter")  # before anybody knows who there is
        page.evaluate("window.go()")
        expect(dialog(page, "dispatch")).to_contain_text("这里没有可派的人员账号")
        assert phase_of(database, fall) == ("answered", None, None)
        press(page, "Enter")
        expect(page.locator("article.alert")).to_contain_text("已派：社区养老服务站")


# The second person ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("agrees", [True, False])
def test_the_second_person_sees_at_once_that_they_are_asked_and_the_first_what_came_of_it(
    browser: Browser, centre: Centre, database: Database, wang: Wearer, agrees: bool
) -> None:
    ring(database, wang)
    with at_work(browser, centre, "李敏") as hers, at_work(browser, centre, "张强") as his:
        start_shift(his)
        expect(his.locator("#asked")).to_have_count(0)
        press(hers, "a")
        expect(hers.locator("[data-step=close]")).to_be_enabled()
        press(hers, "c", "4")
        hers.locator("#note").fill("女儿说她们在一起")
        press(hers, "Control+Enter")
        expect(hers.locator(".asked .count")).to_contain_text("已等")
        expect(hers.locator("#asked")).to_have_count(0)  # nobody is asked by themselves
        card = his.locator("#asked")
        expect(card).to_contain_text("李敏 请您复核")
        expect(card).to_contain_text("王桂珍")
        expect(his.locator("article.alert")).to_have_attribute("data-asked", "me")
        expect(his.locator("html")).to_have_attribute("data-asked", "1")  # heard once
        assert complaints_of_axe(his) == []
        his.goto(f"{centre.url}/#/residents")
        expect(his.locator("main[data-page=residents] h1")).to_be_visible()
        expect(card).to_be_visible()
        translated(his)
        his.locator("#language").click()
        his.evaluate("document.activeElement.blur()")
        press(his, "j")
        row = his.locator("main[data-page=alert] article.alert")
        expect(row).to_be_focused()
        expect(row).to_contain_text("已等")
        press(his, "v")
        expect(dialog(his, "decide")).to_be_visible()
        if agrees:
            press(his, "1", "Enter")
            expect(hers.locator(".notice")).to_contain_text("张强 已同意")
        else:
            press(his, "2")
            expect(his.locator("#decide-why")).to_be_focused()
            his.keyboard.type("没有人见到她")
            press(his, "Enter")
            expect(hers.locator(".notice")).to_contain_text("张强 不同意（没有人见到她）")
            expect(hers.locator(".refused")).to_contain_text("没有人见到她")
        expect(card).to_have_count(0)
        expect(his.locator("html")).to_have_attribute("data-asked", "1")


# False alarms --------------------------------------------------------------------------------------------------------


def test_a_false_alarm_is_closed_with_its_cause(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    leak = ring(database, wang, "water_leak")
    with at_work(browser, centre) as page:
        press(page, "a")
        expect(page.locator("[data-step=close]")).to_be_enabled()
        press(page, "c", "5")
        closing = dialog(page, "close")
        expect(closing.locator(".cause label")).to_have_count(8)
        assert complaints_of_axe(page) == []
        translated(page)
        press(page, "o", "Enter")
        expect(closing.locator("#note")).to_be_focused()  # not without a word
        page.keyboard.type("传感器装在窗台上")
        press(page, "Control+Enter")
        expect(page.locator("article.alert")).to_have_count(0)
        page.goto(f"{centre.url}/#/alerts/{leak}")
        expect(page.locator(".history li").first).to_contain_text("Other (say so in the note) · 传感器装在窗台上")
    with database.transaction() as conn:
        assert conn.execute("SELECT false_cause FROM alert").fetchone() == ("other",)


def test_the_figures_say_what_made_alarms_false(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    employ(database, "王邻居")
    for cause in ("device", "device", None):
        alert = ring(database, wang, "water_leak")
        with centre.operator("李敏") as her:
            body = {"outcome": "false_alarm", "false_cause": cause}
            her.post(f"/api/alerts/{alert}/close", json=body).raise_for_status()
    with at_work(browser, centre) as page:
        page.goto(f"{centre.url}/#/figures")
        causes = page.locator(".causes > div")
        expect(causes).to_have_text([re.compile("设备故障或安装不当.*2 67"), re.compile("未填原因.*1 33")])


# Neighbours ----------------------------------------------------------------------------------------------------------


def test_the_page_of_an_alert_says_which_neighbours_were_asked_who_goes_and_what_they_are_credited(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    fall = ring(database, wang)
    employ(database, "周阿姨", "吴师傅", role=Role.RESPONDER)
    employ(database, "boss", role=Role.SUPERVISOR)
    with database.transaction() as conn:
        for name in ("周阿姨", "吴师傅"):
            partners.add(conn, id_of(database, wang.name), name)
        offers.offer_to_partners(conn, fall, id_of(database, wang.name), datetime.now(UTC) - HOUR)
    with at_work(browser, centre, "boss") as page:
        page.goto(f"{centre.url}/#/alerts/{fall}")
        asked = page.locator(".offers tbody tr")
        expect(asked).to_have_count(2)
        expect(asked.nth(0)).to_contain_text("已询问，未答复")
        with centre.operator("周阿姨") as neighbour:
            [offer] = neighbour.get("/api/offers").json()["offers"]
            neighbour.post(f"/api/offers/{offer['id']}/accept").raise_for_status()
        expect(asked.nth(0)).to_contain_text(re.compile("周阿姨.*接单"))
        expect(asked.nth(1)).to_contain_text("已由他人接单")
        assert complaints_of_axe(page) == []
        page.locator("[name=partner]").fill("李敏二")
        press(page, "Enter")
        expect(page.locator(".name-partner .problem")).to_contain_text("没有这个可用的上门账号")
        page.locator("[name=partner]").fill("张强")
        press(page, "Enter")
        expect(page.locator(".notice")).to_contain_text("已添加睦邻伙伴 张强")
        with centre.operator("李敏") as her:
            her.post(f"/api/alerts/{fall}/close", json={"outcome": "helped"}).raise_for_status()
        expect(asked.nth(0)).to_contain_text(re.compile(r"\d+ 分钟"))
        translated(page)
        page.goto(f"{centre.url}/#/duty")
        here = page.locator("[data-partner]")
        expect(here).to_have_count(3)
        expect(here.filter(has_text="周阿姨")).not_to_contain_text("0 min")
        here.filter(has_text="张强").get_by_role("button").click()
        page.get_by_role("dialog").get_by_role("button", name="Ask no more").click()
        expect(here).to_have_count(2)

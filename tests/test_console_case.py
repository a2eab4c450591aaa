"""At the seat, in a browser: a fall from the case panel, a shift handed over, what one missed, a drill, a script."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from alerts.engine import judge_some
from care.people import Role
from records.database import Database
from records.people import contacts
from records.people.contacts import Entry
from records.readings.observations import Row
from tests.browsing import at_work, complaints_of_axe, in_a_browser, logged_in, start_shift
from tests.centre import Centre, changes, employ, furnish, id_of, observe, ring
from tests.people import Wearer

pytestmark = [*in_a_browser, pytest.mark.usefixtures("staff")]


@pytest.fixture
def her_home(database: Database, wang: Wearer) -> UUID:
    """Wang's home with an hour of readings and a daughter to call; returns her id."""
    home, now = furnish(database, "王桂珍"), datetime.now(UTC)
    hearts = [
        Row(home.bed.device_id, now - timedelta(minutes=at), {"heart_rate": 70.0 + at % 5, "in_bed": 1})
        for at in range(55, 0, -1)
    ]
    kitchen = changes(home.rooms[1], "motion", (now - timedelta(minutes=20), 1), (now - timedelta(minutes=19), 0))
    observe(database, [*hearts, *kitchen])
    resident = id_of(database, "王桂珍")
    with database.transaction() as conn:
        contacts.add(conn, resident, Entry("赵红", "女儿", "10055512345"))
    return resident


DIALLED = """() => document.addEventListener("click", (event) => {
    const line = event.target.closest('a[href^="tel:"]');
    if (!line) return;
    event.preventDefault();
    document.documentElement.dataset.dialled = line.href;
}, true)"""
"""The telephone beside the browser: without one a browser asks which program is to dial, and takes the keyboard."""


def open_alert(page: Page, centre: Centre, alert: UUID) -> None:
    page.evaluate(DIALLED)
    page.goto(f"{centre.url}/#/alerts/{alert}")
    expect(page.locator(".case")).to_be_visible()


@pytest.mark.usefixtures("her_home")
def test_a_fall_is_worked_off_from_the_case_panel_by_keyboard(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    alert = ring(database, wang)
    with at_work(browser, centre) as page:
        open_alert(page, centre, alert)
        expect(page.locator(".who-card")).to_contain_text("王桂珍")
        expect(page.locator(".case-vitals [data-metric=heart_rate]")).to_contain_text("40–131")
        expect(page.locator(".hour .picture")).to_contain_text("厨房")
        page.keyboard.press("1")  # who calls has taken it
        expect(page.locator("[data-dialog=call] a")).to_have_text("10055512345")
        expect(page.locator("html")).to_have_attribute("data-dialled", "tel:10055512345")
        page.keyboard.press("9")
        expect(page.locator("[data-dialog=call]")).to_have_count(0)
        expect(page.locator("article.alert")).to_contain_text("已受理")
        expect(page.locator(".history")).to_contain_text("女儿")
        page.keyboard.press("k")
        expect(page.locator(".script li.done")).to_have_count(1)
        page.keyboard.press("k")
        expect(page.locator(".script li.done")).to_have_count(2)
        expect(page.locator(".script")).to_contain_text("李敏")
        expect(page.locator(".history")).to_contain_text("✓ 叫得应吗")
        for key in ("c", "1", "Enter"):
            page.keyboard.press(key)
        expect(page.locator("article.alert")).to_have_attribute("data-phase", "closed")
        expect(page.locator(".case-contacts button")).to_have_count(0)
    with database.transaction() as conn:
        kinds = [row[0] for row in conn.execute("SELECT kind FROM alert_log WHERE alert_id = %s ORDER BY id", (alert,))]
    assert kinds == ["opened", "answer", "call", "contact", "script", "script", "close"]


@pytest.mark.usefixtures("her_home")
def test_the_picture_of_the_hour_is_a_table_for_whoever_reads_it(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    alert = ring(database, wang)
    with at_work(browser, centre) as page:
        open_alert(page, centre, alert)
        page.get_by_text("以表格显示").click()
        table = page.locator(".hour table")
        for what in ("跌倒", "有活动", "心率 最低 70", "心率 最高 74"):
            expect(table).to_contain_text(what)
        page.get_by_role("button", name="告警前后").click()
        expect(page.get_by_role("button", name="告警前后")).to_have_attribute("aria-pressed", "true")


@pytest.mark.usefixtures("her_home")
def test_the_other_seat_sees_what_is_ticked_off_and_a_drill_dials_nobody(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    alert = ring(database, wang, drill=True)
    with at_work(browser, centre, "李敏") as hers, at_work(browser, centre, "张强") as his:
        for page in (hers, his):
            open_alert(page, centre, alert)
        hers.get_by_role("checkbox").first.check()
        expect(his.locator(".script li.done")).to_contain_text("李敏")
        hers.get_by_role("button", name="拨打 女儿 赵红").click()
        expect(hers.locator("[data-dialog=call]")).to_contain_text("不拨打真实电话")
        expect(hers.locator("[data-dialog=call] a")).to_have_count(0)


# A shift -------------------------------------------------------------------------------------------------------------


def test_a_shift_is_handed_over_and_signed_by_both(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    with at_work(browser, centre, "李敏") as hers, at_work(browser, centre, "张强") as his:
        start_shift(hers)
        hers.goto(f"{centre.url}/#/shift")
        expect(hers.locator(".sitting .own")).to_contain_text("李敏")
        hers.get_by_label("坐席名称").fill("1 号席")
        hers.get_by_role("button", name="在此坐席值班").click()
        expect(hers.locator(".sitting .own")).to_contain_text("1 号席")
        ring(database, wang)
        hers.reload()
        expect(hers.locator("[data-part=open] tbody tr")).to_contain_text("王桂珍")
        hers.get_by_label("给下一班的话").fill("王桂珍的女儿十点回电")
        hers.get_by_role("button", name="签字交班").click()
        expect(hers.locator(".signatures")).to_contain_text("未签字")
        expect(hers.get_by_role("button", name="签字接班")).to_have_count(0)
        his.goto(f"{centre.url}/#/shift")
        his.locator(".waits-for-me").get_by_role("link", name="打开").click()
        expect(his.locator(".sheet-note")).to_have_text("王桂珍的女儿十点回电")
        his.get_by_role("button", name="签字接班").click()
        expect(his.locator(".signatures")).to_contain_text("张强")
        his.get_by_role("link", name="返回交接班").click()
        expect(his.locator("tr[data-sheet]")).to_contain_text("张强")
        expect(his.locator(".waits-for-me")).to_have_count(0)


def test_on_paper_there_is_the_sheet_alone(browser: Browser, centre: Centre, database: Database, wang: Wearer) -> None:
    ring(database, wang)
    with centre.operator("李敏") as her:
        made = her.post("/api/hand-overs", json={"note": "无"}).raise_for_status().json()["id"]
    with at_work(browser, centre) as page:
        page.goto(f"{centre.url}/#/shift/{made}")
        expect(page.locator(".signed-sheet")).to_be_visible()
        page.emulate_media(media="print")
        for gone in ("#top", "#platform", ".no-print"):
            expect(page.locator(gone).first).to_be_hidden()
        expect(page.locator(".signatures")).to_be_visible()


# After a break -------------------------------------------------------------------------------------------------------


def test_after_a_break_one_is_offered_what_happened_meanwhile(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    with at_work(browser, centre, "李敏") as page, centre.operator("张强") as him:
        page.mouse.move(10, 10)
        alert = ring(database, wang)
        him.post(f"/api/alerts/{alert}/answer").raise_for_status()
        him.post(f"/api/alerts/{alert}/close", json={"outcome": "helped"}).raise_for_status()
        expect(page.locator("#away")).to_have_count(0)
        page.evaluate("() => { const at = Date.now; Date.now = () => at() + 6 * 60_000; }")  # she comes back later
        page.mouse.move(20, 20)
        expect(page.locator("#away")).to_contain_text("新告警 1 · 办结 1")
        page.keyboard.press("m")
        expect(page).to_have_url(re.compile("#/missed\\?since="))
        case = page.locator(".missed-case")
        expect(case).to_contain_text("王桂珍")
        expect(case.locator("li")).to_have_count(3)
        expect(case).to_contain_text("已办结")
        expect(page.locator("#away")).to_have_count(0)
        assert complaints_of_axe(page) == []


# Drills and scripts --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("her_home")
def test_a_supervisor_starts_a_drill_and_reads_how_long_each_step_took(
    browser: Browser, centre: Centre, database: Database
) -> None:
    employ(database, "陈值", role=Role.SUPERVISOR)
    with logged_in(browser, centre, "陈值") as page, centre.operator("李敏") as her:
        page.goto(f"{centre.url}/#/drills")
        page.get_by_label("在哪位老人家").first.fill("王桂")
        page.get_by_role("radio", name="王桂珍").check()
        page.get_by_label("说明").fill("夜班演练")
        page.get_by_role("button", name="发起演练").click()
        row = page.locator("tr[data-drill]")
        expect(row).to_contain_text("等待判断")
        with database.transaction() as conn:
            judge_some(conn, datetime.now(UTC))
        [alert] = her.get("/api/alerts").json()["alerts"]
        assert alert["drill"] is True
        her.post(f"/api/alerts/{alert['id']}/answer").raise_for_status()
        her.post(f"/api/alerts/{alert['id']}/close", json={"outcome": "drill"}).raise_for_status()
        expect(row.locator("[data-step=close]")).to_contain_text("秒")
        expect(row).to_contain_text("李敏")
        assert complaints_of_axe(page) == []


def test_a_supervisor_changes_a_script_and_the_seat_has_it(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    employ(database, "陈值", role=Role.SUPERVISOR)
    with logged_in(browser, centre, "陈值") as page, at_work(browser, centre) as seat:
        page.goto(f"{centre.url}/#/scripts")
        page.get_by_label("中文 1", exact=True).fill("先叫她的名字")
        expect(page.get_by_text("有未保存的修改")).to_be_visible()
        page.get_by_role("button", name="保存为新版本").click()
        expect(page.get_by_text("已保存")).to_be_visible()
        expect(page.locator(".script-editor")).to_contain_text("第 2 版")
        assert complaints_of_axe(page) == []
        open_alert(seat, centre, ring(database, wang))
        expect(seat.locator(".script li").first).to_contain_text("先叫她的名字")


def test_whoever_may_not_open_a_page_is_told_why(browser: Browser, centre: Centre) -> None:
    with at_work(browser, centre) as page:
        page.goto(f"{centre.url}/#/rules")
        expect(page.locator("#notices")).to_contain_text("您的账号不能打开这个页面")
        expect(page.locator("main")).to_have_attribute("data-page", "board")


# Each page in both languages -----------------------------------------------------------------------------------------

PAGES = {
    "alert": "/alerts/{alert}", "shift": "/shift", "hand-over": "/shift/{sheet}", "missed": "/missed",
    "drills": "/drills", "scripts": "/scripts",
}  # fmt: skip


@pytest.mark.usefixtures("her_home")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_of_the_seat_are_whole_in_both_languages(
    browser: Browser, centre: Centre, database: Database, wang: Wearer, theme: str
) -> None:
    employ(database, "陈值", role=Role.SUPERVISOR)
    alert = ring(database, wang)
    with centre.operator("陈值") as supervisor:
        sheet = supervisor.post("/api/hand-overs", json={"note": ""}).raise_for_status().json()["id"]
    with logged_in(browser, centre, "陈值") as page:
        if page.locator("html").get_attribute("data-theme") != theme:
            page.locator("#theme").click()
        for language in ("zh-CN", "en"):
            if page.locator("html").get_attribute("lang") != language:
                page.locator("#language").click()
            for name, path in PAGES.items():
                page.goto(f"{centre.url}/#{path.format(alert=alert, sheet=sheet)}")
                expect(page.locator("main")).to_have_attribute("data-page", name)
                expect(page.locator("main h1")).to_be_attached()
                if name == "alert":
                    expect(page.locator(".case")).to_be_visible()
                assert complaints_of_axe(page) == [], (path, language)
                if language == "en":
                    assert untranslated(page) == [], path


def untranslated(page: Page) -> list[str]:
    """Chinese on the English page outside of names, which are in the records' own language, and what is marked so."""
    script = """() => {
        const found = [], walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
        const own = /王桂珍|王\\*\\*|赵红|女儿|李敏|张强|陈值|客厅|厨房|卧室|大门|马鞍山|中文/;
        while (walker.nextNode()) {
            const node = walker.currentNode, text = node.textContent.trim();
            const isOwn = own.test(text) || node.parentElement.closest("[lang=''], option");
            if (/[\\u4e00-\\u9fff]/.test(text) && !isOwn) found.push(text);
        }
        return found;
    }"""
    found: list[str] = page.evaluate(script)
    return found


@pytest.mark.usefixtures("her_home")
def test_what_matters_most_is_on_one_screen(browser: Browser, centre: Centre, database: Database, wang: Wearer) -> None:
    alert = ring(database, wang)
    with at_work(browser, centre) as page:
        open_alert(page, centre, alert)
        foot = page.locator("#platform").bounding_box()
        assert foot is not None
        for what in (".who-card", ".case-contacts", ".case-vitals", ".hour .picture", ".script li >> nth=3"):
            box = page.locator(what).bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= foot["y"] + 1, what
        page.set_viewport_size({"width": 390, "height": 844})
        expect(page.locator(".case")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390

"""What people do on the pages of the console, by keyboard, together, and by what they may."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from care.people import Role
from records.database import Database
from records.login import accounts, administering
from records.scope import EVERYTHING
from tests.browsing import at_work, complaints_of_axe, in_a_browser, logged_in, rings, start_shift
from tests.centre import PASSWORD, Centre, employ, id_of, ring
from tests.people import Wearer
from tests.whole import eventually

pytestmark = [*in_a_browser, pytest.mark.usefixtures("staff")]

# By keyboard ---------------------------------------------------------------------------------------------------------


@contextmanager
def in_language(page: Page, language: str) -> Iterator[dict[str, str]]:
    """The page in this language, with its words."""
    if language == "en":
        page.locator("#language").click()
    yield {
        "zh-CN": {"answered": "已受理", "helped": "已提供帮助", "shift": "开始值班"},
        "en": {"answered": "Answered", "helped": "Helped", "shift": "Start shift"},
    }[language]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_fall_goes_from_ring_to_close_in_four_keys(
    browser: Browser, centre: Centre, database: Database, wang: Wearer, language: str
) -> None:
    with at_work(browser, centre) as page, in_language(page, language) as words:
        page.locator("#start-shift").focus()
        page.keyboard.press("Enter")
        expect(page.locator("html")).to_have_attribute("data-sound", "on")
        ring(database, wang)
        rings(page, "yes")
        page.keyboard.press("a")
        rings(page, "no")
        expect(page.locator("article.alert")).to_contain_text(words["answered"])
        for key in ("c", "1", "Enter"):
            page.keyboard.press(key)
        expect(page.locator("article.alert")).to_have_count(0)
        expect(page.locator(".recent")).to_contain_text(words["helped"])


@pytest.mark.usefixtures("watched")
def test_the_pages_are_reached_and_somebody_is_found_by_keyboard(browser: Browser, centre: Centre) -> None:
    with at_work(browser, centre) as page:
        for keys, address in (("gd", "#/devices"), ("gu", "#/account"), ("gb", "#/"), ("gr", "#/residents")):
            for key in keys:
                page.keyboard.press(key)
            expect(page).to_have_url(re.compile(f"{re.escape(address)}$"))
        expect(page.locator("article.alert")).to_have_count(0)
        page.get_by_role("heading", name="老人").click()
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_contain_text("快捷键")
        page.keyboard.press("Escape")
        page.keyboard.press("/")
        page.keyboard.type("wgz")
        expect(page.locator(".residents a")).to_have_count(1)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="王桂珍")).to_be_visible()


def test_what_somebody_types_is_no_step_of_an_alert(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    ring(database, wang)
    with at_work(browser, centre) as page:
        page.locator("[data-step=close]").click()
        page.locator("#note").fill("")
        page.locator("#note").press_sequentially("a1c")
        expect(page.locator("#note")).to_have_value("a1c")
        expect(page.locator("[name=outcome]:checked")).to_have_count(0)
        page.keyboard.press("Escape")
        expect(page.locator("article.alert")).to_have_attribute("data-phase", "raised")


# Together ------------------------------------------------------------------------------------------------------------


def test_of_two_who_answer_at_once_one_wins_and_the_other_sees_who(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    with at_work(browser, centre, "李敏") as hers, at_work(browser, centre, "张强") as his:
        start_shift(hers)
        ring(database, wang)
        for page in (hers, his):
            expect(page.locator("article.alert")).to_contain_text("待受理")
        for page in (hers, his):  # neither waits for what the other one's page says
            page.evaluate("document.querySelector('[data-step=answer]')?.click()")
        for page in (hers, his):
            expect(page.locator("article.alert .deed")).to_contain_text("后受理失效")  # the server has said so
            rings(page, "no")
        with database.transaction() as conn:
            who = conn.execute("SELECT username FROM alert JOIN account ON account.id = answered_by").fetchall()
        assert len(who) == 1
        for page in (hers, his):
            expect(page.locator("article.alert")).to_contain_text(who[0][0])


def test_the_focus_stays_with_its_row_when_another_comes_on_top(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    ring(database, wang, "strap_cut")
    with at_work(browser, centre) as page:
        row = page.locator("article.alert")
        expect(row).to_contain_text("腕带剪断")
        page.keyboard.press("ArrowDown")
        ring(database, wang, "fall")
        expect(row).to_have_count(2)
        expect(row.nth(0)).to_contain_text("跌倒")
        expect(row.nth(1)).to_be_focused()


def test_the_theme_and_the_language_are_remembered(browser: Browser, centre: Centre) -> None:
    with at_work(browser, centre) as page:
        theme = page.locator("html").get_attribute("data-theme")
        page.locator("#theme").click()
        page.locator("#language").click()
        page.reload()
        expect(page.get_by_role("heading", name="Open alerts")).to_be_visible()
        assert page.locator("html").get_attribute("data-theme") != theme


# Each by what they may do --------------------------------------------------------------------------------------------


SEAT = ["告警", "大屏", "老人", "设备", "签到", "探访", "服务", "值班", "判断质量"]
TABS = {
    Role.OPERATOR: SEAT,
    Role.AUDITOR: [*(page for page in SEAT if page != "服务"), "审计"],
    Role.SUPERVISOR: [*SEAT, "管理"],
    Role.ADMINISTRATOR: [*SEAT, "管理"],
    Role.RESPONDER: [*(page for page in SEAT if page != "设备"), "上门"],
    Role.DOCTOR: ["老人", "签到", "探访"],
    Role.VENDOR: ["设备"],
}
"""The pages of each; the first one is where they come in."""


@pytest.mark.parametrize("role", TABS)
def test_everybody_has_their_own_pages_and_comes_in_on_the_first(
    browser: Browser, centre: Centre, database: Database, role: Role
) -> None:
    with database.transaction() as conn:
        accounts.create_account(conn, str(role), PASSWORD, role, vendor="acme" if role is Role.VENDOR else None)
    with logged_in(browser, centre, str(role)) as page:
        first = {"告警": "board", "老人": "residents", "设备": "devices"}.get("".join(TABS[role][:1]), "account")
        expect(page.locator("main")).to_have_attribute("data-page", first)
        assert page.locator("#top nav a").all_inner_texts() == TABS[role]
        expect(page.locator("#link-bar")).to_be_hidden()


def test_the_family_is_led_to_its_own_page(browser: Browser, centre: Centre, database: Database) -> None:
    employ(database, "王芳", role=Role.FAMILY)
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(centre.url)
        page.get_by_label("用户名").fill("王芳")
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(f"{centre.url}/family")


def test_an_auditor_sees_that_something_was_but_not_whose_and_does_nothing(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    ring(database, wang)
    employ(database, "何审", role=Role.AUDITOR)
    with logged_in(browser, centre, "何审") as page:
        row = page.locator("article.alert")
        expect(row).to_contain_text("王**")
        expect(row.get_by_role("button")).to_have_count(0)
        page.keyboard.press("a")
        row.get_by_role("link", name="王**").click()
        expect(page.get_by_role("heading", name="王**")).to_be_visible()
        expect(page.get_by_role("button", name="查看联系方式")).to_have_count(0)
        assert "王桂珍" not in page.content()


def test_whoever_is_shut_out_is_out_at_once_on_every_page_and_in_words(
    browser: Browser, centre: Centre, database: Database
) -> None:
    with at_work(browser, centre, "张强") as page, at_work(browser, centre, "李敏") as other:
        start_shift(page)
        with database.transaction() as conn:
            found = administering.managed(conn, "张强", EVERYTHING)
            assert found is not None
            administering.set_disabled(conn, found.id, True, datetime.now(UTC))
        expect(page.get_by_text("登录已过期")).to_be_visible()
        expect(page.locator("html")).to_have_attribute("data-link", "connecting")
        assert page.evaluate("fetch('/api/alerts').then(answer => answer.status)") == 401
        expect(other.locator("html")).to_have_attribute("data-link", "live")


def test_one_ends_ones_other_session_from_the_account(browser: Browser, centre: Centre) -> None:
    with at_work(browser, centre, "李敏") as here, at_work(browser, centre, "李敏") as left_behind:
        here.goto(f"{centre.url}/#/account")
        expect(here.locator(".sessions li")).to_have_count(2)
        expect(here.locator(".sessions")).to_contain_text("Chrome · Linux")
        here.locator(".sessions").get_by_role("button", name="退出").click()
        expect(left_behind.get_by_label("用户名")).to_be_visible()
        expect(here.locator(".sessions li")).to_have_count(1)
        expect(here.locator(".sessions")).to_contain_text("当前会话")


def test_a_password_is_changed_and_the_wrong_one_is_said(browser: Browser, centre: Centre) -> None:
    with at_work(browser, centre, "李敏") as page:
        page.goto(f"{centre.url}/#/account")
        for current, words in (("not mine at all", "未能保存"), (PASSWORD, "密码已修改")):
            page.get_by_label("当前密码").fill(current)
            page.get_by_label("新密码").fill("another-that-is-long")
            page.get_by_role("button", name="修改密码").click()
            expect(page.get_by_text(words)).to_be_visible()
        expect(page.locator("html")).to_have_attribute("data-link", "live")


def test_how_to_reach_somebody_is_shown_for_a_reason_that_is_logged(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    resident = id_of(database, "王桂珍")
    with database.transaction() as conn:
        conn.execute(
            "INSERT INTO contact (id, resident_id, name, phone, relation)"
            " VALUES (gen_random_uuid(), %s, '赵红', '10055512345', '女儿')",
            (resident,),
        )
    with at_work(browser, centre) as page:
        page.goto(f"{centre.url}/#/residents/{resident}")
        page.get_by_role("button", name="查看联系方式").click()
        page.get_by_label("理由").fill("跌倒后联系家属")
        page.get_by_role("dialog").get_by_role("button", name="查看").click()
        expect(page.get_by_role("dialog")).to_contain_text("10055512345")
        expect(page.get_by_role("dialog")).to_contain_text("女儿 · 赵红")
        assert complaints_of_axe(page) == []
    with database.transaction() as conn:
        logged = conn.execute("SELECT reason FROM audit WHERE action = 'reveal'").fetchall()
    assert logged == [("跌倒后联系家属",)]


# The resident --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("watched")
def test_the_charts_say_what_they_show(browser: Browser, centre: Centre, database: Database) -> None:
    with at_work(browser, centre) as page:
        page.goto(f"{centre.url}/#/residents/{id_of(database, '王桂珍')}")
        heart = page.locator("figure[data-metric=heart_rate]")
        for name in ("24 小时", "7 天", "30 天", "1 小时"):
            page.get_by_role("button", name=name).click()
            expect(heart.get_by_role("img")).to_have_attribute(
                "aria-label", re.compile("心率：最低 60，最高 66，最近 .* 次/分")
            )
            expect(heart.locator("canvas")).to_be_visible()


MARKED = """([metric, priority]) => {
    const figure = document.querySelector(`figure[data-metric=${metric}]`);
    const canvas = figure.querySelector("canvas"), over = figure.querySelector(".u-over");
    const { width, height } = canvas;
    const copy = Object.assign(document.createElement("canvas"), { width, height: height + 1 });
    const brush = copy.getContext("2d", { willReadFrequently: true });
    brush.drawImage(canvas, 0, 0);
    brush.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(`--${priority}`).trim();
    brush.fillRect(0, height, 1, 1);
    const wanted = brush.getImageData(0, height, 1, 1).data, seen = brush.getImageData(0, 0, width, height).data;
    const columns = [...Array(width).keys()].filter((x) => [...Array(height).keys()].some((y) =>
        [0, 1, 2].every((part) => seen[(y * width + x) * 4 + part] === wanted[part])));
    const marks = [];
    for (const x of columns)
        if (x - (marks.at(-1)?.at(-1) ?? -9) < 4) marks.at(-1).push(x); else marks.push([x]);
    const middle = (mark) => (mark[0] + mark.at(-1) + 1) / 2 / devicePixelRatio;
    return marks.map((mark) => (middle(mark) - over.offsetLeft) / over.offsetWidth);
}"""
"""Where across the chart something is drawn in the colour of this priority, from 0 (its start) to 1 (its end)."""


@pytest.mark.usefixtures("watched")
def test_alerts_are_marked_on_the_charts_where_they_happened(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    now = datetime.now(UTC)
    ring(database, wang, "sos", at=now - timedelta(hours=12))
    ring(database, wang, "strap_cut", at=now - timedelta(hours=6))
    with at_work(browser, centre) as page:
        page.goto(f"{centre.url}/#/residents/{id_of(database, '王桂珍')}")
        for metric in ("heart_rate", "respiration_rate"):
            expect(page.locator(f"figure[data-metric={metric}] canvas")).to_be_visible()

            def marked(priority: str, metric: str = metric) -> list[float]:
                return page.evaluate(MARKED, [metric, priority])  # type: ignore[no-any-return]

            # With the fall of a moment ago. A canvas is drawn after it is there.
            eventually(lambda: marked("high") == pytest.approx([0.5, 1], abs=0.02), 20, "the urgent are marked")
            assert marked("medium") == pytest.approx([0.75], abs=0.02)
            assert marked("low") == []


@pytest.mark.usefixtures("watched")
def test_what_is_known_now_says_how_old_it_is(browser: Browser, centre: Centre, database: Database) -> None:
    with at_work(browser, centre) as page:
        page.goto(f"{centre.url}/#/residents/{id_of(database, '王桂珍')}")
        heart = page.locator(".values li", has_text="心率")
        expect(heart).to_contain_text("61")
        expect(heart).to_contain_text("次/分")
        expect(heart).to_contain_text("已过时")  # a minute is six times as long as this bed is ever silent
        expect(page.locator(".values li", has_text="在床")).to_contain_text("卧室")
        expect(page.locator("#past")).to_contain_text("跌倒")
        expect(page.locator("#nights")).to_be_visible()


@pytest.mark.usefixtures("watched")
def test_the_board_counts_and_leads_to_the_devices_that_need_somebody(
    browser: Browser, centre: Centre, database: Database
) -> None:
    with at_work(browser, centre) as page:
        counts = page.locator(".summary")
        expect(counts).to_contain_text("老人1")
        expect(counts).to_contain_text("设备5")
        counts.locator("div", has_text="失联").get_by_role("link").click()
        expect(page).to_have_url(re.compile("devices.state=silent"))
        expect(page.get_by_role("link", name=re.compile("^失联"))).to_have_attribute("aria-current", "page")
        page.get_by_role("link", name=re.compile("全部")).click()
        expect(page.locator(".listed tbody tr")).to_have_count(5)
        page.locator(".listed tbody tr", has_text="acme/bed-01").get_by_role("link", name="王桂珍").click()
        expect(page.get_by_role("heading", name="王桂珍")).to_be_visible()


def test_nobody_by_that_id_is_said_and_not_shown_as_empty(browser: Browser, centre: Centre) -> None:
    with at_work(browser, centre) as page:
        page.goto(f"{centre.url}/#/residents/01a211d4-564a-799e-83ee-bae001f39b41")
        expect(page.get_by_text("找不到这位老人")).to_be_visible()


# The API -------------------------------------------------------------------------------------------------------------


def test_the_api_is_shown_from_our_own_files(browser: Browser, centre: Centre) -> None:
    page, complaints = browser.new_page(), []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("request", lambda asked: complaints.append(asked.url) if not asked.url.startswith(centre.url) else None)
    page.goto(f"{centre.url}/docs")
    page.get_by_role("link", name="residents", exact=True).click()
    expect(page.get_by_text("/api/residents/{resident_id}/band")).to_be_visible()
    page.get_by_text("/api/residents/{resident_id}/band").click()
    expect(page.get_by_text("A day's states")).to_be_visible()
    page.close()
    assert complaints == []

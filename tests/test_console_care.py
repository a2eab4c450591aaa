"""The page of what is arranged around one resident: check-in plans, absences, contacts with their ways, consents."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from care.people import Role
from dashboard.desk import Outside
from records.database import Database
from records.people import contacts
from records.people.contacts import Entry
from tests.browsing import DESKTOP, PHONE, at_work, complaints_of_axe, in_a_browser, logged_in
from tests.centre import Centre, employ, id_of, open_centre
from tests.people import Wearer
from tests.test_console_looks import untranslated

pytestmark = [*in_a_browser, pytest.mark.usefixtures("staff")]


@pytest.fixture
def wang_id(database: Database, wang: Wearer) -> UUID:
    """Somebody with a daughter and a neighbour."""
    resident = id_of(database, wang.name)
    with database.transaction() as conn:
        contacts.add(conn, resident, Entry("李娜", "女儿", "+8613855512345"))
        contacts.add(conn, resident, Entry("周强", "邻居", "05552345678"))
    return resident


def open_care(page: Page, centre: Centre, resident: UUID) -> None:
    """The page, drawn whole."""
    page.goto(f"{centre.url}/#/residents/{resident}/care")
    for name in ("checkins", "absences", "duty", "contacts", "partners", "consents"):
        expect(page.locator(f"[data-section={name}]")).to_be_visible()
    expect(page.locator("[data-contact]")).to_have_count(2)


def dialog(page: Page, name: str) -> None:
    expect(page.locator(f"[data-dialog={name}]")).to_be_visible()


def test_a_plan_is_seen_before_it_is_made_then_changed_paused_and_ended(
    browser: Browser, centre: Centre, wang_id: UUID
) -> None:
    with at_work(browser, centre) as page:
        open_care(page, centre, wang_id)
        expect(page.get_by_text("没有签到计划。")).to_be_visible()
        page.locator("[name=new-plan]").click()
        dialog(page, "plan")
        expect(page.locator(".coming li")).to_have_count(7)
        page.locator("[name=grace_minutes]").fill("30")
        page.get_by_label("节假日也要签到").uncheck()
        for day in ("周六", "周日"):
            page.get_by_label(day).uncheck()
        expect(page.locator(".coming li")).to_have_count(5)
        words = "周一至周五 08:00–10:00；宽限 30 分钟；节假日除外"
        expect(page.locator(".coming")).to_contain_text(words)
        expect(page.locator(".coming li").first).to_contain_text("10:30 起联系")
        page.get_by_role("button", name="保存计划").click()
        plans = page.locator(".plans li")
        expect(plans).to_have_count(1)
        expect(plans.first).to_contain_text(words)
        plans.get_by_role("button", name="修改").click()
        dialog(page, "plan")
        page.locator("[name=cron]").fill("09:00")
        page.get_by_role("dialog").get_by_role("button", name="修改").click()
        expect(plans.first).to_contain_text("09:00–10:00")
        plans.get_by_role("button", name="暂停").click()
        dialog(page, "pause")
        page.locator("[name=why]").fill("女儿来住")
        page.get_by_role("dialog").get_by_role("button", name="暂停").click()
        expect(plans.first).to_contain_text("暂停至")
        expect(plans.first).to_contain_text("女儿来住")
        plans.get_by_role("button", name="恢复").click()
        expect(plans.first).not_to_contain_text("暂停至")
        plans.get_by_role("button", name="终止").click()
        page.get_by_role("dialog").get_by_role("button", name="终止").click()
        expect(plans).to_have_count(0)


def test_an_absence_is_entered_by_keyboard_says_what_it_holds_back_and_ends(
    browser: Browser, centre: Centre, wang_id: UUID
) -> None:
    with at_work(browser, centre) as page:
        open_care(page, centre, wang_id)
        page.locator("[name=new-absence]").focus()
        page.keyboard.press("Enter")
        dialog(page, "absence")
        expect(page.locator("[data-dialog=absence] [type=radio]:checked")).to_be_focused()
        page.keyboard.press("2")
        page.locator("[name=to]").fill("2020-01-01T08:00")
        page.locator("[name=told_by]").fill("女儿来电")
        page.keyboard.press("Enter")
        expect(page.locator("[data-dialog=absence] .problem")).to_contain_text("开始：须早于结束")
        expect(page.locator("[name=from]")).to_be_focused()
        until = datetime.now(UTC) + timedelta(days=3)
        page.locator("[name=to]").fill(until.strftime("%Y-%m-%dT%H:%M"))
        page.keyboard.press("Enter")
        absence = page.locator("[data-section=absences] li[data-when=now]")
        expect(absence).to_contain_text("住院")
        expect(absence).to_contain_text("女儿来电告知 · 李敏 登记")
        expect(page.locator("[data-section=absences]")).to_contain_text("跌倒、紧急呼叫、烟雾和燃气照常告警")
        absence.get_by_role("button", name="已返回").click()
        page.get_by_role("dialog").get_by_role("button", name="已返回").click()
        expect(absence).to_have_count(0)


# This machine has no telephone, and a browser that asks for one lets nobody press anything meanwhile.
DIALLED = """
    addEventListener('click', event => {
        const line = event.target.closest?.('a[href^="tel:"]');
        if (!line) return;
        event.preventDefault();
        window.dialled = line.href;
    }, true);
"""


def test_a_contact_is_called_with_one_key_and_what_they_say_is_kept(
    browser: Browser, centre: Centre, wang_id: UUID, database: Database
) -> None:
    with at_work(browser, centre) as page:
        page.add_init_script(DIALLED)
        page.reload()
        open_care(page, centre, wang_id)
        expect(page.locator("[data-contact]").first).to_contain_text("+86138****2345")
        page.get_by_role("button", name="拨打 女儿 李娜").focus()
        page.keyboard.press("Enter")
        number = page.locator(".number-to-call a")
        expect(number).to_be_focused()
        page.wait_for_function("window.dialled === 'tel:+8613855512345'")
        page.get_by_role("button", name="登记结果").last.click()
        dialog(page, "visit")
        expect(page.locator("[data-dialog=visit] [name=note]")).to_have_value("女儿 李娜")
        page.get_by_role("button", name="保存").click()
        expect(page.get_by_text("已登记平安。")).to_be_visible()
    with database.transaction() as conn:
        noted = conn.execute("SELECT count(*) FROM audit WHERE action = 'call contact'").fetchone()
        said = conn.execute("SELECT note FROM confirmation").fetchall()
    assert (noted, said) == ((1,), [("女儿 李娜",)])


def test_contacts_get_their_order_their_ways_and_a_trial(browser: Browser, centre: Centre, wang_id: UUID) -> None:
    with at_work(browser, centre) as page:
        open_care(page, centre, wang_id)
        people = page.locator("[data-contact]")
        page.get_by_role("button", name="上移 邻居 周强").click()
        expect(people.first).to_contain_text("周强")
        page.get_by_role("button", name="添加通知地址 女儿 李娜").click()
        dialog(page, "address")
        page.locator("[name=address]").fill("12")
        page.get_by_role("button", name="添加", exact=True).click()
        expect(page.locator("[data-dialog=address] .problem")).to_contain_text("地址：与所选方式不符")
        expect(page.locator("[name=address]")).to_be_focused()
        page.locator("[name=address]").fill("138 5551 2345")
        page.keyboard.press("Enter")
        way = people.nth(1).locator(".ways li")
        expect(way).to_contain_text("+86138****2345")
        way.get_by_role("button", name="测试").click()
        expect(way.locator(".tried")).to_contain_text("测试待发送")
        way.get_by_role("button", name="测试").click()
        expect(page.locator("#notices")).to_contain_text("刚刚测试过")
        way.get_by_role("button", name="移除").click()
        expect(way).to_have_count(0)
        page.locator("[name=new-contact]").click()
        dialog(page, "contact-form")
        page.locator("[name=name]").fill("王桂珍")
        page.locator("[name=relation]").fill("本人")
        page.locator("[name=phone]").fill("13900001111")
        page.keyboard.press("Enter")
        expect(people).to_have_count(3)
        page.get_by_role("button", name="移除 邻居 周强").click()
        page.get_by_role("dialog").get_by_role("button", name="移除").click()
        expect(people).to_have_count(2)


def test_a_consent_is_entered_with_who_gave_it_and_withdrawn(browser: Browser, centre: Centre, wang_id: UUID) -> None:
    with at_work(browser, centre) as page:
        open_care(page, centre, wang_id)
        section = page.locator("[data-section=consents]")
        expect(section).to_contain_text("没有授权")
        page.locator("[name=new-consent]").click()
        dialog(page, "consent")
        page.locator("[name=evidence]").fill("本人签字，档案 12")
        page.keyboard.press("Enter")
        expect(section).to_contain_text("本人签字，档案 12 · 李敏 登记")
        section.get_by_role("button", name="撤回 短信").click()
        page.get_by_role("dialog").get_by_role("button", name="撤回").click()
        expect(section).to_contain_text("没有授权")


def test_how_often_one_is_visited_is_set_and_the_homes_code_is_made_once_more_only_when_asked(
    browser: Browser, centre: Centre, wang_id: UUID
) -> None:
    with at_work(browser, centre) as page:
        open_care(page, centre, wang_id)
        section = page.locator("[data-section=duty]")
        expect(section).to_contain_text("低风险，每季度")
        page.locator("[name=set-duty]").click()
        dialog(page, "duty")
        expect(page.locator("[data-dialog=duty] [type=radio]:checked")).to_be_focused()
        page.keyboard.press("1")
        page.locator("[name=reason]").fill("独居，高龄")
        page.locator("[name=major_change]").check()
        page.keyboard.press("Enter")
        expect(section).to_contain_text("高风险，每周 独居，高龄")
        page.locator("[name=new-code]").click()
        expect(page.locator(".home-code .qr svg")).to_be_visible()
        assert complaints_of_axe(page) == []
        page.get_by_role("dialog").get_by_role("button", name="完成").click()
        expect(section).to_contain_text("家中已贴二维码")
        page.locator("[name=new-code]").click()
        expect(page.get_by_role("dialog")).to_contain_text("现有的二维码随即失效")
        page.keyboard.press("Escape")
        expect(page.locator(".home-code")).to_have_count(0)


def test_a_plan_for_days_of_the_month_is_written_as_cron(browser: Browser, centre: Centre, wang_id: UUID) -> None:
    with at_work(browser, centre) as page:
        open_care(page, centre, wang_id)
        page.locator("[name=new-plan]").click()
        page.locator("[name=exactly]").click()
        cron = page.locator("[name=cron]")
        expect(cron).to_have_value("0 8 * * *")
        cron.fill("0 8 1,15 *")
        expect(page.locator(".coming .problem")).to_be_visible()
        cron.fill("0 8 */2 * *")
        expect(page.locator(".coming .problem")).to_have_count(0)
        expect(page.locator(".coming li").first).to_contain_text("08:00–10:00")
        page.get_by_role("button", name="保存计划").click()
        expect(page.locator(".plans li")).to_contain_text("0 8 */2 * *")


def test_a_neighbour_partner_is_named_and_leaves(
    browser: Browser, centre: Centre, wang_id: UUID, database: Database
) -> None:
    employ(database, "zhou", role=Role.RESPONDER)
    employ(database, "chief", role=Role.SUPERVISOR)
    with at_work(browser, centre, "chief") as page:
        open_care(page, centre, wang_id)
        section = page.locator("[data-section=partners]")
        expect(section).to_contain_text("尚未登记睦邻伙伴")
        page.locator("[name=partner]").fill("zhao")
        page.keyboard.press("Enter")
        expect(section.locator(".problem")).to_contain_text("请核对账号名")
        page.locator("[name=partner]").fill("zhou")
        page.keyboard.press("Enter")
        expect(section.locator("[data-partner=zhou]")).to_contain_text("0 分钟")
        section.get_by_role("button", name="不再询问").click()
        page.get_by_role("dialog").get_by_role("button", name="不再询问").click()
        expect(section).to_contain_text("尚未登记睦邻伙伴")


def test_the_visits_so_far_stand_beside_the_duty(browser: Browser, centre: Centre, wang_id: UUID) -> None:
    with at_work(browser, centre) as page:
        open_care(page, centre, wang_id)
        past = page.locator("[data-section=duty]")
        expect(past).to_contain_text("尚无记录")
        headers = {"origin": centre.url}
        for reached in (False, True):
            body = {"kind": "phone", "reached": reached, "note": "说腿疼" if reached else ""}
            assert (
                page.request.post(f"{centre.url}/api/residents/{wang_id}/visits", data=body, headers=headers).status
                == 201
            )
        page.reload()
        rows = past.locator(".past-visits li")
        expect(rows).to_have_count(2)
        expect(rows.first).to_contain_text("电话问候")
        expect(rows.first).to_contain_text("见到或通话")
        expect(rows.first).to_contain_text("说腿疼")
        expect(rows.last).to_contain_text("不计入")


def test_who_only_reads_sees_everything_masked_and_no_step(
    browser: Browser, centre: Centre, wang_id: UUID, database: Database
) -> None:
    employ(database, "auditor", role=Role.AUDITOR)
    with logged_in(browser, centre, "auditor") as page:
        open_care(page, centre, wang_id)
        expect(page.locator("[data-contact]").first).to_contain_text("李*")
        expect(page.locator("[data-section] button")).to_have_count(0)


DATA = re.compile("王桂珍|李娜|周强|女儿|邻居|陪护|本人|马鞍山市|李敏")


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_the_page_is_for_everybody(browser: Browser, centre: Centre, wang_id: UUID, size: tuple[int, int]) -> None:
    dialogs = {"new-plan": "plan", "new-absence": "absence", "record": "visit", "new-contact": "contact-form"}
    with at_work(browser, centre, size=size) as page:
        for language in ("zh-CN", "en"):
            open_care(page, centre, wang_id)
            for _ in range(2):
                assert complaints_of_axe(page) == [], language
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
                page.locator("#theme").click()
            for button, name in {**dialogs, "new-consent": "consent"}.items():
                page.locator(f"[name={button}]").click()
                dialog(page, name)
                if name == "plan":
                    expect(page.locator(".coming li")).to_have_count(7)
                assert complaints_of_axe(page) == [], name
                assert [text for text in untranslated(page, language) if not DATA.search(text)] == [], name
                page.keyboard.press("Escape")
                expect(page.locator(f"[data-dialog={name}]")).to_have_count(0)
            page.locator("#language").click()


def test_a_link_to_the_family_s_page_is_made_shown_once_and_revoked(
    browser: Browser, database_url: str, wang_id: UUID
) -> None:
    outside = Outside(link_key="a-key-for-links-that-is-long-enough")
    with open_centre(database_url, outside=outside) as centre, at_work(browser, centre) as page:
        open_care(page, centre, wang_id)
        page.get_by_role("button", name="网页链接").first.click()
        shown = page.locator("[data-dialog=links]")
        shown.locator("[name=make-link]").click()
        expect(shown.locator(".qr")).to_be_visible()
        assert "/l/" in shown.locator("[name=link]").input_value()
        expect(shown).to_contain_text("还没有使用")
        assert complaints_of_axe(page) == []
        shown.get_by_role("button", name="停用").click()
        expect(shown).to_contain_text("没有有效的链接")
        expect(shown.locator("[name=link]")).to_have_count(0)

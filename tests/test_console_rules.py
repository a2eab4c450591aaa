"""The page of the rules: every rule with its limits, where they come from and what they rest on, in both languages."""

import re

import pytest
from playwright.sync_api import Browser, expect

from care.in_force import Place
from care.people import Role
from care.rules import RULES
from records.database import Database
from records.judging import rule_settings
from records.judging.rule_settings import Change
from tests.browsing import PHONE, complaints_of_axe, in_a_browser, logged_in
from tests.centre import Centre, employ
from tests.people import NOW
from tests.test_console_looks import untranslated
from tests.test_rules import area_of

pytestmark = in_a_browser
NAMES = re.compile("leader|NEWS2|SpO2|AUTH|Zigbee2MQTT|花山区")


@pytest.fixture
def leader(database: Database) -> None:
    """A supervisor of the whole city, and a limit of 花山区's own."""
    employ(database, "leader", role=Role.SUPERVISOR)
    with database.transaction() as conn:
        own = Change(RULES["room_cold"], Place(area_of(database, "340503")), {"low": 18.0}, None, "冬季", forced=True)
        rule_settings.change(conn, own, NOW)


@pytest.mark.usefixtures("leader")
def test_a_supervisor_reads_the_rules_with_the_limits_of_an_area(browser: Browser, centre: Centre) -> None:
    with logged_in(browser, centre, "leader") as page:
        page.get_by_role("link", name="管理").click()
        page.get_by_role("navigation", name="管理").get_by_role("link", name="规则").click()
        expect(page.locator("[data-rule]")).to_have_count(len(RULES))
        low = page.locator("[data-rule=room_cold] [data-limit=low]")
        expect(low).to_contain_text("16 ℃")
        expect(low).to_contain_text("默认值")
        page.goto(f"{centre.url}/#/rules?area=2")
        expect(low).to_contain_text("18 ℃")
        expect(low).to_contain_text("花山区设定")
        expect(page.locator("[data-rule=left_bed] [data-limit=within]")).to_contain_text("30 分")
        for language in ("zh-CN", "en"):
            if language == "en":
                page.locator("#language").click()
            assert [text for text in untranslated(page, language) if not NAMES.search(text)] == []
            assert complaints_of_axe(page) == []
        expect(low).to_contain_text("instead of 16 ℃")
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        wider = "[...document.querySelectorAll('.scrolls')].filter(one => one.scrollWidth > one.clientWidth).length"
        assert page.evaluate(wider) == 0, "no table of rules scrolls sideways on a phone"


@pytest.mark.usefixtures("leader")
def test_a_supervisor_reads_who_changed_a_plan_when_and_why(browser: Browser, centre: Centre) -> None:
    steps = [{"after": 0, "whom": "seat", "repeat": 2, "wait": 20}, {"after": 120, "whom": "supervisor"}]
    with centre.operator("leader") as client:
        own = {"steps": steps, "version": 0, "why": "冬季值班人手多", "area": 2}
        client.put("/api/plans/personal/high", json=own).raise_for_status()
        back = {"area": 2, "version": 1, "why": "冬季已过"}
        client.post("/api/plans/personal/high/back", json=back).raise_for_status()
    with logged_in(browser, centre, "leader") as page:
        page.goto(f"{centre.url}/#/plans")
        plan = page.locator("[data-plan=personal-high]")
        plan.locator("summary").click()
        versions = plan.locator(".plan-history li")
        expect(versions).to_have_count(2)
        expect(versions.first).to_contain_text("恢复上级预案")
        expect(versions.first).to_contain_text("冬季已过")
        expect(versions.last).to_contain_text("花山区预案")
        expect(versions.last).to_contain_text("冬季值班人手多")
        expect(versions.last).to_contain_text("坐席立即 → 值班长 2 分钟后")
        assert complaints_of_axe(page) == []
        other = page.locator("[data-plan=technical-low]")
        other.locator("summary").click()
        expect(other.locator(".plan-history")).to_contain_text("还没有修改过")


@pytest.mark.usefixtures("staff")
def test_an_operator_has_no_page_of_rules(browser: Browser, centre: Centre) -> None:
    with logged_in(browser, centre, "李敏") as page:
        page.goto(f"{centre.url}/#/rules")
        expect(page.locator("main[data-page=board] h1")).to_be_visible()
        expect(page.get_by_role("link", name="规则")).to_have_count(0)

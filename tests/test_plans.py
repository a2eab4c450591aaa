"""Escalation plans as they are set: what is refused, what they would do now, and that the next alert follows them."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from alerts import escalation
from care.escalation import Whom, read_plan
from care.events import AlertClass
from care.people import Role
from care.plan_checks import Danger, dangers, doubts, rehearsed
from care.rules import Priority
from records.database import Database
from records.login import accounts
from records.telling import duty, plans
from tests.browsing import PHONE, complaints_of_axe, logged_in
from tests.centre import PASSWORD, Centre, employ, ring
from tests.people import Wearer, give
from tests.test_console_looks import untranslated
from tests.test_rules import area_of

SEAT, SUPERVISOR = {"after": 0, "whom": "seat"}, {"after": 60, "whom": "supervisor"}


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ([SEAT, SUPERVISOR], []),
        ([], [Danger.EMPTY]),
        ([SUPERVISOR], [Danger.NO_SEAT]),
        ([{"after": 10, "whom": "seat"}, SUPERVISOR], [Danger.NO_SEAT_AT_ONCE]),
        ([SEAT], [Danger.NOBODY_ELSE]),
        ([SEAT, {"after": 0, "whom": "family"}], [Danger.NOBODY_ELSE]),
        ([SEAT | {"repeat": 2, "wait": 5}, SUPERVISOR], [Danger.TOO_OFTEN]),
        ([SEAT | {"repeat": 60, "wait": 60}, SUPERVISOR], [Danger.TOO_MANY]),
        ([SEAT, SUPERVISOR, {"after": 90_000, "whom": "county"}], [Danger.TOO_LATE]),
    ],
)
def test_a_dangerous_plan_is_known(steps: list[dict[str, Any]], found: list[Danger]) -> None:
    assert dangers(read_plan(steps), Priority.HIGH) == found


def test_what_is_slower_than_the_answer_target_is_doubtful() -> None:
    slow = read_plan([SEAT, {"after": 181, "whom": "supervisor"}])
    assert doubts(slow, Priority.HIGH)
    assert not doubts(read_plan([SEAT, {"after": 180, "whom": "supervisor"}]), Priority.HIGH)
    assert not doubts(slow, Priority.MEDIUM)


def test_the_plans_that_come_along_may_be_set_as_they_are(database: Database) -> None:
    with database.transaction() as conn:
        for kind in AlertClass:
            for priority in Priority:
                plan = plans.in_force(conn, None, kind, priority)
                assert (dangers(plan, priority), doubts(plan, priority)) == ([], []), (kind, priority)


def test_where_nobody_is_on_duty_the_next_is_told_at_once_in_the_rehearsal_too() -> None:
    plan = read_plan([SEAT, {"after": 60, "whom": "station"}, {"after": 180, "whom": "supervisor"}])
    found = rehearsed(plan, AlertClass.PERSONAL, Priority.HIGH, {Whom.SEAT, Whom.SUPERVISOR})
    assert [(one.after.total_seconds(), one.whom, one.reached) for one in found] == [
        (0, Whom.SEAT, True),
        (60, Whom.STATION, False),
        (60, Whom.SUPERVISOR, True),
        (300, Whom.SUPERVISOR, True),
    ]


@pytest.fixture
def leader(centre: Centre, database: Database) -> Iterator[httpx2.Client]:
    """A supervisor of the city."""
    employ(database, "leader", role=Role.SUPERVISOR)
    with centre.operator("leader") as client:
        yield client


def wanted(*steps: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"steps": list(steps), "version": 1, "why": "演习后调整"} | more


def put(client: httpx2.Client, body: dict[str, Any]) -> httpx2.Response:
    return client.put("/api/plans/personal/high", json=body)


@pytest.fixture
def wang(database: Database) -> Wearer:
    return give(database, "王桂珍", "watch-1")


def opened(database: Database, wearer: Wearer, rule: str) -> list[dict[str, Any]]:
    """The plan with which such an alert opens now."""
    alert = ring(database, wearer, rule)
    with database.transaction() as conn:
        escalation.begin(conn, alert, datetime.now(UTC))
        row = conn.execute("SELECT plan FROM alert WHERE id = %s", (alert,)).fetchone()
    assert row is not None
    plan: list[dict[str, Any]] = row[0]
    return plan


def test_the_next_alert_follows_a_changed_plan_and_the_open_one_keeps_its_own(
    leader: httpx2.Client, database: Database, wang: Wearer
) -> None:
    before = opened(database, wang, "fall")
    assert put(leader, wanted(SEAT, {"after": 45, "whom": "county"})).status_code == 204
    assert put(leader, wanted(SEAT, SUPERVISOR)).status_code == 409, "somebody changed it since"
    assert [(step["after"], step["whom"]) for step in opened(database, wang, "sos")] == [(0, "seat"), (45, "county")]
    with database.transaction() as conn:
        kept = conn.execute("SELECT plan FROM alert WHERE rule = 'fall'").fetchone()
    assert kept == (before,)
    [line] = leader.get("/api/plans/personal/high/history").json()["versions"]
    assert (line["version"], line["by_name"], line["why"]) == (2, "leader", "演习后调整")
    assert "set plan" in [line["action"] for line in leader.get("/api/audit").json()["entries"]]


def test_what_is_dangerous_is_refused_and_what_is_slow_needs_a_word(leader: httpx2.Client) -> None:
    refused = put(leader, wanted({"after": 30, "whom": "seat"}))
    assert (refused.status_code, refused.json()["dangers"]) == (422, ["no_seat_at_once", "nobody_else"])
    slow = wanted(SEAT, {"after": 600, "whom": "supervisor"})
    assert (put(leader, slow).status_code, put(leader, slow | {"force": True}).status_code) == (409, 204)
    assert put(leader, slow | {"why": " ", "version": 2}).status_code == 422


def test_an_area_has_a_plan_of_its_own_until_it_is_taken_back(
    leader: httpx2.Client, centre: Centre, database: Database
) -> None:
    here = area_of(database, "340503")
    with database.transaction() as conn:
        accounts.create_account(conn, "here", PASSWORD, Role.SUPERVISOR, area_id=here)
    with centre.operator("here") as client:
        assert put(client, wanted(SEAT, SUPERVISOR)).status_code == 422, "not for everywhere"
        assert put(client, wanted(SEAT, SUPERVISOR, area=area_of(database, "340521"))).status_code == 404
        assert put(client, wanted(SEAT, SUPERVISOR, area=here, version=0)).status_code == 204
        [own] = [p for p in client.get(f"/api/plans?area={here}").json()["plans"] if p["area_id"] == here]
        assert (own["area"], own["version"], len(own["steps"])) == ("花山区", 1, 2)
        back = {"area": here, "version": 1, "why": "不再需要"}
        assert client.post("/api/plans/personal/high/back", json=back).status_code == 204
        assert not [p for p in client.get(f"/api/plans?area={here}").json()["plans"] if p["area_id"] == here]


def test_the_preview_names_who_is_on_duty_and_who_has_no_address(leader: httpx2.Client, database: Database) -> None:
    employ(database, "李敏")
    now = datetime.now(UTC)
    with database.transaction() as conn:
        found = accounts.account_by_name(conn, "李敏")
        assert found is not None
        duty.add(conn, found[0].id, Whom.SEAT, None, now, timedelta(hours=8))
    body = {
        "alert_class": "personal",
        "priority": "high",
        "steps": [SEAT, {"after": 60, "whom": "station"}, SUPERVISOR],
    }
    answer = leader.post("/api/plans/preview", json=body).json()
    seat, station = answer["turns"][:2]
    assert ([one["username"] for one in seat["people"]], seat["without_address"]) == (["李敏"], 1)
    assert (station["people"], station["after"], answer["dangers"]) == ([], 60, [])


NAMES = re.compile("leader|花山区|李敏|AUTH")


@pytest.mark.browser
@pytest.mark.usefixtures("leader")
@pytest.mark.parametrize("size", [(1366, 768), PHONE])
def test_a_supervisor_changes_a_plan_on_the_page(
    browser: Browser, centre: Centre, database: Database, wang: Wearer, size: tuple[int, int]
) -> None:
    def is_fine(page: Page, language: str) -> None:
        assert complaints_of_axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert [text for text in untranslated(page, language) if not NAMES.search(text)] == []

    with logged_in(browser, centre, "leader") as page:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.goto(f"{centre.url}/#/plans")
        plan = page.locator("[data-plan=personal-high]")
        expect(plan.locator(".line li")).to_have_count(8)
        is_fine(page, "zh-CN")
        plan.get_by_role("button", name="修改").click()
        dialog = page.locator("dialog[open]")
        expect(dialog.locator(".timeline li").first).to_contain_text("坐席")
        is_fine(page, "zh-CN")
        dialog.get_by_label("第 1 步 · 多久后", exact=True).fill("10")
        expect(dialog).to_contain_text("紧急告警必须立即通知坐席")
        dialog.get_by_label("第 1 步 · 多久后", exact=True).fill("0")
        expect(dialog.locator(".problem", has_text="必须立即")).to_have_count(0)
        dialog.get_by_label("第 3 步 · 多久后", exact=True).fill("2")
        dialog.get_by_label("第 3 步 · 多久后的单位").select_option("min")
        dialog.get_by_label("修改原因").fill("演习后调整")
        page.keyboard.press("Enter")
        expect(page.get_by_text("预案已更新")).to_be_visible()
        expect(plan).to_contain_text("第 2 版")
        page.reload()  # what was said of the change is gone then
        page.locator("#language").click()
        expect(plan).to_be_visible()
        is_fine(page, "en")
    assert {"after": 120, "whom": "supervisor", "repeat": 0, "wait": 0} in opened(database, wang, "fall")


@pytest.mark.browser
def test_an_administrator_shuts_out_a_vendor_knowing_how_many_devices(
    browser: Browser, centre: Centre, database: Database, wang: Wearer
) -> None:
    employ(database, "admin", role=Role.ADMINISTRATOR)
    with logged_in(browser, centre, "admin") as page:
        page.goto(f"{centre.url}/#/vendors")
        acme = page.locator("[data-vendor=acme]")
        expect(acme).to_contain_text("care/v1/acme/DEVICE")
        assert complaints_of_axe(page) == []
        acme.get_by_role("button", name="停用").click()
        dialog = page.locator("dialog[open]")
        expect(dialog).to_contain_text("1 台在用设备")
        dialog.get_by_role("checkbox").check()
        dialog.get_by_label("修改原因").fill("证书泄露")
        assert complaints_of_axe(page) == []
        page.keyboard.press("Enter")
        expect(acme).to_contain_text("起停用")
        acme.get_by_role("button", name="启用").click()
        expect(page.get_by_text("acme 已启用，1 台设备恢复")).to_be_visible()

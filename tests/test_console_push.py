"""A real Chromium is told: the very payload that a push service got is shown by our service worker; a click opens it.

Chromium's own push service can't be reached from here: without a profile `PushManager.subscribe` is refused, with one
it never answers. So the last step, from that service to the browser, is done by the browser's own debugging protocol,
which takes the same way through it.
"""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, Worker, expect

from alerts.channels.push import public_key
from care.notices import Channel, Recipient
from dashboard.desk import Outside
from records.clock import utc_now
from records.database import Database
from records.login import accounts
from records.people import reach
from records.people.reach import Reach
from records.telling import notices
from tests.browsing import at_work, complaints_of_axe, in_a_browser, logged_in
from tests.centre import PASSWORD, Centre, open_centre, ring
from tests.people import Wearer
from tests.push_service import push_service
from tests.test_push import KEY, SETTINGS
from tests.told import put, turn
from tests.whole import eventually

pytestmark = in_a_browser

SHOWN = """() => self.registration.getNotifications().then(all => all.map(
    one => ({title: one.title, body: one.body, tag: one.tag, alert: one.data.alert})))"""
CLICK = """() => self.registration.getNotifications().then(([one]) =>
    self.dispatchEvent(new NotificationEvent("notificationclick", {notification: one})))"""


@pytest.fixture
def with_push(database_url: str) -> Iterator[Centre]:
    """A dashboard with a key for Web Push."""
    with open_centre(database_url, outside=Outside(public_key(KEY), KEY)) as centre:
        yield centre


def sent_to_limin(database: Database, wang: Wearer) -> tuple[str, str]:
    """What a browser of Li Min's reads of a fall, and the id of the alert."""
    with push_service() as (server, browser):
        alert_id, now = ring(database, wang), utc_now()
        with database.transaction() as conn:
            account = accounts.account_by_name(conn, "李敏")
            assert account is not None
            who = Recipient.account(account[0].id)
            reach.add_reach(conn, who, Reach(Channel.PUSH, browser.subscription.written()))
        put(database, alert_id, who, now)
        turn(database, SETTINGS, now)
    ((_, headers, body),) = server.got
    return json.dumps(browser.reads(headers, body)), str(alert_id)


FORGED = """() => fetch("/api/receipts/push/1", {method: "POST", headers: {"content-type": "application/json"},
    body: JSON.stringify({state: "read", proof: "0".repeat(64)})}).then(answer => answer.status)"""


def how_far(database: Database, alert_id: str) -> tuple[str, str]:
    """The status of the one delivery, and of its notice."""
    with database.transaction() as conn:
        (line,) = notices.told(conn, UUID(alert_id))
    return str(line.state), str(line.notice_state)


def worker_of(context: BrowserContext, page: Page) -> Worker:
    """Our service worker, as this page registers it."""
    page.evaluate("navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready)")
    # Playwright hears of it only while it talks to the browser.
    running = eventually(lambda: page.evaluate("1") and context.service_workers, 20, "the service worker runs")
    return running[0]  # type: ignore[no-any-return]


def deliver(context: BrowserContext, page: Page, centre: Centre, payload: str) -> None:
    """What the browser's push service does when it has a message for it."""
    debugging, known = context.new_cdp_session(page), []
    debugging.on("ServiceWorker.workerRegistrationUpdated", lambda said: known.extend(said["registrations"]))
    debugging.send("ServiceWorker.enable")
    page.wait_for_function("() => navigator.serviceWorker.controller")
    eventually(lambda: page.evaluate("1") and known, 20, "the browser tells of its workers")
    (ours,) = {one["registrationId"] for one in known if one["scopeURL"] == f"{centre.url}/"}
    debugging.send("ServiceWorker.deliverPushMessage", {"origin": centre.url, "registrationId": ours, "data": payload})


@pytest.mark.usefixtures("staff")
def test_the_message_is_shown_and_a_click_opens_its_alert(
    browser: Chromium, with_push: Centre, database: Database, wang: Wearer
) -> None:
    payload, alert_id = sent_to_limin(database, wang)
    with at_work(browser, with_push) as page:
        context = page.context
        context.grant_permissions(["notifications"], origin=with_push.url)
        page.goto(f"{with_push.url}/#/account")
        worker = worker_of(context, page)
        deliver(context, page, with_push, payload)
        shown: list[dict[str, Any]] = eventually(lambda: worker.evaluate(SHOWN), 20, "the message is shown")
        assert [(one["title"], one["alert"], one["tag"]) for one in shown] == [("跌倒：王桂珍", alert_id, alert_id)]
        assert "王桂珍于" in shown[0]["body"]
        eventually(lambda: how_far(database, alert_id) == ("delivered", "delivered"), 20, "the browser says so")
        worker.evaluate(CLICK)
        page.wait_for_url(f"{with_push.url}/#/?alert={alert_id}")
        expect(page.locator(f"article[data-id='{alert_id}']")).to_be_focused()
        assert worker.evaluate(SHOWN) == []
        eventually(lambda: how_far(database, alert_id) == ("read", "read"), 20, "and that it was opened")
        assert page.evaluate(FORGED) == 403


@pytest.mark.usefixtures("staff")
def test_a_page_that_a_message_has_opened_points_out_its_alert(
    browser: Chromium, with_push: Centre, database: Database, wang: Wearer
) -> None:
    alert_id = ring(database, wang)
    with at_work(browser, with_push) as page:
        page.goto("about:blank")
        page.goto(f"{with_push.url}/#/?alert={alert_id}")
        expect(page.locator(f"article[data-id='{alert_id}']")).to_be_focused()


@pytest.mark.usefixtures("staff")
def test_where_the_push_service_does_not_answer_the_switch_says_so(browser: Chromium, with_push: Centre) -> None:
    with logged_in(browser, with_push, "李敏") as page:
        page.context.grant_permissions(["notifications"], origin=with_push.url)
        page.goto(f"{with_push.url}/#/account")
        switch = page.get_by_role("switch")
        expect(switch).to_have_attribute("aria-checked", "false")
        switch.click()
        expect(page.get_by_text("浏览器的推送服务没有响应")).to_be_visible()
        expect(switch).to_have_attribute("aria-checked", "false")


# The browser's registration with a push service that can't be reached from here, and nothing else, is stood in for.
SUBSCRIBES = """
    const keys = %s;
    let current = null;
    PushManager.prototype.getSubscription = async () => current;
    PushManager.prototype.subscribe = async (options) => {
        const key = new Uint8Array(options.applicationServerKey);
        if (!options.userVisibleOnly || key.length !== 65) throw new Error("no key");
        current = {endpoint: keys.endpoint, toJSON: () => keys, unsubscribe: async () => (current = null) === null};
        return current;
    };
"""


@pytest.mark.usefixtures("staff")
def test_a_browser_is_switched_on_and_off(browser: Chromium, with_push: Centre, database: Database) -> None:
    with push_service() as (_, subscriber):
        keys = json.loads(subscriber.subscription.written()) | {"endpoint": "https://push.example.org/one"}
    with at_work(browser, with_push) as page, with_push.visitor() as other:
        page.context.grant_permissions(["notifications"], origin=with_push.url)
        page.add_init_script(SUBSCRIBES % json.dumps(keys))
        page.goto("about:blank")
        page.goto(f"{with_push.url}/#/account")
        switch = page.get_by_role("switch")
        switch.click()
        expect(switch).to_have_attribute("aria-checked", "true")
        expect(page.locator("[data-section=reach] li")).to_contain_text("push.example.org")
        assert complaints_of_axe(page) == []
        other.post("/api/session", json={"username": "张强", "password": PASSWORD}).raise_for_status()
        assert other.get("/api/reach").json() == {"addresses": []}
        switch.click()
        expect(switch).to_have_attribute("aria-checked", "false")
        with database.transaction() as conn:
            assert conn.execute("SELECT count(*) FROM reach").fetchone() == (0,)


@pytest.mark.usefixtures("staff")
def test_addresses_are_entered_on_the_account_s_page(browser: Chromium, with_push: Centre) -> None:
    with at_work(browser, with_push) as page:
        page.goto(f"{with_push.url}/#/account")
        section = page.locator("[data-section=reach]")
        section.get_by_label("方式").select_option("email")
        section.get_by_label("地址").fill("not one")
        section.get_by_role("button", name="添加").click()
        expect(section.get_by_role("alert")).to_contain_text("地址：与所选方式不符")
        section.get_by_label("地址").fill("limin@example.org")
        section.get_by_role("button", name="添加").click()
        expect(section.locator("li")).to_contain_text("limin@example.org")
        section.get_by_label("方式").select_option("webhook")
        section.get_by_label("地址").fill("https://example.org/hook")
        section.get_by_role("button", name="添加").click()
        secret = page.get_by_role("dialog").locator("[name=secret]").input_value()
        assert len(secret) > 30
        page.keyboard.press("Escape")
        expect(section.locator("li")).to_have_count(2)
        expect(page.locator("[name=secret]")).to_have_count(0)
        assert secret not in page.content()
        section.get_by_role("button", name="移除 电子邮件").click()
        expect(section.locator("li")).to_have_count(1)
        for _ in range(2):
            assert complaints_of_axe(page) == []
            page.locator("#language").click()

"""The family's page: what it says is proven, what the daughter answers reaches the seat, and nobody else gets in."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID, uuid4

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from care.absences import AbsenceKind
from care.alerts import Outcome, Step
from care.coverage import Coverage
from care.coverage import State as CoverageState
from care.family import Sight, Standing, Tone, sentence
from care.notices import Channel, Recipient, State
from care.people import Role
from dashboard.phones.plain_audit import DID
from dashboard.words import words
from records.database import Database
from records.judging import alert_log, alert_steps
from records.living.sight import sight_of
from records.login import accounts
from records.people import consents, links, reach
from records.readings.observations import Row
from records.rounds import absences
from records.telling import notices
from tests.browsing import at_work, complaints_of_axe, in_a_browser
from tests.centre import PASSWORD, Centre, changes, employ, id_of, observe, open_centre, ring
from tests.family import (
    OUTSIDE,
    agree,
    home_of,
    link_for,
    lived,
    lost,
    midnight,
    opened,
    telephone,
)
from tests.people import give
from tests.push_service import Browser as PushBrowser
from tests.test_dashboard_live import hear
from tests.told import put

Test = TypeVar("Test", bound=Callable[..., None])
LATIN = re.compile(r"[A-Za-z]{3,}")
CHINESE = re.compile(r"[\u4e00-\u9fff]+")


def with_a_browser(test: Test) -> Test:
    """Of this file only some tests need one."""
    for mark in in_a_browser:
        test = mark(test)
    return test


@pytest.fixture
def centre(database_url: str) -> Iterator[Centre]:
    with open_centre(database_url, outside=OUTSIDE) as running:
        yield running


Opens = Callable[[str], httpx2.Client]


@pytest.fixture
def daughters(centre: Centre) -> Iterator[Opens]:
    """Browsers in each of which somebody has opened a link."""
    opened_ones: list[httpx2.Client] = []

    def opens(path: str) -> httpx2.Client:
        opened_ones.append(centre.visitor())
        assert opened_ones[-1].post(path).status_code == 303
        return opened_ones[-1]

    yield opens
    for one in opened_ones:
        one.close()


def proof_on(page: str) -> str:
    """What the forms of this page carry."""
    found = re.search(r'name="proof" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def shown(page: str) -> str:
    """What stands on the page, without what it is marked up with."""
    return re.sub(r"<[^>]+>", "", page)


def said(database: Database, alert: UUID) -> list[tuple[str, str]]:
    with database.transaction() as conn:
        return [(one.kind, str(one.detail.get("said", ""))) for one in alert_log.of_alert(conn, alert)]


# What it says ---------------------------------------------------------------------------------------------------------


def test_it_says_what_is_proven_and_no_more(centre: Centre, database: Database, daughters: Opens) -> None:
    resident, home = home_of(database)
    _, path = link_for(database)
    her = daughters(path)
    at = f"/family/{resident}"
    assert "设备工作正常，没有告警" in shown(her.get(at).text)
    assert "没有同意" in her.get(at).text and "<svg" not in her.get(at).text
    agree(database, resident)
    now = datetime.now(UTC)
    assert "今天还没有看到活动" in her.get(at).text
    lived(database, home, now)
    calm = her.get(at).text
    assert "一切平静" in calm and 'data-tone="calm"' in calm and "<svg" in calm
    lost(database, home.rooms[0].device_id, now - timedelta(minutes=50))
    partly = her.get(at).text
    assert "部分设备联系不上" in partly and "一切平静" not in partly
    for wearer in (home.bed, *home.rooms, home.door):
        lost(database, wearer.device_id, now - timedelta(minutes=40))
    blind = her.get(at).text
    assert "没有消息：设备联系不上" in blind and 'data-tone="unsure"' in blind and "一切平静" not in blind
    assert "无数据" in blind, "the band shows the gap"


def test_a_consent_that_is_withdrawn_hides_the_day_at_once_and_she_can_do_it(
    centre: Centre, database: Database, daughters: Opens
) -> None:
    resident, home = home_of(database)
    agree(database, resident)
    lived(database, home, datetime.now(UTC))
    _, path = link_for(database)
    her = daughters(path)
    papers = her.get(f"/family/{resident}/consents").text
    assert "form of 2026-11-20" in papers
    wish = {"proof": proof_on(papers), "purpose": "daily_life", "channel": "pages"}
    assert her.post(f"/family/{resident}/consents/withdraw", data=wish).status_code == 303
    assert "<svg" not in her.get(f"/family/{resident}").text
    with database.transaction() as conn:
        [kept] = consents.of_resident(conn, resident)
    assert kept.withdrawn_at is not None


# What she does --------------------------------------------------------------------------------------------------------


@with_a_browser
def test_a_daughter_answers_from_her_link_without_javascript_and_the_seat_sees_it_live(
    browser: Browser, centre: Centre, database: Database
) -> None:
    resident, home = home_of(database)
    alert = ring(database, home.bed)
    _, path = link_for(database, alert=alert)
    employ(database, "李敏")
    with centre.operator("李敏") as operator, centre.live(operator) as live, telephone(browser) as page:
        hear(live, 1, "snapshot")
        opened(page, centre, path)
        expect(page.get_by_role("heading", level=1)).to_contain_text("有告警：跌倒")
        page.get_by_role("button", name="我来处理").click()
        expect(page.get_by_role("status")).to_contain_text("您来处理")
        expect(page.locator(".first")).to_contain_text("女儿 李娜")
        [change] = hear(live, 1)
        assert (change["kind"], change["alert"]["family_said"]) == ("family", "on_it")
        assert change["alert"]["family_said_by"] == "女儿"
        assert change["alert"]["phase"] == "raised", "the centre goes on"
        page.get_by_role("button", name="我已联系，人没事").click()
        expect(page.get_by_role("status")).to_contain_text("人没事")
        [change] = hear(live, 1)
        assert (change["alert"]["family_said"], change["alert"]["spoke"]) == ("well", True)
        page.get_by_role("button", name="请派人上门").click()
        expect(page.get_by_role("status")).to_contain_text("请派人上门")
        log = operator.get(f"/api/alerts/{alert}").json()["log"]
        assert [one["detail"]["said"] for one in log if one["kind"] == "family"] == ["on_it", "well", "send"]
    with database.transaction() as conn:
        assert conn.execute("SELECT count(*) FROM confirmation WHERE resident_id = %s", (resident,)).fetchone() == (1,)


def test_of_two_who_are_on_it_the_second_sees_who_was_first(
    centre: Centre, database: Database, daughters: Opens
) -> None:
    resident, home = home_of(database)
    alert = ring(database, home.bed)
    _, path = link_for(database)
    _, other = link_for(database, position=2, name="王强", relation="儿子")
    hers, his = daughters(path), daughters(other)
    at = f"/family/{resident}"
    pages = {one: proof_on(one.get(at).text) for one in (hers, his)}
    say = f"{at}/alerts/{alert}/say"
    first = hers.post(say, data={"said": "on_it", "proof": pages[hers]})
    assert "done=on_it" in first.headers["location"]
    assert "done=on_it" in hers.post(say, data={"said": "on_it", "proof": pages[hers]}).headers["location"]
    second = his.post(say, data={"said": "on_it", "proof": pages[his]})
    assert "done=first" in second.headers["location"]
    assert "女儿 李娜" in his.get(at).text
    assert said(database, alert).count(("family", "on_it")) == 1, "pressed twice and beaten: said once"
    hers.post(say, data={"said": "send", "proof": pages[hers]})
    assert "done=on_it" in his.post(say, data={"said": "on_it", "proof": pages[his]}).headers["location"]


def test_what_is_closed_is_over_and_a_form_of_another_page_is_refused(
    centre: Centre, database: Database, daughters: Opens
) -> None:
    resident, home = home_of(database)
    alert = ring(database, home.bed)
    _, path = link_for(database)
    her = daughters(path)
    say = f"/family/{resident}/alerts/{alert}/say"
    proof = proof_on(her.get(f"/family/{resident}").text)
    for wrong in ("", "x", proof[:-2] + "xx"):
        assert her.post(say, data={"said": "well", "proof": wrong}).status_code == 403
    assert her.post(say, data={"said": "dance", "proof": proof}).status_code == 404
    assert (
        her.post(f"/family/{resident}/alerts/{uuid4()}/say", data={"said": "well", "proof": proof}).status_code == 404
    )
    with database.transaction() as conn:
        operator = accounts.create_account(conn, "operator", "long-enough", Role.OPERATOR)
        alert_steps.take_step(conn, alert, Step.CLOSE, operator, datetime.now(UTC), Outcome.HELPED)
    assert "done=over" in her.post(say, data={"said": "well", "proof": proof}).headers["location"]
    assert ("family", "well") not in said(database, alert)


def test_opening_the_link_of_a_message_is_reading_it_and_fetching_it_is_not(
    centre: Centre, database: Database, daughters: Opens
) -> None:
    _, home = home_of(database)
    alert = ring(database, home.bed)
    _, path = link_for(database, alert=alert)
    with database.transaction() as conn:
        [(contact,)] = conn.execute("SELECT id FROM contact").fetchall()
    put(database, alert, Recipient.contact(contact), datetime.now(UTC))
    with database.transaction() as conn:
        conn.execute("UPDATE notice SET state = 'sent', due_at = NULL")
        conn.execute(
            "INSERT INTO delivery (notice_id, number, channel, address, language, urgent, state, made_at, sent_at)"
            " SELECT id, 1, 'sms', '+8613855512345', 'zh-CN', true, 'sent', now(), now() FROM notice"
        )

    def state() -> list[tuple[str | None, str]]:
        with database.transaction() as conn:
            return [(one.state, one.notice_state) for one in notices.told(conn, alert)]

    with centre.visitor() as previewer:
        previewer.get(path)
        assert state() == [(State.SENT, State.SENT)]
    daughters(path)
    assert state() == [(State.READ, State.READ)]


def test_she_takes_her_along_checks_in_for_her_and_brings_her_back(
    centre: Centre, database: Database, daughters: Opens
) -> None:
    resident, _ = home_of(database)
    _, path = link_for(database)
    her = daughters(path)
    at = f"/family/{resident}"
    proof = proof_on(her.get(at).text)
    assert "done=checked" in her.post(f"{at}/well", data={"proof": proof}).headers["location"]
    until = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    for wrong in ("", "soon", "2020-01-01T10:00"):
        form = {"proof": proof, "kind": "holiday", "from": "", "to": wrong}
        assert "done=wrong_time" in her.post(f"{at}/absences", data=form).headers["location"]
    form = {"proof": proof, "kind": "holiday", "from": "", "to": until}
    assert "done=away" in her.post(f"{at}/absences", data=form).headers["location"]
    assert "探亲中" in her.get(at).text
    with database.transaction() as conn:
        [kept] = absences.of_resident(conn, resident, 10)
    assert (kept.told_by, kept.entered_by_name) == ("李娜", None)
    assert "done=back" in her.post(f"{at}/absences/{kept.id}/end", data={"proof": proof}).headers["location"]
    assert "探亲中" not in her.get(at).text


@with_a_browser
def test_one_tap_from_the_message_says_it_and_opens_the_page(
    browser: Browser, centre: Centre, database: Database
) -> None:
    _, home = home_of(database)
    alert = ring(database, home.bed)
    _, path = link_for(database, alert=alert)
    with telephone(browser) as page:
        page.goto(f"{centre.url}{path}")
        page.get_by_role("button", name="我来处理").click()
        expect(page.get_by_role("status")).to_contain_text("您来处理")
    assert ("family", "on_it") in said(database, alert)


# Who gets in ----------------------------------------------------------------------------------------------------------


def test_another_s_page_and_a_wrong_id_are_the_same(centre: Centre, database: Database, daughters: Opens) -> None:
    resident, _ = home_of(database)
    give(database, "张秀英", "watch-9")
    other = id_of(database, "张秀英")
    _, path = link_for(database)
    her = daughters(path)
    proof = proof_on(her.get(f"/family/{resident}").text)
    for part in ("", "/log", "/consents"):
        theirs, nobodys = her.get(f"/family/{other}{part}"), her.get(f"/family/{uuid4()}{part}")
        assert theirs.status_code == nobodys.status_code == 404
        assert theirs.text.replace(str(other), "") == re.sub(r"[0-9a-f-]{36}", "", nobodys.text)
        assert "张秀英" not in theirs.text
    for part in ("/well", "/absences", "/consents/withdraw", f"/alerts/{uuid4()}/say", f"/absences/{uuid4()}/end"):
        assert her.post(f"/family/{other}{part}", data={"proof": proof}).status_code == 404
    with centre.visitor() as stranger:
        assert stranger.get(f"/family/{resident}").status_code == 401
        assert stranger.post(f"/family/{resident}/well", data={"proof": proof}).status_code == 401


def test_a_member_of_staff_does_not_come_in_by_the_family_s_door(centre: Centre, database: Database) -> None:
    resident, _ = home_of(database)
    employ(database, "李敏")
    with centre.operator("李敏") as operator:
        assert operator.get(f"/family/{resident}").status_code == 401


@with_a_browser
def test_a_link_that_is_revoked_or_over_ends_the_page_that_is_open(
    browser: Browser, centre: Centre, database: Database
) -> None:
    resident, home = home_of(database)
    alert = ring(database, home.bed)
    link, path = link_for(database)
    with telephone(browser) as page:
        opened(page, centre, path)
        button = page.get_by_role("button", name="我来处理")
        expect(button).to_be_visible()
        with database.transaction() as conn:
            links.revoke(conn, [link], None, datetime.now(UTC))
        button.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("停用")
        with database.transaction() as conn:
            conn.execute(
                "UPDATE signed_link SET revoked_at = NULL, made_at = made_at - interval '2 days',"
                " expires_at = now() - interval '1 second'"
            )
        page.goto(f"{centre.url}/family/{resident}")
        expect(page.get_by_role("heading", level=1)).to_contain_text("过期")
    assert ("family", "on_it") not in said(database, alert)


@with_a_browser
def test_whoever_lost_her_telephone_ends_all_her_links(
    browser: Browser, centre: Centre, database: Database, daughters: Opens
) -> None:
    home_of(database)
    _, path = link_for(database)
    elsewhere = daughters(path)
    with telephone(browser) as page:
        opened(page, centre, path)
        page.get_by_text("手机丢了").click()
        page.get_by_role("button", name="全部停用").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("请先打开")
    assert elsewhere.get(f"/family/{id_of(database, '王桂珍')}").status_code == 410


def test_several_parents_are_a_list_by_links_and_by_login(centre: Centre, database: Database) -> None:
    home_of(database)
    home_of(database, "李建国", 2)
    _, path = link_for(database)
    _, other = link_for(database, "李建国")
    with centre.visitor() as her:
        her.post(path)
        her.post(other)
        both = her.get("/family").text
        assert "王桂珍" in both and "李建国" in both
    employ(database, "王芳", role=Role.FAMILY)
    with database.transaction() as conn:
        conn.execute(
            "INSERT INTO account_resident SELECT a.id, r.id FROM account a, resident r WHERE a.username = '王芳'"
        )
    with centre.operator("王芳") as logged_in:
        assert "李建国" in logged_in.get("/family").text
        page = logged_in.get(f"/family/{id_of(database, '李建国')}").text
        sent = logged_in.post(f"/family/{id_of(database, '李建国')}/well", data={"proof": proof_on(page)})
        assert "done=checked" in sent.headers["location"]


def test_a_plain_form_lets_nobody_in_who_has_a_second_step(centre: Centre, database: Database) -> None:
    home_of(database)
    employ(database, "王芳", role=Role.FAMILY)
    said = {"username": "王芳", "password": PASSWORD}
    with centre.visitor() as her:
        assert her.post("/family/login", data=said).headers["location"] == "/family"
    with database.transaction() as conn:
        conn.execute(
            "INSERT INTO totp SELECT id, substr(sha256('s'), 1, 20), now(), now() FROM account WHERE username = '王芳'"
        )
    with centre.visitor() as her:
        sent = her.post("/family/login", data=said)
        assert (sent.status_code, sent.headers["location"]) == (303, "/")  # where the code is asked for
        assert "set-cookie" not in sent.headers
        assert her.get("/family").status_code == 401


@with_a_browser
def test_a_family_s_account_logs_in_by_a_plain_form_and_out(
    browser: Browser, centre: Centre, database: Database
) -> None:
    home_of(database)
    employ(database, "王芳", role=Role.FAMILY)
    with database.transaction() as conn:
        conn.execute("INSERT INTO account_resident SELECT a.id, r.id FROM account a, resident r")
    with telephone(browser) as page:
        page.goto(f"{centre.url}/family")
        page.get_by_role("link", name="家属登录").click()
        for password in ("wrong-password", PASSWORD):
            page.get_by_label("用户名").fill("王芳")
            page.get_by_label("密码").fill(password)
            page.get_by_role("button", name="登录").click()
            if password != PASSWORD:
                expect(page.get_by_role("alert")).to_contain_text("不对")
        expect(page.locator(".hero .who")).to_contain_text("王桂珍")
        page.get_by_role("button", name="退出登录").click()
        page.goto(f"{centre.url}/family")
        expect(page.get_by_role("heading", level=1)).to_contain_text("请先打开")


# What was looked at ---------------------------------------------------------------------------------------------------


def test_who_looked_is_said_by_role_and_in_plain_words(centre: Centre, database: Database, daughters: Opens) -> None:
    resident, _ = home_of(database)
    _, path = link_for(database)
    employ(database, "李敏")
    with centre.operator("李敏") as operator:
        operator.get(f"/api/residents/{resident}/now")
        operator.post(f"/api/residents/{resident}/reveal", json={"reason": "回访"})
    log = daughters(path).get(f"/family/{resident}/log").text
    assert "查看实时数据和起居" in log and "查看完整姓名、住址和电话" in log and "打开发给家属的链接" in log
    assert "坐席" in log and "您" in log
    assert "李敏" not in log and "回访" not in log and "/api/" not in log


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_everything_in_the_log_has_words(language: str) -> None:
    assert [key for key in DID if f"family.did.{key}" not in words(language)] == []


# For everybody --------------------------------------------------------------------------------------------------------


@with_a_browser
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_page_is_for_everybody_complete_and_small(
    browser: Browser, centre: Centre, database: Database, language: str, dark: bool
) -> None:
    resident, home = home_of(database)
    agree(database, resident)
    lived(database, home, datetime.now(UTC))
    ring(database, home.bed)
    _, path = link_for(database)
    with telephone(browser, scripts=True, dark=dark) as page:
        page.goto(f"{centre.url}{path}?lang={language}")
        look_at(page, language)
        page.locator("main form button").first.click()
        weight = weighs(page)
        for address in ("", "/log", "/consents", "?done=on_it"):
            page.goto(f"{centre.url}/family/{resident}{address}")
            page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
            look_at(page, language)
        page.goto(f"{centre.url}/family/{uuid4()}")
        look_at(page, language)
    assert weight < 50_000, f"{weight} bytes"


def look_at(page: Page, language: str) -> None:
    """Nobody is shut out, nothing is in another language, and nothing scrolls sideways."""
    assert complaints_of_axe(page) == [], page.url
    texts = page.locator("main, footer").all_inner_texts()
    foreign = LATIN if language == "zh-CN" else CHINESE
    people = re.compile("王桂珍|李娜|女儿|厨房|客厅|大门|卧室|form of")
    left = [found for text in texts for found in foreign.findall(people.sub("", text))]
    assert [one for one in left if one != "Cookie"] == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def weighs(page: Page) -> int:
    """The bytes of the page and of everything that it asks for, as they lie there, not packed."""
    return int(
        page.evaluate(
            "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
            ".reduce((sum, one) => sum + one.decodedBodySize, 0)"
        )
    )


@with_a_browser
def test_without_a_connection_it_says_since_when_and_shows_nothing_old(
    browser: Browser, centre: Centre, database: Database
) -> None:
    resident, home = home_of(database)
    agree(database, resident)
    lived(database, home, datetime.now(UTC))
    _, path = link_for(database)
    with telephone(browser, scripts=True) as page:
        opened(page, centre, path)
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.context.set_offline(True)
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_contain_text("现在没有网络")
        expect(page.locator("[data-offline-since]")).to_contain_text(re.compile(r"\d\d:\d\d"))
        assert "一切平静" not in page.content() and "王桂珍" not in page.content()
        page.context.set_offline(False)
        page.goto(f"{centre.url}/family/{resident}")
        expect(page.get_by_role("heading", level=1)).to_contain_text("一切平静")


def test_a_telephone_that_is_told_too_is_told_by_sms_as_before(database_url: str, database: Database) -> None:
    resident, _ = home_of(database)
    _, path = link_for(database)
    subscription = PushBrowser("https://push.example.org/1").subscription.written()
    with open_centre(database_url, outside=replace(OUTSIDE, push_key="key")) as centre, centre.visitor() as her:
        her.post(path)
        page = her.get(f"/family/{resident}").text
        assert 'data-push-key="key"' in page
        form = {"proof": proof_on(page), "subscription": "nonsense"}
        assert "done=no_push" in her.post(f"/family/{resident}/push", data=form).headers["location"]
        sent = her.post(f"/family/{resident}/push", data=form | {"subscription": subscription})
        assert "done=push" in sent.headers["location"]
    with database.transaction() as conn:
        [(contact,)] = conn.execute("SELECT id FROM contact").fetchall()
        ways = [one.channel for one in reach.addresses_of(conn, Recipient.contact(contact))]
    assert sorted(ways) == [Channel.PUSH, Channel.SMS, Channel.VOICE]


def test_nothing_is_kept_by_anybody_on_the_way(centre: Centre, database: Database, daughters: Opens) -> None:
    resident, _ = home_of(database)
    _, path = link_for(database)
    answer = daughters(path).get(f"/family/{resident}", headers={"accept-encoding": "gzip"})
    assert answer.headers["cache-control"] == "no-store" and answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["content-encoding"] == "gzip"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "style=" not in answer.text and "<script>" not in answer.text


def test_whoever_used_the_door_and_was_not_heard_since_is_probably_out_and_back_with_the_first_step(
    database: Database,
) -> None:
    resident, home = home_of(database)
    now = datetime.now(UTC)
    ago = [now - timedelta(minutes=minutes) for minutes in (100, 90, 89, 30, 29)]
    observe(database, changes(home.door, "door_open", (ago[0], 0), (ago[1], 1), (ago[2], 0)))
    observe(database, changes(home.rooms[0], "motion", (ago[0], 1), (ago[1], 0), (ago[3], 1), (ago[4], 0)))
    with database.transaction() as conn:
        sight = sight_of(conn, resident, Coverage(CoverageState.ARMED), now)
    [out] = [one for one in sight.strips if one.kind == "out"]
    assert [(one.since, one.until) for one in out.on] == [(max(ago[2], midnight()), ago[3])] or midnight() > ago[2]
    assert (sight.last_at, sight.last_place) == (ago[4], "客厅")


def test_when_they_got_up_is_not_known_where_the_bed_was_lost_meanwhile(database: Database) -> None:
    resident, home = home_of(database)
    now = datetime.now(UTC)
    lying = [Row(home.bed.device_id, now - timedelta(minutes=minutes), {"in_bed": 1}) for minutes in range(90, 60, -1)]
    observe(database, lying)
    with database.transaction() as conn:
        sight = sight_of(conn, resident, Coverage(CoverageState.ARMED), now)
    assert (sight.night, sight.in_bed_since) == (None, None)


@pytest.mark.parametrize(
    ("coverage", "minutes", "key"),
    [
        (CoverageState.ARMED, 10, "moved"),
        (CoverageState.ARMED, 241, "silent"),
        (CoverageState.DEGRADED, 10, "moved.partly"),
        (CoverageState.BLIND, 10, "blind"),
    ],
)
def test_quiet_is_said_only_with_proof(coverage: CoverageState, minutes: int, key: str) -> None:
    now = datetime(2026, 12, 1, 8, tzinfo=UTC)
    sight = Sight(last_at=now - timedelta(minutes=minutes), last_place="厨房")
    found = sentence(sight, Standing(coverage, now - timedelta(hours=1)), now)
    assert found.key == key
    assert (found.tone is Tone.CALM) == (key == "moved")
    assert sentence(sight, Standing(coverage, alert="fall", alert_at=now), now).key == "alert"
    away = Standing(coverage, away=AbsenceKind.HOLIDAY, away_until=now)
    assert sentence(sight, away, now).key == "away.holiday"


@with_a_browser
def test_the_seat_sees_what_the_family_asks_for(
    browser: Browser, centre: Centre, database: Database, daughters: Opens
) -> None:
    resident, home = home_of(database)
    alert = ring(database, home.bed)
    _, path = link_for(database, alert=alert)
    employ(database, "李敏")
    her = daughters(path)
    with at_work(browser, centre) as page:
        row = page.locator(f'article[data-id="{alert}"]')
        expect(row).to_be_visible()
        form = {"said": "send", "proof": proof_on(her.get(f"/family/{resident}").text)}
        her.post(f"/family/{resident}/alerts/{alert}/say", data=form)
        expect(row.locator(".family")).to_contain_text("家属请求派人上门")
        expect(row.locator(".family")).to_contain_text("女儿")
        assert complaints_of_axe(page) == []

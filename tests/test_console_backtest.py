"""Changing a limit on the page of the rules: tried on the stored history first, by a process of its own, then saved."""

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, expect

from alerts import trying
from care.people import Role
from care.rules import RULES
from records.database import Database
from records.judging import backtest_wishes
from records.readings.observations import Row
from tests.browsing import PHONE, complaints_of_axe, in_a_browser, logged_in
from tests.centre import Centre, employ, furnish, observe, ring
from tests.test_console_looks import untranslated
from tests.test_console_steps import press

pytestmark = in_a_browser
NAMES = re.compile("leader|NEWS2|SpO2|AUTH|Zigbee2MQTT|花山区")
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


@pytest.fixture
def worker(database_url: str) -> Iterator[None]:
    """What the engine runs beside its judgements."""
    stop = threading.Event()
    thread = threading.Thread(target=trying.serve, args=(database_url, stop))
    thread.start()
    yield
    stop.set()
    thread.join(timeout=120)
    assert not thread.is_alive()


@pytest.fixture
def fast_heart(database: Database) -> str:
    """Yesterday her heart beat fast for five minutes, and somebody helped her; the id of that alert."""
    employ(database, "leader", role=Role.SUPERVISOR)
    bed = furnish(database, "王桂珍").bed
    then = datetime.now(UTC) - timedelta(days=1)
    beats = [(then + n * 10 * SECOND, 150.0 if 30 <= n < 60 else 72.0) for n in range(120)]
    observe(database, [Row(bed.device_id, at, {"heart_rate": beat, "in_bed": 1}) for at, beat in beats])
    alert = ring(database, bed, "vital_heart_rate", at=then + 6 * MINUTE)
    with database.transaction() as conn:
        conn.execute(
            """UPDATE alert SET phase = 'closed', outcome = 'helped', active = false, opened_at = %(at)s,
                      closed_at = %(end)s WHERE id = %(id)s""",
            {"id": alert, "at": then + 6 * MINUTE, "end": then + 60 * MINUTE},
        )
    return str(alert)


@pytest.mark.usefixtures("worker")
def test_a_limit_is_tried_on_the_page_which_names_what_it_would_miss_and_is_saved_with_a_reason(
    browser: Browser, centre: Centre, fast_heart: str
) -> None:
    with logged_in(browser, centre, "leader") as page:
        page.goto(f"{centre.url}/#/rules")
        rule = page.locator("[data-rule=vital_heart_rate]")
        rule.get_by_role("button").click()
        dialog = page.locator("dialog[data-dialog=limits]")
        expect(dialog).to_be_visible()
        expect(dialog.get_by_role("button", name="回测")).to_be_disabled()  # nothing is changed yet
        assert complaints_of_axe(page) == []
        dialog.locator("[name=high]").fill("9999")
        press(page, "Enter")
        expect(dialog.locator(".problem")).to_contain_text("允许的范围是")
        dialog.locator("[name=high]").fill("200")
        press(page, "Enter")
        lines = dialog.locator("[data-line=alerts] td")
        expect(lines).to_have_text(["1", "0"])
        expect(dialog.locator("p.missed")).to_contain_text("人工确认属实 1 条，新阈值会漏掉 1 条")
        expect(dialog.locator("ul.missed a")).to_have_attribute("href", f"#/alerts/{fast_heart}")
        assert complaints_of_axe(page) == []
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for language in ("zh-CN", "en"):
            if language == "en":
                page.evaluate("document.querySelector('#language').click()")
                expect(page.locator("html")).to_have_attribute("lang", "en")
            assert [text for text in untranslated(page, language) if not NAMES.search(text)] == []
        dialog.locator("[name=high]").fill("190")
        expect(dialog.get_by_role("button", name="Try it")).to_be_visible()  # what was not tried is not saved
        dialog.locator("[name=high]").fill("200")
        dialog.locator("[name=why]").fill("跑步机训练")
        press(page, "Enter")
        expect(dialog).to_have_count(0)
        expect(rule.locator("[data-limit=high]")).to_contain_text("200")


def test_whoever_asks_sees_how_far_it_is_and_nobody_elses_areas(
    centre: Centre, database: Database, database_url: str, fast_heart: str
) -> None:
    with centre.operator("leader") as leader:
        wrong = leader.post("/api/rules/vital_heart_rate/backtests", json={"values": {"high": "fast"}})
        assert (wrong.status_code, wrong.json()["field"]) == (422, "high")
        wrong = leader.post("/api/rules/vital_heart_rate/backtests", json={"values": {"high": 200}, "days": 0})
        assert (wrong.status_code, wrong.json()["field"]) == (422, "days")
        asked = leader.post("/api/rules/vital_heart_rate/backtests", json={"values": {"high": 200}}).json()
        assert (asked["over"], asked["people"], asked["result"]) == (False, None, None)
        assert trying.one(database_url)
        assert not trying.one(database_url)
        path = f"/api/rules/vital_heart_rate/backtests/{asked['id']}"
        found = leader.get(path).json()
        assert (found["over"], found["people"], found["done"], found["problem"]) == (True, 1, 1, None)
        assert found["result"]["missed"] == [fast_heart]
        assert leader.get(f"/api/rules/vital_heart_rate/backtests/{uuid4()}").status_code == 404
        assert leader.get(path.replace("heart", "respiration")).status_code == 404
        body = {"values": {"high": 200}, "why": "跑步机训练"}
        leader.put("/api/rules/vital_heart_rate", json=body).raise_for_status()


def test_a_worker_that_has_gone_silent_is_followed_by_another(database: Database, fast_heart: str) -> None:
    now = datetime.now(UTC)
    with database.transaction() as conn:
        row = conn.execute("SELECT id FROM account").fetchone()
        assert row is not None
        rule = RULES["vital_heart_rate"]
        made = backtest_wishes.ask(conn, rule.id, None, {"high": 200.0}, None, timedelta(days=1), row[0], now)
        first = backtest_wishes.claim(conn, now)
        assert first is not None and first.id == made
        assert backtest_wishes.claim(conn, now + MINUTE) is None
        backtest_wishes.tell(conn, made, 1, 2, now + 4 * MINUTE)
        assert backtest_wishes.claim(conn, now + 6 * MINUTE) is None
        again = backtest_wishes.claim(conn, now + 9 * MINUTE)
        assert again is not None and again.id == made
    assert fast_heart


@pytest.mark.usefixtures("worker", "fast_heart")
def test_a_rule_that_cannot_be_tried_is_saved_for_a_reason(browser: Browser, centre: Centre) -> None:
    with logged_in(browser, centre, "leader") as page:
        page.goto(f"{centre.url}/#/rules")
        rule = page.locator("[data-rule=device_silent]")
        rule.get_by_role("button").click()
        dialog = page.locator("dialog[data-dialog=limits]")
        expect(dialog).to_be_visible()
        expect(dialog.locator("[name=mains]")).to_have_value("10")  # minutes, as people say it
        expect(dialog).to_contain_text("1 分钟 – 1 天")
        dialog.locator("[name=mains]").fill("20")
        press(page, "Enter")
        expect(dialog.locator(".problem")).to_contain_text("无法回测", timeout=60_000)
        dialog.locator("[name=why]").fill("老小区网络慢")
        press(page, "Enter")
        expect(dialog).to_have_count(0)
        expect(rule.locator("[data-limit=mains]")).to_contain_text("20 分")

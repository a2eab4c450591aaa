"""What messages say: gaps that are known, a look at how it reads, and the real message that carries other words."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from playwright.sync_api import Browser, expect

from alerts.channels.email import Smtp
from alerts.telling import Providers, turn
from care.notices import Channel, Purpose, Recipient
from care.people import Role
from care.said import LANGUAGES
from care.templates import EDITABLE, Fault, Template, default, faults, filled, made_up, sms_parts
from launch.ports import free_port
from records.database import Database, connect
from records.people import reach
from records.people.reach import Reach
from records.telling import notices
from records.telling.notices import Notice
from tests.browsing import PHONE, complaints_of_axe, logged_in
from tests.centre import Centre, employ, ring
from tests.mailbox import Mailbox, mail_server
from tests.people import give
from tests.test_console_looks import untranslated

ALL = [(purpose, language) for purpose in EDITABLE for language in LANGUAGES]


@pytest.mark.parametrize(("purpose", "language"), ALL)
def test_what_comes_along_may_be_used_and_reads_without_a_gap(purpose: Purpose, language: str) -> None:
    template = default(purpose, language)
    assert faults(purpose, template) == []
    assert "{" not in filled(template.title + template.text, made_up(purpose, language))


@pytest.mark.parametrize(
    ("title", "text", "found"),
    [
        ("{drill}{what}", "{drill}{name} {where} {link}", []),
        ("{drill}{what}", "{drill}{nmae}", [Fault.UNKNOWN_GAP]),
        ("{drill}{what}", "{drill}{name.__class__}", [Fault.BRACE]),
        ("{drill}{what}", "{drill}{{name}}", [Fault.BRACE]),
        ("{what}", "{drill}{name}", [Fault.NO_DRILL]),
        ("{drill}", " ", [Fault.EMPTY, Fault.NO_DRILL]),
        ("{drill}", "{drill}" + "长" * 500, [Fault.TOO_LONG]),
        ("{drill}", "{drill}{outcome}", [Fault.UNKNOWN_GAP]),
    ],
)
def test_what_is_wrong_with_a_template_is_known(title: str, text: str, found: list[Fault]) -> None:
    assert faults(Purpose.RAISED, Template(title, text)) == found


@pytest.mark.parametrize(
    ("text", "parts"),
    [("长" * 70, 1), ("长" * 71, 2), ("长" * 134, 2), ("长" * 135, 3), ("a" * 160, 1), ("a" * 161, 2)],
)
def test_an_sms_is_cut_where_the_network_cuts_it(text: str, parts: int) -> None:
    assert sms_parts(text) == parts


@pytest.fixture
def leader(centre: Centre, database: Database) -> Iterator[httpx2.Client]:
    employ(database, "leader", role=Role.SUPERVISOR)
    with centre.operator("leader") as client:
        yield client


OWN = {
    "purpose": "raised",
    "language": "zh-CN",
    "title": "{drill}急：{name}",
    "text": "{drill}{name}在{where}{what}，请看",
}


def tell(database: Database, box: Mailbox, port: int, rule: str) -> str:
    """王桂珍's daughter is told by e-mail that there is an alert; the subject of what she gets."""
    now = datetime.now(UTC)
    alert = ring(database, give(database, "王桂珍", "watch-1"), rule)
    with database.transaction() as conn:
        row = conn.execute(
            "INSERT INTO contact (id, resident_id, name, phone, position) SELECT gen_random_uuid(), id, '王芳', '1', %s"
            " FROM resident WHERE name = '王桂珍' RETURNING id",
            (len(box.mails) + 1,),
        ).fetchone()
        assert row is not None
        her = Recipient.contact(row[0])
        reach.add_reach(conn, her, Reach(Channel.EMAIL, "wangfang@example.com"))
        notices.put(conn, Notice(alert, "raised", her, now, now))
    channels: Providers = {Channel.EMAIL: (Smtp(f"smtp://127.0.0.1:{port}", "ankang@example.com"),)}
    with connect(database.url, autocommit=True) as conn:
        turn(conn, channels, now + timedelta(seconds=1))
    return box.subjects[-1]


def test_the_next_message_says_it_in_the_installations_words_and_a_broken_one_stops_none(
    leader: httpx2.Client, database: Database
) -> None:
    port = free_port()
    with mail_server(port) as box:
        shipped = tell(database, box, port, "fall")
        assert shipped == "跌倒：王桂珍"
        assert leader.put("/api/templates", json=OWN).status_code == 204
        assert tell(database, box, port, "sos") == "急：王桂珍"
        with database.transaction() as conn:
            conn.execute("UPDATE message_template SET body = '{nobody_knows}'")
        assert tell(database, box, port, "smoke") == "烟雾告警：王桂珍"
        which = {name: OWN[name] for name in ("purpose", "language")}
        assert leader.post("/api/templates/back", json=which).status_code == 204
        assert leader.post("/api/templates/back", json=which).status_code == 409
        assert tell(database, box, port, "gas") == "燃气泄漏告警：王桂珍"
    actions = [line["action"] for line in leader.get("/api/audit").json()["entries"]]
    assert [one for one in actions if "template" in one and "/api" not in one] == ["take back template", "set template"]


def test_what_can_not_be_used_is_refused_and_a_look_sets_nothing(leader: httpx2.Client) -> None:
    refused = leader.put("/api/templates", json=OWN | {"title": "{what}", "text": "{drill}{nmae}"})
    assert (refused.status_code, refused.json()["faults"]) == (422, ["unknown_gap", "no_drill"])
    assert leader.put("/api/templates", json=OWN | {"purpose": "canary"}).status_code == 422
    read = leader.post("/api/templates/preview", json=OWN | {"channel": "sms"}).json()
    assert read == {
        "title": "急：王桂珍",
        "text": "王桂珍在花山区 湖东社区跌倒，请看",
        "sms": 1,
        "letters": 17,
        "faults": [],
    }
    assert leader.get("/api/templates").json()["own"] == []


@pytest.mark.browser
@pytest.mark.usefixtures("leader")
def test_a_supervisor_changes_a_message_on_the_page(browser: Browser, centre: Centre) -> None:
    with logged_in(browser, centre, "leader") as page:
        page.goto(f"{centre.url}/#/messages")
        raised = page.locator("[data-purpose=raised]")
        raised.get_by_role("button", name="修改").click()
        dialog = page.locator("dialog[open]")
        dialog.get_by_label("标题").fill("{what}")
        expect(dialog).to_contain_text("演练会被当成真实告警")
        dialog.get_by_label("标题").fill("{drill}急：{name}")
        expect(dialog).to_contain_text("急：王桂珍")
        assert complaints_of_axe(page) == []
        dialog.get_by_role("button", name="保存").click()
        expect(raised).to_contain_text("{drill}急：{name}")
        assert complaints_of_axe(page) == []
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        own = r"leader|AUTH|\{\w+\}"
        assert [text for text in untranslated(page, "zh-CN") if not re.search(own, text)] == []

"""A resident's contacts over HTTP: entered, put in order, called by one key, and their addresses tried."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from alerts.channels.settings import ChannelSettings
from care.people import Role
from launch.ports import free_port
from records.clock import utc_now
from records.database import Database
from tests.centre import Centre, employ, id_of
from tests.mailbox import mail_server
from tests.people import Wearer
from tests.told import turn

LI = {"name": "李娜", "relation": "女儿", "phone": "138 5551 2345"}
ZHOU = {"name": "周强", "relation": "邻居", "phone": "0555-2345678"}


@pytest.fixture
def path(database: Database, wang: Wearer) -> str:
    return f"/api/residents/{id_of(database, wang.name)}/contacts"


def enter(client: httpx2.Client, path: str, *people: dict[str, str]) -> list[dict[str, Any]]:
    """These, as they stand in the list afterwards."""
    for one in people:
        client.post(path, json=one).raise_for_status()
    found: list[dict[str, Any]] = client.get(path).json()["contacts"]
    return found


def test_contacts_are_entered_changed_put_in_order_and_removed(operator: httpx2.Client, path: str) -> None:
    li, zhou = enter(operator, path, LI, ZHOU)
    assert (li["name"], li["relation"], li["phone"]) == ("李娜", "女儿", "+86138****2345")
    ordered = operator.put(f"{path}/order", json={"contacts": [zhou["id"], li["id"]]}).json()["contacts"]
    assert [one["name"] for one in ordered] == ["周强", "李娜"]
    changed = operator.put(f"{path}/{li['id']}", json={"name": "李娜", "relation": "次女"}).json()["contacts"]
    assert [(one["relation"], one["phone"][-4:]) for one in changed] == [("邻居", "5678"), ("次女", "2345")]
    assert [one["name"] for one in operator.delete(f"{path}/{zhou['id']}").json()["contacts"]] == ["李娜"]
    assert operator.delete(f"{path}/{zhou['id']}").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"), [({"name": " "}, "name"), ({"phone": "12"}, "phone"), ({"phone": ""}, "phone")]
)
def test_a_contact_that_cannot_be_called_is_refused_with_the_field(
    operator: httpx2.Client, path: str, wrong: dict[str, str], field: str
) -> None:
    answer = operator.post(path, json=LI | wrong)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert operator.get(path).json()["contacts"] == []


def test_an_order_that_leaves_somebody_out_changes_nothing(operator: httpx2.Client, path: str) -> None:
    li, zhou = enter(operator, path, LI, ZHOU)
    for wrong in ([zhou["id"]], [zhou["id"], zhou["id"]], [zhou["id"], str(uuid4())]):
        answer = operator.put(f"{path}/order", json={"contacts": wrong})
        assert (answer.status_code, answer.json()["field"]) == (409, "contacts")
    assert [one["id"] for one in operator.get(path).json()["contacts"]] == [li["id"], zhou["id"]]


def test_the_number_for_a_call_is_given_in_full_and_the_call_is_in_the_log(
    centre: Centre, path: str, database: Database
) -> None:
    employ(database, "operator")
    employ(database, "auditor", role=Role.AUDITOR)
    with centre.operator() as operator, centre.operator("auditor") as auditor:
        (li,) = enter(operator, path, LI)
        assert operator.post(f"{path}/{li['id']}/call").json() == {"phone": "+8613855512345"}
        assert operator.post(f"{path}/{uuid4()}/call").status_code == 404
        assert auditor.post(f"{path}/{li['id']}/call").status_code == 403
        assert auditor.get(path).json()["contacts"][0]["name"] == "李*"
    with database.transaction() as conn:
        rows = conn.execute("SELECT subject FROM audit WHERE action = 'call contact' ORDER BY id").fetchall()
    assert rows == [(li["id"],)]


def test_an_address_is_tried_and_how_far_that_got_is_shown(
    operator: httpx2.Client, path: str, database: Database
) -> None:
    (li,) = enter(operator, path, LI)
    ways = f"{path}/{li['id']}/reach"
    for number in (1, 2):
        operator.post(ways, json={"channel": "email", "address": f"li{number}@example.org"}).raise_for_status()
    first, second = operator.get(path).json()["contacts"][0]["addresses"]
    assert operator.post(f"{ways}/{second['id']}/trial").status_code == 204
    again = operator.post(f"{ways}/{second['id']}/trial")
    assert (again.status_code, again.json()["field"]) == (409, "address")
    assert operator.post(f"{ways}/{2**70}/trial").status_code == 404
    with mail_server(port := free_port()) as post:
        settings = ChannelSettings(smtp_url=f"smtp://127.0.0.1:{port}", smtp_from="ankang@example.org")
        turn(database, settings, utc_now() + timedelta(seconds=1))
    (letter,) = post.mails
    assert "li2@example.org" in letter
    assert post.subjects == ["测试消息"]
    shown = operator.get(path).json()["contacts"][0]["addresses"]
    assert [(one["id"], one["tried"]) for one in shown] == [(first["id"], None), (second["id"], "sent")]


def test_a_trial_that_no_channel_can_carry_says_so(operator: httpx2.Client, database: Database) -> None:
    made = operator.post("/api/reach", json={"channel": "sms", "address": "13855512345"}).json()
    assert operator.post(f"/api/reach/{made['id']}/trial").status_code == 204
    turn(database, ChannelSettings(), utc_now() + timedelta(seconds=1))
    (shown,) = operator.get("/api/reach").json()["addresses"]
    assert (shown["tried"], shown["tried_why"]) == ("failed", "no address that can be used")

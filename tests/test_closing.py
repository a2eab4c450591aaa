"""Closing without a visit although nobody has heard the resident takes two people and a reason."""

from collections.abc import Iterator
from uuid import UUID

import httpx2
import pytest

from care.alerts import Outcome
from care.closing import WITHOUT_A_VISIT, Heard, takes_two
from care.events import AlertClass
from care.people import Role
from care.rules import Priority
from records.database import Database
from records.telling import notices
from tests.centre import Centre, employ, ring
from tests.people import Wearer

SILENT = Heard(AlertClass.PERSONAL, Priority.HIGH, drill=False, of_somebody=True, stands=True, spoke=False, seen=False)
WHY = "女儿在电话里说她与老人在一起"


@pytest.mark.parametrize("outcome", list(Outcome))
def test_only_where_nobody_goes_two_are_needed(outcome: Outcome) -> None:
    assert takes_two(SILENT, outcome) is (outcome in WITHOUT_A_VISIT)
    assert takes_two(SILENT, outcome) is (outcome not in (Outcome.HELPED, Outcome.AMBULANCE, Outcome.FAMILY_TOOK_OVER))


@pytest.mark.parametrize(
    "known", [{"spoke": True}, {"seen": True}, {"drill": True}, {"stands": False}, {"of_somebody": False}]
)
def test_whoever_was_heard_or_seen_or_is_nobody_is_closed_by_one(known: dict[str, bool]) -> None:
    facts = {name: getattr(SILENT, name) for name in ("drill", "of_somebody", "stands", "spoke", "seen")} | known
    assert not takes_two(Heard(AlertClass.PERSONAL, Priority.HIGH, **facts), Outcome.FALSE_ALARM)


@pytest.fixture
def two(centre: Centre, staff: None) -> Iterator[tuple[httpx2.Client, httpx2.Client]]:
    """Two operators."""
    with centre.operator("李敏") as her, centre.operator("张强") as him:
        yield her, him


def wants(client: httpx2.Client, alert: UUID, outcome: str = "false_alarm", note: str = WHY) -> httpx2.Response:
    """This operator wants it closed so."""
    return client.post(f"/api/alerts/{alert}/close", json={"outcome": outcome, "note": note})


def test_the_first_asks_with_a_reason_and_the_second_agrees(
    database: Database, wang: Wearer, two: tuple[httpx2.Client, httpx2.Client]
) -> None:
    employ(database, "boss", role=Role.SUPERVISOR)
    her, him = two
    fall = ring(database, wang)
    refused = wants(her, fall, note=" ")
    assert (refused.status_code, refused.json()["field"]) == (422, "note")
    asked = wants(her, fall).json()
    assert (asked["phase"], asked["close_asked_by_name"], asked["close_asked_outcome"], asked["close_asked_note"]) == (
        "raised", "李敏", "false_alarm", WHY,
    )  # fmt: skip
    with database.transaction() as conn:
        assert [(one.about, one.recipient[:11]) for one in notices.told(conn, fall)] == [("agree:1", "supervisor:")]
    assert her.post(f"/api/alerts/{fall}/agree").status_code == 409
    assert wants(her, fall).json()["phase"] == "raised"
    assert him.post(f"/api/alerts/{fall}/answer").json()["close_asked_by_name"] == "李敏"
    closed = him.post(f"/api/alerts/{fall}/agree").json()
    assert (closed["phase"], closed["outcome"], closed["note"], closed["closed_by_name"]) == (
        "closed", "false_alarm", WHY, "张强",
    )  # fmt: skip
    assert closed["close_asked_by_name"] == "李敏"
    log = him.get(f"/api/alerts/{fall}").json()["log"]
    assert [(line["kind"], line["by_name"]) for line in log[1:]] == [
        ("ask_to_close", "李敏"), ("ask_to_close", "李敏"), ("answer", "张强"), ("close", "张强"),
    ]  # fmt: skip


def test_a_false_alarm_has_a_cause_which_the_second_need_not_say_again(
    database: Database, wang: Wearer, two: tuple[httpx2.Client, httpx2.Client]
) -> None:
    her, him = two
    fall = ring(database, wang)
    body = {"outcome": "no_help_needed", "note": WHY, "false_cause": "away"}
    wrong = her.post(f"/api/alerts/{fall}/close", json=body)
    assert (wrong.status_code, wrong.json()["field"]) == (422, "false_cause")
    wrong = her.post(f"/api/alerts/{fall}/close", json={"outcome": "false_alarm", "false_cause": "other"})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "note")
    body = body | {"outcome": "false_alarm"}
    her.post(f"/api/alerts/{fall}/close", json=body).raise_for_status()
    closed = wants(him, fall).json()
    assert (closed["phase"], closed["false_cause"]) == ("closed", "away")


def test_whoever_wants_just_the_same_agrees_and_whoever_wants_another_end_asks_anew(
    database: Database, wang: Wearer, two: tuple[httpx2.Client, httpx2.Client]
) -> None:
    her, him = two
    fall = ring(database, wang)
    wants(her, fall)
    assert wants(him, fall, "no_help_needed").json()["close_asked_by_name"] == "张强"
    assert wants(her, fall, "no_help_needed", "").json()["phase"] == "closed"


def test_the_second_refuses_and_sends_somebody(
    database: Database, wang: Wearer, two: tuple[httpx2.Client, httpx2.Client]
) -> None:
    her, him = two
    fall = ring(database, wang)
    her.post(f"/api/alerts/{fall}/answer").raise_for_status()
    assert him.post(f"/api/alerts/{fall}/refuse", json={"why": "没有人通过话"}).status_code == 409
    wants(her, fall)
    refused = him.post(f"/api/alerts/{fall}/refuse", json={"why": "没有人通过话"}).json()
    assert (refused["phase"], refused["close_asked_by_name"]) == ("answered", None)
    assert (refused["close_refused_by_name"], refused["close_refused_why"]) == ("张强", "没有人通过话")
    assert him.post(f"/api/alerts/{fall}/agree").status_code == 409
    wants(her, fall)
    sent = him.post(f"/api/alerts/{fall}/dispatch", json={"to": "社区站"}).json()
    assert (sent["phase"], sent["close_asked_by_name"], sent["close_refused_by_name"]) == ("dispatched", None, None)


def test_an_account_that_is_sent_is_told_so_and_one_of_elsewhere_is_not_sent(
    database: Database, wang: Wearer, two: tuple[httpx2.Client, httpx2.Client]
) -> None:
    employ(database, "boss", role=Role.SUPERVISOR)
    employ(database, "stranger", role=Role.RESPONDER)
    her, _ = two
    fall = ring(database, wang)
    her.post(f"/api/alerts/{fall}/answer").raise_for_status()
    with database.transaction() as conn:
        ids = dict(conn.execute("SELECT username, id FROM account").fetchall())
    send = f"/api/alerts/{fall}/dispatch"
    for body, field in (({}, "to"), ({"responder_id": str(ids["stranger"])}, "responder_id")):
        refused = her.post(send, json=body)
        assert (refused.status_code, refused.json()["field"]) == (422, field)
    sent = her.post(send, json={"responder_id": str(ids["boss"])}).json()
    assert (sent["dispatched_to"], sent["responder_id"]) == ("boss", str(ids["boss"]))
    with database.transaction() as conn:
        assert [(one.about, one.recipient) for one in notices.told(conn, fall)] == [
            ("sent:1", f"account:{ids['boss']}")
        ]

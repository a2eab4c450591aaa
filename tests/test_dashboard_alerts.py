"""Working alerts off over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from care.alerts import Outcome
from care.devices import DeviceKind
from care.notices import Recipient
from care.people import Role
from records.database import Database
from records.telling import notices
from records.telling.notices import Notice
from tests.centre import Centre, employ, ring
from tests.people import give


def test_a_fall_is_answered_and_closed(centre: Centre, database: Database) -> None:
    employ(database, "李敏")
    fall = ring(database, give(database, "王桂珍", "watch-1", DeviceKind.WEARABLE))
    with centre.operator("李敏") as her:
        [alert] = her.get("/api/alerts?state=open").json()["alerts"]
        assert (alert["id"], alert["rule"], alert["priority"], alert["phase"]) == (str(fall), "fall", "high", "raised")
        assert (alert["resident_name"], alert["device"]) == ("王桂珍", "watch-1")
        answered = her.post(f"/api/alerts/{fall}/answer").json()
        assert (answered["phase"], answered["answered_by_name"]) == ("answered", "李敏")
        closed = her.post(f"/api/alerts/{fall}/close", json={"outcome": "helped", "note": " 已扶起 "}).json()
        assert (closed["phase"], closed["outcome"], closed["note"]) == ("closed", "helped", "已扶起")
        assert her.get("/api/alerts").json() == {"alerts": []}
        assert [one["id"] for one in her.get("/api/alerts?state=closed").json()["alerts"]] == [str(fall)]


def test_of_two_operators_who_answer_at_once_one_wins_and_the_other_sees_who(
    centre: Centre, database: Database
) -> None:
    employ(database, "李敏", "张强")
    fall = ring(database, give(database, "王桂珍", "watch-1", DeviceKind.WEARABLE))
    with centre.operator("李敏") as her, centre.operator("张强") as him, ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda one: one.post(f"/api/alerts/{fall}/answer"), (her, him)))
    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert (won.status_code, lost.status_code) == (200, 409)
    winner = won.json()["answered_by_name"]
    assert lost.json()["alert"]["answered_by_name"] == winner
    assert winner in lost.json()["detail"]
    assert lost.json()["possible"] == ["dispatch", "hand_back", "close", "contact", "shelve"]


def test_an_alert_that_is_handed_back_waits_again(centre: Centre, database: Database) -> None:
    employ(database)
    fall = ring(database, give(database, "李建国", "watch-2", DeviceKind.WEARABLE))
    with centre.operator() as operator:
        operator.post(f"/api/alerts/{fall}/answer")
        back = operator.post(f"/api/alerts/{fall}/hand-back").json()
    assert (back["phase"], back["answered_by_name"]) == ("raised", None)


def test_from_the_answer_to_the_person_every_step_is_kept_with_who_did_it(centre: Centre, database: Database) -> None:
    employ(database, "李敏")
    employ(database, "auditor", role=Role.AUDITOR)
    fall = ring(database, give(database, "王桂珍", "watch-1", DeviceKind.WEARABLE))
    expected = (datetime.now(UTC) + timedelta(minutes=20)).isoformat()
    tried = {"who": "resident", "how": "phone", "result": "no_reply"}
    steps: list[tuple[str, dict[str, str] | None, str]] = [
        ("answer", None, "answered"),
        ("contact", tried, "answered"),
        ("contact", tried | {"result": "spoke"}, "answered"),
        ("dispatch", {"to": " 站点小陈 ", "expected_at": expected}, "dispatched"),
        ("arrive", None, "arrived"),
        ("see", None, "person_seen"),
    ]
    with centre.operator("李敏") as her, centre.operator("auditor") as auditor:
        assert her.post(f"/api/alerts/{fall}/contact", json=tried).status_code == 409
        for step, body, phase in steps:
            assert her.post(f"/api/alerts/{fall}/{step}", json=body).json()["phase"] == phase
        found, masked = (one.get(f"/api/alerts/{fall}").json() for one in (her, auditor))
    kinds = [(line["kind"], line["by_name"]) for line in found["log"] if line["by_name"]]
    assert kinds == [(step, "李敏") for step, _, _ in steps]
    sent = next(line["detail"] for line in found["log"] if line["kind"] == "dispatch")
    assert (sent["to"], datetime.fromisoformat(sent["expected_at"]).isoformat()) == ("站点小陈", expected)
    assert "to" not in next(line["detail"] for line in masked["log"] if line["kind"] == "dispatch")
    assert found["evidence"] == masked["evidence"]
    assert [found[name] for name in ("spoke", "no_reply", "dispatched_to")] == [True, 1, "站点小陈"]
    assert datetime.fromisoformat(found["expected_at"]).isoformat() == expected
    assert found["next_step"] == "overdue:seat,supervisor"
    assert masked["dispatched_to"] is None
    with database.transaction() as conn:
        row = conn.execute(
            "SELECT spoke, no_reply, dispatched_to, expected_at, arrived_at IS NOT NULL, seen_at IS NOT NULL FROM alert"
        ).fetchone()
    assert row == (True, 1, "站点小陈", datetime.fromisoformat(expected), True, True)


def test_an_alert_says_whom_it_was_told(centre: Centre, database: Database) -> None:
    employ(database)
    fall = ring(database, give(database, "王桂珍", "watch-1", DeviceKind.WEARABLE))
    now = datetime.now(UTC)
    employ(database, "auditor", role=Role.AUDITOR)
    with database.transaction() as conn:
        son = conn.execute(
            """INSERT INTO contact (id, resident_id, name, phone, relation)
            SELECT gen_random_uuid(), resident_id, '王小明', '13905550101', '儿子' FROM alert RETURNING id"""
        ).fetchone()
        her = conn.execute("SELECT id FROM account WHERE username = 'operator'").fetchone()
        assert son is not None
        assert her is not None
        to = (Recipient.seat(None), Recipient.contact(son[0]), Recipient.account(her[0]))
        for number, one in enumerate(to, start=1):
            notices.put(conn, Notice(fall, f"raised:{number}", one, now + timedelta(seconds=number), now))
    with centre.operator() as operator, centre.operator("auditor") as auditor:
        told, masked = (each.get(f"/api/alerts/{fall}").json()["told"] for each in (operator, auditor))
    assert [(one["about"], one["recipient"], one["channel"], one["name"], one["relation"]) for one in told] == [
        ("raised:1", str(to[0]), None, None, None),
        ("raised:2", str(to[1]), None, "王小明", "儿子"),
        ("raised:3", str(to[2]), None, "operator", None),
    ]
    assert [one["name"] for one in masked] == [None, "王**", "operator"]


def test_an_alert_is_shelved_for_a_reason_and_a_while_and_never_an_urgent_one(
    centre: Centre, database: Database
) -> None:
    employ(database)
    fall = ring(database, give(database, "王桂珍", "watch-1", DeviceKind.WEARABLE))
    with centre.operator() as operator:
        now = datetime.now(UTC)
        until = now + timedelta(hours=2)
        body = {"reason": "家属在场", "until": until.isoformat()}
        assert operator.post(f"/api/alerts/{fall}/shelve", json=body).status_code == 422
        with database.transaction() as conn:
            conn.execute("UPDATE alert SET priority = 'medium'")
        for wrong in (
            body | {"until": (now - timedelta(hours=1)).isoformat()},
            body | {"until": (now + timedelta(days=2)).isoformat()},
        ):
            refused = operator.post(f"/api/alerts/{fall}/shelve", json=wrong)
            assert (refused.status_code, refused.json()["field"]) == (422, "until")
        assert operator.post(f"/api/alerts/{fall}/shelve", json=body | {"reason": " "}).json()["field"] == "reason"
        shelved = operator.post(f"/api/alerts/{fall}/shelve", json=body).json()
        assert [shelved[name] for name in ("phase", "shelved_why", "shelved_by_name", "next_step")] == [
            "raised", "家属在场", "operator", "unshelve",
        ]  # fmt: skip
        assert datetime.fromisoformat(shelved["shelved_until"]) == datetime.fromisoformat(shelved["next_at"]) == until
        with database.transaction() as conn:
            assert conn.execute("SELECT due_at, due_why, shelved_why FROM alert").fetchone() == (
                until, "unshelve", "家属在场",
            )  # fmt: skip
        operator.post(f"/api/alerts/{fall}/answer").raise_for_status()
        with database.transaction() as conn:
            assert conn.execute("SELECT due_why, shelved_until, shelved_why FROM alert").fetchone() == (
                "expire", None, None,
            )  # fmt: skip


def test_closing_needs_an_outcome(centre: Centre, database: Database) -> None:
    employ(database)
    fall = ring(database, give(database, "王桂珍", "watch-1", DeviceKind.WEARABLE))
    with centre.operator() as operator:
        for body in ({}, {"outcome": "fine"}, {"outcome": None}):
            refused = operator.post(f"/api/alerts/{fall}/close", json=body)
            assert (refused.status_code, refused.json()["field"]) == (422, "outcome")
        [alert] = operator.get("/api/alerts").json()["alerts"]
    assert alert["phase"] == "raised"


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_closes(centre: Centre, database: Database, outcome: Outcome) -> None:
    employ(database)
    alert = ring(database, give(database, "王桂珍", "watch-1", DeviceKind.WEARABLE), "sos")
    with centre.operator() as operator:
        operator.post(f"/api/alerts/{alert}/answer").raise_for_status()
        spoke = {"who": "resident", "how": "phone", "result": "spoke"}
        operator.post(f"/api/alerts/{alert}/contact", json=spoke).raise_for_status()
        closed = operator.post(f"/api/alerts/{alert}/close", json={"outcome": outcome})
    assert closed.json()["outcome"] == outcome


def test_what_is_over_stays_over(centre: Centre, database: Database) -> None:
    employ(database, "李敏", "张强")
    fall = ring(database, give(database, "王桂珍", "watch-1", DeviceKind.WEARABLE))
    with centre.operator("李敏") as her, centre.operator("张强") as him:
        her.post(f"/api/alerts/{fall}/close", json={"outcome": "ambulance"})
        late = him.post(f"/api/alerts/{fall}/close", json={"outcome": "helped"})
    assert late.status_code == 409
    assert "李敏" in late.json()["detail"]
    assert late.json()["possible"] == []


def test_a_wrong_id_is_not_found_in_words(centre: Centre, database: Database) -> None:
    employ(database)
    with centre.operator() as operator:
        for step in ("answer", "hand-back", "arrive", "see"):
            answer = operator.post(f"/api/alerts/{uuid4()}/{step}")
            assert (answer.status_code, "no such alert" in answer.json()["detail"]) == (404, True)
        assert operator.post("/api/alerts/42/answer").status_code == 422


def test_a_second_fall_is_an_occurrence_and_a_late_one_is_marked(centre: Centre, database: Database) -> None:
    employ(database)
    wang = give(database, "王桂珍", "watch-1", DeviceKind.WEARABLE)
    li = give(database, "李建国", "watch-2", DeviceKind.WEARABLE)
    assert ring(database, wang) == ring(database, wang)
    ring(database, li, at=datetime.now(UTC) - timedelta(hours=2), delayed=True)
    with centre.operator() as operator:
        alerts = {one["resident_name"]: one for one in operator.get("/api/alerts").json()["alerts"]}
    assert alerts["王桂珍"]["occurrences"] == 2
    assert alerts["李建国"]["delayed"] is True

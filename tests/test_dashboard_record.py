"""A resident's record over HTTP: health card, assessments, care plan, the way in, documents; who sees them."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import httpx2
import pytest

from care.assessments import CareLevel, care_level
from care.people import Role
from care.periods import LOCAL
from records.database import Database
from records.leaving import deleting, exporting
from records.nursing import documents
from tests.centre import Centre, employ, id_of, ring
from tests.people import Wearer

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def today() -> date:
    return datetime.now(LOCAL).date()


@pytest.fixture
def path(database: Database, wang: Wearer) -> str:
    """Where Wang is."""
    return f"/api/residents/{id_of(database, wang.name)}"


@pytest.mark.parametrize(
    ("score", "level"),
    [(100, "intact"), (90, "intact"), (89, "mild"), (66, "mild"), (65, "moderate"), (46, "moderate"), (45, "severe"),
     (30, "severe"), (29, "complete"), (0, "complete")],
)  # fmt: skip
def test_the_care_level_follows_from_the_score(score: int, level: str) -> None:
    assert care_level(score) is CareLevel(level)


def test_a_line_of_the_card_is_changed_and_both_versions_are_kept(operator: httpx2.Client, path: str) -> None:
    card = f"{path}/health_card"
    assert operator.get(card).json() == {"lines": [], "before": []}
    operator.post(card, json={"kind": "medicine", "text": "阿司匹林", "note": "100 mg"}).raise_for_status()
    (old,) = operator.post(card, json={"kind": "allergy", "text": "青霉素"}).json()["lines"][:1]
    assert (old["kind"], old["entered_by"]) == ("allergy", "operator")
    newer = {"kind": "allergy", "text": "青霉素", "note": "休克", "instead_of": old["id"]}
    changed = operator.post(card, json=newer).json()
    assert [(one["text"], one["note"]) for one in changed["lines"]] == [("青霉素", "休克"), ("阿司匹林", "100 mg")]
    assert [(one["id"], one["ended_by"]) for one in changed["before"]] == [(old["id"], "operator")]
    assert changed["lines"][0]["replaces_id"] == old["id"]
    late = operator.post(card, json=newer)
    assert (late.status_code, late.json()["field"]) == (409, "instead_of")


def test_of_a_blood_group_a_card_has_one(operator: httpx2.Client, path: str) -> None:
    for text in ("A", "AB"):
        found = operator.post(f"{path}/health_card", json={"kind": "blood_group", "text": text}).json()
    assert [one["text"] for one in found["lines"]] == ["AB"]
    assert [one["text"] for one in found["before"]] == ["A"]
    (line,) = found["lines"]
    assert operator.post(f"{path}/health_card/{line['id']}/end").json()["lines"] == []
    assert operator.post(f"{path}/health_card/{line['id']}/end").status_code == 404


def test_two_falls_since_the_last_assessment_ask_for_another_one(
    operator: httpx2.Client, path: str, database: Database, wang: Wearer
) -> None:
    where = f"{path}/assessments"
    assert operator.get(where).json()["anew"] == "never"
    before = str(today() - timedelta(days=20))
    found = operator.post(where, json={"day": before, "score": 65, "assessor": "评估员周某"}).json()
    assert (found["last"]["level"], found["anew"]) == ("moderate", None)
    for number, outcome in enumerate(("helped", "false_alarm", "no_help_needed"), start=1):
        alert = ring(database, wang, at=datetime.now(UTC) - timedelta(days=number))
        close = {"outcome": outcome, "note": ""} | ({"false_cause": "by_mistake"} if outcome == "false_alarm" else {})
        operator.post(f"/api/alerts/{alert}/answer").raise_for_status()
        said = {"who": "resident", "how": "phone", "result": "spoke"}
        operator.post(f"/api/alerts/{alert}/contact", json=said).raise_for_status()
        closed = operator.post(f"/api/alerts/{alert}/close", json=close)
        assert closed.status_code in (200, 204), closed.text
    found = operator.get(where).json()
    assert (found["risks"], found["anew"]) == (2, "risk_events")
    found = operator.post(where, json={"day": str(today()), "score": 40, "assessor": "周某"}).json()
    assert (found["last"]["level"], found["anew"], found["risks"]) == ("severe", None, 0)
    found = operator.post(f"{where}/{found['last']['id']}/withdraw").json()
    assert (found["last"]["score"], found["anew"]) == (65, "risk_events")
    tomorrow = str(today() + timedelta(days=2))
    assert operator.post(where, json={"day": tomorrow, "score": 40, "assessor": "周某"}).status_code == 422


def test_a_care_plan_has_goals_and_services_that_end(operator: httpx2.Client, path: str) -> None:
    where = f"{path}/care_plan"
    service = {"kind": "service", "text": "助浴", "who": "服务站", "how_often": "每周二", "starts": "2026-11-01"}
    (made,) = operator.post(where, json=service).json()["items"]
    assert operator.post(where, json=service | {"ends": "2026-10-01"}).json()["field"] == "ends"
    (ended,) = operator.post(f"{where}/{made['id']}/end", json={"outcome": "女儿接手"}).json()["items"]
    assert (ended["outcome"], ended["ended_by"]) == ("女儿接手", "operator")
    assert operator.post(f"{where}/{made['id']}/end", json={}).status_code == 404


def test_the_way_in_opens_with_a_reason_or_with_an_alert_and_closes_with_it(
    centre: Centre, path: str, database: Database, wang: Wearer
) -> None:
    employ(database, "operator", "second")
    where, notes = f"{path}/way_in", {"key_place": "密码盒", "door_code": "2580#", "dog": "小狗"}
    with centre.operator() as operator, centre.operator("second") as second:
        assert operator.get(where).json()["known"] is False
        assert operator.put(where, json=notes).status_code == 204
        known = operator.get(where).json()
        assert (known["known"], known["entered_by"], known["notes"]) == (True, "operator", None)
        shown = second.post(f"{where}/show", json={"reason": "送药"}).json()
        assert shown["notes"]["door_code"] == "2580#"
        alert = ring(database, wang)
        assert operator.get(where).json()["notes"] is None
        operator.post(f"/api/alerts/{alert}/answer").raise_for_status()
        assert operator.get(where).json()["notes"]["dog"] == "小狗"
        assert operator.get(where).json()["because"] == str(alert)
        assert second.get(where).json()["notes"] is None
        said = {"who": "resident", "how": "phone", "result": "spoke"}
        operator.post(f"/api/alerts/{alert}/contact", json=said).raise_for_status()
        operator.post(f"/api/alerts/{alert}/close", json={"outcome": "helped"}).raise_for_status()
        assert operator.get(where).json()["notes"] is None
    with database.transaction() as conn:
        rows = conn.execute("SELECT subject, reason FROM audit WHERE action = 'show way in' ORDER BY id").fetchall()
    assert rows[0] == ("", "送药")
    assert set(rows[1:]) == {(str(alert), "")}


def test_files_are_known_by_what_they_hold_and_saved_not_shown(operator: httpx2.Client, path: str) -> None:
    where = f"{path}/documents"
    kept = operator.post(where, params={"name": r"C:\扫描\出院小结.jpg"}, content=PNG).json()["documents"]
    assert [(one["name"], one["media_type"], one["size"]) for one in kept] == [("出院小结.jpg.png", "image/png", 48)]
    again = operator.post(where, params={"name": "x"}, content=PNG)
    assert (again.status_code, again.json()["field"]) == (409, "file")
    wrong = operator.post(where, params={"name": "x.pdf"}, content=b"<script>alert(1)</script>")
    assert (wrong.status_code, wrong.json()["field"]) == (422, "file")
    assert operator.post(where, params={"name": "x"}, content=PNG + bytes(documents.MOST_BYTES)).status_code == 413
    answer = operator.get(f"{where}/{kept[0]['id']}")
    assert (answer.content, answer.headers["content-type"]) == (PNG, "image/png")
    assert answer.headers["content-disposition"].startswith(
        "attachment; filename=\".jpg.png\"; filename*=UTF-8''%E5%87"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert operator.delete(f"{where}/{kept[0]['id']}").json() == {"documents": []}
    assert operator.get(f"{where}/{kept[0]['id']}").status_code == 404


def test_health_is_seen_by_those_who_care_and_by_no_one_else(centre: Centre, path: str, database: Database) -> None:
    for role in (Role.OPERATOR, Role.ADMINISTRATOR, Role.AUDITOR):
        employ(database, str(role), role=role)
    for part in ("health_card", "assessments", "care_plan", "documents"):
        for who, status in (("operator", 200), ("administrator", 403), ("auditor", 403)):
            with centre.operator(who) as client:
                assert client.get(f"{path}/{part}").status_code == status, (part, who)


def test_a_neighbour_who_goes_sees_the_way_in_without_an_area(database: Database, wang: Wearer) -> None:
    from records.nursing import way_in

    employ(database, "周强", role=Role.RESPONDER)
    resident, alert = id_of(database, wang.name), ring(database, wang)
    with database.transaction() as conn:
        row = conn.execute("SELECT id FROM account WHERE username = '周强'").fetchone()
        assert row is not None
        me: UUID = row[0]
        way_in.enter(conn, resident, way_in.Way(key_place="对门"), None, datetime.now(UTC))
        assert way_in.for_responder(conn, alert, me) is None
        conn.execute(
            "INSERT INTO responder_offer (id, alert_id, account_id, state, offered_at) "
            "VALUES (gen_random_uuid(), %s, %s, 'open', now())",
            (alert, me),
        )
        assert way_in.for_responder(conn, alert, me) is None
        conn.execute("UPDATE responder_offer SET state = 'accepted' WHERE alert_id = %s", (alert,))
        notes = way_in.for_responder(conn, alert, me)
        assert notes is not None
        assert notes.key_place == "对门"


def test_all_of_somebody_is_exported_and_deleted_over_http(
    centre: Centre, path: str, database: Database, wang: Wearer
) -> None:
    employ(database, "operator")
    employ(database, "值班长", "第二人", role=Role.SUPERVISOR)
    with centre.operator() as operator, centre.operator("值班长") as first, centre.operator("第二人") as second:
        assert operator.post(f"{path}/exports", json={"reason": "本人要求"}).status_code == 403
        made = first.post(f"{path}/exports", json={"reason": "本人要求"}).json()["exports"][0]
        assert first.post(f"{path}/exports", json={"reason": "本人要求"}).status_code == 409
        assert first.get(f"{path}/exports/{made['id']}").status_code == 404, "it is not written yet"
        assert exporting.export_one(database)
        file = second.get(f"{path}/exports/{made['id']}")
        assert file.content[:2] == b"PK"
        assert file.headers["content-disposition"].startswith("attachment")
        asked = first.post(f"{path}/deletion", json={"why": "wish"}).json()["deletion"]
        assert first.post(f"{path}/deletion", json={"why": "wish"}).status_code == 409
        own = first.post(f"/api/deletions/{asked['id']}/confirm")
        assert (own.status_code, own.json()["field"]) == (409, "confirmed_by")
        alert = ring(database, wang)
        assert second.post(f"/api/deletions/{asked['id']}/confirm").json()["field"] == "open_alerts"
        operator.post(f"/api/alerts/{alert}/answer").raise_for_status()
        said = {"who": "resident", "how": "phone", "result": "spoke"}
        operator.post(f"/api/alerts/{alert}/contact", json=said).raise_for_status()
        operator.post(f"/api/alerts/{alert}/close", json={"outcome": "helped"}).raise_for_status()
        assert second.post(f"/api/deletions/{asked['id']}/confirm").status_code == 204
        assert deleting.delete_one(database)
        assert first.get(path).status_code == 404
        (done,) = first.get("/api/deletions").json()["deletions"]
        assert (done["resident"], done["resident_id"], done["confirmed_by"]) == (None, None, "第二人")
        assert done["counts"]["alert, kept"] == 1
    with database.transaction() as conn:
        rows = conn.execute("SELECT action FROM audit WHERE action LIKE '%deletion' ORDER BY id").fetchall()
    assert rows == [("ask for deletion",), ("confirm deletion",)]

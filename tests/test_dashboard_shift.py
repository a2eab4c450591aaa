"""Shifts over HTTP: who sits where, the sheet that both sign, what one missed meanwhile, and drills."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from alerts.engine import judge_some
from care.absences import AbsenceKind
from care.escalation import Whom
from care.people import Role
from records.database import Database
from records.login import accounts
from records.rounds import absences
from records.rounds.absences import Away
from records.telling import duty
from tests.centre import PASSWORD, Centre, employ, id_of, ring
from tests.people import Wearer
from tests.test_rules import area_of, move

# Who sits where ------------------------------------------------------------------------------------------------------


def test_everybody_sees_who_sits_where_until_they_get_up(centre: Centre, database: Database) -> None:
    employ(database, "李敏", "张强")
    with centre.operator("李敏") as her, centre.operator("张强") as him:
        began = her.post("/api/shift", json={"seat": " 1 号席 "}).raise_for_status().json()
        assert her.post("/api/shift", json={"seat": "1 号席"}).json() == began, "a page that is loaded anew"
        him.post("/api/shift", json={"seat": "2 号席"}).raise_for_status()
        assert [(one["seat"], one["username"]) for one in him.get("/api/shift").json()["seats"]] == [
            ("1 号席", "李敏"),
            ("2 号席", "张强"),
        ]
        her.post("/api/shift", json={"seat": "3 号席"}).raise_for_status()
        assert her.get("/api/shift").json()["own"]["seat"] == "3 号席"
        her.delete("/api/shift").raise_for_status()
        assert her.get("/api/shift").json()["own"] is None
        him.delete("/api/session").raise_for_status()
        assert her.get("/api/shift").json()["seats"] == [], "whoever has logged out sits nowhere"


# The sheet -----------------------------------------------------------------------------------------------------------


def away(database: Database, resident: UUID) -> None:
    now = datetime.now(UTC)
    with database.transaction() as conn:
        absences.add(conn, Away(resident, AbsenceKind.HOSPITAL, now, now + timedelta(days=2)), now)


def test_the_sheet_says_what_is_open_who_is_away_what_was_and_how_it_was_answered(
    centre: Centre, database: Database, wang: Wearer
) -> None:
    employ(database, "李敏", "张强")
    away(database, id_of(database, "王桂珍"))
    with centre.operator("李敏") as her, centre.operator("张强") as him:
        her.post("/api/shift", json={"seat": "1"}).raise_for_status()
        fall, sos = ring(database, wang, "fall"), ring(database, wang, "sos")
        drill = ring(database, wang, "smoke", drill=True)
        for alert in (fall, sos):
            her.post(f"/api/alerts/{alert}/answer").raise_for_status()
        her.post(f"/api/alerts/{sos}/close", json={"outcome": "helped"}).raise_for_status()
        draft = her.get("/api/hand-overs/draft").raise_for_status().json()
        assert [(one["alert_id"], one["phase"], one["by_name"]) for one in draft["open"]] == [
            (str(fall), "answered", "李敏")
        ]
        assert [(one["alert_id"], one["outcome"]) for one in draft["incidents"]] == [(str(sos), "helped")]
        assert [one["kind"] for one in draft["away"]] == ["hospital"]
        assert [one["name"] for one in draft["people"]] == ["王桂珍"]
        assert (draft["opened"], str(drill) in str(draft)) == ({"high": 2, "medium": 0, "low": 0}, False)
        assert draft["figures"][0]["within"] == 2

        signed = her.post("/api/hand-overs", json={"note": " 王桂珍家钥匙在站点 "}).raise_for_status().json()
        assert (signed["signed_by_name"], signed["taken_by_name"]) == ("李敏", None)
        assert her.get("/api/shift").json()["own"] is None, "whoever has signed has got up"
        her.post(f"/api/alerts/{fall}/close", json={"outcome": "helped"}).raise_for_status()
        path = f"/api/hand-overs/{signed['id']}"
        assert her.post(f"{path}/countersign").status_code == 409
        taken = him.post(f"{path}/countersign").raise_for_status().json()
        assert (taken["taken_by_name"], taken["note"]) == ("张强", "王桂珍家钥匙在站点")
        assert [one["phase"] for one in taken["sheet"]["open"]] == ["answered"], "as it stood when it was signed"
        assert him.post(f"{path}/countersign").status_code == 409
        assert [one["id"] for one in him.get("/api/hand-overs").json()["hand_overs"]] == [signed["id"]]


def test_what_was_signed_stays_as_it_is_and_holds_no_name(centre: Centre, database: Database, wang: Wearer) -> None:
    employ(database, "李敏")
    employ(database, "何审", role=Role.AUDITOR)
    ring(database, wang)
    with centre.operator("李敏") as her, centre.operator("何审") as auditor:
        made = her.post("/api/hand-overs", json={"note": "王桂珍"}).raise_for_status().json()["id"]
        masked = auditor.get(f"/api/hand-overs/{made}").raise_for_status()
        assert (masked.json()["sheet"]["people"][0]["name"], "桂珍" in masked.text) == ("王**", False)
    with database.transaction() as conn:
        row = conn.execute("SELECT sheet::text FROM hand_over").fetchone()
    assert row is not None
    assert "桂珍" not in row[0]
    for statement in (
        "UPDATE hand_over SET note = ''",
        "UPDATE hand_over SET sheet = '{}', taken_by = signed_by, taken_at = now()",
        "DELETE FROM hand_over",
    ):
        with pytest.raises(psycopg.Error, match="stays as it is"), database.transaction() as conn:
            conn.execute(statement)


def test_who_is_deleted_is_deleted_from_the_sheets_too(centre: Centre, database: Database, wang: Wearer) -> None:
    from tests.test_leaving import delete

    employ(database, "李敏", "张强")
    away(database, id_of(database, "王桂珍"))
    alert = ring(database, wang)
    with centre.operator("李敏") as her:
        made = her.post("/api/hand-overs", json={"note": "王桂珍的女儿十点回电"}).raise_for_status().json()
        resident = made["sheet"]["people"][0]["id"]
        her.post(f"/api/alerts/{alert}/close", json={"outcome": "helped"}).raise_for_status()
        delete(database, UUID(resident))
        found = her.get(f"/api/hand-overs/{made['id']}").raise_for_status()
        assert (found.json()["note"], len(found.json()["sheet"]["away"])) == ("", 1)
        assert resident not in found.text


def test_with_the_sheet_goes_the_shift_on_the_roster(centre: Centre, database: Database) -> None:
    employ(database, "李敏", "张强")
    now = datetime.now(UTC)
    with database.transaction() as conn:
        her_id = accounts.account_by_name(conn, "李敏")
        assert her_id is not None
        shift = duty.add(conn, her_id[0].id, Whom.SEAT, None, now - timedelta(hours=7), timedelta(hours=8))
    with centre.operator("李敏") as her, centre.operator("张强") as him:
        body = {"note": "无", "shift_id": str(shift), "username": "张强"}
        assert her.post("/api/hand-overs", json=body | {"username": "谁"}).status_code == 422
        assert her.get("/api/hand-overs").json()["hand_overs"] == [], "all or nothing"
        made = her.post("/api/hand-overs", json=body).raise_for_status().json()["id"]
        him.post(f"/api/hand-overs/{made}/countersign").raise_for_status()
        log = him.get("/api/duty/log").json()["entries"]
    assert [(one["kind"], one["by_name"], one["other_name"]) for one in log[:2]] == [
        ("taken_over", "张强", "李敏"),
        ("handed_over", "李敏", "张强"),
    ]


def test_a_sheet_is_of_ones_own_area_and_shut_to_the_others(centre: Centre, database: Database, wang: Wearer) -> None:
    here, there = area_of(database, "340503"), area_of(database, "340521")
    move(database, id_of(database, "王桂珍"), here)
    with database.transaction() as conn:
        for name, area in (("本区", here), ("别县", there)):
            accounts.create_account(conn, name, PASSWORD, Role.OPERATOR, area_id=area)
    ring(database, wang)
    with centre.operator("本区") as mine, centre.operator("别县") as other:
        made = mine.post("/api/hand-overs", json={}).raise_for_status().json()
        assert (made["area"], len(made["sheet"]["open"])) == ("花山区", 1)
        assert other.get(f"/api/hand-overs/{made['id']}").status_code == 404
        assert other.post(f"/api/hand-overs/{made['id']}/countersign").status_code == 404
        assert other.get("/api/hand-overs/draft").json()["open"] == []
        assert other.get("/api/hand-overs/draft", params={"since": "2020-01-01T00:00:00Z"}).status_code == 422


# What one missed -----------------------------------------------------------------------------------------------------


def test_after_a_break_everything_is_there_that_others_and_the_platform_did(
    centre: Centre, database: Database, wang: Wearer
) -> None:
    employ(database, "李敏", "张强")
    with centre.operator("李敏") as her, centre.operator("张强") as him:
        mine = ring(database, wang, "sos")
        her.post(f"/api/alerts/{mine}/answer").raise_for_status()
        fall = ring(database, wang, "fall")
        him.post(f"/api/alerts/{fall}/answer").raise_for_status()
        him.post(f"/api/alerts/{fall}/close", json={"outcome": "helped"}).raise_for_status()
        found = her.get("/api/missed").raise_for_status().json()
        assert [(line["kind"], line["by_name"]) for line in found["lines"]] == [
            ("opened", None),
            ("answer", "张强"),
            ("close", "张强"),
        ]
        assert [(one["id"], one["phase"]) for one in found["alerts"]] == [(str(fall), "closed")]
        assert found["cut"] is False
        later = her.get("/api/missed", params={"since": datetime.now(UTC).isoformat()}).json()
        assert later["lines"] == []


def test_nobody_sees_what_happened_elsewhere(centre: Centre, database: Database, wang: Wearer) -> None:
    there = area_of(database, "340521")
    move(database, id_of(database, "王桂珍"), area_of(database, "340503"))
    with database.transaction() as conn:
        accounts.create_account(conn, "别县", PASSWORD, Role.OPERATOR, area_id=there)
    ring(database, wang)
    with centre.operator("别县") as other:
        found = other.get("/api/missed").raise_for_status().json()
    assert (found["lines"], found["alerts"]) == ([], [])


# Drills --------------------------------------------------------------------------------------------------------------


def test_a_drill_goes_through_judgement_and_the_seat_and_says_how_long_each_step_took(
    centre: Centre, database: Database, wang: Wearer
) -> None:
    employ(database, "李敏")
    employ(database, "陈值", role=Role.SUPERVISOR)
    body = {"rule": "fall", "resident_id": str(id_of(database, "王桂珍")), "note": "夜班演练"}
    with centre.operator("李敏") as her, centre.operator("陈值") as supervisor:
        assert her.post("/api/drills", json=body).status_code == 403
        assert supervisor.post("/api/drills", json=body | {"rule": "low_battery"}).status_code == 422
        made = supervisor.post("/api/drills", json=body).raise_for_status().json()
        assert (made["alert_id"], made["took"]) == (None, {})
        with database.transaction() as conn:
            judge_some(conn, datetime.now(UTC))
        assert supervisor.post("/api/drills", json=body).status_code == 409
        [alert] = her.get("/api/alerts").json()["alerts"]
        assert (alert["rule"], alert["drill"], alert["resident_name"]) == ("fall", True, "王桂珍")
        her.post(f"/api/alerts/{alert['id']}/answer").raise_for_status()
        her.post(f"/api/alerts/{alert['id']}/script", json={"item": "voice"}).raise_for_status()
        her.post(f"/api/alerts/{alert['id']}/close", json={"outcome": "drill"}).raise_for_status()
        [found] = supervisor.get("/api/drills").json()["drills"]
        assert (found["answered_by_name"], found["ticked"], found["outcome"]) == ("李敏", 1, "drill")
        assert {"opened", "answer", "close"} <= set(found["took"])
        assert 0 <= found["took"]["answer"] <= found["took"]["close"]
        figures = supervisor.get("/api/figures").json()
        assert (figures["alerts"], figures["drills"]) == (0, 1)
        told = [one["recipient"].split(":")[0] for one in her.get(f"/api/alerts/{alert['id']}").json()["told"]]
        assert not {"contact", "family"} & set(told)


def test_whoever_has_no_device_is_no_drill(centre: Centre, database: Database, wang: Wearer) -> None:
    employ(database, "陈值", role=Role.SUPERVISOR)
    resident = id_of(database, "王桂珍")
    with database.transaction() as conn:
        conn.execute("UPDATE binding SET valid_to = now() WHERE resident_id = %s", (resident,))
    with centre.operator("陈值") as supervisor:
        answer = supervisor.post("/api/drills", json={"rule": "fall", "resident_id": str(resident)})
    assert (answer.status_code, answer.json()["field"]) == (422, "resident_id")

"""Check-ins and visits over HTTP: how a day stands, plans, who has to be visited, and that somebody was."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx2
import pytest

from alerts import checkins as engine
from care.checkins import Schedule
from care.people import Role
from care.visits import Why
from records.database import Database
from records.login import accounts
from records.rounds import checkin_plans, visits
from tests.centre import PASSWORD, Centre, employ, id_of
from tests.people import give
from tests.test_rules import area_of, move

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 11, 23)


def at(hour: int, minute: int = 0) -> datetime:
    """That time of the day in Ma'anshan."""
    return datetime.combine(DAY, time(hour, minute), SHANGHAI)


def expect(database: Database, name: str, hour: int, made: datetime | None = None) -> UUID:
    """Somebody who is to check in within an hour of this one."""
    give(database, name, f"bed-{ord(name[0])}")
    with database.transaction() as conn:
        return checkin_plans.make_plan(
            conn, id_of(database, name), Schedule.at(time(hour)), timedelta(hours=1), made or at(0)
        )


def day_of(client: httpx2.Client, **query: object) -> dict[str, Any]:
    """The check-ins of that day."""
    asked = {"date": DAY.isoformat()} | {key: str(value) for key, value in query.items()}
    found: dict[str, Any] = client.get("/api/checkins", params=asked).raise_for_status().json()
    return found


def names(found: dict[str, Any]) -> list[str]:
    return [one["resident_name"] for one in found["checkins"]]


def test_a_day_says_how_each_check_in_stands_and_how_many_stand_so(operator: httpx2.Client, database: Database) -> None:
    expect(database, "王桂珍", 8)
    expect(database, "李建国", 18)
    with database.transaction() as conn:
        engine.sweep(conn, at(9))
    found = day_of(operator)
    assert names(found) == ["王桂珍", "李建国"]
    assert {state: number for state, number in found["counts"].items() if number} == {"late": 1, "due": 1}
    assert names(day_of(operator, state="late")) == ["王桂珍"]
    assert names(operator.get(f"/api/checkins?date={DAY}&state=late&state=due").json()) == ["王桂珍", "李建国"]
    assert names(operator.get("/api/checkins?date=2026-11-22").json()) == []
    assert operator.get("/api/checkins?date=9999-12-31").json()["field"] == "date"


def test_midnight_hides_nobody_who_is_still_to_be_heard_of(operator: httpx2.Client, database: Database) -> None:
    expect(database, "王桂珍", 21)
    expect(database, "李建国", 20)
    with database.transaction() as conn:
        engine.sweep(conn, at(22, 30))
        conn.execute("UPDATE check_in SET due_at = NULL WHERE opens_at = %s", (at(20),))  # the centre has seen to it
    next_day = "/api/checkins?date=2026-11-24&state=late&state=missed"
    assert names(operator.get(next_day).json()) == []
    found = operator.get(f"{next_day}&carried=true").json()
    assert (names(found), found["counts"]["late"], found["counts"]["missed"]) == (["王桂珍"], 1, 0)


def test_a_day_pages_on(operator: httpx2.Client, database: Database) -> None:
    for hour, name in enumerate(("王桂珍", "李建国", "张秀英"), start=8):
        expect(database, name, hour)
    first = day_of(operator, limit=2)
    rest = day_of(operator, limit=2, cursor=first["cursor"])
    assert (names(first), names(rest), rest["cursor"]) == (["王桂珍", "李建国"], ["张秀英"], None)
    assert operator.get("/api/checkins?cursor=x").json()["field"] == "cursor"


def test_a_day_and_the_visits_to_be_made_hold_only_whom_one_cares_for(centre: Centre, database: Database) -> None:
    here, there = area_of(database, "340503"), area_of(database, "340521")
    for name, area in (("王桂珍", here), ("李建国", there)):
        expect(database, name, 8)
        move(database, id_of(database, name), area)
        with database.transaction() as conn:
            visits.ask_for_visit(conn, id_of(database, name), Why.BLIND, at(12), at(0))
    employ(database, "everywhere")
    employ(database, "auditor", role=Role.AUDITOR)
    with database.transaction() as conn:
        accounts.create_account(conn, "station", PASSWORD, Role.STATION_WORKER, area_id=here)
    with centre.operator("station") as station:
        found = day_of(station)
        assert (names(found), found["counts"]["due"]) == (["王桂珍"], 1)
        tasks = station.get("/api/visits/tasks").json()["tasks"]
        assert [(one["resident_name"], one["why"], one["overdue"]) for one in tasks] == [("王桂珍", "blind", True)]
    with centre.operator("everywhere") as everywhere:
        assert names(day_of(everywhere, area=there)) == ["李建国"]
        asked = everywhere.get(f"/api/visits/tasks?area={there}").json()["tasks"]
        assert [one["resident_name"] for one in asked] == ["李建国"]
        first = everywhere.get("/api/visits/tasks?limit=1").json()
        rest = everywhere.get("/api/visits/tasks", params={"limit": "1", "cursor": first["cursor"]}).json()
        assert {one["resident_name"] for one in first["tasks"] + rest["tasks"]} == {"王桂珍", "李建国"}
        assert rest["cursor"] is None
    with centre.operator("auditor") as auditor:
        for path in (f"/api/checkins?date={DAY}", "/api/visits/tasks"):
            text = auditor.get(path).raise_for_status().text
            assert ("王**" in text, "桂珍" in text, "湖东路12号" in text) == (True, False, False)


def test_a_plan_is_made_listed_and_ended(operator: httpx2.Client, database: Database) -> None:
    give(database, "王桂珍", "bed-1")
    path = f"/api/residents/{id_of(database, '王桂珍')}/checkin_plans"
    terms = {"cron": "0 8 * * 1-5", "window_minutes": 60, "grace_minutes": 30, "on_holidays": False}
    made = operator.post(path, json=terms)
    assert made.status_code == 201
    assert made.json().items() >= terms.items()
    (plan,) = operator.get(path).json()["plans"]
    assert (plan, plan["ended_at"]) == (made.json(), None)
    assert operator.delete(f"{path}/{plan['id']}").status_code == 204
    assert operator.get(path).json()["plans"][0]["ended_at"] is not None
    assert operator.delete(f"{path}/{plan['id']}").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"cron": "0 8 * *"}, "cron"),
        ({"cron": "*/5 * * * *"}, "cron"),
        ({"cron": "0 8 30 2 *"}, "cron"),
        ({"cron": "0 八 * * *"}, "cron"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"window_minutes": 0}, "window_minutes"),
        ({"grace_minutes": 1441}, "grace_minutes"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_with_the_field(
    operator: httpx2.Client, database: Database, wrong: dict[str, object], field: str
) -> None:
    give(database, "王桂珍", "bed-1")
    path = f"/api/residents/{id_of(database, '王桂珍')}/checkin_plans"
    answer = operator.post(path, json={"cron": "0 8 * * *", "window_minutes": 60} | wrong)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert operator.get(path).json()["plans"] == []


def test_a_visit_that_is_recorded_does_the_task_and_meets_the_check_in(
    operator: httpx2.Client, database: Database
) -> None:
    now = datetime.now(UTC)
    give(database, "王桂珍", "bed-1")
    wang = id_of(database, "王桂珍")
    opened = (now - timedelta(hours=2)).replace(second=0, microsecond=0)
    with database.transaction() as conn:
        conn.execute(
            "INSERT INTO home_proof (home_id, code_sha256) SELECT home_id, sha256('A7K2') FROM resident WHERE id = %s",
            (wang,),
        )
        daily = Schedule.at(time(opened.hour, opened.minute), zone="UTC")
        checkin_plans.make_plan(conn, wang, daily, timedelta(hours=1), opened)
        visits.ask_for_visit(conn, wang, Why.BLIND, now + timedelta(days=1), now - timedelta(hours=1))
        engine.sweep(conn, now)

    def report(**visit: object) -> tuple[int, object, object]:
        answer = operator.post(f"/api/residents/{wang}/visits", json={"kind": "door", "reached": True} | visit)
        return answer.status_code, answer.json().get("proof"), answer.json().get("counts")

    assert report() == (201, None, False)
    assert report(code="guessed") == (201, None, False)
    assert len(operator.get("/api/visits/tasks").json()["tasks"]) == 1
    assert report(code="A7K2") == (201, "code", True)
    assert operator.get("/api/visits/tasks").json()["tasks"] == []
    with database.transaction() as conn:
        engine.sweep(conn, datetime.now(UTC))
    day = opened.astimezone(SHANGHAI).date()
    (checkin,) = operator.get("/api/checkins", params={"date": day.isoformat(), "state": "done"}).json()["checkins"]
    assert (checkin["evidence"]["by"], checkin["evidence"]["proof"]) == ("visit_door", "code")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"at": "2020-01-01T00:00:00Z"}, "at"),
        ({"at": "2026-11-23T12:00:00"}, "at"),
        ({"kind": "letter"}, "kind"),
        ({"position": {"latitude": 91, "longitude": 0}}, "position.latitude"),
    ],
)
def test_a_visit_that_can_not_be_is_refused_with_the_field(
    operator: httpx2.Client, database: Database, wrong: dict[str, object], field: str
) -> None:
    give(database, "王桂珍", "bed-1")
    visit = {"kind": "phone", "reached": True} | wrong
    answer = operator.post(f"/api/residents/{id_of(database, '王桂珍')}/visits", json=visit)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_who_only_reads_records_no_visit_and_makes_no_plan(centre: Centre, database: Database) -> None:
    give(database, "王桂珍", "bed-1")
    path = f"/api/residents/{id_of(database, '王桂珍')}"
    with database.transaction() as conn:
        area = conn.execute("SELECT area_id FROM home").fetchone()
        assert area is not None
        for role in (Role.RESPONDER, Role.AUDITOR):
            accounts.create_account(conn, role, PASSWORD, role, area_id=area[0])
    visit, plan = {"kind": "phone", "reached": True}, {"cron": "0 8 * * *", "window_minutes": 60}
    found = {}
    for role in (Role.RESPONDER, Role.AUDITOR):
        with centre.operator(role) as client:
            asked = (("visits", visit), ("checkin_plans", plan))
            found[role] = [client.post(f"{path}/{what}", json=body).status_code for what, body in asked]
    assert found == {Role.RESPONDER: [201, 403], Role.AUDITOR: [403, 403]}


def test_visits_and_plans_are_in_the_audit_log(centre: Centre, database: Database) -> None:
    give(database, "王桂珍", "bed-1")
    wang = id_of(database, "王桂珍")
    employ(database, "supervisor", role=Role.SUPERVISOR)
    with centre.operator("supervisor") as client:
        client.post(f"/api/residents/{wang}/visits", json={"kind": "phone", "reached": False}).raise_for_status()
        plan = {"cron": "0 8 * * *", "window_minutes": 60}
        client.post(f"/api/residents/{wang}/checkin_plans", json=plan).raise_for_status()
        entries = client.get("/api/audit", params={"resident": str(wang)}).json()["entries"]
    assert {one["action"] for one in entries} == {
        "POST /api/residents/{resident_id}/visits",
        "POST /api/residents/{resident_id}/checkin_plans",
    }

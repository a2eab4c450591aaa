"""Residents as administrators keep them: entered, put right, moved with what goes along, and ended."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from care.checkins import Schedule
from care.devices import DeviceKind
from care.people import Role
from records.database import Database
from records.equipment import coverage
from records.judging import limits, rule_settings
from records.judging.rule_settings import Change
from records.living import home_watch
from records.rounds import checkin_plans, visit_duty
from tests.centre import PASSWORD, Centre, employ, ring
from tests.people import give
from tests.test_intake import places as places  # noqa: PLC0414 - a fixture
from tests.test_intake import row_of
from tests.test_rules import area_of

TODAY = datetime.now(UTC).date()


def today() -> str:
    from care.notices import LOCAL

    return datetime.now(UTC).astimezone(LOCAL).date().isoformat()


@pytest.fixture
def leader(centre: Centre, database: Database) -> Any:
    employ(database, "leader", role=Role.SUPERVISOR)
    with centre.operator("leader") as client:
        yield client


def settled(client: httpx2.Client, places: dict[str, int], **more: object) -> dict[str, Any]:
    """Somebody who was entered by hand."""
    body = {"name": "王桂珍", "area": places["东社区"], "address": "12号", "born": "1940-05-01"} | more
    found: dict[str, Any] = client.post("/api/residents", json=body).raise_for_status().json()
    return found


# Entered and put right -----------------------------------------------------------------------------------------------


def test_somebody_is_entered_with_home_bed_and_telephone_and_found(
    leader: httpx2.Client, database: Database, places: dict[str, int]
) -> None:
    bed = {"number": "HS-1", "day": "2025-03-01"}
    made = settled(leader, places, phone="138 5551 2345", bed=bed, sex="female", number="A-1", care_level="mild")
    assert (made["beds"][0]["number"], made["sex"], made["care_level"]) == ("HS-1", "female", "mild")
    found = leader.get("/api/residents", params={"search": "wgz"}).json()["residents"]
    assert [(one["name"], one["bed"], one["area"][-1]) for one in found] == [("王桂珍", "HS-1", "东社区")]
    assert row_of(database, "SELECT phone, relation FROM contact") == ("+8613855512345", "本人")
    logged = row_of(database, "SELECT resident_id FROM audit WHERE action = 'add resident'")
    assert str(logged[0]) == made["id"]


@pytest.mark.parametrize(
    ("more", "status", "field"),
    [
        ({"phone": "1390000"}, 422, "phone"),
        ({"born": "2999-01-01"}, 422, "born"),
        ({"area": 999_999}, 422, "area"),
        ({"area": None}, 422, "area"),
        ({"lives_with": "018f0000-0000-7000-8000-000000000000"}, 422, "lives_with"),
        ({"number": "A-1"}, 409, "number"),
        ({"bed": {"number": "HS-1", "day": "2025-03-01"}}, 409, "bed"),
    ],
)
def test_what_cannot_be_is_refused_by_field(
    leader: httpx2.Client, places: dict[str, int], more: dict[str, object], status: int, field: str
) -> None:
    settled(leader, places, number="A-1", bed={"number": "HS-1", "day": "2025-03-01"})
    body = {"name": "张秀英", "area": places["东社区"]} | more
    answer = leader.post("/api/residents", json=body)
    assert (answer.status_code, answer.json()["field"]) == (status, field)
    assert len(leader.get("/api/residents").json()["residents"]) == 1


def test_a_couple_lives_in_one_home_and_its_address_is_put_right_for_both(
    leader: httpx2.Client, places: dict[str, int]
) -> None:
    she = settled(leader, places)
    he = settled(leader, places, name="李强", area=None, lives_with=she["id"])
    assert [mate["name"] for mate in he["housemates"]] == ["王桂珍"]
    leader.put(f"/api/residents/{he['id']}", json={"address": "12号3栋", "name": "李强生"}).raise_for_status()
    seen = leader.get(f"/api/residents/{she['id']}/kept").json()
    assert (seen["address"], seen["name"], seen["housemates"][0]["name"]) == ("12号3栋", "王桂珍", "李强生")
    assert leader.get("/api/residents", params={"search": "lqs"}).json()["residents"][0]["name"] == "李强生"


def test_a_care_bed_is_closed_and_another_one_set_up(leader: httpx2.Client, places: dict[str, int]) -> None:
    made = settled(leader, places, bed={"number": "HS-1", "day": "2025-03-01"})
    beds, bed = f"/api/residents/{made['id']}/beds", made["beds"][0]["id"]
    again = {"number": "HS-2", "day": "2025-06-01"}
    assert leader.post(beds, json=again).status_code == 409, "one at a time"
    assert leader.post(f"{beds}/{bed}/close", json={"day": "2025-02-01"}).status_code == 422
    leader.post(f"{beds}/{bed}/close", json={"day": "2025-05-31"}).raise_for_status()
    assert leader.post(f"{beds}/{bed}/close", json={"day": "2025-05-31"}).status_code == 404
    assert leader.post(beds, json={"number": "HS-1", "day": "2025-06-01"}).status_code == 409, "never given twice"
    after = leader.post(beds, json=again).raise_for_status().json()
    assert [(one["number"], one["closed"]) for one in after["beds"]] == [("HS-2", None), ("HS-1", "2025-05-31")]


def test_an_administrator_puts_right_what_they_see_masked(
    leader: httpx2.Client, centre: Centre, database: Database, places: dict[str, int]
) -> None:
    made = settled(leader, places, number="A-17", note="钥匙在邻居家")
    employ(database, "admin", role=Role.ADMINISTRATOR)
    with centre.operator("admin") as admin:
        seen = admin.get(f"/api/residents/{made['id']}/kept").json()
        assert (seen["name"], seen["address"], seen["note"], seen["number"]) == ("王**", "*号", "…", "A-*")
        admin.put(f"/api/residents/{made['id']}", json={"speaks": "马鞍山话"}).raise_for_status()
    after = leader.get(f"/api/residents/{made['id']}/kept").json()
    assert (after["name"], after["speaks"], after["note"]) == ("王桂珍", "马鞍山话", "钥匙在邻居家")


def test_nobody_is_entered_or_moved_into_an_area_that_is_not_ones_own(
    centre: Centre, database: Database, places: dict[str, int]
) -> None:
    from records.login import accounts

    area = area_of(database, "340521")
    with database.transaction() as conn:
        accounts.create_account(conn, "dangtu", PASSWORD, Role.SUPERVISOR, area_id=area)
    with centre.operator("dangtu") as theirs:
        answer = theirs.post("/api/residents", json={"name": "王桂珍", "area": places["东社区"]})
        assert (answer.status_code, answer.json()["field"]) == (422, "area")
        own = theirs.post("/api/residents", json={"name": "王桂珍", "area": area}).raise_for_status().json()
        there = {"area": places["东社区"], "day": today()}
        assert theirs.post(f"/api/residents/{own['id']}/move", json=there).status_code == 422


# Moved ---------------------------------------------------------------------------------------------------------------


def test_whoever_moves_has_the_limits_of_the_new_place_and_alerts_keep_the_old_one(
    leader: httpx2.Client, database: Database, places: dict[str, int]
) -> None:
    from care.in_force import Place
    from care.rules import RULES

    made = settled(leader, places)
    resident = UUID(made["id"])
    worn = give(database, "王桂珍", "watch-1", DeviceKind.WEARABLE)
    give(database, "王桂珍", "room-1", DeviceKind.CLIMATE)
    alert = ring(database, worn)
    with database.transaction() as conn:
        own = Change(RULES["room_cold"], Place(area_of(database, "340521")), {"low": 18.0}, None, "冬季", forced=True)
        rule_settings.change(conn, own, datetime.now(UTC))
        conn.execute("UPDATE home_watch SET due_at = 'infinity', raised = '{room_cold}' WHERE sense = 'room'")
        conn.execute("DELETE FROM coverage_due")
    body = {"area": area_of(database, "340521"), "address": "4号", "day": today(), "stay": ["acme/room-1"]}
    moved = leader.post(f"/api/residents/{resident}/move", json=body).raise_for_status().json()
    assert (moved["address"], moved["moves"][0]["address"], moved["moves"][0]["moved_on"]) == ("4号", "12号", today())
    with database.transaction() as conn:
        assert (
            limits.load(conn, ("room_cold",), residents={resident})
            .of("room_cold", resident, moved["area_id"])
            .values["low"]
            == 18.0
        )
        until = datetime.now(UTC)
        looked = [(one.sense, one.area_id, one.raised) for one in home_watch.claim(conn, until, 10)]
        assert ("room", moved["area_id"], []) in looked, "what rang in the old home rings anew in the new one"
        assert coverage.of_resident(conn, resident, until) is not None
    assert row_of(database, "SELECT count(*) FROM coverage_due WHERE resident_id = %s", resident) == (1,)
    assert leader.get(f"/api/alerts/{alert}").json()["home_address"] == "12号"
    devices = leader.get(f"/api/residents/{resident}").json()["devices"]
    assert [one["device"] for one in devices] == ["watch-1"]


def test_a_device_that_stays_watches_over_whoever_still_lives_there(
    leader: httpx2.Client, database: Database, places: dict[str, int]
) -> None:
    she = settled(leader, places)
    he = settled(leader, places, name="李强", area=None, lives_with=she["id"])
    give(database, "王桂珍", "smoke-1", DeviceKind.SMOKE)
    body = {"area": places["hill"], "day": today(), "stay": ["acme/smoke-1"]}
    leader.post(f"/api/residents/{she['id']}/move", json=body).raise_for_status()
    assert leader.get(f"/api/residents/{he['id']}").json()["devices"][0]["device"] == "smoke-1"
    assert leader.get(f"/api/residents/{she['id']}").json()["devices"] == []
    back = {"lives_with": he["id"], "day": today()}
    leader.post(f"/api/residents/{she['id']}/move", json=back).raise_for_status()
    assert leader.post(f"/api/residents/{she['id']}/move", json=back).status_code == 422, "they are there"
    tomorrow = {"area": places["hill"], "day": (date.fromisoformat(today()) + timedelta(days=1)).isoformat()}
    assert leader.post(f"/api/residents/{she['id']}/move", json=tomorrow).status_code == 422


def test_the_neighbours_of_the_old_place_are_asked_no_more_unless_they_are_kept(
    leader: httpx2.Client, database: Database, places: dict[str, int]
) -> None:
    employ(database, "neighbour", role=Role.RESPONDER)
    made = settled(leader, places)
    path = f"/api/residents/{made['id']}"
    leader.post(f"{path}/partners", json={"username": "neighbour"}).raise_for_status()
    leader.post(f"{path}/move", json={"area": places["hill"], "day": today(), "keep_partners": True}).raise_for_status()
    assert len(leader.get(f"{path}/partners").json()["partners"]) == 1
    leader.post(f"{path}/move", json={"area": places["lake"], "day": today()}).raise_for_status()
    assert leader.get(f"{path}/partners").json()["partners"] == []


# Ended ---------------------------------------------------------------------------------------------------------------


def test_after_the_end_nobody_is_expected_visited_or_watched_over_and_nothing_is_lost(
    leader: httpx2.Client, database: Database, places: dict[str, int]
) -> None:
    made = settled(leader, places, bed={"number": "HS-1", "day": "2025-03-01"})
    resident, path, now = UUID(made["id"]), f"/api/residents/{made['id']}", datetime.now(UTC)
    worn = give(database, "王桂珍", "watch-1", DeviceKind.WEARABLE)
    alert = ring(database, worn)
    with database.transaction() as conn:
        checkin_plans.make_plan(conn, resident, Schedule("0 8 * * *", "Asia/Shanghai"), timedelta(hours=1), now)
        conn.execute("UPDATE resident SET recorded_at = now() - interval '300 days'")
        visit_duty.ask_for_what_is_due(conn, now, 10)
    assert row_of(database, "SELECT count(*) FROM visit_task WHERE state = 'open'") == (1,)
    leader.post(f"{path}/end", json={"why": "died", "day": today()}).raise_for_status()
    assert leader.post(f"{path}/end", json={"why": "died", "day": today()}).status_code == 409
    with database.transaction() as conn:
        visit_duty.ask_for_what_is_due(conn, now + timedelta(days=100), 10)
        checkin_plans.plan_ahead(conn, now + timedelta(days=2))
    for nothing in (
        "SELECT count(*) FROM check_in WHERE settled_at IS NULL",
        "SELECT count(*) FROM visit_task WHERE state = 'open'",
        "SELECT count(*) FROM binding WHERE valid_to IS NULL",
        "SELECT count(*) FROM care_bed WHERE closed IS NULL",
    ):
        assert row_of(database, nothing) == (0,), nothing
    assert leader.get("/api/residents").json()["residents"] == []
    assert leader.get("/api/summary").json()["residents"] == 0
    [gone] = leader.get("/api/residents", params={"ended": True}).json()["residents"]
    assert (gone["name"], gone["ended_why"]) == ("王桂珍", "died")
    assert leader.get(f"/api/alerts/{alert}").json()["phase"] == "raised", "somebody closes it"
    assert leader.get(path).json()["ended_on"] == today()
    leader.post(f"{path}/resume").raise_for_status()
    assert leader.post(f"{path}/resume").status_code == 409
    assert [one["name"] for one in leader.get("/api/residents").json()["residents"]] == ["王桂珍"]

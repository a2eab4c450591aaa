"""Rules over HTTP: what holds where and whence it comes, setting it with a reason, and nobody else's area."""

import httpx2
import pytest

from care.people import Role
from care.rules import RULES
from records.database import Database
from records.login import accounts
from tests.centre import PASSWORD, Centre, id_of
from tests.people import Wearer
from tests.test_rules import area_of, move


@pytest.fixture
def supervisor(database: Database) -> None:
    """One of the whole city, and one of 花山区."""
    with database.transaction() as conn:
        accounts.create_account(conn, "city", PASSWORD, Role.SUPERVISOR)
        accounts.create_account(conn, "county", PASSWORD, Role.SUPERVISOR, area_id=area_of(database, "340503"))


def limit(rule: dict[str, object], name: str) -> tuple[object, object]:
    limits = rule["limits"]
    assert isinstance(limits, list)
    (found,) = [one for one in limits if one["name"] == name]
    return found["value"], found["origin"]


def put(client: httpx2.Client, path: str, **body: object) -> httpx2.Response:
    return client.put(path, json={"why": "冬季供暖", **body})


def test_the_list_has_every_rule_with_its_limits_where_they_come_from_and_their_sources(
    centre: Centre, supervisor: None
) -> None:
    with centre.operator("city") as client:
        rules = {one["id"]: one for one in client.get("/api/rules").raise_for_status().json()["rules"]}
        assert set(rules) == set(RULES)
        assert limit(rules["room_cold"], "low") == (16, "default")
        assert rules["fall"]["can_be_off"] is False
        assert client.get("/api/rules/nothing").status_code == 404


def test_a_limit_is_set_with_a_reason_by_force_or_after_a_back_test_and_only_in_ones_own_area(
    centre: Centre, database: Database, wang: Wearer, supervisor: None
) -> None:
    here, there = area_of(database, "340503"), area_of(database, "340521")
    move(database, id_of(database, wang.name), here)
    with centre.operator("county") as client:
        path, low = "/api/rules/room_cold", {"low": 14}
        refused = put(client, path, values=low, area=here)
        assert (refused.status_code, refused.json()["field"]) == (409, "force")
        assert put(client, path, values=low, area=there, force=True).status_code == 404
        assert put(client, path, values=low, force=True).status_code == 422, "everywhere is not hers"
        assert put(client, path, values={"low": 99}, area=here, force=True).json()["field"] == "low"
        assert client.put(path, json={"values": low, "area": here, "force": True}).status_code == 422
        done = put(client, path, values=low, area=here, force=True).raise_for_status().json()
        assert (done["version"], limit(done, "low")) == (2, (14, f"area {here}"))
        of_wang = client.get(f"/api/residents/{id_of(database, wang.name)}/rules").raise_for_status().json()["rules"]
        assert limit(next(one for one in of_wang if one["id"] == "room_cold"), "low") == (14, f"area {here}")
        (version,) = client.get(f"{path}/history").raise_for_status().json()["versions"]
        assert (version["changed_by"], version["why"], version["forced"]) == ("county", "冬季供暖", True)
        off = put(client, path, enabled=False, area=here).raise_for_status().json()
        assert (off["enabled"], off["version"]) == (False, 3)
    with database.transaction() as conn:
        noted = conn.execute("SELECT action, subject, reason FROM audit WHERE action LIKE 'set rule%' ORDER BY id")
        assert noted.fetchall() == [
            ("set rule, without a back-test", f"room_cold/area {here}", "冬季供暖"),
            ("set rule", f"room_cold/area {here}", "冬季供暖"),
        ]


def test_a_limit_for_one_resident_is_theirs_alone_and_scale_2_only_a_doctors(
    centre: Centre, database: Database, wang: Wearer, supervisor: None
) -> None:
    resident = id_of(database, wang.name)
    move(database, resident, area_of(database, "340503"))
    with centre.operator("county") as client:
        path = f"/api/residents/{resident}/rules/left_bed"
        done = put(client, path, values={"within": 600}, force=True).raise_for_status().json()
        assert limit(done, "within") == (600, "resident")
        assert put(client, f"/api/residents/{resident}/rules/news2", values={"scale": "2"}).status_code == 422
    move(database, resident, area_of(database, "340521"))
    with centre.operator("county") as client:
        assert put(client, path, values={"within": 900}, force=True).status_code == 404
        assert client.get("/api/rules/left_bed/history").raise_for_status().json()["versions"] == []

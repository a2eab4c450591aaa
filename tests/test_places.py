"""Areas and service centres as administrators keep them: named, merged with nothing orphaned, and who serves whom."""

from typing import Any

import httpx2
import pytest

from care.people import Role
from records.database import Database
from tests.centre import PASSWORD, Centre, employ
from tests.test_intake import HEADS, WANG, row_of, taken, written
from tests.test_intake import places as places  # noqa: PLC0414 - a fixture
from tests.test_rules import area_of


@pytest.fixture
def admin(centre: Centre, database: Database, places: dict[str, int]) -> Any:
    employ(database, "admin", role=Role.ADMINISTRATOR)
    with centre.operator("admin") as client:
        yield client


def below(client: httpx2.Client, parent: int | None = None) -> dict[str, dict[str, Any]]:
    query = {} if parent is None else {"parent": parent}
    found = client.get("/api/areas/kept", params=query).raise_for_status().json()["areas"]
    return {one["name"]: one for one in found}


def test_areas_are_added_level_by_level_named_and_given_a_code(admin: httpx2.Client, database: Database) -> None:
    county = area_of(database, "340503")
    street = admin.post("/api/areas", json={"parent": county, "name": "解放路街道", "code": "340503001"}).json()
    made = admin.post("/api/areas", json={"parent": street["id"], "name": "南社区"}).json()
    assert (street["level"], made["level"]) == ("street", "community")
    assert admin.post("/api/areas", json={"parent": made["id"], "name": "楼"}).status_code == 422
    for body, field in (({"name": "南社区"}, "name"), ({"name": "北社区", "code": "340503001"}, "code")):
        refused = admin.post("/api/areas", json={"parent": street["id"], **body})
        assert (refused.status_code, refused.json()["field"]) == (409, field)
    admin.put(f"/api/areas/{made['id']}", json={"name": "南湖社区", "code": "340503001001"}).raise_for_status()
    assert below(admin, street["id"])["南湖社区"]["code"] == "340503001001"
    assert below(admin, county)["解放路街道"]["areas"] == 1
    log = row_of(database, "SELECT reason FROM audit WHERE action = 'change area'")
    assert log == ("南社区 → 南湖社区",)


def test_a_merger_orphans_nobody_and_an_area_in_use_is_not_closed(
    admin: httpx2.Client, database: Database, places: dict[str, int]
) -> None:
    from records.login import accounts

    taken(database, written(HEADS, WANG))
    east, west = places["东社区"], places[f"西社区{places['lake']}"]
    with database.transaction() as conn:
        accounts.create_account(conn, "station", PASSWORD, Role.STATION_WORKER, area_id=east)
    stands = {"area": east, "name": "东社区养老服务站"}
    centre = admin.post("/api/centres", json=stands).raise_for_status().json()
    assert admin.post(f"/api/areas/{east}/close").status_code == 409
    assert admin.post(f"/api/areas/{east}/merge", json={"into": places["hill"]}).status_code == 422, "another level"
    assert admin.post(f"/api/areas/{east}/merge", json={"into": east}).status_code == 422
    admin.post(f"/api/areas/{east}/merge", json={"into": west}).raise_for_status()
    assert row_of(database, "SELECT area_id FROM home") == (west,)
    assert row_of(database, "SELECT area_id FROM account WHERE username = 'station'") == (west,)
    assert admin.get("/api/centres").json()["centres"][0] | {"area_id": west} == centre | {"area_id": west}
    assert "东社区" not in below(admin, places["lake"])
    assert east not in {one["id"] for one in admin.get("/api/areas", params={"whole": True}).json()["areas"]}
    assert admin.post(f"/api/areas/{east}/merge", json={"into": west}).status_code == 404, "it is closed"


def test_streets_with_a_community_of_the_same_name_are_not_merged(admin: httpx2.Client, places: dict[str, int]) -> None:
    refused = admin.post(f"/api/areas/{places['hill']}/merge", json={"into": places["lake"]})
    assert (refused.status_code, refused.json()["field"]) == (409, "name")
    twin = below(admin, places["hill"])["中心社区"]["id"]
    admin.put(f"/api/areas/{twin}", json={"name": "佳山社区"}).raise_for_status()
    admin.post(f"/api/areas/{places['hill']}/merge", json={"into": places["lake"]}).raise_for_status()
    assert "佳山社区" in below(admin, places["lake"])


def test_an_empty_area_is_closed_and_its_name_may_be_used_no_more_there(
    admin: httpx2.Client, places: dict[str, int]
) -> None:
    west = places[f"西社区{places['lake']}"]
    admin.post(f"/api/areas/{west}/close").raise_for_status()
    assert "西社区" not in below(admin, places["lake"])
    assert admin.post(f"/api/areas/{west}/close").status_code == 404


def test_the_nearest_centre_that_serves_a_home_is_named(
    admin: httpx2.Client, database: Database, places: dict[str, int]
) -> None:
    taken(database, written(HEADS, WANG))
    kept = f"/api/residents/{row_of(database, 'SELECT id FROM resident')[0]}/kept"
    assert admin.get(kept).json()["centre"] is None
    wide = {"area": area_of(database, "340503"), "name": "花山区养老服务中心", "phone": "0555-2345678"}
    admin.post("/api/centres", json=wide).raise_for_status()
    assert admin.get(kept).json()["centre"] == {"name": "花山区养老服务中心", "phone": "05552345678"}
    near = {"area": places["hill"], "name": "湖东站", "serves": [places["lake"]]}
    made = admin.post("/api/centres", json=near).raise_for_status().json()
    assert admin.get(kept).json()["centre"]["name"] == "湖东站"
    admin.put(f"/api/centres/{made['id']}", json=near | {"serves": []}).raise_for_status()
    assert admin.get(kept).json()["centre"]["name"] == "花山区养老服务中心", "it serves where it stands"
    for body, field in (({"phone": "12"}, "phone"), ({"area": 99_999}, "area"), ({"serves": [99_999]}, "serves")):
        refused = admin.post("/api/centres", json=near | {"name": "另一站"} | body)
        assert (refused.status_code, refused.json()["field"]) == (422, field)
    assert admin.post("/api/centres", json=near).status_code == 409
    admin.post(f"/api/centres/{made['id']}/close").raise_for_status()
    assert admin.post(f"/api/centres/{made['id']}/close").status_code == 404


def test_an_administrator_of_a_county_keeps_that_county_only(
    centre: Centre, database: Database, places: dict[str, int]
) -> None:
    from records.login import accounts

    county = area_of(database, "340521")
    with database.transaction() as conn:
        accounts.create_account(conn, "dangtu", PASSWORD, Role.ADMINISTRATOR, area_id=county)
    lake = places["lake"]
    with centre.operator("dangtu") as theirs:
        assert list(below(theirs)) == ["当涂县"]
        assert theirs.put(f"/api/areas/{lake}", json={"name": "别处"}).status_code == 404
        assert theirs.post(f"/api/areas/{lake}/close").status_code == 404
        assert theirs.post("/api/areas", json={"parent": lake, "name": "别处"}).status_code == 422
        assert theirs.post("/api/centres", json={"area": lake, "name": "站"}).status_code == 422
        assert theirs.get("/api/centres").json()["centres"] == []

"""The routes behind the lists: they answer what the records say, page on, and mask what is not for everybody."""

from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from care.devices import DeviceKind
from care.people import Role
from records.database import Database
from records.ids import new_id
from records.readings.observations import Row
from tests.centre import Centre, employ, furnish, id_of, observe, ring
from tests.people import give


def phone(database: Database, name: str, number: str) -> None:
    with database.transaction() as conn:
        conn.execute(
            "INSERT INTO contact (id, resident_id, name, phone) VALUES (%s, %s, '女儿', %s)",
            (new_id(), id_of(database, name), number),
        )


def found(client: httpx2.Client, **query: object) -> list[str]:
    answer = client.get("/api/residents", params={key: str(value) for key, value in query.items()})
    return [one["name"] for one in answer.raise_for_status().json()["residents"]]


def test_residents_are_found_by_the_end_of_a_contacts_number(operator: httpx2.Client, database: Database) -> None:
    for number, name in enumerate(("王桂珍", "李建国")):
        give(database, name, f"bed-{number}")
    phone(database, "王桂珍", "+86 199-0000-4321")
    phone(database, "李建国", "19900001234")
    assert found(operator, search="4321") == ["王桂珍"]
    assert found(operator, search="0000 1234") == ["李建国"]
    assert found(operator, search="234") == []
    assert found(operator, search="3412") == []


def test_a_long_list_of_residents_pages_on(operator: httpx2.Client, database: Database) -> None:
    for number in range(5):
        give(database, f"王{'一二三四五'[number]}", f"bed-{number}")
    names: list[str] = []
    cursor = None
    for _ in range(3):
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        answer = operator.get("/api/residents", params=query).json()
        names += [one["name"] for one in answer["residents"]]
        cursor = answer["cursor"]
        assert answer["more"] is (cursor is not None)
    assert cursor is None
    assert len(names) == len(set(names)) == 5


@pytest.mark.parametrize("path", ["/api/residents", "/api/devices", "/api/residents/{id}/alerts"])
@pytest.mark.parametrize("cursor", ["x", "WzFd", "W10", "é"])
def test_a_cursor_of_nowhere_is_refused_in_words(
    operator: httpx2.Client, database: Database, path: str, cursor: str
) -> None:
    give(database, "王桂珍", "bed-1")
    answer = operator.get(path.format(id=id_of(database, "王桂珍")) + f"?cursor={cursor}")
    assert (answer.status_code, answer.json()["field"]) == (422, "cursor")


def test_an_area_narrows_what_is_listed(operator: httpx2.Client, database: Database) -> None:
    give(database, "王桂珍", "bed-1")
    give(database, "李建国", "bed-2")
    with database.transaction() as conn:
        conn.execute(
            "UPDATE home SET area_id = (SELECT id FROM area WHERE code = '340503')"
            " WHERE id = (SELECT home_id FROM resident WHERE name = '李建国')"
        )
        city, county = (
            conn.execute("SELECT id FROM area WHERE code = %s", (code,)).fetchone() for code in ("340500", "340503")
        )
    assert city is not None
    assert county is not None
    assert found(operator, area=county[0]) == ["李建国"]
    assert sorted(found(operator, area=city[0])) == ["李建国", "王桂珍"]
    assert found(operator, area=999_999) == []
    listed = operator.get(f"/api/devices?area={county[0]}").json()
    assert ([one["device"] for one in listed["devices"]], listed["counts"]["all"]) == (["bed-2"], 1)


def test_a_resident_as_they_are_now_and_by_night(operator: httpx2.Client, database: Database) -> None:
    home = furnish(database, "王桂珍")
    now = datetime.now(UTC)
    observe(database, [Row(home.bed.device_id, now - timedelta(seconds=20), {"heart_rate": 64.0, "in_bed": 1})])
    path = f"/api/residents/{id_of(database, '王桂珍')}"
    shown = operator.get(f"{path}/now").raise_for_status().json()
    assert (shown["news2"]["total"], shown["news2"]["complete"]) == (0, False)
    assert "systolic" in shown["news2"]["missing"]
    values = shown["values"]
    assert {(one["metric"], one["value"], one["place"]) for one in values} == {
        ("heart_rate", 64.0, "卧室"),
        ("in_bed", 1.0, "卧室"),
    }
    nights = operator.get(f"{path}/nights?days=3").raise_for_status().json()
    assert (nights["zone"], len(nights["nights"])) == ("Asia/Shanghai", 3)
    assert operator.get(f"{path}/nights?zone=Mars/Olympus").json()["field"] == "zone"


def test_a_residents_alerts_are_theirs_alone(operator: httpx2.Client, database: Database) -> None:
    ring(database, give(database, "王桂珍", "bed-1"))
    ring(database, give(database, "李建国", "bed-2"))
    answer = operator.get(f"/api/residents/{id_of(database, '王桂珍')}/alerts").raise_for_status().json()
    assert [one["resident_name"] for one in answer["alerts"]] == ["王桂珍"]
    assert answer["cursor"] is None


def test_the_numbers_of_everything(operator: httpx2.Client, database: Database) -> None:
    ring(database, give(database, "王桂珍", "radar-1", DeviceKind.FALL_RADAR))
    answer = operator.get("/api/summary").raise_for_status().json()
    assert (answer["residents"], answer["devices"], answer["alerts"]["high"]) == (1, 1, 1)
    assert operator.get("/api/quarantine").json() == {"reasons": []}


def test_names_in_the_list_of_devices_are_masked_for_those_who_need_none(centre: Centre, database: Database) -> None:
    give(database, "王桂珍", "bed-1")
    employ(database, "auditor", role=Role.AUDITOR)
    with centre.operator("auditor") as client:
        (device,) = client.get("/api/devices").raise_for_status().json()["devices"]
    assert device["resident_id"]
    assert "桂" not in device["resident"]

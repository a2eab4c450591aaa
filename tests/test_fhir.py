"""A resident as FHIR R4: read back by the models of fhir.resources, page by page; and the sheet for the ambulance."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from fhir.resources.R4B.bundle import Bundle

from dashboard.residents import fhir_routes
from records.database import Database
from records.nursing import health_card, way_in
from records.nursing.health_card import CardEntry, CardKind
from records.people import contacts
from records.people.contacts import Entry
from tests.centre import changes, furnish, id_of, observe, ring
from tests.people import Wearer

NOW = datetime.now(UTC)


@pytest.fixture
def path(database: Database, wang: Wearer) -> str:
    """Wang with a bed, a daughter, two hours of heart rates and an open alert."""
    resident = id_of(database, wang.name)
    bed = furnish(database, wang.name).bed
    observe(database, changes(bed, "heart_rate", *[(NOW - timedelta(minutes=m), 60.0 + m % 5) for m in range(1, 120)]))
    with database.transaction() as conn:
        conn.execute("UPDATE resident SET born = '1941-05-02', sex = 'female' WHERE id = %s", (resident,))
        contacts.add(conn, resident, Entry("李娜", "女儿", "+8613855512345"))
        health_card.enter(conn, resident, CardEntry(CardKind.ALLERGY, "青霉素", "皮疹"), None, NOW)
        way_in.enter(conn, resident, way_in.Way(key_place="对门", door_code="2580#"), None, NOW)
    ring(database, wang, at=NOW - timedelta(minutes=3))
    return f"/api/residents/{resident}"


def resources(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == kind]


def test_the_bundle_is_what_the_standard_says(operator: httpx2.Client, path: str) -> None:
    answer = operator.get(f"{path}/fhir")
    assert answer.headers["content-type"] == "application/fhir+json"
    found = answer.json()
    Bundle.model_validate(found)
    (patient,) = resources(found, "Patient")
    assert (patient["gender"], patient["birthDate"]) == ("female", "1941-05-02")
    assert patient["contact"][0]["telecom"] == [{"system": "phone", "value": "+8613855512345"}]
    assert len(resources(found, "Device")) == 5
    rates = resources(found, "Observation")
    assert len(rates) == 119
    assert rates[0]["code"]["coding"] == [{"system": "http://loinc.org", "code": "8867-4"}]
    assert rates[0]["valueQuantity"]["code"] == "/min"
    full = {one["fullUrl"] for one in found["entry"]}
    assert {rate["device"]["reference"] for rate in rates} | {rate["subject"]["reference"] for rate in rates} <= full
    (flag,) = resources(found, "Flag")
    assert (flag["status"], flag["code"]["text"]) == ("active", "跌倒")


def test_a_long_time_comes_page_by_page_and_nothing_twice(
    operator: httpx2.Client, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fhir_routes, "PAGE", 50)
    url, seen = f"{path}/fhir", []
    for _ in range(5):
        found = operator.get(url).json()
        seen += [one["id"] for one in resources(found, "Observation")]
        links = {one["relation"]: one["url"] for one in found["link"]}
        if "next" not in links:
            break
        url = links["next"]
    assert len(seen) == len(set(seen)) == 119
    too_long = operator.get(f"{path}/fhir", params={"from": "2026-01-01T00:00:00Z", "to": "2026-03-01T00:00:00Z"})
    assert (too_long.status_code, too_long.json()["field"]) == (422, "from")


def test_the_sheet_says_all_and_the_reason_is_logged(operator: httpx2.Client, path: str, database: Database) -> None:
    assert operator.post(f"{path}/sheet", json={}).status_code == 422
    found = operator.post(f"{path}/sheet", json={"reason": "交接 120"}).json()
    assert [one["text"] for one in found["card"]] == ["青霉素"]
    assert found["contacts"][0]["phone"] == "+8613855512345"
    assert (found["way_in"]["door_code"], found["sex"], found["made_by"]) == ("2580#", "female", "operator")
    assert [(one["rule"], one["kind"]) for one in found["happened"]] == [("fall", "opened")]
    (rates,) = found["courses"]
    assert (rates["metric"], 10 <= len(rates["points"]) <= 14) == ("heart_rate", True)
    assert found["news2"] is None, "it is not complete"
    with database.transaction() as conn:
        rows = conn.execute("SELECT action, reason FROM audit WHERE reason <> ''").fetchall()
        twice = conn.execute("SELECT count(*) FROM audit WHERE action LIKE '%sheet%'").fetchone()
    assert rows == [("make ambulance sheet", "交接 120")]
    assert twice == (1,)

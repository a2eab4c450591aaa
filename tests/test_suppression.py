"""What is held back while a cause explains it: nobody is called, and it rings when that is over."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx2
import pytest

from alerts.engine import turn
from alerts.opening import raise_alert
from care.absences import AbsenceKind
from care.rules import RULES, Priority
from care.suppression import Cause, explains
from records import database as database_module
from records.database import Database
from records.ids import new_id
from records.judging import alert_log, alerts
from records.judging.alerts import Opening
from records.rounds import absences
from records.rounds.absences import Away
from records.telling import notices
from tests.centre import id_of
from tests.people import NOW, Wearer

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize("rule", [rule for rule in RULES.values() if rule.priority is Priority.HIGH])
def test_what_is_urgent_is_held_back_by_nothing(rule: object) -> None:
    assert not any(explains(cause, rule) for cause in Cause)  # type: ignore[arg-type]


def maintained(database: Database, wearer: Wearer, start: datetime = NOW) -> str:
    """Somebody works on this device for an hour."""
    maintenance = new_id()
    with database.transaction() as conn:
        conn.execute(
            "INSERT INTO maintenance (id, device_id, starts_at, ends_at, why, made_at) VALUES (%s, %s, %s, %s, %s, %s)",
            (maintenance, wearer.device_id, start, start + HOUR, "换电池", start),
        )
    return f"maintenance:{maintenance}"


def leaks(database: Database, wearer: Wearer, rule: str = "water_leak", now: datetime = NOW) -> UUID:
    resident = id_of(database, wearer.name)
    with database.transaction() as conn:
        opening = Opening(RULES[rule], f"resident:{resident}", resident, wearer.device_id, now, now, {})
        return raise_alert(conn, opening).id


def goes_to(database: Database, now: datetime) -> None:
    with database_module.connect(database.url, autocommit=True) as conn:
        turn(conn, now)


def told(database: Database, alert_id: UUID) -> list[str]:
    with database.transaction() as conn:
        return [one.recipient for one in notices.told(conn, alert_id)]


def test_a_leak_while_somebody_works_on_the_sensor_calls_nobody_and_rings_when_they_have_gone(
    database: Database, wang: Wearer
) -> None:
    cause = maintained(database, wang)
    leak, fall = leaks(database, wang), leaks(database, wang, "fall")
    goes_to(database, NOW + HOUR - MINUTE)
    assert told(database, leak) == [] and told(database, fall) != []
    goes_to(database, NOW + HOUR)
    assert told(database, leak) != []
    with database.transaction() as conn:
        found = alerts.alert(conn, leak)
        lines = conn.execute("SELECT kind, detail FROM alert_log WHERE alert_id = %s ORDER BY id", (leak,)).fetchall()
    assert found is not None and (found.suppressed_by, found.raised_at) == (None, NOW + HOUR)
    assert ("released", {"cause": cause}) in lines


def test_maintenance_is_entered_over_http_for_a_device_or_a_home_listed_and_ended(
    database: Database, wang: Wearer, operator: httpx2.Client
) -> None:
    until = (datetime.now(UTC) + HOUR).isoformat()
    of_device = {"device_id": wang.device_id, "to": until, "why": "换电池"}
    of_home = {"resident_id": str(id_of(database, wang.name)), "to": until, "why": "装修"}
    made = [operator.post("/api/maintenance", json=body).raise_for_status().json() for body in (of_device, of_home)]
    assert [(one["device"], one["why"], one["by_name"]) for one in made] == [
        (wang.device, "换电池", "operator"), (None, "装修", "operator"),
    ]  # fmt: skip
    assert {one["resident_id"] for one in made} == {of_home["resident_id"]}
    assert operator.get("/api/maintenance").json()["maintenance"] == made
    leak = leaks(database, wang, now=datetime.now(UTC))
    for one in made:
        goes_to(database, datetime.now(UTC))
        assert told(database, leak) == []
        assert operator.post(f"/api/maintenance/{one['id']}/end").status_code == 204
        assert operator.post(f"/api/maintenance/{one['id']}/end").status_code == 404
    goes_to(database, datetime.now(UTC))
    assert told(database, leak) != []


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"device_id": 1}, 422, "to"), ({"device_id": 1, "to": "2099-01-01T00:00:00Z"}, 422, "to"),
        ({"to": "soon"}, 422, "device_id"), ({"device_id": 999, "to": "soon"}, 404, None),
    ],
)  # fmt: skip
def test_a_maintenance_of_nothing_or_for_ever_is_refused(
    operator: httpx2.Client, body: dict[str, object], status: int, field: str | None
) -> None:
    soon = (datetime.now(UTC) + HOUR).isoformat()
    refused = operator.post(
        "/api/maintenance", json=body | {"why": "换电池"} | ({"to": soon} if body.get("to") == "soon" else {})
    )
    assert (refused.status_code, refused.json()["field"]) == (status, field)


def test_who_is_away_has_no_cold_room_until_they_are_back(database: Database, wang: Wearer) -> None:
    resident = id_of(database, wang.name)
    with database.transaction() as conn:
        stay = absences.add(conn, Away(resident, AbsenceKind.HOSPITAL, NOW, NOW + 24 * HOUR), NOW)
    cold = leaks(database, wang, "room_cold", NOW + MINUTE)
    goes_to(database, NOW + HOUR)
    assert told(database, cold) == []
    with database.transaction() as conn:
        absences.end(conn, resident, stay, None, NOW + 2 * HOUR)
    goes_to(database, NOW + 2 * HOUR)
    assert told(database, cold) != []


def test_the_list_says_what_holds_it_back_and_a_person_may_let_it_go(
    database: Database, wang: Wearer, operator: httpx2.Client
) -> None:
    now = datetime.now(UTC)
    maintained(database, wang, now - MINUTE)
    leak = leaks(database, wang, now=now)
    [held] = operator.get("/api/alerts/held").json()["held"]
    assert (held["alert"]["id"], held["cause"], held["why"]) == (str(leak), "maintenance", "换电池")
    assert datetime.fromisoformat(held["until"]) == now - MINUTE + HOUR
    assert datetime.fromisoformat(held["since"]) == now - MINUTE
    refused = operator.post(f"/api/alerts/{leak}/release", json={"why": " "})
    assert (refused.status_code, refused.json()["field"]) == (422, "why")
    why = {"why": "维修工说没有动过传感器"}
    released = operator.post(f"/api/alerts/{leak}/release", json=why).json()
    assert released["suppressed_by"] is None
    assert operator.get("/api/alerts/held").json()["held"] == []
    assert operator.post(f"/api/alerts/{leak}/release", json=why).status_code == 404
    [line] = [one for one in operator.get(f"/api/alerts/{leak}").json()["log"] if one["kind"] == "released"]
    assert line["detail"]["why"] == why["why"]
    goes_to(database, datetime.now(UTC))
    assert told(database, leak) != []


def lines_of(database: Database, alert_id: UUID) -> list[str]:
    with database.transaction() as conn:
        return [one.kind for one in alert_log.of_alert(conn, alert_id)]


def test_a_cause_that_begins_after_it_opened_holds_back_what_nobody_has_taken_up_and_never_what_is_urgent(
    database: Database, wang: Wearer, operator: httpx2.Client
) -> None:
    now = datetime.now(UTC)
    leak, fall, taken = (leaks(database, wang, rule, now - MINUTE) for rule in ("water_leak", "fall", "room_cold"))
    operator.post(f"/api/alerts/{taken}/answer").raise_for_status()
    maintained(database, wang, now - MINUTE / 2)
    goes_to(database, now)
    seen = {one: operator.get(f"/api/alerts/{one}").json() for one in (leak, fall, taken)}
    assert [(seen[leak]["suppressed_by"] or "").split(":")[0], seen[leak]["next_at"]] == ["maintenance", None]
    for one in (fall, taken):  # it goes on, and says what goes on around it
        assert seen[one]["suppressed_by"] is None and seen[one]["next_at"] is not None
        assert [(cause["cause"], cause["why"]) for cause in seen[one]["causes"]] == [("maintenance", "换电池")]
    assert lines_of(database, leak)[-1] == "held_back"
    goes_to(database, now + HOUR)
    assert lines_of(database, leak).count("released") == 1
    assert operator.get(f"/api/alerts/{leak}").json()["suppressed_by"] is None


def test_who_is_entered_as_away_after_the_room_went_cold_has_no_cold_room_and_a_person_may_let_it_ring(
    database: Database, wang: Wearer, operator: httpx2.Client
) -> None:
    now = datetime.now(UTC)
    resident = id_of(database, wang.name)
    cold = leaks(database, wang, "room_cold", now - MINUTE)
    with database.transaction() as conn:
        absences.add(conn, Away(resident, AbsenceKind.HOSPITAL, now - MINUTE, now + 24 * HOUR), now)
    goes_to(database, now)
    [held] = operator.get("/api/alerts/held").json()["held"]
    assert (held["alert"]["id"], held["cause"], held["why"]) == (str(cold), "absence", "hospital")
    operator.post(f"/api/alerts/{cold}/release", json={"why": "请人去看一下"}).raise_for_status()
    for minutes in (1, 2):  # what a person does not believe holds it back no more
        goes_to(database, now + minutes * MINUTE)
        assert operator.get(f"/api/alerts/{cold}").json()["suppressed_by"] is None

"""Coverage and maintenance over HTTP: who is watched over how well, and what is lost while somebody works there."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from alerts.supervision import sweep
from care.devices import DeviceKind
from care.people import Role
from records.database import Database
from records.judging import alerts
from records.readings import store
from tests.centre import Centre, employ, id_of
from tests.people import Wearer, give
from tests.test_rules import area_of, move

LANES = ("events", "status", "bulk-0")


@pytest.fixture
def beds(database: Database) -> dict[str, Wearer]:
    """Two people in two counties, of whom one is heard and the other has not been for ten minutes."""
    found = {}
    for name, code in (("王桂珍", "340503"), ("李建国", "340521")):
        found[name] = give(database, name, f"bed-{code}", since=datetime.now(UTC) - timedelta(days=9))
        move(database, id_of(database, name), area_of(database, code))
    hear(database, *found.values(), ago=timedelta(minutes=10))
    hear(database, found["王桂珍"])
    return found


def hear(database: Database, *wearers: Wearer, ago: timedelta = timedelta(0)) -> list[str]:
    """These spoke so long ago, and supervision looked; returns the rules of the open alerts."""
    at = datetime.now(UTC) - ago
    with database.transaction() as conn:
        conn.execute(store.SEEN, {"at": at, "ids": [one.device_id for one in wearers]})
        for lane in LANES:
            store.save_watermark(conn, lane, at)
        sweep(conn, at)
        return sorted(one.rule for one in alerts.open_alerts(conn))


def ask(client: httpx2.Client, path: str, **query: object) -> Any:
    terms = {key: str(value) for key, value in query.items()}
    return client.get(path, params=terms).raise_for_status().json()


def soon(**later: float) -> str:
    return (datetime.now(UTC) + timedelta(**later)).isoformat()


def test_a_resident_says_how_well_they_are_covered_and_why_not_better(
    operator: httpx2.Client, database: Database, beds: dict[str, Wearer]
) -> None:
    blind = ask(operator, f"/api/residents/{id_of(database, '李建国')}")["coverage"]
    assert (blind["state"], blind["reasons"][0]["why"]) == ("blind", "silent")
    assert blind["reasons"][0]["device"] == "acme/bed-340521"
    assert blind["since"] is not None
    armed = ask(operator, f"/api/residents/{id_of(database, '王桂珍')}")["coverage"]
    assert (armed["state"], armed["reasons"]) == ("armed", [])
    found = ask(operator, "/api/residents")["residents"]
    assert {one["name"]: one["covered"] for one in found} == {"王桂珍": "armed", "李建国": "blind"}


def test_the_blind_are_counted_by_area_and_listed_with_their_reasons(
    operator: httpx2.Client, database: Database, beds: dict[str, Wearer]
) -> None:
    give(database, "赵无名", "spare")
    with database.transaction() as conn:
        conn.execute("DELETE FROM binding WHERE resident_id = %s", (id_of(database, "赵无名"),))
    found = ask(operator, "/api/coverage")
    assert found["counts"] == {"armed": 1, "degraded": 0, "blind": 1, "unwatched": 1}
    assert {one["name"]: (one["armed"], one["blind"]) for one in found["areas"] if one["armed"] or one["blind"]} == {
        "花山区": (1, 0),
        "当涂县": (0, 1),
    }
    (blind,) = found["residents"]
    assert (blind["resident_name"], blind["state"], blind["reasons"][0]["why"]) == ("李建国", "blind", "silent")
    assert found["platform"] is None
    here = ask(operator, "/api/coverage", area=area_of(database, "340503"))
    assert (here["counts"]["armed"], here["counts"]["blind"], here["residents"]) == (1, 0, [])
    assert ask(operator, "/api/coverage", state="degraded")["residents"] == []


def test_a_long_list_of_the_blind_pages_on(operator: httpx2.Client, database: Database) -> None:
    now = datetime.now(UTC)
    wearers = [give(database, f"老人{number}", f"bed-{number}", since=now - timedelta(days=9)) for number in range(3)]
    hear(database, *wearers, ago=timedelta(minutes=10))
    hear(database)
    first = ask(operator, "/api/coverage", limit=2)
    rest = ask(operator, "/api/coverage", limit=2, cursor=first["cursor"])
    names = [one["resident_name"] for one in first["residents"] + rest["residents"]]
    assert (sorted(names), rest["cursor"]) == (["老人0", "老人1", "老人2"], None)
    assert operator.get("/api/coverage?cursor=x").json()["field"] == "cursor"


def test_while_ingest_is_behind_nobody_is_covered_and_it_says_so(operator: httpx2.Client, database: Database) -> None:
    bed = give(database, "王桂珍", "bed-1", since=datetime.now(UTC) - timedelta(days=9))
    hear(database, bed, ago=timedelta(minutes=10))
    assert ask(operator, "/api/coverage")["platform"] is not None
    found = ask(operator, f"/api/residents/{id_of(database, '王桂珍')}")["coverage"]
    assert (found["state"], found["reasons"][0]["why"]) == ("blind", "platform")


def test_one_sees_only_whom_one_cares_for_and_masked_where_names_are_not_ones_business(
    centre: Centre, database: Database, beds: dict[str, Wearer]
) -> None:
    employ(database, "auditor", role=Role.AUDITOR)
    with centre.operator("auditor") as auditor:
        assert [one["resident_name"] for one in ask(auditor, "/api/coverage")["residents"]] == ["李**"]
    employ(database, "elsewhere", role=Role.STATION_WORKER)
    with database.transaction() as conn:
        conn.execute("UPDATE account SET area_id = %s WHERE username = 'elsewhere'", (area_of(database, "340503"),))
    with centre.operator("elsewhere") as worker:
        found = ask(worker, "/api/coverage")
        assert (found["counts"]["blind"], found["residents"]) == (0, [])
        for what in ({"device": "acme/bed-340521"}, {"resident_id": str(id_of(database, "李建国"))}):
            body = what | {"to": soon(hours=1), "why": "battery"}
            assert worker.post("/api/maintenance", json=body).status_code == 404


def test_while_somebody_works_on_a_device_its_alert_closes_and_afterwards_it_rings_again(
    operator: httpx2.Client, database: Database, beds: dict[str, Wearer]
) -> None:
    hear(database, beds["王桂珍"])
    with database.transaction() as conn:
        conn.execute("UPDATE device_watch SET tell_at = %s WHERE tell_at IS NOT NULL", (datetime.now(UTC),))
    assert hear(database, beds["王桂珍"]) == ["device_silent"]
    body = {"device": "acme/bed-340521", "to": soon(hours=2), "why": "a new mat is brought"}
    answer = operator.post("/api/maintenance", json=body)
    assert answer.status_code == 201
    works = answer.json()
    assert (works["device"], works["kind"], works["resident_name"]) == ("bed-340521", "bed", "李建国")
    assert ask(operator, "/api/maintenance")["maintenance"] == [works]
    assert hear(database, beds["王桂珍"]) == []
    with database.transaction() as conn:
        assert [one.outcome for one in alerts.closed_alerts(conn)] == ["cleared"]
    found = ask(operator, f"/api/residents/{id_of(database, '李建国')}")["coverage"]
    assert found["reasons"][0]["why"] == "maintenance"
    (listed,) = (one for one in ask(operator, "/api/devices")["devices"] if one["device"] == "bed-340521")
    assert listed["maintenance_until"] == works["ends_at"]
    assert operator.post(f"/api/maintenance/{works['id']}/end").status_code == 204
    assert hear(database, beds["王桂珍"]) == ["device_silent"]


def test_maintenance_of_a_home_is_of_everything_there(
    operator: httpx2.Client, database: Database, beds: dict[str, Wearer]
) -> None:
    give(database, "王桂珍", "motion-1", DeviceKind.MOTION)
    body = {"resident_id": str(id_of(database, "王桂珍")), "to": soon(hours=1), "why": "the house is rewired"}
    works = operator.post("/api/maintenance", json=body).raise_for_status().json()
    assert (works["device"], works["resident_name"]) == (None, "王桂珍")
    listed = ask(operator, "/api/devices")["devices"]
    assert sorted(one["device"] for one in listed if one["maintenance_until"]) == ["bed-340503", "motion-1"]

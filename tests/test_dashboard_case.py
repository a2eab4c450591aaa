"""The case panel over HTTP: everything around an alert in one answer, the call, the script; who sees what of it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx2
import pytest

from care.devices import DeviceKind
from care.people import Role
from care.rules import RULES
from records.database import Database
from records.judging import scripts
from records.people import contacts
from records.people.contacts import Entry
from records.readings.observations import Row
from tests.centre import Centre, Household, changes, employ, furnish, id_of, observe, ring
from tests.people import Wearer, give


@pytest.fixture
def home(database: Database) -> Household:
    """Wang's home: in bed until half an hour ago, then in the kitchen; her heart beats."""
    household, now = furnish(database, "王桂珍"), datetime.now(UTC)
    minutes = [now - timedelta(minutes=at) for at in range(55, 0, -1)]
    hearts = [Row(household.bed.device_id, at, {"heart_rate": 70.0, "in_bed": 1}) for at in minutes[:25]]
    rise = [Row(household.bed.device_id, now - timedelta(minutes=29), {"in_bed": 0})]
    kitchen = changes(household.rooms[1], "motion", (now - timedelta(minutes=20), 1), (now - timedelta(minutes=19), 0))
    observe(database, [*hearts, *rise, *kitchen])
    return household


def call_of(database: Database, resident: UUID, name: str = "赵红", phone: str = "10055512345") -> UUID:
    with database.transaction() as conn:
        return contacts.add(conn, resident, Entry(name, "女儿", phone))


def fall(database: Database, *, drill: bool = False) -> UUID:
    return ring(database, give(database, "王桂珍", f"watch-{uuid4().hex[:6]}", DeviceKind.WEARABLE), drill=drill)


@pytest.mark.usefixtures("home")
def test_one_answer_says_who_it_is_how_they_are_and_what_happened_in_the_last_hour(
    centre: Centre, database: Database
) -> None:
    employ(database, "李敏")
    call_of(database, id_of(database, "王桂珍"))
    alert = fall(database)
    with centre.operator("李敏") as her:
        found = her.get(f"/api/alerts/{alert}/case").raise_for_status().json()
    person, hour = found["person"], found["person"]["hour"]
    assert person["resident"]["name"] == "王桂珍"
    assert [(one["relation"], one["phone"]) for one in person["contacts"]] == [("女儿", "100****2345")]
    assert (person["seen"]["place"], person["seen"]["by"]) == ("厨房", "motion")
    heart = next(one for one in person["bands"] if one["metric"] == "heart_rate")
    assert (heart["low"], heart["high"], heart["own"]) == (40, 131, False)
    [curve] = hour["vitals"]
    assert (curve["metric"], {point["avg"] for point in curve["points"]}) == ("heart_rate", {70})
    assert 24 <= len(curve["points"]) <= 26, "minutes without a reading are a gap"
    kitchen = next(row for row in hour["rows"] if row["place"] == "厨房")
    assert [span["value"] for span in kitchen["spans"]] == [1, 0]
    assert [one["id"] for one in hour["alerts"]] == [str(alert)]
    assert found["script"]["script"]["rule"] == "fall"
    assert found["script"]["ticks"] == []


@pytest.mark.usefixtures("home")
def test_the_hour_around_an_alert_of_yesterday_is_that_of_yesterday(centre: Centre, database: Database) -> None:
    employ(database)
    watch = give(database, "王桂珍", "watch-9", DeviceKind.WEARABLE)
    then = datetime.now(UTC) - timedelta(days=1)
    alert = ring(database, watch, at=then)
    with centre.operator() as operator:
        found = operator.get(f"/api/alerts/{alert}/case", params={"hour": "alert"}).json()["person"]["hour"]
    assert datetime.fromisoformat(found["end"]) == then + timedelta(minutes=15)


@pytest.mark.usefixtures("home")
def test_an_auditor_sees_neither_names_nor_whom_to_send(centre: Centre, database: Database) -> None:
    employ(database, "何审", role=Role.AUDITOR)
    call_of(database, id_of(database, "王桂珍"))
    alert = fall(database)
    with centre.operator("何审") as auditor:
        answer = auditor.get(f"/api/alerts/{alert}/case")
        assert "桂珍" not in answer.text
        assert "赵红" not in answer.text
        assert answer.json()["responders"] == []
        assert auditor.post(f"/api/alerts/{alert}/call", json={"contact_id": str(uuid4())}).status_code == 403


def test_what_is_about_nobody_has_no_person(centre: Centre, database: Database) -> None:
    from records.judging import alerts
    from records.judging.alerts import Opening

    employ(database)
    now = datetime.now(UTC)
    with database.transaction() as conn:
        opening = Opening(RULES["area_lost"], "vendor:acme", None, None, now, now, {})
        alert = alerts.open_or_repeat(conn, opening).id
    with centre.operator() as operator:
        found = operator.get(f"/api/alerts/{alert}/case").raise_for_status().json()
        assert found["person"] is None
        assert found["script"]["script"]["rule"] == "area_lost"
        assert operator.post(f"/api/alerts/{alert}/call", json={"contact_id": str(uuid4())}).status_code == 404


def test_a_call_is_in_the_alerts_log_and_in_the_audit_log(centre: Centre, database: Database) -> None:
    employ(database, "李敏")
    alert = fall(database)
    contact = call_of(database, id_of(database, "王桂珍"))
    stranger = call_of(database, id_of_new(database), "钱进", "10055500000")
    with centre.operator("李敏") as her:
        assert her.post(f"/api/alerts/{alert}/call", json={"contact_id": str(stranger)}).status_code == 404
        number = her.post(f"/api/alerts/{alert}/call", json={"contact_id": str(contact)}).raise_for_status().json()
        log = her.get(f"/api/alerts/{alert}").json()["log"]
    assert number == {"phone": "10055512345"}
    assert [(line["kind"], line["by_name"], line["detail"]) for line in log][-1] == (
        "call",
        "李敏",
        {"relation": "女儿"},
    )
    with database.transaction() as conn:
        noted = conn.execute("SELECT subject FROM audit WHERE action = 'call contact'").fetchall()
    assert noted == [(str(contact),)]


def id_of_new(database: Database) -> UUID:
    give(database, "张秀英", "watch-8", DeviceKind.WEARABLE)
    return id_of(database, "张秀英")


def test_a_drill_calls_nobody(centre: Centre, database: Database) -> None:
    employ(database)
    alert = fall(database, drill=True)
    contact = call_of(database, id_of(database, "王桂珍"))
    with centre.operator() as operator:
        assert operator.post(f"/api/alerts/{alert}/call", json={"contact_id": str(contact)}).status_code == 409


# Scripts -------------------------------------------------------------------------------------------------------------


def test_every_rule_has_a_script_in_both_languages(database: Database) -> None:
    with database.transaction() as conn:
        found = {one.rule: one for one in scripts.in_force(conn, None)}
    assert set(found) == set(RULES)
    for script in found.values():
        assert len({item.id for item in script.items}) == len(script.items) > 1
        assert all(item.chinese and item.english for item in script.items)


def test_what_is_ticked_off_is_in_the_log_and_seen_by_the_other_seat(centre: Centre, database: Database) -> None:
    employ(database, "李敏", "张强")
    alert = fall(database)
    with centre.operator("李敏") as her, centre.operator("张强") as him:
        done = her.post(f"/api/alerts/{alert}/script", json={"item": "voice"}).raise_for_status().json()
        assert [(one["item"], one["by_name"]) for one in done["ticks"]] == [("voice", "李敏")]
        seen = him.get(f"/api/alerts/{alert}/case").json()["script"]["ticks"]
        assert [one["item"] for one in seen] == ["voice"]
        back = him.post(f"/api/alerts/{alert}/script", json={"item": "voice", "done": False}).json()
        assert back["ticks"] == []
        assert her.post(f"/api/alerts/{alert}/script", json={"item": "dance"}).status_code == 422
        kinds = [(line["kind"], line["by_name"]) for line in her.get(f"/api/alerts/{alert}").json()["log"]]
        assert kinds[-2:] == [("script", "李敏"), ("script", "张强")]
        her.post(f"/api/alerts/{alert}/close", json={"outcome": "helped"}).raise_for_status()
        assert her.post(f"/api/alerts/{alert}/script", json={"item": "voice"}).status_code == 409


LINES = [{"id": "voice", "kind": "ask", "chinese": "叫得应吗", "english": "Does anybody answer?"}]


def test_a_county_has_a_script_of_its_own_until_it_gives_it_up(
    centre: Centre, database: Database, wang: Wearer
) -> None:
    from tests.test_rules import area_of, move

    employ(database, "陈值", role=Role.SUPERVISOR)
    here, there = area_of(database, "340503"), area_of(database, "340521")
    move(database, id_of(database, "王桂珍"), here)
    first = ring(database, wang, "sos")
    with centre.operator("陈值") as supervisor:
        put = supervisor.put("/api/scripts/fall", json={"area": here, "items": LINES}).raise_for_status().json()
        assert (put["version"], put["area"], put["changed_by_name"]) == (2, "花山区", "陈值")
        alert = ring(database, wang, "fall")

        def items(one: UUID) -> int:
            return len(supervisor.get(f"/api/alerts/{one}/case").json()["script"]["script"]["items"])

        assert (items(alert), items(first) > 1) == (1, True)
        of = {one["rule"]: one for one in supervisor.get("/api/scripts", params={"area": there}).json()["scripts"]}
        assert of["fall"]["version"] == 1
        supervisor.post(f"/api/alerts/{alert}/script", json={"item": "voice"}).raise_for_status()
        given_up = supervisor.put("/api/scripts/fall", json={"area": here, "items": None}).raise_for_status().json()
        assert (given_up["version"], given_up["area"]) == (1, None)
        assert items(alert) == 1, "whoever has begun goes on with the same"
        history = supervisor.get("/api/scripts/fall/history").json()["versions"]
        assert [(one["version"], one["items"]) for one in history][:2] == [(3, None), (2, 1)]
        assert supervisor.put("/api/scripts/fall", json={"items": None}).status_code == 422
        assert supervisor.put("/api/scripts/fall", json={"items": LINES * 2}).status_code == 422


def test_a_script_is_changed_by_a_supervisor_in_their_own_area_only(centre: Centre, database: Database) -> None:
    from records.login import accounts
    from tests.centre import PASSWORD
    from tests.test_rules import area_of

    employ(database, "李敏")
    here, there = area_of(database, "340503"), area_of(database, "340521")
    with database.transaction() as conn:
        accounts.create_account(conn, "陈值", PASSWORD, Role.SUPERVISOR, area_id=here)
    with centre.operator("李敏") as operator, centre.operator("陈值") as supervisor:
        assert operator.put("/api/scripts/fall", json={"items": LINES}).status_code == 403
        assert supervisor.put("/api/scripts/fall", json={"items": LINES}).status_code == 422
        assert supervisor.put("/api/scripts/fall", json={"area": there, "items": LINES}).status_code == 404
        assert supervisor.put("/api/scripts/fall", json={"area": here, "items": LINES}).status_code == 200


def test_a_version_of_a_script_stays_as_it_is(database: Database) -> None:
    import psycopg

    for statement in ("UPDATE script SET items = '[]'", "DELETE FROM script", "TRUNCATE script"):
        with pytest.raises(psycopg.Error, match="stays as it is"), database.transaction() as conn:
            conn.execute(statement)


# The way in ----------------------------------------------------------------------------------------------------------


def test_how_to_get_in_is_shown_to_whoever_works_on_it_while_it_is_open_and_noted_once(
    centre: Centre, database: Database
) -> None:
    from records.nursing import way_in
    from records.nursing.way_in import Way

    employ(database, "李敏", "张强")
    alert = fall(database)
    with database.transaction() as conn:
        way_in.enter(conn, id_of(database, "王桂珍"), Way(key_place="站点保险柜 7 号"), None, datetime.now(UTC))
    with centre.operator("李敏") as her, centre.operator("张强") as him:

        def way(who: httpx2.Client) -> object:
            person = who.get(f"/api/alerts/{alert}/case").json()["person"]
            assert person["way_known"] is True
            return person["way"] and person["way"]["key_place"]

        assert (way(her), way(him)) == (None, None), "nobody works on it yet"
        her.post(f"/api/alerts/{alert}/answer").raise_for_status()
        assert [way(her), way(her), way(him)] == ["站点保险柜 7 号", "站点保险柜 7 号", None]
        her.post(f"/api/alerts/{alert}/close", json={"outcome": "helped"}).raise_for_status()
        assert way(her) is None
    with database.transaction() as conn:
        noted = conn.execute("SELECT count(*) FROM audit WHERE action = 'show way in'").fetchone()
    assert noted == (1,)


def test_the_health_card_and_the_care_level_are_for_those_who_may_read_them(centre: Centre, database: Database) -> None:
    from records.nursing import assessments, health_card
    from records.nursing.health_card import CardEntry as Card
    from records.nursing.health_card import CardKind as Kind

    employ(database, "李敏")
    employ(database, "管理", role=Role.ADMINISTRATOR)
    alert, now = fall(database), datetime.now(UTC)
    resident = id_of(database, "王桂珍")
    with database.transaction() as conn:
        health_card.enter(conn, resident, Card(Kind.ALLERGY, "青霉素"), None, now)
        assessments.enter(conn, resident, now.date(), 40, "评估员", "", None, now)
    with centre.operator("李敏") as her, centre.operator("管理") as admin:
        person = her.get(f"/api/alerts/{alert}/case").json()["person"]
        assert ([line["text"] for line in person["card"]], person["level"]) == (["青霉素"], "severe")
        person = admin.get(f"/api/alerts/{alert}/case").json()["person"]
        assert (person["card"], person["level"]) == (None, None)

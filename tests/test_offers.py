"""Neighbour partners: asked all at once, the first who accepts goes, sees where, and is credited with the time."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx2
import pytest

from alerts.channels.settings import ChannelSettings
from alerts.engine import turn
from alerts.opening import raise_alert
from care.alerts import Outcome, Step
from care.escalation import Whom
from care.neighbours import minutes_given
from care.notices import Channel, Recipient
from care.people import Role
from care.rules import RULES
from records import database as database_module
from records.database import Database
from records.judging import alert_steps, alerts
from records.judging.alerts import AlertView, Opening
from records.login import accounts
from records.people import areas, partners, reach
from records.people.reach import Reach
from records.telling import duty, notices, offers
from records.telling.offers import NoLongerOffered
from tests import told
from tests.centre import Centre, employ, id_of, ring
from tests.people import NOW, Wearer
from tests.receiver import receiver

MINUTE = timedelta(minutes=1)
ASKED = NOW + MINUTE
"""When the plan asks the neighbours."""


@pytest.mark.parametrize(("seconds", "minutes"), [(0, 1), (1, 1), (61, 2), (3600, 60), (36 * 3600, 240), (-5, 1)])
def test_begun_minutes_count_and_a_forgotten_alert_no_longer_than_four_hours(seconds: int, minutes: int) -> None:
    assert minutes_given(NOW, NOW + timedelta(seconds=seconds)) == minutes


@pytest.fixture
def neighbours(database: Database, wang: Wearer) -> dict[str, UUID]:
    """Two who may be asked."""
    resident = id_of(database, wang.name)
    made = {}
    with database.transaction() as conn:
        for name in ("周阿姨", "吴师傅"):
            made[name] = accounts.create_account(conn, name, "long-enough-for-a-test", Role.RESPONDER)
            partners.add(conn, resident, name)
    return made


@pytest.fixture
def fall(database: Database, wang: Wearer, neighbours: dict[str, UUID]) -> UUID:
    """She has fallen a minute ago and nobody has answered."""
    resident = id_of(database, wang.name)
    with database.transaction() as conn:
        opening = Opening(RULES["fall"], f"resident:{resident}", resident, wang.device_id, NOW, NOW, {})
        opened = raise_alert(conn, opening).id
    with database_module.connect(database.url, autocommit=True) as conn:
        turn(conn, ASKED)
    return opened


def offer_of(database: Database, account: UUID) -> UUID:
    with database.transaction() as conn:
        [offer] = offers.of_account(conn, account)
    return offer.id


def abouts(database: Database, alert_id: UUID, account: UUID) -> list[str]:
    """What this account was told, without the numbers."""
    with database.transaction() as conn:
        told = notices.told(conn, alert_id)
    return [one.about.partition(":")[0] for one in told if one.recipient == f"account:{account}"]


def view(database: Database, alert_id: UUID) -> AlertView:
    with database.transaction() as conn:
        found = alerts.alert(conn, alert_id)
    assert found is not None
    return found


def test_all_are_asked_and_of_two_who_accept_at_once_one_goes(
    database: Database, fall: UUID, neighbours: dict[str, UUID]
) -> None:
    for account in neighbours.values():
        assert abouts(database, fall, account) == ["offer"]
    start, went = threading.Barrier(2), list[UUID]()

    def accepts(account: UUID) -> None:
        offer = offer_of(database, account)
        start.wait(120)
        try:
            with database.transaction() as conn:
                assert offers.accept(conn, offer, account, ASKED).address is not None
            went.append(account)
        except NoLongerOffered:
            pass

    threads = [threading.Thread(target=accepts, args=(account,)) for account in neighbours.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    (goes,) = went
    (stays,) = set(neighbours.values()) - {goes}
    assert (abouts(database, fall, goes), abouts(database, fall, stays)) == (["offer"], ["offer", "taken"])
    found = view(database, fall)
    assert (found.phase, found.responder_id) == ("raised", goes)  # the centre has still to answer
    with database.transaction() as conn:
        assert [one.address for one in offers.of_account(conn, stays)] == [None]


def test_whoever_answers_finds_the_neighbour_on_the_way_and_the_time_is_credited_at_the_end(
    database: Database, fall: UUID, neighbours: dict[str, UUID]
) -> None:
    aunt = neighbours["周阿姨"]
    offer = offer_of(database, aunt)
    with database.transaction() as conn:
        operator = accounts.create_account(conn, "operator", "long-enough-for-a-test", Role.OPERATOR)
        offers.accept(conn, offer, aunt, ASKED)
        answered = alert_steps.take_step(conn, fall, Step.ANSWER, operator, ASKED + MINUTE)
        assert (answered.phase, answered.dispatched_to, answered.answered_by_name) == (
            "dispatched", "周阿姨", "operator",
        )  # fmt: skip
        offers.arrive(conn, offer, aunt, ASKED + 4 * MINUTE)
        assert offers.see(conn, offer, aunt, ASKED + 5 * MINUTE).phase == "person_seen"
        alert_steps.take_step(conn, fall, Step.CLOSE, operator, ASKED + 30 * MINUTE, Outcome.NO_HELP_NEEDED)
        assert partners.minutes_of(conn, aunt) == 30
        assert [(one.state, one.address) for one in offers.of_account(conn, aunt)] == [("accepted", None)]
        assert [one.state for one in offers.of_account(conn, neighbours["吴师傅"])] == ["taken"]


def test_who_is_at_the_door_before_anybody_has_answered_has_answered(
    database: Database, fall: UUID, neighbours: dict[str, UUID]
) -> None:
    aunt = neighbours["周阿姨"]
    with database.transaction() as conn:
        offers.accept(conn, offer_of(database, aunt), aunt, ASKED)
    with database.transaction() as conn:
        assert offers.arrive(conn, offer_of(database, aunt), aunt, ASKED + MINUTE).phase == "arrived"


def test_who_cannot_go_after_all_gives_it_back_and_the_other_is_asked_anew(
    database: Database, fall: UUID, neighbours: dict[str, UUID]
) -> None:
    aunt, master = neighbours.values()
    with database.transaction() as conn:
        operator = accounts.create_account(conn, "operator", "long-enough-for-a-test", Role.OPERATOR)
        offers.accept(conn, offer_of(database, aunt), aunt, ASKED)
    with database.transaction() as conn:
        alert_steps.take_step(conn, fall, Step.ANSWER, operator, ASKED)
    offer = offer_of(database, aunt)
    with database.transaction() as conn:
        assert offers.decline(conn, offer, aunt, ASKED + MINUTE).state == "declined"
    found = view(database, fall)
    assert (found.phase, found.responder_id, found.dispatched_to) == ("raised", None, None)
    with database_module.connect(database.url, autocommit=True) as conn:
        turn(conn, ASKED + 2 * MINUTE)
    assert abouts(database, fall, master) == ["offer", "taken", "offer"]
    assert abouts(database, fall, aunt) == ["offer"]


@pytest.fixture
def aunt(centre: Centre, neighbours: dict[str, UUID]) -> Iterator[httpx2.Client]:
    """A neighbour at her telephone."""
    with centre.operator("周阿姨") as client:
        yield client


def test_over_http_a_neighbour_sees_her_offers_only_and_where_it_is_after_accepting(
    database: Database, centre: Centre, aunt: httpx2.Client, neighbours: dict[str, UUID], wang: Wearer
) -> None:
    alert = ring(database, wang)
    with database.transaction() as conn:
        conn.execute("UPDATE home SET address = '湖东路 8 号 302'")
        offers.offer_to_partners(conn, alert, id_of(database, wang.name), datetime.now(NOW.tzinfo))
    assert aunt.get("/api/alerts").json()["alerts"] == []
    [offer] = aunt.get("/api/offers").json()["offers"]
    assert (offer["state"], offer["rule"], offer["address"]) == ("open", "fall", None)
    with centre.operator("吴师傅") as other:
        assert other.post(f"/api/offers/{offer['id']}/accept").status_code == 404
        assert aunt.post(f"/api/offers/{offer['id']}/accept").json()["address"] == "湖东路 8 号 302"
        [his] = other.get("/api/offers").json()["offers"]
        late = other.post(f"/api/offers/{his['id']}/accept")
        assert (his["state"], late.status_code) == ("taken", 409)
    assert aunt.post(f"/api/offers/{offer['id']}/arrive").json()["phase"] == "arrived"
    assert aunt.post(f"/api/offers/{offer['id']}/arrive").status_code == 409
    assert aunt.post(f"/api/offers/{offer['id']}/see").json()["phase"] == "person_seen"
    with database.transaction() as conn:
        noted = conn.execute("SELECT resident_id FROM audit WHERE action = 'accept offer'").fetchall()
    assert noted == [(id_of(database, wang.name),)]


def test_whoever_was_not_asked_in_time_is_not_asked_after_somebody_else_has_accepted(
    database: Database, fall: UUID, neighbours: dict[str, UUID]
) -> None:
    with receiver() as server:
        aunt, master = neighbours.values()
        with database.transaction() as conn:
            for account in (aunt, master):
                reach.add_reach(conn, Recipient.account(account), Reach(Channel.WEBHOOK, f"{server.url}/{account}"))
            offers.accept(conn, offer_of(database, aunt), aunt, ASKED)
        told.turn(database, ChannelSettings(), ASKED)
        heard = [(path, json.loads(body)["about"]) for path, _, body in server.got]
    assert heard == [(f"/{master}", "taken")]


def test_who_may_be_asked_is_entered_listed_and_removed_by_those_who_arrange(
    database: Database, centre: Centre, wang: Wearer, operator: httpx2.Client
) -> None:
    employ(database, "周阿姨", role=Role.RESPONDER)
    employ(database, "女儿", role=Role.FAMILY)
    employ(database, "boss", role=Role.SUPERVISOR)
    place = f"/api/residents/{id_of(database, wang.name)}/partners"
    assert operator.post(place, json={"username": "周阿姨"}).status_code == 403
    with centre.operator("boss") as boss:
        for name in ("女儿", "nobody"):
            assert boss.post(place, json={"username": name}).json()["field"] == "username"
        [made] = boss.post(place, json={"username": "周阿姨"}).json()["partners"]
        assert boss.post(place, json={"username": "周阿姨"}).status_code == 201
        [listed] = operator.get(place).json()["partners"]
        assert listed == made and (listed["username"], listed["minutes"]) == ("周阿姨", 0)
        assert boss.delete(f"{place}/{made['account_id']}").status_code == 204
        assert boss.delete(f"{place}/{made['account_id']}").status_code == 404


def test_the_partners_of_an_area_are_listed_within_ones_care(
    database: Database, wang: Wearer, neighbours: dict[str, UUID], operator: httpx2.Client
) -> None:
    found = operator.get("/api/partners").json()["neighbours"]
    assert [(one["username"], one["resident_name"], one["minutes"]) for one in found] == [
        ("吴师傅", "王桂珍", 0), ("周阿姨", "王桂珍", 0),
    ]  # fmt: skip
    with database.transaction() as conn:
        elsewhere = areas.id_of_code(conn, "340521")
    assert operator.get("/api/partners", params={"area": elsewhere}).json()["neighbours"] == []


def test_who_can_be_sent_are_neighbours_and_those_who_work_there(
    database: Database, wang: Wearer, neighbours: dict[str, UUID], operator: httpx2.Client
) -> None:
    alert = ring(database, wang)
    with database.transaction() as conn:
        row = conn.execute("SELECT home.area_id FROM home JOIN resident ON home_id = home.id").fetchone()
        elsewhere = areas.id_of_code(conn, "340521")
        assert row is not None
        here, secret = row[0], "long-enough-for-a-test"
        station = accounts.create_account(conn, "站长", secret, Role.STATION_WORKER, area_id=here)
        accounts.create_account(conn, "上门", secret, Role.RESPONDER, area_id=here)
        accounts.create_account(conn, "当涂", secret, Role.RESPONDER, area_id=elsewhere)
        duty.add(conn, station, Whom.STATION, here, datetime.now(UTC) - MINUTE, 60 * MINUTE)
    found = operator.get(f"/api/alerts/{alert}/responders").json()["responders"]
    assert [(one["username"], one["neighbour"], one["on_duty"]) for one in found] == [
        ("吴师傅", True, False), ("周阿姨", True, False), ("站长", False, True), ("上门", False, False),
    ]  # fmt: skip
    assert {one["busy"] for one in found} == {0}
    operator.post(f"/api/alerts/{alert}/answer").raise_for_status()
    for one in found[::-1]:
        body = {"responder_id": one["account_id"]}
        sent = operator.post(f"/api/alerts/{alert}/dispatch", json=body).raise_for_status().json()
        assert sent["dispatched_to"] == one["username"]
        for step in ("hand-back", "answer"):
            operator.post(f"/api/alerts/{alert}/{step}").raise_for_status()

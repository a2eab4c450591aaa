"""The page of whoever goes there: what each may see and say over a call-out's whole life, and nothing after it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx2
import pytest

from care.alerts import Phase
from care.callouts import ASKS, CAN, ENDS, ON_IT, REPORTS, Part, part_in
from care.links import LinkPurpose, sign_link
from care.people import Role
from dashboard.desk import Outside
from records.database import Database
from records.login import accounts
from records.nursing import way_in
from records.nursing.way_in import Way
from records.people import contacts, links, partners
from records.people.contacts import Entry
from records.people.links import NewLink
from records.rounds import home_proofs
from records.telling import offers
from tests.centre import PASSWORD, Centre, employ, id_of, open_centre, ring
from tests.people import Wearer

KEY = "a-key-for-the-tests-of-links-that-is-long"
ADDRESS, PHONE, KEY_PLACE = "湖东路12号3栋201", "13855500001", "门口花盆下"
SECRETS = (ADDRESS, PHONE, KEY_PLACE, "2580#")
NAME = "桂珍"


def test_who_is_on_it_and_what_they_can_say_is_a_table() -> None:
    open_phases = [phase for phase in Phase if phase is not Phase.CLOSED]
    ways = [(offer, sent) for offer in ("accepted", None) for sent in (True, False)]
    assert {part_in(Phase.CLOSED, offer, sent=sent, set_out=True) for offer, sent in ways} == {Part.OVER}
    assert {part_in(phase, "open", sent=False, set_out=False) for phase in open_phases} == {Part.ASKED}
    assert {part_in(phase, "taken", sent=False, set_out=True) for phase in open_phases} == {Part.TAKEN}
    assert [part_in(phase, "accepted", sent=False, set_out=False) for phase in open_phases] == [
        Part.GOING, Part.GOING, Part.GOING, Part.AT_THE_DOOR, Part.WITH_THEM,
    ]  # fmt: skip
    assert part_in(Phase.DISPATCHED, None, sent=True, set_out=False) is Part.SENT
    assert [part for part in Part if CAN[part] and part not in ON_IT] == [Part.ASKED]
    assert ASKS | set(ENDS) == REPORTS and not ASKS & set(ENDS)


@pytest.fixture
def centre(database_url: str) -> Iterator[Centre]:
    outside = Outside(public_url="https://ankang.example.org", link_key=KEY, centre_phone="0555-12349")
    with open_centre(database_url, outside=outside) as running:
        yield running


@pytest.fixture
def resident(database: Database, wang: Wearer) -> UUID:
    """Somebody with an address, a telephone, a key under a flowerpot, and two neighbours."""
    resident = id_of(database, wang.name)
    with database.transaction() as conn:
        row = conn.execute("SELECT id FROM area WHERE code = '340503'").fetchone()
        assert row is not None
        conn.execute(
            "UPDATE home SET area_id = %s, address = %s WHERE id = (SELECT home_id FROM resident WHERE id = %s)",
            (row[0], ADDRESS, resident),
        )
        contacts.add(conn, resident, Entry("王桂珍", "本人", PHONE))
        way_in.enter(conn, resident, Way(KEY_PLACE, "2580#"), None, datetime.now(UTC))
        for name in ("周阿姨", "吴师傅"):
            accounts.create_account(conn, name, PASSWORD, Role.RESPONDER)
            partners.add(conn, resident, name)
        for name in ("小陈", "小林"):
            accounts.create_account(conn, name, PASSWORD, Role.RESPONDER, area_id=row[0])
        accounts.create_account(conn, "花山站", PASSWORD, Role.STATION_WORKER, area_id=row[0])
    employ(database, "李敏")
    return resident


def account_of(database: Database, name: str) -> UUID:
    with database.transaction() as conn:
        found = accounts.account_by_name(conn, name)
    assert found is not None
    return found[0].id


def offer(database: Database, alert: UUID, resident: UUID) -> None:
    """What the plan does when the neighbours' turn has come."""
    with database.transaction() as conn:
        assert len(offers.offer_to_partners(conn, alert, resident, datetime.now(UTC))) == 2


@contextmanager
def by_link(centre: Centre, database: Database, name: str, alert: UUID) -> Iterator[httpx2.Client]:
    """A neighbour who has tapped the link in the message."""
    with database.transaction() as conn:
        wanted = NewLink(LinkPurpose.RESPONDER, timedelta(hours=24), account_of(database, name), alert_id=alert)
        link = links.make(conn, wanted, datetime.now(UTC))
    with centre.visitor() as client:
        path = f"/l/{sign_link(KEY, link)}"
        assert NAME not in client.get(path).text
        opened = client.post(path)
        assert (opened.status_code, opened.headers["location"]) == (303, f"/respond/{alert}")
        yield client


def shows(client: httpx2.Client, alert: UUID) -> str:
    answer = client.get(f"/respond/{alert}")
    assert answer.status_code == 200, answer.text
    assert len(answer.content) < 50_000
    return answer.text


def says(client: httpx2.Client, alert: UUID, act: str, page: str | None = None, **more: str) -> str:
    """Presses a button of the page, as it was or as it is; returns what the page says then."""
    found = re.search(r'name="proof" value="([^"]+)"', page or shows(client, alert))
    proof = found[1] if found else ""
    answer = client.post(f"/respond/{alert}/{act}", data={"proof": proof, **more})
    assert answer.status_code == 303, answer.text
    return client.get(answer.headers["location"]).text


def seen_of(text: str) -> set[str]:
    return {secret for secret in SECRETS if secret in text}


def everywhere(client: httpx2.Client, alert: UUID, resident: UUID) -> str:
    """All that the routes that could show an address, a key or a telephone say to this person."""
    paths = (
        f"/respond/{alert}", "/respond", "/api/offers", "/api/alerts", "/api/alerts?state=closed",
        f"/api/alerts/{alert}", f"/api/alerts/{alert}/responders", "/api/alerts/held", "/api/residents",
        "/api/residents?search=王", f"/api/residents/{resident}", f"/api/residents/{resident}/alerts",
        f"/api/residents/{resident}/contacts", f"/api/residents/{resident}/way_in", "/api/visits/tasks",
        "/api/orders", "/api/checkins", "/api/coverage", "/api/partners", "/api/maintenance", "/respond/today",
        f"/api/residents/{resident}/health_card", f"/api/alerts/{alert}/case",
        f"/api/residents/{resident}/fhir", "/api/lists/residents?format=csv", "/api/lists/alerts?format=csv",
        f"/api/residents/{resident}/visit_duty",
    )  # fmt: skip
    found = [client.get(path).text for path in paths]
    for path in ("reveal", "way_in/show", "sheet"):
        found.append(client.post(f"/api/residents/{resident}/{path}", json={"reason": "还想看看"}).text)
    with_ids = client.get(f"/api/residents/{resident}/contacts").json().get("contacts", [])
    for one in with_ids:
        found.append(client.post(f"/api/residents/{resident}/contacts/{one['id']}/call").text)
    return "\n".join(found)


def test_address_key_and_telephone_open_with_accepting_and_close_with_the_alert(
    centre: Centre, database: Database, wang: Wearer, resident: UUID
) -> None:
    alert = ring(database, wang)
    offer(database, alert, resident)
    with by_link(centre, database, "周阿姨", alert) as zhou, centre.operator("周阿姨") as logged_in:
        for client in (zhou, logged_in):
            assert seen_of(everywhere(client, alert, resident)) == set()
        says(zhou, alert, "accept")
        for client in (zhou, logged_in):
            assert seen_of(shows(client, alert)) == set(SECRETS)
        assert seen_of(logged_in.get("/api/offers").text) == {ADDRESS}
        with by_link(centre, database, "吴师傅", alert) as wu:
            assert "您无需再去" in shows(wu, alert)
            assert seen_of(everywhere(wu, alert, resident)) == set() and NAME not in shows(wu, alert)
        for act in ("arrive", "see", "helped"):
            says(zhou, alert, act)
        with centre.operator("李敏") as operator:
            operator.post(f"/api/alerts/{alert}/close", json={"outcome": "helped"}).raise_for_status()
        for client in (zhou, logged_in):
            assert seen_of(everywhere(client, alert, resident)) == set()
            page = shows(client, alert)
            assert "谢谢您" in page and "1 分钟" in page and NAME not in page


def test_a_responder_of_the_area_sees_where_only_while_they_are_on_it_also_after_handing_back(
    centre: Centre, database: Database, wang: Wearer, resident: UUID
) -> None:
    alert = ring(database, wang)
    chen, lin = account_of(database, "小陈"), account_of(database, "小林")
    with centre.operator("李敏") as seat, centre.operator("小陈") as first, centre.operator("小林") as second:

        def visible() -> tuple[set[str], set[str]]:
            return seen_of(everywhere(first, alert, resident)), seen_of(everywhere(second, alert, resident))

        def send(who: UUID) -> None:
            for step, body in (("answer", None), ("dispatch", {"responder_id": str(who)})):
                seat.post(f"/api/alerts/{alert}/{step}", json=body).raise_for_status()

        nothing: set[str] = set()
        assert visible() == (nothing, nothing)
        send(chen)
        assert visible() == (set(SECRETS), nothing)
        assert "指挥中心请您前往" in shows(first, alert)
        says(first, alert, "accept")
        says(first, alert, "decline")
        assert visible() == (nothing, nothing)
        send(lin)
        assert visible() == (nothing, set(SECRETS))
        assert "您无需再去" in shows(first, alert)
        seat.post(f"/api/alerts/{alert}/hand-back").raise_for_status()
        assert visible() == (nothing, nothing)
        send(chen)
        assert visible() == (set(SECRETS), nothing)
        for act in ("accept", "arrive", "see", "no_help_needed"):
            says(first, alert, act)
        assert visible() == (nothing, nothing)
        closed = seat.get(f"/api/alerts/{alert}").json()
        assert (closed["phase"], closed["outcome"], closed["closed_by_name"]) == ("closed", "no_help_needed", "小陈")
        told = [(line["name"], line["about"].split(":")[0]) for line in closed["told"] if line["name"]]
        assert ("小林", "relieved") in told


def test_every_view_and_everything_said_is_in_the_audit_log(
    centre: Centre, database: Database, wang: Wearer, resident: UUID
) -> None:
    alert = ring(database, wang)
    offer(database, alert, resident)
    with by_link(centre, database, "周阿姨", alert) as zhou:
        says(zhou, alert, "accept")
        says(zhou, alert, "accept", page=None)
        shows(zhou, alert)
    with database.transaction() as conn:
        lines = conn.execute(
            "SELECT account.username, action, resident_id, reason FROM audit JOIN account ON account.id = account_id"
            " ORDER BY audit.id"
        ).fetchall()
    assert lines == [
        ("周阿姨", "open link", resident, ""),
        ("周阿姨", "look call-out", resident, ""),
        ("周阿姨", "accept call-out", resident, ""),
        ("周阿姨", "look call-out with address", resident, ""),
        ("周阿姨", "accept call-out", resident, "already"),
    ]


def test_a_button_pressed_twice_counts_once_and_one_pressed_late_changes_nothing(
    centre: Centre, database: Database, wang: Wearer, resident: UUID
) -> None:
    alert = ring(database, wang)
    offer(database, alert, resident)
    with by_link(centre, database, "周阿姨", alert) as zhou, by_link(centre, database, "吴师傅", alert) as wu:
        lying_open = shows(wu, alert)
        assert "已记下。" in says(zhou, alert, "accept")
        assert "不用再点" in says(zhou, alert, "accept")
        late = says(wu, alert, "accept", page=lying_open)
        assert "情况已经变化" in late and "您无需再去" in late
        for act in ("arrive", "arrive", "see", "arrive", "see", "no_entry"):
            last = says(zhou, alert, act)
        assert "情况已经变化" in last and "老人怎么样" in last
        for _ in range(2):
            last = says(zhou, alert, "ambulance")
        assert "不用再点" in last and "已告诉指挥中心：需要救护车" in last
        assert "情况已经变化" in says(wu, alert, "decline", page=lying_open)
    with database.transaction() as conn:
        log = [row[0] for row in conn.execute("SELECT kind FROM alert_log WHERE alert_id = %s ORDER BY id", (alert,))]
    assert log == ["opened", "offer_accepted", "answer", "dispatch", "arrive", "see", "report"]


def test_what_a_neighbour_reports_asks_the_seat_until_somebody_there_does_something(
    centre: Centre, database: Database, wang: Wearer, resident: UUID
) -> None:
    alert = ring(database, wang)
    offer(database, alert, resident)
    with by_link(centre, database, "周阿姨", alert) as zhou, centre.operator("李敏") as seat:
        for act in ("accept", "arrive", "no_entry"):
            says(zhou, alert, act)
        found = seat.get(f"/api/alerts/{alert}").json()
        assert (found["report_what"], found["report_by_name"], found["report_asks"]) == ("no_entry", "周阿姨", True)
        assert [one["recipient"].split(":")[0] for one in found["told"] if one["about"] == "report:1"] == ["seat"]
        body = {"who": "family", "how": "phone", "result": "spoke"}
        assert seat.post(f"/api/alerts/{alert}/contact", json=body).json()["report_asks"] is False
        for act in ("see", "ambulance"):
            says(zhou, alert, act)
        assert seat.get(f"/api/alerts/{alert}").json()["report_asks"] is True
        assert "由中心办结" in says(zhou, alert, "helped")
        found = seat.get(f"/api/alerts/{alert}").json()
        assert (found["phase"], found["report_what"], found["report_asks"]) == ("person_seen", "helped", False)


def test_the_code_that_hangs_in_the_home_proves_the_arrival(
    centre: Centre, database: Database, wang: Wearer, resident: UUID
) -> None:
    with database.transaction() as conn:
        code = home_proofs.new_code(conn, resident)
    alert = ring(database, wang)
    offer(database, alert, resident)
    with by_link(centre, database, "周阿姨", alert) as zhou:
        says(zhou, alert, "accept")
        scanned = zhou.get(f"/respond/at/{code}")
        assert scanned.status_code == 200 and "已扫到家中二维码" in scanned.text
        assert zhou.get("/respond/at/another-code").status_code == 404
        says(zhou, alert, "arrive", page=scanned.text, code=code)
    with centre.visitor() as stranger:
        assert stranger.get(f"/respond/at/{code}").status_code == 401
    with database.transaction() as conn:
        row = conn.execute(
            "SELECT detail ->> 'proof' FROM alert_log WHERE alert_id = %s AND kind = 'arrive'", (alert,)
        ).fetchone()
    assert row == ("code",)


def test_a_link_opens_one_call_out_and_strangers_get_nothing(
    centre: Centre, database: Database, wang: Wearer, resident: UUID
) -> None:
    alert = ring(database, wang)
    offer(database, alert, resident)
    other = ring(database, wang, "smoke")
    offer(database, other, resident)
    with by_link(centre, database, "周阿姨", alert) as zhou:
        assert zhou.get(f"/respond/{other}").status_code == 404
        assert zhou.get("/respond").text.count("/respond/") == 1 + zhou.get("/respond").text.count("/respond/today")
        refused = zhou.post(f"/respond/{alert}/accept", data={"proof": "made-up"})
        assert refused.status_code == 403
        assert zhou.post(f"/respond/{alert}/dance", data={}).status_code == 422
        with database.transaction() as conn:
            conn.execute("UPDATE signed_link SET revoked_at = now()")
        assert zhou.get(f"/respond/{alert}").status_code == 410
    with centre.visitor() as stranger:
        assert {stranger.get(path).status_code for path in ("/respond", f"/respond/{alert}")} == {401}
    with centre.operator("小陈") as not_asked:
        assert not_asked.get(f"/respond/{alert}").status_code == 404

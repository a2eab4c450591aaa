"""Signed links: what opens them, what only fetches them, and how they end."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs
from uuid import UUID, uuid4

import pytest

from alerts import telling
from alerts.channels.build import channels_of
from alerts.channels.settings import ChannelSettings, TwilioSettings
from alerts.linking import PublicPages
from care.links import IN_A_MESSAGE, LinkPurpose, form_proof, read_ids, read_link, sign_ids, sign_link
from care.notices import Channel, Recipient
from care.people import Role
from dashboard.desk import Outside
from records.database import Database, connect
from records.login import accounts
from records.people import links, reach
from records.people.links import NewLink
from records.people.reach import Reach
from tests.centre import Centre, employ, id_of, open_centre
from tests.people import give
from tests.receiver import receiver
from tests.told import daughter, fall, put

DAY = datetime(2026, 11, 24, 4, tzinfo=UTC)
KEY = "a-key-for-the-tests-of-links-that-is-long"
AS_WECHAT = {
    "user-agent": "Mozilla/5.0 (Linux; Android 8.1.0; V1818A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0"
    " Chrome/86.0.4240.99 XWEB/4317 MMWEBSDK/20220105 Mobile Safari/537.36 MicroMessenger/8.0.19 Language/zh_CN"
}


@pytest.fixture
def centre(database_url: str) -> Iterator[Centre]:
    with open_centre(database_url, outside=Outside(public_url="https://ankang.example.org", link_key=KEY)) as running:
        yield running


def link_for(database: Database, resident: str = "王桂珍", lasting: timedelta = timedelta(days=1)) -> tuple[UUID, str]:
    """A link for the daughter of this resident, and the path that it is opened by."""
    contact = UUID(daughter(database, resident).id)
    with database.transaction() as conn:
        wanted = NewLink(LinkPurpose.FAMILY, lasting, contact_id=contact, resident_id=id_of(database, resident))
        made = links.make(conn, wanted, datetime.now(UTC))
    return made, f"/l/{sign_link(KEY, made)}"


def used(database: Database, link: UUID) -> datetime | None:
    with database.transaction() as conn:
        return links.some(conn, [link], datetime.now(UTC))[0].used_at


def everything(database: Database) -> list[object]:
    """What a link could change."""
    with database.transaction() as conn:
        rows: list[object] = list(conn.execute("SELECT to_jsonb(l) FROM signed_link l ORDER BY id"))
        for table in (
            "SELECT count(*) FROM audit",
            "SELECT count(*) FROM alert_log",
            "SELECT array_agg(to_jsonb(n) ORDER BY id) FROM notice n",
            "SELECT array_agg(to_jsonb(d) ORDER BY id) FROM delivery d",
        ):
            rows += conn.execute(table).fetchall()
        return rows


def test_what_we_signed_is_known_and_nothing_else() -> None:
    one, two = uuid4(), uuid4()
    assert read_link(KEY, sign_link(KEY, one)) == one
    assert read_link("another-key", sign_link(KEY, one)) is None
    assert read_link(KEY, sign_ids(KEY, "link", [one, two])) is None
    assert read_ids(KEY, "opened family", sign_ids(KEY, "opened family", [one, two])) == (one, two)
    assert read_ids(KEY, "opened family", sign_link(KEY, one)) == (), "a link is no cookie"
    for wrong in ("", ".", "x", str(one), sign_link(KEY, one)[:-2], "日本", f"{sign_link(KEY, one)}A"):
        assert read_link(KEY, wrong) is None, wrong
    assert form_proof(KEY, "person 1") != form_proof(KEY, "person 2")


def test_what_only_fetches_a_link_changes_nothing_and_learns_no_name(centre: Centre, database: Database) -> None:
    give(database, "王桂珍", "watch-1")
    link, path = link_for(database)
    before = everything(database)
    with centre.visitor() as previewer:
        for _ in range(3):
            answer = previewer.get(path, headers=AS_WECHAT)
            assert answer.status_code == 200 and "set-cookie" not in answer.headers
            assert "桂珍" not in answer.text and "李娜" not in answer.text
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert "form-action 'self'" in answer.headers["content-security-policy"]
        assert previewer.head(path).status_code == 405
    assert everything(database) == before
    assert used(database, link) is None


def test_a_tap_opens_it_and_the_audit_log_says_so(centre: Centre, database: Database) -> None:
    give(database, "王桂珍", "watch-1")
    link, path = link_for(database)
    with centre.visitor() as daughters:
        opened = daughters.post(path)
        assert opened.status_code == 303
        assert opened.headers["location"] == f"/family/{id_of(database, '王桂珍')}"
        cookie = opened.headers["set-cookie"]
        assert cookie.startswith("ankang-family=") and "HttpOnly" in cookie and "SameSite=lax" in cookie
    assert used(database, link) is not None
    with database.transaction() as conn:
        [(action, resident, subject, by)] = conn.execute(
            "SELECT action, resident_id, subject, by_user FROM audit"
        ).fetchall()
    assert (action, resident, subject) == ("open link", id_of(database, "王桂珍"), f"link {link}")
    assert by.startswith("contact:")


def test_a_wrong_an_expired_and_a_revoked_link_open_nothing(centre: Centre, database: Database) -> None:
    give(database, "王桂珍", "watch-1")
    link, path = link_for(database)
    with centre.visitor() as visitor:
        assert visitor.post(path[:-3] + "abc").status_code == 404
        assert visitor.get(f"/l/{sign_link(KEY, uuid4())}").status_code == 404
        with database.transaction() as conn:
            assert links.revoke(conn, [link], None, datetime.now(UTC)) == 1
        for answer in (visitor.get(path), visitor.post(path)):
            assert answer.status_code == 410 and "停用" in answer.text
        with database.transaction() as conn:
            conn.execute(
                "UPDATE signed_link SET revoked_at = NULL, made_at = made_at - interval '3 days',"
                " expires_at = expires_at - interval '2 days'"
            )
        answer = visitor.post(path)
        assert answer.status_code == 410 and "过期" in answer.text
        assert "expired" in visitor.get(f"{path}?lang=en").text


def test_whoever_guesses_is_slowed_down_and_the_right_one_still_gets_in(centre: Centre, database: Database) -> None:
    give(database, "王桂珍", "watch-1")
    _, path = link_for(database)
    with centre.visitor() as guesser:
        answers = [guesser.get(f"/l/guess-{number}") for number in range(25)]
        assert {answer.status_code for answer in answers} == {404, 429}
        assert int(answers[-1].headers["retry-after"]) > 0
        assert guesser.post(path).status_code == 303


def test_another_site_can_not_open_it_for_somebody(centre: Centre, database: Database) -> None:
    give(database, "王桂珍", "watch-1")
    _, path = link_for(database)
    with centre.visitor() as visitor:
        assert visitor.post(path, headers={"origin": "https://elsewhere.example"}).status_code == 403
        foreign = {"origin": "null", "sec-fetch-site": "cross-site"}
        assert visitor.post(path, headers=foreign).status_code == 403
        ours = {"origin": "null", "sec-fetch-site": "same-origin"}
        assert visitor.post(path, headers=ours).status_code == 303
        assert visitor.post(path, headers={"origin": "null"}).status_code == 303, "an old telephone"
        assert visitor.post("/api/session", headers={"origin": "null"}).status_code == 403


def test_staff_make_a_link_show_it_once_and_take_it_back(centre: Centre, database: Database) -> None:
    give(database, "王桂珍", "watch-1")
    contact = daughter(database, "王桂珍").id
    employ(database, "李敏")
    at = f"/api/residents/{id_of(database, '王桂珍')}/links"
    with centre.operator("李敏") as operator, centre.visitor() as visitor:
        made = operator.post(at, json={"contact_id": contact, "days": 3})
        assert made.status_code == 201
        assert made.json()["svg"].startswith("<svg")
        path = made.json()["url"].removeprefix("https://ankang.example.org")
        [listed] = operator.get(at).json()["links"]
        assert (listed["who"], listed["live"], listed["made_by_name"]) == ("李娜", True, "李敏")
        assert path.removeprefix("/l/") not in operator.get(at).text
        assert visitor.post(path).status_code == 303
        assert operator.post(f"{at}/{listed['id']}/revoke").json()["links"][0]["live"] is False
        assert operator.post(f"{at}/{listed['id']}/revoke").status_code == 404
        assert visitor.post(path).status_code == 410
        assert operator.post(at, json={"contact_id": str(uuid4())}).status_code == 404
        assert operator.post(at, json={"contact_id": contact, "days": 400}).status_code == 422
    with database.transaction() as conn:
        assert path.removeprefix("/l/") not in str(everything(database))
        assert conn.execute("SELECT count(*) FROM audit WHERE action LIKE 'POST%links%'").fetchone() == (5,)


def test_a_link_of_an_account_ends_with_the_trust_and_with_the_account(database: Database) -> None:
    give(database, "王桂珍", "watch-1")
    resident, now = id_of(database, "王桂珍"), datetime.now(UTC)
    employ(database, "王芳", role=Role.FAMILY)
    with database.transaction() as conn:
        [(account,)] = conn.execute("SELECT id FROM account WHERE username = '王芳'").fetchall()
        link = links.make(
            conn, NewLink(LinkPurpose.FAMILY, timedelta(days=1), account_id=account, resident_id=resident), now
        )
        assert [one.live for one in links.some(conn, [link], now)] == [False], "nobody has entrusted her"
        conn.execute("INSERT INTO account_resident VALUES (%s, %s)", (account, resident))
        assert [one.live for one in links.some(conn, [link], now)] == [True]
        conn.execute("UPDATE account SET disabled = true")
        assert [one.live for one in links.some(conn, [link], now)] == [False]


def test_each_try_of_a_message_carries_the_same_link(database: Database) -> None:
    give(database, "王桂珍", "watch-1")
    contact, now = UUID(daughter(database, "王桂珍").id), datetime.now(UTC)
    wanted = NewLink(LinkPurpose.FAMILY, timedelta(days=7), contact_id=contact, resident_id=id_of(database, "王桂珍"))
    with database.transaction() as conn:
        first = links.for_message(conn, wanted, now)
        assert links.for_message(conn, wanted, now) == first
        links.revoke(conn, [first], None, now)
        assert links.for_message(conn, wanted, now) != first


def test_messages_to_the_family_carry_a_link_that_opens_the_page_and_those_to_staff_do_not(database: Database) -> None:
    alert = fall(database)
    with receiver() as server:
        hook = f"http://127.0.0.1:{server.server_address[1]}/hook"
        hers = daughter(database, "王桂珍", Reach(Channel.WEBHOOK, hook))
        with database.transaction() as conn:
            station = Recipient.account(accounts.create_account(conn, "站点", "long-enough", Role.STATION_WORKER))
            reach.add_reach(conn, station, Reach(Channel.WEBHOOK, f"{hook}/station"))
        for who in (hers, station):
            put(database, alert, who, DAY)
        settings = ChannelSettings(webhook_secret="secret-of-the-tests")
        with connect(database.url, autocommit=True) as conn:
            telling.turn(conn, channels_of(settings), DAY, PublicPages("https://ankang.example.org/", KEY))
    sent = {path: json.loads(body)["url"] for path, _, body in server.got}
    assert sent["/hook/station"] == ""
    base, _, token = sent["/hook"].rpartition("/l/")
    link = read_link(KEY, token)
    assert base == "https://ankang.example.org" and link is not None
    with database.transaction() as conn:
        [made] = links.some(conn, [link], DAY)
        assert (made.resident_id, made.alert_id) == (id_of(database, "王桂珍"), alert)
        assert made.made_by_name is None and made.expires_at == DAY + IN_A_MESSAGE
        [(kept,)] = conn.execute("SELECT string_agg(to_jsonb(l)::text, '') FROM signed_link l").fetchall()
    assert token not in kept


def test_the_link_stands_in_what_is_read_and_not_in_what_is_spoken(database: Database) -> None:
    alert = fall(database)
    with receiver() as twilio:
        twilio.body = b'{"sid": "SM1"}'
        settings = ChannelSettings(twilio=TwilioSettings("AC1", "token", "+15550100", twilio.url))
        ways = Reach(Channel.SMS, "+8613855512345"), Reach(Channel.VOICE, "+8613855512345", position=2)
        put(database, alert, daughter(database, "王桂珍", *ways), DAY)
        pages = PublicPages("https://ankang.example.org", KEY)
        with connect(database.url, autocommit=True) as conn:
            telling.turn(conn, channels_of(settings), DAY, pages)
            telling.turn(conn, channels_of(settings), DAY + timedelta(seconds=31), pages)
    (_, _, sms), (_, _, call) = twilio.got
    assert "https://ankang.example.org/l/" in parse_qs(sms.decode())["Body"][0]
    assert "/l/" not in parse_qs(call.decode())["Twiml"][0]


def test_whoever_is_asked_to_go_there_gets_a_link_to_the_call_out(database: Database) -> None:
    alert = fall(database)
    with receiver() as server:
        with database.transaction() as conn:
            neighbour = accounts.create_account(conn, "赵大姐", "long-enough", Role.RESPONDER)
            hook = f"http://127.0.0.1:{server.server_address[1]}/hook"
            reach.add_reach(conn, Recipient.account(neighbour), Reach(Channel.WEBHOOK, hook))
        put(database, alert, Recipient.account(neighbour), DAY, "offer")
        settings = ChannelSettings(webhook_secret="secret-of-the-tests")
        with connect(database.url, autocommit=True) as conn:
            telling.turn(conn, channels_of(settings), DAY, PublicPages("https://ankang.example.org", KEY))
    ((_, _, body),) = server.got
    link = read_link(KEY, json.loads(body)["url"].rpartition("/l/")[2])
    assert link is not None
    with database.transaction() as conn:
        [made] = links.some(conn, [link], DAY)
    assert (made.purpose, made.account_id, made.alert_id) == (LinkPurpose.RESPONDER, neighbour, alert)

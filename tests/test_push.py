"""Web Push to a push service: only that browser can read it, our key signs it, and who is gone is forgotten."""

from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from http_ece import ECEException

from alerts.channels.push import make_key, public_key
from alerts.channels.settings import ChannelSettings
from care.notices import Channel, Recipient
from care.people import Role
from records.clock import utc_now
from records.database import Database
from records.login import accounts
from records.people import reach
from records.people.reach import Reach
from records.telling import notices
from tests.people import NOW
from tests.push_service import Browser, push_service, vapid
from tests.receiver import receiver
from tests.told import daughter, fall, put, states, turn

KEY = make_key()
SETTINGS = ChannelSettings(push_key=KEY, push_contact="mailto:ankang@example.org")


def browser_of(database: Database, browser: Browser, language: str = "en") -> Recipient:
    """An account whose browser has subscribed."""
    with database.transaction() as conn:
        who = Recipient.account(accounts.create_account(conn, "station", "long-enough", Role.STATION_WORKER))
        reach.add_reach(conn, who, Reach(Channel.PUSH, browser.subscription.written(), language=language))
    return who


def test_a_browser_reads_what_it_is_told_and_sees_by_the_signature_who_tells_it(database: Database) -> None:
    with push_service() as (server, browser):
        alert_id = fall(database)
        put(database, alert_id, browser_of(database, browser), NOW)
        turn(database, SETTINGS, NOW)
    ((path, headers, body),) = server.got
    assert path == "/push/one" and states(database, alert_id) == [("raised", "push", "sent")]
    said = browser.reads(headers, body)
    assert (said["alert"], said["title"]) == (str(alert_id), "Fall: 王桂珍")
    assert b"\xe7\x8e\x8b" not in body, "on the way nobody can read the name"
    claims, key = vapid(headers)
    assert key == public_key(KEY)
    assert claims["aud"] == server.url and claims["sub"] == "mailto:ankang@example.org"
    assert utc_now().timestamp() < claims["exp"] <= utc_now().timestamp() + 24 * 3600  # RFC 8292: 24 h at most
    assert headers["urgency"] == "high" and int(headers["ttl"]) > 0
    with database.transaction() as conn:
        (line,) = notices.told(conn, alert_id)
    assert headers["topic"] == line.notice_id.hex


def test_another_browser_cannot_read_it_and_a_forged_signature_is_noticed(database: Database) -> None:
    with push_service() as (server, browser):
        put(database, fall(database), browser_of(database, browser), NOW)
        turn(database, SETTINGS, NOW)
    ((_, headers, body),) = server.got
    with pytest.raises(ECEException):
        Browser(browser.endpoint).reads(headers, body)
    token, _, key = headers["authorization"].partition(",")
    forged = {"authorization": f"{token[:-8]}AAAAAAAA,{key}"}
    with pytest.raises(InvalidSignature):
        vapid(forged)


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten_and_the_next_address_is_used_at_once(
    database: Database, status: int
) -> None:
    with push_service() as (server, browser), receiver() as hook:
        server.status = status
        alert_id, who = fall(database), browser_of(database, browser)
        with database.transaction() as conn:
            reach.add_reach(conn, who, Reach(Channel.WEBHOOK, hook.url, position=2))
        put(database, alert_id, who, NOW)
        turn(database, SETTINGS, NOW)
        assert states(database, alert_id) == [("raised", "push", "failed"), ("raised", "webhook", "sent")]
        with database.transaction() as conn:
            assert [one.channel for one in reach.reach_of(conn, who)] == ["webhook"]
        put(database, alert_id, who, NOW, "escalated:2")
        turn(database, SETTINGS, NOW)
        assert (len(server.got), len(hook.got)) == (1, 2)


def test_a_push_service_that_is_down_is_tried_again_and_keeps_its_browser(database: Database) -> None:
    with push_service() as (server, browser):
        server.status = 503
        alert_id, who = fall(database), browser_of(database, browser)
        put(database, alert_id, who, NOW)
        turn(database, SETTINGS, NOW)
        server.status = 201
        turn(database, SETTINGS, NOW + timedelta(seconds=5))
        assert states(database, alert_id)[0] == ("raised", "push", "sent")
        with database.transaction() as conn:
            assert len(reach.reach_of(conn, who)) == 1


def test_a_browser_belongs_to_whoever_subscribed_last(database: Database) -> None:
    browser = Browser("https://push.example.org/one")
    first = browser_of(database, browser)
    second = daughter(database, "王桂珍") if fall(database) else first
    with database.transaction() as conn:
        reach.add_reach(conn, second, Reach(Channel.PUSH, browser.subscription.written()))
        assert reach.reach_of(conn, first) == []
        assert [one.address for one in reach.reach_of(conn, second)] == ["push.example.org"]
        again = Browser(browser.endpoint)  # with new keys
        reach.add_reach(conn, second, Reach(Channel.PUSH, again.subscription.written()))
        assert len(reach.reach_of(conn, second)) == 1

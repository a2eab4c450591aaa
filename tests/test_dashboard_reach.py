"""Where people are reached, and what residents consented to, over HTTP; and the word of a provider that calls back."""

import json
from collections.abc import Iterator
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx2
import pytest

from alerts.channels.settings import ChannelSettings, TwilioSettings
from care.addresses import checked
from care.notices import Channel, Recipient
from care.people import Role
from care.receipts import twilio_signature
from dashboard.desk import Outside
from records.clock import utc_now
from records.database import Database
from records.people.reach import Reach
from records.telling import notices
from tests.centre import Centre, employ, id_of, open_centre
from tests.people import NOW
from tests.push_service import Browser
from tests.receiver import receiver
from tests.told import daughter, fall, put, turn

PUBLIC, TOKEN = "https://ankang.example.org", "the-account-s-token"


@pytest.fixture
def centre(database_url: str) -> Iterator[Centre]:
    with open_centre(database_url, outside=Outside(public_url=PUBLIC, twilio_token=TOKEN)) as running:
        yield running


def audited(database: Database) -> list[tuple[str, str, str]]:
    with database.transaction() as conn:
        return conn.execute("SELECT action, subject, reason FROM audit ORDER BY id").fetchall()


def test_one_s_own_addresses_are_entered_kept_in_order_and_struck_off(
    operator: httpx2.Client, database: Database
) -> None:
    sms = {"channel": "sms", "address": "138 5551 2345", "position": 2}
    made = operator.post("/api/reach", json=sms)
    assert made.status_code == 201 and made.json()["secret"] is None
    hook = {"channel": "webhook", "address": "https://example.org/hook", "quiet_from": "23:00"}
    made_hook = operator.post("/api/reach", json=hook).json()
    assert len(made_hook["secret"]) > 30
    assert operator.post("/api/reach", json=hook | {"language": "en"}).json()["secret"] is None, "shown once"
    listed = operator.get("/api/reach").json()["addresses"]
    assert [(one["channel"], one["address"], one["language"]) for one in listed] == [
        ("webhook", "https://example.org/hook", "en"), ("sms", "+8613855512345", "zh-CN"),
    ]  # fmt: skip
    assert operator.delete(f"/api/reach/{made.json()['id']}").status_code == 204
    assert operator.delete(f"/api/reach/{made.json()['id']}").status_code == 404
    lines = [line for line in audited(database) if "address" in line[0]]
    assert [(action, reason) for action, _, reason in lines] == [
        ("add address", "sms"), ("add address", "webhook"), ("add address", "webhook"), ("strike address", ""),
    ]  # fmt: skip
    assert not any("138" in " ".join(line) or "example.org" in " ".join(line) for line in lines)


def test_another_one_s_address_is_not_there(centre: Centre, database: Database) -> None:
    employ(database, "李敏", "张强")
    with centre.operator("李敏") as mine, centre.operator("张强") as theirs:
        made = mine.post("/api/reach", json={"channel": "email", "address": "limin@example.org"}).json()
        assert theirs.get("/api/reach").json() == {"addresses": []}
        assert theirs.delete(f"/api/reach/{made['id']}").status_code == 404
        assert len(mine.get("/api/reach").json()["addresses"]) == 1


@pytest.mark.parametrize(
    ("channel", "address", "field"),
    [
        ("sms", "0555 1234567", "address"),
        ("sms", "12345", "address"),
        ("email", "not one", "address"),
        ("webhook", "http://example.org/hook", "address"),
        ("webhook", "https://169.254.169.254/latest", "address"),
        ("webhook", "https://localhost/hook", "address"),
        ("webhook", "https://[::1]/hook", "address"),
        ("webhook", "https://2130706433/hook", "address"),
        ("webhook", "https://example.org:99999/hook", "address"),
        ("push", "{}", "channel"),
        ("apprise", "ntfys://server/topic", "channel"),
        ("canary", "canary", "channel"),
    ],
)
def test_what_is_no_address_is_refused_with_the_fix_and_not_repeated(
    operator: httpx2.Client, channel: str, address: str, field: str
) -> None:
    answer = operator.post("/api/reach", json={"channel": channel, "address": address})
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert address not in answer.json()["detail"].replace("https://", "") or channel == "canary"


def test_a_subscription_with_keys_that_are_none_is_refused() -> None:
    right = Browser("https://push.example.org/1").subscription.written()
    assert checked(Channel.PUSH, right) == right
    keys = json.loads(right)["keys"]
    wrong_keys = (
        right.replace("auth", "other"),
        right.replace(keys["p256dh"], "AAAA"),
        right.replace(keys["auth"], "*"),
    )
    for wrong in (*wrong_keys, right.replace("https", "http"), "[]", "1", "nothing"):
        with pytest.raises(ValueError, match="address:"):
            checked(Channel.PUSH, wrong)


def test_a_contact_s_addresses_are_masked_and_only_of_residents_in_one_s_care(
    centre: Centre, database: Database
) -> None:
    fall(database)
    contact = UUID(daughter(database, "王桂珍").id)
    resident = id_of(database, "王桂珍")
    employ(database, "李敏")
    employ(database, "doctor", role=Role.DOCTOR)
    path = f"/api/residents/{resident}/contacts"
    with centre.operator("李敏") as operator, centre.operator("doctor") as stranger:
        new = {"channel": "email", "address": "lina@example.org"}
        made = operator.post(f"{path}/{contact}/reach", json=new)
        assert made.status_code == 201
        (shown,) = operator.get(path).json()["contacts"]
        assert (shown["name"], shown["phone"]) == ("李娜", "138****2345")
        assert [one["address"] for one in shown["addresses"]] == ["l***@example.org"]
        assert stranger.get(path).status_code == 404
        assert stranger.post(f"{path}/{contact}/reach", json=new).status_code == 403
        assert operator.post(f"{path}/{uuid4()}/reach", json=new).status_code == 404
        pages = {"channel": "pages", "address": "pages"}
        assert operator.post(f"{path}/{contact}/reach", json=pages).json()["field"] == "channel"
        assert operator.delete(f"{path}/{contact}/reach/{made.json()['id']}").status_code == 204
        assert operator.get(path).json()["contacts"][0]["addresses"] == []
    with database.transaction() as conn:
        rows = conn.execute("SELECT action FROM audit WHERE resident_id = %s ORDER BY id", (resident,)).fetchall()
    actions = [row[0].split(" ")[0] for row in rows if "reach" in row[0]]
    assert {"POST", "DELETE", "refused"} <= set(actions)


def test_a_consent_is_noted_with_its_evidence_and_withdrawn(operator: httpx2.Client, database: Database) -> None:
    fall(database)
    path = f"/api/residents/{id_of(database, '王桂珍')}/consents"
    assert operator.post(path, json={"channel": "sms", "evidence": " "}).json()["field"] == "evidence"
    assert operator.post(path, json={"channel": "pages", "evidence": "form"}).json()["field"] == "channel"
    given = operator.post(path, json={"channel": "sms", "evidence": "form of 2026-11-20"})
    assert given.status_code == 201 and given.json()["consents"][0]["noted_by"] == "operator"
    assert operator.post(path, json={"channel": "sms", "evidence": "again"}).status_code == 409
    (withdrawn,) = operator.post(f"{path}/sms/withdraw").json()["consents"]
    assert withdrawn["withdrawn_by"] == "operator" and withdrawn["withdrawn_at"]
    assert operator.post(f"{path}/sms/withdraw").status_code == 404
    assert len(operator.get(path).json()["consents"]) == 1


def told_by_twilio(database: Database) -> tuple[UUID, str]:
    """An SMS that Twilio has taken: the alert, and where Twilio was asked to call back."""
    with receiver() as server:
        server.body = b'{"sid": "SM1"}'
        alert_id, who = fall(database), daughter(database, "王桂珍", Reach(Channel.SMS, "+8613855512345"))
        settings = TwilioSettings("AC1", TOKEN, "+15550100", server.url, f"{PUBLIC}/api/receipts/twilio")
        put(database, alert_id, who, NOW)
        turn(database, ChannelSettings(twilio=settings), NOW)
    ((_, _, body),) = server.got
    fields = dict(part.split("=", 1) for part in body.decode().split("&"))
    return alert_id, httpx2.QueryParams(f"x={fields['StatusCallback']}")["x"]


def call_back(centre: Centre, url: str, signed_with: str = TOKEN, **form: str) -> int:
    """What Twilio does."""
    signature = twilio_signature(signed_with, url, list(form.items()))
    headers = {"x-twilio-signature": signature, "content-type": "application/x-www-form-urlencoded"}
    with centre.visitor() as twilio:
        answer = twilio.post(url.removeprefix(PUBLIC), content=urlencode(form), headers=headers)
        return answer.status_code


def state(database: Database, alert_id: UUID) -> tuple[str, str, str]:
    with database.transaction() as conn:
        line = notices.told(conn, alert_id)[0]
    return str(line.state), str(line.notice_state), str(line.delivery_why)


def test_twilio_says_by_itself_what_became_of_a_message(centre: Centre, database: Database) -> None:
    alert_id, url = told_by_twilio(database)
    assert call_back(centre, url, MessageSid="SM1", MessageStatus="sent") == 204
    assert state(database, alert_id) == ("sent", "sent", "")
    assert call_back(centre, url, MessageSid="SM1", MessageStatus="delivered") == 204
    assert state(database, alert_id) == ("delivered", "delivered", "")
    assert call_back(centre, url, MessageSid="SM1", MessageStatus="undelivered", ErrorCode="30003") == 204
    assert state(database, alert_id)[0] == "delivered", "late words lower nothing"
    assert call_back(centre, url, MessageSid="SM1", MessageStatus="read") == 204
    assert state(database, alert_id) == ("read", "read", "")


def test_what_twilio_could_not_deliver_is_passed_on_with_its_reason(centre: Centre, database: Database) -> None:
    alert_id, url = told_by_twilio(database)
    assert call_back(centre, url, MessageSid="SM1", MessageStatus="undelivered", ErrorCode="30003") == 204
    assert state(database, alert_id)[::2] == ("failed", "Twilio says undelivered (30003)")
    turn(database, ChannelSettings(), utc_now())
    with database.transaction() as conn:
        assert [line.about for line in notices.told(conn, alert_id)] == ["raised", "unreached"]


def test_only_what_twilio_has_signed_for_this_address_counts(centre: Centre, database: Database) -> None:
    alert_id, url = told_by_twilio(database)
    assert call_back(centre, url, "another-token", MessageStatus="delivered") == 403
    another = f"{PUBLIC}/api/receipts/twilio/{int(url.rpartition('/')[2]) + 1}"
    signature = twilio_signature(TOKEN, another, [("MessageStatus", "delivered")])
    with centre.visitor() as forger:
        headers = {"x-twilio-signature": signature, "content-type": "application/x-www-form-urlencoded"}
        answer = forger.post(url.removeprefix(PUBLIC), content="MessageStatus=delivered", headers=headers)
        assert answer.status_code == 403
        assert forger.post(url.removeprefix(PUBLIC)).status_code == 403
    assert state(database, alert_id)[0] == "sent"


def test_who_sits_at_the_pages_may_say_that_they_are_told_there(operator: httpx2.Client, database: Database) -> None:
    made = operator.post("/api/reach", json={"channel": "pages", "address": "pages"})
    assert made.status_code == 201
    with database.transaction() as conn:
        row = conn.execute("SELECT id FROM account WHERE username = 'operator'").fetchone()
    assert row is not None
    alert_id = fall(database)
    put(database, alert_id, Recipient.account(row[0]), NOW)
    turn(database, ChannelSettings(), NOW)
    assert state(database, alert_id)[:2] == ("sent", "sent")
    operator.post(f"/api/alerts/{alert_id}/answer").raise_for_status()
    assert state(database, alert_id)[:2] == ("read", "read")

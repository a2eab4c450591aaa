"""What providers say became of a message: Aliyun when it is asked, Twilio by itself, and what follows from it."""

import json
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from alerts.channels.settings import AliyunSettings, ChannelSettings
from care.notices import Channel, State
from care.receipts import GIVE_UP_AFTER, aliyun_call_receipt, next_ask, twilio_receipt, twilio_signature
from records.database import Database
from records.people.reach import Reach
from records.telling import notices
from records.telling.notices import Told
from tests.people import NOW
from tests.receiver import Receiver, receiver
from tests.told import daughter, fall, put, turn

SECOND = timedelta(seconds=1)


class Aliyun:
    """Takes SMS and calls, and says what became of them when it is asked."""

    def __init__(self, server: Receiver) -> None:
        self.asked: list[dict[str, str]] = []
        self.detail: Mapping[str, object] | None = None
        server.answer = self.answer
        self.settings = ChannelSettings(
            aliyun=AliyunSettings(
                "id", "secret", "安康", "SMS_1", voice_template="TTS_1", sms_url=server.url, voice_url=server.url
            )
        )

    def answer(self, path: str, headers: dict[str, str], _: bytes) -> tuple[int, bytes]:
        """As the documentation of each action shows it."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        self.asked.append({"action": headers["x-acs-action"]} | query)
        said: dict[str, object] = {"Code": "OK"}
        match headers["x-acs-action"]:
            case "SendSms":
                said["BizId"] = "134523^4351232"
            case "SingleCallByTts":
                said["CallId"] = "113853585007^100675005007"
            case "QuerySendDetails":
                found = [] if self.detail is None else [self.detail]
                said |= {"TotalCount": str(len(found)), "SmsSendDetailDTOs": {"SmsSendDetailDTO": found}}
            case "QueryCallDetailByCallId" if self.detail is not None:
                said["Data"] = json.dumps(self.detail)
        return 200, json.dumps(said).encode()

    def actions(self) -> list[str]:
        """What it was asked for, in order."""
        return [one["action"] for one in self.asked]


def lines(database: Database, alert_id: object) -> list[Told]:
    with database.transaction() as conn:
        return notices.told(conn, alert_id)  # type: ignore[arg-type]


def test_an_sms_is_delivered_when_aliyun_says_so(database: Database) -> None:
    with receiver() as server:
        aliyun = Aliyun(server)
        alert_id = fall(database)
        put(database, alert_id, daughter(database, "王桂珍", Reach(Channel.SMS, "+8613855512345")), NOW)
        turn(database, aliyun.settings, NOW)
        turn(database, aliyun.settings, NOW + 14 * SECOND)
        assert aliyun.actions() == ["SendSms"]
        aliyun.detail = {"SendStatus": 1, "ErrCode": ""}
        turn(database, aliyun.settings, NOW + 15 * SECOND)
        assert lines(database, alert_id)[0].state == "sent"
        turn(database, aliyun.settings, NOW + 44 * SECOND)
        aliyun.detail = {"SendStatus": 3, "ErrCode": "DELIVERED", "ReceiveDate": "2026-11-23 20:00:40"}
        turn(database, aliyun.settings, NOW + 45 * SECOND)
        (line,) = lines(database, alert_id)
        assert (line.state, line.notice_state, line.delivered_at) == ("delivered", "delivered", NOW + 45 * SECOND)
        turn(database, aliyun.settings, NOW + timedelta(hours=1))
        assert aliyun.actions() == ["SendSms", "QuerySendDetails", "QuerySendDetails"]
        asked = aliyun.asked[1]
        assert (asked["PhoneNumber"], asked["BizId"], asked["SendDate"]) == (
            "13855512345", "134523^4351232", "20261123",
        )  # fmt: skip


def test_where_an_sms_did_not_arrive_its_reason_is_kept_and_they_are_called(database: Database) -> None:
    with receiver() as server:
        aliyun = Aliyun(server)
        alert_id = fall(database)
        ways = (Reach(Channel.SMS, "+8613855512345"), Reach(Channel.VOICE, "+8613855512345", position=2))
        put(database, alert_id, daughter(database, "王桂珍", *ways), NOW)
        turn(database, aliyun.settings, NOW)
        aliyun.detail = {"SendStatus": 2, "ErrCode": "MOBILE_SEND_LIMIT"}
        turn(database, aliyun.settings, NOW + 15 * SECOND)
        sms, call = lines(database, alert_id)
        assert (sms.state, sms.delivery_why) == ("failed", "Aliyun says MOBILE_SEND_LIMIT")
        assert (call.channel, call.state, call.provider) == ("voice", "sent", "aliyun-voice")
        rang = next(one for one in aliyun.asked if one["action"] == "SingleCallByTts")
        assert rang["CalledNumber"] == "13855512345" and "王桂珍" in rang["TtsParam"]
        aliyun.detail = {"state": "200010", "duration": 0, "endDate": "2026-11-23 20:01:00"}
        turn(database, aliyun.settings, NOW + 30 * SECOND)
        assert lines(database, alert_id)[1].delivery_why == "Aliyun says 200010"
        assert [line.about for line in lines(database, alert_id)] == ["raised", "raised", "unreached"]
        asked = next(one for one in aliyun.asked if one["action"] == "QueryCallDetailByCallId")
        assert (asked["CallId"], asked["ProdId"]) == ("113853585007^100675005007", "11000000300006")


def test_an_sms_that_has_arrived_and_is_not_answered_is_followed_by_a_call(database: Database) -> None:
    with receiver() as server:
        aliyun = Aliyun(server)
        aliyun.detail = {"SendStatus": 3, "ErrCode": "DELIVERED"}
        alert_id = fall(database)
        ways = (Reach(Channel.SMS, "+8613855512345"), Reach(Channel.VOICE, "+8613855512345", position=2))
        put(database, alert_id, daughter(database, "王桂珍", *ways), NOW)
        for seconds in (0, 15, 29):
            turn(database, aliyun.settings, NOW + seconds * SECOND)
        assert [line.state for line in lines(database, alert_id)] == ["delivered"]
        turn(database, aliyun.settings, NOW + 30 * SECOND)
        assert [line.channel for line in lines(database, alert_id)] == ["sms", "voice"]


def test_a_call_that_lasted_was_taken(database: Database) -> None:
    with receiver() as server:
        aliyun = Aliyun(server)
        alert_id = fall(database)
        put(database, alert_id, daughter(database, "王桂珍", Reach(Channel.VOICE, "055512345678")), NOW)
        turn(database, aliyun.settings, NOW)
        aliyun.detail = {"state": "200000", "duration": 21, "endDate": "2026-11-23 20:00:30"}
        turn(database, aliyun.settings, NOW + 15 * SECOND)
        assert lines(database, alert_id)[0].state == "delivered"
    assert aliyun.asked[0]["CalledNumber"] == "055512345678" and aliyun.asked[0]["TtsCode"] == "TTS_1"


def test_a_provider_without_a_word_is_asked_less_and_less_and_after_a_day_no_more(database: Database) -> None:
    with receiver() as server:
        aliyun = Aliyun(server)
        alert_id = fall(database)
        put(database, alert_id, daughter(database, "王桂珍", Reach(Channel.SMS, "13855512345")), NOW)
        for hours in range(50):
            turn(database, aliyun.settings, NOW + timedelta(hours=hours))
    assert len(aliyun.asked) < 15 and lines(database, alert_id)[0].state == "sent"
    waits = [next_ask(asks) for asks in range(20)]
    assert waits[:3] == [15 * SECOND, 30 * SECOND, 60 * SECOND] and waits[-1] is None
    assert all(wait is None or wait <= GIVE_UP_AFTER for wait in waits)


def test_a_call_that_goes_on_has_no_receipt_yet() -> None:
    assert aliyun_call_receipt({"state": "", "duration": 0, "endDate": ""}) is None


def test_twilio_s_signature_is_that_of_its_documentation() -> None:
    form = [
        ("CallSid", "CA1234567890ABCDE"), ("Caller", "+12349013030"), ("Digits", "1234"), ("From", "+12349013030"),
        ("To", "+18005551212"),
    ]  # fmt: skip
    signed = twilio_signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", form[::-1])
    assert signed == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


def test_of_twilio_s_words_only_those_count_that_say_something_new() -> None:
    assert twilio_receipt({"MessageStatus": "queued"}) is None and twilio_receipt({}) is None
    failed = twilio_receipt({"MessageStatus": "undelivered", "ErrorCode": "30003"})
    assert failed is not None and (failed.state, failed.why) == (State.FAILED, "Twilio says undelivered (30003)")
    busy = twilio_receipt({"CallStatus": "busy", "ErrorCode": "<script>"})
    assert busy is not None and busy.why == "Twilio says busy"

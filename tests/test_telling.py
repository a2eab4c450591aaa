"""From the outbox to real servers: SMTP, HTTP, a provider that is down, four senders at once, and a proof of life."""

import hashlib
import hmac
import json
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from alerts import sender, telling
from alerts.channels.aliyun import AliyunKey, authorization, query_string
from alerts.channels.build import channels_of
from alerts.channels.settings import AliyunSettings, ChannelSettings, TwilioSettings
from care.alerts import Outcome, Step
from care.notices import Channel, Recipient
from care.people import Role
from care.rules import RULES
from launch.ports import free_port
from records import canary, health
from records import database as database_module
from records.database import Database
from records.judging import alert_steps, alerts
from records.judging.alert_steps import Particulars
from records.judging.alerts import Opening
from records.login import accounts
from records.people import consents, reach
from records.people.reach import Reach
from records.telling import deliveries, leases, notices
from records.telling.notices import Notice
from tests.centre import id_of, ring
from tests.conftest import open_to_all
from tests.mailbox import mail_server
from tests.people import NOW, give
from tests.receiver import receiver
from tests.told import close, daughter, fall, put, states, turn
from tests.whole import eventually, whole_ankang

SECRET = "a-secret-for-the-tests"
DAY = NOW  # 20:00 in Shanghai: nobody is asleep
NIGHT = NOW + timedelta(hours=4)


def test_a_real_mail_server_gets_the_fall_and_its_end(database: Database) -> None:
    port = free_port()
    with mail_server(port) as mailbox:
        settings = ChannelSettings(smtp_url=f"smtp://127.0.0.1:{port}", smtp_from="ankang@example.org")
        alert_id = fall(database)
        who = daughter(database, "王桂珍", Reach(Channel.EMAIL, "lina@example.org", language="en"))
        put(database, alert_id, who, DAY)
        turn(database, settings, DAY)
        close(database, alert_id, DAY)
        turn(database, settings, DAY)
    assert states(database, alert_id) == [("raised", "email", "sent"), ("ended", "email", "sent")]
    assert (
        mailbox.subjects == ["Fall: 王桂珍", "It is over: Fall, 王桂珍"] and "To: lina@example.org" in mailbox.mails[0]
    )


def test_a_webhook_is_signed_over_its_time_and_body(database: Database) -> None:
    with receiver() as server:
        alert_id, who = fall(database), daughter(database, "王桂珍")
        with database.transaction() as conn:
            secret = reach.add_reach(conn, who, Reach(Channel.WEBHOOK, f"{server.url}/hook")).secret
            assert reach.add_reach(conn, who, Reach(Channel.WEBHOOK, f"{server.url}/hook")).secret == ""
        put(database, alert_id, who, DAY)
        turn(database, ChannelSettings(webhook_secret=SECRET), DAY)
    ((path, headers, body),) = server.got
    parts = dict(part.split("=", 1) for part in headers["x-ankang-signature"].split(","))
    expected = hmac.new(secret.encode(), parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert (path, parts["v1"]) == ("/hook", expected)
    said = json.loads(body)
    assert said["text"] == "【安康】王桂珍于11月23日20:00发生跌倒。指挥中心已收到告警。"
    assert said["id"] == headers["x-ankang-id"]


def test_a_provider_that_is_down_is_tried_again_and_the_next_contact_is_told_at_once(database: Database) -> None:
    dead = f"http://127.0.0.1:{free_port()}"
    with receiver() as server:
        alert_id = fall(database)
        first = daughter(database, "王桂珍", Reach(Channel.WEBHOOK, dead))
        second = daughter(database, "王桂珍", Reach(Channel.WEBHOOK, server.url), position=2)
        put(database, alert_id, first, DAY)
        turn(database, ChannelSettings(webhook_secret=SECRET), DAY)
        assert len(server.got) == 1
    with database.transaction() as conn:
        lines = {line.recipient: line for line in notices.told(conn, alert_id)}
    assert (lines[str(first)].state, lines[str(first)].tries) == ("queued", 1)
    assert lines[str(second)].state == "sent"


def test_where_nobody_can_be_reached_the_seat_is_told_so(database: Database) -> None:
    alert_id = fall(database)
    put(database, alert_id, daughter(database, "王桂珍"), DAY)
    turn(database, ChannelSettings(), DAY)
    assert states(database, alert_id) == [("raised", None, None), ("unreached", "pages", "sent")]


def test_families_sleep_unless_it_is_high(database: Database) -> None:
    with receiver() as server:
        settings = ChannelSettings(webhook_secret=SECRET)
        leak = ring(database, give(database, "王桂珍", "leak-1"), "water_leak", at=NIGHT)
        who = daughter(database, "王桂珍", Reach(Channel.WEBHOOK, server.url))
        put(database, leak, who, NIGHT)
        turn(database, settings, NIGHT)
        assert server.got == []
        put(database, fall(database), who, NIGHT)
        turn(database, settings, NIGHT)
        assert len(server.got) == 1
        turn(database, settings, NIGHT + timedelta(hours=7))
        assert len(server.got) == 2


def test_a_high_alert_that_waits_takes_the_second_address_after_30_s(database: Database) -> None:
    with receiver() as server:
        settings = ChannelSettings(webhook_secret=SECRET)
        ways = [Reach(Channel.WEBHOOK, f"{server.url}/{number}", position=number) for number in (1, 2)]
        put(database, fall(database), daughter(database, "王桂珍", *ways), DAY)
        for seconds in (0, 29, 30, 90):
            turn(database, settings, DAY + timedelta(seconds=seconds))
            assert [path for path, _, _ in server.got] == ["/1", "/2"][: 1 if seconds < 30 else 2]


def test_whoever_was_told_hears_of_the_end_also_after_handing_back_and_shelving(database: Database) -> None:
    with receiver() as server:
        settings = ChannelSettings()
        leak = ring(database, give(database, "王桂珍", "leak-1"), "water_leak", at=DAY)
        early, late, never = (
            daughter(database, "王桂珍", Reach(Channel.WEBHOOK, f"{server.url}/{name}"), position=number)
            for number, name in enumerate(("early", "late", "never"), start=1)
        )
        with database.transaction() as conn:
            operator = accounts.create_account(conn, "operator", "long-enough", Role.OPERATOR)
        put(database, leak, early, DAY)
        turn(database, settings, DAY)
        for step, more in (
            (Step.ANSWER, None), (Step.HAND_BACK, None),
            (Step.SHELVE, Particulars(until=DAY + timedelta(hours=2), reason="the plumber comes at ten")),
        ):  # fmt: skip
            with database.transaction() as conn:
                alert_steps.take_step(conn, leak, step, operator, DAY, more=more)
        put(database, leak, late, DAY + timedelta(hours=1), "escalated:2")
        turn(database, settings, DAY + timedelta(hours=1))
        with database.transaction() as conn:
            notices.put(conn, Notice(leak, "escalated:3", never, DAY + timedelta(hours=9), DAY))
            alert_steps.take_step(
                conn, leak, Step.CLOSE, operator, DAY + timedelta(hours=1), Outcome.NO_HELP_NEEDED, "dry again"
            )
        turn(database, settings, DAY + timedelta(hours=1))
        heard = [(path, json.loads(body)["about"]) for path, _, body in server.got]
    assert heard[:2] == [("/early", "raised"), ("/late", "escalated")]
    assert sorted(heard[2:]) == [("/early", "ended"), ("/late", "ended")]


def test_nobody_hears_of_the_beginning_after_the_end_by_no_address_and_although_a_sender_died(
    database: Database,
) -> None:
    with receiver() as server:
        settings = ChannelSettings()
        ways = [Reach(Channel.WEBHOOK, f"{server.url}/{number}", position=number) for number in (1, 2)]
        alert_id = fall(database)
        put(database, alert_id, daughter(database, "王桂珍", *ways), DAY)
        turn(database, settings, DAY)
        later = DAY + timedelta(seconds=30)
        with database_module.connect(database.url, autocommit=True) as conn:
            telling.plan(conn, channels_of(settings), later)
            with database_module.transaction(conn):
                assert leases.claim(conn, Channel.WEBHOOK, later), "its sender dies with it in hand"
        close(database, alert_id, later)
        turn(database, settings, later)
        turn(database, settings, later + leases.LEASE)
        turn(database, settings, later + leases.LEASE + timedelta(seconds=2))
        heard = [(path, json.loads(body)["about"]) for path, _, body in server.got]
    assert heard == [("/1", "raised"), ("/2", "raised"), ("/1", "ended")]


def test_who_was_not_told_of_an_alert_hears_nothing_of_its_end(database: Database) -> None:
    with receiver() as server:
        alert_id = fall(database)
        put(database, alert_id, daughter(database, "王桂珍", Reach(Channel.WEBHOOK, server.url)), DAY)
        close(database, alert_id, DAY)
        turn(database, ChannelSettings(webhook_secret=SECRET), DAY)
        assert server.got == []


def test_vital_signs_go_only_by_a_channel_to_which_the_resident_consents_and_only_to_their_own(
    database: Database,
) -> None:
    with receiver() as server:
        wang = give(database, "王桂珍", "band-1")
        her_own, neighbour = daughter(database, "王桂珍"), give(database, "陈秀英", "band-2").name
        another = daughter(database, neighbour)
        with database.transaction() as conn:
            for who, path in ((her_own, "hers"), (another, "another")):
                reach.add_reach(conn, who, Reach(Channel.WEBHOOK, f"{server.url}/{path}"))

        def texts(step: int) -> dict[str, str]:
            """Of what is told now."""
            server.got.clear()
            for who in (her_own, another):
                put(database, alert_id, who, DAY, f"escalated:{step}")
            turn(database, ChannelSettings(), DAY)
            return {path: json.loads(body)["text"] for path, _, body in server.got}

        alert_id = ring(database, wang, "vital_heart_rate", at=NOW)
        with database.transaction() as conn:
            conn.execute('UPDATE alert SET evidence = \'{"metric": "heart_rate", "value": 150}\'')
        silent = texts(1)
        assert len(silent) == 2 and not any("150" in text or "心率" in text for text in silent.values())
        with database.transaction() as conn:
            resident = id_of(database, "王桂珍")
            consents.give(conn, resident, Channel.SMS, "form of 2026-11-20", None, DAY)
        assert "150" not in texts(2)["/hers"], "she consented to SMS"
        with database.transaction() as conn:
            assert consents.give(conn, resident, Channel.WEBHOOK, "form of 2026-11-20", None, DAY)
            assert consents.give(conn, resident, Channel.WEBHOOK, "the same again", None, DAY) is None
        told = texts(3)
        assert "心率 150 次/分" in told["/hers"] and "150" not in told["/another"]
        with database.transaction() as conn:
            assert consents.withdraw(conn, resident, Channel.WEBHOOK, None, DAY)
            kept = [(one.channel, one.withdrawn_at is None) for one in consents.of_resident(conn, resident)]
        assert "150" not in texts(4)["/hers"]
        assert kept == [("sms", True), ("webhook", False)]


def test_sms_by_aliyun_and_when_it_is_down_by_twilio(database: Database) -> None:
    with receiver() as aliyun, receiver() as twilio:
        aliyun.status, twilio.body = 503, b'{"sid": "SM1"}'
        settings = ChannelSettings(
            aliyun=AliyunSettings("id", "secret", "安康", "SMS_1", sms_url=aliyun.url),
            twilio=TwilioSettings("AC1", "token", "+15550100", twilio.url),
        )
        put(database, fall(database), daughter(database, "王桂珍", Reach(Channel.SMS, "138 5551 2345")), DAY)
        turn(database, settings, DAY)
        turn(database, settings, DAY + timedelta(seconds=5))
    ((path, headers, _),) = aliyun.got
    asked = parse_qs(urlsplit(path).query)
    assert asked["PhoneNumbers"] == ["13855512345"] and "王桂珍" in asked["TemplateParam"][0]
    assert headers["authorization"].startswith("ACS3-HMAC-SHA256 Credential=id,SignedHeaders=host;x-acs-action;")
    ((path, _, body),) = twilio.got
    assert path == "/2010-04-01/Accounts/AC1/Messages.json"
    assert parse_qs(body.decode())["To"] == ["+8613855512345"]


def test_a_call_by_aliyun_and_when_it_is_down_by_twilio(database: Database) -> None:
    with receiver() as aliyun, receiver() as twilio:
        aliyun.body, twilio.body = b'{"Code": "isp.GATEWAY_ERROR"}', b'{"sid": "CA1"}'
        settings = ChannelSettings(
            aliyun=AliyunSettings(
                "id", "secret", voice_template="TTS_1", voice_caller="055588880000", voice_url=aliyun.url
            ),
            twilio=TwilioSettings("AC1", "token", "+15550100", twilio.url),
        )
        alert_id = fall(database)
        put(database, alert_id, daughter(database, "王桂珍", Reach(Channel.VOICE, "0555 1234567", language="en")), DAY)
        turn(database, settings, DAY)
        turn(database, settings, DAY + timedelta(seconds=5))
    ((path, headers, _),) = aliyun.got
    asked = parse_qs(urlsplit(path).query)
    assert headers["x-acs-action"] == "SingleCallByTts" and asked["CalledShowNumber"] == ["055588880000"]
    assert asked["TtsCode"] == ["TTS_1"] and json.loads(asked["TtsParam"][0])["what"] == "Fall"
    ((path, _, body),) = twilio.got
    form = parse_qs(body.decode())
    assert path == "/2010-04-01/Accounts/AC1/Calls.json" and form["To"] == ["+865551234567"]
    assert "<Say" in form["Twiml"][0] and "王桂珍" in form["Twiml"][0]
    with database.transaction() as conn:
        line = notices.told(conn, alert_id)[0]
    assert (line.state, line.provider, line.tries) == ("sent", "twilio-voice", 2)


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # apprise asks for it by itself
def test_apprise_hands_it_over_and_says_when_it_could_not(database: Database) -> None:
    with receiver() as server:
        alert_id = fall(database)
        address = f"json://127.0.0.1:{server.server_address[1]}/ding"
        put(database, alert_id, daughter(database, "王桂珍", Reach(Channel.APPRISE, address)), DAY)
        server.status = 500
        turn(database, ChannelSettings(), DAY)
        assert states(database, alert_id)[0] == ("raised", "apprise", "queued")
        server.status = 200
        turn(database, ChannelSettings(), DAY + timedelta(seconds=5))
    path, _, body = server.got[-1]
    said = json.loads(body)
    assert path == "/ding" and said["title"] == "跌倒：王桂珍" and "发生跌倒" in said["message"]
    assert states(database, alert_id)[0] == ("raised", "apprise", "sent")


def test_the_signature_is_that_of_aliyun_s_worked_example() -> None:
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    query = query_string({"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"})
    signed = authorization(AliyunKey("YourAccessKeyId", "YourAccessKeySecret"), headers, query)
    assert signed.endswith("Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0")


def outbox(database: Database, url: str, count: int = 300, steps: int = 4) -> None:
    """So many open alerts with so many notices each, to one account that is reached by a webhook."""
    give(database, "王桂珍", "band-1")
    with database.transaction() as conn:
        who = Recipient.account(accounts.create_account(conn, "station", "long-enough", Role.STATION_WORKER))
        reach.add_reach(conn, who, Reach(Channel.WEBHOOK, url))
        for number in range(count):
            opening = Opening(RULES["fall"], f"x:{number}", None, None, DAY, DAY, {})
            alert_id = alerts.open_or_repeat(conn, opening).id
            for step in range(steps):
                notices.put(conn, Notice(alert_id, f"escalated:{step}", who, DAY, DAY))


def four_at_once(database: Database, now: datetime) -> None:
    """Four senders until nothing is left."""
    threads = [
        threading.Thread(target=turn, args=(database, ChannelSettings(webhook_secret=SECRET), now)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_300_alerts_of_4_steps_by_4_senders_are_1200_messages_none_twice(database: Database) -> None:
    with receiver() as server:
        outbox(database, server.url)
        four_at_once(database, DAY)
        got = Counter(headers["x-ankang-id"] for _, headers, _ in server.got)
    assert len(got) == 1200 and set(got.values()) == {1}


def test_without_skip_locked_the_same_is_told_twice_or_one_sender_waits_for_another(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutation that the test before must notice: two claims at once, of the same rows."""
    outbox(database, "http://127.0.0.1:1", count=2, steps=1)
    with database.transaction() as conn:
        for due in deliveries.claim_notices(conn, DAY, 10):
            deliveries.start(conn, due, reach.addresses_of(conn, due.to)[0], DAY)
    with database.transaction() as first, database.transaction() as second:
        second.execute("SET LOCAL lock_timeout = '200ms'")
        held = leases.claim(first, Channel.WEBHOOK, DAY, 1)
        others = leases.claim(second, Channel.WEBHOOK, DAY, 1)
        assert len(held) == len(others) == 1 and held[0].id != others[0].id
    with database.transaction() as conn:
        conn.execute("UPDATE delivery SET due_at = %s, state = 'queued'", (DAY,))
    monkeypatch.setattr(leases, "CLAIM", leases.CLAIM.replace("SKIP LOCKED", ""))
    with database.transaction() as first:
        leases.claim(first, Channel.WEBHOOK, DAY, 1)
        with pytest.raises(psycopg.errors.LockNotAvailable), psycopg.connect(database.url) as second:
            second.execute("SET LOCAL lock_timeout = '200ms'")
            leases.claim(second, Channel.WEBHOOK, DAY, 1)


def test_the_proof_of_life_passes_every_stage_and_is_on_no_board(tmp_path: Path) -> None:
    with receiver() as deadman:
        env = {"ANKANG_CANARY_SECONDS": "3", "ANKANG_DEADMAN_URL": deadman.url}
        with whole_ankang(open_to_all(tmp_path) / "data", env=env) as ankang, ankang.database as database:

            def arrived() -> bool:
                with database.transaction() as conn:
                    return canary.all_arrived(conn, datetime(2026, 1, 1, tzinfo=UTC))

            def ringing() -> list[str]:
                with database.transaction() as conn:
                    return [alert.rule for alert in alerts.open_alerts(conn)]

            eventually(arrived, 60, "a canary of every county has arrived")
            eventually(lambda: deadman.got, 30, "the dead man's switch is asked")
            eventually(lambda: ringing() == [], 30, "nothing rings")
            with database.transaction() as conn:
                assert conn.execute("SELECT count(*) FROM alert WHERE rule = 'sos'").fetchone() == (0,)
            ankang.process.poll()
            ankang.kill("notify")  # comes back by itself: what waited is told then
            eventually(lambda: ankang.well("notify"), 40, "notify is back")
            eventually(arrived, 60, "and the canaries arrive")


def test_the_pages_know_which_ways_are_set_up(database: Database) -> None:
    stop = threading.Event()
    settings = ChannelSettings(smtp_url="smtp://127.0.0.1:1", smtp_from="ankang@example.org")
    with database.transaction() as conn:
        assert health.channels(conn) is None

    def known() -> list[Channel] | None:
        with database.transaction() as conn:
            return health.channels(conn)

    teller = threading.Thread(target=sender.run, args=(database.url, channels_of(settings), stop))
    teller.start()
    try:
        eventually(lambda: known() is not None, what="notify has said which channels it has")
        ways = known()
    finally:
        stop.set()
        teller.join()
    assert ways is not None
    assert Channel.EMAIL in ways
    assert Channel.SMS not in ways

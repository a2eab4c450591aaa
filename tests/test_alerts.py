"""From a device's words to an alert: sorted, stored and judged on a real database, without broker or clock."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from alerts import engine as alerts_engine
from alerts.engine import judge_some
from alerts.judgement import judge_event
from alerts.recovery import clear_vitals
from care.devices import DeviceKind
from care.in_force import Place
from care.rules import RULES
from gateway.session import Letter
from ingest.devices import DeviceBook
from ingest.limits import Limits
from ingest.sorting import Sorter
from records import database as database_module
from records.database import Conn, Database
from records.equipment import devices
from records.judging import alerts, rule_settings
from records.judging.alerts import AlertView, Opening
from records.judging.rule_settings import Change
from records.judging.signals import Signal
from records.readings import store
from records.readings.observations import Observations
from tests.people import NOW, Wearer, event, give, obs

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass
class Engine:
    """Everything between the broker and the alert, on one connection."""

    conn: Conn
    pool: Database
    observations: Observations = field(default_factory=Observations)

    def hear(self, wearer: Wearer, channel: str, *payloads: bytes, at: datetime = NOW) -> None:
        """These words arrive together at this time, are stored and judged."""
        book = DeviceBook()
        book.load(self.conn)
        limits = Limits()
        limits.load(self.conn)
        topic = f"care/v1/{wearer.vendor}/{wearer.device}/{channel}"
        letters = [Letter(topic, payload, number + 1, 1, False) for number, payload in enumerate(payloads)]
        with database_module.transaction(self.conn):
            work = Sorter("events", timedelta(days=400), book.lookup, book.claim, limits.of).sort(letters, at)
        store.save(self.conn, work.batch, self.observations)
        while judge_some(self.conn, at):
            pass

    def open(self) -> list[AlertView]:
        """The open alerts, oldest first."""
        with self.pool.transaction() as conn:
            return sorted(alerts.open_alerts(conn), key=lambda alert: alert.opened_at)


@pytest.fixture
def engine(database_url: str, database: Database) -> Iterator[Engine]:
    with database_module.connect(database_url, autocommit=True) as conn:
        made = Engine(conn, database)
        with conn.transaction():
            made.observations.prepare(conn)
        yield made


@pytest.mark.parametrize(
    "name", ["fall", "sos", "pull_cord", "smoke", "gas", "carbon_monoxide", "water_leak", "strap_cut"]
)
def test_these_ring_at_once(engine: Engine, name: str) -> None:
    engine.hear(give(engine.pool, "王桂珍", "band-1"), "event", event(NOW, name))
    (alert,) = engine.open()
    assert (alert.rule, alert.resident_name, alert.phase) == (name, "王桂珍", "raised")
    assert not alert.delayed and not alert.unclaimed and not alert.drill


def test_a_repeat_is_an_occurrence_and_two_people_are_two_alerts(engine: Engine) -> None:
    first, second = give(engine.pool, "王桂珍", "band-1"), give(engine.pool, "李秀英", "band-2")
    engine.hear(first, "event", event(NOW, "sos", "1"), event(NOW + SECOND, "sos", "2"), at=NOW + SECOND)
    engine.hear(second, "event", event(NOW, "sos", "1"), at=NOW + SECOND)
    assert {a.resident_name: a.occurrences for a in engine.open()} == {"王桂珍": 2, "李秀英": 1}


def test_the_same_event_sent_again_is_nothing_new(engine: Engine) -> None:
    wearer = give(engine.pool, "王桂珍", "band-1")
    for _ in range(3):
        engine.hear(wearer, "event", event(NOW, "fall", "7"))
    assert [alert.occurrences for alert in engine.open()] == [1]


def test_a_late_alarm_rings_as_delayed_and_an_old_one_is_history(engine: Engine) -> None:
    wearer = give(engine.pool, "王桂珍", "band-1")
    engine.hear(wearer, "event", event(NOW - 25 * HOUR, "sos", "old"))
    assert engine.open() == []
    engine.hear(wearer, "event", event(NOW - 23 * HOUR, "sos", "late"))
    assert [alert.delayed for alert in engine.open()] == [True]


def test_an_impossible_clock_hides_no_fall(engine: Engine) -> None:
    engine.hear(give(engine.pool, "王桂珍", "band-1"), "event", event(NOW + DAY, "fall"))
    (alert,) = engine.open()
    assert alert.happened_at == NOW
    assert "future" in alert.evidence["clock_problem"]


def test_the_alarm_of_a_device_that_nobody_has_claimed_rings(engine: Engine) -> None:
    engine.hear(Wearer("", "acme", "stranger", 0), "event", event(NOW, "fall"))
    (alert,) = engine.open()
    assert alert.unclaimed and alert.device == "stranger" and alert.resident_name is None


def test_an_alarm_is_of_whom_the_device_watched_over_when_it_happened(engine: Engine) -> None:
    give(engine.pool, "王桂珍", "band-1", since=NOW - DAY)
    wearer = give(engine.pool, "李秀英", "band-1", since=NOW - HOUR)
    engine.hear(wearer, "event", event(NOW - 2 * HOUR, "sos"))
    assert [alert.resident_name for alert in engine.open()] == ["王桂珍"]


def test_a_clock_that_is_slow_on_the_first_day_makes_no_alarm_nobodys(engine: Engine) -> None:
    wearer = give(engine.pool, "王桂珍", "band-1", since=NOW - SECOND)
    engine.hear(wearer, "event", event(NOW - 3 * MINUTE, "fall"))
    assert [(alert.resident_name, alert.unclaimed) for alert in engine.open()] == [("王桂珍", False)]


def test_smoke_is_of_the_home_and_rings_once_for_all_who_live_there(engine: Engine) -> None:
    first = give(engine.pool, "王桂珍", "smoke-1", DeviceKind.OTHER)
    second = give(engine.pool, "王桂珍", "smoke-2", DeviceKind.OTHER)
    for detector in (first, second):
        engine.hear(detector, "event", event(NOW, "smoke"))
    assert [alert.occurrences for alert in engine.open()] == [2]


def test_a_drill_stands_beside_a_real_fall(engine: Engine) -> None:
    wearer = give(engine.pool, "王桂珍", "band-1")
    engine.hear(wearer, "event", event(NOW, "fall", "drill", {"test": True}))
    engine.hear(wearer, "event", event(NOW, "fall", "real"))
    assert sorted(alert.drill for alert in engine.open()) == [False, True]


def heart(first: datetime, *values: float, step: timedelta = 10 * SECOND) -> list[bytes]:
    return [obs(first + step * number, heart_rate=value) for number, value in enumerate(values)]


def test_a_heart_rate_beyond_its_limit_rings_when_it_lasts(engine: Engine) -> None:
    wearer = give(engine.pool, "王桂珍", "bed-1")
    for number, payload in enumerate(heart(NOW, *[150] * 3)):
        engine.hear(wearer, "obs", payload, at=NOW + 10 * SECOND * number)
    assert engine.open() == []
    engine.hear(wearer, "obs", *heart(NOW + 30 * SECOND, 150), at=NOW + 30 * SECOND)
    (alert,) = engine.open()
    assert alert.rule == "vital_heart_rate"
    assert alert.evidence["high"] == 131 and len(alert.evidence["readings"]) == 4


def test_one_good_reading_in_between_and_it_does_not_ring(engine: Engine) -> None:
    wearer = give(engine.pool, "王桂珍", "bed-1")
    engine.hear(wearer, "obs", *heart(NOW - MINUTE, 150, 150, 150, 72, 150, 150, 150), at=NOW)
    assert engine.open() == []


def test_back_fill_of_a_bad_night_does_not_ring(engine: Engine) -> None:
    wearer = give(engine.pool, "王桂珍", "bed-1")
    engine.hear(wearer, "obs", *heart(NOW - HOUR, *[150] * 30), at=NOW)
    assert engine.open() == []


def test_a_revoked_device_rings_nothing(engine: Engine) -> None:
    wearer = give(engine.pool, "王桂珍", "band-1")
    with engine.pool.transaction() as conn:
        conn.execute("UPDATE device SET state = 'disabled'")
        devices.announce(conn, "acme", "band-1")
    engine.hear(wearer, "event", event(NOW, "fall"))
    assert engine.open() == []


def test_an_alert_says_which_version_of_the_limit_was_in_force_and_where_it_comes_from(engine: Engine) -> None:
    wearer = give(engine.pool, "王桂珍", "bed-1")
    with engine.pool.transaction() as conn:
        found = conn.execute("SELECT id FROM resident").fetchone()
        assert found is not None
        person = Place(resident_id=found[0])
        wanted = Change(RULES["vital_heart_rate"], person, {"high": 110.0}, None, "her doctor says so", forced=True)
        rule_settings.change(conn, wanted, NOW - HOUR)
    engine.hear(wearer, "obs", *heart(NOW - MINUTE, *[115] * 7), at=NOW)
    (alert,) = engine.open()
    assert (alert.rule_version, alert.evidence["high"], alert.evidence["where"]) == (2, 110, "high: resident")


def test_a_heart_rate_that_is_back_for_a_minute_clears_the_alert_and_silence_does_not(engine: Engine) -> None:
    wearer = give(engine.pool, "王桂珍", "bed-1")
    engine.hear(wearer, "obs", *heart(NOW - MINUTE, *[150] * 7), at=NOW)
    with database_module.transaction(engine.conn):
        assert clear_vitals(engine.conn, NOW + 5 * MINUTE) == 0, "nothing was heard since"
    engine.hear(wearer, "obs", *heart(NOW + 10 * SECOND, *[72] * 7), at=NOW + 70 * SECOND)
    with database_module.transaction(engine.conn):
        assert clear_vitals(engine.conn, NOW + 30 * SECOND) == 0, "not for long enough"
        assert clear_vitals(engine.conn, NOW + 70 * SECOND) == 1
        assert clear_vitals(engine.conn, NOW + 70 * SECOND) == 0
    assert [(alert.phase, alert.active) for alert in engine.open()] == [("raised", False)]


def test_a_judgement_that_fails_holds_up_nobody_and_rings_itself(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = judge_event
    first, second = give(engine.pool, "王桂珍", "band-1"), give(engine.pool, "李秀英", "band-2")

    def fails_for_her(signal: Signal, now: datetime) -> Opening:
        if signal.device_id == first.device_id:
            raise ZeroDivisionError
        return real(signal, now)

    monkeypatch.setattr(alerts_engine, "judge_event", fails_for_her)
    with engine.conn.transaction():
        for wearer in (first, second):
            engine.conn.execute(
                """INSERT INTO signal (rule, device_id, time, received_at, evidence)
                   VALUES ('fall', %s, %s, %s, '{}')""",
                (wearer.device_id, NOW, NOW),
            )
    assert judge_some(engine.conn, NOW) == 2
    assert judge_some(engine.conn, NOW) == 0
    found = {alert.resident_name: (alert.priority, "not_judged" in alert.evidence) for alert in engine.open()}
    assert found == {"王桂珍": ("high", True), "李秀英": ("high", False)}


def test_a_signal_of_a_rule_that_this_release_does_not_know_rings(engine: Engine) -> None:
    wearer = give(engine.pool, "王桂珍", "band-1")
    with engine.conn.transaction():
        engine.conn.execute(
            """INSERT INTO signal (rule, device_id, time, received_at, evidence)
               VALUES ('of_tomorrow', %s, %s, %s, '{}')""",
            (wearer.device_id, NOW, NOW),
        )
    assert judge_some(engine.conn, NOW) == 1
    assert [(alert.rule, alert.priority) for alert in engine.open()] == [("of_tomorrow", "high")]

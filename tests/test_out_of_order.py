"""What arrives in the wrong order, twice, or not for days: nothing stays open for it, and nobody is forgotten."""

from datetime import datetime, time, timedelta
from uuid import UUID

from alerts import checkins as engine
from alerts.engine import judge_some
from care.alerts import Outcome, Step
from care.checkins import OUTAGE_HELD_FOR, Schedule
from care.people import Role
from records import database as database_module
from records.database import Conn, Database
from records.ids import new_id
from records.judging import alert_steps, alerts
from records.login import accounts
from records.readings.observations import Row
from records.rounds import checkin_plans
from tests.centre import id_of, observe
from tests.people import NOW, give

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)

EVENT = "INSERT INTO event (device_id, id, stated_time, time, received_at, name) VALUES (%s, %s, %s, %s, %s, %s)"
SIGNAL = "INSERT INTO signal (rule, device_id, time, received_at, evidence) VALUES (%s, %s, %s, %s, %s)"
TOO_FAST = '{"metric": "heart_rate", "low": null, "high": 131, "lasting": 60}'


def says(conn: Conn, device: int, event: str, at: datetime) -> list[str]:
    """The device says this of that time, and it arrives now; the open alerts after it."""
    conn.execute(EVENT, (device, f"{event} {at}", at, at, NOW, event))
    conn.execute(SIGNAL, (event, device, at, NOW, "{}"))
    judge_some(conn, NOW)
    return [one.rule for one in alerts.open_alerts(conn)]


def test_the_word_that_power_is_back_may_come_before_the_word_that_it_went(database: Database) -> None:
    meter = give(database, "王桂珍", "meter-1").device_id
    with database_module.connect(database.url, autocommit=True) as conn:
        assert says(conn, meter, "power_back", NOW - MINUTE) == []
        assert says(conn, meter, "power_lost", NOW - 2 * MINUTE) == []
        assert says(conn, meter, "power_lost", NOW - 30 * SECOND) == ["power_lost"]  # it went again
        assert says(conn, meter, "power_back", NOW - 20 * SECOND) == []


def test_a_reading_that_comes_once_more_after_somebody_closed_its_alert_opens_none(database: Database) -> None:
    watch = give(database, "王桂珍", "watch-1").device_id
    observe(database, [Row(watch, NOW - number * 20 * SECOND, {"heart_rate": 150.0}) for number in range(6)])
    with database_module.connect(database.url, autocommit=True) as conn:
        conn.execute(SIGNAL, ("vital_heart_rate", watch, NOW, NOW, TOO_FAST))
        judge_some(conn, NOW)
        (alert,) = alerts.open_alerts(conn)
        operator = accounts.create_account(conn, "operator", "long-enough", Role.OPERATOR)
        alert_steps.take_step(conn, alert.id, Step.CLOSE, operator, NOW + MINUTE, Outcome.HELPED)
        conn.execute(SIGNAL, ("vital_heart_rate", watch, NOW, NOW + 2 * MINUTE, TOO_FAST))  # the broker's second try
        judge_some(conn, NOW + 2 * MINUTE)
        assert alerts.open_alerts(conn) == []
    again = NOW + 2 * MINUTE
    observe(database, [Row(watch, again - number * 20 * SECOND, {"heart_rate": 150.0}) for number in range(4)])
    with database_module.connect(database.url, autocommit=True) as conn:
        conn.execute(SIGNAL, ("vital_heart_rate", watch, again, again, TOO_FAST))
        judge_some(conn, again)
        assert [one.rule for one in alerts.open_alerts(conn)] == ["vital_heart_rate"]


def behind_an_outage(conn: Conn, resident: UUID) -> None:
    outage = new_id()
    conn.execute(
        "INSERT INTO outage (id, cause, subject, began_at, noticed_at) VALUES (%s, 'area', 'area:1', %s, %s)",
        (outage, NOW, NOW),
    )
    conn.execute("INSERT INTO held (resident_id, outage_id, since) VALUES (%s, %s, %s)", (resident, outage, NOW))


def test_an_outage_that_lasts_longer_than_half_a_day_holds_nobodys_check_in_for_ever(database: Database) -> None:
    give(database, "王桂珍", "bed-1")
    wang = id_of(database, "王桂珍")
    with database.transaction() as conn:
        checkin_plans.make_plan(conn, wang, Schedule.at(time(8)), HOUR, NOW)
        behind_an_outage(conn, wang)
        closes = NOW + 13 * HOUR
        for later, expected in ((timedelta(0), "due"), (OUTAGE_HELD_FOR - HOUR, "due"), (OUTAGE_HELD_FOR, "missed")):
            engine.sweep(conn, closes + later)
            row = conn.execute("SELECT state FROM check_in ORDER BY opens_at LIMIT 1").fetchone()
            assert row == (expected,)

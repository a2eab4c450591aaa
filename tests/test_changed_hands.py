"""Devices that are given away or taken out of use while they are lost, and people who are still silent afterwards."""

from datetime import datetime, timedelta

from alerts import watching
from alerts.silence import judge_silence
from care.alerts import Outcome, Step
from care.devices import DeviceKind
from care.notices import Channel, Recipient
from care.people import Role
from records.database import Conn, Database
from records.equipment import devices, outages
from records.judging import alert_steps, alerts
from records.living import silence
from records.login import accounts
from records.people.reach import Reach, add_reach, addresses_of
from records.readings.observations import Row
from tests.centre import PASSWORD, observe
from tests.people import NOW, give
from tests.test_supervision import MINUTE, go_to, hear, resident_of

HOUR = timedelta(hours=1)


def take_out_of_use(conn: Conn, device: int) -> None:
    conn.execute("UPDATE device SET state = 'disabled' WHERE id = %s", (device,))


def test_who_is_still_silent_after_somebody_has_looked_is_missed_again(database: Database) -> None:
    sensor = give(database, "王桂珍", "pir-1", DeviceKind.MOTION).device_id
    with database.transaction() as conn:
        operator = accounts.create_account(conn, "operator", PASSWORD, Role.OPERATOR)
        hear(conn, NOW, [sensor])
        silence.begin(conn, NOW)
        assert quiet_until(conn, sensor, NOW + 24 * HOUR) == ["no_movement"]
        (alert,) = alerts.open_alerts(conn)
        looked = NOW + 25 * HOUR
        alert_steps.take_step(conn, alert.id, Step.CLOSE, operator, looked, Outcome.HELPED)
        assert quiet_until(conn, sensor, looked + 23 * HOUR) == [], "somebody has just looked"
        assert quiet_until(conn, sensor, looked + 25 * HOUR) == ["no_movement"]


def test_who_is_still_out_of_bed_after_somebody_has_looked_is_missed_again(database: Database) -> None:
    bed = give(database, "王桂珍", "bed-1").device_id
    night = NOW + 4 * HOUR  # midnight in Shanghai
    minutes = range(-4 * 60, 3 * 60)
    observe(database, [Row(bed, night + n * MINUTE, {"in_bed": int(n < -40)}) for n in minutes])
    with database.transaction() as conn:
        operator = accounts.create_account(conn, "operator", PASSWORD, Role.OPERATOR)
        assert out_of_bed(conn, bed, night) == ["left_bed"]
        (alert,) = alerts.open_alerts(conn)
        alert_steps.take_step(conn, alert.id, Step.CLOSE, operator, night + MINUTE, Outcome.HELPED)
        assert out_of_bed(conn, bed, night + 20 * MINUTE) == [], "somebody has just looked"
        assert out_of_bed(conn, bed, night + 45 * MINUTE) == ["left_bed"]


def out_of_bed(conn: Conn, bed: int, at: datetime) -> list[str]:
    """The bed is heard, and the homes are looked at; returns the open alerts."""
    hear(conn, at, [bed])
    watching.sweep(conn, at)
    return [one.rule for one in alerts.open_alerts(conn)]


def quiet_until(conn: Conn, sensor: int, at: datetime) -> list[str]:
    """The sensor is heard and tells of nobody; returns the open alerts."""
    hear(conn, at, [sensor])
    judge_silence(conn, at)
    return [one.rule for one in alerts.open_alerts(conn)]


def test_a_device_that_is_taken_out_of_use_behind_an_outage_holds_nobody_for_ever(database: Database) -> None:
    bed = give(database, "王桂珍", "bed-1").device_id
    radar = give(database, "王桂珍", "radar-1").device_id
    with database.transaction() as conn:
        hear(conn, NOW, [bed, radar])
        assert go_to(conn, NOW + 2 * MINUTE) == []
        assert go_to(conn, NOW + 6 * MINUTE) == ["home_lost"]
        wang = resident_of(conn, "王桂珍")
        assert str(outages.holding(conn, wang, NOW + 6 * MINUTE)).startswith("outage:")
        take_out_of_use(conn, radar)
        for minute in range(7, 20):
            hear(conn, NOW + minute * MINUTE, [bed])
        assert outages.holding(conn, wang, NOW + 20 * MINUTE) is None
        assert alerts.open_alerts(conn) == []


def test_a_device_that_died_long_before_an_outage_holds_nobody_after_it(database: Database) -> None:
    bed, radar, door = (give(database, "王桂珍", name).device_id for name in ("bed-1", "radar-1", "door-1"))
    with database.transaction() as conn:
        hear(conn, NOW - HOUR, [bed, radar, door])
        hear(conn, NOW - HOUR / 2, [bed, radar])
        hear(conn, NOW, [bed, radar])
        assert go_to(conn, NOW + 2 * MINUTE) == ["device_silent"]
        assert go_to(conn, NOW + 6 * MINUTE) == ["device_silent", "home_lost"]
        for minute in range(7, 20):
            hear(conn, NOW + minute * MINUTE, [bed, radar])
        assert [one.device_id for one in alerts.open_alerts(conn)] == [door]
        assert outages.holding(conn, resident_of(conn, "王桂珍"), NOW + 20 * MINUTE) is None


def test_a_lost_device_that_is_taken_out_of_use_is_nobodys_alarm_any_more(database: Database) -> None:
    bed = give(database, "王桂珍", "bed-1").device_id
    with database.transaction() as conn:
        hear(conn, NOW, [bed])
        go_to(conn, NOW + 2 * MINUTE)
        assert go_to(conn, NOW + 6 * MINUTE) == ["device_silent"]
        take_out_of_use(conn, bed)
        assert go_to(conn, NOW + 7 * MINUTE) == []


def test_a_lost_device_that_changes_hands_is_told_of_whom_it_watches_over_now(database: Database) -> None:
    bed = give(database, "王桂珍", "bed-1").device_id
    with database.transaction() as conn:
        li = devices.add_resident(conn, "李建国")
        hear(conn, NOW, [bed])
        go_to(conn, NOW + 2 * MINUTE)
        assert go_to(conn, NOW + 6 * MINUTE) == ["device_silent"]
        devices.bind(conn, bed, li, NOW + 7 * MINUTE)
        go_to(conn, NOW + 7 * MINUTE)
        assert go_to(conn, NOW + 8 * MINUTE) == ["device_silent"]
        (alert,) = alerts.open_alerts(conn)
        assert alert.resident_name == "李建国"


def test_a_disabled_account_is_told_nothing(database: Database) -> None:
    with database.transaction() as conn:
        daughter = accounts.create_account(conn, "daughter", PASSWORD, Role.FAMILY)
        recipient = Recipient.account(daughter)
        add_reach(conn, recipient, Reach(Channel.SMS, "13800000000"))
        assert len(addresses_of(conn, recipient)) == 1
        conn.execute("UPDATE account SET disabled = true WHERE id = %s", (daughter,))
        assert addresses_of(conn, recipient) == ()

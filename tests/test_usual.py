"""What is usual for somebody: the band in which nine of ten of their own hours lay."""

from datetime import timedelta

from care.devices import DeviceKind
from records import database
from records.equipment import devices
from records.readings import usual as readings
from records.readings.observations import Row
from tests.flavours import Flavour
from tests.people import NOW

HOUR = timedelta(hours=1)
ROLL_UP = "SELECT roll_up_hours(NULL, %s, %s)"


def test_the_usual_band_is_of_ones_own_hours_and_leaves_out_the_rare_ones(flavour: Flavour) -> None:
    conn, since = flavour.conn, NOW - timedelta(days=30)
    with database.transaction(conn):
        bed = devices.register(conn, "acme", "bed-1", DeviceKind.BED, resident="王桂珍", now=since)
        watch = devices.register(conn, "acme", "watch-1", DeviceKind.WEARABLE, resident="李建国", now=since)
        # A hundred hours from 60 to 69, one of fever; too few of breathing; and somebody else's.
        rows = [Row(bed, NOW - (n + 2) * HOUR, {"heart_rate": 60 + n % 10}) for n in range(100)]
        rows += [Row(bed, NOW - 110 * HOUR, {"heart_rate": 140})]
        rows += [Row(bed, NOW - (n + 120) * HOUR, {"respiration_rate": 15}) for n in range(50)]
        rows += [Row(watch, NOW - (n + 2) * HOUR, {"heart_rate": 100}) for n in range(80)]
        flavour.observations.ensure_partitions(conn, rows)
        flavour.observations.save(conn, rows, NOW)
        wang = devices.find_resident(conn, "王桂珍")
    assert wang is not None
    if flavour.name == "plain":  # TimescaleDB reckons with what is not rolled up yet
        conn.execute(ROLL_UP, (NOW - timedelta(days=9), NOW))
    with database.transaction(conn):
        (band,) = readings.usual(conn, wang, NOW)
    assert band.metric == "heart_rate"
    assert (round(band.low), round(band.high), band.hours) == (60, 69, 101)


def test_of_whom_nothing_is_known_nothing_is_usual(flavour: Flavour) -> None:
    with database.transaction(flavour.conn) as conn:
        devices.register(conn, "acme", "bed-1", DeviceKind.BED, resident="王桂珍", now=NOW)
        wang = devices.find_resident(conn, "王桂珍")
        assert wang is not None
        assert readings.usual(conn, wang, NOW) == []

"""Whose home is due, who looks at it, and what is read of its devices; on each database that the records work on."""

from datetime import timedelta
from uuid import UUID

from care.devices import DeviceKind
from care.in_force import Place, nearest
from care.news2 import Parameter
from care.rules import RULES
from records import database
from records.database import Conn, Database
from records.equipment import devices
from records.judging import rule_settings
from records.judging.rule_settings import Change
from records.living import home_watch, scores
from records.living.home_devices import Wanted, bound, sources
from records.living.home_watch import Looked, Sense
from records.readings.observations import Row
from tests.centre import id_of
from tests.flavours import Flavour
from tests.people import NOW, give

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def due(conn: Conn) -> dict[str, str]:
    """By sense, when the home is looked at next."""
    return dict(conn.execute("SELECT sense, due_at::text FROM home_watch ORDER BY sense").fetchall())


def look_away(conn: Conn) -> None:
    """Everything has been looked at until tomorrow."""
    claimed = home_watch.claim(conn, NOW, 100)
    home_watch.looked(conn, [Looked(one, NOW + DAY, {"room_cold"}) for one in claimed])


def test_a_new_device_a_new_kind_and_new_limits_make_their_home_due_at_once(database: Database) -> None:
    give(database, "王桂珍", "bed-1", DeviceKind.BED)
    give(database, "王桂珍", "climate-1", DeviceKind.CLIMATE)
    give(database, "王桂珍", "sos-1", DeviceKind.SOS_BUTTON)
    wang = id_of(database, "王桂珍")
    with database.transaction() as conn:
        assert due(conn) == dict.fromkeys(("bed", "room", "vitals"), "-infinity")
        look_away(conn)
        assert set(due(conn).values()) == {"2026-11-24 12:00:00+00"}
        rule_settings.change(conn, Change(RULES["room_cold"], Place(), {"low": 14.0}, None, "winter", forced=True), NOW)
        assert {sense for sense, at in due(conn).items() if at == "-infinity"} == {"room"}
        own = Change(RULES["left_bed"], Place(resident_id=wang), {"within": 900.0}, None, "frail", forced=True)
        rule_settings.change(conn, own, NOW)
        assert {sense for sense, at in due(conn).items() if at == "-infinity"} == {"bed", "room"}
        devices.register(conn, "acme", "sos-1", DeviceKind.WATER_METER, resident="王桂珍", now=NOW)
        assert due(conn)["water"] == "-infinity"


def test_of_two_workers_one_looks_at_a_home(database: Database, database_url: str) -> None:
    give(database, "王桂珍", "climate-1", DeviceKind.CLIMATE)
    with Database(database_url) as other, database.transaction() as one, other.transaction() as two:
        (claimed,) = home_watch.claim(one, NOW, 10)
        assert home_watch.claim(two, NOW, 10) == []
        home_watch.looked(one, [Looked(claimed, NOW + HOUR, {"room_hot", "room_cold"})])
    with database.transaction() as conn:
        assert home_watch.claim(conn, NOW + MINUTE, 10) == []
        (again,) = home_watch.claim(conn, NOW + HOUR, 10)
        assert again.raised == ["room_cold", "room_hot"]
        home_watch.looked(conn, [Looked(again, NOW + HOUR, ())])
        assert home_watch.claim(conn, NOW + HOUR, 10)[0].raised == []


def test_what_is_read_of_a_home_is_the_same_on_each_database(flavour: Flavour) -> None:
    conn, since = flavour.conn, NOW - 30 * DAY
    with database.transaction(conn):
        bed = devices.register(conn, "acme", "bed-1", DeviceKind.BED, resident="王桂珍", now=since)
        meter = devices.register(conn, "acme", "meter-1", DeviceKind.WATER_METER, resident="王桂珍", now=since)
        found = devices.find_resident(conn, "王桂珍")
        assert found is not None
        rows = [Row(bed, NOW - n * MINUTE, {"in_bed": int(n > 5), "heart_rate": 60.0 + n}) for n in range(12)]
        rows += [Row(meter, NOW - n * 10 * MINUTE, {"water_used": float(n)}) for n in range(6)]
        flavour.observations.ensure_partitions(conn, rows)
        flavour.observations.save(conn, rows, NOW)
        late = [Row(meter, NOW - 55 * MINUTE, {"water_used": 99.0})]
        flavour.observations.save(conn, late, NOW + HOUR)
        assert minutes(conn, found, Sense.BED, HOUR) == [(6, 1), (5, 0), (4, 0), (3, 0), (2, 0), (1, 0), (0, 0)]
        assert minutes(conn, found, Sense.WATER, 26 * MINUTE) == [
            (55, 99),
            (50, 5),
            (40, 4),
            (30, 3),
            (20, 2),
            (10, 1),
            (0, 0),
        ]
        ((meter_there,),) = bound(conn, [(found, Sense.WATER)], NOW)
        (known,) = sources(conn, Sense.WATER, [Wanted(meter_there, 26 * MINUTE, alone=True)], NOW, NOW)
        assert len(known.samples) == 6, "what came late was not known then"
        by = nearest(RULES["news2"], ())
        (measuring,) = bound(conn, [(found, Sense.VITALS)], NOW)
        (beats,) = scores.readings(conn, [(measuring, by)], NOW)
        assert {(one.parameter, one.value) for one in beats} == {(Parameter.PULSE, 60.0 + n) for n in range(10)}


def minutes(conn: Conn, resident: UUID, sense: Sense, lookback: timedelta) -> list[tuple[int, float]]:
    """What its one device said: how many minutes ago, and the value."""
    ((device,),) = bound(conn, [(resident, sense)], NOW)
    (found,) = sources(conn, sense, [Wanted(device, lookback, alone=True)], NOW)
    return [(int((NOW - sample.time) / MINUTE), sample.value) for sample in found.samples]

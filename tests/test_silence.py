"""What counts as a sign of life, and who judges whose quiet."""

from datetime import timedelta
from uuid import UUID

from care.devices import DeviceKind
from records import database
from records.database import Database
from records.equipment import devices
from records.living import lively, silence
from records.readings.observations import Row
from tests.flavours import Flavour
from tests.people import NOW, give
from tests.test_supervision import go_to

MINUTE = timedelta(minutes=1)


def test_a_device_that_repeats_itself_is_no_sign_of_life_and_whatever_moves_or_changes_is(flavour: Flavour) -> None:
    conn, since = flavour.conn, NOW - timedelta(days=30)
    with database.transaction(conn):
        bed = devices.register(conn, "acme", "bed-1", DeviceKind.BED, resident="王桂珍", now=since)
        bath = devices.register(conn, "acme", "bath", DeviceKind.MOTION, resident="王桂珍", place="卫生间", now=since)
        meter = devices.register(conn, "acme", "meter", DeviceKind.WATER_METER, resident="王桂珍", now=since)
        wang = devices.find_resident(conn, "王桂珍")
        assert wang is not None
        said = [
            *((bed, "in_bed", value) for value in (1, 1, 1, 0, 0)),
            *((bath, "motion", value) for value in (0, 0, 1, 1, 0)),
            *((meter, "water_used", value) for value in (0, 0, 0, 0, 3)),
        ]
        rows = [Row(device, NOW + (n % 5) * MINUTE, {metric: value}) for n, (device, metric, value) in enumerate(said)]
        flavour.observations.ensure_partitions(conn, rows)
        flavour.observations.save(conn, rows, NOW)
        found = silence.stirs(conn, wang, NOW, NOW + timedelta(hours=1))
    assert [((stir.time - NOW) // MINUTE, stir.metric, stir.on) for stir in found] == [
        (2, "motion", True), (3, "in_bed", False), (3, "motion", True), (4, "motion", False), (4, "water_used", True),
    ]  # fmt: skip


def test_around_whom_there_was_life_is_known_without_reading_all_of_it(flavour: Flavour) -> None:
    conn, since = flavour.conn, NOW - timedelta(days=30)
    said = {
        "王桂珍": [(DeviceKind.MOTION, "motion", (0, 1, 0, 1, 0))],
        "李建国": [(DeviceKind.BED, "in_bed", (1, 1, 0, 0, 1)), (DeviceKind.MOTION, "motion", (1, 0, 0, 0, 0))],
        "赵玉兰": [(DeviceKind.BED, "in_bed", (1, 1, 1, 1, 1)), (DeviceKind.DOOR, "door_open", (0, 0, 0, 0, 0))],
    }
    with database.transaction(conn):
        rows: list[Row] = []
        whom: dict[UUID, str] = {}
        for name, sensors in said.items():
            for kind, metric, values in sensors:
                device = devices.register(conn, "acme", f"{kind}-{len(rows)}", kind, resident=name, now=since)
                rows += [Row(device, NOW + n * MINUTE, {metric: value}) for n, value in enumerate(values)]
            found = devices.find_resident(conn, name)
            assert found is not None
            whom[found] = name
        flavour.observations.ensure_partitions(conn, rows)
        flavour.observations.save(conn, rows, NOW)
        life = lively.life_since(conn, dict.fromkeys(whom, NOW), NOW + timedelta(hours=1))
    # The first change of a bed, the last motion; a device that repeats itself says nothing.
    found_at = {whom[who]: one.at and (one.at - NOW) // MINUTE for who, one in life.items()}
    assert found_at == {"王桂珍": 3, "李建国": 2}


def test_who_gets_a_first_device_is_watched_over_by_the_next_sweep(database: Database) -> None:
    give(database, "王桂珍", "bed-1")
    give(database, "李建国", "sos-1", DeviceKind.SOS_BUTTON)
    with database.transaction() as conn:
        go_to(conn, NOW)
        assert [one.resident_id for one in silence.claim_due(conn, NOW)] == [devices.find_resident(conn, "王桂珍")]


def test_of_two_workers_one_judges_somebody_and_nobody_before_the_time(database: Database, database_url: str) -> None:
    give(database, "王桂珍", "bed-1")
    give(database, "李建国", "sos-1", DeviceKind.SOS_BUTTON)
    with database.transaction() as conn:
        assert silence.begin(conn, NOW) == 1  # an SOS button shows no movement
        assert silence.begin(conn, NOW) == 0
    with Database(database_url) as other, database.transaction() as one, other.transaction() as two:
        assert silence.claim_due(one, NOW - MINUTE) == []
        assert len(silence.claim_due(one, NOW)) == 1
        assert silence.claim_due(two, NOW) == []

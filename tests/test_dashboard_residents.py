"""Finding residents, and what is shown of them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from care.devices import DeviceKind
from records.database import Database
from records.ids import new_id
from records.readings.observations import Row
from tests.centre import changes, furnish, id_of, observe
from tests.people import Wearer, give

MIDNIGHT = datetime(2026, 11, 12, 16, tzinfo=UTC)
"""The beginning of 13 November in Ma'anshan."""
BEFORE = MIDNIGHT - timedelta(days=20)


def at(clock: str) -> datetime:
    """A time of 13 November in Ma'anshan."""
    hours, minutes, seconds = map(int, clock.split(":"))
    return MIDNIGHT + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def clock(iso: str) -> str:
    """The time of that day in Ma'anshan."""
    return (datetime.fromisoformat(iso) + timedelta(hours=8)).strftime("%H:%M:%S")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("桂", ["单桂兰", "王桂珍"]),
        ("王", ["王桂珍"]),
        ("wgz", ["王桂珍"]),
        ("WG", ["王桂珍"]),
        ("sgl", ["单桂兰"]),
        ("dgl", ["单桂兰"]),
        ("mas-0001", ["王桂珍"]),
        ("%", []),
        ("_", []),
        ("", ["单桂兰", "李建国", "王桂珍"]),
    ],
)
def test_residents_are_found_by_name_initials_and_bed(
    operator: httpx2.Client, database: Database, text: str, found: list[str]
) -> None:
    for number, name in enumerate(("王桂珍", "单桂兰", "李建国")):
        give(database, name, f"bed-{number}")
    with database.transaction() as conn:
        conn.execute(
            "INSERT INTO care_bed (id, resident_id, number, set_up) VALUES (%s, %s, 'MAS-0001', %s)",
            (new_id(), id_of(database, "王桂珍"), date(2025, 3, 1)),
        )
    answer = operator.get("/api/residents", params={"search": text}).json()
    assert sorted(one["name"] for one in answer["residents"]) == found
    assert answer["more"] is False


def test_a_list_that_is_longer_says_so(operator: httpx2.Client, database: Database) -> None:
    for number in range(5):
        give(database, f"老人{number}", f"bed-{number}")
    answer = operator.get("/api/residents?limit=3").json()
    assert (len(answer["residents"]), answer["more"]) == (3, True)


def test_a_resident_has_a_home_and_devices_with_when_each_was_last_heard(
    operator: httpx2.Client, database: Database
) -> None:
    home = furnish(database, "王桂珍", since=BEFORE)
    observe(database, [Row(home.bed.device_id, at("07:00:00"), {"heart_rate": 60})])
    resident = operator.get(f"/api/residents/{id_of(database, '王桂珍')}").json()
    assert (resident["name"], resident["area"], resident["bed"]) == ("王桂珍", ["马鞍山市"], None)
    seen = {device["place"]: device["last_seen"] for device in resident["devices"]}
    assert datetime.fromisoformat(seen["卧室"]) == at("07:00:00")
    assert seen["大门"] is None
    assert operator.get(f"/api/residents/{uuid4()}").status_code == 404


def band(operator: httpx2.Client, database: Database, name: str = "王桂珍") -> dict[str, dict[str, Any]]:
    """The rows of 13 November by metric and place."""
    path = f"/api/residents/{id_of(database, name)}/band"
    answer = operator.get(path, params={"day": "2026-11-13", "zone": "Asia/Shanghai"})
    answer.raise_for_status()
    return {f"{row['metric']} {row['place']}": row for row in answer.json()["rows"]}


def on(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [(clock(span["since"]), clock(span["until"])) for span in row["spans"] if span["value"]]


def unknown(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [(clock(gap["since"]), clock(gap["until"])) for gap in row["unknown"]]


def bed_of_wang(database: Database) -> Wearer:
    """A pressure mat that speaks only when somebody lies down or gets up."""
    return give(database, "王桂珍", "bed-pressure", DeviceKind.BED, since=BEFORE)


def test_a_night_is_one_span_on_the_band(operator: httpx2.Client, database: Database) -> None:
    bed = bed_of_wang(database)
    night = (at("01:30:32"), 1), (at("08:51:15"), 0)
    observe(database, changes(bed, "in_bed", (at("00:00:00") - timedelta(hours=9), 0), *night))
    row = band(operator, database)["in_bed "]
    assert on(row) == [("01:30:32", "08:51:15")]
    assert unknown(row) == []


def test_what_began_the_evening_before_is_carried_over_midnight(operator: httpx2.Client, database: Database) -> None:
    bed = bed_of_wang(database)
    observe(database, changes(bed, "in_bed", (at("00:00:00") - timedelta(hours=2), 1), (at("06:10:00"), 0)))
    assert on(band(operator, database)["in_bed "]) == [("00:00:00", "06:10:00")]


def test_what_nobody_reported_is_unknown_and_not_normal(operator: httpx2.Client, database: Database) -> None:
    home = furnish(database, "王桂珍", since=BEFORE)
    every_ten_seconds = [
        Row(home.bed.device_id, at("01:00:00") + timedelta(seconds=10 * n), {"in_bed": 1}) for n in range(360)
    ]
    observe(database, every_ten_seconds)
    rows = band(operator, database)
    # Three of its intervals after the last reading, a bed that falls silent is no longer believed.
    assert on(rows["in_bed 卧室"]) == [("01:00:00", "02:00:20")]
    assert unknown(rows["in_bed 卧室"]) == [("00:00:00", "01:00:00"), ("02:00:20", "00:00:00")]
    assert rows["door_open 大门"]["spans"] == []
    assert unknown(rows["door_open 大门"]) == [("00:00:00", "00:00:00")]


def test_rooms_and_doors_have_their_rows(operator: httpx2.Client, database: Database) -> None:
    home = furnish(database, "王桂珍", since=BEFORE)
    kitchen = home.rooms[1]
    observe(
        database,
        [
            *changes(kitchen, "motion", (at("07:00:00"), 1), (at("07:12:30"), 0)),
            *changes(home.door, "door_open", (at("09:00:00"), 1), (at("09:00:20"), 0)),
        ],
    )
    rows = band(operator, database)
    assert sorted(rows) == ["door_open 大门", "in_bed 卧室", "motion 厨房", "motion 客厅"]
    assert on(rows["motion 厨房"]) == [("07:00:00", "07:12:30")]
    assert on(rows["door_open 大门"]) == [("09:00:00", "09:00:20")]


def test_a_device_tells_of_a_resident_only_while_it_is_theirs(operator: httpx2.Client, database: Database) -> None:
    bed = bed_of_wang(database)
    observe(database, changes(bed, "in_bed", (at("02:00:00"), 1), (at("20:00:00"), 0)))
    give(database, "李建国", "bed-pressure", DeviceKind.BED, since=at("12:00:00"))
    assert on(band(operator, database)["in_bed "]) == [("02:00:00", "12:00:00")]
    of_li = band(operator, database, "李建国")["in_bed "]
    assert on(of_li) == []  # what was so before belonged to another
    assert unknown(of_li) == [("12:00:00", "20:00:00")]


def test_today_ends_now_and_what_comes_later_is_not_called_unknown(operator: httpx2.Client, database: Database) -> None:
    bed_of_wang(database)
    path = f"/api/residents/{id_of(database, '王桂珍')}/band"
    today = (datetime.now(UTC) + timedelta(hours=8)).date()
    answer = operator.get(path, params={"day": today.isoformat()}).json()
    [row] = answer["rows"]
    assert row["unknown"][-1]["until"] == answer["now"] < answer["end"]


def observations(operator: httpx2.Client, database: Database, **query: str) -> httpx2.Response:
    path = f"/api/residents/{id_of(database, '王桂珍')}/observations"
    asked = {"metric": "heart_rate", "from": "2026-11-13T00:00:00+08:00", "to": "2026-11-14T00:00:00+08:00"}
    return operator.get(path, params=asked | query)


def test_buckets_are_summed_up_and_gaps_stay_gaps(operator: httpx2.Client, database: Database) -> None:
    bed = bed_of_wang(database)
    observe(
        database,
        [
            Row(bed.device_id, at("00:00:00"), {"heart_rate": 60, "apnea_events": 2}),
            Row(bed.device_id, at("00:30:00"), {"heart_rate": 64, "apnea_events": 1}),
            Row(bed.device_id, at("03:00:00"), {"heart_rate": 58.5}),
        ],
    )
    answer = observations(operator, database, bucket="1h").json()
    [series] = answer["series"]
    assert (answer["unit"], answer["kind"], len(series["points"])) == ("/min", "gauge", 24)
    numbers = [(point["avg"], point["min"], point["max"], point["readings"]) for point in series["points"][:4]]
    assert numbers == [(62, 60, 64, 2), (None, None, None, 0), (None, None, None, 0), (58.5, 58.5, 58.5, 1)]
    [counted] = observations(operator, database, metric="apnea_events", bucket="12h").json()["series"]
    assert [(point["sum"], point["readings"]) for point in counted["points"]] == [(3, 2), (None, 0)]


def test_without_a_bucket_every_reading_comes_as_it_was(operator: httpx2.Client, database: Database) -> None:
    bed = bed_of_wang(database)
    observe(database, [Row(bed.device_id, at("00:00:00"), {"heart_rate": 60.1})])
    answer = observations(operator, database).json()
    assert answer["bucket"] is None
    assert [point["value"] for point in answer["series"][0]["points"]] == [60.1]


def test_too_many_readings_are_cut_and_it_says_so(operator: httpx2.Client, database: Database) -> None:
    bed = bed_of_wang(database)
    rows = [Row(bed.device_id, MIDNIGHT + timedelta(seconds=n), {"heart_rate": 60}) for n in range(20_001)]
    observe(database, rows)
    answer = observations(operator, database).json()
    assert len(answer["series"][0]["points"]) == 20_000
    assert answer["cut"] is True
    assert "bucket" in answer["detail"]


def test_a_state_is_the_last_one_and_the_seconds_it_held(operator: httpx2.Client, database: Database) -> None:
    bed = bed_of_wang(database)
    observe(database, changes(bed, "in_bed", (at("00:00:00") - timedelta(hours=1), 1), (at("02:30:00"), 0)))
    [series] = observations(operator, database, metric="in_bed", bucket="2h").json()["series"]
    held = [(point["last"], point["on"], point["known"]) for point in series["points"]]
    assert held[:3] == [(1, 7200, 7200), (0, 1800, 7200), (0, 0, 7200)]


@pytest.mark.parametrize(
    ("query", "field", "fix"),
    [
        ({"from": "2026-11-13T00:00:00"}, "from", "zone"),
        ({"to": "yesterday"}, "to", "2026-11-23T12:00:00+08:00"),
        ({"to": "2026-11-13T00:00:00+08:00"}, "from", "earlier"),
        ({"metric": "mood"}, "metric", "heart_rate"),
        ({"bucket": "often"}, "bucket", "5m"),
        ({"bucket": "1s"}, "bucket", "18s"),
        ({"bucket": "0"}, "bucket", "seconds"),
    ],
)
def test_what_cannot_be_answered_says_which_field_and_how(
    operator: httpx2.Client, database: Database, query: dict[str, str], field: str, fix: str
) -> None:
    bed_of_wang(database)
    answer = observations(operator, database, **query)
    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert fix in answer.json()["detail"]


def test_a_plus_that_became_a_space_is_understood(operator: httpx2.Client, database: Database) -> None:
    bed_of_wang(database)
    path = f"/api/residents/{id_of(database, '王桂珍')}/observations"
    raw = f"{path}?metric=heart_rate&from=2026-11-13T00:00:00+08:00&to=2026-11-14T00:00:00+08:00&bucket=1h"
    assert operator.get(raw).json()["start"] == "2026-11-12T16:00:00Z"


def test_a_device_says_how_it_is_and_what_became_of_its_messages(operator: httpx2.Client, database: Database) -> None:
    bed = bed_of_wang(database)
    observe(database, [Row(bed.device_id, at("00:00:00") + timedelta(seconds=n), {"heart_rate": 60}) for n in range(5)])
    with database.transaction() as conn:
        conn.execute(
            "INSERT INTO device_state (device_id, last_seen, online, battery, rssi, firmware, unknown_fields)"
            " VALUES (%s, %s, true, 87, -61, '1.4.2', 3)",
            (bed.device_id, at("00:00:01")),
        )
        conn.execute(
            "INSERT INTO quarantine (digest, vendor, device, topic, field, reason, payload, first_at, last_at, times)"
            " VALUES ('x', 'acme', 'bed-pressure', 't', 'values.mood', 'unknown metric', '', now(), now(), 4)"
        )
    device = operator.get("/api/devices/acme/bed-pressure").json()
    assert (device["online"], device["battery"], device["rssi"], device["firmware"]) == (True, 87, -61, "1.4.2")
    assert (device["stored"], device["quarantined"], device["unknown_fields"]) == (5, 4, 3)
    assert datetime.fromisoformat(device["last_seen"]) == at("00:00:04")
    assert [(one["field"], one["reason"], one["times"]) for one in device["quarantine"]] == [
        ("values.mood", "unknown metric", 4)
    ]
    assert operator.get("/api/devices/acme/nobody").status_code == 404
    assert operator.get("/api/devices/ACME/x").status_code == 422

"""A simulated town in the real records and through the real broker, and its alerts against the truth."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import LiteralString

import pytest

from care.devices import DeviceKind
from care.visits import Risk
from gateway.crowd import Crowd
from gateway.topics import Channel
from records import database as db
from records.database import Database
from records.judging.rings import Ring
from records.login import accounts
from records.people import households
from records.readings.maintenance import maintain
from records.readings.policies import Retention
from simulators import faults, history, looking_after, moving_in, score, sensors, town_hall, truth
from simulators.days import ZONE
from simulators.incidents import Incident, Kind, Town
from simulators.truth import Happened, Ledger
from tests.conftest import open_to_all
from tests.people import obs
from tests.whole import Whole, admit, eventually, whole_ankang

NOW = datetime.now(UTC).replace(microsecond=0)
A_DAY = timedelta(days=1)
SMALL = Town(seed=5, count=2, incidents_per_day=0)
COUNTS = "SELECT count(*), count(DISTINCT device_id) FROM observation"


def test_the_past_is_written_with_its_rollups_and_twice_changes_nothing(database: Database, database_url: str) -> None:
    since, until = NOW - 3 * A_DAY, NOW - timedelta(hours=5)
    installed = moving_in.move_in(database_url, SMALL, since)
    rows = history.write(database_url, SMALL, installed, since, until)
    maintain(database, Retention(), NOW)
    with database.transaction() as conn:
        assert conn.execute("SELECT count(*) FROM observation").fetchone() == (rows,)
        for rollup in ("observation_minute", "observation_hour"):
            found = conn.execute(f"SELECT sum(readings) FROM {rollup}").fetchone()
            assert found == (rows,)
    history.write(database_url, SMALL, moving_in.move_in(database_url, SMALL, since), since, until)
    with database.transaction() as conn:
        known = households.observed(conn, moving_in.VENDOR, "%-5-%")
    assert known is not None
    assert since <= known[0] < since + timedelta(minutes=2)
    assert until - timedelta(minutes=2) < known[1] < until
    with database.transaction() as conn:
        assert conn.execute("SELECT count(*) FROM observation").fetchone() == (rows,)


def test_the_demo_writes_what_is_missing_of_its_month() -> None:
    month_ago, yesterday = NOW - town_hall.MONTH, NOW - A_DAY
    assert town_hall.missing(None, NOW) == [(month_ago, NOW)]
    assert town_hall.missing((month_ago, yesterday), NOW) == [(yesterday, NOW)]
    cut_short = (NOW - 9 * A_DAY, yesterday)
    assert town_hall.missing(cut_short, NOW) == [(yesterday, NOW), (month_ago, NOW - 9 * A_DAY)]


def test_a_past_that_is_stopped_ends(database_url: str) -> None:
    stop = threading.Event()
    stop.set()
    installed = moving_in.move_in(database_url, SMALL, NOW - A_DAY)
    assert history.write(database_url, SMALL, installed, NOW - A_DAY, NOW, stop=stop) == 0


def at(hour: int, second: int = 0) -> datetime:
    return datetime(2026, 11, 23, hour, 0, second, tzinfo=ZONE)


def test_the_score_says_noticed_missed_how_late_and_false() -> None:
    happened = (
        Happened(Kind.FALL_LIES, "SIM1-00001", at(8), at(10)),
        Happened(Kind.FALL_LIES, "SIM1-00002", at(8), at(10)),
        Happened(Kind.COLLAPSE, "SIM1-00001", at(14), at(18)),
        *(Happened(Kind.POWER_CUT_STREET, f"SIM1-0000{home}", at(12), at(13)) for home in (1, 2)),
    )
    took = timedelta(seconds=2)
    rings = [
        Ring("SIM1-00001", "fall", at(8, 20), took),
        Ring("SIM1-00001", "fall", at(8, 30), took),  # the same fall again: neither noticed twice nor false
        Ring("SIM1-00003", "sos", at(9), took),
        Ring("SIM1-00001", "smoke", at(9), took),
        Ring("SIM1-00002", "low_battery", at(9), took, technical=True),
        # One alert about a street of three homes: of two it is true, so it is not false of the third.
        *(Ring(f"SIM1-0000{home}", "area_lost", at(12, 30), took, technical=True, line=7) for home in (1, 2, 4)),
    ]
    found = score.score(Ledger(1, 4, at(0), at(0) + A_DAY, happened), rings)
    falls, collapses, dark = found.kinds
    assert (falls.happened, falls.noticed, falls.missed, falls.p50) == (2, 1, 1, timedelta(seconds=22))
    assert (collapses.happened, collapses.missed, collapses.p90) == (1, 1, None)
    assert (dark.happened, dark.noticed, dark.p50) == (2, 2, timedelta(seconds=32))
    assert (found.false_alerts, found.false_per_home_and_day, found.technical) == (2, 0.5, 1)
    lines = list(score.in_words(found))
    assert lines[1].split() == ["fall_lies", "2", "1", "1", "22.0", "s", "22.0", "s"]


@pytest.fixture(scope="module")
def ankang(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with whole_ankang(open_to_all(tmp_path_factory.mktemp("town")) / "data") as started:
        yield started


def stored(ankang: Whole, seed: int) -> list[tuple[object, ...]]:
    """What is stored of a town, without the ids that the records gave."""
    with db.connect(ankang.found.database_url) as conn:
        return conn.execute(
            """
            SELECT d.name, o.time, o.heart_rate, o.respiration_rate, o.in_bed, o.movement, o.motion, o.door_open,
                   o.presence, o.water_used, o.power, o.temperature, o.steps, o.body_temperature
              FROM observation o JOIN device d ON d.id = o.device_id
              JOIN binding b ON b.device_id = d.id JOIN care_bed c ON c.resident_id = b.resident_id
             WHERE c.number LIKE %s ORDER BY 1, 2
            """,
            (f"SIM{seed}-%",),
        ).fetchall()


def live(ankang: Whole, town: Town, begin: datetime, end: datetime, speed: float, ledger: Path) -> None:
    found = ankang.found
    stop = threading.Event()
    town_hall.live(found.database_url, found.mqtt_url, town, begin, end, speed, ledger, stop, lambda _: None)


def test_two_speeds_store_the_same_and_write_the_same_ledger(ankang: Whole, tmp_path: Path) -> None:
    begin = NOW - timedelta(hours=7)
    end = begin + timedelta(hours=3)
    town = Town(seed=6, count=2, incidents_per_day=5)
    results = []
    for speed in (0.0, 3600.0):
        live(ankang, town, begin, end, speed, tmp_path / "truth.jsonl")
        eventually(lambda: len(stored(ankang, 6)) == expected(town, begin, end), 60, "everything is stored")
        results.append((stored(ankang, 6), (tmp_path / "truth.jsonl").read_bytes()))
        with db.connect(ankang.found.database_url) as conn:
            conn.execute("DELETE FROM observation")
    assert results[0] == results[1]
    assert len(results[0][0]) > 1000
    assert results[0][1] == truth.ledger(town, int(begin.timestamp()), int(end.timestamp()))


def test_a_town_that_ends_in_the_dark_ends(ankang: Whole, tmp_path: Path) -> None:
    begin = NOW - timedelta(hours=4)
    since = int(begin.timestamp())
    dark = Incident(Kind.POWER_CUT_HOME, 1, since + 3000, since + 14_000)
    town = Town(seed=8, count=1, incidents_per_day=0, asked=(dark,))
    end = begin + timedelta(hours=2)
    live(ankang, town, begin, end, 0, tmp_path / "truth.jsonl")
    eventually(lambda: len(stored(ankang, 8)) == expected(town, begin, end), 60, "what was said before is stored")


def expected(town: Town, begin: datetime, end: datetime) -> int:
    """How many readings arrive, whatever is lost, late or said twice."""
    since, until = int(begin.timestamp()), int(end.timestamp())
    return sum(
        len({
            one.stamp
            for one in faults.sent(home, gadget, sensors.says(town, home, gadget, since, until))
            if not one.said.event
        })
        for home in town.homes
        for gadget in home.gadgets
    )  # fmt: skip


def test_of_every_kind_of_incident_it_is_said_whether_it_was_noticed(ankang: Whole, tmp_path: Path) -> None:
    begin = NOW - timedelta(hours=6)
    since = int(begin.timestamp())
    asked = tuple(Incident(kind, 1 + number, since + 600, since + 7200) for number, kind in enumerate(Kind))
    asked = (*asked[:-1], Incident(Kind.POWER_CUT_STREET, 0, since + 8000, since + 9000, street=0))
    town = Town(seed=7, count=len(Kind), incidents_per_day=0, asked=asked)
    file = tmp_path / "truth.jsonl"
    live(ankang, town, begin, begin + timedelta(hours=3), 0, file)
    rings = {line["kind"] for line in truth_of(file)} - {"power_cut_street"}
    assert len(rings) == len(Kind) - 1

    def noticed() -> dict[str, tuple[int, int]]:
        table = [line.split() for line in town_hall.score_alerts(ankang.found.database_url, file)][1:-1]
        return {row[0]: (int(row[2]), int(row[3])) for row in table}

    eventually(lambda: noticed()["sos"][0] == 1 and noticed()["smoke"][0] == 1, 60, "the SOS and the smoke ring")
    for kind in ("collapse", "bed_exit_no_return", "wandering", "power_cut_home"):
        assert noticed()[kind] == (0, 1)


def truth_of(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text().splitlines()[1:]]


def test_what_is_said_while_the_broker_is_away_is_stored_and_a_cut_line_tells_its_will(ankang: Whole) -> None:
    secret = admit(ankang, "crowd-1", DeviceKind.MOTION, "汪桂兰")
    crowd = Crowd(ankang.found.mqtt_url)
    will = json.dumps({"time": NOW.isoformat(), "online": False}).encode()
    member = crowd.add("acme", "crowd-1", secret, will)
    served_until(crowd, lambda: crowd.connected == 1)
    ankang.kill("broker")
    served_until(crowd, lambda: crowd.connected == 0)
    crowd.say(member, Channel.OBS, obs(NOW, motion=1))
    served_until(crowd, lambda: crowd.unacknowledged == 0)
    eventually(lambda: rows(ankang, "SELECT 1 FROM observation WHERE time = %s AND motion = 1", NOW), 60, "stored")
    crowd.cut(member, away=True)
    eventually(lambda: rows(ankang, STATE, "crowd-1") == [(False,)], 60, "the will is told")
    served_until(crowd, lambda: crowd.connected == 0)
    crowd.cut(member, away=False)
    served_until(crowd, lambda: crowd.connected == 1)
    crowd.close()


STATE = "SELECT s.online FROM device_state s JOIN device d ON d.id = s.device_id WHERE d.name = %s"


def rows(ankang: Whole, statement: LiteralString, value: object) -> list[tuple[object, ...]]:
    with db.connect(ankang.found.database_url) as conn:
        return conn.execute(statement, (value,)).fetchall()


def served_until(crowd: Crowd, condition: Callable[[], bool]) -> None:
    """Serve the crowd until it is so."""

    def serve() -> bool:
        crowd.serve(0.05)
        return condition()

    eventually(serve, 120, "the crowd is served")


def test_a_crowd_speaks_no_tls() -> None:
    with pytest.raises(ValueError, match="mqtt://"):
        Crowd("mqtts://broker:8883")


LOOKED_AFTER = """
    SELECT (SELECT count(DISTINCT resident_id) FROM check_in_plan), (SELECT count(*) FROM check_in_plan),
           (SELECT count(*) FROM visit WHERE counts), (SELECT count(*) FROM visit_duty)
"""


def test_the_demos_people_are_looked_after_once_and_their_morning_is_judged_by_what_stands_in_the_records(
    database: Database, database_url: str
) -> None:
    town, late = Town(seed=5, count=6, incidents_per_day=0), NOW + timedelta(hours=1)
    with database.transaction() as conn:
        assert not looking_after.look_after(conn, town, NOW)
        accounts.ensure_demo_operator(conn, "long-enough-for-a-test")
    moving_in.move_in(database_url, town, NOW - A_DAY)
    counts: list[tuple[int, ...]] = []
    for now in NOW, late:
        with database.transaction() as conn:
            assert looking_after.look_after(conn, town, now)
            counts.append(conn.execute(LOOKED_AFTER).fetchone() or ())
    assert counts[0] == counts[1]
    risks = [looking_after.risk_of(home.household.born, NOW) for home in town.homes]
    assert counts[0][0] == 6
    assert counts[0][1] == 6 + risks.count(Risk.HIGH)
    assert counts[0][2] <= risks.count(Risk.HIGH)
    assert counts[0][3] == 6 - risks.count(Risk.LOW)

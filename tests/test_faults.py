"""kill -9 of every part under load: nothing acknowledged is missing, nothing is there twice, each fall is one alert."""

import os
import random
import signal
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import orjson
import pytest

from care.devices import DeviceKind
from gateway.topics import Channel
from tests.conftest import open_to_all
from tests.whole import Publisher, Whole, admit, eventually, readings, whole_ankang

OUTAGE = float(os.environ.get("ANKANG_TEST_OUTAGE_SECONDS", "20"))
ROUNDS = int(os.environ.get("ANKANG_TEST_FAULT_ROUNDS", "1"))
BEDS, EACH, FALLS = 20, 1_000, 8
VICTIMS = ("ingest-bulk-0", "ingest-events", "ingest-status", "broker", "database", "alerts", "access")


def fall(number: int) -> bytes:
    return orjson.dumps({"id": f"fall-{number}", "time": datetime.now(UTC).isoformat(), "event": "fall"})


@pytest.mark.parametrize("round_number", range(ROUNDS))
def test_killing_every_part_under_load_loses_nothing_and_doubles_nothing(tmp_path: Path, round_number: int) -> None:
    chance = random.Random(time.time_ns() if ROUNDS > 1 else 1)
    with whole_ankang(open_to_all(tmp_path) / "data") as ankang:
        first = datetime.now(UTC) - timedelta(seconds=EACH)
        beds = [admit(ankang, f"bed-{n}", DeviceKind.BED, f"老人{n}") for n in range(BEDS)]
        radars = [admit(ankang, f"radar-{n}", DeviceKind.FALL_RADAR, f"老人{n}") for n in range(FALLS)]
        load = [Publisher(ankang, f"bed-{n}", secret, readings(first, EACH), 0.01) for n, secret in enumerate(beds)]
        for publisher in load:
            publisher.start()
        fallers = []
        for number, victim in enumerate(chance.sample(VICTIMS, len(VICTIMS))):
            time.sleep(chance.uniform(0.2, 1.5))  # a random moment
            ankang.kill(victim)
            faller = Publisher(ankang, f"radar-{number}", radars[number], [(Channel.EVENT, fall(number))], 0)
            faller.start()
            fallers.append(faller)
            eventually(partial(ankang.well, victim), 40, f"{victim} is back")
        eventually(lambda: not any(p.is_alive() for p in (*load, *fallers)), 240, "everything is acknowledged")
        assert sum(publisher.acknowledged for publisher in load) == BEDS * EACH
        check_the_records(ankang, len(fallers), BEDS * EACH)


def test_while_the_database_stands_still_memory_is_bounded_and_then_everything_is_there(tmp_path: Path) -> None:
    with whole_ankang(open_to_all(tmp_path) / "data") as ankang:
        each = int(OUTAGE * 50)
        first = datetime.now(UTC) - timedelta(seconds=each)
        beds = [admit(ankang, f"bed-{n}", DeviceKind.BED, f"老人{n}") for n in range(BEDS)]
        radar = admit(ankang, "radar-0", DeviceKind.FALL_RADAR, "老人0")
        load = [Publisher(ankang, f"bed-{n}", secret, readings(first, each), 0.01) for n, secret in enumerate(beds)]
        for publisher in load:
            publisher.start()
        eventually(lambda: all(publisher.acknowledged for publisher in load), 30, "all are admitted")
        parts = ("ingest-bulk-0", "ingest-events", "ingest-status", "alerts", "access", "broker", "dashboard")
        before = {part: megabytes(ankang.parts()[part]["pid"]) for part in parts}
        database = process_tree(ankang.parts()["database"]["pid"])
        for pid in database:
            os.kill(pid, signal.SIGSTOP)
        most = before
        try:
            ends = time.monotonic() + OUTAGE
            while time.monotonic() < ends:
                now = {part: megabytes(ankang.parts()[part]["pid"]) for part in parts}
                most = {part: max(most[part], now[part]) for part in parts}
                time.sleep(0.2)  # its pace, not a wait for luck
        finally:
            for pid in database:
                os.kill(pid, signal.SIGCONT)
        faller = Publisher(ankang, "radar-0", radar, [(Channel.EVENT, fall(0))], 0)
        faller.start()
        eventually(lambda: not any(p.is_alive() for p in (*load, faller)), 120, "everything is acknowledged")
        check_the_records(ankang, 1, BEDS * each)
        assert min(publisher.acknowledged for publisher in load) == each
        assert all(most[part] < before[part] + 100 for part in parts), most


def megabytes(pid: int) -> float:
    """Resident memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def process_tree(pid: int) -> list[int]:
    """This process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in process_tree(int(child)))]


def check_the_records(ankang: Whole, falls: int, rows: int) -> None:
    def count(query: str) -> int:
        with ankang.database as database, database.transaction() as conn:
            row = conn.execute(query.encode()).fetchone()
            return int(row[0]) if row else 0

    eventually(lambda: count("SELECT count(*) FROM observation") >= rows, 150, "every reading is stored")
    eventually(lambda: count("SELECT count(*) FROM alert") >= falls, 150, "every fall rings")
    assert count("SELECT count(*) FROM observation") == rows
    assert count("SELECT count(*) FROM observation WHERE heart_rate IS NULL OR movement IS NULL") == 0
    assert count("SELECT count(*) FROM event") == falls
    assert count("SELECT count(*) FROM alert WHERE occurrences = 1 AND NOT unclaimed") == falls
    assert count("SELECT count(*) FROM alert") == falls
    assert count("SELECT count(*) FROM quarantine") == 0
    assert count("SELECT count(*) FROM lane_session WHERE lost_at IS NOT NULL") == 0

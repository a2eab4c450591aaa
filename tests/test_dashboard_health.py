"""The health of the parts: what they say, what they no longer say, and what the supervisor knows."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dashboard.health import PartHealth, Process, read_processes, spoken_for, with_processes
from records import health
from records.database import Database
from records.health import LaneSession, Part, Watermark
from records.readings.store import save_watermark
from tests.centre import Centre, open_centre
from tests.whole import eventually

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)


@pytest.fixture
def centre(database_url: str, tmp_path: Path) -> Iterator[Centre]:
    with open_centre(database_url, parts_file=tmp_path / "parts.json") as running:
        yield running


def seen(centre: Centre) -> dict[str, Any]:
    with centre.visitor() as visitor:
        report: dict[str, Any] = visitor.get("/api/health").json()
    return report


def supervisor_says(folder: Path, name: str, state: str, **facts: object) -> None:
    """As the supervisor writes it."""
    (folder / "parts.json").write_text(json.dumps([{"name": name, "state": state, **facts}]))


def test_all_is_well_when_every_part_says_so(centre: Centre, database: Database) -> None:
    with database.transaction() as conn:
        health.beat(conn, "alerts", "ok")
        health.beat(conn, "ingest-events", "ok")
        save_watermark(conn, "events", datetime.now(UTC), 3)
    everybody = {"database", "dashboard", "alerts", "ingest-events"}
    report = eventually(lambda: (found := seen(centre)) and set(found["parts"]) == everybody and found)
    assert report["status"] == "ok"
    assert report["parts"]["ingest-events"]["messages"] == 3


def test_a_part_that_falls_silent_is_down(centre: Centre, database: Database) -> None:
    with database.transaction() as conn:
        health.beat(conn, "alerts", "ok")
        conn.execute("UPDATE part SET seen_at = seen_at - interval '20 s' WHERE name = 'alerts'")
    report = eventually(lambda: (found := seen(centre)) and found["status"] == "down" and found)
    assert (report["parts"]["alerts"]["status"], report["parts"]["alerts"]["problem"]) == ("down", "silent")


def test_a_crashed_part_is_said_at_once_with_its_next_try(centre: Centre, tmp_path: Path) -> None:
    supervisor_says(
        tmp_path, "alerts", "backing off", pid=None, restarts=2, last_exit=-9, next_try_at="2026-11-24T04:00:02+00:00"
    )
    report = eventually(lambda: (found := seen(centre)) and found["status"] == "down" and found)
    part = report["parts"]["alerts"]
    assert part["problem"] == "crashed"
    assert "-9" in part["detail"]
    assert "2026-11-24T04:00:02" in part["detail"]
    assert part["process"]["restarts"] == 2
    supervisor_says(tmp_path, "alerts", "running", pid=7, restarts=2)
    eventually(lambda: seen(centre)["status"] == "ok")


def test_the_page_is_served_while_the_database_is_away(tmp_path: Path) -> None:
    supervisor_says(tmp_path, "broker", "running", pid=7)
    nowhere = "postgresql://postgres@127.0.0.1:9/nothing"
    with open_centre(nowhere, parts_file=tmp_path / "parts.json") as centre, centre.visitor() as visitor:
        answer = visitor.get("/api/health")
        assert answer.status_code == 503
        assert answer.json()["status"] == "down"
        assert answer.json()["parts"]["database"]["problem"] == "unreachable"
        assert answer.json()["parts"]["broker"]["status"] == "ok"
        assert visitor.get("/").status_code == 200
        login = visitor.post("/api/session", json={"username": "operator", "password": "whatever"})
        assert login.status_code == 503
        assert "Try again" in login.json()["detail"]


def test_a_lane_that_is_behind_and_one_that_lost_its_session() -> None:
    parts = [Part("ingest-bulk-0", "ok", "", NOW, 1.0), Part("ingest-events", "ok", "", NOW, 1.0)]
    marks = [Watermark("bulk-0", NOW, 10, 90.0), Watermark("events", NOW, 10, 0.5)]
    lost = [LaneSession("ankang-ingest-events", NOW, NOW, NOW - timedelta(minutes=5))]
    found = spoken_for(parts, marks, lost)
    assert (found["ingest-bulk-0"].status, found["ingest-bulk-0"].problem) == ("degraded", "behind")
    assert (found["ingest-events"].status, found["ingest-events"].problem) == ("down", "session_lost")
    assert "send again" in found["ingest-events"].detail


def test_a_part_that_is_just_starting_is_not_called_silent() -> None:
    earlier_life = spoken_for([Part("alerts", "ok", "", NOW, 300.0)], [], [])
    found = with_processes(earlier_life, {"alerts": Process("starting", 7)})
    assert (found["alerts"].status, found["alerts"].problem) == ("degraded", "starting")


def test_the_worst_trouble_is_the_one_that_is_named() -> None:
    part = PartHealth().worse("degraded", "behind", "").worse("down", "silent", "").worse("degraded", "starting", "")
    assert (part.status, part.problem) == ("down", "silent")


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"name": 3}', '[{"state": "running"}]', "null"])
def test_a_half_written_parts_file_says_nothing(tmp_path: Path, text: str) -> None:
    file = tmp_path / "parts.json"
    file.write_text(text)
    assert read_processes(file) == {}
    assert read_processes(tmp_path / "none.json") == {}

"""A recorded home through the real system: every start and end stored once, however often it is played."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx2
import pytest

from tests.conftest import open_to_all
from tests.test_launch import command
from tests.test_replay import EVENING, SHANGHAI
from tests.whole import Whole, whole_ankang

PASSWORD = "long-enough-for-a-test"
ROWS = 5


@pytest.fixture(scope="module")
def ankang(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """With a retention that allows the recorded time."""
    env = {"ANKANG_RETENTION_RAW_DAYS": "3650", "ANKANG_DEMO_PASSWORD": PASSWORD}
    with whole_ankang(open_to_all(tmp_path_factory.mktemp("replay")) / "data", "--demo", env=env) as started:
        yield started


@pytest.fixture
def operator(ankang: Whole) -> Iterator[httpx2.Client]:
    """Somebody who has logged in."""
    with httpx2.Client(base_url=ankang.found.address, trust_env=False, timeout=120) as client:
        client.post("/api/session", json={"username": "operator", "password": PASSWORD}).raise_for_status()
        yield client


def replay(ankang: Whole, file: Path, *options: str) -> str:
    """The last line of what it says."""
    words = ("replay", str(file), "--resident", "王桂珍", "--data", str(ankang.data), "--speed", "0", *options)
    played = command(*words)
    assert played.returncode == 0, played.stderr
    return played.stdout.strip().splitlines()[-1]


def test_a_recording_is_stored_once_and_its_night_is_on_the_band(
    ankang: Whole, operator: httpx2.Client, tmp_path: Path
) -> None:
    file = tmp_path / "home.txt"
    file.write_text(EVENING)
    assert replay(ankang, file, "--start", "recorded") == f"sent {2 * ROWS}, stored {2 * ROWS}, already there 0"
    assert replay(ankang, file, "--start", "recorded") == f"sent {2 * ROWS}, stored 0, already there {2 * ROWS}"

    (found,) = operator.get("/api/residents", params={"search": "wgz"}).json()["residents"]
    day = {"day": "2024-03-06", "zone": "Asia/Shanghai"}
    band = operator.get(f"/api/residents/{found['id']}/band", params=day).json()
    nights = [
        (span["since"], span["until"])
        for row in band["rows"]
        if row["metric"] == "in_bed"
        for span in row["spans"]
        if span["value"]
    ]
    assert [tuple(map(local, night)) for night in nights] == [("00:00:00", "06:40:10")]


def local(text: str | None) -> str:
    assert text is not None
    return datetime.fromisoformat(text).astimezone(ZoneInfo("Asia/Shanghai")).strftime("%H:%M:%S")


def test_a_recording_shifted_to_now_ends_in_the_past(ankang: Whole, operator: httpx2.Client, tmp_path: Path) -> None:
    file = tmp_path / "home.txt"
    file.write_text(EVENING)
    assert replay(ankang, file, "--start", "now").startswith(f"sent {2 * ROWS}, stored {2 * ROWS}")
    (found,) = operator.get("/api/residents", params={"search": "王桂珍"}).json()["residents"]
    newest = max(
        datetime.fromisoformat(device["last_seen"])
        for device in operator.get(f"/api/residents/{found['id']}").json()["devices"]
    )
    assert newest <= datetime.now(SHANGHAI)


def test_a_recording_that_is_none_is_refused_in_words(ankang: Whole, tmp_path: Path) -> None:
    file = tmp_path / "holiday.txt"
    file.write_text("a\tb\tc\td\te\n" * 3)
    refused = command("replay", str(file), "--resident", "王桂珍", "--data", str(ankang.data))
    assert refused.returncode == 1
    assert "line 1" in refused.stderr and "Traceback" not in refused.stderr

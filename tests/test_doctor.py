"""`ankang doctor`: in words, with what to do, and an exit code."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from care.lanes import expected_sessions
from launch.doctor import Finding, examine
from launch.settings import read_settings
from records import health
from records.database import Database
from tests.conftest import open_to_all
from tests.test_launch import command
from tests.whole import Whole, eventually, whole_ankang

GIGABYTE = 10**9


class Usage(NamedTuple):
    """As shutil tells it, in bytes."""

    total: int
    used: int
    free: int


@pytest.fixture(scope="module")
def ankang(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """Two partitions, so that there can be one session too many afterwards."""
    with whole_ankang(
        open_to_all(tmp_path_factory.mktemp("doctor")) / "data", env={"ANKANG_PARTITIONS": "2"}
    ) as started:
        yield started


def doctor(ankang: Whole, partitions: int = 2) -> subprocess.CompletedProcess[str]:
    return command("doctor", "--data", str(ankang.data), env={"ANKANG_PARTITIONS": str(partitions)})


def test_all_is_well(ankang: Whole) -> None:
    said = eventually(lambda: (got := doctor(ankang)).returncode == 0 and got, 20, "all is well").stdout
    assert "✗" not in said
    assert "the database answers: PostgreSQL" in said
    assert "no TimescaleDB: plain partitions and rollups" in said
    for client_id in expected_sessions(2):
        assert f"durable session {client_id}: 0 messages wait" in said
    assert "✓ the pages answer" in said and "% full" in said


def test_a_session_that_belongs_to_nobody_is_named_with_what_to_do(ankang: Whole) -> None:
    said = doctor(ankang, partitions=1)
    assert said.returncode == 1
    assert "✗ a durable session that belongs to nobody holds 0 messages of $MQTT.msgs.care.p.1.*.*.obs" in said.stdout
    assert "more partitions before" in said.stdout


def test_a_lost_session_is_red_until_a_person_has_seen_to_it(ankang: Whole) -> None:
    with Database(ankang.found.database_url) as database, database.transaction() as conn:
        health.session_ready(conn, expected_sessions(1)[0], lost=True)
    said = doctor(ankang)
    assert said.returncode == 1
    assert "was lost at" in said.stdout and "doctor --forgive" in said.stdout
    forgiven = command("doctor", "--data", str(ankang.data), "--forgive", env={"ANKANG_PARTITIONS": "2"})
    assert f"seen to: {expected_sessions(1)[0]}" in forgiven.stdout
    eventually(lambda: doctor(ankang).returncode == 0, 20, "all is well again")


def test_nothing_runs_here(tmp_path: Path) -> None:
    said = command("doctor", "--data", str(tmp_path))
    assert said.returncode == 1
    assert "✗ no Ankang runs on this data folder" in said.stdout and "start one: `ankang up`" in said.stdout


def test_neither_database_nor_broker_answer(tmp_path: Path) -> None:
    said = command(
        "doctor", "--data", str(tmp_path),
        env={"ANKANG_DATABASE_URL": "postgresql://x@127.0.0.1:1/x", "ANKANG_MQTT_URL": "mqtt://u:hunter2@127.0.0.1:1"},
    )  # fmt: skip
    assert said.returncode == 1
    assert "✗ the database is not reachable" in said.stdout
    assert "✗ the broker on 127.0.0.1:1 can't be reached" in said.stdout
    assert "hunter2" not in said.stdout + said.stderr


@pytest.mark.parametrize(("free", "ok", "advises"), [(50, True, False), (15, True, True), (5, False, True)])
def test_a_disk_that_fills_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, ok: bool, advises: bool
) -> None:
    usage = Usage(100 * GIGABYTE, (100 - free) * GIGABYTE, free * GIGABYTE)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    found: Finding = examine(read_settings(data_dir=tmp_path), None)[0]
    assert (found.ok, bool(found.advice)) == (ok, advises)
    assert f"{100 - free}% full, {free}.0 GB are free" in found.what
    assert advises == ("make room" in found.advice)

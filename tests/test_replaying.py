"""`ankang alerts replay`: what rang rings again from the stored rows; and what differs is said where it does not."""

from datetime import timedelta
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from alerts.replaying import WRITTEN_LATER, replay
from care.in_force import Place
from care.replays import Again, Said
from care.rules import RULES
from launch.cli import app
from launch.postgres import EmbeddedPostgres
from records.judging import rule_settings
from records.judging.rule_settings import Change
from records.readings.observations import Row
from tests.people import NOW
from tests.test_alerts import Engine, engine
from tests.test_every_rule import SCENES, WANG, stored

__all__ = ["engine"]

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LATER = {
    "observation": "UPDATE observation SET received_at = received_at + interval '10 days'",
    "event": "UPDATE event SET received_at = received_at + interval '10 days'",
    "signal": "UPDATE signal SET received_at = received_at + interval '10 days'",
}
NOT_KEPT = {"no_next_step"}
"""What these rest on is mended as soon as it is found."""


def again(engine: Engine, rule: str) -> Again:
    (alert,) = [alert for alert in engine.open() if alert.rule == rule]
    with engine.pool.transaction() as conn:
        found = replay(conn, alert.id)
    assert found is not None
    return found.again


@pytest.mark.parametrize("rule", RULES)
def test_what_rang_rings_again_from_the_stored_rows(engine: Engine, rule: str) -> None:
    SCENES[rule](engine)
    found = again(engine, rule)
    assert found.said is (Said.CANNOT if rule in NOT_KEPT else Said.RINGS), found
    assert found.differences == ()


def test_readings_that_came_late_are_not_held_against_it(engine: Engine) -> None:
    SCENES["water_low"](engine)
    device = engine.open()[0].device_id
    assert device is not None
    stored(engine, [Row(device, NOW - 5 * HOUR + MINUTE, {"water_used": 40.0})], NOW + HOUR)
    assert again(engine, "water_low").same


@pytest.mark.parametrize("rule", ["room_cold", "water_low", "left_bed", "news2", "vital_heart_rate", "fall"])
def test_a_past_that_was_written_later_is_judged_by_what_stands_in_it_and_says_so(engine: Engine, rule: str) -> None:
    SCENES[rule](engine)
    with engine.pool.transaction() as conn:
        for table in ("observation", "event", "signal"):
            conn.execute(LATER[table])
        # What was judged from a signal of such a past was marked delayed.
        conn.execute("UPDATE alert SET delayed = true WHERE EXISTS (SELECT FROM signal)")
    found = again(engine, rule)
    assert (found.said, found.differences) == (Said.RINGS, ())
    assert found.why == WRITTEN_LATER


def test_a_limit_that_was_another_one_by_the_records_is_said(engine: Engine) -> None:
    SCENES["room_cold"](engine)
    with engine.pool.transaction() as conn:
        changed = Change(RULES["room_cold"], Place(), {"low": 10.0}, None, "backdated", forced=True)
        rule_settings.change(conn, changed, NOW - HOUR)
    found = again(engine, "room_cold")
    assert found.same is False
    assert "low: was 16" in " ".join(found.differences)


def test_readings_that_are_no_longer_there_ring_no_more(engine: Engine) -> None:
    SCENES["vital_heart_rate"](engine)
    with engine.pool.transaction() as conn:
        conn.execute("DELETE FROM observation WHERE time > %s", (NOW - 40 * timedelta(seconds=1),))
    assert again(engine, "vital_heart_rate").said is Said.SILENT


def test_the_command_says_it_in_words_and_by_its_exit_code(
    engine: Engine, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _, query = postgres.url.partition("?")
    monkeypatch.setenv("ANKANG_DATABASE_URL", f"{path.rpartition('/')[0]}/{engine.conn.info.dbname}?{query}")
    SCENES["fall"](engine)
    (alert,) = engine.open()

    def say(id_: object) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["alerts", "replay", str(id_)])
        return done.exit_code, done.output

    code, words = say(alert.id)
    assert (code, words.splitlines()[-1]) == (0, "the same as then"), words
    assert "verdict: rings" in words and WANG not in words
    with engine.pool.transaction() as conn:
        conn.execute("UPDATE event SET name = 'bed_entry'")
    code, words = say(alert.id)
    assert (code, "does not ring" in words) == (3, True)
    with engine.pool.transaction() as conn:
        conn.execute("DELETE FROM event")
    assert say(alert.id)[0] == 4
    assert say(uuid4())[0] == 1

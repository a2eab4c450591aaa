"""Who is on duty: entered, listed and struck off at the command line, and asked when an alert opens."""

from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from care.escalation import Whom
from care.people import Role
from launch.account_cli import user
from launch.cli import app
from launch.postgres import EmbeddedPostgres
from records.database import Database
from records.login import accounts
from records.scope import EVERYTHING
from records.telling import duty, rosters

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_shift_counts_from_its_start_to_its_end_and_not_after_it_was_struck_off(database: Database) -> None:
    with database.transaction() as conn:
        who = accounts.create_account(conn, "李敏", "long-enough-for-a-test", Role.OPERATOR)
        shift = duty.add(conn, who, Whom.SEAT, None, NOW, 8 * HOUR)
        for at, there in ((NOW - HOUR, False), (NOW, True), (NOW + 7 * HOUR, True), (NOW + 8 * HOUR, False)):
            assert (who in duty.on_duty(conn, None, at).get("seat", ())) is there
        assert duty.strike(conn, shift, NOW + HOUR)
        assert not duty.strike(conn, shift, NOW + 2 * HOUR)
        assert duty.on_duty(conn, None, NOW + 2 * HOUR) == {}
        assert duty.shifts(conn, NOW + 2 * HOUR) == []


def test_family_and_neighbours_have_no_shifts_and_a_shift_takes_time(database: Database) -> None:
    with database.transaction() as conn:
        who = accounts.create_account(conn, "李敏", "long-enough-for-a-test", Role.OPERATOR)
        with pytest.raises(ValueError, match="level: use one of county, seat"):
            duty.add(conn, who, Whom.FAMILY, None, NOW, HOUR)
        with pytest.raises(ValueError, match="hours: more than 0"):
            duty.add(conn, who, Whom.SEAT, None, NOW, 0 * HOUR)


def test_at_each_start_of_the_demo_its_operator_is_on_duty_in_one_shift_and_again_after_it_was_over(
    database: Database,
) -> None:
    with database.transaction() as conn:
        operator = accounts.ensure_demo_operator(conn, "long-enough-for-a-test")
        assert accounts.ensure_demo_operator(conn, "long-enough-for-a-test") == operator
        for at in (NOW, NOW + HOUR, NOW + 48 * HOUR):
            duty.ensure_on_duty(conn, operator, Whom.SEAT, at, 24 * HOUR)
            assert [(one.level, one.ends) for one in duty.shifts(conn, at)] == [("seat", at + 24 * HOUR)]
            assert duty.on_duty(conn, None, at) == {"seat": (operator,)}


def test_duty_is_entered_listed_and_struck_off_at_the_command_line(
    postgres: EmbeddedPostgres, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as conn:
        name = conn.info.dbname
        accounts.create_account(conn, "李敏", "long-enough-for-a-test", Role.OPERATOR)
    path, _, query = postgres.url.partition("?")
    monkeypatch.setenv("ANKANG_DATABASE_URL", f"{path.rpartition('/')[0]}/{name}?{query}")

    def say(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["duty", *words])
        return done.exit_code, done.output

    assert "Nobody is on duty" in say("list")[1]
    code, said = say("add", "李敏", "--level", "seat", "--area", "340503", "--from", "2126-11-25T20:00", "--hours", "8")
    assert (code, "on duty as seat from 2126-11-25 20:00 for 8 hours" in said) == (0, True)
    shift = said.split()[-1]
    assert say("list") == (0, f"{shift}  李敏  seat  花山区  2126-11-25 20:00 to 2126-11-26 04:00  to come\n")
    for wrong in ("--from", "tomorrow"), ("--hours", "0"), ("--area", "999999"):
        assert say("add", "李敏", "--level", "seat", *wrong)[0] == 1
    assert say("add", "nobody", "--level", "seat")[0] == 1
    assert say("add", "李敏", "--level", "family")[0] == 1
    assert say("strike", shift)[0] == 0
    assert say("strike", shift)[0] == 1
    assert "李敏" not in say("list")[1]
    with database.transaction() as conn:
        actions = [row[0] for row in conn.execute("SELECT action FROM audit ORDER BY id")]
        log = rosters.log(conn, EVERYTHING)
    assert actions == ["add duty", "strike duty"]
    assert [(one.kind, one.by_name, one.other_name) for one in log] == [
        ("struck", user(), "李敏"), ("added", user(), "李敏"),
    ]  # fmt: skip

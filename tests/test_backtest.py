"""A back-test: how often other limits would have rung, what they would have missed, and who may enable them then."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from typer.testing import CliRunner

from alerts.backtesting import Trial, can_be_tested, in_words, run
from alerts.episodes import beyond
from care.backtests import Confirmed, Episode, Period, compared, counted
from care.figures import Sitting
from care.in_force import Place
from care.limits import DEFAULT_LIMITS, Sample
from care.rules import RULES
from launch.cli import app
from launch.postgres import EmbeddedPostgres
from records.judging import rule_settings
from tests.people import NOW
from tests.test_alerts import Engine, engine
from tests.test_every_rule import NIGHT, SCENES

__all__ = ["engine"]

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WANG, LI = UUID(int=1), UUID(int=2)
EMPTY = Period(NOW - 2 * DAY, NOW, {}, ())


def episode(resident: UUID, ago: timedelta, lasts: timedelta | None = HOUR) -> Episode:
    return Episode(resident, NOW - ago, None if lasts is None else NOW - ago + lasts)


def test_alerts_are_counted_by_day_and_by_seat_and_ten_minutes_and_floods_with_all_the_others() -> None:
    found = counted([episode(WANG, DAY - n * MINUTE) for n in range(6)], EMPTY)
    assert (found["alerts"], found["a_day"], found["residents"]) == (6, 3.0, 1)
    assert (found["seat_10_min_most"], found["floods"]) == (6.0, 0)
    others = {NOW - DAY + n * MINUTE: 1 for n in range(6)}
    found = counted([episode(WANG, DAY - n * MINUTE) for n in range(6)], Period(*_bounds(), others, ()))
    assert (found["seat_10_min_most"], found["seat_10_min_most_with_all"], found["floods"]) == (6.0, 12.0, 1)
    two = [Sitting(name, *_bounds()) for name in ("李敏", "张强")]
    found = counted([episode(WANG, DAY - n * MINUTE) for n in range(6)], Period(*_bounds(), others, two))
    assert (found["seat_10_min_most_with_all"], found["floods"]) == (6.0, 0)


def _bounds() -> tuple[datetime, datetime]:
    return EMPTY.since, EMPTY.until


def test_what_people_confirmed_and_the_new_limits_would_not_have_raised_is_missed() -> None:
    real = [
        Confirmed(UUID(int=11), WANG, NOW - 10 * HOUR, NOW - 9 * HOUR),
        Confirmed(UUID(int=12), LI, NOW - 10 * HOUR, NOW - 9 * HOUR),
        Confirmed(UUID(int=13), LI, NOW - 5 * HOUR, NOW - 4 * HOUR),
    ]
    after = [episode(WANG, 10 * HOUR - 20 * MINUTE), episode(LI, 5 * HOUR + 30 * MINUTE), episode(LI, 3 * HOUR, None)]
    result = compared([], after, real, EMPTY)
    assert (result["confirmed"], result["missed"], result["latest_s"]) == (3, [str(UUID(int=12))], 1200)


def test_a_vital_sign_is_one_alert_until_it_is_back_within_its_limit() -> None:
    limit = DEFAULT_LIMITS["heart_rate"]
    beats = [72] * 10 + [150] * 30 + [72] * 10 + [150] * 3 + [72] * 20 + [140] * 20
    samples = [Sample(NOW + n * timedelta(seconds=10), beat) for n, beat in enumerate(beats)]
    found = list(beyond(WANG, samples, limit, NOW))
    assert len(found) == 2
    assert found[0].cleared is not None and found[1].cleared is None
    assert timedelta(seconds=130) <= found[0].rang - NOW <= timedelta(seconds=160)


STRICTER: dict[str, dict[str, float | str]] = {
    "vital_heart_rate": {"high": 200.0},
    "news2": {"total": 20.0},
    "news2_emergency": {"total": 20.0},
    "no_movement": {"within": 7 * 86400.0},
    "water_low": {"least": 0.0},
    "water_high": {"most": 90_000.0},
    "water_running": {"within": 7 * 86400.0},
    "door_not_opened": {"within": 7 * 86400.0},
    "left_bed": {"within": 6 * 3600.0},
    "room_cold": {"low": 5.0},
    "room_hot": {"high": 45.0},
    "missed_check_in": {"grace": 86400.0},
}


@pytest.mark.parametrize("rule", STRICTER)
def test_limits_that_would_have_missed_somebody_say_whom(engine: Engine, rule: str) -> None:
    SCENES[rule](engine)
    (alert,) = [alert for alert in engine.open() if alert.rule == rule]
    until = max(alert.opened_at, NIGHT) + MINUTE
    with engine.pool.transaction() as conn:
        conn.execute(
            "UPDATE alert SET phase = 'closed', outcome = 'helped', closed_at = %s, active = false WHERE id = %s",
            (until, alert.id),
        )
        found = RULES[rule]
        today = run(conn, Trial(found, Place(), {}, None, NOW - 2 * DAY, until))
        tried = run(conn, Trial(found, Place(), found.read(STRICTER[rule]), None, NOW - 2 * DAY, until))
        off = run(conn, Trial(found, Place(), {}, False, NOW - 2 * DAY, until))
    assert today["before"]["alerts"] >= 1 and today["before"] == today["after"]
    assert (today["confirmed"], today["missed"]) == (1, [])
    assert (tried["after"]["alerts"], tried["missed"]) == (0, [str(alert.id)])
    assert off["after"]["alerts"] == 0
    assert str(alert.id) in "\n".join(in_words(tried))


def test_every_rule_with_limits_can_be_tested_but_that_of_silent_devices() -> None:
    untestable = [rule.id for rule in RULES.values() if rule.settings and not can_be_tested(rule)]
    assert untestable == ["device_silent"]  # docs/supervision.md says why


def test_a_rule_without_limits_is_refused_in_words(engine: Engine) -> None:
    with engine.pool.transaction() as conn, pytest.raises(ValueError, match="does not say when fall would have rung"):
        run(conn, Trial(RULES["fall"], Place(), {}, None, NOW - DAY, NOW))


def test_a_tested_limit_may_be_enabled_without_force_and_the_version_says_what_the_test_found(
    engine: Engine, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _, query = postgres.url.partition("?")
    monkeypatch.setenv("ANKANG_DATABASE_URL", f"{path.rpartition('/')[0]}/{engine.conn.info.dbname}?{query}")
    change = ["--rule", "room_cold", "--set", "low=14", "--area", "340503"]

    def say(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["rules", *words])
        return done.exit_code, done.output

    assert say("set", *change, "--why", "winter")[0] == 1
    code, words = say("backtest", *change, "--days", "7")
    assert (code, "alerts a day" in words) == (0, True), words
    assert say("set", *change, "--why", "winter") == (0, "room_cold version 2 is in force (area 2)\n")
    with engine.pool.transaction() as conn:
        (version,) = rule_settings.history(conn, "room_cold")
        noted = conn.execute("SELECT action, subject, reason, by_user <> '' FROM audit ORDER BY id DESC").fetchone()
    assert version.backtest is not None and version.backtest["after"]["alerts"] == 0
    assert noted == ("rules set", "room_cold", "winter", True)
    assert say("set", *change, "--why", "winter", "--by", "nobody")[0] == 1

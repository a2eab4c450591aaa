"""Limits from the whole city down to one person: the nearest wins, a change is a version, and ingest keeps to them."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from typer.testing import CliRunner

from care.in_force import EVERYWHERE, Layer, Place, nearest
from care.limits import DEFAULT_LIMITS
from care.people import Role
from care.rulebook import document
from care.rules import RULES, Rule
from ingest.limits import Limits
from launch.cli import app
from launch.postgres import EmbeddedPostgres
from records.database import Conn, Database
from records.judging import limits, rule_settings
from records.judging.rule_settings import Change, NotBackTested
from tests.people import NOW, give

HEART = RULES["vital_heart_rate"]
STREET = Place(7)
MINUTE = timedelta(minutes=1)


def set_(conn: Conn, place: Place, *, rule: Rule = HEART, enabled: bool | None = None, **values: float | str) -> int:
    """Set these limits there, forced."""
    wanted = Change(rule, place, values, enabled, "a test", forced=True, role=Role.DOCTOR)
    return rule_settings.change(conn, wanted, NOW)


def streets(conn: Conn) -> dict[str, int]:
    """A street and a community below 花山区."""
    row = conn.execute("SELECT id FROM area WHERE code = '340503'").fetchone()
    assert row is not None
    found = {"county": int(row[0])}
    for level, name, above in (("street", "湖东路街道", "county"), ("community", "桃源社区", "street")):
        made = conn.execute(
            "INSERT INTO area (parent_id, level, name) VALUES (%s, %s, %s) RETURNING id", (found[above], level, name)
        ).fetchone()
        assert made is not None
        found[level] = int(made[0])
    return found


def living_in(conn: Conn, name: str, area: int) -> UUID:
    """This resident moves there."""
    row = conn.execute("SELECT id, home_id FROM resident WHERE name = %s", (name,)).fetchone()
    assert row is not None
    conn.execute("UPDATE home SET area_id = %s WHERE id = %s", (area, row[1]))
    return UUID(str(row[0]))


def test_the_nearest_place_wins_limit_by_limit_and_says_where_each_comes_from() -> None:
    found = nearest(
        HEART,
        [Layer(Place(resident_id=UUID(int=1)), 5, {"low": 45}), Layer(STREET, 6, {"low": 50, "high": 120})],
    )
    assert (found.values["low"], found.values["high"], found.values["lasting"]) == (45, 120, 60)
    assert (found.where, found.version) == ("low: resident; high: area 7", 6)
    assert nearest(HEART, ()).where == "default"


def test_each_place_down_to_the_person_overrules_the_larger_one(database: Database) -> None:
    give(database, "王桂珍", "bed-1")
    with database.transaction() as conn:
        area = streets(conn)
        resident = living_in(conn, "王桂珍", area["community"])
        seen = [limits.in_force(conn, HEART.id, resident)]
        for number, place in enumerate([Place(), *map(Place, area.values()), Place(resident_id=resident)]):
            set_(conn, place, high=121 + number)
            seen.append(limits.in_force(conn, HEART.id, resident))
        assert [one.values["high"] for one in seen] == [131, 121, 122, 123, 124, 125]
        assert [one.version for one in seen] == [1, 2, 3, 4, 5, 6]
        assert seen[1].where == f"high: {EVERYWHERE}" and seen[-1].where == "high: resident"
        assert limits.in_force(conn, HEART.id, None).values["high"] == 121
        assert limits.load(conn, [HEART.id]).of(HEART.id, resident, area["community"]) == seen[-1]


def test_how_it_was_at_a_time_is_still_known(database: Database) -> None:
    with database.transaction() as conn:
        set_(conn, Place(), high=125)
        assert limits.in_force(conn, HEART.id, None, NOW - MINUTE).values["high"] == 131
        assert limits.in_force(conn, HEART.id, None, NOW).values["high"] == 125


def test_a_version_is_never_rewritten(database: Database) -> None:
    with database.transaction() as conn:
        set_(conn, Place(), high=125)
    with database.transaction() as conn, pytest.raises(psycopg.errors.RaiseException, match="add a new one"):
        conn.execute("UPDATE rule_setting SET why = 'another'")


def test_a_changed_limit_needs_a_back_test_or_a_reason_to_go_without(database: Database) -> None:
    values = {"high": 125.0}
    with database.transaction() as conn:
        wanted = Change(HEART, Place(), values, None, "fewer alerts")
        with pytest.raises(NotBackTested, match="to go without a back-test"):
            rule_settings.change(conn, wanted, NOW)
        rule_settings.keep_test(conn, HEART, Place(), {"high": 124}, NOW - MINUTE, NOW, {}, NOW)
        with pytest.raises(NotBackTested):  # another limit was tried
            rule_settings.change(conn, wanted, NOW)
        rule_settings.keep_test(conn, HEART, Place(), values, NOW - MINUTE, NOW, {"alerts": 3}, NOW)
        with pytest.raises(NotBackTested):  # it is too long ago
            rule_settings.change(conn, wanted, NOW + timedelta(days=8))
        assert rule_settings.change(conn, wanted, NOW) == 2
        set_(conn, Place(), high=126)
        newest, older = rule_settings.history(conn, HEART.id)
    assert (older.backtest, older.forced) == ({"alerts": 3}, False)
    assert (newest.backtest, newest.forced) == (None, True)


def test_switching_a_rule_off_needs_no_back_test_and_on_again_does(database: Database) -> None:
    with database.transaction() as conn:
        off, on = (Change(HEART, Place(), {}, enabled, "the sensor is being changed") for enabled in (False, None))
        rule_settings.change(conn, off, NOW)
        assert not limits.in_force(conn, HEART.id, None).enabled
        with pytest.raises(NotBackTested):
            rule_settings.change(conn, on, NOW)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"high": 300}, "high: use 20 to 250 /min"),
        ({"high": "fast"}, "high: use 20 to 250 /min"),
        ({"hihg": 120}, "hihg: vital_heart_rate has no such limit; it has low, high, lasting"),
        ({"high": float("nan")}, "high: use"),
    ],
)
def test_a_limit_out_of_bounds_or_misspelt_is_refused_in_words(
    database: Database, values: dict[str, float | str], said: str
) -> None:
    with database.transaction() as conn, pytest.raises(ValueError, match=said):
        rule_settings.change(conn, Change(HEART, Place(), values, None, "a test", forced=True), NOW)


def test_scale_2_is_set_by_a_doctor_for_one_person_only(database: Database) -> None:
    give(database, "王桂珍", "bed-1")
    rule = RULES["news2"]
    with database.transaction() as conn:
        resident = living_in(conn, "王桂珍", 1)
        person = Place(resident_id=resident)
        with pytest.raises(ValueError, match="only a doctor"):
            rule_settings.change(conn, Change(rule, person, {"scale": "2"}, None, "COPD", role=Role.SUPERVISOR), NOW)
        with pytest.raises(ValueError, match="for one person"):
            rule_settings.change(conn, Change(rule, Place(), {"scale": "2"}, None, "COPD", role=Role.DOCTOR), NOW)
        rule_settings.change(conn, Change(rule, person, {"scale": "2"}, None, "COPD", role=Role.DOCTOR), NOW)
        assert limits.in_force(conn, "news2", resident).values["scale"] == "2"
        with pytest.raises(ValueError, match="only a doctor"):  # nor may anybody else take it back
            rule_settings.change(conn, Change(rule, person, {}, None, "tidying", role=Role.ADMINISTRATOR), NOW)


def test_ingest_screens_each_device_with_the_limits_of_whom_it_watches_over(database: Database) -> None:
    hers, his, others = (give(database, name, f"bed-{n}") for n, name in enumerate(("王桂珍", "李秀英", "张三")))
    book = Limits()
    with database.transaction() as conn:
        book.load(conn)
        assert book.of(hers.device_id) == DEFAULT_LIMITS
        area = streets(conn)
        resident = living_in(conn, hers.name, area["community"])
        living_in(conn, his.name, area["community"])
        set_(conn, Place(area["county"]), low=45)
        set_(conn, Place(resident_id=resident), high=110)
        set_(conn, Place(), rule=RULES["vital_spo2"], enabled=False)
        book.load(conn)
    heart = {wearer.name: book.of(wearer.device_id)["heart_rate"] for wearer in (hers, his, others)}
    assert {name: (limit.low, limit.high) for name, limit in heart.items()} == {
        "王桂珍": (45, 110),
        "李秀英": (45, 131),
        "张三": (40, 131),
    }
    assert "spo2" not in book.of(others.device_id)
    assert heart["王桂珍"].where == f"low: area {area['county']}; high: resident"


def test_limits_are_set_and_shown_at_the_command_line(
    postgres: EmbeddedPostgres, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as conn:
        name = conn.info.dbname
    path, _, query = postgres.url.partition("?")
    monkeypatch.setenv("ANKANG_DATABASE_URL", f"{path.rpartition('/')[0]}/{name}?{query}")
    rules = CliRunner()

    def say(*words: str) -> tuple[int, str]:
        done = rules.invoke(app, ["rules", *words])
        return done.exit_code, done.output

    high = ("set", "--rule", HEART.id, "--set", "high=120", "--area", "340503", "--why", "too late")
    done = rules.invoke(app, ["rules", *high])
    assert (done.exit_code, "without a back-test force it" in done.output) == (1, True)
    assert say(*high, "--force") == (0, "vital_heart_rate version 2 is in force (area 2)\n")
    assert say("set", "--rule", HEART.id, "--set", "low=10", "--why", "x", "--force")[0] == 1
    assert "high = 120.0 /min (area 2; 20 to 250 /min)" in say("show", "--rule", HEART.id, "--area", "340503")[1]
    assert "high = 131 /min (default: NEWS2" in say("show", "--rule", HEART.id, "--area", "340506")[1]
    assert (
        "花山区: high=120.0, without a back-test (the command line: too late)" in say("history", "--rule", HEART.id)[1]
    )
    assert all(rule in say("list")[1] for rule in RULES)


def test_the_page_of_the_rules_is_the_rule_pack() -> None:
    page = (Path(__file__).parent.parent / "docs" / "rules.md").read_text("utf-8")
    assert page == document(), "write it anew: ankang rules document > docs/rules.md"

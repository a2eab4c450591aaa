"""The duty to visit: who is behind gets a task, an area has its rate, and a home has what proves a visit."""

from datetime import datetime, timedelta
from uuid import UUID

import httpx2
import pytest
from typer.testing import CliRunner

from alerts import visits as engine
from care.absences import AbsenceKind
from care.people import Role
from care.visits import Risk, Standing, VisitKind, Why
from launch.cli import app
from launch.postgres import EmbeddedPostgres
from records.database import Conn, Database
from records.login import accounts
from records.rounds import absences, visit_duty, visit_rates, visiting, visits
from records.rounds.absences import Away
from records.rounds.visiting import Visited
from records.scope import EVERYTHING, Scope
from tests.centre import PASSWORD, Centre, id_of
from tests.people import NOW, give
from tests.test_rules import area_of, move

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def worker(database: Database) -> UUID:
    with database.transaction() as conn:
        return accounts.create_account(conn, "赵敏", PASSWORD, Role.STATION_WORKER)


def known(database: Database, name: str, since: datetime = NOW - 400 * DAY) -> UUID:
    """Somebody whom the records have known since then."""
    give(database, name, f"bed-{ord(name[0])}")
    resident = id_of(database, name)
    with database.transaction() as conn:
        conn.execute("UPDATE resident SET recorded_at = %s WHERE id = %s", (since, resident))
    return resident


def tasks(conn: Conn, now: datetime) -> list[tuple[str, str, datetime, bool]]:
    found, _ = visits.open_tasks(conn, EVERYTHING, now, 100)
    return [(one.resident_name, one.why, one.by_when, one.overdue) for one in found]


def called(conn: Conn, resident: UUID, at: datetime, by: UUID) -> None:
    visiting.record(conn, resident, Visited(VisitKind.PHONE, at, True), by, at)


def test_who_is_behind_gets_one_task_and_a_visit_does_it(database: Database, worker: UUID) -> None:
    wang = known(database, "王桂珍")
    with database.transaction() as conn:
        visit_duty.set_duty(conn, wang, Risk.HIGH, "独居、失能", worker, NOW - 30 * DAY)
        assert engine.due(conn, NOW) == 1
        assert tasks(conn, NOW) == [("王桂珍", "duty", NOW - 23 * DAY, True)]
        assert engine.due(conn, NOW + HOUR) == 0
        called(conn, wang, NOW + 2 * HOUR, worker)
        assert tasks(conn, NOW + 2 * HOUR) == []
        week_later = NOW + 2 * HOUR + 6 * DAY - timedelta(seconds=1)
        assert engine.due(conn, week_later) == 0
        assert engine.due(conn, week_later + timedelta(seconds=1)) == 1  # a day before it is due
        assert tasks(conn, week_later) == [("王桂珍", "duty", NOW + 2 * HOUR + 7 * DAY, False)]


@pytest.mark.parametrize(("risk", "days"), [(Risk.HIGH, 7), (Risk.MEDIUM, 31), (Risk.LOW, 92)])
def test_the_duty_is_weekly_monthly_or_quarterly(database: Database, worker: UUID, risk: Risk, days: int) -> None:
    wang = known(database, "王桂珍")
    with database.transaction() as conn:
        visit_duty.set_duty(conn, wang, risk, "评估", worker, NOW)
        called(conn, wang, NOW, worker)
        for after, standing in ((days * DAY - HOUR, Standing.VISITED), (days * DAY, Standing.BEHIND)):
            found = visit_duty.of_resident(conn, wang, NOW + after)
            assert found is not None
            assert (found.standing, found.by_when, found.last) == (standing, NOW + days * DAY, NOW)


def test_whoever_has_no_duty_is_at_low_risk_and_one_who_needs_it_less_loses_the_task(
    database: Database, worker: UUID
) -> None:
    wang = known(database, "王桂珍", NOW - 50 * DAY)
    with database.transaction() as conn:
        assert engine.due(conn, NOW) == 0
        visit_duty.set_duty(conn, wang, Risk.MEDIUM, "评估", worker, NOW - 40 * DAY)
        assert engine.due(conn, NOW) == 1
        visit_duty.set_duty(conn, wang, Risk.LOW, "好转", worker, NOW)
        assert engine.due(conn, NOW) == 1
        assert tasks(conn, NOW) == []


def test_nobody_is_asked_to_visit_who_is_in_hospital_and_once_back_it_is_within_a_day(
    database: Database, worker: UUID
) -> None:
    wang, zhang = known(database, "王桂珍"), known(database, "张秀英")
    with database.transaction() as conn:
        stays = {}
        for resident, risk in ((wang, Risk.HIGH), (zhang, Risk.LOW)):
            visit_duty.set_duty(conn, resident, risk, "评估", worker, NOW - 3 * DAY)
            stays[resident] = absences.add(conn, Away(resident, AbsenceKind.HOSPITAL, NOW, NOW + 10 * DAY), NOW)
        assert (engine.due(conn, NOW + 8 * DAY), engine.after_changes(conn, NOW + 8 * DAY)) == (0, 0)
        for resident, stay in stays.items():
            assert absences.end(conn, resident, stay, worker, NOW + 9 * DAY)
        back = NOW + 9 * DAY
        assert engine.after_changes(conn, back + HOUR) == 1
        assert tasks(conn, back + HOUR) == [("王桂珍", "major_change", back + DAY, False)]
        assert engine.after_changes(conn, back + 2 * HOUR) == 0
        called(conn, wang, back + 3 * HOUR, worker)
        assert engine.after_changes(conn, back + 4 * HOUR) == 0
        visit_duty.set_duty(conn, wang, Risk.HIGH, "丧偶", worker, back + 5 * HOUR, changed=True)
        assert tasks(conn, back + 5 * HOUR) == [("王桂珍", Why.MAJOR_CHANGE, back + 29 * HOUR, False)]


def test_the_rate_of_an_area_leaves_out_who_is_away_and_counts_a_check_in_of_the_week(
    database: Database, worker: UUID
) -> None:
    here, there = area_of(database, "340503"), area_of(database, "340521")
    people = [known(database, name) for name in ("王桂珍", "张秀英", "李建国", "赵秀兰", "孙福生")]
    visited, checked_in, behind, away, other = people
    for resident in people[:4]:
        move(database, resident, here)
    move(database, other, there)
    with database.transaction() as conn:
        called(conn, visited, NOW - 2 * DAY, worker)
        conn.execute("INSERT INTO visit_duty VALUES (%s, 'low', %s)", (checked_in, NOW - DAY))
        plan = conn.execute(
            "INSERT INTO check_in_plan (id, resident_id, cron, window_length, made_at, planned_through)"
            " VALUES (gen_random_uuid(), %s, '0 8 * * *', '1 hour', %s, %s) RETURNING id",
            (checked_in, NOW, NOW),
        ).fetchone()
        assert plan is not None
        conn.execute(
            "INSERT INTO check_in (id, plan_id, resident_id, opens_at, closes_at, state, settled_at, evidence)"
            " VALUES (gen_random_uuid(), %s, %s, %s, %s, 'done', %s, '{}')",
            (plan[0], checked_in, NOW - 3 * DAY, NOW - 3 * DAY + HOUR, NOW - 3 * DAY),
        )
        absences.add(conn, Away(away, AbsenceKind.AWAY, NOW - DAY, NOW + DAY), NOW)
        called(conn, other, NOW - 8 * DAY, worker)
        found = visit_rates.rates(conn, EVERYTHING, None, NOW)
        parts = {one.name: one for one in found.areas}
        one = parts["花山区"]
        assert (one.residents, one.away, one.visited, one.not_yet, one.behind) == (4, 1, 1, 1, 1)
        assert (one.kept.within, one.kept.of, one.kept.target, one.week.within, one.week.of) == (1, 2, 1.0, 2, 3)
        assert (parts["当涂县"].kept.share, parts["当涂县"].week.share) == (1.0, 0.0)
        assert (found.whole.residents, found.whole.week.of) == (5, 4)
        mine = Scope(areas=(there,))
        assert visit_rates.rates(conn, mine, None, NOW).whole.residents == 1
        assert visit_rates.rates(conn, mine, here, NOW).whole.residents == 0
    assert behind


def test_a_duty_is_set_and_a_home_gets_its_code_over_http(centre: Centre, database: Database, worker: UUID) -> None:
    wang = known(database, "王桂珍")
    with database.transaction() as conn:
        conn.execute("UPDATE account SET area_id = (SELECT area_id FROM home LIMIT 1) WHERE id = %s", (worker,))
        accounts.create_account(conn, "何审", PASSWORD, Role.AUDITOR)
    path = f"/api/residents/{wang}"
    new = {"risk": "high", "reason": "独居", "major_change": True}
    with centre.operator("赵敏") as client:
        duty = client.put(f"{path}/visit_duty", json=new).raise_for_status().json()
        assert (duty["risk"], duty["standing"], duty["reason"]) == ("high", "not_yet", "独居")
        assert client.get(f"{path}/visit_duty").json() == duty | {"by_when": duty["by_when"]}
        assert [one["why"] for one in client.get("/api/visits/tasks").json()["tasks"]] == ["major_change"]
        assert client.get("/api/visits/rates").json()["whole"]["residents"] == 1
        assert client.get(f"{path}/home_proof").json() == {"code": False, "latitude": None, "longitude": None}
        made = client.post(f"{path}/home_proof/code").raise_for_status().json()
        assert made["svg"].startswith("<svg")
        client.put(f"{path}/home_proof/place", json={"latitude": 31.67, "longitude": 118.5}).raise_for_status()
        assert client.get(f"{path}/home_proof").json() == {"code": True, "latitude": 31.67, "longitude": 118.5}
        visit = {"kind": "door", "reached": True, "code": made["code"]}
        assert client.post(f"{path}/visits", json=visit).json()["proof"] == "code"
        client.post(f"{path}/home_proof/code").raise_for_status()
        assert client.post(f"{path}/visits", json=visit).json()["counts"] is False
    with centre.operator("何审") as client:
        assert client.get(f"{path}/visit_duty").status_code == 200
        refused = [
            client.put(f"{path}/visit_duty", json=new), client.post(f"{path}/home_proof/code"),
            client.put(f"{path}/home_proof/place", json={"latitude": 0, "longitude": 0}),
            client.post(f"{path}/confirmations", json={}),
        ]  # fmt: skip
        assert [answer.status_code for answer in refused] == [403] * 4


def test_a_family_confirms_only_for_its_own(centre: Centre, database: Database) -> None:
    wang, zhang = known(database, "王桂珍"), known(database, "张秀英")
    with database.transaction() as conn:
        daughter = accounts.create_account(conn, "李敏", PASSWORD, Role.FAMILY)
        conn.execute("INSERT INTO account_resident VALUES (%s, %s)", (daughter, wang))

    def confirms(client: httpx2.Client, resident: UUID, **said: str) -> int:
        return client.post(f"/api/residents/{resident}/confirmations", json=said).status_code

    with centre.operator("李敏") as client:
        assert (confirms(client, wang, note="刚通过电话"), confirms(client, zhang)) == (204, 404)
        assert confirms(client, wang, at="2020-01-01T00:00:00Z") == 422
    with database.transaction() as conn:
        rows = conn.execute("SELECT resident_id, account_id, note FROM confirmation").fetchall()
    assert rows == [(wang, daughter, "刚通过电话")]


def test_duties_codes_and_holidays_are_entered_at_the_command_line(
    database: Database, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = dict(word.split("=", 1) for word in database.url.split())["dbname"]
    path, _, query = postgres.url.partition("?")
    monkeypatch.setenv("ANKANG_DATABASE_URL", f"{path.rpartition('/')[0]}/{name}?{query}")
    wang = known(database, "王桂珍")
    with database.transaction() as conn:
        conn.execute(
            "INSERT INTO care_bed (id, resident_id, number, set_up) VALUES (gen_random_uuid(), %s, 'HS-1', now())",
            (wang,),
        )

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output
        return done.output

    run("visits", "duty", "--bed", "HS-1", "--risk", "high", "--reason", "独居", "--changed")
    assert "王桂珍" in run("visits", "tasks")
    assert run("visits", "rates").startswith("all: 1 residents, 0 behind")
    assert run("visits", "code", "--bed", "HS-1").startswith("code: ")
    run("visits", "place", "--bed", "HS-1", "--latitude", "31.6", "--longitude", "118.5")
    run("holiday", "set", "2027-01-01", "元旦")
    assert run("holiday", "list", "2027") == "2027-01-01 元旦\n"
    run("holiday", "remove", "2027-01-01")
    assert CliRunner().invoke(app, ["holiday", "remove", "2027-01-01"]).exit_code == 1
    assert CliRunner().invoke(app, ["visits", "code", "--bed", "HS-2"]).exit_code == 1

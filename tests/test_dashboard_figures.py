"""The figures over HTTP, as a sheet, and at the command line; who may see them, and whose."""

import csv
import io
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx2
import pytest
from typer.testing import CliRunner

from care.alerts import Means, Outcome, Party, Reached, Step
from care.people import Role
from care.periods import period
from launch.cli import app
from launch.postgres import EmbeddedPostgres
from records.database import Database
from records.judging import alert_steps
from records.judging.alert_steps import Particulars
from records.login import accounts
from tests.centre import PASSWORD, Centre, id_of, ring
from tests.people import Wearer
from tests.test_rules import area_of, move

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def missed(database: Database, wang: Wearer) -> UUID:
    """A false alarm of today that was answered after three minutes."""
    alert, now = ring(database, wang), datetime.now(UTC)
    move(database, id_of(database, wang.name), area_of(database, "340503"))
    with database.transaction() as conn:
        conn.execute("UPDATE alert SET opened_at = %s WHERE id = %s", (now, alert))
        conn.execute("UPDATE alert_log SET at = %s WHERE alert_id = %s", (now, alert))
        by = accounts.create_account(conn, "answerer", PASSWORD, Role.OPERATOR)
        alert_steps.take_step(conn, alert, Step.ANSWER, by, now + timedelta(minutes=3))
        spoke = Particulars(who=Party.RESIDENT, how=Means.PHONE, result=Reached.SPOKE)
        alert_steps.take_step(conn, alert, Step.CONTACT, by, now + timedelta(minutes=3), more=spoke)
        alert_steps.take_step(conn, alert, Step.CLOSE, by, now + timedelta(minutes=4), Outcome.FALSE_ALARM)
    return alert


def test_the_figures_of_a_week_hold_the_alert_of_today(operator: httpx2.Client, missed: UUID) -> None:
    found = operator.get("/api/figures").raise_for_status().json()
    first, second = found["answers"]["first"]
    assert (found["alerts"], first["within"], first["of"], second["within"], first["share"]) == (1, 0, 1, 1, 0.0)
    assert [one["alerts"] for one in found["days"]] == [1]
    assert found["truth"]["residents"][0]["resident_name"] == "王桂珍"
    assert datetime.fromisoformat(found["until"]) - datetime.fromisoformat(found["since"]) == 7 * DAY
    today = operator.get("/api/figures/today").raise_for_status().json()
    assert ([(one["within"], one["of"]) for one in today["answered"]], today["waiting"]) == ([(0, 1), (1, 1)], 0)


def test_a_time_is_days_or_moments_and_what_can_not_be_is_refused(operator: httpx2.Client) -> None:
    def asked(**query: str) -> tuple[str, str]:
        found = operator.get("/api/figures", params=query).raise_for_status().json()
        return found["since"], found["until"]

    two_days = asked(**{"from": "2026-11-23", "to": "2026-11-24"})
    assert two_days == ("2026-11-22T16:00:00Z", "2026-11-24T16:00:00Z")
    shift = asked(**{"from": "2026-11-23T08:00", "to": "2026-11-23T08:00:00Z"})
    assert shift == ("2026-11-23T00:00:00Z", "2026-11-23T08:00:00Z")
    for query, field in (
        ({"from": "2026-11-24", "to": "2026-11-23"}, "from"), ({"to": "tomorrow"}, "to"), ({"from": "1"}, "from"),
        ({"from": "2020-01-01"}, "from"), ({"from": "9999-12-31T23:00:00-12:00"}, "from"), ({"area": "0"}, "area"),
    ):  # fmt: skip
        answer = operator.get("/api/figures", params=query)
        assert (answer.status_code, answer.json()["field"]) == (422, field), query


def test_without_dates_it_is_the_week_that_ends_with_the_end_that_was_asked_for() -> None:
    now = datetime(2026, 11, 25, 1, tzinfo=UTC)
    assert period(None, None, now) == (datetime(2026, 11, 18, 16, tzinfo=UTC), datetime(2026, 11, 25, 16, tzinfo=UTC))
    assert period(None, "2026-11-23", now)[0] == datetime(2026, 11, 16, 16, tzinfo=UTC)


def test_each_miss_is_listed_until_somebody_gives_its_reason(operator: httpx2.Client, missed: UUID) -> None:
    (miss,) = operator.get("/api/figures/misses").raise_for_status().json()["misses"]
    assert (miss["alert_id"], miss["target"], miss["took_s"], miss["reason"]) == (str(missed), "answered", 180, None)
    path = f"/api/figures/misses/{missed}"
    assert operator.post(path, json={"target": "answered", "reason": "  "}).json()["field"] == "reason"
    assert operator.post(path, json={"target": "answered", "reason": "两人同时呼入"}).status_code == 204
    found = operator.get("/api/figures/misses").json()
    assert [(one["reason"], one["reason_by"]) for one in found["misses"]] == [("两人同时呼入", "operator")]
    assert operator.get("/api/figures/misses?without_reason=true").json() == {"misses": [], "more": False}


def test_an_area_sees_its_own_figures_masked_where_names_are_and_cannot_explain_others(
    centre: Centre, database: Database, missed: UUID
) -> None:
    here, there = area_of(database, "340503"), area_of(database, "340521")
    with database.transaction() as conn:
        for name, area in (("here", here), ("there", there)):
            accounts.create_account(conn, name, PASSWORD, Role.STATION_WORKER, area_id=area)
        accounts.create_account(conn, "auditor", PASSWORD, Role.AUDITOR)
        accounts.create_account(conn, "vendor", PASSWORD, Role.VENDOR, vendor="acme")
    reason = {"target": "answered", "reason": "无"}
    with centre.operator("here") as client:
        assert client.get("/api/figures").json()["alerts"] == 1
    with centre.operator("there") as client:
        assert client.get("/api/figures").json()["alerts"] == 0
        assert client.get(f"/api/figures?area={here}").json()["alerts"] == 0
        assert client.get("/api/figures/misses").json()["misses"] == []
        assert client.post(f"/api/figures/misses/{missed}", json=reason).status_code == 404
    with centre.operator("auditor") as client:
        text = client.get("/api/figures").raise_for_status().text
        assert ("王**" in text, "桂珍" in text) == (True, False)
        assert client.post(f"/api/figures/misses/{missed}", json=reason).status_code == 403
        actions = {one["action"] for one in client.get("/api/audit").json()["entries"]}
        assert {"GET /api/figures", "GET /api/figures/misses"} <= actions
    with centre.operator("vendor") as client:
        assert client.get("/api/figures").status_code == 403


def test_a_sheet_opens_in_a_spreadsheet_and_nobodys_name_is_a_formula(
    operator: httpx2.Client, database: Database, missed: UUID
) -> None:
    with database.transaction() as conn:
        conn.execute("UPDATE resident SET name = '=1+1'")
    by_name = operator.get("/api/figures?format=csv").raise_for_status()
    by_kind = operator.get("/api/figures?lang=en", headers={"accept": "text/csv"}).raise_for_status()
    assert by_name.content.startswith(b"\xef\xbb\xbf")
    assert "attachment" in by_name.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(by_kind.content.decode("utf-8-sig"))))
    assert rows[0] == ["Part", "Of what", "Figure", "Number", "Of how many", "Share", "Target"]
    assert ["Response", "", "Answered within 60 s", "0", "1", "0.0%", "97.5%"] in rows
    assert [row[1] for row in rows if row[0] == "Per resident"] == ["'=1+1"] * 3
    chinese = list(csv.reader(io.StringIO(by_name.content.decode("utf-8-sig"))))
    assert [len(row) for row in chinese] == [7] * len(rows)
    assert not any("_" in row[0] + row[2] for row in rows + chinese)


@pytest.mark.usefixtures("missed")
def test_the_command_prints_the_same(
    database: Database, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = dict(word.split("=", 1) for word in database.url.split())["dbname"]
    path, _, query = postgres.url.partition("?")
    monkeypatch.setenv("ANKANG_DATABASE_URL", f"{path.rpartition('/')[0]}/{name}?{query}")
    done = CliRunner().invoke(app, ["figures", "--area", "340503"])
    assert done.exit_code == 0, done.output
    assert "  answered_60 0 of 1 = 0.0% (target 97.5%)" in done.output.splitlines()
    assert "  王桂珍: false 1 of 1 = 100.0%" in done.output.splitlines()
    assert CliRunner().invoke(app, ["figures", "--from", "x"]).exit_code == 1

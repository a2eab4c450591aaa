"""Residents from a file over HTTP: told line by line, refused by name, and by whom it may be done."""

import json
from typing import Any

import httpx2
import pytest

from care.people import Role
from records.database import Database
from tests.centre import PASSWORD, Centre, employ
from tests.test_intake import HEADS, WANG, ZHANG, as_sheet, row_of, written
from tests.test_intake import places as places  # noqa: PLC0414 - a fixture

pytestmark = pytest.mark.usefixtures("places")


def sent(client: httpx2.Client, data: bytes, *, dry_run: bool = True) -> list[dict[str, Any]]:
    query = {"dry_run": str(dry_run).lower()}
    answer = client.post("/api/imports/residents", content=data, params=query).raise_for_status()
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_dry_run_says_what_would_come_and_the_import_does_it_once(centre: Centre, database: Database) -> None:
    employ(database, "leader", role=Role.SUPERVISOR)
    data = as_sheet(HEADS, WANG, ZHANG)
    with centre.operator("leader") as leader:
        [dry] = [line for line in sent(leader, data) if line["kind"] != "progress"]
        assert (dry["kind"], dry["rows"], dry["new"], dry["bad"]) == ("checked", 2, 2, 0)
        assert row_of(database, "SELECT count(*) FROM resident") == (0,)
        *steps, done = sent(leader, data, dry_run=False)
        assert {step["doing"] for step in steps} == {"writing"}
        assert (done["kind"], done["new"]) == ("done", 2)
        assert sent(leader, data)[-1]["same"] == 2


def test_bad_cells_are_named_and_nothing_is_taken_in(centre: Centre, database: Database) -> None:
    employ(database, "leader", role=Role.SUPERVISOR)
    with centre.operator("leader") as leader:
        last = sent(leader, written(HEADS, [*WANG[:2], "1390000", *WANG[3:]], ZHANG), dry_run=False)[-1]
    assert (last["kind"], last["bad"], last["new"]) == ("checked", 1, 1)
    assert last["problems"] == [{"row": 2, "column": "phone", "value": "1390000", "why": "phone", "more": {}}]
    assert row_of(database, "SELECT count(*) FROM resident") == (0,)


def test_what_is_no_table_is_refused_in_one_line(centre: Centre, database: Database) -> None:
    employ(database, "leader", role=Role.SUPERVISOR)
    with centre.operator("leader") as leader:
        assert sent(leader, b"PK\x03\x04")[-1]["fault"] == "broken"
        missing = sent(leader, written(["姓名"], ["王桂珍"]))[-1]
        assert (missing["fault"], missing["missing"]) == ("headings", ["number", "community"])
        large = leader.post("/api/imports/residents", content=b"a" * (16 * 1024 * 1024 + 1))
        assert large.status_code == 413


def test_an_administrator_sees_what_would_change_but_not_what_was_there(centre: Centre, database: Database) -> None:
    employ(database, "admin", role=Role.ADMINISTRATOR)
    employ(database, "leader", role=Role.SUPERVISOR)
    changed = written(HEADS, ["A-1", "王兰", "13855519999", *WANG[3:]])
    with centre.operator("admin") as admin, centre.operator("leader") as leader:
        sent(leader, written(HEADS, WANG), dry_run=False)
        seen = {}
        for name, client in (("admin", admin), ("leader", leader)):
            cells = sent(client, changed)[-1]["changes"][0]["cells"]
            seen[name] = {cell["column"]: (cell["old"], cell["new"]) for cell in cells}
    assert seen["leader"] == {"name": ("王桂珍", "王兰"), "phone": ("+8613855512345", "+8613855519999")}
    assert seen["admin"] == {"name": ("王**", "王兰"), "phone": ("+86138****2345", "+8613855519999")}


def test_an_administrator_of_a_county_imports_into_it_only(centre: Centre, database: Database) -> None:
    from records.login import accounts
    from tests.test_rules import area_of

    with database.transaction() as conn:
        area = area_of(database, "340521")
        accounts.create_account(conn, "dangtu", PASSWORD, Role.ADMINISTRATOR, area_id=area)
    with centre.operator("dangtu") as admin:
        [problem] = sent(admin, written(HEADS, WANG), dry_run=False)[-1]["problems"]
    assert (problem["column"], problem["why"]) == ("community", "not_yours")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_template_comes_in_both_forms_and_languages(centre: Centre, database: Database, language: str) -> None:
    employ(database, "leader", role=Role.SUPERVISOR)
    with centre.operator("leader") as leader:
        for form in ("csv", "xlsx"):
            query = {"format": form, "lang": language}
            answer = leader.get("/api/imports/residents/template", params=query).raise_for_status()
            assert f"residents.{form}" in answer.headers["content-disposition"]
            assert sent(leader, answer.content)[-1]["rows"] == 0


def test_no_cell_is_written_into_the_logs(
    centre: Centre, database: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    employ(database, "leader", role=Role.SUPERVISOR)
    with database.transaction() as conn:
        conn.execute("ALTER TABLE care_bed ADD CHECK (number <> 'HS-1')")  # what nobody has thought of
    with centre.operator("leader") as leader:
        last = sent(leader, written(HEADS, WANG), dry_run=False)[-1]
    assert (last["kind"], last["fault"]) == ("refused", "failed")
    assert row_of(database, "SELECT count(*) FROM resident") == (0,)
    said = "".join(capfd.readouterr())
    assert "HS-1" not in said
    assert "王桂珍" not in said

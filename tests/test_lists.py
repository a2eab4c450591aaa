"""Every list as a file: what the reader sees in it, real numbers and times, no formula, and a line in the audit log."""

import csv
import io
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from python_calamine import CalamineWorkbook

from care.people import Role
from dashboard.sheets.lists import LISTS
from records.database import Database
from tests.centre import Centre, employ, id_of, ring
from tests.people import Wearer, give

FILES = [f"/api/lists/{one.name}" for one in LISTS]


@pytest.fixture
def town(database: Database, wang: Wearer) -> None:
    """Wang, an open and a closed alert, and somebody whose name a spreadsheet would compute."""
    give(database, '=HYPERLINK("http://x")', "bed-9")
    employ(database, "operator")
    employ(database, "管理", role=Role.ADMINISTRATOR)
    alert = ring(database, wang, at=datetime.now(UTC) - timedelta(hours=1))
    with database.transaction() as conn:
        conn.execute(
            "UPDATE alert SET phase = 'closed', outcome = 'helped', closed_at = now(), note = '-1+1' WHERE id = %s",
            (alert,),
        )
        conn.execute("UPDATE home SET address = '湖东路12号' WHERE id = (SELECT home_id FROM resident WHERE id = %s)",
                     (id_of(database, wang.name),))  # fmt: skip
    ring(database, wang, "sos")


def rows_of(answer: httpx2.Response) -> list[list[str]]:
    text = answer.raise_for_status().content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_each_list_is_a_file_in_both_languages_and_forms(centre: Centre, town: None, database: Database) -> None:
    with centre.operator("管理") as admin:
        for path in FILES:
            chinese, english = (admin.get(path, params={"lang": lang}) for lang in ("zh-CN", "en"))
            assert chinese.content.startswith("\ufeff".encode()), path
            assert chinese.headers["content-disposition"].startswith("attachment"), path
            assert len(rows_of(chinese)[0]) == len(rows_of(english)[0]) >= 6
            assert rows_of(chinese)[0] != rows_of(english)[0], path
            book = CalamineWorkbook.from_filelike(io.BytesIO(admin.get(path, params={"format": "xlsx"}).content))
            assert [str(cell) for cell in book.get_sheet_by_index(0).to_python()[0]] == rows_of(chinese)[0], path
    with database.transaction() as conn:
        noted = {row[0] for row in conn.execute("SELECT action FROM audit")}
    assert {f"GET {path}" for path in FILES} <= noted


def test_names_are_masked_as_the_reader_sees_them(centre: Centre, town: None) -> None:
    with centre.operator() as operator, centre.operator("管理") as admin:
        assert "王桂珍" in operator.get("/api/lists/residents").text
        for name in ("residents", "alerts", "devices"):
            text = admin.get(f"/api/lists/{name}").text
            assert ("王**" in text, "桂珍" in text, "湖东路12号" in text, "-1+1" in text) == (True, False, False, False)
        assert operator.get("/api/lists/accounts").status_code == 403


def test_nothing_is_computed_and_numbers_and_times_are_such(centre: Centre, town: None) -> None:
    with centre.operator() as operator:
        names = [row[0] for row in rows_of(operator.get("/api/lists/residents"))[1:]]
        assert '\'=HYPERLINK("http://x")' in names
        alerts = rows_of(operator.get("/api/lists/alerts"))
        assert "'-1+1" in alerts[2]
        file = operator.get("/api/lists/alerts", params={"format": "xlsx"}).content
        rows = CalamineWorkbook.from_filelike(io.BytesIO(file)).get_sheet_by_index(0).to_python()
        assert isinstance(rows[1][0], datetime)
        assert rows[1][8] == 1.0
        assert "-1+1" in rows[2]
        file = operator.get("/api/lists/residents", params={"format": "xlsx"}).content
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(file)).get_sheet_by_index(0).to_python()
        assert '=HYPERLINK("http://x")' in [row[0] for row in sheet]


def test_the_alerts_of_the_past_are_found_by_rule_outcome_and_day(centre: Centre, town: None) -> None:
    with centre.operator() as operator:

        def found(**asked: str) -> list[str]:
            answer = operator.get("/api/alerts/past", params=asked).raise_for_status().json()
            return [one["rule"] for one in answer["alerts"]]

        assert found() == ["sos", "fall"]
        assert found(outcome="open") == ["sos"]
        assert found(outcome="helped") == ["fall"]
        assert found(rule="sos") == ["sos"]
        assert found(**{"from": "2026-01-01", "to": "2026-01-02"}) == []
        assert operator.get("/api/alerts/past", params={"rule": "nothing"}).status_code == 422
        one = operator.get("/api/alerts/past", params={"limit": 1}).json()
        assert operator.get("/api/alerts/past", params={"cursor": one["cursor"]}).json()["alerts"][0]["rule"] == "fall"
        assert len(rows_of(operator.get("/api/lists/alerts", params={"outcome": "helped"}))) == 2


def test_the_figures_are_a_sheet_of_numbers_too(centre: Centre, town: None) -> None:
    with centre.operator() as operator:
        answer = operator.get("/api/figures", params={"format": "xlsx", "lang": "en"}).raise_for_status()
        assert answer.headers["content-disposition"].endswith('.xlsx"')
        rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
        assert len(rows) == len(rows_of(operator.get("/api/figures", params={"format": "csv"})))
        assert any(isinstance(row[5], float) and 0 <= row[5] <= 1 for row in rows[1:])

"""Absences: who is away is entered with dates and a name, ended early, and never deleted."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx2
import pytest

from care.absences import LONGEST, AbsenceKind
from care.people import Role
from records.database import Database
from records.rounds import absences
from records.rounds.absences import Away
from tests.centre import Centre, employ, id_of
from tests.people import NOW, Wearer, give

DAY = timedelta(days=1)


def test_who_is_in_hospital_is_away_until_the_day_that_was_entered(database: Database) -> None:
    give(database, "王桂珍", "bed-1")
    wang = id_of(database, "王桂珍")
    with database.transaction() as conn:
        absences.add(conn, Away(wang, AbsenceKind.HOSPITAL, NOW + DAY, NOW + 3 * DAY), NOW)
        away = [absences.current(conn, wang, NOW + days * DAY) is not None for days in (0, 1, 2, 3)]
        assert away == [False, True, True, False]


def test_who_comes_back_early_is_no_longer_away_and_who_did_not_go_never_was(database: Database) -> None:
    give(database, "王桂珍", "bed-1")
    wang = id_of(database, "王桂珍")
    with database.transaction() as conn:
        stay = absences.add(conn, Away(wang, AbsenceKind.HOSPITAL, NOW, NOW + 9 * DAY), NOW)
        journey = absences.add(conn, Away(wang, AbsenceKind.HOLIDAY, NOW + 20 * DAY, NOW + 30 * DAY), NOW)
        assert absences.end(conn, wang, stay, None, NOW + DAY)
        assert absences.end(conn, wang, journey, None, NOW + DAY)
        assert not absences.end(conn, wang, stay, None, NOW + DAY)
        assert absences.current(conn, wang, NOW + 2 * DAY) is None
        assert absences.current(conn, wang, NOW + 25 * DAY) is None
        assert [one.id for one in absences.between(conn, wang, NOW, NOW + 60 * DAY)] == [stay]
        assert [one.id for one in absences.of_resident(conn, wang, 10)] == [journey, stay]


def test_who_is_back_is_away_by_no_other_entry_either(database: Database) -> None:
    give(database, "王桂珍", "bed-1")
    wang = id_of(database, "王桂珍")
    with database.transaction() as conn:
        absences.add(conn, Away(wang, AbsenceKind.AWAY, NOW, NOW + 9 * DAY), NOW)
        stay = absences.add(conn, Away(wang, AbsenceKind.HOSPITAL, NOW + DAY, NOW + 5 * DAY), NOW)
        journey = absences.add(conn, Away(wang, AbsenceKind.HOLIDAY, NOW + 7 * DAY, NOW + 8 * DAY), NOW)
        assert absences.end(conn, wang, stay, None, NOW + 2 * DAY)
        assert absences.current(conn, wang, NOW + 3 * DAY) is None
        holiday = absences.current(conn, wang, NOW + 7 * DAY)
        assert holiday is not None and holiday.id == journey, "what has not begun yet stays"


@pytest.mark.parametrize(
    ("start", "end", "field"), [(DAY, DAY, "from"), (-2 * DAY, -DAY, "to"), (DAY, LONGEST + 2 * DAY, "to")]
)
def test_an_absence_that_cannot_be_is_refused_with_the_field(
    database: Database, start: timedelta, end: timedelta, field: str
) -> None:
    give(database, "王桂珍", "bed-1")
    away = Away(id_of(database, "王桂珍"), AbsenceKind.AWAY, NOW + start, NOW + end)
    with database.transaction() as conn, pytest.raises(ValueError, match=f"^{field}: "):
        absences.add(conn, away, NOW)


def test_an_absence_is_entered_and_ended_over_http_by_somebody_with_a_name(
    operator: httpx2.Client, database: Database, wang: Wearer
) -> None:
    address = f"/api/residents/{id_of(database, wang.name)}/absences"
    now = datetime.now(UTC)
    stay = {"kind": "hospital", "from": now.isoformat(), "to": (now + DAY).isoformat(), "told_by": "女儿来电"}
    answer = operator.post(address, json=stay)
    assert answer.status_code == 201, answer.text
    assert answer.json()["absences"][0]["told_by"] == "女儿来电"
    (entered,) = operator.get(address).json()["absences"]
    assert (entered["kind"], entered["entered_by_name"], entered["ended_at"]) == ("hospital", "operator", None)
    ended = operator.post(f"{address}/{entered['id']}/end").json()["absences"]
    assert [one["ended_by_name"] for one in ended] == ["operator"]
    assert operator.post(f"{address}/{entered['id']}/end").status_code == 404
    refused = operator.post(address, json=stay | {"to": stay["from"]})
    assert (refused.status_code, refused.json()["field"]) == (422, "from")
    with database.transaction() as conn:
        noted = conn.execute("SELECT action FROM audit WHERE resident_id IS NOT NULL ORDER BY id").fetchall()
    assert "POST /api/residents/{resident_id}/absences" in [action for (action,) in noted]


def test_an_auditor_sees_absences_and_enters_none(centre: Centre, database: Database, wang: Wearer) -> None:
    employ(database, "auditor", role=Role.AUDITOR)
    address = f"/api/residents/{id_of(database, wang.name)}/absences"
    now = datetime.now(UTC)
    with centre.operator("auditor") as auditor:
        assert auditor.get(address).status_code == 200
        stay = {"kind": "away", "from": now.isoformat(), "to": (now + DAY).isoformat()}
        assert auditor.post(address, json=stay).status_code == 403
        assert auditor.post(f"{address}/{uuid4()}/end").status_code == 403

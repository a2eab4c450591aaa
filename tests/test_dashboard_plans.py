"""Check-in plans over HTTP: seen before they are made, changed in one step, paused; and the days of a resident."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest

from alerts import checkins as engine
from care.checkins import Schedule, State
from care.people import Role
from records.database import Database
from records.rounds import checkin_day, checkin_plans
from tests.centre import Centre, employ, id_of
from tests.people import NOW, Wearer, give

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DAILY = {"cron": "0 8 * * *", "window_minutes": 120, "grace_minutes": 30}


@pytest.fixture
def path(database: Database, wang: Wearer) -> str:
    return f"/api/residents/{id_of(database, wang.name)}"


def preview(client: httpx2.Client, path: str, **terms: Any) -> Any:
    return client.get(f"{path}/checkin_plans/preview", params={key: str(value) for key, value in terms.items()})


def test_a_plan_shows_its_next_seven_days_before_it_is_made(operator: httpx2.Client, path: str) -> None:
    windows = preview(operator, path, **DAILY).json()["windows"]
    assert len(windows) == 7
    opens = [datetime.fromisoformat(one["opens_at"]).astimezone(SHANGHAI) for one in windows]
    assert {one.time() for one in opens} == {time(8)}
    assert operator.get(f"{path}/checkin_plans").json()["plans"] == []


def test_who_is_away_is_excused_in_what_is_shown(operator: httpx2.Client, path: str) -> None:
    now = datetime.now(UTC)
    stay = {"kind": "hospital", "from": now.isoformat(), "to": (now + 3 * DAY).isoformat()}
    operator.post(f"{path}/absences", json=stay).raise_for_status()
    excused = [one["excused"] for one in preview(operator, path, **DAILY).json()["windows"]]
    assert (excused.count("absence: hospital"), excused[-1]) == (3, None)


@pytest.mark.parametrize(("wrong", "field"), [({"cron": "0 8 * *"}, "cron"), ({"window_minutes": 0}, "window_minutes")])
def test_what_makes_no_sense_is_not_shown_but_named(
    operator: httpx2.Client, path: str, wrong: dict[str, Any], field: str
) -> None:
    answer = preview(operator, path, **DAILY | wrong)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_a_changed_plan_takes_the_place_of_the_one_before_and_rests_as_long(operator: httpx2.Client, path: str) -> None:
    plan = operator.post(f"{path}/checkin_plans", json=DAILY).json()
    until = (datetime.now(UTC) + 2 * DAY).isoformat()
    wish = {"until": until, "why": "女儿来住"}
    assert operator.post(f"{path}/checkin_plans/{plan['id']}/pause", json=wish).status_code == 204
    changed = operator.put(f"{path}/checkin_plans/{plan['id']}", json=DAILY | {"cron": "30 9 * * *"}).json()
    assert (changed["cron"], changed["paused_why"], changed["paused_by_name"]) == ("30 9 * * *", "女儿来住", "operator")
    new, old = operator.get(f"{path}/checkin_plans").json()["plans"]
    assert (new["id"], new["ended_at"], old["id"]) == (changed["id"], None, plan["id"])
    assert old["ended_at"] is not None
    assert operator.put(f"{path}/checkin_plans/{plan['id']}", json=DAILY).status_code == 404


def test_a_plan_that_cannot_be_changed_so_stays_as_it_was(operator: httpx2.Client, path: str) -> None:
    plan = operator.post(f"{path}/checkin_plans", json=DAILY).json()
    answer = operator.put(f"{path}/checkin_plans/{plan['id']}", json=DAILY | {"cron": "* * * * *"})
    assert (answer.status_code, answer.json()["field"]) == (422, "cron")
    (kept,) = operator.get(f"{path}/checkin_plans").json()["plans"]
    assert kept == plan


def test_a_pause_has_an_end_and_a_reason_and_can_be_over_early(operator: httpx2.Client, path: str) -> None:
    plan = operator.post(f"{path}/checkin_plans", json=DAILY).json()
    pause, now = f"{path}/checkin_plans/{plan['id']}/pause", datetime.now(UTC)
    refused = {
        field: operator.post(pause, json={"until": until.isoformat(), "why": why}).json()["field"]
        for field, until, why in (("until", now - HOUR, "x"), ("until ", now + 40 * DAY, "x"), ("why", now + DAY, " "))
    }
    assert refused == {"until": "until", "until ": "until", "why": "why"}
    assert operator.delete(pause).status_code == 404
    operator.post(pause, json={"until": (now + DAY).isoformat(), "why": "装修"}).raise_for_status()
    assert operator.delete(pause).status_code == 204
    (plan,) = operator.get(f"{path}/checkin_plans").json()["plans"]
    assert datetime.fromisoformat(plan["paused_until"]) <= datetime.now(UTC)


def test_nobody_is_expected_while_a_plan_rests_but_silence_before_is_still_silence(database: Database) -> None:
    give(database, "王桂珍", "bed-1")
    wang, begin = id_of(database, "王桂珍"), NOW.replace(hour=0)
    with database.transaction() as conn:
        plan = checkin_plans.make_plan(conn, wang, Schedule("0 */6 * * *", "UTC"), HOUR, begin)
        engine.sweep(conn, begin + HOUR)
        assert checkin_plans.pause(conn, wang, plan, begin + 13 * HOUR, begin + 2 * HOUR, why="装修")
        for hours in (3, 7, 13, 19):
            engine.sweep(conn, begin + hours * HOUR)
        found = checkin_day.of_resident(conn, wang, begin, begin + DAY, 10)
    assert [(one.state, one.why) for one in reversed(found)] == [
        (State.MISSED, ""),
        (State.EXCUSED, "paused: 装修"),
        (State.MISSED, ""),
        (State.LATE, ""),
    ]


def test_the_days_of_a_resident_say_what_met_each_check_in_and_how_often_they_were_tried(
    operator: httpx2.Client, path: str, database: Database
) -> None:
    now = datetime.now(UTC)
    opened = (now - 2 * HOUR).replace(second=0, microsecond=0)
    with database.transaction() as conn:
        daily = Schedule.at(time(opened.hour, opened.minute), zone="UTC")
        checkin_plans.make_plan(conn, id_of(database, "王桂珍"), daily, HOUR, opened, grace=3 * HOUR)
        engine.sweep(conn, now)
    for _ in range(2):
        operator.post(f"{path}/visits", json={"kind": "phone", "reached": False}).raise_for_status()

    def latest() -> dict[str, Any]:
        found: list[dict[str, Any]] = operator.get(f"{path}/checkins?days=2").json()["checkins"]
        return next(one for one in found if datetime.fromisoformat(one["opens_at"]) == opened)

    assert (latest()["state"], latest()["attempts"]) == ("late", 2)
    operator.post(f"{path}/visits", json={"kind": "phone", "reached": True}).raise_for_status()
    with database.transaction() as conn:
        engine.sweep(conn, datetime.now(UTC))
    assert (latest()["state"], latest()["evidence"]["by"], latest()["attempts"]) == ("done", "visit_phone", 2)


def test_an_auditor_reads_why_a_plan_rests_without_its_words(centre: Centre, path: str, database: Database) -> None:
    employ(database, "operator")
    employ(database, "auditor", role=Role.AUDITOR)
    with centre.operator() as operator, centre.operator("auditor") as auditor:
        plan = operator.post(f"{path}/checkin_plans", json=DAILY).json()
        wish = {"until": (datetime.now(UTC) + DAY).isoformat(), "why": "女儿王小梅来住"}
        operator.post(f"{path}/checkin_plans/{plan['id']}/pause", json=wish).raise_for_status()
        assert auditor.get(f"{path}/checkin_plans").json()["plans"][0]["paused_why"] == ""
        assert auditor.post(f"{path}/checkin_plans/{plan['id']}/pause", json=wish).status_code == 403

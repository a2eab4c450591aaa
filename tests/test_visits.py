"""Visits: what counts as one, and who has still to be visited."""

from datetime import time, timedelta

import pytest

from alerts import checkins as engine
from care.checkins import Schedule
from care.people import Role
from care.visits import NEAR, Place, Proof, Risk, Standing, VisitKind, Why, best_proof, counts, metres_between, standing
from records.database import Database
from records.login import accounts
from records.rounds import checkin_plans, visit_past, visiting, visits
from records.rounds.visiting import Visited
from records.scope import EVERYTHING
from tests.centre import id_of
from tests.people import NOW, give

DAY = timedelta(days=1)
HOME = Place(31.6889, 118.5067)


def test_a_visit_is_asked_for_once_and_by_the_earlier_time(database: Database) -> None:
    give(database, "王桂珍", "bed-1")
    wang = id_of(database, "王桂珍")
    with database.transaction() as conn:
        first = visits.ask_for_visit(conn, wang, Why.BLIND, NOW + 2 * DAY, NOW)
        assert visits.ask_for_visit(conn, wang, Why.BLIND, NOW + DAY, NOW) == first
        assert visits.ask_for_visit(conn, wang, Why.BLIND, NOW + 3 * DAY, NOW) == first
        other = visits.ask_for_visit(conn, wang, Why.DUTY, NOW + 3 * DAY, NOW)
        tasks, more = visits.open_tasks(conn, EVERYTHING, NOW + 2 * DAY, 10)
        assert [(task.id, task.why, task.overdue) for task in tasks] == [(first, "blind", True), (other, "duty", False)]
        assert more is None
        assert visits.no_longer_needed(conn, wang, Why.BLIND, NOW)
        assert not visits.no_longer_needed(conn, wang, Why.BLIND, NOW)
        again = visits.ask_for_visit(conn, wang, Why.BLIND, NOW + DAY, NOW)
        assert again != first


def test_open_visits_come_page_by_page(database: Database) -> None:
    with database.transaction() as conn:
        for number in range(5):
            from records.equipment.devices import add_resident

            visits.ask_for_visit(conn, add_resident(conn, f"老人{number}"), Why.DUTY, NOW + number * DAY, NOW)
        seen, cursor = [], None
        for _ in range(3):
            page, cursor = visits.open_tasks(conn, EVERYTHING, NOW, 2, after=cursor)
            seen += [task.resident_name for task in page]
    assert (seen, cursor) == ([f"老人{number}" for number in range(5)], None)


def test_a_visit_at_the_door_counts_only_with_proof_and_no_visit_where_nobody_was_reached() -> None:
    assert counts(VisitKind.PHONE, reached=True, proof=None)
    assert counts(VisitKind.DOOR, reached=True, proof=Proof.CODE)
    assert not counts(VisitKind.DOOR, reached=True, proof=None)
    assert not counts(VisitKind.DOOR, reached=False, proof=Proof.BUTTON)
    assert not counts(VisitKind.VIDEO, reached=False, proof=None)


def test_a_telephone_two_streets_away_proves_nothing() -> None:
    near = Place(HOME.latitude + 0.001, HOME.longitude)  # a thousandth of a degree of latitude is 111 m
    far = Place(HOME.latitude + 0.003, HOME.longitude)
    assert 110 < metres_between(HOME, near) < 112 < NEAR
    assert best_proof(button=False, code=False, visitor=near, home=HOME) is Proof.PLACE
    assert best_proof(button=False, code=False, visitor=far, home=HOME) is None
    assert best_proof(button=False, code=False, visitor=near, home=None) is None
    assert best_proof(button=False, code=True, visitor=far, home=HOME) is Proof.CODE
    assert best_proof(button=True, code=True, visitor=None, home=None) is Proof.BUTTON


def test_who_is_at_high_risk_is_behind_after_a_week_and_who_is_new_is_not_behind_yet() -> None:
    long_ago = NOW - 400 * DAY
    assert standing(Risk.HIGH, long_ago, NOW - 6 * DAY, NOW) is Standing.VISITED
    assert standing(Risk.HIGH, long_ago, NOW - 7 * DAY, NOW) is Standing.BEHIND
    assert standing(Risk.LOW, long_ago, NOW - 90 * DAY, NOW) is Standing.VISITED
    assert standing(Risk.MEDIUM, long_ago, None, NOW) is Standing.BEHIND
    assert standing(Risk.HIGH, NOW - DAY, NOW - 30 * DAY, NOW) is Standing.NOT_YET


def test_a_visit_with_the_homes_code_does_the_task_and_meets_the_check_in(database: Database) -> None:
    give(database, "王桂珍", "bed-1")
    wang = id_of(database, "王桂珍")
    closed = NOW + 13 * timedelta(hours=1)  # nine in the morning in Shanghai
    with database.transaction() as conn:
        by = accounts.create_account(conn, "responder", "long-enough", Role.RESPONDER)
        conn.execute(
            "INSERT INTO home_proof (home_id, code_sha256) SELECT home_id, sha256('A7K2') FROM resident WHERE id = %s",
            (wang,),
        )
        checkin_plans.make_plan(conn, wang, Schedule.at(time(8)), timedelta(hours=1), NOW)
        engine.sweep(conn, closed)
        visits.ask_for_visit(conn, wang, Why.BLIND, closed + DAY, closed)
        at = closed + timedelta(minutes=20)
        wrong = visiting.record(conn, wang, Visited(VisitKind.DOOR, at, True, code="guessed"), by, at)
        assert (wrong.proof, wrong.counts) == (None, False)
        assert len(visits.open_tasks(conn, EVERYTHING, at, 10)[0]) == 1
        right = visiting.record(conn, wang, Visited(VisitKind.DOOR, at, True, code="A7K2"), by, at)
        assert (right.proof, right.counts) == (Proof.CODE, True)
        assert visits.open_tasks(conn, EVERYTHING, at, 10)[0] == []
        engine.sweep(conn, at)
        row = conn.execute("SELECT state, evidence->>'by' FROM check_in ORDER BY opens_at LIMIT 1").fetchone()
        assert row == ("done", "visit_door")
        with pytest.raises(ValueError, match="at: within the last seven days"):
            visiting.record(conn, wang, Visited(VisitKind.PHONE, at - 8 * DAY, True), by, at)


def test_the_visits_so_far_come_page_by_page_the_newest_first(database: Database) -> None:
    give(database, "王桂珍", "bed-1")
    wang = id_of(database, "王桂珍")
    with database.transaction() as conn:
        by = accounts.create_account(conn, "responder", "long-enough", Role.RESPONDER)
        for day in range(3):
            visiting.record(conn, wang, Visited(VisitKind.PHONE, NOW - day * DAY, reached=day == 0), by, NOW)
        first, goes_on = visit_past.of_resident(conn, wang, 2)
        rest, end = visit_past.of_resident(conn, wang, 2, goes_on)
    assert [(one.at, one.counts, one.by) for one in first + rest] == [
        (NOW - day * DAY, day == 0, "responder") for day in range(3)
    ]
    assert end is None

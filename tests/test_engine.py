"""The engine's periodic work: due rows, one worker at a time, and a task that fails holds up no other."""

import threading
from datetime import datetime, timedelta

import pytest

from alerts.engine import turn
from alerts.opening import clear_alert, raise_alert
from alerts.service import Chores, beat
from alerts.tasks import Task
from care.alerts import CLEARED
from care.events import AlertClass
from care.rules import RULES, Priority, Rule
from records import database, health
from records.database import Conn, Database, connect
from records.equipment import devices
from records.ids import new_id
from records.judging import alerts, rings, signals
from records.judging.alerts import Opening
from tests.people import NOW, give

MINUTE = timedelta(minutes=1)
SILENT = Rule("a_device_is_silent", AlertClass.TECHNICAL, Priority.LOW, latched=False)


def test_a_task_is_done_once_in_its_time_whoever_asks(database_url: str) -> None:
    done: list[datetime] = []

    def count(_: Conn, now: datetime) -> int:
        done.append(now)
        return 1

    task = Task("count", MINUTE, count)
    with database.connect(database_url, autocommit=True) as one, database.connect(database_url, autocommit=True) as two:
        assert [turn(one, NOW, [task]), turn(two, NOW, [task])] == [1, 0]
        assert [turn(two, NOW + MINUTE, [task]), turn(one, NOW + MINUTE, [task])] == [1, 0]
    assert done == [NOW, NOW + MINUTE]


def test_two_workers_at_once_do_not_both_do_it_and_neither_waits_for_the_other(database_url: str) -> None:
    inside, go, told = threading.Event(), threading.Event(), list[bool]()

    def slow(_: Conn, __: object) -> int:
        inside.set()
        told.append(go.wait(60))
        return 1

    with database.connect(database_url, autocommit=True) as one, database.connect(database_url, autocommit=True) as two:
        turn(two, NOW - MINUTE, [Task("slow", MINUTE, lambda *_: 0)])
        worker = threading.Thread(target=turn, args=(one, NOW, [Task("slow", MINUTE, slow)]))
        worker.start()
        assert inside.wait(120)
        assert turn(two, NOW, [Task("slow", MINUTE, lambda *_: 1)]) == 0
        go.set()
        worker.join(120)
    assert told == [True], "the second one was done while the first still worked"


def test_a_task_that_fails_is_said_and_due_again_and_leaves_nothing_half_done(database: Database) -> None:
    def breaks(conn: Conn, _: object) -> int:
        conn.execute("INSERT INTO task (name, due_at) VALUES ('half', now())")
        raise ZeroDivisionError

    chores = Chores(database, lambda: NOW, threading.Event())
    chores.wake(Task("breaks", MINUTE, breaks))
    assert "breaks" in chores.problem
    with database.transaction() as conn:
        assert conn.execute("SELECT FROM task WHERE name = 'half'").fetchone() is None
    chores.wake(Task("breaks", MINUTE, lambda *_: 1))
    assert chores.problem == ""


@pytest.mark.parametrize(("rule", "phase"), [(SILENT, "closed"), (RULES["vital_heart_rate"], "raised")])
def test_what_is_over_closes_only_where_nobody_has_to_look(database: Database, rule: Rule, phase: str) -> None:
    opening = Opening(rule, "device:7", None, None, NOW, NOW, {})
    with database.transaction() as conn:
        opened = raise_alert(conn, opening)
        assert opened.new
        assert clear_alert(conn, "device:7", rule.id, NOW + MINUTE, "it speaks again") == opened.id
        assert clear_alert(conn, "device:7", rule.id, NOW + MINUTE, "it speaks again") is None
        found = alerts.alert(conn, opened.id)
    assert found is not None
    assert (found.phase, found.active) == (phase, False)
    assert found.outcome == (CLEARED if phase == "closed" else None)


# The database itself refuses what is about one rule: such a signal can neither be judged nor ring.
REFUSES = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
    CREATE TRIGGER refused BEFORE INSERT ON alert FOR EACH ROW WHEN (NEW.rule = 'strap_cut') EXECUTE FUNCTION refuse();
"""
SIGNAL = "INSERT INTO signal (rule, device_id, time, received_at, evidence) VALUES (%s, %s, %s, %s, '{}')"


def test_signals_that_can_not_even_ring_hold_up_no_other_and_are_tried_again(
    database: Database, database_url: str
) -> None:
    band = give(database, "王桂珍", "band-1")
    with database.transaction() as conn:
        conn.execute(REFUSES)
        for rule in ["strap_cut"] * 120 + ["fall"]:
            conn.execute(SIGNAL, (rule, band.device_id, NOW, NOW))
    with connect(database_url, autocommit=True) as conn:
        turn(conn, NOW, [])
        assert [one.rule for one in alerts.open_alerts(conn)] == ["fall"]
        assert signals.aside(conn) == 120
        beat(conn, "", NOW)
        assert [(one.status, one.detail[:11]) for one in health.parts(conn)] == [("degraded", "120 signals")]
        assert turn(conn, NOW + MINUTE - timedelta(seconds=1), []) == 0
        assert turn(conn, NOW + MINUTE, []) == 120  # still in vain
        conn.execute("DROP TRIGGER refused ON alert")
        assert turn(conn, NOW + 2 * MINUTE, []) == 0  # each time it waits twice as long
        assert turn(conn, NOW + 3 * MINUTE, []) == 120
        assert [one.rule for one in alerts.open_alerts(conn)] == ["fall", "strap_cut"]
        assert signals.aside(conn) == 0
        beat(conn, "", NOW)
        assert [one.status for one in health.parts(conn)] == ["ok"]


def test_what_did_not_happen_counts_in_the_score_when_it_was_judged(database: Database) -> None:
    with database.transaction() as conn:
        wang = devices.add_resident(conn, "王桂珍")
        bed = "INSERT INTO care_bed (id, resident_id, number, set_up) VALUES (%s, %s, 'sim-1-01', %s)"
        conn.execute(bed, (new_id(), wang, NOW.date()))
        raise_alert(
            conn, Opening(RULES["no_movement"], f"resident:{wang}", wang, None, NOW - 20 * MINUTE, NOW, evidence={})
        )
        found = rings.rings(conn, "sim-1-", NOW - MINUTE, NOW + MINUTE)
    assert [(ring.rule, ring.time, ring.took) for ring in found] == [("no_movement", NOW, timedelta(0))]

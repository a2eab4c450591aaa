"""Escalation on a real database: who is told when, who is passed over, what is never forgotten, and nothing twice."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from alerts import auditor, escalation
from alerts.engine import turn
from alerts.opening import raise_alert
from care.alerts import Outcome, Step
from care.escalation import Tell, Whom
from care.events import AlertClass
from care.notices import Channel, Recipient
from care.people import Role
from care.rules import RULES, Priority
from records import database as database_module
from records.database import Conn, Database
from records.ids import new_id
from records.judging import alert_steps, alerts
from records.judging.alerts import Opening
from records.login import accounts
from records.people import reach
from records.people.reach import Reach
from records.telling import notices, plans
from tests.centre import id_of
from tests.people import NOW, give

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def conn(database_url: str) -> Iterator[Conn]:
    with database_module.connect(database_url, autocommit=True) as made:
        yield made


def falls(database: Database, name: str = "王桂珍", **more: object) -> UUID:
    """This resident falls at NOW."""
    wearer = give(database, name, "band-1")
    resident = id_of(database, name)
    opening = Opening(RULES["fall"], f"resident:{resident}", resident, wearer.device_id, NOW, NOW, {})
    with database.transaction() as conn:
        return raise_alert(conn, replace(opening, **more)).id  # type: ignore[arg-type]


def employ(conn: Conn, name: str, level: str, role: Role = Role.OPERATOR, *, reachable: bool = True) -> UUID:
    """Somebody who is on duty at this level, everywhere, on this day."""
    account = accounts.create_account(conn, name, "long-enough-for-a-test", role)
    conn.execute(
        "INSERT INTO duty (id, account_id, level, starts, ends) VALUES (%s, %s, %s, %s, %s)",
        (new_id(), account, level, NOW - HOUR, NOW + 24 * HOUR),
    )
    if reachable:
        reach.add_reach(conn, Recipient.account(account), Reach(Channel.EMAIL, f"{name}@example.org"))
    return account


def log_of(conn: Conn, alert_id: UUID) -> list[str]:
    """What is in the alert's log: kinds, with whom they are about."""
    rows = conn.execute("SELECT kind, detail ->> 'whom' FROM alert_log WHERE alert_id = %s ORDER BY id", (alert_id,))
    return [f"{kind}:{whom}" if whom else kind for kind, whom in rows]


def told(conn: Conn, alert_id: UUID) -> list[str]:
    """The recipients of its notices."""
    return [line.recipient for line in notices.told(conn, alert_id)]


def due(conn: Conn, alert_id: UUID) -> tuple[datetime | None, str | None]:
    row = conn.execute("SELECT due_at, due_why FROM alert WHERE id = %s", (alert_id,)).fetchone()
    assert row is not None
    return row[0], row[1]


def test_the_seat_is_told_at_once_and_the_next_level_when_nobody_answers(conn: Conn, database: Database) -> None:
    employ(conn, "seat", "seat")
    station = employ(conn, "station", "station", Role.STATION_WORKER)
    boss = employ(conn, "boss", "supervisor", Role.SUPERVISOR)
    fall = falls(database)
    assert log_of(conn, fall) == ["opened", "told:seat", "nobody_to_tell:family"]
    assert due(conn, fall) == (NOW + 20 * SECOND, "tell:seat")
    turn(conn, NOW + 59 * SECOND)
    assert f"account:{boss}" not in told(conn, fall)
    turn(conn, NOW + MINUTE)
    assert f"account:{boss}" in told(conn, fall) and f"account:{station}" not in told(conn, fall)
    turn(conn, NOW + 3 * MINUTE)
    assert f"account:{station}" in told(conn, fall)


def test_who_is_on_duty_without_an_address_is_one_line_for_all_and_the_supervisor_learns_of_it(
    conn: Conn, database: Database
) -> None:
    alone = [employ(conn, f"seat-{number}", "seat", reachable=False) for number in range(3)]
    employ(conn, "station", "station", Role.STATION_WORKER, reachable=False)
    street = employ(conn, "street", "street", Role.STATION_WORKER)
    fall = falls(database)
    turn(conn, NOW + 3 * MINUTE)
    log = log_of(conn, fall)
    assert [line for line in log if line.startswith("no_address")] == ["no_address:seat", "no_address:station"]
    assert "told:seat" in log, "its pages are"
    assert "told:station" not in log and f"account:{street}" in told(conn, fall), "the next level is told at once"
    assert not {f"account:{one}" for one in alone} & set(told(conn, fall))
    notes = [line for line in notices.told(conn, fall) if line.about == "unaddressed"]
    assert [line.recipient.partition(":")[0] for line in notes] == ["supervisor"]


def test_where_nobody_is_on_duty_the_next_level_is_told_at_once_and_the_log_says_so(
    conn: Conn, database: Database
) -> None:
    street = employ(conn, "street", "street", Role.STATION_WORKER)
    fall = falls(database)
    assert f"account:{street}" in told(conn, fall)
    log = log_of(conn, fall)
    assert [line for line in log if line.startswith("nobody_on_duty")] == [
        "nobody_on_duty:seat", "nobody_on_duty:supervisor", "nobody_on_duty:station",
    ]  # fmt: skip
    assert "told:street" in log and "told:county" not in log and "nobody_on_duty:county" not in log


def test_the_city_supervisor_is_told_again_and_again(conn: Conn, database: Database) -> None:
    fall = falls(database)
    for step in (4 * MINUTE, 2 * MINUTE, MINUTE, MINUTE):
        before = len(told(conn, fall))
        at, why = due(conn, fall)
        assert at is not None and why == "last_resort:supervisor"
        turn(conn, at - SECOND)
        assert len(told(conn, fall)) == before
        turn(conn, at)
        assert len(told(conn, fall)) == before + 1, step


def test_an_answer_that_is_followed_by_nothing_expires_and_rings_again(conn: Conn, database: Database) -> None:
    operator = employ(conn, "seat", "seat")
    fall = falls(database)
    with database.transaction() as own:
        alert_steps.take_step(own, fall, Step.ANSWER, operator, NOW + MINUTE)
    assert due(conn, fall) == (NOW + 6 * MINUTE, "expire")
    before = len(told(conn, fall))
    turn(conn, NOW + 6 * MINUTE - SECOND)
    assert len(told(conn, fall)) == before
    turn(conn, NOW + 6 * MINUTE)
    found = alerts.alert(conn, fall)
    assert found is not None and (found.phase, found.answered_by_name) == ("raised", None)
    assert "expired" in log_of(conn, fall) and len(told(conn, fall)) > before


def test_the_plan_is_frozen_and_the_nearest_area_wins(conn: Conn, database: Database) -> None:
    give(database, "王桂珍", "band-1")
    row = conn.execute("SELECT home.area_id FROM home JOIN resident ON home_id = home.id").fetchone()
    assert row is not None
    only = (Tell(timedelta(0), Whom.STATION),)
    plans.set_plan(conn, row[0], AlertClass.PERSONAL, Priority.HIGH, only)
    fall = falls(database)
    plans.set_plan(conn, row[0], AlertClass.PERSONAL, Priority.HIGH, ())
    case = plans.case(conn, fall)
    assert case is not None and case.standing.plan == only


def test_a_drill_wakes_no_family(conn: Conn, database: Database) -> None:
    drill = falls(database, drill=True)
    assert not any("family" in line or "station" in line for line in log_of(conn, drill))


def test_what_is_held_back_calls_nobody(conn: Conn, database: Database) -> None:
    smoke = falls(database, "李建国")
    fall = falls(database, suppressed_by=f"alert:{smoke}")
    assert told(conn, fall) == [] and due(conn, fall) == (None, None)
    turn(conn, NOW + HOUR)
    assert told(conn, fall) == []


def test_a_forgotten_alert_is_found_and_rings(conn: Conn, database: Database) -> None:
    fall = falls(database)
    conn.execute("UPDATE alert SET due_at = NULL")
    with database.transaction() as own:
        assert auditor.look(own, NOW + HOUR) == 1
    turn(conn, NOW + HOUR)
    assert sorted(alert.rule for alert in alerts.open_alerts(conn)) == ["fall", "no_next_step"]
    assert due(conn, fall)[0] is not None
    with database.transaction() as own:
        assert auditor.look(own, NOW + HOUR) == 0


def test_a_closed_alert_tells_nobody_any_more(conn: Conn, database: Database) -> None:
    operator = employ(conn, "seat", "seat")
    fall = falls(database)
    with database.transaction() as own:
        alert_steps.take_step(own, fall, Step.CLOSE, operator, NOW, Outcome.HELPED)
    before = log_of(conn, fall)
    assert due(conn, fall) == (None, None)
    turn(conn, NOW + HOUR)
    assert log_of(conn, fall) == before


def _many(database: Database, number: int) -> None:
    """Open alerts whose four levels are all due at NOW + MINUTE, one notice each."""
    with database.transaction() as conn:
        for level in ("station", "street", "county"):
            employ(conn, level, level)
        steps = (Whom.STATION, Whom.STREET, Whom.COUNTY, Whom.SUPERVISOR)
        plans.set_plan(
            conn, None, AlertClass.PERSONAL, Priority.HIGH,
            tuple(Tell((place + 1) * SECOND, whom) for place, whom in enumerate(steps)),
        )  # fmt: skip
        for one in range(number):
            raise_alert(conn, Opening(RULES["fall"], f"device:{one}", None, None, NOW, NOW, {}))


def _work(url: str, workers: int) -> tuple[Counter[tuple[object, object]], list[BaseException]]:
    """These workers sweep the alerts; returns how often which alert told whom by their logs, and what went wrong."""
    start, problems = threading.Barrier(workers), list[BaseException]()

    def sweep_all() -> None:
        try:
            with database_module.connect(url, autocommit=True) as conn:
                start.wait(120)
                for second in range(1, 5):
                    while True:
                        with database_module.transaction(conn):
                            if not escalation.sweep(conn, NOW + second * SECOND):
                                break
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=sweep_all) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    with database_module.connect(url, autocommit=True) as conn:
        rows = conn.execute(
            "SELECT alert_id, detail ->> 'whom' FROM alert_log WHERE kind IN ('told', 'nobody_on_duty')"
        )
        return Counter((row[0], row[1]) for row in rows), problems


def test_three_hundred_alerts_four_workers_four_steps_nothing_twice(database: Database, database_url: str) -> None:
    _many(database, 300)
    logged, problems = _work(database_url, 4)
    assert not problems
    assert len(logged) == 1200 and set(logged.values()) == {1}
    with database.transaction() as conn:
        (number,) = conn.execute("SELECT count(*) FROM notice").fetchone() or (0,)
    assert number == 1200


def test_without_the_lock_the_same_would_be_told_twice(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above can fail: this is how it does."""
    monkeypatch.setattr(plans, "CLAIM", plans.CLAIM.replace("FOR NO KEY UPDATE OF a SKIP LOCKED", ""))
    _many(database, 60)
    logged, problems = _work(database_url, 4)
    assert problems or max(logged.values()) > 1

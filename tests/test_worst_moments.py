"""What goes wrong at the worst moment: two wait for one another, a clock has jumped, a plan cannot be read."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from uuid import UUID

import httpx2
import pytest

from alerts import auditor, engine, service, telling
from alerts.engine import judge_some, turn
from alerts.opening import raise_alert
from alerts.silence import judge_silence
from alerts.tasks import TASKS, Task
from care.alerts import Outcome, Step
from care.checkins import Schedule
from care.devices import DeviceKind
from care.notices import Channel, Recipient
from care.people import Role
from care.rules import RULES
from records import database as database_module
from records.database import Conn, Database
from records.equipment import watch
from records.judging import alert_steps, alerts
from records.judging.alerts import Opening
from records.living import silence
from records.login import accounts, administering
from records.rounds import checkin_plans
from records.telling import notices, plans
from records.telling.notices import Notice
from tests.centre import PASSWORD, id_of, ring
from tests.people import NOW, Wearer, give
from tests.test_supervision import go_to, hear
from tests.whole import eventually

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def conn(database_url: str) -> Iterator[Conn]:
    with database_module.connect(database_url, autocommit=True) as made:
        yield made


def fall_of(database: Database, name: str) -> Opening:
    """This resident falls at NOW."""
    wearer = give(database, name, f"band-{len(name.encode())}-{ord(name[0])}")
    resident = id_of(database, name)
    return Opening(RULES["fall"], f"resident:{resident}", resident, wearer.device_id, NOW, NOW, {})


def somebody(conn: Conn) -> UUID:
    return accounts.create_account(conn, "operator", PASSWORD, Role.OPERATOR)


def waiting(conn: Conn) -> int:
    """How many wait for a lock."""
    row = conn.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_an_operator_and_a_sweep_over_many_alerts_never_wait_for_one_another(conn: Conn, database: Database) -> None:
    operator = somebody(conn)
    first, second = fall_of(database, "王桂珍"), fall_of(database, "李建国")
    with database.transaction() as own:
        alert_id = raise_alert(own, second).id
    problems: list[BaseException] = []

    def answer() -> None:
        try:
            with database.transaction() as own:
                alert_steps.take_step(own, alert_id, Step.ANSWER, operator, NOW)
        except BaseException as problem:
            problems.append(problem)

    thread = threading.Thread(target=answer)
    with database.transaction() as sweep:
        raise_alert(sweep, first)  # it is numbered
        thread.start()
        eventually(lambda: waiting(conn) or not thread.is_alive(), 20, "the operator waits, or is done")
        raise_alert(sweep, second)  # one more occurrence of what the operator answers
    thread.join(120)
    assert problems == []


def test_who_is_sent_is_expected_within_a_day(operator: httpx2.Client, database: Database, wang: Wearer) -> None:
    fall = ring(database, wang)
    operator.post(f"/api/alerts/{fall}/answer").raise_for_status()
    for much_later in ("2126-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59"):
        refused = operator.post(f"/api/alerts/{fall}/dispatch", json={"to": "张强", "expected_at": much_later})
        assert (refused.status_code, refused.json()["field"]) == (422, "expected_at")
    with database.transaction() as own:
        assert plans.case(own, fall) is not None


def test_an_absence_far_ahead_is_refused_and_the_list_stays_readable(
    operator: httpx2.Client, database: Database, wang: Wearer
) -> None:
    absences = f"/api/residents/{id_of(database, wang.name)}/absences"
    body = {"kind": "away", "from": "9999-12-30T00:00:00Z", "to": "9999-12-31T23:59:59-23:59"}
    refused = operator.post(absences, json=body)
    assert (refused.status_code, refused.json()["field"]) == (422, "from")
    assert operator.get(absences).json() == {"absences": []}


def test_a_clock_that_jumped_ahead_stops_no_task_when_it_is_right_again(conn: Conn) -> None:
    task = Task("a task", MINUTE, lambda *_: 1)
    assert turn(conn, NOW + 365 * DAY, [task]) == 1
    assert turn(conn, NOW, [task]) == 1
    assert turn(conn, NOW, [task]) == 0


def test_an_alert_that_was_worked_on_by_a_clock_that_jumped_ahead_is_found(conn: Conn, database: Database) -> None:
    with database.transaction() as own:
        fall = raise_alert(own, fall_of(database, "王桂珍")).id
    turn(conn, NOW + 365 * DAY)
    told = _notices(conn)
    with database.transaction() as own:
        assert auditor.look(own, NOW + HOUR) == 1
    turn(conn, NOW + HOUR)
    assert _notices(conn) > told
    case = plans.case(conn, fall)
    assert case is not None
    assert case.standing.told_at == NOW + HOUR
    with database.transaction() as own:
        assert auditor.look(own, NOW + HOUR) == 0


def _notices(conn: Conn) -> int:
    row = conn.execute("SELECT count(*) FROM notice").fetchone()
    assert row is not None
    return int(row[0])


def _signal(conn: Conn, rule: str, device: int, evidence: str = "{}") -> None:
    conn.execute(
        "INSERT INTO signal (rule, device_id, time, received_at, evidence) VALUES (%s, %s, %s, %s, %s)",
        (rule, device, NOW, NOW, evidence),
    )


def test_a_drill_of_a_device_hides_nothing_and_ends_nothing(conn: Conn, database: Database) -> None:
    device = give(database, "王桂珍", "radar-1").device_id
    _signal(conn, "tamper", device, '{"drill": true}')
    _signal(conn, "tamper", device)
    _signal(conn, "power_lost", device)
    _signal(conn, "power_back", device, '{"drill": true}')
    judge_some(conn, NOW)
    opened = {(alert.rule, alert.drill) for alert in alerts.open_alerts(conn)}
    assert opened == {("tamper", True), ("tamper", False), ("power_lost", False)}


def test_a_fall_rings_although_its_plan_cannot_be_read(conn: Conn, database: Database) -> None:
    radar = give(database, "王桂珍", "radar-1").device_id
    conn.execute('UPDATE escalation_plan SET steps = \'[{"whom": "nobody we know"}]\'')
    _signal(conn, "fall", radar)
    judge_some(conn, NOW)
    (fall,) = alerts.open_alerts(conn)
    assert (fall.rule, fall.phase, fall.evidence.get("not_judged")) == ("fall", "raised", None)
    turn(conn, NOW)
    assert _notices(conn) > 0, "the supervisor is told"


def test_two_workers_with_signals_of_the_same_people_never_wait_for_one_another(
    conn: Conn, database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_AT_ONCE", 2)
    first, second = give(database, "王桂珍", "radar-1").device_id, give(database, "李建国", "radar-2").device_id
    for device in (first, second, second, first):
        _signal(conn, "fall", device)
    subjects = sorted(f"resident:{id_of(database, name)}" for name in ("王桂珍", "李建国"))
    problems: list[BaseException] = []

    def work() -> None:
        try:
            with database_module.connect(database_url, autocommit=True) as own:
                judge_some(own, NOW)
        except BaseException as problem:
            problems.append(problem)

    workers = [threading.Thread(target=work) for _ in range(2)]
    with database.transaction() as before_them:
        raise_alert(before_them, Opening(RULES["fall"], subjects[0], None, None, NOW, NOW, {}))
        for number, worker in enumerate(workers, start=1):
            worker.start()
            eventually(lambda number=number: waiting(conn) == number, 20, "the worker waits")  # type: ignore[misc]
    for worker in workers:
        worker.join(120)
    assert problems == []
    assert sorted(alert.occurrences for alert in alerts.open_alerts(conn)) == [2, 3]


def test_whoever_answers_and_the_sender_never_wait_for_one_another(conn: Conn, database: Database) -> None:
    operator = somebody(conn)
    with database.transaction() as own:
        fall = raise_alert(own, fall_of(database, "王桂珍")).id
        notices.put(own, Notice(fall, "escalated:99", Recipient.seat(None), NOW, NOW))
    pages = {Channel.PAGES: ()}
    with database_module.connect(database.url, autocommit=True) as own:
        telling.plan(own, pages, NOW)
    problems: list[BaseException] = []

    def send() -> None:
        try:
            with database_module.connect(database.url, autocommit=True) as own:
                while telling.send_one(own, Channel.PAGES, pages, lambda: NOW):
                    pass
        except BaseException as problem:
            problems.append(problem)

    thread = threading.Thread(target=send)
    with database.transaction() as own:
        plans.case(own, fall)  # locked, as every step does first
        thread.start()
        eventually(lambda: waiting(conn) or not thread.is_alive(), 20, "the sender waits, or is done")
        alert_steps.take_step(own, fall, Step.ANSWER, operator, NOW)
    thread.join(120)
    assert problems == []


def test_whoever_closes_and_the_one_who_tells_the_next_never_wait_for_one_another(
    conn: Conn, database: Database
) -> None:
    operator = somebody(conn)
    with database.transaction() as own:
        fall = raise_alert(own, fall_of(database, "王桂珍")).id
    with database_module.connect(database.url, autocommit=True) as own:
        telling.turn(own, {Channel.PAGES: ()}, NOW)
    problems: list[BaseException] = []

    def answer() -> None:
        try:
            with database.transaction() as own:
                alert_steps.take_step(own, fall, Step.ANSWER, operator, NOW)
        except BaseException as problem:
            problems.append(problem)

    thread = threading.Thread(target=answer)
    with database.transaction() as planner:
        planner.execute("SELECT FROM notice WHERE state = 'sent' FOR UPDATE")  # as whoever decides about them
        thread.start()
        eventually(lambda: waiting(conn) or not thread.is_alive(), 20, "the operator waits")
        notices.put(planner, Notice(fall, "unreached:1", Recipient.seat(None), NOW, NOW))
    thread.join(120)
    assert problems == []


def test_no_long_task_keeps_the_escalation_from_its_connection(
    conn: Conn, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, escalated = threading.Event(), threading.Event()
    everybody_works = threading.Barrier(len(TASKS), timeout=300)

    def long(_: Conn, __: datetime) -> int:
        if not go.is_set():
            everybody_works.wait()
        go.wait(300)
        return 0

    def escalate(_: Conn, __: datetime) -> int:
        escalated.set()
        return 0

    work = [long] * (len(TASKS) - 1) + [escalate]
    monkeypatch.setattr(service, "TASKS", [replace(task, work=one) for task, one in zip(TASKS, work, strict=True)])
    stop = threading.Event()
    thread = threading.Thread(target=service.run, args=(database_url, stop))
    thread.start()
    try:
        everybody_works.wait()  # the test is the last of them
        assert escalated.wait(120)
    finally:
        everybody_works.abort()
        go.set()
        stop.set()
        thread.join(120)


def test_every_sos_counts_also_where_the_clock_of_the_next_worker_is_behind(conn: Conn, database: Database) -> None:
    sos = replace(fall_of(database, "王桂珍"), rule=RULES["sos"])
    with database.transaction() as own:
        for seconds in (0, 2, 1):
            raise_alert(own, replace(sos, now=NOW + seconds * SECOND))
    (alert,) = alerts.open_alerts(conn)
    assert (alert.occurrences, alert.last_at) == (3, NOW + 2 * SECOND)


def test_a_fall_that_came_late_is_live_once_it_happens_again(conn: Conn, database: Database) -> None:
    fall = fall_of(database, "王桂珍")
    with database.transaction() as own:
        raise_alert(own, replace(fall, happened_at=NOW - 3 * HOUR, delayed=True))
        assert [alert.delayed for alert in alerts.open_alerts(own)] == [True]
        raise_alert(own, fall)
    assert [alert.delayed for alert in alerts.open_alerts(conn)] == [False]


@pytest.mark.parametrize("disabled", [True, False])
def test_what_an_account_has_answered_that_is_disabled_or_changed_waits_again_at_once(
    conn: Conn, database: Database, disabled: bool
) -> None:
    operator = somebody(conn)
    with database.transaction() as own:
        fall = raise_alert(own, fall_of(database, "王桂珍")).id
        alert_steps.take_step(own, fall, Step.ANSWER, operator, NOW)
        if disabled:
            administering.set_disabled(own, operator, True, NOW + SECOND)
        else:
            administering.change_account(own, operator, Role.AUDITOR, None, None, NOW + SECOND)
    (alert,) = alerts.open_alerts(conn)
    assert (alert.phase, alert.answered_by_name) == ("raised", None)
    before = _notices(conn)
    turn(conn, NOW + SECOND)
    assert _notices(conn) > before


def test_a_year_that_a_clock_ran_ahead_hides_no_silence(conn: Conn, database: Database) -> None:
    sensor = give(database, "王桂珍", "pir-1", DeviceKind.MOTION).device_id
    with database.transaction() as own:
        hear(own, NOW, [sensor])
        silence.begin(own, NOW)
        hear(own, NOW + 365 * DAY, [sensor])
        judge_silence(own, NOW + 365 * DAY)
        assert go_to(own, NOW + HOUR) == ["no_movement"], "rung by the year in which nobody moved"
        for alert in alerts.open_alerts(own):
            alert_steps.take_step(own, alert.id, Step.CLOSE, somebody(own), NOW + HOUR, Outcome.HELPED)
        assert watch.heard_through(own) == NOW + HOUR
        hear(own, NOW + 2 * HOUR, [sensor])
        judge_silence(own, NOW + 25 * HOUR)
        assert go_to(own, NOW + 25 * HOUR) == []
        for hours in (26, 27):
            hear(own, NOW + hours * HOUR, [sensor])
            judge_silence(own, NOW + hours * HOUR)
        assert [alert.rule for alert in alerts.open_alerts(own)] == ["no_movement"]
        go_to(own, NOW + 54 * HOUR)
        assert [alert.rule for alert in alerts.open_alerts(own)] == ["no_movement"]
        assert go_to(own, NOW + 55 * HOUR) == ["device_silent", "no_movement"]


def test_a_year_that_a_clock_ran_ahead_leaves_nobody_without_check_ins(conn: Conn, database: Database) -> None:
    give(database, "王桂珍", "button-1", DeviceKind.SOS_BUTTON)
    with database.transaction() as own:
        checkin_plans.make_plan(own, id_of(database, "王桂珍"), Schedule.at(time(8)), HOUR, NOW)
        for day in (0, 365, 1, 2):
            checkin_plans.plan_ahead(own, NOW + day * DAY)
        rows = own.execute("SELECT opens_at FROM check_in WHERE opens_at < %s ORDER BY 1", (NOW + 4 * DAY,))
        assert [row[0] for row in rows] == [NOW + (12 + day * 24) * HOUR for day in (0, 1, 2)]


def test_a_task_that_has_years_of_work_ends_its_batch_and_stops(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    works, stop = threading.Event(), threading.Event()

    def endless(_: Conn, __: datetime) -> int:
        works.set()
        return 0 if given_up.is_set() else 1

    given_up = threading.Event()
    monkeypatch.setattr(service, "TASKS", [Task("endless", SECOND, endless, shared=True, to_the_end=True)])
    thread = threading.Thread(target=service.run, args=(database_url, stop))
    thread.start()
    try:
        assert works.wait(120)
        stop.set()
        thread.join(120)
        assert not thread.is_alive()
    finally:
        given_up.set()
        stop.set()
        thread.join(120)

"""Cases: what happens in one home together belongs together; what two people need never does."""

from contextlib import ExitStack
from datetime import timedelta
from uuid import UUID

import httpx2

from alerts.engine import turn
from alerts.opening import raise_alert
from care.alerts import ONE_CASE, Outcome, Step
from care.people import Role
from care.rules import RULES
from records import database as database_module
from records.database import Conn, Database
from records.equipment import devices
from records.judging import alert_steps
from records.judging.alerts import Opening
from records.login import accounts
from tests.people import NOW, give

MINUTE = timedelta(minutes=1)


def home_of_two(database: Database) -> tuple[UUID, UUID]:
    """A couple in one home."""
    give(database, "王桂珍", "band-1")
    give(database, "李建国", "band-2")
    with database.transaction() as conn:
        her, him = (devices.find_resident(conn, name) for name in ("王桂珍", "李建国"))
        conn.execute("UPDATE resident SET home_id = (SELECT home_id FROM resident WHERE id = %s)", (her,))
    assert her is not None and him is not None
    return her, him


def happens(conn: Conn, rule: str, resident: UUID, after: timedelta = timedelta(0), *, drill: bool = False) -> UUID:
    """The alert that this opens."""
    subject = f"{'drill:' if drill else ''}{rule}:resident:{resident}"
    at = NOW + after
    return raise_alert(conn, Opening(RULES[rule], subject, resident, None, at, at, {}, drill=drill)).id


def case_of(conn: Conn, alert_id: UUID) -> UUID:
    row = conn.execute("SELECT case_id FROM alert WHERE id = %s", (alert_id,)).fetchone()
    assert row is not None
    return UUID(str(row[0]))


def test_a_fall_and_the_sos_after_it_are_one_case(database: Database) -> None:
    her, _ = home_of_two(database)
    with database.transaction() as conn:
        fall, sos = happens(conn, "fall", her), happens(conn, "sos", her, 2 * MINUTE)
        assert case_of(conn, sos) == case_of(conn, fall) == fall != sos


def test_two_people_who_call_are_two_cases_and_the_smoke_belongs_to_the_first(database: Database) -> None:
    her, him = home_of_two(database)
    with database.transaction() as conn:
        hers, his = happens(conn, "sos", her), happens(conn, "sos", him, MINUTE)
        smoke = happens(conn, "smoke", him, 2 * MINUTE)
        again = happens(conn, "fall", him, 3 * MINUTE)
        assert (case_of(conn, hers), case_of(conn, his)) == (hers, his)
        assert (case_of(conn, smoke), case_of(conn, again)) == (hers, his)


def test_what_comes_much_later_or_is_a_drill_or_a_device_or_elsewhere_is_a_case_of_its_own(database: Database) -> None:
    her, _ = home_of_two(database)
    give(database, "赵秀兰", "band-3")
    with database.transaction() as conn:
        happens(conn, "fall", her)
        neighbour = devices.find_resident(conn, "赵秀兰")
        assert neighbour is not None
        later = ONE_CASE + MINUTE
        for alert in (
            happens(conn, "sos", her, MINUTE, drill=True),
            happens(conn, "low_battery", her, MINUTE),
            happens(conn, "sos", neighbour, MINUTE),
            happens(conn, "sos", her, later),
        ):
            assert case_of(conn, alert) == alert


def in_the_same_instant(database: Database, *happening: tuple[str, UUID]) -> list[UUID]:
    """Each opened by a worker of its own, of which none has committed yet when the next one opens."""
    with ExitStack() as workers:
        conns = [workers.enter_context(database_module.connect(database.url)) for _ in happening]
        opened = [happens(conn, rule, resident) for conn, (rule, resident) in zip(conns, happening, strict=True)]
        for conn in conns:
            conn.commit()
    return opened


def test_what_two_workers_open_in_the_same_instant_becomes_one_case(database: Database) -> None:
    her, him = home_of_two(database)
    opened = in_the_same_instant(database, ("fall", her), ("smoke", her), ("sos", her), ("sos", him))
    with database_module.connect(database.url, autocommit=True) as conn:
        assert [case_of(conn, one) for one in opened] == opened  # none saw another
        turn(conn, NOW + MINUTE)
        assert [case_of(conn, one) for one in opened] == [opened[0]] * 3 + [opened[3]]
        turn(conn, NOW + 2 * MINUTE)
        assert [case_of(conn, one) for one in opened] == [opened[0]] * 3 + [opened[3]]


def test_whoever_was_heard_in_one_alert_of_the_case_was_heard(database: Database) -> None:
    her, _ = home_of_two(database)
    with database.transaction() as conn:
        operator = accounts.create_account(conn, "operator", "long-enough-for-a-test", Role.OPERATOR)
        fall, sos = happens(conn, "fall", her), happens(conn, "sos", her)
        for step in (Step.ANSWER, Step.DISPATCH, Step.ARRIVE, Step.SEE):
            more = alert_steps.Particulars(to="社区站") if step is Step.DISPATCH else None
            alert_steps.take_step(conn, fall, step, operator, NOW + MINUTE, more=more)
        closed = alert_steps.take_step(conn, sos, Step.CLOSE, operator, NOW + MINUTE, Outcome.DUPLICATE)
        assert closed.phase == "closed"


def test_an_alert_shows_the_others_of_its_case(database: Database, operator: httpx2.Client) -> None:
    her, him = home_of_two(database)
    with database.transaction() as conn:
        fall, sos, _ = happens(conn, "fall", her), happens(conn, "sos", her), happens(conn, "sos", him)
    shown = operator.get(f"/api/alerts/{fall}").json()
    assert [one["id"] for one in shown["related"]] == [str(sos)]
    assert shown["related"][0]["case_id"] == shown["case_id"]

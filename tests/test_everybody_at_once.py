"""Engine workers, senders and operators at the same alerts at once: nobody waits in a circle."""

import random
import threading
from collections.abc import Callable
from datetime import timedelta

from alerts import telling
from alerts.engine import turn
from care.alerts import Means, NotAllowed, Outcome, Party, Reached, Step
from care.devices import DeviceKind
from care.escalation import Whom
from care.notices import Channel
from care.people import Role
from records import database as database_module
from records.database import Conn, Database
from records.errors import Unavailable
from records.judging import alert_steps, alerts
from records.judging.alert_steps import Particulars
from records.login import accounts
from records.telling import duty
from tests.centre import PASSWORD
from tests.people import NOW, give
from tests.test_supervision import hear

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
ROUNDS, PEOPLE = 60, 3  # with alerts locked FOR UPDATE some deadlocks each time


def test_workers_senders_and_operators_at_the_same_alerts_never_wait_in_a_circle(
    database: Database, database_url: str
) -> None:
    devices = [
        give(database, f"老人{number}", f"thing-{number}-{one}", DeviceKind.SOS_BUTTON).device_id
        for number in range(PEOPLE)
        for one in range(2)
    ]
    with database.transaction() as conn:
        hear(conn, NOW, devices)
        operators = [accounts.create_account(conn, f"operator-{n}", PASSWORD, Role.OPERATOR) for n in range(3)]
        for operator in operators:
            duty.add(conn, operator, Whom.SEAT, None, NOW - HOUR, 10 * HOUR)
    problems: list[BaseException] = []

    def ring(conn: Conn, at: int) -> None:
        for _ in range(10):
            rule = random.choice(("fall", "sos", "tamper", "low_battery", "power_lost", "power_back"))
            with database_module.transaction(conn):
                conn.execute(
                    "INSERT INTO signal (rule, device_id, time, received_at, evidence) VALUES (%s, %s, %s, %s, '{}')",
                    (rule, random.choice(devices), NOW + at * SECOND, NOW + at * SECOND),
                )

    def judge(conn: Conn, at: int) -> None:
        turn(conn, NOW + at * 20 * SECOND)

    def send(conn: Conn, at: int) -> None:
        telling.turn(conn, {Channel.PAGES: ()}, NOW + at * 20 * SECOND)

    def answer(conn: Conn, at: int) -> None:
        for one in random.sample(found := alerts.open_alerts(conn), min(8, len(found))):
            step = random.choice((Step.ANSWER, Step.HAND_BACK, Step.CONTACT, Step.CLOSE))
            more = Particulars(who=Party.OTHER, how=Means.PHONE, result=Reached.NO_REPLY)
            outcome = Outcome.DUPLICATE if step is Step.CLOSE else None
            try:
                with database_module.transaction(conn):
                    by = random.choice(operators)
                    then = NOW + at * 20 * SECOND
                    alert_steps.take_step(conn, one.id, step, by, then, outcome, "said twice", more=more)
            except NotAllowed:
                pass

    def works(work: Callable[[Conn, int], None]) -> None:
        try:
            with database_module.connect(database_url, autocommit=True) as conn:
                for at in range(ROUNDS):
                    work(conn, at)
        except Unavailable as problem:
            problems.append(problem)

    everybody = [ring] * 2 + [judge] * 4 + [send] * 2 + [answer] * 3
    threads = [threading.Thread(target=works, args=(work,)) for work in everybody]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []

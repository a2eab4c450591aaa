"""Back-tests that somebody asked for on a page: each in a process of its own, so that it takes no alert its time.

`python -m alerts.trying` does the one that has waited longest; the address of the database comes by its input.
"""

import os
import subprocess
import sys
import threading
from datetime import datetime

import structlog

from alerts import backtesting
from care.rules import RULES
from records import database
from records.clock import Clock, utc_now
from records.database import Conn, Database
from records.errors import Unavailable
from records.judging import backtest_wishes, rule_settings
from records.judging.backtest_wishes import Wish

log = structlog.get_logger(__name__)

POLL = 1.0
_EVERY = 5
"""So many people are judged again between two words of how far it is."""
UNTESTABLE, FAILED = "untestable", "failed"


def one(database_url: str, clock: Clock = utc_now) -> bool:
    """Do the back-test that has waited longest; False where none waits. A failure is said in it, and logged."""
    with (
        database.connect(database_url, autocommit=True) as said,
        database.connect(database_url, autocommit=True) as conn,
    ):
        with database.transaction(said):
            wish = backtest_wishes.claim(said, clock())
        if wish is None:
            return False
        try:
            _try(conn, said, wish, clock)
        except Unavailable:
            raise  # the lease ends, and it is begun anew
        except Exception as problem:
            log.exception("a back-test failed", wish=str(wish.id), error=type(problem).__name__)
            backtest_wishes.end(said, wish.id, None, FAILED)
        return True


def _try(conn: Conn, said: Conn, wish: Wish, clock: Clock) -> None:
    rule = RULES.get(wish.rule)
    if rule is None or not backtesting.can_be_tested(rule):
        backtest_wishes.end(said, wish.id, None, UNTESTABLE)
        return
    values = rule.read(wish.values)
    trial = backtesting.Trial(rule, wish.place, values, wish.enabled, wish.since, wish.until)

    def told(done: int, people: int) -> None:
        if done % _EVERY == 0 or done == people:
            backtest_wishes.tell(said, wish.id, done, people, clock())

    with database.transaction(conn):
        result = backtesting.run(conn, trial, told)
        now: datetime = clock()
        kept = rule_settings.keep_test(
            conn, rule, wish.place, values, wish.since, wish.until, result, now, wish.asked_by
        )
        backtest_wishes.end(conn, wish.id, kept)


def serve(database_url: str, stop: threading.Event, clock: Clock = utc_now) -> None:
    """Until `stop`: whenever one waits, do it in a child of its own, at a low priority."""
    with Database(database_url, size=1) as pool:
        while not stop.wait(POLL):
            try:
                with pool.transaction() as conn:
                    waits = backtest_wishes.waits(conn, clock())
            except Unavailable:
                continue
            if waits:
                _child(database_url, stop)


def _child(database_url: str, stop: threading.Event) -> None:
    child = subprocess.Popen([sys.executable, "-m", "alerts.trying"], stdin=subprocess.PIPE, text=True)
    assert child.stdin is not None  # noqa: S101 - asked for above
    child.stdin.write(database_url)
    child.stdin.close()
    while child.poll() is None:
        if stop.wait(0.2):
            child.terminate()
            child.wait()
            return
    if child.returncode:
        log.warning("a back-test ended without a result", returncode=child.returncode)
        stop.wait(10 * POLL)


if __name__ == "__main__":
    os.nice(10)
    one(sys.stdin.read())

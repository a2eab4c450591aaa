"""The engine as a service: signals are judged as the database tells of them, tasks when the scheduler wakes them.

It keeps nothing that a restart could lose: what waits and what is due are rows.
"""

import threading
import time
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from alerts import trying
from alerts.engine import judge_some
from alerts.silence import begin_watching
from alerts.tasks import TASKS, Task, run_if_due
from records import database, health, tasks, trouble
from records.clock import Clock, utc_now
from records.database import Conn, Database
from records.errors import Unavailable
from records.judging import signals
from records.migrate import check_schema, wait_for_schema

log = structlog.get_logger(__name__)

_POLL = 1.0
_BEAT = 2.0
_RETRY = 0.5
_AFTER_FAILURE = timedelta(minutes=1)


def run(database_url: str, stop: threading.Event, clock: Clock = utc_now) -> None:
    """Judge signals and do what is due until `stop`."""
    if not wait_for_schema(database_url, stop):
        return
    with Database(database_url, size=len(TASKS)) as pool:  # a long task keeps none from the escalation
        chores = Chores(pool, clock, stop)
        scheduler = _scheduler(chores)
        backtests = threading.Thread(target=trying.serve, args=(database_url, stop, clock), name="back-tests")
        backtests.start()
        try:
            while not stop.is_set():
                try:
                    _judge(database_url, stop, clock, chores)
                except Unavailable as problem:
                    log.warning("waiting for the database", reason=str(problem))
                    stop.wait(_RETRY)
        finally:
            scheduler.shutdown(wait=True)
            backtests.join()


class Chores:
    """The tasks as the scheduler wakes them; remembers which of them fail, to be said in the health of this part."""

    def __init__(self, pool: Database, clock: Clock, stop: threading.Event) -> None:
        self._stop = stop
        self._pool = pool
        self._clock = clock
        self._failing: set[str] = set()

    @property
    def problem(self) -> str:
        """Which tasks failed the last time; empty where all is well."""
        failing = sorted(self._failing)
        return f"failing: {', '.join(failing)}; see the log of alerts" if failing else ""

    def wake(self, task: Task) -> None:
        """Do it where it is due; a failure is said and tried again a minute later, and no other task waits for it."""
        now = self._clock()
        try:
            while not self._stop.is_set() and self._some(task, now) and task.to_the_end:
                pass
        except Unavailable as problem:
            log.warning("a task has to wait for the database", task=task.name, reason=str(problem))
            return
        except Exception as problem:
            # The traceback holds no data of ours: frames and the kind of error only.
            log.exception("a task failed", task=task.name, error=type(problem).__name__)
            self._failing.add(task.name)
            self._put_off(task, now)
            return
        self._failing.discard(task.name)

    def _some(self, task: Task, now: datetime) -> int:
        with self._pool.transaction() as conn:
            return run_if_due(conn, task, now)

    def _put_off(self, task: Task, now: datetime) -> None:
        try:
            with self._pool.transaction() as conn:
                tasks.postpone(conn, task.name, now + _AFTER_FAILURE)
        except Unavailable as problem:
            log.warning("a task has to wait for the database", task=task.name, reason=str(problem))


def _scheduler(chores: Chores) -> BackgroundScheduler:
    scheduler = BackgroundScheduler(timezone=UTC, executors={"default": ThreadPoolExecutor(len(TASKS))})
    for task in TASKS:
        scheduler.add_job(
            chores.wake, "interval", args=(task,), seconds=task.every.total_seconds(), next_run_time=utc_now(),
            coalesce=True, max_instances=1, misfire_grace_time=None,
        )  # fmt: skip
    scheduler.start()
    return scheduler


def _judge(database_url: str, stop: threading.Event, clock: Clock, chores: Chores) -> None:
    with (
        database.connect(database_url, autocommit=True) as conn,
        database.listen(database_url, ("signal",)) as ears,
    ):
        check_schema(conn)
        with database.transaction(conn):
            begin_watching(conn, clock())  # supervision sees to whoever comes later
        next_beat = 0.0
        while not stop.is_set():
            if time.monotonic() >= next_beat:
                next_beat = time.monotonic() + _BEAT
                beat(conn, chores.problem, clock())
            if not judge_some(conn, clock()):
                database.notifications(ears, timeout=_POLL)


def beat(conn: Conn, failing: str, now: datetime) -> None:
    """Say how judgement is: degraded where tasks fail, wholly or in part, or where signals can't even ring."""
    with database.transaction(conn):
        aside = signals.aside(conn)
        unjudged = f"{aside} signals can neither be judged nor ring; see the log of alerts" if aside else ""
        tried_again = trouble.failing(conn, "alerts", now)
        problem = "; ".join(part for part in (failing, tried_again, unjudged) if part)
        health.beat(conn, "alerts", "degraded" if problem else "ok", problem)

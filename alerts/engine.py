"""One turn of the engine at a given time: the waiting signals are judged, then everything is done that is due."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from prometheus_client import Counter, Histogram

from alerts.judgement import STILL_GOING_ON, is_vital, judge_event, judge_vital, limit_of
from alerts.opening import raise_alert
from alerts.tasks import TASKS, Task, run_if_due
from records import database, signals
from records.database import Conn
from records.signals import Signal

HANDLED = Counter("ankang_alerts_signals_total", "Signals judged", ["rule", "verdict"])
DELAY = Histogram("ankang_alerts_delay_seconds", "From receiving a message to opening its alert")

_AT_ONCE = 50


def turn(conn: Conn, now: datetime, tasks: Sequence[Task] = TASKS) -> int:
    """Everything that is to be done at `now`, each thing in a transaction of its own; returns how much was done."""
    done = 0
    while judged := judge_some(conn, now):
        done += judged
    for task in tasks:
        with database.transaction(conn):
            done += run_if_due(conn, task, now)
    return done


def judge_some(conn: Conn, now: datetime) -> int:
    """Judge the oldest waiting signals in one transaction; returns how many there were."""
    with database.transaction(conn):
        waiting = signals.claim(conn, _AT_ONCE)
        for signal in waiting:
            _judge(conn, signal, now)
        if waiting:
            signals.handled(conn, [signal.id for signal in waiting], now)
    return len(waiting)


def _judge(conn: Conn, signal: Signal, now: datetime) -> None:
    if not is_vital(signal):
        opening, gap = judge_event(signal, now), timedelta(0)
    else:
        limit = limit_of(signal)
        window = signals.window(conn, signal.device_id, limit.metric, signal.time - limit.lasting, signal.time)
        confirmed = judge_vital(signal, window, now)
        if confirmed is None:
            HANDLED.labels(signal.rule, "not_confirmed").inc()
            return
        opening, gap = confirmed, STILL_GOING_ON
    raise_alert(conn, opening, gap=gap)
    HANDLED.labels(signal.rule, "rings").inc()
    DELAY.observe(max(0.0, (now - signal.received_at).total_seconds()))

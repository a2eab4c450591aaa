"""One turn of the engine at a given time: the waiting signals are judged, then everything is done that is due."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from prometheus_client import Counter, Histogram

from alerts.bed_exits import judge_left_bed
from alerts.judgement import (
    STILL_GOING_ON,
    in_order,
    is_canary,
    is_vital,
    judge_event,
    judge_vital,
    limit_of,
    not_judged,
)
from alerts.opening import raise_alert
from alerts.supervision import judge_technical
from alerts.tasks import TASKS, Task, run_if_due
from care.limits import read_from
from care.pack.silence import LEFT_BED
from care.rules import DEVICE_EVENTS
from records import canary, database
from records.database import Conn
from records.errors import Unavailable
from records.judging import signals
from records.judging.signals import Signal

log = structlog.get_logger(__name__)

HANDLED = Counter("ankang_alerts_signals_total", "Signals judged", ["rule", "verdict"])
DELAY = Histogram("ankang_alerts_delay_seconds", "From receiving a message to opening its alert")

_AT_ONCE = 50


def turn(conn: Conn, now: datetime, tasks: Sequence[Task] = TASKS) -> int:
    """Everything that is to be done at `now`, each thing in a transaction of its own; returns how much was done."""
    done = 0
    while judged := judge_some(conn, now):
        done += judged
    for task in tasks:
        done += _run(conn, task, now)
    return done


def _run(conn: Conn, task: Task, now: datetime) -> int:
    done = 0
    while True:
        with database.transaction(conn):
            some = run_if_due(conn, task, now)
        done += some
        if not some or not task.to_the_end:
            return done


def judge_some(conn: Conn, now: datetime) -> int:
    """Judge the oldest waiting signals in one transaction; returns how many there were.

    Where the judgement of one raises, they are judged again one by one, and that one rings unjudged; one that can't
    even ring is put aside for a while, so that it holds up no other.
    """
    with database.transaction(conn):
        waiting = in_order(signals.claim(conn, _AT_ONCE, now))
        judged = waiting if _judge_together(conn, waiting, now) else _judge_apart(conn, waiting, now)
        if judged:
            signals.handled(conn, [signal.id for signal in judged], now)
        if len(judged) < len(waiting):
            done = {signal.id for signal in judged}
            signals.put_aside(conn, [signal.id for signal in waiting if signal.id not in done], now)
    return len(waiting)


def _judge_together(conn: Conn, waiting: Sequence[Signal], now: datetime) -> bool:
    try:
        with database.transaction(conn):
            for signal in waiting:
                _judge(conn, signal, now)
    except Unavailable:
        raise
    except Exception as problem:
        log.warning("a judgement failed; judging one by one", signals=len(waiting), error=type(problem).__name__)
        return False
    return True


def _judge_apart(conn: Conn, waiting: Sequence[Signal], now: datetime) -> list[Signal]:
    """Those that were judged or have rung unjudged; one that can do neither is put aside and said each time."""
    return [signal for signal in waiting if _try(conn, signal, now, _judge) or _try(conn, signal, now, _ring_unjudged)]


def _try(conn: Conn, signal: Signal, now: datetime, work: Callable[[Conn, Signal, datetime], None]) -> bool:
    try:
        with database.transaction(conn):
            work(conn, signal, now)
    except Unavailable:
        raise
    except Exception as problem:
        # Frames and the kind of error only: what a signal holds stays out of the log.
        log.error("a signal could not be judged", signal=signal.id, rule=signal.rule, error=type(problem).__name__)
        return False
    return True


def _ring_unjudged(conn: Conn, signal: Signal, now: datetime) -> None:
    if is_canary(signal):
        return  # it does not arrive, which rings by itself
    raise_alert(conn, not_judged(signal, now))
    HANDLED.labels(signal.rule, "rings_unjudged").inc()


def _judge(conn: Conn, signal: Signal, now: datetime) -> None:
    if is_canary(signal):
        _prove_life(conn, signal, now)
        return
    if signal.rule in DEVICE_EVENTS:
        judge_technical(conn, signal, now)
        HANDLED.labels(signal.rule, "technical").inc()
        return
    if signal.rule == LEFT_BED.id:
        HANDLED.labels(signal.rule, "rings" if judge_left_bed(conn, signal, now) else "not_confirmed").inc()
        return
    if not is_vital(signal):
        opening, gap = judge_event(signal, now), timedelta(0)
    else:
        limit = limit_of(signal)
        window = signals.window(conn, signal.device_id, limit.metric, read_from(limit, signal.time), signal.time)
        confirmed = judge_vital(signal, window, now)
        if confirmed is None or signals.closed_since(conn, confirmed.subject, confirmed.rule.id, signal.time):
            # What was measured before somebody closed it may come, or come again, afterwards; the next reading tells.
            HANDLED.labels(signal.rule, "not_confirmed").inc()
            return
        opening, gap = confirmed, STILL_GOING_ON
    raise_alert(conn, opening, gap=gap)
    HANDLED.labels(signal.rule, "rings").inc()
    DELAY.observe(max(0.0, (now - signal.received_at).total_seconds()))


def _prove_life(conn: Conn, signal: Signal, now: datetime) -> None:
    """A canary opens an alert as an SOS does, which is taken back; that it came this far is kept, and told."""
    with database.rehearsal(conn):
        raise_alert(conn, replace(judge_event(signal, now), canary=True))
    canary.judged(conn, UUID(signal.evidence["id"]), signal.received_at, now)
    HANDLED.labels(signal.rule, "canary").inc()

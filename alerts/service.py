"""Signals become alerts: woken by the database, backed by a poll, keeping nothing that a restart could lose."""

import threading
import time
from datetime import UTC, datetime, timedelta

import structlog
from prometheus_client import Counter, Histogram

from alerts.judgement import STILL_GOING_ON, is_vital, judge_event, judge_vital, limit_of
from records import alerts, database, health, signals
from records.database import Conn
from records.errors import Unavailable
from records.migrate import check_schema
from records.signals import Signal

log = structlog.get_logger(__name__)

HANDLED = Counter("ankang_alerts_signals_total", "Signals judged", ["rule", "verdict"])
DELAY = Histogram("ankang_alerts_delay_seconds", "From receiving a message to opening its alert")

_AT_ONCE = 50
_POLL = 1.0
_BEAT = 2.0
_RETRY = 0.5


def run(database_url: str, stop: threading.Event) -> None:
    """Judge signals until `stop`."""
    while not stop.is_set():
        try:
            _watch(database_url, stop)
        except Unavailable as problem:
            log.warning("waiting for the database", reason=str(problem))
            stop.wait(_RETRY)


def _watch(database_url: str, stop: threading.Event) -> None:
    with (
        database.connect(database_url, autocommit=True) as conn,
        database.listen(database_url, ("signal",)) as ears,
    ):
        check_schema(conn)
        next_beat = 0.0
        while not stop.is_set():
            if time.monotonic() >= next_beat:
                next_beat = time.monotonic() + _BEAT
                with database.transaction(conn):
                    health.beat(conn, "alerts", "ok")
            if not judge_some(conn, datetime.now(UTC)):
                database.notifications(ears, timeout=_POLL)


def judge_some(conn: Conn, now: datetime) -> int:
    """Judge the oldest waiting signals in one transaction; returns how many there were."""
    with database.transaction(conn):
        waiting = signals.claim(conn, _AT_ONCE)
        for signal in waiting:
            _judge(conn, signal, now)
        if waiting:
            signals.handled(conn, [signal.id for signal in waiting])
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
    alerts.open_or_repeat(conn, opening, gap=gap)
    HANDLED.labels(signal.rule, "rings").inc()
    DELAY.observe(max(0.0, (now - signal.received_at).total_seconds()))

"""What ingest writes: everything of one batch in one transaction."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from records.database import Conn, transaction
from records.errors import RecordsError
from records.readings.observations import Conflict, Observations, Row


class NotStorable(RecordsError):
    """PostgreSQL refuses something in this batch, and will refuse it again."""


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event; `rule` is what it would ring, None where it rings nothing."""

    device_id: int
    id: str
    stated_time: datetime
    time: datetime
    name: str
    data: Mapping[str, Any]
    clock_problem: str | None
    rule: str | None
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StatusRow:
    """How a device says it is."""

    device_id: int
    time: datetime
    online: bool
    battery: float | None
    rssi: float | None
    firmware: str | None


@dataclass(frozen=True, slots=True)
class ReplyRow:
    """A device's answer to a command."""

    device_id: int
    id: str
    ok: bool
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SignalRow:
    """One reading beyond its limit."""

    device_id: int
    rule: str
    time: datetime
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """One bad message, or the bad part of one."""

    vendor: str | None
    device: str | None
    device_id: int | None
    topic: str
    field: str
    reason: str
    part: Any
    payload: bytes
    repeated: bool = False
    """The broker has sent it before: it may be counted already."""


@dataclass(slots=True)
class Batch:
    """What one transaction of one lane stores."""

    lane: str
    received_at: datetime
    messages: int = 0
    observations: list[Row] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    statuses: list[StatusRow] = field(default_factory=list)
    replies: list[ReplyRow] = field(default_factory=list)
    signals: list[SignalRow] = field(default_factory=list)
    quarantine: list[QuarantineRow] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    unknown_fields: dict[int, int] = field(default_factory=dict)
    caught_up: bool = True
    """Nothing that was received before is still waiting: the lane has come so far."""


def save(conn: Conn, batch: Batch, observations: Observations) -> list[Conflict]:
    """Store a batch, all or nothing, and return the readings that contradict stored ones.

    Raises Unavailable (try again) or NotStorable (never; find the culprit and leave it out).
    """
    try:
        try:
            return _save(conn, batch, observations)
        except psycopg.errors.CheckViolation:
            # Maintenance may have dropped a day that this connection remembers as there.
            observations.forget_partitions()
            return _save(conn, batch, observations)
    except (psycopg.DataError, psycopg.IntegrityError, psycopg.NotSupportedError, UnicodeError) as error:
        raise NotStorable(type(error).__name__) from error


def _save(conn: Conn, batch: Batch, observations: Observations) -> list[Conflict]:
    if batch.observations:
        with transaction(conn):
            observations.ensure_partitions(conn, batch.observations)
    with transaction(conn):
        conflicts = observations.save(conn, batch.observations, batch.received_at)
        signalled = _save_events(conn, batch) + _save_signals(conn, batch)
        _save_states(conn, batch)
        _save_replies(conn, batch)
        _save_quarantine(conn, batch.quarantine, batch.received_at)
        _save_watermark(conn, batch)
        if signalled:
            conn.execute("NOTIFY signal")
    return conflicts


EVENT = """
    WITH stored AS (
        INSERT INTO event (device_id, id, stated_time, time, received_at, name, data, clock_problem)
        VALUES (%(device)s, %(id)s, %(stated)s, %(time)s, %(received)s, %(name)s, %(data)s, %(problem)s)
        ON CONFLICT DO NOTHING
        RETURNING device_id
    )
    INSERT INTO signal (rule, device_id, time, received_at, evidence)
    SELECT %(rule)s::text, device_id, %(time)s, %(received)s, %(evidence)s FROM stored WHERE %(rule)s::text IS NOT NULL
"""


def _save_events(conn: Conn, batch: Batch) -> int:
    """Store the events, each once, and a signal for each new one that rings; returns how many ring."""
    signals = 0
    for event in batch.events:
        signals += conn.execute(
            EVENT,
            {
                "device": event.device_id,
                "id": event.id,
                "stated": event.stated_time,
                "time": event.time,
                "received": batch.received_at,
                "name": event.name,
                "data": Jsonb(dict(event.data)),
                "problem": event.clock_problem,
                "rule": event.rule,
                "evidence": Jsonb(dict(event.evidence)),
            },
        ).rowcount
    return signals


SIGNAL = "INSERT INTO signal (rule, device_id, time, received_at, evidence) VALUES (%s, %s, %s, %s, %s)"


def _save_signals(conn: Conn, batch: Batch) -> int:
    for signal in batch.signals:
        conn.execute(
            SIGNAL, (signal.rule, signal.device_id, signal.time, batch.received_at, Jsonb(dict(signal.evidence)))
        )
    return len(batch.signals)


# In the order of ids, as every writer of these rows: no two can wait for one another. What lies more than five minutes
# ahead, here and in the watermark, a clock has written that had jumped.
SEEN = """
    INSERT INTO device_state (device_id, last_seen)
    SELECT id, %(at)s FROM unnest(%(ids)s::integer[]) AS id ORDER BY id
    ON CONFLICT (device_id) DO UPDATE
       SET last_seen = CASE WHEN device_state.last_seen > excluded.last_seen + interval '5 minutes'
                            THEN excluded.last_seen ELSE greatest(device_state.last_seen, excluded.last_seen) END
"""
STATUS = """
    INSERT INTO device_state (device_id, online, battery, rssi, firmware, status_time)
    VALUES (%(device)s, %(online)s, %(battery)s, %(rssi)s, %(firmware)s, %(time)s)
    ON CONFLICT (device_id) DO UPDATE
       SET online = excluded.online, status_time = excluded.status_time,
           battery = coalesce(excluded.battery, device_state.battery),
           rssi = coalesce(excluded.rssi, device_state.rssi),
           firmware = coalesce(excluded.firmware, device_state.firmware)
     WHERE device_state.status_time IS NULL OR excluded.status_time > device_state.status_time
"""
UNKNOWN_FIELDS = "UPDATE device_state SET unknown_fields = unknown_fields + %s WHERE device_id = %s"


def _save_states(conn: Conn, batch: Batch) -> None:
    if batch.seen:
        conn.execute(SEEN, {"at": batch.received_at, "ids": batch.seen})
    for status in sorted(batch.statuses, key=lambda row: row.device_id):
        conn.execute(
            STATUS,
            {
                "device": status.device_id,
                "online": status.online,
                "battery": status.battery,
                "rssi": status.rssi,
                "firmware": status.firmware,
                "time": status.time,
            },
        )
    for device_id, count in sorted(batch.unknown_fields.items()):
        conn.execute(UNKNOWN_FIELDS, (count, device_id))


REPLY = """
    INSERT INTO reply (device_id, id, received_at, ok, data) VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""


def _save_replies(conn: Conn, batch: Batch) -> None:
    for reply in batch.replies:
        conn.execute(REPLY, (reply.device_id, reply.id, batch.received_at, reply.ok, Jsonb(dict(reply.data))))


QUARANTINE = """
    INSERT INTO quarantine (digest, vendor, device, device_id, topic, field, reason, part, payload, first_at, last_at)
    VALUES (%(digest)s, %(vendor)s, %(device)s, %(device_id)s, %(topic)s, %(field)s, %(reason)s, %(part)s, %(payload)s,
            %(at)s, %(at)s)
    ON CONFLICT (digest) DO UPDATE
       SET last_at = excluded.last_at, times = quarantine.times + 1
     WHERE NOT %(repeated)s
"""
_KEPT = 64 * 1024


def _save_quarantine(conn: Conn, rows: Sequence[QuarantineRow], at: datetime) -> None:
    for row in rows:
        conn.execute(
            QUARANTINE,
            {
                "digest": _digest(row),
                "vendor": _text(row.vendor),
                "device": _text(row.device),
                "device_id": row.device_id,
                "topic": _text(row.topic),
                "field": _text(row.field),
                "reason": _text(row.reason),
                "part": None if row.part is None else _text(repr(row.part)[:_KEPT]),
                "payload": row.payload[:_KEPT],
                "at": at,
                "repeated": row.repeated,
            },
        )


def _digest(row: QuarantineRow) -> bytes:
    head = "\0".join((row.topic, row.field, row.reason)).encode(errors="replace")
    return hashlib.sha256(head + b"\0" + row.payload).digest()


def _text(value: str | None) -> str | None:
    """What PostgreSQL takes as text: no NUL and no half characters."""
    return None if value is None else value.replace("\0", "�").encode(errors="replace").decode()


WATERMARK = """
    INSERT INTO watermark (lane, through, messages, updated_at)
    VALUES (%(lane)s, %(through)s, %(messages)s, clock_timestamp())
    ON CONFLICT (lane) DO UPDATE
       SET through = CASE WHEN watermark.through > excluded.through + interval '5 minutes'
                          THEN excluded.through ELSE greatest(watermark.through, excluded.through) END,
           messages = watermark.messages + excluded.messages, updated_at = excluded.updated_at
"""


COUNT = "UPDATE watermark SET messages = messages + %s, updated_at = clock_timestamp() WHERE lane = %s"


def _save_watermark(conn: Conn, batch: Batch) -> None:
    if batch.caught_up or not conn.execute(COUNT, (batch.messages, batch.lane)).rowcount:
        save_watermark(conn, batch.lane, batch.received_at, batch.messages)


def save_watermark(conn: Conn, lane: str, through: datetime, messages: int = 0) -> None:
    """Everything that this lane received before `through` is stored."""
    conn.execute(WATERMARK, {"lane": lane, "through": through, "messages": messages})


def save_conflicts(conn: Conn, rows: Sequence[QuarantineRow], at: datetime) -> None:
    """Keep aside what contradicts stored readings."""
    with transaction(conn):
        _save_quarantine(conn, rows, at)

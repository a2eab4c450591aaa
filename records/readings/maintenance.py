"""What must be done again and again: rollups and partitions on plain PostgreSQL, and retention on both."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import LiteralString

from psycopg import sql

from records import canary
from records.database import Conn, Database, has_timescale
from records.login import audit
from records.readings.policies import Retention

__all__ = ["Retention", "maintain"]

ROLLUPS_BEHIND = timedelta(minutes=2)
"""The rollups stay this far behind the clock, so that most readings come before them."""

CHANGES_KEPT = timedelta(days=7)
"""How long a page may be away and still catch up by number; after that it gets a new snapshot."""

ONE_STEP, _AGAIN_AT_ONCE = timedelta(hours=1), 200
"""How much one transaction rolls up: whoever is told to stop does so between two, and an hour is soon done."""

Stop = Callable[[], bool]
"""Whether to stop: asked between two steps."""


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Done:
    """What one round did."""

    rolled_up_through: datetime | None
    late_hours: int
    partitions_dropped: int
    rows_deleted: int

    def __str__(self) -> str:
        rollups = (
            f"rollups through {self.rolled_up_through:%Y-%m-%d %H:%M}Z" if self.rolled_up_through else "no rollups"
        )
        return (
            f"{rollups}, {self.late_hours} late hours again, "
            f"{self.partitions_dropped} partitions and {self.rows_deleted} rows dropped"
        )


def maintain(database: Database, retention: Retention, now: datetime, stop: Stop = _never) -> str:
    """One round of everything; safe to interrupt and to run by two at once. Returns what was done, in words.

    What `stop` leaves undone is done in the next round.
    """
    with database.transaction() as conn:
        plain = has_timescale(conn) is None
    through, late, dropped = None, 0, 0
    if plain:
        through = roll_up(database, now, stop)
        late = roll_up_again(database, stop)
        if not stop():
            with database.transaction() as conn:
                dropped = drop_partitions(conn, now - retention.raw)
    deleted = delete_old(database, retention, now, stop, plain=plain)
    return str(Done(through, late, dropped, deleted))


MOVE_MARK = "UPDATE rollup_mark SET through = %s WHERE through < %s"
TAKE_MARK = "SELECT done, through FROM rollup_mark FOR UPDATE"
ROLL_UP_MINUTES = "SELECT roll_up_minutes(%s, %s, %s)"
ROLL_UP_HOURS = "SELECT roll_up_hours(%s, %s, %s)"
DONE = "UPDATE rollup_mark SET done = %s"


def roll_up(database: Database, now: datetime, stop: Stop = _never) -> datetime:
    """Make the rollups of the time since the last round, hour by hour; returns how far they are made."""
    mark = _minute(now - ROLLUPS_BEHIND)
    with database.transaction() as conn:  # waits for the writers under way; the later ones note what they change
        conn.execute(MOVE_MARK, (mark, mark))
    while True:
        with database.transaction() as conn:
            row = conn.execute(TAKE_MARK).fetchone()
            assert row is not None  # noqa: S101 - the migration put it there
            done, through = row
            until: datetime = min(_hour(done) + ONE_STEP, through)
            if done < until:
                conn.execute(ROLL_UP_MINUTES, (None, done, until))
                if _hour(done) < _hour(until):
                    conn.execute(ROLL_UP_HOURS, (None, _hour(done), _hour(until)))
                conn.execute(DONE, (until,))
        if until >= through or stop():
            return until


TAKE_AGAIN = """
    DELETE FROM rollup_again
     WHERE (device_id, hour) IN (
           SELECT device_id, hour FROM rollup_again ORDER BY hour LIMIT %s FOR UPDATE SKIP LOCKED
           )
 RETURNING hour, device_id
"""


def roll_up_again(database: Database, stop: Stop = _never) -> int:
    """Make the rollups of hours anew that late readings have changed; returns how many device hours."""
    total = 0
    while not stop():
        with database.transaction() as conn:
            row = conn.execute(TAKE_MARK).fetchone()
            assert row is not None  # noqa: S101 - the migration put it there
            done = row[0]
            hours: dict[datetime, list[int]] = {}
            for hour, device_id in conn.execute(TAKE_AGAIN, (_AGAIN_AT_ONCE,)):
                hours.setdefault(hour, []).append(device_id)
            for hour, devices in hours.items():
                end = hour + timedelta(hours=1)
                conn.execute(ROLL_UP_MINUTES, (devices, hour, min(end, done)))
                if end <= _hour(done):
                    conn.execute(ROLL_UP_HOURS, (devices, hour, end))
        found = sum(map(len, hours.values()))
        total += found
        if found < _AGAIN_AT_ONCE:
            break
    return total


PARTITIONS = """
    SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
     WHERE inhparent = 'observation'::regclass ORDER BY 1
"""


def drop_partitions(conn: Conn, before: datetime) -> int:
    """Drop the days that ended before this; returns how many."""
    dropped = 0
    for (name,) in conn.execute(PARTITIONS).fetchall():
        if _day(name) + timedelta(days=1) <= before.astimezone(UTC).date():
            conn.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))
            dropped += 1
    return dropped


def _day(partition: str) -> date:
    return datetime.strptime(partition.removeprefix("observation_"), "%Y%m%d").replace(tzinfo=UTC).date()


# What an alert rests on stays as long as raw data; alerts themselves are never deleted.
OLD_ROWS = (
    "DELETE FROM event WHERE time < %(raw)s AND received_at < %(raw)s",
    "DELETE FROM reply WHERE received_at < %(raw)s",
    "DELETE FROM quarantine WHERE last_at < %(raw)s",
    "DELETE FROM signal WHERE handled_at < %(raw)s AND NOT EXISTS (SELECT FROM alert_log WHERE signal_id = signal.id)",
    "DELETE FROM change WHERE at < %(changes)s",
    "DELETE FROM session WHERE expires_at < %(now)s",
    "DELETE FROM known_browser WHERE seen_at < %(now)s - interval '1 year'",
    "DELETE FROM login_attempt WHERE at < %(now)s - interval '1 minute'",
)
OLD_ROLLUPS = (
    "DELETE FROM observation_minute WHERE bucket < %(minutes)s",
    "DELETE FROM observation_hour WHERE bucket < %(hours)s",
)


def delete_old(database: Database, retention: Retention, now: datetime, stop: Stop = _never, *, plain: bool) -> int:
    """Delete what is older than it is kept, each kind in a transaction of its own; returns how many rows."""
    before = {
        "now": now,
        "raw": now - retention.raw,
        "minutes": now - retention.minutes,
        "hours": now - retention.hours,
        "changes": now - CHANGES_KEPT,
    }
    statements = OLD_ROWS + (OLD_ROLLUPS if plain else ())
    steps: list[Callable[[Conn], int]] = [partial(_delete, statement, before) for statement in statements]
    steps += [
        lambda conn: canary.forget_old(conn, now),
        lambda conn: audit.forget(conn, _day_of(now - retention.audit)),
    ]
    deleted = 0
    for step in steps:
        if stop():
            break
        with database.transaction() as conn:
            deleted += step(conn)
    return deleted


def _delete(statement: LiteralString, before: dict[str, datetime], conn: Conn) -> int:
    return conn.execute(statement, before).rowcount


def _day_of(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _minute(time: datetime) -> datetime:
    return time.replace(second=0, microsecond=0)


def _hour(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(minute=0, second=0, microsecond=0)

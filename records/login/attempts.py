"""Attempts to log in, counted in the database, so that all dashboards together count as one."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from records.database import Conn

WINDOW = timedelta(minutes=1)

# Two at once for the same key wait for one another; at the end of the transaction it is over.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(('x' || left(encode(%s, 'hex'), 16))::bit(64)::bigint)"
# The attempt that has to grow old before there is room for another.
IN_THE_WAY = """
    SELECT at FROM login_attempt
     WHERE key_sha256 = %(key)s AND at > %(since)s
     ORDER BY at DESC OFFSET %(others)s LIMIT 1
"""
COUNT = "INSERT INTO login_attempt (key_sha256, at) VALUES (%s, %s)"
SWEEP = "DELETE FROM login_attempt WHERE at <= %s"
CLEAR = "DELETE FROM login_attempt WHERE key_sha256 = %s"


def take(conn: Conn, limits: Sequence[tuple[str, int]], now: datetime) -> timedelta | None:
    """Count one attempt under each key, of which its number may come within a minute.

    Returns how long to wait where one is too many, else None. The keys after the one that is full aren't counted.
    """
    conn.execute(SWEEP, (now - WINDOW,))
    for key, most in limits:
        hashed = _hashed(key)
        conn.execute(ONE_AT_A_TIME, (hashed,))
        terms = {"key": hashed, "since": now - WINDOW, "others": most - 1}
        row = conn.execute(IN_THE_WAY, terms).fetchone()
        if row is not None:
            wait: timedelta = row[0] + WINDOW - now
            return wait
        conn.execute(COUNT, (hashed, now))
    return None


def clear(conn: Conn, key: str) -> None:
    """Forget the attempts under this key."""
    conn.execute(CLEAR, (_hashed(key),))


def _hashed(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()

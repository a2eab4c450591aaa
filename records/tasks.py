"""When each periodic task is due: a row, so that of many workers one does it, and a restart forgets nothing."""

from datetime import datetime, timedelta

from records.database import Conn

# Looked for first: to insert what somebody is just changing waits until they are done, for as long as their work takes.
KNOWN = """
    INSERT INTO task (name, due_at) SELECT %(name)s, %(now)s WHERE NOT EXISTS (SELECT FROM task WHERE name = %(name)s)
    ON CONFLICT DO NOTHING
"""
# Due farther ahead than it can be: that was written by a clock that had jumped.
CLAIM = """
    SELECT name FROM task WHERE name = %(name)s AND (due_at <= %(now)s OR due_at > %(too_far)s) FOR UPDATE SKIP LOCKED
"""
NEXT = "UPDATE task SET due_at = %(next)s, ran_at = %(now)s WHERE name = %(name)s"

LONGEST_PAUSE = timedelta(minutes=5)
"""No task that has failed is put off for longer."""


def claim(conn: Conn, name: str, now: datetime, every: timedelta) -> bool:
    """Whether this task is due and ours; it is due again after `every`, or at once where this transaction fails."""
    terms = {"name": name, "now": now, "next": now + every, "too_far": now + every + LONGEST_PAUSE}
    conn.execute(KNOWN, terms)
    if conn.execute(CLAIM, terms).fetchone() is None:
        return False
    conn.execute(NEXT, terms)
    return True


def postpone(conn: Conn, name: str, until: datetime) -> None:
    """This task has failed: not again before `until`, so that it does not fail all the time."""
    conn.execute("UPDATE task SET due_at = greatest(due_at, %s) WHERE name = %s", (until, name))

"""What fails and is tried again: kept until it succeeds, so that no failure passes unseen while others go on."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from records.database import Conn

FORGOTTEN_AFTER = timedelta(days=1)
"""What has not been tried again for so long is not to be done any more (an assumption): tries are minutes apart."""

NOTE = """
    INSERT INTO trouble (part, task, subject, error, since, last_at)
    VALUES (%(part)s, %(task)s, %(subject)s, %(error)s, %(now)s, %(now)s)
    ON CONFLICT (part, task, subject) DO UPDATE
       SET error = excluded.error, last_at = greatest(trouble.last_at, excluded.last_at)
"""


def note(conn: Conn, part: str, task: str, subject: str, error: Exception, now: datetime) -> None:
    """This task of this part has failed with `subject` (ids only); of the error only its kind is kept."""
    terms = {"part": part, "task": task, "subject": subject, "error": type(error).__name__, "now": now}
    conn.execute(NOTE, terms)


OVER = "DELETE FROM trouble WHERE part = %s AND task = %s AND subject = ANY (%s)"


def over(conn: Conn, part: str, task: str, subjects: Iterable[str]) -> None:
    """With these it has succeeded."""
    conn.execute(OVER, (part, task, sorted(subjects)))


FAILING = """
    SELECT task, count(*) FROM trouble WHERE part = %(part)s AND last_at > %(since)s GROUP BY task ORDER BY task
"""


def failing(conn: Conn, part: str, now: datetime) -> str:
    """Which tasks of this part fail, with how many things each; empty where all is well."""
    rows = conn.execute(FAILING, {"part": part, "since": now - FORGOTTEN_AFTER}).fetchall()
    named = ", ".join(f"{task} ({count})" for task, count in rows)
    return f"failing: {named}; see the log of {part}" if named else ""

"""The installation's own words for messages: which hold, setting them, and going back to those that come along."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from care.notices import Purpose
from care.templates import ANY_CHANNEL, Template
from records.database import Conn

FIND = """
    SELECT title, body, id FROM message_template
     WHERE purpose = %(purpose)s AND channel IN (%(channel)s, %(any)s) AND language = %(language)s AND ended_at IS NULL
     ORDER BY channel = %(any)s LIMIT 1
"""


def find(conn: Conn, purpose: Purpose, channel: str, language: str) -> Template | None:
    """The installation's own for this, of the channel itself before that of any; None: those that come along hold."""
    terms = {"purpose": purpose, "channel": channel, "any": ANY_CHANNEL, "language": language}
    row = conn.execute(FIND, terms).fetchone()
    return Template(*row) if row else None


@dataclass(frozen=True, slots=True)
class OwnTemplate:
    """One that holds, and who set it."""

    id: int
    purpose: str
    channel: str
    language: str
    title: str
    text: str
    set_at: datetime
    by_name: str | None


ALL = """
    SELECT m.id, m.purpose, m.channel, m.language, m.title, m.body AS text, m.set_at, account.username AS by_name
      FROM message_template m LEFT JOIN account ON account.id = m.set_by
     WHERE m.ended_at IS NULL ORDER BY m.purpose, m.channel, m.language
"""


def own(conn: Conn) -> Sequence[OwnTemplate]:
    """All of them."""
    return conn.cursor(row_factory=class_row(OwnTemplate)).execute(ALL).fetchall()


END = """
    UPDATE message_template SET ended_at = %(now)s
     WHERE purpose = %(purpose)s AND channel = %(channel)s AND language = %(language)s AND ended_at IS NULL
"""
SET = """
    INSERT INTO message_template (purpose, channel, language, title, body, set_at, set_by)
    VALUES (%(purpose)s, %(channel)s, %(language)s, %(title)s, %(text)s, %(now)s, %(by)s)
"""


def change(
    conn: Conn, purpose: Purpose, channel: str, language: str, template: Template | None, by: UUID, now: datetime
) -> bool:
    """Say it so from now on, or (None) as it comes along; the one before stays on record. Whether there was one."""
    terms = {"purpose": purpose, "channel": channel, "language": language, "by": by, "now": now}
    was = conn.execute(END, terms).rowcount == 1
    if template is not None:
        conn.execute(SET, terms | {"title": template.title, "text": template.text})
    return was

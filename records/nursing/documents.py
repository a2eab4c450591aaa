"""Documents of a resident: small files, known by what they hold and not by what they are called."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from records.database import Conn
from records.ids import new_id

MOST_BYTES = 5 * 1024 * 1024
MOST_DOCUMENTS = 50
"""Of one resident (an assumption)."""

_BEGINNINGS = {b"%PDF-": "application/pdf", b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
ENDINGS = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}


def media_type(content: bytes) -> str | None:
    """What these bytes are, by their beginning; None: nothing that is kept here."""
    return next((kind for begin, kind in _BEGINNINGS.items() if content.startswith(begin)), None)


@dataclass(frozen=True, slots=True)
class Document:
    """One file, without what is in it."""

    id: UUID
    name: str = field(repr=False)
    media_type: str
    size: int
    entered_by: str | None
    entered_at: datetime


OF_RESIDENT = """
    SELECT d.id, d.name, d.media_type, d.size, account.username AS entered_by, d.entered_at
      FROM document d
      LEFT JOIN account ON account.id = d.entered_by
     WHERE d.resident_id = %s
     ORDER BY d.entered_at DESC, d.id
"""


def of_resident(conn: Conn, resident_id: UUID) -> list[Document]:
    """The newest first; ask for the resident in one's care first."""
    return conn.cursor(row_factory=class_row(Document)).execute(OF_RESIDENT, (resident_id,)).fetchall()


LOCK = "SELECT FROM resident WHERE id = %s FOR UPDATE"
COUNT = "SELECT count(*) FROM document WHERE resident_id = %s"
ADD = """
    INSERT INTO document (id, resident_id, name, media_type, size, sha256, content, entered_by, entered_at)
    VALUES (%(id)s, %(resident)s, %(name)s, %(kind)s, %(size)s, %(sha256)s, %(content)s, %(by)s, %(now)s)
    ON CONFLICT (resident_id, sha256) DO NOTHING
"""


def keep(conn: Conn, resident_id: UUID, name: str, content: bytes, by: UUID | None, now: datetime) -> UUID | None:
    """Keep this file; None where the same one is there already. ValueError for one that is too large or of no kind."""
    kind = media_type(content)
    if kind is None:
        raise ValueError("file: keep a PDF, a JPEG or a PNG")
    if len(content) > MOST_BYTES:
        raise ValueError(f"file: at most {MOST_BYTES // 1024 // 1024} MiB")
    conn.execute(LOCK, (resident_id,))
    row = conn.execute(COUNT, (resident_id,)).fetchone()
    if row and row[0] >= MOST_DOCUMENTS:
        raise ValueError(f"file: there are {MOST_DOCUMENTS} already; remove one first")
    made = new_id()
    terms = {
        "id": made, "resident": resident_id, "name": _named(name, kind), "kind": kind, "size": len(content),
        "sha256": hashlib.sha256(content).digest(), "content": content, "by": by, "now": now,
    }  # fmt: skip
    return made if conn.execute(ADD, terms).rowcount == 1 else None


def _named(name: str, kind: str) -> str:
    """Without a folder or anything that is no letter, and with the ending of what it is."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(letter for letter in last if letter.isprintable() and letter not in '"<>|:*?').strip(" .")
    ending = ENDINGS[kind]
    stem = shown[: -len(ending)] if shown.lower().endswith(ending) else shown
    return (stem.removesuffix(".jpeg")[:100] or "document") + ending


ONE = "SELECT name, media_type, content FROM document WHERE id = %s AND resident_id = %s"


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a file."""

    name: str = field(repr=False)
    media_type: str
    content: bytes = field(repr=False)


def content_of(conn: Conn, resident_id: UUID, document_id: UUID) -> Content | None:
    """This file; None where this resident has none with that id."""
    return conn.cursor(row_factory=class_row(Content)).execute(ONE, (document_id, resident_id)).fetchone()


REMOVE = "DELETE FROM document WHERE id = %s AND resident_id = %s"


def remove(conn: Conn, resident_id: UUID, document_id: UUID) -> bool:
    """Delete this file; False where there is none with that id."""
    return conn.execute(REMOVE, (document_id, resident_id)).rowcount == 1

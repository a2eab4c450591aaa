"""Writing out all that is stored of one person: a ZIP with JSON and CSV of every table, readings by month, documents.

The tables are found from the catalogue (belongings): what is new is in it too. Nothing is held in memory but one piece.
"""

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import orjson
import structlog
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.string import TextLoader

from care.periods import LOCAL
from records import database as databases
from records.clock import Clock, utc_now
from records.database import Conn, Database
from records.errors import Unavailable
from records.leaving import exports, storage
from records.leaving.belongings import Wore, belongings, those, wore
from records.leaving.exports import Wish

log = structlog.get_logger(__name__)

SECRET = frozenset(
    {"sha256", "content", "code_sha256", "secret", "payload_sha256", "digest", "token_sha256", "endpoint"}
)
"""Columns that are keys or files; the files of documents are in the ZIP as they are."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_AT_ONCE = 500
FAILED = "failed"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the export; it is read when its turn comes."""

    name: str
    rows: Callable[[], Iterator[Row]]


def export_one(database: Database, clock: Clock = utc_now) -> bool:
    """Write the export that has waited longest; False where none waits."""
    with database.transaction() as conn:
        exports.forget_old(conn, clock())
        wish = exports.claim(conn, clock())
    if wish is None:
        return False
    try:
        with databases.connect(database.url) as conn, databases.transaction(conn):
            conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            _write(conn, database, wish, clock)
        problem = None
    except Unavailable:
        raise  # the lease ends, and it is begun anew
    except Exception as error:
        log.error("an export failed", export=str(wish.id), error=type(error).__name__)  # its text may hold a value
        problem = FAILED
    with database.transaction() as conn:
        exports.end(conn, wish.id, clock(), problem)
    return True


def _write(conn: Conn, database: Database, wish: Wish, clock: Clock) -> None:
    parts = list(parts_of(conn, wish.resident_id, clock()))
    sink = _Pieces(database, wish.id)
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("README.txt", _README)
        for number, part in enumerate(parts):
            with database.transaction() as said:
                exports.tell(said, wish.id, number, len(parts), clock())
            _put(packed, part)
        _put_documents(conn, packed, wish.resident_id)
    sink.close()
    with database.transaction() as said:
        exports.tell(said, wish.id, len(parts), len(parts), clock())


_README = """安康：一位老人的全部存储数据。json/ 与 csv/ 内容相同，每个数据表一个文件；
readings/ 按设备和月份存放监测数据，时间为 UTC；documents/ 为上传的文件。密钥、口令摘要不在其中。

Ankang: all that is stored of one person. json/ and csv/ hold the same, a file for each table;
readings/ the observations by device and month, times in UTC; documents/ the files that were uploaded.
Keys and hashes of passwords are left out.
"""


class _Pieces(io.RawIOBase):
    """A file that can only be written on: it lies in the database in pieces of one size."""

    def __init__(self, database: Database, wish: UUID) -> None:
        self._database, self._wish = database, wish
        self._number, self._held = 0, bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._held += data
        while len(self._held) >= exports.PIECE:
            self._put(exports.PIECE)
        return len(data)

    def close(self) -> None:
        if not self.closed and self._held:
            self._put(len(self._held))
        super().close()

    def _put(self, size: int) -> None:
        with self._database.transaction() as conn:
            exports.put(conn, self._wish, self._number, bytes(self._held[:size]))
        del self._held[:size]
        self._number += 1


def parts_of(conn: Conn, resident_id: UUID, now: datetime) -> Iterator[Part]:
    """Every table that holds something of this person; what their devices said; who looked at it."""
    for table, columns in reversed(belongings(conn, resident_id).items()):
        condition, values = those(columns)
        statement = sql.SQL("SELECT * FROM {} WHERE {}").format(sql.Identifier(table), condition)
        yield Part(table, partial(_read, conn, statement, values))
    yield Part("audit", partial(_read, conn, AUDIT, (resident_id,)))
    for worn in wore(conn, resident_id):
        name = f"{worn.vendor}-{worn.device}"
        terms = {
            "device": worn.device_id, "vendor": worn.vendor, "name": worn.device, "since": worn.since,
            "until": worn.until or now,
        }  # fmt: skip
        for table, said in SAID.items():
            yield Part(f"{table} {name}", partial(_read, conn, said, terms))
        yield from _readings(conn, worn, now, name)


AUDIT = sql.SQL("""
    SELECT l.at, coalesce(a.username, l.by_user) AS who, l.action, l.reason
      FROM audit l LEFT JOIN account a ON a.id = l.account_id WHERE l.resident_id = %s ORDER BY l.id
""")
_IN_TIME = " WHERE device_id = %(device)s AND time >= %(since)s AND time < %(until)s ORDER BY time"
SAID: dict[str, sql.SQL] = {
    "event": sql.SQL("SELECT * FROM event" + _IN_TIME),
    "signal": sql.SQL("SELECT * FROM signal" + _IN_TIME),
    "quarantine": sql.SQL("""
        SELECT topic, field, reason, part, payload, first_at, last_at, times
          FROM quarantine WHERE (device_id = %(device)s OR vendor = %(vendor)s AND device = %(name)s)
                            AND last_at >= %(since)s AND first_at < %(until)s
    """),
}
READINGS: dict[str, sql.SQL | sql.Composed] = {"observation": sql.SQL("SELECT * FROM observation" + _IN_TIME)} | {
    name: sql.SQL(
        "SELECT * FROM {} WHERE device_id = %(device)s AND bucket >= %(since)s AND bucket < %(until)s ORDER BY bucket"
    ).format(sql.Identifier(name))
    for name in ("observation_minute", "observation_hour")
}


def _readings(conn: Conn, worn: Wore, now: datetime, name: str) -> Iterator[Part]:
    """Month by month by the clock on the wall; minutes and hours too, which are kept longer than single readings."""
    oldest = storage.oldest(conn, worn.device_id)
    begin, end = max(worn.since, oldest) if oldest else now, worn.until or now
    while begin < end:
        until = min(_next_month(begin), end)
        terms = {"device": worn.device_id, "since": begin, "until": until}
        month = f"{begin.astimezone(LOCAL):%Y-%m}"
        for relation, statement in READINGS.items():
            yield Part(f"readings/{name}/{month} {relation}", partial(_read, conn, statement, terms))
        begin = until


def _next_month(time: datetime) -> datetime:
    first = time.astimezone(LOCAL).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)


def _read(conn: Conn, statement: sql.SQL | sql.Composed, values: Any) -> Iterator[Row]:
    with conn.cursor("export", row_factory=dict_row) as rows:
        rows.itersize = _AT_ONCE
        rows.adapters.register_loader("timestamptz", TextLoader)  # some are -infinity
        rows.execute(statement, values)
        for row in rows:
            yield {name: _text(value) for name, value in row.items() if name not in SECRET}


def _text(value: Any) -> Any:
    """What a device sent may be no text at all."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _put(packed: zipfile.ZipFile, part: Part) -> None:
    """As CSV, and where it is no reading as JSON too; a part without a row is left out."""
    if part.name.startswith("readings/"):
        _put_as(packed, f"{part.name.replace(' ', '-')}.csv", part, _as_csv)
        return
    _put_as(packed, f"json/{part.name.replace(' ', '-')}.json", part, _as_json)
    _put_as(packed, f"csv/{part.name.replace(' ', '-')}.csv", part, _as_csv)


def _put_as(packed: zipfile.ZipFile, name: str, part: Part, form: Callable[[Iterable[Row]], Iterator[bytes]]) -> None:
    rows = part.rows()
    first = next(rows, None)
    if first is None:
        return
    with packed.open(name, "w", force_zip64=True) as file:
        for text in form(_after(first, rows)):
            file.write(text)


def _after(first: Row, rows: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rows


def _as_json(rows: Iterable[Row]) -> Iterator[bytes]:
    for number, row in enumerate(rows):
        yield (b",\n" if number else b"[\n") + orjson.dumps(row, default=str)
    yield b"\n]\n"


def _as_csv(rows: Iterable[Row]) -> Iterator[bytes]:
    """With a BOM, as a spreadsheet opens it; columns that hold nothing in the first row stay, so that all rows fit."""
    line = io.StringIO()
    writer = csv.writer(line)
    for number, row in enumerate(rows):
        if number == 0:
            line.write("\ufeff")
            writer.writerow(row)
        writer.writerow(_cell(value) for value in row.values())
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        value = orjson.dumps(value, default=str).decode()
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


DOCUMENTS = "SELECT id, name FROM document WHERE resident_id = %s"
CONTENT = "SELECT content FROM document WHERE id = %s"


def _put_documents(conn: Conn, packed: zipfile.ZipFile, resident_id: UUID) -> None:
    for number, (document, name) in enumerate(conn.execute(DOCUMENTS, (resident_id,)).fetchall(), start=1):
        row = conn.execute(CONTENT, (document,)).fetchone()
        if row:
            packed.writestr(f"documents/{number:02}-{name}", row[0])

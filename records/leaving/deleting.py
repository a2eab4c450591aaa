"""Deleting one person: readings from their storage, rows from every table; what figures count stays, without a person.

Safe to stop at any moment and to begin anew: readings go in steps, all the rest in one transaction at the end.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, LiteralString

import structlog
from psycopg import sql

from records.clock import Clock, utc_now
from records.database import Conn, Database
from records.equipment.devices import announce
from records.leaving import deletions, storage
from records.leaving.belongings import Wore, belongings, those, wore
from records.leaving.deletions import Due
from records.leaving.unnamed import KEPT, unname

log = structlog.get_logger(__name__)

_LATER = timedelta(minutes=5)
OPEN_ALERTS = "open_alerts"

Stop = Callable[[], bool]


def delete_one(database: Database, clock: Clock = utc_now, stop: Stop = lambda: False) -> bool:
    """Do the deletion that has waited longest; False where none waits, or it was stopped and goes on later."""
    with database.transaction() as conn:
        due = deletions.claim(conn, clock())
    if due is None:
        return False
    log.info("deleting somebody", deletion=str(due.id))
    with database.transaction() as conn:
        if deletions.open_alerts(conn, due.resident_id):
            deletions.wait(conn, due.id, OPEN_ALERTS, clock() + _LATER)
            return False
        worn = _unbind(conn, due, clock())
    for one in worn:
        if not _delete_readings(database, due, one, clock, stop):
            return False
    with database.transaction() as conn:
        deletions.tell(conn, due.id, _delete_rows(conn, due, worn), clock())
        deletions.end(conn, due.id, clock())
    log.info("somebody is deleted", deletion=str(due.id))
    return True


UNBIND = (
    "UPDATE binding SET valid_to = %(now)s WHERE resident_id = %(resident)s AND valid_to IS NULL RETURNING device_id"
)
STOCK = "UPDATE device SET place = '', parent_id = NULL WHERE id = ANY (%s)"
FORGET_STATE = "DELETE FROM device_state WHERE device_id = ANY (%s)"


def _unbind(conn: Conn, due: Due, now: datetime) -> list[Wore]:
    """The devices go back to stock: what they say from now on is nobody's."""
    loose = [row[0] for row in conn.execute(UNBIND, {"resident": due.resident_id, "now": now})]
    conn.execute(STOCK, (loose,))
    conn.execute(FORGET_STATE, (loose,))
    worn = wore(conn, due.resident_id)
    for one in worn:
        announce(conn, one.vendor, one.device)
    return worn


def _delete_readings(database: Database, due: Due, worn: Wore, clock: Clock, stop: Stop) -> bool:
    with database.transaction() as conn:
        begin = storage.oldest(conn, worn.device_id)
    for since, until in storage.windows(worn, begin, clock()) if begin else ():
        if stop():
            return False
        with database.transaction() as conn:
            deletions.tell(conn, due.id, storage.delete_readings(conn, worn.device_id, since, until), clock())
    return True


def _delete_rows(conn: Conn, due: Due, worn: list[Wore]) -> dict[str, int]:
    """Everything else, at once; how many rows of each table were deleted, and how many were kept without a person."""
    rows = belongings(conn, due.resident_id)
    counts = unname(conn, due.id, due.resident_id, rows, worn)
    for one in worn:
        for table, gone in _said(conn, one).items():
            counts[table] = counts.get(table, 0) + gone
    for table, columns in rows.items():
        if table not in KEPT:
            gone = _delete(conn, table, columns)
            counts[table] = counts.get(table, 0) + gone
    return {name: count for name, count in counts.items() if count}


def _delete(conn: Conn, table: str, columns: dict[str, list[Any]]) -> int:
    condition, values = those(columns)
    return conn.execute(sql.SQL("DELETE FROM {} WHERE {}").format(sql.Identifier(table), condition), values).rowcount


LOOSE_SIGNALS = """
    UPDATE alert_log SET signal_id = NULL
     WHERE signal_id IN (SELECT id FROM signal
                          WHERE device_id = %(device)s AND time >= %(since)s AND time < %(until)s)
"""
SAID: dict[str, LiteralString] = {
    "signal": "DELETE FROM signal WHERE device_id = %(device)s AND time >= %(since)s AND time < %(until)s",
    "event": """
        DELETE FROM event WHERE device_id = %(device)s AND (time >= %(since)s AND time < %(until)s
                                                            OR received_at >= %(since)s AND received_at < %(until)s)
    """,
    "reply": "DELETE FROM reply WHERE device_id = %(device)s AND received_at >= %(since)s AND received_at < %(until)s",
    "quarantine": """
        DELETE FROM quarantine WHERE (device_id = %(device)s OR vendor = %(vendor)s AND device = %(name)s)
                                 AND last_at >= %(since)s AND first_at < %(until)s
    """,
    "maintenance": """
        DELETE FROM maintenance WHERE device_id = %(device)s AND starts_at < %(until)s AND ends_at >= %(since)s
    """,
}


def _said(conn: Conn, worn: Wore) -> dict[str, int]:
    """What a device said in its time with the person, and what was kept aside of it."""
    terms = {
        "device": worn.device_id, "vendor": worn.vendor, "name": worn.device, "since": worn.since, "until": worn.until,
    }  # fmt: skip
    conn.execute(LOOSE_SIGNALS, terms)
    return {table: conn.execute(statement, terms).rowcount for table, statement in SAID.items()}

"""What stays of a deleted person because the figures count it, and how it no more says who it was.

Alerts and the lines of their logs (when, which step, by whom of the staff, how it ended), that a reason was given for a
missed target, the minutes of neighbours, and that somebody of the staff did something, in the audit log.
"""

from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from records.database import Conn
from records.ids import new_id
from records.leaving.belongings import Rows, Wore

KEPT = frozenset({"alert", "alert_log", "change", "change_unnumbered", "miss_reason", "responder_offer", "credit"})
"""Tables whose rows stay."""

# The community stays, so that the figures of an area are what they were; of the device its model is counted.
ALERTS = """
    UPDATE alert
       SET area_id = coalesce(alert.area_id, (SELECT area_id FROM home WHERE id = alert.home_id), %(area)s),
           subject = CASE WHEN subject LIKE 'device:%%' THEN subject ELSE %(gone)s END,
           resident_id = NULL, home_id = NULL, evidence = '{}', coverage = NULL, note = '', dispatched_to = NULL,
           shelved_why = NULL, close_asked = NULL, close_refused = NULL, suppressed_by = NULL, due_at = NULL
     WHERE id = ANY (%(alerts)s)
"""
LINES = "UPDATE alert_log SET detail = '{}', signal_id = NULL WHERE alert_id = ANY (%(alerts)s)"
REASONS = "UPDATE miss_reason SET reason = '—' WHERE alert_id = ANY (%(alerts)s)"
THEIRS = "SELECT id FROM alert WHERE resident_id = %(resident)s OR home_id = ANY (%(homes)s)"
AREA = "SELECT h.area_id FROM resident r JOIN home h ON h.id = r.home_id WHERE r.id = %s"


def unname(conn: Conn, deletion_id: UUID, resident_id: UUID, rows: Rows, worn: list[Wore]) -> dict[str, int]:
    """Take the person out of all that stays; how many rows of each table, as `TABLE, kept`."""
    homes = rows.get("home", {}).get("id", [])
    alerts = [row[0] for row in conn.execute(THEIRS, {"resident": resident_id, "homes": homes})]
    area = conn.execute(AREA, (resident_id,)).fetchone()
    gone = f"deleted:{new_id()}"  # what rang for one person stays one source
    terms = {"alerts": alerts, "gone": gone, "area": area[0] if area else None}
    family = _unname_family(conn, resident_id)
    counts = {
        "alert, kept": conn.execute(ALERTS, terms).rowcount,
        "alert_log, kept": conn.execute(LINES, terms).rowcount,
        "miss_reason, kept": conn.execute(REASONS, terms).rowcount,
        "account": len(family),
        "audit, kept": _unname_audit(conn, deletion_id, resident_id, rows, worn, family),
    }
    _forget_ids(conn, resident_id, rows, worn, gone)
    every = {id_ for columns in rows.values() for ids in columns.values() for id_ in ids if _is_id(id_)}
    ids = {str(id_) for id_ in every.difference(alerts)}  # the alerts stay
    gone_ids = ids | {str(resident_id), *_names(worn)}
    return counts | {"hand_over, kept": _unname_sheets(conn, deletion_id, resident_id, gone_ids)}


ONLY_FAMILY = """
    SELECT a.id, a.username FROM account a
     WHERE a.role = 'family' AND a.id IN (SELECT account_id FROM account_resident WHERE resident_id = %(resident)s)
       AND NOT EXISTS (SELECT FROM account_resident WHERE account_id = a.id AND resident_id <> %(resident)s)
"""
CLOSE_ACCOUNT = """
    UPDATE account SET username = 'deleted-' || left(replace(gen_random_uuid()::text, '-', ''), 12),
           password_hash = '', disabled = true
     WHERE id = ANY (%s)
"""
LOG_OUT = (
    "DELETE FROM session WHERE account_id = ANY (%s)",
    "DELETE FROM api_token WHERE account_id = ANY (%s)",
    "DELETE FROM known_browser WHERE account_id = ANY (%s)",
    "DELETE FROM reach WHERE account_id = ANY (%s)",
    "DELETE FROM partner WHERE account_id = ANY (%s)",
)


def _unname_family(conn: Conn, resident_id: UUID) -> list[str]:
    """Accounts of a family that were for this person alone: what they did stays, who they were does not."""
    found = conn.execute(ONLY_FAMILY, {"resident": resident_id}).fetchall()
    ids = [row[0] for row in found]
    for statement in LOG_OUT:
        conn.execute(statement, (ids,))
    conn.execute(CLOSE_ACCOUNT, (ids,))
    return [row[1] for row in found]


LET_AUDIT = "SELECT set_config('ankang.deletion', %s, true)"
AUDIT = """
    UPDATE audit SET resident_id = NULL, subject = '', reason = ''
     WHERE resident_id = %(resident)s OR subject = ANY (%(subjects)s)
        OR EXISTS (SELECT FROM unnest(%(devices)s::text[], %(since)s::timestamptz[], %(until)s::timestamptz[])
                                 AS worn (device, since, until)
                    WHERE subject = worn.device AND at >= worn.since AND at < worn.until)
"""


def _unname_audit(
    conn: Conn, deletion_id: UUID, resident_id: UUID, rows: Rows, worn: list[Wore], family: list[str]
) -> int:
    """That somebody did something stays in the audit log; to whom, and why in words, does not."""
    subjects = {str(id_) for columns in rows.values() for ids in columns.values() for id_ in ids if _is_id(id_)}
    terms = {
        "resident": resident_id, "subjects": [*subjects, *family], "devices": _names(worn),
        "since": [one.since for one in worn], "until": [one.until for one in worn],
    }  # fmt: skip
    conn.execute(LET_AUDIT, (str(deletion_id),))
    return conn.execute(AUDIT, terms).rowcount


def _is_id(value: Any) -> bool:
    """Not a number that counts up: that says nothing outside its table."""
    return isinstance(value, UUID)


def _names(worn: list[Wore]) -> list[str]:
    return [f"{one.vendor}/{one.device}" for one in worn]


FORGET = (
    "UPDATE alert SET evidence = evidence - 'devices' WHERE evidence -> 'devices' ?| %(devices)s",
    "DELETE FROM trouble WHERE subject LIKE ANY (%(like)s)",
    "UPDATE outage SET subject = %(gone)s, ended_at = coalesce(ended_at, now()) WHERE subject = ANY (%(homes)s)",
    "DELETE FROM notice WHERE recipient = ANY (%(contacts)s)",
)
CONTACTS = "SELECT id FROM contact WHERE resident_id = %s"


def _forget_ids(conn: Conn, resident_id: UUID, rows: Rows, worn: list[Wore], gone: str) -> None:
    """Ids that stand in texts, and devices among others that an outage took."""
    homes = rows.get("home", {}).get("id", [])
    contacts = [row[0] for row in conn.execute(CONTACTS, (resident_id,))]
    terms = {
        "like": [f"%{id_}%" for id_ in (resident_id, *homes)], "gone": gone, "homes": [f"home:{id_}" for id_ in homes],
        "contacts": [f"contact:{id_}" for id_ in contacts], "devices": _names(worn),
    }  # fmt: skip
    for statement in FORGET:
        conn.execute(statement, terms)


# Sheets hold ids; only their note, which somebody wrote, may hold the name.
SHEETS = """
    SELECT id, sheet FROM hand_over
     WHERE sheet::text LIKE ANY (%(like)s)
        OR position((SELECT name FROM resident WHERE id = %(resident)s) IN note) > 0
       FOR UPDATE
"""
REWRITE = "UPDATE hand_over SET sheet = %(sheet)s, note = '' WHERE id = %(id)s"


def _unname_sheets(conn: Conn, deletion_id: UUID, resident_id: UUID, gone: set[str]) -> int:
    """Hand-over sheets keep their lines and signatures; of whom a line was, and the note of such a sheet, go."""
    conn.execute(LET_AUDIT, (str(deletion_id),))
    terms = {"like": [f'%"{one}"%' for one in gone], "resident": resident_id}
    found = conn.execute(SHEETS, terms).fetchall()
    for id_, sheet in found:
        conn.execute(REWRITE, {"id": id_, "sheet": Jsonb(_without(sheet, gone))})
    return len(found)


def _without(value: Any, gone: set[str]) -> Any:
    if isinstance(value, dict):
        return {name: _without(one, gone) for name, one in value.items()}
    if isinstance(value, list):
        return [_without(one, gone) for one in value]
    return None if isinstance(value, str) and value in gone else value

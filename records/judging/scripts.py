"""Scripts: what to ask and what to do for each rule; versions that stay, ticked off in the log of an alert."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row, kwargs_row
from psycopg.types.json import Jsonb

from care.scripts import Item, read_items
from records.database import Conn
from records.judging.alert_log import log_line, record_change
from records.scope import Scope


@dataclass(frozen=True, slots=True)
class Script:
    """What holds for a rule somewhere; `area`: the place that set it, None: everywhere."""

    rule: str
    version: int
    area_id: int | None
    area: str | None
    items: list[Item]
    changed_by_name: str | None
    """None: it came with Ankang."""
    changed_at: datetime


# The newest of each place; where it gives none, the next larger place decides.
NEAREST = """
    WITH RECURSIVE up (id, parent_id, height) AS (
         SELECT id, parent_id, 0 FROM area WHERE id = %(area)s
          UNION ALL
         SELECT area.id, area.parent_id, up.height + 1 FROM area JOIN up ON area.id = up.parent_id
    ), newest AS (
        SELECT DISTINCT ON (s.rule, s.area_id) s.*, up.height
          FROM script s
          LEFT JOIN up ON up.id = s.area_id
         WHERE (%(rule)s::text IS NULL OR s.rule = %(rule)s) AND (s.area_id IS NULL OR up.id IS NOT NULL)
         ORDER BY s.rule, s.area_id, s.version DESC
    )
    SELECT DISTINCT ON (n.rule) n.rule, n.version, n.area_id, area.name AS area, n.items,
           account.username AS changed_by_name, n.changed_at
      FROM newest n
      LEFT JOIN area ON area.id = n.area_id
      LEFT JOIN account ON account.id = n.changed_by
     WHERE n.items IS NOT NULL
     ORDER BY n.rule, n.height NULLS LAST
"""
VERSION = """
    SELECT s.rule, s.version, s.area_id, area.name AS area, s.items, account.username AS changed_by_name, s.changed_at
      FROM script s
      LEFT JOIN area ON area.id = s.area_id
      LEFT JOIN account ON account.id = s.changed_by
     WHERE s.rule = %s AND s.version = %s AND s.items IS NOT NULL
"""


def _script(items: Sequence[Mapping[str, Any]], **others: Any) -> Script:
    return Script(items=read_items(items), **others)


def in_force(conn: Conn, area_id: int | None) -> list[Script]:
    """The script of every rule as it holds in this area (None: everywhere), by rule."""
    return _nearest(conn, None, area_id)


def for_rule(conn: Conn, rule: str, area_id: int | None) -> Script | None:
    """The script of this rule there; None where there is none, as for a rule that a newer release knows."""
    return next(iter(_nearest(conn, rule, area_id)), None)


def _nearest(conn: Conn, rule: str | None, area_id: int | None) -> list[Script]:
    terms = {"area": area_id, "rule": rule}
    return conn.cursor(row_factory=kwargs_row(_script)).execute(NEAREST, terms).fetchall()


NEXT = "SELECT coalesce(max(version), 0) + 1 FROM script WHERE rule = %s"
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('ankang script'), hashtext(%s))"
INSERT = """
    INSERT INTO script (rule, version, area_id, items, changed_by, changed_at) VALUES (%s, %s, %s, %s, %s, %s)
"""


def change(conn: Conn, rule: str, area_id: int | None, items: Sequence[Item] | None, by: UUID, now: datetime) -> int:
    """From now on this is the script there and below (None: as the next larger area has it); returns the version."""
    if items is None and area_id is None:
        raise ValueError("items: everywhere a rule has a script of its own")
    conn.execute(ONE_AT_A_TIME, (rule,))
    row = conn.execute(NEXT, (rule,)).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always has a row
    written = None if items is None else Jsonb([one.written() for one in items])
    conn.execute(INSERT, (rule, row[0], area_id, written, by, now))
    return int(row[0])


@dataclass(frozen=True, slots=True)
class Change:
    """One version of a script, with how many items; None: it was given up for that of the next larger area."""

    version: int
    area: str | None
    items: int | None
    changed_by_name: str | None
    changed_at: datetime


HISTORY = """
    SELECT s.version, area.name AS area, jsonb_array_length(s.items) AS items, account.username AS changed_by_name,
           s.changed_at
      FROM script s
      LEFT JOIN area ON area.id = s.area_id
      LEFT JOIN account ON account.id = s.changed_by
     WHERE s.rule = %(rule)s
       AND (s.area_id IS NULL OR %(areas)s::integer[] IS NULL OR s.area_id = ANY (%(areas)s::integer[]))
     ORDER BY s.version DESC
     LIMIT 200
"""


def history(conn: Conn, rule: str, scope: Scope) -> list[Change]:
    """The versions of a rule's script that concern whom one has in care, the newest first."""
    terms = {"rule": rule, "areas": scope.terms()["areas"]}
    return conn.cursor(row_factory=class_row(Change)).execute(HISTORY, terms).fetchall()


@dataclass(frozen=True, slots=True)
class Tick:
    """An item that somebody has done."""

    item: str
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OfAlert:
    """The script of one alert and what is ticked off; the version with which somebody began stays."""

    script: Script
    ticks: list[Tick]


ABOUT = """
    SELECT a.rule, coalesce(a.area_id, h.area_id),
           (SELECT (detail ->> 'version')::integer FROM alert_log
             WHERE alert_id = a.id AND kind = 'script' ORDER BY id LIMIT 1)
      FROM alert a LEFT JOIN home h ON h.id = a.home_id
     WHERE a.id = %s
"""
# What was ticked last of each item; a tick that was taken back is none.
TICKS = """
    SELECT item, by_name, at
      FROM (SELECT DISTINCT ON (l.detail ->> 'item') l.detail ->> 'item' AS item, account.username AS by_name, l.at,
                   l.detail -> 'done' = 'true' AS done
              FROM alert_log l JOIN account ON account.id = l.account_id
             WHERE l.alert_id = %s AND l.kind = 'script'
             ORDER BY l.detail ->> 'item', l.id DESC) AS newest
     WHERE done
     ORDER BY at
"""


def of_alert(conn: Conn, alert_id: UUID) -> OfAlert | None:
    """What to ask and do about this alert; None where nobody has written that."""
    rule, area_id, begun = conn.execute(ABOUT, (alert_id,)).fetchone() or (None, None, None)
    if rule is None:
        return None
    found = _version(conn, rule, begun) if begun else for_rule(conn, rule, area_id)
    ticks = conn.cursor(row_factory=class_row(Tick)).execute(TICKS, (alert_id,)).fetchall()
    return OfAlert(found, ticks) if found else None


def _version(conn: Conn, rule: str, version: int) -> Script | None:
    return conn.cursor(row_factory=kwargs_row(_script)).execute(VERSION, (rule, version)).fetchone()


def tick(conn: Conn, alert_id: UUID, item: str, by: UUID, now: datetime, *, done: bool) -> OfAlert | None:
    """Say that an item is done, or is not after all; None where the alert's script has no such item."""
    found = of_alert(conn, alert_id)
    line = next((one for one in found.script.items if one.id == item), None) if found else None
    if found is None or line is None:
        return None
    words = {"zh-CN": line.chinese, "en": line.english}  # as they were, whatever becomes of the script
    detail = {"item": item, "done": done, "version": found.script.version, "words": words}
    log_line(conn, alert_id, now, "script", account_id=by, detail=detail)
    record_change(conn, alert_id, "script")
    return of_alert(conn, alert_id)

"""What belongs to one person, found from the database's own catalogue: whatever table refers to them.

From the rows of the resident (and of the home, where nobody else lives there) the foreign keys are followed to all that
refers to these, and on. A table that is new belongs too as soon as it says whom it is about.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from graphlib import TopologicalSorter
from typing import Any
from uuid import UUID

from psycopg import sql
from psycopg.rows import class_row

from records.database import Conn

NOT_THEIRS = frozenset({"deletion", "export_piece"})
"""What refers to a person and is not of them: how they are deleted, and what was written out of everything here."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A column of one table that refers to the key of another one."""

    table: str
    column: str
    other: str
    key: str | None
    """The key of `table` itself, where it has one column."""


# Only of our own schema; of a hypertable's pieces nothing refers to anything.
REFERENCES = """
    SELECT child.relname AS table, col.attname AS column, parent.relname AS other,
           (SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
             WHERE i.indrelid = child.oid AND i.indisprimary AND i.indnkeyatts = 1) AS key
      FROM pg_constraint c
      JOIN pg_class child ON child.oid = c.conrelid
      JOIN pg_class parent ON parent.oid = c.confrelid
      JOIN pg_attribute col ON col.attrelid = c.conrelid AND col.attnum = c.conkey[1]
     WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace AND cardinality(c.conkey) = 1
       AND c.conrelid <> c.confrelid AND c.conparentid = 0
     ORDER BY 1, 2
"""


def references(conn: Conn) -> list[Reference]:
    """Every reference between two of our tables."""
    return conn.cursor(row_factory=class_row(Reference)).execute(REFERENCES).fetchall()


KNOWN = "SELECT FROM resident WHERE id = %s"
# Where they live or lived, and nobody else does or did.
HOMES = """
    SELECT h.id FROM home h
     WHERE (h.id = (SELECT home_id FROM resident WHERE id = %(resident)s)
            OR EXISTS (SELECT FROM house_move WHERE resident_id = %(resident)s AND h.id IN (from_home, to_home)))
       AND NOT EXISTS (SELECT FROM resident WHERE home_id = h.id AND id <> %(resident)s)
       AND NOT EXISTS (SELECT FROM house_move WHERE resident_id <> %(resident)s AND h.id IN (from_home, to_home))
       AND NOT EXISTS (SELECT FROM alert WHERE home_id = h.id AND resident_id <> %(resident)s)
"""

Rows = dict[str, dict[str, list[Any]]]
"""For each table by which column which rows: {"visit": {"resident_id": [...]}}."""


def belongings(conn: Conn, resident_id: UUID) -> Rows:
    """All rows of this person by table; what refers to others comes before those. Empty: there is no such resident."""
    if conn.execute(KNOWN, (resident_id,)).fetchone() is None:
        return {}
    refer = references(conn)
    found: Rows = {"resident": {"id": [resident_id]}}
    homes = [row[0] for row in conn.execute(HOMES, {"resident": resident_id})]
    if homes:
        found["home"] = {"id": homes}
        _follow(conn, "home", homes, refer, found)
    _follow(conn, "resident", [resident_id], refer, found)
    return {table: found[table] for table in _children_first(found, refer)}


def _follow(conn: Conn, table: str, ids: Sequence[Any], refer: Sequence[Reference], found: Rows) -> None:
    """What refers to these rows, and what refers to that."""
    for one in refer:
        if one.other != table or one.table in NOT_THEIRS or one.table == "resident":
            continue
        known = found.setdefault(one.table, {}).setdefault(one.column, [])
        new = [id_ for id_ in ids if id_ not in set(known)]
        if not new:
            continue
        known += new
        if one.key is not None:
            _follow(conn, one.table, _keys(conn, one, new), refer, found)


def _children_first(found: Rows, refer: Sequence[Reference]) -> Iterable[str]:
    order: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(found, ()))
    for one in refer:
        if one.table in found and one.other in found:
            order.add(one.other, one.table)
    return order.static_order()


def _keys(conn: Conn, one: Reference, ids: Sequence[Any]) -> list[Any]:
    statement = sql.SQL("SELECT {} FROM {} WHERE {} = ANY (%s)").format(
        sql.Identifier(one.key or ""), sql.Identifier(one.table), sql.Identifier(one.column)
    )
    return [row[0] for row in conn.execute(statement, (list(ids),))]


def those(rows: Mapping[str, Sequence[Any]]) -> tuple[sql.Composed, list[Any]]:
    """The condition for these rows of a table, with its parameters."""
    parts = [sql.SQL("{} = ANY (%s)").format(sql.Identifier(column)) for column in rows]
    return sql.SQL(" OR ").join(parts), [list(ids) for ids in rows.values()]


@dataclass(frozen=True, slots=True)
class Wore:
    """A device that watched over the person, from when until when (None: it still does)."""

    device_id: int
    vendor: str
    device: str
    kind: str
    since: datetime
    until: datetime | None


WORE = """
    SELECT d.id AS device_id, d.vendor, d.name AS device, d.kind, b.valid_from AS since, b.valid_to AS until
      FROM binding b JOIN device d ON d.id = b.device_id
     WHERE b.resident_id = %s
     ORDER BY b.valid_from, d.id
"""


def wore(conn: Conn, resident_id: UUID) -> list[Wore]:
    """What watched over this person: what these devices said in that time is theirs."""
    return conn.cursor(row_factory=class_row(Wore)).execute(WORE, (resident_id,)).fetchall()

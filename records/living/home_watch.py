"""Whose home is looked at next: for the rules of water, doors, bed, warmth and NEWS2."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from psycopg.rows import class_row

from records.database import Conn


class Sense(StrEnum):
    """What is looked at together."""

    BED = "bed"
    DOOR = "door"
    WATER = "water"
    ROOM = "room"
    VITALS = "vitals"


@dataclass(frozen=True, slots=True)
class Due:
    """A home whose time has come; `raised`: the rules that ring there already."""

    resident_id: UUID
    home_id: UUID
    area_id: int
    sense: str
    raised: list[str]


CLAIM = """
    SELECT w.resident_id, h.id AS home_id, h.area_id, w.sense, w.raised
      FROM home_watch w
      JOIN resident r ON r.id = w.resident_id
      JOIN home h ON h.id = r.home_id
     WHERE w.due_at <= %(until)s
     ORDER BY w.due_at LIMIT %(limit)s FOR UPDATE OF w SKIP LOCKED
"""


def claim(conn: Conn, until: datetime, limit: int) -> list[Due]:
    """The homes to be looked at as of `until`; ours alone until the transaction ends."""
    return conn.cursor(row_factory=class_row(Due)).execute(CLAIM, {"until": until, "limit": limit}).fetchall()


LOOKED = """
    UPDATE home_watch w
       SET due_at = looked.due_at, raised = coalesce(string_to_array(nullif(looked.raised, ''), ' '), '{}')
      FROM unnest(%(residents)b::uuid[], %(senses)b::text[], %(due)b::timestamptz[], %(raised)b::text[])
           AS looked (resident_id, sense, due_at, raised)
     WHERE w.resident_id = looked.resident_id AND w.sense = looked.sense
"""
NOTHING_THERE = "DELETE FROM home_watch WHERE resident_id = %s AND sense = %s"


@dataclass(frozen=True, slots=True)
class Looked:
    """A home was looked at: when it is next, and what rings there now."""

    due: Due
    again: datetime
    raised: Collection[str]


def looked(conn: Conn, looks: Sequence[Looked]) -> None:
    """Write down what was seen."""
    if looks:
        terms = {
            "residents": [one.due.resident_id for one in looks], "senses": [one.due.sense for one in looks],
            "due": [one.again for one in looks], "raised": [" ".join(sorted(one.raised)) for one in looks],
        }  # fmt: skip
        conn.execute(LOOKED, terms)


def no_longer(conn: Conn, due: Due) -> None:
    """No device of this sense watches there any more; with the next one it begins anew."""
    conn.execute(NOTHING_THERE, (due.resident_id, due.sense))


RANG = """
    UPDATE home_watch SET raised = array_append(raised, %(rule)s), due_at = least(due_at, %(now)s)
     WHERE resident_id = %(resident)s AND sense = %(sense)s AND NOT %(rule)s = ANY (raised)
"""


def rang(conn: Conn, resident_id: UUID, sense: Sense, rule_id: str, now: datetime) -> None:
    """A device has said itself what this rule looks for: its readings tell when that is over."""
    conn.execute(RANG, {"rule": rule_id, "resident": resident_id, "sense": sense, "now": now})


AT_ONCE = "UPDATE home_watch SET due_at = least(due_at, %s) WHERE resident_id = %s"


def look_at_once(conn: Conn, resident_id: UUID, now: datetime) -> None:
    """Whatever is watched of this resident is looked at by the next sweep."""
    conn.execute(AT_ONCE, (now, resident_id))

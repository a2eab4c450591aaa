"""A resident's care plan: goals, and services with who does them and how often."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from records.database import Conn
from records.ids import new_id


class PlanKind(StrEnum):
    """What an entry of the plan is."""

    GOAL = "goal"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class PlanItem:
    """A goal or a service as somebody enters it."""

    kind: PlanKind
    text: str = field(repr=False)
    who: str = field(repr=False)
    how_often: str
    starts: date
    ends: date | None


@dataclass(frozen=True, slots=True)
class PlannedItem(PlanItem):
    """One of the plan; `ended_at`: it was ended, with what became of it."""

    id: UUID
    entered_by: str | None
    entered_at: datetime
    ended_by: str | None
    ended_at: datetime | None
    outcome: str = field(repr=False)


PLAN = """
    SELECT i.kind, i.text, i.who, i.how_often, i.starts, i.ends, i.id, enterer.username AS entered_by, i.entered_at,
           ender.username AS ended_by, i.ended_at, i.outcome
      FROM care_item i
      LEFT JOIN account enterer ON enterer.id = i.entered_by
      LEFT JOIN account ender ON ender.id = i.ended_by
     WHERE i.resident_id = %s
     ORDER BY i.ended_at DESC NULLS FIRST, i.kind, i.starts, i.entered_at
"""


def plan(conn: Conn, resident_id: UUID) -> list[PlannedItem]:
    """Goals and services, those that go on first."""
    return [PlannedItem(PlanKind(row[0]), *row[1:]) for row in conn.execute(PLAN, (resident_id,))]


ADD = """
    INSERT INTO care_item (id, resident_id, kind, text, who, how_often, starts, ends, entered_by, entered_at)
    VALUES (%(id)s, %(resident)s, %(kind)s, %(text)s, %(who)s, %(how_often)s, %(starts)s, %(ends)s, %(by)s, %(now)s)
"""


def enter(conn: Conn, resident_id: UUID, item: PlanItem, by: UUID | None, now: datetime) -> UUID:
    """One more of the plan; ValueError where it would end before it starts."""
    if item.ends is not None and item.ends < item.starts:
        raise ValueError("ends: not before it starts")
    made = new_id()
    terms = {
        "id": made, "resident": resident_id, "kind": item.kind, "text": item.text, "who": item.who,
        "how_often": item.how_often, "starts": item.starts, "ends": item.ends, "by": by, "now": now,
    }  # fmt: skip
    conn.execute(ADD, terms)
    return made


END = """
    UPDATE care_item SET ended_at = %(now)s, ended_by = %(by)s, outcome = %(outcome)s
     WHERE id = %(id)s AND resident_id = %(resident)s AND ended_at IS NULL
"""


def end(conn: Conn, resident_id: UUID, item_id: UUID, outcome: str, by: UUID | None, now: datetime) -> bool:
    """It is over, reached or given up; False where there is none that goes on."""
    terms = {"id": item_id, "resident": resident_id, "outcome": outcome, "by": by, "now": now}
    return conn.execute(END, terms).rowcount == 1

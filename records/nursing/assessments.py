"""Assessments of what somebody manages (GB/T 42195-2022), and whether to assess anew."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from care.assessments import (
    NO_RISK,
    RISK_RULES,
    Anew,
    CareLevel,
    care_level,
    risks_count_from,
    why_anew,
)
from care.periods import LOCAL
from records.database import Conn
from records.ids import new_id


@dataclass(frozen=True, slots=True)
class Assessment:
    """One assessment; `ended_at`: it had been entered by mistake."""

    id: UUID
    day: date
    score: int
    level: CareLevel
    assessor: str = field(repr=False)
    note: str = field(repr=False)
    entered_by: str | None
    entered_at: datetime
    ended_by: str | None
    ended_at: datetime | None


OF_RESIDENT = """
    SELECT a.id, a.day, a.score, a.assessor, a.note, enterer.username, a.entered_at, ender.username, a.ended_at
      FROM assessment a
      LEFT JOIN account enterer ON enterer.id = a.entered_by
      LEFT JOIN account ender ON ender.id = a.ended_by
     WHERE a.resident_id = %s
     ORDER BY a.ended_at IS NOT NULL, a.day DESC, a.entered_at DESC
"""


def of_resident(conn: Conn, resident_id: UUID) -> list[Assessment]:
    """The newest first, those entered by mistake last."""
    rows = conn.execute(OF_RESIDENT, (resident_id,))
    return [Assessment(row[0], row[1], row[2], care_level(row[2]), *row[3:]) for row in rows]


RISKS = """
    SELECT count(*) FROM alert
     WHERE resident_id = %(resident)s AND rule = ANY (%(rules)s) AND phase = 'closed' AND NOT drill
       AND outcome <> ALL (%(none)s) AND happened_at > %(since)s AND happened_at <= %(now)s
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """The level that holds, and whether to assess anew; `risks`: care-risk events that count towards that."""

    last: Assessment | None
    anew: Anew | None
    risks: int


def standing(conn: Conn, resident_id: UUID, now: datetime) -> Standing:
    """How this resident was assessed last, and whether that still says enough."""
    last = next((one for one in of_resident(conn, resident_id) if one.ended_at is None), None)
    since = risks_count_from(datetime.combine(last.day, datetime.max.time(), LOCAL) if last else None, now)
    terms = {"resident": resident_id, "rules": list(RISK_RULES), "none": list(NO_RISK), "since": since, "now": now}
    row = conn.execute(RISKS, terms).fetchone()
    risks = int(row[0]) if row else 0
    return Standing(last, why_anew(last.day if last else None, risks, now.astimezone(LOCAL).date()), risks)


ADD = """
    INSERT INTO assessment (id, resident_id, day, score, assessor, note, entered_by, entered_at)
    VALUES (%(id)s, %(resident)s, %(day)s, %(score)s, %(assessor)s, %(note)s, %(by)s, %(now)s)
"""


def enter(
    conn: Conn, resident_id: UUID, day: date, score: int, assessor: str, note: str, by: UUID | None, now: datetime
) -> UUID:
    """Somebody was assessed on this day; ValueError for a score that there is not."""
    care_level(score)
    made = new_id()
    terms = {
        "id": made, "resident": resident_id, "day": day, "score": score, "assessor": assessor, "note": note, "by": by,
        "now": now,
    }  # fmt: skip
    conn.execute(ADD, terms)
    _note_level(conn, resident_id)
    return made


END = """
    UPDATE assessment SET ended_at = %(now)s, ended_by = %(by)s
     WHERE id = %(id)s AND resident_id = %(resident)s AND ended_at IS NULL
"""


def withdraw(conn: Conn, resident_id: UUID, assessment_id: UUID, by: UUID | None, now: datetime) -> bool:
    """It was entered by mistake: it counts no more, and stays. False where there is none that counts."""
    terms = {"id": assessment_id, "resident": resident_id, "by": by, "now": now}
    done = conn.execute(END, terms).rowcount == 1
    if done:
        _note_level(conn, resident_id)
    return done


LEVEL = "UPDATE resident SET care_level = %s WHERE id = %s"


def _note_level(conn: Conn, resident_id: UUID) -> None:
    """The level that holds is with the resident, where lists read it; without an assessment what was entered stays."""
    last = next((one for one in of_resident(conn, resident_id) if one.ended_at is None), None)
    if last is not None:
        conn.execute(LEVEL, (last.level, resident_id))

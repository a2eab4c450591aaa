"""What is lent to whom, since when and until when: devices, and aids that do not speak (智能化改造、康复辅具租赁)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from psycopg.errors import UniqueViolation
from psycopg.rows import class_row

from care.aids import AidKind
from care.notices import LOCAL
from records.database import Conn
from records.errors import RecordsError
from records.ids import new_id
from records.people.residents import AREA_PATHS
from records.scope import IN_SCOPE, Scope


class NotPossible(RecordsError):
    """It is lent already, not lent, or its number is taken: the words say which."""


@dataclass(frozen=True, slots=True)
class Lending:
    """To whom something is lent, from which moment, until which day (None: for as long as it is needed)."""

    resident_id: UUID
    starts: datetime
    due: date | None
    device_id: int | None = None
    aid_id: UUID | None = None


LEND = """
    INSERT INTO loan (id, device_id, aid_id, resident_id, lent, due, lent_by)
    VALUES (%(id)s, %(device)s, %(aid)s, %(resident)s, %(lent)s, %(due)s, %(by)s)
"""


def lend(conn: Conn, lending: Lending, by: UUID) -> UUID:
    """Write down that it is lent; NotPossible where it is already, ValueError for a day that can't be."""
    lent = lending.starts.astimezone(LOCAL).date()
    if lending.due is not None and lending.due < lent:
        raise ValueError("due: the day of lending or a later one")
    loan_id = new_id()
    terms = {
        "id": loan_id, "device": lending.device_id, "aid": lending.aid_id, "resident": lending.resident_id,
        "lent": lent, "due": lending.due, "by": by,
    }  # fmt: skip
    try:
        with conn.transaction():
            conn.execute(LEND, terms)
    except UniqueViolation:
        raise NotPossible("it is lent already; take it back first") from None
    return loan_id


@dataclass(frozen=True, slots=True)
class Loan:
    """One that goes on."""

    id: UUID
    resident_id: UUID
    due: date | None


OF_DEVICE = "SELECT id, resident_id, due FROM loan WHERE device_id = %s AND returned IS NULL FOR UPDATE"
OF_AID = "SELECT id, resident_id, due FROM loan WHERE aid_id = %s AND returned IS NULL FOR UPDATE"
GIVE_BACK = """
    UPDATE loan SET returned = greatest(%(day)s, lent), returned_by = %(by)s, note = %(note)s WHERE id = %(id)s
"""
DUE = "UPDATE loan SET due = %(due)s WHERE id = %(id)s"


def of_device(conn: Conn, device_id: int) -> Loan | None:
    """The loan of this device that goes on."""
    row = conn.execute(OF_DEVICE, (device_id,)).fetchone()
    return Loan(*row) if row else None


def of_aid(conn: Conn, aid_id: UUID) -> Loan | None:
    """The loan of this aid that goes on."""
    row = conn.execute(OF_AID, (aid_id,)).fetchone()
    return Loan(*row) if row else None


def give_back(conn: Conn, loan_id: UUID, by: UUID, now: datetime, note: str) -> None:
    """It came back today; `note`: in which condition."""
    conn.execute(GIVE_BACK, {"id": loan_id, "day": now.astimezone(LOCAL).date(), "by": by, "note": note})


class WhichAids(StrEnum):
    """Which aids are asked for."""

    LENT = "lent"
    OVERDUE = "overdue"
    STOCK = "stock"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Aid:
    """An aid, and to whom it is lent; `area`: whose stock it is of."""

    id: UUID
    kind: str
    number: str
    model: str
    area: str | None
    resident_id: UUID | None
    resident: str | None
    lives: list[str]
    """In which area whoever has it lives, from the city down."""
    lent: date | None
    due: date | None
    overdue: bool


# One that is lent is where its borrower lives; else where its stock is.
AIDS = (
    AREA_PATHS
    + """
    SELECT aid.id, aid.kind, aid.number, aid.model, stock.name AS area, r.id AS resident_id, r.name AS resident,
           coalesce(path.names, '{}') AS lives, loan.lent, loan.due, coalesce(loan.due < %(today)s, false) AS overdue
      FROM aid
      LEFT JOIN area stock ON stock.id = aid.area_id
      LEFT JOIN loan ON loan.aid_id = aid.id AND loan.returned IS NULL
      LEFT JOIN resident r ON r.id = loan.resident_id
      LEFT JOIN home h ON h.id = r.home_id
      LEFT JOIN path ON path.id = h.area_id
     WHERE aid.retired_at IS NULL
       AND CASE WHEN r.id IS NULL
                THEN %(vendor)s::text IS NULL AND %(residents)s::uuid[] IS NULL
                     AND (%(areas)s::integer[] IS NULL OR aid.area_id = ANY (%(areas)s::integer[]))
                ELSE """
    + IN_SCOPE
    + """ END
"""
)
SOME = (
    "SELECT * FROM ("
    + AIDS
    + """) AS known
     WHERE (%(resident)s::uuid IS NULL OR resident_id = %(resident)s)
       AND CASE %(which)s::text WHEN 'lent' THEN resident_id IS NOT NULL WHEN 'overdue' THEN overdue
                          WHEN 'stock' THEN resident_id IS NULL ELSE true END
       AND (%(part)s::text IS NULL OR number ILIKE %(part)s OR model ILIKE %(part)s)
     ORDER BY overdue DESC, due NULLS LAST, number
     LIMIT %(limit)s
"""
)
COUNTS = (
    "SELECT count(*), count(resident_id), count(*) FILTER (WHERE overdue), count(*) - count(resident_id) FROM ("
    + AIDS
    + ") AS known"
)
ONE = "SELECT * FROM (" + AIDS + ") AS known WHERE id = %(id)s"


@dataclass(frozen=True, slots=True)
class AidCounts:
    """How many aids are so."""

    all: int
    lent: int
    overdue: int
    stock: int


def _terms(scope: Scope, now: datetime) -> dict[str, object]:
    return scope.terms() | {"today": now.astimezone(LOCAL).date()}


def aids(
    conn: Conn, scope: Scope, which: WhichAids, now: datetime, *, search: str = "", resident: UUID | None = None,
    limit: int = 500,
) -> Sequence[Aid]:  # fmt: skip
    """The aids of this care, those that are overdue first."""
    part = search.strip().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    terms = _terms(scope, now) | {
        "which": which, "part": f"%{part}%" if part else None, "resident": resident, "limit": limit,
    }  # fmt: skip
    return conn.cursor(row_factory=class_row(Aid)).execute(SOME, terms, prepare=False).fetchall()


def counts(conn: Conn, scope: Scope, now: datetime) -> AidCounts:
    """How many aids there are of each sort."""
    row = conn.execute(COUNTS, _terms(scope, now), prepare=False).fetchone()
    assert row is not None  # noqa: S101 - a count always has a row
    return AidCounts(*row)


def one_aid(conn: Conn, aid_id: UUID, scope: Scope, now: datetime) -> Aid | None:
    """This aid, where it is in the scope and not retired."""
    terms = _terms(scope, now) | {"id": aid_id}
    return conn.cursor(row_factory=class_row(Aid)).execute(ONE, terms).fetchone()


ADD = """
    INSERT INTO aid (id, kind, number, model, area_id, recorded_at)
    VALUES (%(id)s, %(kind)s, %(number)s, %(model)s, %(area)s, %(now)s)
"""


def add_aid(conn: Conn, kind: AidKind, number: str, model: str, area: int | None, now: datetime) -> UUID:
    """A new aid; NotPossible where there is one of this number."""
    aid_id = new_id()
    terms = {"id": aid_id, "kind": kind, "number": number, "model": model, "area": area, "now": now}
    try:
        with conn.transaction():
            conn.execute(ADD, terms)
    except UniqueViolation:
        raise NotPossible("number: there is an aid of this number already") from None
    return aid_id


RETIRE = "UPDATE aid SET retired_at = %s WHERE id = %s"


def retire(conn: Conn, aid_id: UUID, now: datetime) -> None:
    """It is broken or lost: it is in no list any more, its loans stay on record. NotPossible while it is lent."""
    if of_aid(conn, aid_id) is not None:
        raise NotPossible("it is lent; take it back first")
    conn.execute(RETIRE, (now, aid_id))

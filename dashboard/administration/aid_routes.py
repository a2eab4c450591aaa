"""Aids that do not speak over HTTP: registered, lent, taken back."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, StringConstraints

from care.aids import AidKind
from care.masking import masked_name
from dashboard.administration.equip_routes import AreaNumber, BedNumber, Note, Short, area_of, in_words, resident_of_bed
from dashboard.answers import NO_NUL, not_found
from dashboard.desk import AtDesk, Care, CareOf, InMyCare
from records.database import Conn
from records.equipment import loans
from records.equipment.loans import Aid, AidCounts, Lending, WhichAids
from records.login import audit

router = APIRouter(prefix="/api", tags=["devices"])


class Aids(BaseModel):
    """Some aids, those that are overdue first, and how many there are of each sort."""

    counts: AidCounts
    aids: list[Aid]


class NewAid(BaseModel):
    """An aid: `number` as it is written on it, `area`: whose stock it is of (one's own without it)."""

    model_config = ConfigDict(extra="forbid")
    kind: AidKind
    number: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=NO_NUL)]
    model: Short = ""
    area: AreaNumber = None


class AidMade(BaseModel):
    """The id of what was added."""

    id: UUID


class Lent(BaseModel):
    """To whom, by care bed, and until when; without `due` for as long as it is needed."""

    model_config = ConfigDict(extra="forbid")
    bed: BedNumber
    due: date | None = None


class Returned(BaseModel):
    """In which condition it came back."""

    model_config = ConfigDict(extra="forbid")
    note: Note = ""


@router.get("/aids")
def list_aids(
    care: Care,
    desk: AtDesk,
    state: WhichAids = WhichAids.ALL,
    search: Annotated[str, Query(max_length=64, pattern=NO_NUL, description="a part of the number or model")] = "",
) -> Aids:
    """The aids in one's care, at most 500."""
    now = datetime.now(UTC)
    with desk.database.transaction() as conn:
        found = loans.aids(conn, care.scope, state, now, search=search)
        counts = loans.counts(conn, care.scope, now)
    return Aids(counts=counts, aids=[_seen(care, one) for one in found])


@router.get("/residents/{resident_id}/aids")
def of_resident(resident: InMyCare, care: Care, desk: AtDesk) -> Aids:
    """What this resident has been lent."""
    now = datetime.now(UTC)
    with desk.database.transaction() as conn:
        found = loans.aids(conn, care.scope, WhichAids.LENT, now, resident=resident.id)
    overdue = sum(one.overdue for one in found)
    return Aids(
        counts=AidCounts(all=len(found), lent=len(found), overdue=overdue, stock=0),
        aids=[_seen(care, one) for one in found],
    )


@router.post("/aids", status_code=201)
def add(new: NewAid, care: Care, desk: AtDesk) -> AidMade:
    """A new aid, in stock."""
    with desk.database.transaction() as conn, in_words():
        made = loans.add_aid(conn, new.kind, new.number, new.model, area_of(conn, care, new.area), datetime.now(UTC))
        audit.note(conn, care.session.account.id, "add aid", subject=str(made))
    return AidMade(id=made)


@router.post("/aids/{aid_id}/lend", status_code=204)
def lend(aid_id: UUID, wanted: Lent, care: Care, desk: AtDesk) -> None:
    """Lend it to whoever has that care bed."""
    now, account = datetime.now(UTC), care.session.account.id
    with desk.database.transaction() as conn, in_words():
        _known(conn, care, aid_id, now)
        resident_id = resident_of_bed(conn, care, wanted.bed)
        loans.lend(conn, Lending(resident_id, now, wanted.due, aid_id=aid_id), account)
        audit.note(conn, account, "lend aid", resident_id=resident_id, subject=str(aid_id))


@router.post("/aids/{aid_id}/return", status_code=204)
def take_back(aid_id: UUID, back: Returned, care: Care, desk: AtDesk) -> None:
    """It came back."""
    now, account = datetime.now(UTC), care.session.account.id
    with desk.database.transaction() as conn, in_words():
        _known(conn, care, aid_id, now)
        loan = loans.of_aid(conn, aid_id)
        if loan is None:
            raise loans.NotPossible("it is not lent")
        loans.give_back(conn, loan.id, account, now, back.note)
        audit.note(conn, account, "take back aid", resident_id=loan.resident_id, subject=str(aid_id), reason=back.note)


@router.post("/aids/{aid_id}/retire", status_code=204)
def retire(aid_id: UUID, back: Returned, care: Care, desk: AtDesk) -> None:
    """It is broken or lost, and in no list any more; its loans stay on record."""
    now = datetime.now(UTC)
    with desk.database.transaction() as conn, in_words():
        _known(conn, care, aid_id, now)
        loans.retire(conn, aid_id, now)
        audit.note(conn, care.session.account.id, "retire aid", subject=str(aid_id), reason=back.note)


def _known(conn: Conn, care: CareOf, aid_id: UUID, now: datetime) -> Aid:
    found = loans.one_aid(conn, aid_id, care.scope, now)
    if found is None:
        raise not_found("aid")
    return found


def _seen(care: CareOf, one: Aid) -> Aid:
    return one if care.names or one.resident is None else replace(one, resident=masked_name(one.resident))

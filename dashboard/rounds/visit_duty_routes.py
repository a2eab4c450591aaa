"""The duty to visit over HTTP: how often a resident is visited, and what proves that somebody was there."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, StringConstraints

from care.visits import Place, Risk
from dashboard.answers import NO_NUL
from dashboard.desk import AtDesk, Care, InMyCare
from dashboard.qr import as_svg
from dashboard.rounds.visit_routes import Position
from records.rounds import home_proofs, visit_duty
from records.rounds.home_proofs import HomeProof
from records.rounds.visit_duty import Duty

router = APIRouter(prefix="/api/residents", tags=["visits"])


class NewDuty(BaseModel):
    """How often somebody is visited: at high risk weekly, else monthly or quarterly.

    `major_change`: something in their life has changed; at high risk they are visited within 24 hours.
    """

    model_config = ConfigDict(extra="forbid")
    risk: Risk
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=NO_NUL)]
    major_change: bool = False


class HomeCode(BaseModel):
    """A new code of a home, shown only now: to be printed and hung up there; `svg`: as a QR code."""

    code: str
    svg: str


@router.get("/{resident_id}/visit_duty")
def duty_of(resident: InMyCare, care: Care, desk: AtDesk) -> Duty:
    """How often the resident is visited, when last, and when next; why, in words, may hold a name."""
    with desk.database.transaction() as conn:
        found = _duty(visit_duty.of_resident(conn, resident.id, datetime.now(UTC)))
    return found if care.names else replace(found, reason="")


@router.put("/{resident_id}/visit_duty")
def set_duty(resident: InMyCare, new: NewDuty, care: Care, desk: AtDesk) -> Duty:
    """Say how often the resident is visited, and why."""
    by, now = care.session.account.id, datetime.now(UTC)
    with desk.database.transaction() as conn:
        visit_duty.set_duty(conn, resident.id, new.risk, new.reason, by, now, changed=new.major_change)
        return _duty(visit_duty.of_resident(conn, resident.id, now))


def _duty(found: Duty | None) -> Duty:
    assert found is not None  # noqa: S101 - the resident was found a moment ago
    return found


@router.get("/{resident_id}/home_proof")
def proof_of(resident: InMyCare, desk: AtDesk) -> HomeProof:
    """What can prove a visit at the resident's home."""
    with desk.database.transaction() as conn:
        return home_proofs.of_resident(conn, resident.id)


@router.post("/{resident_id}/home_proof/code", status_code=201)
def new_code(resident: InMyCare, desk: AtDesk) -> HomeCode:
    """Make a new code for the resident's home; the one before proves nothing from now on."""
    with desk.database.transaction() as conn:
        code = home_proofs.new_code(conn, resident.id)
    # Read with a telephone's own camera it leads to the page of what is to be done there.
    base = desk.outside.public_url.rstrip("/")
    return HomeCode(code=code, svg=as_svg(f"{base}/respond/at/{code}" if base else code))


@router.put("/{resident_id}/home_proof/place")
def set_place(resident: InMyCare, position: Position, desk: AtDesk) -> HomeProof:
    """Say where the resident's home is."""
    with desk.database.transaction() as conn:
        home_proofs.set_place(conn, resident.id, Place(position.latitude, position.longitude))
        return home_proofs.of_resident(conn, resident.id)

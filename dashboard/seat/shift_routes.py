"""The shift at the seat over HTTP: who sits where, and the hand-over sheet that both sign."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

from care.masking import masked_address, masked_name
from dashboard.answers import NO_NUL, Refused, not_found
from dashboard.desk import AtDesk, Care, CareOf
from dashboard.seat.duty_routes import Note, Username, in_words
from records.database import Conn
from records.telling import hand_overs, rosters, sittings
from records.telling.hand_overs import Named, Signed
from records.telling.sittings import Sitting

router = APIRouter(prefix="/api", tags=["shift"])

A_SHIFT = timedelta(hours=8)
"""As long as a sheet goes back for who did not say when they sat down (an assumption)."""
Seat = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40, pattern=NO_NUL)]


class Begin(BaseModel):
    """Where somebody sits down, as it is written on the seat."""

    model_config = ConfigDict(extra="forbid")
    seat: Seat = ""


class Seats(BaseModel):
    """Where one sits oneself, and who sits where."""

    own: Sitting | None
    seats: list[Sitting]


class OpenLine(BaseModel):
    """An open alert as it stood; `held_by`: the kind of cause that held it back.

    Of whom a line is, here and in the others, is null where that person was deleted since.
    """

    alert_id: UUID
    rule: str
    priority: str
    phase: str
    resident_id: UUID | None
    opened_at: datetime
    by_name: str | None
    next_at: datetime | None
    next_step: str | None
    expected_at: datetime | None
    shelved_until: datetime | None
    held_by: str | None


class Incident(BaseModel):
    """What ended in the shift."""

    alert_id: UUID
    rule: str
    priority: str
    resident_id: UUID | None
    opened_at: datetime
    closed_at: datetime
    outcome: str
    by_name: str | None


class AwayLine(BaseModel):
    """Who is away, and until when."""

    resident_id: UUID | None
    kind: str
    since: datetime
    until: datetime


class WorkLine(BaseModel):
    """Where somebody works; `device` null: in the whole home."""

    work_id: UUID | None
    device: str | None
    kind: str | None
    resident_id: UUID | None
    since: datetime
    until: datetime


class CheckInLine(BaseModel):
    """Of whom no sign of life has come."""

    resident_id: UUID | None
    state: str
    opens_at: datetime
    closes_at: datetime
    alert_id: UUID | None


class AnswerRate(BaseModel):
    """How many of the shift's alerts were answered in time."""

    limit_s: int | None
    within: int
    of: int
    target: float
    share: float | None


class Sheet(BaseModel):
    """What the next shift has to know; `people`: of whom the lines speak, as far as one may see them."""

    since: datetime
    until: datetime
    open: list[OpenLine]
    incidents: list[Incident]
    away: list[AwayLine]
    works: list[WorkLine]
    check_ins: list[CheckInLine]
    figures: list[AnswerRate]
    opened: dict[str, int]
    people: list[Named]


class SignedSheet(BaseModel):
    """A sheet that was signed; `taken_by_name` null: nobody has countersigned it yet."""

    id: UUID
    area: str | None
    since: datetime
    until: datetime
    note: str
    signed_by_name: str
    signed_at: datetime
    taken_by_name: str | None
    taken_at: datetime | None


class SheetInFull(SignedSheet):
    """The same with the sheet."""

    sheet: Sheet


class SignedSheets(BaseModel):
    """Sheets, the newest first."""

    hand_overs: list[SignedSheet]


class Signing(BaseModel):
    """Since when one was on duty, what the next one has to know, and who has one's shift on the roster then."""

    model_config = ConfigDict(extra="forbid")
    since: AwareDatetime | None = None
    note: Note = ""
    shift_id: UUID | None = None
    username: Username | None = None


@router.get("/shift")
def seats(care: Care, desk: AtDesk) -> Seats:
    """Who sits where, and since when."""
    with desk.database.transaction() as conn:
        own = sittings.own(conn, care.session.account.id)
        return Seats(own=own, seats=sittings.sitting(conn, care.scope, datetime.now(UTC)))


@router.post("/shift", status_code=201)
def sit_down(begin: Begin, care: Care, desk: AtDesk) -> Sitting:
    """Start the shift: one sits there from now on."""
    with desk.database.transaction() as conn:
        return sittings.begin(conn, care.session.account.id, begin.seat, datetime.now(UTC))


@router.delete("/shift", status_code=204)
def get_up(care: Care, desk: AtDesk) -> None:
    """End the shift; whoever hands over signs the sheet before."""
    with desk.database.transaction() as conn:
        sittings.end(conn, care.session.account.id, datetime.now(UTC))


@router.get("/hand-overs")
def listed(care: Care, desk: AtDesk, limit: Annotated[int, Query(ge=1, le=200)] = 30) -> SignedSheets:
    """The sheets that were signed last."""
    with desk.database.transaction() as conn:
        return SignedSheets(hand_overs=[_short(care, one) for one in hand_overs.latest(conn, care.scope, limit)])


@router.get("/hand-overs/draft")
def draft(
    care: Care,
    desk: AtDesk,
    since: Annotated[AwareDatetime | None, Query(description="when one sat down without it, or 8 hours ago")] = None,
) -> Sheet:
    """The sheet as it would be signed now."""
    now = datetime.now(UTC)
    with desk.database.transaction() as conn:
        start = since or _began(conn, care, now)
        if not now - hand_overs.MOST <= start < now:
            raise Refused(422, "since: when the shift began, within the last 36 hours", "since")
        return _sheet(conn, care, start, now, hand_overs.sheet(conn, care.scope, start, now))


@router.post("/hand-overs", status_code=201)
def sign(signing: Signing, care: Care, desk: AtDesk) -> SheetInFull:
    """Sign the sheet as it stands now; the shift on the roster goes to the next one where both are named."""
    account, now = care.session.account, datetime.now(UTC)
    if (signing.shift_id is None) != (signing.username is None):
        raise Refused(422, "username: who has the shift from now on, together with shift_id", "username")
    with in_words(), desk.database.transaction() as conn:
        start = signing.since or _began(conn, care, now)
        note = signing.note.strip()
        made = hand_overs.sign(conn, account.id, account.area_id, start, note, care.scope, now)
        if signing.shift_id and signing.username:
            rosters.hand_over(conn, signing.shift_id, signing.username, note, account.id, now)
        sittings.end(conn, account.id, now)
        return _in_full(conn, care, made)


@router.get("/hand-overs/{hand_over_id}")
def one(hand_over_id: UUID, care: Care, desk: AtDesk) -> SheetInFull:
    """One sheet, as it was signed."""
    with desk.database.transaction() as conn:
        return _in_full(conn, care, hand_over_id)


@router.post("/hand-overs/{hand_over_id}/countersign")
def countersign(hand_over_id: UUID, care: Care, desk: AtDesk) -> SheetInFull:
    """Whoever comes has read it; it takes another person than the one who signed first."""
    with desk.database.transaction() as conn:
        found = hand_overs.one(conn, hand_over_id, care.scope)
        if found is None:
            raise not_found("hand-over")
        if not hand_overs.countersign(conn, hand_over_id, care.session.account.id, datetime.now(UTC)):
            who = found.taken_by_name
            raise Refused(
                409, f"It was countersigned by {who}." if who else "You signed it; the next one countersigns."
            )
        return _in_full(conn, care, hand_over_id)


def _began(conn: Conn, care: CareOf, now: datetime) -> datetime:
    own = sittings.own(conn, care.session.account.id)
    return max(own.started_at, now - hand_overs.MOST + timedelta(minutes=1)) if own else now - A_SHIFT


def _in_full(conn: Conn, care: CareOf, hand_over_id: UUID) -> SheetInFull:
    found = hand_overs.one(conn, hand_over_id, care.scope)
    if found is None:
        raise not_found("hand-over")
    sheet = _sheet(conn, care, found.since, found.until, found.sheet)
    return SheetInFull(**_short(care, found).model_dump(), sheet=sheet)


def _short(care: CareOf, found: Signed) -> SignedSheet:
    """What was written may hold names."""
    names = [name for name in SignedSheet.model_fields if name != "note"]
    return SignedSheet(**{name: getattr(found, name) for name in names}, note=found.note if care.names else "")


def _sheet(conn: Conn, care: CareOf, since: datetime, until: datetime, facts: dict[str, Any]) -> Sheet:
    people = [_named(care.names, one) for one in hand_overs.named(conn, facts, care.scope)]
    return Sheet.model_validate(facts | {"since": since, "until": until, "people": people})


def _named(names: bool, one: Named) -> Named:
    return one if names else Named(one.id, masked_name(one.name), masked_address(one.address))

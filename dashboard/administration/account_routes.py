"""Accounts over HTTP: what administrators do with them, each within their own area."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from care.people import Role
from dashboard.answers import NO_NUL, Refused, not_found
from dashboard.desk import AtDesk, Care, CareOf
from dashboard.masked import for_entrusted
from records.database import Conn
from records.login import accounts, administering, audit, second_step
from records.login.administering import ENTRUSTABLE, AccountView, Entrusted, Managed, UsernameTaken
from records.people import areas

router = APIRouter(prefix="/api/accounts", tags=["accounts"])

_Username = Annotated[str, Field(max_length=64, pattern=NO_NUL)]


class Accounts(BaseModel):
    """Some accounts by user name; `cursor` asks for those after them, null: there are no more."""

    accounts: list[AccountView]
    cursor: str | None


class Duty(BaseModel):
    """What an account shall be: its role, its area, and for a vendor's whose devices it sees."""

    model_config = ConfigDict(extra="forbid")
    role: Role
    area: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None
    vendor: Annotated[str | None, Field(pattern=r"^[a-z0-9-]{1,40}$")] = None


class NewAccount(Duty):
    """Somebody who shall be able to log in."""

    username: Annotated[str, Field(min_length=1, max_length=64, pattern=NO_NUL)]


class OneTime(BaseModel):
    """A password for the next login only; it is shown only now."""

    username: str
    password: str


class Bed(BaseModel):
    """The number of a resident's care bed."""

    model_config = ConfigDict(extra="forbid")
    bed: Annotated[str, Field(min_length=1, max_length=64, pattern=NO_NUL)]


class Residents(BaseModel):
    """The residents who are entrusted to an account."""

    residents: list[Entrusted]


@router.get("")
def list_accounts(
    care: Care,
    desk: AtDesk,
    search: Annotated[str, Query(max_length=64, pattern=NO_NUL, description="a part of the user name")] = "",
    role: Role | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[str | None, Query(max_length=64, pattern=NO_NUL)] = None,
) -> Accounts:
    """The accounts of one's area."""
    with desk.database.transaction() as conn:
        found = administering.accounts(conn, care.scope, limit + 1, search=search, role=role, after=cursor)
    return Accounts(accounts=found[:limit], cursor=found[limit - 1].username if len(found) > limit else None)


@router.post("", status_code=201)
def add_account(new: NewAccount, care: Care, desk: AtDesk) -> OneTime:
    """A new account with a one-time password."""
    with desk.hashing, desk.database.transaction() as conn:
        _check(conn, care, new)
        try:
            password = administering.add_account(conn, new.username, new.role, new.area, new.vendor)
        except UsernameTaken:
            raise Refused(409, "username: there is such an account already", "username") from None
        except ValueError as problem:
            raise Refused(422, str(problem), "username") from None
        _note(conn, care, "add account", new.username, new.role)
    return OneTime(username=new.username, password=password)


@router.put("/{username}", status_code=204)
def change(username: _Username, duty: Duty, care: Care, desk: AtDesk) -> None:
    """Another role and area; what the account has open ends."""
    with desk.database.transaction() as conn:
        found = _another(conn, care, username)
        _check(conn, care, duty)
        administering.change_account(conn, found.id, duty.role, duty.area, duty.vendor, datetime.now(UTC))
        _note(conn, care, "change account", username, f"{found.role} → {duty.role}")


@router.post("/{username}/reset")
def reset(username: _Username, care: Care, desk: AtDesk) -> OneTime:
    """A one-time password instead of a forgotten one; every session of the account ends."""
    with desk.hashing, desk.database.transaction() as conn:
        password = administering.reset_password(conn, _managed(conn, care, username).id)
        _note(conn, care, "reset password", username)
    return OneTime(username=username, password=password)


@router.post("/{username}/second-step-off", status_code=204)
def second_step_off(username: _Username, care: Care, desk: AtDesk) -> None:
    """Ask this account for no code any more: its telephone is lost, and so are the recovery codes. Its sessions end."""
    with desk.database.transaction() as conn:
        found = _another(conn, care, username)
        if not second_step.turn_off(conn, found.id):
            raise Refused(409, "username: this account has no second step", "username")
        accounts.end_all(conn, found.id)
        _note(conn, care, "second step off", username)


@router.post("/{username}/disable", status_code=204)
def disable(username: _Username, care: Care, desk: AtDesk) -> None:
    """Close an account; whoever uses it is out at once, everywhere."""
    with desk.database.transaction() as conn:
        administering.set_disabled(conn, _another(conn, care, username).id, True, datetime.now(UTC))
        _note(conn, care, "disable account", username)


@router.post("/{username}/enable", status_code=204)
def enable(username: _Username, care: Care, desk: AtDesk) -> None:
    """Open an account again."""
    with desk.database.transaction() as conn:
        administering.set_disabled(conn, _managed(conn, care, username).id, False, datetime.now(UTC))
        _note(conn, care, "enable account", username)


@router.get("/{username}/residents")
def list_entrusted(username: _Username, care: Care, desk: AtDesk) -> Residents:
    """The residents who are entrusted to a family's or doctor's account."""
    with desk.database.transaction() as conn:
        found = administering.entrusted(conn, _managed(conn, care, username).id, care.scope)
    return Residents(residents=[for_entrusted(care.names, one) for one in found])


@router.post("/{username}/entrust", status_code=204)
def entrust(username: _Username, whom: Bed, care: Care, desk: AtDesk) -> None:
    """Let a family's or doctor's account see the resident with this care bed."""
    with desk.database.transaction() as conn:
        found = _managed(conn, care, username)
        if found.role not in ENTRUSTABLE:
            raise Refused(
                422, "username: residents are entrusted to family and doctors; others have an area", "username"
            )
        resident_id = administering.resident_in_bed(conn, whom.bed, care.scope)
        if resident_id is None:
            raise Refused(422, "bed: there is no open care bed with this number in your care", "bed")
        administering.entrust(conn, found.id, resident_id)
        audit.note(conn, care.session.account.id, "entrust", resident_id=resident_id, subject=username)


@router.post("/{username}/withdraw", status_code=204)
def withdraw(username: _Username, whom: Bed, care: Care, desk: AtDesk) -> None:
    """Let the account see the resident with this care bed no longer."""
    with desk.database.transaction() as conn:
        found = _managed(conn, care, username)
        resident_id = administering.resident_in_bed(conn, whom.bed, care.scope)
        if resident_id is None or not administering.withdraw(conn, found.id, resident_id):
            raise Refused(422, "bed: nobody with this care bed is entrusted to the account", "bed")
        audit.note(conn, care.session.account.id, "withdraw", resident_id=resident_id, subject=username)


def _managed(conn: Conn, care: CareOf, username: str) -> Managed:
    found = administering.managed(conn, username.replace("\0", ""), care.scope)
    if found is None:
        raise not_found("account")
    return found


def _another(conn: Conn, care: CareOf, username: str) -> Managed:
    """Nobody closes the door behind themselves."""
    if username == care.session.account.username:
        raise Refused(422, "username: this is your own account; ask another administrator", "username")
    return _managed(conn, care, username)


def _check(conn: Conn, care: CareOf, duty: Duty) -> None:
    """An administrator of a county makes no account that sees more than the county."""
    if (duty.vendor is None) == (duty.role is Role.VENDOR):
        raise Refused(422, "vendor: a vendor's account needs one, any other has none", "vendor")
    if duty.area is not None and areas.area(conn, duty.area) is None:
        raise Refused(422, "area: there is none with this id; see GET /api/areas", "area")
    if care.scope.areas is not None and duty.area not in care.scope.areas:
        raise Refused(422, "area: use one of those in your care; see GET /api/areas", "area")


def _note(conn: Conn, care: CareOf, action: str, username: str, reason: str = "") -> None:
    audit.note(conn, care.session.account.id, action, subject=username, reason=reason)

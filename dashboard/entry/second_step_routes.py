"""The second step of one's own login over HTTP: setting it up, confirming it, turning it off."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from dashboard import qr
from dashboard.answers import NO_NUL, Refused
from dashboard.desk import AnySession, AtDesk, Desk
from dashboard.entry.login import Code, check_code, check_password, open_session
from records.login import accounts, audit, second_step
from records.login.sessions import Session

router = APIRouter(prefix="/api/second-step", tags=["session"])

Password = Annotated[str, Field(max_length=256, pattern=NO_NUL)]


class OwnStep(BaseModel):
    """Since when a code is asked for (null: it is not), and how many recovery codes have not been used."""

    since: datetime | None
    recovery_codes: int


class Sure(BaseModel):
    """One's own password: an open page alone changes nothing about how one logs in."""

    model_config = ConfigDict(extra="forbid")
    password: Password


class SureTwice(Code):
    """One's own password and a code."""

    password: Password


class Begun(BaseModel):
    """The secret for an app that shows codes, as text and as QR code; it is shown only now."""

    secret: str
    address: str
    svg: str


class RecoveryCodes(BaseModel):
    """Each opens once in place of a code, where the telephone is lost; they are shown only now."""

    codes: list[str]


@router.get("")
def own(session: AnySession, desk: AtDesk) -> OwnStep:
    """Whether a code is asked for after one's password."""
    with desk.database.transaction() as conn:
        found = second_step.second_step(conn, session.account.id)
    return OwnStep(since=found.since, recovery_codes=found.recovery_codes)


@router.post("", status_code=201)
def begin(sure: Sure, session: AnySession, request: Request, desk: AtDesk) -> Begun:
    """A new secret; it counts once a code of it was said."""
    _sure(desk, request, session, sure.password)
    with desk.database.transaction() as conn:
        begun = second_step.begin(conn, session.account.id, session.account.username, datetime.now(UTC))
    if begun is None:
        raise Refused(409, "There is a second step already; turn it off first.")
    return Begun(secret=begun.secret, address=begun.address, svg=qr.as_svg(begun.address))


@router.post("/confirm", status_code=201)
def confirm(form: Code, session: AnySession, request: Request, response: Response, desk: AtDesk) -> RecoveryCodes:
    """A code of the new secret: from now on one is asked for, and every other session of the account ends."""
    account = session.account
    with desk.database.transaction() as conn:
        codes = second_step.confirm(conn, account.id, form.code, datetime.now(UTC))
        if codes is None:
            raise Refused(422, "code: it is not of this secret; is the clock of the telephone right?", "code")
        audit.note(conn, account.id, "second step on", subject=account.username)
        accounts.end_sessions(conn, account.id)
    open_session(desk, request, response, account)
    return RecoveryCodes(codes=codes)


@router.post("/off", status_code=204)
def turn_off(sure: SureTwice, session: AnySession, request: Request, desk: AtDesk) -> None:
    """Ask for no code any more."""
    account = session.account
    _sure(desk, request, session, sure.password)
    check_code(desk, request, account, sure.code)
    with desk.database.transaction() as conn:
        second_step.turn_off(conn, account.id)
        audit.note(conn, account.id, "second step off", subject=account.username)


def _sure(desk: Desk, request: Request, session: Session, password: str) -> None:
    if check_password(desk, request, session.account.username, password) is None:
        raise Refused(422, "password: this is not your password", "password")

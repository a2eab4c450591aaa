"""Accounts, their sessions and tokens, the areas in one's care, and the audit log over HTTP."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from care.people import Area, Role
from care.permissions import Permission
from dashboard.answers import Refused, not_found
from dashboard.desk import AtDesk, Care, CareOf
from records import accounts, areas, audit, sessions, tokens
from records.accounts import AccountView, UsernameTaken
from records.audit import Entry
from records.sessions import OpenSession
from records.tokens import Token

router = APIRouter(prefix="/api", tags=["accounts"])

_NO_NUL = r"^[^\x00]*$"
"""PostgreSQL keeps no NUL in its texts."""


class Areas(BaseModel):
    """The areas in one's care."""

    areas: list[Area]


@router.get("/areas")
def list_areas(care: Care, desk: AtDesk) -> Areas:
    """The areas in one's care."""
    with desk.database.transaction() as conn:
        return Areas(areas=areas.areas_in(conn, care.scope))


class Sessions(BaseModel):
    """Sessions that are open."""

    sessions: list[OpenSession]


@router.get("/sessions")
def list_sessions(
    care: Care, desk: AtDesk, account: Annotated[str | None, Query(max_length=64, pattern=_NO_NUL)] = None
) -> Sessions:
    """One's own open sessions; an administrator may ask for another account's."""
    username = _whose(care, account)
    with desk.database.transaction() as conn:
        return Sessions(sessions=sessions.sessions_of(conn, username, care.session, care.scope))


def _whose(care: CareOf, account: str | None) -> str:
    own = care.session.account.username
    if account is None or account == own:
        return own
    if not care.may(Permission.MANAGE_ACCOUNTS):
        raise Refused(
            403, f"account: another one's sessions need the permission {Permission.MANAGE_ACCOUNTS}", "account"
        )
    return account


@router.delete("/sessions/{session_id}", status_code=204)
def end_session(session_id: UUID, care: Care, desk: AtDesk) -> None:
    """End a session; its live pages close within a second."""
    with desk.database.transaction() as conn:
        if not sessions.end_session(conn, session_id, care.session, care.scope):
            raise not_found("session")
        audit.note(conn, care.session.account.id, "end session", subject=str(session_id))


class Accounts(BaseModel):
    """All accounts."""

    accounts: list[AccountView]


class NewAccount(BaseModel):
    """Somebody who shall be able to log in."""

    model_config = ConfigDict(extra="forbid")
    username: Annotated[str, Field(min_length=1, max_length=64, pattern=_NO_NUL)]
    role: Role
    area: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None
    vendor: Annotated[str | None, Field(pattern=r"^[a-z0-9-]{1,40}$")] = None


class OneTime(BaseModel):
    """A password for the next login only; it is shown only now."""

    username: str
    password: str


@router.get("/accounts")
def list_accounts(care: Care, desk: AtDesk) -> Accounts:
    """Every account."""
    with desk.database.transaction() as conn:
        return Accounts(accounts=accounts.all_accounts(conn, care.scope))


@router.post("/accounts", status_code=201)
def add_account(new: NewAccount, care: Care, desk: AtDesk) -> OneTime:
    """A new account with a one-time password."""
    if (new.vendor is None) == (new.role is Role.VENDOR):
        raise Refused(422, "vendor: a vendor's account needs one, any other has none", "vendor")
    with desk.hashing, desk.database.transaction() as conn:
        if new.area is not None and areas.area(conn, new.area) is None:
            raise Refused(422, "area: there is none with this id; see GET /api/areas", "area")
        _within(care, new.area)
        try:
            password = accounts.add_account(conn, new.username, new.role, new.area, new.vendor)
        except UsernameTaken:
            raise Refused(409, "username: there is such an account already", "username") from None
        except ValueError as problem:
            raise Refused(422, str(problem), "username") from None
        audit.note(conn, care.session.account.id, "add account", subject=new.username, reason=str(new.role))
    return OneTime(username=new.username, password=password)


def _within(care: CareOf, area: int | None) -> None:
    """An administrator of a county makes no account that sees more than the county."""
    if care.scope.areas is not None and area not in care.scope.areas:
        raise Refused(422, "area: use one of those in your care; see GET /api/areas", "area")


@router.post("/accounts/{username}/reset")
def reset(username: str, care: Care, desk: AtDesk) -> OneTime:
    """A one-time password instead of a forgotten one; every session of the account ends."""
    with desk.hashing, desk.database.transaction() as conn:
        password = accounts.reset_password(conn, username.replace("\0", ""), care.scope)
        if password is None:
            raise not_found("account")
        audit.note(conn, care.session.account.id, "reset password", subject=username)
    return OneTime(username=username, password=password)


class NewToken(BaseModel):
    """What a machine shall be allowed."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(min_length=1, max_length=64, pattern=_NO_NUL)]
    permissions: Annotated[list[Permission], Field(min_length=1, max_length=20)]
    days: Annotated[int, Field(ge=1, le=366)] = 90


class Tokens(BaseModel):
    """One's own tokens, without their secrets."""

    tokens: list[Token]


class TokenMade(BaseModel):
    """The secret of a new token; it is shown only now."""

    id: UUID
    secret: str


@router.get("/tokens")
def list_tokens(care: Care, desk: AtDesk) -> Tokens:
    """One's own tokens."""
    with desk.database.transaction() as conn:
        return Tokens(tokens=tokens.tokens_of(conn, care.session.account.id))


@router.post("/tokens", status_code=201)
def make_token(new: NewToken, care: Care, desk: AtDesk) -> TokenMade:
    """A token for a machine: `Authorization: Bearer <secret>`; it may do no more than whoever makes it."""
    if care.session.account.one_time:
        raise Refused(403, "Choose your own password first: PUT /api/password with current and new.", "password")
    if not set(new.permissions) <= care.session.may:
        raise Refused(422, "permissions: you can give only those that you have; see GET /api/session", "permissions")
    with desk.database.transaction() as conn:
        lifetime = timedelta(days=new.days)
        token_id, secret = tokens.make_token(conn, care.session.account.id, new.name, new.permissions, lifetime)
        audit.note(conn, care.session.account.id, "make token", subject=str(token_id))
    return TokenMade(id=token_id, secret=secret)


@router.delete("/tokens/{token_id}", status_code=204)
def end_token(token_id: UUID, care: Care, desk: AtDesk) -> None:
    """From now on this token opens nothing."""
    with desk.database.transaction() as conn:
        if not tokens.end_token(conn, token_id, care.session.account.id):
            raise not_found("token")
        audit.note(conn, care.session.account.id, "end token", subject=str(token_id))


class Log(BaseModel):
    """Some of the audit log, the newest first; `cursor` asks for older lines, null at the end."""

    entries: list[Entry]
    cursor: str | None


@router.get("/audit")
def read_log(
    care: Care,
    desk: AtDesk,
    resident: UUID | None = None,
    account: Annotated[str | None, Query(max_length=64, pattern=_NO_NUL)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$")] = None,
) -> Log:
    """Who saw or changed what of whom."""
    before = int(cursor) if cursor else None
    with desk.database.transaction() as conn:
        found = audit.entries(conn, care.scope.terms(), resident, account, before, limit + 1)
    more = len(found) > limit
    return Log(entries=found[:limit], cursor=str(found[limit - 1].id) if more else None)

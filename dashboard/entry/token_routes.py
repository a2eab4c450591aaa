"""One's own sessions and tokens over HTTP; an administrator sees and ends others' sessions too."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from care.permissions import Permission
from dashboard.answers import NO_NUL, Refused, not_found
from dashboard.desk import AtDesk, Care, CareOf
from records.login import audit, sessions, tokens
from records.login.sessions import OpenSession
from records.login.tokens import Token

router = APIRouter(prefix="/api", tags=["accounts"])


class Sessions(BaseModel):
    """Sessions that are open."""

    sessions: list[OpenSession]


@router.get("/sessions")
def list_sessions(
    care: Care, desk: AtDesk, account: Annotated[str | None, Query(max_length=64, pattern=NO_NUL)] = None
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
        raise care.refusal(
            f"account: another one's sessions need the permission {Permission.MANAGE_ACCOUNTS}", "account"
        )
    return account


@router.delete("/sessions/{session_id}", status_code=204)
def end_session(session_id: UUID, care: Care, desk: AtDesk) -> None:
    """End a session; its live pages close within a second."""
    with desk.database.transaction() as conn:
        if not sessions.end_session(conn, session_id, care.session, care.scope):
            raise not_found("session")
        audit.note(conn, care.session.account.id, "end session", subject=str(session_id))


class NewToken(BaseModel):
    """What a machine shall be allowed."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(min_length=1, max_length=64, pattern=NO_NUL)]
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
        raise care.refusal("Choose your own password first: PUT /api/password with current and new.", "password")
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

"""Logging in and out, and choosing a password."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from care.people import Area, Role
from care.permissions import Permission
from dashboard.answers import NO_NUL, Refused
from dashboard.desk import AnySession, AtDesk, Desk
from dashboard.entry import attempts
from records.database import Conn
from records.login import accounts, audit, second_step, sessions
from records.login.accounts import Account
from records.login.passwords import fits, too_weak
from records.login.sessions import Session
from records.people import areas

LIFETIME = timedelta(hours=12)
"""A shift; whoever stays longer logs in again."""

BROWSER_KNOWN = timedelta(days=365)

router = APIRouter(prefix="/api", tags=["session"])

_Password = Annotated[str, Field(max_length=256)]


class Login(BaseModel):
    """Who wants in."""

    model_config = ConfigDict(extra="forbid")
    username: Annotated[str, Field(max_length=64, pattern=r"^[^\x00]*$")]
    password: _Password


class Code(BaseModel):
    """A code of the second step: six digits, or a recovery code."""

    model_config = ConfigDict(extra="forbid")
    code: Annotated[str, Field(min_length=6, max_length=40, pattern=NO_NUL)]


class NewPassword(BaseModel):
    """A password of one's own choice."""

    model_config = ConfigDict(extra="forbid")
    current: _Password
    new: _Password


class Me(BaseModel):
    """Who has logged in."""

    username: str
    role: Role
    area: Area | None
    """Everybody below it is in their care; without one the command centre's people see everybody."""
    must_choose_password: bool
    must_set_up_codes: bool
    """Here administrators log in with a second step, and this one has none yet."""
    expires_at: datetime
    may: list[Permission]


def _me(conn: Conn, session: Session, desk: Desk) -> Me:
    account = session.account
    return Me(
        username=account.username,
        role=account.role,
        area=areas.area(conn, account.area_id) if account.area_id is not None else None,
        must_choose_password=account.one_time,
        must_set_up_codes=desk.must_set_up_codes(account),
        expires_at=session.expires_at,
        may=sorted(session.may),
    )


@router.post("/session", status_code=201)
def log_in(form: Login, request: Request, response: Response, desk: AtDesk) -> Me:
    """Log in; the session is in the cookie. Where the account has a second step: 401 with `field` code, and then
    POST /api/session/code.
    """
    account = check_password(desk, request, form.username, form.password)
    if account is None:
        raise Refused(401, "The user name or the password is not right; check both and try again.")
    with desk.database.transaction() as conn:
        has_second_step = second_step.second_step(conn, account.id).since is not None
        token = second_step.password_was_right(conn, account.id, datetime.now(UTC)) if has_second_step else None
    if token is not None:
        raise _code_is_next(desk, token)
    return open_session(desk, request, response, account)


def _code_is_next(desk: Desk, token: str) -> Refused:
    """Keeps in a cookie whose password was right."""
    kept = Response()
    _set_cookie(desk, kept, desk.step_cookie, token, second_step.WITHIN)
    detail = "The password is right; now the code: POST /api/session/code."
    return Refused(401, detail, "code", headers={"set-cookie": kept.headers["set-cookie"]})


@router.post("/session/code", status_code=201)
def say_code(form: Code, request: Request, response: Response, desk: AtDesk) -> Me:
    """The second step of logging in: the code from the telephone, or one of the recovery codes."""
    token, now = request.cookies.get(desk.step_cookie, ""), datetime.now(UTC)
    with desk.database.transaction() as conn:
        waiting = second_step.waiting(conn, token, now)
        account = accounts.account(conn, waiting) if waiting is not None else None
    if account is None:
        raise Refused(401, "That took too long; log in once more: POST /api/session.", "password")
    check_code(desk, request, account, form.code)
    with desk.database.transaction() as conn:
        second_step.over(conn, token)
    response.delete_cookie(desk.step_cookie, path="/", secure=desk.secure_cookies, httponly=True, samesite="strict")
    return open_session(desk, request, response, account)


def check_code(desk: Desk, request: Request, account: Account, code: str) -> None:
    """Use this code; 422 where it is wrong, 429 where too many were. Whose password was right but the code wrong is in
    the audit log: somebody else may know the password.
    """
    now, token = datetime.now(UTC), request.cookies.get(desk.browser_cookie, "")
    with desk.database.transaction() as conn:
        known = bool(token) and sessions.knows_browser(conn, token, account.username)
        if not second_step.may_try(conn, account.id, known, now):
            wait = int(second_step.WINDOW.total_seconds())
            raise Refused(429, "Too many wrong codes; wait an hour.", headers={"retry-after": str(wait)}, wait=wait)
        right = second_step.use(conn, account.id, code, known, now)
        if not right:
            audit.note(conn, account.id, "wrong code", subject=account.username)
    if not right:
        raise Refused(422, "code: it is wrong, or was used already; wait for the next one", "code")


def check_password(desk: Desk, request: Request, username: str, password: str) -> Account | None:
    """The account where the password fits; 429 where somebody tries too often."""
    address = request.client.host if request.client else "unknown"
    token = request.cookies.get(desk.browser_cookie, "")
    with desk.database.transaction() as conn:
        known = sessions.digest(token).hex() if token and sessions.knows_browser(conn, token, username) else None
        found = accounts.account_by_name(conn, username)
        wait = attempts.take(conn, address, username, known, datetime.now(UTC))
    if wait is not None:
        raise Refused(
            429, f"Too many attempts; wait {wait} seconds and try again.", headers={"retry-after": str(wait)}, wait=wait
        )
    with desk.hashing:  # outside the transaction: it takes its time
        right = fits(password, found[1] if found else None)
    if not right or found is None:
        return None
    with desk.database.transaction() as conn:
        attempts.succeeded(conn, address, username, known)
    return found[0]


def open_session(desk: Desk, request: Request, response: Response, account: Account) -> Me:
    """Let somebody in, with a session of their own in the cookie."""
    with desk.database.transaction() as conn:
        token, _ = sessions.open_session(conn, account.id, LIFETIME, request.headers.get("user-agent", ""))
        session = sessions.session_of(conn, token)
        if session is None:
            raise Refused(401, "This account was disabled meanwhile; ask an administrator.")
        me = _me(conn, session, desk)
        browser = request.cookies.get(desk.browser_cookie) or secrets.token_urlsafe(32)
        sessions.remember_browser(conn, browser, account.id)
    _set_cookie(desk, response, desk.cookie, token, LIFETIME)
    _set_cookie(desk, response, desk.browser_cookie, browser, BROWSER_KNOWN)
    return me


def _set_cookie(desk: Desk, response: Response, name: str, value: str, lifetime: timedelta) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(lifetime.total_seconds()),
        path="/",
        secure=desk.secure_cookies,
        httponly=True,
        samesite="strict",
    )


@router.get("/session")
def who_am_i(session: AnySession, desk: AtDesk) -> Me:
    """Who has logged in."""
    with desk.database.transaction() as conn:
        return _me(conn, session, desk)


@router.delete("/session", status_code=204)
def log_out(request: Request, response: Response, desk: AtDesk) -> None:
    """Log out; the live pages of this session close."""
    token = request.cookies.get(desk.cookie, "")
    with desk.database.transaction() as conn:
        sessions.close_session(conn, token)
    desk.hub.session_ended(sessions.digest(token))
    response.delete_cookie(desk.cookie, path="/", secure=desk.secure_cookies, httponly=True, samesite="strict")


@router.put("/password")
def choose_password(form: NewPassword, session: AnySession, request: Request, response: Response, desk: AtDesk) -> Me:
    """Choose a password; every other session of the account ends."""
    weak = "use another one than now" if form.new == form.current else too_weak(form.new)
    if weak:
        raise Refused(422, f"new: {weak}", "new")
    if check_password(desk, request, session.account.username, form.current) is None:
        raise Refused(422, "current: this is not your password", "current")
    with desk.hashing, desk.database.transaction() as conn:
        accounts.set_password(conn, session.account.id, form.new)
        account = accounts.account_by_name(conn, session.account.username)
    if account is None:
        raise Refused(401, "This account was removed meanwhile; ask an administrator.")
    return open_session(desk, request, response, account[0])

"""What the routes work with, and who may use them."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import Depends
from starlette.requests import HTTPConnection

from care.permissions import Permission
from dashboard.answers import Refused, not_found
from dashboard.attempts import Attempts
from dashboard.health import Report, look
from dashboard.live import Hub
from dashboard.looks import Looks
from dashboard.metrics import Metrics
from dashboard.rules import FOR_MACHINES, RULES, Open, Rule
from records import accounts, audit, residents, sessions, tokens
from records.database import Conn, Database
from records.residents import ResidentView
from records.scope import Scope
from records.sessions import Session


@dataclass(slots=True)
class Desk:
    """One dashboard's parts."""

    database: Database
    health_database: Database
    """Its own, so that a look at the health never waits behind other work."""
    parts_file: Path | None
    secure_cookies: bool
    hub: Hub
    metrics: Metrics
    attempts: Attempts = field(default_factory=Attempts)
    hashing: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(4))
    """Each password takes 19 MiB while it is checked."""
    looks: Looks = field(default_factory=Looks)
    report: Report | None = None

    @property
    def cookie(self) -> str:
        """The name of the session's cookie; `__Host-` makes the browser insist on TLS and this host."""
        return "__Host-ankang" if self.secure_cookies else "ankang"

    @property
    def browser_cookie(self) -> str:
        """The name of the cookie by which a browser is known again; it opens nothing."""
        return f"{self.cookie}-browser"

    def look(self) -> Report:
        """See how every part is, and remember it."""
        self.report = look(self.health_database, self.parts_file, datetime.now(UTC))
        return self.report


def desk_of(connection: HTTPConnection) -> Desk:
    """The desk that this request or WebSocket came to."""
    desk = connection.app.state.desk
    assert isinstance(desk, Desk)  # noqa: S101 - set when the app is made
    return desk


AtDesk = Annotated[Desk, Depends(desk_of)]


def session_of(connection: HTTPConnection, desk: AtDesk) -> Session:
    """Whoever has logged in; 401 where nobody has."""
    with desk.database.transaction() as conn:
        return _session(conn, connection, desk)


def _session(conn: Conn, connection: HTTPConnection, desk: Desk) -> Session:
    scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
    token = connection.cookies.get(desk.cookie, "")
    if scheme.lower() == "bearer":
        session = tokens.session_of_token(conn, secret.strip())
    else:
        session = sessions.session_of(conn, token) if token else None
    if session is None:
        raise Refused(401, "Log in first: POST /api/session with username and password.")
    return session


AnySession = Annotated[Session, Depends(session_of)]


@dataclass(frozen=True, slots=True)
class CareOf:
    """Whoever asks, with what they may do and whom they may see."""

    session: Session
    scope: Scope
    desk: Desk

    def may(self, permission: Permission) -> bool:
        """Whether this permission is among theirs."""
        return permission in self.session.may

    @property
    def names(self) -> bool:
        """Whether names and addresses are shown in full."""
        return self.may(Permission.READ_NAMES)


def rule_of(connection: HTTPConnection) -> Rule | None:
    """The rule of the route that this request or WebSocket came to."""
    return RULES.get(_route(connection))


def _route(connection: HTTPConnection) -> tuple[str, str]:
    return connection.scope.get("method", "LIVE"), getattr(connection.scope.get("route"), "path", "")


def by_the_rules(connection: HTTPConnection, desk: AtDesk) -> CareOf | None:
    """Stands before every route of the app: lets in by the route table, and notes who looked at what."""
    rule = rule_of(connection)
    if rule is Open.TO_ALL:
        return None
    with desk.database.transaction() as conn:
        session = _session(conn, connection, desk)
        _permit(rule, session, *_route(connection))
        look = _look(connection, session)
        noted = not isinstance(rule, Permission) or (look.action.startswith("GET ") and desk.looks.knows(look))
        if not noted:
            audit.note(conn, look.account_id, look.action, resident_id=look.resident_id, subject=look.subject)
        care = CareOf(session, accounts.scope_of_account(conn, session.account), desk)
    if not noted:
        desk.looks.add(look)
    return care


def _permit(rule: Rule | None, session: Session, method: str, path: str) -> None:
    if rule is None:
        raise Refused(403, "This address has no rule yet, so it is closed; it needs one in dashboard/rules.py.")
    if isinstance(rule, Open):
        if session.machine and (method, path) not in FOR_MACHINES:
            raise Refused(403, "A token can't do this; log in with a password.")
        return
    if session.account.one_time:
        raise Refused(403, "Choose your own password first: PUT /api/password with current and new.", "password")
    if rule not in session.may:
        raise Refused(403, f"This needs the permission {rule}; ask an administrator if you should have it.")


class _Look(NamedTuple):
    """Who does what to whom; `subject` where that is no resident."""

    account_id: UUID
    action: str
    resident_id: UUID | None
    subject: str


def _look(connection: HTTPConnection, session: Session) -> _Look:
    method, path = _route(connection)
    others = dict(connection.path_params)
    resident_id = _uuid(str(others.pop("resident_id", "")))
    # Ids, and names of vendors' devices; what a URL can't carry to the database is cut out.
    subject = "/".join(str(value) for value in others.values()).replace("\0", "")
    return _Look(session.account.id, f"{method} {path}", resident_id, subject)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def care_of(found: Annotated[CareOf | None, Depends(by_the_rules)]) -> CareOf:
    """Whom the one who asks may see."""
    if found is None:
        raise Refused(401, "Log in first: POST /api/session with username and password.")
    return found


Care = Annotated[CareOf, Depends(care_of)]


def resident_in_my_care(care: Care, resident_id: UUID) -> ResidentView:
    """The one door to a resident's data: a stranger and a wrong id get the same 404."""
    with care.desk.database.transaction() as conn:
        found = residents.resident(conn, resident_id, care.scope)
    if found is None:
        raise not_found("resident")
    return found


InMyCare = Annotated[ResidentView, Depends(resident_in_my_care)]

"""What the routes work with, and who may use them."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from care.people import Role
from dashboard.answers import Refused
from dashboard.attempts import Attempts
from dashboard.health import Report, look
from dashboard.live import Hub
from dashboard.metrics import Metrics
from records import accounts
from records.accounts import Session
from records.database import Database

SEATS = (Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR)
"""Who works at the command centre and sees all of it; the others get their own pages."""


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
    report: Report | None = None

    @property
    def cookie(self) -> str:
        """The name of the session's cookie; `__Host-` makes the browser insist on TLS and this host."""
        return "__Host-ankang" if self.secure_cookies else "ankang"

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
    token = connection.cookies.get(desk.cookie, "")
    if token:
        with desk.database.transaction() as conn:
            session = accounts.session_of(conn, token)
        if session:
            return session
    raise Refused(401, "Log in first: POST /api/session with username and password.")


AnySession = Annotated[Session, Depends(session_of)]


def seat(session: AnySession) -> Session:
    """Somebody who works at the command centre, with a password of their own."""
    if session.account.one_time:
        raise Refused(403, "Choose your own password first: PUT /api/password with current and new.", "password")
    if session.account.role not in SEATS:
        raise Refused(403, "This page is for the command centre; ask an administrator if you should see it.")
    return session


Seat = Annotated[Session, Depends(seat)]

"""What the routes work with, and who may use them."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import Depends
from starlette.requests import HTTPConnection

from care.alerts import Phase
from care.people import Role
from care.permissions import Permission
from dashboard.answers import Refused, not_found
from dashboard.health import Report, look
from dashboard.live import Hub
from dashboard.looks import Looks
from dashboard.metrics import Metrics
from dashboard.rules import FOR_MACHINES, NOTE_THEMSELVES, RULES, Open, Rule
from records.database import Conn, Database
from records.judging.alerts import AlertView
from records.login import accounts, audit, sessions, tokens
from records.login.accounts import Account
from records.login.sessions import Session
from records.people import residents
from records.people.residents import ResidentView
from records.scope import Scope


@dataclass(frozen=True, slots=True)
class Outside:
    """What the pages and providers outside have to do with; empty: not set up."""

    push_key: str = ""
    """The public VAPID key: with it browsers subscribe."""
    push_secret: str = field(default="", repr=False)
    """The private one: with it browsers prove what they were told."""
    public_url: str = ""
    """Where we are reached from outside, as https://ankang.example.org."""
    twilio_token: str = field(default="", repr=False)
    """With it Twilio signs what it calls back."""
    link_key: str = field(default="", repr=False)
    """With it we sign the links that open a family's or a responder's page; empty: there are none."""
    centre_phone: str = ""
    """The command centre's number, as the family calls it."""


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
    hashing: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(4))
    """Each password takes 19 MiB while it is checked."""
    counting: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(1))
    """The figures of a city take seconds: one at a time, so that the alerts never wait for a connection."""
    importing: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(1))
    """A file of 50,000 residents takes memory and a connection for seconds: one at a time."""
    looks: Looks = field(default_factory=Looks)
    outside: Outside = field(default_factory=Outside)
    codes_for_administrators: bool = False
    """Administrators log in with a second step; whoever has none sets one up before anything else."""
    report: Report | None = None

    @property
    def cookie(self) -> str:
        """The name of the session's cookie; `__Host-` makes the browser insist on TLS and this host."""
        return "__Host-ankang" if self.secure_cookies else "ankang"

    @property
    def browser_cookie(self) -> str:
        """The name of the cookie by which a browser is known again; it opens nothing."""
        return f"{self.cookie}-browser"

    @property
    def step_cookie(self) -> str:
        """The name of the cookie of who has said the password and not yet the code."""
        return f"{self.cookie}-step"

    def must_set_up_codes(self, account: Account) -> bool:
        """Whether this account may do nothing else before it has a second step."""
        needs = self.codes_for_administrators and account.role is Role.ADMINISTRATOR
        return needs and not account.second_step

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
    look: "Look"

    def refusal(self, detail: str, field: str | None = None) -> Refused:
        """A 403, which is in the log before it is said; the same one again within five minutes is not noted anew."""
        look = self.look._replace(refused=True)
        if not self.desk.looks.knows(look):
            with self.desk.database.transaction() as conn:
                _note(conn, look)
            self.desk.looks.add(look)
        return Refused(403, detail, field)

    def may(self, permission: Permission) -> bool:
        """Whether this permission is among theirs."""
        return permission in self.session.may

    @property
    def names(self) -> bool:
        """Whether names and addresses are shown in full."""
        return self.may(Permission.READ_NAMES)

    def names_of(self, view: AlertView) -> bool:
        """Whether they are shown in full of this alert: to a responder while it is open and they are on it."""
        me = self.session.account
        on_it = view.responder_id == me.id or view.answered_by_name == me.username
        return self.names or (me.role is Role.RESPONDER and on_it and view.phase != Phase.CLOSED)


def rule_of(connection: HTTPConnection) -> Rule | None:
    """The rule of the route that this request or WebSocket came to."""
    return RULES.get(_route(connection))


def _route(connection: HTTPConnection) -> tuple[str, str]:
    return connection.scope.get("method", "LIVE"), getattr(connection.scope.get("route"), "path", "")


def by_the_rules(connection: HTTPConnection, desk: AtDesk) -> CareOf | None:
    """Stands before every route of the app: lets in by the route table, and notes who looked at what."""
    rule = rule_of(connection)
    if rule in (Open.TO_ALL, Open.BY_LINK):
        return None
    with desk.database.transaction() as conn:
        session = _session(conn, connection, desk)
        look = _look(connection, session)
        problem = _problem(rule, session, look.route, desk)
        noted = problem is not None or not _is_to_note(rule, look, desk)
        if not noted:
            _note(conn, look)
        care = CareOf(session, accounts.scope_of_account(conn, session.account), desk, look)
    if problem is not None:
        raise care.refusal(problem.detail, problem.field)
    if not noted:
        desk.looks.add(look)
    return care


def _is_to_note(rule: Rule | None, look: "Look", desk: Desk) -> bool:
    if not isinstance(rule, Permission) or look.route in NOTE_THEMSELVES:
        return False
    return look.route[0] != "GET" or not desk.looks.knows(look)


class _Problem(NamedTuple):
    detail: str
    field: str | None = None


def _problem(rule: Rule | None, session: Session, route: tuple[str, str], desk: Desk) -> _Problem | None:
    """Why this session may not use the route."""
    if rule is None:
        return _Problem("This address has no rule yet, so it is closed; it needs one in dashboard/rules.py.")
    if isinstance(rule, Open):
        by_machine = session.machine and route not in FOR_MACHINES
        return _Problem("A token can't do this; log in with a password.") if by_machine else None
    if session.account.one_time:
        return _Problem("Choose your own password first: PUT /api/password with current and new.", "password")
    if desk.must_set_up_codes(session.account):
        return _Problem("Set up the second step of your login first: POST /api/second-step with your password.", "code")
    if rule not in session.may:
        return _Problem(f"This needs the permission {rule}; ask an administrator if you should have it.")
    return None


class Look(NamedTuple):
    """Who does what to whom; `subject` where that is no resident; `refused`: who was not let."""

    account_id: UUID
    route: tuple[str, str]
    resident_id: UUID | None
    alert_id: UUID | None
    subject: str
    refused: bool = False


def _look(connection: HTTPConnection, session: Session) -> Look:
    others = dict(connection.path_params)
    resident_id = _uuid(str(others.pop("resident_id", "")))
    alert_id = _uuid(str(others.get("alert_id", "")))
    # Ids, and names of vendors' devices; what a URL can't carry to the database is cut out.
    subject = "/".join(str(value) for value in others.values()).replace("\0", "")
    return Look(session.account.id, _route(connection), resident_id, alert_id, subject)


def _note(conn: Conn, look: Look) -> None:
    action = " ".join(("refused", *look.route) if look.refused else look.route)
    audit.note(
        conn, look.account_id, action, resident_id=look.resident_id, alert_id=look.alert_id, subject=look.subject
    )


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

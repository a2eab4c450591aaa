"""Sessions of people who have logged in, and the browsers they did it from: opaque tokens, kept only as SHA-256."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row

from care.people import Role
from care.permissions import MAY, Permission
from records.database import Conn
from records.login.accounts import MANAGED, Account
from records.scope import Scope


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who has logged in, or a machine with a token, with what it may do."""

    account: Account
    expires_at: datetime
    id: UUID
    digest: bytes
    may: frozenset[Permission]
    machine: bool = False
    """By a token, which can't manage sessions, tokens or passwords."""


OPEN = """
    INSERT INTO session (token_sha256, account_id, agent, expires_at) VALUES (%s, %s, %s, clock_timestamp() + %s)
 RETURNING expires_at
"""
SWEEP = "DELETE FROM session WHERE expires_at < clock_timestamp()"


def open_session(conn: Conn, account_id: UUID, lifetime: timedelta, agent: str = "") -> tuple[str, datetime]:
    """A new session: its token, which is shown only now, and when it ends. Sessions that are over are swept out."""
    token = secrets.token_urlsafe(32)
    conn.execute(SWEEP)
    row = conn.execute(OPEN, (digest(token), account_id, agent[:200], lifetime)).fetchone()
    assert row is not None  # noqa: S101 - RETURNING of an insert always has a row
    return token, row[0]


def digest(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


OF_SESSION = """
    SELECT a.id, a.username, a.role, a.one_time, a.area_id, a.vendor,
           EXISTS (SELECT FROM totp WHERE totp.account_id = a.id AND confirmed_at IS NOT NULL), s.expires_at, s.id
      FROM session s JOIN account a ON a.id = s.account_id
     WHERE s.token_sha256 = %s AND s.expires_at > clock_timestamp() AND NOT a.disabled
"""


def session_of(conn: Conn, token: str) -> Session | None:
    """The session of this token, unless it is over or never was."""
    row = conn.execute(OF_SESSION, (digest(token),)).fetchone()
    if row is None:
        return None
    account = Account(row[0], row[1], Role(row[2]), *row[3:7])
    return Session(account, row[7], row[8], digest(token), MAY[account.role])


CLOSE = "DELETE FROM session WHERE token_sha256 = %s"


def close_session(conn: Conn, token: str) -> None:
    """Log out."""
    conn.execute(CLOSE, (digest(token),))


STILL_OPEN = """
    SELECT token_sha256 FROM session WHERE token_sha256 = ANY (%(digests)s) AND expires_at > clock_timestamp()
     UNION ALL
    SELECT token_sha256 FROM api_token WHERE token_sha256 = ANY (%(digests)s) AND expires_at > clock_timestamp()
"""


def still_open(conn: Conn, digests: Collection[bytes]) -> set[bytes]:
    """Those of these sessions that have not ended."""
    return {bytes(row[0]) for row in conn.execute(STILL_OPEN, {"digests": list(digests)})}


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session; `current`: the one that asks."""

    id: UUID
    opened_at: datetime
    expires_at: datetime
    agent: str
    current: bool


SESSIONS = (
    """
    SELECT s.id, s.opened_at, s.expires_at, s.agent, s.id = %(current)s AS current
      FROM session s JOIN account ON account.id = s.account_id
     WHERE account.username = %(username)s AND s.expires_at > clock_timestamp()
       AND (s.account_id = %(own)s OR """
    + MANAGED
    + ") ORDER BY s.opened_at DESC"
)


def sessions_of(conn: Conn, username: str, asking: Session, scope: Scope) -> list[OpenSession]:
    """The open sessions of this account, one's own or one in the scope, the newest first."""
    terms = scope.terms() | {"current": asking.id, "own": asking.account.id, "username": username}
    return conn.cursor(row_factory=class_row(OpenSession)).execute(SESSIONS, terms).fetchall()


END_SESSION = (
    """
    DELETE FROM session USING account
     WHERE session.id = %(id)s AND account.id = session.account_id
       AND (account.id = %(own)s OR (%(manages)s AND """
    + MANAGED
    + "))"
)


def end_session(conn: Conn, session_id: UUID, asking: Session, scope: Scope) -> bool:
    """End this session, one's own or, for who manages accounts, one in the scope; whether there was one."""
    manages = Permission.MANAGE_ACCOUNTS in asking.may
    terms = scope.terms() | {"id": session_id, "own": asking.account.id, "manages": manages}
    return conn.execute(END_SESSION, terms).rowcount == 1


IS_KNOWN = """
    SELECT EXISTS (SELECT FROM known_browser k JOIN account a ON a.id = k.account_id
                    WHERE k.token_sha256 = %s AND a.username = %s)
"""
REMEMBER = """
    INSERT INTO known_browser (token_sha256, account_id) VALUES (%s, %s)
    ON CONFLICT (token_sha256, account_id) DO UPDATE SET seen_at = now()
"""


def knows_browser(conn: Conn, token: str, username: str) -> bool:
    """Whether this account has logged in from the browser with this token."""
    return conn.execute(IS_KNOWN, (digest(token), username)).fetchone() == (True,)


def remember_browser(conn: Conn, token: str, account_id: UUID) -> None:
    """This account has logged in from this browser."""
    conn.execute(REMEMBER, (digest(token), account_id))

"""Accounts of people, and their sessions: opaque tokens of which only the SHA-256 is kept."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from care.people import Role
from care.permissions import MAY, Permission
from records.database import Conn
from records.ids import new_id
from records.passwords import fits, hashed, random_password
from records.scope import Scope, scope_of


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may log in; `one_time`: only to choose a password first."""

    id: UUID
    username: str
    role: Role
    one_time: bool
    area_id: int | None = None
    vendor: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who has logged in, or a machine with a token, with what it may do."""

    account: Account
    expires_at: datetime
    id: UUID
    digest: bytes
    may: frozenset[Permission]


CREATE = """
    INSERT INTO account (id, username, password_hash, role, one_time, area_id, vendor)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
"""


def create_account(
    conn: Conn,
    username: str,
    password: str,
    role: Role,
    *,
    one_time: bool = False,
    area_id: int | None = None,
    vendor: str | None = None,
) -> UUID:
    """A new account; ValueError where the user name can't be one."""
    if not username or len(username) > 64 or username != username.strip() or not username.isprintable():
        raise ValueError("username: use 1 to 64 printable characters without spaces at the ends")
    account_id = new_id()
    conn.execute(CREATE, (account_id, username, hashed(password), role, one_time, area_id, vendor))
    return account_id


BY_NAME = """
    SELECT id, username, role, one_time, area_id, vendor, password_hash
      FROM account
     WHERE username = %s AND NOT disabled
"""


def account_by_name(conn: Conn, username: str) -> tuple[Account, str] | None:
    """The account and the hash of its password, or None where there is none or it is disabled."""
    row = conn.execute(BY_NAME, (username,)).fetchone()
    return (Account(row[0], row[1], Role(row[2]), *row[3:6]), row[6]) if row else None


SET_PASSWORD = "UPDATE account SET password_hash = %s, one_time = false WHERE id = %s"
CLOSE_ALL = "DELETE FROM session WHERE account_id = %s"


def set_password(conn: Conn, account_id: UUID, password: str) -> None:
    """Change the password; every session of the account ends."""
    conn.execute(SET_PASSWORD, (hashed(password), account_id))
    conn.execute(CLOSE_ALL, (account_id,))


ONE_AT_A_TIME = "LOCK TABLE account IN SHARE ROW EXCLUSIVE MODE"


def ensure_demo_operator(conn: Conn, password: str) -> None:
    """There is an account `operator` with this password."""
    conn.execute(ONE_AT_A_TIME)
    known = account_by_name(conn, "operator")
    if known is None:
        create_account(conn, "operator", password, Role.OPERATOR)
    elif not fits(password, known[1]):
        set_password(conn, known[0].id, password)


ANY_ACCOUNT = "SELECT EXISTS (SELECT FROM account)"


def ensure_first_administrator(conn: Conn) -> str | None:
    """Where nobody can log in yet: make the account `admin` and return its one-time password; else None."""
    conn.execute(ONE_AT_A_TIME)
    if conn.execute(ANY_ACCOUNT).fetchone() == (True,):
        return None
    password = random_password()
    create_account(conn, "admin", password, Role.ADMINISTRATOR, one_time=True)
    return password


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
    SELECT a.id, a.username, a.role, a.one_time, a.area_id, a.vendor, s.expires_at, s.id
      FROM session s JOIN account a ON a.id = s.account_id
     WHERE s.token_sha256 = %s AND s.expires_at > clock_timestamp() AND NOT a.disabled
"""


def session_of(conn: Conn, token: str) -> Session | None:
    """The session of this token, unless it is over or never was."""
    row = conn.execute(OF_SESSION, (digest(token),)).fetchone()
    if row is None:
        return None
    account = Account(row[0], row[1], Role(row[2]), *row[3:6])
    return Session(account, row[6], row[7], digest(token), MAY[account.role])


def scope_of_account(conn: Conn, account: Account) -> Scope:
    """Whom this account may see."""
    return scope_of(conn, account.id, account.role, account.area_id, account.vendor)


def account_of_session(conn: Conn, token: str) -> Account | None:
    """Who this token belongs to; None where the session is over or never was."""
    session = session_of(conn, token)
    return session.account if session else None


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

"""Accounts of people, and their sessions: opaque tokens of which only the SHA-256 is kept."""

import hashlib
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.errors import UniqueViolation
from psycopg.rows import class_row

from care.people import Role
from care.permissions import MAY, Permission
from records.database import Conn
from records.errors import RecordsError
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
    machine: bool = False
    """By a token, which can't manage sessions, tokens or passwords."""


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
    """There is an account `operator` with this password, and it is open."""
    conn.execute(ONE_AT_A_TIME)
    set_disabled(conn, "operator", False)
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


class UsernameTaken(RecordsError):
    """There is an account of this name already."""


def add_account(conn: Conn, username: str, role: Role, area_id: int | None, vendor: str | None) -> str:
    """A new account; returns its one-time password. UsernameTaken or ValueError where that can't be its name."""
    password = random_password()
    try:
        with conn.transaction():
            create_account(conn, username, password, role, one_time=True, area_id=area_id, vendor=vendor)
    except UniqueViolation:
        raise UsernameTaken("username: there is such an account already") from None
    return password


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as administrators see it."""

    username: str
    role: Role
    area_id: int | None
    vendor: str | None
    disabled: bool
    must_choose_password: bool
    sessions: int


# An administrator with an area manages the accounts of that area only.
MANAGED = "(%(areas)s::integer[] IS NULL OR area_id = ANY (%(areas)s::integer[]))"
ALL = (
    """
    SELECT username, role, area_id, vendor, disabled, one_time AS must_choose_password,
           (SELECT count(*) FROM session WHERE account_id = account.id AND expires_at > clock_timestamp()) AS sessions
      FROM account
     WHERE """
    + MANAGED
    + " ORDER BY username"
)


def all_accounts(conn: Conn, scope: Scope) -> list[AccountView]:
    """Every account of these areas."""
    rows = conn.execute(ALL, scope.terms())
    return [AccountView(username, Role(role), *others) for username, role, *others in rows]


RESET = (
    "UPDATE account SET password_hash = %(hash)s, one_time = true WHERE username = %(username)s AND "
    + MANAGED
    + " RETURNING id"
)


def reset_password(conn: Conn, username: str, scope: Scope) -> str | None:
    """A one-time password; what the account had open ends, tokens too. None where there is no such account."""
    password = random_password()
    row = conn.execute(RESET, scope.terms() | {"hash": hashed(password), "username": username}).fetchone()
    if row is None:
        return None
    _end_all(conn, row[0])
    return password


END_TOKENS = "DELETE FROM api_token WHERE account_id = %s"


def _end_all(conn: Conn, account_id: UUID) -> None:
    """Whoever had got hold of the account is out: sessions and tokens end."""
    conn.execute(CLOSE_ALL, (account_id,))
    conn.execute(END_TOKENS, (account_id,))


DISABLE = "UPDATE account SET disabled = %s WHERE username = %s RETURNING id"


def set_disabled(conn: Conn, username: str, disabled: bool) -> bool:
    """Close an account, with its sessions and tokens, or open it again; whether there is one."""
    row = conn.execute(DISABLE, (disabled, username)).fetchone()
    if row is None:
        return False
    if disabled:
        _end_all(conn, row[0])
    return True


CHANGE = "UPDATE account SET role = %s, area_id = %s, vendor = %s WHERE username = %s RETURNING id"


def change_account(conn: Conn, username: str, role: Role, area_id: int | None, vendor: str | None) -> bool:
    """Give an account another role and area, and end what it had open; whether there is such an account."""
    row = conn.execute(CHANGE, (role, area_id, vendor, username)).fetchone()
    if row is not None:
        _end_all(conn, row[0])
    return row is not None


ENTRUST = """
    INSERT INTO account_resident (account_id, resident_id)
    SELECT a.id, b.resident_id FROM account a, care_bed b
     WHERE a.username = %(username)s AND b.number = %(bed)s AND b.closed IS NULL
    ON CONFLICT (account_id, resident_id) DO UPDATE SET resident_id = excluded.resident_id
"""
WITHDRAW = """
    DELETE FROM account_resident
     WHERE account_id = (SELECT id FROM account WHERE username = %(username)s)
       AND resident_id = (SELECT resident_id FROM care_bed WHERE number = %(bed)s)
"""


def entrust(conn: Conn, username: str, bed: str, *, withdraw: bool = False) -> bool:
    """List the resident with this care bed for a family's or doctor's account, or no longer; whether both are there."""
    done = conn.execute(WITHDRAW if withdraw else ENTRUST, {"username": username, "bed": bed}).rowcount == 1
    if done:
        conn.execute("DELETE FROM session USING account a WHERE a.id = account_id AND a.username = %s", (username,))
    return done


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
      FROM session s JOIN account a ON a.id = s.account_id
     WHERE a.username = %(username)s AND s.expires_at > clock_timestamp()
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


@dataclass(frozen=True, slots=True)
class Token:
    """A machine's token, without its secret."""

    id: UUID
    name: str
    permissions: list[Permission]
    made_at: datetime
    expires_at: datetime


MAKE_TOKEN = """
    INSERT INTO api_token (id, token_sha256, account_id, name, permissions, expires_at)
    VALUES (%s, %s, %s, %s, %s, clock_timestamp() + %s)
"""


def make_token(
    conn: Conn, account_id: UUID, name: str, permissions: Iterable[Permission], lifetime: timedelta
) -> tuple[UUID, str]:
    """A token with these permissions: its id, and its secret, which is shown only now."""
    token_id, secret = new_id(), "ankang_" + secrets.token_urlsafe(32)
    names = sorted({permission.value for permission in permissions})
    conn.execute(MAKE_TOKEN, (token_id, digest(secret), account_id, name, names, lifetime))
    return token_id, secret


TOKENS = "SELECT id, name, permissions, made_at, expires_at FROM api_token WHERE account_id = %s ORDER BY made_at"


def tokens_of(conn: Conn, account_id: UUID) -> list[Token]:
    """The tokens of this account."""
    rows = conn.execute(TOKENS, (account_id,))
    return [Token(id_, name, list(map(Permission, names)), *times) for id_, name, names, *times in rows]


END_TOKEN = "DELETE FROM api_token WHERE id = %s AND account_id = %s"


def end_token(conn: Conn, token_id: UUID, account_id: UUID) -> bool:
    """End this token of this account; whether there was one."""
    return conn.execute(END_TOKEN, (token_id, account_id)).rowcount == 1


OF_TOKEN = """
    SELECT a.id, a.username, a.role, a.one_time, a.area_id, a.vendor, t.expires_at, t.id, t.permissions
      FROM api_token t JOIN account a ON a.id = t.account_id
     WHERE t.token_sha256 = %s AND t.expires_at > clock_timestamp() AND NOT a.disabled
"""


def session_of_token(conn: Conn, secret: str) -> Session | None:
    """What a machine with this token may do: what the token says, and the account still may."""
    row = conn.execute(OF_TOKEN, (digest(secret),)).fetchone()
    if row is None:
        return None
    account = Account(row[0], row[1], Role(row[2]), *row[3:6])
    return Session(account, row[6], row[7], digest(secret), MAY[account.role] & set(map(Permission, row[8])), True)


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

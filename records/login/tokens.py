"""Tokens of machines: scoped, with an end, and kept only as SHA-256."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from care.people import Role
from care.permissions import MAY, Permission
from records.database import Conn
from records.ids import new_id
from records.login.accounts import Account
from records.login.sessions import Session, digest


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

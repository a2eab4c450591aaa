"""Accounts of people: who may log in, as what, and for which area."""

from dataclasses import dataclass
from uuid import UUID

from care.people import Role
from records.database import Conn
from records.ids import new_id
from records.login.passwords import fits, hashed, random_password
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
    second_step: bool = False
    """Whether a code is asked for after the password; known of who has a session."""


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


BY_ID = "SELECT id, username, role, one_time, area_id, vendor FROM account WHERE id = %s AND NOT disabled"


def account(conn: Conn, account_id: UUID) -> Account | None:
    """This account, or None where there is none or it is disabled."""
    row = conn.execute(BY_ID, (account_id,)).fetchone()
    return Account(row[0], row[1], Role(row[2]), *row[3:]) if row else None


CLOSE_ALL = "DELETE FROM session WHERE account_id = %s"
END_TOKENS = "DELETE FROM api_token WHERE account_id = %s"


def end_sessions(conn: Conn, account_id: UUID) -> None:
    """Whoever is logged in logs in again."""
    conn.execute(CLOSE_ALL, (account_id,))


def end_all(conn: Conn, account_id: UUID) -> None:
    """Whoever had got hold of the account is out: sessions and tokens end."""
    end_sessions(conn, account_id)
    conn.execute(END_TOKENS, (account_id,))


SET_PASSWORD = "UPDATE account SET password_hash = %s, one_time = false WHERE id = %s"


def set_password(conn: Conn, account_id: UUID, password: str) -> None:
    """Change the password; every session of the account ends."""
    conn.execute(SET_PASSWORD, (hashed(password), account_id))
    conn.execute(CLOSE_ALL, (account_id,))


ONE_AT_A_TIME = "LOCK TABLE account IN SHARE ROW EXCLUSIVE MODE"
OPEN_AGAIN = "UPDATE account SET disabled = false WHERE username = %s"


def ensure_demo_account(conn: Conn, username: str, role: Role, password: str) -> UUID:
    """There is an account of this name and role with this password, and it is open; returns its id."""
    conn.execute(ONE_AT_A_TIME)
    conn.execute(OPEN_AGAIN, (username,))
    known = account_by_name(conn, username)
    if known is None:
        return create_account(conn, username, password, role)
    if not fits(password, known[1]):
        set_password(conn, known[0].id, password)
    return known[0].id


def ensure_demo_operator(conn: Conn, password: str) -> UUID:
    """The demo's account at the seat."""
    return ensure_demo_account(conn, "operator", Role.OPERATOR, password)


ANY_ACCOUNT = "SELECT EXISTS (SELECT FROM account)"


def ensure_first_administrator(conn: Conn) -> str | None:
    """Where nobody can log in yet: make the account `admin` and return its one-time password; else None."""
    conn.execute(ONE_AT_A_TIME)
    if conn.execute(ANY_ACCOUNT).fetchone() == (True,):
        return None
    password = random_password()
    create_account(conn, "admin", password, Role.ADMINISTRATOR, one_time=True)
    return password


MANAGED = "(%(areas)s::integer[] IS NULL OR account.area_id = ANY (%(areas)s::integer[]))"
"""An administrator with an area manages the accounts of that area only: a condition over `account`."""


def scope_of_account(conn: Conn, account: Account) -> Scope:
    """Whom this account may see."""
    return scope_of(conn, account.id, account.role, account.area_id, account.vendor)

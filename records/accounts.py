"""Accounts of people: who may log in, as what, and for which area."""

from dataclasses import dataclass
from uuid import UUID

from psycopg.errors import UniqueViolation

from care.people import Role
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


def scope_of_account(conn: Conn, account: Account) -> Scope:
    """Whom this account may see."""
    return scope_of(conn, account.id, account.role, account.area_id, account.vendor)


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

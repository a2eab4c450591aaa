"""What administrators do with accounts, each within the areas that they look after."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.errors import UniqueViolation
from psycopg.rows import class_row

from care.people import Role
from records.database import Conn
from records.errors import RecordsError
from records.judging.alert_steps import hand_back_all
from records.login.accounts import MANAGED, create_account, end_all
from records.login.passwords import hashed, random_password
from records.people.residents import AREA_PATHS
from records.scope import IN_SCOPE, Scope


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
    """An account as administrators see it; `area` from the city down, `residents`: how many are entrusted to it."""

    username: str
    role: Role
    area_id: int | None
    area: list[str]
    vendor: str | None
    disabled: bool
    must_choose_password: bool
    sessions: int
    residents: int
    second_step: bool
    """A code is asked for after the password."""


SOME = (
    AREA_PATHS
    + """
    SELECT username, role, area_id, coalesce(path.names, '{}') AS area, vendor, disabled,
           one_time AS must_choose_password,
           (SELECT count(*) FROM session WHERE account_id = account.id AND expires_at > clock_timestamp()) AS sessions,
           (SELECT count(*) FROM account_resident WHERE account_id = account.id) AS residents,
           EXISTS (SELECT FROM totp WHERE account_id = account.id AND confirmed_at IS NOT NULL) AS second_step
      FROM account
      LEFT JOIN path ON path.id = account.area_id
     WHERE """
    + MANAGED
    + """
       AND (%(part)s::text IS NULL OR username ILIKE %(part)s)
       AND (%(role)s::text IS NULL OR role = %(role)s)
       AND (%(after)s::text IS NULL OR username > %(after)s)
     ORDER BY username
     LIMIT %(limit)s
"""
)


def accounts(
    conn: Conn, scope: Scope, limit: int, *, search: str = "", role: Role | None = None, after: str | None = None
) -> list[AccountView]:
    """The accounts of these areas by user name, those after `after`; `search` is a part of the name."""
    part = search.strip().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    terms = {"part": f"%{part}%" if part else None, "role": role, "after": after, "limit": limit}
    rows = conn.execute(SOME, scope.terms() | terms)
    return [AccountView(username, Role(role), *others) for username, role, *others in rows]


ONE = "SELECT id, role FROM account WHERE username = %(username)s AND " + MANAGED + " FOR UPDATE"


@dataclass(frozen=True, slots=True)
class Managed:
    """An account that may be changed, until the transaction ends by nobody else."""

    id: UUID
    role: Role


def managed(conn: Conn, username: str, scope: Scope) -> Managed | None:
    """This account, or None where these areas have none of this name."""
    row = conn.execute(ONE, scope.terms() | {"username": username}).fetchone()
    return Managed(row[0], Role(row[1])) if row else None


RESET = "UPDATE account SET password_hash = %s, one_time = true WHERE id = %s"


def reset_password(conn: Conn, account_id: UUID) -> str:
    """A one-time password; what the account had open ends, tokens too."""
    password = random_password()
    conn.execute(RESET, (hashed(password), account_id))
    end_all(conn, account_id)
    return password


DISABLE = "UPDATE account SET disabled = %s WHERE id = %s"


def set_disabled(conn: Conn, account_id: UUID, disabled: bool, now: datetime) -> None:
    """Close an account, with its sessions and tokens, and hand back what it has answered; or open it again."""
    conn.execute(DISABLE, (disabled, account_id))
    if disabled:
        end_all(conn, account_id)
        hand_back_all(conn, account_id, "the account was disabled", now)


CHANGE = "UPDATE account SET role = %s, area_id = %s, vendor = %s WHERE id = %s"


def change_account(
    conn: Conn, account_id: UUID, role: Role, area_id: int | None, vendor: str | None, now: datetime
) -> None:
    """Give an account another role and area, end what it had open, and hand back what it has answered."""
    conn.execute(CHANGE, (role, area_id, vendor, account_id))
    end_all(conn, account_id)
    hand_back_all(conn, account_id, "the account was changed", now)


ENTRUSTABLE = frozenset({Role.FAMILY, Role.DOCTOR})
"""Whose residents are listed one by one."""

IN_BED = (
    """
    SELECT r.id FROM care_bed b
      JOIN resident r ON r.id = b.resident_id
      JOIN home h ON h.id = r.home_id
     WHERE upper(b.number) = upper(%(bed)s) AND b.closed IS NULL AND """
    + IN_SCOPE
)
ENTRUST = "INSERT INTO account_resident (account_id, resident_id) VALUES (%s, %s) ON CONFLICT DO NOTHING"
WITHDRAW = "DELETE FROM account_resident WHERE account_id = %s AND resident_id = %s"
END_SESSIONS = "DELETE FROM session WHERE account_id = %s"


def resident_in_bed(conn: Conn, bed: str, scope: Scope) -> UUID | None:
    """Whose care bed this is; None where it is closed or not in the scope."""
    row = conn.execute(IN_BED, scope.terms() | {"bed": bed.strip()}).fetchone()
    return row[0] if row else None


def entrust(conn: Conn, account_id: UUID, resident_id: UUID) -> None:
    """List the resident for this family's or doctor's account; whoever is logged in with it logs in again."""
    conn.execute(ENTRUST, (account_id, resident_id))
    conn.execute(END_SESSIONS, (account_id,))


def withdraw(conn: Conn, account_id: UUID, resident_id: UUID) -> bool:
    """List the resident no longer; whether they were."""
    gone = conn.execute(WITHDRAW, (account_id, resident_id)).rowcount == 1
    conn.execute(END_SESSIONS, (account_id,))
    return gone


@dataclass(frozen=True, slots=True)
class Entrusted:
    """A resident whom an account may see."""

    id: UUID
    name: str
    bed: str | None
    area: list[str]


THEIRS = (
    AREA_PATHS
    + """
    SELECT r.id, r.name, path.names AS area,
           (SELECT number FROM care_bed WHERE resident_id = r.id AND closed IS NULL ORDER BY number LIMIT 1) AS bed
      FROM account_resident ar
      JOIN resident r ON r.id = ar.resident_id
      JOIN home h ON h.id = r.home_id
      JOIN path ON path.id = h.area_id
     WHERE ar.account_id = %(account)s AND """
    + IN_SCOPE
    + " ORDER BY bed NULLS LAST, r.id"
)


def entrusted(conn: Conn, account_id: UUID, scope: Scope) -> list[Entrusted]:
    """The residents listed for this account, those in the scope."""
    terms = scope.terms() | {"account": account_id}
    return conn.cursor(row_factory=class_row(Entrusted)).execute(THEIRS, terms).fetchall()

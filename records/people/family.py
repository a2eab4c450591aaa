"""The family of a resident: the contacts in the order in which they are called, and the accounts of family members."""

from uuid import UUID

from records.database import Conn

CONTACT = "SELECT id FROM contact WHERE resident_id = %s ORDER BY position OFFSET %s LIMIT 1"
ACCOUNTS = """
    SELECT account.id
      FROM account_resident
      JOIN account ON account.id = account_resident.account_id
     WHERE account_resident.resident_id = %s AND account.role = 'family' AND NOT account.disabled
     ORDER BY account.id
"""


def contact(conn: Conn, resident_id: UUID, number: int) -> UUID | None:
    """The contact after `number` others in their order, or None where there are no more."""
    row = conn.execute(CONTACT, (resident_id, number)).fetchone()
    return row[0] if row else None


def accounts(conn: Conn, resident_id: UUID) -> list[UUID]:
    """The family's accounts that may see this resident."""
    return [row[0] for row in conn.execute(ACCOUNTS, (resident_id,))]

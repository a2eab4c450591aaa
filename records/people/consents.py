"""What residents have consented to, by purpose and channel; what is withdrawn stays as a row."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from care.consents import CHANNELS, ConsentPurpose
from care.notices import Channel
from records.database import Conn
from records.ids import new_id


@dataclass(frozen=True, slots=True)
class Consent:
    """One consent, in force until it is withdrawn; `noted_by` None: from the machine itself."""

    id: UUID
    purpose: ConsentPurpose
    channel: Channel
    evidence: str
    given_at: datetime
    noted_by: str | None
    withdrawn_at: datetime | None
    withdrawn_by: str | None


GIVE = """
    INSERT INTO consent (id, resident_id, purpose, channel, evidence, given_at, noted_by)
    VALUES (%(id)s, %(resident)s, %(purpose)s, %(channel)s, %(evidence)s, %(now)s, %(by)s)
    ON CONFLICT DO NOTHING
"""


def give(
    conn: Conn,
    resident_id: UUID,
    channel: Channel,
    evidence: str,
    by: UUID | None,
    now: datetime,
    purpose: ConsentPurpose = ConsentPurpose.VITAL_SIGNS,
) -> UUID | None:
    """The resident consents from now on; None where they have already. `evidence`: how it is known, in words.

    Raises ValueError for a channel of which there is none to give, and without evidence.
    """
    if channel not in CHANNELS[purpose]:
        raise ValueError(f"channel: use one of {', '.join(sorted(CHANNELS[purpose]))}")
    if not evidence.strip():
        raise ValueError("evidence: say how it is known, as `form of 2026-11-20, folder 12`")
    given = new_id()
    terms = {
        "id": given, "resident": resident_id, "purpose": purpose, "channel": channel, "evidence": evidence.strip(),
        "now": now, "by": by,
    }  # fmt: skip
    return given if conn.execute(GIVE, terms).rowcount == 1 else None


WITHDRAW = """
    UPDATE consent SET withdrawn_at = greatest(given_at, %(now)s), withdrawn_by = %(by)s
     WHERE resident_id = %(resident)s AND purpose = %(purpose)s AND channel = %(channel)s AND withdrawn_at IS NULL
"""


def withdraw(
    conn: Conn,
    resident_id: UUID,
    channel: Channel,
    by: UUID | None,
    now: datetime,
    purpose: ConsentPurpose = ConsentPurpose.VITAL_SIGNS,
) -> bool:
    """The resident consents no longer, which counts from now on; False where they did not. `by` None: the family."""
    terms = {"resident": resident_id, "purpose": purpose, "channel": channel, "by": by, "now": now}
    return conn.execute(WITHDRAW, terms).rowcount == 1


OF_RESIDENT = """
    SELECT c.id, c.purpose, c.channel, c.evidence, c.given_at, noter.username AS noted_by, c.withdrawn_at,
           withdrawer.username AS withdrawn_by
      FROM consent c
      LEFT JOIN account noter ON noter.id = c.noted_by
      LEFT JOIN account withdrawer ON withdrawer.id = c.withdrawn_by
     WHERE c.resident_id = %s
     ORDER BY c.withdrawn_at DESC NULLS FIRST, c.purpose, c.channel
"""


def of_resident(conn: Conn, resident_id: UUID) -> list[Consent]:
    """This resident's consents, those in force first, then those that were withdrawn."""
    rows = conn.execute(OF_RESIDENT, (resident_id,))
    return [Consent(row[0], ConsentPurpose(row[1]), Channel(row[2]), *row[3:]) for row in rows]


IN_FORCE = """
    SELECT EXISTS (SELECT FROM consent
                    WHERE resident_id = %s AND purpose = %s AND channel = %s AND withdrawn_at IS NULL)
"""


def in_force(conn: Conn, resident_id: UUID, purpose: ConsentPurpose, channel: Channel) -> bool:
    """Whether this resident consents to this now."""
    return conn.execute(IN_FORCE, (resident_id, purpose, channel)).fetchone() == (True,)

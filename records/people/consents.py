"""What residents have consented to: that messages to their own family by a channel hold vital signs."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from care.notices import Channel
from records.database import Conn
from records.ids import new_id

CHANNELS = frozenset(Channel) - {Channel.PAGES, Channel.CANARY}
"""Those that leave the house; at the pages vital signs are seen by whoever may."""


@dataclass(frozen=True, slots=True)
class Consent:
    """One consent, in force until it is withdrawn; `noted_by` None: from the machine itself."""

    id: UUID
    channel: Channel
    evidence: str
    given_at: datetime
    noted_by: str | None
    withdrawn_at: datetime | None
    withdrawn_by: str | None


GIVE = """
    INSERT INTO consent (id, resident_id, channel, evidence, given_at, noted_by)
    VALUES (%(id)s, %(resident)s, %(channel)s, %(evidence)s, %(now)s, %(by)s)
    ON CONFLICT DO NOTHING
"""


def give(conn: Conn, resident_id: UUID, channel: Channel, evidence: str, by: UUID | None, now: datetime) -> UUID | None:
    """The resident consents from now on; None where they have already. `evidence`: how it is known, in words.

    Raises ValueError for a channel of which there is none to give, and without evidence.
    """
    if channel not in CHANNELS:
        raise ValueError(f"channel: use one of {', '.join(sorted(CHANNELS))}")
    if not evidence.strip():
        raise ValueError("evidence: say how it is known, as `form of 2026-11-20, folder 12`")
    given = new_id()
    terms = {
        "id": given, "resident": resident_id, "channel": channel, "evidence": evidence.strip(), "now": now, "by": by,
    }  # fmt: skip
    return given if conn.execute(GIVE, terms).rowcount == 1 else None


WITHDRAW = """
    UPDATE consent SET withdrawn_at = greatest(given_at, %(now)s), withdrawn_by = %(by)s
     WHERE resident_id = %(resident)s AND channel = %(channel)s AND withdrawn_at IS NULL
"""


def withdraw(conn: Conn, resident_id: UUID, channel: Channel, by: UUID | None, now: datetime) -> bool:
    """The resident consents no longer, which counts for every message from now on; False where they did not."""
    terms = {"resident": resident_id, "channel": channel, "by": by, "now": now}
    return conn.execute(WITHDRAW, terms).rowcount == 1


OF_RESIDENT = """
    SELECT c.id, c.channel, c.evidence, c.given_at, noter.username AS noted_by, c.withdrawn_at,
           withdrawer.username AS withdrawn_by
      FROM consent c
      LEFT JOIN account noter ON noter.id = c.noted_by
      LEFT JOIN account withdrawer ON withdrawer.id = c.withdrawn_by
     WHERE c.resident_id = %s
     ORDER BY c.withdrawn_at DESC NULLS FIRST, c.channel
"""


def of_resident(conn: Conn, resident_id: UUID) -> list[Consent]:
    """This resident's consents, those in force first, then those that were withdrawn."""
    return [Consent(row[0], Channel(row[1]), *row[2:]) for row in conn.execute(OF_RESIDENT, (resident_id,))]

"""What forbids to judge what did not happen to somebody, and the judgements that wait for its end."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from care.rules import Priority, Rule
from care.supervision import SETTLE
from records.database import Conn
from records.equipment import watch

BEHIND = timedelta(minutes=2)
"""When ingest has stored nothing of the last two minutes, we ourselves are the outage."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Why somebody is not judged: `outage:ID`, or `platform` while we ourselves don't hear or have just come back."""

    why: str
    noticed_at: datetime | None = None
    """A device that was heard after this is proven alive in spite of the outage; None: nothing is."""

    def proves(self, last_seen: datetime | None) -> bool:
        """Whether a device that was last heard then shows by that that it is not behind the outage."""
        return self.noticed_at is not None and last_seen is not None and last_seen > self.noticed_at


HELD = """
    SELECT h.resident_id, h.outage_id, CASE WHEN h.back_at IS NULL THEN o.noticed_at END
      FROM held h JOIN outage o ON o.id = h.outage_id
     WHERE h.resident_id = ANY (%b)
"""
WE_WERE_AWAY = "SELECT max(until) FROM lane_gap WHERE until > %s AND since <= %s"


def holds(conn: Conn, residents: Sequence[UUID], now: datetime) -> dict[UUID, Hold]:
    """What forbids to judge now what did not happen to these; whoever may be judged is not in it."""
    if _we_were_away(conn, now):
        return dict.fromkeys(residents, Hold("platform"))
    rows = conn.execute(HELD, (list(residents),))
    return {resident: Hold(f"outage:{outage}", noticed_at) for resident, outage, noticed_at in rows}


def _we_were_away(conn: Conn, now: datetime) -> bool:
    through = watch.heard_through(conn)
    if through is not None and now - through > BEHIND:
        return True
    away = conn.execute(WE_WERE_AWAY, (now - SETTLE, now)).fetchone()
    return bool(away and away[0])


def holding(conn: Conn, resident_id: UUID, now: datetime) -> str | None:
    """What forbids to judge now what did not happen to this resident; None where nothing does.

    `outage:ID` while their devices are behind one or what these buffered has not come yet; `platform` while we
    ourselves don't hear, are behind, or have just come back. `keep` what could not be judged: then it is judged again.
    """
    found = holds(conn, [resident_id], now).get(resident_id)
    return found.why if found else None


RANK: Mapping[Priority, int] = {Priority.HIGH: 1, Priority.MEDIUM: 2, Priority.LOW: 3}
AGAIN = timedelta(minutes=1)
"""So soon a judgement that waits for nothing but ourselves is tried again."""

KEEP = """
    INSERT INTO held_judgement (resident_id, rule, rank, since, due_at)
    SELECT resident_id, %(rule)s, %(rank)s, %(now)s, %(again)s
      FROM unnest(%(residents)s::uuid[]) AS held (resident_id) ORDER BY resident_id
    ON CONFLICT DO NOTHING
"""


def keep(conn: Conn, rule: Rule, residents: Iterable[UUID], now: datetime) -> None:
    """These could not be judged by this rule; as soon as they may be, they are."""
    whom = sorted(set(residents))
    terms = {"rule": rule.id, "rank": RANK[rule.priority], "now": now, "again": now + AGAIN, "residents": whom}
    if whom:
        conn.execute(KEEP, terms)


# What is most urgent comes first, and of that what has waited longest.
CLAIM = """
    WITH free AS (
        SELECT j.resident_id, j.rule FROM held_judgement j
         WHERE j.due_at <= %(now)s AND j.rule = ANY (%(rules)s)
           AND NOT EXISTS (SELECT FROM held h WHERE h.resident_id = j.resident_id)
         ORDER BY j.rank, j.since, j.resident_id LIMIT %(at_once)s
           FOR UPDATE SKIP LOCKED
    )
    DELETE FROM held_judgement j USING free WHERE j.resident_id = free.resident_id AND j.rule = free.rule
 RETURNING j.rank, j.since, j.resident_id, j.rule
"""


def claim(conn: Conn, rules: Iterable[str], now: datetime, at_once: int = 50) -> list[tuple[UUID, str]]:
    """Whom nothing holds any more, and by which of these rules they have to be judged: what is most urgent first."""
    rows = conn.execute(CLAIM, {"now": now, "at_once": at_once, "rules": list(rules)}).fetchall()
    return [(resident, rule) for _, _, resident, rule in sorted(rows)]

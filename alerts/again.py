"""What could not be judged behind an outage, judged again when nothing holds these people: the most urgent first."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from alerts import checkins, silence, watching
from alerts.looking import OF_WHO_IS_AT_HOME
from records.database import Conn
from records.judging import holding

JUDGES: Mapping[str, Callable[[Conn, UUID, datetime], None]] = MappingProxyType(
    {
        **dict.fromkeys(OF_WHO_IS_AT_HOME, watching.judge_again),
        silence.RULE: silence.judge_again,
        checkins.RULE.id: checkins.judge_again,
    }
)
"""Who judges one resident again, by the rule that `records.judging.holding.keep` was told."""


def judge_again(conn: Conn, now: datetime) -> int:
    """Some of what waits and is no longer held; returns how much that was."""
    free = holding.claim(conn, JUDGES, now)
    for resident_id, rule in free:
        JUDGES[rule](conn, resident_id, now)
    return len(free)

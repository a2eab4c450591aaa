"""All alerts of an area, open and closed, by day, rule and outcome: the newest first, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from records import cursor
from records.database import Conn
from records.judging.alerts import VIEW, AlertView
from records.scope import ALERT_IN_SCOPE, Scope


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which: opened from `since` to before `until`, in these areas, by this rule; `outcome` open: not closed yet."""

    since: datetime
    until: datetime
    area: Sequence[int] | None = None
    rule: str | None = None
    outcome: str | None = None


PAST = (
    VIEW
    + """
     WHERE a.opened_at >= %(since)s AND a.opened_at < %(until)s AND NOT a.canary
       AND (%(area)s::integer[] IS NULL OR coalesce(a.area_id, h.area_id) = ANY (%(area)s::integer[]))
       AND (%(rule)s::text IS NULL OR a.rule = %(rule)s)
       AND (%(outcome)s::text IS NULL OR coalesce(a.outcome, 'open') = %(outcome)s)
       AND (%(before)s::uuid IS NULL
            OR (a.opened_at, a.id) < (SELECT opened_at, id FROM alert WHERE id = %(before)s::uuid))
       AND """
    + ALERT_IN_SCOPE
    + " ORDER BY a.opened_at DESC, a.id DESC LIMIT %(limit)s"
)


def past(
    conn: Conn, scope: Scope, wanted: Wanted, limit: int, after: str | None = None
) -> tuple[list[AlertView], str | None]:
    """Some of them, and the cursor to go on with; raises BadCursor where `after` is not from this list."""
    terms = scope.terms() | {
        "since": wanted.since, "until": wanted.until, "area": None if wanted.area is None else list(wanted.area),
        "rule": wanted.rule, "outcome": wanted.outcome, "limit": limit + 1,
        "before": cursor.read_id(after) if after else None,
    }  # fmt: skip
    found = conn.cursor(row_factory=class_row(AlertView)).execute(PAST, terms, prepare=False).fetchall()
    return found[:limit], cursor.written(found[limit - 1].id) if len(found) > limit else None

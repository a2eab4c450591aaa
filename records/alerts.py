"""Alerts: opening them, repeating them, the steps that people take, and the numbered changes that the pages hear."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from care.alerts import CLEARED, MOST_SHELVED, Outcome, Party, Phase, Reached, Step, after
from care.escalation import waiting_again
from care.rules import Priority, Rule
from records import cursor, plans
from records.database import Conn
from records.errors import RecordsError
from records.ids import new_id
from records.scope import ALERT_IN_SCOPE, EVERYTHING, Scope


class NoSuchAlert(RecordsError):
    """There is no alert with this id."""


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert with the names that belong to it, as people see it."""

    id: UUID
    rule: str
    rule_version: int
    alert_class: str
    priority: str
    phase: str
    active: bool
    latched: bool
    drill: bool
    delayed: bool
    unclaimed: bool
    suppressed_by: str | None
    happened_at: datetime
    opened_at: datetime
    last_at: datetime
    occurrences: int
    evidence: dict[str, Any]
    resident_id: UUID | None
    resident_name: str | None
    home_address: str | None
    area_id: int | None
    device_id: int | None
    vendor: str | None
    device: str | None
    device_place: str | None
    answered_by_name: str | None
    answered_at: datetime | None
    closed_by_name: str | None
    closed_at: datetime | None
    outcome: str | None
    note: str


VIEW = """
    SELECT a.id, a.rule, a.rule_version, a.class AS alert_class, a.priority, a.phase, a.active, a.latched, a.drill,
           a.delayed, a.unclaimed, a.suppressed_by, a.happened_at, a.opened_at, a.last_at, a.occurrences, a.evidence,
           a.resident_id, r.name AS resident_name, h.address AS home_address,
           coalesce(a.area_id, h.area_id) AS area_id,
           a.device_id, d.vendor, d.name AS device, d.place AS device_place,
           answerer.username AS answered_by_name, a.answered_at,
           closer.username AS closed_by_name, a.closed_at, a.outcome, a.note
      FROM alert a
      LEFT JOIN resident r ON r.id = a.resident_id
      LEFT JOIN home h ON h.id = a.home_id
      LEFT JOIN device d ON d.id = a.device_id
      LEFT JOIN account answerer ON answerer.id = a.answered_by
      LEFT JOIN account closer ON closer.id = a.closed_by
"""
OPEN = VIEW + " WHERE a.phase <> 'closed' AND NOT a.canary AND " + ALERT_IN_SCOPE + " ORDER BY a.opened_at, a.id"
CLOSED = (
    VIEW
    + " WHERE a.phase = 'closed' AND NOT a.canary AND "
    + ALERT_IN_SCOPE
    + " ORDER BY a.closed_at DESC LIMIT %(limit)s"
)
ONE = VIEW + " WHERE a.id = %(id)s AND " + ALERT_IN_SCOPE
SOME = VIEW + " WHERE a.id = ANY (%s)"


def open_alerts(conn: Conn, scope: Scope = EVERYTHING) -> list[AlertView]:
    """Every alert that is not closed, the oldest first."""
    return conn.cursor(row_factory=class_row(AlertView)).execute(OPEN, scope.terms()).fetchall()


def closed_alerts(conn: Conn, limit: int = 200, scope: Scope = EVERYTHING) -> list[AlertView]:
    """The alerts that were closed last, the newest first."""
    terms = scope.terms() | {"limit": limit}
    return conn.cursor(row_factory=class_row(AlertView)).execute(CLOSED, terms).fetchall()


def alert(conn: Conn, alert_id: UUID, scope: Scope = EVERYTHING) -> AlertView | None:
    """This alert, or None where there is none in the scope."""
    return conn.cursor(row_factory=class_row(AlertView)).execute(ONE, scope.terms() | {"id": alert_id}).fetchone()


OF_RESIDENT = (
    VIEW
    + """
     WHERE a.resident_id = %(resident)s AND a.opened_at >= %(start)s AND a.opened_at < %(end)s
       AND (%(before)s::uuid IS NULL
            OR (a.opened_at, a.id) < (SELECT opened_at, id FROM alert WHERE id = %(before)s::uuid))
     ORDER BY a.opened_at DESC, a.id DESC
     LIMIT %(limit)s
"""
)


def alerts_of(
    conn: Conn, resident_id: UUID, start: datetime, end: datetime, limit: int, after: str | None = None
) -> tuple[list[AlertView], str | None]:
    """A resident's alerts that were opened from `start` to `end`, the newest first, and the cursor to go on with.

    Raises BadCursor where `after` is not from this list.
    """
    before = cursor.read_id(after) if after else None
    terms = {"resident": resident_id, "start": start, "end": end, "before": before, "limit": limit + 1}
    found = conn.cursor(row_factory=class_row(AlertView)).execute(OF_RESIDENT, terms).fetchall()
    return found[:limit], cursor.written(found[limit - 1].id) if len(found) > limit else None


@dataclass(frozen=True, slots=True)
class Opening:
    """What is to become an alert, or one more occurrence of an open one."""

    rule: Rule
    subject: str
    """Whom or what it is about (`resident:ID`, `home:ID`, `device:ID`, `area:ID`, `vendor:NAME`, `platform`): one open
    alert for each subject and rule."""
    resident_id: UUID | None
    device_id: int | None
    happened_at: datetime
    now: datetime
    evidence: dict[str, Any]
    signal_id: int | None = None
    """What it was judged from; None where it is something that did not happen."""
    drill: bool = False
    delayed: bool = False
    unclaimed: bool = False
    home_id: UUID | None = None
    """The resident's home where it is not given."""
    area_id: int | None = None
    """Where it is, for what is larger than a home."""
    coverage: dict[str, Any] | None = None
    suppressed_by: str | None = None
    canary: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """The alert that stands for what happened, and whether it is a new one."""

    id: UUID
    new: bool


INSERT = """
    INSERT INTO alert (id, rule, rule_version, class, priority, subject, resident_id, device_id, home_id, area_id,
                       phase, latched, drill, delayed, unclaimed, canary, suppressed_by, coverage, happened_at,
                       opened_at, last_at, evidence, case_id, raised_at, phase_at, touched_at)
    VALUES (%(id)s, %(rule)s, %(version)s, %(class)s, %(priority)s, %(subject)s, %(resident)s, %(device)s,
            coalesce(%(home)s, (SELECT home_id FROM resident WHERE resident.id = %(resident)s)), %(area)s, 'raised',
            %(latched)s, %(drill)s, %(delayed)s, %(unclaimed)s, %(canary)s, %(suppressed_by)s, %(coverage)s,
            %(happened)s, %(now)s, %(now)s, %(evidence)s, %(id)s, %(now)s, %(now)s, %(now)s)
    ON CONFLICT (subject, rule) WHERE phase <> 'closed' DO NOTHING
 RETURNING id
"""
REPEAT = """
    WITH before AS (
        SELECT id, last_at FROM alert WHERE subject = %(subject)s AND rule = %(rule)s AND phase <> 'closed' FOR UPDATE
    )
    UPDATE alert
       SET occurrences = occurrences + CASE WHEN %(now)s >= before.last_at + %(gap)s THEN 1 ELSE 0 END,
           last_at = greatest(alert.last_at, %(now)s), active = true, cleared_at = NULL
      FROM before
     WHERE alert.id = before.id
 RETURNING alert.id, %(now)s >= before.last_at + %(gap)s
"""


def open_or_repeat(conn: Conn, opening: Opening, *, gap: timedelta = timedelta(0)) -> Opened:
    """Open an alert; while one of this rule is open for this subject, it is an occurrence of that one.

    Within `gap` of the last time the condition merely goes on, which is neither counted nor told.
    """
    alert_id = new_id()
    row = conn.execute(INSERT, _columns(opening, alert_id)).fetchone()
    if row:
        log_line(conn, alert_id, opening.now, "opened", signal_id=opening.signal_id)
        record_change(conn, alert_id, "opened")
        return Opened(alert_id, new=True)
    repeated = conn.execute(
        REPEAT, {"subject": opening.subject, "rule": opening.rule.id, "now": opening.now, "gap": gap}
    ).fetchone()
    if repeated is None:  # it was closed between the two statements
        return open_or_repeat(conn, opening, gap=gap)
    found, counted = repeated
    if counted:
        log_line(conn, found, opening.now, "occurrence", signal_id=opening.signal_id)
        record_change(conn, found, "occurrence")
    return Opened(UUID(str(found)), new=False)


CLEAR = """
    UPDATE alert
       SET active = false, cleared_at = %(now)s, last_at = greatest(last_at, %(now)s),
           phase = CASE WHEN class = 'technical' AND NOT latched THEN 'closed' ELSE phase END,
           closed_at = CASE WHEN class = 'technical' AND NOT latched THEN %(now)s::timestamptz END,
           outcome = CASE WHEN class = 'technical' AND NOT latched THEN %(cleared)s::text END,
           due_at = CASE WHEN class = 'technical' AND NOT latched THEN NULL ELSE due_at END
     WHERE subject = %(subject)s AND rule = %(rule)s AND phase <> 'closed' AND active
 RETURNING id
"""


def clear(conn: Conn, subject: str, rule_id: str, now: datetime, why: str) -> UUID | None:
    """The condition is gone; returns the alert that stood for it, None where none was active.

    A technical alert that is not latched is over with that; every other one stays until a person closes it.
    """
    row = conn.execute(CLEAR, {"subject": subject, "rule": rule_id, "now": now, "cleared": CLEARED}).fetchone()
    if row is None:
        return None
    log_line(conn, row[0], now, "cleared", detail={"why": why})
    record_change(conn, row[0], "cleared")
    return UUID(str(row[0]))


def _columns(opening: Opening, alert_id: UUID) -> dict[str, Any]:
    return {
        "id": alert_id,
        "rule": opening.rule.id,
        "version": opening.rule.version,
        "class": opening.rule.alert_class,
        "priority": opening.rule.priority,
        "subject": opening.subject,
        "resident": opening.resident_id,
        "device": opening.device_id,
        "latched": opening.rule.latched,
        "drill": opening.drill,
        "delayed": opening.delayed,
        "unclaimed": opening.unclaimed,
        "home": opening.home_id,
        "area": opening.area_id,
        "canary": opening.canary,
        "suppressed_by": opening.suppressed_by,
        "coverage": None if opening.coverage is None else Jsonb(opening.coverage),
        "happened": opening.happened_at,
        "now": opening.now,
        "evidence": Jsonb(opening.evidence),
    }


LOCK = "SELECT phase, priority FROM alert WHERE id = %s FOR UPDATE"


class NotForHigh(RecordsError):
    """An alert of high priority is never shelved."""


@dataclass(frozen=True, slots=True)
class Particulars:
    """What belongs to a step, each where it is needed."""

    to: str | None = None
    """Who was sent, in words."""
    expected_at: datetime | None = None
    who: Party | None = None
    """Whom somebody tried to reach."""
    how: str | None = None
    result: Reached | None = None
    until: datetime | None = None
    reason: str | None = None

    def written(self) -> dict[str, Any]:
        """What is there, for the alert's log."""
        every = {name: getattr(self, name) for name in self.__slots__}
        found = {name: value for name, value in every.items() if value is not None}
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in found.items()}


STEP = """
    UPDATE alert
       SET phase = %(phase)s, touched_at = %(now)s,
           phase_at = CASE WHEN phase = %(phase)s THEN phase_at ELSE %(now)s END,
           answered_by = CASE %(step)s WHEN 'answer' THEN %(by)s WHEN 'hand_back' THEN NULL ELSE answered_by END,
           answered_at = CASE %(step)s WHEN 'answer' THEN %(now)s WHEN 'hand_back' THEN NULL ELSE answered_at END,
           closed_by = CASE %(step)s WHEN 'close' THEN %(by)s ELSE closed_by END,
           closed_at = CASE %(step)s WHEN 'close' THEN %(now)s ELSE closed_at END,
           dispatched_at = CASE %(step)s WHEN 'dispatch' THEN %(now)s ELSE dispatched_at END,
           dispatched_to = CASE %(step)s WHEN 'dispatch' THEN %(to)s ELSE dispatched_to END,
           expected_at = CASE %(step)s WHEN 'dispatch' THEN %(expected_at)s ELSE expected_at END,
           arrived_at = CASE %(step)s WHEN 'arrive' THEN %(now)s ELSE arrived_at END,
           seen_at = CASE %(step)s WHEN 'see' THEN %(now)s ELSE seen_at END,
           spoke = spoke OR %(spoke)s,
           no_reply = no_reply + %(no_reply)s,
           shelved_until = CASE %(step)s WHEN 'shelve' THEN %(until)s WHEN 'contact' THEN shelved_until END,
           shelved_by = CASE %(step)s WHEN 'shelve' THEN %(by)s::uuid WHEN 'contact' THEN shelved_by END,
           shelved_why = CASE %(step)s WHEN 'shelve' THEN %(reason)s WHEN 'contact' THEN shelved_why END,
           outcome = %(outcome)s,
           active = active AND %(step)s <> 'close',
           note = CASE WHEN %(note)s = '' THEN note ELSE %(note)s END
     WHERE id = %(id)s
"""


def take_step(
    conn: Conn,
    alert_id: UUID,
    step: Step,
    by: UUID,
    now: datetime,
    outcome: Outcome | None = None,
    note: str = "",
    *,
    scope: Scope = EVERYTHING,
    more: Particulars | None = None,
) -> AlertView:
    """What a person does to an alert; of two at once one wins, the other gets care.alerts.NotAllowed.

    Raises NoSuchAlert for a wrong id or one outside the scope, NotForHigh for shelving what is urgent, and ValueError
    where closing lacks an outcome or shelving an end.
    """
    more = more or Particulars()
    row = conn.execute(LOCK, (alert_id,)).fetchone()
    if row is None or alert(conn, alert_id, scope) is None:
        raise NoSuchAlert(f"no alert {alert_id}")
    if step is Step.CLOSE and outcome is None:
        raise ValueError("outcome: closing needs one")
    phase = after(Phase(row[0]), step)
    if step is Step.SHELVE:
        _check_shelving(row[1], more, now)
    how = outcome if step is Step.CLOSE else None
    terms = {
        "phase": phase, "step": str(step), "by": by, "now": now, "outcome": how, "note": note, "id": alert_id,
        "to": more.to, "expected_at": more.expected_at, "until": more.until, "reason": more.reason,
        "spoke": more.result is Reached.SPOKE and more.who is Party.RESIDENT,
        "no_reply": int(more.result is Reached.NO_REPLY),
    }  # fmt: skip
    conn.execute(STEP, terms)
    _set_next_deadline(conn, alert_id, step, now)
    detail = more.written() | ({"outcome": how, "note": note} if how else {})
    log_line(conn, alert_id, now, str(step), account_id=by, detail=detail)
    record_change(conn, alert_id, str(step))
    found = alert(conn, alert_id)
    assert found is not None  # noqa: S101 - the row is locked by us
    return found


def _check_shelving(priority: str, more: Particulars, now: datetime) -> None:
    if priority == Priority.HIGH:
        raise NotForHigh("an alert of high priority can't be shelved; answer it")
    if more.until is None or not now < more.until <= now + MOST_SHELVED:
        raise ValueError("until: a time to come, within 24 hours")


def _set_next_deadline(conn: Conn, alert_id: UUID, step: Step, now: datetime) -> None:
    """After what a person did the clocks of the new phase run; what waits again is told from the beginning."""
    case = plans.case(conn, alert_id)
    assert case is not None  # noqa: S101 - the row is locked by us
    stands = case.standing
    if stands.phase is Phase.RAISED:
        stands = waiting_again(stands, now)
    if step is not Step.CONTACT:  # which ends no silence: whoever was told of it is not told at once again
        stands = replace(stands, again=0, told_at=None)
    plans.save(conn, replace(case, standing=stands))


LOG = """
    INSERT INTO alert_log (alert_id, at, kind, account_id, signal_id, detail) VALUES (%s, %s, %s, %s, %s, %s)
"""


def log_line(
    conn: Conn,
    alert_id: UUID,
    at: datetime,
    kind: str,
    *,
    account_id: UUID | None = None,
    signal_id: int | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """One line of the alert's log: what happened to it, and who did it where a person did."""
    conn.execute(LOG, (alert_id, at, kind, account_id, signal_id, Jsonb(detail or {})))


# The update of the one counter row is held until commit: numbers are given in the order of commit, without gaps.
CHANGE = """
    WITH next AS (UPDATE change_counter SET number = number + 1 RETURNING number)
    INSERT INTO change (number, kind, alert_id, facts)
    SELECT next.number, %(kind)s, alert.id,
           jsonb_build_object('phase', phase, 'active', active, 'occurrences', occurrences, 'last_at', last_at,
                              'answered_at', answered_at, 'closed_at', closed_at, 'outcome', outcome)
      FROM next, alert
     WHERE alert.id = %(alert)s
 RETURNING number
"""


def record_change(conn: Conn, alert_id: UUID, kind: str) -> int:
    """Number this change and tell the dashboards of it when the transaction commits."""
    row = conn.execute(CHANGE, {"kind": kind, "alert": alert_id}).fetchone()
    assert row is not None  # noqa: S101 - the counter row is always there
    conn.execute("SELECT pg_notify('change', %s)", (str(row[0]),))
    return int(row[0])


@dataclass(frozen=True, slots=True)
class Change:
    """One numbered change, with the alert as it was then."""

    number: int
    at: datetime
    kind: str
    alert: AlertView


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All open alerts as they were when change `number` was the last one."""

    number: int
    alerts: list[AlertView]


LAST_NUMBER = "SELECT number FROM change_counter"
OLDEST = "SELECT coalesce(min(number), 0) FROM change"
SINCE = "SELECT number, at, kind, alert_id, facts FROM change WHERE number > %s ORDER BY number LIMIT %s"


def snapshot(conn: Conn, scope: Scope = EVERYTHING) -> Snapshot:
    """All open alerts and the number up to which they are true; call it first in its transaction."""
    conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    row = conn.execute(LAST_NUMBER).fetchone()
    return Snapshot(int(row[0]) if row else 0, open_alerts(conn, scope))


def oldest_change(conn: Conn) -> int:
    """The lowest number still kept; 0 where there is none."""
    row = conn.execute(OLDEST).fetchone()
    return int(row[0]) if row else 0


def last_change(conn: Conn) -> int:
    """The number of the newest change."""
    row = conn.execute(LAST_NUMBER).fetchone()
    return int(row[0]) if row else 0


def changes_since(conn: Conn, number: int, limit: int = 1000) -> list[Change]:
    """The changes after `number`, in order, each with the facts of its own moment and today's names."""
    rows = conn.execute(SINCE, (number, limit)).fetchall()
    if not rows:
        return []
    ids = list({row[3] for row in rows})
    views = {view.id: view for view in conn.cursor(row_factory=class_row(AlertView)).execute(SOME, (ids,))}
    return [
        Change(number_, at, kind, _as_it_was(views[alert_id], facts)) for number_, at, kind, alert_id, facts in rows
    ]


def _as_it_was(view: AlertView, facts: dict[str, Any]) -> AlertView:
    times = {
        name: datetime.fromisoformat(facts[name]) if facts[name] else None
        for name in ("last_at", "answered_at", "closed_at")
    }
    then: dict[str, Any] = facts | times
    if facts["answered_at"] is None:
        then["answered_by_name"] = None
    if facts["closed_at"] is None:
        then["closed_by_name"] = None
    return replace(view, **then)

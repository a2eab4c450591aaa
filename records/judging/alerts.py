"""Alerts: how people see them, and how they open, repeat and clear."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from care.alerts import CLEARED, ONE_CASE
from care.rules import Rule
from records import cursor
from records.database import Conn
from records.ids import new_id
from records.judging.alert_log import log_line, record_change
from records.scope import ALERT_IN_SCOPE, EVERYTHING, Scope


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
    street: str | None
    """The street or town, or what is larger where the alert is about that."""
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
    raised_at: datetime
    """Since when it waits, or waited, for its answer; anew after handing back."""
    case_id: UUID | None
    """Shared by what happens in one home together."""
    spoke: bool
    """Somebody has spoken with the resident."""
    no_reply: int
    """Attempts to reach somebody that failed."""
    dispatched_to: str | None
    expected_at: datetime | None
    shelved_until: datetime | None
    shelved_why: str | None
    shelved_by_name: str | None
    shelved_at: datetime | None
    responder_id: UUID | None
    """The account of whoever was sent."""
    close_asked_by_name: str | None
    """Who wants it closed without a visit; a second person decides."""
    close_asked_at: datetime | None
    close_asked_outcome: str | None
    close_asked_note: str | None
    close_refused_by_name: str | None
    """The second person who was asked last and said that somebody has to go there."""
    close_refused_at: datetime | None
    close_refused_why: str | None
    false_cause: str | None
    """What made it a false alarm, as care.alerts.FalseCause."""
    report_what: str | None
    """What whoever is there reported last, as care.callouts.Act."""
    report_by_name: str | None
    report_at: datetime | None
    report_asks: bool
    """It asks the seat for something, and nobody there has done anything since."""
    next_at: datetime | None
    """When the platform does something by itself; None where nothing is to come."""
    next_step: str | None
    """What it does then, as care.escalation.Deed.why: `tell:station`, `expire`."""
    family_said: str | None
    """What somebody of the family said last of it, as care.family.Said."""
    family_said_at: datetime | None
    family_said_by: str | None
    """What that contact is to the resident, or the family's user name."""


VIEW = """
    SELECT a.id, a.rule, a.rule_version, a.class AS alert_class, a.priority, a.phase, a.active, a.latched, a.drill,
           a.delayed, a.unclaimed, a.suppressed_by, a.happened_at, a.opened_at, a.last_at, a.occurrences, a.evidence,
           a.resident_id, r.name AS resident_name, h.address AS home_address,
           coalesce(a.area_id, h.area_id) AS area_id,
           CASE WHEN place.level = 'community' THEN coalesce(street.name, place.name) ELSE place.name END AS street,
           a.device_id, d.vendor, d.name AS device, d.place AS device_place,
           answerer.username AS answered_by_name, a.answered_at,
           closer.username AS closed_by_name, a.closed_at, a.outcome, a.note,
           a.raised_at, a.case_id, a.spoke, a.no_reply, a.dispatched_to, a.expected_at, a.shelved_until, a.shelved_why,
           shelver.username AS shelved_by_name, a.shelved_at, a.responder_id, asker.username AS close_asked_by_name,
           (a.close_asked ->> 'at')::timestamptz AS close_asked_at, a.close_asked ->> 'outcome' AS close_asked_outcome,
           a.close_asked ->> 'note' AS close_asked_note, refuser.username AS close_refused_by_name,
           (a.close_refused ->> 'at')::timestamptz AS close_refused_at, a.close_refused ->> 'why' AS close_refused_why,
           a.false_cause, a.report ->> 'what' AS report_what, reporter.username AS report_by_name,
           (a.report ->> 'at')::timestamptz AS report_at, a.report_asks AND a.phase <> 'closed' AS report_asks,
           a.due_at AS next_at, a.due_why AS next_step,
           a.family_said, a.family_said_at, coalesce(nullif(kin.relation, ''), kin_account.username) AS family_said_by
      FROM alert a
      LEFT JOIN resident r ON r.id = a.resident_id
      LEFT JOIN home h ON h.id = a.home_id
      LEFT JOIN area place ON place.id = coalesce(a.area_id, h.area_id)
      LEFT JOIN area street ON street.id = place.parent_id
      LEFT JOIN device d ON d.id = a.device_id
      LEFT JOIN account answerer ON answerer.id = a.answered_by
      LEFT JOIN account closer ON closer.id = a.closed_by
      LEFT JOIN account shelver ON shelver.id = a.shelved_by
      LEFT JOIN account asker ON asker.id = a.close_asked_by
      LEFT JOIN account refuser ON refuser.id = (a.close_refused ->> 'by')::uuid
      LEFT JOIN account reporter ON reporter.id = (a.report ->> 'by')::uuid
      LEFT JOIN contact kin ON kin.id = a.family_contact
      LEFT JOIN account kin_account ON kin_account.id = a.family_account
"""
OPEN = VIEW + " WHERE a.phase <> 'closed' AND NOT a.canary AND " + ALERT_IN_SCOPE + " ORDER BY a.opened_at, a.id"
CLOSED = (
    VIEW
    + " WHERE a.phase = 'closed' AND NOT a.canary AND "
    + ALERT_IN_SCOPE
    + " ORDER BY a.closed_at DESC LIMIT %(limit)s"
)
ONE = VIEW + " WHERE a.id = %(id)s AND " + ALERT_IN_SCOPE


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


OF_CASE = (
    VIEW
    + " WHERE a.case_id = (SELECT case_id FROM alert WHERE id = %(id)s) AND a.id <> %(id)s AND "
    + ALERT_IN_SCOPE
    + " ORDER BY a.opened_at, a.id"
)


def related(conn: Conn, alert_id: UUID, scope: Scope = EVERYTHING) -> list[AlertView]:
    """The other alerts of the same case, the oldest first, open or not."""
    return conn.cursor(row_factory=class_row(AlertView)).execute(OF_CASE, scope.terms() | {"id": alert_id}).fetchall()


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


# What happens in one home together is one case; what two people need is two, and a drill or a device is none.
INSERT = """
    INSERT INTO alert (id, rule, rule_version, class, priority, subject, resident_id, device_id, home_id, area_id,
                       phase, latched, drill, delayed, unclaimed, canary, suppressed_by, coverage, happened_at,
                       opened_at, last_at, evidence, case_id, raised_at, phase_at, touched_at)
    SELECT %(id)s, %(rule)s, %(version)s, %(class)s, %(priority)s, %(subject)s, %(resident)s, %(device)s,
           place.home_id, %(area)s, 'raised',
           %(latched)s, %(drill)s, %(delayed)s, %(unclaimed)s, %(canary)s, %(suppressed_by)s, %(coverage)s,
           %(happened)s, %(now)s, %(now)s, %(evidence)s,
           coalesce((SELECT c.case_id
                       FROM alert c
                      WHERE c.home_id = place.home_id AND c.phase <> 'closed' AND c.class <> 'technical'
                        AND NOT c.drill AND NOT c.canary AND c.last_at >= %(now)s - %(one_case)s
                        AND %(class)s <> 'technical' AND NOT %(drill)s AND NOT %(canary)s
                        AND NOT EXISTS (
                            SELECT FROM alert other
                             WHERE other.case_id = c.case_id AND other.class = 'personal' AND %(class)s = 'personal'
                               AND other.resident_id <> %(resident)s)
                      ORDER BY c.opened_at, c.id LIMIT 1), %(id)s),
           %(now)s, %(now)s, %(now)s
      FROM (SELECT coalesce(%(home)s::uuid, (SELECT home_id FROM resident WHERE resident.id = %(resident)s)) AS home_id)
           AS place
    ON CONFLICT (subject, rule) WHERE phase <> 'closed' DO NOTHING
 RETURNING id
"""
REPEAT = """
    WITH before AS (
        SELECT id, %(gap)s = interval '0' OR %(now)s >= last_at + %(gap)s AS counts
          FROM alert WHERE subject = %(subject)s AND rule = %(rule)s AND phase <> 'closed'
           FOR NO KEY UPDATE
    )
    UPDATE alert
       SET occurrences = occurrences + before.counts::integer, last_at = greatest(alert.last_at, %(now)s),
           active = true, cleared_at = NULL, delayed = delayed AND %(delayed)s
      FROM before
     WHERE alert.id = before.id
 RETURNING alert.id, before.counts
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
    terms = {
        "subject": opening.subject, "rule": opening.rule.id, "now": opening.now, "gap": gap, "delayed": opening.delayed,
    }  # fmt: skip
    repeated = conn.execute(REPEAT, terms).fetchone()
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
        "one_case": ONE_CASE,
    }

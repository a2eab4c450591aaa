"""Check-ins: claimed when they are due, settled by what shows that all is well, and each step kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

import orjson
from psycopg.types.json import Jsonb

from care.checkins import State, Verdict
from records.database import Conn


@dataclass(frozen=True, slots=True)
class Claimed:
    """A check-in about which something has to be decided; ours alone until the transaction ends."""

    id: UUID
    plan_id: UUID
    resident_id: UUID
    opens_at: datetime
    closes_at: datetime
    grace: timedelta | None
    state: State
    tries: int
    contacts_told: int
    alert_id: UUID | None
    alert_closed: bool
    """Its alert is over: the centre has seen to it."""
    holiday: str | None
    """The holiday on which it falls, where its plan leaves holidays out."""
    absence: str | None
    """Why the resident is not at home: away, hospital or holiday."""
    paused: str | None
    """Why its plan rests."""


# Another worker passes over what is locked here. Away is who is at the end of the window, or of whom somebody said so
# after it had opened; an absence that was entered before and begins after a window excuses nobody silent in it.
_CLAIM = """
    SELECT m.id, m.plan_id, m.resident_id, m.opens_at, m.closes_at, m.grace, m.state, m.tries, m.contacts_told,
           m.alert_id, coalesce((SELECT phase = 'closed' FROM alert WHERE id = m.alert_id), false), f.name, absent.kind,
           CASE WHEN p.paused_from <= m.closes_at AND p.paused_until > m.closes_at THEN p.paused_why END
      FROM mine m
      JOIN check_in_plan p ON p.id = m.plan_id
      LEFT JOIN holiday f ON NOT p.on_holidays AND NOT f.works AND f.day = (m.opens_at AT TIME ZONE p.zone)::date
      LEFT JOIN LATERAL (
           SELECT x.kind
             FROM absence x
            WHERE x.resident_id = m.resident_id
              AND (x.valid_from <= m.closes_at AND least(x.valid_to, x.ended_at) > m.closes_at
                   OR m.closes_at <= %(now)s AND x.recorded_at >= m.opens_at
                      AND x.valid_from <= %(now)s AND least(x.valid_to, x.ended_at) > %(now)s)
            LIMIT 1) AS absent ON true
     ORDER BY m.due_at
"""
CLAIM = (
    """
    WITH mine AS (
        SELECT * FROM check_in WHERE due_at <= %(now)s ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    )
    """
    + _CLAIM
)
CLAIM_OF = (
    """
    WITH mine AS (
        SELECT * FROM check_in
         WHERE resident_id = %(resident)s AND settled_at IS NULL AND due_at IS NOT NULL AND closes_at <= %(now)s
           FOR UPDATE SKIP LOCKED
    )
    """
    + _CLAIM
)


def claim(conn: Conn, now: datetime, limit: int) -> list[Claimed]:
    """The check-ins whose time has come, the longest due first."""
    return _claimed(conn, CLAIM, {"now": now, "limit": limit})


def claim_of(conn: Conn, resident_id: UUID, now: datetime) -> list[Claimed]:
    """The check-ins of this resident whose window has closed and about which something is still to be decided."""
    return _claimed(conn, CLAIM_OF, {"resident": resident_id, "now": now})


def _claimed(conn: Conn, statement: LiteralString, terms: Mapping[str, object]) -> list[Claimed]:
    rows = conn.execute(statement, terms)
    return [Claimed(row[0], row[1], row[2], row[3], row[4], row[5], State(row[6]), *row[7:]) for row in rows]


class Settled(NamedTuple):
    """A check-in that is over now, and the alert that stood for it."""

    id: UUID
    resident_id: UUID
    alert_id: UUID | None


# Of two that settle it at once one wins.
SETTLE = """
    WITH over AS (
         SELECT * FROM jsonb_to_recordset(%(over)s) AS over (id uuid, evidence jsonb, why text)
    ), settled AS (
        UPDATE check_in c
           SET state = %(state)s, settled_at = %(now)s, due_at = NULL, evidence = over.evidence, why = over.why
          FROM over
         WHERE c.id = over.id AND c.settled_at IS NULL
     RETURNING c.id, c.resident_id, c.alert_id, c.evidence, c.why
    ), logged AS (
        INSERT INTO check_in_log (check_in_id, at, kind, account_id, detail)
        SELECT id, %(now)s, %(state)s, %(by)s, coalesce(evidence, jsonb_build_object('why', why)) FROM settled
    )
    SELECT id, resident_id, alert_id FROM settled
"""


def done(conn: Conn, by: Mapping[UUID, dict[str, Any]], now: datetime, account_id: UUID | None = None) -> list[Settled]:
    """These are met, each by its evidence; returns those that were not over before."""
    over = [{"id": id_, "evidence": evidence, "why": ""} for id_, evidence in by.items()]
    return _settle(conn, State.DONE, over, now, account_id)


def excused(conn: Conn, why: Mapping[UUID, str], now: datetime) -> list[Settled]:
    """These are not expected after all, each for its reason; returns those that were not over before."""
    return _settle(conn, State.EXCUSED, [{"id": id_, "why": reason} for id_, reason in why.items()], now, None)


def _settle(
    conn: Conn, state: State, over: Sequence[Mapping[str, Any]], now: datetime, by: UUID | None
) -> list[Settled]:
    if not over:
        return []
    terms = {"over": Jsonb(over, orjson.dumps), "state": state, "now": now, "by": by}
    return [Settled(*row) for row in conn.execute(SETTLE, terms)]


STANDS = """
    WITH verdict AS (
         SELECT * FROM unnest(%(ids)s::uuid[], %(states)s::text[], %(tries)s::integer[], %(told)s::integer[],
                              %(due)s::timestamptz[], %(detail)s::jsonb[])
                AS verdict (id, state, tries, told, due_at, detail)
    ), stands AS (
        UPDATE check_in c
           SET state = verdict.state, tries = verdict.tries, contacts_told = verdict.told, due_at = verdict.due_at
          FROM verdict
         WHERE c.id = verdict.id
    )
    INSERT INTO check_in_log (check_in_id, at, kind, detail)
    SELECT id, %(now)s, state, detail FROM verdict WHERE detail IS NOT NULL
"""


def stand(conn: Conn, verdicts: Sequence[tuple[UUID, Verdict, dict[str, Any] | None]], now: datetime) -> None:
    """So these stand from now on; `detail` is what is kept of the step, None where nothing was done."""
    if not verdicts:
        return
    terms = {
        "ids": [id_ for id_, _, _ in verdicts], "states": [str(verdict.state) for _, verdict, _ in verdicts],
        "tries": [verdict.tries for _, verdict, _ in verdicts], "told": [one.contacts_told for _, one, _ in verdicts],
        "due": [verdict.due_at for _, verdict, _ in verdicts],
        "detail": [None if detail is None else Jsonb(detail) for _, _, detail in verdicts], "now": now,
    }  # fmt: skip
    conn.execute(STANDS, terms)


WAIT = "UPDATE check_in SET due_at = %s WHERE id = ANY (%b)"


def wait(conn: Conn, ids: Sequence[UUID], until: datetime | None) -> None:
    """Nothing is decided about these before `until`."""
    if ids:
        conn.execute(WAIT, (until, list(ids)))


ALERTED = "UPDATE check_in SET alert_id = %s WHERE id = %s"


def alerted(conn: Conn, check_in_id: UUID, alert_id: UUID) -> None:
    """This alert stands for it."""
    conn.execute(ALERTED, (alert_id, check_in_id))


# Buttons are not waited for: whoever presses sees it at once. Ten minutes back is enough for a sweep of a few seconds.
PRESSED = """
    SELECT DISTINCT ON (c.id) c.id, e.time, e.device_id, d.place
      FROM event e
      JOIN device d ON d.id = e.device_id AND d.state = 'registered'
      JOIN binding b ON b.device_id = e.device_id AND b.valid_from <= e.time
                    AND (b.valid_to IS NULL OR b.valid_to > e.time)
      JOIN check_in c ON c.resident_id = b.resident_id AND c.settled_at IS NULL
                     AND c.opens_at <= e.time AND c.opens_at > e.time - interval '3 days'
     WHERE e.name = 'check_in' AND e.received_at > %(since)s AND e.received_at <= %(now)s AND c.due_at IS NOT NULL
     ORDER BY c.id, e.time
"""


def pressed(conn: Conn, since: datetime, now: datetime) -> dict[UUID, dict[str, Any]]:
    """The open check-ins that a button which was heard since then meets, each with its evidence."""
    rows = conn.execute(PRESSED, {"since": since, "now": now})
    return {
        id_: {"by": "check_in", "time": time.isoformat(), "device_id": device, "place": place}
        for id_, time, device, place in rows
    }


JUDGE_NOW = """
    UPDATE check_in SET due_at = %(now)s
     WHERE resident_id = %(resident)s AND settled_at IS NULL AND due_at > %(now)s AND opens_at <= %(at)s
"""


def judge_now(conn: Conn, resident_id: UUID, at: datetime, now: datetime) -> int:
    """Something has become known about this time: the check-ins that were open then are judged at once; how many."""
    return conn.execute(JUDGE_NOW, {"resident": resident_id, "at": at, "now": now}).rowcount


OPEN_OF = """
    SELECT id FROM check_in
     WHERE resident_id = %(resident)s AND settled_at IS NULL AND opens_at <= %(at)s AND due_at IS NOT NULL
"""


def open_of(conn: Conn, resident_id: UUID, at: datetime) -> list[UUID]:
    """The check-ins of this resident that were open at this time and still are."""
    return [row[0] for row in conn.execute(OPEN_OF, {"resident": resident_id, "at": at})]


HEARD = "SELECT min(through) FROM watermark WHERE lane <> 'status'"


def heard_through(conn: Conn) -> datetime | None:
    """Everything received before this is stored; None where no lane has begun."""
    row = conn.execute(HEARD).fetchone()
    return row[0] if row else None

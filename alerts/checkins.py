"""Check-ins as the engine works them off: signs of life close them, and each silent step asks the next person."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from alerts.opening import clear_alert, raise_alert
from care.checkins import (
    GIVE_UP,
    HELD_FOR,
    LOOK_AGAIN,
    OUTAGE_HELD_FOR,
    Ask,
    Patience,
    State,
    Verdict,
    Waiting,
    judge,
)
from care.coverage import trouble
from care.in_force import InForce
from care.notices import Purpose
from care.rules import RULES
from records.database import Conn
from records.equipment import coverage
from records.judging import holding, limits
from records.judging.alerts import Opening
from records.living import life
from records.living.life import Asked
from records.rounds import checkin_notices, checkin_plans, checkins, confirmations, visiting
from records.rounds.checkin_notices import Circle
from records.rounds.checkins import Claimed, Settled

RULE = RULES["missed_check_in"]

_AT_ONCE = 1_000
_MOST = 20_000
_MOST_ALERTS = 200
"""In one transaction: opening one holds up every other opening until the commit."""
_HEARD_LATELY = timedelta(minutes=10)


def plan_ahead(conn: Conn, now: datetime) -> int:
    """Make the rows of what is expected in the next day and a half."""
    return checkin_plans.plan_ahead(conn, now)


def buttons(conn: Conn, now: datetime) -> int:
    """Meet the check-ins whose button was heard lately: whoever presses sees it at once."""
    return meet(conn, checkins.pressed(conn, now - _HEARD_LATELY, now), now)


def meet(conn: Conn, by: dict[UUID, dict[str, Any]], now: datetime, account_id: UUID | None = None) -> int:
    """These are met, each by its evidence; whoever was asked to look is told, and the alert's condition is gone."""
    met = checkins.done(conn, by, now, account_id)
    checkin_notices.all_is_well(conn, [one.id for one in met], now)
    for one in met:
        if one.alert_id is not None:
            clear_alert(conn, f"resident:{one.resident_id}", RULE.id, now, f"{by[one.id]['by']}: a sign of life")
    return len(met)


def sweep(conn: Conn, now: datetime) -> int:
    """Judge every check-in that is due; returns how many judgements there were."""
    judged = alerts = 0
    heard = checkins.heard_through(conn)
    while judged < _MOST and (claimed := checkins.claim(conn, now, _AT_ONCE)):
        judged += len(claimed)
        alerts += _judge(conn, claimed, heard, now, _MOST_ALERTS - alerts)
    return judged


def _judge(conn: Conn, claimed: Sequence[Claimed], heard: datetime | None, now: datetime, alerts_left: int) -> int:
    """Judge these; returns how many alerts were opened, which are `alerts_left` at most: the others wait a second."""
    over = [one.id for one in claimed if one.alert_closed]
    checkins.wait(conn, over, None)
    asked = [Asked(one.id, one.resident_id, one.opens_at, now) for one in claimed]
    alive = {key: sign.evidence() for key, sign in life.signs(conn, asked).items()} | visiting.within(conn, asked)
    alive |= confirmations.within(conn, asked)
    meet(conn, alive, now)
    waiting = [one for one in claimed if one.id not in alive and not one.alert_closed]
    limits_of = limits.for_each(conn, RULE.id, [one.resident_id for one in waiting]) if waiting else {}
    forces = {one.id: limits_of[one.resident_id] for one in waiting}
    waiting = _without_excused(conn, waiting, forces, now)
    late = [one for one in waiting if _held(one, heard, now)]
    checkins.wait(conn, [one.id for one in late], now + timedelta(minutes=1))
    waiting = _without_held(conn, [one for one in waiting if one not in late], now)
    verdicts: list[tuple[UUID, Verdict, dict[str, Any] | None]] = []
    opened, later = 0, []
    for one in waiting:
        circle = checkin_notices.circle(conn, one.resident_id) if one.state is not State.DUE else Circle(None, ())
        force = forces[one.id]
        patience = Patience.of(force.values, one.grace)
        verdict = judge(
            Waiting(one.state, one.closes_at, one.tries, one.contacts_told), patience,
            reachable=circle.own is not None, contacts=len(circle.others), now=now,
        )  # fmt: skip
        if verdict.ask is Ask.CENTRE and opened >= alerts_left:
            later.append(one.id)
            continue
        opened += verdict.ask is Ask.CENTRE
        limit = {"version": force.version, "where": force.where, "values": dict(force.values)}
        _ask(conn, one, verdict, circle, limit, now)
        moved = verdict.state is not one.state or verdict.ask is not None
        verdicts.append((one.id, verdict, {"ask": verdict.ask} if moved else None))
    checkins.wait(conn, later, now + timedelta(seconds=1))
    checkins.stand(conn, verdicts, now)
    return opened


def _held(one: Claimed, heard: datetime | None, now: datetime) -> bool:
    """Whether what was said in its window may still be on its way: silence is not judged against the clock alone."""
    return heard is not None and heard < one.closes_at and now < one.closes_at + HELD_FOR


def _without_held(conn: Conn, waiting: Sequence[Claimed], now: datetime) -> list[Claimed]:
    """Who has not checked in behind an outage could not: nobody is asked before it is over, or has lasted half a day,
    unless a device of theirs that it did not take is heard.
    """
    asking = [one for one in waiting if one.state is not State.MISSED]
    holds = holding.holds(conn, list({one.resident_id for one in asking}), now)
    watchers = coverage.watchers(conn, list(holds), now) if holds else {}
    held = [
        one for one in asking
        if (hold := holds.get(one.resident_id))
        and now < one.closes_at + (HELD_FOR if hold.why == "platform" else OUTAGE_HELD_FOR)
        and not any(hold.proves(watcher.last_seen) for watcher in watchers[one.resident_id] if not trouble(watcher))
    ]  # fmt: skip
    holding.keep(conn, RULE, {one.resident_id for one in held}, now)
    checkins.wait(conn, [one.id for one in held], now + LOOK_AGAIN)
    return [one for one in waiting if one not in held]


def judge_again(conn: Conn, resident_id: UUID, now: datetime) -> None:
    """Nothing holds this resident any more: their check-ins are judged from what has come since."""
    _judge(conn, checkins.claim_of(conn, resident_id, now), checkins.heard_through(conn), now, _MOST_ALERTS)


def _without_excused(
    conn: Conn, waiting: Sequence[Claimed], forces: Mapping[UUID, InForce], now: datetime
) -> list[Claimed]:
    why = {one.id: f"holiday: {one.holiday}" for one in waiting if one.holiday is not None}
    why |= {one.id: f"absence: {one.absence}" for one in waiting if one.absence is not None}
    why |= {one.id: f"paused: {one.paused}" for one in waiting if one.paused is not None}
    why |= {one.id: "the rule is switched off" for one in waiting if not forces[one.id].enabled}
    _excuse(conn, checkins.excused(conn, why, now), why, now)
    return [one for one in waiting if one.id not in why]


def _excuse(conn: Conn, settled: Sequence[Settled], why: dict[UUID, str], now: datetime) -> None:
    for one in settled:
        if one.alert_id is not None:
            clear_alert(conn, f"resident:{one.resident_id}", RULE.id, now, why[one.id])


def _ask(conn: Conn, one: Claimed, verdict: Verdict, circle: Circle, limit: dict[str, Any], now: datetime) -> None:
    """Ask whom the verdict says."""
    if verdict.ask is Ask.RESIDENT and circle.own is not None:
        checkin_notices.ask(conn, one.id, Purpose.CHECK_IN, verdict.tries, circle.own, now)
    elif verdict.ask is Ask.CONTACT:
        contact = circle.others[verdict.contacts_told - 1]
        checkin_notices.ask(conn, one.id, Purpose.LOOK_IN, verdict.contacts_told, contact, now)
    elif verdict.ask is Ask.CENTRE:
        opening = Opening(
            RULE, f"resident:{one.resident_id}", one.resident_id, None, one.closes_at, now,
            {
                "check_in": str(one.id), "opens_at": one.opens_at.isoformat(), "closes_at": one.closes_at.isoformat(),
                "tries": verdict.tries, "contacts_told": verdict.contacts_told, "limit": limit,
                "sources": life.sources(conn, one.resident_id, now), "watched_until": (now + GIVE_UP).isoformat(),
            },
        )  # fmt: skip
        checkins.alerted(conn, one.id, raise_alert(conn, opening).id)

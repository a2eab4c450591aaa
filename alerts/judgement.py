"""What a signal means: an alert to open, or nothing. Pure: the stored window and the clock come as arguments."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from care.events import AlertClass
from care.in_force import DEFAULT
from care.limits import Limit, Sample, sustained
from care.rules import DEVICE_EVENTS, RULES, VITAL_RULES, Priority, Rule
from care.timing import Timeliness, timeliness
from records.judging.alerts import Opening
from records.judging.signals import Signal

STILL_GOING_ON = timedelta(minutes=15)
"""A vital sign that breaks its limit again within this time has never come back: one occurrence, not many. Three times
the five minutes between two readings of a usual wearable (an assumption): else a fever rings anew with each of them."""

_VITAL = {rule.id for rule in VITAL_RULES.values()}


def is_canary(signal: Signal) -> bool:
    """Whether this is the platform's own proof of life; ingest says so of no other vendor's device."""
    return signal.evidence.get("canary") is True and _is_uuid(signal.evidence["id"])


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def is_vital(signal: Signal) -> bool:
    """Whether this signal has to be confirmed on the stored window."""
    return signal.rule in _VITAL


def limit_of(signal: Signal) -> Limit:
    """The limit that was in force when the reading was screened."""
    return limit_in(signal.evidence)


def limit_in(evidence: Mapping[str, Any]) -> Limit:
    """The limit that a signal or an alert says was in force."""
    return Limit(
        evidence["metric"],
        evidence["low"],
        evidence["high"],
        timedelta(seconds=evidence["lasting"]),
        evidence.get("version", 1),
        evidence.get("where", DEFAULT),
    )


def in_order(waiting: Sequence[Signal]) -> list[Signal]:
    """Alert by alert, as every worker takes them, so that no two wait for one another; those of one as they came."""
    return sorted(waiting, key=_alert_of)


def _alert_of(signal: Signal) -> tuple[str, str]:
    if signal.rule in DEVICE_EVENTS:
        return f"device:{signal.device_id}", signal.rule.replace("power_back", "power_lost")
    return _subject(signal, _rule_of(signal)), signal.rule


def judge_event(signal: Signal, now: datetime) -> Opening:
    """A fall, an SOS, smoke…: rings at once."""
    drill = signal.evidence.get("drill") is True
    return _opening(signal, now, signal.evidence, drill=drill)


def judge_vital(signal: Signal, window: Sequence[Sample], now: datetime) -> Opening | None:
    """Rings where every stored reading of the last minute is beyond the limit."""
    readings = sustained(window, limit_of(signal), signal.time)
    if not readings:
        return None
    because = [[sample.time.isoformat(), sample.value] for sample in readings]
    return _opening(signal, now, signal.evidence | {"readings": because}, drill=False)


def not_judged(signal: Signal, now: datetime) -> Opening:
    """What could not be judged rings as if it were so; the alert says that nobody has confirmed it."""
    drill = signal.evidence.get("drill") is True
    return _opening(signal, now, signal.evidence | {"not_judged": True}, drill=drill)


def _opening(signal: Signal, now: datetime, evidence: dict[str, object], *, drill: bool) -> Opening:
    rule = _rule_of(signal)
    version = signal.evidence.get("version")
    if isinstance(version, int):
        rule = replace(rule, version=version)
    return Opening(
        rule=rule,
        subject=("drill:" if drill else "") + _subject(signal, rule),
        resident_id=signal.resident_id,
        device_id=signal.device_id,
        happened_at=signal.time,
        now=now,
        evidence=evidence,
        signal_id=signal.id,
        drill=drill,
        delayed=timeliness(signal.time, signal.received_at) is not Timeliness.LIVE,
        unclaimed=signal.resident_id is None,
    )


def _rule_of(signal: Signal) -> Rule:
    # A signal of a rule that this release does not know was written by another one: better too loud than silent.
    return RULES.get(signal.rule) or Rule(signal.rule, AlertClass.PERSONAL, Priority.HIGH, latched=True)


def _subject(signal: Signal, rule: Rule) -> str:
    """Whom or what it is about: a person, a home, or a device that nobody has claimed. A drill never hides a fall."""
    if rule.alert_class is AlertClass.ENVIRONMENTAL and signal.home_id is not None:
        return f"home:{signal.home_id}"
    if signal.resident_id is not None:
        return f"resident:{signal.resident_id}"
    return f"device:{signal.device_id}"

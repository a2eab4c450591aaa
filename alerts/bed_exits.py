"""A bed that says itself that somebody has not come back: it rings in that person's night, and nobody by day."""

from dataclasses import replace
from datetime import datetime, timedelta

from alerts.judgement import judge_event
from alerts.opening import raise_alert
from care.nights import Night
from care.notices import LOCAL
from care.pack.silence import LEFT_BED
from records.database import Conn
from records.judging import limits, signals
from records.judging.signals import Signal
from records.living import home_watch
from records.living.home_watch import Sense
from records.rounds import absences

_GOES_ON = timedelta(hours=1)
"""Said again within this time, or seen in the bed's readings before, it is the same night's walk."""


def judge_left_bed(conn: Conn, signal: Signal, now: datetime) -> bool:
    """Open the alert where the person's own limits let it ring; returns whether they do."""
    opening = judge_event(signal, now)
    if signal.resident_id is not None and not opening.drill:
        force = limits.in_force(conn, LEFT_BED.id, signal.resident_id)
        night = Night.of(force.word("night_from"), force.word("night_to"), LOCAL)
        if not force.enabled or night.around(signal.time) is None or _back_or_away(conn, signal, now):
            return False
        opening = replace(
            opening,
            rule=replace(LEFT_BED, version=force.version),
            evidence=signal.evidence | {"limit": dict(force.values), "version": force.version, "where": force.where},
        )
        home_watch.rang(conn, signal.resident_id, Sense.BED, LEFT_BED.id, now)
    raise_alert(conn, opening, gap=_GOES_ON)
    return True


def _back_or_away(conn: Conn, signal: Signal, now: datetime) -> bool:
    """Whether the bed has somebody in it since, or its owner is known to be elsewhere."""
    said = signals.window(conn, signal.device_id, "in_bed", signal.time + timedelta(microseconds=1), now)
    away = signal.resident_id is not None and absences.current(conn, signal.resident_id, signal.time) is not None
    return away or bool(said and said[-1].value == 1)

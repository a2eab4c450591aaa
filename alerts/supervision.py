"""The sweep over the devices: who is lost, back or low on battery, and how well that leaves people covered."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.opening import clear_alert, raise_unless_off
from care import supervision
from care.devices import SILENT_AFTER, DeviceKind, silence_limit, silent_after
from care.rules import RULES, Rule
from care.supervision import ALONE_AFTER, BACK_FOR, Condition, Heard, Verdict
from records.database import Conn
from records.equipment import complaints, coverage, moved, outages, released, watch, works
from records.equipment.complaints import Telling
from records.equipment.watch import Noted, Watched
from records.judging import limits, signals
from records.judging.alerts import Opening
from records.judging.limits import LimitBook
from records.judging.signals import Signal
from records.living import silence
from records.rounds import visits

SWEEP_EVERY = timedelta(seconds=10)

BLIND_FOR = timedelta(hours=24)
"""Of whom nothing is known for so long, somebody is asked to go there (an assumption), within another day."""

MENDED_AFTER = timedelta(hours=1)
"""A device that is heard and has not repeated its complaint for so long is well again (an assumption)."""

SILENT = "device_silent"
_PASSING = ("sensor_fault", "tamper")
_OF_A_DEVICE = (SILENT, "low_battery", "power_lost", "device_stuck", *_PASSING)


def sweep(conn: Conn, now: datetime) -> int:
    """Look at the devices that are due; returns how many that were. Without a lane that listens nobody is judged."""
    through = watch.heard_through(conn)
    if through is None:
        return 0
    as_of = min(now, through)
    gaps = watch.gaps(conn, now)
    due, book = watch.due(conn, as_of), limits.load(conn, [SILENT])
    quiet_for = {device.device_id: _quiet_for(book, device) for device in due}
    watch.limited(conn, {one.device_id: new for one in due if (new := quiet_for[one.device_id]) != one.quiet_for})
    notes, well = [], []
    for device in due:
        verdict = supervision.judge(
            Heard(
                silent_after(DeviceKind(device.kind), device.interval, quiet_for[device.device_id]),
                device.last_seen,
                device.online,
                device.status_time,
            ),
            as_of,
            gaps,
        )
        if verdict.condition is Condition.WELL and device.condition == "well" and verdict.due_at is not None:
            well.append((device.device_id, verdict.due_at))
        else:
            notes.append(_noted(device, verdict, now))
    watch.still_well(conn, well)
    watch.note(conn, notes, now)
    for device_id in moved.moved(conn, now):
        for rule_id in _OF_A_DEVICE:
            clear_alert(conn, f"device:{device_id}", rule_id, now, "it is out of use, or in other hands")
    changed = [note.device_id for note in notes if note.changed]
    begun, ended = works.begun_or_ended(conn, now)
    turned = begun + ended
    for device_id, rule in [*complaints.put_aside(conn, begun, now), *((one, "power_lost") for one in begun)]:
        clear_alert(conn, f"device:{device_id}", rule, now, "somebody works on it")
    if turned or any(note.changed and note.condition.lost for note in notes):
        outages.fold(conn, now)
    changed += _tell(conn, book, now) + turned
    residents = coverage.affected(conn, changed)
    if residents:
        coverage.look(conn, residents, now)
        silence.begin(conn, now, residents)  # who has got their first device
    released.release(conn, now, as_of)
    _send_somebody(conn, now)
    return len(due)


def _quiet_for(book: LimitBook, device: Watched) -> timedelta | None:
    """By the limits in force for whom it watches over; None where these are the defaults."""
    kind = DeviceKind(device.kind)
    force = book.of(SILENT, device.resident_id, device.area_id)
    limit = timedelta(seconds=force.number(silence_limit(kind)))
    return None if limit == SILENT_AFTER[kind] else limit


def _noted(device: Watched, verdict: Verdict, now: datetime) -> Noted:
    changed = device.condition != verdict.condition
    if not verdict.condition.lost:
        back = now if changed and Condition(device.condition).lost and device.told else device.back_at
        return Noted(device.device_id, verdict.condition, verdict.due_at, changed, None, None, back)
    newly = not Condition(device.condition).lost
    # One that is lost again while it was not yet back for good goes on with the alert that it has.
    tell_at = now + ALONE_AFTER if newly and not device.told else None
    return Noted(device.device_id, verdict.condition, None, changed, device.last_seen, tell_at, None)


def _tell(conn: Conn, book: LimitBook, now: datetime) -> list[int]:
    """Open and clear the alerts of single devices and of outages; returns the devices that people hear of."""
    lost = complaints.losses_to_tell(conn, now)
    for device in lost:
        force = book.of(SILENT, device.resident_id, device.area_id)
        because = {
            "condition": device.condition, "limit": dict(force.values), "version": force.version, "where": force.where,
        }  # fmt: skip
        raise_unless_off(conn, _opening(replace(RULES[SILENT], version=force.version), device, now, because))
    complaints.told(conn, [device.device_id for device in lost])
    low = complaints.newly_low(conn, now)
    for device in low:
        opening = _opening(RULES["low_battery"], device, now, {"battery": device.battery, "unit": "%"})
        raise_unless_off(conn, opening)
    charged = complaints.charged(conn)
    mended = complaints.faults_over(conn, _PASSING, now - MENDED_AFTER)
    _clear(conn, SILENT, complaints.back_for_good(conn, now - BACK_FOR), now, "it speaks again")
    _clear(conn, "low_battery", charged, now, "it has a new battery")
    for device_id, fault in mended:
        clear_alert(conn, f"device:{device_id}", fault, now, "it speaks and has not repeated it")
    for outage in outages.to_tell(conn, now):
        raise_unless_off(conn, outage)
    for over in outages.over(conn, now):
        clear_alert(conn, over.subject, over.rule_id, now, over.why)
    for device_id in outages.folded_singles(conn):
        clear_alert(conn, f"device:{device_id}", SILENT, now, "it is part of a larger outage")
    return [device.device_id for device in low] + charged + [device_id for device_id, _ in mended]


def _opening(rule: Rule, device: Telling, now: datetime, evidence: Mapping[str, object]) -> Opening:
    return Opening(
        rule=rule,
        subject=f"device:{device.device_id}",
        resident_id=device.resident_id,
        device_id=device.device_id,
        home_id=device.home_id,
        happened_at=device.heard_at or now,
        now=now,
        evidence={**evidence, "kind": device.kind, "last_heard": device.heard_at and device.heard_at.isoformat()},
    )


def _clear(conn: Conn, rule_id: str, devices: Iterable[int], now: datetime, why: str) -> None:
    for device_id in devices:
        clear_alert(conn, f"device:{device_id}", rule_id, now, why)


def _send_somebody(conn: Conn, now: datetime) -> None:
    """A resident of whom nothing has been known for a day is visited."""
    for resident in coverage.blind_since(conn, now - BLIND_FOR, now):
        visits.ask_for_visit(conn, resident, "blind", now + timedelta(days=1), now)
    for resident in coverage.no_longer_blind(conn):
        visits.no_longer_needed(conn, resident, "blind", now)


def judge_technical(conn: Conn, signal: Signal, now: datetime) -> None:
    """What a device says of itself: its alert opens or, where it says that all is well again, clears."""
    drill = signal.evidence.get("drill") is True
    subject = f"{'drill:' if drill else ''}device:{signal.device_id}"  # a drill hides nothing, and ends nothing
    if signal.rule == "power_back":
        clear_alert(conn, subject, "power_lost", now, "it has power again")
        return
    if signal.rule == "power_lost" and signals.said_since(
        conn, signal.device_id, "power_back", signal.time, drill=drill
    ):
        return  # it came after the word that it is over
    if signal.rule in _PASSING and not drill:
        complaints.faulty(conn, signal.device_id, signal.rule, signal.time)
    if works.in_maintenance(conn, signal.device_id, now):
        return
    raise_unless_off(
        conn,
        Opening(
            RULES[signal.rule], subject, signal.resident_id, signal.device_id, signal.time, now, signal.evidence,
            signal_id=signal.id, drill=drill,
        ),
    )  # fmt: skip

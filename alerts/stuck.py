"""Sensors that repeat themselves: what they tell is no sign of how somebody is; it is said, and counts for nobody."""

from collections.abc import Sequence
from datetime import datetime

from alerts.opening import clear_alert, raise_unless_off
from care.rules import RULES
from care.stuck import Stuck, stuck
from records.database import Conn
from records.equipment import complaints, coverage, works
from records.equipment import stuck as records
from records.equipment.stuck import Known
from records.judging.alerts import Opening

RULE = RULES["device_stuck"]


def look(conn: Conn, now: datetime) -> int:
    """Say which sensors are stuck, and of which it is over; returns how many that were."""
    return _judge(conn, records.suspects(conn, now), now)


def look_longer(conn: Conn, now: datetime) -> int:
    """The same of those that speak less than hourly, and of those that are stuck at zero."""
    return _judge(conn, records.seldom_or_zero(conn, now), now)


def _judge(conn: Conn, suspects: Sequence[tuple[int, str]], now: datetime) -> int:
    said = records.open_ones(conn)
    over = [device for device, metric in said if _found(conn, device, metric, now) is None]
    for device in over:
        clear_alert(conn, f"device:{device}", RULE.id, now, "it tells different values again")
    records.freed(conn, over)
    already = {device for device, _ in said}
    new: dict[int, tuple[str, Stuck]] = {}
    for device, metric in suspects:
        found = None if device in already or device in new else _found(conn, device, metric, now)
        if found is not None and not works.in_maintenance(conn, device, now):
            new[device] = metric, found
    for device, whose in records.known(conn, list(new)).items():
        raise_unless_off(conn, _opening(whose, *new[device], now))
        complaints.faulty(conn, device, RULE.id, now)
    residents = coverage.affected(conn, [*over, *new])
    if residents:
        coverage.look(conn, residents, now)
    return len(over) + len(new)


def _found(conn: Conn, device: int, metric: str, now: datetime) -> Stuck | None:
    return stuck(records.hours(conn, device, metric, now), metric)


def _opening(whose: Known, metric: str, found: Stuck, now: datetime) -> Opening:
    return Opening(
        rule=RULE,
        subject=f"device:{whose.device_id}",
        resident_id=whose.resident_id,
        device_id=whose.device_id,
        home_id=whose.home_id,
        happened_at=found.since,
        now=now,
        evidence={
            "kind": whose.kind, "metric": metric, "value": found.value, "since": found.since.isoformat(),
            "hours": found.hours, "longest_before": found.longest_before,
        },
    )  # fmt: skip

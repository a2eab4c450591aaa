"""Somebody's NEWS2 from the stored readings of the devices that measure them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from care.devices import DeviceKind
from care.in_force import InForce
from care.news2 import MEASURED, Parameter, Reading
from care.scoring import Scored, scored
from records.database import Conn
from records.judging import limits
from records.living.home_devices import Bound, bound
from records.living.home_watch import Sense

VITALS = """
    SELECT wanted.number, o.time, respiration_rate::float8, spo2::float8, systolic::float8, heart_rate::float8,
           body_temperature::float8
      FROM unnest(%(devices)b::integer[], %(since)b::timestamptz[]) WITH ORDINALITY AS wanted (device_id, since, number)
      JOIN observation o ON o.device_id = wanted.device_id AND o.time > wanted.since AND o.time <= %(at)s
     WHERE num_nonnulls(respiration_rate, spo2, systolic, heart_rate, body_temperature) > 0
       AND (%(known_at)s::timestamptz IS NULL OR received_at <= %(known_at)s)
     ORDER BY wanted.number, o.time
"""

Measuring = tuple[Sequence[Bound], InForce]
"""The devices that measure somebody, and the limits in force of the rule news2."""


def readings(
    conn: Conn, whom: Sequence[Measuring], at: datetime, known_at: datetime | None = None
) -> list[list[Reading]]:
    """For each of these, what their devices measured that may still stand at `at`, as far as known at `known_at`."""
    wanted = [(number, device, force) for number, (devices, force) in enumerate(whom) for device in devices]
    found: list[list[Reading]] = [[] for _ in whom]
    if not wanted:
        return found
    terms = {
        "devices": [device.device_id for _, device, _ in wanted], "at": at, "known_at": known_at,
        "since": [max(at - _lookback(device, force), device.since) for _, device, force in wanted],
    }  # fmt: skip
    for place, time, *values in conn.execute(VITALS, terms):
        number, device, _ = wanted[place - 1]
        found[number] += (
            Reading(Parameter(name), time, float(f"{value:.7g}"), device.kind)
            for name, value in zip(MEASURED, values, strict=True)
            if value is not None
        )
    return found


def _lookback(device: Bound, force: InForce) -> timedelta:
    return timedelta(seconds=force.number("spot" if device.kind == DeviceKind.VITALS else "fresh"))


def score_now(conn: Conn, resident_id: UUID, now: datetime) -> Scored:
    """This resident's score at this time, by the limits in force for them."""
    force = limits.in_force(conn, "news2", resident_id)
    (devices,) = bound(conn, [(resident_id, Sense.VITALS)], now)
    return scored(readings(conn, [(devices, force)], now)[0], force, now)

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
from records.living.home_watch import Bound, Sense, bound

VITALS = """
    SELECT time, respiration_rate::float8, spo2::float8, systolic::float8, heart_rate::float8, body_temperature::float8
      FROM observation
     WHERE device_id = %(device)s AND time > %(since)s AND time <= %(at)s
       AND num_nonnulls(respiration_rate, spo2, systolic, heart_rate, body_temperature) > 0
       AND (%(known_at)s::timestamptz IS NULL OR received_at <= %(known_at)s)
     ORDER BY time
"""


def readings(
    conn: Conn, devices: Sequence[Bound], force: InForce, at: datetime, known_at: datetime | None = None
) -> list[Reading]:
    """What these devices measured that may still stand at `at`, as far as it was known at `known_at`.

    `force`: the limits in force of the rule news2.
    """
    return [reading for device in devices for reading in _of(conn, device, _lookback(device, force), at, known_at)]


def _lookback(device: Bound, force: InForce) -> timedelta:
    return timedelta(seconds=force.number("spot" if device.kind == DeviceKind.VITALS else "fresh"))


def _of(conn: Conn, device: Bound, lookback: timedelta, at: datetime, known_at: datetime | None) -> list[Reading]:
    terms = {"device": device.device_id, "since": max(at - lookback, device.since), "at": at, "known_at": known_at}
    return [
        Reading(Parameter(name), row[0], float(f"{value:.7g}"), device.kind)
        for row in conn.execute(VITALS, terms)
        for name, value in zip(MEASURED, row[1:], strict=True)
        if value is not None
    ]


def score_now(conn: Conn, resident_id: UUID, now: datetime) -> Scored:
    """This resident's score at this time, by the limits in force for them."""
    force = limits.in_force(conn, "news2", resident_id)
    return scored(readings(conn, bound(conn, resident_id, Sense.VITALS, now), force, now), force, now)

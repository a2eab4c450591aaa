"""Whose home is looked at next, and what its devices have said: for the rules of water, doors, bed, warmth, NEWS2."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from psycopg import sql
from psycopg.rows import class_row

from care.devices import SILENT_AFTER, DeviceKind
from care.limits import Sample
from care.watching import Source
from records.database import Conn


class Sense(StrEnum):
    """What is looked at together."""

    BED = "bed"
    DOOR = "door"
    WATER = "water"
    ROOM = "room"
    VITALS = "vitals"


@dataclass(frozen=True, slots=True)
class Due:
    """A home whose time has come; `raised`: the rules that ring there already."""

    resident_id: UUID
    home_id: UUID
    area_id: int
    sense: str
    raised: list[str]


CLAIM = """
    SELECT w.resident_id, h.id AS home_id, h.area_id, w.sense, w.raised
      FROM home_watch w
      JOIN resident r ON r.id = w.resident_id
      JOIN home h ON h.id = r.home_id
     WHERE w.due_at <= %(until)s
     ORDER BY w.due_at LIMIT %(limit)s FOR UPDATE OF w SKIP LOCKED
"""


def claim(conn: Conn, until: datetime, limit: int) -> list[Due]:
    """The homes to be looked at as of `until`; ours alone until the transaction ends."""
    return conn.cursor(row_factory=class_row(Due)).execute(CLAIM, {"until": until, "limit": limit}).fetchall()


LOOKED = """
    UPDATE home_watch w
       SET due_at = looked.due_at, raised = coalesce(string_to_array(nullif(looked.raised, ''), ' '), '{}')
      FROM unnest(%(residents)s::uuid[], %(senses)s::text[], %(due)s::timestamptz[], %(raised)s::text[])
           AS looked (resident_id, sense, due_at, raised)
     WHERE w.resident_id = looked.resident_id AND w.sense = looked.sense
"""
NOTHING_THERE = "DELETE FROM home_watch WHERE resident_id = %s AND sense = %s"


@dataclass(frozen=True, slots=True)
class Looked:
    """A home was looked at: when it is next, and what rings there now."""

    due: Due
    again: datetime
    raised: Collection[str]


def looked(conn: Conn, looks: Sequence[Looked]) -> None:
    """Write down what was seen."""
    if looks:
        terms = {
            "residents": [one.due.resident_id for one in looks], "senses": [one.due.sense for one in looks],
            "due": [one.again for one in looks], "raised": [" ".join(sorted(one.raised)) for one in looks],
        }  # fmt: skip
        conn.execute(LOOKED, terms)


def no_longer(conn: Conn, due: Due) -> None:
    """No device of this sense watches there any more; with the next one it begins anew."""
    conn.execute(NOTHING_THERE, (due.resident_id, due.sense))


RANG = """
    UPDATE home_watch SET raised = array_append(raised, %(rule)s), due_at = least(due_at, %(now)s)
     WHERE resident_id = %(resident)s AND sense = %(sense)s AND NOT %(rule)s = ANY (raised)
"""


def rang(conn: Conn, resident_id: UUID, sense: Sense, rule_id: str, now: datetime) -> None:
    """A device has said itself what this rule looks for: its readings tell when that is over."""
    conn.execute(RANG, {"rule": rule_id, "resident": resident_id, "sense": sense, "now": now})


AT_ONCE = "UPDATE home_watch SET due_at = least(due_at, %s) WHERE resident_id = %s"


def look_at_once(conn: Conn, resident_id: UUID, now: datetime) -> None:
    """Whatever is watched of this resident is looked at by the next sweep."""
    conn.execute(AT_ONCE, (now, resident_id))


METRIC_OF = {Sense.BED: "in_bed", Sense.DOOR: "door_open", Sense.WATER: "water_used", Sense.ROOM: "temperature"}
KINDS_OF = {
    Sense.BED: (DeviceKind.BED,), Sense.DOOR: (DeviceKind.DOOR,), Sense.WATER: (DeviceKind.WATER_METER,),
    Sense.ROOM: (DeviceKind.CLIMATE,),
    Sense.VITALS: (DeviceKind.BED, DeviceKind.WEARABLE, DeviceKind.VITALS, DeviceKind.FALL_RADAR),
}  # fmt: skip


_ON_MAINS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Bound:
    """A device that watched over somebody at the time asked for."""

    device_id: int
    kind: str
    name: str
    place: str
    expected_interval: timedelta | None
    since: datetime

    @property
    def believed(self) -> timedelta:
        """How long a quiet of it may be in which nothing was missed.

        Three of its intervals, and three of the ten minutes that are usual on mains; on battery the 25 hours in which
        it gives a sign of life (Zigbee2MQTT's defaults).
        """
        allowed = SILENT_AFTER[DeviceKind(self.kind)]
        usual = self.expected_interval or (allowed if allowed <= _ON_MAINS else timedelta(0))
        return max(allowed, 3 * usual)


BOUND = """
    SELECT d.id AS device_id, d.kind, d.vendor || '/' || d.name AS name, d.place, d.expected_interval,
           b.valid_from AS since
      FROM binding b JOIN device d ON d.id = b.device_id AND d.state = 'registered'
     WHERE b.resident_id = %(resident)s AND d.kind = ANY (%(kinds)s)
       AND b.valid_from <= %(at)s AND (b.valid_to IS NULL OR b.valid_to > %(at)s)
     ORDER BY d.id
"""


def bound(conn: Conn, resident_id: UUID, sense: Sense, at: datetime) -> list[Bound]:
    """The devices of this sense that watched over this resident at that time."""
    terms = {"resident": resident_id, "kinds": list(KINDS_OF[sense]), "at": at}
    return conn.cursor(row_factory=class_row(Bound)).execute(BOUND, terms).fetchall()


# `known_at`: only what had been received by then, to judge again as it was judged.
SAMPLES = sql.SQL("""
    SELECT time, {metric}::float8 FROM observation
     WHERE device_id = %(device)s AND time > %(since)s AND time <= %(at)s AND {metric} IS NOT NULL
       AND (%(known_at)s::timestamptz IS NULL OR received_at <= %(known_at)s)
     ORDER BY time
""")
# Of a bed only what followed the last time that somebody lay in it.
SINCE_IN_BED = """
    SELECT time, in_bed::float8 FROM observation
     WHERE device_id = %(device)s AND time <= %(at)s AND in_bed IS NOT NULL
       AND (%(known_at)s::timestamptz IS NULL OR received_at <= %(known_at)s)
       AND time >= coalesce((SELECT max(time) FROM observation
                              WHERE device_id = %(device)s AND time > %(since)s AND time <= %(at)s AND in_bed = 1
                                AND (%(known_at)s::timestamptz IS NULL OR received_at <= %(known_at)s)), %(since)s)
     ORDER BY time
"""


def source(
    conn: Conn, device: Bound, sense: Sense, lookback: timedelta, at: datetime, known_at: datetime | None
) -> Source:
    """What this device said in the time `lookback` before `at`, as far as that was known at `known_at`."""
    terms = {
        "device": device.device_id, "since": max(at - lookback - device.believed, device.since), "at": at,
        "known_at": known_at,
    }  # fmt: skip
    if sense is Sense.BED:
        rows = conn.execute(SINCE_IN_BED, terms)
    else:
        rows = conn.execute(SAMPLES.format(metric=sql.Identifier(METRIC_OF[sense])), terms)
    samples = tuple(Sample(*row) for row in rows)
    return Source(device.device_id, device.kind, device.place, device.believed, samples)

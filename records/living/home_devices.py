"""What the devices of many homes have said at a time: for the rules of water, doors, bed, warmth and NEWS2."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg import sql

from care.devices import SILENT_AFTER, DeviceKind
from care.limits import Sample
from care.watching import Source
from records.database import Conn
from records.living.home_watch import Sense

METRIC_OF = {Sense.BED: "in_bed", Sense.DOOR: "door_open", Sense.WATER: "water_used", Sense.ROOM: "temperature"}
KINDS_OF = {
    Sense.BED: (DeviceKind.BED,), Sense.DOOR: (DeviceKind.DOOR,), Sense.WATER: (DeviceKind.WATER_METER,),
    Sense.ROOM: (DeviceKind.CLIMATE,),
    Sense.VITALS: (DeviceKind.BED, DeviceKind.WEARABLE, DeviceKind.VITALS, DeviceKind.FALL_RADAR),
}  # fmt: skip
_SHOWN = [(str(sense), str(kind)) for sense, kinds in KINDS_OF.items() for kind in kinds]

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
    SELECT home.number, d.id, d.kind, d.vendor || '/' || d.name, d.place, d.expected_interval, b.valid_from
      FROM unnest(%(residents)b::uuid[], %(senses)b::text[]) WITH ORDINALITY AS home (resident_id, sense, number)
      JOIN binding b ON b.resident_id = home.resident_id
                    AND b.valid_from <= %(at)s AND (b.valid_to IS NULL OR b.valid_to > %(at)s)
      JOIN device d ON d.id = b.device_id AND d.state = 'registered'
      JOIN unnest(%(shown)b::text[], %(kinds)b::text[]) AS shows (sense, kind)
        ON shows.sense = home.sense AND shows.kind = d.kind
     ORDER BY home.number, d.id
"""


def bound(conn: Conn, homes: Sequence[tuple[UUID, Sense]], at: datetime) -> list[list[Bound]]:
    """For each of these homes, the devices of that sense that watched over this resident at that time."""
    terms = {
        "residents": [resident for resident, _ in homes], "senses": [str(sense) for _, sense in homes], "at": at,
        "shown": [sense for sense, _ in _SHOWN], "kinds": [kind for _, kind in _SHOWN],
    }  # fmt: skip
    found: list[list[Bound]] = [[] for _ in homes]
    for number, *columns in conn.execute(BOUND, terms):
        found[number - 1].append(Bound(*columns))
    return found


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be read: the time `lookback` before; `alone`: it is the only one of its sense in its home."""

    device: Bound
    lookback: timedelta
    alone: bool

    def since(self, at: datetime) -> datetime:
        """From when on, and so much more that a gap before is seen."""
        return max(at - self.lookback - self.device.believed, self.device.since)


# `known_at`: only what had been received by then, to judge again as it was judged.
SAMPLES = sql.SQL("""
    SELECT wanted.number, o.time, o.value
      FROM unnest(%(devices)b::integer[], %(since)b::timestamptz[]) WITH ORDINALITY AS wanted (device_id, since, number)
     CROSS JOIN LATERAL (
           SELECT time, {metric}::float8 AS value FROM observation
            WHERE device_id = wanted.device_id AND time > wanted.since AND time <= %(at)s AND {metric} IS NOT NULL
              AND (%(known_at)s::timestamptz IS NULL OR received_at <= %(known_at)s)) AS o
     ORDER BY wanted.number, o.time
""")
# Of a bed only what followed the last time that somebody lay in it; of one alone in which nobody did, just that.
SINCE_IN_BED = """
    SELECT wanted.number, o.time, o.value
      FROM unnest(%(devices)b::integer[], %(since)b::timestamptz[], %(alone)b::boolean[])
           WITH ORDINALITY AS wanted (device_id, since, alone, number)
     CROSS JOIN LATERAL (
           SELECT max(time) AS at FROM observation
            WHERE device_id = wanted.device_id AND time > wanted.since AND time <= %(at)s AND in_bed = 1
              AND (%(known_at)s::timestamptz IS NULL OR received_at <= %(known_at)s)) AS lay
     CROSS JOIN LATERAL (
           SELECT time, in_bed::float8 AS value FROM observation
            WHERE device_id = wanted.device_id AND time <= %(at)s AND in_bed IS NOT NULL
              AND time >= coalesce(lay.at, wanted.since)
              AND (%(known_at)s::timestamptz IS NULL OR received_at <= %(known_at)s)
            ORDER BY time DESC LIMIT CASE WHEN lay.at IS NULL AND wanted.alone THEN 1 END) AS o
     ORDER BY wanted.number, o.time
"""


def sources(
    conn: Conn, sense: Sense, wanted: Sequence[Wanted], at: datetime, known_at: datetime | None = None
) -> list[Source]:
    """What each of these devices said up to `at`, as far as that was known at `known_at`."""
    if not wanted:
        return []
    terms = {
        "devices": [one.device.device_id for one in wanted], "since": [one.since(at) for one in wanted],
        "alone": [one.alone for one in wanted], "at": at, "known_at": known_at,
    }  # fmt: skip
    query = SINCE_IN_BED.encode() if sense is Sense.BED else SAMPLES.format(metric=sql.Identifier(METRIC_OF[sense]))
    samples: list[list[Sample]] = [[] for _ in wanted]
    for number, time, value in conn.execute(query, terms):
        samples[number - 1].append(Sample(time, value))
    return [
        Source(one.device.device_id, one.device.kind, one.device.place, one.device.believed, tuple(said))
        for one, said in zip(wanted, samples, strict=True)
    ]

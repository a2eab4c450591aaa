"""What a bed costs on disk for a day: four values every ten seconds."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from records.database import Conn, connect, transaction
from records.readings.observations import Observations, Row

BEDS = 20
_STEP = timedelta(seconds=10)
_STEPS = 8_640

SIZE = """
    SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'observation'::regclass
"""
TIMESCALE_SIZE = "SELECT hypertable_size('observation')"
COMPRESS = "SELECT count(compress_chunk(chunk)) FROM show_chunks('observation') AS chunk"
IS_TIMESCALE = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb')"


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes per bed and day; `columnstore` is None where there is none."""

    rows: float
    columnstore: float | None


def measure(database_url: str) -> Size:
    """Write a day of beds into this migrated, empty database and look."""
    with connect(database_url, autocommit=True) as conn:
        conn.execute(
            "INSERT INTO device (vendor, name, kind, state) SELECT 'size', 'bed-' || n, 'bed', 'registered'"
            " FROM generate_series(1, %s) n",
            (BEDS,),
        )
        ids = [row[0] for row in conn.execute("SELECT id FROM device WHERE vendor = 'size' ORDER BY id")]
        empty = _size(conn, TIMESCALE_SIZE if _timescale(conn) else SIZE)
        _write(conn, ids)
        conn.execute("CHECKPOINT")
        if not _timescale(conn):
            return Size((_size(conn, SIZE) - empty) / BEDS, None)
        rows = _size(conn, TIMESCALE_SIZE)
        conn.execute(COMPRESS)
        return Size((rows - empty) / BEDS, (_size(conn, TIMESCALE_SIZE) - empty) / BEDS)


def a_day(chance: random.Random) -> Iterator[dict[str, float]]:
    """A day of somebody who hardly leaves the care bed: a heart that wanders, breath, movement in bursts."""
    heart, breath = chance.uniform(58, 76), chance.uniform(13, 17)
    for step in range(_STEPS):
        heart += chance.gauss(0, 0.8) + (66 - heart) * 0.01
        breath += chance.gauss(0, 0.3) + (15 - breath) * 0.02
        yield {
            "heart_rate": round(heart),
            "respiration_rate": round(breath),
            "in_bed": int(step % 2_400 > 200),
            "movement": chance.randint(10, 80) if chance.random() < 0.04 else 0,
        }


def _write(conn: Conn, ids: list[int]) -> None:
    """As they arrive: all beds side by side, in batches of ten minutes."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=2)
    chance = random.Random(1)
    days = [list(a_day(chance)) for _ in ids]
    store = Observations()
    with transaction(conn):
        store.prepare(conn)
    for begin in range(0, _STEPS, 60):
        rows = [
            Row(device, midnight + _STEP * step + timedelta(milliseconds=137 * number % 10_000), days[number][step])
            for step in range(begin, begin + 60)
            for number, device in enumerate(ids)
        ]
        with transaction(conn):
            store.ensure_partitions(conn, rows)
        with transaction(conn):
            store.save(conn, rows, rows[-1].time)


def _size(conn: Conn, query: str) -> int:
    row = conn.execute(query.encode()).fetchone()
    return int(row[0] or 0) if row else 0


def _timescale(conn: Conn) -> bool:
    row = conn.execute(IS_TIMESCALE).fetchone()
    return bool(row and row[0])

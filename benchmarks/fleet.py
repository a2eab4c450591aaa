"""18,000 simulated beds that speak every ten seconds: what each part uses, how late readings and falls come."""

import os
import resource
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from benchmarks.falls import RADARS, Falls, Latencies
from benchmarks.rig import Rig
from simulators.fleet import Fleet, admitted, most_in_one_process

BEDS = int(os.environ.get("ANKANG_TEST_BENCH_FLEET", "18000"))
SECONDS = 60.0
STORED_AFTER = """
    SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY late),
           percentile_cont(0.99) WITHIN GROUP (ORDER BY late)
      FROM (SELECT extract(epoch FROM received_at - time)::float8 * 1000 AS late FROM observation) AS delays
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the fleet did, and what that took."""

    said: int
    stored: int
    p50: float
    p99: float
    """Milliseconds from what the bed's clock says until ingest had it in hand to store."""
    seconds: float
    cpu: dict[str, float]
    """CPU seconds for each second, by part; `the load` is the simulator itself."""
    falls: Latencies
    """From publishing a fall to the operator's page, one after the other while the beds speak."""


def measure(platform: Rig) -> Measured:
    """Have them all move in, connect, speak for a minute; wait until everything is stored."""
    beds = min(BEDS, most_in_one_process())
    fleet = Fleet(platform.broker.mqtt_url(), admitted(platform.database_url, beds))
    people, over = Falls(platform), threading.Event()
    looks: list[tuple[float, dict[str, float], float]] = []

    def say(line: str) -> None:
        print(f"  {line}", flush=True)
        own = resource.getrusage(resource.RUSAGE_SELF)
        looks.append((time.monotonic(), platform.cpu(), own.ru_utime + own.ru_stime))

    with ThreadPoolExecutor(1) as beside:

        def say_and_fall(line: str) -> None:
            if not looks:  # now all are connected
                falling.append(beside.submit(people.measure, RADARS, lambda: not over.is_set()))
            say(line)

        falling: list[Future[Latencies]] = []
        try:
            fleet.run(threading.Event(), say_and_fall, SECONDS)
        finally:
            over.set()
        falls = falling[0].result()
    (began, before, own_before), (ended, after, own_after) = looks[0], looks[-1]
    patience = time.monotonic() + 60
    while platform.stored_rows() < fleet.said and time.monotonic() < patience:
        time.sleep(0.5)
    with platform.database.transaction() as conn:
        row = conn.execute(STORED_AFTER).fetchone()
    assert row is not None
    lasted = ended - began
    cpu = {name: (after[name] - before.get(name, 0.0)) / lasted for name in after}
    cpu["the load"] = (own_after - own_before) / lasted
    return Measured(fleet.said, row[0], row[1], row[2], lasted, cpu, falls)

"""All deadlines of a city of 469,000 residents, one in a hundred due: how long four workers need, and what it costs."""

import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path

from alerts import stuck, supervision
from alerts.tasks import TASKS, Task, run_if_due
from benchmarks.deadlines import RESIDENTS, populate
from benchmarks.report import Report
from benchmarks.rig import cpu_seconds
from records import database
from records.database import Conn
from records.equipment import watch

WORKERS = 4
AIM = 1.0
"""Seconds, for all deadlines together."""


@dataclass(frozen=True, slots=True)
class Done:
    """What one worker did of one task, the seconds it took, and the seconds of CPU (the database's among them)."""

    task: str
    count: int
    seconds: float
    cpu: float


def measure(report: Report, where: str, database_url: str, _folder: Path) -> None:
    """Populate; then each worker does every task to the end, beside the others."""
    now = datetime.now(UTC)
    populate(report, database_url, now)
    report.doing(f"{WORKERS} workers sweep")
    taken, done = _sweep(database_url, now)
    for task in TASKS:
        mine = [one for one in done if one.task == task.name]
        note = f"{sum(one.count for one in mine):,} done, {sum(one.cpu for one in mine):.2f} s of CPU"
        report.below(f"{task.name} ({where})", max(one.seconds for one in mine) * 1000, "ms", note=note)
    cpu = f"{WORKERS} workers, {sum(one.cpu for one in done):.2f} s of CPU"
    report.below(f"all deadlines of {RESIDENTS:,}, 1 % due ({where})", taken, "s", AIM, cpu)
    report.doing("what happens seldom")
    with database.connect(database_url, autocommit=True) as conn:
        for name, work in _seldom(now).items():
            began, cpu_before = time.perf_counter(), _cpu(conn)
            with database.transaction(conn):
                work(conn)
            note = f"one worker, {_cpu(conn) - cpu_before:.2f} s of CPU"
            report.below(f"{name} ({where})", (time.perf_counter() - began) * 1000, "ms", note=note)


# A day and more of hours of every bed.
HOURS = """
    INSERT INTO observation_hour (device_id, bucket, readings, heart_rate_min, heart_rate_max, in_bed_on, movement_min,
                                  movement_max)
    SELECT id, date_bin('1 hour', %(now)s, 'epoch') - n * interval '1 hour', 360, 55, 70, 3000, 0, 30
      FROM device, generate_series(1, 28) AS n WHERE kind = 'bed'
"""
LIMITS = """
    INSERT INTO rule_setting (rule, version, values, changed_at, why)
    VALUES ('device_silent', 1000, '{"bed": 600}', %(now)s, 'a benchmark')
"""


def _seldom(now: datetime) -> dict[str, Callable[[Conn], object]]:
    """What no sweep does each time, at the city's size; in this order."""
    return {
        "hours of every bed are there": lambda conn: conn.execute(HOURS, {"now": now}),
        "stuck sensors among all beds": lambda conn: stuck.look(conn, now),
        "beds stuck at zero, or that speak seldom": lambda conn: stuck.look_longer(conn, now),
        "the whole city's limits of device_silent change": lambda conn: conn.execute(LIMITS, {"now": now}),
        f"a sweep of {watch.AT_ONCE:,} devices with new limits": lambda conn: supervision.sweep(conn, now),
    }


def _sweep(database_url: str, now: datetime) -> tuple[float, list[Done]]:
    """How long it took from when all were connected until the last worker had nothing left to do; and what each did."""
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Barrier(WORKERS)
    with spawn.Pool(WORKERS, _remember, (ready,)) as pool:
        found = pool.starmap(_work, [(database_url, now)] * WORKERS, chunksize=1)
    return max(ended for _, ended, _ in found) - min(began for began, _, _ in found), [
        one for _, _, done in found for one in done
    ]


_READY: list[Barrier] = []


def _remember(ready: Barrier) -> None:
    _READY.append(ready)


def _work(database_url: str, now: datetime) -> tuple[float, float, list[Done]]:
    with database.connect(database_url, autocommit=True) as conn:
        _READY[0].wait(120)
        began = time.time()
        done = [_to_the_end(conn, task, now) for task in TASKS]
        return began, time.time(), done


def _to_the_end(conn: Conn, task: Task, now: datetime) -> Done:
    began, cpu, count = time.perf_counter(), _cpu(conn), 0
    while True:
        with database.transaction(conn):
            some = run_if_due(conn, task, now)
        count += some
        if not some or not task.to_the_end:
            return Done(task.name, count, time.perf_counter() - began, _cpu(conn) - cpu)


def _cpu(conn: Conn) -> float:
    return time.process_time() + cpu_seconds(conn.info.backend_pid)

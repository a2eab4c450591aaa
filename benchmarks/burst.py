"""A thousand people fall at the same moment and four workers judge: when the last of them is on an operator's page."""

import json
import socket
import time
from contextlib import closing
from pathlib import Path

import orjson
from websockets.sync.client import ClientConnection

from benchmarks.falls import watch
from benchmarks.mqtt import connected, goodbye, publish_packet
from benchmarks.report import Report
from benchmarks.rig import Rig, cpu_seconds, rig
from care.devices import DeviceKind

FALLS, WORKERS = 1_000, 4
AIM = 10.0
"""Seconds until the last is on the page."""

BACKENDS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
STORED = """
    SELECT count(*), count(DISTINCT subject), max(occurrences), coalesce(sum(told_seat), 0)
      FROM (SELECT a.subject, a.occurrences,
                   (SELECT count(*) FROM alert_log l
                     WHERE l.alert_id = a.id AND l.kind IN ('told', 'nobody_on_duty') AND l.detail ->> 'whom' = 'seat'
                   ) AS told_seat
              FROM alert a WHERE a.rule = 'fall' AND NOT a.canary) AS each
"""


def measure(report: Report, where: str, database_url: str, folder: Path) -> None:
    """Everybody connects; then all fall, one straight after the other."""
    with rig(folder, database_url, workers=WORKERS) as platform:
        radars = platform.admit(FALLS, DeviceKind.FALL_RADAR, resident=True)
        lines = {name: connected(platform.broker.mqtt_url(), "acme", name, secret) for name, secret in radars.items()}
        with closing(watch(platform)) as page:
            page.recv(timeout=30)  # the snapshot
            used, began = _cpu(platform), time.perf_counter()
            published = _fall(lines) - began
            arrived = sorted(moment - began for moment in _opened(page).values())
            used = _cpu(platform) - used
        for line in lines.values():
            goodbye(line)
        _none_lost_or_doubled(platform)
    note = f"{FALLS:,} said within {published:.1f} s; {WORKERS} workers; {used:.1f} s of CPU, the database's among them"
    report.below(f"a burst of {FALLS:,}: half of them on the board ({where})", arrived[FALLS // 2], "s")
    report.below(f"a burst of {FALLS:,}: all on the board ({where})", arrived[-1], "s", AIM, note)


def _cpu(platform: Rig) -> float:
    """Seconds of the platform's parts and of the database's connections."""
    with platform.database.transaction() as conn:
        backends = conn.execute(BACKENDS).fetchall()
    return sum(platform.cpu().values()) + sum(cpu_seconds(pid) for (pid,) in backends)


def _fall(lines: dict[str, socket.socket]) -> float:
    body = orjson.dumps({"id": "fall-1", "time": int(time.time() * 1000), "event": "fall"})
    for name, line in lines.items():
        line.sendall(publish_packet(f"care/v1/acme/{name}/event", body, 1))
    return time.perf_counter()


def _opened(page: ClientConnection) -> dict[str, float]:
    """When each alert came to the page; RuntimeError for one that is opened twice."""
    moments: dict[str, float] = {}
    while len(moments) < FALLS:
        said = json.loads(page.recv(timeout=60))
        if said["type"] != "change" or said["kind"] != "opened":
            continue
        if said["alert"]["id"] in moments:
            raise RuntimeError("an alert was opened twice")
        moments[said["alert"]["id"]] = time.perf_counter()
    return moments


def _none_lost_or_doubled(platform: Rig) -> None:
    with platform.database.transaction() as conn:
        found = conn.execute(STORED).fetchone()
    if found is None or tuple(map(int, found)) != (FALLS, FALLS, 1, FALLS):
        raise RuntimeError(f"alerts, residents, most occurrences, told: {found} instead of {FALLS} of each, once")

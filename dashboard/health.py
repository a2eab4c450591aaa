"""How every part of the platform is, put together from what the parts say, and from what they don't say any more."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import Any, Literal

from records import health
from records.database import Database
from records.errors import Unavailable

SILENT_AFTER = 15.0
"""Seconds without a word after which a part counts as down."""
BEHIND_AFTER = 60.0
"""Seconds that a lane may be behind (an assumption)."""

StatusName = Literal["ok", "degraded", "down"]


class Status(IntEnum):
    """The higher, the worse."""

    OK = 0
    DEGRADED = 1
    DOWN = 2


@dataclass(frozen=True, slots=True)
class Process:
    """What the supervisor knows of a part's process."""

    state: str
    pid: int | None = None
    restarts: int = 0
    last_exit: int | None = None
    next_try_at: str | None = None


@dataclass(frozen=True, slots=True)
class PartHealth:
    """One part; `problem` is a word that the page translates, `detail` says it in English."""

    status: StatusName = "ok"
    problem: str | None = None
    detail: str = ""
    seen_at: datetime | None = None
    lag: float | None = None
    """Seconds that this lane is behind."""
    messages: int | None = None
    process: Process | None = None

    def worse(self, status: StatusName, problem: str, detail: str) -> "PartHealth":
        """With this trouble too; the worst one is the one that is named."""
        if self.problem is not None and _rank(status) <= _rank(self.status):
            return self
        return replace(self, status=status, problem=problem, detail=detail)


@dataclass(frozen=True, slots=True)
class Report:
    """The whole platform at one moment."""

    status: StatusName
    as_of: datetime
    database: bool
    parts: Mapping[str, PartHealth]


def _rank(status: StatusName) -> Status:
    return Status[status.upper()]


def look(database: Database, parts_file: Path | None, now: datetime) -> Report:
    """Ask the database and the supervisor's file; says what is known also while the database is unreachable."""
    processes = read_processes(parts_file)
    try:
        with database.transaction() as conn:
            spoken = spoken_for(health.parts(conn), health.watermarks(conn), health.sessions(conn))
    except Unavailable as trouble:
        spoken = {"database": PartHealth("down", "unreachable", f"{trouble}; nothing is lost, it waits in the broker")}
        return _report(with_processes(spoken, processes), now, database=False)
    return _report({"database": PartHealth(), **with_processes(spoken, processes)}, now, database=True)


def _report(parts: Mapping[str, PartHealth], now: datetime, *, database: bool) -> Report:
    worst = max((_rank(part.status) for part in parts.values()), default=Status.OK)
    names: dict[Status, StatusName] = {Status.OK: "ok", Status.DEGRADED: "degraded", Status.DOWN: "down"}
    return Report(names[worst], now, database, parts)


def spoken_for(
    parts: Iterable[health.Part], watermarks: Iterable[health.Watermark], sessions: Iterable[health.LaneSession]
) -> dict[str, PartHealth]:
    """The parts by what they wrote into the records themselves."""
    found = {part.name: _from_its_word(part) for part in parts}
    for mark in watermarks:
        name = f"ingest-{mark.lane}"
        found[name] = _with_watermark(found.get(name, PartHealth()), mark)
    for session in sessions:
        if session.lost_at is not None:
            name = session.client_id.removeprefix("ankang-")
            found[name] = _with_lost_session(found.get(name, PartHealth()), session.lost_at)
    return found


def _with_lost_session(part: PartHealth, lost_at: datetime) -> PartHealth:
    meaning = (
        f"its session at the broker was gone at {lost_at:%Y-%m-%d %H:%M:%SZ}, and what waited in it with it:"
        " have gateways send again from before that time, then run `ankang doctor`"
    )
    return part.worse("down", "session_lost", meaning)


def _from_its_word(part: health.Part) -> PartHealth:
    status: StatusName = "down" if part.status == "down" else "degraded" if part.status == "degraded" else "ok"
    said = PartHealth(status, None if status == "ok" else "says_so", part.detail, part.seen_at)
    if part.age > SILENT_AFTER:
        return said.worse("down", "silent", f"has said nothing for {part.age:.0f} s")
    return said


def _with_watermark(part: PartHealth, mark: health.Watermark) -> PartHealth:
    part = replace(part, lag=round(mark.lag, 1), messages=mark.messages)
    if mark.lag > BEHIND_AFTER:
        return part.worse("degraded", "behind", f"is {mark.lag:.0f} s behind")
    return part


def read_processes(parts_file: Path | None) -> dict[str, Process]:
    """What the supervisor wrote down; nothing where there is no supervisor or its file can't be read just now."""
    try:
        listed = json.loads(parts_file.read_text("utf-8")) if parts_file else []
        return {str(entry["name"]): _process(entry) for entry in listed}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def _process(entry: Mapping[str, Any]) -> Process:
    return Process(
        state=str(entry.get("state", "unknown")),
        pid=entry.get("pid"),
        restarts=int(entry.get("restarts") or 0),
        last_exit=entry.get("last_exit"),
        next_try_at=entry.get("next_try_at"),
    )


_WELL = "running"
_ON_ITS_WAY = {"starting", "stopped"}
"""Stopped: its turn has not come yet."""


def with_processes(parts: Mapping[str, PartHealth], processes: Mapping[str, Process]) -> dict[str, PartHealth]:
    """The parts with what the supervisor says of each: one that crashed is said at once, not after 15 s."""
    joined = dict(parts)
    for name, process in processes.items():
        joined[name] = _with_process(joined.get(name, PartHealth()), process)
    return joined


def _with_process(part: PartHealth, process: Process) -> PartHealth:
    part = replace(part, process=process)
    if process.state == _WELL:
        return part
    if process.state in _ON_ITS_WAY:
        # Its last word may be of an earlier life: silence says nothing yet.
        young = replace(part, status="ok", problem=None) if part.problem == "silent" else part
        return young.worse("degraded", "starting", f"is {process.state}")
    again = f", tried again at {process.next_try_at}" if process.next_try_at else ""
    return part.worse("down", "crashed", f"{process.state}: ended with {process.last_exit}{again}")

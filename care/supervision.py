"""Whether a device is heard: well, silent, offline, or never heard yet. Pure: what was heard and the clock come in.

Quiet is only what was quiet while we listened: the times in which a lane did not hear anything are taken out, so our
own outage makes nobody silent.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

GRACE = timedelta(minutes=1)
"""`last_seen` is written every 30 s (ingest.worker), so nobody is called silent sooner than this after the limit."""

OFFLINE_FOR = timedelta(minutes=2)
"""Whose will has come, or who said goodbye, is lost when it stays away so long (an assumption): links flap."""

BACK_FOR = timedelta(minutes=5)
"""A device that is heard again is over its loss when that has lasted so long (an assumption); else it chatters."""

ALONE_AFTER = timedelta(minutes=3)
"""A loss waits so long for others with the same cause before it is told as one of its own (an assumption)."""

SETTLE = timedelta(minutes=2)
"""After an outage of our own the devices come back within this time: the longest pause of usual MQTT clients between
two attempts (paho's default is 120 s)."""

QUICK = timedelta(hours=1)
"""A device that may be quiet for no longer than this says soon whether its home is still connected (an assumption)."""


class Condition(StrEnum):
    """How a device is, as far as it is heard."""

    UNHEARD = "unheard"
    """It never spoke."""
    WELL = "well"
    SILENT = "silent"
    """Quiet for longer than its kind may be."""
    OFFLINE = "offline"
    """Its connection ended, and it has not come back."""

    @property
    def lost(self) -> bool:
        """Whether it was heard once and no longer is."""
        return self in (Condition.SILENT, Condition.OFFLINE)


@dataclass(frozen=True, slots=True)
class Gap:
    """From `since` to `until` we did not listen."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """When a device was last heard, what it last said of its connection, and how long it may be quiet."""

    quiet_for: timedelta
    last_seen: datetime | None
    online: bool | None = None
    status_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the device is, and when that has to be looked at again unless it speaks; None: when it speaks."""

    condition: Condition
    due_at: datetime | None


def judge(device: Heard, as_of: datetime, gaps: Sequence[Gap]) -> Verdict:
    """How this device is, everything that was received before `as_of` being known."""
    if device.last_seen is None:
        return Verdict(Condition.UNHEARD, None)
    quiet = listened(device.last_seen, as_of, gaps)
    patience = device.quiet_for + GRACE
    if quiet >= patience:
        return Verdict(Condition.SILENT, None)
    due_at = as_of + (patience - quiet)
    if device.online is False and device.status_time is not None and device.status_time >= device.last_seen:
        away = listened(device.status_time, as_of, gaps)
        if away >= OFFLINE_FOR:
            return Verdict(Condition.OFFLINE, None)
        due_at = min(due_at, as_of + (OFFLINE_FOR - away))
    return Verdict(Condition.WELL, due_at)


def listened(since: datetime, until: datetime, gaps: Iterable[Gap]) -> timedelta:
    """For how long of `since`–`until` every lane listened and the devices had had time to come back."""
    deaf, end = timedelta(0), since
    for gap in sorted(gaps, key=lambda one: one.since):
        begin, finish = max(gap.since, end), min(gap.until + SETTLE, until)
        if finish > begin:
            deaf += finish - begin
            end = finish
    return max(timedelta(0), until - since - deaf)

"""What the last thing heard says of somebody who lives alone: in bed, on a seat, up in a room, out, or back. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from care.devices import DeviceKind


class Seen(StrEnum):
    """Where somebody was last seen; what may follow it, and for how long it may be quiet, differs."""

    BED = "bed"
    SEAT = "seat"
    ROOM = "room"
    LEFT = "left"
    """The main door was the last thing heard, or nothing since it proves that anybody came in: probably out."""
    BACK = "back"
    """The main door was heard again after a while, and nothing since."""


_ONE_PASSAGE = timedelta(minutes=10)
"""Openings of the main door so close together are one passage; so close must two sensors be to prove that somebody is
in. An assumption."""


@dataclass(slots=True)
class Presence:
    """Told everything that changes in a home, in order of time, it says after each what is known of the resident.

    Who has left through the main door comes back through it. A single motion sensor that fires in an empty home (the
    sun, a heater) proves nothing; two different sensors within ten minutes do.
    """

    _on: dict[str, tuple[DeviceKind, str]] = field(default_factory=dict)
    _mode: Seen | None = None
    _door_at: datetime | None = None
    _inside: list[tuple[datetime, str]] = field(default_factory=list)

    def hear(self, time: datetime, sensor: str, kind: DeviceKind, place: str, *, on: bool) -> Seen:
        """`sensor`, of this kind and in this place (the room is its first word), turned on or off."""
        room = place.split(" ", maxsplit=1)[0]
        if on:
            self._on[sensor] = kind, room
        else:
            self._on.pop(sensor, None)
        if kind is DeviceKind.DOOR:
            return self._door(time)
        if self._mode is Seen.LEFT and not self._proven(time, sensor):
            return Seen.LEFT
        self._mode = None
        lying_or_sitting = {kind for kind, where in self._on.values() if where == room}
        if DeviceKind.BED in lying_or_sitting:
            return Seen.BED
        return Seen.SEAT if DeviceKind.PRESENCE in lying_or_sitting else Seen.ROOM

    def _door(self, time: datetime) -> Seen:
        if self._mode is None or self._door_at is None:
            self._mode, self._inside = Seen.LEFT, []
        elif time - self._door_at > _ONE_PASSAGE:
            self._mode = Seen.BACK
        self._door_at = time
        return self._mode

    def _proven(self, time: datetime, sensor: str) -> bool:
        self._inside = [(at, one) for at, one in self._inside if time - at <= _ONE_PASSAGE]
        self._inside.append((time, sensor))
        return len({one for _, one in self._inside}) > 1

    def written(self) -> dict[str, Any]:
        """What is known, as it is kept."""
        return {
            "on": [[sensor, kind, room] for sensor, (kind, room) in self._on.items()],
            "mode": self._mode,
            "door_at": self._door_at and self._door_at.isoformat(),
            "inside": [[at.isoformat(), sensor] for at, sensor in self._inside],
        }

    @classmethod
    def read(cls, kept: Mapping[str, Any], gone: Collection[str] = ()) -> "Presence":
        """What was known and kept so, without these sensors, which are not there any more."""
        return cls(
            {sensor: (DeviceKind(kind), room) for sensor, kind, room in kept["on"] if sensor not in gone},
            Seen(kept["mode"]) if kept["mode"] else None,
            datetime.fromisoformat(kept["door_at"]) if kept["door_at"] else None,
            [(datetime.fromisoformat(at), sensor) for at, sensor in kept["inside"] if sensor not in gone],
        )

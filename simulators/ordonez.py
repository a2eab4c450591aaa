"""A recorded home as Ordóñez, de Toledo and Sanchis published theirs (Sensors 2013, 13, 5460-5477): bytes in, rows out.

Each row is one time that one binary sensor was on: start, end, location, type, place, between tabs or spaces, after two
lines of heading. The times are those of the home's own clock, without a zone.

What the sensors say in the words of the catalogue (metric, kind of device):

- Pressure, location Bed: the mat under the mattress (in_bed, bed).
- Pressure, anywhere else: the mat under a seat (presence, presence).
- PIR: somebody passed the door, stood at the basin, was in the shower (motion, motion).
- Magnetic, location Maindoor: the door of the home (door_open, door).
- Magnetic, anywhere else: a fridge or a cupboard stands open. True of it too, but of kind `other`: no rule about the
  home's door may go by it.
- Flush: the toilet's flush ran. A hand pressed it, so something moved there (motion, motion; place "toilet").
- Electric: an appliance drew power. How much was not recorded, so it is no `power`; but somebody was there to switch it
  on (motion, motion).

The place is the room, and within it the thing where the room alone would say too little: "bedroom", "kitchen fridge".
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from care.devices import DeviceKind


class BadRecording(ValueError):
    """This file is not what it should be; the message names the line and the fix."""


@dataclass(frozen=True, slots=True)
class Sensor:
    """One device of the home, in the words of the catalogue."""

    name: str
    kind: DeviceKind
    metric: str
    place: str


@dataclass(frozen=True, slots=True)
class Row:
    """This sensor was on from `start` to `end`, by the clock on the wall."""

    start: datetime
    end: datetime
    sensor: Sensor


_TIME = r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)"
_ROW = re.compile(rf"{_TIME}\s+{_TIME}\s+(\S+)\s+(\S+)\s+(\S+)")
_HEADING = re.compile(r"Start time\s.*|[-\s]+", re.IGNORECASE)
_EXAMPLE = "2012-11-12 01:55:09 <tab> 2012-11-12 09:30:35 <tab> Bed <tab> Pressure <tab> Bedroom"


def parse(content: bytes) -> list[Row]:
    """Every row, in the order of the file; BadRecording where a line can't be one."""
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise BadRecording("the file is not text in UTF-8: give the …_Sensors.txt of the data set") from None
    rows = list(_rows(lines))
    if not rows:
        raise BadRecording("the file has no rows: give the …_Sensors.txt of the data set")
    return rows


def _rows(lines: Sequence[str]) -> Iterator[Row]:
    for number, line in enumerate(lines, start=1):
        if line.strip() and not (number <= 2 and _HEADING.fullmatch(line.strip())):
            yield _row(number, line.strip())


def _row(number: int, line: str) -> Row:
    found = _ROW.fullmatch(line)
    if found is None:
        raise BadRecording(f"line {number}: not start, end, location, type and place; write it like {_EXAMPLE}")
    start, end = _time(number, "start", found[1]), _time(number, "end", found[2])
    if end == start:  # the clock counts whole seconds
        end += timedelta(seconds=1)
    if end < start:
        raise BadRecording(f"line {number}: the end is before the start; correct the times or remove the line")
    return Row(start, end, _sensor(number, found[3], found[4], found[5]))


def _time(number: int, which: str, text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise BadRecording(f"line {number}: the {which} is no date and time of the calendar; correct it") from None


def _sensor(number: int, location: str, type_: str, place: str) -> Sensor:
    meaning = _meaning(location.lower(), type_.lower(), place.lower())
    if meaning is None:
        known = "Pressure, PIR, Magnetic, Flush or Electric"
        raise BadRecording(f"line {number}: unknown type of sensor; use {known}")
    name = re.sub(r"[^a-z0-9-]+", "_", f"{location}-{type_}-{place}".lower())
    return Sensor(name[:64], *meaning)


def _meaning(location: str, type_: str, place: str) -> tuple[DeviceKind, str, str] | None:
    match type_, location:
        case "pressure", "bed":
            return DeviceKind.BED, "in_bed", place
        case "pressure", _:
            return DeviceKind.PRESENCE, "presence", place
        case "magnetic", "maindoor":
            return DeviceKind.DOOR, "door_open", place
        case "magnetic", _:
            return DeviceKind.OTHER, "door_open", f"{place} {location}"
        case "flush", _:
            return DeviceKind.MOTION, "motion", "toilet"
        case "pir", "door":
            return DeviceKind.MOTION, "motion", place
        case (("pir" | "electric"), _):
            return DeviceKind.MOTION, "motion", f"{place} {location}"
        case _:
            return None

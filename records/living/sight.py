"""What the home's sensors show of somebody's day, for the family: the rows of the day, the night, the last sign."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, time, timedelta
from itertools import pairwise
from uuid import UUID

from care.coverage import Coverage, Why
from care.devices import DeviceKind
from care.family import Night, Piece, Sight, Strip
from care.notices import LOCAL
from records.database import Conn
from records.readings.band import Row, day_band
from records.readings.nights import EVENING, longest_stay
from records.readings.spans import Span

_ROOMS = {DeviceKind.MOTION: "motion", DeviceKind.PRESENCE: "presence", DeviceKind.FALL_RADAR: "presence"}
_UP_AGAIN = timedelta(minutes=2)
"""A gap between lying and having left that is still one leaving (an assumption)."""
_OUT_AT_LEAST = timedelta(minutes=10)
"""Shorter is a passage of the door, as in care.presence (an assumption)."""
_LOST = frozenset({Why.SILENT, Why.OFFLINE, Why.UNREACHABLE, Why.FAULTY, Why.PLATFORM})


def sight_of(conn: Conn, resident_id: UUID, covered: Coverage, now: datetime) -> Sight:
    """From yesterday's evening until now; what a lost device last said is not taken for how it is."""
    midnight = datetime.combine(now.astimezone(LOCAL).date(), time(), LOCAL)
    evening = datetime.combine((midnight - timedelta(hours=12)).date(), EVENING, LOCAL)
    rows = [_as_far_as_heard(row, covered, now) for row in day_band(conn, resident_id, evening, now, now)]
    bed = sorted((one for row in _of(rows, "in_bed") for one in row.spans), key=lambda one: one[0])
    last_at, place = _last(rows, now)
    return Sight(tuple(_strips(rows, midnight, now)), _night(bed, now), last_at, place, _in_bed_since(bed, now))


_Known = tuple[datetime, datetime, int]
"""Since when, until when, which value."""


class _Heard:
    """A row of the band, as far as its device was heard."""

    def __init__(self, row: Row, until: datetime, now: datetime) -> None:
        self.row = row
        self.spans: list[_Known] = [
            (one.since, min(one.until, until), one.value) for one in row.spans if one.since < until
        ]
        self.unknown = [Piece(gap.since, gap.until) for gap in row.unknown if gap.since < until]
        if until < now:
            self.unknown.append(Piece(until, now))

    @property
    def room(self) -> str:
        """The first word of where the device is."""
        return self.row.place.split(" ", maxsplit=1)[0]


def _as_far_as_heard(row: Row, covered: Coverage, now: datetime) -> _Heard:
    device = f"{row.vendor}/{row.device}"
    lost = [
        one.since
        for one in covered.reasons
        if one.since and one.why in _LOST and (one.device == device or one.why is Why.PLATFORM)
    ]
    return _Heard(row, min([*lost, now]), now)


def _of(rows: Iterable[_Heard], metric: str) -> list[_Heard]:
    return [one for one in rows if one.row.metric == metric]


def _in_bed_since(bed: Sequence[_Known], now: datetime) -> datetime | None:
    """Since when they lie there, absences of a few minutes included; None where they do not, or nobody knows."""
    if not bed or bed[-1][2] != 1 or bed[-1][1] < now - _UP_AGAIN:
        return None
    since = bed[-1][0]
    for start, end, value in reversed(bed[:-1]):
        if value == 1 and since - end <= 10 * _UP_AGAIN:
            since = start
    return since


def _night(bed: Sequence[_Known], now: datetime) -> Night | None:
    stay = longest_stay([Span(*one) for one in bed])
    if stay is None:
        return None
    left = any(value == 0 and stay.end <= since <= stay.end + _UP_AGAIN for since, _, value in bed)
    lies_still = stay.end >= now - _UP_AGAIN
    if not left and not lies_still:
        return None  # the sensor was lost while they lay there: when they got up is not known
    return Night(stay.start, None if lies_still else stay.end, stay.times_up)


def _last(rows: Iterable[_Heard], now: datetime) -> tuple[datetime | None, str]:
    """The latest thing that somebody must have done, and where: as records.living.life has it, no radar proves it."""
    found: list[tuple[datetime, str]] = []
    for one in rows:
        if one.row.metric == "motion":
            found += [(until if until < now else now, one.room) for _, until, value in one.spans if value == 1]
        elif one.row.metric in ("door_open", "in_bed"):
            changes = [since for (_, _, before), (since, _, value) in _pairs(one.spans) if before != value]
            found += [(since, one.room) for since in changes]
    return max(found, default=(None, ""), key=lambda one: one[0] or now)


def _pairs(spans: Sequence[_Known]) -> Iterator[tuple[_Known, _Known]]:
    return pairwise(spans)


def _strips(rows: Sequence[_Heard], start: datetime, now: datetime) -> Iterator[Strip]:
    for one in _of(rows, "in_bed"):
        yield Strip("bed", one.room, _on(one.spans, start), _clipped(one.unknown, start))
    rooms: dict[str, list[_Heard]] = {}
    for one in rows:
        if _ROOMS.get(DeviceKind(one.row.kind)) == one.row.metric:
            rooms.setdefault(one.room, []).append(one)
    for room, watching in rooms.items():
        pieces = [piece for one in watching for piece in _on(one.spans, start)]
        unknown = _clipped(watching[0].unknown, start) if len(watching) == 1 else _everybodys(watching, start)
        yield Strip("room", room, _merged(pieces), unknown)
    if doors := _of(rows, "door_open"):
        yield Strip("out", doors[0].room, _out(rows, start, now), _clipped(doors[0].unknown, start))


def _on(spans: Iterable[_Known], start: datetime) -> list[Piece]:
    return [Piece(max(since, start), until) for since, until, value in spans if value == 1 and until > start]


def _clipped(pieces: Iterable[Piece], start: datetime) -> list[Piece]:
    return [Piece(max(one.since, start), one.until) for one in pieces if one.until > start]


def _everybodys(watching: Sequence[_Heard], start: datetime) -> list[Piece]:
    """When none of a room's sensors knew anything."""
    known = _merged([Piece(max(a, start), b) for one in watching for a, b, _ in one.spans if b > start])
    whole = [piece for one in watching for piece in _clipped(one.unknown, start)]
    return [piece for piece in whole if not any(a.since < piece.until and a.until > piece.since for a in known)]


def _merged(pieces: Iterable[Piece]) -> list[Piece]:
    found: list[Piece] = []
    for one in sorted(pieces, key=lambda piece: piece.since):
        if found and one.since <= found[-1].until:
            found[-1] = Piece(found[-1].since, max(found[-1].until, one.until))
        else:
            found.append(one)
    return found


def _out(rows: Sequence[_Heard], start: datetime, now: datetime) -> list[Piece]:
    """From when the main door was used until somebody moved inside again, where that was a while: probably out."""
    inside = sorted(
        since for one in rows if one.row.metric in ("in_bed", "motion") for since, _, value in one.spans if value == 1
    )
    # Of a door the first thing known is how it stands, which is no passage.
    passages = sorted(since for one in _of(rows, "door_open") for since, _, _ in one.spans[1:])
    found: list[Piece] = []
    for passage, following in pairwise([*passages, now]):
        back = next((moved for moved in inside if moved >= passage), now)
        if back <= following and back - passage >= _OUT_AT_LEAST:
            found.append(Piece(passage, back))
        elif back > following and following - passage >= _OUT_AT_LEAST:
            found.append(Piece(passage, following))
    return _clipped(_merged(found), start)

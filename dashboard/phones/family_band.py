"""The day as a band, drawn by the server: gaps look like gaps, and what has not been yet is empty."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from care.family import Piece, Strip
from dashboard.phones.rendered import clock

WIDTH = 1440
"""Units across: one is a minute of the day."""
_THIN = 4
"""What is shorter is drawn as wide as this, so that it is seen."""
_ONE_STAY = 10
"""Minutes without movement that are drawn through: who is about in the kitchen stands still now and then (an
assumption; what is said in words is not drawn together)."""
_TOLD = 12
"""Pieces of one row that are said in words."""


@dataclass(frozen=True, slots=True)
class Bar:
    """From `x`, so wide."""

    x: int
    width: int


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """One row: what it is, its bars, its gaps, and the same in words."""

    kind: str
    place: str
    bars: Sequence[Bar]
    gaps: Sequence[Bar]
    words: str
    gap_words: str


def drawn(strips: Sequence[Strip], midnight: datetime) -> list[DrawnRow]:
    """The rows of the day that began at `midnight`: bed first, out last."""
    order = {"bed": 0, "room": 1, "out": 2}
    rows = sorted(strips, key=lambda one: (order.get(one.kind, 1), one.place))
    return [
        DrawnRow(
            one.kind, one.place, _bars(one.on, midnight, _ONE_STAY if one.kind == "room" else 1),
            _bars(one.unknown, midnight), _words(one.on),
            _words(one.unknown),
        )
        for one in rows
    ]  # fmt: skip


def _bars(pieces: Sequence[Piece], midnight: datetime, between: int = 1) -> list[Bar]:
    """Bars so close together are one: a morning of a hundred short movements is not a hundred elements."""
    found: list[Bar] = []
    for piece in sorted(pieces, key=lambda one: one.since):
        x = _minute(piece.since, midnight)
        end = max(_minute(piece.until, midnight), x + _THIN)
        if found and x <= found[-1].x + found[-1].width + between:
            found[-1] = Bar(found[-1].x, max(found[-1].width, end - found[-1].x))
        else:
            found.append(Bar(x, end - x))
    return found


def _minute(at: datetime, midnight: datetime) -> int:
    return min(WIDTH, max(0, round((at - midnight) / timedelta(minutes=1))))


def _words(pieces: Sequence[Piece]) -> str:
    """From when to when, the last ones of many."""
    ordered = sorted(pieces, key=lambda one: one.since)
    told = [f"{clock(one.since)}–{clock(one.until)}" for one in ordered[-_TOLD:]]
    return ("… " if len(ordered) > _TOLD else "") + ", ".join(told)

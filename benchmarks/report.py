"""What was measured, line by line as it comes, each beside its limit; and, on stderr, how far it has got."""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

_BETWEEN = 5.0
"""Seconds at least between two lines that say how far it has got."""


@dataclass
class Report:
    """Prints as it goes, counts what missed its aim."""

    missed: list[str] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)
    _said: float = 0.0

    def goes_on(self, what: str, each: Sequence[T]) -> Iterator[T]:
        """Each in turn, and now and then a line that says how many of them are done."""
        for number, one in enumerate(each):
            self.doing(f"{what}: {number} of {len(each)}", now=number == 0)
            yield one

    def doing(self, what: str, *, now: bool = True) -> None:
        """What is going on; not `now`: only where nothing was said for a while."""
        if now or time.monotonic() - self._said > _BETWEEN:
            self._said = time.monotonic()
            print(f"  {self._said - self._began:5.0f} s  {what}", file=sys.stderr, flush=True)

    def above(self, what: str, value: float, unit: str, aim: float | None = None, note: str = "") -> None:
        """More is better."""
        self._line(what, value, unit, aim, value / aim if aim else None, note)

    def below(self, what: str, value: float, unit: str, aim: float | None = None, note: str = "") -> None:
        """Less is better."""
        self._line(what, value, unit, aim, aim / value if aim else None, note)

    def skipped(self, what: str, why: str) -> None:
        """Not measured here."""
        print(f"{what:62} not measured: {why}", flush=True)

    def broke(self, what: str, why: Exception) -> None:
        """It was begun and could not be measured."""
        self.missed.append(f"{what}, which broke")
        print(f"{what:62} broke: {type(why).__name__}: {why}", flush=True)

    def finish(self) -> int:
        """Say what missed its aim; how many did."""
        if self.missed:
            print(f"\nmissed its aim: {'; '.join(self.missed)}")
        return len(self.missed)

    def _line(self, what: str, value: float, unit: str, aim: float | None, ratio: float | None, note: str) -> None:
        shown = _shown(value)
        line = f"{what:62} {shown:>9} {unit:6}"
        if aim is not None and ratio is not None:
            line += f" aim {_shown(aim)} (ratio {ratio:.2f})"
            if ratio < 1:
                self.missed.append(what)
        print(f"{line}  {note}".rstrip(), flush=True)


def _shown(value: float) -> str:
    return (
        f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:,.1f}" if value >= 10 else f"{value:.2f}"
    )

"""The ledger of truth: what really happened in the simulated homes, a JSON object a line, always the same bytes."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from simulators.days import in_words
from simulators.incidents import Kind, Town, truth


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the ledger."""

    kind: Kind
    care_bed: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Ledger:
    """What was simulated, from when to when, and what happened."""

    seed: int
    homes: int
    since: datetime
    until: datetime
    happened: tuple[Happened, ...]


class BadLedger(ValueError):
    """This is no ledger of truth; says which line and why."""


def ledger(town: Town, since: int, until: int) -> bytes:
    """The whole ledger; the first line says of what."""
    head: dict[str, object] = {
        "seed": town.seed,
        "homes": town.count,
        "since": in_words(since),
        "until": in_words(until),
    }
    lines = [head, *truth(town, since, until)]
    return "".join(f"{json.dumps(line, sort_keys=True)}\n" for line in lines).encode()


def read(path: Path) -> Ledger:
    """The ledger in this file; BadLedger names the line that can't be read."""
    happened: list[Happened] = []
    head: dict[str, Any] = {}
    for number, line in enumerate(path.read_text().splitlines() or [""], start=1):
        try:
            one = json.loads(line)
            if number == 1:
                head = {"seed": int(one["seed"]), "homes": int(one["homes"])}
                head |= {"since": _read(one["since"]), "until": _read(one["until"])}
            else:
                kind, bed = Kind(one["kind"]), str(one["care_bed"])
                happened.append(Happened(kind, bed, _read(one["start"]), _read(one["end"])))
        except (ValueError, KeyError, TypeError) as problem:
            raise BadLedger(f"{path.name}, line {number}: not written by `ankang simulate`") from problem
    return Ledger(**head, happened=tuple(happened))


def _read(text: Any) -> datetime:
    return datetime.fromisoformat(text)

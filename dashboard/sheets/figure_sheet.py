"""The figures as a sheet (CSV) in the reader's language, as a spreadsheet opens it: with a BOM."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dashboard.sheets.table_files import FORMULA, Cell, Column
from dashboard.words import words as words_of
from records.counting.figures_lines import Line

_HEADS = ("part", "name", "figure", "value", "of", "share", "target")


def sheet(lines: Iterable[Line], language: str) -> str:
    """One line for each number; shares in per cent."""
    words = words_of(language)
    made = io.StringIO()
    made.write("\ufeff")
    writer = csv.writer(made)
    writer.writerow(words[f"figures.sheet.{head}"] for head in _HEADS)
    for line in lines:
        writer.writerow(_row(line, words))
    return made.getvalue()


def _row(line: Line, words: Mapping[str, str]) -> list[str]:
    name = words.get(f"priority.{line.name}") or _named(line.name, words)
    return [
        words.get(f"figures.part.{line.part}", line.part), f"'{name}" if name.startswith(FORMULA) else name,
        words.get(f"figure.{line.figure}", line.figure), f"{line.value:g}", _number(line.of), _percent(line.share),
        _percent(line.target),
    ]  # fmt: skip


def _field(name: str) -> Callable[[Any, Mapping[str, str]], Cell]:
    """A number as it is: 0.975 and not 97.5 %."""

    def read(line: Any, _: Mapping[str, str]) -> Cell:
        value: Cell = getattr(line, name)
        return value

    return read


COLUMNS = (
    Column("figures.sheet.part", lambda line, words: words.get(f"figures.part.{line.part}", line.part), 20),
    Column(
        "figures.sheet.name", lambda line, words: words.get(f"priority.{line.name}") or _named(line.name, words), 28
    ),
    Column("figures.sheet.figure", lambda line, words: words.get(f"figure.{line.figure}", line.figure), 28),
    *(Column(f"figures.sheet.{name}", _field(name)) for name in ("value", "of", "share", "target")),
)
"""The same as a table of XLSX, whose numbers are such."""


def _named(name: str, words: Mapping[str, str]) -> str:
    """What a name begins with may be a rule."""
    rule, space, rest = name.partition(" ")
    return words.get(f"rule.{rule}", rule) + space + rest


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"

"""The figures as a sheet (CSV) in the reader's language, as a spreadsheet opens it: with a BOM."""

import csv
import io
from collections.abc import Iterable, Mapping

from dashboard.words import words as words_of
from records.counting.figures_lines import Line

_HEADS = ("part", "name", "figure", "value", "of", "share", "target")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is computed by a spreadsheet, whoever wrote it."""


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
        words.get(f"figures.part.{line.part}", line.part), f"'{name}" if name.startswith(_FORMULA) else name,
        words.get(f"figure.{line.figure}", line.figure), f"{line.value:g}", _number(line.of), _percent(line.share),
        _percent(line.target),
    ]  # fmt: skip


def _named(name: str, words: Mapping[str, str]) -> str:
    """What a name begins with may be a rule."""
    rule, space, rest = name.partition(" ")
    return words.get(f"rule.{rule}", rule) + space + rest


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"

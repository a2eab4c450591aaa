"""A list as a file: CSV with a BOM, or XLSX with real numbers and times. Nothing in it is ever a formula."""

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import xlsxwriter

from care.periods import LOCAL

Cell = str | int | float | bool | datetime | date | None
Words = Mapping[str, str]

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is computed by a spreadsheet, whoever wrote it."""
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the key of its head in the catalogues, and what stands in it for a row."""

    head: str
    read: Callable[[Any, Words], Cell]
    width: int = 14


def as_csv(columns: Sequence[Column], rows: Iterable[Any], words: Words) -> Iterator[bytes]:
    """Line by line; times as they are in Ma'anshan."""
    line = io.StringIO()
    writer = csv.writer(line)
    line.write("\ufeff")
    writer.writerow(words[one.head] for one in columns)
    for row in rows:
        writer.writerow(_said(one.read(row, words), words) for one in columns)
        if line.tell() > _CHUNK:
            yield _taken(line)
    yield _taken(line)


def _taken(line: io.StringIO) -> bytes:
    text = line.getvalue()
    line.seek(0)
    line.truncate()
    return text.encode()


def _said(cell: Cell, words: Words) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return words["sheet_word.yes" if cell else "sheet_word.no"]
    if isinstance(cell, datetime):
        return f"{cell.astimezone(LOCAL):%Y-%m-%d %H:%M:%S}"
    text = str(cell)
    return f"'{text}" if isinstance(cell, str) and text.startswith(FORMULA) else text


def as_xlsx(columns: Sequence[Column], rows: Iterable[Any], words: Words) -> Iterator[bytes]:
    """Row by row into a file of its own, so that a city's list takes no more memory than a street's."""
    with tempfile.TemporaryFile() as file:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        book = xlsxwriter.Workbook(file, options)
        _fill(book, columns, rows, words)
        book.close()
        file.seek(0)
        while chunk := file.read(_CHUNK):
            yield chunk


def _fill(book: Any, columns: Sequence[Column], rows: Iterable[Any], words: Words) -> None:
    sheet, bold = book.add_worksheet(), book.add_format({"bold": True, "bottom": 1})
    times = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    days = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.freeze_panes(1, 0)
    for place, one in enumerate(columns):
        sheet.set_column(place, place, one.width)
    for place, one in enumerate(columns):
        sheet.write_string(0, place, words[one.head], bold)
    last = 0
    for last, row in enumerate(rows, start=1):
        for place, one in enumerate(columns):
            cell = one.read(row, words)
            if isinstance(cell, datetime):
                sheet.write_datetime(last, place, cell.astimezone(LOCAL).replace(tzinfo=None), times)
            elif isinstance(cell, date):
                sheet.write_datetime(last, place, datetime(cell.year, cell.month, cell.day), days)  # noqa: DTZ001
            elif isinstance(cell, int | float) and not isinstance(cell, bool):
                sheet.write_number(last, place, cell)
            elif cell not in (None, ""):
                sheet.write_string(last, place, cell if isinstance(cell, str) else _said(cell, words))
    sheet.autofilter(0, 0, max(last, 1), len(columns) - 1)

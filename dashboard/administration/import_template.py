"""The empty table to fill in: headings, what belongs into each column, and an example, in the reader's language."""

import csv
import io
from collections.abc import Mapping

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from care.assessments import CareLevel
from care.intake import COLUMNS, Column
from care.people import Sex
from dashboard.words import words as words_of

_ROWS = 5000
"""So many rows of the sheet offer what may be chosen."""


def as_csv(language: str) -> str:
    """With a BOM, so that a spreadsheet sees the encoding; rows that begin with # are left out when it is read."""
    words, made = words_of(language), io.StringIO()
    made.write("\ufeff")
    writer = csv.writer(made)
    writer.writerow(_heading(column, language) for column in COLUMNS)
    explained = [_explained(column, words) for column in COLUMNS]
    example = [column.example for column in COLUMNS]
    writer.writerow([f"# {explained[0]}", *explained[1:]])
    writer.writerow([f"# {example[0]}", *example[1:]])
    return made.getvalue()


def as_xlsx(language: str) -> bytes:
    """Every cell is text, so that no telephone number becomes a large number; a second sheet explains the columns."""
    words, made = words_of(language), io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        looks = _looks(book)
        _table(book.add_worksheet(words["import.sheet.table"]), language, looks)
        _explanation(book.add_worksheet(words["import.sheet.columns"]), language, looks)
    return made.getvalue()


def _looks(book: Workbook) -> dict[str, Format]:
    head = {"bold": True, "bottom": 1, "bg_color": "#E6E9E8", "text_wrap": True, "valign": "top"}
    return {
        "head": book.add_format(head),
        "needed": book.add_format({**head, "bg_color": "#C9D2D6"}),
        "text": book.add_format({"num_format": "@"}),
        "example": book.add_format({"num_format": "@", "italic": True, "font_color": "#596166"}),
        "wrapped": book.add_format({"text_wrap": True, "valign": "top"}),
    }


def _table(sheet: Worksheet, language: str, looks: Mapping[str, Format]) -> None:
    words = words_of(language)
    sheet.freeze_panes(1, 2)
    for index, column in enumerate(COLUMNS):
        sheet.set_column(index, index, max(12, 2 * len(_heading(column, language))), looks["text"])
        sheet.write_string(0, index, _heading(column, language), looks["needed" if column.needed else "head"])
        example = f"# {column.example}" if index == 0 else column.example
        sheet.write_string(1, index, example, looks["example"])
        if choices := _choices(column, words):
            sheet.data_validation(1, index, _ROWS, index, {"validate": "list", "source": choices})


def _choices(column: Column, words: Mapping[str, str]) -> list[str]:
    match column.name:
        case "sex":
            return [words[f"sex.{sex}"] for sex in Sex]
        case "care_level":
            return [words[f"care_level.{level}"] for level in CareLevel]
        case _:
            return []


def _explanation(sheet: Worksheet, language: str, looks: Mapping[str, Format]) -> None:
    words = words_of(language)
    for index, width in enumerate((24, 70, 28)):
        sheet.set_column(index, index, width, looks["wrapped"])
    for index, key in enumerate(("column", "means", "example")):
        sheet.write_string(0, index, words[f"import.sheet.{key}"], looks["head"])
    for row, column in enumerate(COLUMNS, start=1):
        sheet.write_string(row, 0, _heading(column, language), looks["needed" if column.needed else "wrapped"])
        sheet.write_string(row, 1, _explained(column, words), looks["wrapped"])
        sheet.write_string(row, 2, column.example, looks["wrapped"])


def _heading(column: Column, language: str) -> str:
    return column.english if language == "en" else column.chinese


def _explained(column: Column, words: Mapping[str, str]) -> str:
    """Of the three contacts each column is explained once."""
    name = column.name.rstrip("0123456789")
    key = f"contact_{column.name.partition('_')[2]}" if column.name.startswith("contact") else name
    text = words[f"import.means.{key}"]
    return f"{words['import.needed']} {text}" if column.needed else text

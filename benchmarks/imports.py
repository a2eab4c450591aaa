"""How long a city takes to move in from a file: 22,100 residents, each with a care bed and three to call."""

import csv
import io
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import xlsxwriter

from benchmarks import city
from benchmarks.report import Report
from care.intake import COLUMNS
from records.database import connect, transaction
from records.intake import checking, sheets, taking
from records.intake.checking import Checked
from records.scope import EVERYTHING

AIM = 60
"""Seconds."""


def measure(report: Report, where: str, database_url: str, _: Path) -> None:
    """The same people as CSV, as XLSX once more, and with a column that has changed."""
    with connect(database_url, autocommit=True) as conn:
        conn.execute(city.STREETS, (city.STREETS_OF_A_COUNTY,))
        conn.execute(city.COMMUNITIES, (city.COMMUNITIES_OF_A_STREET,))
        counties = [row[0] for row in conn.execute("SELECT name FROM area WHERE level = 'county'")]
    table = [[column.chinese for column in COLUMNS], *_people(counties)]
    xlsx = _as_xlsx(table)
    for what, data, done in (
        ("come in as CSV", _as_csv(table), lambda found: len(found.new)),
        ("come again as XLSX", xlsx, lambda found: found.same),
        ("have moved up a level", _as_csv(table).replace("轻度".encode(), "中度".encode()), lambda f: len(f.altered)),
    ):
        began = time.perf_counter()
        found = _taken(database_url, data)
        seconds = time.perf_counter() - began
        if done(found) != city.RESIDENTS:
            raise RuntimeError(f"{done(found)} of {city.RESIDENTS} {what}")
        report.below(f"{city.RESIDENTS:,} residents {what} ({where})", seconds, "s", AIM, f"{len(data) / 1e6:.1f} MB")


def _taken(database_url: str, data: bytes) -> Checked:
    with connect(database_url, autocommit=True) as conn, transaction(conn):
        taking.alone(conn)
        found = checking.check(conn, sheets.rows(data), EVERYTHING, datetime.now(UTC).date())
        taking.take(conn, found, taking.By(None, "a measurement"))
        return found


def _people(counties: list[str]) -> Iterator[list[str]]:
    chance = random.Random(3)
    for number in range(city.RESIDENTS):
        county = chance.choice(counties)
        street = f"{county}第{chance.randint(1, city.STREETS_OF_A_COUNTY)}街道"
        contacts = [text for relation in ("女儿", "儿子", "邻居")
                    for text in (city.name(chance), city.phone(chance), relation)]  # fmt: skip
        yield [
            f"N-{number:05}", city.name(chance), "女", "1940-05-01", city.phone(chance), county, street,
            f"第{chance.randint(1, city.COMMUNITIES_OF_A_STREET)}社区",
            f"{chance.randint(1, 40)}栋{chance.randint(101, 999)}室", "门铃坏了，请敲门", "", city.bed(number),
            "2025-03-01", "轻度", "普通话", *contacts,
        ]  # fmt: skip


def _as_csv(table: list[list[str]]) -> bytes:
    made = io.StringIO()
    csv.writer(made).writerows(table)
    return made.getvalue().encode()


def _as_xlsx(table: list[list[str]]) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate(table):
            sheet.write_row(number, 0, cells)
    return made.getvalue()

"""A file as rows of text: CSV in the encodings and separators that are about, or the first sheet of an XLSX."""

import csv
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import date, datetime
from enum import StrEnum

import python_calamine

from care import intake

MOST_BYTES = 16 * 1024 * 1024
"""Of a file; 22,100 residents with all columns are 6 MB as CSV."""

MOST_ROWS = 50_000
MOST_COLUMNS = 100
MOST_UNPACKED = 256 * 1024 * 1024
"""Of an XLSX, which is a ZIP: what it may be when it is unpacked."""


class Fault(StrEnum):
    """Why a file is no table that can be read."""

    EMPTY = "empty"
    LARGE = "large"
    """More bytes, packed or unpacked, than a table needs."""
    ROWS = "rows"
    """More rows or columns than one table may have."""
    ENCODING = "encoding"
    """Neither UTF-8 nor GB18030."""
    BROKEN = "broken"
    """It says it is an XLSX, and can't be read as one."""
    OLD = "old"
    """An XLS, of before 2007."""


class NotATable(Exception):
    """This file can't be read; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"the file can't be read as a table ({fault})")
        self.fault = fault


def rows(data: bytes) -> Iterator[list[str]]:
    """The rows of the table, each cell as somebody would type it; NotATable where it is none."""
    if len(data) > MOST_BYTES:
        raise NotATable(Fault.LARGE)
    if not data.strip(b"\xef\xbb\xbf \r\n\t"):
        raise NotATable(Fault.EMPTY)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise NotATable(Fault.OLD)
    found = _xlsx(data) if data.startswith(b"PK") else _csv(data)
    for number, cells in enumerate(found, start=1):
        if number > MOST_ROWS or len(cells) > MOST_COLUMNS:
            raise NotATable(Fault.ROWS)
        yield cells


# CSV ------------------------------------------------------------------------------------------------------------------


def _csv(data: bytes) -> Iterator[list[str]]:
    text = _decoded(data)
    if "\0" in text:
        raise NotATable(Fault.ENCODING)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
    try:
        yield from reader
    except csv.Error:  # a quote that is never closed makes a cell of the rest of the file
        raise NotATable(Fault.BROKEN) from None


def _decoded(data: bytes) -> str:
    encodings = ["utf-16"] if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NotATable(Fault.ENCODING)


def _separator(text: str) -> str:
    """The one that makes the most known headings of the first line."""
    first = text.split("\n", 1)[0][: 64 * intake.LONGEST_CELL]

    def known(separator: str) -> int:
        try:
            return len(intake.heads(next(csv.reader([first.rstrip("\r")], delimiter=separator), [])).at)
        except (ValueError, csv.Error):
            return 0

    return max(",;\t", key=known)


# XLSX -----------------------------------------------------------------------------------------------------------------


def _xlsx(data: bytes) -> Iterator[list[str]]:
    _refuse_bombs(data)
    try:
        sheet = python_calamine.load_workbook(io.BytesIO(data)).get_sheet_by_index(0)
        for cells in sheet.iter_rows():
            yield [_typed(cell) for cell in cells]
    except BaseException as problem:
        # The library is written in Rust: what it never expected comes as a panic, which is no Exception.
        if isinstance(problem, Exception) or type(problem).__name__ == "PanicException":
            raise NotATable(Fault.BROKEN) from None
        raise


def _typed(cell: object) -> str:
    """As somebody would type it: a telephone number that Excel took for a number has no decimals."""
    match cell:
        case bool():
            return str(cell)
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case datetime():
            return str(cell.date() if not (cell.hour or cell.minute or cell.second) else cell)
        case date():
            return cell.isoformat()
        case _:
            return str(cell)


_REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,3})(\d{1,7})["']""")
_TAIL = 32
_PIECE = 1024 * 1024
_LOCAL_HEADER = struct.Struct("<4s22xHH")


def _refuse_bombs(data: bytes) -> None:
    """Unpack it once, piece by piece: a ZIP lies about its size, and two cells far apart make a sheet of terabytes."""
    left = MOST_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            members = packed.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error):
        raise NotATable(Fault.BROKEN) from None
    for member in members:
        look = _far_apart if member.filename.lower().endswith(".xml") and "sheet" in member.filename.lower() else None
        try:
            left -= _unpacked(data, member, left, look)
        except (zlib.error, struct.error):
            raise NotATable(Fault.BROKEN) from None


def _unpacked(data: bytes, member: zipfile.ZipInfo, most: int, look: Callable[[bytes], bool] | None) -> int:
    """How many bytes this member really is; NotATable where they are more than `most`, or `look` finds something."""
    _, name, extra = _LOCAL_HEADER.unpack_from(data, member.header_offset)
    start = member.header_offset + _LOCAL_HEADER.size + name + extra
    rest = data[start : start + member.compress_size]
    if member.compress_type == zipfile.ZIP_STORED:
        pieces: Iterator[bytes] = (rest[at : at + _PIECE] for at in range(0, len(rest), _PIECE))
    elif member.compress_type == zipfile.ZIP_DEFLATED:
        pieces = _inflated(rest)
    else:
        raise NotATable(Fault.BROKEN)
    size, tail = 0, b""
    for piece in pieces:
        size += len(piece)
        if size > most:
            raise NotATable(Fault.LARGE)
        if look is not None and look(tail + piece):
            raise NotATable(Fault.ROWS)
        tail = piece[-_TAIL:]
    return size


def _inflated(packed: bytes) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    while packed and not unpacker.eof:
        yield unpacker.decompress(packed, _PIECE)
        packed = unpacker.unconsumed_tail


def _far_apart(xml: bytes) -> bool:
    return any(int(row) > MOST_ROWS or _column(letters) > MOST_COLUMNS for letters, row in set(_REFERENCE.findall(xml)))


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number

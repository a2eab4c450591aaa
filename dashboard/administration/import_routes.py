"""Taking residents in from a file over HTTP: the template, the dry run, and the import itself, told step by step."""

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Literal

import orjson
import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel

from care.intake import Problem
from care.masking import masked_address, masked_name, masked_phone
from care.notices import LOCAL
from dashboard.administration.import_template import as_csv, as_xlsx
from dashboard.answers import Refused
from dashboard.desk import AtDesk, Care, CareOf, Desk
from records.errors import Unavailable
from records.intake import checking, sheets, taking
from records.intake.checking import Change, Checked, NoHeadings
from records.intake.sheets import NotATable

log = structlog.get_logger(__name__)

router = APIRouter(prefix="/api/imports", tags=["administration"])

MOST_SHOWN = 500
"""Bad cells, and people who would change, in one answer; all of them are counted."""

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Language = Annotated[Literal["zh-CN", "en"], Query(description="of the headings")]


class BadCell(BaseModel):
    """What stands in the way: row and column as in the table, what the cell holds, and why that can't be."""

    row: int
    column: str
    value: str
    why: str
    more: dict[str, str]


class Cell(BaseModel):
    """What would change; `old` is masked for whoever sees names masked."""

    column: str
    old: str
    new: str


class Changed(BaseModel):
    """Somebody of whom the file says something else."""

    row: int
    number: str
    cells: list[Cell]


class ImportTold(BaseModel):
    """One line of the answer: `progress` (`doing` with `done` of `total`) again and again, and one other at the end.

    `refused`: no table, see `fault`, `missing` columns or the heading that is there `twice`. `checked`: what would come
    of it; `done`: what came. Nothing of a file is taken in while a cell of it is bad.
    """

    kind: Literal["progress", "refused", "checked", "done"]
    doing: str = ""
    done: int = 0
    total: int = 0
    fault: str = ""
    missing: list[str] = []
    twice: str = ""
    rows: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    bad: int = 0
    ignored: list[str] = []
    problems: list[BadCell] = []
    changes: list[Changed] = []


class Lines(StreamingResponse):
    """One JSON object a line, as it comes."""

    media_type = "application/x-ndjson"


@router.get("/residents/template", responses={200: {"content": {"text/csv": {}, _XLSX: {}}}}, response_class=Response)
def template(
    format_: Annotated[Literal["csv", "xlsx"], Query(alias="format")] = "xlsx", lang: Language = "zh-CN"
) -> Response:
    """The table to fill in, with an explanation of its columns and an example."""
    heads = {"content-disposition": f'attachment; filename="residents.{format_}"'}
    if format_ == "csv":
        return Response(as_csv(lang), media_type="text/csv; charset=utf-8", headers=heads)
    return Response(as_xlsx(lang), media_type=_XLSX, headers=heads)


@router.post(
    "/residents",
    response_class=Lines,
    responses={200: {"model": ImportTold}},
    openapi_extra={"requestBody": {"content": {"application/octet-stream": {"schema": {"type": "string"}}}}},
)
async def take_in(
    request: Request,
    care: Care,
    desk: AtDesk,
    dry_run: Annotated[bool, Query(description="only say what would come of it")] = True,
) -> Lines:
    """Residents from a CSV or XLSX file, which is the body: all of it, or nothing while a cell is bad.

    The file is read in memory and never kept. Whoever is known by the number in it, or by the care bed, is changed
    where it says something else; so the same file twice does nothing.
    """
    data = await request.body()
    if not desk.importing.acquire(blocking=False):
        raise Refused(409, "file: another file is being read just now; try again in a minute", "file")
    told: queue.SimpleQueue[ImportTold | None] = queue.SimpleQueue()
    # Goes on to its end when the one who asked has left: the same file once more says what came of it.
    threading.Thread(target=_work, args=(desk, care, data, dry_run, told), name="import", daemon=True).start()
    return Lines(_lines(told), headers={"x-accel-buffering": "no"})


def _lines(told: "queue.SimpleQueue[ImportTold | None]") -> Iterator[bytes]:
    while (one := told.get()) is not None:
        yield orjson.dumps(one.model_dump()) + b"\n"


def _work(desk: Desk, care: CareOf, data: bytes, dry_run: bool, told: "queue.SimpleQueue[ImportTold | None]") -> None:
    def progress(doing: str, done: int, total: int) -> None:
        told.put(ImportTold(kind="progress", doing=doing, done=done, total=total))

    try:
        told.put(_taken(desk, care, data, dry_run, progress))
    except NoHeadings as problem:
        told.put(ImportTold(kind="refused", fault="headings", missing=list(problem.missing), twice=problem.twice))
    except NotATable as problem:
        told.put(ImportTold(kind="refused", fault=problem.fault))
    except Unavailable:
        told.put(ImportTold(kind="refused", fault="unavailable"))
    except Exception as problem:
        # The text of a database's error may hold what stood in a cell.
        log.error("an import failed", error=type(problem).__name__)
        told.put(ImportTold(kind="refused", fault="failed"))
    finally:
        desk.importing.release()
        told.put(None)


def _taken(desk: Desk, care: CareOf, data: bytes, dry_run: bool, progress: checking.Progress) -> ImportTold:
    today = datetime.now(UTC).astimezone(LOCAL).date()
    with desk.database.transaction() as conn:
        if not dry_run:
            taking.alone(conn)
        found = checking.check(conn, sheets.rows(data), care.scope, today, progress)
        if not dry_run and not found.problems:
            taking.take(conn, found, taking.By(care.session.account.id), progress)
            return _told("done", found, names=care.names)
    return _told("checked", found, names=care.names)


def _told(kind: Literal["checked", "done"], found: Checked, *, names: bool) -> ImportTold:
    return ImportTold(
        kind=kind,
        rows=found.rows,
        new=len(found.new),
        changed=len(found.altered),
        same=found.same,
        bad=len(found.problems),
        ignored=list(found.ignored),
        problems=[_bad(problem) for problem in found.problems[:MOST_SHOWN]],
        changes=[
            Changed(row=one.entry.row, number=one.entry.number, cells=[_cell(change, names) for change in one.changes])
            for one in found.altered[:MOST_SHOWN]
        ],
    )


def _bad(one: Problem) -> BadCell:
    return BadCell(row=one.row, column=one.column, value=one.value, why=one.why, more=dict(one.more))


def _cell(change: Change, names: bool) -> Cell:
    old = change.old if names else _masked(change.column, change.old)
    return Cell(column=change.column, old=old, new=change.new)


_MASKS: Mapping[str, Callable[[str], str]] = {
    "phone": masked_phone, "name": masked_name, "address": masked_address, "note": lambda note: "…" if note else "",
}  # fmt: skip


def _masked(column: str, old: str) -> str:
    """The file's own words are no secret to whoever sent it; what the records hold beside them may be."""
    with suppress(StopIteration):
        kind = next(end for end in _MASKS if column.endswith(end))
        return _MASKS[kind](old)
    return old

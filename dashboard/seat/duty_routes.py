"""The roster over HTTP: who is on duty, and how that is entered, struck off, swapped and handed over."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from care.duty import Gap, gaps
from care.escalation import Whom
from dashboard.answers import NO_NUL, Refused, not_found
from dashboard.desk import AtDesk, Care
from records.telling import rosters
from records.telling.rosters import Colleague, NoSuchShift, NotYours, RosterChange, Shift, Wanted

router = APIRouter(prefix="/api/duty", tags=["duty"])

Username = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=NO_NUL)]
Note = Annotated[str, Field(max_length=4000, pattern=NO_NUL)]
_WEEK = timedelta(days=7)
LEVELS = (Whom.SEAT, Whom.SUPERVISOR, Whom.STATION, Whom.STREET, Whom.COUNTY)


class Roster(BaseModel):
    """The shifts of a time, the earliest first."""

    shifts: list[Shift]


class DutyLog(BaseModel):
    """What was changed in the roster, the newest first."""

    entries: list[RosterChange]


class LevelOnDuty(BaseModel):
    """Who is on duty at one level, the earliest first, and when nobody is."""

    level: Whom
    shifts: list[Shift]
    gaps: list[Gap]


class Cover(BaseModel):
    """Each level that works in shifts; those for a larger area count for the smaller one too."""

    levels: list[LevelOnDuty]


class Colleagues(BaseModel):
    """Who can be put on duty, by name."""

    colleagues: list[Colleague]


class NewShift(BaseModel):
    """Who is on duty at which level, for which area and all below it (null: everywhere), from when to when."""

    model_config = ConfigDict(extra="forbid")
    username: Username
    level: Whom
    area_id: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None
    starts: AwareDatetime
    ends: AwareDatetime


class Swap(BaseModel):
    """Who has what is left of the shift."""

    model_config = ConfigDict(extra="forbid")
    username: Username


class HandOver(BaseModel):
    """Who comes next, and what they have to know."""

    model_config = ConfigDict(extra="forbid")
    username: Username
    note: Note


@contextmanager
def in_words() -> Iterator[None]:
    """What the roster refuses, as an answer."""
    try:
        yield
    except NoSuchShift:
        raise not_found("shift that goes on or is to come") from None
    except NotYours as problem:
        raise Refused(409, f"{str(problem).capitalize()}.") from None
    except ValueError as problem:
        raise Refused(422, str(problem), str(problem).split(":", maxsplit=1)[0]) from None


@router.get("")
def roster(
    care: Care,
    desk: AtDesk,
    since: Annotated[AwareDatetime | None, Query(alias="from", description="now without it")] = None,
    until: Annotated[AwareDatetime | None, Query(alias="to", description="a week later without it")] = None,
) -> Roster:
    """The shifts of the areas in one's care that touch this time."""
    begins = since or datetime.now(UTC)
    with desk.database.transaction() as conn:
        return Roster(shifts=rosters.between(conn, begins, until or begins + _WEEK, care.scope))


@router.get("/cover")
def cover(
    care: Care,
    desk: AtDesk,
    since: Annotated[AwareDatetime, Query(alias="from")],
    until: Annotated[AwareDatetime, Query(alias="to", description="at most 31 days later")],
    area: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="one's own without it")] = None,
) -> Cover:
    """Who is on duty for an area in a time, level by level, with the gaps in which nobody is."""
    place = area if area is not None else care.session.account.area_id
    if place is not None and not care.scope.holds(place, None):
        raise not_found("area")
    if not since < until <= since + rosters.MOST:
        raise Refused(422, "to: a time after `from`, at most 31 days later", "to")
    with desk.database.transaction() as conn:
        found = rosters.for_area(conn, place, since, until)
    return Cover(levels=[_level(level, found, since, until) for level in LEVELS])


def _level(level: Whom, found: list[Shift], since: datetime, until: datetime) -> LevelOnDuty:
    shifts = [one for one in found if one.level == level]
    there = [(one.starts, one.ended_at or one.ends) for one in shifts if not one.disabled]
    return LevelOnDuty(level=level, shifts=shifts, gaps=gaps(there, since, until))


@router.get("/colleagues")
def list_colleagues(care: Care, desk: AtDesk) -> Colleagues:
    """Who can be put on duty."""
    with desk.database.transaction() as conn:
        return Colleagues(colleagues=rosters.colleagues(conn, care.scope))


@router.get("/log")
def log(care: Care, desk: AtDesk, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> DutyLog:
    """Who entered, struck off, swapped, handed over and took over what, with the notes for the next shift."""
    with desk.database.transaction() as conn:
        return DutyLog(entries=rosters.log(conn, care.scope, limit))


@router.post("", status_code=201)
def add(shift: NewShift, care: Care, desk: AtDesk) -> Shift:
    """Put somebody on duty."""
    wanted = Wanted(shift.username, shift.level, shift.area_id, shift.starts, shift.ends)
    with in_words(), desk.database.transaction() as conn:
        return rosters.add(conn, wanted, care.session.account.id, datetime.now(UTC), care.scope)


@router.delete("/{shift_id}", status_code=204)
def strike(shift_id: UUID, care: Care, desk: AtDesk) -> None:
    """End a shift now, or before it begins."""
    with in_words(), desk.database.transaction() as conn:
        rosters.strike(conn, shift_id, care.session.account.id, datetime.now(UTC), care.scope)


@router.post("/{shift_id}/swap")
def swap(shift_id: UUID, other: Swap, care: Care, desk: AtDesk) -> Shift:
    """Give what is left of a shift to somebody else."""
    with in_words(), desk.database.transaction() as conn:
        return rosters.swap(conn, shift_id, other.username, care.session.account.id, datetime.now(UTC), care.scope)


@router.post("/{shift_id}/hand-over")
def hand_over(shift_id: UUID, over: HandOver, care: Care, desk: AtDesk) -> Shift:
    """Hand one's own shift over to the next one, with a note; returns the shift of the next one."""
    me, now = care.session.account.id, datetime.now(UTC)
    with in_words(), desk.database.transaction() as conn:
        return rosters.hand_over(conn, shift_id, over.username, over.note.strip(), me, now)


@router.post("/{shift_id}/take-over", status_code=204)
def take_over(shift_id: UUID, care: Care, desk: AtDesk) -> None:
    """Sign that one has read what was handed over."""
    with in_words(), desk.database.transaction() as conn:
        rosters.take_over(conn, shift_id, care.session.account.id, datetime.now(UTC))

"""The scripts over HTTP: what to ask and do for each rule as it holds somewhere, and changing that."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from care.rules import RULES
from care.scripts import LONGEST, MOST_ITEMS, Item, Kind, check
from dashboard.administration.rule_routes import inside
from dashboard.answers import NO_NUL, Refused, not_found
from dashboard.desk import AtDesk, Care
from records.judging import scripts
from records.judging.scripts import Change, Script
from records.login import audit

router = APIRouter(prefix="/api/scripts", tags=["scripts"])

AreaId = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="as it holds there; without one everywhere")]
_Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST, pattern=NO_NUL)]


class Scripts(BaseModel):
    """The script of every rule, as it holds there."""

    scripts: list[Script]


class History(BaseModel):
    """The versions of a rule's script, the newest first."""

    versions: list[Change]


class ScriptLine(BaseModel):
    """One line; `id` stays when its words change."""

    model_config = ConfigDict(extra="forbid")
    id: Annotated[str, StringConstraints(max_length=40, pattern=r"^[a-z0-9_-]+$")]
    kind: Kind
    chinese: _Words
    english: _Words


class NewScript(BaseModel):
    """What holds from now on for an area and all below it (without one everywhere); null: as the larger one has it."""

    model_config = ConfigDict(extra="forbid")
    area: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None
    items: Annotated[list[ScriptLine], Field(min_length=1, max_length=MOST_ITEMS)] | None


@router.get("")
def listed(care: Care, desk: AtDesk, area: AreaId = None) -> Scripts:
    """Every rule's script as it holds in an area, and which place set it."""
    inside(care.scope, area, reading=True)
    with desk.database.transaction() as conn:
        return Scripts(scripts=scripts.in_force(conn, area))


@router.get("/{rule_id}/history")
def history(rule_id: str, care: Care, desk: AtDesk) -> History:
    """Who changed it where and when."""
    if rule_id not in RULES:
        raise not_found("rule")
    with desk.database.transaction() as conn:
        return History(versions=scripts.history(conn, rule_id, care.scope))


@router.put("/{rule_id}")
def change(rule_id: str, new: NewScript, care: Care, desk: AtDesk) -> Script:
    """A new version, in force at once; an alert whose script somebody has begun keeps the one before."""
    if rule_id not in RULES:
        raise not_found("rule")
    inside(care.scope, new.area, reading=False)
    by, now = care.session.account.id, datetime.now(UTC)
    try:
        items = None if new.items is None else [Item(**line.model_dump()) for line in new.items]
        if items is not None:
            check(items)
        with desk.database.transaction() as conn:
            version = scripts.change(conn, rule_id, new.area, items, by, now)
            where = "" if new.area is None else f"/area {new.area}"
            audit.note(conn, by, "set script", subject=f"{rule_id}{where}", reason=f"version {version}")
            found = scripts.for_rule(conn, rule_id, new.area)
    except ValueError as problem:
        raise Refused(422, str(problem), str(problem).partition(":")[0]) from None
    assert found is not None  # noqa: S101 - everywhere every rule has one
    return found

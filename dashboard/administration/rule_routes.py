"""The rules over HTTP: what each watches for, which limits hold where and whence they come, and setting them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from care.events import AlertClass
from care.in_force import DEFAULT, InForce, Place
from care.rule import Priority, Rule, Setting, Value
from care.rules import RULES
from dashboard.answers import NO_NUL, Refused, not_found
from dashboard.desk import AtDesk, Care, CareOf, InMyCare
from records.database import Conn
from records.judging import backtest_wishes, limits, rule_settings
from records.judging.backtest_wishes import BackTest
from records.judging.rule_settings import Change, NotBackTested, Version
from records.login import audit
from records.people import areas
from records.scope import Scope

router = APIRouter(prefix="/api", tags=["rules"])


class Limit(BaseModel):
    """One limit as it holds there; `origin`: `default`, `everywhere`, `area 12` (`area` is its name) or `resident`."""

    name: str
    value: Value
    unit: str
    origin: str
    area: str | None
    default: Value
    allowed: str
    source: str
    clinical: bool
    """Only a doctor may set it, and only for one person."""


class RuleInForce(BaseModel):
    """A rule as it holds somewhere."""

    id: str
    alert_class: AlertClass
    priority: Priority
    latched: bool
    can_be_off: bool
    enabled: bool
    version: int
    armed: str
    cleared: str
    limits: list[Limit]


class Rules(BaseModel):
    """Every rule of the pack."""

    rules: list[RuleInForce]


class History(BaseModel):
    """The versions of a rule, the newest first, as far as they concern whom one has in care."""

    versions: list[Version]


Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=500, pattern=NO_NUL)]


class Wanted(BaseModel):
    """What is to hold there: `values` are added to what the place sets, `unset` go back to the next larger place.

    Limits that nobody has tried on the stored history need `force`; `ankang rules backtest` tries them.
    """

    model_config = ConfigDict(extra="forbid")
    values: dict[str, float | str] = Field(default_factory=dict)
    unset: list[str] = Field(default_factory=list)
    enabled: bool | None = None
    """Null: as it is."""
    why: Why
    force: bool = False


class WantedForArea(Wanted):
    """The same for an area and all below it; without one for everywhere."""

    area: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None


class Trial(BaseModel):
    """Limits to be tried for an area and all below it (without one everywhere), on so many days up to now."""

    model_config = ConfigDict(extra="forbid")
    values: dict[str, float | str] = Field(default_factory=dict)
    unset: list[str] = Field(default_factory=list)
    area: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None
    days: Annotated[float, Field(gt=0, le=400)] = 7


AreaId = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="as it holds there; without one everywhere")]


@router.get("/rules")
def list_rules(care: Care, desk: AtDesk, area: AreaId = None) -> Rules:
    """Every rule with the limits that hold in an area, and where each comes from."""
    inside(care.scope, area, reading=True)
    with desk.database.transaction() as conn:
        book = limits.load(conn, RULES)
        return Rules(rules=_shown(conn, [book.of(rule, None, area) for rule in RULES]))


@router.get("/rules/{rule_id}")
def one_rule(rule_id: str, care: Care, desk: AtDesk, area: AreaId = None) -> RuleInForce:
    """One rule with the limits that hold in an area."""
    rule = _known(rule_id)
    inside(care.scope, area, reading=True)
    with desk.database.transaction() as conn:
        return _shown(conn, [limits.in_area(conn, rule.id, area)])[0]


@router.get("/rules/{rule_id}/history")
def history(rule_id: str, care: Care, desk: AtDesk) -> History:
    """What was set, where, when, by whom and why, and what its back-test had found."""
    rule = _known(rule_id)
    with desk.database.transaction() as conn:
        return History(versions=rule_settings.history(conn, rule.id, care.scope.terms()))


@router.put("/rules/{rule_id}")
def set_rule(rule_id: str, wanted: WantedForArea, care: Care, desk: AtDesk) -> RuleInForce:
    """Set limits for an area, or switch the rule on or off there: a new version, in force at once."""
    rule = _known(rule_id)
    inside(care.scope, wanted.area, reading=False)
    with desk.database.transaction() as conn:
        _set(conn, rule, Place(wanted.area), wanted, care)
        return _shown(conn, [limits.in_area(conn, rule.id, wanted.area)])[0]


@router.post("/rules/{rule_id}/backtests", status_code=202)
def try_limits(rule_id: str, trial: Trial, care: Care, desk: AtDesk) -> BackTest:
    """Have limits tried on the stored history: who would have been called, and which confirmed alerts would be missed.

    It takes a while: ask for it again by its id. For a week its result lets exactly these limits be set.
    """
    rule, account = _known(rule_id), care.session.account
    inside(care.scope, trial.area, reading=False)
    with desk.database.transaction() as conn:
        place = Place(trial.area)
        before = rule_settings.layer_of(conn, rule, place)
        enabled = before.enabled if before else None
        try:
            values = rule_settings.merged(before, rule.read(trial.values), trial.unset)
            made = backtest_wishes.ask(
                conn, rule.id, trial.area, values, enabled, timedelta(days=trial.days), account.id, datetime.now(UTC)
            )
        except ValueError as problem:
            raise Refused(422, str(problem), str(problem).partition(":")[0]) from None
        audit.note(conn, account.id, "back-test rule", subject=rule.id if trial.area is None else f"{rule.id}/{place}")
        found = backtest_wishes.view(conn, made, rule.id)
    assert found is not None  # noqa: S101 - made in this transaction
    return found


@router.get("/rules/{rule_id}/backtests/{backtest_id}")
def one_backtest(rule_id: str, backtest_id: UUID, care: Care, desk: AtDesk) -> BackTest:
    """How far a back-test has got, and its result once it is there."""
    rule = _known(rule_id)
    with desk.database.transaction() as conn:
        found = backtest_wishes.view(conn, backtest_id, rule.id)
    if found is None or (care.scope.areas is not None and found.area_id not in care.scope.areas):
        raise not_found("back-test")
    return found


@router.get("/residents/{resident_id}/rules")
def rules_of_resident(resident: InMyCare, desk: AtDesk) -> Rules:
    """Every rule as it holds for one resident."""
    with desk.database.transaction() as conn:
        book, area = limits.load(conn, RULES), limits.area_of(conn, resident.id)
        return Rules(rules=_shown(conn, [book.of(rule, resident.id, area) for rule in RULES]))


@router.put("/residents/{resident_id}/rules/{rule_id}")
def set_for_resident(resident: InMyCare, rule_id: str, wanted: Wanted, care: Care, desk: AtDesk) -> RuleInForce:
    """Set limits for one resident."""
    rule = _known(rule_id)
    with desk.database.transaction() as conn:
        _set(conn, rule, Place(resident_id=resident.id), wanted, care)
        return _shown(conn, [limits.in_force(conn, rule.id, resident.id)])[0]


def _known(rule_id: str) -> Rule:
    if rule_id not in RULES:
        raise not_found("rule")
    return RULES[rule_id]


def inside(scope: Scope, area: int | None, *, reading: bool) -> None:
    """What holds everywhere may be read by everybody who may come here, and set by those who work everywhere."""
    if area is None and not reading and scope.areas is not None:
        raise Refused(422, "area: name one that is in your care; you can't set limits everywhere", "area")
    if area is not None and not scope.holds(area, None):
        raise not_found("area")


def _set(conn: Conn, rule: Rule, place: Place, wanted: Wanted, care: CareOf) -> None:
    account = care.session.account
    before = rule_settings.layer_of(conn, rule, place)
    enabled = wanted.enabled if wanted.enabled is not None else before.enabled if before else None
    try:
        values: Mapping[str, Value] = rule_settings.merged(before, rule.read(wanted.values), wanted.unset)
        change = Change(rule, place, values, enabled, wanted.why, account.id, account.role, wanted.force)
        rule_settings.change(conn, change, datetime.now(UTC))
    except ValueError as problem:
        raise Refused(422, str(problem), str(problem).partition(":")[0]) from None
    except NotBackTested as problem:
        raise Refused(409, str(problem), "force") from None
    action = "set rule, without a back-test" if wanted.force else "set rule"
    subject = rule.id if place.area_id is None else f"{rule.id}/{place}"
    audit.note(conn, account.id, action, resident_id=place.resident_id, subject=subject, reason=wanted.why)


def _shown(conn: Conn, found: Sequence[InForce]) -> list[RuleInForce]:
    ids = [_area_of(origin) for one in found for origin in one.origins.values()]
    names = areas.names(conn, sorted({one for one in ids if one is not None}))
    return [_one_shown(one, names) for one in found]


def _area_of(origin: str) -> int | None:
    word, _, number = origin.partition(" ")
    return int(number) if word == "area" else None


def _one_shown(found: InForce, names: Mapping[int, str]) -> RuleInForce:
    rule = found.rule
    return RuleInForce(
        id=rule.id, alert_class=rule.alert_class, priority=rule.priority, latched=rule.latched,
        can_be_off=rule.can_be_off, enabled=found.enabled, version=found.version, armed=rule.armed,
        cleared=rule.cleared, limits=[_limit(one, found, names) for one in rule.settings],
    )  # fmt: skip


def _limit(one: Setting, found: InForce, names: Mapping[int, str]) -> Limit:
    origin = found.origins.get(one.name, DEFAULT)
    return Limit(
        name=one.name, value=found.values[one.name], unit=one.unit, origin=origin,
        area=names.get(_area_of(origin) or 0), default=one.default, allowed=one.allowed, source=one.source,
        clinical=one.clinical,
    )  # fmt: skip

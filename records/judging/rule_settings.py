"""Setting the limits of rules: each change is a new version, with who, when and why, and the back-test it rests on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from care.in_force import Layer, Place
from care.people import Role
from care.rule import Rule, Value
from records.database import Conn
from records.errors import RecordsError
from records.ids import new_id
from records.judging.limits import load

TESTED_WITHIN = timedelta(days=7)
"""A back-test says something of a change for so long (an assumption)."""


class NotBackTested(RecordsError):
    """Nobody has looked at what this change would have done."""


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody wants to be so; `values` is everything that the place sets from then on."""

    rule: Rule
    place: Place
    values: Mapping[str, Value]
    enabled: bool | None
    why: str
    by: UUID | None = None
    """The account; None at the command line."""
    role: Role | None = None
    forced: bool = False
    """Without a back-test: `why` says why."""


NEXT = "SELECT greatest(max(version), %(own)s) + 1 FROM rule_setting WHERE rule = %(rule)s"
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('ankang rule'), hashtext(%s))"
INSERT = """
    INSERT INTO rule_setting (rule, version, area_id, resident_id, values, enabled, changed_by, changed_at, why,
                              backtest_id, forced)
    VALUES (%(rule)s, %(version)s, %(area)s, %(resident)s, %(values)s, %(enabled)s, %(by)s, %(now)s, %(why)s,
            %(backtest)s, %(forced)s)
"""


OF_BED = "SELECT resident_id FROM care_bed WHERE number = %s AND closed IS NULL"


def resident_of_bed(conn: Conn, number: str) -> UUID | None:
    """Whose care bed this is, while it is set up."""
    row = conn.execute(OF_BED, (number,)).fetchone()
    return row[0] if row else None


def layer_of(conn: Conn, rule: Rule, place: Place) -> Layer | None:
    """What this place sets of this rule; None where nothing."""
    return load(conn, [rule.id]).layers[rule.id].get(place)


def merged(layer: Layer | None, values: Mapping[str, Value], unset: Iterable[str] = ()) -> dict[str, Value]:
    """Everything that a place sets when these values are added to what it sets, and those in `unset` no longer."""
    return {name: v for name, v in ({**(layer.values if layer else {}), **values}).items() if name not in set(unset)}


def change(conn: Conn, wanted: Change, now: datetime) -> int:
    """Make it so and return the new version.

    Raises ValueError where a limit is out of bounds, clinical and not set by a doctor for one person, where a rule
    that rings at once is to be switched off, or without a reason; NotBackTested where the change switches on limits
    whose effect nobody has looked at, and it isn't forced.
    """
    rule = wanted.rule
    if not wanted.why.strip():
        raise ValueError("why: say why, others will ask")
    if not rule.can_be_off and wanted.enabled is False:
        raise ValueError(f"enabled: {rule.id} rings always and can't be switched off")
    values = rule.read(wanted.values)
    conn.execute(ONE_AT_A_TIME, (rule.id,))
    before = layer_of(conn, rule, wanted.place)
    _only_a_doctor(wanted, before)
    backtest = None
    if _switches_on(wanted, before):
        backtest = latest_test(conn, rule, wanted.place, values, now - TESTED_WITHIN)
        if backtest is None and not wanted.forced:
            raise NotBackTested(
                f"{rule.id}: nobody has looked at what these limits would have done to the stored history;"
                " to go without a back-test force it, and say why"
            )
    row = conn.execute(NEXT, {"rule": rule.id, "own": rule.version}).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always has a row
    conn.execute(
        INSERT,
        {
            "rule": rule.id, "version": row[0], "area": wanted.place.area_id, "resident": wanted.place.resident_id,
            "values": Jsonb(values), "enabled": wanted.enabled, "by": wanted.by, "now": now,
            "why": wanted.why.strip(), "backtest": backtest, "forced": wanted.forced and backtest is None,
        },
    )  # fmt: skip
    return int(row[0])


def _clinical(rule: Rule, values: Mapping[str, Value]) -> dict[str, Value]:
    names = {setting.name for setting in rule.settings if setting.clinical}
    return {name: value for name, value in values.items() if name in names}


def _only_a_doctor(wanted: Change, before: Layer | None) -> None:
    now, then = (_clinical(wanted.rule, values) for values in (wanted.values, before.values if before else {}))
    if now == then:
        return
    name = next(name for name in (*now, *then) if now.get(name) != then.get(name))
    if wanted.place.resident_id is None:
        raise ValueError(f"{name}: is set for one person, not for an area")
    if wanted.role is not Role.DOCTOR:
        raise ValueError(f"{name}: only a doctor may set it")


def _switches_on(wanted: Change, before: Layer | None) -> bool:
    """Whether limits come into force that were not; what a doctor says of a person is a fact, not a limit."""
    if wanted.enabled is False:
        return False
    was_on = before is None or before.enabled is not False
    then = dict(before.values) if before else {}
    clinical = _clinical(wanted.rule, {s.name: s.default for s in wanted.rule.settings})
    limits, earlier = ({n: v for n, v in d.items() if n not in clinical} for d in (wanted.values, then))
    return limits != earlier or not was_on


@dataclass(frozen=True, slots=True)
class Version:
    """One change, as it is listed."""

    version: int
    area_id: int | None
    area: str | None
    resident_id: UUID | None
    values: dict[str, Any]
    enabled: bool | None
    changed_by: str | None
    changed_at: datetime
    why: str
    forced: bool
    backtest: dict[str, Any] | None


HISTORY = """
    SELECT s.version, s.area_id, area.name AS area, s.resident_id, s.values, s.enabled, account.username AS changed_by,
           s.changed_at, s.why, s.forced, b.result AS backtest
      FROM rule_setting s
      LEFT JOIN area ON area.id = s.area_id
      LEFT JOIN account ON account.id = s.changed_by
      LEFT JOIN rule_backtest b ON b.id = s.backtest_id
     WHERE s.rule = %(rule)s
       AND (%(areas)s::integer[] IS NULL OR s.area_id = ANY (%(areas)s) OR num_nonnulls(s.area_id, s.resident_id) = 0
            OR s.resident_id IN (SELECT r.id FROM resident r JOIN home h ON h.id = r.home_id
                                  WHERE h.area_id = ANY (%(areas)s)))
       AND (%(residents)s::uuid[] IS NULL OR s.resident_id IS NULL OR s.resident_id = ANY (%(residents)s))
     ORDER BY s.version DESC
"""


def history(conn: Conn, rule_id: str, terms: Mapping[str, Any] | None = None) -> list[Version]:
    """Every version of a rule, the newest first; with the terms of a scope only those about people and areas in it."""
    found = {"areas": None, "residents": None} | dict(terms or {}) | {"rule": rule_id}
    return conn.cursor(row_factory=class_row(Version)).execute(HISTORY, found).fetchall()


TESTED = """
    INSERT INTO rule_backtest (id, rule, area_id, resident_id, values, since, until, result, tested_by, tested_at)
    VALUES (%(id)s, %(rule)s, %(area)s, %(resident)s, %(values)s, %(since)s, %(until)s, %(result)s, %(by)s, %(now)s)
"""


def keep_test(
    conn: Conn, rule: Rule, place: Place, values: Mapping[str, Value], since: datetime, until: datetime,
    result: Mapping[str, Any], now: datetime, by: UUID | None = None,
) -> UUID:  # fmt: skip
    """Keep what a change would have done, for whoever enables it."""
    made = new_id()
    conn.execute(
        TESTED,
        {
            "id": made, "rule": rule.id, "area": place.area_id, "resident": place.resident_id,
            "values": Jsonb(dict(values)), "since": since, "until": until, "result": Jsonb(dict(result)), "by": by,
            "now": now,
        },
    )  # fmt: skip
    return made


LATEST_TEST = """
    SELECT id FROM rule_backtest
     WHERE rule = %(rule)s AND area_id IS NOT DISTINCT FROM %(area)s
       AND resident_id IS NOT DISTINCT FROM %(resident)s AND values = %(values)s AND tested_at >= %(since)s
     ORDER BY tested_at DESC LIMIT 1
"""


def latest_test(conn: Conn, rule: Rule, place: Place, values: Mapping[str, Value], since: datetime) -> UUID | None:
    """The back-test of exactly this change, if there is one since then."""
    terms = {
        "rule": rule.id, "area": place.area_id, "resident": place.resident_id, "values": Jsonb(dict(values)),
        "since": since,
    }  # fmt: skip
    row = conn.execute(LATEST_TEST, terms).fetchone()
    return row[0] if row else None

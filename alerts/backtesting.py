"""`ankang rules backtest`: what a changed limit would have done to the stored history, before it calls anybody."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.episodes import ALSO, FINDERS, Find, Forces
from care.backtests import Episode, Period, compared
from care.in_force import Layer, Place
from care.rule import Rule, Value
from records.database import Conn
from records.judging import backtests, limits
from records.judging.backtests import Person
from records.judging.limits import LimitBook
from records.people import areas

Told = Callable[[int, int], None]
"""How many people have been judged again, and of how many."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Limits that are tried; `values` is all that the place would set, `enabled` None: as a larger place says."""

    rule: Rule
    place: Place
    values: Mapping[str, Value]
    enabled: bool | None
    since: datetime
    until: datetime


def can_be_tested(rule: Rule) -> bool:
    """Whether what is stored says what other limits of this rule would have done."""
    return rule.id in FINDERS and bool(rule.settings)


def run(conn: Conn, trial: Trial, told: Told = lambda _done, _of: None) -> dict[str, Any]:
    """Judge the stored time again, with the limits in force now and with those that are tried.

    Returns the result as it is kept with the version. Raises ValueError for a rule that can't be tested.
    """
    if not can_be_tested(trial.rule):
        raise ValueError(f"--rule: what is stored does not say when {trial.rule.id} would have rung with other limits")
    find, kinds = FINDERS[trial.rule.id]
    now = limits.load(conn, (trial.rule.id, *ALSO.get(trial.rule.id, ())))
    tried = now.with_layer(trial.rule.id, Layer(trial.place, trial.rule.version, trial.values, trial.enabled))
    people = backtests.people(conn, trial.place, kinds, trial.since, trial.until)
    before: list[Episode] = []
    after: list[Episode] = []
    for number, person in enumerate(people):
        told(number, len(people))
        old, new = _forces(now, trial.rule, person), _forces(tried, trial.rule, person)
        found = _episodes(conn, find, trial, person, old)
        same = old[trial.rule.id].values == new[trial.rule.id].values
        same = same and old[trial.rule.id].enabled == new[trial.rule.id].enabled
        before += found
        after += found if same else _episodes(conn, find, trial, person, new)
    told(len(people), len(people))
    return _result(conn, trial, people, before, after)


def _forces(book: LimitBook, rule: Rule, person: Person) -> Forces:
    return {one: book.of(one, person.resident_id, person.area_id) for one in (rule.id, *ALSO.get(rule.id, ()))}


def _episodes(conn: Conn, find: Find, trial: Trial, person: Person, forces: Forces) -> list[Episode]:
    if not forces[trial.rule.id].enabled:
        return []
    return list(find(conn, person.resident_id, trial.rule.id, forces, trial.since, trial.until))


def _result(
    conn: Conn, trial: Trial, people: Sequence[Person], before: Sequence[Episode], after: Sequence[Episode]
) -> dict[str, Any]:
    inside = areas.below(conn, trial.place.area_id) if trial.place.area_id is not None else None
    residents = [person.resident_id for person in people]
    period = Period(
        trial.since, trial.until,
        backtests.others(conn, trial.rule.id, inside, trial.since, trial.until),
        backtests.sittings(conn, inside, trial.since, trial.until),
    )  # fmt: skip
    confirmed = backtests.confirmed(conn, trial.rule.id, residents, trial.since, trial.until)
    return {"residents": len(people)} | compared(before, after, confirmed, period)


def in_words(result: Mapping[str, Any]) -> list[str]:
    """The result for people: numbers and ids, no names."""
    before, after = result["before"], result["after"]
    lines = [
        f"{result['residents']} residents over {result['days']:g} days",
        f"{'':28}{'in force':>12}{'tried':>12}",
        *(f"{label:28}{before[name]:>12g}{after[name]:>12g}" for name, label in _LINES.items()),
    ]
    missed: Sequence[str] = result["missed"]
    lines.append(f"confirmed as real by people: {result['confirmed']}, of which the tried limits miss {len(missed)}")
    lines += [f"  missed: {alert}" for alert in missed]
    if result["latest_s"]:
        lines.append(f"the latest of the others would have rung {result['latest_s'] / 60:.0f} min later than it did")
    return lines


_LINES = {
    "alerts": "alerts", "a_day": "alerts a day", "residents": "residents concerned",
    "seat_10_min_average": "per seat and 10 min, average", "seat_10_min_most": "per seat and 10 min, most",
    "seat_10_min_most_with_all": "with all other alerts, most", "floods": "floods (over 10 in 10 min)",
    "flooded_s": "seconds of flood",
}  # fmt: skip

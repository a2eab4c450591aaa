"""Figures of the truth: what was confirmed and what was a false alarm, per rule, per device model, per resident."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from care.alerts import CLEARED, Outcome
from care.figures import CONFIRMED
from records.counting.figures_terms import CHOSEN, Wanted
from records.database import Conn


@dataclass(frozen=True, slots=True)
class Verdicts:
    """How closed alerts ended; `other`: no help was needed, or the resident called it off."""

    confirmed: int
    false: int
    other: int


@dataclass(frozen=True, slots=True)
class OfRule(Verdicts):
    """Of one rule."""

    rule: str


@dataclass(frozen=True, slots=True)
class OfModel(Verdicts):
    """Of one model of device; where nobody entered its model, of its kind."""

    vendor: str
    model: str


@dataclass(frozen=True, slots=True)
class OfResident(Verdicts):
    """Of one resident."""

    resident_id: UUID
    resident_name: str


@dataclass(frozen=True, slots=True)
class OfCause:
    """How many false alarms had this cause; None: those of which nobody said it."""

    cause: str | None
    false: int


@dataclass(frozen=True, slots=True)
class Truth:
    """What closed alerts turned out to be; duplicates and what ended by itself are left out."""

    whole: Verdicts
    rules: Sequence[OfRule]
    models: Sequence[OfModel]
    residents: Sequence[OfResident]
    """The twenty with the most false alarms."""
    causes: Sequence[OfCause]
    """What made false alarms false, the most frequent first."""


TRUTH = (
    CHOSEN
    + """
    , closed AS (
        SELECT c.rule, c.resident_id, c.false_cause, d.vendor, coalesce(nullif(d.model, ''), d.kind) AS model,
               CASE WHEN c.outcome = ANY (%(confirmed)s) THEN 'c' WHEN c.outcome = %(false)s THEN 'f' ELSE 'o'
               END AS verdict
          FROM chosen c
          LEFT JOIN device d ON d.id = c.device_id
         WHERE c.outcome IS NOT NULL AND c.outcome <> ALL (%(nothing)s)
    ), summed AS (
        SELECT grouping(rule, model, resident_id, false_cause) AS which, rule, vendor, model, resident_id, false_cause,
               count(*) FILTER (WHERE verdict = 'c') AS confirmed, count(*) FILTER (WHERE verdict = 'f') AS wrong,
               count(*) FILTER (WHERE verdict = 'o') AS other
          FROM closed
         GROUP BY GROUPING SETS ((), (rule), (vendor, model), (resident_id), (false_cause))
    ), ranked AS (
        SELECT *, row_number() OVER (PARTITION BY which ORDER BY wrong DESC, confirmed + other DESC, rule, vendor,
                                     model, resident_id, false_cause) AS place
          FROM summed
         WHERE which <> 11 OR model IS NOT NULL
    )
    SELECT which, s.rule, s.vendor, s.model, s.resident_id, r.name, s.confirmed, s.wrong, s.other,
           s.false_cause
      FROM ranked s
      LEFT JOIN resident r ON r.id = s.resident_id
     WHERE s.which IN (15, 7) OR s.which = 11 AND s.place <= 50 OR s.which = 14 AND s.wrong > 0
        OR s.which = 13 AND s.place <= 20 AND s.wrong > 0 AND s.resident_id IS NOT NULL
     ORDER BY which, place
    """
)


def truth(conn: Conn, wanted: Wanted) -> Truth:
    """What the alerts that opened in this time turned out to be, as far as they are closed."""
    terms = wanted.terms() | {
        "confirmed": sorted(CONFIRMED), "false": Outcome.FALSE_ALARM, "nothing": [Outcome.DUPLICATE, CLEARED],
    }  # fmt: skip
    whole, rules, models, residents, causes = Verdicts(0, 0, 0), [], [], [], []
    for which, rule, vendor, model, resident, name, confirmed, wrong, other, cause in conn.execute(
        TRUTH, terms, prepare=False
    ):
        numbers = (confirmed, wrong, other)
        match which:
            case 15:
                whole = Verdicts(*numbers)
            case 7:
                rules.append(OfRule(*numbers, rule))
            case 11:
                models.append(OfModel(*numbers, vendor, model))
            case 14:
                causes.append(OfCause(cause, wrong))
            case _:
                residents.append(OfResident(*numbers, resident, name))
    return Truth(whole, rules, models, residents, causes)

"""How well alerts match the truth: per kind noticed, missed, how late, and how often nothing was the matter. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from records.judging.rings import Ring
from simulators.incidents import Kind
from simulators.truth import Happened, Ledger

_STILL = timedelta(hours=1)
"""An alert this long after the end of what happened is still about it."""

NOTICED_BY: Mapping[Kind, frozenset[str]] = MappingProxyType(
    {
        Kind.FALL_GETS_UP: frozenset({"fall"}),
        Kind.FALL_LIES: frozenset({"fall", "no_movement"}),
        Kind.COLLAPSE: frozenset({"fall", "no_movement", "water_low"}),
        Kind.SOS: frozenset({"sos", "pull_cord"}),
        Kind.BED_EXIT: frozenset({"left_bed"}),
        Kind.SLOW_FEVER: frozenset(
            {
                "vital_body_temperature",
                "vital_heart_rate",
                "vital_respiration_rate",
                "news2",
                "news2_emergency",
                "news2_single",
            }
        ),
        Kind.WANDERING: frozenset({"wandering", "left_bed"}),
        Kind.LEAK: frozenset({"water_leak", "water_high", "water_running"}),
        Kind.SMOKE: frozenset({"smoke", "fire"}),
        Kind.POWER_CUT_HOME: frozenset({"power_lost", "device_silent", "home_lost"}),
        Kind.POWER_CUT_STREET: frozenset({"power_lost", "device_silent", "home_lost", "area_lost"}),
    }
)
"""The rules whose alert tells a person of it."""


@dataclass(frozen=True, slots=True)
class OfKind:
    """How one kind of incident was noticed."""

    kind: Kind
    happened: int
    noticed: int
    p50: timedelta | None
    p90: timedelta | None

    @property
    def missed(self) -> int:
        """How often nobody was told."""
        return self.happened - self.noticed


@dataclass(frozen=True, slots=True)
class Score:
    """The whole result."""

    kinds: tuple[OfKind, ...]
    false_alerts: int
    """About a person or a home, without anything in the ledger."""
    false_per_home_and_day: float
    technical: int
    """About a device, without anything in the ledger, which knows no empty batteries and broken sensors."""


def score(ledger: Ledger, rings: Sequence[Ring]) -> Score:
    """Hold the rings against the truth."""
    mine: dict[str, list[Ring]] = {}
    for ring in sorted(rings, key=lambda ring: ring.time):
        mine.setdefault(ring.care_bed, []).append(ring)
    true: set[Ring] = set()
    kinds = []
    for kind in Kind:
        happened = [one for one in ledger.happened if one.kind is kind]
        if not happened:
            continue
        first = []
        for one in happened:
            about = list(_about(one, mine.get(one.care_bed, ())))
            true.update(about)
            first += [min(ring.time - one.start + ring.took for ring in about)] if about else []
        kinds.append(OfKind(kind, len(happened), len(first), _quantile(first, 0.5), _quantile(first, 0.9)))
    home_days = ledger.homes * ((ledger.until - ledger.since) / timedelta(days=1))
    false = _not_about(rings, true, technical=False)
    return Score(tuple(kinds), false, false / home_days if home_days else 0.0, _not_about(rings, true, technical=True))


def _not_about(rings: Sequence[Ring], true: set[Ring], *, technical: bool) -> int:
    """How many rang of which nothing is known in any of the homes that they were about."""
    mine = [ring for ring in rings if ring.technical is technical]
    explained = {ring.line for ring in mine if ring in true and ring.line}
    return len({ring.line or ring for ring in mine if ring not in true and ring.line not in explained})


def _about(one: Happened, rings: Sequence[Ring]) -> Iterator[Ring]:
    rules = NOTICED_BY[one.kind]
    return (ring for ring in rings if ring.rule in rules and one.start <= ring.time <= one.end + _STILL)


def _quantile(delays: Sequence[timedelta], share: float) -> timedelta | None:
    """The nearest rank."""
    return sorted(delays)[min(len(delays) - 1, int(share * len(delays)))] if delays else None


def in_words(found: Score) -> Iterator[str]:
    """The score as a table."""
    yield f"{'kind':<20}{'happened':>9}{'noticed':>9}{'missed':>8}{'p50':>11}{'p90':>11}"
    for one in found.kinds:
        delays = "".join(
            f"{'–' if delay is None else f'{delay.total_seconds():.1f} s':>11}" for delay in (one.p50, one.p90)
        )
        yield f"{one.kind:<20}{one.happened:>9}{one.noticed:>9}{one.missed:>8}{delays}"
    false = f"false alerts: {found.false_alerts}, {found.false_per_home_and_day:.3f} per home and day"
    yield f"{false}; technical alerts of which the ledger knows nothing: {found.technical}"

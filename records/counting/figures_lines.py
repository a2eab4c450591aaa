"""The figures as lines, for a table on paper and for the command line: the same numbers that the API gives."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from care.figures import Rate
from records.counting.figures import Figures
from records.counting.figures_load import Source
from records.counting.figures_response import Part
from records.counting.figures_terms import ZONE
from records.counting.figures_truth import Verdicts


@dataclass(frozen=True, slots=True)
class Line:
    """One number: which part of the figures, of what, which figure; `of`, `share` and `target` where it has them."""

    part: str
    name: str
    figure: str
    value: float
    of: float | None = None
    share: float | None = None
    target: float | None = None


def lines(found: Figures) -> Iterator[Line]:
    """Every number, part by part."""
    yield from _response(found)
    for share in found.priorities:
        yield Line("priorities", share.priority, "alerts", share.alerts, found.alerts, share.share, share.target)
    yield from _load(found)
    yield from _verdicts("truth", "", found.truth.whole)
    for rule in found.truth.rules:
        yield from _verdicts("rules", rule.rule, rule)
    for model in found.truth.models:
        yield from _verdicts("models", f"{model.vendor}/{model.model}", model)
    for resident in found.truth.residents:
        yield from _verdicts("residents", resident.resident_name, resident)
    for area in found.areas:
        yield from _part("areas", area.name, area)
    for day in found.days:
        yield from _part("days", day.day.isoformat(), day)
    for shift in found.shifts:
        times = "–".join(f"{at.astimezone(ZoneInfo(ZONE)):%Y-%m-%d %H:%M}" for at in (shift.starts, shift.ends))
        yield from _part("shifts", f"{times} {shift.area or ''}".rstrip(), shift)


def _response(found: Figures) -> Iterator[Line]:
    yield Line("response", "", "alerts", found.alerts)
    yield Line("response", "", "drills", found.drills)
    yield from _rates("response", "", "answered", found.answers.first)
    yield from _rates("response", "", "again", found.answers.again)
    yield Line("response", "", "waiting", found.answers.waiting)
    yield Line("response", "", "sent", found.door.sent)
    yield Line("response", "", "called_off", found.door.called_off)
    yield from _rates("response", "", "door", found.door.rates)
    yield from _rates("response", "", "technical", [found.technical])


def _load(found: Figures) -> Iterator[Line]:
    load, burden = found.load, found.burden
    for figure in ("average", "busiest", "day_average"):
        yield Line("load", "", figure, round(getattr(load, figure), 2))
    for figure in ("fine", "manageable", "over", "unstaffed"):
        yield Line("load", "", figure, getattr(load, figure), load.intervals, getattr(load, figure) / load.intervals)
    yield Line("load", "", "floods", len(load.floods))
    yield Line("load", "", "flooded_s", load.flooded_s)
    yield Line("load", "", "rings", burden.rings)
    yield Line("load", "", "stale_alerts", burden.stale_alerts)
    yield Line("load", "", "chattering_sources", burden.chattering_sources)
    for source in burden.sources:
        yield Line("sources", _of(source), "rings", source.rings, burden.rings, source.share, burden.most_of_one)
    for source in burden.chattering:
        yield Line("chattering", _of(source), "chattered", source.chattered)


def _of(source: Source) -> str:
    device = f"{source.vendor}/{source.device}" if source.device else ""
    return " ".join(part for part in (source.rule, source.resident_name or source.subject, device) if part)


def _part(part: str, name: str, found: Part) -> Iterator[Line]:
    yield Line(part, name, "alerts", found.alerts)
    yield from _rates(part, name, "answered", found.answered)


def _rates(part: str, name: str, figure: str, rates: Iterable[Rate]) -> Iterator[Line]:
    for rate in rates:
        limit = "" if rate.limit_s is None else f"_{rate.limit_s}"
        yield Line(part, name, f"{figure}{limit}", rate.within, rate.of, rate.share, rate.target)


def _verdicts(part: str, name: str, found: Verdicts) -> Iterator[Line]:
    of = found.confirmed + found.false + found.other
    for figure in ("confirmed", "false", "other"):
        number = getattr(found, figure)
        yield Line(part, name, figure, number, of, number / of if of else None)

"""The language: life cycle, limits, clocks, catalogues, schemas."""

from datetime import UTC, datetime, timedelta

import jsonschema
import pytest

from care.alerts import NEXT, NotAllowed, Phase, Step, after
from care.events import EVENTS
from care.limits import DEFAULT_LIMITS, Sample, screen, sustained
from care.metrics import CATALOGUE, METRICS, MetricKind
from care.rules import EVENT_RULES, Priority
from care.timing import Timeliness, impossible, timeliness
from care.wire import json_schemas

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def samples(*values: float, every: int = 10) -> list[Sample]:
    """The last one is now."""
    first = NOW - timedelta(seconds=every * (len(values) - 1))
    return [Sample(first + timedelta(seconds=every * n), value) for n, value in enumerate(values)]


def test_every_phase_but_closed_leads_somewhere_and_ends_in_closed() -> None:
    for phase in Phase:
        reached, edge = {phase}, {phase}
        while edge:
            edge = {after(p, step) for p in edge for step in NEXT[p]} - reached
            reached |= edge
        assert Phase.CLOSED in reached
    assert NEXT[Phase.CLOSED] == {}


def test_answering_twice_is_refused_and_says_what_is_possible() -> None:
    with pytest.raises(NotAllowed, match="dispatch, hand_back, close"):
        after(Phase.ANSWERED, Step.ANSWER)


def test_a_racing_heart_is_screened_and_a_calm_one_is_not() -> None:
    assert [breach.metric for breach in screen({"heart_rate": 140.0, "spo2": 97.0})] == ["heart_rate"]
    assert list(screen({"heart_rate": 72.0, "movement": 3.0})) == []


def test_a_minute_above_the_limit_is_sustained() -> None:
    assert len(sustained(samples(140, 141, 139, 150, 140, 138, 142), DEFAULT_LIMITS["heart_rate"], NOW)) == 7


@pytest.mark.parametrize(
    "window",
    [samples(140, 141), samples(140, 141, 72, 150, 140), samples(140, 141, 142, every=1)],
    ids=["only two", "one normal", "within two seconds"],
)
def test_an_artefact_is_not_sustained(window: list[Sample]) -> None:
    assert sustained(window, DEFAULT_LIMITS["heart_rate"], NOW) == ()


def test_a_clock_that_is_ahead_or_years_behind_is_impossible() -> None:
    kept = timedelta(days=400)
    assert impossible(NOW, NOW, kept) is None
    assert impossible(NOW + timedelta(minutes=4), NOW, kept) is None
    assert "future" in (impossible(NOW + timedelta(minutes=6), NOW, kept) or "")
    assert "400 days" in (impossible(NOW - timedelta(days=401), NOW, kept) or "")


def test_late_alarms_page_for_a_day() -> None:
    assert timeliness(NOW - timedelta(minutes=1), NOW) is Timeliness.LIVE
    assert timeliness(NOW - timedelta(hours=1), NOW) is Timeliness.DELAYED
    assert timeliness(NOW - timedelta(hours=25), NOW) is Timeliness.HISTORY


def test_the_catalogues_fit_together() -> None:
    assert len(METRICS) == len(CATALOGUE) == 21
    assert set(EVENT_RULES) <= set(EVENTS)
    assert all(rule.alert_class is EVENTS[name] for name, rule in EVENT_RULES.items())
    assert EVENT_RULES["fall"].priority is Priority.HIGH
    assert {m.name for m in CATALOGUE if m.kind is MetricKind.STATE} == {"in_bed", "motion", "presence", "door_open"}


@pytest.mark.parametrize("channel", ["obs", "event", "status", "command", "reply", "ack"])
def test_each_channel_has_a_valid_schema(channel: str) -> None:
    jsonschema.Draft202012Validator.check_schema(json_schemas()[channel])


def test_the_schema_takes_the_example_of_the_contract_and_refuses_an_unknown_metric() -> None:
    validator = jsonschema.Draft202012Validator(json_schemas()["obs"])
    good = {"time": "2026-11-23T12:00:00.123+08:00", "values": {"heart_rate": 72, "in_bed": 1}}
    assert validator.is_valid(good)
    assert validator.is_valid([good, good])
    assert not validator.is_valid({"time": 1, "values": {"mood": 3}})

"""What an alert does by itself: always something, always with a time, and never the same for ever at one moment."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.alerts import Phase
from care.escalation import (
    ON_ROSTERS,
    Does,
    Standing,
    Tell,
    Whom,
    cadence,
    done,
    next_deed,
    read_plan,
    tellings,
    written_plan,
)  # fmt: skip
from care.events import AlertClass
from care.rules import Priority
from tests.people import NOW

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)

seconds = st.integers(0, 7200).map(lambda n: timedelta(seconds=n))
tells = st.builds(
    Tell, seconds, st.sampled_from(Whom), st.integers(0, 3), st.integers(1, 600).map(lambda n: n * SECOND)
)
plans = st.lists(tells, max_size=8).map(tuple)
moments = seconds.map(lambda step: NOW + step)
open_ones = st.builds(
    Standing,
    st.sampled_from([phase for phase in Phase if phase is not Phase.CLOSED]),
    st.sampled_from(AlertClass),
    st.sampled_from(Priority),
    plans,
    moments,
    moments,
    moments,
    told=st.integers(0, 40),
    again=st.integers(0, 100),
    told_at=st.none() | moments,
    ahead=seconds,
    expected_at=st.none() | moments,
    shelved_until=st.none() | moments,
)


@given(open_ones)
def test_an_open_alert_always_has_a_next_deed_with_a_time(alert: Standing) -> None:
    deed = next_deed(alert)
    assert deed is not None
    assert deed.whom or deed.does in {Does.EXPIRE, Does.UNSHELVE}


@given(open_ones, st.integers(0, 100_000), st.randoms())
def test_at_any_moment_there_is_an_end_of_what_is_due(alert: Standing, later: int, chance: object) -> None:
    now = NOW + later * SECOND
    most = len(tellings(alert.plan)) + 5
    for _ in range(most):
        deed = next_deed(alert)
        assert deed is not None
        if deed.due > now:
            return
        alert = done(alert, deed, now, reached=chance.random() < 0.5)  # type: ignore[attr-defined]
    pytest.fail("it goes on for ever")


@given(plans)
def test_whoever_is_not_on_duty_is_passed_over_at_once(plan: tuple[Tell, ...]) -> None:
    alert = Standing(Phase.RAISED, AlertClass.PERSONAL, Priority.HIGH, plan, NOW, NOW, NOW)
    now = NOW + (tellings(plan)[0].after if plan else timedelta(0))
    told: list[Whom] = []
    while (deed := next_deed(alert)) and deed.due <= now:
        told += deed.whom
        alert = done(alert, deed, now, reached=False)
    on_rosters = {step.whom for step in plan if step.whom in ON_ROSTERS}
    if tellings(plan) and tellings(plan)[0].whom in ON_ROSTERS:
        assert on_rosters <= set(told)


def test_closed_and_held_back_alerts_do_nothing() -> None:
    alert = Standing(Phase.RAISED, AlertClass.PERSONAL, Priority.HIGH, (), NOW, NOW, NOW, suppressed=True)
    assert next_deed(alert) is None
    assert next_deed(Standing(Phase.CLOSED, AlertClass.PERSONAL, Priority.HIGH, (), NOW, NOW, NOW)) is None


def test_the_last_resort_is_told_faster_and_faster() -> None:
    times = [cadence(Priority.HIGH, again) for again in range(5)]
    assert times == [4 * MINUTE, 2 * MINUTE, MINUTE, MINUTE, MINUTE]


@given(plans)
def test_a_plan_is_written_and_read_again(plan: tuple[Tell, ...]) -> None:
    assert read_plan(written_plan(plan)) == plan


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ({"whom": "pigeon"}, "step 1: whom: use one of seat"),
        ({"whom": "seat", "after": -1}, "step 1: after: a whole number"),
        ({"whom": "seat", "repeat": 2}, "step 1: wait: how many seconds"),
    ],
)
def test_a_plan_that_means_nothing_is_refused(step: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_plan([step])

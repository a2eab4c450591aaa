"""Services ordered for a resident (子女网上下单、老人体验服务): what there is, and an order's way to its end. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType

from care.permissions import Permission


class Service(StrEnum):
    """What can be ordered (domain.md: meal, bath, cleaning, accompaniment); for all else the wish says what."""

    MEAL = "meal"
    BATH = "bath"
    CLEANING = "cleaning"
    ACCOMPANIMENT = "accompaniment"
    OTHER = "other"


class OrderState(StrEnum):
    """How far an order has got."""

    ORDERED = "ordered"
    ACCEPTED = "accepted"
    UNDER_WAY = "under_way"
    DONE = "done"
    NOT_MET = "not_met"
    """Somebody was there, and the resident was not."""
    DECLINED = "declined"
    """The station can't do it."""
    CANCELLED = "cancelled"
    """Whoever ordered it wants it no more."""


class OrderStep(StrEnum):
    """What a person does to an order."""

    ACCEPT = "accept"
    SET_OUT = "set_out"
    FINISH = "finish"
    MISS = "miss"
    DECLINE = "decline"
    CANCEL = "cancel"


_S, _T = OrderState, OrderStep

NEXT: Mapping[OrderState, Mapping[OrderStep, OrderState]] = MappingProxyType(
    {
        _S.ORDERED: {_T.ACCEPT: _S.ACCEPTED, _T.DECLINE: _S.DECLINED, _T.CANCEL: _S.CANCELLED},
        _S.ACCEPTED: {
            _T.SET_OUT: _S.UNDER_WAY, _T.FINISH: _S.DONE, _T.MISS: _S.NOT_MET,
            _T.DECLINE: _S.DECLINED, _T.CANCEL: _S.CANCELLED,
        },
        _S.UNDER_WAY: {_T.FINISH: _S.DONE, _T.MISS: _S.NOT_MET, _T.DECLINE: _S.DECLINED},
        _S.DONE: {},
        _S.NOT_MET: {},
        _S.DECLINED: {},
        _S.CANCELLED: {},
    }
)  # fmt: skip
"""All transitions; what is not in here is refused. Whom somebody is on the way to can't be called off any more."""

TAKES: Mapping[OrderStep, Permission] = MappingProxyType(
    {step: Permission.ORDER if step is _T.CANCEL else Permission.SERVE for step in OrderStep}
)
"""What one must be allowed to take this step."""

WITH_REASON = frozenset({OrderStep.DECLINE, OrderStep.CANCEL})
"""Steps that need a reason."""

TOLD = frozenset({OrderState.ACCEPTED, OrderState.DONE, OrderState.NOT_MET, OrderState.DECLINED})
"""What the one who ordered is told of."""

OVER = frozenset(state for state, steps in NEXT.items() if not steps)

ACCEPTED_WITHIN = timedelta(hours=24)
"""So long an order may wait to be accepted, and never beyond the beginning of its time (an assumption)."""

LONGEST_WINDOW = timedelta(hours=12)
FARTHEST = timedelta(days=60)
MOST_WEEKS = 12
"""How long the time may be in which somebody comes, how far ahead it may lie, and how often an order repeats itself at
most, weekly (assumptions)."""

DAYTIMES: Mapping[str, tuple[time, time]] = MappingProxyType(
    {
        "morning": (time(8), time(11)),
        "noon": (time(11), time(13)),
        "afternoon": (time(13), time(17)),
        "evening": (time(17), time(20)),
    }
)
"""The parts of a day that the pages offer, local time (an assumption); over HTTP any window may be asked for."""

LOOK_AFTER = timedelta(hours=2)
"""So soon somebody goes there again who was not met (an assumption): they were expected at home."""


class OrderNotAllowed(ValueError):
    """This step can't be taken in this state."""

    def __init__(self, state: OrderState, step: OrderStep) -> None:
        allowed = ", ".join(NEXT[state]) or "nothing: it is over"
        super().__init__(f"{step} is not possible while the order is {state}; possible now: {allowed}")
        self.state = state


def after(state: OrderState, step: OrderStep) -> OrderState:
    """The state that this step leads to; OrderNotAllowed where it leads nowhere."""
    try:
        return NEXT[state][step]
    except KeyError:
        raise OrderNotAllowed(state, step) from None


@dataclass(frozen=True, slots=True)
class Window:
    """The time in which somebody is to come."""

    start: datetime
    end: datetime

    def weekly(self, weeks: int) -> list["Window"]:
        """This one, and the same in each of the weeks after it; China has no summer time."""
        return [Window(self.start + timedelta(weeks=week), self.end + timedelta(weeks=week)) for week in range(weeks)]


def check(window: Window, weeks: int, service: Service, wish: str, now: datetime) -> None:
    """Raise ValueError, naming the field and the fix, unless this can be ordered."""
    if window.start >= window.end:
        raise ValueError("from: must be earlier than to")
    if window.end - window.start > LONGEST_WINDOW:
        raise ValueError(f"to: at most {LONGEST_WINDOW // timedelta(hours=1)} hours after from")
    if window.end <= now:
        raise ValueError("to: must lie ahead")
    if window.start > now + FARTHEST:
        raise ValueError(f"from: at most {FARTHEST.days} days ahead")
    if not 1 <= weeks <= MOST_WEEKS:
        raise ValueError(f"weeks: from 1 to {MOST_WEEKS}")
    if service is Service.OTHER and not wish:
        raise ValueError("wish: say what is wanted, or choose another service")


def due(state: OrderState, ordered_at: datetime, window: Window) -> datetime | None:
    """Until when its next step should be taken, after which it is overdue; None where it is over."""
    if state is OrderState.ORDERED:
        return max(min(window.start, ordered_at + ACCEPTED_WITHIN), ordered_at)
    return None if state in OVER else window.end

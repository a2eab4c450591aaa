"""The life cycle of an alert: phases, the steps between them, and how it may end."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum


class Phase(StrEnum):
    """How far the response has got."""

    RAISED = "raised"
    ANSWERED = "answered"
    DISPATCHED = "dispatched"
    ARRIVED = "arrived"
    PERSON_SEEN = "person_seen"
    CLOSED = "closed"


class Step(StrEnum):
    """What a person does to an alert."""

    ANSWER = "answer"
    HAND_BACK = "hand_back"
    DISPATCH = "dispatch"
    ARRIVE = "arrive"
    SEE = "see"
    CLOSE = "close"
    CONTACT = "contact"
    """They tried to reach somebody about it."""
    SHELVE = "shelve"
    """It waits in silence until a time, and then rings again."""


class Outcome(StrEnum):
    """How an alert ended."""

    HELPED = "helped"
    AMBULANCE = "ambulance"
    FAMILY_TOOK_OVER = "family_took_over"
    NO_HELP_NEEDED = "no_help_needed"
    FALSE_ALARM = "false_alarm"
    DRILL = "drill"
    CANCELLED_BY_RESIDENT = "cancelled_by_resident"
    DUPLICATE = "duplicate"


class FalseCause(StrEnum):
    """Why an alert was a false one, as far as domain.md names it ("Rules", "Events", "Traps that vendors set")."""

    BY_MISTAKE = "by_mistake"
    """The resident set it off and needed nothing: what the cancel stage of a device is for."""
    SOMEBODY_ELSE = "somebody_else"
    """It was another person: a neighbour seen through the wall, a visitor."""
    AWAY = "away"
    """The resident was elsewhere: at the daughter's, in hospital."""
    CHORES = "chores"
    """Cleaning, cooking and the like."""
    HABIT = "habit"
    """Their day is like that; the limit does not suit them."""
    DEVICE = "device"
    """The device is faulty, stuck or badly placed."""
    OLD_MESSAGE = "old_message"
    """What was sent again on a reconnect, or came with a wrong clock."""
    OTHER = "other"
    """The note says what."""


class Party(StrEnum):
    """Whom somebody tried to reach."""

    RESIDENT = "resident"
    FAMILY = "family"
    NEIGHBOUR = "neighbour"
    OTHER = "other"


class Means(StrEnum):
    """How they tried."""

    PHONE = "phone"
    DEVICE = "device"
    MESSAGE = "message"
    DOOR = "door"


class Reached(StrEnum):
    """What came of it."""

    SPOKE = "spoke"
    NO_REPLY = "no_reply"


MOST_SHELVED = timedelta(hours=24)
"""For how long an alert may be shelved at once (an assumption): nothing is put away for ever."""


MOST_EXPECTED = timedelta(hours=24)
"""So far ahead whoever is sent may be expected (an assumption): until then nobody is told that they are not there."""

ONE_CASE = timedelta(minutes=30)
"""What happens in one home within so long of the last of it belongs together (an assumption)."""

CLEARED = "cleared"
"""How a technical alert ends whose condition is gone: by itself, which no person can choose."""


NEXT: Mapping[Phase, Mapping[Step, Phase]] = {
    Phase.RAISED: {Step.ANSWER: Phase.ANSWERED, Step.CLOSE: Phase.CLOSED, Step.SHELVE: Phase.RAISED},
    Phase.ANSWERED: {
        Step.DISPATCH: Phase.DISPATCHED, Step.HAND_BACK: Phase.RAISED, Step.CLOSE: Phase.CLOSED,
        Step.CONTACT: Phase.ANSWERED, Step.SHELVE: Phase.RAISED,
    },
    Phase.DISPATCHED: {
        Step.ARRIVE: Phase.ARRIVED, Step.HAND_BACK: Phase.RAISED, Step.CLOSE: Phase.CLOSED,
        Step.CONTACT: Phase.DISPATCHED,
    },
    Phase.ARRIVED: {
        Step.SEE: Phase.PERSON_SEEN, Step.HAND_BACK: Phase.RAISED, Step.CLOSE: Phase.CLOSED,
        Step.CONTACT: Phase.ARRIVED,
    },
    Phase.PERSON_SEEN: {Step.CLOSE: Phase.CLOSED, Step.CONTACT: Phase.PERSON_SEEN},
    Phase.CLOSED: {},
}  # fmt: skip
"""All transitions; what is not in here is refused."""


class NotAllowed(ValueError):
    """This step can't be taken in this phase."""

    def __init__(self, phase: Phase, step: Step) -> None:
        allowed = ", ".join(NEXT[phase]) or "nothing: it is over"
        super().__init__(f"{step} is not possible while the alert is {phase}; possible now: {allowed}")
        self.phase = phase
        self.step = step


def after(phase: Phase, step: Step) -> Phase:
    """The phase that this step leads to; NotAllowed where it leads nowhere."""
    try:
        return NEXT[phase][step]
    except KeyError:
        raise NotAllowed(phase, step) from None

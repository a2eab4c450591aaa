"""A call-out as whoever goes there sees it: what part they have in it now, and what they can say. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from care.alerts import Outcome, Phase


class Part(StrEnum):
    """What somebody has to do with an alert that they were asked or sent to go to."""

    ASKED = "asked"
    """Could they go? The first who accepts does."""
    SENT = "sent"
    """The centre has named them; they have not said yet that they go."""
    GOING = "going"
    AT_THE_DOOR = "at_the_door"
    WITH_THEM = "with_them"
    DECLINED = "declined"
    TAKEN = "taken"
    """Somebody else goes, or they were relieved."""
    OVER = "over"


ON_IT = frozenset({Part.SENT, Part.GOING, Part.AT_THE_DOOR, Part.WITH_THEM})
"""Who sees the address, the way in and the telephone; nobody else, and nobody once it is over."""


class Act(StrEnum):
    """What they can say, one button each."""

    ACCEPT = "accept"
    DECLINE = "decline"
    ARRIVE = "arrive"
    SEE = "see"
    HELPED = "helped"
    NO_HELP_NEEDED = "no_help_needed"
    AMBULANCE = "ambulance"
    NO_ENTRY = "no_entry"
    """Nobody opens the door."""
    CALL_ME = "call_me"
    """The centre is to call."""


REPORTS = frozenset({Act.HELPED, Act.NO_HELP_NEEDED, Act.AMBULANCE, Act.NO_ENTRY, Act.CALL_ME})
"""What is found there; each is a line of the alert's log."""

ASKS = frozenset({Act.AMBULANCE, Act.NO_ENTRY, Act.CALL_ME})
"""Reports after which the seat has to do something at once."""

ENDS: Mapping[Act, Outcome] = MappingProxyType({Act.HELPED: Outcome.HELPED, Act.NO_HELP_NEEDED: Outcome.NO_HELP_NEEDED})
"""How it ends by what was found, where whoever reports may close alerts there; else the seat closes it."""

_TROUBLE = (Act.AMBULANCE, Act.CALL_ME)
CAN: Mapping[Part, tuple[Act, ...]] = MappingProxyType(
    {
        Part.ASKED: (Act.ACCEPT, Act.DECLINE),
        Part.SENT: (Act.ACCEPT, Act.DECLINE),
        Part.GOING: (Act.ARRIVE, Act.CALL_ME, Act.DECLINE),
        Part.AT_THE_DOOR: (Act.SEE, Act.NO_ENTRY, *_TROUBLE, Act.DECLINE),
        Part.WITH_THEM: (Act.HELPED, Act.NO_HELP_NEEDED, *_TROUBLE),
        Part.DECLINED: (),
        Part.TAKEN: (),
        Part.OVER: (),
    }
)
"""What can be said when, what is most likely meant first."""

_REACHED: Mapping[Act, frozenset[Part]] = MappingProxyType(
    {
        Act.ACCEPT: frozenset({Part.GOING, Part.AT_THE_DOOR, Part.WITH_THEM}),
        Act.ARRIVE: frozenset({Part.AT_THE_DOOR, Part.WITH_THEM}),
        Act.SEE: frozenset({Part.WITH_THEM}),
        Act.DECLINE: frozenset({Part.DECLINED}),
    }
)


def is_done(act: Act, part: Part) -> bool:
    """Whether this was said already: a button that was pressed twice, or whose answer was lost on the way."""
    return part in _REACHED.get(act, frozenset())


def part_in(phase: Phase, offer: str | None, *, sent: bool, set_out: bool) -> Part:
    """Their part in an alert of this phase.

    `offer`: how the offer to them stands, where there is one; `sent`: they are who the alert is dispatched to;
    `set_out`: they have said since that they go.
    """
    if phase is Phase.CLOSED:
        return Part.OVER
    if not sent and offer != "accepted":
        return {"open": Part.ASKED, "declined": Part.DECLINED}.get(offer or "", Part.TAKEN)
    match phase:
        case Phase.ARRIVED:
            return Part.AT_THE_DOOR
        case Phase.PERSON_SEEN:
            return Part.WITH_THEM
        case _:
            return Part.GOING if set_out or offer == "accepted" else Part.SENT

"""When one person alone may close an alert, and when two have to: nobody has heard or seen the resident. Pure."""

from dataclasses import dataclass

from care.alerts import Outcome
from care.events import AlertClass
from care.rules import Priority

WITHOUT_A_VISIT = frozenset(
    {
        Outcome.NO_HELP_NEEDED,
        Outcome.FALSE_ALARM,
        Outcome.CANCELLED_BY_RESIDENT,
        Outcome.DUPLICATE,
        Outcome.DRILL,
    }
)
"""How an alert ends to which nobody goes; the other outcomes say who was there or is on the way."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known of the person when somebody wants to close."""

    alert_class: AlertClass
    priority: Priority
    drill: bool
    of_somebody: bool
    """It is about a resident."""
    stands: bool
    """Its condition has not gone, or only a person may say so."""
    spoke: bool
    """Somebody has spoken with the resident, in this alert or another of the same case."""
    seen: bool
    """Somebody has seen the resident, likewise."""


def takes_two(heard: Heard, outcome: Outcome) -> bool:
    """No voice contact: "if in doubt, go out". Skipping the visit takes two people and a recorded reason (domain.md).

    One of low priority, one whose condition has gone by itself, and a drill are closed by one person.
    """
    return (
        outcome in WITHOUT_A_VISIT
        and heard.alert_class is AlertClass.PERSONAL
        and heard.priority is not Priority.LOW
        and heard.of_somebody
        and heard.stands
        and not (heard.drill or heard.spoke or heard.seen)
    )

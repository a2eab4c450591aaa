"""Events that ring at once."""

from care.events import AlertClass
from care.rule import Priority, Rule


def _at_once(event: str, group: AlertClass, priority: Priority = Priority.HIGH) -> Rule:
    return Rule(event, group, priority, latched=True)


AT_ONCE: tuple[Rule, ...] = (
    _at_once("fall", AlertClass.PERSONAL),
    _at_once("sos", AlertClass.PERSONAL),
    _at_once("pull_cord", AlertClass.PERSONAL),
    _at_once("smoke", AlertClass.ENVIRONMENTAL),
    _at_once("fire", AlertClass.ENVIRONMENTAL),
    _at_once("gas", AlertClass.ENVIRONMENTAL),
    _at_once("carbon_monoxide", AlertClass.ENVIRONMENTAL),
    # Harm to the home at once, to the person later.
    _at_once("water_leak", AlertClass.ENVIRONMENTAL, Priority.MEDIUM),
    _at_once("strap_cut", AlertClass.PERSONAL, Priority.MEDIUM),
    # No published limits; that somebody is told of them at all is an assumption.
    _at_once("wandering", AlertClass.PERSONAL),
    _at_once("voice_no_answer", AlertClass.PERSONAL),
    _at_once("apnea", AlertClass.PERSONAL, Priority.MEDIUM),
)

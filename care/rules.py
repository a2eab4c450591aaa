"""The rules of this release: which events ring at once, and what each kind of alert is called and worth.

Priorities follow the matrix of IEC 60601-1-8: how bad the harm would be, and how soon.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from care.events import AlertClass


class Priority(StrEnum):
    """How soon somebody must act."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Rule:
    """What turns something that happened into an alert; `version` changes whenever its meaning does."""

    id: str
    alert_class: AlertClass
    priority: Priority
    latched: bool
    """Stays until a person closes it, also when the condition has gone."""
    version: int = 1


def _at_once(event: str, group: AlertClass) -> Rule:
    return Rule(event, group, Priority.HIGH, latched=True)


EVENT_RULES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.id: rule
        for rule in (
            _at_once("fall", AlertClass.PERSONAL),
            _at_once("sos", AlertClass.PERSONAL),
            _at_once("pull_cord", AlertClass.PERSONAL),
            _at_once("smoke", AlertClass.ENVIRONMENTAL),
            _at_once("fire", AlertClass.ENVIRONMENTAL),
            _at_once("gas", AlertClass.ENVIRONMENTAL),
            _at_once("carbon_monoxide", AlertClass.ENVIRONMENTAL),
            # Harm to the home at once, to the person later.
            Rule("water_leak", AlertClass.ENVIRONMENTAL, Priority.MEDIUM, latched=True),
            Rule("strap_cut", AlertClass.PERSONAL, Priority.MEDIUM, latched=True),
        )
    }
)

VITAL_RULES: Mapping[str, Rule] = MappingProxyType(
    {
        metric: Rule(f"vital_{metric}", AlertClass.PERSONAL, Priority.HIGH, latched=False)
        for metric in ("heart_rate", "respiration_rate", "spo2", "systolic", "body_temperature")
    }
)
"""Vital signs beyond the default limits, sustained."""

RULES: Mapping[str, Rule] = MappingProxyType({rule.id: rule for rule in (*EVENT_RULES.values(), *VITAL_RULES.values())})

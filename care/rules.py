"""The rule pack: every rule of this release, by id. The entries are in `care/pack`, by what they judge.

Priorities follow the matrix of IEC 60601-1-8: how bad the harm would be, and how soon.
"""

from collections.abc import Mapping
from types import MappingProxyType

from care.pack.at_once import AT_ONCE
from care.pack.checkins import CHECK_INS
from care.pack.home import HOME
from care.pack.silence import LEFT_BED, SILENCE
from care.pack.technical import TECHNICAL
from care.pack.vitals import NEWS2, VITALS
from care.rule import Choice, Number, Priority, Rule, Setting, TimeOfDay, Value

__all__ = [
    "DEVICE_EVENTS", "EVENT_RULES", "RULES", "VITAL_RULES", "Choice", "Number", "Priority", "Rule", "Setting",
    "TimeOfDay", "Value",
]  # fmt: skip

EVENT_RULES: Mapping[str, Rule] = MappingProxyType(
    {rule.id: rule for rule in AT_ONCE} | {"bed_exit_no_return": LEFT_BED}
)
"""Which events ring at once, by the name of the event; that somebody left the bed only in that person's night."""

VITAL_RULES: Mapping[str, Rule] = MappingProxyType({rule.id.removeprefix("vital_"): rule for rule in VITALS})
"""Vital signs beyond their limits, sustained; by metric."""

DEVICE_EVENTS = frozenset({"tamper", "low_battery", "sensor_fault", "power_lost", "power_back"})
"""What a device says of itself; `power_back` clears `power_lost`."""

RULES: Mapping[str, Rule] = MappingProxyType(
    {rule.id: rule for rule in (*AT_ONCE, *VITALS, *NEWS2, *SILENCE, *HOME, *CHECK_INS, *TECHNICAL)}
)

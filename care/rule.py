"""What a rule is: its class and priority, the limits that may be set, when it is armed, and what clears it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from care.events import AlertClass

Value = float | str


class Priority(StrEnum):
    """How soon somebody must act."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Number:
    """A limit that is a number in `unit` (UCUM); `low` and `high` are what anybody may set it to, both included."""

    name: str
    default: float
    unit: str
    low: float
    high: float
    source: str
    """Where the default comes from."""
    clinical: bool = False
    """Only a doctor may set it, and only for one person."""

    @property
    def allowed(self) -> str:
        """What it may be, in words."""
        return f"{self.low:g} to {self.high:g} {self.unit}".rstrip()

    def read(self, value: object) -> Value:
        """The value of a number or its text; ValueError says what it may be."""
        try:
            number = float(str(value))
        except ValueError:
            number = float("nan")
        if isinstance(value, bool) or not self.low <= number <= self.high:
            raise ValueError(f"{self.name}: use {self.allowed}")
        return number


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """A limit that is a time of the day, local, as in 21:00."""

    name: str
    default: str
    source: str
    clinical: bool = False
    unit: str = "local time"

    @property
    def allowed(self) -> str:
        """What it may be, in words."""
        return "00:00 to 23:59"

    def read(self, value: object) -> Value:
        """The value of its text; ValueError says what it may be."""
        if not isinstance(value, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
            raise ValueError(f"{self.name}: use {self.allowed}")
        return value


@dataclass(frozen=True, slots=True)
class Choice:
    """A limit that is one of a few words."""

    name: str
    default: str
    options: tuple[str, ...]
    source: str
    clinical: bool = False
    unit: str = ""

    @property
    def allowed(self) -> str:
        """What it may be, in words."""
        return ", ".join(self.options)

    def read(self, value: object) -> Value:
        """The value of its text; ValueError says what it may be."""
        if value not in self.options:
            raise ValueError(f"{self.name}: use one of {self.allowed}")
        return str(value)


Setting = Number | TimeOfDay | Choice


@dataclass(frozen=True, slots=True)
class Rule:
    """What turns something that happened, or did not happen, into an alert."""

    id: str
    alert_class: AlertClass
    priority: Priority
    latched: bool
    """Stays until a person closes it, also when the condition has gone."""
    always_on: bool = False
    """It says that the platform itself fails, which nobody may switch off."""
    version: int = 1
    """Of its meaning with its defaults; every change of a limit has a number of its own above it."""
    settings: tuple[Setting, ...] = ()
    """Its limits: what city, county, street, community and person may change."""
    armed: str = "always"
    """When it judges, in words."""
    cleared: str = "a person closes it"
    """What makes its alert inactive, in words."""

    @property
    def can_be_off(self) -> bool:
        """Whether somebody may switch it off: no rule that rings at once, nor one about the platform itself."""
        return not (self.latched or self.always_on)

    @property
    def defaults(self) -> Mapping[str, Value]:
        """The limits as long as nobody has set others."""
        return MappingProxyType({setting.name: setting.default for setting in self.settings})

    def read(self, values: Mapping[str, object]) -> dict[str, Value]:
        """These limits as values; ValueError names one that the rule does not have, or that is out of bounds."""
        known = {setting.name: setting for setting in self.settings}
        for name in values:
            if name not in known:
                raise ValueError(f"{name}: {self.id} has no such limit; it has {', '.join(known) or 'none'}")
        return {name: known[name].read(value) for name, value in values.items()}

"""Which limits hold for whom: of the places that set one, from the whole city down to the person, the nearest wins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from uuid import UUID

from care.rule import Rule, Value

DEFAULT = "default"
EVERYWHERE = "everywhere"


@dataclass(frozen=True, slots=True)
class Place:
    """Where limits are set: for a person, for an area and all below it, or everywhere (both None)."""

    area_id: int | None = None
    resident_id: UUID | None = None

    def __str__(self) -> str:
        """As people and rows name it: `resident`, `area 12`, `everywhere`."""
        if self.resident_id is not None:
            return "resident"
        return EVERYWHERE if self.area_id is None else f"area {self.area_id}"


@dataclass(frozen=True, slots=True)
class Layer:
    """What one place sets of a rule; `enabled` None: as the next larger place says."""

    place: Place
    version: int
    values: Mapping[str, Value]
    enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class InForce:
    """The limits that hold for somebody, and where each comes from."""

    rule: Rule
    version: int
    """The newest of the versions that have a say in it; the rule's own where nobody has set anything."""
    values: Mapping[str, Value]
    origins: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Where each limit comes from that is not the rule's default."""
    enabled: bool = True

    @property
    def where(self) -> str:
        """Where the limits come from, in one line: `default`, or `low: resident; high: area 12`."""
        return "; ".join(f"{name}: {origin}" for name, origin in self.origins.items()) or DEFAULT

    def number(self, name: str) -> float:
        """A limit that is a number."""
        return float(self.values[name])

    def word(self, name: str) -> str:
        """A limit that is a word or a time of day."""
        return str(self.values[name])


def nearest(rule: Rule, layers: Sequence[Layer]) -> InForce:
    """The limits of `layers`, the nearest place first, over the rule's defaults; unknown ones fall away."""
    values, origins = dict(rule.defaults), dict[str, str]()
    version, enabled = rule.version, None
    for layer in layers:
        for name, value in layer.values.items():
            if name in values and name not in origins:
                values[name], origins[name] = value, str(layer.place)
        enabled = layer.enabled if enabled is None else enabled
        version = max(version, layer.version)
    in_order = {name: origins[name] for name in values if name in origins}
    return InForce(rule, version, MappingProxyType(values), MappingProxyType(in_order), enabled is not False)

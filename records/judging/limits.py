"""The limits in force: of one person, or of everybody at once for those who judge a whole city."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from care.in_force import InForce, Layer, Place, nearest
from care.rules import RULES
from records.database import Conn

__all__ = ["InForce", "LimitBook", "Place", "for_each", "in_force", "load"]

# The newest version of each place; `at` tells how it was then.
LAYERS = """
    SELECT DISTINCT ON (rule, area_id, resident_id) rule, version, area_id, resident_id, values, enabled
      FROM rule_setting
     WHERE rule = ANY (%(rules)s) AND (%(at)s::timestamptz IS NULL OR changed_at <= %(at)s)
       AND (%(residents)b::uuid[] IS NULL OR resident_id IS NULL OR resident_id = ANY (%(residents)b::uuid[]))
     ORDER BY rule, area_id, resident_id, version DESC
"""
PARENTS = "SELECT id, parent_id FROM area"
AREAS_OF = "SELECT r.id, h.area_id FROM resident r JOIN home h ON h.id = r.home_id WHERE r.id = ANY (%b)"
AREA_OF = "SELECT h.area_id FROM resident r JOIN home h ON h.id = r.home_id WHERE r.id = %s"


@dataclass(slots=True)
class LimitBook:
    """What every place sets of some rules; finds what holds for anybody without asking the database again."""

    parents: Mapping[int, int | None]
    layers: dict[str, dict[Place, Layer]]
    _by_area: dict[tuple[str, int | None], InForce] = field(default_factory=dict)

    def of(self, rule_id: str, resident_id: UUID | None, area_id: int | None) -> InForce:
        """What holds for this resident, who lives in this area."""
        own = self.layers[rule_id].get(Place(resident_id=resident_id)) if resident_id is not None else None
        if own is not None:
            return nearest(RULES[rule_id], [own, *self._upwards(rule_id, area_id)])
        key = (rule_id, area_id)
        if key not in self._by_area:
            self._by_area[key] = nearest(RULES[rule_id], self._upwards(rule_id, area_id))
        return self._by_area[key]

    def _upwards(self, rule_id: str, area_id: int | None) -> list[Layer]:
        layers = self.layers[rule_id]
        places = (*(Place(area) for area in self._chain(area_id)), Place())
        return [layers[place] for place in places if place in layers]

    def places(self) -> set[Place]:
        """Everywhere that something is set."""
        return {place for layers in self.layers.values() for place in layers}

    def areas_below(self) -> set[int]:
        """The areas that set something, with all below them."""
        setting = {place.area_id for place in self.places() if place.area_id is not None}
        return {area for area in self.parents if setting & set(self._chain(area))}

    def _chain(self, area_id: int | None) -> Iterator[int]:
        while area_id is not None:
            yield area_id
            area_id = self.parents.get(area_id)

    def with_layer(self, rule_id: str, layer: Layer) -> "LimitBook":
        """The same, as it would be if this place set that."""
        return LimitBook(self.parents, self.layers | {rule_id: self.layers[rule_id] | {layer.place: layer}})


def load(
    conn: Conn, rule_ids: Iterable[str], at: datetime | None = None, *, residents: Iterable[UUID] | None = None
) -> LimitBook:
    """What every place sets of these rules, now or at a time; of people only what is set for these, None: for all."""
    return _book(conn, tuple(rule_ids), at, None if residents is None else list(residents))


def in_force(conn: Conn, rule_id: str, resident_id: UUID | None, at: datetime | None = None) -> InForce:
    """What holds for this resident (None: everywhere), now or at a time; KeyError where there is no such rule."""
    book = _book(conn, (rule_id,), at, [resident_id] if resident_id is not None else [])
    return book.of(rule_id, resident_id, area_of(conn, resident_id) if resident_id is not None else None)


def for_each(conn: Conn, rule_id: str, residents: Sequence[UUID]) -> dict[UUID, InForce]:
    """What holds now for each of these; where they live is asked only where some area sets something."""
    book = load(conn, [rule_id], residents=residents)
    by_area = any(place.area_id is not None for place in book.places())
    areas: dict[UUID, int] = dict(conn.execute(AREAS_OF, (list(residents),)).fetchall()) if by_area else {}
    return {resident: book.of(rule_id, resident, areas.get(resident)) for resident in residents}


def area_of(conn: Conn, resident_id: UUID) -> int | None:
    """Where this resident lives."""
    row = conn.execute(AREA_OF, (resident_id,)).fetchone()
    return row[0] if row else None


def in_area(conn: Conn, rule_id: str, area_id: int | None) -> InForce:
    """What holds in this area for whoever has no limits of their own."""
    return _book(conn, (rule_id,), None, []).of(rule_id, None, area_id)


def _book(conn: Conn, rule_ids: tuple[str, ...], at: datetime | None, residents: list[UUID] | None) -> LimitBook:
    terms = {"rules": list(rule_ids), "at": at, "residents": residents}
    layers: dict[str, dict[Place, Layer]] = {rule_id: {} for rule_id in rule_ids}
    for rule, version, area, resident, values, enabled in conn.execute(LAYERS, terms):
        place = Place(area, resident)
        layers[rule][place] = Layer(place, version, MappingProxyType(values), enabled)
    parents: dict[int, int | None] = dict(conn.execute(PARENTS).fetchall()) if any(layers.values()) else {}
    return LimitBook(parents, layers)


WATCHED = """
    SELECT b.device_id, b.resident_id, h.area_id
      FROM binding b
      JOIN resident r ON r.id = b.resident_id
      JOIN home h ON h.id = r.home_id
     WHERE b.valid_to IS NULL AND (b.resident_id = ANY (%(residents)s) OR h.area_id = ANY (%(areas)s))
"""


def watched(conn: Conn, residents: Iterable[UUID], areas: Iterable[int]) -> list[tuple[int, UUID, int]]:
    """The devices that watch over these residents, or over somebody in one of these areas: device, resident, area."""
    rows = conn.execute(WATCHED, {"residents": list(residents), "areas": list(areas)})
    return [(device, resident, area) for device, resident, area in rows]

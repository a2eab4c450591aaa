"""The limits that ingest screens with: of whomever each device watches over; told by the database when they change."""

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from care.limits import DEFAULT_LIMITS, Limit, limit_of
from care.rules import VITAL_RULES
from records.database import Conn
from records.judging import limits
from records.judging.limits import LimitBook

_METRICS: Mapping[str, str] = {rule.id: metric for metric, rule in VITAL_RULES.items()}


class Limits:
    """By device; those whose resident and areas have no limits of their own share what holds everywhere."""

    def __init__(self) -> None:
        self._everywhere = DEFAULT_LIMITS
        self._own: dict[int, Mapping[str, Limit]] = {}

    def of(self, device_id: int) -> Mapping[str, Limit]:
        """The limits by metric, without those of rules that are off for this person."""
        return self._own.get(device_id, self._everywhere)

    def load(self, conn: Conn) -> None:
        """Everything anew; where nobody has set anything that is one small query."""
        book = limits.load(conn, _METRICS)
        self._everywhere = _limits(book, None, None)
        shared: dict[tuple[UUID | None, int], Mapping[str, Limit]] = {}
        self._own = {}
        residents = {place.resident_id for place in book.places() if place.resident_id is not None}
        areas = book.areas_below()
        if not residents and not areas:
            return
        for device_id, resident_id, area_id in limits.watched(conn, residents, areas):
            key = (resident_id if resident_id in residents else None, area_id)
            if key not in shared:
                shared[key] = _limits(book, *key)
            self._own[device_id] = shared[key]


def _limits(book: LimitBook, resident_id: UUID | None, area_id: int | None) -> Mapping[str, Limit]:
    found = {metric: book.of(rule_id, resident_id, area_id) for rule_id, metric in _METRICS.items()}
    return MappingProxyType({metric: limit_of(metric, one) for metric, one in found.items() if one.enabled})

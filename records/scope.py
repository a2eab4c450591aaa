"""Whom an account may see: every query about people's things takes it, so that no route can forget."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Scope:
    """Everybody below `areas` (ids, already expanded to the subtree; None: everywhere), or only `residents`;
    of devices only `vendor`'s where given. In SQL: NULL lets everything through, an empty array nothing."""

    areas: tuple[int, ...] | None = None
    residents: tuple[UUID, ...] | None = None
    vendor: str | None = None

    def terms(self) -> dict[str, object]:
        """The parameters `areas`, `residents` and `vendor` of a statement."""
        return {
            "areas": None if self.areas is None else list(self.areas),
            "residents": None if self.residents is None else list(self.residents),
            "vendor": self.vendor,
        }


EVERYTHING = Scope()

IN_SCOPE = """
    (%(areas)s::integer[] IS NULL OR h.area_id = ANY(%(areas)s::integer[]))
    AND (%(residents)s::uuid[] IS NULL OR r.id = ANY(%(residents)s::uuid[]))
"""
"""The condition over `resident r JOIN home h`, with the parameters of `Scope.terms`."""

"""Whom an account may see: every query about people's things takes it, so that no route can forget."""

from dataclasses import dataclass
from uuid import UUID

from care.people import Role
from care.permissions import EVERYWHERE_WITHOUT_AREA
from records.database import Conn


@dataclass(frozen=True, slots=True)
class Scope:
    """Everybody below `areas` (ids, already expanded to the subtree; None: everywhere), or only `residents`;
    of devices only `vendor`'s where given, and then no residents at all. An empty tuple is nobody."""

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

    def holds(self, area_id: int | None, resident_id: UUID | None) -> bool:
        """Whether this resident, who lives there, is in it; the same as IN_SCOPE."""
        return (
            self.vendor is None
            and (self.areas is None or area_id in self.areas)
            and (self.residents is None or resident_id in self.residents)
        )


EVERYTHING = Scope()

IN_SCOPE = """
    (%(vendor)s::text IS NULL
     AND (%(areas)s::integer[] IS NULL OR h.area_id = ANY (%(areas)s::integer[]))
     AND (%(residents)s::uuid[] IS NULL OR r.id = ANY (%(residents)s::uuid[])))
"""
"""The condition over `resident r JOIN home h`, with the parameters of `Scope.terms`."""

ALERT_IN_SCOPE = """
    (%(vendor)s::text IS NULL
     AND (%(areas)s::integer[] IS NULL OR coalesce(a.area_id, h.area_id) = ANY (%(areas)s::integer[]))
     AND (%(residents)s::uuid[] IS NULL OR r.id = ANY (%(residents)s::uuid[])))
"""
"""The same over `alert a`, with `r` and `h` its resident and home where it has them; what is about a whole street or
county is seen by those who have all of it in care."""

DEVICE_IN_SCOPE = """
    (d.vendor = %(vendor)s
     OR (%(vendor)s::text IS NULL
         AND (%(areas)s::integer[] IS NULL OR coalesce(h.area_id, d.area_id) = ANY (%(areas)s::integer[]))
         AND (%(residents)s::uuid[] IS NULL OR r.id = ANY (%(residents)s::uuid[]))))
"""
"""The same over `device d`, with `r` and `h` the resident and home that it watches over, where it does; one that
watches over nobody is where its stock is."""

SUBTREE = """
    WITH RECURSIVE mine (id) AS (
         SELECT id FROM area WHERE id = %s
          UNION ALL
         SELECT area.id FROM area JOIN mine ON area.parent_id = mine.id
    )
    SELECT id FROM mine
"""
OWN_RESIDENTS = "SELECT resident_id FROM account_resident WHERE account_id = %s"


def scope_of(conn: Conn, account_id: UUID, role: Role, area_id: int | None, vendor: str | None) -> Scope:
    """Whom this account may see."""
    if role is Role.VENDOR:
        return Scope(vendor=vendor or "")
    if role is Role.FAMILY or (role is Role.DOCTOR and area_id is None):
        return Scope(residents=tuple(row[0] for row in conn.execute(OWN_RESIDENTS, (account_id,))))
    if area_id is not None:
        return Scope(areas=tuple(row[0] for row in conn.execute(SUBTREE, (area_id,))))
    return EVERYTHING if role in EVERYWHERE_WITHOUT_AREA else Scope(areas=())

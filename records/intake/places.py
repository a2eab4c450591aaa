"""Which community a row means: by its name with the street and county, or by its code."""

import difflib
import re
from collections import defaultdict
from dataclasses import dataclass

from care.intake import Entry, Problem, Why
from care.people import AreaLevel
from records.database import Conn
from records.scope import Scope

ALL = """
    SELECT id, parent_id, level, name, code FROM area WHERE closed_on IS NULL
"""
_NEAR, _LIKE = 3, 0.5
_MOST_LOOKED_UP = 300
"""Of so many names that are not there the nearest ones are looked for: a whole wrong file has thousands."""


@dataclass(frozen=True, slots=True)
class _Community:
    id: int
    name: str
    code: str
    street: str
    county: str
    codes: frozenset[str]
    """Of itself and of what it lies in."""


def _plain(name: str) -> str:
    return re.sub(r"\s", "", name)


class Places:
    """The communities of the city, those in one's care told from the others."""

    def __init__(self, conn: Conn, scope: Scope) -> None:
        rows = {row[0]: row[1:] for row in conn.execute(ALL)}
        self._mine = None if scope.areas is None else set(scope.areas)
        self._by_name: dict[str, list[_Community]] = defaultdict(list)
        self._by_code: dict[str, _Community] = {}
        self._near: dict[str, str] = {}
        self.path: dict[int, str] = {}
        for area_id, (parent, level, name, code) in rows.items():
            if level != AreaLevel.COMMUNITY or parent not in rows:
                continue
            above, _, street, street_code = rows[parent]
            _, _, county, county_code = rows.get(above, (None, "", "", None))
            codes = frozenset(one for one in (street_code, county_code) if one)
            one = _Community(area_id, _plain(name), code or "", _plain(street), _plain(county), codes)
            self._by_name[one.name].append(one)
            self.path[area_id] = " · ".join((county, street, name))
            if code:
                self._by_code[code] = one

    def of(self, entry: Entry) -> int | Problem | None:
        """The id of the community, or what is wrong with the row; None where the row's cell was bad anyway."""
        said = _plain(entry.community)
        if not said:
            return None
        found = [self._by_code[said]] if said in self._by_code else self._by_name.get(said, [])
        fitting = [one for one in found if _fits(entry, one)]
        if len(fitting) > 1:
            return Problem(entry.row, "community", entry.community, Why.WHICH_AREA, {"near": self._paths(fitting)})
        if not fitting:
            near = self._paths(found[:_NEAR]) if found else self._alike(said)
            return Problem(entry.row, "community", entry.community, Why.NO_AREA, {"near": near})
        if self._mine is not None and fitting[0].id not in self._mine:
            return Problem(entry.row, "community", entry.community, Why.NOT_YOURS)
        return fitting[0].id

    def _paths(self, some: list[_Community]) -> str:
        shown = [one for one in some if self._mine is None or one.id in self._mine]
        return "、".join(self.path[one.id] for one in shown[:_NEAR])

    def _alike(self, said: str) -> str:
        if said not in self._near and len(self._near) < _MOST_LOOKED_UP:
            names = difflib.get_close_matches(said, self._by_name, _NEAR, _LIKE)
            self._near[said] = self._paths([self._by_name[name][0] for name in names])
        return self._near.get(said, "")


def _fits(entry: Entry, one: _Community) -> bool:
    """Whether the street and the county that the row names are those of this community."""
    pairs = ((_plain(entry.street), one.street), (_plain(entry.county), one.county))
    return all(not said or said == name or said in one.codes for said, name in pairs)

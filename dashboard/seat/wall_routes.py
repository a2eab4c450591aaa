"""The wall over HTTP: every care bed in one's care and how it stands; what rings comes through the live link."""

from datetime import UTC, datetime

from fastapi import APIRouter
from pydantic import BaseModel

from care.people import Area
from dashboard.desk import AtDesk, Care
from records.equipment import beds
from records.equipment.beds import Beds
from records.people import areas

router = APIRouter(prefix="/api/wall", tags=["wall"])


class Wall(BaseModel):
    """The care beds by community, without names, and the areas that they lie in."""

    as_of: datetime
    areas: list[Area]
    communities: list[Beds]


class States(BaseModel):
    """How the beds of each community stand, one letter each, in the order in which the wall lists them."""

    as_of: datetime
    states: dict[int, str]


@router.get("")
def wall(care: Care, desk: AtDesk) -> Wall:
    """Every care bed: its number, whose it is, and as one letter how it stands.

    `a` watched over, `d` not fully, `b` by nothing that speaks, `u` by no device, `x` away.
    """
    now = datetime.now(UTC)
    with desk.database.transaction() as conn:
        found = beds.beds(conn, care.scope, now)
        tree = {one.id: one for one in areas.areas_in(conn, care.scope)}
    shown: dict[int, Area] = {}
    for community in found:
        area = tree.get(community.area_id)
        while area is not None and area.id not in shown:
            shown[area.id] = area
            area = tree.get(area.parent_id) if area.parent_id is not None else None
    return Wall(as_of=now, areas=[one for one in tree.values() if one.id in shown], communities=found)


@router.get("/states")
def states(care: Care, desk: AtDesk) -> States:
    """Only how the beds stand: small enough to be asked for again and again."""
    now = datetime.now(UTC)
    with desk.database.transaction() as conn:
        return States(as_of=now, states=beds.states(conn, care.scope, now))

"""Moving house, and the end of a service: what goes along, what stays, and what ends."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from care.people import Ended
from records.database import Conn
from records.equipment import devices
from records.ids import new_id
from records.people.keeping import home_of, new_home


@dataclass(frozen=True, slots=True, repr=False)
class Move:
    """Where somebody lives from that day on: in a home of their own, or in that of `lives_with`.

    `stay`: the devices, by id, that remain in the old home.
    """

    on: date
    area_id: int
    address: str = ""
    note: str = ""
    lives_with: UUID | None = None
    stay: Collection[int] = ()
    keep_partners: bool = False


LOCK = "SELECT home_id FROM resident WHERE id = %s FOR UPDATE"
NOTE = """
    INSERT INTO house_move (id, resident_id, from_home, to_home, moved_on, account_id, recorded_at)
    VALUES (%(id)s, %(resident)s, %(from)s, %(to)s, %(on)s, %(by)s, %(now)s)
"""
SETTLE = "UPDATE resident SET home_id = %s WHERE id = %s"
LEFT_BEHIND = "SELECT id FROM resident WHERE home_id = %s AND id <> %s AND ended_on IS NULL"
THEIR_DEVICES = "SELECT device_id FROM binding WHERE resident_id = %s AND valid_to IS NULL ORDER BY device_id"
NO_PARTNERS = "DELETE FROM partner WHERE resident_id = %s"
UNBIND = """
    UPDATE binding SET valid_to = greatest(%(now)s, valid_from + interval '1 microsecond')
     WHERE device_id = %(device)s AND resident_id = %(resident)s AND valid_to IS NULL
"""


def move(conn: Conn, resident_id: UUID, to: Move, by: UUID | None, now: datetime) -> None:
    """The resident lives there from now on, with the limits of that place and the devices that go along.

    Alerts keep the home that they were about. A device that stays watches over whoever still lives in the old home,
    where that is one; else over nobody. Neighbours of the old place are asked no more unless they are kept.
    """
    row = conn.execute(LOCK, (resident_id,)).fetchone()
    assert row is not None  # noqa: S101 - the resident was found a moment ago
    old: UUID = row[0]
    new = new_home(conn, to.area_id, to.address, to.note) if to.lives_with is None else home_of(conn, to.lives_with)
    if new == old:
        raise ValueError("lives_with: they live in the same home already")
    others = [row[0] for row in conn.execute(LEFT_BEHIND, (old, resident_id))]
    for device in _theirs(conn, resident_id):
        if device in to.stay:
            if len(others) == 1:
                devices.bind(conn, device, others[0], now)
            else:
                conn.execute(UNBIND, {"device": device, "resident": resident_id, "now": now})
    terms = {"id": new_id(), "resident": resident_id, "from": old, "to": new, "on": to.on, "by": by, "now": now}
    conn.execute(NOTE, terms)
    conn.execute(SETTLE, (new, resident_id))
    if not to.keep_partners:
        conn.execute(NO_PARTNERS, (resident_id,))


def _theirs(conn: Conn, resident_id: UUID) -> list[int]:
    return [row[0] for row in conn.execute(THEIR_DEVICES, (resident_id,))]


ENDED = "UPDATE resident SET ended_on = %(on)s, ended_why = %(why)s WHERE id = %(resident)s AND ended_on IS NULL"
END_PLANS = "UPDATE check_in_plan SET ended_at = %(now)s WHERE resident_id = %(resident)s AND ended_at IS NULL"
FORGET_COMING = "DELETE FROM check_in WHERE resident_id = %(resident)s AND opens_at > %(now)s AND state = 'due'"
EXCUSE = """
    WITH excused AS (
        UPDATE check_in SET state = 'excused', settled_at = %(now)s, due_at = NULL, why = 'the service has ended'
         WHERE resident_id = %(resident)s AND settled_at IS NULL
     RETURNING id
    )
    INSERT INTO check_in_log (check_in_id, at, kind, account_id, detail)
    SELECT id, %(now)s, 'excused', %(by)s, '{"why": "the service has ended"}' FROM excused
"""
NO_VISITS = """
    UPDATE visit_task SET state = 'not_needed', settled_at = %(now)s WHERE resident_id = %(resident)s AND state = 'open'
"""
NO_DUTY = "DELETE FROM visit_duty WHERE resident_id = %(resident)s"
CLOSE_BEDS = """
    UPDATE care_bed SET closed = greatest(set_up, %(on)s) WHERE resident_id = %(resident)s AND closed IS NULL
"""
LET_GO = """
    UPDATE binding SET valid_to = greatest(%(now)s, valid_from + interval '1 microsecond')
     WHERE resident_id = %(resident)s AND valid_to IS NULL
"""
NO_MORE = (END_PLANS, FORGET_COMING, EXCUSE, NO_VISITS, NO_DUTY, CLOSE_BEDS, LET_GO)


def end(conn: Conn, resident_id: UUID, why: Ended, on: date, by: UUID | None, now: datetime) -> bool:
    """The service ends: nobody is expected, visited or watched over any more. Nothing is deleted, and open alerts stay
    open: somebody closes them. False where it has ended already."""
    terms = {"resident": resident_id, "why": why, "on": on, "by": by, "now": now}
    if conn.execute(ENDED, terms).rowcount == 0:
        return False
    for statement in NO_MORE:
        conn.execute(statement, terms)
    conn.execute(NO_PARTNERS, (resident_id,))
    return True


RESUME = "UPDATE resident SET ended_on = NULL, ended_why = NULL WHERE id = %s AND ended_on IS NOT NULL"


def resume(conn: Conn, resident_id: UUID) -> bool:
    """It had not ended, or begins anew: bed, devices and plans are set up again one by one. False: it goes on."""
    return conn.execute(RESUME, (resident_id,)).rowcount == 1

"""What rang, alert by alert and occurrence by occurrence: for holding it against the truth."""

from datetime import datetime, timedelta
from typing import NamedTuple

from records.database import Conn


class Ring(NamedTuple):
    """An alert that opened or happened again."""

    care_bed: str
    rule: str
    time: datetime
    """When it was so, as the device said; for what did not happen (silence) when it was judged so."""
    took: timedelta
    """From receiving what tripped it to telling people; zero where nothing was received."""
    technical: bool = False
    """It is about devices, not about the person."""
    line: int = 0
    """What several homes share that it is about: one ring, of each of them."""


# About one resident, or about everybody who lives in a home, or in an area and all below it.
RINGS = """
    SELECT b.number, a.rule, coalesce(s.time, l.at), coalesce(l.at - s.received_at, interval '0'),
           a.class = 'technical', l.id
      FROM alert_log l
      JOIN alert a ON a.id = l.alert_id
      LEFT JOIN signal s ON s.id = l.signal_id
     CROSS JOIN LATERAL (
           SELECT a.resident_id AS id WHERE a.resident_id IS NOT NULL
            UNION ALL
           SELECT id FROM resident WHERE a.resident_id IS NULL AND home_id = a.home_id
            UNION ALL
           SELECT r.id FROM resident r JOIN home h ON h.id = r.home_id
            WHERE a.resident_id IS NULL AND a.home_id IS NULL
              AND h.area_id IN (WITH RECURSIVE below (id) AS (
                                     SELECT a.area_id
                                      UNION ALL
                                     SELECT area.id FROM area JOIN below ON area.parent_id = below.id)
                                SELECT id FROM below)) AS about
      JOIN care_bed b ON b.resident_id = about.id AND b.number LIKE %(beds)s
     WHERE l.kind IN ('opened', 'occurrence') AND NOT a.drill AND NOT a.canary
       AND coalesce(s.time, l.at) >= %(since)s AND coalesce(s.time, l.at) < %(until)s
     ORDER BY l.id, b.number
"""


def rings(conn: Conn, beds: str, since: datetime, until: datetime) -> list[Ring]:
    """Those about residents whose care bed's number begins with `beds`, for each of them."""
    values = {"beds": f"{beds}%", "since": since, "until": until}
    return [Ring(*row) for row in conn.execute(RINGS, values)]

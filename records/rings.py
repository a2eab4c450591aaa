"""What rang, alert by alert and occurrence by occurrence: for holding it against the truth."""

from datetime import datetime, timedelta
from typing import NamedTuple

from records.database import Conn


class Ring(NamedTuple):
    """An alert that opened or happened again."""

    care_bed: str
    rule: str
    time: datetime
    """When it was so, as the device said."""
    took: timedelta
    """From receiving what tripped it to telling people."""


RINGS = """
    SELECT b.number, a.rule, s.time, l.at - s.received_at
      FROM alert_log l
      JOIN alert a ON a.id = l.alert_id
      JOIN signal s ON s.id = l.signal_id
      JOIN care_bed b ON b.resident_id = a.resident_id
     WHERE l.kind IN ('opened', 'occurrence') AND NOT a.drill AND b.number LIKE %(beds)s
       AND s.time >= %(since)s AND s.time < %(until)s
     ORDER BY l.id
"""


def rings(conn: Conn, beds: str, since: datetime, until: datetime) -> list[Ring]:
    """Those about residents whose care bed's number begins with `beds`."""
    values = {"beds": f"{beds}%", "since": since, "until": until}
    return [Ring(*row) for row in conn.execute(RINGS, values)]

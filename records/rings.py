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


RINGS = """
    SELECT b.number, a.rule, coalesce(s.time, l.at), coalesce(l.at - s.received_at, interval '0')
      FROM alert_log l
      JOIN alert a ON a.id = l.alert_id
      LEFT JOIN signal s ON s.id = l.signal_id
      JOIN care_bed b ON b.resident_id = a.resident_id
     WHERE l.kind IN ('opened', 'occurrence') AND NOT a.drill AND NOT a.canary AND b.number LIKE %(beds)s
       AND coalesce(s.time, l.at) >= %(since)s AND coalesce(s.time, l.at) < %(until)s
     ORDER BY l.id
"""


def rings(conn: Conn, beds: str, since: datetime, until: datetime) -> list[Ring]:
    """Those about residents whose care bed's number begins with `beds`."""
    values = {"beds": f"{beds}%", "since": since, "until": until}
    return [Ring(*row) for row in conn.execute(RINGS, values)]

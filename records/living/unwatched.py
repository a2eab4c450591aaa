"""How long nobody watched over somebody: quiet in which nothing could have been heard is no quiet of theirs."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from records.database import Conn

# Each span in which sources were lost, unless what these measured meanwhile came later; what they said in the last two
# minutes of it is not buffered but their return.
UNWATCHED = """
    WITH change AS (
        SELECT at, state, reasons, coalesce(lead(at) OVER (ORDER BY at), %(until)s) AS until
          FROM coverage_change
         WHERE resident_id = %(resident)s AND at < %(until)s
           AND at >= coalesce((SELECT max(at) FROM coverage_change
                                WHERE resident_id = %(resident)s AND at <= %(since)s), %(since)s)
    ), span AS (
        SELECT greatest(at, %(since)s) AS since, until, lost.devices
          FROM change
         CROSS JOIN LATERAL (
               SELECT array_agg(reason ->> 'device') AS devices
                 FROM jsonb_array_elements(reasons) AS reason
                WHERE reason ->> 'kind' = ANY (%(kinds)s) AND reason ->> 'why' <> 'low_battery') AS lost
         WHERE lost.devices IS NOT NULL AND (%(some)s OR state = 'blind')
    )
    SELECT coalesce(sum(until - since), interval '0')
      FROM span
     WHERE NOT EXISTS (
           SELECT FROM unnest(span.devices) AS lost (path)
             JOIN device d ON d.vendor = split_part(lost.path, '/', 1) AND d.name = split_part(lost.path, '/', 2)
             JOIN observation o ON o.device_id = d.id AND o.time > span.since
                               AND o.time < span.until - interval '2 minutes')
"""


def unwatched(
    conn: Conn, resident_id: UUID, since: datetime, until: datetime, kinds: Collection[str], *, some: bool
) -> timedelta:
    """For how long of this time no device of these kinds watched (`some`: not all of them that the person has did).

    Time of which they have told later, from their buffers, was watched.
    """
    terms = {"resident": resident_id, "since": since, "until": until, "kinds": list(kinds), "some": some}
    row = conn.execute(UNWATCHED, terms).fetchone()
    assert row is not None and isinstance(row[0], timedelta)  # noqa: S101 - an aggregate always has a row
    return row[0]

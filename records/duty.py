"""Who is on duty."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from records.database import Conn

ON_DUTY = """
    WITH RECURSIVE up (id, parent_id) AS (
         SELECT id, parent_id FROM area WHERE id = %(area)s
          UNION ALL
         SELECT area.id, area.parent_id FROM area JOIN up ON area.id = up.parent_id
    )
    SELECT DISTINCT duty.level, duty.account_id
      FROM duty
      JOIN account ON account.id = duty.account_id AND NOT account.disabled
     WHERE duty.starts <= %(now)s AND coalesce(duty.ended_at, duty.ends) > %(now)s
       AND (duty.area_id IS NULL OR duty.area_id IN (SELECT id FROM up))
"""


def on_duty(conn: Conn, area_id: int | None, now: datetime) -> Mapping[str, tuple[UUID, ...]]:
    """Who is on duty now for this area, by level; for None those whose shift is for everywhere."""
    found: dict[str, list[UUID]] = defaultdict(list)
    for level, account_id in conn.execute(ON_DUTY, {"area": area_id, "now": now}):
        found[level].append(account_id)
    return {level: tuple(sorted(accounts)) for level, accounts in found.items()}

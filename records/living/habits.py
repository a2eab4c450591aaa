"""What each day has taught of somebody, day by day, and the habit that follows; readings that came late are noted."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

import orjson
from psycopg.types.json import Jsonb

from care import stirs as kept
from care.habit import Habit
from care.notices import LOCAL
from care.presence import Seen
from care.taught import Day, Known, Stretch
from records.database import Conn

CLAIM = """
    SELECT resident_id FROM silence_due WHERE learn_at <= %(now)s
     ORDER BY learn_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""


def claim_learners(conn: Conn, now: datetime, limit: int = 5) -> list[UUID]:
    """Whose habit is to be learned; ours alone until the transaction ends."""
    return [row[0] for row in conn.execute(CLAIM, {"now": now, "limit": limit})]


# Called by ingest when its staging table holds readings of a day that is over. In the order of residents and days, so
# that no two batches can wait for one another.
NOTE_LATE = """
    INSERT INTO habit_late (resident_id, day)
    SELECT DISTINCT b.resident_id, (s.time AT TIME ZONE %(zone)s)::date
      FROM staging s
      JOIN binding b ON b.device_id = s.device_id AND b.valid_from <= s.time
                    AND (b.valid_to IS NULL OR b.valid_to > s.time)
     WHERE s.time < %(midnight)s
     ORDER BY 1, 2
        ON CONFLICT DO NOTHING
"""


def note_late(conn: Conn, first: datetime, received_at: datetime) -> None:
    """Where the readings that are being stored, the earliest of `first`, are of days that are over: note the days."""
    midnight = received_at.astimezone(LOCAL).replace(hour=0, minute=0, second=0, microsecond=0)
    if first < midnight:
        conn.execute(NOTE_LATE, {"zone": LOCAL.key, "midnight": midnight})


TAKE_LATE = """
    WITH taken AS (DELETE FROM habit_late WHERE resident_id = %s AND day < %s RETURNING day) SELECT min(day) FROM taken
"""
THROUGH = "SELECT through FROM habit WHERE resident_id = %s"


def first_to_learn(conn: Conn, resident_id: UUID, earliest: date, today: date) -> date:
    """From which day on is to be learned: what came late, or has come since; not before `earliest`.

    Asked before the readings are read: of what comes meanwhile the note stays for the next time.
    """
    late = conn.execute(TAKE_LATE, (resident_id, today)).fetchone()
    row = conn.execute(THROUGH, (resident_id,)).fetchone()
    through = row[0] if row and row[0] else earliest
    return max(earliest, min(through, late[0] if late and late[0] else through))


BOUND = "SELECT device_id FROM binding WHERE resident_id = %(id)s AND (valid_to IS NULL OR valid_to > %(at)s)"
BEFORE = "SELECT after FROM habit_day WHERE resident_id = %(id)s AND day < %(day)s ORDER BY day DESC LIMIT 1"


def known_before(conn: Conn, resident_id: UUID, day: date, begins: datetime) -> Known:
    """What was known of this resident when this day began, by the devices that were still theirs then."""
    row = conn.execute(BEFORE, {"id": resident_id, "day": day}).fetchone()
    if row is None:
        return Known()
    devices: Collection[int] = {one[0] for one in conn.execute(BOUND, {"id": resident_id, "at": begins})}
    return Known.read(row[0], devices)


# What is older than the memory is forgotten; what is learned anew is replaced.
FORGET = "DELETE FROM habit_day WHERE resident_id = %(id)s AND (day < %(earliest)s OR day >= %(since)s)"
ADD = "INSERT INTO habit_day (resident_id, day, quiets, lived, after) VALUES (%s, %s, %s, %s, %s)"
DAYS = "SELECT day, quiets, lived FROM habit_day WHERE resident_id = %s ORDER BY day"


def add_days(conn: Conn, resident_id: UUID, earliest: date, since: date, days: Sequence[Day]) -> None:
    """These are the days from `since` on; of those before, the ones from `earliest` stay."""
    conn.execute(FORGET, {"id": resident_id, "earliest": earliest, "since": since})
    for one in days:
        conn.execute(ADD, (resident_id, one.day, Jsonb(one.quiets), list(one.lived), Jsonb(one.after)))


def days(conn: Conn, resident_id: UUID) -> list[Day]:
    """The days that are remembered, in order."""
    return [
        Day(day, [Stretch(start, end, Seen(seen)) for start, end, seen in quiets], lived)
        for day, quiets, lived in conn.execute(DAYS, (resident_id,))
    ]


KEEP = """
    INSERT INTO habit (resident_id, model, days, learned_at, through)
    VALUES (%(id)s, %(model)s, %(days)s, %(now)s, %(through)s)
    ON CONFLICT (resident_id) DO UPDATE
       SET model = excluded.model, days = excluded.days, learned_at = excluded.learned_at, through = excluded.through
"""
LEARNED = """
    UPDATE silence_due SET learn_at = %(next)s, due_at = least(due_at, %(now)s), speaks_at = NULL
     WHERE resident_id = %(id)s
"""


def keep(conn: Conn, resident_id: UUID, habit: Habit, through: date, now: datetime, again: datetime) -> None:
    """This was learned of the days before `through`; more at `again`, and the quiet is judged by it from now on."""
    model = Jsonb(kept.written(habit))
    terms = {"id": resident_id, "model": model, "days": habit.days, "through": through, "now": now, "next": again}
    conn.execute(KEEP, terms)
    conn.execute(LEARNED, terms)


HABITS = "SELECT resident_id, days, model::text FROM habit WHERE resident_id = ANY (%b)"


def of(conn: Conn, residents: Sequence[UUID]) -> dict[UUID, Habit]:
    """What was learned of each of these; of whom nothing was is not in it."""
    rows = conn.execute(HABITS, (list(residents),))
    return {resident: kept.read(days, orjson.loads(model)) for resident, days, model in rows}

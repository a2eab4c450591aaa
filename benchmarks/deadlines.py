"""A city with deadlines for everybody: 469,000 people and their sensors, and one in a hundred of each kind due now."""

from datetime import datetime, timedelta

from psycopg.types.json import Jsonb

from benchmarks.city import COMMUNITIES, STREETS
from benchmarks.report import Report
from care import stirs
from care.habit import learn
from care.notices import LOCAL
from care.presence import Seen
from care.quiets import Quiet
from records.database import Conn, connect

RESIDENTS, BEDS, ALERTS = 469_000, 22_100, 10_000
"""Registered; of them with a care bed and its devices, the others with one sensor of motion; with an open alert."""

_COUNTS = {"residents": RESIDENTS, "beds": BEDS, "alerts": ALERTS}

# Every hundredth is due: those whose number ends in 00. Of these, those whose number ends in 000 have been quiet for
# nearly two hours, less than their habit allows at any time of day, and those whose number ends in 0000 for six, which
# rings; around the others something moved since.
PEOPLE = (
    "INSERT INTO home (id, area_id, address)"
    " SELECT lpad(to_hex(n), 32, '0')::uuid, (SELECT min(id) FROM area WHERE level = 'community') + n %% 540, n::text"
    "   FROM generate_series(1, %(residents)s) n",
    """
    INSERT INTO resident (id, home_id, name, initials, recorded_at)
    SELECT id, id, '住户' || address, '{zh}',
           %(now)s - CASE WHEN address LIKE '%%00' THEN interval '80 days' ELSE interval '40 days' END
      FROM home
    """,
    "INSERT INTO contact (id, resident_id, name, phone, relation)"
    " SELECT gen_random_uuid(), id, '女儿', '138' || lpad(address, 8, '0'), '女儿' FROM home",
    """
    INSERT INTO device (vendor, name, kind, state, place, expected_interval)
    SELECT 'acme', kind || '-' || n, kind, 'registered', place, pause
      FROM generate_series(1, %(residents)s) n,
           (VALUES ('motion', '客厅', interval '10 min'), ('bed', '卧室', interval '10 s'), ('door', '大门', NULL),
                   ('water_meter', '厨房', interval '10 min')) AS each (kind, place, pause)
     WHERE kind = 'motion' OR n <= %(beds)s
    """,
    """
    INSERT INTO binding (device_id, resident_id, valid_from)
    SELECT id, lpad(to_hex(split_part(name, '-', 2)::integer), 32, '0')::uuid, %(now)s - interval '90 days' FROM device
    """,
    "INSERT INTO device_state (device_id, last_seen, online, battery, status_time)"
    " SELECT id, %(now)s, true, 80, %(now)s - interval '1 hour' FROM device",
)
DEADLINES = (
    """
    UPDATE device_watch w
       SET condition = 'well', since = %(now)s - interval '9 days',
           due_at = CASE WHEN d.name LIKE '%%00' THEN %(now)s ELSE %(now)s + random() * interval '20 min' END
      FROM device d WHERE d.id = w.device_id
    """,
    "INSERT INTO coverage (resident_id, state, reasons, since) SELECT id, 'armed', '[]', %(now)s FROM resident",
    "DELETE FROM coverage_due",
    """
    UPDATE home_watch w
       SET due_at = CASE WHEN h.address LIKE '%%00' THEN %(now)s ELSE %(now)s + random() * interval '1 hour' END
      FROM home h WHERE h.id = w.resident_id
    """,
    """
    INSERT INTO silence_due (resident_id, due_at, learn_at, since)
    SELECT id, %(now)s + CASE WHEN address LIKE '%%00' THEN interval '0'
                              ELSE interval '1 min' + random() * interval '3 h' END,
           %(now)s + interval '9 h',
           %(now)s - CASE WHEN address LIKE '%%0000' THEN interval '6 h' ELSE interval '110 min' END
      FROM home
    """,
    """
    INSERT INTO check_in_plan (id, resident_id, cron, window_length, made_at, planned_through)
    SELECT id, id, '0 6 * * *', interval '3 h', %(now)s - interval '9 days', %(now)s + interval '2 days' FROM home
    """,
    """
    INSERT INTO check_in (id, plan_id, resident_id, opens_at, closes_at, due_at)
    SELECT id, id, id, %(now)s - interval '2 h', closes, closes
      FROM (SELECT id, %(now)s + CASE WHEN address LIKE '%%00' THEN interval '0'
                                      ELSE interval '1 min' + random() * interval '1 h' END AS closes FROM home) AS each
    """,
    """
    INSERT INTO alert (id, rule, rule_version, class, priority, subject, resident_id, home_id, phase, latched,
                       happened_at, opened_at, last_at, evidence, raised_at, phase_at, touched_at,
                       due_at, due_why, plan)
    SELECT id, 'fall', 1, 'personal', 'high', 'resident:' || id, id, id, 'raised', true, opened, opened, opened, '{}',
           opened, opened, opened,
           CASE WHEN address LIKE '%%00' THEN %(now)s ELSE %(now)s + interval '10 min' END, 'tell:supervisor',
           '[{"after": 3600, "whom": "supervisor"}]'
      FROM (SELECT *, %(now)s - interval '1 hour' AS opened FROM home WHERE address::integer <= %(alerts)s) AS each
    """,
    "INSERT INTO watermark (lane, through, messages, updated_at)"
    " SELECT lane, %(now)s, 0, %(now)s FROM unnest(ARRAY['events', 'status', 'bulk-0']) AS lane",
)
# Of the due only: of the others nobody asks. Twelve hours of motion every half hour, and a bed every ten seconds.
READINGS = (
    "SELECT ensure_partition((%(now)s::timestamptz AT TIME ZONE 'UTC')::date - n) FROM generate_series(-1, 2) n",
    """
    INSERT INTO observation (device_id, time, received_at, motion)
    SELECT d.id, at + motion * interval '1 min', at, 1 - motion
      FROM device d, generate_series(%(now)s - interval '15 h', %(now)s - interval '5 min', interval '30 min') AS at,
           generate_series(0, 1) AS motion
     WHERE d.kind = 'motion' AND d.name LIKE '%%00'
       AND (d.name NOT LIKE '%%000' OR at < %(now)s - interval '110 min')
       AND (d.name NOT LIKE '%%0000' OR at < %(now)s - interval '6 h')
    """,
    """
    INSERT INTO observation (device_id, time, received_at, in_bed, heart_rate)
    SELECT d.id, at, at, 0, 60
      FROM device d, generate_series(%(now)s - interval '15 h', %(now)s, interval '10 s') AS at
     WHERE d.kind = 'bed' AND d.name LIKE '%%00'
    """,
    """
    INSERT INTO observation (device_id, time, received_at, water_used)
    SELECT d.id, at, at, CASE WHEN extract(hour FROM at) BETWEEN 0 AND 13 THEN 2 ELSE 0 END
      FROM device d, generate_series(%(now)s - interval '30 h', %(now)s, interval '10 min') AS at
     WHERE d.kind = 'water_meter' AND d.name LIKE '%%00'
       AND (d.name NOT LIKE '%%000' OR at < %(now)s - interval '110 min')
       AND (d.name NOT LIKE '%%0000' OR at < %(now)s - interval '6 h')
    """,
    """
    INSERT INTO observation (device_id, time, received_at, door_open)
    SELECT d.id, at, at, extract(hour FROM at)::integer %% 6 / 5
      FROM device d, generate_series(%(now)s - interval '30 h', %(now)s - interval '3 h', interval '1 h') AS at
     WHERE d.kind = 'door' AND d.name LIKE '%%00'
    """,
)
HABIT = """
    INSERT INTO habit (resident_id, model, days, learned_at)
    SELECT id, %(model)s, %(days)s, %(now)s FROM home WHERE address LIKE '%%00'
"""


def populate(report: Report, database_url: str, now: datetime) -> None:
    """Everybody moves in, and at `now` one in a hundred is due."""
    with connect(database_url) as conn:
        conn.execute(STREETS, (9,))
        conn.execute(COMMUNITIES, (10,))
        for statement in report.goes_on("a city moves in: steps", (*PEOPLE, *DEADLINES, *READINGS)):
            conn.execute(statement, _COUNTS | {"now": now})
        _give_habits(conn, now)
    with connect(database_url, autocommit=True) as conn:
        conn.execute("VACUUM ANALYZE")


def _give_habits(conn: Conn, now: datetime) -> None:
    """The same for everybody: up all day, never more than three hours at rest."""
    today = now.astimezone(LOCAL).date()
    quiets = [
        Quiet(start, start + timedelta(hours=3), Seen.ROOM)
        for day in range(21)
        for hour in range(0, 24, 4)
        for start in [datetime.combine(today - timedelta(days=day + 1), datetime.min.time()) + timedelta(hours=hour)]
    ]
    habit = learn(quiets, today - timedelta(days=21), today)
    conn.execute(HABIT, {"model": Jsonb(stirs.written(habit)), "days": habit.days, "now": now})

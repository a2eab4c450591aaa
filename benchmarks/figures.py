"""The figures of a month of the whole city: 90,000 alerts of 22,100 people, with two more months behind them."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import city
from benchmarks.report import Report
from records.counting import figures_misses
from records.counting.figures import figures
from records.counting.figures_terms import Wanted
from records.database import connect
from records.scope import EVERYTHING

AIM = 3_000
"""Milliseconds in which the page has the figures of a month (an aim of ours)."""
ALERTS = 270_000
"""In 90 days: twenty seats at the 150 alerts a day that ISA-18.2 calls acceptable."""
_SEATS = 20
_END = datetime(2026, 11, 1, tzinfo=UTC)

OPENED = """
    INSERT INTO alert (id, rule, rule_version, class, priority, subject, resident_id, device_id, home_id, phase, active,
                       latched, happened_at, opened_at, last_at, evidence, raised_at, phase_at, touched_at, case_id,
                       closed_at, outcome)
    SELECT id, rule, 1, class, priority, 'resident:' || resident_id, resident_id, device_id, home_id, 'closed', false,
           false, at, at, at, '{}', at, at, at, id, at + interval '12 min',
           CASE WHEN class = 'technical' THEN 'cleared'
                ELSE (ARRAY['helped', 'false_alarm', 'no_help_needed', 'false_alarm', 'ambulance'])[1 + n %% 5] END
      FROM (SELECT gen_random_uuid() AS id, n, person.*, rules.*,
                   %(end)s - n * interval '90 days' / %(alerts)s - (n * 7919 %% 500) * interval '1 s' AS at
              FROM generate_series(1, %(alerts)s) AS n
              JOIN (SELECT r.id AS resident_id, r.home_id, b.device_id, row_number() OVER (ORDER BY r.id) AS place
                      FROM resident r
                      JOIN LATERAL (SELECT device_id FROM binding WHERE resident_id = r.id LIMIT 1) AS b ON true
                   ) AS person ON person.place = 1 + n * 6271::bigint %% %(people)s
              JOIN (VALUES (0, 'fall', 'personal', 'high'), (1, 'no_movement', 'personal', 'medium'),
                           (2, 'door_not_opened', 'personal', 'low'), (3, 'water_high', 'environmental', 'low'),
                           (4, 'device_silent', 'technical', 'low')) AS rules (which, rule, class, priority)
                ON rules.which = n %% 5) AS made
"""
LINES = """
    INSERT INTO alert_log (alert_id, at, kind, account_id, detail)
    SELECT a.id, a.opened_at + step.after * CASE WHEN hashtext(a.id::text) %% 20 = 0 THEN 5 ELSE 1 END, step.kind,
           CASE WHEN step.person THEN %(by)s::uuid END, '{"whom": "seat", "time": 1}'
      FROM alert a
      JOIN (VALUES ('opened', interval '0 s', false), ('told', '0 s', false), ('told', '1 s', false),
                   ('occurrence', '20 s', false), ('answer', '25 s', true), ('contact', '40 s', true),
                   ('dispatch', '90 s', true), ('arrive', '8 min', true), ('see', '9 min', true),
                   ('close', '12 min', true)) AS step (kind, after, person)
        ON a.class <> 'technical' AND (step.kind NOT IN ('dispatch', 'arrive', 'see', 'occurrence')
                                       OR hashtext(a.id::text) %% 5 = 0)
           OR step.kind = 'opened'
     ORDER BY 2
"""
SHIFTS = """
    INSERT INTO duty (id, account_id, level, starts, ends)
    SELECT gen_random_uuid(), account.id, 'seat', at, at + interval '8 hours'
      FROM account,
           generate_series(%(end)s - interval '90 days', %(end)s - interval '8 hours', interval '8 hours') AS at
     WHERE username LIKE 'seat-%%'
"""


def populate(database_url: str) -> None:
    """The city, and what rang in it for three months."""
    city.populate(database_url)
    with connect(database_url) as conn:
        conn.execute(
            "INSERT INTO account (id, username, password_hash, role)"
            " SELECT gen_random_uuid(), 'seat-' || n, '', 'operator' FROM generate_series(1, %s) n",
            (_SEATS,),
        )
        by = conn.execute("SELECT id FROM account LIMIT 1").fetchone()
        assert by is not None
        terms = {"end": _END, "alerts": ALERTS, "people": city.RESIDENTS, "by": by[0]}
        for statement in (OPENED, LINES, SHIFTS):
            conn.execute(statement, terms)
    with connect(database_url, autocommit=True) as conn:
        conn.execute("VACUUM ANALYZE")


def measure(report: Report, where: str, database_url: str, _: Path) -> None:
    """How long the figures of a month take, for the city, for a county, and the list of what was missed."""
    populate(database_url)
    since, until = _END - timedelta(days=30), _END
    with connect(database_url, autocommit=True) as conn:
        county = conn.execute("SELECT id FROM area WHERE code = '340503'").fetchone()
        assert county is not None
        for what, area in (("the city", None), ("a county", county[0])):
            started = time.perf_counter()
            found = figures(conn, EVERYTHING, area, since, until, _END)
            took = (time.perf_counter() - started) * 1000
            report.below(f"figures of a month of {what} ({where})", took, "ms", AIM, f"{found.alerts:,} alerts")
        wanted = Wanted.of(conn, EVERYTHING, None, since, until, _END)
        started = time.perf_counter()
        figures_misses.misses(conn, wanted, 100)
        took = (time.perf_counter() - started) * 1000
        report.below(f"a month's missed targets, the first 100 ({where})", took, "ms", AIM)

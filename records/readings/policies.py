"""How long data is kept, and the policies of TimescaleDB that see to it; plain PostgreSQL has `ankang maintain`."""

from dataclasses import dataclass
from datetime import timedelta

from records.database import Conn, has_timescale

COLUMNSTORE_AFTER = timedelta(days=3)
MINUTES_COLUMNSTORE_AFTER = timedelta(days=7)
HOURS_COLUMNSTORE_AFTER = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long raw observations, minutes and hours are kept, and the audit log (its three years are an assumption)."""

    raw: timedelta = timedelta(days=400)
    minutes: timedelta = timedelta(days=730)
    hours: timedelta = timedelta(days=3650)
    audit: timedelta = timedelta(days=1095)


def set_policies(conn: Conn, retention: Retention) -> None:
    """Make TimescaleDB's background jobs match the settings; does nothing on plain PostgreSQL."""
    if has_timescale(conn) is None:
        return
    # Never refreshed as far back as raw data is dropped: that would empty the aggregates.
    refreshed_back_to = retention.raw - timedelta(days=1)
    _replace_columnstore_policy(conn, "observation", COLUMNSTORE_AFTER)
    _replace_retention_policy(conn, "observation", retention.raw)
    for view, lag, every, columnstore_after, kept in (
        (
            "observation_minute",
            timedelta(minutes=1),
            timedelta(minutes=1),
            MINUTES_COLUMNSTORE_AFTER,
            retention.minutes,
        ),
        ("observation_hour", timedelta(hours=1), timedelta(minutes=30), HOURS_COLUMNSTORE_AFTER, retention.hours),
    ):
        conn.execute("SELECT remove_continuous_aggregate_policy(%s::regclass, if_exists => true)", (view,))
        conn.execute(
            "SELECT add_continuous_aggregate_policy("
            "%s::regclass, start_offset => %s, end_offset => %s, schedule_interval => %s)",
            (view, refreshed_back_to, lag, every),
        )
        _replace_columnstore_policy(conn, view, columnstore_after)
        _replace_retention_policy(conn, view, kept)


def _replace_columnstore_policy(conn: Conn, relation: str, after: timedelta) -> None:
    conn.execute("SELECT remove_compression_policy(%s::regclass, if_exists => true)", (relation,))
    conn.execute("SELECT add_compression_policy(%s::regclass, compress_after => %s::interval)", (relation, after))


def _replace_retention_policy(conn: Conn, relation: str, kept: timedelta) -> None:
    conn.execute("SELECT remove_retention_policy(%s::regclass, if_exists => true)", (relation,))
    conn.execute("SELECT add_retention_policy(%s::regclass, drop_after => %s::interval)", (relation, kept))


FAILING_JOBS = """
    SELECT DISTINCT jobs.proc_name::text
      FROM timescaledb_information.job_stats JOIN timescaledb_information.jobs USING (job_id)
     WHERE last_run_status = 'Failed' AND jobs.hypertable_name IS NOT NULL
     ORDER BY 1
"""


def failing_jobs(conn: Conn) -> list[str]:
    """TimescaleDB's own jobs on our tables whose last run failed; none on plain PostgreSQL."""
    return [] if has_timescale(conn) is None else [row[0] for row in conn.execute(FAILING_JOBS)]

"""`ankang maintain`: once a minute rollups, partitions and retention; and as soon as asked, exports and deletions."""

import threading
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from records import health
from records.database import Database
from records.errors import Unavailable
from records.leaving import deleting, exporting
from records.migrate import wait_for_schema
from records.readings import policies
from records.readings.maintenance import maintain
from records.readings.policies import Retention

log = structlog.get_logger(__name__)


def run(database_url: str, retention: Retention, stop: threading.Event) -> None:
    """Until `stop`; a round that fails is said and tried again with the next."""
    if not wait_for_schema(database_url, stop):
        return
    with Database(database_url, size=3) as database:
        scheduler = BackgroundScheduler(timezone=UTC)
        scheduler.add_job(
            _round, "interval", minutes=1, args=(database, retention, stop), next_run_time=datetime.now(UTC)
        )
        scheduler.add_job(_people, "interval", seconds=2, args=(database, stop), next_run_time=datetime.now(UTC))
        scheduler.add_job(_beat, "interval", seconds=2, args=(database,), next_run_time=datetime.now(UTC))
        scheduler.start()
        stop.wait()
        scheduler.shutdown(wait=True)


def _round(database: Database, retention: Retention, stop: threading.Event) -> None:
    try:
        log.info("maintained", did=maintain(database, retention, datetime.now(UTC), stop.is_set))
    except Unavailable as problem:
        log.warning("maintenance has to wait for the database", reason=str(problem))


def _people(database: Database, stop: threading.Event) -> None:
    """What somebody asked for: all of one person written out, or deleted."""
    try:
        exporting.export_one(database)
        deleting.delete_one(database, stop=stop.is_set)
    except Unavailable as problem:
        log.warning("an export or a deletion has to wait for the database", reason=str(problem))


def _beat(database: Database) -> None:
    try:
        with database.transaction() as conn:
            failing = policies.failing_jobs(conn)
            detail = f"TimescaleDB's jobs fail: {', '.join(failing)}; see `ankang doctor`" if failing else ""
            health.beat(conn, "maintain", "degraded" if failing else "ok", detail)
    except Unavailable:
        log.warning("no word to the database", part="maintain")

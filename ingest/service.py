"""One lane of ingest, as a service."""

import threading
from datetime import timedelta

import structlog

from care.lanes import Lane, lane_client_id
from gateway.session import Session
from gateway.topics import filters
from ingest.worker import Worker
from records import database, health
from records.errors import Unavailable
from records.migrate import check_schema

log = structlog.get_logger(__name__)


def run(
    database_url: str,
    mqtt_url: str,
    lane: Lane,
    partition: int,
    partitions: int,
    retention: timedelta,
    stop: threading.Event,
) -> None:
    """Take one lane's messages from the broker into the database until `stop`.

    Raises ValueError for a partition that there isn't, SchemaTooOld and SchemaTooNew in words.
    """
    if not 0 <= partition < partitions:
        raise ValueError(f"partition {partition}: there are only 0 to {partitions - 1}; see ANKANG_PARTITIONS")
    client_id = lane_client_id(lane, partition)
    known = _session_known(database_url, client_id, stop)
    session = Session(mqtt_url, client_id, filters(lane, partition), known=known)
    Worker(database_url, session, lane, partition, retention).run(stop)


def _session_known(database_url: str, client_id: str, stop: threading.Event) -> bool:
    """Whether the records know this durable session; waits for the database."""
    while not stop.is_set():
        try:
            with database.connect(database_url, autocommit=True) as conn:
                check_schema(conn)
                return any(session.client_id == client_id for session in health.sessions(conn))
        except Unavailable as problem:
            log.warning("waiting for the database", reason=str(problem))
            stop.wait(1)
    return False

"""One lane of ingest, as a service."""

import threading
from datetime import timedelta

from care.lanes import Lane, lane_client_id
from gateway.session import Session
from gateway.topics import filters
from ingest.worker import Worker
from records import database, health
from records.migrate import wait_for_schema


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
    if not wait_for_schema(database_url, stop):
        return
    with database.connect(database_url, autocommit=True) as conn:
        known = any(session.client_id == client_id for session in health.sessions(conn))
    session = Session(mqtt_url, client_id, filters(lane, partition), known=known)
    Worker(database_url, session, lane, partition, retention).run(stop)

"""The lanes of ingest: each has its own durable session and its own process, so that a fall overtakes heart rates."""

from enum import StrEnum


class Lane(StrEnum):
    """What travels together."""

    EVENTS = "events"
    """Channels `event` and `reply`."""
    STATUS = "status"
    """Channel `status`, wills included."""
    BULK = "bulk"
    """Channel `obs`, one process per partition."""


def lane_name(lane: Lane, partition: int = 0) -> str:
    """`events`, `status`, `bulk-0`, `bulk-1`…"""
    return f"{lane}-{partition}" if lane is Lane.BULK else str(lane)


def lane_client_id(lane: Lane, partition: int = 0) -> str:
    """The MQTT client id whose durable session holds the lane's messages."""
    return f"ankang-ingest-{lane_name(lane, partition)}"


def expected_sessions(partitions: int) -> tuple[str, ...]:
    """Every durable session that must exist before a device is admitted."""
    bulk = tuple(lane_client_id(Lane.BULK, number) for number in range(partitions))
    return (lane_client_id(Lane.EVENTS), lane_client_id(Lane.STATUS), *bulk)

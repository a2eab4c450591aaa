"""The gate: no device is let in before every durable session of ingest is there; pure.

The broker keeps a message only for sessions that exist. A device that came earlier would have its messages acknowledged
and kept for nobody.
"""

from collections.abc import Mapping, Sequence

_SETTLE = 1.0
"""Seconds: a worker may write its last word on the old connection just after ours is made."""


def not_ready(ages: Mapping[str, float], expected: Sequence[str], connected_for: float) -> list[str]:
    """The sessions that were not proven since we are connected to this broker.

    `ages` are the seconds since each was last proven, `connected_for` those since we connected: differences within one
    clock each, so that the database's and ours may disagree.
    """
    return [name for name in expected if ages.get(name, float("inf")) > connected_for - _SETTLE]

"""Messages per second made durable: published, acknowledged by the broker, decoded, stored, committed."""

import time
from dataclasses import dataclass

from benchmarks.rig import Fleet, Rig, busiest, wait_until
from care.devices import DeviceKind

GATEWAYS = 100
"""Connections of the load that the aim is for: a fill-up of what a hundred homes have kept."""
FLEET = 4_000
"""Connections of the load that is like a city on an ordinary day."""
_WITHIN = 240


@dataclass(frozen=True, slots=True)
class Rate:
    """One measurement; `cpu` names the busiest parts with their CPU seconds."""

    messages: int
    seconds: float
    cpu: str

    @property
    def per_second(self) -> float:
        """Messages per second."""
        return self.messages / self.seconds


def live(platform: Rig, beds: dict[str, str], messages: int) -> Rate:
    """From the first publish until the last is committed, load and ingest running together."""
    with Fleet(platform, beds, messages // len(beds)) as fleet:
        stored, rows, cpu = platform.stored_messages(), platform.stored_rows(), platform.cpu()
        fleet.go()
        wait_until(lambda: platform.stored_messages() - stored >= messages, _WITHIN, "everything is stored")
        ended = time.time()
        started, _ = fleet.report()
    return _rate(platform, messages, rows, ended - started, cpu)


def backlog(platform: Rig, beds: dict[str, str], messages: int) -> Rate:
    """The same after the lane was away: everything waits in the broker when it comes back."""
    pile_up(platform, beds, messages)
    stored, rows, cpu = platform.stored_messages(), platform.stored_rows(), platform.cpu()
    platform.start_bulk()
    wait_until(lambda: platform.stored_messages() > stored, _WITHIN, "the first are stored")
    first, started = platform.stored_messages(), time.time()
    wait_until(lambda: platform.stored_messages() - stored >= messages, _WITHIN, "everything is stored")
    seconds = (time.time() - started) * messages / (messages - (first - stored))  # the first batch includes the start
    return _rate(platform, messages, rows, seconds, cpu)


def pile_up(platform: Rig, beds: dict[str, str], messages: int) -> None:
    """Publish while the bulk lane is away."""
    platform.stop("ingest-bulk-0")
    with Fleet(platform, beds, messages // len(beds)) as fleet:
        fleet.go()
        fleet.report()


def admitted(platform: Rig) -> tuple[dict[str, str], dict[str, str]]:
    """The few beds and the many."""
    beds = platform.admit(FLEET, DeviceKind.BED)
    return dict(list(beds.items())[:GATEWAYS]), beds


def _rate(platform: Rig, messages: int, rows: int, seconds: float, cpu: dict[str, float]) -> Rate:
    if (stored := platform.stored_rows() - rows) != messages:
        raise RuntimeError(f"{messages} messages were published and {stored} are stored")
    shares = ", ".join(f"{name} {used:.1f} s" for name, used in busiest(cpu, platform.cpu(), 3))
    return Rate(messages, seconds, shares)

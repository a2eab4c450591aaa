"""A fleet of beds that publishes as fast as it is acknowledged: `python -m benchmarks.load`, fed with JSON on stdin.

Its own process, so that its work is not counted as the platform's. Everything is prepared before the clock starts. It
says `ready`, waits for a line, publishes, and writes what came out as JSON.
"""

import json
import select
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import orjson

from benchmarks.mqtt import connected, goodbye, publish_packet

WINDOW = 4
"""Messages of one bed that may wait for their acknowledgement; a device that sends what it kept has some under way."""
_PUBACK_BYTES = 4


@dataclass(slots=True)
class Bed:
    """One connection and what it still has to say."""

    line: socket.socket
    packets: list[bytes]
    sent: int = 0
    acknowledged_bytes: int = 0
    half_sent: bytearray = field(default_factory=bytearray)

    def send_more(self) -> None:
        """As much as the window and the network allow."""
        most = min(len(self.packets), self.acknowledged_bytes // _PUBACK_BYTES + WINDOW)
        self.half_sent += b"".join(self.packets[self.sent : most])
        self.sent = max(self.sent, most)
        if self.half_sent:
            del self.half_sent[: self.line.send(self.half_sent)]


def readings(device: str, first: int, each: int, step: int) -> list[bytes]:
    """The packets of one bed: four values every `step` milliseconds from `first` (ms since 1970) on."""
    return [
        publish_packet(
            f"care/v1/acme/{device}/obs",
            orjson.dumps({
                "time": first + number * step,
                "values": {
                    "heart_rate": 60 + number % 20, "respiration_rate": 14, "in_bed": 1, "movement": number % 100,
                },
            }),
            number % 65_535 + 1,
        )
        for number in range(each)
    ]  # fmt: skip


def publish(beds: list[Bed]) -> dict[str, float]:
    """Everything, until it is acknowledged; when it began and ended (seconds since 1970)."""
    poll = select.epoll()
    by_number = {bed.line.fileno(): bed for bed in beds}
    for number, bed in by_number.items():
        bed.line.setblocking(False)
        poll.register(number, select.EPOLLIN)
    started = time.time()
    for bed in beds:
        bed.send_more()
    missing = sum(len(bed.packets) for bed in beds) * _PUBACK_BYTES
    while missing:
        for number, _ in poll.poll(30):
            bed = by_number[number]
            got = len(bed.line.recv(65_536))
            if not got:
                raise ConnectionError("the broker closed a connection")
            bed.acknowledged_bytes += got
            missing -= got
            bed.send_more()
    return {"started": started, "ended": time.time()}


def main() -> None:
    """Prepare, wait for the word, publish, report."""
    work: dict[str, Any] = json.loads(sys.stdin.readline())
    beds = [
        Bed(connected(work["url"], "acme", name, secret), readings(name, work["first"], work["each"], work["step"]))
        for name, secret in work["beds"].items()
    ]
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(publish(beds)), flush=True)
    for bed in beds:
        goodbye(bed.line)


if __name__ == "__main__":
    main()

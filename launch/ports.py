"""Which ports are free."""

import itertools
import random
import socket
from pathlib import Path

_FIRST = 20_000
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def _first_of_the_kernel() -> int:
    """From here on the kernel takes ports for outgoing connections; Linux's own default where nobody can say."""
    try:
        return int(_RANGE.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 32_768


_PORTS = range(_FIRST, max(_first_of_the_kernel(), _FIRST + 1))
_places = itertools.count(random.randrange(len(_PORTS)))  # noqa: S311 - two processes that begin at once hardly meet


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on now; the next call names another one.

    It is none of those that the kernel takes for outgoing connections: one of them would be taken by whoever connects
    somewhere before its server is there, or while that is started again.
    """
    for place in itertools.islice(_places, 1_000):
        port = _PORTS[place % len(_PORTS)]
        with socket.socket() as probe:
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])

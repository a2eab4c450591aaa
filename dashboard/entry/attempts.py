"""How often somebody may try to log in, counted so that nobody can lock out somebody else."""

import math
from datetime import datetime

from records.database import Conn
from records.login import attempts

FOR_ONE_NAME = 6
"""Attempts in a minute for one user name from one address: another address still has its own."""
FOR_ONE_ADDRESS = 60
"""Attempts in a minute from one address: a whole centre behind one router may change shift within a minute."""
FOR_ONE_NAME_ANYWHERE = 30
"""Attempts in a minute for one user name from all addresses and browsers together that this account has never used."""
FOR_A_KNOWN_BROWSER = 10
"""Attempts in a minute from a browser in which this account has logged in before; nobody else can use them up."""


def take(conn: Conn, address: str, username: str, browser: str | None, now: datetime) -> int | None:
    """Count one attempt; the seconds to wait where it is one too many, else None.

    `browser`: which one it is, where this account has logged in from it before.
    """
    wait = attempts.take(conn, _limits(address, username, browser), now)
    return None if wait is None else max(1, math.ceil(wait.total_seconds()))


def succeeded(conn: Conn, address: str, username: str, browser: str | None) -> None:
    """Whoever got in starts anew."""
    attempts.clear(conn, _limits(address, username, browser)[-1][0])


def _limits(address: str, username: str, browser: str | None) -> list[tuple[str, int]]:
    if browser is not None:
        return [(f"browser {browser} {username}", FOR_A_KNOWN_BROWSER)]
    return [
        (f"address {address}", FOR_ONE_ADDRESS),
        (f"name {username}", FOR_ONE_NAME_ANYWHERE),
        (f"both {address} {username}", FOR_ONE_NAME),
    ]

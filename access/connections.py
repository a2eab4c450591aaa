"""The live connections of devices, seen and closed through the broker's system account."""

import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count

from nats.aio.client import Client
from nats.errors import Error as NatsError

ACCOUNT = "CARE"
_PAGE = 1024
_QUIET = 0.5
"""Seconds without a further server's answer after which all have answered."""
_LONGEST = 5.0

MARK = "#"
"""In the name that we give a connection: what follows tells with which secret it logged in. A tag would say it more
plainly, but NATS drops the tags that an auth callout gives."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One MQTT connection at one server of the broker."""

    server: str
    number: int
    client_id: str
    mark: str
    """Empty while it is on its way in."""


def of_client(system: Client, client_id: str) -> AsyncIterator[Connection]:
    """The connections with this MQTT client id, on all servers, as they are found."""
    return _listed(system, {"mqtt_client": client_id})


async def all_of_them(system: Client) -> list[Connection]:
    """Every MQTT connection, on all servers."""
    found: list[Connection] = []
    for offset in count(0, _PAGE):  # each server counts its own, so the end is where none has more
        page = [entry async for entry in _listed(system, {"offset": offset, "sort": "cid"})]
        if not page:
            break
        found += page
    return found


async def close(system: Client, connection: Connection) -> None:
    """End this connection at once."""
    subject = f"$SYS.REQ.SERVER.{connection.server}.KICK"
    await system.request(subject, json.dumps({"cid": connection.number}).encode(), timeout=2)


async def _listed(system: Client, options: dict[str, object]) -> AsyncIterator[Connection]:
    """Each server answers for itself, and nobody knows how many there are: we listen until it is quiet."""
    inbox = system.new_inbox()
    answers = await system.subscribe(inbox)
    wanted = {"auth": True, "acc": ACCOUNT, "limit": _PAGE, **options}
    try:
        await system.publish("$SYS.REQ.SERVER.PING.CONNZ", json.dumps(wanted).encode(), reply=inbox)
        until = time.monotonic() + _LONGEST
        while time.monotonic() < until:
            try:
                message = await answers.next_msg(timeout=_QUIET)
            except NatsError:
                return
            for found in _read(message.data):
                yield found
    finally:
        await answers.unsubscribe()


def _read(data: bytes) -> list[Connection]:
    said = json.loads(data)
    server, listed = said["server"]["id"], said.get("data", {}).get("connections") or []
    return [
        Connection(server, entry["cid"], entry["mqtt_client"], _mark(entry.get("authorized_user", "")))
        for entry in listed
        if entry.get("mqtt_client")
    ]


def _mark(name: str) -> str:
    return name.partition(MARK)[2]

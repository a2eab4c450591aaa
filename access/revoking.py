"""A revoked device's connection is closed within a second; so is one that logged in with a secret that was replaced."""

import asyncio
import time

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError

from access import connections
from access.connections import Connection
from access.decide import Device, still_welcome
from access.metrics import CLOSED
from care.devices import DeviceState
from gateway.grants import device_client_id
from records.database import Database, listen, notifications
from records.equipment.credentials import Credential, credentials_of
from records.errors import Unavailable

log = structlog.get_logger(__name__)

CHANNEL = "device_changed"
_AT_ONCE = 50
"""Changed devices above which looking through all connections is less work than asking for each."""
_ONCE_MORE = 2.0
"""Seconds after which a change is looked at again: a device may just have been on its way in."""


class Revoking:
    """Compares who is connected with who may be."""

    def __init__(self, database: Database, system: Client) -> None:
        self._database = database
        self._system = system
        self._changed: set[Device] = set()
        self._once_more: dict[Device, float] = {}
        self._look_at_all = asyncio.Event()
        self._something = asyncio.Event()

    def look_at_all(self) -> None:
        """Whoever was revoked while we could not hear of it is found too."""
        self._look_at_all.set()
        self._something.set()

    def device_changed(self, device: Device) -> None:
        """This device is not what it was."""
        self._changed.add(device)
        self._something.set()

    async def hear(self, stop: asyncio.Event) -> None:
        """Listen to the records until `stop`; starts again where the database was away."""
        while not stop.is_set():
            try:
                ears = await asyncio.to_thread(listen, self._database.url, (CHANNEL,))
            except Unavailable as problem:
                log.warning("can't hear of changed devices", reason=str(problem))
                await _pause(stop, 1.0)
                continue
            try:
                self.look_at_all()
                while not stop.is_set():
                    for _, payload in await asyncio.to_thread(notifications, ears, 0.5):
                        vendor, _, name = payload.partition("/")
                        self.device_changed((vendor, name))
            except Unavailable as problem:
                log.warning("no longer hear of changed devices", reason=str(problem))
            finally:
                ears.close()

    async def close_some(self, now: float, within: float) -> None:
        """Close what has to be closed now; waits up to `within` seconds for a change."""
        try:
            await asyncio.wait_for(self._something.wait(), within)
        except TimeoutError:
            if not any(due <= now for due in self._once_more.values()):
                return
        again = {device for device, due in self._once_more.items() if due <= now}
        changed, everything = self._changed, self._look_at_all.is_set() or len(self._changed) > _AT_ONCE
        self._changed = set()
        self._something.clear()
        self._look_at_all.clear()
        for device in again:
            del self._once_more[device]
        try:
            await self._compare(None if everything else changed | again)
        except (Unavailable, NatsError, OSError) as problem:
            log.warning("can't compare connections with the records, trying again", reason=type(problem).__name__)
            self._changed |= changed | again
            if everything:
                self._look_at_all.set()
            self._something.set()
            await asyncio.sleep(0.5)
            return
        self._once_more |= dict.fromkeys(changed, now + _ONCE_MORE)

    async def _compare(self, devices: set[Device] | None) -> None:
        if devices is None:
            found = [one for one in await connections.all_of_them(self._system) if ":" in one.client_id]
            known = await asyncio.to_thread(self._credentials, {_device(one) for one in found})
            for one in found:
                await self._close_unless_welcome(one, known)
            return
        known = await asyncio.to_thread(self._credentials, devices)
        await asyncio.gather(*(self._compare_one(device, known) for device in devices))

    async def _compare_one(self, device: Device, known: dict[Device, Credential]) -> None:
        async for one in connections.of_client(self._system, device_client_id(*device)):
            await self._close_unless_welcome(one, known)

    async def _close_unless_welcome(self, one: Connection, known: dict[Device, Credential]) -> None:
        device = _device(one)
        if not one.mark:  # still on its way in: the broker lists it before it has our answer
            self._once_more.setdefault(device, time.monotonic() + _ONCE_MORE)
            return
        if still_welcome(one.mark, known.get(device)):
            return
        await connections.close(self._system, one)
        CLOSED.inc()
        credential = known.get(device)
        revoked = credential is None or credential.state is not DeviceState.REGISTERED
        log.info(
            "closed a connection", device="/".join(device), reason="revoked" if revoked else "its secret was replaced"
        )

    def _credentials(self, devices: set[Device]) -> dict[Device, Credential]:
        with self._database.transaction() as conn:
            return credentials_of(conn, devices)


def _device(connection: Connection) -> Device:
    vendor, _, name = connection.client_id.partition(":")
    return vendor, name


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return

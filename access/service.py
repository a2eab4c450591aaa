"""`ankang access`: answers the broker's question who may connect, and closes the connections of who may no longer."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError

from access.answering import Answering
from access.gate import not_ready
from access.jwt import Signer
from access.metrics import GATE_OPEN
from access.revoking import Revoking
from records import health
from records.database import Database
from records.equipment.credentials import session_ages
from records.errors import Unavailable
from records.health import PartStatus
from records.migrate import wait_for_schema

log = structlog.get_logger(__name__)

_BEAT = 2.0
_LOOK = 0.25
"""Seconds between two looks at a gate that is closed."""


def run(
    database_url: str,
    nats_url: str,
    sys_url: str,
    issuer_seed: str,
    service_secret: str,
    expected_sessions: Sequence[str],
    stop: threading.Event,
) -> None:
    """Answer until `stop`; several may run at once. Survives the broker and the database being away."""
    if not wait_for_schema(database_url, stop):
        return
    with Database(database_url, size=4, timeout=1.2) as database:
        asyncio.run(_run(database, nats_url, sys_url, Signer(issuer_seed), service_secret, expected_sessions, stop))


async def _run(
    database: Database,
    nats_url: str,
    sys_url: str,
    signer: Signer,
    service_secret: str,
    expected: Sequence[str],
    stop: threading.Event,
) -> None:
    ended = asyncio.Event()
    watch = asyncio.create_task(_until(stop, ended))
    gate = Gate(database, expected)
    answering = Answering(database, signer, service_secret, lambda: gate.is_open)
    system, broker = Client(), Client()
    revoking = Revoking(database, system)

    async def connected_again() -> None:
        gate.shut()
        revoking.look_at_all()

    try:
        await _connect(broker, nats_url, ended, gate.shut, connected_again)
        await _connect(system, sys_url, ended, lambda: None, connected_again)
        if ended.is_set():
            return
        gate.shut()
        await answering.listen(broker)
        async with asyncio.TaskGroup() as together:
            together.create_task(revoking.hear(ended))
            together.create_task(_repeat(ended, lambda: answering.answer_some(within=0.5)))
            together.create_task(_repeat(ended, lambda: revoking.close_some(time.monotonic(), within=0.5)))
            together.create_task(_repeat(ended, gate.look))
            together.create_task(_repeat(ended, lambda: _beat(database, gate, broker, ended)))
    finally:
        ended.set()
        await watch
        for connection in (broker, system):
            if connection.is_connected:
                await connection.close()


class Gate:
    """Whether devices are let in: shut with every new connection to the broker, opened by what the records say."""

    def __init__(self, database: Database, expected: Sequence[str]) -> None:
        self._database = database
        self._expected = expected
        self._since = time.monotonic()
        self.waits_for: list[str] = list(expected)
        self.is_open = False

    def shut(self) -> None:
        """The broker is new to us: its sessions have to be proven anew."""
        self._since = time.monotonic()
        self.is_open, self.waits_for = False, list(self._expected)
        GATE_OPEN.set(0)

    async def look(self) -> None:
        """Open it as soon as every session is there; it stays open until it is shut."""
        if not self.is_open:
            since = self._since
            try:
                ages = await asyncio.to_thread(self._ages)
            except Unavailable:
                ages = {}
            self.waits_for = not_ready(ages, self._expected, time.monotonic() - since)
            if not self.waits_for and since == self._since:
                self.is_open = True
                GATE_OPEN.set(1)
                log.info("devices are let in")
        await asyncio.sleep(_LOOK)

    def _ages(self) -> dict[str, float]:
        with self._database.transaction() as conn:
            return session_ages(conn)


async def _connect(
    client: Client,
    url: str,
    ended: asyncio.Event,
    lost: Callable[[], None],
    again: Callable[[], Awaitable[None]],
) -> None:
    """Connect, however long it takes, and stay so."""

    async def on_lost() -> None:
        if not ended.is_set():
            log.warning("lost the broker")
        lost()

    async def on_error(error: Exception) -> None:
        log.debug("trouble with the broker", reason=type(error).__name__)

    while not ended.is_set():
        try:
            await client.connect(
                url.split(","),
                name="ankang-access",
                disconnected_cb=on_lost,
                reconnected_cb=again,
                error_cb=on_error,
                max_reconnect_attempts=-1,
                reconnect_time_wait=0.2,  # type: ignore[arg-type]  # seconds; a fraction works
                connect_timeout=2,
                ping_interval=5,
                allow_reconnect=True,
            )
            return
        except (NatsError, OSError, TimeoutError) as problem:
            log.warning("waiting for the broker", reason=type(problem).__name__)
            await asyncio.sleep(0.5)


async def _beat(database: Database, gate: Gate, broker: Client, ended: asyncio.Event) -> None:
    status, detail = _how_it_is(gate, broker)

    def write() -> None:
        with database.transaction() as conn:
            health.beat(conn, "access", status, detail)

    try:
        await asyncio.to_thread(write)
    except Unavailable:
        log.warning("no word to the database", part="access")
    for _ in range(int(_BEAT / 0.25)):
        if ended.is_set() or _how_it_is(gate, broker) != (status, detail):
            return  # a change is said at once
        await asyncio.sleep(0.25)


def _how_it_is(gate: Gate, broker: Client) -> tuple[PartStatus, str]:
    if not broker.is_connected:
        return "down", "not connected to the broker: nobody new can connect"
    if not gate.is_open:
        return "degraded", f"no device is let in before these sessions are there: {', '.join(gate.waits_for)}"
    return "ok", ""


async def _repeat(ended: asyncio.Event, once: Callable[[], Awaitable[None]]) -> None:
    while not ended.is_set():
        await once()


async def _until(stop: threading.Event, ended: asyncio.Event) -> None:
    while not stop.is_set() and not ended.is_set():  # noqa: ASYNC110 - an event of threads
        await asyncio.sleep(0.1)
    ended.set()

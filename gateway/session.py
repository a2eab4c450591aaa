"""A durable MQTT session: what a lane of ingest reads from. Everything paho does happens in one thread of its own.

The rules (docs/decisions: commit, then acknowledge): manual acknowledgement; a message is acknowledged only on the
connection that brought it; after a reconnect with the session present nothing is subscribed again; a session that was
there and is gone is said; the inbox is bounded, and when it is full the socket is not read.
"""

import contextlib
import random
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from gateway.address import broker
from gateway.fast_client import FastClient

log = structlog.get_logger(__name__)

KEEPALIVE = 30
"""Seconds."""

INBOX_SIZE = 16_000
"""Letters; above the 8,000 that the broker lets wait for acknowledgement."""

_FIRST_WAIT, _LONGEST_WAIT = 0.2, 10.0
_MESSAGES_AT_ONCE = 500


class Letter(NamedTuple):
    """One message as it came, and the connection that it came on."""

    topic: str
    payload: bytes
    mid: int
    connection: int
    repeated: bool
    """The broker has sent it before."""


class Session:
    """A durable session with a bounded inbox. `start`, then `take` and `acknowledge`; `close` at the end."""

    def __init__(
        self, url: str, client_id: str, filters: Sequence[str], *, known: bool, inbox_size: int = INBOX_SIZE
    ) -> None:
        """`known`: the records say that this session was made before, so its absence is a loss."""
        self._broker = broker(url)
        self.client_id = client_id
        self._filters = tuple(filters)
        self._known = known
        self._inbox_size = inbox_size
        self._client: FastClient | None = None
        self._inbox: deque[Letter] = deque()
        self._arrived = threading.Condition()
        self._outbox: deque[tuple[str, bytes] | Letter] = deque()
        self._connection = 0
        self._awaited_suback: int | None = None
        self._stop = threading.Event()
        self._paused = threading.Event()
        self._wake_out, self._wake_in = socket.socketpair()
        self._wake_out.setblocking(False)
        self._wake_in.setblocking(False)
        self._thread = threading.Thread(target=self._run, name=client_id, daemon=True)
        self.ready = False
        """Connected, and the durable session proven to exist."""
        self.lost = False
        """The session had been made before and was gone: what waited in it is lost. Cleared by `recorded`."""
        self.problem = "not connected yet"
        """Why it isn't ready, in words."""

    def start(self) -> None:
        """Connect, and go on connecting, in the background."""
        self._thread.start()

    def close(self) -> None:
        """Send what has been acknowledged, disconnect, and end the thread. The durable session stays."""
        self._stop.set()
        self._wake()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        if not self._thread.is_alive():
            self._wake_out.close()
            self._wake_in.close()

    def pause(self) -> None:
        """Disconnect until `resume`; the broker keeps everything."""
        self._paused.set()
        self._wake()

    def resume(self) -> None:
        """Connect again."""
        self._paused.clear()

    def recorded(self) -> None:
        """The records know of this session now, and of a loss if there was one."""
        self.lost = False
        self._known = True

    def take(self, most: int, *, wait: float, linger: float = 0.0) -> list[Letter]:
        """Up to `most` letters: waits `wait` seconds for the first and `linger` more for others; may be empty."""
        with self._arrived:
            if not self._inbox:
                self._arrived.wait(wait)
            if linger and 0 < len(self._inbox) < most:
                self._arrived.wait_for(lambda: len(self._inbox) >= most, linger)
            letters = [self._inbox.popleft() for _ in range(min(most, len(self._inbox)))]
        self._wake()
        return letters

    def acknowledge(self, letters: Sequence[Letter]) -> None:
        """Tell the broker that these are stored; what came on an earlier connection it sends again anyway."""
        self._outbox.extend(letters)
        self._wake()

    def publish(self, topic: str, payload: bytes) -> None:
        """Send at QoS 0: it may be lost, and its reader must expect that."""
        self._outbox.append((topic, payload))
        self._wake()

    @property
    def waiting(self) -> int:
        """Letters in the inbox."""
        return len(self._inbox)

    # Everything below runs in the session's own thread.

    def _run(self) -> None:
        wait = _FIRST_WAIT
        while not self._stop.is_set():
            if self._paused.is_set():
                self._stop.wait(0.1)
                continue
            if self._connect():
                wait = self._talk(wait)
            self._drop_connection()
            # Jitter, so that all workers don't knock in the same moment after the broker was away.
            self._stop.wait(wait * random.uniform(0.5, 1.0))  # noqa: S311
            wait = min(wait * 2, _LONGEST_WAIT)

    def _connect(self) -> bool:
        client = FastClient(CallbackAPIVersion.VERSION2, self.client_id, clean_session=False, manual_ack=True)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_socket_register_write = _leave_it_to_the_loop
        if self._broker.user:
            client.username_pw_set(self._broker.user, self._broker.password)
        if self._broker.tls:
            client.tls_set()
        self._client = client
        try:
            client.connect(self._broker.host, self._broker.port, KEEPALIVE)
        except OSError as error:
            self.problem = f"the broker is not reachable ({type(error).__name__})"
            return False
        return True

    def _talk(self, wait: float) -> float:
        """Read and write until the connection ends; returns how long to wait before the next."""
        client = self._client
        next_check = 0.0
        while client is not None and client.socket() is not None:
            if self._stop.is_set() or self._paused.is_set():
                self._send_outbox(client)
                client.disconnect()
                client.flush()
                return _FIRST_WAIT
            if not self._read(client):
                break
            self._send_outbox(client)
            if not client.flush():
                break
            now = time.monotonic()
            if now >= next_check:
                next_check = now + 1
                if client.loop_misc() != MQTTErrorCode.MQTT_ERR_SUCCESS:
                    break
            if self.ready:
                wait = _FIRST_WAIT
        return wait

    def _read(self, client: FastClient) -> bool:
        """Wait for the network or for something to send, then read what is there while the inbox has room."""
        raw = client.socket()
        if raw is None:
            return False
        room = len(self._inbox) < self._inbox_size
        buffered = room and client.readable_without_waiting()
        readers: list[Any] = [self._wake_in, *([raw] if room else [])]
        writers = [raw] if client.wants_to_write() else []
        readable, _, _ = select.select(readers, writers, [], 0 if buffered else 1.0)
        if self._wake_in in readable:
            self._wake_in.recv(65536)
        if not buffered and raw not in readable:
            return True
        before = len(self._inbox)
        alive = client.read(self._on_publish, _MESSAGES_AT_ONCE)
        if len(self._inbox) != before:
            with self._arrived:
                self._arrived.notify()
        return alive

    def _send_outbox(self, client: FastClient) -> None:
        stored = []
        while self._outbox:
            item = self._outbox.popleft()
            if isinstance(item, Letter):
                if item.connection == self._connection:
                    stored.append(item.mid)
            elif self.ready:
                client.publish(item[0], item[1], qos=0)
        if stored and self.ready:
            client.acknowledge(stored)

    def _on_connect(self, client: mqtt.Client, _userdata: Any, flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self.problem = f"the broker refused us: {reason}"
            log.warning("refused by the broker", client_id=self.client_id, reason=str(reason))
            return
        self._connection += 1
        if flags.session_present:
            # Subscribing again would make the broker send every retained message anew.
            self._established()
            return
        self.lost = self._known
        self.problem = "subscribing"
        wanted = [(name, 1) for name in self._filters]
        _, self._awaited_suback = client.subscribe(wanted)

    def _on_subscribe(self, client: mqtt.Client, _userdata: Any, mid: int, reasons: Any, _properties: Any) -> None:
        if mid != self._awaited_suback:
            return
        if any(reason.is_failure or reason.value != 1 for reason in reasons):
            self.problem = "the broker refused a subscription; are the credentials those of a service?"
            log.error("subscription refused", client_id=self.client_id)
            client.disconnect()
            return
        if self.lost:
            log.error("the durable session was gone; what waited in it is lost", client_id=self.client_id)
        self._established()

    def _established(self) -> None:
        self.problem = ""
        self.ready = True
        log.info("session ready", client_id=self.client_id, connection=self._connection)

    def _on_message(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        self._on_publish(message._topic, bytes(message.payload), message.mid, message.dup)

    def _on_publish(self, topic: bytes, payload: bytes, mid: int, repeated: bool) -> None:
        # A topic that isn't UTF-8 is none of ours, and is kept aside by that name.
        self._inbox.append(Letter(topic.decode(errors="replace"), payload, mid, self._connection, repeated))

    def _drop_connection(self) -> None:
        """What is in hand of the old connection comes again on the next one."""
        if self.ready:
            log.warning("connection to the broker ended", client_id=self.client_id)
            self.problem = "the connection to the broker ended"
        self.ready = False
        with self._arrived:
            self._inbox.clear()
        self._outbox.clear()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # enough wakes are waiting already, or it is closed
            self._wake_out.send(b"\0")


def _leave_it_to_the_loop(*_: Any) -> None:
    """Its presence tells paho not to write from within a call; the loop does that."""

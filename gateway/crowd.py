"""Many devices' connections in one thread: what a simulated town, or a load test, needs of MQTT and nothing more.

paho has a thread for each connection; here one selector serves thousands. What a device has to say is kept until the
broker has acknowledged it, over any number of reconnects. Packet layout: MQTT 3.1.1 (OASIS), chapter 3. No TLS.
"""

import selectors
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from care.messages import Address
from gateway.address import broker
from gateway.grants import device_client_id, device_user
from gateway.topics import Channel, topic

KEEPALIVE = 60
"""Seconds."""
_CONNACK, _PUBACK = 0x20, 0x40
_IN_FLIGHT = 20
_AGAIN_AFTER = 5.0
_KNOCKING_AT_ONCE = 100
_PIECE = 4096


@dataclass(slots=True, eq=False)
class Member:
    """One device of the crowd."""

    address: Address
    secret: str = field(repr=False)
    will: bytes = b""
    waiting: deque[tuple[Channel, bytes]] = field(default_factory=deque)
    in_flight: dict[int, tuple[Channel, bytes, float]] = field(default_factory=dict)
    line: socket.socket | None = None
    admitted: bool = False
    away: bool = False
    """It is not to be connected: its power is cut."""
    heard: bytearray = field(default_factory=bytearray)
    unsent: bytearray = field(default_factory=bytearray)
    wants_to_write: bool = False
    next_id: int = 1
    spoke: float = 0.0
    knocks_at: float = 0.0


class Crowd:
    """Devices that connect, stay connected, and publish at QoS 1."""

    def __init__(self, mqtt_url: str, acknowledged: Callable[[float], None] = lambda _: None) -> None:
        """`acknowledged` hears after how many seconds each message was; ValueError where the broker wants TLS."""
        self._broker = broker(mqtt_url)
        if self._broker.tls:
            raise ValueError("ANKANG_MQTT_URL: simulated devices speak mqtt://, not mqtts://")
        self._acknowledged = acknowledged
        self._selector = selectors.DefaultSelector()
        self._members: list[Member] = []
        self._knocking: set[Member] = set()
        self._next_look = 0.0
        self.refused = 0
        """How often the broker did not let a device in."""
        self.arrived = 0
        """Messages that the broker has: those that it acknowledged, and the wills of devices whose power was cut."""

    def add(self, vendor: str, device: str, secret: str, will: bytes = b"") -> Member:
        """A device that is to be connected from now on; `will` is a status payload."""
        member = Member(Address(vendor, device), secret, will)
        self._members.append(member)
        return member

    @property
    def connected(self) -> int:
        """How many have been admitted."""
        return sum(member.admitted for member in self._members)

    @property
    def unacknowledged(self) -> int:
        """Messages that the broker has not acknowledged yet."""
        return sum(len(member.waiting) + len(member.in_flight) for member in self._members)

    @property
    def settled(self) -> bool:
        """Whether everybody who has power is connected and has been acknowledged everything."""
        return all(m.away or (m.admitted and not m.waiting and not m.in_flight) for m in self._members)

    def say(self, member: Member, channel: Channel, payload: bytes) -> None:
        """Have this device publish it, now or when it is connected."""
        member.waiting.append((channel, payload))
        self._publish(member, time.monotonic())

    def cut(self, member: Member, *, away: bool) -> None:
        """Its power is cut, so that the broker tells its will; or is back."""
        member.away = away
        if away:
            self.arrived += bool(member.admitted and member.will)
            self._hang_up(member, again_after=0.0)

    def serve(self, timeout: float) -> None:
        """Connect, read, write and keep alive for about `timeout` seconds at most."""
        for key, events in self._selector.select(timeout):
            member: Member = key.data
            if events & selectors.EVENT_WRITE:
                self._flush(member)
            if events & selectors.EVENT_READ:
                self._hear(member)
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + 0.2
            self._look_after(now)

    def close(self) -> None:
        """Say goodbye for all of them; no will is told."""
        for member in self._members:
            if member.line is not None:
                self._write(member, b"\xe0\x00")
                self._hang_up(member, again_after=0.0)
        self._selector.close()

    def _look_after(self, now: float) -> None:
        for member in self._members:
            if member.line is None:
                if not member.away and now >= member.knocks_at and len(self._knocking) < _KNOCKING_AT_ONCE:
                    self._knock(member, now)
            elif not member.admitted:
                if now > member.spoke + 10:
                    self._hang_up(member)
            elif now > member.spoke + KEEPALIVE / 2:
                member.spoke = now
                self._write(member, b"\xc0\x00")

    def _knock(self, member: Member, now: float) -> None:
        line = socket.socket()
        line.setblocking(False)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.connect_ex((self._broker.host, self._broker.port))
        member.line, member.spoke = line, now
        member.heard.clear()
        member.unsent[:] = _connect(member)
        member.wants_to_write = True
        self._knocking.add(member)
        self._selector.register(line, selectors.EVENT_READ | selectors.EVENT_WRITE, member)

    def _hear(self, member: Member) -> None:
        assert member.line is not None  # noqa: S101 - it was in the selector
        try:
            piece = member.line.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            self._hang_up(member)
            return
        member.heard += piece
        while len(member.heard) >= 2 and len(member.heard) >= 2 + member.heard[1]:  # every answer to us is short
            kind, body = member.heard[0] & 0xF0, bytes(member.heard[2 : 2 + member.heard[1]])
            del member.heard[: 2 + member.heard[1]]
            if kind == _CONNACK:
                self._admit(member, body)
            elif kind == _PUBACK:
                sent = member.in_flight.pop(int.from_bytes(body[:2]), None)
                if sent:
                    self.arrived += 1
                    self._acknowledged(time.monotonic() - sent[2])
                self._publish(member, time.monotonic())
            if member.line is None:
                return

    def _admit(self, member: Member, body: bytes) -> None:
        self._knocking.discard(member)
        if body[1]:
            self.refused += 1
            self._hang_up(member)
            return
        member.admitted = True
        self._publish(member, time.monotonic())

    def _publish(self, member: Member, now: float) -> None:
        """As much of what waits as may be in flight."""
        packets = bytearray()
        while member.admitted and member.waiting and len(member.in_flight) < _IN_FLIGHT:
            channel, payload = member.waiting.popleft()
            member.in_flight[member.next_id] = (channel, payload, now)
            packets += _publish(member, channel, payload)
            member.next_id = member.next_id % 65_535 + 1
        if packets:
            member.spoke = now
            self._write(member, packets)

    def _write(self, member: Member, data: bytes | bytearray) -> None:
        member.unsent += data
        self._flush(member)

    def _flush(self, member: Member) -> None:
        if member.line is None:
            return
        try:
            while member.unsent:
                del member.unsent[: member.line.send(member.unsent)]
        except BlockingIOError:
            self._watch(member, also_to_write=True)
        except OSError:
            self._hang_up(member)
        else:
            self._watch(member, also_to_write=False)

    def _watch(self, member: Member, *, also_to_write: bool) -> None:
        if member.line is not None and member.wants_to_write != also_to_write:
            member.wants_to_write = also_to_write
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if also_to_write else 0)
            self._selector.modify(member.line, events, member)

    def _hang_up(self, member: Member, again_after: float = _AGAIN_AFTER) -> None:
        """The line is gone; what was in flight is said again."""
        if member.line is not None:
            self._selector.unregister(member.line)
            member.line.close()
        self._knocking.discard(member)
        member.waiting.extendleft((channel, payload) for channel, payload, _ in reversed(member.in_flight.values()))
        member.in_flight.clear()
        member.line, member.admitted = None, False
        member.unsent.clear()
        member.knocks_at = time.monotonic() + again_after


def _connect(member: Member) -> bytes:
    flags = 0x02 | 0xC0 | (0x04 | 0x08 if member.will else 0)  # clean session, user and password, will at QoS 1
    fields = [device_client_id(*member.address).encode()]
    if member.will:
        fields += [topic(member.address, Channel.STATUS).encode(), member.will]
    fields += [device_user(*member.address).encode(), member.secret.encode()]
    body = b"\x00\x04MQTT\x04" + bytes([flags]) + struct.pack("!H", KEEPALIVE) + b"".join(map(_text, fields))
    return _packet(0x10, (body,))


def _publish(member: Member, channel: Channel, payload: bytes) -> bytes:
    name = _text(topic(member.address, channel).encode())
    return _packet(0x32, (name, struct.pack("!H", member.next_id), payload))


def _text(data: bytes) -> bytes:
    return struct.pack("!H", len(data)) + data


def _packet(kind: int, parts: Iterable[bytes]) -> bytes:
    body = b"".join(parts)
    length, size = bytearray(), len(body)
    while True:
        size, digit = divmod(size, 128)
        length.append(digit | (0x80 if size else 0))
        if not size:
            return bytes([kind]) + bytes(length) + body

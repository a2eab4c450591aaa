"""paho's client with a short cut for what a lane does a million times: reading QoS 1 messages and acknowledging them.

paho reads a socket byte by byte and spends 15 µs on each message, which made it the largest part of ingest's time. Here
the socket is read and written in large pieces; complete QoS 1 PUBLISH packets are taken from the buffer directly, and
their acknowledgements are written together. Every other packet goes through paho, which always finds it complete.
Packet layout: MQTT 3.1.1 (OASIS), sections 2.2 and 3.3.
"""

import contextlib
import socket
import struct
from collections.abc import Callable, Sequence
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import MQTTErrorCode

_PIECE = 1 << 18
_PUBLISH, _QOS, _QOS_1, _DUP = 0x30, 0x06, 0x02, 0x08
_PUBACK = struct.Struct("!BBH").pack
_LENGTH = struct.Struct("!H").unpack_from

OnPublish = Callable[[bytes, bytes, int, bool], None]
"""Gets topic, payload, packet id, and whether the broker has sent it before."""


class BufferedSocket:
    """What paho needs of a socket, with a buffer on both sides; never blocks."""

    def __init__(self, raw: socket.socket) -> None:
        self._raw = raw
        self._in = bytearray()
        self._at = 0
        self._out = bytearray()
        self._ended = False

    def fill(self) -> None:
        """Read what the network has; raises OSError when the connection is broken."""
        try:
            data = self._raw.recv(_PIECE)
        except BlockingIOError:
            return
        self._ended = not data
        del self._in[: self._at]
        self._at = 0
        self._in += data

    def publishes(self, on_publish: OnPublish, most: int) -> int:
        """Take up to `most` complete QoS 1 PUBLISH packets from the front of the buffer; returns how many."""
        data, at, taken = self._in, self._at, 0
        while taken < most and (end := _end_of_packet(data, at)) is not None:
            first = data[at]
            if first & 0xF0 != _PUBLISH or first & _QOS != _QOS_1:
                break
            start = end[0]
            topic_end = start + 2 + _LENGTH(data, start)[0]
            on_publish(
                bytes(data[start + 2 : topic_end]),
                bytes(data[topic_end + 2 : end[1]]),
                _LENGTH(data, topic_end)[0],
                bool(first & _DUP),
            )
            at = end[1]
            taken += 1
        self._at = at
        return taken

    def complete(self) -> bool:
        """Whether a whole packet, or the end of the connection, waits to be read."""
        return _end_of_packet(self._in, self._at) is not None or (self._ended and not self.pending())

    def recv(self, size: int) -> bytes:
        """Up to `size` bytes; BlockingIOError where there are none yet, nothing at the end of the connection."""
        if not self.pending():
            if self._ended:
                return b""
            self.fill()
            if not self.pending() and not self._ended:
                raise BlockingIOError
        data = bytes(self._in[self._at : self._at + size])
        self._at += len(data)
        return data

    def pending(self) -> int:
        """Bytes that can be had without asking the kernel."""
        return len(self._in) - self._at

    def send(self, data: bytes) -> int:
        """Keep the bytes for `flush`."""
        self._out += data
        return len(data)

    def flush(self) -> None:
        """Send what is kept, as much as goes."""
        while self._out:
            try:
                sent = self._raw.send(self._out)
            except BlockingIOError:
                return
            del self._out[:sent]

    def unsent(self) -> bool:
        """Whether `flush` has something left to do."""
        return bool(self._out)

    def fileno(self) -> int:
        """Of the socket below, for select."""
        return self._raw.fileno()

    def setblocking(self, flag: bool) -> None:
        """Pass on."""
        self._raw.setblocking(flag)

    def settimeout(self, seconds: float | None) -> None:
        """Pass on."""
        self._raw.settimeout(seconds)

    def close(self) -> None:
        """Send what still goes, then close."""
        with contextlib.suppress(OSError):  # the other side may be gone already
            self.flush()
        self._raw.close()


def _end_of_packet(data: bytearray, at: int) -> tuple[int, int] | None:
    """Where the packet at `at` has its variable header, and where it ends; None while some of it is missing."""
    length, shift = 0, 0
    for position in range(at + 1, min(at + 5, len(data))):
        byte = data[position]
        length |= (byte & 0x7F) << shift
        if byte < 0x80:
            end = position + 1 + length
            return (position + 1, end) if end <= len(data) else None
        shift += 7
    return None


class FastClient(mqtt.Client):
    """paho's client over a BufferedSocket; over TLS it is paho's as it comes."""

    def _create_socket(self) -> Any:
        raw = super()._create_socket()
        return BufferedSocket(raw) if type(raw) is socket.socket else raw

    def read(self, on_publish: OnPublish, most: int) -> bool:
        """Read what the network has, up to about `most` messages; False when the connection has ended."""
        raw: Any = self.socket()
        if not isinstance(raw, BufferedSocket):
            return self.loop_read() == MQTTErrorCode.MQTT_ERR_SUCCESS
        if not raw.complete():
            try:
                raw.fill()
            except OSError:
                return False
        while most > 0 and raw.complete():
            taken = raw.publishes(on_publish, most)
            most -= taken
            if not taken and self.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS:
                return False
        return True

    def acknowledge(self, mids: Sequence[int]) -> None:
        """Write the PUBACK of each of these."""
        raw: Any = self.socket()
        if isinstance(raw, BufferedSocket):
            raw.send(b"".join([_PUBACK(0x40, 2, mid) for mid in mids]))
        else:
            for mid in mids:
                self.ack(mid, 1)

    def flush(self) -> bool:
        """Write what is queued to the network; False when the connection has ended."""
        if self.loop_write() != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return False
        raw: Any = self.socket()
        if isinstance(raw, BufferedSocket):
            try:
                raw.flush()
            except OSError:
                return False
        return True

    def readable_without_waiting(self) -> bool:
        """Whether something is buffered that select can't see."""
        raw: Any = self.socket()
        if isinstance(raw, BufferedSocket):
            return raw.complete()
        return raw is not None and hasattr(raw, "pending") and raw.pending() > 0

    def wants_to_write(self) -> bool:
        """Whether the network did not take everything yet."""
        raw: Any = self.socket()
        return self.want_write() or (isinstance(raw, BufferedSocket) and raw.unsent())

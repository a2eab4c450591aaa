"""A paho client that reads and writes its socket in large pieces instead of byte by byte."""

import contextlib
import socket
from typing import Any

import paho.mqtt.client as mqtt

_PIECE = 1 << 18


class BufferedSocket:
    """What paho needs of a socket, with a buffer on both sides; never blocks."""

    def __init__(self, raw: socket.socket) -> None:
        self._raw = raw
        self._in = b""
        self._at = 0
        self._out = bytearray()

    def recv(self, size: int) -> bytes:
        """Up to `size` bytes; BlockingIOError where there are none yet."""
        at = self._at
        if at == len(self._in):
            self._in = self._raw.recv(_PIECE)
            at = 0
        data = self._in[at : at + size]
        self._at = at + len(data)
        return data

    def pending(self) -> int:
        """Bytes that can be had without asking the kernel."""
        return len(self._in) - self._at

    def send(self, data: bytes) -> int:
        """Keep the bytes for `flush`."""
        self._out += data
        return len(data)

    def flush(self) -> bool:
        """Send what is kept, as much as goes; whether all of it went."""
        while self._out:
            try:
                sent = self._raw.send(self._out)
            except BlockingIOError:
                return False
            del self._out[:sent]
        return True

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


class BufferedClient(mqtt.Client):
    """paho's client over a BufferedSocket; over TLS it stays as it is."""

    def _create_socket(self) -> Any:
        raw = super()._create_socket()
        return BufferedSocket(raw) if type(raw) is socket.socket else raw

    def flush(self) -> None:
        """Write what paho has queued to the network."""
        self.loop_write()
        raw = self.socket()
        if isinstance(raw, BufferedSocket):
            raw.flush()

    def readable_without_waiting(self) -> bool:
        """Whether bytes are buffered that select can't see."""
        raw: Any = self.socket()
        return raw is not None and hasattr(raw, "pending") and raw.pending() > 0

    def wants_to_write(self) -> bool:
        """Whether the network did not take everything yet."""
        raw = self.socket()
        return self.want_write() or (isinstance(raw, BufferedSocket) and raw.unsent())

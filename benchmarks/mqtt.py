"""MQTT 3.1.1 in the fewest instructions, so that the load costs the machine as little as possible.

Packet layout: MQTT 3.1.1 (OASIS), sections 2.2, 3.1 and 3.3.
"""

import socket
from urllib.parse import unquote, urlsplit

from gateway.grants import device_client_id, device_user

_CONNECT, _PUBLISH_QOS_1, _DISCONNECT = 0x10, 0x32, b"\xe0\x00"
_CLEAN_WITH_LOGIN, _KEEPALIVE = 0xC2, 600
_CONNACK = b"\x20\x02\x00\x00"


def connected(url: str, vendor: str, device: str, secret: str) -> socket.socket:
    """A socket on which this device is admitted; PermissionError where it isn't."""
    where = urlsplit(url)
    line = socket.create_connection((unquote(where.hostname or ""), where.port or 1883), timeout=30)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    head = _text("MQTT") + bytes([4, _CLEAN_WITH_LOGIN]) + _KEEPALIVE.to_bytes(2, "big")
    login = _text(device_client_id(vendor, device)) + _text(device_user(vendor, device)) + _text(secret)
    line.sendall(_packet(_CONNECT, head + login))
    if (answer := line.recv(4)) != _CONNACK:
        raise PermissionError(f"the broker answered {answer.hex()}")
    return line


def publish_packet(topic: str, payload: bytes, number: int) -> bytes:
    """A QoS 1 PUBLISH; `number` from 1 to 65,535."""
    return _packet(_PUBLISH_QOS_1, _text(topic) + number.to_bytes(2, "big") + payload)


def goodbye(line: socket.socket) -> None:
    """End it without a will."""
    line.setblocking(True)
    line.sendall(_DISCONNECT)
    line.close()


def _packet(kind: int, body: bytes) -> bytes:
    length, rest = bytearray(), len(body)
    while True:
        rest, low = rest >> 7, rest & 0x7F
        length.append(low | (0x80 if rest else 0))
        if not rest:
            return bytes([kind]) + bytes(length) + body


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2, "big") + encoded

"""A push service of our own and the browser behind it: RFC 8030, 8291 and 8292 from the other side, on this machine."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import http_ece
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from care.addresses import Subscription
from tests.receiver import Receiver, receiver

AUTH = b"sixteen bytes ok"


def base64url(data: bytes) -> str:
    """Without padding, as every part of these standards writes it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unbase64url(text: str) -> bytes:
    """The bytes again."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Browser:
    """It has subscribed: only it can read what comes."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def subscription(self) -> Subscription:
        """What its page gives to the server."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return Subscription(self.endpoint, base64url(point), base64url(AUTH))

    def reads(self, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        """The payload; raises where it was encrypted for another one, or not as RFC 8291 asks."""
        assert headers["content-encoding"] == "aes128gcm"
        plain = http_ece.decrypt(body, private_key=self.key, auth_secret=AUTH, version="aes128gcm")
        found: dict[str, Any] = json.loads(plain)
        return found


def vapid(headers: dict[str, str]) -> tuple[dict[str, Any], str]:
    """The claims and the public key of whoever sent this; raises where the signature is not that key's (RFC 8292)."""
    scheme, _, rest = headers["authorization"].partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert scheme == "vapid"
    header, claims, signature = parts["t"].split(".")
    assert json.loads(unbase64url(header))["alg"] == "ES256"
    r, s = (int.from_bytes(unbase64url(signature)[half : half + 32], "big") for half in (0, 32))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unbase64url(parts["k"]))
    key.verify(encode_dss_signature(r, s), f"{header}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    found: dict[str, Any] = json.loads(unbase64url(claims))
    return found, parts["k"]


@contextmanager
def push_service() -> Iterator[tuple[Receiver, Browser]]:
    """A service that takes messages (201) for one browser."""
    with receiver() as server:
        server.status = 201
        yield server, Browser(f"{server.url}/push/one")

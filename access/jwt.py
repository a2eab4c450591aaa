"""The broker's questions and our answers, as NATS writes them: JSON Web Tokens signed with nkeys (ed25519)."""

import base64
import binascii
import hashlib
import json
import time
from collections.abc import Mapping
from typing import Any

import nacl.exceptions
import nacl.signing
import nkeys

from access.keys import public_key

_ALGORITHM = "ed25519-nkey"
_HEAD = json.dumps({"typ": "JWT", "alg": _ALGORITHM}).encode()
_SERVER = "N"
"""The letter that a server's public key begins with."""


class BadToken(Exception):
    """Not a question of a NATS server; the message says why, never what was in it."""


class Signer:
    """Signs answers with the installation's account key."""

    def __init__(self, seed: str) -> None:
        self._keys = nkeys.from_seed(seed.encode())
        self.issuer = public_key(seed)

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A token over these claims, issued now."""
        issued = dict(claims) | {"iss": self.issuer, "iat": int(time.time())}
        digest = hashlib.sha256(json.dumps(issued).encode()).digest()
        issued["jti"] = base64.b32encode(digest).decode().rstrip("=")
        body = (
            f"{_encode(json.dumps({'typ': 'JWT', 'alg': _ALGORITHM}).encode())}.{_encode(json.dumps(issued).encode())}"
        )
        return f"{body}.{_encode(self._keys.sign(body.encode()))}"


def read_question(token: bytes) -> dict[str, Any]:
    """The claims of a question that a NATS server signed, whole and unchanged; BadToken otherwise."""
    try:
        head, body, signature = token.split(b".")
        algorithm = json.loads(_decode(head))["alg"]
        claims = json.loads(_decode(body))
        issuer, server = claims["iss"], claims["nats"]["server_id"]["id"]
        key = nacl.signing.VerifyKey(_raw_key(issuer))
        key.verify(head + b"." + body, _decode(signature))
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error, nacl.exceptions.CryptoError) as error:
        raise BadToken(f"unreadable or not signed by its issuer ({type(error).__name__})") from None
    if algorithm != _ALGORITHM or not issuer.startswith(_SERVER) or issuer != server:
        raise BadToken("not signed by the server that asks")
    return dict(claims)


def _raw_key(public: str) -> bytes:
    raw = base64.b32decode(public + "=" * (-len(public) % 8))
    return raw[1:-2]  # without the kind of key and the checksum


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: bytes) -> bytes:
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))

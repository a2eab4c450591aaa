"""A signed POST to an address of the operator's own.

`X-Ankang-Signature: t=SECONDS,v1=HEX`, where HEX is the HMAC-SHA256, with the shared secret, of `SECONDS.BODY`. Whoever
receives it recomputes that, refuses a time that is far off, and takes each `X-Ankang-Id` once.
"""

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from alerts.channels.http import post
from alerts.channels.message import Message, NotDelivered


def signature(secret: str, seconds: int, body: bytes) -> str:
    """The header's value."""
    mac = hmac.new(secret.encode(), str(seconds).encode() + b"." + body, hashlib.sha256)
    return f"t={seconds},v1={mac.hexdigest()}"


def body_of(message: Message) -> bytes:
    """The message as JSON."""
    return orjson.dumps(
        {
            "id": message.key, "about": message.purpose, "alert": message.alert_id, "rule": message.rule,
            "priority": message.priority, "drill": message.drill, "happened_at": message.happened_at,
            "language": message.language, "title": message.title, "text": message.text,
            "url": message.url,
        }
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that has a secret of its own gets that one's signature, others that of the installation's."""

    secret: str = field(default="", repr=False)
    clock: Callable[[], float] = time.time
    name: str = "webhook"

    def send(self, message: Message, address: str) -> str:
        """POST it."""
        secret = message.secret or self.secret
        if not secret:
            raise NotDelivered("nothing to sign with: set ANKANG_WEBHOOK_SECRET, or enter it anew", try_again=False)
        body = body_of(message)
        headers = {
            "content-type": "application/json",
            "x-ankang-id": str(message.key),
            "x-ankang-signature": signature(secret, int(self.clock()), body),
        }
        post(address, who="the webhook", data=body, headers=headers)
        return ""

"""Web Push (RFC 8030, 8291, 8292): to a browser that has subscribed, signed with our VAPID key."""

import base64
import json
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import orjson
import requests
from py_vapid import Vapid
from pywebpush import WebPushException, webpush

from alerts.channels.http import WITHIN, refuse
from alerts.channels.message import Message, NotDelivered
from care.receipts import push_proof
from care.rules import Priority

KEPT = 3600
"""Seconds that the push service keeps it for a browser that is away (an assumption)."""

_GONE = (404, 410)
"""RFC 8030: there is no such subscription, or no more."""


def make_key() -> str:
    """A new private VAPID key."""
    vapid = Vapid()
    vapid.generate_keys()
    number = vapid.private_key.private_numbers().private_value
    return _base64url(number.to_bytes(32, "big"))


def public_key(key: str) -> str:
    """What a browser subscribes with: the public key of this private one."""
    from cryptography.hazmat.primitives import serialization as as_bytes  # noqa: PLC0415 - only the pages ask

    point = Vapid.from_string(key).public_key.public_bytes(
        as_bytes.Encoding.X962, as_bytes.PublicFormat.UncompressedPoint
    )
    return _base64url(point)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Push:
    """`key`: the private VAPID key, 32 bytes in base64url; `contact`: `mailto:` of whoever runs this Ankang."""

    key: str = field(repr=False)
    contact: str
    name: str = "push"

    def send(self, message: Message, address: str) -> str:
        """Encrypt it for this subscription and hand it to its push service."""
        try:
            subscription = json.loads(address)
            data = orjson.dumps(
                {"id": message.key, "title": message.title, "text": message.text, "alert": message.alert_id,
                 "priority": message.priority, "delivery": message.delivery, "url": message.url,
                 "proof": push_proof(self.key, message.delivery)}
            )  # fmt: skip
            at = urlsplit(subscription["endpoint"])
            answer = webpush(
                subscription_info=subscription,
                data=data,
                vapid_private_key=Vapid.from_string(self.key),
                vapid_claims={"sub": self.contact, "aud": f"{at.scheme}://{at.netloc}"},
                ttl=KEPT,
                timeout=WITHIN,
                # A push service replaces what still waits under the same topic: a repeat is one message.
                headers={
                    "urgency": "high" if message.priority is Priority.HIGH else "normal",
                    "topic": message.key.hex,
                },
            )
        except WebPushException as error:
            if error.response is None:
                raise NotDelivered("the subscription can't be used", try_again=False) from error
            if error.response.status_code in _GONE:
                raise NotDelivered("the browser has unsubscribed", try_again=False, gone=True) from error
            refuse(error.response.status_code, "the push service")
            raise NotDelivered("the push service refused it", try_again=False) from error
        except (requests.ConnectionError, requests.Timeout) as error:
            raise NotDelivered(f"the push service is not reachable ({type(error).__name__})", try_again=True) from error
        except (ValueError, KeyError, TypeError, requests.RequestException) as error:
            raise NotDelivered(f"not a subscription ({type(error).__name__})", try_again=False) from error
        return str(answer.headers.get("location", "")) if isinstance(answer, requests.Response) else ""

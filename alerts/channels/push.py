"""Web Push (RFC 8030, 8291, 8292): to a browser that has subscribed, signed with our VAPID key."""

import json
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import orjson
import requests
from py_vapid import Vapid
from pywebpush import WebPushException, webpush

from alerts.channels.http import WITHIN, refuse
from alerts.channels.message import Message, NotDelivered
from care.rules import Priority

KEPT = 3600
"""Seconds that the push service keeps it for a browser that is away (an assumption)."""


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
                 "priority": message.priority}
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
            refuse(error.response.status_code, "the push service")
            raise NotDelivered("the push service refused it", try_again=False) from error
        except (requests.ConnectionError, requests.Timeout) as error:
            raise NotDelivered(f"the push service is not reachable ({type(error).__name__})", try_again=True) from error
        except (ValueError, KeyError, TypeError, requests.RequestException) as error:
            raise NotDelivered(f"not a subscription ({type(error).__name__})", try_again=False) from error
        return str(answer.headers.get("location", "")) if isinstance(answer, requests.Response) else ""

"""What providers say became of a message, and how their word is known to be theirs. Pure."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from care.notices import State


@dataclass(frozen=True, slots=True)
class Receipt:
    """How far a message has got, and where it failed why: in the provider's own word or number."""

    state: State
    why: str = ""


GIVE_UP_AFTER = timedelta(hours=24)
"""A provider that has no word until then is asked no more (an assumption; Aliyun says that receipts may take 72 h)."""


def next_ask(asks: int) -> timedelta | None:
    """How long after being asked for the time number `asks` a provider is asked again: 15 s, doubled; None: no more."""
    wait = timedelta(seconds=15 * (1 << min(asks, 16)))
    return wait if wait <= GIVE_UP_AFTER else None


_S = State
TWILIO: Mapping[str, State] = MappingProxyType(
    {
        "delivered": _S.DELIVERED, "read": _S.READ, "undelivered": _S.FAILED, "failed": _S.FAILED,
        "in-progress": _S.DELIVERED, "completed": _S.DELIVERED, "busy": _S.FAILED, "no-answer": _S.FAILED,
        "canceled": _S.FAILED,
    }
)  # fmt: skip
"""Twilio's words for messages and for calls, as far as they say more than that it was taken.

https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks and …/voice/api/call-resource
"""


def twilio_receipt(form: Mapping[str, str]) -> Receipt | None:
    """What a status callback says; None where it is nothing new."""
    word = form.get("MessageStatus") or form.get("CallStatus") or ""
    state = TWILIO.get(word)
    if state is None:
        return None
    if state is not State.FAILED:
        return Receipt(state)
    code = form.get("ErrorCode", "")
    return Receipt(state, f"Twilio says {word} ({code})" if code.isdigit() else f"Twilio says {word}")


def twilio_signature(token: str, url: str, form: Sequence[tuple[str, str]]) -> str:
    """The header X-Twilio-Signature: https://www.twilio.com/docs/usage/security#validating-requests

    HMAC-SHA1, with the account's token, of the URL that was asked for, followed by each field and its value in order.
    """
    signed = url + "".join(name + value for name, value in sorted(set(form)))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def push_proof(secret: str, delivery_id: int) -> str:
    """What a browser shows that it was told by this delivery; `secret`: the private key that told it."""
    return hmac.new(secret.encode(), f"receipt of {delivery_id}".encode(), hashlib.sha256).hexdigest()


def aliyun_sms_receipt(detail: Mapping[str, object]) -> Receipt | None:
    """What one line of QuerySendDetails says: SendStatus 1 waits, 2 has failed with ErrCode, 3 has arrived."""
    match detail.get("SendStatus"):
        case 3:
            return Receipt(State.DELIVERED)
        case 2:
            return Receipt(State.FAILED, f"Aliyun says {_word(detail.get('ErrCode'))}")
        case _:
            return None


def aliyun_call_receipt(detail: Mapping[str, object]) -> Receipt | None:
    """What QueryCallDetailByCallId says of a call that has ended: it lasted for some seconds, or nobody took it."""
    if not detail.get("endDate") and not detail.get("duration"):
        return None
    if str(detail.get("duration") or "0") != "0":
        return Receipt(State.DELIVERED)
    return Receipt(State.FAILED, f"Aliyun says {_word(detail.get('state'))}")


def _word(code: object) -> str:
    """A code as the provider writes it; whatever else stands there is not repeated."""
    text = str(code or "")
    return text if text.replace("_", "").replace(".", "").replace("-", "").replace(":", "").isalnum() else "no reason"

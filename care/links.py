"""Signed links: what they open, for how long, and the signature by which one is known. Pure."""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from itsdangerous import BadSignature, Signer

KEY_LENGTH = 32
"""Characters that a key has at least."""


class LinkPurpose(StrEnum):
    """What a link opens."""

    FAMILY = "family"
    """The family's page of one resident."""
    RESPONDER = "responder"
    """One alert, for whoever goes there."""


LIFETIME: Mapping[LinkPurpose, timedelta] = MappingProxyType(
    {LinkPurpose.FAMILY: timedelta(days=30), LinkPurpose.RESPONDER: timedelta(hours=24)}
)
"""How long a link opens unless it is said otherwise (an assumption)."""

IN_A_MESSAGE = timedelta(days=7)
"""How long the link in a message to the family opens (an assumption): as long as somebody may look back at it."""

MOST_LIFETIME = timedelta(days=366)


def _signer(key: str, salt: str) -> Signer:
    return Signer(key, salt=f"ankang.{salt}", key_derivation="hmac", digest_method=hashlib.sha256)


def sign_link(key: str, link_id: UUID) -> str:
    """What stands in the address: the link's id, signed. Whoever knows the id alone can't make it."""
    return sign_ids(key, "link", [link_id])


def read_link(key: str, token: str) -> UUID | None:
    """The link that this token opens, None where we did not sign it."""
    found = read_ids(key, "link", token)
    return found[0] if len(found) == 1 else None


def sign_ids(key: str, salt: str, ids: Sequence[UUID]) -> str:
    """These ids as text that only we can make; what is signed for one use (`salt`) is worth nothing for another."""
    packed = base64.urlsafe_b64encode(b"".join(one.bytes for one in ids)).rstrip(b"=")
    return _signer(key, salt).sign(packed).decode()


def read_ids(key: str, salt: str, text: str) -> tuple[UUID, ...]:
    """The ids in this text; none where we did not sign it for this use."""
    try:
        packed = _signer(key, salt).unsign(text)
        whole = base64.b64decode(packed + b"=" * (-len(packed) % 4), altchars=b"-_", validate=True)
    except (BadSignature, binascii.Error, UnicodeEncodeError):
        return ()
    if len(whole) % 16:
        return ()
    return tuple(UUID(bytes=whole[at : at + 16]) for at in range(0, len(whole), 16))


def form_proof(key: str, of: str) -> str:
    """What our own forms carry and nobody else's can: `of` is the link or session that the page was made for."""
    return _signer(key, "form").get_signature(of).decode()

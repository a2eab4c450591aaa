"""Addresses of people: what one looks like for each channel, and the one way in which it is written. Pure."""

import base64
import binascii
import ipaddress
import json
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from care.notices import Channel

# Mobile numbers of mainland China have eleven digits and begin with 13 to 19; others are written as E.164 has it.
_MOBILE = re.compile(r"(?:\+?86)?(1[3-9]\d{9})")
_LANDLINE = re.compile(r"0\d{2,3}[1-9]\d{6,7}")
_ABROAD = re.compile(r"\+(?!86)[1-9]\d{6,14}")
_EMAIL = re.compile(r"[^@\s<>\"(),:;\\]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_LONGEST = 2_000
_LONGEST_EMAIL = 254  # RFC 5321
_P256_POINT, _AUTH = 65, 16  # RFC 8291: an uncompressed point of P-256, and the secret that both sides share


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a browser gives to be told by: where, and with which keys (RFC 8030, RFC 8291)."""

    endpoint: str
    p256dh: str
    auth: str

    def written(self) -> str:
        """As it is kept."""
        return json.dumps({"endpoint": self.endpoint, "keys": {"p256dh": self.p256dh, "auth": self.auth}})


def checked(channel: Channel, text: str, *, anywhere: bool = False) -> str:
    """The address as it is kept; ValueError names what is wrong and the fix, never the address.

    `anywhere`: an address inside our own network may be told too, which only the machine's own people may say.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        raise ValueError(f"address: at most {_LONGEST} characters")
    match channel:
        case Channel.SMS | Channel.VOICE:
            return _number(text, landline=channel is Channel.VOICE)
        case Channel.EMAIL:
            return _email(text)
        case Channel.WEBHOOK:
            return _url(text, anywhere=anywhere)
        case Channel.PUSH:
            return subscription(text, anywhere=anywhere).written()
        case Channel.APPRISE:
            if not re.fullmatch(r"[a-z0-9]+://\S+", text):
                raise ValueError("address: use a URL of apprise, as ntfys://server/topic")
            return text
        case Channel.PAGES:
            return "pages"
        case Channel.CANARY:
            raise ValueError("channel: the canary is nobody's")


def _number(text: str, *, landline: bool) -> str:
    digits = re.sub(r"[\s\-().]", "", text)
    if mobile := _MOBILE.fullmatch(digits):
        return f"+86{mobile[1]}"
    if _ABROAD.fullmatch(digits):
        return digits
    if _LANDLINE.fullmatch(digits):
        if landline:
            return digits
        raise ValueError("address: a landline takes no SMS; use a mobile number, or the channel voice")
    raise ValueError("address: use a number as 138 0000 0000, or with its country as +44…")


def _email(text: str) -> str:
    if len(text) > _LONGEST_EMAIL or not _EMAIL.fullmatch(text):
        raise ValueError("address: use an e-mail address, as li.na@example.org")
    return text


def _url(text: str, *, anywhere: bool) -> str:
    try:
        at = urlsplit(text)
        host = at.hostname or ""
        _ = at.port  # raises where it is none
    except ValueError:
        raise ValueError("address: not a URL; use one as https://example.org/hook") from None
    if at.scheme not in (("https", "http") if anywhere else ("https",)) or not host:
        raise ValueError("address: use a URL that begins with https://")
    if at.username is not None or at.fragment or re.search(r"\s", text):
        raise ValueError("address: leave user names, blanks and what follows a # out of the URL")
    if not anywhere and not _is_public(host):
        raise ValueError("address: use a host that is reachable from everywhere, not one inside this network")
    return text


def _is_public(host: str) -> bool:
    """Whether this name can be somebody else's machine. What a name leads to is known only when it is used."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        name = host.rstrip(".").lower()
        last = name.rpartition(".")[2]
        return "." in name and last not in ("localhost", "local", "internal", "lan") and not last.isdigit()


def subscription(text: str, *, anywhere: bool = False) -> Subscription:
    """A browser's subscription as its page gives it, in JSON; ValueError where it is none."""
    try:
        said = json.loads(text)
        found = Subscription(str(said["endpoint"]), str(said["keys"]["p256dh"]), str(said["keys"]["auth"]))
        right = len(_bytes(found.p256dh)) == _P256_POINT and len(_bytes(found.auth)) == _AUTH
    except (ValueError, KeyError, TypeError):
        right = False
    if not right:
        raise ValueError("address: not what a browser gives as its subscription; subscribe on the account's page")
    _url(found.endpoint, anywhere=anywhere)
    return found


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError("not base64url") from None

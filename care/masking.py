"""Names, addresses and telephone numbers as those see them who don't need them."""

import re
from urllib.parse import urlsplit


def masked_name(name: str) -> str:
    """The surname's place is kept, the rest is stars: 王桂珍 → 王**."""
    return name[:1] + "*" * (len(name) - 1)


def masked_bed(number: str) -> str:
    """Who knows the number knows the person: HS-0001 → HS-*."""
    return re.sub(r"\d+", "*", number)


def masked_address(address: str) -> str:
    """The street stays, its numbers don't: 湖东路12号3栋 → 湖东路*号*栋."""
    return re.sub(r"\d+", "*", address)


def masked_phone(phone: str) -> str:
    """13855512345 → 138****2345, with its country +86138****2345; of a short number nothing is left."""
    return f"{phone[:-8]}****{phone[-4:]}" if len(phone) >= 11 else "*" * len(phone)


def masked_way(address: str) -> str:
    """Of where somebody is told, what shows which one it is: +86138****2345, l***@example.org, https://example.org/***."""
    if "://" in address:
        at = urlsplit(address)
        return f"{at.scheme}://{at.hostname or ''}/***"
    name, at_sign, host = address.partition("@")
    return f"{name[:1]}***@{host}" if at_sign else masked_phone(address)

"""Chance that is the same every time: drawn from what it is about, never from a stream that something else has read."""

from hashlib import blake2b
from random import Random

_MASK = 0xFFFF_FFFF


def chance(*about: object) -> Random:
    """Dice for this: the same `about`, the same throws."""
    return Random("/".join(map(str, about)))  # noqa: S311 - a life, not a secret


def number_of(*about: object) -> int:
    """64 bits that stand for this."""
    return int.from_bytes(blake2b("/".join(map(str, about)).encode(), digest_size=8).digest())


def noise(key: int, moment: int) -> int:
    """32 bits for this moment, quickly: millions of readings ask (two rounds of a xor-multiply mix)."""
    mixed = (moment * 0x9E3779B1 ^ key) & _MASK
    mixed = ((mixed ^ mixed >> 15) * 0x85EBCA6B) & _MASK
    mixed = ((mixed ^ mixed >> 13) * 0xC2B2AE35) & _MASK
    return mixed ^ mixed >> 16

"""Passwords of people: argon2id. (Secrets of devices are random tokens, for which a plain SHA-256 is right.)"""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10
"""Characters of a password that somebody chooses (an assumption; NIST SP 800-63B asks for 8 at least)."""
LONGEST = 256

# OWASP's minimum for argon2id: 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hashed(password: str) -> str:
    """What is kept of a password; takes some 20 ms and 19 MiB, on purpose."""
    return _HASHER.hash(password)


def fits(password: str, kept: str | None) -> bool:
    """Whether this is the password; as much work for an account that doesn't exist (`kept` is None)."""
    try:
        return _HASHER.verify(kept or _nobodys(), password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def random_password() -> str:
    """Something that can be read out and typed: 80 bits, without letters that look alike."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789ACDEFGHJKLMNPQRTUVWXY"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(3))


def too_weak(password: str) -> str | None:
    """Why nobody should choose this password, or None."""
    if len(password) < SHORTEST:
        return f"use at least {SHORTEST} characters"
    if len(password) > LONGEST:
        return f"use at most {LONGEST} characters"
    if len(set(password)) < 4:
        return "use more than three different characters"
    return None


@cache
def _nobodys() -> str:
    return _HASHER.hash(secrets.token_urlsafe())

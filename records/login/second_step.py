"""The second step of a login: a code that changes every 30 seconds (TOTP, RFC 6238), or one of eight for a bad day."""

import base64
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from unicodedata import normalize
from uuid import UUID

from pyotp.totp import TOTP

from records.database import Conn
from records.login.passwords import random_password
from records.login.sessions import digest

RECOVERY_CODES = 8
STEP = 30
"""Seconds for which a code holds; with one before and one after it clocks may differ by half a minute."""
WITHIN = timedelta(minutes=5)
"""How long somebody whose password was right may take to say the code."""
WINDOW = timedelta(hours=1)
WRONG_BY_STRANGERS, WRONG_IN_KNOWN_BROWSERS = 10, 30
"""Wrong codes of one account in an hour: whoever has got hold of the password guesses one of a million in vain, and
can't use up the tries of the browsers in which the account has logged in before. (Both are assumptions.)"""


@dataclass(frozen=True, slots=True)
class SecondStep:
    """How an account stands: since when a code is asked for (None: it is not), and how many recovery codes are left."""

    since: datetime | None
    recovery_codes: int


STANDS = """
    SELECT confirmed_at, (SELECT count(*) FROM recovery_code r WHERE r.account_id = totp.account_id AND used_at IS NULL)
      FROM totp WHERE account_id = %s
"""


def second_step(conn: Conn, account_id: UUID) -> SecondStep:
    """Whether this account is asked for a code."""
    row = conn.execute(STANDS, (account_id,)).fetchone()
    return SecondStep(row[0], int(row[1])) if row and row[0] else SecondStep(None, 0)


BEGIN = """
    INSERT INTO totp (account_id, secret, made_at) VALUES (%(account)s, %(secret)s, %(now)s)
    ON CONFLICT (account_id) DO UPDATE SET secret = excluded.secret, made_at = excluded.made_at, used_step = 0
     WHERE totp.confirmed_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Begun:
    """What is entered into the telephone: the secret as text, and the address that its QR code holds."""

    secret: str = field(repr=False)
    address: str = field(repr=False)


def begin(conn: Conn, account_id: UUID, username: str, now: datetime) -> Begun | None:
    """A new secret, which counts once it is confirmed; None where the account has one that counts."""
    secret = secrets.token_bytes(20)
    terms = {"account": account_id, "secret": secret, "now": now}
    if conn.execute(BEGIN, terms).rowcount == 0:
        return None
    return Begun(_totp(secret).secret, _totp(secret).provisioning_uri(name=username, issuer_name="安康 Ankang"))


LOCK = "SELECT secret, confirmed_at, used_step FROM totp WHERE account_id = %s FOR UPDATE"
USE = """
    UPDATE totp SET used_step = %(step)s, confirmed_at = coalesce(confirmed_at, %(now)s) WHERE account_id = %(account)s
"""
KEEP_RECOVERY = "INSERT INTO recovery_code (account_id, code_sha256) VALUES (%s, %s)"


def confirm(conn: Conn, account_id: UUID, code: str, now: datetime) -> list[str] | None:
    """The code of the new secret: from now on one is asked for. Returns the recovery codes, None where it is wrong."""
    row = conn.execute(LOCK, (account_id,)).fetchone()
    step = _step_of(row[0], code, row[2], now) if row and row[1] is None else None
    if step is None:
        return None
    conn.execute(USE, {"account": account_id, "step": step, "now": now})
    codes = [random_password() for _ in range(RECOVERY_CODES)]
    for one in codes:
        conn.execute(KEEP_RECOVERY, (account_id, digest(one)))
    return codes


USE_RECOVERY = """
    UPDATE recovery_code SET used_at = %(now)s
     WHERE account_id = %(account)s AND code_sha256 = %(digest)s AND used_at IS NULL
"""
TOO_MANY = "SELECT count(*) FROM wrong_code WHERE account_id = %s AND known = %s AND at > %s"
SWEEP_WRONG = "DELETE FROM wrong_code WHERE at <= %s"
WRONG = "INSERT INTO wrong_code (account_id, known, at) VALUES (%s, %s, %s)"


def may_try(conn: Conn, account_id: UUID, known: bool, now: datetime) -> bool:
    """Whether a code may be tried: not where too many were wrong of late. `known`: in a browser of this account's.

    Two who try at once wait for one another.
    """
    conn.execute(LOCK, (account_id,))
    row = conn.execute(TOO_MANY, (account_id, known, now - WINDOW)).fetchone()
    return row is not None and row[0] < (WRONG_IN_KNOWN_BROWSERS if known else WRONG_BY_STRANGERS)


def use(conn: Conn, account_id: UUID, code: str, known: bool, now: datetime) -> bool:
    """Use this code, which opens once only; a wrong one is counted."""
    row = conn.execute(LOCK, (account_id,)).fetchone()
    if row is not None and row[1] is not None:
        step = _step_of(row[0], code, row[2], now)
        if step is not None:
            conn.execute(USE, {"account": account_id, "step": step, "now": now})
            return True
        terms = {"account": account_id, "digest": digest(code.strip()), "now": now}
        if conn.execute(USE_RECOVERY, terms).rowcount == 1:
            return True
    conn.execute(SWEEP_WRONG, (now - WINDOW,))
    conn.execute(WRONG, (account_id, known, now))
    return False


def _step_of(secret: bytes, code: str, used: int, now: datetime) -> int | None:
    """The 30 seconds for which this code holds; None where it is wrong, or not younger than the one used last."""
    digits, here = normalize("NFKC", code).replace(" ", ""), int(now.timestamp()) // STEP  # ６ is typed as 6
    if not digits.isascii():
        return None
    totp = _totp(secret)
    found = [step for step in (here - 1, here, here + 1) if secrets.compare_digest(totp.at(step * STEP), digits)]
    return next((step for step in found if step > used), None)


def _totp(secret: bytes) -> TOTP:
    return TOTP(base64.b32encode(secret).decode(), interval=STEP)


TURN_OFF = "DELETE FROM totp WHERE account_id = %s"


def turn_off(conn: Conn, account_id: UUID) -> bool:
    """No code is asked for any more, and the recovery codes are gone; whether one was."""
    was = second_step(conn, account_id).since is not None
    conn.execute(TURN_OFF, (account_id,))
    return was


SWEEP_STEPS = "DELETE FROM login_step WHERE expires_at <= %s"
OPEN_STEP = "INSERT INTO login_step (token_sha256, account_id, expires_at) VALUES (%s, %s, %s)"


def password_was_right(conn: Conn, account_id: UUID, now: datetime) -> str:
    """Somebody has the password: the token with which they may say the code, too."""
    token = secrets.token_urlsafe(32)
    conn.execute(SWEEP_STEPS, (now,))
    conn.execute(OPEN_STEP, (digest(token), account_id, now + WITHIN))
    return token


WHOSE = "SELECT account_id FROM login_step WHERE token_sha256 = %s AND expires_at > %s"
CLOSE_STEP = "DELETE FROM login_step WHERE token_sha256 = %s"


def waiting(conn: Conn, token: str, now: datetime) -> UUID | None:
    """Whose password was right a moment ago; None where that is over."""
    row = conn.execute(WHOSE, (digest(token), now)).fetchone()
    return row[0] if row else None


def over(conn: Conn, token: str) -> None:
    """The code was right: the same password opens nothing without another."""
    conn.execute(CLOSE_STEP, (digest(token),))

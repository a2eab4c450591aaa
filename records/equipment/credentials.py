"""The secrets of devices, of which only a hash is kept, and who may connect."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field

from care.devices import DeviceState
from records.database import Conn
from records.equipment.devices import announce


@dataclass(frozen=True, slots=True)
class Credential:
    """What the records know of a device that wants to connect."""

    state: DeviceState
    secret_sha256: bytes | None = field(repr=False)
    """None where no secret was given out."""


def hash_of(secret: str) -> bytes:
    """How a secret is kept. 128 random bits can't be guessed, so that one round of SHA-256 is enough; a slow hash
    would turn a reconnect storm into an outage."""
    return hashlib.sha256(secret.encode()).digest()


SET_SECRET = "UPDATE device SET secret_sha256 = %s WHERE vendor = %s AND name = %s RETURNING id"


def issue_secret(conn: Conn, vendor: str, device: str) -> str:
    """A new secret for this device, shown nowhere else; the one before no longer holds. ValueError: no such device."""
    secret = secrets.token_hex(16)
    if conn.execute(SET_SECRET, (hash_of(secret), vendor, device)).fetchone() is None:
        raise ValueError(f"there is no device {vendor}/{device}: add it first")
    announce(conn, vendor, device)
    return secret


ONE = "SELECT state, secret_sha256 FROM device WHERE vendor = %s AND name = %s"


def secret_hash(conn: Conn, vendor: str, device: str) -> bytes | None:
    """The hash of this device's secret; None where it has none or isn't known."""
    row = conn.execute(ONE, (vendor, device)).fetchone()
    return row[1] if row else None


MANY = """
    SELECT vendor, name, state, secret_sha256
      FROM device JOIN unnest(%s::text[], %s::text[]) AS asked (v, n) ON vendor = v AND name = n
"""


def credentials_of(conn: Conn, asked: Collection[tuple[str, str]]) -> dict[tuple[str, str], Credential]:
    """What is known of these (vendor, device); the unknown ones are missing."""
    names = sorted(set(asked))
    rows = conn.execute(MANY, ([vendor for vendor, _ in names], [device for _, device in names]))
    return {(vendor, name): Credential(DeviceState(state), sha) for vendor, name, state, sha in rows}


REVOKE = "UPDATE device SET state = 'disabled' WHERE vendor = %s AND name = %s RETURNING id"


def revoke(conn: Conn, vendor: str, device: str) -> bool:
    """Refuse this device from now on and have its connection closed; False where there is no such device."""
    known = conn.execute(REVOKE, (vendor, device)).fetchone() is not None
    if known:
        announce(conn, vendor, device)
    return known


SESSION_AGES = """
    SELECT client_id, extract(epoch FROM clock_timestamp() - ready_at)::float8 FROM lane_session
"""


def session_ages(conn: Conn) -> dict[str, float]:
    """Seconds since each durable session was last known to be whole, by the database's clock."""
    return {str(client_id): float(age) for client_id, age in conn.execute(SESSION_AGES)}

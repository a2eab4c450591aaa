"""What proves that a visitor stood in a home: the code that hangs there, and where the home is."""

import hashlib
import secrets
from dataclasses import dataclass
from uuid import UUID

from care.visits import Place
from records.database import Conn


@dataclass(frozen=True, slots=True)
class HomeProof:
    """Whether a code hangs in the home, and where it is (WGS 84, degrees); the code itself is never kept."""

    code: bool
    latitude: float | None
    longitude: float | None


NEW_CODE = """
    INSERT INTO home_proof (home_id, code_sha256)
    SELECT home_id, %(code)s FROM resident WHERE id = %(resident)s
    ON CONFLICT (home_id) DO UPDATE SET code_sha256 = excluded.code_sha256
"""


def new_code(conn: Conn, resident_id: UUID) -> str:
    """A new code for the home of this resident, to be printed and hung up there; the one before proves nothing more."""
    code = secrets.token_urlsafe(16)
    conn.execute(NEW_CODE, {"resident": resident_id, "code": hashlib.sha256(code.encode()).digest()})
    return code


IS_CODE = """
    SELECT p.code_sha256 = %(code)s FROM resident r JOIN home_proof p ON p.home_id = r.home_id WHERE r.id = %(resident)s
"""


def is_code(conn: Conn, resident_id: UUID, code: str) -> bool:
    """Whether this is what hangs in the home of this resident."""
    terms = {"resident": resident_id, "code": hashlib.sha256(code.encode()).digest()}
    row = conn.execute(IS_CODE, terms).fetchone()
    return bool(row and row[0])


WHERE_IT_HANGS = """
    SELECT r.id FROM home_proof p JOIN resident r ON r.home_id = p.home_id WHERE p.code_sha256 = %s ORDER BY r.name
"""


def of_code(conn: Conn, code: str) -> list[UUID]:
    """Who lives in the home where this code hangs."""
    return [row[0] for row in conn.execute(WHERE_IT_HANGS, (hashlib.sha256(code.encode()).digest(),))]


SET_PLACE = """
    INSERT INTO home_proof (home_id, latitude, longitude)
    SELECT home_id, %(latitude)s, %(longitude)s FROM resident WHERE id = %(resident)s
    ON CONFLICT (home_id) DO UPDATE SET latitude = excluded.latitude, longitude = excluded.longitude
"""


def set_place(conn: Conn, resident_id: UUID, place: Place) -> None:
    """Where the home of this resident is."""
    terms = {"resident": resident_id, "latitude": place.latitude, "longitude": place.longitude}
    conn.execute(SET_PLACE, terms)


OF_HOME = """
    SELECT p.code_sha256 IS NOT NULL, p.latitude, p.longitude
      FROM resident r JOIN home_proof p ON p.home_id = r.home_id WHERE r.id = %s
"""


def of_resident(conn: Conn, resident_id: UUID) -> HomeProof:
    """What can prove a visit at this resident's home."""
    row = conn.execute(OF_HOME, (resident_id,)).fetchone()
    return HomeProof(*row) if row else HomeProof(False, None, None)

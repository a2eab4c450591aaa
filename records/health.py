"""How each part of the platform is: a row that it writes itself, and how far each lane has got."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from care.notices import Channel
from records.database import Conn

PartStatus = Literal["ok", "degraded", "down"]


@dataclass(frozen=True, slots=True)
class Part:
    """One part's last word about itself."""

    name: str
    status: str
    detail: str
    seen_at: datetime
    age: float
    """Seconds since then, by the database's clock."""


BEAT = """
    INSERT INTO part (name, status, detail, seen_at) VALUES (%s, %s, %s, clock_timestamp())
    ON CONFLICT (name) DO UPDATE
       SET status = excluded.status, detail = excluded.detail, seen_at = excluded.seen_at
"""


def beat(conn: Conn, name: str, status: PartStatus, detail: str = "") -> None:
    """Say how this part is; one that has not done so for 15 s counts as down."""
    conn.execute(BEAT, (name, status, detail))


TELLS_BY = "UPDATE part SET channels = %s WHERE name = 'notify'"


def tells_by(conn: Conn, channels: Collection[Channel]) -> None:
    """`notify`, after its first beat: these channels are set up here."""
    conn.execute(TELLS_BY, (sorted(channels),))


CHANNELS = "SELECT channels FROM part WHERE name = 'notify'"


def channels(conn: Conn) -> list[Channel] | None:
    """The channels that are set up here; None where `notify` has never said."""
    row = conn.execute(CHANNELS).fetchone()
    return None if row is None or row[0] is None else [Channel(name) for name in row[0]]


PARTS = """
    SELECT name, status, detail, seen_at, extract(epoch FROM clock_timestamp() - seen_at)::float8
      FROM part ORDER BY name
"""


def parts(conn: Conn) -> list[Part]:
    """The last word of every part."""
    return [Part(*row) for row in conn.execute(PARTS)]


FORGET = (
    "DELETE FROM part WHERE name <> ALL (%s)",
    "DELETE FROM watermark WHERE 'ingest-' || lane <> ALL (%s)",
    "DELETE FROM lane_session WHERE replace(client_id, 'ankang-', '') <> ALL (%s)",
)


def forget_others(conn: Conn, meant_to_run: Sequence[str]) -> None:
    """Only these parts are meant to run; what others said long ago must not keep health red."""
    for statement in FORGET:
        conn.execute(statement, (list(meant_to_run),))


@dataclass(frozen=True, slots=True)
class Watermark:
    """Everything that `lane` received before `through` is stored."""

    lane: str
    through: datetime
    messages: int
    lag: float
    """Seconds from `through` to now, by the database's clock."""


WATERMARKS = """
    SELECT lane, through, messages, extract(epoch FROM clock_timestamp() - through)::float8 FROM watermark ORDER BY lane
"""


def watermarks(conn: Conn) -> list[Watermark]:
    """How far each lane has got."""
    return [Watermark(*row) for row in conn.execute(WATERMARKS)]


def heard_through(conn: Conn, lane: str) -> datetime | None:
    """How far this lane has got; None where it never worked."""
    return next((mark.through for mark in watermarks(conn) if mark.lane == lane), None)


@dataclass(frozen=True, slots=True)
class LaneSession:
    """A durable session that a lane's worker knows to be whole."""

    client_id: str
    since: datetime
    ready_at: datetime
    lost_at: datetime | None


SESSION_READY = """
    INSERT INTO lane_session (client_id, since, ready_at) VALUES (%(client_id)s, clock_timestamp(), clock_timestamp())
    ON CONFLICT (client_id) DO UPDATE
       SET ready_at = clock_timestamp(),
           since = CASE WHEN %(lost)s THEN clock_timestamp() ELSE lane_session.since END,
           lost_at = CASE WHEN %(lost)s THEN clock_timestamp() ELSE lane_session.lost_at END
"""


def session_ready(conn: Conn, client_id: str, *, lost: bool = False) -> None:
    """This session is whole now; `lost`: it had to be made anew although the records knew it."""
    conn.execute(SESSION_READY, {"client_id": client_id, "lost": lost})


SESSIONS = "SELECT client_id, since, ready_at, lost_at FROM lane_session ORDER BY client_id"


def sessions(conn: Conn) -> list[LaneSession]:
    """Every durable session that the records know."""
    return [LaneSession(*row) for row in conn.execute(SESSIONS)]


SESSION_FORGIVEN = "UPDATE lane_session SET lost_at = NULL WHERE lost_at IS NOT NULL RETURNING client_id"


def forgive_lost_sessions(conn: Conn) -> list[str]:
    """A person has seen that these sessions were lost; health is no longer red for it."""
    return [row[0] for row in conn.execute(SESSION_FORGIVEN)]

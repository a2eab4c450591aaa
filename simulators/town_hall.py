"""What `ankang simulate`, `ankang up --demo` and `ankang score` do: simulated towns from the records to the broker."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from records import database
from records.errors import Unavailable
from records.judging import rings
from records.people import households
from simulators import history, score, truth
from simulators.community import Community
from simulators.incidents import Town
from simulators.looking_after import look_after
from simulators.moving_in import VENDOR, Installed, move_in

log = structlog.get_logger(__name__)

DEMO = Town(seed=1, count=40, incidents_per_day=4)
MONTH = timedelta(days=30)
_LEDGER_EVERY = 60

Say = Callable[[str], None]


def write_past(
    database_url: str, town: Town, since: datetime, until: datetime, ledger: Path, say: Say, stop: threading.Event
) -> None:
    """The past of a town, without the broker."""
    installed = move_in(database_url, town, since)
    say(f"{town.count} homes with {len(installed)} devices")
    rows = history.write(database_url, town, installed, since, until, lambda done, of: say(f"day {done} of {of}"), stop)
    ledger.write_bytes(truth.ledger(town, int(since.timestamp()), int(until.timestamp())))
    say(f"{rows} readings are stored; what happened is in {ledger}")


def live(
    database_url: str,
    mqtt_url: str,
    town: Town,
    begin: datetime,
    end: datetime | None,
    speed: float,
    ledger: Path,
    stop: threading.Event,
    say: Say,
) -> None:
    """A town that lives through MQTT until `end` or `stop`; the ledger is whole at every moment."""
    installed = move_in(database_url, town, begin)
    say(f"{town.count} homes with {len(installed)} devices; what happens is in {ledger}; Ctrl-C ends it")
    since = int(begin.timestamp())
    community = Community(mqtt_url, town, installed, since, int(end.timestamp()) if end else None, speed)
    written = since - _LEDGER_EVERY

    def keep_ledger(now: int) -> None:
        nonlocal written
        if now - written >= _LEDGER_EVERY:
            ledger.write_bytes(truth.ledger(town, since, now))
            written = now

    try:
        community.run(stop, keep_ledger)
    finally:
        ledger.write_bytes(truth.ledger(town, since, community.now))
    say(f"{community.crowd.unacknowledged} messages were not acknowledged")


def demo(database_url: str, mqtt_url: str, stop: threading.Event) -> None:
    """The town of `ankang up --demo`: it lives at once, and what is missing of its last month is written meanwhile."""
    installed, gaps = _demo_moves_in(database_url, stop)
    if stop.is_set():
        return
    past = threading.Thread(target=_catch_up, args=(database_url, installed, gaps, stop), name="past")
    past.start()
    Community(mqtt_url, DEMO, installed, int(gaps[0][1].timestamp()), None, 1.0).run(stop)
    past.join()


Gap = tuple[datetime, datetime]


def _demo_moves_in(database_url: str, stop: threading.Event) -> tuple[list[Installed], list[Gap]]:
    """Waits for the database; which parts of the past are missing."""
    while not stop.is_set():
        try:
            now = datetime.now(UTC)
            with database.connect(database_url) as conn:
                known = households.observed(conn, VENDOR, f"%-{DEMO.seed}-%")
            return move_in(database_url, DEMO, now - MONTH), missing(known, now)
        except Unavailable as problem:
            log.warning("waiting for the database", reason=str(problem))
            stop.wait(1)
    return [], []


def missing(known: Gap | None, now: datetime) -> list[Gap]:
    """What of the last month is not known, the newest first: since it was stopped, and before where it was stopped."""
    month_ago = now - MONTH
    if known is None or known[1] < month_ago:
        return [(month_ago, now)]
    oldest, newest = known
    since_then = (min(newest, now), now)
    return [since_then, (month_ago, oldest)] if oldest > month_ago + timedelta(days=1) else [since_then]


def _catch_up(database_url: str, installed: list[Installed], gaps: list[Gap], stop: threading.Event) -> None:
    try:
        rows = sum(history.write(database_url, DEMO, installed, *gap, stop=stop) for gap in gaps)
        log.info("the past is written", readings=rows)
        while not stop.is_set():
            with database.connect(database_url) as conn, database.transaction(conn):
                if look_after(conn, DEMO, datetime.now(UTC)):
                    break
            stop.wait(1)
    except Unavailable as problem:
        log.warning("the past is not whole", reason=str(problem))


def score_alerts(database_url: str, ledger: Path) -> Iterator[str]:
    """The alerts of the records against this ledger, in words."""
    found = truth.read(ledger)
    with database.connect(database_url) as conn:
        rang = rings.rings(conn, f"SIM{found.seed}-", found.since, found.until + timedelta(hours=1))
    return score.in_words(score.score(found, rang))

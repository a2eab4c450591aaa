"""`ankang doctor`: what works, what doesn't, and what to do about it, in words."""

import hashlib
import json
import shutil
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from care.lanes import expected_sessions
from gateway.address import broker
from launch.errors import CannotStart
from launch.settings import Settings
from launch.up import Running
from records import database, health
from records.database import Conn
from records.errors import RecordsError, Unavailable
from records.migrate import NEWEST, check_schema, schema_version
from records.readings import policies

STALE_AFTER = 15.0
"""Seconds without a word after which a part counts as down."""
BEHIND_AFTER = 60.0
"""Seconds that a lane may be behind."""
FULL, NEARLY_FULL = 0.90, 0.80


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    ok: bool
    what: str
    advice: str = ""

    @property
    def sign(self) -> str:
        """✓ all is well, ! it is well still but somebody should do something, ✗ it isn't."""
        return "✗" if not self.ok else "!" if self.advice else "✓"


def examine(settings: Settings, running: Running | None) -> list[Finding]:
    """Look at everything that can be looked at from here."""
    findings = [*_disk(settings)]
    if settings.database_url is None:
        return [*findings, Finding(False, "no Ankang runs on this data folder", "start one: `ankang up`")]
    try:
        with database.connect(settings.database_url.get_secret_value()) as conn:
            findings += [*_database(conn), *_parts(conn), *_lanes(conn), *_losses(conn)]
    except Unavailable as problem:
        findings.append(Finding(False, str(problem), "is PostgreSQL running? see its log in the data folder"))
    findings += _mqtt(settings)
    if running is not None:
        findings += [*_sessions(running, settings.partitions), *_pages(running)]
    else:
        findings.append(
            Finding(True, "the broker's own pages are not known here: its durable sessions were not looked at")
        )
    return findings


def forgive_losses(settings: Settings) -> str:
    """Take the lost sessions for seen; returns what was done, in words."""
    if settings.database_url is None:
        raise CannotStart("no Ankang runs on this data folder")
    with database.connect(settings.database_url.get_secret_value(), autocommit=True) as conn:
        seen = health.forgive_lost_sessions(conn)
    return f"seen to: {', '.join(seen)}" if seen else "no session was lost"


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = next(path for path in (settings.data_dir, *settings.data_dir.parents) if path.exists())
    usage = shutil.disk_usage(folder)
    share = 1 - usage.free / usage.total
    what = f"the disk of {settings.data_dir} is {share:.0%} full, {usage.free / 1e9:.1f} GB are free"
    advice = "make room, or keep less: ANKANG_RETENTION_RAW_DAYS; a full disk stops the database and the broker"
    yield Finding(share < FULL, what, advice if share >= NEARLY_FULL else "")


def _database(conn: Conn) -> Iterator[Finding]:
    yield Finding(True, f"the database answers: PostgreSQL {conn.info.server_version // 10000}")
    timescale = database.has_timescale(conn)
    if timescale:
        yield Finding(True, f"TimescaleDB {timescale} is in use")
        if failing := policies.failing_jobs(conn):
            advice = (
                "see timescaledb_information.job_errors; PostgreSQL's minors of November 2026 do this"
                " to TimescaleDB before 2.31.2"
            )
            yield Finding(False, f"TimescaleDB's jobs fail: {', '.join(failing)}", advice)
    else:
        yield Finding(True, "no TimescaleDB: plain partitions and rollups, good for one house, not for a city")
    try:
        check_schema(conn)
        yield Finding(True, f"the schema is at {schema_version(conn)} of {NEWEST}")
    except RecordsError as problem:
        yield Finding(False, str(problem))


def _parts(conn: Conn) -> Iterator[Finding]:
    for part in health.parts(conn):
        alive = part.age < STALE_AFTER
        said = f"{part.name}: {part.status}" + (f", {part.detail}" if part.detail else "")
        what = said if alive else f"{part.name}: no word for {part.age:.0f} s"
        advice = "" if alive else f"see its log; start it again with `ankang {part.name.split('-')[0]}`"
        yield Finding(alive and part.status == "ok", what, advice)


def _lanes(conn: Conn) -> Iterator[Finding]:
    for mark in health.watermarks(conn):
        ok = mark.lag < BEHIND_AFTER
        yield Finding(
            ok,
            f"lane {mark.lane} has stored everything received until {mark.lag:.0f} s ago",
            "" if ok else "it works off a backlog, or it is down: see its part above; more partitions make it faster",
        )


def _losses(conn: Conn) -> Iterator[Finding]:
    for session in health.sessions(conn):
        if session.lost_at is not None:
            yield Finding(
                False,
                f"the durable session {session.client_id} was lost at {session.lost_at:%Y-%m-%d %H:%M:%S}Z",
                "what waited in it is gone: ask the vendors to send that time again, then `ankang doctor --forgive`",
            )


def _mqtt(settings: Settings) -> Iterator[Finding]:
    if settings.mqtt_url is None:
        return
    at = broker(settings.mqtt_url.get_secret_value())
    try:
        with socket.create_connection((at.host, at.port), timeout=3):
            yield Finding(True, f"the broker listens on {at.host}:{at.port}")
    except OSError as error:
        yield Finding(False, f"the broker on {at.host}:{at.port} can't be reached ({type(error).__name__})", "start it")


def session_hash(client_id: str) -> str:
    """The name under which NATS Server keeps an MQTT session (its getHash: SHA-256, eight characters of base 62)."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    digest = hashlib.sha256(client_id.encode()).digest()
    return "".join(digits[byte % 62] for byte in digest[:8])


def _sessions(running: Running, partitions: int) -> Iterator[Finding]:
    query = "/jsz?accounts=true&streams=true&consumers=true&config=true"
    try:
        broker_says = _get(running.monitor_url + query)
    except (urllib.error.URLError, OSError, ValueError) as error:
        yield Finding(False, f"the broker's own pages do not answer ({type(error).__name__})", "is the broker running?")
        return
    names = {session_hash(client_id): client_id for client_id in expected_sessions(partitions)}
    for consumer in _message_consumers(broker_says):
        owner = names.get(consumer["name"].split("_")[0])
        waiting = consumer["num_pending"] + consumer["num_ack_pending"]
        subject = consumer["config"].get("filter_subject", "")
        if owner:
            yield Finding(True, f"durable session {owner}: {waiting} messages wait for {subject}")
        else:
            yield Finding(
                False,
                f"a durable session that belongs to nobody holds {waiting} messages of {subject}",
                "were there more partitions before? docs/operations.md says how to empty and delete it",
            )


def _message_consumers(broker_says: Any) -> Iterator[dict[str, Any]]:
    for account in broker_says.get("account_details", []):
        for stream in account.get("stream_detail", []):
            if stream.get("name") == "$MQTT_msgs":
                yield from stream.get("consumer_detail") or []


def _pages(running: Running) -> Iterator[Finding]:
    try:
        status = _get(f"{running.address}/api/health")["status"]
        yield Finding(status == "ok", f"the pages answer at {running.address}: {status}")
    except (urllib.error.URLError, OSError, ValueError) as error:
        yield Finding(
            False, f"the pages at {running.address} do not answer ({type(error).__name__})", "see dashboard.log"
        )


def _get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=3) as answer:  # noqa: S310 - our own, on loopback
        return json.load(answer)

"""`ankang canary`: the proof of life of Ankang itself.

A virtual device per county sends an SOS through the broker, as any device does, on a connection and with a secret of
its own. Ingest stores it, alerts judges it, notification tells it, and each writes down when. What does not arrive in
time turns health red and rings; only while all arrive is the dead man's switch asked, which is somebody else's machine.
"""

import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import orjson
import requests
import structlog
from prometheus_client import Gauge

from alerts.opening import clear_alert, raise_alert
from care.devices import OWN_VENDOR, DeviceKind
from care.rules import RULES
from gateway.device import DeviceClient
from gateway.errors import NotDelivered
from gateway.topics import Channel
from records import canary, database, health
from records.canary import Overdue
from records.clock import Clock, utc_now
from records.database import Conn
from records.equipment import credentials, devices
from records.errors import Unavailable
from records.ids import new_id
from records.judging.alerts import Opening
from records.migrate import wait_for_schema

log = structlog.get_logger(__name__)

LATE_SHARE, LATE_AT_LEAST = 0.5, timedelta(seconds=5)
"""A canary is late after half of the time between two, and not before 5 s (assumptions): 30 s at one a minute."""

SUBJECT, RULE = "platform", RULES["canary_late"]
_ALL_OVERDUE = Gauge("ankang_canary_overdue_counties", "Counties whose canary has not arrived in time")
_LOOK = 1.0
_RETRY = 1.0
_PATIENCE = 5.0
"""Seconds for the broker to admit or to acknowledge; a longer wait would only hide how late it is."""
_GOES_ON = timedelta(minutes=5)


def late_after(every: timedelta) -> timedelta:
    """How long a canary may take that is sent so often."""
    return max(every * LATE_SHARE, LATE_AT_LEAST)


def run(database_url: str, mqtt_url: str, every: timedelta, deadman_url: str | None, stop: threading.Event) -> None:
    """Send and watch until `stop`; run one of it."""
    if not wait_for_schema(database_url, stop):
        return
    flock = Flock(database_url, mqtt_url, every, deadman_url)
    sending = threading.Thread(target=flock.keep_sending, args=(stop,), name="canaries", daemon=True)
    sending.start()
    while not stop.is_set():
        try:
            _watch(database_url, flock, every, stop)
        except Unavailable as problem:
            log.warning("waiting for the database", reason=str(problem))
            stop.wait(_RETRY)
    sending.join(timeout=_PATIENCE)
    flock.close()


def _watch(database_url: str, flock: "Flock", every: timedelta, stop: threading.Event) -> None:
    with database.connect(database_url, autocommit=True) as conn:
        while not stop.is_set():
            with database.transaction(conn):
                look(conn, late_after(every), flock.since, utc_now())
            stop.wait(_LOOK)


def look(conn: Conn, late: timedelta, since: datetime, now: datetime) -> list[Overdue]:
    """See whether a canary sent after `since` is late: say so in the health, ring, or stop ringing."""
    overdue = canary.overdue(conn, late, since, now)
    _ALL_OVERDUE.set(len(overdue))
    if overdue:
        raise_alert(conn, _opening(overdue, now), gap=_GOES_ON)
    elif canary.all_arrived(conn, since):
        clear_alert(conn, SUBJECT, RULE.id, now, "the canaries arrive again")
    health.beat(conn, "canary", "down" if overdue else "ok", _in_words(overdue))
    return overdue


def _opening(overdue: Sequence[Overdue], now: datetime) -> Opening:
    evidence = {
        "counties": [one.code for one in overdue],
        "stage": overdue[0].stage,
        "since": min(one.sent_at for one in overdue).isoformat(),
    }
    return Opening(
        rule=RULE, subject=SUBJECT, resident_id=None, device_id=None, happened_at=min(one.sent_at for one in overdue),
        now=now, evidence=evidence, signal_id=None,
    )  # fmt: skip


def _in_words(overdue: Sequence[Overdue]) -> str:
    if not overdue:
        return ""
    counties = ", ".join(one.code for one in overdue)
    return f"the canary of {counties} has not got past {overdue[0].stage} since {overdue[0].sent_at:%H:%M:%SZ}"


class Flock:
    """The virtual devices, one for each county."""

    def __init__(
        self, database_url: str, mqtt_url: str, every: timedelta, deadman_url: str | None, clock: Clock = utc_now
    ) -> None:
        self._database_url = database_url
        self._mqtt_url = mqtt_url
        self._every = every
        self._deadman_url = deadman_url
        self._secrets: dict[int, tuple[str, str]] = {}
        self._clients: dict[int, DeviceClient] = {}
        self._clock = clock
        self.since = clock()
        """What was sent before is not of this life: it may never arrive, and rings no more."""

    def close(self) -> None:
        """Hang up."""
        for client in self._clients.values():
            client.close()

    def keep_sending(self, stop: threading.Event) -> None:
        """One round after the other, until `stop`."""
        while not stop.is_set():
            began = time.monotonic()
            try:
                self.round()
            except Unavailable as problem:
                log.warning("no canary is sent without the database", reason=str(problem))
            stop.wait(max(_RETRY, self._every.total_seconds() - (time.monotonic() - began)))

    def round(self) -> int:
        """Ask the dead man's switch where all is well, and send one canary for each county; returns how many."""
        now = self._clock()
        with database.connect(self._database_url, autocommit=True) as conn, database.transaction(conn):
            well = canary.all_arrived(conn, max(self.since, now - 2 * self._every))
            overdue = canary.overdue(conn, late_after(self._every), self.since, now)
            if not self._secrets:
                self._secrets = enlist(conn, now)
            sent = {area_id: new_id() for area_id in self._secrets}
            for area_id, canary_id in sent.items():
                canary.sent(conn, canary_id, area_id, now)
        if well and not overdue:
            self._tell_the_deadman()
        for area_id, canary_id in sent.items():
            self._send(area_id, sos(str(canary_id), now))
        return len(sent)

    def _send(self, area_id: int, payload: bytes) -> None:
        name, secret = self._secrets[area_id]
        try:
            if area_id not in self._clients:
                client = DeviceClient(self._mqtt_url, OWN_VENDOR, name, secret)
                client.connect(_PATIENCE)
                self._clients[area_id] = client
            self._clients[area_id].publish(Channel.EVENT, payload, _PATIENCE)
        except NotDelivered as problem:
            log.warning("a canary was not taken", area=area_id, reason=str(problem))

    def _tell_the_deadman(self) -> None:
        """Somebody else's machine, which rings when it is not asked any more: that is the whole message."""
        if self._deadman_url is None:
            return
        try:
            requests.get(self._deadman_url, timeout=_PATIENCE).raise_for_status()
        except requests.RequestException as problem:
            log.warning("the dead man's switch could not be asked", reason=type(problem).__name__)


def enlist(conn: Conn, now: datetime) -> dict[int, tuple[str, str]]:
    """Register a canary for each county: by area its device and its new secret."""
    found = {}
    for area_id, code in canary.counties(conn):
        name = f"canary-{code}"
        devices.register(conn, OWN_VENDOR, name, DeviceKind.OTHER, now=now)
        found[area_id] = (name, credentials.issue_secret(conn, OWN_VENDOR, name))
    return found


def sos(canary_id: str, now: datetime) -> bytes:
    """What a canary sends."""
    return orjson.dumps({"id": canary_id, "time": now.isoformat(), "event": "sos", "data": {"canary": True}})

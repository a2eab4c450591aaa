"""Telling people: what is due is decided in one transaction, sent outside of any, and written in another.

Whoever is killed in between leaves a lease that ends: it is sent once more then, with the same key.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter, Histogram

from alerts.channels.message import Asked, NotDelivered, Provider
from alerts.linking import NOWHERE, PublicPages, link_of
from alerts.wording import message_of
from care.notices import (
    MOST_TRIES,
    TOLD,
    Channel,
    Decision,
    Purpose,
    Recipient,
    State,
    decide,
    family,
    purpose_of,
    usable_channels,
)
from care.receipts import next_ask
from care.templates import Template
from records import canary, database, trouble
from records.clock import Clock, utc_now
from records.database import Conn
from records.errors import Unavailable
from records.judging import alert_log
from records.people import reach
from records.telling import deliveries, leases, notices, receipts, templates
from records.telling.deliveries import Due
from records.telling.leases import Claimed
from records.telling.notices import Notice

log = structlog.get_logger(__name__)

SENDINGS = Counter("ankang_notify_sendings_total", "Tries to tell somebody", ["channel", "result"])
RECEIPTS = Counter("ankang_notify_receipts_total", "What providers said became of a message", ["channel", "state"])
SECONDS = Histogram("ankang_notify_seconds", "How long a provider took", ["channel"])

Providers = Mapping[Channel, Sequence[Provider]]
"""The channels of this installation; of several providers of one channel the next try takes the next. The pages and
the canary have none: they are told by a row."""

_AT_ONCE = 50
_STILL_SENDING = timedelta(seconds=2)
_RETRY = 0.5


def plan(conn: Conn, channels: Providers, now: datetime) -> int:
    """Decide about the notices that are due, in one transaction; returns how many there were."""
    with database.transaction(conn):
        due = deliveries.claim_notices(conn, now, _AT_ONCE)
        for one in due:
            _plan_one(conn, one, channels, now)
    return len(due)


def _plan_one(conn: Conn, one: Due, channels: Providers, now: datetime) -> None:
    known = deliveries.attempts(conn, one.id)
    if one.purpose is Purpose.ENDED:
        told = deliveries.told_before(conn, one)
        if not told:
            state, again = (State.QUEUED, now + _STILL_SENDING) if told is None else (State.DROPPED, None)
            deliveries.settle(conn, one.id, state, "never told of the alert" if again is None else "", again)
            return
    elif one.phase == "closed":
        deliveries.drop(conn, one.id)
        told = any(attempt.state in TOLD for attempt in known)
        deliveries.settle(conn, one.id, State.SENT if told else State.DROPPED, "", None)
        return
    trial, addresses = one.reach_id is not None, reach.addresses_of(conn, one.to)
    decision = decide(
        one.priority,
        usable_channels([way for way in addresses if not trial or way.number == one.reach_id], channels),
        known,
        now,
        waiting=one.phase == "raised",
        quiet_matters=not trial and family(one.to.kind, reach.role_of(conn, one.to)),
    )
    _do(conn, one, decision, now)


def _do(conn: Conn, one: Due, decision: Decision, now: datetime) -> None:
    look_again = decision.look_again
    if decision.drop:
        deliveries.drop(conn, one.id)
    if decision.start is not None:
        deliveries.start(conn, one, decision.start, now)
    if decision.pass_on and not one.passed_on:
        _pass_on(conn, one, now)
    deliveries.settle(conn, one.id, decision.state, decision.why, look_again)


def _pass_on(conn: Conn, one: Due, now: datetime) -> None:
    """The next contact is told the same; where there is none, the seat that nobody could be told."""
    deliveries.passed_on(conn, one.id)
    if one.alert_id is None or one.purpose is Purpose.ENDED:
        return
    instead = reach.next_contact(conn, one.alert_id, one.to)
    if instead is not None:
        notices.put(conn, Notice(one.alert_id, one.about, instead, now, now))
    else:
        notices.put(conn, Notice(one.alert_id, Purpose.UNREACHED, Recipient.seat(one.area_id), now, now))
    log.warning("passed on", notice=str(one.id), alert=str(one.alert_id), to=instead.kind if instead else "seat")


def send_one(conn: Conn, channel: Channel, channels: Providers, clock: Clock, pages: PublicPages = NOWHERE) -> bool:
    """Send the most urgent delivery of this channel that is due; False where there is none."""
    with database.transaction(conn):
        claimed = leases.claim(conn, channel, clock())
    for one in claimed:
        if channels[channel]:
            _by_provider(conn, one, channels[channel], clock, pages)
        else:
            _by_row(conn, one, clock())
    return bool(claimed)


def _by_row(conn: Conn, one: Claimed, now: datetime) -> None:
    """The pages hear of a change; a canary has arrived."""
    with database.transaction(conn):
        leases.sent(conn, one, one.channel, "", now)
        if one.canary_id is not None:
            canary.told(conn, one.canary_id, now)
        elif one.alert_id is not None and one.about != Purpose.RAISED:  # the opening was a change of its own
            alert_log.record_change(conn, one.alert_id, "told")
    SENDINGS.labels(one.channel, "sent").inc()


def _link(conn: Conn, one: Claimed, pages: PublicPages, now: datetime) -> str:
    """The link that it carries; what keeps one from being made keeps nobody from being told."""
    try:
        with database.transaction(conn):
            return link_of(conn, one, pages, now)
    except Unavailable:
        raise
    except Exception as problem:
        log.error("a message goes without its link", delivery=one.id, reason=type(problem).__name__)
        with database.transaction(conn):
            trouble.note(conn, "notify", "links in messages", str(one.channel), problem, now)
        return ""


def _own_words(conn: Conn, one: Claimed) -> Template | None:
    """What this installation says instead of the words that come along; what keeps it from being read stops nothing."""
    try:
        with database.transaction(conn):
            return templates.find(conn, purpose_of(one.about), one.channel, one.language)
    except Unavailable:
        raise
    except Exception as problem:
        log.error("a message is said as it comes along", delivery=one.id, reason=type(problem).__name__)
        return None


def _by_provider(conn: Conn, one: Claimed, providers: Sequence[Provider], clock: Clock, pages: PublicPages) -> None:
    provider = providers[(one.tries - 1) % len(providers)]
    began = time.monotonic()
    try:
        if one.tries > MOST_TRIES:
            raise NotDelivered("given up: its sender died again and again", try_again=False)
        ref = provider.send(message_of(one, _link(conn, one, pages, clock()), _own_words(conn, one)), one.address)
    except NotDelivered as problem:
        again = problem.try_again and one.tries < MOST_TRIES
        _not_sent(conn, one, provider.name, str(problem), clock(), again=again, gone=problem.gone)
        return
    except Exception as problem:  # a fault in one message or one library must not silence all others
        log.error("a fault while sending", delivery=one.id, channel=one.channel, reason=type(problem).__name__)
        _not_sent(conn, one, provider.name, type(problem).__name__, clock(), again=one.tries < MOST_TRIES)
        with database.transaction(conn):
            trouble.note(conn, "notify", f"sending by {one.channel}", provider.name, problem, clock())
        return
    finally:
        SECONDS.labels(one.channel).observe(time.monotonic() - began)
    now, wait = clock(), next_ask(0) if ref and isinstance(provider, Asked) else None
    with database.transaction(conn):
        leases.sent(conn, one, provider.name, ref, now, None if wait is None else now + wait)
        trouble.over(conn, "notify", f"sending by {one.channel}", [provider.name])
    SENDINGS.labels(one.channel, "sent").inc()


def _not_sent(
    conn: Conn, one: Claimed, provider: str, why: str, now: datetime, *, again: bool, gone: bool = False
) -> None:
    log.warning("not sent", delivery=one.id, channel=one.channel, provider=provider, reason=why, again=again)
    with database.transaction(conn):
        leases.not_sent(conn, one, provider, why, now, again=again)
        if gone and reach.forget_browser(conn, one.number, one.address):
            log.info("a browser is told nothing more", reach=one.number)
    SENDINGS.labels(one.channel, "again" if again else "failed").inc()


def ask_one(conn: Conn, channel: Channel, channels: Providers, clock: Clock) -> bool:
    """Ask what became of the delivery of this channel whose receipt has been due longest; False where none is due."""
    with database.transaction(conn):
        due = receipts.claim(conn, channel, clock())
    if due is None:
        return False
    provider = next((one for one in channels[channel] if one.name == due.provider), None)
    if not isinstance(provider, Asked):
        return True  # its provider is not set up any more
    try:
        receipt = provider.ask(due.ref, due.address, due.sent_at)
    except NotDelivered as problem:
        log.warning("no receipt", delivery=due.id, provider=due.provider, reason=str(problem))
        return True
    except Exception as problem:  # one answer that nobody foresaw must not silence the channel
        log.error("a fault while asking", delivery=due.id, provider=due.provider, reason=type(problem).__name__)
        with database.transaction(conn):
            trouble.note(conn, "notify", f"receipts of {channel}", due.provider, problem, clock())
        return True
    with database.transaction(conn):
        trouble.over(conn, "notify", f"receipts of {channel}", [due.provider])
    if receipt is not None:
        with database.transaction(conn):
            receipts.note(conn, due.id, receipt, clock())
        RECEIPTS.labels(channel, receipt.state).inc()
    return True


def turn(conn: Conn, channels: Providers, now: datetime, pages: PublicPages = NOWHERE) -> int:
    """Everything that is due now, decided and sent; returns how many things were done. For stories on a held clock."""
    done = 0
    while True:
        planned = plan(conn, channels, now)
        sent = sum(_all_of(conn, channel, channels, now, pages) for channel in channels)
        done += planned + sent
        if not planned and not sent:
            return done


def _all_of(conn: Conn, channel: Channel, channels: Providers, now: datetime, pages: PublicPages) -> int:
    done = 0
    while send_one(conn, channel, channels, lambda: now, pages) or ask_one(conn, channel, channels, lambda: now):
        done += 1
    return done


def keep_sending(
    database_url: str,
    channel: Channel,
    channels: Providers,
    wake: threading.Event,
    stop: threading.Event,
    pages: PublicPages = NOWHERE,
) -> None:
    """One thread of one channel, until `stop`: a slow provider holds up nobody else's channel."""
    while not stop.is_set():
        try:
            with database.connect(database_url, autocommit=True) as conn:
                while not stop.is_set():
                    sent = send_one(conn, channel, channels, utc_now, pages)
                    if not (sent or ask_one(conn, channel, channels, utc_now)):
                        wake.wait(1.0)
                        wake.clear()
        except Unavailable as problem:
            log.warning("waiting for the database", channel=channel, reason=str(problem))
            stop.wait(_RETRY)

"""Telling people: who is told, what about, and, as a pure judgement, by which address next. Nothing is sent here."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Self
from uuid import UUID
from zoneinfo import ZoneInfo

from care.rules import Priority

LOCAL = ZoneInfo("Asia/Shanghai")

SECOND_CHANNEL_AFTER = timedelta(seconds=30)
"""Where a high alert still waits this long after somebody was told, the same person is told by their next address."""

QUIET_FROM, QUIET_TO = time(22, 0), time(7, 0)
"""When the family is not disturbed unless they choose otherwise, local time (an assumption)."""

MOST_TRIES = 8
"""Tries of one address before it counts as failed: with `back_off` about 10 minutes (an assumption)."""


class Purpose(StrEnum):
    """What a person is told; each has its template in both languages."""

    RAISED = "raised"
    """There is an alert."""
    ESCALATED = "escalated"
    """It was somebody else's, who has not answered."""
    OFFER = "offer"
    """Could you go there? The address is shown after accepting."""
    TAKEN = "taken"
    """Somebody else has accepted: you need not go."""
    SENT = "sent"
    """You are sent there: the centre has named you."""
    REPORT = "report"
    """Whoever went there needs the seat: an ambulance, a way in, a call."""
    RELIEVED = "relieved"
    """You were sent there and need not go any more: the centre has taken it back."""
    AGREE = "agree"
    """Somebody wants to close it without a visit: a second person decides."""
    UNREACHED = "unreached"
    """The family and their contacts could not be told."""
    UNADDRESSED = "unaddressed"
    """Somebody is on duty for whom no address is known."""
    ENDED = "ended"
    """It is over, and how. Everybody who was told of an alert is told this, by the database itself."""
    CHECK_IN = "check_in"
    """The resident is asked to check in."""
    LOOK_IN = "look_in"
    """Somebody has not checked in: could you look after them?"""
    FOUND = "found"
    """Whoever was asked to look need not any more: all is well."""
    ORDER = "order"
    """A service that they ordered was accepted, done, or can't be; the step says which."""
    TRIAL = "trial"
    """Nothing has happened: somebody wants to know whether this address works."""
    CANARY = "canary"
    """The proof of life: nobody is disturbed with it."""


class Channel(StrEnum):
    """A way to a person."""

    PAGES = "pages"
    PUSH = "push"
    SMS = "sms"
    VOICE = "voice"
    EMAIL = "email"
    WEBHOOK = "webhook"
    APPRISE = "apprise"
    CANARY = "canary"


class State(StrEnum):
    """How far a notice, or one delivery of it, has got."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    DROPPED = "dropped"
    """Needless: it is over, or they were told by another address."""


TOLD = frozenset({State.SENT, State.DELIVERED, State.READ})


class RecipientKind(StrEnum):
    """What a recipient is: one person, or everybody who sits at the pages of an area."""

    ACCOUNT = "account"
    CONTACT = "contact"
    SEAT = "seat"
    SUPERVISOR = "supervisor"
    CANARY = "canary"


@dataclass(frozen=True, slots=True)
class Recipient:
    """One to be told. As text `account:UUID`, `contact:UUID`, `seat:AREA`, `supervisor:AREA`; area `all`: the city."""

    kind: RecipientKind
    id: str

    @classmethod
    def account(cls, account_id: UUID) -> Self:
        """Whoever has this account."""
        return cls(RecipientKind.ACCOUNT, str(account_id))

    @classmethod
    def contact(cls, contact_id: UUID) -> Self:
        """A resident's contact."""
        return cls(RecipientKind.CONTACT, str(contact_id))

    @classmethod
    def seat(cls, area_id: int | None) -> Self:
        """The operators' pages of this area."""
        return cls(RecipientKind.SEAT, "all" if area_id is None else str(area_id))

    @classmethod
    def supervisor(cls, area_id: int | None) -> Self:
        """The supervisors' pages of this area."""
        return cls(RecipientKind.SUPERVISOR, "all" if area_id is None else str(area_id))

    @property
    def account_id(self) -> UUID | None:
        """Whose account it is, where it is one."""
        return UUID(self.id) if self.kind is RecipientKind.ACCOUNT else None

    @property
    def contact_id(self) -> UUID | None:
        """Which contact it is, where it is one."""
        return UUID(self.id) if self.kind is RecipientKind.CONTACT else None

    @classmethod
    def read(cls, text: str) -> Self:
        """The recipient that this text names; ValueError says what one looks like."""
        kind, colon, id_ = text.partition(":")
        if not colon or not id_ or kind not in set(RecipientKind):
            raise ValueError("recipient: use account:UUID, contact:UUID, seat:AREA or supervisor:AREA")
        return cls(RecipientKind(kind), id_)

    def __str__(self) -> str:
        """As it is kept."""
        return f"{self.kind}:{self.id}"


def purpose_of(about: str) -> Purpose:
    """What a notice is about, without the number of its step: `escalated:3` → escalated. ValueError for another."""
    word = about.partition(":")[0]
    if word not in set(Purpose):
        raise ValueError(f"about: use one of {', '.join(Purpose)}, with a step as in escalated:3")
    return Purpose(word)


@dataclass(frozen=True, slots=True)
class Address:
    """One way to one person; by its `number` it is known again, whatever place in their order it has."""

    number: int
    channel: Channel
    address: str = field(repr=False)
    language: str = "zh-CN"
    quiet_from: time = QUIET_FROM
    quiet_to: time = QUIET_TO

    def quiet_until(self, now: datetime) -> datetime | None:
        """When the quiet hours end in which `now` lies, or None where it lies in none."""
        local = now.astimezone(LOCAL)
        begin, end, clock = self.quiet_from, self.quiet_to, local.time()
        quiet = begin <= clock < end if begin <= end else (clock >= begin or clock < end)
        return _at(local.date() + timedelta(days=clock >= end), end) if quiet else None


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, LOCAL)


@dataclass(frozen=True, slots=True)
class Attempt:
    """How far the telling by one address has got; `tries` counts the sendings that were begun."""

    number: int
    state: State
    tries: int
    began: datetime

    @property
    def in_trouble(self) -> bool:
        """It has failed, or failed once and waits for its next try."""
        return self.state is State.FAILED or (self.state is State.QUEUED and self.tries > 0)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done about a notice now."""

    state: State
    start: Address | None = None
    """Tell by this address."""
    look_again: datetime | None = None
    """Decide again at this time; a delivery that ends asks for it by itself."""
    pass_on: bool = False
    """None of their addresses works: the next contact is told."""
    drop: bool = False
    """What has not been sent yet needs no sending any more."""
    why: str = ""


def decide(
    priority: Priority,
    addresses: Sequence[Address],
    attempts: Sequence[Attempt],
    now: datetime,
    *,
    waiting: bool,
    quiet_matters: bool,
) -> Decision:
    """The next step of telling one person.

    `waiting`: nobody has answered the alert yet. `quiet_matters`: they are family, whom only high alerts disturb then.
    """
    high = priority is Priority.HIGH
    told = any(attempt.state in TOLD for attempt in attempts)
    usable, wake = _usable(addresses, attempts, now, quiet=quiet_matters and not high)
    if told:
        # What has arrived at a telephone lies in a pocket: only who has read it needs no second way.
        read = any(attempt.state is State.READ for attempt in attempts)
        if not (high and waiting and usable) or read:
            return Decision(State.SENT, drop=True)
        due = max(attempt.began for attempt in attempts) + SECOND_CHANNEL_AFTER
        return Decision(State.SENT, start=usable[0]) if due <= now else Decision(State.SENT, look_again=due)
    if all(attempt.in_trouble for attempt in attempts):
        return _begin_or_give_up(usable, attempts, wake)
    if high and usable:
        due = max(attempt.began for attempt in attempts) + SECOND_CHANNEL_AFTER
        return Decision(State.QUEUED, start=usable[0]) if due <= now else Decision(State.QUEUED, look_again=due)
    return Decision(State.QUEUED)


def _usable(
    addresses: Sequence[Address], attempts: Sequence[Attempt], now: datetime, *, quiet: bool
) -> tuple[list[Address], datetime | None]:
    """The addresses not tried yet that may be used now, and when a quiet one may be."""
    used = {attempt.number for attempt in attempts}
    fresh = [address for address in addresses if address.number not in used]
    ends = {address.number: address.quiet_until(now) if quiet else None for address in fresh}
    wakes = [end for end in ends.values() if end is not None]
    return [address for address in fresh if ends[address.number] is None], min(wakes, default=None)


def _begin_or_give_up(usable: Sequence[Address], attempts: Sequence[Attempt], wake: datetime | None) -> Decision:
    if usable:
        return Decision(State.QUEUED, start=usable[0])
    if wake is not None:
        return Decision(State.QUEUED, look_again=wake, why="quiet hours")
    if any(attempt.state is not State.FAILED for attempt in attempts):
        return Decision(State.QUEUED, pass_on=True, why="the provider is down")
    why = "no address of theirs works" if attempts else "no address that can be used"
    return Decision(State.FAILED, pass_on=True, why=why)


def back_off(tries: int) -> timedelta:
    """How long after try number `tries` the next one follows: 5 s, doubled each time, 5 min at most (an assumption)."""
    return min(timedelta(seconds=5 * (1 << (tries - 1))), timedelta(minutes=5))


def family(kind: RecipientKind, role: str | None) -> bool:
    """Whether quiet hours are for this recipient: contacts, and accounts of families."""
    return kind is RecipientKind.CONTACT or role == "family"


def usable_channels(addresses: Sequence[Address], channels: Collection[Channel]) -> list[Address]:
    """The addresses of which this installation has the channel."""
    return [address for address in addresses if address.channel in channels]

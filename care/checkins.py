"""Check-ins: when a sign of life is expected, and what follows as long as none has come. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from care.rule import Value

ZONE = "Asia/Shanghai"

SELF = "本人"
"""The relation of a contact that is the resident's own telephone."""

NEIGHBOUR = "邻"
"""In the relation of a neighbour (邻居, 睦邻伙伴), who is asked before the other contacts."""


class State(StrEnum):
    """How a check-in stands."""

    DUE = "due"
    """Expected: its window has not closed yet."""
    LATE = "late"
    """The window has closed; nobody is disturbed before the grace is over."""
    TRIED = "tried"
    """The resident is asked, three times, ten minutes apart."""
    WITH_CONTACTS = "with_contacts"
    """The neighbour and the contacts are asked to look, one after the other."""
    MISSED = "missed"
    """Nobody knows: the centre has an alert."""
    DONE = "done"
    EXCUSED = "excused"
    """Not expected after all: away, or a holiday."""


OVER = frozenset({State.DONE, State.EXCUSED})

MOST_CONTACTS = 3
"""Contacts asked before the centre is (an assumption: with the three tries they take an hour)."""

LOOK_AGAIN = timedelta(minutes=10)
"""How often a missed check-in is held against new signs of life."""

GIVE_UP = timedelta(hours=24)
"""So long after its window a missed check-in is looked at no more; its alert stays with the centre."""

HELD_FOR = timedelta(minutes=30)
"""So long a deadline waits for an ingest that lags behind; then it is judged on what there is (an assumption)."""

OUTAGE_HELD_FOR = timedelta(hours=12)
"""So long it waits for the end of an outage, then somebody asks (an assumption): half of GIVE_UP, so that a sign of
life after the outage still meets it."""

LONGEST_WINDOW = timedelta(hours=24)
MOST_OFTEN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When windows open: a cron expression of five fields, in the local time of `zone`."""

    cron: str
    zone: str = ZONE

    @classmethod
    def at(cls, clock: time, days: Sequence[int] = (), zone: str = ZONE) -> "Schedule":
        """Every day at `clock`, or only on these days of the week: 1 Monday … 7 Sunday."""
        week = ",".join(str(day % 7) for day in sorted(set(days))) or "*"
        return cls(f"{clock.minute} {clock.hour} * * {week}", zone)

    def openings(self, since: datetime, until: datetime) -> list[datetime]:
        """The times from `since` (included) to `until` (not included) at which a window opens, in UTC.

        Where the clocks change it does what cron does: a time that is skipped comes when the clocks jump, one that
        comes twice counts once.
        """
        begin = (since - timedelta(microseconds=1)).astimezone(ZoneInfo(self.zone))
        found = []
        for opening in CronSim(self.cron, begin):
            at = opening.astimezone(UTC)
            if at >= until:
                break
            found.append(at)
        return found

    def check(self, now: datetime) -> None:
        """Raise ValueError, naming the field and the fix, unless windows open at sensible times."""
        try:
            ZoneInfo(self.zone)
        except (KeyError, ValueError, OSError):
            raise ValueError("zone: use a name like Asia/Shanghai") from None
        if len(self.cron.split()) != 5:
            raise ValueError("cron: use five fields, as in 0 8 * * * for every day at 08:00")
        try:
            coming = self.openings(now, now + timedelta(days=8)) or self.openings(now, now + timedelta(days=400))
        except CronSimError as problem:
            raise ValueError(f"cron: {str(problem).lower()}; write it like 0 8 * * 1 for Mondays at 08:00") from None
        if not coming:
            raise ValueError("cron: no such time comes within a year")
        if any(later - earlier < MOST_OFTEN for earlier, later in pairwise(coming)):
            raise ValueError("cron: at most once an hour")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one waits for somebody before the next is asked: the limits in force of the rule missed_check_in."""

    grace: timedelta
    attempts: int
    apart: timedelta

    @classmethod
    def of(cls, values: Mapping[str, Value], own_grace: timedelta | None) -> "Patience":
        """From the limits in force; the plan's own grace is nearer to the person than any of them."""
        grace = timedelta(seconds=float(values["grace"])) if own_grace is None else own_grace
        return cls(grace, int(float(values["attempts"])), timedelta(seconds=float(values["apart"])))


class Ask(StrEnum):
    """Who is asked now."""

    RESIDENT = "resident"
    CONTACT = "contact"
    CENTRE = "centre"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a check-in stands from now on, and when it is judged again (None: never)."""

    state: State
    tries: int
    contacts_told: int
    due_at: datetime | None
    ask: Ask | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A check-in of which no sign has come."""

    state: State
    closes_at: datetime
    tries: int = 0
    contacts_told: int = 0


def judge(found: Waiting, patience: Patience, *, reachable: bool, contacts: int, now: datetime) -> Verdict:
    """What follows from no sign of life until now.

    `reachable`: the resident has a telephone of their own in the records; `contacts`: how many others there are.
    Nobody to ask means that the next one is asked at once.
    """
    if now < found.closes_at:
        return Verdict(State.DUE, 0, 0, found.closes_at)
    if found.state is State.DUE:
        return Verdict(State.LATE, 0, 0, found.closes_at + patience.grace)
    if found.state is State.MISSED:
        again = now + LOOK_AGAIN if now < found.closes_at + GIVE_UP else None
        return Verdict(State.MISSED, found.tries, found.contacts_told, again)
    asked, told, next_one = found.tries, found.contacts_told, now + patience.apart
    if reachable and asked < patience.attempts and told == 0:
        return Verdict(State.TRIED, asked + 1, told, next_one, Ask.RESIDENT)
    if told < min(contacts, MOST_CONTACTS):
        return Verdict(State.WITH_CONTACTS, asked, told + 1, next_one, Ask.CONTACT)
    return Verdict(State.MISSED, asked, told, now + LOOK_AGAIN, Ask.CENTRE)

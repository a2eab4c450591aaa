"""How long it may be quiet around somebody, learned from that person's own days. Pure: no clock, no IO.

Time is rescaled: an hour of quiet counts as much as things usually happen in it, for this person, at this time of day,
after what was last seen. An hour at three in the morning is nearly nothing, an hour at noon much. In that measure
quiets of day and night can be compared, and one number says what is unusual: half again as much as this person's
unusually quiet days had, each of them judged by the others. Where it is never quiet for long (a watch that counts steps
every five minutes) no rate can be learned, and the longest quiet of that time of day says enough: five times as long is
unusual. How it was chosen: docs/decisions/habit.md.

All times here are those of the clock on the wall, without a zone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from care.presence import Seen
from care.quiets import DAYS_TO_LEARN, HALF_HOUR, HALF_HOURS, SHORTEST, Quiet, half_hour, in_bed_at, longest_at

FIXED = timedelta(hours=24)
"""No movement for so long is an alert (Shanghai's practice, domain.md): until enough is learned, and never later at
home."""
SOONEST = timedelta(minutes=90)
"""Nobody is called about less. This and the numbers below are assumptions."""
LONGEST_OUT = timedelta(hours=72)
MARGIN = 1.5
MARGIN_OUT = 1.25
MARGIN_IN_BED = 1.25
"""Times the longest that is known: nobody who is out, or lies in bed, is called about less."""
MARGIN_LONGEST = 5
"""Times the longest quiet that ever began at this time of day: unusual, whatever the rates say."""
_UNUSUAL_DAY = 0.8
_SETTLED = timedelta(hours=1)
"""Who has been quiet for so long has sat or lain down: what happens how often is counted apart."""
_PRIOR = 3.0
"""Hours for which the more general is believed before the more particular speaks."""
_NEAR = {-2: 1 / 3, -1: 2 / 3, 0: 1.0, 1: 2 / 3, 2: 1 / 3}
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Which evidence counts; all of it, except where somebody asks what each part brings."""

    door: bool = True
    bed: bool = True
    time_of_day: bool = True
    last_seen: bool = True

    def of(self, seen: Seen) -> Seen:
        """What is left of it."""
        if seen in (Seen.LEFT, Seen.BACK) and not self.door:
            return Seen.ROOM
        if seen is Seen.LEFT:
            return seen
        if seen is Seen.BED:
            return seen if self.bed else Seen.ROOM
        return seen if self.last_seen else Seen.ROOM


ALL = Evidence()


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a quiet in which the rate stays the same."""

    start: datetime
    hours: float
    bin: int
    settled: bool


Key = tuple[Seen, int, bool]


@dataclass(slots=True)
class _Counts:
    """For each context the hours in which it was quiet, and how often the quiet ended."""

    hours: dict[Key, float] = field(default_factory=dict)
    ends: dict[Key, float] = field(default_factory=dict)

    def add(self, quiet: Quiet, sign: int = 1, *, clock: bool = True) -> None:
        last = None
        for piece in pieces(quiet.start, quiet.end):
            key = quiet.seen, piece.bin if clock else 0, piece.settled
            self.hours[key] = self.hours.get(key, 0.0) + sign * piece.hours
            last = key
        if last is not None:
            self.ends[last] = self.ends.get(last, 0.0) + sign


@dataclass(frozen=True, slots=True)
class Habit:
    """What was learned; `limit` says how long it may be quiet."""

    days: int
    rates: Mapping[Key, float]
    """How often a quiet ends, per hour: by what was last seen, half hour of the day, and whether settled."""
    allowed: float
    """How many such endings may stay away."""
    longest_out: timedelta
    quiets: Sequence[Quiet]
    evidence: Evidence = ALL
    longest: Sequence[timedelta | None] = ()
    """By half hour of the day the longest quiet at home that began near it; None where too few days tell."""
    longest_up: Sequence[timedelta | None] = ()
    """The same without the quiets in bed, where somebody is usually up: going to bed early says nothing of somebody who
    was last seen in a room. None by night, when a room may be the last that was heard of somebody who sleeps."""

    def limit(self, since: datetime, seen: Seen) -> timedelta:
        """For how long it may be quiet from `since`; the fixed limit where too little was learned."""
        seen = self.evidence.of(seen)
        if self.days < DAYS_TO_LEARN:
            return FIXED
        if seen is Seen.LEFT:
            return min(max(FIXED, self.longest_out * MARGIN_OUT), LONGEST_OUT)
        longest = self.longest_at(since, seen)
        by_rate = self._by_rate(since, seen)
        if longest is None:
            return by_rate
        limit = min(by_rate, max(SOONEST, longest * MARGIN_LONGEST))
        # Who lies in bed hardly longer than on other nights does nothing unusual, however often they turn then.
        return max(limit, min(longest * MARGIN_IN_BED, FIXED)) if seen is Seen.BED else limit

    def longest_at(self, since: datetime, seen: Seen) -> timedelta | None:
        """The longest quiet at home that began near this time of day; None where too few days tell, and who is out."""
        if seen is Seen.LEFT:
            return None
        up = self.longest_up[half_hour(since)] if self.longest_up and seen is not Seen.BED else None
        return up or (self.longest[half_hour(since)] if self.longest else None)

    def _by_rate(self, since: datetime, seen: Seen) -> timedelta:
        missed = 0.0
        for piece in pieces(since, since + FIXED):
            rate = self._rate(seen, piece)
            if missed + rate * piece.hours >= self.allowed:
                reached = piece.start + _HOUR * ((self.allowed - missed) / rate)
                return min(max(reached - since, SOONEST), FIXED)
            missed += rate * piece.hours
        return FIXED

    def _rate(self, seen: Seen, piece: Piece) -> float:
        return self.rates[seen, piece.bin if self.evidence.time_of_day else 0, piece.settled]

    def longest_before(self, since: datetime, seen: Seen) -> timedelta:
        """The longest earlier quiet that began within 90 minutes of this time of day, after the same was seen."""
        seen = self.evidence.of(seen)
        near = (
            quiet.length
            for quiet in self.quiets
            if quiet.seen is seen and _apart(quiet.start, since) <= timedelta(minutes=90)
        )
        return max(near, default=timedelta(0))


def learn(
    quiets: Sequence[Quiet],
    first_day: date,
    today: date,
    evidence: Evidence = ALL,
    lived_through: Iterable[datetime] = (),
) -> Habit:
    """The habit as it shows in the days from `first_day` to the end of yesterday; what came later is ignored.

    `lived_through` are the half hours without a quiet that counts (care.quiets.lived).
    """
    until = datetime.combine(today, datetime.min.time())
    known = [
        Quiet(quiet.start, quiet.end, evidence.of(quiet.seen))
        for quiet in quiets
        if quiet.end <= until and quiet.length >= SHORTEST
    ]
    home = [quiet for quiet in known if quiet.seen is not Seen.LEFT]
    lived = [at for at in lived_through if at < until]
    counts = _Counts()
    for quiet in home:
        counts.add(quiet, clock=evidence.time_of_day)
    days = (today - first_day).days
    return Habit(
        days=days,
        rates=_Rates(counts, evidence.time_of_day).every(),
        allowed=_allowed(home, counts, first_day, days, clock=evidence.time_of_day) if days >= DAYS_TO_LEARN else 0.0,
        longest_out=max((quiet.length for quiet in known if quiet.seen is Seen.LEFT), default=timedelta(0)),
        quiets=known,
        evidence=evidence,
        longest=longest_at(home, lived) if evidence.time_of_day else (),
        longest_up=_longest_up(home, lived, days) if evidence.time_of_day else (),
    )


def _longest_up(home: Sequence[Quiet], lived: Sequence[datetime], days: int) -> Sequence[timedelta | None]:
    night = in_bed_at(home, days)
    longest = longest_at((quiet for quiet in home if quiet.seen is not Seen.BED), lived)
    return [None if number in night else one for number, one in enumerate(longest)]


def _allowed(home: Sequence[Quiet], counts: _Counts, first_day: date, days: int, *, clock: bool) -> float:
    """MARGIN times what the quietest moment of an unusually quiet day had, each day judged by the others."""
    by_day: dict[date, list[Quiet]] = {}
    for quiet in home:
        by_day.setdefault(quiet.start.date(), []).append(quiet)
    worst = []
    for number in range(days):
        mine = by_day.get(first_day + timedelta(days=number), [])
        long = [quiet for quiet in mine if quiet.length >= SOONEST / 2]
        if not long:
            worst.append(0.0)
            continue
        others = _Counts(dict(counts.hours), dict(counts.ends))
        for quiet in mine:
            others.add(quiet, -1, clock=clock)
        rates = _Rates(others, clock)
        worst.append(max(_missed(quiet, rates, clock=clock) for quiet in long))
    worst.sort()
    return MARGIN * max(1.0, worst[min(len(worst) - 1, int(_UNUSUAL_DAY * len(worst)))])


def _missed(quiet: Quiet, rates: "_Rates", *, clock: bool) -> float:
    return sum(
        piece.hours * rates.of(quiet.seen, piece.bin if clock else 0, piece.settled)
        for piece in pieces(quiet.start, quiet.end)
    )


_AT_HOME = tuple(seen for seen in Seen if seen is not Seen.LEFT)


@dataclass(slots=True)
class _Rates:
    """How often a quiet ends, from the general to the particular: all day, this half hour and its neighbours, this
    after what was seen. Worked out as they are asked for: judging one day needs few of them.
    """

    counts: _Counts
    clock: bool
    _known: dict[Key, float] = field(default_factory=dict)
    _general: dict[bool, float] = field(default_factory=dict)

    def of(self, seen: Seen, at: int, settled: bool) -> float:
        """Per hour."""
        key = seen, at, settled
        if key not in self._known:
            self._half_hour(at, settled)
        return self._known[key]

    def every(self) -> dict[Key, float]:
        """All of them."""
        for settled in (False, True):
            for at in range(HALF_HOURS if self.clock else 1):
                self._half_hour(at, settled)
        return self._known

    def _half_hour(self, at: int, settled: bool) -> None:
        near = _NEAR if self.clock else {0: 1.0}
        hours, ends = self.counts.hours, self.counts.ends
        here = {
            seen: (
                sum(w * hours.get((seen, (at + o) % HALF_HOURS, settled), 0.0) for o, w in near.items()),
                sum(w * ends.get((seen, (at + o) % HALF_HOURS, settled), 0.0) for o, w in near.items()),
            )
            for seen in _AT_HOME
        }
        all_hours, all_ends = sum(h for h, _ in here.values()), sum(n for _, n in here.values())
        now = (all_ends + self._all_day(settled) * _PRIOR) / (all_hours + _PRIOR)
        for seen, (h, n) in here.items():
            self._known[seen, at, settled] = (n + now * _PRIOR) / (h + _PRIOR)

    def _all_day(self, settled: bool) -> float:
        if settled not in self._general:
            hours = sum(h for key, h in self.counts.hours.items() if key[2] == settled)
            ends = sum(n for key, n in self.counts.ends.items() if key[2] == settled)
            self._general[settled] = (ends + 0.5) / (hours + 1)
        return self._general[settled]


def pieces(start: datetime, end: datetime) -> Iterator[Piece]:
    """The parts of a quiet from its tenth minute on, cut at each half hour and where the person counts as settled."""
    at, settles = start + SHORTEST, start + _SETTLED
    midnight = datetime.combine(start.date(), datetime.min.time())
    while at < end:
        number = (at - midnight) // HALF_HOUR
        cut = min(end, midnight + (number + 1) * HALF_HOUR, *((settles,) if at < settles else ()))
        yield Piece(at, (cut - at) / _HOUR, number % HALF_HOURS, at >= settles)
        at = cut


def _apart(one: datetime, other: datetime) -> timedelta:
    """Between two times of day, whichever way round the clock is shorter."""
    day = timedelta(days=1)
    apart = (one - other) % day
    return min(apart, day - apart)

"""The figures of hundreds of lives of alerts, drawn by chance, beside the same counted line by line in plain Python."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from care.people import Role
from records.counting.figures import figures
from records.database import Conn, Database
from records.ids import new_id
from records.login import accounts
from records.scope import EVERYTHING
from tests.centre import id_of
from tests.people import give
from tests.test_figures import MONDAY, SHANGHAI

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOW = MONDAY + 3 * DAY
LIMITS = (60 * SECOND, 180 * SECOND)


@dataclass
class Life:
    """One alert and its log."""

    opened: datetime
    alert_class: str
    drill: bool
    held: bool
    lines: list[tuple[datetime, str, bool]] = field(default_factory=list)
    """When, what, and whether a person did it."""

    @property
    def closed(self) -> datetime | None:
        at, kind, _ = self.lines[-1]
        return at if kind in ("close", "cleared") else None


def live(chance: random.Random) -> Life:
    """Steps as the life cycle allows them, with pauses around the limits."""
    at = MONDAY - 6 * HOUR + chance.randrange(4 * 86_400) * SECOND
    kinds = ["personal"] * 4 + ["environmental", "technical"]
    life = Life(at, chance.choice(kinds), chance.random() < 0.1, chance.random() < 0.1, [(at, "opened", False)])
    phase = "raised"
    if life.held and chance.random() < 0.5:
        life.held = False
        life.lines.append((at := at + 20 * MINUTE, "released", False))
    while at < NOW and chance.random() < 0.93:
        at += chance.choice((5, 30, 60, 61, 120, 180, 181, 2700, 2701, 3600, 3601, 9000)) * SECOND
        if at >= NOW:
            break
        steps = {
            "raised": ["answer", "answer", "answer", "told", "machine", "close", "shelve", "occurrence"],
            "shelved": ["unshelved"],
            "answered": ["dispatch", "dispatch", "hand_back", "expired", "close", "contact"],
            "dispatched": ["arrive", "arrive", "hand_back", "close", "overdue"],
            "arrived": ["see", "close"],
        }[phase]
        kind = chance.choice(steps)
        by_a_person = kind not in ("told", "machine", "expired", "unshelved", "occurrence", "overdue")
        life.lines.append((at, "answer" if kind == "machine" else kind, by_a_person))
        phase = {
            "answer": "answered", "shelve": "shelved", "unshelved": "raised", "hand_back": "raised",
            "expired": "raised", "dispatch": "dispatched", "arrive": "arrived",
        }.get(kind, phase)  # fmt: skip
        if kind == "close":
            break
    return life


def keep(conn: Conn, life: Life, resident: UUID, by: UUID) -> None:
    alert, closed = new_id(), life.closed
    conn.execute(
        """
        INSERT INTO alert (id, rule, rule_version, class, priority, subject, resident_id, home_id, phase, latched,
                           drill, happened_at, opened_at, last_at, evidence, raised_at, phase_at, touched_at,
                           suppressed_by, closed_at, outcome)
        SELECT %(id)s, 'fall', 1, %(class)s, 'high', %(id)s::text, id, home_id, %(phase)s, true, %(drill)s, %(at)s,
               %(at)s, %(at)s, '{}', %(at)s, %(at)s, %(at)s, %(held)s, %(closed)s, %(outcome)s
          FROM resident WHERE id = %(resident)s
        """,
        {
            "id": alert, "class": life.alert_class, "phase": "closed" if closed else "raised", "drill": life.drill,
            "at": life.opened, "held": "outage:1" if life.held else None, "closed": closed,
            "outcome": "helped" if closed else None, "resident": resident,
        },
    )  # fmt: skip
    for at, kind, person in life.lines:
        conn.execute(
            "INSERT INTO alert_log (alert_id, at, kind, account_id) VALUES (%s, %s, %s, %s)",
            (alert, at, kind, by if person else None),
        )


def waits(life: Life) -> list[tuple[bool, timedelta, bool]]:
    """Each time that it waited: whether it was the first, how long, and whether a person ended it."""
    found: list[tuple[bool, timedelta, bool]] = []
    since, first = None, True
    for at, kind, person in life.lines:
        if kind == "released" and since is not None and first:
            since = at  # held back until now
        elif kind in ("opened", "hand_back", "expired", "unshelved", "released"):
            if since is not None:
                found.append((first, at - since, False))
            since, first = at, kind == "opened"
        elif person and kind in ("answer", "shelve", "close") and since is not None:
            found.append((first, at - since, True))
            since = None
    if since is not None:
        found.append((first, NOW - since, False))
    return found


def trips(life: Life) -> list[tuple[timedelta, bool, bool]]:
    """Each time that somebody was sent: how long, whether they arrived, and whether it was called off."""
    found, since = [], None
    for at, kind, _ in life.lines:
        if kind == "dispatch":
            since = at
        elif kind in ("arrive", "hand_back", "close") and since is not None:
            found.append((at - since, kind == "arrive", kind != "arrive"))
            since = None
    return found if since is None else [*found, (NOW - since, False, False)]


@pytest.mark.parametrize("seed", range(4))
def test_the_statement_and_a_count_by_hand_say_the_same(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    give(database, "王桂珍", "watch-1")
    lives = [live(chance) for _ in range(250)]
    with database.transaction() as conn:
        by = accounts.create_account(conn, "李敏", "long-enough-for-a-test", Role.OPERATOR)
        resident = id_of(database, "王桂珍")
        for life in lives:
            keep(conn, life, resident, by)
        found = figures(conn, EVERYTHING, None, MONDAY, MONDAY + 2 * DAY, NOW)
    chosen = [one for one in lives if MONDAY <= one.opened < MONDAY + 2 * DAY and not one.drill]
    people = [one for one in chosen if one.alert_class != "technical"]
    assert (found.alerts, found.classes["technical"]) == (len(chosen), len(chosen) - len(people))

    waited = [wait for one in people if not one.held for wait in waits(one)]
    for first, rates in ((True, found.answers.first), (False, found.answers.again)):
        mine = [(took, ended) for was_first, took, ended in waited if was_first is first]
        for limit, rate in zip(LIMITS, rates, strict=True):
            within = sum(ended and took <= limit for took, ended in mine)
            of = sum(ended or took > limit for took, ended in mine)
            assert (rate.within, rate.of) == (within, of), (first, limit)
    gone = [trip for one in people for trip in trips(one)]
    for limit, rate in zip((45 * MINUTE, 60 * MINUTE), found.door.rates, strict=True):
        within = sum(there and took <= limit for took, there, _ in gone)
        assert (rate.within, rate.of) == (within, sum(there or took > limit for took, there, _ in gone)), limit
    called_off = sum(off and took <= 45 * MINUTE for took, _, off in gone)
    assert (found.door.sent, found.door.called_off) == (len(gone), called_off)
    days = {one.day: one.alerts for one in found.days}
    firsts = [one.opened.astimezone(SHANGHAI).date() for one in people if not one.held]
    assert days == {day: firsts.count(day) for day in set(firsts)}

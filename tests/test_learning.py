"""A habit is learned day by day: as if from all days at once, without reading them again, and what came late counts."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from alerts.learning import learn_habits
from alerts.silence import begin_watching
from care import stirs
from care.habit import Habit
from care.notices import LOCAL
from records import database
from records.database import Conn
from records.living import habits
from records.readings.observations import Observations
from simulators.history import rows_of
from simulators.incidents import Town
from simulators.moving_in import move_in
from tests.flavours import Flavour

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
FIRST = datetime(2026, 11, 1, tzinfo=LOCAL)
TOWN = Town(seed=3, count=1, incidents_per_day=0)


@pytest.fixture
def lived(flavour: Flavour) -> Iterator["Lived"]:
    """Somebody with many sensors, whose days are stored as the test says."""
    if flavour.name == "npm":
        pytest.skip("moving in needs a second connection")
    yield Lived(flavour)


class Lived:
    """A simulated home whose days come when they are told to."""

    def __init__(self, flavour: Flavour) -> None:
        installed = move_in(flavour.url, TOWN, FIRST)
        self.places = [(one.id, one.home.number, one.gadget.name) for one in installed]
        self.conn: Conn = flavour.conn
        self.store: Observations = flavour.observations
        with database.transaction(self.conn):
            row = self.conn.execute("SELECT resident_id FROM binding LIMIT 1").fetchone()
        assert row is not None
        self.resident: UUID = row[0]

    def comes(self, number: int, received_at: datetime | None = None) -> None:
        """This day of November is stored; without a time as it happens."""
        start = FIRST + (number - 1) * DAY
        rows = [row for row in rows_of(TOWN, self.places, start, start + DAY) if start <= row.time < start + DAY]
        with database.transaction(self.conn):
            self.store.ensure_partitions(self.conn, rows)
        hours = [start + timedelta(hours=hour) for hour in range(24)]
        for hour in hours:
            part = [row for row in rows if hour <= row.time < hour + 60 * MINUTE]
            with database.transaction(self.conn):
                self.store.save(self.conn, part, received_at or hour + 59 * MINUTE)

    def night_after(self, number: int) -> dict[str, object]:
        """Three o'clock after this day: the habit is learned; returns it as it is kept."""
        now = FIRST + number * DAY + timedelta(hours=3)
        with database.transaction(self.conn):
            begin_watching(self.conn, now)
            learn_habits(self.conn, now)
            return stirs.written(self.habit()) | {"days": self.days()}

    def habit(self) -> Habit:
        """What was learned."""
        return habits.of(self.conn, [self.resident])[self.resident]

    def days(self) -> list[int]:
        """The days that have taught."""
        return [day.day.day for day in habits.days(self.conn, self.resident)]

    def forgets(self) -> None:
        """What was learned is gone."""
        with database.transaction(self.conn):
            self.conn.execute("DELETE FROM habit_day")
            self.conn.execute("DELETE FROM habit")
            self.conn.execute("UPDATE silence_due SET learn_at = '-infinity'")


def test_night_by_night_the_same_is_learned_as_from_all_days_at_once_and_nothing_is_read_again(lived: Lived) -> None:
    for number in range(1, 11):
        lived.comes(number)
        by_night = lived.night_after(number)
    lived.forgets()
    assert lived.night_after(10) == by_night
    assert by_night["days"] == list(range(1, 11))
    with database.transaction(lived.conn):
        lived.conn.execute("DELETE FROM observation")
    lived.comes(11)
    assert lived.night_after(11)["days"] == list(range(1, 12))


def test_a_day_that_comes_late_is_learned_the_next_night_with_what_follows_it(lived: Lived) -> None:
    for number in (1, 2, 3, 5, 6, 7, 8):
        lived.comes(number)
        lived.night_after(number)
    assert 4 not in lived.days()
    lived.comes(4, received_at=FIRST + 8 * DAY + timedelta(hours=5))
    lived.comes(9)
    late = lived.night_after(9)
    assert late["days"] == list(range(1, 10))
    lived.forgets()
    assert lived.night_after(9) == late


def test_what_is_older_than_the_memory_is_forgotten(lived: Lived) -> None:
    for number in (1, 2, 29, 30):
        lived.comes(number)
        lived.night_after(number)
    assert lived.days() == [29, 30]
    assert lived.habit().days == 2

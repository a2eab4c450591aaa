"""Stories of silence: somebody who lies in the bathroom, somebody in hospital, and an ingest that is late."""

from datetime import datetime, timedelta

from alerts.engine import turn
from care.absences import AbsenceKind
from care.devices import DeviceKind
from care.quiets import DAYS_TO_LEARN
from records.equipment import devices
from records.judging.alerts import AlertView
from records.readings.observations import Row
from records.rounds import absences
from records.rounds.absences import Away
from tests.centre import id_of, observe
from tests.stories.town import LOCAL, NOON, Town

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WANG = "王桂珍"


def at(day: int, clock: str) -> datetime:
    """A time so many days before the story begins."""
    hours, minutes = map(int, clock.split(":"))
    return NOON.astimezone(LOCAL).replace(hour=hours, minute=minutes) - timedelta(days=day)


def lives_at(town: Town, device: str, clocks: list[str], days: range) -> None:
    """Somebody passed this sensor at these times of each of these days."""
    with town.database.transaction() as conn:
        found = devices.find(conn, "acme", device)
    assert found is not None
    rows = [
        Row(found.id, at(day, clock) + after, {"motion": value})
        for day in days
        for clock in clocks
        for after, value in ((timedelta(0), 1), (timedelta(minutes=1), 0))
    ]
    observe(town.database, rows)


def wang_at_home(town: Town, days: range) -> None:
    """Two sensors; up at seven, never two hours at rest until ten at night."""
    town.give(WANG, "bath", DeviceKind.MOTION, "卫生间")
    town.give(WANG, "living", DeviceKind.MOTION, "客厅")
    lives_at(town, "bath", ["07:00", "09:30", "12:00", "15:00", "18:30", "21:55"], days)
    living = [f"{hour:02}:{minute:02}" for hour in range(7, 22) for minute in (10, 40)]
    lives_at(town, "living", living, days)
    stirs(town)


def stirs(town: Town) -> None:
    """She passes through the bathroom now, and the other sensor says that it is there."""
    town.obs("bath", motion=1)
    town.obs("living", motion=0)
    town.settle()


def no_movement(town: Town) -> list[AlertView]:
    """The alerts of silence that are open."""
    return [alert for alert in town.open_alerts() if alert.rule == "no_movement"]


def rings_after(town: Town, until: timedelta) -> timedelta | None:
    """How long she lies there until it rings, the clock moved by half an hour at a time; None: not by then."""
    since = town.clock.now
    while town.clock.now - since < until:
        town.after(HOUR / 2)
        if no_movement(town):
            return town.clock.now - since
    return None


def test_who_collapses_in_the_bathroom_is_missed_within_hours_and_the_alert_says_why(town: Town) -> None:
    wang_at_home(town, range(21, 0, -1))
    began = town.clock.now
    delay = rings_after(town, 24 * HOUR)
    assert delay is not None
    assert HOUR <= delay <= 6 * HOUR
    (alert,) = no_movement(town)
    because = alert.evidence
    assert (because["last_place"], because["last_metric"], because["days"]) == ("卫生间", "motion", 21)
    assert datetime.fromisoformat(because["since"]) == began
    assert because["longest_before"] < because["limit"] <= because["quiet"]
    assert (alert.priority, alert.resident_name, alert.active) == ("high", WANG, True)
    stirs(town)
    town.after(HOUR / 4)
    assert [one.active for one in no_movement(town)] == [False]


def test_whose_watch_counts_steps_every_five_minutes_is_missed_when_it_counts_none(town: Town) -> None:
    town.give(WANG, "watch", DeviceKind.WEARABLE)
    with town.database.transaction() as conn:
        watch = devices.find(conn, "acme", "watch")
    assert watch is not None
    five = timedelta(minutes=5)
    walks = [
        Row(watch.id, at(day, "07:00") + number * five, {"steps": 40})
        for day in range(21, -1, -1)
        for number in range((15 if day else 5) * HOUR // five)
    ]
    observe(town.database, walks)
    town.obs("watch", steps=40)
    town.settle()
    delay = rings_after(town, 24 * HOUR)
    assert delay is not None
    assert delay <= 2 * HOUR
    (alert,) = no_movement(town)
    because = alert.evidence
    assert (because["longest_before"], because["limit"], because["days"]) == (600, 5400, 21)


def test_of_whom_nothing_is_known_yet_is_missed_after_a_whole_day_and_not_before(town: Town) -> None:
    wang_at_home(town, range(0))
    town.after(23 * HOUR)
    assert no_movement(town) == []
    town.after(HOUR)
    (alert,) = no_movement(town)
    assert alert.evidence["limit"] == alert.evidence["quiet"] == 86400
    assert alert.evidence["days"] < DAYS_TO_LEARN


def test_a_hospital_stay_rings_for_nobody_and_its_end_begins_anew(town: Town) -> None:
    wang_at_home(town, range(21, 0, -1))
    with town.database.transaction() as conn:
        back = town.clock.now + 12 * HOUR
        stay = Away(id_of(town.database, WANG), AbsenceKind.HOSPITAL, town.clock.now, back)
        absences.add(conn, stay, town.clock.now)
    assert rings_after(town, 12 * HOUR) is None
    assert rings_after(town, 12 * HOUR) is not None


def test_slow_ingest_makes_nobody_silent(town: Town) -> None:
    wang_at_home(town, range(21, 0, -1))
    later = town.clock.now + 20 * HOUR  # the engine's clock goes on; the lanes do not
    turn(town.conn, later)
    assert no_movement(town) == []
    town.at(later)
    assert len(no_movement(town)) == 1


def test_dead_sensors_prove_nothing(town: Town) -> None:
    wang_at_home(town, range(21, 0, -1))
    for device in ("bath", "living"):
        town.status(device, f'{{"time": "{town.clock.now.isoformat()}", "online": false}}'.encode())
    town.settle()
    assert rings_after(town, 30 * HOUR) is None

"""A rehearsal: a day of a small town in a minute, on a clock of its own, through a whole platform."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.crowd import Crowd
from gateway.topics import Channel
from launch.rehearsal import Rehearsal, last_days
from simulators import truth
from simulators.days import ZONE
from simulators.incidents import Kind, Town, with_every_kind

BEGIN = datetime(2026, 11, 23, tzinfo=ZONE)
SINCE = int(BEGIN.timestamp())
TWO = Town(seed=1, count=2, incidents_per_day=0)


def test_a_rehearsed_day_has_every_kind_of_incident_and_says_of_each_whether_it_was_noticed(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    shares: list[float] = []
    lines = Rehearsal(TWO, BEGIN, 1, path, told=lambda _now, share: shares.append(share)).run()
    until = SINCE + 86_400
    assert path.read_bytes() == truth.ledger(with_every_kind(TWO, SINCE, until), SINCE, until)
    said = {line.split()[0]: line.split()[1:4] for line in lines[1:-1]}
    assert set(said) == set(Kind)
    assert said["sos"] == ["1", "1", "0"]
    assert said["smoke"] == ["1", "1", "0"]
    assert "20.0 s" in next(line for line in lines if line.startswith("sos"))  # it is judged in the second it comes
    assert lines[-1].startswith("false alerts: ")
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_rehearsal_that_is_stopped_has_its_ledger_until_then(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    stop = threading.Event()
    reached: list[datetime] = []

    def told(now: datetime, _share: float) -> None:
        reached.append(now)
        stop.set()

    Rehearsal(TWO, BEGIN, 7, path, told=told, stop=stop).run()
    found = truth.read(path)
    assert [found.until] == reached
    assert found.since == BEGIN
    assert found.until < BEGIN + timedelta(hours=1)


def test_nobody_waits_for_what_is_said_in_the_dark() -> None:
    crowd = Crowd("mqtt://127.0.0.1:9")
    member = crowd.add("sim", "bed-1", "secret", b"{}")
    assert not crowd.settled
    crowd.cut(member, away=True)
    crowd.say(member, Channel.OBS, b"{}")
    assert crowd.settled
    assert (crowd.unacknowledged, crowd.arrived) == (1, 0)
    crowd.close()


def test_the_last_days_are_whole_days_by_the_clock_on_the_wall() -> None:
    late = datetime(2026, 11, 25, 17, 0, tzinfo=UTC)  # one in the morning of the 26th in Ma'anshan
    assert last_days(7, late) == datetime(2026, 11, 19, tzinfo=ZONE)

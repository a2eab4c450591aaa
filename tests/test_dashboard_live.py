"""The live changes: everything, in order, exactly once, also for those who were away or slow."""

import json
import socket
import threading
import time
from typing import Any

import httpx2
import pytest
from websockets.sync.client import ClientConnection

from dashboard.live import Audience, Numbered, in_writes
from records.database import Database
from records.scope import EVERYTHING, Scope
from tests.centre import Centre, ring
from tests.people import Wearer
from tests.whole import PATIENCE


def hear(live: ClientConnection, count: int, kind: str = "change", within: float = 10) -> list[dict[str, Any]]:
    """The next messages of this kind."""
    found: list[dict[str, Any]] = []
    deadline = time.monotonic() + PATIENCE * within
    while len(found) < count:
        message = json.loads(live.recv(timeout=max(0.01, deadline - time.monotonic())))
        if message["type"] == kind:
            found.append(message)
    return found


def only_beats(live: ClientConnection, beats: int) -> bool:
    """Whether nothing but beats comes for so long."""
    return all(json.loads(live.recv(timeout=60))["type"] == "beat" for _ in range(beats))


def some_changes(operator: httpx2.Client, database: Database, wang: Wearer, rounds: int) -> None:
    """Each round is three changes: raised, answered, closed."""
    for _ in range(rounds):
        fall = ring(database, wang)
        operator.post(f"/api/alerts/{fall}/answer").raise_for_status()
        operator.post(f"/api/alerts/{fall}/close", json={"outcome": "helped"}).raise_for_status()


def test_a_page_begins_with_what_is_open_and_then_hears_each_step(
    centre: Centre, operator: httpx2.Client, database: Database, wang: Wearer
) -> None:
    first = ring(database, wang, "sos")
    with centre.live(operator) as live:
        [snapshot] = hear(live, 1, "snapshot")
        assert [alert["id"] for alert in snapshot["alerts"]] == [str(first)]
        fall = ring(database, wang)
        operator.post(f"/api/alerts/{fall}/answer")
        operator.post(f"/api/alerts/{fall}/close", json={"outcome": "helped", "note": "已扶起"})
        changes = hear(live, 3)
    assert [change["kind"] for change in changes] == ["opened", "answer", "close"]
    assert [change["number"] for change in changes] == [snapshot["number"] + n for n in (1, 2, 3)]
    assert [change["alert"]["phase"] for change in changes] == ["raised", "answered", "closed"]
    assert changes[0]["alert"]["resident_name"] == "王桂珍"


def test_a_fall_is_on_the_page(centre: Centre, operator: httpx2.Client, database: Database, wang: Wearer) -> None:
    with centre.live(operator) as live:
        hear(live, 1, "snapshot")
        fall = ring(database, wang)
        assert [change["alert"]["id"] for change in hear(live, 1)] == [str(fall)]


def test_whoever_comes_back_gets_exactly_what_was_missed(
    centre: Centre, operator: httpx2.Client, database: Database, wang: Wearer
) -> None:
    with centre.live(operator) as live:
        hear(live, 1, "snapshot")
        some_changes(operator, database, wang, 1)
        seen = hear(live, 2)[-1]["number"]  # the third it does not hear any more
    some_changes(operator, database, wang, 4)
    with centre.live(operator, f"?since={seen}") as live:
        assert [change["number"] for change in hear(live, 1 + 12)] == list(range(seen + 1, seen + 14))
        assert only_beats(live, 2)


def test_whoever_missed_nothing_hears_only_the_beat(
    centre: Centre, operator: httpx2.Client, database: Database, wang: Wearer
) -> None:
    some_changes(operator, database, wang, 1)
    with centre.live(operator) as live:
        [snapshot] = hear(live, 1, "snapshot")
    with centre.live(operator, f"?since={snapshot['number']}") as live:
        assert only_beats(live, 2)


def test_what_is_no_longer_kept_or_never_was_is_answered_with_all_there_is(
    centre: Centre, operator: httpx2.Client, database: Database, wang: Wearer
) -> None:
    some_changes(operator, database, wang, 3)
    with database.transaction() as conn:
        conn.execute("DELETE FROM change WHERE number <= 5")
    for since in (2, 4_000):
        with centre.live(operator, f"?since={since}") as live:
            [snapshot] = hear(live, 1, "snapshot")
            assert snapshot["number"] == 9
    with centre.live(operator, "?since=5") as live:
        assert [change["number"] for change in hear(live, 4)] == [6, 7, 8, 9]


def test_a_page_that_reads_nothing_holds_up_nobody_and_catches_up(
    centre: Centre, operator: httpx2.Client, database: Database, wang: Wearer
) -> None:
    with socket.socket() as narrow:
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * 1024)
        narrow.connect(("127.0.0.1", centre.port))
        with centre.live(operator, sock=narrow, max_queue=1) as stuck, centre.live(operator) as live:
            [snapshot] = hear(live, 1, "snapshot")
            last = snapshot["number"]
            for _ in range(4):
                last = many_long_changes(operator, database, wang, live, last)
            numbers = [change["number"] for change in hear(stuck, last - snapshot["number"], within=60)]
            assert numbers == list(range(snapshot["number"] + 1, last + 1))
    assert "ankang_watchers_caught_up_total 0.0" not in operator.get("/metrics").text, "it was never behind"


def many_long_changes(
    operator: httpx2.Client, database: Database, wang: Wearer, live: ClientConnection, last: int
) -> int:
    """Forty changes of 20 kB, all of which the page that reads hears at once; returns the last number."""
    for _ in range(20):
        fall = ring(database, wang)
        with database.transaction() as conn:
            conn.execute(
                "UPDATE alert SET evidence = jsonb_build_object('long', repeat('x', 20000)) WHERE id = %s", (fall,)
            )
        operator.post(f"/api/alerts/{fall}/close", json={"outcome": "helped"}).raise_for_status()
    numbers = [change["number"] for change in hear(live, 40, within=30)]
    assert numbers == list(range(last + 1, last + 41))
    return last + 40


def test_nothing_that_is_sent_waits_for_more() -> None:
    """asyncio turns Nagle's algorithm off only where the listener says that it speaks TCP: 45 ms or 1 ms an answer."""
    from dashboard.service import _listening

    with _listening("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_a_page_that_never_reads_again_is_let_go_and_holds_nothing(
    centre: Centre, operator: httpx2.Client, database: Database, wang: Wearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.watching.STUCK_AFTER", 2.0)
    with socket.socket() as narrow:
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * 1024)
        narrow.connect(("127.0.0.1", centre.port))
        # The one that reads takes in whatever comes, also while the test is busy: it is never taken for stuck.
        reader = centre.live(operator, max_queue=None)
        with centre.live(operator, sock=narrow, max_queue=1), reader as live:
            [snapshot] = hear(live, 1, "snapshot")
            last = snapshot["number"]
            deadline = time.monotonic() + PATIENCE * 60
            while "ankang_watchers 1.0" not in operator.get("/metrics").text:
                assert time.monotonic() < deadline, "it was not let go"
                last = many_long_changes(operator, database, wang, live, last)


def test_what_is_written_together_is_everything_once_and_in_order() -> None:
    changes = [Numbered(number, b"x" * size, b"") for number, size in enumerate((10, 40_000, 30_000, 2_000, 5, 31_000))]
    together = [[change.number for change in some] for some in in_writes(changes)]
    assert together == [[0], [1], [2, 3, 4], [5]]
    assert list(in_writes([])) == []


def test_each_gets_what_they_may_see_by_name_or_without() -> None:
    here, there = Numbered(1, b"Wang", b"W**", area_id=7), Numbered(2, b"Li", b"L*", area_id=8)
    assert Audience(Scope(areas=(7,)), names=True).frames([here, there]) == [b"Wang"]
    assert Audience(EVERYTHING, names=False).frames([here, there]) == [b"W**", b"L*"]
    assert Audience(Scope(areas=()), names=True).frames([here, there]) == []


def test_many_pages_hear_the_same_in_the_same_order(
    centre: Centre, operator: httpx2.Client, database: Database, wang: Wearer
) -> None:
    heard: dict[int, list[int]] = {}

    def watch(number: int) -> None:
        with centre.live(operator) as live:
            hear(live, 1, "snapshot")
            ready.wait()
            heard[number] = [change["number"] for change in hear(live, 30, within=30)]

    ready = threading.Barrier(6, timeout=60)
    threads = [threading.Thread(target=watch, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    ready.wait()
    some_changes(operator, database, wang, 10)
    for thread in threads:
        thread.join(timeout=180)
    assert len(heard) == 5
    assert all(numbers == list(range(numbers[0], numbers[0] + 30)) for numbers in heard.values())
    assert len({numbers[0] for numbers in heard.values()}) == 1


def test_the_metrics_count_pages_and_changes_and_name_nobody(
    centre: Centre, operator: httpx2.Client, database: Database, wang: Wearer
) -> None:
    with centre.live(operator) as live:
        hear(live, 1, "snapshot")
        ring(database, wang)
        hear(live, 1)
        operator.get("/api/residents?search=王桂珍")
        text = operator.get("/metrics").text
    assert "ankang_watchers 1.0" in text
    assert "ankang_changes_sent_total 1.0" in text
    assert 'ankang_http_requests_total{method="GET",route="/api/residents",status="200"} 1.0' in text
    assert "王桂珍" not in text

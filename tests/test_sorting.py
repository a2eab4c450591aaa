"""Sorting a batch: nothing is lost, nothing is said twice, and the order of good readings does not matter."""

from datetime import datetime, timedelta
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from care.devices import DeviceState
from care.messages import Address
from gateway.session import Letter
from ingest.sorting import Sorted, Sorter
from records.equipment.devices import KnownDevice
from tests.people import NOW

BOOK = {
    ("acme", "bed-1"): KnownDevice(1, DeviceState.REGISTERED),
    ("acme", "bed-2"): KnownDevice(2, DeviceState.REGISTERED),
    ("acme", "old"): KnownDevice(3, DeviceState.DISABLED),
    ("acme", "new"): KnownDevice(4, DeviceState.UNCLAIMED),
}


def sort(*letters: Letter) -> Sorted:
    """As the lane does, at NOW."""

    def claim(address: Address) -> KnownDevice:
        return KnownDevice(hash(address) % 1000 + 100, DeviceState.UNCLAIMED)

    return Sorter("bulk-0", timedelta(days=400), BOOK.get, claim).sort(letters, NOW)


def letter(device: str, channel: str, body: Any, mid: int = 1, repeated: bool = False) -> Letter:
    """This said by a device of acme."""
    payload = body if isinstance(body, bytes) else orjson.dumps(body)
    return Letter(f"care/v1/acme/{device}/{channel}", payload, mid, 1, repeated)


def reading(second: int, **values: float) -> dict[str, Any]:
    """One reading."""
    return {"time": (NOW - timedelta(seconds=second)).isoformat(), "values": values}


def stored(work: Sorted) -> dict[tuple[int, datetime, str], float]:
    """Every stored value by device, time and metric."""
    return {(row.device_id, row.time, name): v for row in work.batch.observations for name, v in row.values.items()}


READINGS = st.builds(
    reading,
    st.integers(0, 5),
    heart_rate=st.sampled_from([60.0, 61.0]),
    **{"respiration_rate": st.sampled_from([14.0]), "spo2": st.sampled_from([97.0, 98.0])},
)
LETTERS = st.builds(
    letter,
    st.sampled_from(["bed-1", "bed-2", "old", "new", "nobody"]),
    st.just("obs"),
    READINGS | st.lists(READINGS, min_size=1, max_size=4) | st.just(b"\xff") | st.just([]),
)


def values_in(one: Letter) -> list[tuple[str, str, str, float]]:
    """Everything that a letter says: device, time, metric, value."""
    try:
        body = orjson.loads(one.payload)
    except orjson.JSONDecodeError:
        return []
    entries = body if isinstance(body, list) else [body]
    device = one.topic.split("/")[3]
    return [(device, entry["time"], name, value) for entry in entries for name, value in entry["values"].items()]


@given(st.lists(LETTERS, max_size=12))
def test_every_value_is_stored_or_kept_aside_or_there_already(letters: list[Letter]) -> None:
    work = sort(*letters)
    there = stored(work)
    aside = {row.payload for row in work.batch.quarantine}
    for one in letters:
        said = values_in(one)
        if not said:
            assert one.payload in aside
        for device, time, name, value in said:
            known = BOOK.get(("acme", device))
            if known is None or known.state is not DeviceState.REGISTERED:
                assert one.payload in aside
            elif there[known.id, datetime.fromisoformat(time), name] != value:
                assert one.payload in aside, "another value of the same time"
    heard = {
        (device, datetime.fromisoformat(time), name, v) for one in letters for device, time, name, v in values_in(one)
    }
    devices = {known.id: name for (_, name), known in BOOK.items()}
    assert {(devices[device], time, name, value) for (device, time, name), value in there.items()} <= heard


@given(st.lists(LETTERS, max_size=8), st.integers(0, 8))
def test_two_batches_store_what_one_does(letters: list[Letter], cut: int) -> None:
    together = stored(sort(*letters))
    first, second = stored(sort(*letters[:cut])), stored(sort(*letters[cut:]))
    assert second | first == together  # what was stored first stays


@given(st.lists(LETTERS, max_size=8))
def test_the_same_letters_again_add_nothing(letters: list[Letter]) -> None:
    once, twice = sort(*letters), sort(*letters, *letters)
    assert stored(once) == stored(twice)
    assert {row.payload for row in once.batch.quarantine} == {row.payload for row in twice.batch.quarantine}
    assert twice.batch.messages == 2 * once.batch.messages


def test_each_event_is_acknowledged_and_a_refused_one_with_the_reason() -> None:
    time = NOW.isoformat()
    work = sort(
        letter("bed-1", "event", {"id": "a", "time": time, "event": "bed_exit"}),
        letter("bed-1", "event", {"id": "b", "time": time, "event": "levitation"}),
        letter("bed-1", "event", {"id": "c", "time": (NOW + timedelta(days=1)).isoformat(), "event": "tamper"}),
    )
    assert [(ack.id, ack.quarantined is None) for ack in work.acks] == [("a", True), ("b", False), ("c", False)]


def test_an_alarm_of_a_stranger_is_claimed_and_his_heart_rate_is_kept_aside() -> None:
    fall = {"id": "a", "time": NOW.isoformat(), "event": "fall"}
    work = sort(letter("stranger", "event", fall), letter("stranger", "obs", reading(0, heart_rate=72)))
    assert [event.name for event in work.batch.events] == ["fall"]
    assert [row.reason for row in work.batch.quarantine] == ["unknown device; register it with `ankang device add`"]


def test_a_will_counts_from_when_it_was_heard_and_a_repeat_of_it_from_when_it_was_said() -> None:
    said = NOW - timedelta(hours=3)
    off = {"time": said.isoformat(), "online": False}
    work = sort(letter("bed-1", "status", off), letter("bed-2", "status", off, repeated=True))
    assert [row.time for row in work.batch.statuses] == [NOW, said]


def test_a_live_breach_is_signalled_and_a_late_one_is_not() -> None:
    late = letter("bed-1", "obs", reading(301, heart_rate=150))
    live = letter("bed-1", "obs", reading(10, heart_rate=150))
    assert [signal.rule for signal in sort(late, live).batch.signals] == ["vital_heart_rate"]

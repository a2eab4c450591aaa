"""Untrusted bytes: every kind of bad input gets a reason that names the field and never its value."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.messages import Event, Observations, Rejected, Reply, Status
from gateway.decode import decode

OBS, EVENT, STATUS = (f"care/v1/acme/bed-1/{channel}" for channel in ("obs", "event", "status"))
TIME = "2026-11-23T12:00:00.123+08:00"


def reason(topic: str, payload: bytes) -> str:
    message = decode(topic, payload)
    assert isinstance(message, Rejected)
    return message.refused.reason


def test_a_reading_is_decoded_mapped_topic_or_not() -> None:
    payload = json.dumps({"time": TIME, "values": {"heart_rate": 72, "in_bed": 1, "spo2": None}}).encode()
    for topic in (OBS, "care/p/3/acme/bed-1/obs"):
        message = decode(topic, payload)
        assert isinstance(message, Observations)
        assert message.address == ("acme", "bed-1")
        assert message.readings[0].values == {"heart_rate": 72, "in_bed": 1}
        assert message.readings[0].time.isoformat() == TIME.replace(".123", ".123000")


def test_milliseconds_are_a_time_and_an_array_is_a_batch() -> None:
    payload = b'[{"time":1795406400123,"values":{"power":12}},{"time":1795406401123,"values":{"power":13}}]'
    message = decode(OBS, payload)
    assert isinstance(message, Observations)
    assert [reading.time.timestamp() for reading in message.readings] == [1795406400.123, 1795406401.123]


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"\xff\xfe", "not JSON"),
        (b"{", "not JSON"),
        (b"[]", "an empty array"),
        (b"7", "not an object"),
        (b'{"values":{"power":1}}', "time: missing"),
        (b'{"time":"2026-11-23T12:00:00","values":{"power":1}}', "no time zone"),
        (b'{"time":"noon","values":{"power":1}}', "not a time"),
        (b'{"time":1795406400123}', "values: missing"),
        (b'{"time":1795406400123,"values":{"mood":1}}', "unknown metric"),
        (b'{"time":1795406400123,"values":{"heart_rate":987}}', "heart_rate: above the plausible range"),
        (b'{"time":1795406400123,"values":{"heart_rate":3}}', "heart_rate: below the plausible range"),
        (b'{"time":1795406400123,"values":{"heart_rate":NaN}}', "heart_rate: not a finite number"),
        (b'{"time":1795406400123,"values":{"heart_rate":Infinity}}', "heart_rate: not a finite number"),
        (b'{"time":1795406400123,"values":{"heart_rate":"72"}}', "heart_rate: not a number"),
        (b'{"time":1795406400123,"values":{"in_bed":2}}', "in_bed: not 0 or 1"),
        (b" " * 65_537, "more than 64 KiB"),
    ],
)
def test_bad_observations_say_why(payload: bytes, said: str) -> None:
    assert said in reason(OBS, payload)


def test_a_bad_value_does_not_cost_the_good_ones() -> None:
    message = decode(OBS, b'[{"time":1795406400123,"values":{"heart_rate":72,"spo2":7}},{"time":"x","values":{}}]')
    assert isinstance(message, Observations)
    assert [dict(reading.values) for reading in message.readings] == [{"heart_rate": 72}]
    assert [refused.field for refused in message.refused] == ["[0].values.spo2", "[1].time"]


def test_unknown_fields_are_ignored_and_counted() -> None:
    message = decode(OBS, b'{"time":1795406400123,"values":{"power":1},"seq":7,"model":"X"}')
    assert isinstance(message, Observations)
    assert message.unknown_fields == 2


def test_a_fall_with_an_impossible_clock_is_still_a_fall() -> None:
    for payload in (b'{"id":"7","event":"fall"}', b'{"id":"7","event":"fall","time":"yesterday"}'):
        message = decode(EVENT, payload)
        assert isinstance(message, Event)
        assert message.time is None
        assert message.clock_problem is not None
    assert isinstance(decode(EVENT, b'{"id":"7","event":"tamper"}'), Rejected)


def test_a_refused_event_keeps_its_id_so_that_the_device_can_be_told() -> None:
    message = decode(EVENT, b'{"id":"7","event":"levitation","time":1795406400123}')
    assert isinstance(message, Rejected)
    assert message.event_id == "7"


def test_status_and_reply() -> None:
    status = decode(STATUS, json.dumps({"time": TIME, "online": False, "battery": 87, "rssi": -61}).encode())
    assert isinstance(status, Status)
    assert (status.online, status.battery) == (False, 87)
    assert isinstance(decode("care/v1/acme/bed-1/reply", b'{"id":"1","ok":true}'), Reply)
    assert "battery: above" in reason(STATUS, json.dumps({"time": TIME, "online": True, "battery": 101}).encode())


@pytest.mark.parametrize(
    "topic", ["care/v1/acme/bed-1/other", "care/v2/acme/bed-1/obs", "x", "", "care/v1/a/b/c/d/obs"]
)
def test_foreign_topics_are_refused(topic: str) -> None:
    assert "unknown" in reason(topic, b"{}")


@given(st.sampled_from(["obs", "event", "status", "reply"]), st.binary(max_size=300))
def test_no_bytes_break_the_line(channel: str, payload: bytes) -> None:
    decode(f"care/v1/acme/bed-1/{channel}", payload)


SCALAR = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8)
JSON = SCALAR | st.lists(SCALAR, max_size=3) | st.dictionaries(st.text(max_size=8), SCALAR, max_size=3)
FIELDS = st.sampled_from(["time", "values", "id", "event", "online", "ok", "data", "heart_rate", "battery"])


@given(st.sampled_from(["obs", "event", "status", "reply"]), st.dictionaries(FIELDS, JSON | st.just(TIME), max_size=6))
def test_no_json_breaks_the_line_and_no_reason_holds_a_value(channel: str, body: dict[str, object]) -> None:
    marked = {**body, "firmware": "x" * 65 + "SECRET", "id": "SECRET" * 40}
    message = decode(f"care/v1/acme/bed-1/{channel}", json.dumps(marked).encode())
    if isinstance(message, Rejected):
        assert "SECRET" not in message.refused.reason
        assert "SECRET" not in message.refused.field

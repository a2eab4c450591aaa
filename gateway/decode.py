"""Untrusted bytes stop here: a topic and a payload become a message, or a reason why not."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from care import wire
from care.events import EVENTS, never_waits
from care.messages import MAX_PAYLOAD, Address, Event, Message, Observations, Reading, Refused, Rejected, Reply, Status
from gateway.topics import Channel, parse


def decode(topic: str, payload: bytes) -> Message | Rejected:
    """The message in these bytes. Never raises; a reason names the field and never its value."""
    parsed = parse(topic)
    if parsed is None:
        return Rejected(topic, None, Refused("unknown topic; publish to care/v1/{vendor}/{device}/{channel}", "topic"))
    address, channel = parsed
    if len(payload) > MAX_PAYLOAD:
        return Rejected(topic, address, Refused("more than 64 KiB; send smaller batches", "payload"))
    match channel:
        case Channel.OBS:
            return _observations(topic, address, payload)
        case Channel.EVENT:
            return _event(topic, address, payload)
        case Channel.STATUS:
            return _status(topic, address, payload)
        case Channel.REPLY:
            return _reply(topic, address, payload)
        case _:
            return Rejected(topic, address, Refused("unknown channel; use obs, event, status or reply", "topic"))


def _observations(topic: str, address: Address, payload: bytes) -> Observations | Rejected:
    try:
        entries = wire.OBS.validate_json(payload)
    except ValidationError:
        return _piece_by_piece(topic, address, payload)
    if isinstance(entries, dict):
        entries = [entries]
    if not entries:
        return Rejected(topic, address, Refused("an empty array; leave the message out", "payload"))
    unknown = sum(len(entry) - 2 for entry in entries)
    return Observations(address, tuple([_reading(entry["time"], entry["values"]) for entry in entries]), (), unknown)


def _reading(time: datetime, values: Mapping[str, Any]) -> Reading:
    if None in values.values():
        values = {name: value for name, value in values.items() if value is not None}
    return Reading(time, values)


def _piece_by_piece(topic: str, address: Address, payload: bytes) -> Observations | Rejected:
    """The good readings and values of a message that is not all good: a bad value never costs a good one."""
    parsed = _json(payload)
    if isinstance(parsed, Refused):
        return Rejected(topic, address, parsed)
    entries = parsed if isinstance(parsed, list) else [parsed]
    readings: list[Reading] = []
    refused: list[Refused] = []
    unknown = 0
    for number, entry in enumerate(entries):
        where = f"[{number}]." if isinstance(parsed, list) else ""
        reading, problems, extra = _entry(entry, where)
        unknown += extra
        refused += problems
        if reading is not None:
            readings.append(reading)
    if not readings:
        first = refused[0] if refused else Refused("an empty array; leave the message out", "payload")
        return Rejected(topic, address, Refused(first.reason, first.field))
    return Observations(address, tuple(readings), tuple(refused), unknown)


def _entry(entry: Any, where: str) -> tuple[Reading | None, list[Refused], int]:
    if not isinstance(entry, dict):
        return None, [Refused(f"{where}: not an object with time and values", where or "payload", entry)], 0
    unknown = len(entry.keys() - {"time", "values"})
    try:
        time = wire.TIME.validate_python(entry["time"])
    except KeyError:
        return None, [Refused(f"{where}time: missing; every reading needs one", f"{where}time", entry)], unknown
    except ValidationError as problem:
        return None, [Refused(f"{where}time: {_why(problem)}", f"{where}time", entry)], unknown
    if not isinstance(entry.get("values"), dict):
        return None, [Refused(f"{where}values: missing, or not an object", f"{where}values", entry)], unknown
    good: dict[str, float] = {}
    bad: list[Refused] = []
    for name, value in entry["values"].items():
        outcome = _value(name, value)
        if isinstance(outcome, str):
            shown = name if name in wire.VALUE else "(unknown)"
            bad.append(
                Refused(
                    f"{where}values.{shown}: {outcome}",
                    f"{where}values.{shown}",
                    {"time": entry["time"], "values": {name: value}},
                )
            )
        elif outcome is not None:
            good[name] = outcome
    return (Reading(time, good) if good or not bad else None), bad, unknown


def _value(name: str, value: Any) -> float | str | None:
    """The value, None for no reading, or the reason why not."""
    if name not in wire.VALUE:
        return "unknown metric; see the catalogue"
    try:
        checked: float | None = wire.VALUE[name].validate_python(value)
    except ValidationError as problem:
        return _why(problem)
    return checked


def _event(topic: str, address: Address, payload: bytes) -> Event | Rejected:
    try:
        event = wire.EVENT.validate_json(payload)
    except ValidationError as problem:
        return _event_with_a_bad_clock(topic, address, payload, problem)
    if event["event"] not in EVENTS:
        reason = Refused("event: unknown; see the catalogue", "event")
        return Rejected(topic, address, reason, event["id"])
    extra = len(event.keys() - {"id", "time", "event", "data"})
    return Event(address, event["id"], event["event"], event["time"], event.get("data", {}), None, extra)


def _event_with_a_bad_clock(topic: str, address: Address, payload: bytes, problem: ValidationError) -> Event | Rejected:
    """A personal or environmental event whose only fault is its time is still an event; anything else is refused."""
    parsed = _json(payload)
    if isinstance(parsed, Refused):
        return Rejected(topic, address, parsed)
    reason = _first(problem)
    id_ = parsed.get("id") if isinstance(parsed, dict) else None
    known_id = id_ if isinstance(id_, str) and 0 < len(id_) <= 128 else None
    only_the_time = all(error["loc"][:1] == ("time",) for error in problem.errors(include_input=False))
    if known_id is None or not only_the_time or not isinstance(parsed, dict):
        return Rejected(topic, address, reason, known_id)
    name = parsed["event"]
    if name not in EVENTS:
        return Rejected(topic, address, Refused("event: unknown; see the catalogue", "event"), known_id)
    if not never_waits(name):
        return Rejected(topic, address, reason, known_id)
    return Event(address, known_id, name, None, parsed.get("data", {}), reason.reason)


def _status(topic: str, address: Address, payload: bytes) -> Status | Rejected:
    try:
        status = wire.STATUS.validate_json(payload)
    except ValidationError as problem:
        return Rejected(topic, address, _not_json(payload) or _first(problem))
    extra = len(status.keys() - {"time", "online", "battery", "rssi", "firmware"})
    return Status(
        address,
        status["time"],
        status["online"],
        status.get("battery"),
        status.get("rssi"),
        status.get("firmware"),
        extra,
    )


def _reply(topic: str, address: Address, payload: bytes) -> Reply | Rejected:
    try:
        reply = wire.REPLY.validate_json(payload)
    except ValidationError as problem:
        return Rejected(topic, address, _not_json(payload) or _first(problem))
    return Reply(address, reply["id"], reply["ok"], reply.get("data", {}), len(reply.keys() - {"id", "ok", "data"}))


def _json(payload: bytes) -> Any:
    try:
        return from_json(payload)
    except ValueError:
        return Refused("not JSON (UTF-8)", "payload")


def _not_json(payload: bytes) -> Refused | None:
    parsed = _json(payload)
    return parsed if isinstance(parsed, Refused) else None


_WORDS = {
    "missing": "missing",
    "greater_than_equal": "below the plausible range",
    "less_than_equal": "above the plausible range",
    "finite_number": "not a finite number",
    "float_type": "not a number",
    "bool_type": "not 0 or 1",
    "bool_parsing": "not 0 or 1",
    "timezone_aware": "has no time zone; send ISO 8601 with a zone, or milliseconds",
    "datetime_type": "not a time; send ISO 8601 with a zone, or milliseconds",
    "datetime_parsing": "not a time; send ISO 8601 with a zone, or milliseconds",
    "datetime_from_date_parsing": "not a time; send ISO 8601 with a zone, or milliseconds",
    "datetime_object_invalid": "not a time; send ISO 8601 with a zone, or milliseconds",
    "string_type": "not a text",
    "string_too_short": "empty",
    "string_too_long": "too long",
    "dict_type": "not an object",
    "typed_dict_type": "not an object",
}


def _why(problem: ValidationError) -> str:
    return next(_reasons(problem))[1]


def _first(problem: ValidationError) -> Refused:
    field, reason = next(_reasons(problem))
    return Refused(f"{field}: {reason}", field)


def _reasons(problem: ValidationError) -> Iterator[tuple[str, str]]:
    """Field and reason of each fault: pydantic's own text would hold the value, which must reach no log."""
    for error in problem.errors(include_input=False, include_url=False, include_context=False):
        field = ".".join(str(part) for part in error["loc"][:1]) or "payload"
        yield field, _WORDS.get(error["type"], error["type"].replace("_", " "))

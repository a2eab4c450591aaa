"""The payloads of the MQTT contract, version 1: the models that validate them and that the JSON Schemas come from."""

from datetime import datetime
from typing import Annotated, Any, NotRequired

from pydantic import AwareDatetime, ConfigDict, Field, TypeAdapter, WithJsonSchema, with_config
from typing_extensions import TypedDict

from care.events import EVENTS
from care.metrics import CATALOGUE, Metric, MetricKind

_TIME_SCHEMA = {
    "title": "Time",
    "description": "When it was so: ISO 8601 with a zone, or milliseconds since 1970-01-01T00:00:00Z.",
    "anyOf": [{"type": "string", "format": "date-time"}, {"type": "integer"}],
    "examples": ["2026-11-23T12:00:00.123+08:00", 1795406400123],
}
WireTime = Annotated[AwareDatetime, WithJsonSchema(_TIME_SCHEMA)]

_BATTERY = Annotated[float, Field(ge=0, le=100, strict=True, allow_inf_nan=False, description="%")]
_RSSI = Annotated[float, Field(ge=-200, le=50, strict=True, allow_inf_nan=False, description="dBm")]
_ID = Annotated[str, Field(min_length=1, max_length=128)]


def _value_type(metric: Metric) -> Any:
    about = {
        "description": f"Unit {metric.unit} (UCUM), {metric.kind}; LOINC {metric.loinc or 'none'}. null: no reading."
    }
    if metric.kind is MetricKind.STATE:
        return Annotated[bool, WithJsonSchema({"enum": [0, 1, False, True, None], **about})] | None
    about_it = about["description"]
    return (
        Annotated[
            float,
            Field(ge=metric.low, le=metric.high, strict=True, allow_inf_nan=False, description=about_it),
        ]
        | None
    )


VALUE_TYPES: dict[str, Any] = {metric.name: _value_type(metric) for metric in CATALOGUE}

# Made from the catalogue, so that the two can't differ; mypy wants to see the keys.
_Values: Any = TypedDict("Values", VALUE_TYPES, total=False)  # type: ignore[misc]
setattr(_Values, "__pydantic_config__", ConfigDict(extra="forbid"))  # noqa: B010

# A device may send fields that we don't know: v1 only ever grows. They are ignored, and counted.
_OPEN = ConfigDict(extra="allow", val_temporal_unit="milliseconds")


@with_config(_OPEN)
class WireReading(TypedDict):
    """The values of one device at one time."""

    time: WireTime
    values: _Values


@with_config(_OPEN)
class WireEvent(TypedDict):
    """Something that happened, known by device, id and time."""

    id: _ID
    time: WireTime
    event: Annotated[str, WithJsonSchema({"enum": sorted(EVENTS)})]
    data: NotRequired[dict[str, Any]]


@with_config(_OPEN)
class WireStatus(TypedDict):
    """How the device is; also its will."""

    time: WireTime
    online: bool
    battery: NotRequired[_BATTERY | None]
    rssi: NotRequired[_RSSI | None]
    firmware: NotRequired[Annotated[str, Field(max_length=64)] | None]


@with_config(_OPEN)
class WireCommand(TypedDict):
    """What the platform asks of a device; repeated until the reply with this id comes."""

    id: _ID
    command: Annotated[str, Field(min_length=1, max_length=64)]
    args: NotRequired[dict[str, Any]]


@with_config(_OPEN)
class WireReply(TypedDict):
    """The device's answer to a command."""

    id: _ID
    ok: bool
    data: NotRequired[dict[str, Any]]


@with_config(_OPEN)
class WireAck(TypedDict):
    """The platform has committed the event with this id; until this comes, keep the event and send it again."""

    id: _ID
    quarantined: NotRequired[Annotated[str, Field(description="Why it was kept aside instead of being used.")]]


OBS: TypeAdapter[Any] = TypeAdapter(WireReading | list[WireReading])
EVENT: TypeAdapter[WireEvent] = TypeAdapter(WireEvent)
STATUS: TypeAdapter[WireStatus] = TypeAdapter(WireStatus)
COMMAND: TypeAdapter[WireCommand] = TypeAdapter(WireCommand)
REPLY: TypeAdapter[WireReply] = TypeAdapter(WireReply)
ACK: TypeAdapter[WireAck] = TypeAdapter(WireAck)

TIME: TypeAdapter[datetime] = TypeAdapter(WireTime, config=ConfigDict(val_temporal_unit="milliseconds"))
VALUE: dict[str, TypeAdapter[Any]] = {name: TypeAdapter(kind) for name, kind in VALUE_TYPES.items()}


def json_schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema of each channel's payload, by channel."""
    channels: dict[str, TypeAdapter[Any]] = {
        "obs": OBS, "event": EVENT, "status": STATUS, "command": COMMAND, "reply": REPLY, "ack": ACK,
    }  # fmt: skip
    return {
        channel: {"$schema": "https://json-schema.org/draft/2020-12/schema"} | adapter.json_schema()
        for channel, adapter in channels.items()
    }

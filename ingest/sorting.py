"""Sorting a batch of letters into what is stored of them. Pure: the known devices and the clock come as arguments."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from care.devices import OWN_VENDOR, DeviceState, check_names
from care.events import never_waits
from care.limits import DEFAULT_LIMITS, Limit, screen
from care.messages import Address, Event, Observations, Reading, Refused, Rejected, Reply, Status
from care.rules import DEVICE_EVENTS, EVENT_RULES, VITAL_RULES
from care.timing import FUTURE_TOLERANCE, Timeliness, impossible, timeliness
from gateway.decode import decode
from gateway.session import Letter
from records.equipment.devices import KnownDevice
from records.readings.observations import Row
from records.readings.store import Batch, EventRow, QuarantineRow, ReplyRow, SignalRow, StatusRow

TIMELESS_REPEATS_WITHIN = timedelta(minutes=10)
"""An event without a readable time is taken for a repeat of one with the same id in the same ten minutes."""

Lookup = Callable[[Address], KnownDevice | None]
Claim = Callable[[Address], KnownDevice]
LimitsOf = Callable[[int], Mapping[str, Limit]]


def _the_defaults(_: int) -> Mapping[str, Limit]:
    return DEFAULT_LIMITS


@dataclass(frozen=True, slots=True)
class Ack:
    """What is told to the device once its event is committed."""

    address: Address
    id: str
    quarantined: str | None = None


@dataclass(slots=True)
class Sorted:
    """A batch ready to be stored, and what is to be said to the devices afterwards."""

    batch: Batch
    acks: list[Ack] = field(default_factory=list)
    sources: dict[tuple[int, datetime], Letter] = field(default_factory=dict)
    """The letter that each observation came in: for those that turn out to contradict stored ones."""


class Sorter:
    """Sorts letters of one lane; `lookup` finds a device, `claim` makes an unknown one known as unclaimed, `limits_of`
    says by metric which limits a device's vital signs are screened with."""

    def __init__(
        self, lane: str, retention: timedelta, lookup: Lookup, claim: Claim, limits_of: LimitsOf = _the_defaults
    ) -> None:
        self._lane = lane
        self._retention = retention
        self._lookup = lookup
        self._claim = claim
        self._limits_of = limits_of

    def sort(self, letters: Sequence[Letter], received_at: datetime) -> Sorted:
        """Everything in these letters, each thing in its place; nothing raises, nothing is left out."""
        batch = Batch(self._lane, received_at, len(letters))
        work = _Work(Sorted(batch), received_at, self._retention, self._limits_of)
        for letter in letters:
            self._sort_one(letter, work)
        work.finish()
        return work.result

    def _sort_one(self, letter: Letter, work: "_Work") -> None:
        message = decode(letter.topic, letter.payload)
        if isinstance(message, Rejected):
            work.reject(letter, message, self._known(message.address))
            return
        device = self._device_of(message)
        if isinstance(device, Refused):
            event_id = message.id if isinstance(message, Event) else None
            work.reject(letter, Rejected(letter.topic, message.address, device, event_id), None)
            return
        match message:
            case Observations():
                work.observations(letter, message, device)
            case Event():
                work.event(letter, message, device)
            case Status():
                work.status(letter, message, device)
            case Reply():
                work.reply(message, device)

    def _known(self, address: Address | None) -> KnownDevice | None:
        return self._lookup(address) if address else None

    def _device_of(self, message: Observations | Event | Status | Reply) -> KnownDevice | Refused:
        """The device of a message, or why it isn't one whose messages are used."""
        device = self._lookup(message.address)
        alarm = isinstance(message, Event) and never_waits(message.name)
        if device is None:
            try:
                check_names(*message.address)
            except ValueError as problem:
                return Refused(str(problem), "topic")
            if not alarm:
                return Refused("unknown device; register it with `ankang device add`", "topic")
            return self._claim(message.address)
        if device.state is DeviceState.DISABLED:
            return Refused("disabled device; register it again to use it", "topic")
        if device.state is DeviceState.UNCLAIMED and not alarm:
            return Refused("unknown device; register it with `ankang device add`", "topic")
        return device


class _Work:
    """One batch in the making."""

    def __init__(self, result: Sorted, received_at: datetime, retention: timedelta, limits_of: LimitsOf) -> None:
        self.result = result
        self._limits_of = limits_of
        self._now = received_at
        self._latest = received_at + FUTURE_TOLERANCE
        self._earliest = received_at - retention
        self._retention = retention
        self._readings: dict[tuple[int, datetime], Row] = {}
        self._seen: set[int] = set()

    def observations(self, letter: Letter, message: Observations, device: KnownDevice) -> None:
        self._seen.add(device.id)
        self._count_unknown(device, message.unknown_fields)
        for refused in message.refused:
            self._keep_aside(letter, message.address, device, refused)
        for reading in message.readings:
            if self._earliest <= reading.time <= self._latest:
                self._reading(letter, message.address, device, reading)
            else:
                why = impossible(reading.time, self._now, self._retention) or ""
                part = {"time": reading.time.isoformat(), "values": dict(reading.values)}
                self._keep_aside(letter, message.address, device, Refused(why, "time", part))

    def _reading(self, letter: Letter, address: Address, device: KnownDevice, reading: Reading) -> None:
        key = (device.id, reading.time)
        earlier = self._readings.get(key)
        values = reading.values
        if earlier is not None:
            for name in _contradictions(earlier, reading):
                part = {"time": reading.time.isoformat(), "values": {name: reading.values[name]}}
                self._keep_aside(letter, address, device, two_values(name, part))
            # What came first stays.
            values = {**reading.values, **earlier.values}
        self._readings[key] = Row(device.id, reading.time, values)
        self.result.sources[key] = letter
        for breach in screen(reading.values, self._limits_of(device.id)):
            if timeliness(reading.time, self._now) is Timeliness.LIVE:
                limit = breach.limit
                evidence = {
                    "metric": breach.metric,
                    "value": breach.value,
                    "low": limit.low,
                    "high": limit.high,
                    "lasting": limit.lasting.total_seconds(),
                    "version": limit.version,
                    "where": limit.where,
                }
                rule = VITAL_RULES[breach.metric].id
                self.result.batch.signals.append(SignalRow(device.id, rule, reading.time, evidence))

    def event(self, letter: Letter, event: Event, device: KnownDevice) -> None:
        problem = event.clock_problem
        if event.time is not None:
            problem = impossible(event.time, self._now, self._retention)
        if problem is not None and not never_waits(event.name):
            self.reject(letter, Rejected(letter.topic, event.address, Refused(problem, "time"), event.id), device)
            return
        self._seen.add(device.id)
        self._count_unknown(device, event.unknown_fields)
        stated = event.time or _ten_minutes(self._now)
        time = self._now if problem is not None or event.time is None else event.time
        evidence = {"event": event.name, "id": event.id, "clock_problem": problem, "drill": event.test}
        if event.address.vendor == OWN_VENDOR and event.data.get("canary") is True:
            evidence["canary"] = True  # nobody else's device can pass for one, and so keep a call for help silent
        self.result.batch.events.append(
            EventRow(device.id, event.id, stated, time, event.name, event.data, problem, self._rings(event, time),
                     evidence)
        )  # fmt: skip
        self.result.acks.append(Ack(event.address, event.id))

    def _rings(self, event: Event, time: datetime) -> str | None:
        if event.name in DEVICE_EVENTS:  # what a device said of itself some time ago says nothing of it now
            return event.name if timeliness(time, self._now) is Timeliness.LIVE else None
        rule = EVENT_RULES.get(event.name)
        return rule.id if rule and timeliness(time, self._now) is not Timeliness.HISTORY else None

    def status(self, letter: Letter, status: Status, device: KnownDevice) -> None:
        problem = impossible(status.time, self._now, self._retention)
        if problem is not None:
            self.reject(letter, Rejected(letter.topic, status.address, Refused(problem, "time")), device)
            return
        if status.online:
            self._seen.add(device.id)
        self._count_unknown(device, status.unknown_fields)
        # A will carries the time at which it was deposited, long before it was true.
        time = status.time if status.online or letter.repeated else self._now
        self.result.batch.statuses.append(
            StatusRow(device.id, time, status.online, status.battery, status.rssi, status.firmware)
        )

    def reply(self, reply: Reply, device: KnownDevice) -> None:
        self._seen.add(device.id)
        self._count_unknown(device, reply.unknown_fields)
        self.result.batch.replies.append(ReplyRow(device.id, reply.id, reply.ok, reply.data))

    def reject(self, letter: Letter, rejected: Rejected, device: KnownDevice | None) -> None:
        self._keep_aside(letter, rejected.address, device, rejected.refused)
        if rejected.event_id is not None and rejected.address is not None:
            self.result.acks.append(Ack(rejected.address, rejected.event_id, rejected.refused.reason))

    def _keep_aside(
        self, letter: Letter, address: Address | None, device: KnownDevice | None, refused: Refused
    ) -> None:
        self.result.batch.quarantine.append(aside(letter, address, device.id if device else None, refused))

    def _count_unknown(self, device: KnownDevice, fields: int) -> None:
        if fields:
            counts = self.result.batch.unknown_fields
            counts[device.id] = counts.get(device.id, 0) + fields

    def finish(self) -> None:
        self.result.batch.observations.extend(self._readings.values())
        self.result.batch.seen = sorted(self._seen)


def aside(letter: Letter, address: Address | None, device_id: int | None, refused: Refused) -> QuarantineRow:
    """The quarantine row for what was refused of a letter."""
    vendor, device = address or (None, None)
    return QuarantineRow(
        vendor,
        device,
        device_id,
        letter.topic,
        refused.field,
        refused.reason,
        refused.part,
        letter.payload,
        letter.repeated,
    )


def two_values(metric: str, part: object = None) -> Refused:
    """The refusal of a second, different value."""
    return Refused(f"values.{metric}: another value is stored for this device and time", f"values.{metric}", part)


def _contradictions(earlier: Row, reading: Reading) -> Iterable[str]:
    return [n for n, value in reading.values.items() if n in earlier.values and earlier.values[n] != value]


def _ten_minutes(time: datetime) -> datetime:
    return time - timedelta(minutes=time.minute % 10, seconds=time.second, microseconds=time.microsecond)

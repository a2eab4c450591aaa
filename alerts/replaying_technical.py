"""Technical alerts judged again: who was not heard, as far as what devices said is kept."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from care.devices import LOW_BATTERY, DeviceKind, silence_limit, silent_after
from care.replays import Again, Said
from care.stuck import stuck
from care.supervision import Condition, Heard
from care.supervision import judge as supervised
from records.database import Conn
from records.equipment import stuck as rollups
from records.equipment import watch
from records.judging import judged, limits
from records.judging.judged import OpenedAlert


def _device_silent(conn: Conn, alert: OpenedAlert) -> Again:
    kept = alert.evidence
    if alert.device_id is None or kept.get("last_heard") is None:
        return Again(Said.CANNOT, "when the device was last heard is not kept")
    heard = datetime.fromisoformat(kept["last_heard"])
    # What it says is noted every half a minute: its last words may be a little younger than that.
    spoke = judged.spoke(conn, [alert.device_id], heard + timedelta(seconds=30), alert.opened_at)
    if spoke:
        return Again(Said.SILENT, "readings of it from the time in which it was silent are stored")
    if kept["condition"] == Condition.OFFLINE:
        return Again(Said.RINGS, "its goodbye is not kept, but nothing of it is stored since")
    found = judged.kind_of(conn, alert.device_id)
    if found is None:
        return Again(Said.CANNOT, "the device is no longer known")
    kind, interval = DeviceKind(found[0]), found[1]
    force = limits.in_force(conn, alert.rule, alert.resident_id, alert.opened_at)
    limit = timedelta(seconds=force.number(silence_limit(kind)))
    verdict = supervised(
        Heard(silent_after(kind, interval, limit), heard), alert.opened_at, watch.gaps(conn, alert.opened_at)
    )
    if verdict.condition is not Condition.SILENT:
        return Again(Said.SILENT, "it was not quiet for long enough")
    return Again(Said.RINGS)


def _low_battery(_conn: Conn, alert: OpenedAlert) -> Again:
    """The charge is not stored over time; what the alert holds is judged again."""
    low = alert.evidence.get("battery")
    if not isinstance(low, (int, float)):
        return Again(Said.CANNOT, "the alert does not hold the charge")
    return Again(Said.RINGS) if low <= LOW_BATTERY else Again(Said.SILENT, f"{low} % is not low")


def _device_stuck(conn: Conn, alert: OpenedAlert) -> Again:
    if alert.device_id is None:
        return Again(Said.CANNOT, "its device is not kept")
    found = stuck(
        rollups.hours(conn, alert.device_id, alert.evidence["metric"], alert.opened_at), alert.evidence["metric"]
    )
    if found is None:
        return Again(Said.SILENT, "the stored hours do not repeat one value for so long")
    now = {"value": found.value, "since": found.since.isoformat(), "hours": found.hours}
    differ = [
        f"{name}: was {alert.evidence[name]}, is {value}"
        for name, value in now.items()
        if alert.evidence[name] != value
    ]
    return Again(Said.RINGS, "", tuple(differ))


def _outage(conn: Conn, alert: OpenedAlert) -> Again:
    devices = judged.ids_of(conn, alert.evidence.get("devices", []))
    if not devices:
        return Again(Said.CANNOT, "which devices were lost is not kept")
    spoke = judged.spoke(conn, devices, alert.happened_at + timedelta(minutes=2), alert.opened_at)
    if spoke:
        why = f"{len(spoke)} of {len(devices)} devices were heard meanwhile"
        return Again(Said.SILENT if len(spoke) > len(devices) / 2 else Said.RINGS, why, (why,))
    return Again(Said.RINGS)


def _canary_late(conn: Conn, alert: OpenedAlert) -> Again:
    late = judged.late_canaries(conn, alert.evidence["counties"], alert.happened_at, alert.opened_at)
    return Again(Said.RINGS) if late else Again(Said.SILENT, "every canary of that time is there, or none is kept")


def _no_next_step(_conn: Conn, _alert: OpenedAlert) -> Again:
    return Again(Said.CANNOT, "the deadline that was missing has been set since")


TECHNICAL_AGAIN: Mapping[str, Callable[[Conn, OpenedAlert], Again]] = MappingProxyType(
    {
        "device_silent": _device_silent,
        "low_battery": _low_battery,
        "device_stuck": _device_stuck,
        **dict.fromkeys(("gateway_lost", "home_lost", "area_lost", "vendor_lost", "platform_lost"), _outage),
        "canary_late": _canary_late,
        "no_next_step": _no_next_step,
    }
)
"""By rule."""

"""Who may publish and subscribe to what: pure, in the subjects of NATS, whose `.` is MQTT's `/`."""

from dataclasses import dataclass

from care.lanes import Lane, lane_client_id
from gateway.topics import DOWN, UP, filters

SERVICE_PREFIX = "ankang-"
"""Client ids that only the platform's own services may use."""


@dataclass(frozen=True, slots=True)
class Grants:
    """Subjects to which an account may publish and subscribe; everything else is denied."""

    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()


def device_user(vendor: str, device: str) -> str:
    """The user name of a device."""
    return f"{vendor}/{device}"


def device_client_id(vendor: str, device: str) -> str:
    """The only client id that a device may connect with."""
    return f"{vendor}:{device}"


def device_grants(vendor: str, device: str) -> Grants:
    """What a device may do: speak for itself, hear its own commands and acknowledgements.

    The broker checks the mapped subject of an observation, hence `care.p`.
    """
    own = f"care.v1.{vendor}.{device}"
    return Grants(
        publish=(*(f"{own}.{channel}" for channel in UP), f"care.p.*.{vendor}.{device}.obs"),
        subscribe=tuple(f"{own}.{channel}" for channel in DOWN),
    )


def service_grants(client_id: str) -> Grants:
    """What one of our own services may do, known by its client id; nothing for an unknown one."""
    if client_id.startswith("ankang-command"):
        return Grants(publish=("care.v1.*.*.command",))
    for lane in (Lane.EVENTS, Lane.STATUS):
        if client_id == lane_client_id(lane):
            acknowledges = ("care.v1.*.*.ack",) if lane is Lane.EVENTS else ()
            return Grants(publish=acknowledges, subscribe=_subjects(filters(lane)))
    prefix, _, number = client_id.rpartition("-")
    if prefix == f"{SERVICE_PREFIX}ingest-{Lane.BULK}" and number.isdecimal():
        return Grants(subscribe=_subjects(filters(Lane.BULK, int(number))))
    return Grants()


def _subjects(topics: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.replace("/", ".").replace("+", "*") for name in topics)

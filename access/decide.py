"""Who may connect: pure. A question and what the records say of the device become an answer."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from care.devices import DeviceState, check_names
from gateway.grants import SERVICE_PREFIX, Grants, device_client_id, device_grants, device_user, service_grants
from records.equipment.credentials import Credential, hash_of


class Reason(StrEnum):
    """Why somebody is refused, in words for our log: whoever connects hears only that it may not."""

    NOT_MQTT = "only MQTT clients may connect"
    NO_SUCH_SERVICE = "no service of ours has this client id"
    WRONG_SERVICE_SECRET = "not the service secret"  # noqa: S105 - a sentence
    MALFORMED = "the user name is not VENDOR/DEVICE"
    FOREIGN_CLIENT_ID = "the client id is not VENDOR:DEVICE"
    NOT_READY = "ingest has not made its sessions yet"
    NO_RECORDS = "the records can't be reached"
    UNKNOWN = "there is no such device"
    WRONG_SECRET = "not the device's secret"  # noqa: S105 - a sentence
    DISABLED = "the device is revoked"
    UNCLAIMED = "the device is not registered"


@dataclass(frozen=True, slots=True)
class Question:
    """What the broker asks: may this client connect?"""

    user_nkey: str
    server: str
    mqtt: bool
    client_id: str
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Admitted:
    """It may connect, with these grants; `mark` tells with which secret it did."""

    name: str
    grants: Grants
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """It may not."""

    reason: Reason


Device = tuple[str, str]
"""Vendor and name."""


def question(claims: Mapping[str, Any]) -> Question:
    """A question's claims as ours; KeyError or TypeError where something is missing."""
    asked = claims["nats"]
    options, client = asked["connect_opts"], asked["client_info"]
    return Question(
        user_nkey=str(asked["user_nkey"]),
        server=str(asked["server_id"]["id"]),
        mqtt=client.get("type") == "mqtt",
        client_id=str(client.get("mqtt_id", "")),
        user=str(options.get("user", "")),
        password=str(options.get("pass", "")),
    )


def asked_for(asked: Question) -> Device | None:
    """The device that a question is about; None for a service and for what is neither."""
    vendor, slash, name = asked.user.partition("/")
    if not slash or _claims_service(asked):
        return None
    try:
        check_names(vendor, name)
    except ValueError:
        return None
    return vendor, name


def answer_service(asked: Question, secret: str) -> Admitted | Refused:
    """For a client that is no device: a service of ours, or nobody."""
    if not asked.mqtt:
        return Refused(Reason.NOT_MQTT)
    if not _claims_service(asked):
        return Refused(Reason.MALFORMED)
    if not hmac.compare_digest(hash_of(asked.password), hash_of(secret)):
        return Refused(Reason.WRONG_SERVICE_SECRET)
    grants = service_grants(asked.client_id)
    return Refused(Reason.NO_SUCH_SERVICE) if grants == Grants() else Admitted(asked.client_id, grants)


def answer_device(
    asked: Question, device: Device, credential: Credential | None, *, gate_open: bool
) -> Admitted | Refused:
    """For a device, by what the records know of it."""
    if problem := _outside(asked, device):
        return Refused(problem)
    if credential is None:
        return Refused(Reason.UNKNOWN)
    # The secret before the state: whoever has not got it learns nothing from our log's counters either.
    if not hmac.compare_digest(hash_of(asked.password), credential.secret_sha256 or b""):
        return Refused(Reason.WRONG_SECRET)
    if credential.state is not DeviceState.REGISTERED:
        return Refused(Reason.DISABLED if credential.state is DeviceState.DISABLED else Reason.UNCLAIMED)
    if not gate_open:
        return Refused(Reason.NOT_READY)
    return Admitted(device_user(*device), device_grants(*device), mark_of(credential))


def mark_of(credential: Credential) -> str:
    """What a connection carries to tell which secret it logged in with; says nothing about the secret."""
    return hashlib.sha256(b"mark" + (credential.secret_sha256 or b"")).hexdigest()[:16]


def still_welcome(mark: str, credential: Credential | None) -> bool:
    """Whether a connection that was admitted with this mark still would be."""
    return credential is not None and credential.state is DeviceState.REGISTERED and mark == mark_of(credential)


def permissions(grants: Grants) -> dict[str, Any]:
    """The grants as NATS wants them: an empty list of allowed subjects would allow everything."""
    return {"pub": _only(grants.publish), "sub": _only(grants.subscribe)}


def _only(subjects: tuple[str, ...]) -> dict[str, list[str]]:
    return {"allow": list(subjects)} if subjects else {"deny": [">"]}


def _outside(asked: Question, device: Device) -> Reason | None:
    if not asked.mqtt:
        return Reason.NOT_MQTT
    return None if asked.client_id == device_client_id(*device) else Reason.FOREIGN_CLIENT_ID


def _claims_service(asked: Question) -> bool:
    # A vendor may be called ankang-…; the colon tells its devices from our services.
    return asked.client_id.startswith(SERVICE_PREFIX) and ":" not in asked.client_id

"""A resident as an HL7 FHIR R4 bundle: Patient, Device, Observation with LOINC and UCUM, Flag for open alerts. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from care.metrics import Metric
from records.judging.alerts import AlertView
from records.people.residents import ResidentView, ToCall

Json = dict[str, Any]
LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"


@dataclass(frozen=True, slots=True)
class Measured:
    """One reading of one device."""

    metric: Metric
    vendor: str
    device: str
    time: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Person:
    """What the bundle says of somebody."""

    resident: ResidentView
    sex: str
    contacts: Sequence[ToCall]
    alerts: Sequence[AlertView]
    words: Mapping[str, str]


def bundle(person: Person, measured: Sequence[Measured], made_at: datetime, links: Mapping[str, str]) -> Json:
    """All of it as one collection; `links`: self, and next where there is more."""
    patient = _entry(person.resident.id, _patient(person))
    devices = {
        (one.vendor, one.device): _device(one.vendor, one.device, one.kind, person.words)
        for one in person.resident.devices
    }
    for one in measured:  # some watched over them then and no more
        devices.setdefault((one.vendor, one.device), _device(one.vendor, one.device, "", person.words))
    subject = {"reference": patient["fullUrl"]}
    entries = [
        patient,
        *(_entry(_id(*name), device) for name, device in devices.items()),
        *(_entry(_reading_id(one), _observation(one, subject)) for one in measured),
        *(_entry(one.id, _flag(one, subject, person.words)) for one in person.alerts),
    ]
    return {
        "resourceType": "Bundle", "type": "collection", "timestamp": made_at.isoformat(timespec="seconds"),
        "link": [{"relation": name, "url": url} for name, url in links.items()], "entry": entries,
    }  # fmt: skip


def _entry(id_: UUID, resource: Json) -> Json:
    return {"fullUrl": f"urn:uuid:{id_}", "resource": {**resource, "id": str(id_)}}


def _id(vendor: str, device: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"urn:ankang:device:{vendor}/{device}")


def _reading_id(one: Measured) -> UUID:
    """The same reading has the same id each time that it is asked for."""
    return uuid5(NAMESPACE_URL, f"urn:ankang:{one.vendor}/{one.device}/{one.metric.name}/{one.time.isoformat()}")


def _patient(person: Person) -> Json:
    resident = person.resident
    made: Json = {
        "resourceType": "Patient", "active": True, "name": [{"text": resident.name}],
        "gender": person.sex or "unknown",
        "address": [{"use": "home", "text": " ".join([*resident.area, resident.address]).strip()}],
    }  # fmt: skip
    if resident.born:
        made["birthDate"] = resident.born.isoformat()
    if resident.bed:
        made["identifier"] = [{"system": "urn:ankang:care-bed", "value": resident.bed}]
    if person.contacts:
        made["contact"] = [_contact(one) for one in person.contacts]
    return made


def _contact(one: ToCall) -> Json:
    made: Json = {"name": {"text": one.name}, "telecom": [{"system": "phone", "value": one.phone}]}
    if one.relation:
        made["relationship"] = [{"text": one.relation}]
    return made


def _device(vendor: str, device: str, kind: str, words: Mapping[str, str]) -> Json:
    made: Json = {
        "resourceType": "Device", "identifier": [{"system": f"urn:ankang:vendor:{vendor}", "value": device}],
        "manufacturer": vendor,
    }  # fmt: skip
    if kind:
        made["type"] = {"text": words.get(f"kind.{kind}", kind)}
    return made


def _observation(one: Measured, subject: Json) -> Json:
    return {
        "resourceType": "Observation", "status": "final",
        "category": [{"coding": [{"system": _CATEGORY, "code": "vital-signs"}]}],
        "code": {"coding": [{"system": LOINC, "code": one.metric.loinc}], "text": one.metric.name},
        "subject": subject, "device": {"reference": f"urn:uuid:{_id(one.vendor, one.device)}"},
        "effectiveDateTime": one.time.isoformat(),
        "valueQuantity": {
            "value": one.value, "unit": one.metric.unit, "system": UCUM, "code": one.metric.unit,
        },
    }  # fmt: skip


def _flag(alert: AlertView, subject: Json, words: Mapping[str, str]) -> Json:
    text = words.get(f"rule.{alert.rule}", alert.rule)
    return {
        "resourceType": "Flag", "status": "active",
        "code": {"coding": [{"system": "urn:ankang:rule", "code": alert.rule}], "text": text},
        "subject": subject, "period": {"start": alert.opened_at.isoformat()},
    }  # fmt: skip

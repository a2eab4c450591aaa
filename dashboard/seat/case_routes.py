"""The case panel over HTTP: everything around one alert in one answer; one-key calls; the script ticked off."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, StringConstraints

from care.alerts import Phase
from care.assessments import CareLevel
from care.coverage import Coverage
from care.permissions import Permission
from dashboard.answers import NO_NUL, Refused, not_found
from dashboard.desk import AtDesk, Care, CareOf
from dashboard.masked import for_absence, for_alert, for_resident
from dashboard.residents.contact_routes import Number, shown_contacts
from records.database import Conn
from records.equipment import coverage
from records.judging import alert_log, alerts, bands, scripts
from records.judging.alerts import AlertView
from records.judging.bands import NormalBand
from records.judging.scripts import OfAlert
from records.living import last_hour
from records.living.last_hour import Curve, Happening, LastSeen, Water
from records.login import audit
from records.nursing import assessments, health_card, way_in
from records.nursing.health_card import CardLine
from records.nursing.way_in import AccessNotes
from records.people import contacts, residents
from records.people.contacts import Reachable
from records.people.residents import Found
from records.readings.band import Row, day_band
from records.readings.now import CurrentValue, current
from records.readings.usual import Usual, usual
from records.rounds import absences
from records.rounds.absences import Absence
from records.telling import sending
from records.telling.sending import Responder

router = APIRouter(prefix="/api/alerts", tags=["alerts"])

HOUR = timedelta(hours=1)
AFTER = timedelta(minutes=15)
"""Of the hour around an alert so much is what came after it."""
MOST_EARLIER = 5
MOST_RESPONDERS = 6


class LastHour(BaseModel):
    """What happened from `start` to `end`."""

    start: datetime
    end: datetime
    rows: list[Row]
    vitals: list[Curve]
    water: list[Water]
    events: list[Happening]
    alerts: list[AlertView]


class Person(BaseModel):
    """Whom an alert is about, and how they are now."""

    resident: Found
    level: CareLevel | None
    """Null: nobody has assessed them, or whoever asks may not see it."""
    card: list[CardLine] | None
    """Null: whoever asks may not see it."""
    way_known: bool
    way: AccessNotes | None
    """How to get in, while one works on an open alert of this home."""
    coverage: Coverage
    away: Absence | None
    contacts: list[Reachable]
    values: list[CurrentValue]
    bands: list[NormalBand]
    usual: list[Usual]
    seen: LastSeen | None
    hour: LastHour
    earlier: list[AlertView]


class Case(BaseModel):
    """Everything around an alert; `person` null: it is about nobody that is known."""

    now: datetime
    person: Person | None
    responders: list[Responder]
    script: OfAlert | None


class Call(BaseModel):
    """Whom to call."""

    model_config = ConfigDict(extra="forbid")
    contact_id: UUID


class Tick(BaseModel):
    """Which item is done, or is not after all."""

    model_config = ConfigDict(extra="forbid")
    item: Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=NO_NUL)]
    done: bool = True


def _found(conn: Conn, alert_id: UUID, care: CareOf) -> AlertView:
    found = alerts.alert(conn, alert_id, care.scope)
    if found is None:
        raise not_found("alert")
    return found


@router.get("/{alert_id}/case")
def case(
    alert_id: UUID,
    care: Care,
    desk: AtDesk,
    hour: Annotated[Literal["now", "alert"], Query(description="up to now, or the one around the alert")] = "now",
) -> Case:
    """Whom it is about and how they are, the hour, whom to call, who can go, and what to ask and do."""
    now = datetime.now(UTC)
    with desk.database.transaction() as conn:
        alert = _found(conn, alert_id, care)
        goes_on = alert.phase != Phase.CLOSED
        can_send = care.may(Permission.RESPOND) and goes_on
        return Case(
            now=now,
            person=_person(conn, alert, care, _hour(alert, hour, now), now),
            responders=sending.responders(conn, alert_id, now)[:MOST_RESPONDERS] if can_send else [],
            script=scripts.of_alert(conn, alert_id),
        )


def _hour(alert: AlertView, which: str, now: datetime) -> datetime:
    """When the hour ends."""
    return now if which == "now" else min(now, alert.happened_at + AFTER)


def _person(conn: Conn, alert: AlertView, care: CareOf, end: datetime, now: datetime) -> Person | None:
    found = residents.resident(conn, alert.resident_id, care.scope) if alert.resident_id else None
    if found is None or not care.may(Permission.READ_RESIDENTS):
        return None
    away = absences.current(conn, found.id, now)
    earlier, _ = alerts.alerts_of(conn, found.id, now - timedelta(days=366), now, MOST_EARLIER + 1)
    shown, may_read_health = for_resident(care.names, found), care.may(Permission.READ_HEALTH)
    return Person(
        resident=Found(**{name: getattr(shown, name) for name in Found.__slots__}),
        level=_level(conn, found.id, now) if may_read_health else None,
        card=health_card.card(conn, found.id) if may_read_health else None,
        way_known=way_in.known(conn, found.id) is not None,
        way=_way_in(conn, found.id, care),
        coverage=coverage.of_resident(conn, found.id, now),
        away=for_absence(care.names, away) if away else None,
        contacts=shown_contacts(conn, found.id, names=care.names),
        values=current(conn, found.id, now),
        bands=bands.bands(conn, found.id),
        usual=usual(conn, found.id, now),
        seen=last_hour.last_seen(conn, found.id, now),
        hour=_last_hour(conn, found.id, care, end, now),
        earlier=[for_alert(care.names, one) for one in earlier if one.id != alert.id][:MOST_EARLIER],
    )


def _level(conn: Conn, resident_id: UUID, now: datetime) -> CareLevel | None:
    last = assessments.standing(conn, resident_id, now).last
    return last.level if last else None


def _way_in(conn: Conn, resident_id: UUID, care: CareOf) -> AccessNotes | None:
    """How to get in, for whoever works on an open alert there; noted once, though the page asks on."""
    me = care.session.account.id
    ringing = way_in.while_it_rings(conn, care.scope, resident_id, me)
    if ringing is None:
        return None
    because, notes = ringing
    look = care.look._replace(resident_id=resident_id, subject=str(because))
    if not care.desk.looks.knows(look):
        audit.note(conn, me, "show way in", resident_id=resident_id, subject=str(because))
        care.desk.looks.add(look)
    return notes


def _last_hour(conn: Conn, resident_id: UUID, care: CareOf, end: datetime, now: datetime) -> LastHour:
    start = end - HOUR
    vitals, water = last_hour.minutes(conn, resident_id, start, end)
    marks, _ = alerts.alerts_of(conn, resident_id, start, end, 50)
    return LastHour(
        start=start,
        end=end,
        rows=day_band(conn, resident_id, start, end, now, expected=True),
        vitals=vitals,
        water=water,
        events=last_hour.happenings(conn, resident_id, start, end),
        alerts=[for_alert(care.names, one) for one in marks],
    )


@router.post("/{alert_id}/call")
def call(alert_id: UUID, wanted: Call, care: Care, desk: AtDesk) -> Number:
    """The number of one contact for the call that is made now: in the alert's log and in the audit log."""
    me, now = care.session.account.id, datetime.now(UTC)
    with desk.database.transaction() as conn:
        alert = _found(conn, alert_id, care)
        if alert.drill:
            raise Refused(409, "A drill calls nobody: go on as if you had.")
        if alert.resident_id is None or residents.resident(conn, alert.resident_id, care.scope) is None:
            raise not_found("contact with a number")
        contact = contacts.one(conn, alert.resident_id, wanted.contact_id)
        if contact is None or not contact.phone:
            raise not_found("contact with a number")
        audit.note(conn, me, "call contact", resident_id=alert.resident_id, subject=str(contact.id))
        alert_log.log_line(conn, alert_id, now, "call", account_id=me, detail={"relation": contact.relation})
        alert_log.record_change(conn, alert_id, "call")
    return Number(phone=contact.phone)


@router.post("/{alert_id}/script")
def tick(alert_id: UUID, ticked: Tick, care: Care, desk: AtDesk) -> OfAlert:
    """Tick an item of the script off, or take that back; the alert's log keeps both."""
    with desk.database.transaction() as conn:
        alert = _found(conn, alert_id, care)
        if alert.phase == Phase.CLOSED:
            raise Refused(409, "It is closed; nothing more is ticked off.")
        by, now = care.session.account.id, datetime.now(UTC)
        found = scripts.tick(conn, alert_id, ticked.item, by, now, done=ticked.done)
    if found is None:
        raise Refused(422, "item: one of this alert's script", "item")
    return found

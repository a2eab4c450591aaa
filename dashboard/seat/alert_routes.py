"""The queue of alerts over HTTP. The steps that a person takes with one: step_routes.py."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from dashboard.answers import not_found
from dashboard.desk import AtDesk, Care
from dashboard.masked import for_alert, for_cause, for_held, for_log, for_told
from records.judging import alert_log, alerts, suppression
from records.judging.alert_log import Line
from records.judging.alerts import AlertView
from records.judging.suppression import Around, HeldBack
from records.telling import notices, offers, sending
from records.telling.notices import Told
from records.telling.offers import Offered
from records.telling.sending import Responder

router = APIRouter(prefix="/api/alerts", tags=["alerts"])


class Alerts(BaseModel):
    """Alerts, the oldest open one or the one closed last first."""

    alerts: list[AlertView]


@dataclass(frozen=True, slots=True)
class AlertInFull(AlertView):
    """An alert with what happened to it, and whom it was told and how far that got."""

    log: list[Line]
    told: list[Told]
    related: list[AlertView]
    """The other alerts of the same case."""
    offers: list[Offered]
    """The neighbour partners who were asked to go."""
    causes: list[Around]
    """What goes on there now that may explain it; it is held back only where `suppressed_by` says so."""


class HeldAlerts(BaseModel):
    """What is held back while a cause lasts, the oldest first."""

    held: list[HeldBack]


@router.get("")
def list_alerts(
    care: Care,
    desk: AtDesk,
    state: Literal["open", "closed"] = "open",
    limit: Annotated[int, Query(ge=1, le=1000, description="of closed alerts; open ones are always all there")] = 200,
) -> Alerts:
    """The open alerts, or those closed last."""
    with desk.database.transaction() as conn:
        found = (
            alerts.open_alerts(conn, care.scope) if state == "open" else alerts.closed_alerts(conn, limit, care.scope)
        )
    return Alerts(alerts=[for_alert(care.names_of(one), one) for one in found])


class Responders(BaseModel):
    """Who can be sent, neighbours first, then who is on duty."""

    responders: list[Responder]


@router.get("/{alert_id}/responders")
def list_responders(alert_id: UUID, care: Care, desk: AtDesk) -> Responders:
    """Whom one can send to this alert by `responder_id`: neighbour partners, and who works where the home is."""
    with desk.database.transaction() as conn:
        if alerts.alert(conn, alert_id, care.scope) is None:
            raise not_found("alert")
        return Responders(responders=sending.responders(conn, alert_id, datetime.now(UTC)))


@router.get("/held")
def list_held(care: Care, desk: AtDesk) -> HeldAlerts:
    """The alerts for which nobody is called while a maintenance, an absence or an outage explains them."""
    with desk.database.transaction() as conn:
        found = suppression.held(conn, datetime.now(UTC), care.scope)
    return HeldAlerts(held=[for_held(care.names, one) for one in found])


@router.get("/{alert_id}")
def one_alert(alert_id: UUID, care: Care, desk: AtDesk) -> AlertInFull:
    """One alert with its evidence, its log, and whom it was told."""
    with desk.database.transaction() as conn:
        found = alerts.alert(conn, alert_id, care.scope)
        if found is None:
            raise not_found("alert")
        names = care.names_of(found)
        log = [for_log(names, line) for line in alert_log.of_alert(conn, alert_id)]
        told = [for_told(names, one) for one in notices.told(conn, alert_id)]
        related = [for_alert(care.names_of(one), one) for one in alerts.related(conn, alert_id, care.scope)]
        offered = offers.of_alert(conn, alert_id)
        causes = [for_cause(names, one) for one in suppression.around(conn, alert_id, datetime.now(UTC))]
    shown = for_alert(care.names_of(found), found)
    facts = {one.name: getattr(shown, one.name) for one in fields(shown)}
    return AlertInFull(**facts, log=log, told=told, related=related, causes=causes, offers=offered)

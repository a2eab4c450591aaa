"""The queue of alerts over HTTP: reading it, and the steps that a person takes."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, ConfigDict, Field

from care.alerts import NEXT, NotAllowed, Outcome, Phase, Step
from dashboard.answers import Refused, not_found
from dashboard.desk import AtDesk, Care, CareOf
from dashboard.masked import for_alert
from records import alerts
from records.alerts import AlertView, NoSuchAlert

router = APIRouter(prefix="/api/alerts", tags=["alerts"])


class Alerts(BaseModel):
    """Alerts, the oldest open one or the one closed last first."""

    alerts: list[AlertView]


class Closing(BaseModel):
    """How an alert ended."""

    model_config = ConfigDict(extra="forbid")
    outcome: Outcome
    note: Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")] = ""


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
    return Alerts(alerts=[for_alert(care.names, one) for one in found])


@router.get("/{alert_id}")
def one_alert(alert_id: UUID, care: Care, desk: AtDesk) -> AlertView:
    """One alert with its evidence."""
    with desk.database.transaction() as conn:
        found = alerts.alert(conn, alert_id, care.scope)
    if found is None:
        raise not_found("alert")
    return for_alert(care.names, found)


@router.post("/{alert_id}/answer")
def answer(alert_id: UUID, care: Care) -> AlertView:
    """Take an alert on; of two who do so at once one wins, the other gets 409 and sees who."""
    return _step(care, alert_id, Step.ANSWER)


@router.post("/{alert_id}/hand_back")
def hand_back(alert_id: UUID, care: Care) -> AlertView:
    """Give an alert back to the queue."""
    return _step(care, alert_id, Step.HAND_BACK)


@router.post("/{alert_id}/close")
def close(alert_id: UUID, closing: Closing, care: Care) -> AlertView:
    """Close an alert with its outcome."""
    return _step(care, alert_id, Step.CLOSE, closing.outcome, closing.note.strip())


def _step(care: CareOf, alert_id: UUID, step: Step, outcome: Outcome | None = None, note: str = "") -> AlertView:
    who, now = care.session.account.id, datetime.now(UTC)
    try:
        with care.desk.database.transaction() as conn:
            done = alerts.take_step(conn, alert_id, step, who, now, outcome, note, scope=care.scope)
    except NoSuchAlert:
        raise not_found("alert") from None
    except NotAllowed:
        raise _too_late(care, alert_id) from None
    return for_alert(care.names, done)


def _too_late(care: CareOf, alert_id: UUID) -> Refused:
    """The step isn't possible any more: says who has the alert and what is possible now."""
    with care.desk.database.transaction() as conn:
        now = alerts.alert(conn, alert_id, care.scope)
    if now is None:
        return not_found("alert")
    possible = [str(step) for step in NEXT[Phase(now.phase)]]
    who = now.closed_by_name or now.answered_by_name or "nobody"
    state = f"It is {now.phase} by {who}" if who != "nobody" else f"It is {now.phase}"
    what = f"possible now: {', '.join(possible)}" if possible else "nothing more can be done to it"
    facts: dict[str, Any] = jsonable_encoder(asdict(for_alert(care.names, now)))
    return Refused(409, f"{state}; {what}.", possible=possible, alert=facts)

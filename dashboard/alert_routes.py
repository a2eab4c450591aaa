"""The queue of alerts over HTTP: reading it, and the steps that a person takes."""

from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.encoders import jsonable_encoder
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from care.alerts import NEXT, Means, NotAllowed, Outcome, Party, Phase, Reached, Step
from dashboard.answers import NO_NUL, Refused, not_found
from dashboard.desk import AtDesk, Care, CareOf
from dashboard.masked import for_alert, for_log, for_told
from records import alert_log, alert_steps, alerts, notices
from records.alert_log import Line
from records.alert_steps import NoSuchAlert, NotForHigh, Particulars
from records.alerts import AlertView
from records.notices import Told

router = APIRouter(prefix="/api/alerts", tags=["alerts"])


class Alerts(BaseModel):
    """Alerts, the oldest open one or the one closed last first."""

    alerts: list[AlertView]


@dataclass(frozen=True, slots=True)
class AlertInFull(AlertView):
    """An alert with what happened to it, and whom it was told and how far that got."""

    log: list[Line]
    told: list[Told]


Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=NO_NUL)]


class Contact(BaseModel):
    """Somebody tried to reach somebody about the alert."""

    model_config = ConfigDict(extra="forbid")
    who: Party
    how: Means
    result: Reached


class Dispatch(BaseModel):
    """Who is on the way, and when they should be there; without a time within 45 minutes."""

    model_config = ConfigDict(extra="forbid")
    to: Words
    expected_at: AwareDatetime | None = None


class Shelving(BaseModel):
    """Until when it waits in silence, at most 24 hours, and why."""

    model_config = ConfigDict(extra="forbid")
    reason: Words
    until: AwareDatetime


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
def one_alert(alert_id: UUID, care: Care, desk: AtDesk) -> AlertInFull:
    """One alert with its evidence, its log, and whom it was told."""
    with desk.database.transaction() as conn:
        found = alerts.alert(conn, alert_id, care.scope)
        if found is None:
            raise not_found("alert")
        log = [for_log(care.names, line) for line in alert_log.of_alert(conn, alert_id)]
        told = [for_told(care.names, one) for one in notices.told(conn, alert_id)]
    shown = for_alert(care.names, found)
    return AlertInFull(**{one.name: getattr(shown, one.name) for one in fields(shown)}, log=log, told=told)


@router.post("/{alert_id}/answer")
def answer(alert_id: UUID, care: Care) -> AlertView:
    """Take an alert on; of two who do so at once one wins, the other gets 409 and sees who."""
    return _step(care, alert_id, Step.ANSWER)


@router.post("/{alert_id}/hand-back")
def hand_back(alert_id: UUID, care: Care) -> AlertView:
    """Give an alert back to the queue."""
    return _step(care, alert_id, Step.HAND_BACK)


@router.post("/{alert_id}/contact")
def contact(alert_id: UUID, tried: Contact, care: Care) -> AlertView:
    """Write down an attempt to reach somebody; the answer holds on."""
    return _step(care, alert_id, Step.CONTACT, more=Particulars(who=tried.who, how=tried.how, result=tried.result))


@router.post("/{alert_id}/dispatch")
def dispatch(alert_id: UUID, sent: Dispatch, care: Care) -> AlertView:
    """Somebody is on the way."""
    return _step(care, alert_id, Step.DISPATCH, more=Particulars(to=sent.to, expected_at=sent.expected_at))


@router.post("/{alert_id}/arrive")
def arrive(alert_id: UUID, care: Care) -> AlertView:
    """Whoever was sent is at the door."""
    return _step(care, alert_id, Step.ARRIVE)


@router.post("/{alert_id}/see")
def see(alert_id: UUID, care: Care) -> AlertView:
    """Somebody is with the person."""
    return _step(care, alert_id, Step.SEE)


@router.post("/{alert_id}/shelve")
def shelve(alert_id: UUID, shelving: Shelving, care: Care) -> AlertView:
    """Let an alert wait in silence until a time, when it rings again; never one of high priority."""
    return _step(care, alert_id, Step.SHELVE, more=Particulars(reason=shelving.reason, until=shelving.until))


@router.post("/{alert_id}/close")
def close(alert_id: UUID, closing: Closing, care: Care) -> AlertView:
    """Close an alert with its outcome."""
    return _step(care, alert_id, Step.CLOSE, closing.outcome, closing.note.strip())


def _step(
    care: CareOf,
    alert_id: UUID,
    step: Step,
    outcome: Outcome | None = None,
    note: str = "",
    more: Particulars | None = None,
) -> AlertView:
    who, now = care.session.account.id, datetime.now(UTC)
    try:
        with care.desk.database.transaction() as conn:
            done = alert_steps.take_step(conn, alert_id, step, who, now, outcome, note, scope=care.scope, more=more)
    except NoSuchAlert:
        raise not_found("alert") from None
    except NotAllowed:
        raise _too_late(care, alert_id) from None
    except NotForHigh:
        raise Refused(422, "An alert of high priority can't be shelved; answer it.") from None
    except ValueError as problem:
        raise Refused(422, str(problem), str(problem).split(":", maxsplit=1)[0]) from None
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

"""The steps that a person takes with an alert, over HTTP: of two at once one wins, and the other sees who."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.encoders import jsonable_encoder
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from care.alerts import NEXT, FalseCause, Means, NotAllowed, Outcome, Party, Phase, Reached, Step
from dashboard.answers import NO_NUL, Refused, not_found
from dashboard.desk import Care, CareOf
from dashboard.masked import for_alert
from records.database import Conn
from records.judging import alert_steps, alerts, suppression
from records.judging.alert_steps import NoSuchAlert, NotForHigh, Particulars
from records.judging.alerts import AlertView
from records.judging.closing import NobodyAsked, SamePerson

router = APIRouter(prefix="/api/alerts", tags=["alerts"])

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=NO_NUL)]


class Contact(BaseModel):
    """Somebody tried to reach somebody about the alert."""

    model_config = ConfigDict(extra="forbid")
    who: Party
    how: Means
    result: Reached


class Dispatch(BaseModel):
    """Who is on the way, in words or an account, which is told; and when they should be there: else in 45 minutes."""

    model_config = ConfigDict(extra="forbid")
    to: Words | None = None
    responder_id: UUID | None = None
    expected_at: AwareDatetime | None = None


class Shelving(BaseModel):
    """Until when it waits in silence, at most 24 hours, and why."""

    model_config = ConfigDict(extra="forbid")
    reason: Words
    until: AwareDatetime


class Closing(BaseModel):
    """How an alert ended; a false alarm with its cause."""

    model_config = ConfigDict(extra="forbid")
    outcome: Outcome
    false_cause: FalseCause | None = None
    note: Annotated[str, Field(max_length=2000, pattern=NO_NUL)] = ""


class Releasing(BaseModel):
    """Why it is to ring although its cause lasts."""

    model_config = ConfigDict(extra="forbid")
    why: Words


class Refusing(BaseModel):
    """Why somebody has to go there after all."""

    model_config = ConfigDict(extra="forbid")
    why: Words


def _add_step(step: Step, says: str) -> None:
    """A step of which nothing more has to be said than who takes it."""

    def route(alert_id: UUID, care: Care) -> AlertView:
        return _step(care, alert_id, step)

    path = f"/{{alert_id}}/{step.replace('_', '-')}"
    router.add_api_route(path, route, methods=["POST"], name=str(step), description=says)


_add_step(Step.ANSWER, "Take an alert on; of two who do so at once one wins, the other gets 409 and sees who.")
_add_step(Step.HAND_BACK, "Give an alert back to the queue.")
_add_step(Step.ARRIVE, "Whoever was sent is at the door.")
_add_step(Step.SEE, "Somebody is with the person.")


@router.post("/{alert_id}/contact")
def contact(alert_id: UUID, tried: Contact, care: Care) -> AlertView:
    """Write down an attempt to reach somebody; the answer holds on."""
    return _step(care, alert_id, Step.CONTACT, more=Particulars(who=tried.who, how=tried.how, result=tried.result))


@router.post("/{alert_id}/dispatch")
def dispatch(alert_id: UUID, sent: Dispatch, care: Care) -> AlertView:
    """Somebody is on the way; an account that is sent hears of it."""
    more = Particulars(to=sent.to, responder_id=sent.responder_id, expected_at=sent.expected_at)
    return _step(care, alert_id, Step.DISPATCH, more=more)


@router.post("/{alert_id}/shelve")
def shelve(alert_id: UUID, shelving: Shelving, care: Care) -> AlertView:
    """Let an alert wait in silence until a time, when it rings again; never one of high priority."""
    return _step(care, alert_id, Step.SHELVE, more=Particulars(reason=shelving.reason, until=shelving.until))


@router.post("/{alert_id}/close")
def close(alert_id: UUID, closing: Closing, care: Care) -> AlertView:
    """Close an alert with its outcome.

    Where nobody has heard or seen the resident and nobody is to go there, the first person only asks (the note says
    why; the answer's `phase` stays and `close_asked_by_name` is set); a second person agrees, or refuses.
    """
    more = Particulars(false_cause=closing.false_cause)
    return _step(care, alert_id, Step.CLOSE, closing.outcome, closing.note.strip(), more)


@router.post("/{alert_id}/release")
def release(alert_id: UUID, releasing: Releasing, care: Care) -> AlertView:
    """Let an alert ring that is held back, although its cause lasts."""
    who, now = care.session.account.id, datetime.now(UTC)
    with care.desk.database.transaction() as conn:
        if not suppression.release(conn, alert_id, who, now, care.scope, releasing.why):
            raise not_found("alert that is held back")
        found = alerts.alert(conn, alert_id)
    assert found is not None  # noqa: S101 - the row is locked by us
    return for_alert(care.names_of(found), found)


@router.post("/{alert_id}/agree")
def agree(alert_id: UUID, care: Care) -> AlertView:
    """Agree, as the second person, that nobody has to go there: it closes as the first one wanted."""
    who, now = care.session.account.id, datetime.now(UTC)
    return _try(care, alert_id, lambda conn: alert_steps.agree_to_close(conn, alert_id, who, now, scope=care.scope))


@router.post("/{alert_id}/refuse")
def refuse(alert_id: UUID, refusing: Refusing, care: Care) -> AlertView:
    """Refuse to close it without a visit, or take one's own wish back: it goes on."""
    who, now, why = care.session.account.id, datetime.now(UTC), refusing.why
    return _try(
        care, alert_id, lambda conn: alert_steps.refuse_to_close(conn, alert_id, who, now, why, scope=care.scope)
    )


def _step(
    care: CareOf,
    alert_id: UUID,
    step: Step,
    outcome: Outcome | None = None,
    note: str = "",
    more: Particulars | None = None,
) -> AlertView:
    who, now = care.session.account.id, datetime.now(UTC)

    def take(conn: Conn) -> AlertView:
        return alert_steps.take_step(conn, alert_id, step, who, now, outcome, note, scope=care.scope, more=more)

    return _try(care, alert_id, take)


def _try(care: CareOf, alert_id: UUID, take: Callable[[Conn], AlertView]) -> AlertView:
    try:
        with care.desk.database.transaction() as conn:
            done = take(conn)
    except NoSuchAlert:
        raise not_found("alert") from None
    except (NotAllowed, NobodyAsked):
        raise _too_late(care, alert_id) from None
    except SamePerson:
        raise Refused(409, "You asked for it yourself; another person has to agree.") from None
    except NotForHigh:
        raise Refused(422, "An alert of high priority can't be shelved; answer it.") from None
    except ValueError as problem:
        raise Refused(422, str(problem), str(problem).split(":", maxsplit=1)[0]) from None
    return for_alert(care.names_of(done), done)


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
    facts: dict[str, Any] = jsonable_encoder(asdict(for_alert(care.names_of(now), now)))
    return Refused(409, f"{state}; {what}.", possible=possible, alert=facts)

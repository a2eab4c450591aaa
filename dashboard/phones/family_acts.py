"""What the family does on its page, by forms: each goes back to the page, which says what was done."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from care.absences import AbsenceKind
from care.consents import ConsentPurpose
from care.family import Said
from care.links import LinkPurpose
from care.notices import LOCAL, Channel
from dashboard.phones.family_door import Family, Relative, Theirs
from dashboard.phones.family_words import say_word
from dashboard.phones.link_door import FormFields, Person, Turned, forget, note, within_limits
from records.people import consents, links
from records.rounds import absences, confirmations
from records.rounds.absences import Away

router = APIRouter(include_in_schema=False)


@router.post("/family/{resident_id}/alerts/{alert_id}/say")
def say(theirs: Theirs, alert_id: UUID, fields: FormFields) -> Response:
    """One word on an alert: I am on it, she is well, please send somebody."""
    may_act(theirs, fields)
    said = _word(fields)
    with theirs.desk.database.transaction() as conn:
        done = say_word(conn, theirs.person, theirs.resident.id, alert_id, said, datetime.now(UTC))
    return _back(theirs, done, f"alert-{alert_id}")


@router.post("/family/{resident_id}/well")
def well(theirs: Theirs, fields: FormFields) -> Response:
    """A check-in on the resident's behalf: one has just spoken with them, or seen them."""
    may_act(theirs, fields)
    now, person = datetime.now(UTC), theirs.person
    with theirs.desk.database.transaction() as conn:
        confirmations.confirm(conn, theirs.resident.id, now, person.account_id, now, contact_id=person.contact_id)
        note(conn, person, "POST /api/residents/{resident_id}/confirmations", resident_id=theirs.resident.id)
    return _back(theirs, "checked")


@router.post("/family/{resident_id}/absences")
def go_away(theirs: Theirs, fields: FormFields) -> Response:
    """The family takes the resident along, or knows that they are in hospital: until then silence means nothing."""
    may_act(theirs, fields)
    person, now = theirs.person, datetime.now(UTC)
    try:
        kind = AbsenceKind(fields.get("kind", ""))
        away = Away(
            theirs.resident.id, kind, _local(fields, "from", now), _local(fields, "to", now), person.account_id,
            _told_by(person),
        )  # fmt: skip
        with theirs.desk.database.transaction() as conn:
            absence = absences.add(conn, away, now)
            note(
                conn, person, "POST /api/residents/{resident_id}/absences", resident_id=theirs.resident.id,
                reason=str(absence),
            )  # fmt: skip
    except ValueError:
        return _back(theirs, "wrong_time", "away")
    return _back(theirs, "away")


def _told_by(person: Person) -> str:
    return person.who if person.contact_id else ""


def _local(fields: dict[str, str], name: str, now: datetime) -> datetime:
    """What a date and time field holds, in the local time; left empty: now."""
    text = fields.get(name, "").strip().replace(" ", "T")
    at = datetime.fromisoformat(text) if text else now
    return at if at.tzinfo else at.replace(tzinfo=LOCAL)


@router.post("/family/{resident_id}/absences/{absence_id}/end")
def back(theirs: Theirs, absence_id: UUID, fields: FormFields) -> Response:
    """They are back, or do not go."""
    may_act(theirs, fields)
    with theirs.desk.database.transaction() as conn:
        if not absences.end(conn, theirs.resident.id, absence_id, theirs.person.account_id, datetime.now(UTC)):
            raise Turned(404, "nothing")
        note(
            conn, theirs.person, "POST /api/residents/{resident_id}/absences/{absence_id}/end",
            resident_id=theirs.resident.id, reason=str(absence_id),
        )  # fmt: skip
    return _back(theirs, "back")


@router.post("/family/{resident_id}/consents/withdraw")
def withdraw(theirs: Theirs, fields: FormFields) -> Response:
    """What was agreed to is withdrawn on the resident's behalf; only staff enter it anew, with its evidence."""
    may_act(theirs, fields)
    try:
        purpose, channel = ConsentPurpose(fields.get("purpose", "")), Channel(fields.get("channel", ""))
    except ValueError:
        raise Turned(404, "nothing") from None
    now = datetime.now(UTC)
    with theirs.desk.database.transaction() as conn:
        if consents.withdraw(conn, theirs.resident.id, channel, theirs.person.account_id, now, purpose):
            note(
                conn, theirs.person, "POST /api/residents/{resident_id}/consents/{channel}/withdraw",
                resident_id=theirs.resident.id, reason=f"{purpose} {channel}",
            )  # fmt: skip
    return RedirectResponse(f"/family/{theirs.resident.id}/consents?done=withdrawn", 303)


@router.post("/family/links/revoke")
def give_back(member: Family, fields: FormFields) -> Response:
    """Every link that this person was ever given ends: a lost telephone, or somebody who helps no longer."""
    member.visitor.proves(fields)
    mine = [one.id for one in member.visitor.opened]
    with member.desk.database.transaction() as conn:
        links.revoke(conn, links.all_of(conn, mine), None, datetime.now(UTC))
        for resident_id, person in member.people.items():
            if person.link is not None:
                note(conn, person, "revoke links", resident_id=resident_id)
    response = RedirectResponse("/family", 303)
    forget(response, member.desk, LinkPurpose.FAMILY)
    return response


def may_act(theirs: Relative, fields: dict[str, str]) -> None:
    """Raises Turned where the form is not ours, or comes too often; a link that is used is noted as used."""
    theirs.member.visitor.proves(fields)
    person = theirs.person
    within_limits(theirs.desk, f"family {person.link.id if person.link else person.account_id}")
    if person.link is not None:
        with theirs.desk.database.transaction() as conn:
            links.used(conn, person.link.id, datetime.now(UTC))


def _word(fields: dict[str, str]) -> Said:
    try:
        return Said(fields.get("said", ""))
    except ValueError:
        raise Turned(404, "nothing") from None


def _back(theirs: Relative, done: str, to: str = "done") -> Response:
    return RedirectResponse(f"/family/{theirs.resident.id}?done={done}#{to}", 303)

"""What somebody of the family says of an alert, written down where it belongs."""

from datetime import datetime
from uuid import UUID

from care.family import Said
from dashboard.phones.link_door import Person, Turned, note
from records.database import Conn
from records.judging import family_said
from records.judging.alert_steps import NoSuchAlert
from records.judging.family_said import Over, Teller


def say_word(conn: Conn, person: Person, resident_id: UUID, alert_id: UUID, said: Said, now: datetime) -> str:
    """Say it, in the alert's log and in the audit log; returns what the page then says was done."""
    teller = Teller(person.account_id, person.contact_id)
    try:
        first = family_said.say(conn, alert_id, resident_id, said, teller, now)
    except NoSuchAlert:
        raise Turned(404, "nothing") from None
    except Over:
        return "over"
    note(conn, person, "family said", resident_id=resident_id, alert_id=alert_id, reason=said)
    return "first" if first is not None else said

"""The outbox: what is to be told is written once, with its cause; the end is told to whoever was told of the alert."""

from uuid import UUID

import pytest

from care.alerts import Outcome, Step
from care.notices import Recipient
from care.people import Role
from records.database import Database
from records.judging import alert_steps
from records.login import accounts
from records.telling import notices
from records.telling.notices import NoSuchAlert, Notice
from tests.centre import ring
from tests.people import NOW, give


def raised(database: Database) -> UUID:
    return ring(database, give(database, "王桂珍", "band-1"))


def abouts(database: Database, alert_id: UUID) -> list[tuple[str, str]]:
    with database.transaction() as conn:
        return [(line.about, line.recipient) for line in notices.told(conn, alert_id)]


def test_the_same_thing_is_told_to_the_same_person_once(database: Database) -> None:
    alert_id = raised(database)
    seat, boss = Recipient.seat(1), Recipient.supervisor(1)
    with database.transaction() as conn:
        assert notices.put(conn, Notice(alert_id, "raised", seat, NOW, NOW))
        assert not notices.put(conn, Notice(alert_id, "raised", seat, NOW, NOW))
        assert notices.put(conn, Notice(alert_id, "escalated:2", seat, NOW, NOW))
        assert notices.put(conn, Notice(alert_id, "raised", boss, NOW, NOW))
    assert sorted(abouts(database, alert_id)) == [
        ("escalated:2", "seat:1"), ("raised", "seat:1"), ("raised", "supervisor:1"),
    ]  # fmt: skip


def test_what_is_rolled_back_is_told_to_nobody(database: Database) -> None:
    alert_id = raised(database)
    with pytest.raises(ZeroDivisionError), database.transaction() as conn:
        notices.put(conn, Notice(alert_id, "raised", Recipient.seat(1), NOW, NOW))
        raise ZeroDivisionError
    assert abouts(database, alert_id) == []


def test_a_purpose_without_a_template_and_an_alert_that_is_none_are_refused(database: Database) -> None:
    alert_id = raised(database)
    with database.transaction() as conn:
        with pytest.raises(ValueError, match="about: use one of raised"):
            notices.put(conn, Notice(alert_id, "gossip", Recipient.seat(1), NOW, NOW))
        with pytest.raises(NoSuchAlert):
            notices.put(conn, Notice(UUID(int=7), "raised", Recipient.seat(1), NOW, NOW))


def test_whoever_was_told_is_told_of_the_end_whatever_closes_the_alert(database: Database) -> None:
    alert_id = raised(database)
    with database.transaction() as conn:
        for about in ("raised", "escalated:2"):
            notices.put(conn, Notice(alert_id, about, Recipient.seat(1), NOW, NOW))
        operator = accounts.create_account(conn, "operator", "long-enough", Role.OPERATOR)
        alert_steps.take_step(conn, alert_id, Step.CLOSE, operator, NOW, Outcome.HELPED)
    assert sorted(abouts(database, alert_id)) == [
        ("ended", "seat:1"), ("escalated:2", "seat:1"), ("raised", "seat:1"),
    ]  # fmt: skip


def test_a_recipient_is_kept_as_text_and_read_again() -> None:
    for recipient in (Recipient.account(UUID(int=1)), Recipient.contact(UUID(int=2)), Recipient.seat(None)):
        assert Recipient.read(str(recipient)) == recipient
    with pytest.raises(ValueError, match="recipient: use account"):
        Recipient.read("pigeon:3")

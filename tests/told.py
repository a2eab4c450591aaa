"""An alert, those who are to be told of it, and what is sent when the sender turns, for the tests of telling."""

from datetime import datetime
from uuid import UUID

from alerts import telling
from alerts.channels.build import channels_of
from alerts.channels.settings import ChannelSettings
from care.alerts import Outcome, Step
from care.notices import Recipient
from care.people import Role
from records import database as database_module
from records.database import Database
from records.judging import alert_steps
from records.login import accounts
from records.people import reach
from records.people.reach import Reach
from records.telling import notices
from records.telling.notices import Notice
from tests.centre import id_of, ring
from tests.people import NOW, give


def daughter(database: Database, resident: str, *ways: Reach, position: int = 1) -> Recipient:
    """A contact of this resident with these addresses."""
    with database.transaction() as conn:
        row = conn.execute(
            "INSERT INTO contact (id, resident_id, name, phone, position)"
            " VALUES (gen_random_uuid(), %s, '李娜', '13855512345', %s) RETURNING id",
            (id_of(database, resident), position),
        ).fetchone()
        assert row is not None
        who = Recipient.contact(row[0])
        for way in ways:
            reach.add_reach(conn, who, way)
    return who


def put(database: Database, alert_id: UUID, who: Recipient, now: datetime, about: str = "raised") -> None:
    with database.transaction() as conn:
        notices.put(conn, Notice(alert_id, about, who, now, now))


def turn(database: Database, settings: ChannelSettings, now: datetime) -> None:
    with database_module.connect(database.url, autocommit=True) as conn:
        telling.turn(conn, channels_of(settings), now)


def states(database: Database, alert_id: UUID) -> list[tuple[str, str | None, str | None]]:
    with database.transaction() as conn:
        return [(line.about, line.channel, line.state) for line in notices.told(conn, alert_id)]


def close(database: Database, alert_id: UUID, now: datetime) -> None:
    with database.transaction() as conn:
        operator = accounts.create_account(conn, "operator", "long-enough", Role.OPERATOR)
        alert_steps.take_step(conn, alert_id, Step.CLOSE, operator, now, Outcome.HELPED)


def fall(database: Database, rule: str = "fall") -> UUID:
    return ring(database, give(database, "王桂珍", "band-1"), rule, at=NOW)

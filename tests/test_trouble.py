"""What fails while everything else goes on is seen: health names the task until it succeeds again."""

from datetime import datetime, timedelta

import pytest

from alerts import sender, telling
from alerts.channels.message import Message
from alerts.engine import turn
from alerts.service import beat
from care.devices import DeviceKind
from care.notices import Channel
from care.watching import LOOK_AGAIN
from records import database as database_module
from records import health, trouble
from records.database import Conn, Database
from records.people.reach import Reach
from records.readings import store
from records.readings.observations import Row
from tests.centre import observe
from tests.people import NOW, give
from tests.told import daughter, fall, put

MINUTE = timedelta(minutes=1)
REFUSES = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
    CREATE TRIGGER refused BEFORE INSERT ON alert FOR EACH ROW WHEN (NEW.rule = 'room_cold') EXECUTE FUNCTION refuse();
"""


def health_of(conn: Conn, name: str) -> tuple[str, str]:
    return next((part.status, part.detail) for part in health.parts(conn) if part.name == name)


def goes_to(conn: Conn, now: datetime) -> tuple[str, str]:
    """How alerts says it is, after everything that was due."""
    store.save_watermark(conn, "bulk-0", now)
    turn(conn, now)
    beat(conn, "", now)
    return health_of(conn, "alerts")


def test_a_home_that_can_not_be_judged_is_said_until_it_can(database: Database) -> None:
    sensor = give(database, "王桂珍", "climate-1", DeviceKind.CLIMATE).device_id
    give(database, "李建国", "climate-2", DeviceKind.CLIMATE)
    observe(database, [Row(sensor, NOW - number * MINUTE, {"temperature": 9.0}) for number in range(0, 180, 5)])
    with database_module.connect(database.url, autocommit=True) as conn:
        conn.execute(REFUSES)
        assert goes_to(conn, NOW) == ("degraded", "failing: homes (1); see the log of alerts")
        assert goes_to(conn, NOW + MINUTE)[0] == "degraded"  # it was not tried again yet
        conn.execute("DROP TRIGGER refused ON alert")
        assert goes_to(conn, NOW + LOOK_AGAIN) == ("ok", "")


class Unforeseen:
    """A provider whose library breaks in a way that nobody foresaw."""

    name = "webhook"
    broken = True

    def send(self, _message: Message, _address: str) -> str:
        if self.broken:
            raise ZeroDivisionError
        return ""


def test_a_channel_that_breaks_is_said_until_a_message_goes_out(database: Database) -> None:
    provider, channels = Unforeseen(), {}
    channels = {Channel.PAGES: (), Channel.WEBHOOK: (provider,)}
    alert_id = fall(database)
    put(database, alert_id, daughter(database, "王桂珍", Reach(Channel.WEBHOOK, "http://127.0.0.1:9/")), NOW)
    with database_module.connect(database.url, autocommit=True) as conn:
        telling.turn(conn, channels, NOW)
        sender.beat(conn, NOW)
        assert health_of(conn, "notify") == ("degraded", "failing: sending by webhook (1); see the log of notify")
        provider.broken = False
        telling.turn(conn, channels, NOW + MINUTE)
        sender.beat(conn, NOW + MINUTE)
        assert health_of(conn, "notify") == ("ok", "")


@pytest.mark.parametrize(("later", "said"), [(timedelta(hours=23), True), (timedelta(hours=25), False)])
def test_what_is_not_tried_any_more_is_no_trouble(database: Database, later: timedelta, said: bool) -> None:
    with database.transaction() as conn:
        trouble.note(conn, "alerts", "homes", "resident:1", ZeroDivisionError(), NOW)
        assert bool(trouble.failing(conn, "alerts", NOW + later)) is said

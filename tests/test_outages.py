"""Many devices lost together are one alert that names the cause, and nobody behind it is judged before it is over."""

from datetime import UTC, date, datetime, timedelta

from care.devices import DeviceKind
from care.outages import Around, Cause, Lost, causes
from care.rules import RULES
from records.database import Conn, Database
from records.equipment import coverage, devices, outages
from records.ids import new_id
from records.judging import alerts, holding
from records.people.households import Household, settle
from records.readings.observations import Observations, Row
from records.scope import EVERYTHING
from tests.people import NOW
from tests.test_supervision import MINUTE, hear


def street_of(database: Database, street: str, homes: int, community: str = "一社区") -> list[int]:
    """So many homes with a bed sensor in this street; returns the beds."""
    with database.transaction() as conn:
        return [_home(conn, street, community, number) for number in range(homes)]


def _home(conn: Conn, street: str, community: str, number: int) -> int:
    name = f"{street}{community}{number}"
    long_ago = date(2025, 1, 1)
    settle(conn, Household(name, long_ago, "340503", street, community, name, name, long_ago, ()))
    return devices.register(
        conn, "acme", f"bed-{new_id().hex}", DeviceKind.BED, resident=name, now=NOW - timedelta(days=30)
    )


def test_a_street_without_power_is_one_alert_and_the_people_behind_it_are_held_until_all_has_come(
    database: Database,
) -> None:
    dark = street_of(database, "花园街道", 20) + street_of(database, "花园街道", 20, "二社区")
    lit = street_of(database, "湖北路街道", 40)
    with database.transaction() as conn:
        hear(conn, NOW, dark + lit)
        for minute in range(1, 7):
            hear(conn, NOW + minute * MINUTE, lit)
        (alert,) = alerts.open_alerts(conn)
        assert (alert.rule, alert.evidence["count"], alert.evidence["homes"]) == ("area_lost", 40, 40)
        assert len(alert.evidence["devices"]) == 40
        one = devices.find_resident(conn, "花园街道二社区7")
        other = devices.find_resident(conn, "湖北路街道一社区7")
        assert one is not None and other is not None
        assert str(outages.holding(conn, one, NOW + 6 * MINUTE)).startswith("outage:")
        assert outages.holding(conn, other, NOW + 6 * MINUTE) is None
        assert coverage.counts(conn, EVERYTHING).blind == 40
        hear(conn, NOW + 60 * MINUTE, dark + lit)
        assert outages.holding(conn, one, NOW + 60 * MINUTE) is not None, "what was buffered may still come"
        _buffered(conn, dark[27], NOW + 30 * MINUTE, received_at=NOW + 61 * MINUTE)
        for minute in range(61, 64):
            hear(conn, NOW + minute * MINUTE, dark + lit)
        assert outages.holding(conn, one, NOW + 63 * MINUTE) is not None, "it still comes"
        for minute in range(64, 70):
            hear(conn, NOW + minute * MINUTE, dark + lit)
        assert outages.holding(conn, one, NOW + 69 * MINUTE) is None
        assert alerts.open_alerts(conn) == []
        assert [closed.outcome for closed in alerts.closed_alerts(conn)] == ["cleared"]


def test_what_was_held_is_judged_again_when_nothing_holds_it_the_most_urgent_first(database: Database) -> None:
    street_of(database, "花园街道", 3)
    with database.transaction() as conn:
        people = [devices.find_resident(conn, f"花园街道一社区{number}") for number in range(3)]
        first, second, third = (one for one in people if one is not None)
        outage = new_id()
        conn.execute(
            "INSERT INTO outage (id, cause, subject, began_at, noticed_at) VALUES (%s, 'platform', 'platform', %s, %s)",
            (outage, NOW, NOW),
        )
        for one in (first, second, third):
            conn.execute("INSERT INTO held (resident_id, outage_id, since) VALUES (%s, %s, %s)", (one, outage, NOW))
        holding.keep(conn, RULES["missed_check_in"], [first, second], NOW)
        holding.keep(conn, RULES["no_movement"], [second, third], NOW + MINUTE)
        rules = ["no_movement", "missed_check_in"]
        assert holding.claim(conn, rules, NOW + 9 * MINUTE) == []
        conn.execute("DELETE FROM held WHERE resident_id <> %s", (third,))
        assert holding.claim(conn, rules, NOW + 9 * MINUTE, at_once=2) == [
            (second, "no_movement"), (first, "missed_check_in"),
        ]  # fmt: skip
        assert holding.claim(conn, rules, NOW + 9 * MINUTE) == [(second, "missed_check_in")]


def _buffered(conn: Conn, device: int, at: datetime, received_at: datetime) -> None:
    store = Observations()
    store.prepare(conn)
    rows = [Row(device, at, {"in_bed": 1})]
    store.ensure_partitions(conn, rows)
    store.save(conn, rows, received_at)


def test_what_stays_lost_when_the_others_are_back_is_a_loss_of_its_own(database: Database) -> None:
    dark = street_of(database, "花园街道", 10)
    lit = street_of(database, "湖北路街道", 15)
    with database.transaction() as conn:
        hear(conn, NOW, dark + lit)
        for minute in range(1, 5):
            hear(conn, NOW + minute * MINUTE, lit)
        assert [one.rule for one in alerts.open_alerts(conn)] == ["area_lost"]
        for minute in range(5, 16):
            hear(conn, NOW + minute * MINUTE, dark[1:] + lit)
        (alert,) = alerts.open_alerts(conn)
    assert (alert.rule, alert.device_id) == ("device_silent", dark[0])


CITY, COUNTY = 1, 2
START = datetime(2026, 11, 23, tzinfo=UTC)


def lost(number: int, *, vendor: str = "acme", street: int = 10, community: int = 100) -> Lost:
    return Lost(number, vendor, START, new_id(), (CITY, COUNTY, street, community))


def test_a_vendors_cloud_is_named_where_the_devices_of_others_go_on() -> None:
    gone = [lost(n, street=10 + n % 2, community=100 + n % 2) for n in range(8)]
    alive = {one.home_id: START + 5 * MINUTE for one in gone if one.home_id is not None}
    around = Around({CITY: 100, COUNTY: 100, 10: 50, 11: 50, 100: 50, 101: 50}, {"acme": 10, "other": 90}, alive)
    assert [(one.cause, one.of, len(one.devices)) for one in causes(gone, around)] == [(Cause.VENDOR, "acme", 8)]


def test_the_platform_is_named_where_half_of_everything_is_gone_in_several_streets() -> None:
    gone = [lost(n, street=10 + n % 2, community=100 + n % 2) for n in range(20)]
    around = Around({CITY: 30, COUNTY: 30, 10: 15, 11: 15, 100: 15, 101: 15}, {"acme": 30}, {})
    assert [one.subject for one in causes(gone, around)] == ["platform"]


def test_five_homes_of_a_large_community_within_ten_minutes_are_one_outage_and_two_are_none() -> None:
    around = Around({CITY: 9000, COUNTY: 900, 10: 400, 100: 40}, {"acme": 20_000}, {})
    assert [one.subject for one in causes([lost(n) for n in range(5)], around)] == ["area:100"]
    assert causes([lost(n) for n in range(2)], around) == []

"""Stories of alerts that nobody answers, or that nobody follows up."""

from datetime import timedelta

from care.alerts import Step
from care.devices import DeviceKind
from care.people import Role
from records.judging import alert_steps
from records.login import accounts
from records.telling import notices
from tests.stories.town import Town


def test_a_fall_while_nobody_is_on_duty_reaches_the_city_supervisor_at_once(town: Town) -> None:
    radar = town.give("王桂珍", "radar-1", DeviceKind.FALL_RADAR, "卫生间")
    town.at("03:12")
    town.event(radar, "fall")
    town.settle()
    (fall,) = town.open_alerts()
    rows = town.conn.execute("SELECT detail ->> 'whom' FROM alert_log WHERE kind = 'nobody_on_duty' ORDER BY id")
    assert [row[0] for row in rows] == ["seat", "supervisor", "station", "street", "county", "supervisor"]
    first = [line.recipient for line in notices.told(town.conn, fall.id)]
    assert any(recipient.startswith("supervisor:") for recipient in first)
    town.after(timedelta(minutes=4))
    assert len(notices.told(town.conn, fall.id)) > len(first)


def test_an_answer_that_expires_rings_again(town: Town) -> None:
    radar = town.give("王桂珍", "radar-1", DeviceKind.FALL_RADAR)
    town.event(radar, "fall")
    town.settle()
    (fall,) = town.open_alerts()
    with town.database.transaction() as conn:
        operator = accounts.create_account(conn, "operator", "long-enough-for-a-test", Role.OPERATOR)
        alert_steps.take_step(conn, fall.id, Step.ANSWER, operator, town.clock.now)
    town.after(timedelta(minutes=4, seconds=59))
    assert [alert.phase for alert in town.open_alerts()] == ["answered"]
    town.after(timedelta(seconds=1))
    assert [alert.phase for alert in town.open_alerts()] == ["raised"]

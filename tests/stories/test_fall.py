"""Stories of falls."""

from datetime import timedelta

from care.devices import DeviceKind
from tests.stories.town import Town


def test_a_fall_at_night_is_on_the_board_at_once(town: Town) -> None:
    radar = town.give("王桂珍", "radar-1", DeviceKind.FALL_RADAR, "卫生间")
    town.at("03:12")
    town.event(radar, "fall")
    town.settle()
    (alert,) = town.open_alerts()
    assert (alert.rule, alert.resident_name, alert.phase, alert.opened_at) == (
        "fall",
        "王桂珍",
        "raised",
        town.clock.now,
    )
    assert not alert.delayed


def test_a_late_fall_rings_and_is_marked_delayed_and_an_old_one_is_history(town: Town) -> None:
    radar = town.give("王桂珍", "radar-1", DeviceKind.FALL_RADAR)
    town.at("03:12")
    town.event(radar, "fall", at=town.clock.now - timedelta(hours=30))
    town.settle()
    assert town.open_alerts() == []
    town.event(radar, "fall", at=town.clock.now - timedelta(hours=3))
    town.settle()
    assert [alert.delayed for alert in town.open_alerts()] == [True]

"""Stories of people who are expected to give a sign of life."""

from datetime import time, timedelta
from uuid import UUID

from care.absences import AbsenceKind
from care.checkins import Schedule
from care.devices import DeviceKind
from care.people import Role
from care.visits import Risk, VisitKind
from records.ids import new_id
from records.login import accounts
from records.rounds import absences, checkin_plans, confirmations, holidays, home_proofs, visit_duty, visiting, visits
from records.rounds.absences import Away
from records.rounds.visiting import Visited
from records.scope import EVERYTHING
from tests.centre import id_of
from tests.stories.town import LOCAL, Town

HOUR = timedelta(hours=1)


def expect(town: Town, name: str, on_holidays: bool = True) -> UUID:
    """Every morning from eight to nine this resident is expected to check in."""
    resident = id_of(town.database, name)
    with town.database.transaction() as conn:
        morning = Schedule.at(time(8))
        checkin_plans.make_plan(conn, resident, morning, HOUR, town.clock.now, on_holidays=on_holidays)
    return resident


def knows(town: Town, resident: UUID, name: str, relation: str, position: int) -> str:
    """Somebody who can be asked about this resident."""
    contact = new_id()
    with town.database.transaction() as conn:
        conn.execute(
            "INSERT INTO contact (id, resident_id, name, phone, relation, position)"
            " VALUES (%s, %s, %s, '13800000000', %s, %s)",
            (contact, resident, name, relation, position),
        )
    return f"contact:{contact}"


def stands(town: Town, resident: UUID) -> str:
    """The state of the check-in that opened last."""
    with town.database.transaction() as conn:
        row = conn.execute(
            "SELECT state FROM check_in WHERE resident_id = %s AND opens_at <= %s ORDER BY opens_at DESC LIMIT 1",
            (resident, town.clock.now),
        ).fetchone()
    assert row is not None
    return str(row[0])


def asked(town: Town) -> list[tuple[str, str]]:
    """Who was asked what, in order."""
    with town.database.transaction() as conn:
        rows = conn.execute(
            "SELECT split_part(about, ':', 1), recipient FROM notice WHERE check_in_id IS NOT NULL ORDER BY made_at, id"
        ).fetchall()
    return [(about, recipient) for about, recipient in rows]


def test_a_missed_check_in_is_found_by_water_use(town: Town) -> None:
    meter = town.give("王桂珍", "meter-1", DeviceKind.WATER_METER, "厨房")
    wang = expect(town, "王桂珍")
    town.at("08:00")
    town.at("09:00")
    assert stands(town, wang) == "late"
    town.at("09:20")
    town.obs(meter, water_used=3.5)
    town.at("10:00")
    assert stands(town, wang) == "done"
    assert (town.open_alerts(), asked(town)) == ([], [])
    with town.database.transaction() as conn:
        row = conn.execute("SELECT evidence FROM check_in WHERE state = 'done'").fetchone()
    assert row is not None
    assert (row[0]["by"], row[0]["place"]) == ("water", "厨房")


def test_nobody_answers_three_tries_so_contacts_are_asked_and_then_the_centre_has_an_alert(town: Town) -> None:
    motion = town.give("王桂珍", "pir-1", DeviceKind.MOTION, "客厅")
    wang = expect(town, "王桂珍")
    own = knows(town, wang, "王桂珍", "本人", 1)
    daughter = knows(town, wang, "李敏", "女儿", 2)
    neighbour = knows(town, wang, "赵秀兰", "睦邻伙伴", 3)
    states = []
    town.at("08:00")
    for clock in ("09:00", "10:00", "10:10", "10:20", "10:30", "10:40"):
        town.at(clock)
        states.append(stands(town, wang))
        assert town.open_alerts() == []
    assert states == ["late", "tried", "tried", "tried", "with_contacts", "with_contacts"]
    assert asked(town) == [
        ("check_in", own), ("check_in", own), ("check_in", own), ("look_in", neighbour), ("look_in", daughter),
    ]  # fmt: skip
    town.at("10:50")
    (alert,) = town.open_alerts()
    assert (alert.rule, alert.resident_name, alert.active) == ("missed_check_in", "王桂珍", True)
    assert [source["place"] for source in alert.evidence["sources"]] == ["客厅"]
    town.at("10:55")
    town.obs(motion, motion=1)
    town.at("11:05")
    (alert,) = town.open_alerts()
    assert (alert.active, stands(town, wang)) == (False, "done")


def test_a_button_is_seen_at_once_and_on_a_holiday_who_wants_none_is_not_expected(town: Town) -> None:
    button = town.give("王桂珍", "button-1", DeviceKind.SOS_BUTTON)
    town.give("张秀英", "button-2", DeviceKind.SOS_BUTTON)
    wang, zhang = expect(town, "王桂珍"), expect(town, "张秀英", on_holidays=False)
    tomorrow = (town.clock.now + timedelta(days=1)).astimezone(LOCAL).date()
    with town.database.transaction() as conn:
        holidays.set_holiday(conn, tomorrow, "国庆节")
    town.at("08:00")
    town.at("08:10")
    town.event(button, "check_in")
    town.after(timedelta(seconds=10))
    assert stands(town, wang) == "done"
    town.at("09:00")
    assert stands(town, zhang) == "excused"
    town.at("11:00")
    assert town.open_alerts() == []


def test_who_went_to_hospital_is_excused_when_somebody_says_so_after_the_window_has_opened(town: Town) -> None:
    town.give("王桂珍", "pir-1", DeviceKind.MOTION, "客厅")
    wang = expect(town, "王桂珍")
    own = knows(town, wang, "王桂珍", "本人", 1)
    town.at("08:00")
    town.at("09:00")
    town.at("10:00")
    assert (stands(town, wang), asked(town)) == ("tried", [("check_in", own)])
    town.after(timedelta(minutes=5))
    with town.database.transaction() as conn:
        stay = Away(wang, AbsenceKind.HOSPITAL, town.clock.now - HOUR, town.clock.now + timedelta(days=3))
        absences.add(conn, stay, town.clock.now)
    town.after(timedelta(seconds=5))
    assert stands(town, wang) == "excused"
    for clock in ("10:50", "08:00", "11:00"):
        town.at(clock)
    assert (stands(town, wang), town.open_alerts(), asked(town)) == ("excused", [], [("check_in", own)])
    with town.database.transaction() as conn:
        assert conn.execute("SELECT DISTINCT why FROM check_in WHERE state = 'excused'").fetchall() == [
            ("absence: hospital",)
        ]


def test_an_absence_that_was_to_begin_later_excuses_nobody_who_was_silent_before(town: Town) -> None:
    town.give("王桂珍", "pir-1", DeviceKind.MOTION, "客厅")
    wang = expect(town, "王桂珍")
    tomorrow_at_ten = town.clock.now.replace(hour=9, minute=30) + timedelta(days=1)
    with town.database.transaction() as conn:
        absences.add(conn, Away(wang, AbsenceKind.AWAY, tomorrow_at_ten, tomorrow_at_ten + HOUR * 48), town.clock.now)
    for clock in ("08:00", "09:00", "10:00"):
        town.at(clock)
    assert stands(town, wang) == "missed"
    assert [alert.rule for alert in town.open_alerts()] == ["missed_check_in"]


def test_the_daughter_says_that_all_is_well_and_the_neighbour_is_told(town: Town) -> None:
    town.give("王桂珍", "pir-1", DeviceKind.MOTION, "客厅")
    wang = expect(town, "王桂珍")
    neighbour = knows(town, wang, "赵秀兰", "睦邻伙伴", 1)
    with town.database.transaction() as conn:
        daughter = accounts.create_account(conn, "李敏", "long-enough-for-a-test", Role.FAMILY)
    for clock in ("08:00", "09:00", "10:00"):
        town.at(clock)
    assert (stands(town, wang), asked(town)) == ("with_contacts", [("look_in", neighbour)])
    town.at("10:10")
    (alert,) = town.open_alerts()
    with town.database.transaction() as conn:
        conn.execute("UPDATE notice SET state = 'sent' WHERE about LIKE 'look_in%%'")
        confirmations.confirm(conn, wang, town.clock.now, daughter, town.clock.now, "刚通过电话")
    town.after(timedelta(seconds=5))
    assert (stands(town, wang), asked(town)[-1]) == ("done", ("found", neighbour))
    (alert,) = town.open_alerts()
    assert not alert.active
    with town.database.transaction() as conn:
        row = conn.execute("SELECT evidence->>'by', evidence->>'who' FROM check_in WHERE state = 'done'").fetchone()
    assert row == ("care_circle", "李敏")


def test_who_is_behind_with_visits_is_a_task_until_somebody_has_been_there(town: Town) -> None:
    town.give("王桂珍", "pir-1", DeviceKind.MOTION, "客厅")
    wang = id_of(town.database, "王桂珍")
    with town.database.transaction() as conn:
        worker = accounts.create_account(conn, "赵敏", "long-enough-for-a-test", Role.STATION_WORKER)
        visit_duty.set_duty(conn, wang, Risk.HIGH, "独居", worker, town.clock.now - timedelta(days=8))
        code = home_proofs.new_code(conn, wang)

    def waiting() -> list[tuple[str, bool]]:
        with town.database.transaction() as conn:
            found, _ = visits.open_tasks(conn, EVERYTHING, town.clock.now, 10)
        return [(one.why, one.overdue) for one in found]

    town.after(timedelta(seconds=1))
    assert waiting() == [("duty", True)]
    with town.database.transaction() as conn:
        visit = Visited(VisitKind.DOOR, town.clock.now, True, code=code)
        assert visiting.record(conn, wang, visit, worker, town.clock.now).counts
    town.after(2 * HOUR)
    assert waiting() == []

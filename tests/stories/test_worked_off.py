"""Stories of alerts that people work off: to the end, two at once, and with a neighbour who goes."""

import threading
from datetime import timedelta
from uuid import UUID

from care.alerts import NotAllowed, Outcome, Party, Reached, Step
from care.devices import DeviceKind
from care.escalation import Whom
from care.notices import Channel, Recipient
from care.people import Role
from records.judging import alert_log, alert_steps, alerts
from records.judging.alert_steps import Particulars
from records.judging.alerts import AlertView
from records.login import accounts
from records.people import partners, reach
from records.people.reach import Reach
from records.telling import duty, notices, offers
from tests.centre import id_of
from tests.stories.town import Town

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WANG = "王桂珍"


def works(town: Town, name: str, level: Whom | None = None, role: Role = Role.OPERATOR) -> UUID:
    """Somebody with an account, on duty at this level for a day."""
    with town.database.transaction() as conn:
        account = accounts.create_account(conn, name, "long-enough-for-a-test", role)
        reach.add_reach(conn, Recipient.account(account), Reach(Channel.EMAIL, f"works-{account}@example.org"))
        if level is not None:
            duty.add(conn, account, level, None, town.clock.now, 24 * HOUR)
    return account


def falls_at_night(town: Town) -> AlertView:
    """She falls in her bathroom at 03:12."""
    radar = town.give(WANG, "radar-1", DeviceKind.FALL_RADAR, "卫生间")
    town.at("03:12")
    town.event(radar, "fall")
    town.settle()
    (fall,) = town.open_alerts()
    return fall


def takes(
    town: Town, fall: AlertView, by: UUID, step: Step, outcome: Outcome | None = None, more: Particulars | None = None
) -> str:
    """This person takes this step now; returns the phase after it."""
    with town.database.transaction() as conn:
        return alert_steps.take_step(conn, fall.id, step, by, town.clock.now, outcome, more=more).phase


def told(town: Town, fall: AlertView, account: UUID) -> list[str]:
    """What this account was told of, in order."""
    to = str(Recipient.account(account))
    lines = [line for line in notices.told(town.conn, fall.id) if line.recipient == to]
    return [line.about.partition(":")[0] for line in lines]


def next_step(town: Town, fall: AlertView) -> tuple[timedelta | None, str | None]:
    """In how long the platform does what by itself."""
    found = alerts.alert(town.conn, fall.id)
    assert found is not None
    return (found.next_at - town.clock.now if found.next_at else None), found.next_step


def test_a_fall_at_night_is_worked_off_to_its_end_and_every_phase_has_its_clock(town: Town) -> None:
    seat = works(town, "李敏", Whom.SEAT)
    station = works(town, "站长", Whom.STATION, Role.SUPERVISOR)
    fall = falls_at_night(town)
    assert told(town, fall, seat) == ["raised"]
    town.after(MINUTE / 2)
    assert takes(town, fall, seat, Step.ANSWER) == "answered"
    assert next_step(town, fall) == (5 * MINUTE, "expire")
    town.after(4 * MINUTE)
    tried = Particulars(who=Party.RESIDENT, how="phone", result=Reached.NO_REPLY)
    assert takes(town, fall, seat, Step.CONTACT, more=tried) == "answered"
    town.after(4 * MINUTE)  # she has done something: the answer holds
    sent = Particulars(responder_id=station, expected_at=town.clock.now + 20 * MINUTE)
    assert takes(town, fall, seat, Step.DISPATCH, more=sent) == "dispatched"
    assert told(town, fall, station) == ["sent"]
    assert next_step(town, fall) == (20 * MINUTE, "overdue:seat,supervisor")
    town.after(20 * MINUTE)  # nobody is there: who answered and who was sent are told
    assert (told(town, fall, seat)[-1], told(town, fall, station)[-1]) == ("escalated", "escalated")
    town.after(MINUTE)
    assert takes(town, fall, station, Step.ARRIVE) == "arrived"
    assert next_step(town, fall) == (5 * MINUTE, "overdue:seat,supervisor")
    assert takes(town, fall, station, Step.SEE) == "person_seen"
    assert next_step(town, fall) == (HOUR, "overdue:seat,supervisor")
    town.after(30 * MINUTE)
    assert takes(town, fall, seat, Step.CLOSE, Outcome.HELPED) == "closed"
    assert next_step(town, fall) == (None, None)
    assert (told(town, fall, seat)[-1], told(town, fall, station)[-1]) == ("ended", "ended")
    before = len(notices.told(town.conn, fall.id))
    town.after(12 * HOUR)
    assert not any(one.rule == "fall" for one in town.open_alerts()) and len(notices.told(town.conn, fall.id)) == before
    log = [(line.kind, line.by_name) for line in alert_log.of_alert(town.conn, fall.id) if line.by_name]
    assert log == [
        ("answer", "李敏"), ("contact", "李敏"), ("dispatch", "李敏"), ("arrive", "站长"), ("see", "站长"),
        ("close", "李敏"),
    ]  # fmt: skip


def test_of_two_operators_at_once_one_answers_and_the_other_sees_who(town: Town) -> None:
    both = {works(town, name, Whom.SEAT): name for name in ("李敏", "张强")}
    fall = falls_at_night(town)
    assert all(told(town, fall, account) == ["raised"] for account in both)
    start, answered, late = threading.Barrier(2), list[UUID](), list[UUID]()

    def answers(account: UUID) -> None:
        start.wait(120)
        try:
            takes(town, fall, account, Step.ANSWER)
            answered.append(account)
        except NotAllowed:
            late.append(account)

    threads = [threading.Thread(target=answers, args=(account,)) for account in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(answered + late) == sorted(both) and len(answered) == 1
    (alert,) = town.open_alerts()
    assert (alert.phase, alert.answered_by_name) == ("answered", both[answered[0]])
    assert [line.kind for line in alert_log.of_alert(town.conn, fall.id)].count("answer") == 1


def test_a_neighbour_who_accepts_goes_there_and_the_other_is_told_that_she_need_not(town: Town) -> None:
    seat = works(town, "李敏", Whom.SEAT)
    aunt, master = (works(town, name, role=Role.RESPONDER) for name in ("周阿姨", "吴师傅"))
    fall = falls_at_night(town)
    with town.database.transaction() as conn:
        for name in ("周阿姨", "吴师傅"):
            partners.add(conn, id_of(town.database, WANG), name)
    town.after(MINUTE - timedelta(seconds=1))
    assert told(town, fall, aunt) == told(town, fall, master) == []
    town.after(timedelta(seconds=1))
    assert told(town, fall, aunt) == told(town, fall, master) == ["offer"]
    with town.database.transaction() as conn:
        conn.execute("UPDATE home SET address = '湖东路 8 号 302'")
        (offered,) = offers.of_account(conn, aunt)
        assert (offered.state, offered.address) == ("open", None)
        assert offers.accept(conn, offered.id, aunt, town.clock.now).address == "湖东路 8 号 302"
    assert told(town, fall, master) == ["offer", "taken"]
    (alert,) = town.open_alerts()
    assert (alert.phase, alert.dispatched_to) == ("raised", "周阿姨")  # the centre has still to answer
    town.after(MINUTE)
    assert takes(town, fall, seat, Step.ANSWER) == "dispatched"
    town.after(5 * MINUTE)
    for step in (offers.arrive, offers.see):
        with town.database.transaction() as conn:
            step(conn, offered.id, aunt, town.clock.now)
    town.after(23 * MINUTE)
    assert takes(town, fall, seat, Step.CLOSE, Outcome.HELPED) == "closed"
    with town.database.transaction() as conn:
        assert [partners.minutes_of(conn, account) for account in (aunt, master)] == [29, 0]
        assert [one.address for one in offers.of_account(conn, aunt)] == [None]

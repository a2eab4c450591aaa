"""Figures, counted by hand: what was answered in time, who was at the door, how busy the seats were, what was true."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from alerts import escalation
from alerts.opening import clear_alert, raise_alert
from care.alerts import Outcome, Step
from care.devices import DeviceKind
from care.escalation import Whom
from care.figures import Rate, Seats, Sitting, floods_of, load
from care.people import Role
from care.rules import RULES
from records.counting import figures_misses
from records.counting.figures import Figures, figures
from records.counting.figures_terms import Wanted
from records.database import Conn, Database
from records.equipment import devices
from records.judging import alert_log, alert_steps, alerts
from records.judging.alert_steps import Particulars
from records.judging.alerts import Opening
from records.login import accounts
from records.people import areas
from records.rounds import holidays
from records.scope import EVERYTHING, Scope
from records.telling import duty
from tests.centre import PASSWORD, id_of
from tests.people import Wearer, give
from tests.test_rules import area_of, move

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 23, tzinfo=SHANGHAI)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LATER = MONDAY + 7 * DAY


@dataclass
class Shift:
    """An operator at work, on the clock of the test."""

    database: Database
    operator: UUID
    numbers: dict[UUID, str] = field(default_factory=dict)

    def opens(self, who: Wearer, at: datetime, rule: str = "fall", *, drill: bool = False) -> UUID:
        """The engine has judged."""
        resident = id_of(self.database, who.name)
        subject = f"device:{who.device_id}" if RULES[rule].alert_class == "technical" else f"resident:{resident}"
        opening = Opening(RULES[rule], subject, resident, who.device_id, at, at, {}, drill=drill)
        with self.database.transaction() as conn:
            return raise_alert(conn, opening).id

    def does(self, alert: UUID, step: Step, at: datetime, outcome: Outcome | None = None) -> None:
        """The operator does this; where closing takes two, the second one agrees."""
        more = Particulars(to="赵秀兰", until=at + HOUR, reason="午后再看")
        with self.database.transaction() as conn:
            for by in (self.operator, self._second(conn)):
                view = alert_steps.take_step(conn, alert, step, by, at, outcome, "邻居说一切都好", more=more)
                if step is not Step.CLOSE or view.phase == "closed":
                    return

    def _second(self, conn: Conn) -> UUID:
        found = accounts.account_by_name(conn, "张强")
        return found[0].id if found else accounts.create_account(conn, "张强", PASSWORD, Role.OPERATOR)

    def answers_and_closes(self, alert: UUID, at: datetime, outcome: Outcome = Outcome.HELPED) -> None:
        """Within a minute."""
        self.does(alert, Step.ANSWER, at)
        self.does(alert, Step.CLOSE, at + MINUTE, outcome)

    def time_passes(self, until: datetime) -> None:
        """What is due by itself happens."""
        with self.database.transaction() as conn:
            escalation.sweep(conn, until)

    def counts(self, since: datetime, until: datetime, now: datetime = LATER, **more: object) -> Figures:
        """The figures of that time."""
        scope = more.get("scope", EVERYTHING)
        assert isinstance(scope, Scope)
        area = more.get("area")
        with self.database.transaction() as conn:
            return figures(conn, scope, area if isinstance(area, int) else None, since, until, now)


@pytest.fixture
def shift(database: Database) -> Shift:
    with database.transaction() as conn:
        return Shift(database, accounts.create_account(conn, "李敏", "long-enough-for-a-test", Role.OPERATOR))


@pytest.fixture
def wang(database: Database) -> Wearer:
    return give(database, "王桂珍", "watch-1")


@pytest.fixture
def zhang(database: Database) -> Wearer:
    return give(database, "张秀英", "watch-2")


def of(rate: Rate) -> tuple[int, int]:
    return rate.within, rate.of


def answered(found: Figures) -> list[tuple[int, int]]:
    return [of(rate) for rate in found.answers.first]


def test_sixty_seconds_are_in_time_and_sixty_one_are_not(shift: Shift, wang: Wearer, zhang: Wearer) -> None:
    for who, seconds in ((wang, 60), (zhang, 61)):
        shift.answers_and_closes(shift.opens(who, MONDAY), MONDAY + seconds * SECOND)
    shift.answers_and_closes(shift.opens(wang, MONDAY + HOUR), MONDAY + HOUR + 181 * SECOND)
    found = shift.counts(MONDAY, MONDAY + DAY)
    assert answered(found) == [(1, 3), (2, 3)]
    assert [(rate.limit_s, rate.target) for rate in found.answers.first] == [(60, 0.975), (180, 0.99)]
    assert (found.alerts, found.classes["personal"], found.answers.waiting) == (3, 3, 0)


def test_who_still_waits_counts_as_soon_as_it_is_too_late_and_not_before(shift: Shift, wang: Wearer) -> None:
    shift.opens(wang, MONDAY)
    seen = [answered(shift.counts(MONDAY, MONDAY + DAY, MONDAY + seconds * SECOND)) for seconds in (60, 61, 180, 181)]
    assert seen == [[(0, 0), (0, 0)], [(0, 1), (0, 0)], [(0, 1), (0, 0)], [(0, 1), (0, 1)]]
    assert shift.counts(MONDAY, MONDAY + DAY, MONDAY + HOUR).answers.waiting == 1


def test_an_alert_that_is_open_over_midnight_belongs_to_the_day_on_which_it_opened(shift: Shift, wang: Wearer) -> None:
    midnight = MONDAY + DAY
    alert = shift.opens(wang, midnight - 30 * SECOND)
    shift.answers_and_closes(alert, midnight + 20 * SECOND)
    assert answered(shift.counts(MONDAY, midnight)) == [(1, 1), (1, 1)]
    assert shift.counts(midnight, midnight + DAY).alerts == 0
    (day,) = shift.counts(MONDAY, midnight + DAY).days
    assert (day.day, day.alerts) == (date(2026, 11, 23), 1)


def test_who_closes_without_answering_has_seen_to_it_then(shift: Shift, wang: Wearer) -> None:
    alert = shift.opens(wang, MONDAY)
    shift.does(alert, Step.CLOSE, MONDAY + 90 * SECOND, Outcome.FALSE_ALARM)
    assert answered(shift.counts(MONDAY, MONDAY + DAY)) == [(0, 1), (1, 1)]


def test_what_is_handed_back_waits_again_and_the_first_answer_stays_the_first(shift: Shift, wang: Wearer) -> None:
    alert = shift.opens(wang, MONDAY)
    shift.does(alert, Step.ANSWER, MONDAY + 10 * SECOND)
    shift.does(alert, Step.HAND_BACK, MONDAY + 20 * SECOND)
    shift.answers_and_closes(alert, MONDAY + 20 * SECOND + 100 * SECOND)
    found = shift.counts(MONDAY, MONDAY + DAY)
    assert answered(found) == [(1, 1), (1, 1)]
    assert [of(rate) for rate in found.answers.again] == [(0, 1), (1, 1)]


def test_an_answer_that_expired_waits_again_from_then(shift: Shift, wang: Wearer) -> None:
    alert = shift.opens(wang, MONDAY)
    shift.does(alert, Step.ANSWER, MONDAY + 10 * SECOND)
    expired = MONDAY + 10 * SECOND + 5 * MINUTE
    shift.time_passes(expired)
    shift.answers_and_closes(alert, expired + 30 * SECOND)
    found = shift.counts(MONDAY, MONDAY + DAY)
    assert (answered(found), [of(rate) for rate in found.answers.again]) == ([(1, 1), (1, 1)], [(1, 1), (1, 1)])


def test_shelving_is_a_persons_decision_and_afterwards_it_waits_again(shift: Shift, wang: Wearer) -> None:
    alert = shift.opens(wang, MONDAY, "strap_cut")
    shift.does(alert, Step.SHELVE, MONDAY + 40 * SECOND)
    found = shift.counts(MONDAY, MONDAY + DAY, MONDAY + 30 * MINUTE)
    assert (answered(found), [of(rate) for rate in found.answers.again]) == ([(1, 1), (1, 1)], [(0, 0), (0, 0)])
    back = MONDAY + 40 * SECOND + HOUR
    shift.time_passes(back)
    shift.answers_and_closes(alert, back + 170 * SECOND)
    found = shift.counts(MONDAY, MONDAY + DAY)
    assert [of(rate) for rate in found.answers.again] == [(0, 1), (1, 1)]


def test_what_a_cause_holds_back_waits_from_when_it_is_released(shift: Shift, wang: Wearer) -> None:
    alert = shift.opens(wang, MONDAY)
    with shift.database.transaction() as conn:
        conn.execute("UPDATE alert SET suppressed_by = 'outage:1' WHERE id = %s", (alert,))
    assert answered(shift.counts(MONDAY, MONDAY + DAY)) == [(0, 0), (0, 0)]
    with shift.database.transaction() as conn:
        conn.execute("UPDATE alert SET suppressed_by = NULL WHERE id = %s", (alert,))
        alert_log.log_line(conn, alert, MONDAY + HOUR, "released")
    shift.answers_and_closes(alert, MONDAY + HOUR + 30 * SECOND)
    found = shift.counts(MONDAY, MONDAY + DAY)
    assert (answered(found), [of(rate) for rate in found.answers.again]) == ([(1, 1), (1, 1)], [(0, 0), (0, 0)])


def test_drills_canaries_and_answers_by_machine_are_in_no_figure(shift: Shift, wang: Wearer, zhang: Wearer) -> None:
    shift.answers_and_closes(shift.opens(wang, MONDAY, drill=True), MONDAY + SECOND, Outcome.DRILL)
    shift.answers_and_closes(shift.opens(wang, MONDAY + HOUR), MONDAY + HOUR + SECOND, Outcome.DRILL)
    alert = shift.opens(zhang, MONDAY)
    with shift.database.transaction() as conn:
        alert_log.log_line(conn, alert, MONDAY + SECOND, "answer")
        canary = Opening(RULES["sos"], "device:1", None, None, MONDAY, MONDAY, {}, canary=True)
        alerts.open_or_repeat(conn, canary)
    shift.answers_and_closes(alert, MONDAY + 100 * SECOND)
    found = shift.counts(MONDAY, MONDAY + DAY)
    assert (found.alerts, found.drills, answered(found)) == (1, 2, [(0, 1), (1, 1)])
    assert (found.burden.rings, found.truth.whole.confirmed) == (1, 1)


def test_the_door_counts_from_when_somebody_was_sent(shift: Shift, wang: Wearer, zhang: Wearer) -> None:
    def trip(who: Wearer, at: datetime, minutes: int | None, ended: timedelta = 2 * HOUR) -> None:
        alert = shift.opens(who, at)
        shift.does(alert, Step.ANSWER, at + 10 * SECOND)
        shift.does(alert, Step.DISPATCH, at + MINUTE)
        if minutes is not None:
            shift.does(alert, Step.ARRIVE, at + MINUTE + minutes * MINUTE)
        shift.does(alert, Step.CLOSE, at + MINUTE + ended, Outcome.HELPED)

    trip(wang, MONDAY, 45)
    trip(zhang, MONDAY, 46)
    trip(wang, MONDAY + 3 * HOUR, 61)
    trip(zhang, MONDAY + 3 * HOUR, None, 10 * MINUTE)  # called off in time
    trip(wang, MONDAY + 6 * HOUR, None, 50 * MINUTE)  # and one too late for the first target
    door = shift.counts(MONDAY, MONDAY + DAY).door
    assert (door.sent, door.called_off, [of(rate) for rate in door.rates]) == (5, 1, [(1, 4), (2, 3)])
    assert [(rate.limit_s, rate.target) for rate in door.rates] == [(2700, 0.9), (3600, 1.0)]


def test_technical_alerts_are_due_at_the_end_of_the_working_day(shift: Shift, wang: Wearer, zhang: Wearer) -> None:
    def fault(who: Wearer, opened: datetime, lasted: timedelta) -> None:
        shift.opens(who, opened, "device_silent")
        with shift.database.transaction() as conn:
            clear_alert(conn, f"device:{who.device_id}", "device_silent", opened + lasted, "it speaks")

    friday = MONDAY + 4 * DAY
    fault(wang, friday + 9 * HOUR, 14 * HOUR)  # still on Friday
    fault(zhang, friday + 9 * HOUR, 16 * HOUR)  # on Saturday
    fault(wang, friday + 33 * HOUR, 40 * HOUR)  # from Saturday to Monday morning
    found = shift.counts(MONDAY, MONDAY + 7 * DAY, MONDAY + 14 * DAY)
    assert (of(found.technical), found.classes["technical"], answered(found)) == ((2, 3), 3, [(0, 0), (0, 0)])
    with shift.database.transaction() as conn:
        holidays.set_holiday(conn, (friday + DAY).date(), "调休", works=True)
    assert of(shift.counts(MONDAY, MONDAY + 7 * DAY, MONDAY + 14 * DAY).technical) == (1, 3)


def test_each_miss_is_an_exception_that_wants_a_reason(shift: Shift, wang: Wearer, zhang: Wearer) -> None:
    late = shift.opens(wang, MONDAY)
    shift.answers_and_closes(late, MONDAY + 5 * MINUTE)
    shift.answers_and_closes(shift.opens(zhang, MONDAY), MONDAY + SECOND)

    def missed(conn: Conn, *, without: bool = False) -> list[tuple[UUID, str, int | None, str | None, str | None]]:
        wanted = Wanted.of(conn, EVERYTHING, None, MONDAY, MONDAY + DAY, LATER)
        found = figures_misses.misses(conn, wanted, 10, without_reason=without)
        return [(one.alert_id, one.target, one.took_s, one.reason, one.reason_by) for one in found]

    with shift.database.transaction() as conn:
        assert missed(conn) == [(late, "answered", 300, None, None)]
        assert figures_misses.misses(conn, Wanted.of(conn, EVERYTHING, None, MONDAY, LATER, LATER), 1)[0].nobody_on_duty
        figures_misses.give_reason(conn, late, "answered", "两人同时呼入", shift.operator, LATER)
        assert missed(conn) == [(late, "answered", 300, "两人同时呼入", "李敏")]
        assert missed(conn, without=True) == []


def test_areas_and_shifts_have_their_own_part(shift: Shift, wang: Wearer, zhang: Wearer) -> None:
    here, there = area_of(shift.database, "340503"), area_of(shift.database, "340521")
    move(shift.database, id_of(shift.database, "王桂珍"), here)
    move(shift.database, id_of(shift.database, "张秀英"), there)
    with shift.database.transaction() as conn:
        other = accounts.create_account(conn, "王芳", PASSWORD, Role.OPERATOR)
        duty.add(conn, shift.operator, Whom.SEAT, None, MONDAY, 8 * HOUR)
        duty.add(conn, other, Whom.SEAT, None, MONDAY, 8 * HOUR)
        duty.add(conn, other, Whom.SEAT, there, MONDAY + 8 * HOUR, 8 * HOUR)
        duty.add(conn, other, Whom.SUPERVISOR, None, MONDAY, 24 * HOUR)
    shift.answers_and_closes(shift.opens(wang, MONDAY + HOUR), MONDAY + HOUR + 10 * SECOND)
    shift.answers_and_closes(shift.opens(zhang, MONDAY + 8 * HOUR), MONDAY + 8 * HOUR + 90 * SECOND)
    shift.answers_and_closes(shift.opens(wang, MONDAY + 9 * HOUR), MONDAY + 9 * HOUR + 10 * SECOND)
    found = shift.counts(MONDAY, MONDAY + DAY)
    parts = {one.name: (one.alerts, of(one.answered[0])) for one in found.areas if one.alerts}
    assert parts == {"花山区": (2, (2, 2)), "当涂县": (1, (0, 1))}
    assert len(found.areas) == 6
    shifts = [(one.starts, one.area, one.seats, one.alerts, of(one.answered[0])) for one in found.shifts]
    assert shifts == [
        (MONDAY, None, 2, 1, (1, 1)),
        (MONDAY + 8 * HOUR, "当涂县", 1, 1, (0, 1)),
    ]
    only = shift.counts(MONDAY, MONDAY + DAY, area=here)
    assert (only.alerts, answered(only), [one.area for one in only.shifts]) == (2, [(2, 2), (2, 2)], [None])
    with shift.database.transaction() as conn:
        mine = Scope(areas=tuple(areas.below(conn, there)))
    assert shift.counts(MONDAY, MONDAY + DAY, scope=mine).alerts == 1
    assert shift.counts(MONDAY, MONDAY + DAY, scope=mine, area=here).alerts == 0


def test_what_rings_most_chatters_or_stays_active_is_named(shift: Shift, wang: Wearer, zhang: Wearer) -> None:
    for seconds in (0, 30, 60, 200):  # the third within a minute chatters, the fourth does not
        shift.opens(wang, MONDAY + seconds * SECOND)
    shift.opens(zhang, MONDAY + HOUR, "smoke")
    found = shift.counts(MONDAY, MONDAY + 3 * DAY).burden
    assert [(one.rule, one.resident_name, one.rings, one.share) for one in found.sources] == [
        ("fall", "王桂珍", 4, 0.8), ("smoke", "张秀英", 1, 0.2),
    ]  # fmt: skip
    assert (found.rings, found.chattering_sources) == (5, 1)
    assert [(one.rule, one.chattered) for one in found.chattering] == [("fall", 1)]
    assert [(one.rule, one.resident_name) for one in found.stale] == [("fall", "王桂珍"), ("smoke", "张秀英")]
    with shift.database.transaction() as conn:
        clear_alert(conn, f"resident:{id_of(shift.database, '张秀英')}", "smoke", MONDAY + 2 * DAY, "no smoke")
    assert shift.counts(MONDAY, MONDAY + 3 * DAY).burden.stale_alerts == 1
    assert shift.counts(MONDAY, MONDAY + DAY, MONDAY + 3 * DAY).burden.stale_alerts == 0  # not yet, by then
    shares = {one.priority: one.alerts for one in shift.counts(MONDAY, MONDAY + 3 * DAY).priorities}
    assert shares == {"high": 2, "medium": 0, "low": 0}


def test_false_alarms_and_confirmed_are_counted_per_rule_model_and_resident(
    shift: Shift, wang: Wearer, zhang: Wearer
) -> None:
    with shift.database.transaction() as conn:
        devices.register(conn, wang.vendor, wang.device, DeviceKind.WEARABLE, model="W-7", now=MONDAY)
        devices.register(conn, wang.vendor, wang.device, DeviceKind.WEARABLE, now=MONDAY)  # it keeps its model
    ends = (Outcome.FALSE_ALARM, Outcome.HELPED, Outcome.NO_HELP_NEEDED, Outcome.DUPLICATE, Outcome.FALSE_ALARM)
    for number, outcome in enumerate(ends):
        at = MONDAY + number * HOUR
        shift.answers_and_closes(shift.opens(wang, at), at + SECOND, outcome)
    shift.answers_and_closes(shift.opens(zhang, MONDAY, "smoke"), MONDAY + SECOND, Outcome.FAMILY_TOOK_OVER)
    truth = shift.counts(MONDAY, MONDAY + DAY).truth
    assert (truth.whole.confirmed, truth.whole.false, truth.whole.other) == (2, 2, 1)
    assert [(one.rule, one.confirmed, one.false, one.other) for one in truth.rules] == [
        ("fall", 1, 2, 1), ("smoke", 1, 0, 0),
    ]  # fmt: skip
    models = [(one.vendor, one.model, one.confirmed, one.false) for one in truth.models]
    assert models == [("acme", "W-7", 1, 2), ("acme", "bed", 1, 0)]
    assert [(one.resident_name, one.false) for one in truth.residents] == [("王桂珍", 2)]
    assert [(one.cause, one.false) for one in truth.causes] == [(None, 2)]


# How busy the seats were ----------------------------------------------------------------------------------------------


def test_two_shifts_of_one_account_at_once_are_one_seat() -> None:
    seats = Seats(
        [Sitting("a", MONDAY, MONDAY + 2 * HOUR), Sitting("a", MONDAY + HOUR, MONDAY + 3 * HOUR),
         Sitting("b", MONDAY + HOUR, MONDAY + 2 * HOUR)]
    )  # fmt: skip
    seen = [seats.at(MONDAY + hours * HOUR) for hours in (-1, 0, 1, 2, 3)]
    assert seen == [0, 1, 2, 1, 0]


def test_a_flood_begins_above_ten_in_ten_minutes_and_ends_below_five() -> None:
    each_minute = {MONDAY + 5 * MINUTE + number * MINUTE: 1 for number in range(10)}
    assert floods_of(each_minute, Seats([])) == []  # ten are none
    (flood,) = floods_of(each_minute | {MONDAY + 14 * MINUTE: 2}, Seats([]))  # eleven are, across two intervals
    assert (flood.began, flood.alerts, flood.peak) == (MONDAY + 5 * MINUTE, 11, 11)
    # Left are those of minutes 12, 13 and twice 14, when that of 11 leaves.
    assert flood.ended == MONDAY + 21 * MINUTE
    two = Seats([Sitting(name, MONDAY, MONDAY + DAY) for name in "ab"])
    assert floods_of(each_minute | {MONDAY + 14 * MINUTE: 2}, two) == []


def test_the_load_is_counted_for_each_seat_and_says_when_nobody_sat_there() -> None:
    minutes = {MONDAY + MINUTE: 2, MONDAY + 20 * MINUTE: 6, MONDAY + 59 * MINUTE: 1}
    found = load(minutes, [Sitting(name, MONDAY, MONDAY + 30 * MINUTE) for name in "ab"], MONDAY, MONDAY + HOUR)
    assert (found.intervals, found.fine, found.manageable, found.over, found.unstaffed) == (6, 5, 0, 1, 1)
    assert (found.busiest, found.busiest_at) == (3, MONDAY + 20 * MINUTE)
    assert (found.average, found.day_average, found.floods) == (5 / 6, 120, [])

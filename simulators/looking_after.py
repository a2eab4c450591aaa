"""How the demo's town is looked after: whom staff visit how often, whom they saw this week, who checks in."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from care.checkins import Schedule
from care.consents import ConsentPurpose
from care.notices import Channel
from care.visits import Risk, VisitKind
from records.database import Conn
from records.login import accounts, administering
from records.people import consents, households
from records.rounds import checkin_plans, visit_duty, visiting
from records.rounds.visiting import Visited
from simulators.chance import chance
from simulators.days import ZONE
from simulators.health import keep_records
from simulators.homes import Home
from simulators.incidents import Town

MORNING = Schedule.at(time(8)), timedelta(hours=2)
EVENING = Schedule.at(time(18)), timedelta(hours=2)
"""When windows open and how long they stay so; who is at high risk is asked in the evening too."""

_OLD = {85: Risk.HIGH, 80: Risk.MEDIUM}
"""From which age on somebody of the demo is at which risk: made up, as its people are."""

_SEEN = 0.85
"""The share of those at high risk whom somebody saw this week; the others are behind, as in life."""


def look_after(conn: Conn, town: Town, now: datetime) -> bool:
    """Enter risks, this week's visits and check-in plans of everybody without a plan; False while there is no operator.

    Check-ins begin with today's: enter them when today's readings are there.
    """
    found = accounts.account_by_name(conn, "operator")
    if found is None:
        return False
    for home in town.homes:
        resident = households.settle(conn, home.household)
        keep_records(conn, home, resident, found[0].id, now)
        if not checkin_plans.plans_of(conn, resident):
            _begin(conn, home, resident, found[0].id, now)
    _entrust_some(conn, town, now)
    return True


def _entrust_some(conn: Conn, town: Town, now: datetime) -> None:
    """The demo's daughter has two parents, who agree that she sees their day."""
    daughter = accounts.account_by_name(conn, "family")
    if daughter is None or accounts.scope_of_account(conn, daughter[0]).residents:
        return
    for home in town.homes[:2]:
        resident = households.settle(conn, home.household)
        administering.entrust(conn, daughter[0].id, resident)
        consents.give(conn, resident, Channel.PAGES, "演示", None, now, ConsentPurpose.DAILY_LIFE)


def _begin(conn: Conn, home: Home, resident: UUID, by: UUID, now: datetime) -> None:
    risk = risk_of(home.household.born, now)
    if risk is not Risk.LOW:
        visit_duty.set_duty(conn, resident, risk, "", by, now)
    dice = chance(home.key, "visits")
    if risk is Risk.HIGH and dice.random() < _SEEN:
        kind = dice.choice((VisitKind.PHONE, VisitKind.VIDEO))
        when = now - timedelta(hours=dice.randrange(6, 6 * 24))
        visiting.record(conn, resident, Visited(kind, when, reached=True), by, now)
    today = datetime.combine(now.astimezone(ZONE), time(), ZONE)
    for schedule, window in (MORNING, EVENING) if risk is Risk.HIGH else (MORNING,):
        checkin_plans.make_plan(conn, resident, schedule, window, today, by=by)


def risk_of(born: date, now: datetime) -> Risk:
    """How closely the demo visits somebody who was born then."""
    age = (now.date() - born).days // 365
    return next((risk for years, risk in _OLD.items() if age >= years), Risk.LOW)

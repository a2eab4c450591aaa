"""Services for a resident: ordered by the family or the seat, accepted and done by the station, late ones in sight."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx2
import pytest

from alerts.channels.settings import ChannelSettings
from care.absences import AbsenceKind
from care.notices import Channel
from care.orders import (
    FARTHEST,
    LONGEST_WINDOW,
    MOST_WEEKS,
    NEXT,
    TAKES,
    OrderNotAllowed,
    OrderState,
    OrderStep,
    Service,
    Window,
    after,
    check,
    due,
)
from care.people import Role
from care.permissions import Permission
from launch.ports import free_port
from records.database import Database
from records.login import accounts
from records.people.reach import Reach
from records.rounds import absences, visits
from records.rounds.absences import Away
from records.scope import EVERYTHING
from records.services import ordering, orders
from records.services.ordering import Wanted, Who
from records.services.orders import WorkList
from tests.centre import PASSWORD, Centre, employ, id_of
from tests.mailbox import mail_server
from tests.people import NOW, Wearer
from tests.told import daughter, turn

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TOMORROW = Window(NOW + 14 * HOUR, NOW + 16 * HOUR)
"""From ten to twelve on the day after, in Ma'anshan."""


def test_the_way_of_an_order_is_a_table_and_whoever_may_serve_may_not_call_it_off() -> None:
    way = [OrderStep.ACCEPT, OrderStep.SET_OUT, OrderStep.FINISH]
    state = OrderState.ORDERED
    for step in way:
        state = after(state, step)
    assert state is OrderState.DONE
    assert [step for step in OrderStep if TAKES[step] is Permission.ORDER] == [OrderStep.CANCEL]
    assert OrderStep.CANCEL not in NEXT[OrderState.UNDER_WAY]
    for over in (OrderState.DONE, OrderState.DECLINED, OrderState.CANCELLED, OrderState.NOT_MET):
        with pytest.raises(OrderNotAllowed):
            after(over, OrderStep.ACCEPT)


@pytest.mark.parametrize(
    ("state", "ordered", "until"),
    [
        (OrderState.ORDERED, NOW, TOMORROW.start),
        (OrderState.ORDERED, NOW - 30 * HOUR, NOW - 6 * HOUR),
        (OrderState.ORDERED, TOMORROW.start + HOUR, TOMORROW.start + HOUR),
        (OrderState.ACCEPTED, NOW, TOMORROW.end),
        (OrderState.UNDER_WAY, NOW, TOMORROW.end),
        (OrderState.DONE, NOW, None),
    ],
)
def test_an_order_is_accepted_within_a_day_and_done_within_its_time(
    state: OrderState, ordered: datetime, until: datetime | None
) -> None:
    assert due(state, ordered, TOMORROW) == until


@pytest.mark.parametrize(
    ("start", "end", "weeks", "service", "wish", "field"),
    [
        (HOUR, HOUR, 1, Service.MEAL, "", "from"),
        (HOUR, 2 * HOUR + LONGEST_WINDOW, 1, Service.MEAL, "", "to"),
        (-2 * HOUR, -HOUR, 1, Service.MEAL, "", "to"),
        (FARTHEST + DAY, FARTHEST + DAY + HOUR, 1, Service.MEAL, "", "from"),
        (HOUR, 2 * HOUR, MOST_WEEKS + 1, Service.MEAL, "", "weeks"),
        (HOUR, 2 * HOUR, 1, Service.OTHER, "", "wish"),
        (HOUR, 2 * HOUR, 1, Service.OTHER, "理发", None),
    ],
)
def test_what_cannot_be_ordered_is_refused_with_the_field(
    start: timedelta, end: timedelta, weeks: int, service: Service, wish: str, field: str | None
) -> None:
    window = Window(NOW + start, NOW + end)
    if field is None:
        check(window, weeks, service, wish, NOW)
        return
    with pytest.raises(ValueError, match=f"^{field}: "):
        check(window, weeks, service, wish, NOW)


@pytest.fixture
def resident(database: Database, wang: Wearer) -> UUID:
    """Somebody for whom things are ordered."""
    return id_of(database, wang.name)


@pytest.fixture
def station(database: Database) -> Who:
    """Somebody who serves."""
    with database.transaction() as conn:
        return Who(accounts.create_account(conn, "站点小陈", PASSWORD, Role.OPERATOR))


def lists(database: Database, now: datetime) -> dict[str, list[str]]:
    """The services on each work list."""
    with database.transaction() as conn:
        found = {which: orders.listed(conn, EVERYTHING, which, now, 10)[0] for which in WorkList}
        counts = orders.counts(conn, EVERYTHING, now)
    assert counts == {which: len(found[which]) for which in counts}
    return {str(which): [one.service for one in some] for which, some in found.items() if some}


def test_an_order_is_on_the_work_lists_until_it_is_done_and_late_ones_turn_up(
    database: Database, resident: UUID, station: Who
) -> None:
    with database.transaction() as conn:
        bath = ordering.place(conn, Wanted(resident, Service.BATH, TOMORROW), Who(station.account_id), NOW)
    assert lists(database, NOW) == {"new": ["bath"], "ahead": ["bath"]}
    assert lists(database, TOMORROW.start + HOUR) == {"new": ["bath"], "today": ["bath"], "late": ["bath"]}
    with database.transaction() as conn:
        found = ordering.take_step(conn, bath, OrderStep.ACCEPT, station, NOW + HOUR, comes="陈师傅")
        assert (found.state, found.comes, found.accepted_by_name) == ("accepted", "陈师傅", "站点小陈")
    assert lists(database, TOMORROW.start + HOUR) == {"today": ["bath"]}
    assert lists(database, TOMORROW.end + HOUR) == {"today": ["bath"], "late": ["bath"]}
    with database.transaction() as conn:
        for step in (OrderStep.SET_OUT, OrderStep.FINISH):
            ordering.take_step(conn, bath, step, station, TOMORROW.end)
        with pytest.raises(OrderNotAllowed):
            ordering.take_step(conn, bath, OrderStep.FINISH, station, TOMORROW.end)
    assert lists(database, TOMORROW.end + HOUR) == {"over": ["bath"]}
    with database.transaction() as conn:
        steps = [line.step for line in orders.log_of(conn, bath)]
    assert steps == ["order", "accept", "set_out", "finish"]


def test_a_list_goes_on_where_it_ended(database: Database, resident: UUID, station: Who) -> None:
    wanted = Wanted(resident, Service.MEAL, TOMORROW, weeks=5)
    with database.transaction() as conn:
        ordering.place(conn, wanted, station, NOW)
        every = [one.id for one in orders.listed(conn, EVERYTHING, WorkList.NEW, NOW, 10)[0]]
        first, cursor = orders.listed(conn, EVERYTHING, WorkList.NEW, NOW, 2)
        rest, none = orders.listed(conn, EVERYTHING, WorkList.NEW, NOW, 10, after=cursor)
        assert [one.id for one in (*first, *rest)] == every and len(every) == 5 and none is None
        for one in every:
            ordering.take_step(conn, one, OrderStep.DECLINE, station, NOW + HOUR, why="人手不足")
        first, cursor = orders.listed(conn, EVERYTHING, WorkList.OVER, NOW, 2)
        rest, none = orders.listed(conn, EVERYTHING, WorkList.OVER, NOW, 10, after=cursor)
    assert sorted(one.id for one in (*first, *rest)) == sorted(every) and none is None


def test_what_is_ordered_weekly_is_called_off_once_or_from_now_on(
    database: Database, resident: UUID, station: Who
) -> None:
    with database.transaction() as conn:
        first = ordering.place(conn, Wanted(resident, Service.CLEANING, TOMORROW, weeks=4), station, NOW)
        made = [one.id for one in orders.of_resident(conn, resident, NOW)]
        assert made[0] == first and len(made) == 4
        with pytest.raises(ValueError, match=r"^why: "):
            ordering.take_step(conn, made[1], OrderStep.CANCEL, station, NOW)
        ordering.take_step(conn, made[1], OrderStep.CANCEL, station, NOW, why="去女儿家")
        assert ordering.cancel_rest(conn, made[1], station, NOW, "搬去女儿家") == 2
        assert [one.state for one in orders.of_resident(conn, resident, NOW)] == ["ordered"] + ["cancelled"] * 3


@pytest.mark.parametrize("at_once", [False, True])
def test_the_daughter_is_told_how_it_stands_and_not_how_it_stood(
    database: Database, resident: UUID, station: Who, at_once: bool
) -> None:
    port = free_port()
    settings = ChannelSettings(smtp_url=f"smtp://127.0.0.1:{port}", smtp_from="ankang@example.org")
    who = daughter(database, "王桂珍", Reach(Channel.EMAIL, "lina@example.org"))
    with database.transaction() as conn:
        wanted = Wanted(resident, Service.BATH, TOMORROW, contact_id=UUID(who.id))
        order = ordering.place(conn, wanted, Who(contact_id=UUID(who.id)), NOW)
    with mail_server(port) as mailbox:
        for step in (OrderStep.ACCEPT, OrderStep.SET_OUT, OrderStep.FINISH):
            with database.transaction() as conn:
                ordering.take_step(conn, order, step, station, NOW)
            if not at_once:
                turn(database, settings, NOW)
        turn(database, settings, NOW)
    assert mailbox.subjects == ["助浴已接单：王桂珍", "助浴已完成：王桂珍"][at_once:]
    assert "（11月24日10:00）" in mailbox.mails[0]


def test_who_is_not_met_is_visited_at_once_unless_they_are_away(
    database: Database, resident: UUID, station: Who
) -> None:
    def nobody_is_there(now: datetime) -> list[tuple[str, datetime]]:
        with database.transaction() as conn:
            order = ordering.place(conn, Wanted(resident, Service.MEAL, Window(now, now + HOUR)), station, now)
            for step in (OrderStep.ACCEPT, OrderStep.MISS):
                ordering.take_step(conn, order, step, station, now, why="无人应门")
            return [(one.why, one.by_when) for one in visits.open_tasks(conn, EVERYTHING, now, 10)[0]]

    with database.transaction() as conn:
        stay = absences.add(conn, Away(resident, AbsenceKind.HOSPITAL, NOW, NOW + DAY), NOW)
    assert nobody_is_there(NOW) == []
    with database.transaction() as conn:
        absences.end(conn, resident, stay, None, NOW + HOUR)
    assert nobody_is_there(NOW + 2 * HOUR) == [("not_met", NOW + 4 * HOUR)]


def wanted(start: datetime, **more: object) -> dict[str, object]:
    return {"service": "bath", "from": start.isoformat(), "to": (start + HOUR).isoformat(), **more}


def area_of(database: Database, code: str) -> int:
    with database.transaction() as conn:
        row = conn.execute("SELECT id FROM area WHERE code = %s", (code,)).fetchone()
    assert row is not None
    return int(row[0])


def entrust(database: Database, username: str, resident: UUID) -> None:
    with database.transaction() as conn:
        conn.execute(
            "INSERT INTO account_resident (account_id, resident_id) SELECT id, %s FROM account WHERE username = %s",
            (resident, username),
        )


@pytest.fixture
def stations(database: Database, resident: UUID) -> None:
    """She lives in 花山区, which has a station, as 当涂县 has; and a daughter."""
    here, there = area_of(database, "340503"), area_of(database, "340521")
    with database.transaction() as conn:
        conn.execute(
            "UPDATE home SET area_id = %s, address = '湖东路12号' WHERE id = "
            "(SELECT home_id FROM resident WHERE id = %s)",
            (here, resident),
        )
        accounts.create_account(conn, "花山站", PASSWORD, Role.STATION_WORKER, area_id=here)
        accounts.create_account(conn, "当涂站", PASSWORD, Role.STATION_WORKER, area_id=there)
    employ(database, "王芳", role=Role.FAMILY)
    employ(database, "管理员", role=Role.ADMINISTRATOR)
    entrust(database, "王芳", resident)


@pytest.mark.usefixtures("stations")
def test_a_daughter_orders_and_the_station_of_the_area_does_it(centre: Centre, resident: UUID) -> None:
    start = datetime.now(UTC) + DAY
    with centre.operator("王芳") as family, centre.operator("花山站") as here, centre.operator("当涂站") as there:
        made = family.post(f"/api/residents/{resident}/orders", json=wanted(start, wish="对青霉素过敏"))
        assert made.status_code == 201
        [order] = made.json()["orders"]
        path = f"/api/orders/{order['id']}"
        assert [one["id"] for one in here.get("/api/orders?which=new").json()["orders"]] == [order["id"]]
        assert there.get("/api/orders?which=new").json()["orders"] == []
        for client in (there, family):
            status = client.post(f"{path}/accept", json={}).status_code
            assert status == (404 if client is there else 403)
        assert here.post(f"{path}/accept", json={"comes": "陈师傅"}).json()["state"] == "accepted"
        again = here.post(f"{path}/accept", json={})
        assert (again.status_code, again.json()["possible"]) == (
            409,
            ["set_out", "finish", "miss", "decline", "cancel"],
        )
        assert here.post(f"{path}/decline", json={"why": " "}).status_code == 422
        assert here.post(f"{path}/finish", json={"note": "一切顺利"}).json()["why"] == "一切顺利"
        assert [one["comes"] for one in family.get(f"/api/residents/{resident}/orders").json()["orders"]] == ["陈师傅"]
        log = here.get(path).json()
        assert ([line["step"] for line in log["log"]], log["possible"]) == (["order", "accept", "finish"], [])


@pytest.mark.usefixtures("stations")
def test_each_step_is_in_the_audit_log_and_an_administrator_reads_no_names(
    centre: Centre, database: Database, resident: UUID
) -> None:
    start = datetime.now(UTC) + DAY
    with centre.operator("花山站") as here, centre.operator("管理员") as administrator:
        order = here.post(f"/api/residents/{resident}/orders", json=wanted(start, wish="找王桂珍")).json()["orders"][0]
        here.post(f"/api/orders/{order['id']}/cancel", json={"why": "王桂珍不要了", "rest": True}).raise_for_status()
        log = administrator.get("/api/audit", params={"resident": str(resident)}).json()["entries"]
        assert {"cancel order", "POST /api/residents/{resident_id}/orders"} <= {line["action"] for line in log}
        for path in ("/api/orders?which=over", f"/api/orders/{order['id']}", f"/api/residents/{resident}/orders"):
            answer = administrator.get(path)
            assert (answer.status_code, "桂珍" in answer.text, "12号" in answer.text) == (200, False, False)


@pytest.mark.usefixtures("stations")
@pytest.mark.parametrize(
    ("more", "field"), [({"weeks": 99}, "weeks"), ({"contact_id": str(UUID(int=1))}, "contact_id"), ({"to": "x"}, "to")]
)
def test_a_wrong_order_is_refused_with_the_field(
    centre: Centre, resident: UUID, more: dict[str, object], field: str
) -> None:
    with centre.operator("花山站") as here:
        body = wanted(datetime.now(UTC) + DAY) | more
        refused: httpx2.Response = here.post(f"/api/residents/{resident}/orders", json=body)
        assert (refused.status_code, refused.json()["field"]) == (422, field)

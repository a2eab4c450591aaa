"""A daughter orders a service on her telephone, the station does it, and she sees how far it is."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx2
import pytest
from playwright.sync_api import Browser, expect

from care.notices import LOCAL
from care.orders import DAYTIMES, Service, Window
from records.database import Database
from records.services import ordering
from records.services.ordering import Wanted, Who
from tests.browsing import complaints_of_axe, in_a_browser
from tests.centre import Centre, employ, id_of, open_centre
from tests.family import OUTSIDE, link_for, opened, telephone
from tests.people import Wearer, give
from tests.test_respond_stories import SIZES, log_in, shoot

a_browser, can_be_had = in_a_browser


@pytest.fixture
def centre(database_url: str) -> Iterator[Centre]:
    with open_centre(database_url, outside=OUTSIDE) as running:
        yield running


@pytest.fixture
def resident(database: Database, wang: Wearer) -> UUID:
    """Somebody with a daughter, for whom a link is made, and a station."""
    employ(database, "站点小陈")
    return id_of(database, wang.name)


@a_browser
@can_be_had
def test_an_order_goes_from_the_daughters_telephone_to_done(
    browser: Browser, centre: Centre, database: Database, resident: UUID
) -> None:
    _, path = link_for(database)
    with telephone(browser) as hers, telephone(browser) as station:
        opened(hers, centre, path)
        hers.get_by_role("link", name="预约服务").click()
        expect(hers.get_by_text("现在没有预约。")).to_be_visible()
        hers.get_by_label("助浴", exact=True).check()
        hers.get_by_label("日期").select_option(index=0)
        now = datetime.now(LOCAL)
        part = next((name for name, (_, end) in DAYTIMES.items() if now.time() < end), None)
        if part is None:  # late in the evening: for tomorrow
            hers.get_by_label("日期").select_option(index=1)
            part = "morning"
        hers.get_by_label("时段").select_option(part)
        hers.get_by_label("要注意什么").fill("先量血压")
        hers.get_by_role("button", name="下单").click()
        expect(hers.get_by_role("status")).to_contain_text("已下单")
        order = hers.locator(".order")
        expect(order).to_have_attribute("data-state", "ordered")
        with centre.operator("站点小陈") as client:
            [row] = client.get("/api/orders?which=new").json()["orders"]
            assert (row["service"], row["wish"], row["contact_name"]) == ("bath", "先量血压", "李娜")
            client.post(f"/api/orders/{row['id']}/accept", json={"comes": "陈师傅"}).raise_for_status()
        hers.reload()
        expect(order).to_contain_text("上门：陈师傅")
        expect(order.locator("[aria-current]")).to_have_text("已接单")
        with database.transaction() as conn:  # it is that hour
            conn.execute("UPDATE service_order SET wished_from = now() - interval '1 minute'")
        log_in(station, centre, "站点小陈")
        station.goto(f"{centre.url}/respond/today")
        for words in ("出发", "已完成"):
            station.locator(".job summary").first.click()
            station.get_by_role("button", name=words, exact=True).click()
        expect(station.get_by_text("今天没有要做的服务。")).to_be_visible()
        hers.reload()
        expect(hers.get_by_text("现在没有预约。")).to_be_visible()
        expect(hers.locator("#over ~ ul")).to_contain_text("已完成")
    with database.transaction() as conn:
        told = [row[0] for row in conn.execute("SELECT split_part(about, ':', 2) FROM notice ORDER BY made_at")]
        log = conn.execute("SELECT step, contact_id IS NOT NULL FROM service_order_log ORDER BY id").fetchall()
        audit = [row[0] for row in conn.execute("SELECT action FROM audit WHERE resident_id = %s", (resident,))]
    assert told == ["accepted", "done"]
    assert log == [("order", True), ("accept", False), ("set_out", False), ("finish", False)]
    assert {
        "open link",
        "GET /family/{resident_id}/orders",
        "POST /api/residents/{resident_id}/orders",
        "set_out order",
    } <= set(audit)


@contextmanager
def opens(centre: Centre, path: str) -> Iterator[httpx2.Client]:
    """The daughter has tapped her link."""
    with centre.visitor() as client:
        assert client.post(path).status_code == 303
        yield client


def proof_on(page: str) -> str:
    found = re.search(r'name="proof" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_what_cannot_be_is_said_and_what_was_ordered_weekly_is_called_off(
    centre: Centre, database: Database, resident: UUID
) -> None:
    _, path = link_for(database)
    tomorrow = (datetime.now(LOCAL) + timedelta(days=1)).date()
    with opens(centre, path) as her:
        at = f"/family/{resident}/orders"
        proof = proof_on(her.get(at).text)

        def order(**form: str) -> str:
            right = {"proof": proof, "service": "meal", "day": str(tomorrow), "part": "noon", "weeks": "1", "wish": ""}
            return her.post(at, data=right | form).headers["location"].partition("done=")[2]

        assert order(service="other") == "wrong_wish"
        for wrong in ({"day": "soon"}, {"part": "night"}, {"weeks": "99"}, {"weeks": "x"}, {"service": "dance"}):
            assert order(**wrong) == "wrong_time", wrong
        assert order(day="2020-01-01") == "wrong_time"
        assert order(weeks="4") == "placed"
        assert her.post(at, data={"proof": "made-up"}).status_code == 403
        with database.transaction() as conn:
            made = [row[0] for row in conn.execute("SELECT id FROM service_order ORDER BY wished_from")]
        off = her.post(f"{at}/{made[1]}/cancel", data={"proof": proof, "why": "去旅游", "rest": "1"})
        assert off.headers["location"].endswith("done=cancelled")
        assert her.post(f"{at}/{made[1]}/cancel", data={"proof": proof}).headers["location"].endswith("done=over")
        page = her.get(at).text
        assert page.count('class="order"') == 1 and "去旅游" in page
        assert len(page.encode()) < 50_000


def test_nobody_orders_or_calls_off_for_a_stranger(centre: Centre, database: Database, resident: UUID) -> None:
    _, path = link_for(database)
    give(database, "李建国", "bed-9")
    other = id_of(database, "李建国")
    now = datetime.now(UTC)
    with database.transaction() as conn:
        window = Window(now + timedelta(hours=1), now + timedelta(hours=2))
        theirs = ordering.place(conn, Wanted(other, Service.MEAL, window), Who(), now)
    with opens(centre, path) as her:
        proof = proof_on(her.get(f"/family/{resident}/orders").text)
        assert her.get(f"/family/{other}/orders").status_code == 404
        assert her.post(f"/family/{other}/orders", data={"proof": proof}).status_code == 404
        off = her.post(f"/family/{resident}/orders/{theirs}/cancel", data={"proof": proof})
        assert off.status_code == 404
    with centre.visitor() as nobody:
        assert nobody.get(f"/family/{resident}/orders").status_code == 401


@a_browser
@can_be_had
@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_the_page_is_for_everybody(
    browser: Browser, centre: Centre, database: Database, resident: UUID, language: str, size: tuple[int, int]
) -> None:
    _, path = link_for(database)
    now = datetime.now(UTC)
    with database.transaction() as conn:
        for service, start in ((Service.BATH, -3), (Service.MEAL, 2)):
            window = Window(now + timedelta(hours=start), now + timedelta(hours=start + 2))
            wanted = Wanted(resident, service, window, "先量血压", weeks=1 if start < 0 else 2)
            ordering.place(conn, wanted, Who(), now - timedelta(hours=5))
    own = re.compile("王桂珍|先量血压|中文|English|安康")
    other = re.compile("[\u4e00-\u9fff]" if language == "en" else "[A-Za-z]{3,}")
    with telephone(browser, size, scripts=True, dark=language == "en") as page:
        page.context.add_cookies([{"name": "ankang-language", "value": language, "url": centre.url}])
        opened(page, centre, path)
        page.goto(f"{centre.url}/family/{resident}/orders")
        page.locator("[value=bath]").check()
        page.locator("summary").first.click()
        assert complaints_of_axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert other.search(own.sub("", page.locator("body").inner_text())) is None
        shoot(page, "orders", language, size)

"""Whole stories on telephones without JavaScript: who goes there, the neighbour by a link, the station's worker."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from care.links import LinkPurpose, sign_link
from care.orders import Service, Window
from care.visits import Why
from records.database import Database
from records.people import links
from records.people.links import NewLink
from records.rounds import home_proofs, visits
from records.services import ordering
from records.services.ordering import Wanted, Who
from tests.browsing import at_work, complaints_of_axe, in_a_browser
from tests.centre import Centre, open_centre, ring
from tests.family import KEY, OUTSIDE, telephone
from tests.people import Wearer
from tests.test_respond import account_of, offer, resident  # noqa: F401 - a fixture

pytestmark = in_a_browser

SIZES = ((360, 740), (390, 844), (1366, 768))


@pytest.fixture
def centre(database_url: str) -> Iterator[Centre]:
    with open_centre(database_url, outside=OUTSIDE) as running:
        yield running


def open_link(page: Page, centre: Centre, database: Database, name: str, alert: UUID) -> None:
    """The link in the message is tapped, and then the button."""
    with database.transaction() as conn:
        wanted = NewLink(LinkPurpose.RESPONDER, timedelta(hours=24), account_of(database, name), alert_id=alert)
        link = links.make(conn, wanted, datetime.now(UTC))
    page.goto(f"{centre.url}/l/{sign_link(KEY, link)}")
    page.get_by_role("button", name=re.compile("打开|Open")).click()
    expect(page).to_have_url(re.compile(f"/respond/{alert}"))


def log_in(page: Page, centre: Centre, name: str) -> None:
    """As on the console, which has set the cookie of this browser."""
    with centre.operator(name) as client:
        token = client.cookies["ankang"]
    page.context.add_cookies([{"name": "ankang", "value": token, "url": centre.url}])


def press(page: Page, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("已记下。")


def test_a_responder_accepts_arrives_sees_and_closes_while_the_operator_sees_it_live(
    browser: Browser,
    centre: Centre,
    database: Database,
    wang: Wearer,
    resident: UUID,  # noqa: F811
) -> None:
    alert = ring(database, wang)
    with at_work(browser, centre) as seat, telephone(browser) as phone:
        row = seat.locator(f'article[data-id="{alert}"]')
        seat.keyboard.press("a")
        expect(row).to_have_attribute("data-phase", "answered")
        with centre.operator("李敏") as client:
            body = {"responder_id": str(account_of(database, "小陈"))}
            client.post(f"/api/alerts/{alert}/dispatch", json=body).raise_for_status()
        log_in(phone, centre, "小陈")
        phone.goto(f"{centre.url}/respond")
        phone.get_by_role("link", name=re.compile("王桂珍 · 跌倒")).click()
        expect(phone.get_by_text("湖东路12号3栋201")).to_be_visible()
        expect(phone.get_by_role("link", name="打电话给老人")).to_have_attribute("href", "tel:13855500001")
        expect(phone.get_by_role("link", name="打开地图导航")).to_have_attribute("href", re.compile("^geo:0,0"))
        press(phone, "我去")
        press(phone, "我到了")
        expect(row).to_have_attribute("data-phase", "arrived")
        press(phone, "没人开门")
        expect(seat.locator("#reported")).to_contain_text("小陈：没人开门")
        seat.keyboard.press("j")
        expect(row).to_be_focused()
        with centre.operator("李敏") as client:
            tried = {"who": "family", "how": "phone", "result": "spoke"}
            client.post(f"/api/alerts/{alert}/contact", json=tried).raise_for_status()
        expect(seat.locator("#reported")).to_have_count(0)
        press(phone, "见到了")
        expect(row).to_have_attribute("data-phase", "person_seen")
        phone.get_by_text("老人平安").click()
        press(phone, "已帮好")
        expect(phone.get_by_role("heading", name="谢谢您")).to_be_visible()
        expect(phone.locator("main")).not_to_contain_text("湖东路")
        expect(row).to_have_count(0)
        expect(seat.locator(".recent")).to_contain_text("已提供帮助")


def test_a_neighbour_declines_by_link_and_another_accepts_and_reports(
    browser: Browser,
    centre: Centre,
    database: Database,
    wang: Wearer,
    resident: UUID,  # noqa: F811
) -> None:
    alert = ring(database, wang)
    offer(database, alert, resident)
    with at_work(browser, centre) as seat, telephone(browser) as zhou, telephone(browser) as wu:
        row = seat.locator(f'article[data-id="{alert}"]')
        for page, name in ((zhou, "周阿姨"), (wu, "吴师傅")):
            open_link(page, centre, database, name, alert)
            expect(page.get_by_role("heading", name="王桂珍")).to_be_visible()
            expect(page.locator("main")).not_to_contain_text("湖东路")
        press(zhou, "我去不了")
        expect(zhou.get_by_role("heading", name="您已说明去不了")).to_be_visible()
        press(wu, "我去")
        expect(wu.get_by_text("湖东路12号3栋201")).to_be_visible()
        expect(row).to_contain_text("吴师傅")
        zhou.reload()
        expect(zhou.locator("main")).not_to_contain_text("王桂珍")
        press(wu, "我到了")
        press(wu, "见到了")
        wu.get_by_role("button", name="需要救护车").click()
        expect(wu.get_by_text("已告诉指挥中心：需要救护车")).to_be_visible()
        expect(seat.locator("#reported")).to_contain_text("吴师傅：需要救护车")
        with centre.operator("李敏") as client:
            client.post(f"/api/alerts/{alert}/close", json={"outcome": "ambulance"}).raise_for_status()
        wu.reload()
        expect(wu.get_by_role("heading", name="谢谢您")).to_be_visible()
        expect(wu.locator("main")).to_contain_text(re.compile(r"\d+ 分钟"))
        expect(wu.locator("main")).not_to_contain_text(re.compile("王桂珍|湖东路"))


@pytest.fixture
def work(database: Database, resident: UUID) -> str:  # noqa: F811
    """A visit that is overdue and a bath for this morning; returns the home's code."""
    now = datetime.now(UTC)
    with database.transaction() as conn:
        visits.ask_for_visit(conn, resident, Why.DUTY, now - timedelta(hours=2), now - timedelta(days=2))
        window = Window(now - timedelta(hours=2), now + timedelta(hours=1))
        wanted = Wanted(resident, Service.BATH, window, "先量血压，水不要太烫")
        ordering.place(conn, wanted, Who(account_of(database, "李敏")), now - timedelta(hours=3))
        return home_proofs.new_code(conn, resident)


def test_a_worker_does_an_order_and_a_visit_in_two_taps_each(
    browser: Browser, centre: Centre, database: Database, work: str
) -> None:
    with telephone(browser) as phone:
        log_in(phone, centre, "花山站")
        phone.goto(f"{centre.url}/respond/today")
        for words, state in (("接单", "已接单"), ("已完成", None)):
            phone.locator(".job").first.locator("summary").click()
            phone.get_by_role("button", name=words, exact=True).click()
            expect(phone.get_by_role("status")).to_contain_text("已登记服务进展。")
            if state:
                expect(phone.locator(".job").first).to_contain_text(state)
        expect(phone.get_by_text("今天没有要做的服务。")).to_be_visible()
        phone.goto(f"{centre.url}/respond/at/{work}")
        phone.get_by_role("button", name="上门见到了").click()
        expect(phone.get_by_role("status")).to_contain_text("已登记，计入探访。")
        phone.goto(f"{centre.url}/respond/today")
        expect(phone.get_by_text("没有待探访的老人。")).to_be_visible()
    with database.transaction() as conn:
        row = conn.execute("SELECT kind, proof, counts FROM visit").fetchone()
    assert row == ("door", "code", True)


def each_page(page: Page, centre: Centre, database: Database, alert: UUID) -> Iterator[str]:
    """The call-out in each of its parts, and the lists."""
    log_in(page, centre, "花山站")
    for path in ("/respond/today", "/respond"):
        page.goto(f"{centre.url}{path}")
        yield path
    page.locator("summary").first.click() if page.locator("summary").count() else None
    page.context.clear_cookies(name="ankang")
    open_link(page, centre, database, "周阿姨", alert)
    yield "asked"
    for act in ("accept", "arrive", "see", "ambulance"):
        page.locator(f'form[action$="/{act}"] button').click()
        yield act
    with centre.operator("李敏") as client:
        client.post(f"/api/alerts/{alert}/close", json={"outcome": "helped"}).raise_for_status()
    page.goto(f"{centre.url}/respond/{alert}")
    yield "over"


@pytest.mark.usefixtures("work")
@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_each_page_is_for_everybody(
    browser: Browser, centre: Centre, database: Database, wang: Wearer, resident: UUID,  # noqa: F811
    language: str, size: tuple[int, int],
) -> None:  # fmt: skip
    alert = ring(database, wang)
    offer(database, alert, resident)
    own = re.compile(
        "王桂珍|周阿姨|花山站|花山区|马鞍山市|湖东路12号3栋201|门口花盆下|先量血压，水不要太烫|中文|English|安康"
    )
    other = re.compile("[\u4e00-\u9fff]" if language == "en" else "[A-Za-z]{3,}")
    with telephone(browser, size, scripts=True, dark=language == "en") as page:
        page.context.add_cookies([{"name": "ankang-language", "value": language, "url": centre.url}])
        for where in each_page(page, centre, database, alert):
            assert complaints_of_axe(page) == [], where
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), where
            said = own.sub("", page.locator("body").inner_text())
            assert other.search(said) is None, (where, said)
            shoot(page, where, language, size)


def shoot(page: Page, where: str, language: str, size: tuple[int, int]) -> None:
    """To be looked at: where ANKANG_TEST_PICTURES names a folder."""
    import os
    from pathlib import Path

    if folder := os.environ.get("ANKANG_TEST_PICTURES"):
        name = f"{where.strip('/').replace('/', '-')}-{language}-{size[0]}.png"
        page.screenshot(path=Path(folder) / name, full_page=True)

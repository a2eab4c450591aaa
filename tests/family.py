"""A parent's home with a day in it, the daughter's telephone, and the link that was sent to her."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from playwright.sync_api import Browser, Page

from care.consents import ConsentPurpose
from care.links import LinkPurpose, sign_link
from care.notices import LOCAL, Channel
from dashboard.desk import Outside
from records.database import Database
from records.people import consents, links
from records.people.links import NewLink
from records.readings.observations import Row
from tests.browsing import PATIENCE
from tests.centre import Centre, Household, changes, furnish, id_of, observe
from tests.told import daughter

KEY = "a-key-for-the-tests-of-links-that-is-long"
OUTSIDE = Outside(link_key=KEY, centre_phone="0555-12349")
WECHAT = (
    "Mozilla/5.0 (Linux; Android 8.1.0; V1818A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0"
    " Chrome/86.0.4240.99 XWEB/4317 MMWEBSDK/20220105 Mobile Safari/537.36 MicroMessenger/8.0.19 Language/zh_CN"
)
OLD_PHONE = (360, 640)


def midnight() -> datetime:
    """Today's, where the parents live."""
    return datetime.combine(datetime.now(LOCAL).date(), time(), LOCAL)


def at(clock: str, day: int = 0) -> datetime:
    """This time of today, or of so many days later."""
    return datetime.combine(midnight().date() + timedelta(days=day), time.fromisoformat(clock), LOCAL)


def all_well(database: Database, resident: UUID) -> None:
    """Every device of theirs is heard."""
    with database.transaction() as conn:
        conn.execute(
            "UPDATE device_watch SET condition = 'well', since = now() WHERE device_id IN"
            " (SELECT device_id FROM binding WHERE resident_id = %s)",
            (resident,),
        )
        conn.execute(
            "INSERT INTO coverage (resident_id, state, reasons, since) VALUES (%s, 'armed', '[]', now())", (resident,)
        )


def lost(database: Database, device_id: int, since: datetime) -> None:
    """This device is heard no more since then."""
    with database.transaction() as conn:
        conn.execute(
            "UPDATE device_watch SET condition = 'silent', since = %s, heard_at = %s WHERE device_id = %s",
            (since, since, device_id),
        )


def agree(database: Database, resident: UUID) -> None:
    """The resident agrees that the day is shown."""
    with database.transaction() as conn:
        consents.give(
            conn, resident, Channel.PAGES, "form of 2026-11-20", None, datetime.now(UTC), ConsentPurpose.DAILY_LIFE
        )


def lived(database: Database, home: Household, now: datetime, up: datetime | None = None) -> None:
    """A night in bed, up at `up` (three hours ago), then about the rooms until a few minutes ago."""
    up = up or now - timedelta(hours=3)
    bed: list[Row] = []
    moment = up - timedelta(hours=8)
    while moment < now - timedelta(seconds=20):
        bed.append(Row(home.bed.device_id, moment, {"in_bed": int(moment < up)}))
        moment += timedelta(seconds=25)
    observe(database, bed)
    step = (now - up) / 20
    for number, room in enumerate(home.rooms):
        walks = [up + step * (2 * turn + number) for turn in range(10)]
        observe(
            database,
            changes(
                room, "motion", *((when + timedelta(minutes=2 * part), 1 - part) for when in walks for part in (0, 1))
            ),
        )
    observe(database, changes(home.door, "door_open", (up - timedelta(hours=9), 0)))


def link_for(
    database: Database,
    resident: str = "王桂珍",
    lasting: timedelta = timedelta(days=1),
    alert: UUID | None = None,
    position: int = 1,
    name: str = "李娜",
    relation: str = "女儿",
) -> tuple[UUID, str]:
    """A link for the daughter of this resident, and the path that it is opened by."""
    contact = UUID(daughter(database, resident, position=position).id)
    with database.transaction() as conn:
        conn.execute("UPDATE contact SET name = %s, relation = %s WHERE id = %s", (name, relation, contact))
        wanted = NewLink(
            LinkPurpose.FAMILY, lasting, contact_id=contact, resident_id=id_of(database, resident), alert_id=alert
        )
        made = links.make(conn, wanted, datetime.now(UTC))
    return made, f"/l/{sign_link(KEY, made)}"


@contextmanager
def telephone(
    browser: Browser,
    size: tuple[int, int] = OLD_PHONE,
    agent: str = WECHAT,
    *,
    scripts: bool = False,
    dark: bool = False,
) -> Iterator[Page]:
    """The daughter's: small, old, in WeChat, without JavaScript; fails where something is asked of elsewhere."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, user_agent=agent, java_script_enabled=scripts,
        color_scheme="dark" if dark else "light", locale="zh-CN",
    )  # fmt: skip
    context.set_default_timeout(PATIENCE)
    page, elsewhere, complaints = context.new_page(), list[str](), list[str]()
    page.on("request", lambda asked: elsewhere.append(asked.url) if "//127.0.0.1:" not in asked.url else None)
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type == "error" and "status of 4" not in said.text else None,
    )
    yield page
    context.close()
    assert elsewhere == []
    assert complaints == []


def home_of(database: Database, name: str = "王桂珍", number: int = 1) -> tuple[UUID, Household]:
    """A furnished home where everything is heard, and its resident."""
    home = furnish(database, name, number)
    resident = id_of(database, name)
    all_well(database, resident)
    return resident, home


def opened(page: Page, centre: Centre, path: str) -> None:
    """The daughter taps her link, and the one button."""
    page.goto(f"{centre.url}{path}")
    page.locator("main form button").first.click()

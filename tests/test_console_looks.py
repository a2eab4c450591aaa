"""Every page of the console in both languages, themes and sizes: for everybody, and complete."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from records.database import Database
from records.judging import alerts
from tests.browsing import DESKTOP, PHONE, at_work, complaints_of_axe, in_a_browser
from tests.centre import Centre, id_of

pytestmark = [*in_a_browser, pytest.mark.usefixtures("staff")]

ADDRESSES = {
    "": "board",
    "#/alerts/{alert}": "alert",
    "#/residents": "residents",
    "#/residents/{resident}": "resident",
    "#/devices": "devices",
    "#/devices?state=quarantine": "devices",
    "#/account": "account",
    "#/nowhere": "nowhere",
}


def each_page(page: Page, centre: Centre, database: Database) -> Iterator[str]:
    """Goes to one page after the other."""
    resident = id_of(database, "王桂珍")
    with database.transaction() as conn:
        alert = alerts.open_alerts(conn)[0].id
    for address, name in ADDRESSES.items():
        page.goto(f"{centre.url}/{address.format(resident=resident, alert=alert)}")
        expect(page.locator(f"main[data-page={name}] h1")).to_be_visible()
        page.wait_for_load_state("networkidle")
        yield address


# For everybody -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(browser: Browser, centre: Centre, database: Database, theme: str) -> None:
    with at_work(browser, centre) as page:
        if page.locator("html").get_attribute("data-theme") != theme:
            page.locator("#theme").click()
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        for address in each_page(page, centre, database):
            assert complaints_of_axe(page) == [], address
        page.goto(f"{centre.url}/#/")
        page.locator("[data-step=close]").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert complaints_of_axe(page) == []
        page.keyboard.press("Escape")
        page.locator("#logout").click()
        expect(page.get_by_label("用户名")).to_be_visible()
        assert complaints_of_axe(page) == []


# In both languages ---------------------------------------------------------------------------------------------------

SAID = """() => {
    const shown = element => element.checkVisibility();
    const texts = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const { parentElement: parent, textContent: text } = walker.currentNode;
        const isOurs = !parent.closest('noscript, code, [lang]:not(html)');
        if (text.trim() && isOurs && shown(parent)) texts.push(text.trim());
    }
    for (const element of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]'))
        if (shown(element) && !element.closest('[lang]:not(html)'))
            for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
                if (element.getAttribute(name)) texts.push(element.getAttribute(name));
    return [document.title, ...texts];
}"""
DATA = re.compile("王桂珍|李敏|卧室|客厅|厨房|大门|马鞍山市|acme/[a-z0-9-]+")
"""Names of people and places stay as they are."""
UNITS = re.compile(r"\b(?:mmHg|mmol/L|lx|ppm|A|C|wgz|Enter|Esc|Ctrl|h|G)\b")
CHINESE, LATIN = re.compile("[\u4e00-\u9fff]"), re.compile("[A-Za-z]{2,}")
NO_WORD = re.compile(r"\b(?:[a-z]+\.[a-z_]+|false|null|undefined|NaN)\b")


def untranslated(page: Page, language: str) -> list[str]:
    """What is said in the other language, or not at all."""
    said: list[str] = page.evaluate(SAID)
    own = [UNITS.sub("", DATA.sub("", text)) for text in said]
    other = CHINESE if language == "en" else LATIN
    return [text for text in own if other.search(text) or NO_WORD.search(text)]


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_word_on_every_page_is_in_the_language_that_was_chosen(
    browser: Browser, centre: Centre, database: Database, language: str
) -> None:
    with at_work(browser, centre) as page:
        if language == "en":
            page.locator("#language").click()
        for address in each_page(page, centre, database):
            assert untranslated(page, language) == [], address
        page.goto(f"{centre.url}/#/")
        page.locator("#platform summary").click()
        page.locator("[data-step=close]").click()
        assert untranslated(page, language) == []
        page.keyboard.press("Escape")
        page.locator("#logout").click()
        expect(page.locator("[name=username]")).to_be_visible()
        assert untranslated(page, language) == []


def test_a_word_that_nobody_translated_is_found(browser: Browser, centre: Centre) -> None:
    with at_work(browser, centre) as page:
        page.evaluate("document.querySelector('h1').textContent = 'Open alerts'")
        assert untranslated(page, "zh-CN") == ["Open alerts"]
        page.evaluate("document.querySelector('h1').textContent = 'queue.title'")
        assert untranslated(page, "zh-CN") == ["queue.title"]


# In every size -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize("size", [DESKTOP, (1920, 1080), PHONE])
def test_nothing_sticks_out(browser: Browser, centre: Centre, database: Database, size: tuple[int, int]) -> None:
    with at_work(browser, centre, size=size) as page:
        for language in ("English", "简体中文"):
            page.get_by_role("button", name=language).click()
            for address in each_page(page, centre, database):
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (language, address)

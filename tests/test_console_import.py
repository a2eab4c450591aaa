"""An administrator takes residents in from a file, on the page of the console."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from care.people import Role
from records.database import Database
from tests.browsing import PHONE, complaints_of_axe, in_a_browser, logged_in
from tests.centre import Centre, employ
from tests.test_console_looks import untranslated
from tests.test_intake import HEADS, WANG, ZHANG, row_of, written
from tests.test_intake import places as places  # noqa: PLC0414 - a fixture

pytestmark = [*in_a_browser, pytest.mark.usefixtures("places")]

BAD = (
    [*WANG[:2], "1390000", *WANG[3:]],
    ["A-2", "张秀英", "", "", "西区", "7号"],
    ["A-3", "", "", "", "东社区"],
)
GOOD = (WANG, ZHANG, ["A-3", "李强", "", "", "东社区"])


def choose(page: Page, file: Path, *rows: list[str]) -> None:
    file.write_bytes(written(HEADS, *rows))
    page.locator("[name=file]").set_input_files(file)


def counted(page: Page) -> dict[str, str]:
    expect(page.locator("[data-told]")).to_be_visible()
    names = ("rows", "new", "changed", "same", "bad")
    return {name: page.locator(f"[data-count={name}]").inner_text() for name in names}


def is_fine(page: Page, language: str) -> None:
    assert complaints_of_axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    ours = r"CSV|XLSX|MB|leader|residents|1390000|[西东]社?区|西区|花山区 · 湖东路街道"
    assert [text for text in untranslated(page, language) if not re.search(ours, text)] == []


def test_an_import_with_three_bad_rows_is_mended_and_makes_no_doubles(
    browser: Browser, centre: Centre, database: Database, tmp_path: Path
) -> None:
    employ(database, "leader", role=Role.SUPERVISOR)
    file = tmp_path / "residents.csv"
    with logged_in(browser, centre, "leader") as page:
        page.keyboard.press("g")
        page.keyboard.press("m")
        page.get_by_role("navigation", name="管理").get_by_role("link", name="导入").click()
        expect(page.get_by_role("heading", name="导入老人")).to_be_visible()
        is_fine(page, "zh-CN")

        choose(page, file, *BAD)
        expect(page.get_by_role("heading", name="3 处错误，没有导入任何内容")).to_be_visible()
        expect(page.locator("[data-bad='2 phone']")).to_contain_text("“1390000”不是电话号码：手机须为 11 位")
        expect(page.locator("[data-bad='3 community']")).to_contain_text("相近的有：花山区 · 湖东路街道 · 西社区")
        expect(page.locator("[data-bad='4 name']")).to_contain_text("必填")
        expect(page.locator("[name=take]")).to_have_count(0)
        is_fine(page, "zh-CN")

        choose(page, file, *GOOD)
        expect(page.get_by_text("检查通过，还没有导入。")).to_be_visible()
        assert counted(page) == {"rows": "3", "new": "3", "changed": "0", "same": "0", "bad": "0"}
        assert row_of(database, "SELECT count(*) FROM resident") == (0,)
        page.get_by_role("button", name="导入：新增 3").click()
        expect(page.locator("[data-told=done]")).to_be_visible()
        assert row_of(database, "SELECT count(*) FROM resident") == (3,)

        choose(page, file, *GOOD)
        expect(page.get_by_text("文件与档案一致")).to_be_visible()
        assert counted(page)["same"] == "3"

        choose(page, file, *GOOD[:2], ["A-3", "李强", "13855512999", "", "东社区"])
        expect(page.locator("[data-changed='4 phone']")).to_contain_text("+8613855512999")
        page.get_by_role("button", name="导入：新增 0，修改 1").click()
        expect(page.locator("[data-told=done]")).to_be_visible()
    assert row_of(database, "SELECT count(*) FROM resident") == (3,)


def test_the_page_is_for_everybody_in_both_languages_and_on_a_phone(
    browser: Browser, centre: Centre, database: Database, tmp_path: Path
) -> None:
    employ(database, "leader", role=Role.SUPERVISOR)
    with logged_in(browser, centre, "leader") as page:
        page.locator("#language").click()
        page.locator("#theme").click()
        page.goto(f"{centre.url}/#/admin/import")
        choose(page, tmp_path / "residents.csv", *BAD)
        expect(page.locator("[data-bad='2 phone']")).to_contain_text("“1390000” is not a telephone number")
        is_fine(page, "en")
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        is_fine(page, "en")


def test_a_file_that_is_no_table_is_refused_in_words(
    browser: Browser, centre: Centre, database: Database, tmp_path: Path
) -> None:
    employ(database, "leader", role=Role.SUPERVISOR)
    file = tmp_path / "photo.xlsx"
    with logged_in(browser, centre, "leader") as page:
        page.goto(f"{centre.url}/#/admin/import")
        file.write_bytes(b"PK\x03\x04 a photograph")
        page.locator("[name=file]").set_input_files(file)
        expect(page.get_by_role("alert")).to_contain_text("文件已损坏")
        file.write_bytes("姓名,电话\n王桂珍,1\n".encode())
        page.locator("[name=file]").set_input_files(file)
        expect(page.get_by_role("alert")).to_contain_text("表头缺少：编号、社区（村）")

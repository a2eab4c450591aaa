"""The page of a resident's record: what those who come to help must know, entered, changed, taken out and deleted."""

import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from care.people import Role
from records.database import Database
from records.leaving import deleting, exporting
from records.nursing import assessments, health_card, way_in
from records.nursing.health_card import CardEntry, CardKind
from tests.browsing import DESKTOP, PHONE, at_work, complaints_of_axe, in_a_browser
from tests.centre import Centre, employ, id_of
from tests.people import Wearer
from tests.test_console_looks import untranslated

pytestmark = [*in_a_browser, pytest.mark.usefixtures("staff")]


@pytest.fixture
def wang_id(database: Database, wang: Wearer) -> UUID:
    """Somebody with a few lines on the card."""
    resident, now = id_of(database, wang.name), datetime.now(UTC)
    with database.transaction() as conn:
        for kind, text in ((CardKind.ALLERGY, "青霉素"), (CardKind.CONDITION, "高血压")):
            health_card.enter(conn, resident, CardEntry(kind, text, "二级"), None, now)
        assessments.enter(conn, resident, now.date(), 50, "评估中心", "", None, now)
        way_in.enter(conn, resident, way_in.Way(key_place="对门邻居", door_code="2580#"), None, now)
    return resident


def open_record(page: Page, centre: Centre, resident: UUID, sections: int = 5) -> None:
    page.goto(f"{centre.url}/#/residents/{resident}/record")
    expect(page.locator("[data-section]")).to_have_count(sections)
    expect(page.locator("[data-section=card] dd b").first).to_be_visible()


def test_a_line_is_entered_changed_and_ended(browser: Browser, centre: Centre, wang_id: UUID) -> None:
    with at_work(browser, centre) as page:
        open_record(page, centre, wang_id)
        card = page.locator("[data-section=card]")
        expect(card.locator("[data-kind=medicine]")).to_contain_text("未登记")
        page.locator("[name=new-line]").click()
        page.locator("[data-dialog=line] [name=kind]").select_option("medicine")
        page.locator("[data-dialog=line] [name=text]").fill("阿司匹林")
        page.locator("[data-dialog=line] [name=note]").fill("100 mg")
        page.keyboard.press("Enter")
        expect(card.locator("[data-kind=medicine] dd b")).to_have_text("阿司匹林")
        card.get_by_role("button", name="修改 阿司匹林").click()
        page.locator("[data-dialog=line] [name=note]").fill("75 mg")
        page.keyboard.press("Enter")
        expect(card.locator("[data-kind=medicine]")).to_contain_text("75 mg")
        card.get_by_role("button", name="终止 阿司匹林").click()
        expect(card.locator("[data-kind=medicine]")).to_contain_text("未登记")
        card.locator("summary").click()
        expect(card.locator("details li")).to_have_count(2)


def test_the_level_follows_while_the_score_is_typed(browser: Browser, centre: Centre, wang_id: UUID) -> None:
    with at_work(browser, centre) as page:
        open_record(page, centre, wang_id)
        level = page.locator("[data-section=assessments] .level")
        expect(level).to_contain_text("中度失能")
        page.locator("[name=new-assessment]").click()
        dialog = page.locator("[data-dialog=assessment]")
        dialog.locator("[name=score]").fill("29")
        expect(dialog).to_contain_text("完全失能")
        dialog.locator("[name=assessor]").fill("周医生")
        page.keyboard.press("Enter")
        expect(level).to_contain_text("完全失能")
        page.locator("[name=new-item]").click()
        page.locator("[data-dialog=item] [name=text]").fill("助浴")
        page.locator("[data-dialog=item] [name=how_often]").fill("每周二")
        page.keyboard.press("Enter")
        plan = page.locator("[data-section=care-plan] li")
        expect(plan).to_contain_text("每周二")
        plan.get_by_role("button").click()
        page.locator("[data-dialog=end-item] [name=outcome]").fill("女儿接手")
        page.keyboard.press("Enter")
        expect(page.locator("[data-section=care-plan]")).to_contain_text("没有照护计划")


def test_the_way_in_is_shown_for_a_reason_and_a_document_is_saved(
    browser: Browser, centre: Centre, wang_id: UUID, tmp_path: Path
) -> None:
    letter = tmp_path / "出院小结.pdf"
    letter.write_bytes(b"%PDF-1.7 " + bytes(2000))
    with at_work(browser, centre) as page:
        open_record(page, centre, wang_id)
        section = page.locator("[data-section=way-in]")
        expect(section).not_to_contain_text("2580#")
        page.locator("[name=show-way]").click()
        page.locator("[data-dialog=show-way] [name=reason]").fill("送药上门")
        page.keyboard.press("Enter")
        expect(section).to_contain_text("2580#")
        page.locator("[name=change-way]").click()
        page.locator("[data-dialog=way-in] [name=door_code]").fill("9999#")
        page.keyboard.press("Enter")
        expect(section).to_contain_text("9999#")
        page.locator("[data-section=documents] [type=file]").set_input_files(letter)
        link = page.locator("[data-section=documents] li a")
        expect(link).to_contain_text("出院小结.pdf")
        with page.expect_download() as saved:
            link.click()
        assert saved.value.suggested_filename == "出院小结.pdf"


def test_two_people_delete_somebody_after_everything_was_written_out(
    browser: Browser, centre: Centre, wang_id: UUID, database: Database
) -> None:
    employ(database, "值班甲", "值班乙", role=Role.SUPERVISOR)
    with at_work(browser, centre, "值班甲") as first, at_work(browser, centre, "值班乙") as second:
        open_record(first, centre, wang_id, 6)
        first.locator("[name=export-all]").click()
        first.locator("[data-dialog=export-all] [name=reason]").fill("家属书面要求")
        first.keyboard.press("Enter")
        expect(first.locator("[data-section=leaving] progress")).to_be_visible()
        assert exporting.export_one(database)
        with first.expect_download() as saved:
            first.locator("[data-section=leaving] li a").click()
        assert saved.value.suggested_filename.endswith(".zip")
        first.locator("[name=delete-all]").click()
        first.locator("[data-dialog=delete-all] [name=why]").select_option("death")
        first.locator("[data-dialog=delete-all] [type=submit]").click()
        expect(first.locator(".asked-deletion")).to_contain_text("须由另一人确认")
        open_record(second, centre, wang_id, 6)
        second.locator("[name=confirm-deletion]").click()
        second.get_by_role("dialog").get_by_role("button", name="确认删除").click()
        expect(second.locator("#search, [type=search]").first).to_be_visible()
        assert deleting.delete_one(database)
        second.goto(f"{centre.url}/#/residents/{wang_id}/record")
        expect(second.get_by_text("王桂珍")).to_have_count(0)
        second.goto(f"{centre.url}/#/deletions")
        report = second.locator(".deletions tbody tr")
        expect(report).to_contain_text("已删除")
        expect(report).to_contain_text("去世")
        report.locator("summary").click()
        expect(report).to_contain_text("health_entry")
        assert complaints_of_axe(second) == []


OURS = re.compile(r"FHIR|GB/T|PDF|青霉素|高血压|二级|评估中心|王桂珍|值班甲")


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_the_page_is_accessible_and_speaks_one_language(
    browser: Browser, centre: Centre, wang_id: UUID, database: Database, size: tuple[int, int]
) -> None:
    employ(database, "值班甲", role=Role.SUPERVISOR)
    with at_work(browser, centre, "值班甲", size=size) as page:
        open_record(page, centre, wang_id, 6)
        for language in ("zh-CN", "en"):
            if language == "en":
                page.locator("#language").click()
            for _ in ("light", "dark"):
                assert complaints_of_axe(page) == [], language
                page.locator("#theme").click()
            assert [text for text in untranslated(page, language) if not OURS.search(text)] == []
        width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width <= 0


def test_the_sheet_is_one_page_of_paper_and_a_key_away(browser: Browser, centre: Centre, wang_id: UUID) -> None:
    with at_work(browser, centre) as page:
        open_record(page, centre, wang_id)
        page.keyboard.press("p")
        sheet = page.locator(".sheet")
        for text in ("王桂珍", "青霉素", "高血压", "2580#", "未登记：请询问"):
            expect(sheet).to_contain_text(text)
        assert complaints_of_axe(page) == []
        paper = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page[^s]", paper)) == 1
        page.keyboard.press("Escape")
        expect(page.locator("[data-section=card]")).to_be_visible()

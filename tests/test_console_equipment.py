"""Devices and aids in a browser: registered, bound by a label that is typed or seen by the camera, replaced, lent."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import segno
from playwright.sync_api import Browser, Page, expect

from care.labels import label, scanned
from care.people import Role
from records.database import Database
from tests.browsing import FLAGS, PHONE, complaints_of_axe, in_a_browser, logged_in
from tests.centre import Centre, employ
from tests.prepare import chromium
from tests.test_console_looks import untranslated
from tests.test_equipping import bound, homes

pytestmark = in_a_browser
__all__ = ["homes"]  # a fixture
OWN = re.compile(r"admin|acme|bed-|HS-1|DT-1|LY-|花山区|当涂县|王|张|AUTH|\b[0-9a-f]{32}\b|Chrome|vendor/device|鱼跃")


def is_fine(page: Page, language: str = "zh-CN") -> None:
    assert complaints_of_axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [text for text in untranslated(page, language) if not OWN.search(text)] == []


@pytest.fixture
def page(browser: Browser, centre: Centre, database: Database, homes: None) -> Iterator[Page]:
    """The administrator on the page of the devices."""
    employ(database, "admin", role=Role.ADMINISTRATOR)
    with logged_in(browser, centre, "admin") as page:
        page.goto(f"{centre.url}/#/devices?state=all")
        expect(page.locator("[data-row='acme/bed-1']")).to_be_visible()
        yield page


def test_a_device_is_registered_bound_by_its_typed_label_and_replaced(page: Page, database: Database) -> None:
    for name in ("bed-2", "bed-3"):
        page.get_by_role("button", name="登记设备").click()
        dialog = page.locator("dialog[open]")
        dialog.get_by_label("厂商代码").fill("acme")
        dialog.get_by_label("设备编号").fill(name)
        dialog.get_by_label("上报间隔", exact=True).fill("30")
        dialog.get_by_label("上报间隔的单位").select_option("s")
        is_fine(page)
        page.keyboard.press("Enter")
        expect(page.locator("dialog[open] [name=secret]")).to_have_value(re.compile("[0-9a-f]{32}"))
        is_fine(page)
        page.keyboard.press("Escape")
    page.get_by_role("button", name="扫码绑定").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("设备标签").fill("acme/bed-2 00")
    dialog.get_by_label("照护床位号").fill("DT-1")
    expect(dialog).to_contain_text("请核对校验码")
    dialog.get_by_label("设备标签").fill(label("acme", "bed-2"))
    expect(dialog).to_contain_text("张**")
    dialog.get_by_label("安装位置").fill("卧室")
    is_fine(page)
    page.keyboard.press("Enter")
    row = page.locator("[data-row='acme/bed-2']")
    expect(row).to_contain_text("张**")
    expect(row).to_contain_text("卧室")
    row.get_by_role("button", name="管理").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("新设备的标签").fill(label("acme", "bed-3"))
    is_fine(page)
    page.keyboard.press("Enter")
    expect(page.locator("[data-row='acme/bed-3']")).to_contain_text("卧室")
    expect(row).to_have_count(0)
    page.get_by_role("link", name="已停用").click()
    expect(row).to_be_visible()
    assert (bound(database, "bed-2"), bound(database, "bed-3")) == (["(张秀英)"], ["张秀英"])


def test_a_device_is_lent_and_taken_back_and_an_aid_too(page: Page, centre: Centre, database: Database) -> None:
    with centre.operator("admin") as client:
        client.post("/api/devices", json={"vendor": "acme", "device": "bed-2", "kind": "bed"}).raise_for_status()
    page.goto(f"{centre.url}/#/devices?state=unbound")
    row = page.locator("[data-row='acme/bed-2']")
    row.get_by_role("button", name="管理").click()
    page.locator("dialog[open]").get_by_role("button", name="绑定").click()
    dialog = page.locator("dialog[data-dialog=bind][open]")
    dialog.get_by_label("照护床位号").fill("DT-1")
    dialog.get_by_label("借用").check()
    dialog.get_by_label("归还日期").fill("2099-12-31")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="借出").click()
    expect(row).to_contain_text("借至 2099-12-31")
    row.get_by_role("button", name="管理").click()
    page.locator("dialog[open]").get_by_label("归还并解绑").check()
    page.locator("dialog[open]").get_by_label("原因或设备状况").fill("完好")
    page.keyboard.press("Enter")
    expect(row).to_have_count(0)
    page.get_by_role("link", name="康复辅具").click()
    page.get_by_role("button", name="登记辅具").click()
    page.locator("dialog[open]").get_by_label("编号").fill("LY-001")
    is_fine(page)
    page.keyboard.press("Enter")
    aid = page.locator("[data-row='LY-001']")
    aid.get_by_role("button", name="借出").click()
    page.locator("dialog[open]").get_by_label("照护床位号").fill("HS-1")
    expect(page.locator("dialog[open]")).to_contain_text("王**")
    page.keyboard.press("Enter")
    expect(aid).to_contain_text("王**")
    with database.transaction() as conn:
        conn.execute("UPDATE loan SET lent = lent - 9, due = lent - 1 WHERE aid_id IS NOT NULL")
    page.reload()
    expect(aid).to_contain_text("逾期")
    is_fine(page)
    aid.get_by_role("link", name="王**").click()
    lent = page.locator("[data-aid='LY-001']")
    expect(lent).to_contain_text("逾期")
    assert complaints_of_axe(page) == []
    page.go_back()
    aid.get_by_role("button", name="归还").click()
    page.locator("dialog[open]").get_by_label("原因或设备状况").fill("刹车松")
    page.keyboard.press("Enter")
    expect(aid).to_contain_text("在库")


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), PHONE])
def test_the_pages_are_for_everybody(page: Page, centre: Centre, size: tuple[int, int]) -> None:
    with centre.operator("admin") as client:
        client.post("/api/devices", json={"vendor": "acme", "device": "bed-2", "kind": "bed"}).raise_for_status()
        client.post("/api/aids", json={"kind": "walker", "number": "LY-002", "model": "鱼跃"}).raise_for_status()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for language in ("zh-CN", "en"):
        for address in ("devices?state=unbound", "devices?state=aids", "devices/labels"):
            page.goto(f"{centre.url}/#/{address}")
            expect(page.locator("main h1")).to_be_visible()
            page.wait_for_load_state("networkidle")
            is_fine(page, language)
            page.locator("#theme").click()
            assert complaints_of_axe(page) == [], (address, language)
            page.locator("#theme").click()
        page.locator("#language").click()


def film(file: Path, text: str) -> None:
    """What the camera sees: one frame with this QR code in the middle, as YUV4MPEG2."""
    width, height, scale = 640, 480, 8
    rows = [[bool(dark) for dark in row] for row in segno.make(text, error="q", micro=False).matrix_iter(border=4)]
    side = len(rows) * scale
    left, top = (width - side) // 2, (height - side) // 2
    grey = bytearray(b"\xb4" * (width * height))
    for y in range(side):
        line = bytes(16 if rows[y // scale][x // scale] else 235 for x in range(side))
        grey[(top + y) * width + left : (top + y) * width + left + side] = line
    colour = b"\x80" * (width * height // 2)
    frame = b"FRAME\n" + bytes(grey) + colour
    file.write_bytes(f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420\n".encode() + frame * 3)


def test_the_camera_reads_a_label(
    browser: Browser, centre: Centre, database: Database, homes: None, tmp_path: Path
) -> None:
    employ(database, "admin", role=Role.ADMINISTRATOR)
    with centre.operator("admin") as client:
        client.post("/api/devices", json={"vendor": "acme", "device": "bed-2", "kind": "bed"}).raise_for_status()
    film(tmp_path / "label.y4m", scanned("acme", "bed-2"))
    camera = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
    seeing = browser.browser_type.launch(
        executable_path=chromium(), args=[*FLAGS, *camera, f"--use-file-for-fake-video-capture={tmp_path}/label.y4m"]
    )
    try:
        with logged_in(seeing, centre, "admin") as page:
            page.goto(f"{centre.url}/#/devices")
            page.get_by_role("button", name="扫码绑定").click()
            dialog = page.locator("dialog[open]")
            dialog.get_by_role("button", name="扫描").click()
            expect(dialog.get_by_label("设备标签")).to_have_value(scanned("acme", "bed-2"))
            expect(dialog).to_contain_text("acme/bed-2")
            dialog.get_by_label("照护床位号").fill("DT-1")
            expect(dialog).to_contain_text("张**")
            page.keyboard.press("Enter")
            expect(dialog).to_have_count(0)
        assert bound(database, "bed-2") == ["张秀英"]
    finally:
        seeing.close()

"""The whole way, as a vendor's engineer and an operator see it: stock programs, the real command, a real browser."""

import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import rings, start_shift
from tests.centre import PASSWORD, employ
from tests.conftest import open_to_all
from tests.whole import Whole, whole_ankang

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("mosquitto_pub") is None, reason="no mosquitto_pub: apt install mosquitto-clients"),
]


def register(ankang: Whole, device: str, resident: str) -> str:
    """`ankang device add`, as the README says; the secret that it prints."""
    command = [sys.executable, "-m", "launch", "device", "add", "--vendor", "acme", "--device", device]
    command += ["--kind", "wearable", "--resident", resident, "--data", str(ankang.data)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"^secret: (\S+)$", said, re.MULTILINE)
    assert found, said
    return found[1]


def publish(ankang: Whole, device: str, secret: str, payload: str) -> None:
    """`mosquitto_pub -q 1`: returns once the broker has acknowledged it."""
    port = ankang.found.mqtt_url.rpartition(":")[2]
    command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", port, "-u", f"acme/{device}", "-P", secret]
    command += ["-i", f"acme:{device}", "-q", "1", "-t", f"care/v1/acme/{device}/event", "-m", payload]
    subprocess.run(command, check=True, timeout=120)


def log_in(page: Page, ankang: Whole) -> None:
    page.goto(ankang.found.address)
    page.get_by_label("用户名").fill("李敏")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.locator("html")).to_have_attribute("data-link", "live")


def test_a_fall_from_a_stock_client_rings_is_answered_and_closed(tmp_path: Path, browser: Browser) -> None:
    with whole_ankang(open_to_all(tmp_path) / "data") as ankang:
        with ankang.database as database:
            employ(database, "李敏")
        secret = register(ankang, "band-1", "王桂珍")
        page = browser.new_context(locale="zh-CN").new_page()
        log_in(page, ankang)
        start_shift(page)
        rings(page, "no")
        fall = f'{{"id": "1", "time": "{datetime.now(UTC).isoformat()}", "event": "fall"}}'
        publish(ankang, "band-1", secret, fall)
        rings(page, "yes")
        row = page.locator("article.alert")
        expect(row).to_contain_text("跌倒")
        expect(row).to_contain_text("王桂珍")
        publish(ankang, "band-1", secret, fall)  # the same fall again
        page.keyboard.press("a")
        expect(row).to_contain_text("已受理")
        rings(page, "no")
        page.keyboard.press("c")
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        expect(row).to_have_count(0)
        page.context.close()
        with ankang.database as database, database.transaction() as conn:
            found = conn.execute("SELECT phase, outcome, occurrences FROM alert").fetchall()
            assert found == [("closed", "helped", 1)]

"""Somebody in front of the console, in a real Chromium."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.build import CONSOLE
from tests.centre import PASSWORD, Centre
from tests.prepare import chromium

in_a_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium() is None, reason="no Chromium: run `python -m tests.prepare` as root"),
]

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 60_000
"""Milliseconds; waiting costs nothing where all is well, and these machines are shared."""
expect.set_options(timeout=PATIENCE)
DESKTOP = (1366, 768)
PHONE = (390, 844)


AXE = CONSOLE / "node_modules" / "axe-core" / "axe.min.js"


@contextmanager
def at_work(browser: Browser, centre: Centre, name: str = "李敏", size: tuple[int, int] = DESKTOP) -> Iterator[Page]:
    """Somebody in front of the page, logged in; fails where the page complains or asks elsewhere for something."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    context.set_default_timeout(PATIENCE)
    page, complaints = context.new_page(), []
    page.on("pageerror", lambda problem: complaints.append(str(problem)))
    page.on("console", lambda said: complaints.append(said.text) if _matters(said.type, said.text) else None)
    page.on("request", lambda asked: complaints.append(asked.url) if "//127.0.0.1:" not in asked.url else None)
    page.goto(centre.url)
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="未办结告警")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-link", "live")
    yield page
    context.close()
    assert complaints == []


def _matters(kind: str, text: str) -> bool:
    """A refusal (401, 409) and a server that is away show in the console too: they are what is tested."""
    return kind in ("error", "warning") and not re.search(r"status of 4\d\d|ERR_CONNECTION|WebSocket connection", text)


def start_shift(page: Page) -> None:
    page.get_by_role("button", name="开始值班").click()
    expect(page.locator("html")).to_have_attribute("data-sound", "on")


def rings(page: Page, how: str) -> None:
    expect(page.locator("html")).to_have_attribute("data-ringing", how)


@contextmanager
def logged_in(browser: Browser, centre: Centre, name: str) -> Iterator[Page]:
    """Somebody of any role, on the first of their pages."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    context.set_default_timeout(PATIENCE)
    page, complaints = context.new_page(), []
    page.on("pageerror", lambda problem: complaints.append(str(problem)))
    page.goto(centre.url)
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("button", name="退出登录")).to_be_visible()
    yield page
    context.close()
    assert complaints == []


def complaints_of_axe(page: Page) -> list[str]:
    """What axe finds; it is put in by the tests' own way, the page's policy lets nobody else do so."""
    page.evaluate(AXE.read_text("utf-8"))
    found: list[dict[str, Any]] = page.evaluate("axe.run(document).then(answer => answer.violations)")
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]

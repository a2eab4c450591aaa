"""Building the console: `python -m dashboard.build`. What is built already from the same sources is left alone."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from dashboard.node import NEEDED, node, npm
from dashboard.words import MESSAGES

HERE = Path(__file__).parent
CONSOLE = HERE / "console"
BUILT = HERE / "built"

_MODULES = CONSOLE / "node_modules"
_FETCHED = _MODULES / ".ankang"
"""Holds the fingerprint of the lock that was fetched last."""
_STAMP = ".sources"
"""Beside the built files: the fingerprint of what they were built from."""
_NOT_SOURCES = {"node_modules", "tests", "schema.d.ts"}
"""The types of the API are made from it (`make types`), and nothing of them is left in what is built."""


class CannotBuild(Exception):
    """Why the console was not built, and what to do."""


def build(*, say: bool = True) -> bool:
    """Build the console where its sources have changed since; whether that was so. Raises CannotBuild in words."""
    if not CONSOLE.is_dir() and BUILT.is_dir():
        return False  # an installation: it came built
    wanted = fingerprint(_sources())
    if _read(BUILT / _STAMP) == wanted:
        return False
    try:
        with (HERE / ".build.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two that are started at once build once
            if _read(BUILT / _STAMP) == wanted:
                return False
            if say:
                _say("building the console")
            fetch()
            _run_vite(BUILT.with_suffix(".new"), wanted)
            return True
    except OSError as error:
        where = error.filename or HERE
        raise CannotBuild(f"the console can't be built: {where}: {error.strerror}; who may write there?") from error


def fetch() -> None:
    """Fetch what the console's lock names from npm, where that has not been done. Raises CannotBuild."""
    lock = fingerprint([CONSOLE / "package-lock.json"])
    if _read(_FETCHED) == lock:
        return
    program = npm()
    if program is None:
        raise CannotBuild(f"the console can't be built: install {NEEDED}")
    _run(
        [*program, "ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"],
        "npm can't fetch what the console needs",
    )
    _FETCHED.write_text(lock)


def run_tool(*arguments: str) -> None:
    """Run a program that npm fetched, such as vitest or vue-tsc. Raises CannotBuild with what it said."""
    program = node()
    if program is None:
        raise CannotBuild(f"the console's tools can't run: install {NEEDED}")
    script, *rest = arguments
    _run([*program, str(_MODULES / script), *rest], f"{Path(script).stem} is not content")


def fingerprint(files: Sequence[Path]) -> str:
    """The same only for the same files with the same content."""
    digest = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.relative_to(HERE)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _sources() -> list[Path]:
    return sorted([*_below(CONSOLE), *_below(MESSAGES)])


def _below(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.name in _NOT_SOURCES:
            continue
        if entry.is_dir():
            yield from _below(entry)
        else:
            yield entry


def _run_vite(half: Path, stamp: str) -> None:
    """Into a folder beside; it takes the place of the old one when it is whole."""
    shutil.rmtree(half, ignore_errors=True)
    run_tool("vite/bin/vite.js", "build", "--outDir", str(half), "--emptyOutDir", "--logLevel", "warn")
    (half / _STAMP).write_text(stamp)
    shutil.rmtree(BUILT, ignore_errors=True)
    half.rename(BUILT)


def _run(command: Sequence[str], problem: str) -> None:
    found = subprocess.run(command, cwd=CONSOLE, env=_environment(), capture_output=True, text=True, check=False)
    if found.returncode:
        raise CannotBuild(f"{problem}:\n{(found.stdout + found.stderr).strip()}")


def _environment() -> dict[str, str]:
    """Ours, with the Node.js that was chosen first on the path: npm starts scripts by its name."""
    program = node()
    folder = str(Path(program[0]).parent) if program else ""
    return os.environ | {"NO_COLOR": "1", "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""


def _say(line: str) -> None:
    sys.stdout.write(f"dashboard.build: {line}\n")
    sys.stdout.flush()


def main() -> int:
    """Build where needed; 1 and the reason where that can't be done."""
    try:
        build()
    except CannotBuild as problem:
        _say(str(problem))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

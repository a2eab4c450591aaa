"""A real TimescaleDB for the tests, from the npm registry: in memory, one connection at a time, no COPY FROM STDIN."""

import contextlib
import subprocess
import threading
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType

from dashboard.node import NEEDED, node, npm

FOLDER = Path(__file__).parent

_STARTS_WITHIN = 300.0
"""Seconds; a busy two-core machine needs about five."""


def why_not() -> str | None:
    """Why there can be no TimescaleDB from npm on this machine, and what to do; None where there can be one."""
    if node() is None:
        return f"no Node.js that is new enough: install {NEEDED}"
    if not (FOLDER / "node_modules" / "@unni-craftsman" / "pglite").is_dir():
        return "tests/timescale/node_modules is missing: run `python -m tests.prepare`"
    return None


def install() -> None:
    """Fetch what the lock names into node_modules; raises CalledProcessError where npm can't."""
    program = npm()
    if program is None:
        raise FileNotFoundError(why_not() or "npm is missing")
    subprocess.run([*program, "ci", "--no-audit", "--no-fund", "--silent"], cwd=FOLDER, check=True)


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

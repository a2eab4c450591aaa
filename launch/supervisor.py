"""Keeps the children running: started in order, each waited for, restarted with back-off, stopped in reverse order."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import structlog

from launch.errors import CannotStart
from launch.processes import stop

log = structlog.get_logger(__name__)

FIRST_WAIT, LONGEST_WAIT = 0.2, 30.0
"""Seconds before a crashed child is started again: doubled with each crash."""
WELL_AFTER = 60.0
"""Seconds of running after which earlier crashes are forgotten."""
STARTS_WITHIN = 60.0
"""Seconds for a part to get healthy at the first start."""
STOP_WITHIN = 9.0
"""Seconds for all parts together to stop."""


NEVER = datetime.min.replace(tzinfo=UTC)


class State(StrEnum):
    """Of one child."""

    STARTING = "starting"
    RUNNING = "running"
    BACKING_OFF = "backing off"
    STOPPED = "stopped"


@dataclass
class Child:
    """One part: how it is started, how it is known to be healthy, how it is asked to stop."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    healthy: Callable[[datetime], bool]
    """Gets when it was started."""
    stop_signal: signal.Signals = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = None
    state: State = State.STOPPED
    started_at: datetime = NEVER
    restarts: int = 0
    crashes_in_a_row: int = 0
    last_exit: int | None = None
    next_try_at: datetime | None = None

    def launch(self, now: datetime) -> None:
        """Start it; it is healthy only later."""
        self.started_at, self.next_try_at = now, None
        self.state = State.STARTING
        self.process = self.start()

    def crashed(self, now: datetime, code: int | None) -> None:
        """Plan the next try."""
        if self.state is State.RUNNING and now - self.started_at > timedelta(seconds=WELL_AFTER):
            self.crashes_in_a_row = 0
        wait = min(FIRST_WAIT * 2**self.crashes_in_a_row, LONGEST_WAIT)
        self.crashes_in_a_row += 1
        self.restarts += 1
        self.last_exit = code
        self.state = State.BACKING_OFF
        self.next_try_at = now + timedelta(seconds=wait)
        log.error("a part ended and will be started again", part=self.name, exit=code, seconds=wait)


class Supervisor:
    """All children of one `ankang up`; `parts_file` tells the dashboard how they are."""

    def __init__(self, children: Sequence[Child], parts_file: Path) -> None:
        self.children = list(children)
        self._parts_file = parts_file
        self._told = ""
        self._speechless = False

    def start_all(self, say: Callable[[str], None]) -> None:
        """Start each and wait until it is healthy before the next; CannotStart names the one that isn't."""
        for child in self.children:
            if child.process is not None:
                continue
            begun = time.monotonic()
            child.launch(datetime.now(UTC))
            self._wait_for(child)
            say(f"  {child.name:<15} {time.monotonic() - begun:4.1f} s")

    def _wait_for(self, child: Child) -> None:
        deadline = time.monotonic() + STARTS_WITHIN
        while True:
            self.look_after(datetime.now(UTC))
            if child.state is State.RUNNING:
                return
            if child.crashes_in_a_row >= 3 or time.monotonic() > deadline:
                raise CannotStart(f"{child.name} does not get healthy; see its log")
            time.sleep(0.05)

    def look_after(self, now: datetime) -> None:
        """One look at every child: what ended is planned anew, what is due is started, what is healthy is said so."""
        for child in self.children:
            process = child.process
            if process is None:
                continue
            if child.state is State.BACKING_OFF:
                if child.next_try_at is not None and now >= child.next_try_at:
                    self._try_again(child, now)
            elif process.poll() is not None:
                child.crashed(now, process.returncode)
            elif child.state is State.STARTING and child.healthy(child.started_at):
                child.state = State.RUNNING
                log.info("a part is healthy", part=child.name, pid=process.pid)
        self._tell()

    def _try_again(self, child: Child, now: datetime) -> None:
        try:
            child.launch(now)
        except CannotStart as problem:
            log.error("a part could not be started", part=child.name, reason=str(problem))
            child.crashed(now, None)

    def run(self) -> None:
        """Look after the children until KeyboardInterrupt."""
        while True:
            self.look_after(datetime.now(UTC))
            time.sleep(0.1)

    def stop_all(self) -> None:
        """In reverse order, each with its share of the time left; within STOP_WITHIN seconds in all."""
        deadline = time.monotonic() + STOP_WITHIN
        waiting = [child for child in reversed(self.children) if child.process and child.process.poll() is None]
        for number, child in enumerate(waiting):
            assert child.process is not None  # noqa: S101 - chosen so above
            share = max(0.3, (deadline - time.monotonic()) / (len(waiting) - number) * 2)
            if not stop(child.process, child.stop_signal, min(share, max(0.3, deadline - time.monotonic()))):
                log.warning("a part had to be killed", part=child.name)
            child.state = State.STOPPED
        self._tell()

    def _tell(self) -> None:
        parts = [
            {
                "name": child.name,
                "state": str(child.state),
                "pid": child.process.pid if child.process and child.process.poll() is None else None,
                "restarts": child.restarts,
                "last_exit": child.last_exit,
                "next_try_at": child.next_try_at.isoformat() if child.next_try_at else None,
            }
            for child in self.children
        ]
        text = json.dumps(parts, indent=1)
        if text == self._told:
            return
        half = self._parts_file.with_suffix(".new")
        try:
            half.write_text(text)
            half.rename(self._parts_file)
        except OSError as error:  # a full disk: looking after the parts matters more than telling of them
            if not self._speechless:
                log.error("can't write down how the parts are, trying again", reason=error.strerror)
            self._speechless = True
            return
        self._told, self._speechless = text, False

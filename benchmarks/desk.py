"""A dashboard alone, in a process of its own, on a database of one's choice."""

import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from benchmarks.rig import PASSWORD, cpu_seconds, wait_until
from launch.ports import free_port
from launch.processes import spawn, stop
from records.database import connect
from records.login import accounts


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A running dashboard with the account `operator`."""

    port: int
    pid: int

    def cpu(self) -> float:
        """CPU seconds used so far."""
        return cpu_seconds(self.pid)

    @contextmanager
    def operator(self) -> Iterator[httpx2.Client]:
        """A browser that has logged in."""
        with httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=60) as browser:
            browser.post("/api/session", json={"username": "operator", "password": PASSWORD}).raise_for_status()
            yield browser


@contextmanager
def dashboard(folder: Path, database_url: str) -> Iterator[Dashboard]:
    """Serves until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with connect(database_url) as conn:
        accounts.ensure_demo_operator(conn, PASSWORD)
    port = free_port()
    environment = os.environ | {
        "ANKANG_DATABASE_URL": database_url, "ANKANG_HTTP_PORT": str(port), "ANKANG_LOG_LEVEL": "warning",
    }  # fmt: skip
    process = spawn([sys.executable, "-m", "launch", "dashboard"], log=folder / "dashboard.log", env=environment)
    try:
        wait_until(lambda: _answers(port), 120, f"the dashboard answers; see {folder / 'dashboard.log'}")
        yield Dashboard(port, process.pid)
    finally:
        stop(process, signal.SIGTERM, 20)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False

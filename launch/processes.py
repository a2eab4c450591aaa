"""Child processes that never outlive their parent."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    user: tuple[int, int] | None = None,
    at_parents_death: signal.Signals = signal.SIGKILL,
    nice: int = 0,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program in a process group of its own, its output appended to `log`.

    Linux sends it `at_parents_death` when we die, also by kill -9. SIGKILL leaves nobody who would fight over a session
    with the next start, and costs nothing: what is not committed is not acknowledged. Call this from the main thread:
    what counts as the parent is the thread. `user` is (uid, gid) to run as.
    """
    parent = os.getpid()

    def before_exec() -> None:
        os.setsid()  # Ctrl-C in the terminal is for the parent alone
        if nice:
            os.nice(nice)
        if user is not None:
            os.setgroups([])
            os.setgid(user[1])
            os.setuid(user[0])
        # After setuid, which would clear it.
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, int(at_parents_death))
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    with log.open("ab") as output:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(env) if env is not None else None,
            preexec_fn=before_exec,  # noqa: PLW1509 - nothing in there takes a lock
            cwd=cwd,
        )


def stop(process: subprocess.Popen[bytes], how: signal.Signals, within: float) -> bool:
    """Ask a child to end, and end it after `within` seconds; whether it went by itself."""
    if process.poll() is not None:
        return True
    process.send_signal(how)
    try:
        process.wait(within)
        return True
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False

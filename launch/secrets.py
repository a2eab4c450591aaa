"""The secrets of one data folder: made once, at random, readable by their owner alone."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from access.keys import new_account_seed


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the parts of one installation prove themselves with."""

    issuer_seed: str = field(repr=False)
    """Signs the broker's answers about who may connect."""
    auth_password: str = field(repr=False)
    sys_password: str = field(repr=False)
    service_secret: str = field(repr=False)


def read_or_make(file: Path) -> Secrets:
    """The secrets in this file, made now where there are none."""
    if not file.exists():
        made = Secrets(new_account_seed(), *(secrets.token_urlsafe(24) for _ in range(3)))
        write_private(file, json.dumps(asdict(made)))
    return Secrets(**json.loads(file.read_text()))


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner can read, all at once."""
    half = file.with_suffix(".new")
    with open(os.open(half, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as output:  # noqa: PTH123
        output.write(text)
    half.rename(file)

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
    link_key: str = field(repr=False)
    """Signs the links to the family's and the responder's page."""


def read_or_make(file: Path) -> Secrets:
    """The secrets in this file, made now where there are none."""
    known = json.loads(file.read_text()) if file.exists() else {}
    made = Secrets(**(asdict(_new()) | known))
    if asdict(made) != known:  # a folder of an earlier version has fewer
        write_private(file, json.dumps(asdict(made)))
    return made


def _new() -> Secrets:
    auth, sys, service = (secrets.token_urlsafe(24) for _ in range(3))
    return Secrets(new_account_seed(), auth, sys, service, secrets.token_urlsafe(32))


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner can read, all at once."""
    half = file.with_suffix(".new")
    with open(os.open(half, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as output:  # noqa: PTH123
        output.write(text)
    half.rename(file)

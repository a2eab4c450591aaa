"""Fills .env.example with fresh secrets: `.venv/bin/python docker/make_env.py > .env`, then `chmod 600 .env`."""

import secrets
import sys
from pathlib import Path

import nkeys


def fresh() -> dict[str, str]:
    """Every secret of an installation, made now, at random."""
    seed = nkeys.encode_seed(secrets.token_bytes(32), nkeys.PREFIX_BYTE_ACCOUNT)
    names = ("POSTGRES_PASSWORD", "SERVICE_SECRET", "BROKER_AUTH_PASSWORD", "BROKER_SYS_PASSWORD", "LINK_KEY")
    return {name: secrets.token_hex(24) for name in names} | {
        "BROKER_ISSUER_SEED": bytes(seed).decode(),
        "BROKER_ISSUER_KEY": bytes(nkeys.from_seed(bytes(seed)).public_key).decode(),
    }


def filled(example: str, values: dict[str, str]) -> str:
    """The example with these values in the lines that wait for one."""
    lines = example.splitlines()
    return "\n".join(f"{line}{values[line[:-1]]}" if line[:-1] in values else line for line in lines) + "\n"


if __name__ == "__main__":
    example = Path(__file__).parent.parent / ".env.example"
    sys.stdout.write(filled(example.read_text("utf-8"), fresh()))

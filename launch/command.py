"""What every `ankang` command stands on: its settings, the Ankang that runs here, and one sentence where it fails."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from pydantic import SecretStr

from launch import logs
from launch.errors import CannotStart
from launch.settings import Settings, read_settings

if TYPE_CHECKING:
    from records.database import Conn

DataOption = Annotated[Path | None, typer.Option("--data", help="The data folder (ANKANG_DATA_DIR).")]


def fail(why: str) -> NoReturn:
    """Say why in one sentence, and leave with 1."""
    typer.echo(f"ankang: {why}", err=True)
    sys.exit(1)


@contextmanager
def transaction(data: Path | None) -> "Iterator[Conn]":
    """A transaction on the database of the Ankang that runs here or is set."""
    from records import database  # noqa: PLC0415

    url = need(find_running(settings_from(data_dir=data)).database_url, "ANKANG_DATABASE_URL")
    with database.connect(url, autocommit=True) as conn, database.transaction(conn):
        yield conn


def settings_from(**overrides: Any) -> Settings:
    """The environment's settings, with those of these options that were given; logging is set up by them."""
    settings = read_settings(**{name: value for name, value in overrides.items() if value is not None})
    logs.configure(settings.log_format, settings.log_level)
    return settings


def find_running(settings: Settings) -> Settings:
    """Where no database is set: the `ankang up` on this machine."""
    from launch.up import running  # noqa: PLC0415

    found = running(settings.data_dir) if settings.database_url is None else None
    if found is None:
        return settings
    return settings.model_copy(
        update={"database_url": SecretStr(found.database_url), "mqtt_url": SecretStr(found.mqtt_url)}
    )


def need(value: SecretStr | None, name: str) -> str:
    """This setting, which the command can't do without; CannotStart says how to get one."""
    if value is None:
        raise CannotStart(f"no Ankang runs here: start one with `ankang up`, or name another with --data or {name}")
    return value.get_secret_value()

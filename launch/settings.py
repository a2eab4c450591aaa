"""The settings: environment variables `ANKANG_…`, read once, frozen, refused when misspelt or out of range."""

import os
from collections.abc import Iterable
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import SettingsConfigDict

from launch.notify_settings import NotifySettings
from records.readings.policies import Retention

PREFIX = "ANKANG_"
TESTS_PREFIX = "ANKANG_TEST_"
"""Variables for the tests; no setting of ours begins like this."""

_SCHEMES = {
    "database_url": ("postgresql", "postgres"),
    "mqtt_url": ("mqtt", "mqtts"),
    "broker_nats_url": ("nats", "tls"),
    "broker_sys_url": ("nats", "tls"),
}


class SettingsError(Exception):
    """A setting is wrong; the message names the variable and the fix, never the value."""


def default_data_dir() -> Path:
    """Where the data lies unless somebody says otherwise."""
    if os.geteuid() == 0:
        return Path("/var/lib/ankang")
    share = os.environ.get("XDG_DATA_HOME", "")
    return (Path(share) if share.startswith("/") else Path.home() / ".local" / "share") / "ankang"


def _days(default: int, least: int = 1) -> Any:
    return Field(default, ge=least, le=36500, description=f"use {least} to 36500 days")


def _port(default: int) -> Any:
    return Field(default, ge=0, le=65535, description="use 1 to 65535, or 0 for a free one")


class Settings(NotifySettings):
    """Everything that can be set; a description says what a variable takes."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid")

    data_dir: Path = Field(default_factory=default_data_dir, description="use a folder's path")
    http_host: str = Field("127.0.0.1", min_length=1, description="use an address of this machine")
    http_port: int = _port(8080)
    secure_cookies: bool = Field(False, description="use true behind HTTPS, else false")
    codes_for_administrators: bool = Field(
        False, description="use true where administrators have to log in with a second step, else false"
    )
    mqtt_host: str = Field("127.0.0.1", min_length=1, description="use an address of this machine")
    mqtt_port: int = _port(1883)
    database_url: SecretStr | None = Field(None, description="use postgresql://user:password@host:port/database")
    mqtt_url: SecretStr | None = Field(None, description="use mqtt://user:password@host:port (or mqtts://)")
    broker_nats_url: SecretStr | None = Field(None, description="use nats://user:password@host:port")
    broker_sys_url: SecretStr | None = Field(None, description="use nats://user:password@host:port")
    broker_issuer_seed: SecretStr | None = Field(None, description="use an nkey account seed; it begins with SA")
    service_secret: SecretStr | None = Field(None, description="use what the services log in to the broker with")
    broker_sync: Literal["default", "always"] = Field("default", description="use default or always")
    partitions: int = Field(1, ge=1, le=64, description="use 1 to 64")
    retention_raw_days: int = _days(400)
    retention_minutes_days: int = _days(730)
    retention_hours_days: int = _days(3650)
    retention_audit_days: int = _days(1095, least=184)  # the database refuses to forget 183 days
    demo_password: SecretStr | None = Field(None, description="use the password of the demo's accounts")
    log_format: Literal["console", "json"] = Field("console", description="use console or json")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="use debug, info, warning or error"
    )
    metrics_host: str = Field("127.0.0.1", min_length=1, description="use an address of this machine")
    metrics_port: int = Field(0, ge=0, le=65535, description="use 1 to 65535, or 0 for none")
    parts_file: Path | None = Field(None, description="use the path of the supervisor's parts.json")

    @field_validator(*_SCHEMES)
    @classmethod
    def _has_its_scheme(cls, value: SecretStr | None, info: Any) -> SecretStr | None:
        if value is not None and urlsplit(value.get_secret_value()).scheme not in _SCHEMES[info.field_name]:
            raise ValueError("not such an address")
        return value

    @field_validator("broker_issuer_seed")
    @classmethod
    def _is_an_account_seed(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith("SA"):
            raise ValueError("not an account seed")
        return value

    @property
    def retention(self) -> Retention:
        """How long data is kept."""
        return Retention(
            raw=timedelta(days=self.retention_raw_days),
            minutes=timedelta(days=self.retention_minutes_days),
            hours=timedelta(days=self.retention_hours_days),
            audit=timedelta(days=self.retention_audit_days),
        )


def variable(field: str) -> str:
    """The environment variable of a setting."""
    return f"{PREFIX}{field.upper()}"


def read_settings(**overrides: Any) -> Settings:
    """The environment's settings, with these from the command line instead; SettingsError in words."""
    _refuse_misspelt(os.environ)
    try:
        return Settings(**overrides)
    except ValidationError as problem:
        # `from None`: what pydantic says holds the value, which may be a secret.
        raise SettingsError("; ".join(sorted({_in_words(error["loc"]) for error in problem.errors()}))) from None


def _refuse_misspelt(names: Iterable[str]) -> None:
    known = [variable(field) for field in Settings.model_fields]
    for name in sorted(names):
        if not name.upper().startswith(PREFIX) or name.startswith(TESTS_PREFIX) or name.upper() in known:
            continue
        near = get_close_matches(name.upper(), known, n=1, cutoff=0.0)[0]
        raise SettingsError(f"{name} is not a setting: did you mean {near}? Correct it or unset it")


def _in_words(where: tuple[int | str, ...]) -> str:
    field = str(where[0]).lower()
    field = field.removeprefix(PREFIX.lower())
    return f"{variable(field)} can't be used: {Settings.model_fields[field].description}"

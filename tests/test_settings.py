"""The settings: read once, frozen, and refused in words that name the variable and never its value."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from launch.settings import Settings, SettingsError, read_settings, variable


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine has set is not for these tests."""
    for field in Settings.model_fields:
        monkeypatch.delenv(variable(field), raising=False)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ANKANG_HTPP_PORT", "ANKANG_HTTP_PORT"),
        ("ANKANG_DATABASE", "ANKANG_DATABASE_URL"),
        ("ANKANG_RETENTION_DAYS", "ANKANG_RETENTION_RAW_DAYS"),
        ("ankang_mqttport", "ANKANG_MQTT_PORT"),
    ],
)
def test_a_misspelt_variable_is_refused_with_what_was_meant(
    monkeypatch: pytest.MonkeyPatch, name: str, meant: str
) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(SettingsError, match=f"{name} is not a setting: did you mean {meant}"):
        read_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ANKANG_HTTP_PORT", "65536"),
        ("ANKANG_HTTP_PORT", "-1"),
        ("ANKANG_MQTT_PORT", "many"),
        ("ANKANG_PARTITIONS", "0"),
        ("ANKANG_PARTITIONS", "65"),
        ("ANKANG_RETENTION_RAW_DAYS", "0"),
        ("ANKANG_BROKER_SYNC", "sometimes"),
        ("ANKANG_LOG_LEVEL", "loud"),
        ("ANKANG_SECURE_COOKIES", "perhaps"),
        ("ANKANG_DATABASE_URL", "mysql://me:hunter2@host/db"),
        ("ANKANG_MQTT_URL", "http://me:hunter2@host"),
        ("ANKANG_BROKER_ISSUER_SEED", "SUhunter2"),
    ],
)
def test_a_value_out_of_range_is_refused_by_its_name_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"{name} can't be used: use ") as refused:
        read_settings()
    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_the_environment_is_read_and_the_command_line_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ANKANG_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ANKANG_HTTP_PORT", "8181")
    monkeypatch.setenv("ANKANG_MQTT_PORT", "0")
    settings = read_settings(http_port=9191)
    assert (settings.data_dir, settings.http_port, settings.mqtt_port) == (tmp_path, 9191, 0)


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANKANG_HTTP_PORT", "")
    assert read_settings().http_port == 8080


def test_variables_of_the_tests_and_of_others_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANKANG_TEST_ANYTHING", "1")
    monkeypatch.setenv("ANKLE", "1")
    read_settings()


def test_settings_do_not_change_and_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANKANG_DATABASE_URL", "postgresql://me:hunter2@host/db")
    monkeypatch.setenv("ANKANG_DEMO_PASSWORD", "hunter2")
    settings = read_settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.http_port = 1  # type: ignore[misc]
    assert "hunter2" not in repr(settings) + str(settings)


def test_the_manual_names_every_setting_with_its_default() -> None:
    manual = (Path(__file__).parent.parent / "docs" / "operations.md").read_text("utf-8")
    listed = dict(re.findall(r"^\| `(ANKANG_\w+)` \| `?([^|`]+?)`?(?:,[^|]*)? \|", manual, re.MULTILINE))
    assert listed.pop("ANKANG_DATA_DIR") == "~/.local/share/ankang"
    assert listed == {
        variable(name): "none" if field.default is None else str(field.default)
        for name, field in Settings.model_fields.items()
        if name != "data_dir"
    }

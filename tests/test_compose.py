"""docker-compose.yml: every service, nothing secret, nothing unpinned, and the numbers that must agree."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from access.keys import public_key
from care.lanes import Lane, lane_name
from launch.broker import CONFIG
from launch.settings import Settings

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docker-compose.yml").read_text("utf-8")
COMPOSE: Mapping[str, Any] = yaml.safe_load(TEXT)
SERVICES: Mapping[str, Mapping[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("ankang:")}
NATS = (ROOT / "docker" / "nats.conf").read_text("utf-8")
VARIABLE = re.compile(r"\$\{(\w+)")


def environment_made_now() -> dict[str, str]:
    """What docker/make_env.py would put into .env."""
    made = subprocess.run(
        [sys.executable, str(ROOT / "docker" / "make_env.py")], check=True, capture_output=True, text=True
    )
    lines = [line for line in made.stdout.splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def resolved(text: str, env: Mapping[str, str]) -> str:
    """The text as compose reads it."""

    def value(found: re.Match[str]) -> str:
        return env.get(found[1]) or (found[3] if found[2] == ":-" else "")

    return re.sub(r"\$\{(\w+)(?:(:-|:\?)([^}]*))?\}", value, text)


def test_every_service_of_the_command_has_its_container() -> None:
    commands = {service["command"][0] for service in OURS.values()}
    assert commands == {"migrate", "access", "ingest", "alerts", "notify", "canary", "maintain", "dashboard"}


def test_there_is_one_container_for_each_lane_and_partition() -> None:
    partitions = COMPOSE["x-settings"]["ANKANG_PARTITIONS"]
    lanes = {name: service["command"] for name, service in OURS.items() if service["command"][0] == "ingest"}
    assert lanes == {
        f"ingest-{lane_name(Lane.EVENTS)}": ["ingest", "events"],
        f"ingest-{lane_name(Lane.STATUS)}": ["ingest", "status"],
    } | {
        f"ingest-{lane_name(Lane.BULK, number)}": ["ingest", "bulk", "--partition", str(number)]
        for number in range(partitions)
    }


def test_the_broker_makes_as_many_partitions_as_there_are_workers() -> None:
    mapped = re.search(r"\{\{partition\((\d+),1,2\)\}\}", NATS)
    assert mapped is not None
    assert int(mapped[1]) == COMPOSE["x-settings"]["ANKANG_PARTITIONS"]


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "migrate"])
def test_every_service_that_stays_is_asked_how_it_is_and_started_again(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_the_database_is_healthy_only_once_a_query_is_answered_over_tcp() -> None:
    test = SERVICES["db"]["healthcheck"]["test"]
    assert test[1] == "psql"
    assert "127.0.0.1" in test
    assert "SELECT 1" in test[-1]


def test_nothing_starts_before_the_schema_is_there() -> None:
    for name, service in OURS.items():
        if name != "migrate":
            assert service["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert SERVICES["migrate"]["depends_on"]["db"] == {"condition": "service_healthy"}


def test_every_image_is_pinned() -> None:
    for service in SERVICES.values():
        assert re.search(r":\d+\.\d+", service["image"]), service["image"]
    for line in (ROOT / "Dockerfile").read_text("utf-8").splitlines():
        assert not line.startswith("FROM") or re.search(r":\d+\.\d+", line), line


def test_no_secret_is_written_down() -> None:
    secret = re.compile(r"(PASSWORD|SECRET|SEED|KEY)\b")
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if secret.search(name) or "://" in str(value):
                assert VARIABLE.search(value), f"{name} holds a secret"
    for line in (ROOT / ".env.example").read_text("utf-8").splitlines():
        if secret.search(line.partition("=")[0]) and not line.startswith("#"):
            assert line.endswith("="), f"{line.partition('=')[0]} has a value in .env.example"


def test_every_setting_is_a_real_one() -> None:
    known = {f"ANKANG_{field.upper()}" for field in Settings.model_fields}
    used = {name for service in OURS.values() for name in service.get("environment", {})}
    assert used <= known, f"unknown: {used - known}"


def test_the_example_names_every_variable_and_no_other() -> None:
    example = (ROOT / ".env.example").read_text("utf-8")
    named = set(re.findall(r"^(\w+)=", example, flags=re.MULTILINE))
    assert named == set(VARIABLE.findall(TEXT))


def test_made_secrets_are_complete_different_and_fit_a_url() -> None:
    first, second = environment_made_now(), environment_made_now()
    assert all(value for name, value in first.items() if f"${{{name}:-}}" not in TEXT)  # those may stay empty
    assert public_key(first["BROKER_ISSUER_SEED"]) == first["BROKER_ISSUER_KEY"]
    for name in ("POSTGRES_PASSWORD", "SERVICE_SECRET", "BROKER_AUTH_PASSWORD", "BROKER_SYS_PASSWORD"):
        assert re.fullmatch(r"[0-9a-f]{48}", first[name])
        assert first[name] != second[name]


def test_the_settings_of_every_container_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    made = environment_made_now()
    for service in OURS.values():
        for name, value in service["environment"].items():
            monkeypatch.setenv(name, resolved(str(value), made))
        assert Settings().partitions == 2


def test_the_database_and_the_broker_s_own_port_are_not_published() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"nats", "dashboard"}
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    example = dict(re.findall(r"^(\w+)=(.*)$", (ROOT / ".env.example").read_text("utf-8"), flags=re.MULTILINE))
    assert resolved(published["dashboard"][0], {}) == "127.0.0.1:8080:8080" == f"{example['HTTP_PUBLISHED_AT']}:8080"
    assert resolved(published["nats"][0], {}) == f"{example['MQTT_PUBLISHED_AT']}:1883"


def test_the_broker_accepts_its_configuration() -> None:
    made = environment_made_now()
    env = {name: resolved(value, made) for name, value in SERVICES["nats"]["environment"].items()}
    server = Path(sys.executable).parent / "nats-server"
    tried = subprocess.run(
        [str(server), "-t", "-c", str(ROOT / "docker" / "nats.conf")],
        env=env, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert tried.returncode == 0, tried.stderr


def test_the_image_copies_every_package() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    copied = set(re.findall(r"^COPY (\w+) \1$", dockerfile, flags=re.MULTILINE))
    pyproject = (ROOT / "pyproject.toml").read_text("utf-8")
    packages = re.search(r"^packages = \[(.*)\]$", pyproject, flags=re.MULTILINE)
    assert packages is not None
    assert copied == set(re.findall(r'"(\w+)"', packages[1]))
    ignore = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert all(f"!{package}" in ignore for package in copied)


def test_the_notices_in_the_image_name_every_package_that_is_installed() -> None:
    installed = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text("utf-8"), flags=re.MULTILINE))
    notices = (ROOT / "THIRD_PARTY_NOTICES.md").read_text("utf-8")
    assert set(re.findall(r"^\| ([\w.-]+) \|", notices, flags=re.MULTILINE)) >= installed


def test_both_brokers_are_told_the_same() -> None:
    def facts(text: str) -> dict[str, str]:
        return dict(re.findall(r"(ack_wait|max_ack_pending|max_payload): \"?(\w+)", text))

    assert facts(NATS) == facts(CONFIG)
    assert len(facts(NATS)) == 3

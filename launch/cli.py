"""The `ankang` command: reads the settings, wires, runs, and stops."""

import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import prometheus_client
import structlog
import typer
from pydantic import SecretStr

from care.devices import DeviceKind
from care.lanes import Lane, expected_sessions
from care.people import Role
from launch import logs
from launch.errors import CannotStart
from launch.settings import Settings, SettingsError, read_settings

if TYPE_CHECKING:
    from records.database import Conn

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Ankang (安康) watches over old people at home.")
device_app = typer.Typer(no_args_is_help=True, help="Devices: register them, revoke them.")
app.add_typer(device_app, name="device")
account_app = typer.Typer(no_args_is_help=True, help="Accounts of people: add them, reset their passwords, close them.")
app.add_typer(account_app, name="account")
log = structlog.get_logger("launch")

DataOption = Annotated[Path | None, typer.Option("--data", help="The data folder (ANKANG_DATA_DIR).")]


def main() -> None:
    """The console script. What is wrong is said in one sentence; a traceback is for faults of ours."""
    from gateway.errors import NotDelivered  # noqa: PLC0415 - only what a command needs is loaded, it starts faster
    from records.errors import RecordsError  # noqa: PLC0415

    try:
        app()
    except (CannotStart, SettingsError, RecordsError, NotDelivered) as problem:
        _fail(str(problem))


def _fail(why: str) -> NoReturn:
    typer.echo(f"ankang: {why}", err=True)
    sys.exit(1)


@app.command()
def up(
    demo: Annotated[
        bool, typer.Option("--demo", help="With ten simulated residents and the account `operator`.")
    ] = False,
    data: DataOption = None,
    http_port: Annotated[int | None, typer.Option(help="0 picks a free one.")] = None,
    mqtt_port: Annotated[int | None, typer.Option(help="0 picks a free one.")] = None,
) -> None:
    """Start everything on this machine; Ctrl-C stops it."""
    from launch.up import up as bring_up  # noqa: PLC0415

    settings = _settings(data_dir=data, http_port=http_port, mqtt_port=mqtt_port)
    if settings.log_level == "info":  # the terminal is for what a person has to know; the parts have logs of their own
        logs.configure(settings.log_format, "warning")
    bring_up(settings, demo=demo, say=typer.echo)


@app.command()
def migrate() -> None:
    """Bring the database's schema up to this release."""
    from records.migrate import migrate as bring_up_to_date  # noqa: PLC0415

    settings = _settings()
    done = bring_up_to_date(_need(settings.database_url, "ANKANG_DATABASE_URL"), settings.retention)
    typer.echo(f"applied: {', '.join(done)}" if done else "nothing to do")


@app.command()
def ingest(lane: Lane, partition: Annotated[int, typer.Option(help="Of the bulk lane.")] = 0) -> None:
    """Take one lane's messages from the broker into the database."""
    from ingest.service import run  # noqa: PLC0415

    with _service() as (settings, stop):
        if not 0 <= partition < settings.partitions:
            raise CannotStart(
                f"there is no partition {partition}: use 0 to {settings.partitions - 1} (ANKANG_PARTITIONS)"
            )
        run(
            _need(settings.database_url, "ANKANG_DATABASE_URL"),
            _need(settings.mqtt_url, "ANKANG_MQTT_URL"),
            lane,
            partition,
            settings.partitions,
            settings.retention.raw,
            stop,
        )


@app.command()
def alerts() -> None:
    """Turn signals into alerts."""
    from alerts.service import run  # noqa: PLC0415

    with _service() as (settings, stop):
        run(_need(settings.database_url, "ANKANG_DATABASE_URL"), stop)


@app.command()
def dashboard() -> None:
    """Serve the API and the pages."""
    from dashboard.service import CannotListen, run  # noqa: PLC0415

    with _service() as (settings, stop):
        url = _need(settings.database_url, "ANKANG_DATABASE_URL")
        try:
            run(url, settings.http_host, settings.http_port, settings.secure_cookies, settings.parts_file, stop)
        except CannotListen as problem:
            raise CannotStart(f"{problem}: ANKANG_HTTP_PORT, or stop what listens there") from problem


@app.command()
def access() -> None:
    """Answer the broker's question who may connect."""
    from access.service import run  # noqa: PLC0415

    with _service() as (settings, stop):
        run(
            _need(settings.database_url, "ANKANG_DATABASE_URL"),
            _need(settings.broker_nats_url, "ANKANG_BROKER_NATS_URL"),
            _need(settings.broker_sys_url, "ANKANG_BROKER_SYS_URL"),
            _need(settings.broker_issuer_seed, "ANKANG_BROKER_ISSUER_SEED"),
            _need(settings.service_secret, "ANKANG_SERVICE_SECRET"),
            expected_sessions(settings.partitions),
            stop,
        )


@app.command()
def maintain() -> None:
    """Rollups, partitions and retention, once a minute."""
    from launch.maintain import run  # noqa: PLC0415

    with _service() as (settings, stop):
        run(_need(settings.database_url, "ANKANG_DATABASE_URL"), settings.retention, stop)


@app.command("demo-life", hidden=True)
def demo_life() -> None:
    """Ten simulated residents whose beds publish."""
    from simulators.demo import run  # noqa: PLC0415

    with _service() as (settings, stop):
        run(_need(settings.database_url, "ANKANG_DATABASE_URL"), _need(settings.mqtt_url, "ANKANG_MQTT_URL"), stop)


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    resident: Annotated[str, typer.Option(help="Whose home it becomes.")],
    format_: Annotated[str, typer.Option("--format")] = "ordonez",
    speed: Annotated[float, typer.Option(help="Times real time; 0: as fast as it goes.", min=0)] = 600,
    start: Annotated[str, typer.Option(help="now: shifted by whole days into the past; recorded: as it was.")] = "now",
    zone: Annotated[str, typer.Option(help="The time zone of the recording's clock.")] = "Asia/Shanghai",
    data: DataOption = None,
) -> None:
    """Play a recorded home through MQTT."""
    from simulators.replay import run  # noqa: PLC0415

    settings = _find_running(_settings(data_dir=data))
    run(
        database_url=_need(settings.database_url, "ANKANG_DATABASE_URL"),
        mqtt_url=_need(settings.mqtt_url, "ANKANG_MQTT_URL"),
        file=file, format=format_, resident=resident, speed=speed, start=start, zone=zone,
    )  # fmt: skip


@app.command()
def doctor(
    data: DataOption = None,
    forgive: Annotated[bool, typer.Option("--forgive", help="Lost sessions have been seen to.")] = False,
) -> None:
    """Say in words what works, what doesn't, and what to do."""
    from launch.doctor import examine, forgive_losses  # noqa: PLC0415
    from launch.up import running  # noqa: PLC0415

    settings = _settings(data_dir=data)
    found = running(settings.data_dir)
    settings = _find_running(settings)
    if forgive:
        typer.echo(forgive_losses(settings))
    findings = examine(settings, found)
    for finding in findings:
        typer.echo(f"{'✓' if finding.ok else '✗'} {finding.what}")
        if finding.advice:
            typer.echo(f"    {finding.advice}")
    sys.exit(0 if all(finding.ok for finding in findings) else 1)


@app.command()
def schemas() -> None:
    """Print the JSON Schemas of the MQTT contract."""
    from care.wire import json_schemas  # noqa: PLC0415

    typer.echo(json.dumps(json_schemas(), indent=2, ensure_ascii=False))


@device_app.command("add")
def device_add(
    vendor: Annotated[str, typer.Option(help="1 to 40 of a-z, 0-9 and -")],
    device: Annotated[str, typer.Option(help="1 to 64 of A-Z, a-z, 0-9, _ and -")],
    kind: Annotated[DeviceKind, typer.Option()],
    resident: Annotated[str | None, typer.Option(help="Whom it watches over, by name.")] = None,
    place: Annotated[str, typer.Option(help="The room or thing that it watches.")] = "",
    data: DataOption = None,
) -> None:
    """Register a device and print its secret, once."""
    from care.devices import EXPECTED_INTERVAL  # noqa: PLC0415
    from records import credentials, database, devices  # noqa: PLC0415

    settings = _find_running(_settings(data_dir=data))
    url = _need(settings.database_url, "ANKANG_DATABASE_URL")
    try:
        with database.connect(url, autocommit=True) as conn, database.transaction(conn):
            devices.register(
                conn, vendor, device, kind, resident=resident, place=place,
                expected_interval=EXPECTED_INTERVAL.get(kind), now=datetime.now(UTC),
            )  # fmt: skip
            secret = credentials.issue_secret(conn, vendor, device)
    except ValueError as problem:
        _fail(str(problem))
    typer.echo(f"user name: {vendor}/{device}\nclient id: {vendor}:{device}\nsecret: {secret}")
    typer.echo("The secret is shown only now; register the device again for a new one.", err=True)


@device_app.command("revoke")
def device_revoke(
    vendor: Annotated[str, typer.Option()], device: Annotated[str, typer.Option()], data: DataOption = None
) -> None:
    """Close a device's connection and refuse it from now on."""
    from records import credentials, database  # noqa: PLC0415

    settings = _find_running(_settings(data_dir=data))
    url = _need(settings.database_url, "ANKANG_DATABASE_URL")
    with database.connect(url, autocommit=True) as conn, database.transaction(conn):
        known = credentials.revoke(conn, vendor, device)
    if not known:
        _fail(f"there is no device {vendor}/{device}")
    typer.echo(f"{vendor}/{device} is revoked")


RoleOption = Annotated[Role, typer.Option()]
AreaOption = Annotated[str | None, typer.Option(help="The code of a city or county, as 340503, or the id of any area.")]
VendorOption = Annotated[str | None, typer.Option(help="Whose devices a vendor's account sees.")]


@account_app.command("add")
def account_add(
    username: str, role: RoleOption, area: AreaOption = None, vendor: VendorOption = None, data: DataOption = None
) -> None:
    """Add an account and print its one-time password."""
    from records import accounts  # noqa: PLC0415

    _check_vendor(role, vendor)
    with _records(data) as conn:
        try:
            password = accounts.add_account(conn, username, role, _area(conn, area), vendor)
        except ValueError as problem:
            _fail(str(problem))
    typer.echo(f"user name: {username}\none-time password: {password}")


@account_app.command("change")
def account_change(
    username: str, role: RoleOption, area: AreaOption = None, vendor: VendorOption = None, data: DataOption = None
) -> None:
    """Give an account another role and area; its sessions and tokens end."""
    from records import accounts  # noqa: PLC0415

    _check_vendor(role, vendor)
    with _records(data) as conn:
        known = accounts.change_account(conn, username, role, _area(conn, area), vendor)
    if not known:
        _fail(f"there is no account {username}")
    typer.echo(f"{username} is {role} now")


@account_app.command("entrust")
def account_entrust(
    username: str,
    bed: Annotated[str, typer.Option(help="The number of the resident's care bed.")],
    withdraw: Annotated[bool, typer.Option("--withdraw", help="No longer.")] = False,
    data: DataOption = None,
) -> None:
    """Let a family's or doctor's account see this resident."""
    from records import accounts  # noqa: PLC0415

    with _records(data) as conn:
        done = accounts.entrust(conn, username, bed, withdraw=withdraw)
    if not done:
        _fail(f"there is no account {username}, or no open care bed {bed} that it could see")
    typer.echo(f"{username} {'no longer sees' if withdraw else 'sees'} the resident of {bed}")


def _check_vendor(role: Role, vendor: str | None) -> None:
    if (vendor is None) == (role is Role.VENDOR):
        _fail("--vendor: a vendor's account needs one, any other has none")


def _area(conn: "Conn", text: str | None) -> int | None:
    from records import areas  # noqa: PLC0415

    if text is None:
        return None
    found = areas.id_of_code(conn, text)
    if found is None and text.isascii() and text.isdigit() and len(text) < 10 and areas.area(conn, int(text)):
        found = int(text)
    if found is None:
        _fail(f"--area: there is no area with the code or id {text}")
    return found


@account_app.command("reset")
def account_reset(username: str, data: DataOption = None) -> None:
    """Print a one-time password; every session of the account ends."""
    from records import accounts  # noqa: PLC0415
    from records.scope import EVERYTHING  # noqa: PLC0415

    with _records(data) as conn:
        password = accounts.reset_password(conn, username, EVERYTHING)
    if password is None:
        _fail(f"there is no account {username}")
    typer.echo(f"user name: {username}\none-time password: {password}")


@account_app.command("disable")
def account_disable(username: str, data: DataOption = None) -> None:
    """Close an account; it is out at once, everywhere."""
    _set_disabled(username, data, disabled=True)


@account_app.command("enable")
def account_enable(username: str, data: DataOption = None) -> None:
    """Open an account again."""
    _set_disabled(username, data, disabled=False)


def _set_disabled(username: str, data: Path | None, *, disabled: bool) -> None:
    from records import accounts  # noqa: PLC0415

    with _records(data) as conn:
        known = accounts.set_disabled(conn, username, disabled)
    if not known:
        _fail(f"there is no account {username}")
    typer.echo(f"{username} is {'disabled' if disabled else 'enabled'}")


@account_app.command("list")
def account_list(data: DataOption = None) -> None:
    """Every account with its role."""
    from records import accounts  # noqa: PLC0415
    from records.scope import EVERYTHING  # noqa: PLC0415

    with _records(data) as conn:
        for one in accounts.all_accounts(conn, EVERYTHING):
            typer.echo(f"{one.username}  {one.role}{'  disabled' if one.disabled else ''}")


@contextmanager
def _records(data: Path | None) -> "Iterator[Conn]":
    """A transaction on the database of the Ankang that runs here or is set."""
    from records import database  # noqa: PLC0415

    url = _need(_find_running(_settings(data_dir=data)).database_url, "ANKANG_DATABASE_URL")
    with database.connect(url, autocommit=True) as conn, database.transaction(conn):
        yield conn


def _settings(**overrides: Any) -> Settings:
    settings = read_settings(**{name: value for name, value in overrides.items() if value is not None})
    logs.configure(settings.log_format, settings.log_level)
    return settings


def _find_running(settings: Settings) -> Settings:
    """Where no database is set: the `ankang up` on this machine."""
    from launch.up import running  # noqa: PLC0415

    found = running(settings.data_dir) if settings.database_url is None else None
    if found is None:
        return settings
    return settings.model_copy(
        update={"database_url": SecretStr(found.database_url), "mqtt_url": SecretStr(found.mqtt_url)}
    )


def _need(value: SecretStr | None, name: str) -> str:
    if value is None:
        raise CannotStart(f"no Ankang runs here: start one with `ankang up`, or name another with --data or {name}")
    return value.get_secret_value()


@contextmanager
def _service() -> Iterator[tuple[Settings, threading.Event]]:
    """A service's settings, its metrics, and the event that SIGTERM sets."""
    settings = _settings()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if settings.metrics_port:
        prometheus_client.start_http_server(settings.metrics_port, addr=settings.metrics_host)
    yield settings, stop
    log.info("stopped")


if __name__ == "__main__":
    main()

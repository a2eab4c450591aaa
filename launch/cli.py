"""The `ankang` command: reads the settings, wires, runs, and stops."""

import json
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import prometheus_client
import structlog
import typer

from care.lanes import Lane, expected_sessions
from launch import logs
from launch.account_cli import account_app
from launch.alerts_cli import alerts_app
from launch.command import DataOption, fail, find_running, need, settings_from
from launch.device_cli import device_app
from launch.duty_cli import duty_app
from launch.errors import CannotStart
from launch.figures_cli import figures
from launch.notify_settings import channel_settings
from launch.reach_cli import consent_app, reach_app
from launch.rehearsal_cli import rehearse
from launch.rules_cli import rules_app
from launch.settings import Settings, SettingsError
from launch.visits_cli import holiday_app, visits_app

if TYPE_CHECKING:
    from dashboard.desk import Outside
    from simulators.incidents import Town

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Ankang (安康) watches over old people at home.")
score_app = typer.Typer(no_args_is_help=True, help="How well the platform does.")
app.add_typer(account_app, name="account")
app.add_typer(alerts_app, name="alerts")
app.add_typer(device_app, name="device")
app.add_typer(duty_app, name="duty")
app.add_typer(holiday_app, name="holiday")
app.add_typer(visits_app, name="visits")
app.add_typer(reach_app, name="reach")
app.add_typer(consent_app, name="consent")
app.add_typer(rules_app, name="rules")
app.add_typer(score_app, name="score")
app.command()(figures)
app.command()(rehearse)
log = structlog.get_logger("launch")


def main() -> None:
    """The console script. What is wrong is said in one sentence; a traceback is for faults of ours."""
    from gateway.errors import NotDelivered  # noqa: PLC0415 - only what a command needs is loaded, it starts faster
    from records.errors import RecordsError  # noqa: PLC0415

    try:
        app()
    except (CannotStart, SettingsError, RecordsError, NotDelivered) as problem:
        fail(str(problem))


@app.command()
def up(
    demo: Annotated[bool, typer.Option("--demo", help="With 40 simulated homes and the account `operator`.")] = False,
    data: DataOption = None,
    http_port: Annotated[int | None, typer.Option(help="0 picks a free one.")] = None,
    mqtt_port: Annotated[int | None, typer.Option(help="0 picks a free one.")] = None,
) -> None:
    """Start everything on this machine; Ctrl-C stops it."""
    from launch.up import up as bring_up  # noqa: PLC0415

    settings = settings_from(data_dir=data, http_port=http_port, mqtt_port=mqtt_port)
    if settings.log_level == "info":  # the terminal is for what a person has to know; the parts have logs of their own
        logs.configure(settings.log_format, "warning")
    bring_up(settings, demo=demo, say=typer.echo)


@app.command()
def migrate() -> None:
    """Bring the database's schema up to this release."""
    from records.migrate import migrate as bring_up_to_date  # noqa: PLC0415

    settings = settings_from()
    done = bring_up_to_date(need(settings.database_url, "ANKANG_DATABASE_URL"), settings.retention)
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
            need(settings.database_url, "ANKANG_DATABASE_URL"),
            need(settings.mqtt_url, "ANKANG_MQTT_URL"),
            lane,
            partition,
            settings.partitions,
            settings.retention.raw,
            stop,
        )


@alerts_app.callback(invoke_without_command=True)
def alerts(context: typer.Context) -> None:
    """Turn signals into alerts; or judge one of them again."""
    if context.invoked_subcommand is not None:
        return
    from alerts.service import run  # noqa: PLC0415

    with _service() as (settings, stop):
        run(need(settings.database_url, "ANKANG_DATABASE_URL"), stop)


@app.command()
def notify() -> None:
    """Tell people what the outbox says, by the channels that are set up."""
    from alerts.channels.build import channels_of  # noqa: PLC0415
    from alerts.linking import PublicPages  # noqa: PLC0415
    from alerts.sender import run  # noqa: PLC0415

    with _service() as (settings, stop):
        channels = channels_of(channel_settings(settings))
        pages = PublicPages(
            settings.public_url or "", settings.link_key.get_secret_value() if settings.link_key else ""
        )
        run(need(settings.database_url, "ANKANG_DATABASE_URL"), channels, stop, pages)


@app.command()
def canary() -> None:
    """The proof of life: send an SOS per county that nobody sees, and ring where one does not arrive."""
    from alerts.canary import run  # noqa: PLC0415

    with _service() as (settings, stop):
        run(
            need(settings.database_url, "ANKANG_DATABASE_URL"),
            need(settings.mqtt_url, "ANKANG_MQTT_URL"),
            timedelta(seconds=settings.canary_seconds),
            settings.deadman_url.get_secret_value() if settings.deadman_url else None,
            stop,
        )


@app.command("push-key")
def push_key() -> None:
    """Make a key for Web Push: the private one is for ANKANG_PUSH_KEY, browsers get the public one from us."""
    from alerts.channels.push import make_key  # noqa: PLC0415

    typer.echo(f"ANKANG_PUSH_KEY={make_key()}")


@app.command()
def dashboard() -> None:
    """Serve the API and the pages."""
    from dashboard.service import CannotListen, run  # noqa: PLC0415

    with _service() as (settings, stop):
        url = need(settings.database_url, "ANKANG_DATABASE_URL")
        try:
            run(
                url,
                settings.http_host,
                settings.http_port,
                settings.secure_cookies,
                settings.parts_file,
                stop,
                _outside(settings),
                settings.codes_for_administrators,
            )
        except CannotListen as problem:
            raise CannotStart(f"{problem}: ANKANG_HTTP_PORT, or stop what listens there") from problem


def _outside(settings: Settings) -> "Outside":
    """What the pages tell browsers and hear from providers."""
    from dashboard.desk import Outside  # noqa: PLC0415

    channels, key = channel_settings(settings), ""
    if channels.push_key:
        from alerts.channels.push import public_key  # noqa: PLC0415

        key = public_key(channels.push_key)
    token = channels.twilio.token if channels.twilio else ""
    links = settings.link_key.get_secret_value() if settings.link_key else ""
    return Outside(key, channels.push_key, settings.public_url or "", token, links, settings.centre_phone or "")


@app.command()
def access() -> None:
    """Answer the broker's question who may connect."""
    from access.service import run  # noqa: PLC0415

    with _service() as (settings, stop):
        run(
            need(settings.database_url, "ANKANG_DATABASE_URL"),
            need(settings.broker_nats_url, "ANKANG_BROKER_NATS_URL"),
            need(settings.broker_sys_url, "ANKANG_BROKER_SYS_URL"),
            need(settings.broker_issuer_seed, "ANKANG_BROKER_ISSUER_SEED"),
            need(settings.service_secret, "ANKANG_SERVICE_SECRET"),
            expected_sessions(settings.partitions),
            stop,
        )


@app.command()
def maintain() -> None:
    """Rollups, partitions and retention, once a minute."""
    from launch.maintain import run  # noqa: PLC0415

    with _service() as (settings, stop):
        run(need(settings.database_url, "ANKANG_DATABASE_URL"), settings.retention, stop)


@app.command("demo-life", hidden=True)
def demo_life() -> None:
    """Forty simulated homes that live, and their last month."""
    from simulators.town_hall import demo  # noqa: PLC0415

    with _service() as (settings, stop):
        demo(need(settings.database_url, "ANKANG_DATABASE_URL"), need(settings.mqtt_url, "ANKANG_MQTT_URL"), stop)


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

    settings = find_running(settings_from(data_dir=data))
    run(
        database_url=need(settings.database_url, "ANKANG_DATABASE_URL"),
        mqtt_url=need(settings.mqtt_url, "ANKANG_MQTT_URL"),
        file=file, format=format_, resident=resident, speed=speed, start=start, zone=zone,
    )  # fmt: skip


@app.command()
def simulate(
    homes: Annotated[int, typer.Option(help="How many.", min=1, max=1500)] = 40,
    seed: Annotated[int, typer.Option(help="The same seed, the same lives.")] = 1,
    speed: Annotated[float | None, typer.Option(help="Times real time; 0: as fast as it goes.", min=0)] = None,
    incidents_per_day: Annotated[float, typer.Option(help="In the whole town, on average.", min=0)] = 2,
    from_: Annotated[datetime | None, typer.Option("--from", help="Begin in the past, at this time (UTC).")] = None,
    days: Annotated[float | None, typer.Option(help="End after so many days.", min=0)] = None,
    truth: Annotated[Path, typer.Option(help="Where the ledger of what happened goes.")] = Path("truth.jsonl"),
    ask: Annotated[
        list[str] | None, typer.Option(help="Also have this happen: KIND@HOME@TIME, such as fall_lies@7@03:12.")
    ] = None,
    fleet: Annotated[int, typer.Option(help="Instead, a load: so many beds that speak every 10 s.", min=0)] = 0,
    data: DataOption = None,
) -> None:
    """A simulated community: lives through MQTT; with --from and --days but no --speed, writes its past quickly."""
    from simulators import town_hall  # noqa: PLC0415
    from simulators.incidents import Town  # noqa: PLC0415

    settings = find_running(settings_from(data_dir=data))
    url, mqtt_url = need(settings.database_url, "ANKANG_DATABASE_URL"), need(settings.mqtt_url, "ANKANG_MQTT_URL")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if fleet:
        _load(url, mqtt_url, fleet, days, stop)
        return
    now = datetime.now(UTC)
    begin = from_.replace(tzinfo=UTC) if from_ else now
    end = begin + timedelta(days=days) if days is not None else None
    if begin > now:
        raise CannotStart("--from lies in the future: choose a day that has been, or leave it out to begin now")
    town = _with_asked(Town(seed, homes, incidents_per_day), ask or (), begin)
    if from_ and speed is None:
        town_hall.write_past(url, town, begin, min(end or now, now), truth, typer.echo, stop)
        return
    town_hall.live(url, mqtt_url, town, begin, end, 1.0 if speed is None else speed, truth, stop, typer.echo)


def _with_asked(town: "Town", ask: Sequence[str], begin: datetime) -> "Town":
    from simulators.asking import CannotHappen, asked  # noqa: PLC0415

    try:
        return replace(town, asked=tuple(asked(town, text, begin) for text in ask))
    except CannotHappen as problem:
        fail(f"--ask {problem}")


def _load(url: str, mqtt_url: str, beds: int, days: float | None, stop: threading.Event) -> None:
    from simulators import fleet  # noqa: PLC0415

    try:
        fleet.run(url, mqtt_url, beds, None if days is None else days * 86_400, stop, typer.echo)
    except ValueError as problem:
        fail(str(problem))


@score_app.command("silence")
def score_silence(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    format_: Annotated[str, typer.Option("--format", help="ordonez")] = "ordonez",
) -> None:
    """Learn a recorded home day by day: false alerts in a month, and how soon a collapse would be noticed."""
    from simulators import silence  # noqa: PLC0415
    from simulators.ordonez import BadRecording, parse  # noqa: PLC0415

    if format_ != "ordonez":
        fail(f"--format: {format_} is not known; use ordonez")
    try:
        for line in silence.in_words(silence.recorded(parse(file.read_bytes()))):
            typer.echo(line)
    except (BadRecording, silence.TooShort) as problem:
        fail(str(problem))


@score_app.command("alerts")
def score_alerts(
    truth: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)], data: DataOption = None
) -> None:
    """Hold the alerts against what really happened, as `ankang simulate` wrote it down."""
    from simulators.town_hall import score_alerts as lines  # noqa: PLC0415

    settings = find_running(settings_from(data_dir=data))
    try:
        for line in lines(need(settings.database_url, "ANKANG_DATABASE_URL"), truth):
            typer.echo(line)
    except ValueError as problem:
        fail(str(problem))


@app.command()
def doctor(
    data: DataOption = None,
    forgive: Annotated[bool, typer.Option("--forgive", help="Lost sessions have been seen to.")] = False,
) -> None:
    """Say in words what works, what doesn't, and what to do."""
    from launch.doctor import examine, forgive_losses  # noqa: PLC0415
    from launch.up import running  # noqa: PLC0415

    settings = settings_from(data_dir=data)
    found = running(settings.data_dir)
    settings = find_running(settings)
    if forgive:
        typer.echo(forgive_losses(settings))
    findings = examine(settings, found)
    for finding in findings:
        typer.echo(f"{finding.sign} {finding.what}")
        if finding.advice:
            typer.echo(f"    {finding.advice}")
    sys.exit(0 if all(finding.ok for finding in findings) else 1)


@app.command()
def schemas() -> None:
    """Print the JSON Schemas of the MQTT contract."""
    from care.wire import json_schemas  # noqa: PLC0415

    typer.echo(json.dumps(json_schemas(), indent=2, ensure_ascii=False))


@contextmanager
def _service() -> Iterator[tuple[Settings, threading.Event]]:
    """A service's settings, its metrics, and the event that SIGTERM sets."""
    settings = settings_from()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if settings.metrics_port:
        prometheus_client.start_http_server(settings.metrics_port, addr=settings.metrics_host)
    yield settings, stop
    log.info("stopped")


if __name__ == "__main__":
    main()

"""`ankang rehearse` on the terminal."""

import signal
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from launch import logs
from launch.command import settings_from


def rehearse(
    homes: Annotated[int, typer.Option(help="How many.", min=1, max=200)] = 10,
    days: Annotated[int, typer.Option(help="Whole days.", min=1, max=31)] = 7,
    past_days: Annotated[int, typer.Option(help="Days before, without incidents, that teach habits.", min=0)] = 28,
    seed: Annotated[int, typer.Option(help="The same seed, the same lives.")] = 1,
    incidents_per_day: Annotated[float, typer.Option(help="In the whole town, on average.", min=0)] = 4,
    from_: Annotated[datetime | None, typer.Option("--from", help="Begin then (UTC), not so many days ago.")] = None,
    truth: Annotated[Path, typer.Option(help="Where the ledger of what happened goes.")] = Path("truth.jsonl"),
) -> None:
    """Live through some days in minutes, on a platform made for it, with every kind of incident; say the score."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn  # noqa: PLC0415

    from launch.rehearsal import Rehearsal, last_days  # noqa: PLC0415 - only what a command needs is loaded
    from simulators.days import ZONE  # noqa: PLC0415
    from simulators.incidents import Town  # noqa: PLC0415

    logs.configure(settings_from().log_format, "error")  # a broken line is part of the play
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        task = progress.add_task("starting", total=1.0)

        def told(now: datetime, share: float) -> None:
            progress.update(task, completed=share, description=f"{now.astimezone(ZONE):%Y-%m-%d %H:%M}")

        begin = from_.replace(tzinfo=UTC) if from_ else last_days(days, datetime.now(UTC))
        lines = Rehearsal(Town(seed, homes, incidents_per_day), begin, days, truth, past_days, told, stop).run()
    for line in lines:
        typer.echo(line)

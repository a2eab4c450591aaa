"""`ankang figures`: how fast alerts were answered, how busy the seats were, and what was true, against the targets."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from care.periods import period
from launch.account_cli import AreaOption, area_id, user
from launch.command import DataOption, fail, transaction

if TYPE_CHECKING:
    from records.counting.figures_lines import Line

FromOption = Annotated[
    str | None, typer.Option("--from", help="A day, or a time such as 2026-11-23T08:00; without it six days ago.")
]
ToOption = Annotated[str | None, typer.Option("--to", help="A day (with all of it) or a time; without it today.")]


def figures(area: AreaOption = None, from_: FromOption = None, to: ToOption = None, data: DataOption = None) -> None:
    """Print the figures of an area and a time; the console has them under Figures."""
    from records.counting.figures import figures as counted  # noqa: PLC0415
    from records.counting.figures_lines import lines  # noqa: PLC0415
    from records.login import audit  # noqa: PLC0415
    from records.scope import EVERYTHING  # noqa: PLC0415

    now = datetime.now(UTC)
    try:
        since, until = period(from_, to, now)
    except ValueError as problem:
        fail(f"--{problem}")
    with transaction(data) as conn:
        found = counted(conn, EVERYTHING, area_id(conn, area), since, until, now)
        audit.note(conn, None, "read figures", by_user=user())  # it names residents
    part = ""
    for line in lines(found):
        if line.part != part:
            part = line.part
            typer.echo(part)
        typer.echo(f"  {_shown(line)}")


def _shown(line: "Line") -> str:
    name = f"{line.name}: " if line.name else ""
    text = f"{name}{line.figure} {line.value:,g}"
    if line.of is not None:
        text += f" of {line.of:,g}"
    if line.share is not None:
        text += f" = {line.share:.1%}"
    return text if line.target is None else f"{text} (target {line.target:.1%})"

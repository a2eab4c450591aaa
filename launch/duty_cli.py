"""`ankang duty`: who is on duty, from the machine itself; what is done is in the audit log."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import typer

from care.escalation import Whom
from care.notices import LOCAL
from launch.account_cli import AreaOption, area_id, managed, user
from launch.command import DataOption, fail, transaction

duty_app = typer.Typer(
    no_args_is_help=True, help="Duty: who is told when an alert opens. Nobody on duty: the next level."
)

LevelOption = Annotated[Whom, typer.Option(help="seat, station, street, county or supervisor.")]
FromOption = Annotated[str | None, typer.Option("--from", help="As 2026-11-25T20:00, Beijing time; without it, now.")]
HoursOption = Annotated[float, typer.Option(help="How long.", max=31 * 24)]


@duty_app.command("add")
def duty_add(
    username: str,
    level: LevelOption,
    area: AreaOption = None,
    from_: FromOption = None,
    hours: HoursOption = 8,
    data: DataOption = None,
) -> None:
    """Put an account on duty, everywhere or for one area and all below it; prints the shift's id."""
    from records.login import audit  # noqa: PLC0415
    from records.telling import duty, rosters  # noqa: PLC0415

    starts = _time(from_)
    with transaction(data) as conn:
        account = managed(conn, username)
        try:
            shift = duty.add(conn, account.id, level, area_id(conn, area), starts, timedelta(hours=hours))
        except ValueError as problem:
            fail(f"--{problem}")
        rosters.note_at_machine(conn, shift, "added", user(), datetime.now(UTC))
        audit.note(conn, None, "add duty", subject=username, reason=level, by_user=user())
    typer.echo(f"{username} is on duty as {level} from {_shown(starts)} for {hours:g} hours\nshift: {shift}")


@duty_app.command("list")
def duty_list(data: DataOption = None) -> None:
    """The shifts that go on or are to come."""
    from records.telling import duty  # noqa: PLC0415

    now = datetime.now(UTC)
    with transaction(data) as conn:
        found = duty.shifts(conn, now)
    for one in found:
        state = "disabled account" if one.disabled else "now" if one.starts <= now else "to come"
        times = f"{_shown(one.starts)} to {_shown(one.ends)}"
        typer.echo(f"{one.id}  {one.username}  {one.level}  {one.area or 'everywhere'}  {times}  {state}")
    if not found:
        typer.echo("Nobody is on duty: alerts go to the city supervisor's page only.", err=True)


@duty_app.command("strike")
def duty_strike(
    shift: Annotated[UUID, typer.Argument(help="As `ankang duty list` shows it.")], data: DataOption = None
) -> None:
    """End a shift now, or before it begins."""
    from records.login import audit  # noqa: PLC0415
    from records.telling import duty, rosters  # noqa: PLC0415

    now = datetime.now(UTC)
    with transaction(data) as conn:
        if not duty.strike(conn, shift, now):
            fail("there is no such shift that goes on or is to come; see `ankang duty list`")
        rosters.note_at_machine(conn, shift, "struck", user(), now)
        audit.note(conn, None, "strike duty", subject=str(shift), by_user=user())
    typer.echo(f"{shift} is struck off")


def _time(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        fail("--from: a time as 2026-11-25T20:00")
    return (found if found.tzinfo else found.replace(tzinfo=LOCAL)).astimezone(UTC)


def _shown(time: datetime) -> str:
    return f"{time.astimezone(LOCAL):%Y-%m-%d %H:%M}"

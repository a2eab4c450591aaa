"""`ankang visits`: how often somebody is visited, what proves it, who has to be visited, and how many were."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from care.notices import LOCAL
from care.visits import Place, Risk
from launch.account_cli import AreaOption, area_id, user
from launch.command import DataOption, fail, transaction

if TYPE_CHECKING:
    from records.database import Conn
    from records.rounds.visit_rates import VisitRate

visits_app = typer.Typer(no_args_is_help=True, help="Visits: how often whom, what proves one, who is behind.")
holiday_app = typer.Typer(no_args_is_help=True, help="Holidays: days off, and days on a weekend that are worked.")

BedOption = Annotated[str, typer.Option("--bed", help="The number of the resident's care bed.")]
DayArgument = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"])]


@visits_app.command("duty")
def duty(
    bed: BedOption,
    risk: Annotated[Risk, typer.Option(help="high: weekly, medium: monthly, low: quarterly.")],
    reason: Annotated[str, typer.Option(help="Kept with it.")],
    changed: Annotated[bool, typer.Option("--changed", help="Something major: at high risk within 24 hours.")] = False,
    data: DataOption = None,
) -> None:
    """Say how often a resident is visited."""
    from records.login import audit  # noqa: PLC0415
    from records.rounds import visit_duty  # noqa: PLC0415

    with transaction(data) as conn:
        resident = _resident(conn, bed)
        visit_duty.set_duty(conn, resident, risk, reason, None, datetime.now(UTC), changed=changed)
        audit.note(conn, None, "set visit duty", resident_id=resident, reason=reason, by_user=user())
    typer.echo(f"{bed} is visited as at {risk} risk")


@visits_app.command("code")
def code(
    bed: BedOption,
    out: Annotated[Path | None, typer.Option(help="Also write the QR code there, as SVG, to be printed.")] = None,
    data: DataOption = None,
) -> None:
    """Make a new code for a home and print it, once; the one before proves nothing from now on."""
    from dashboard.qr import as_svg  # noqa: PLC0415
    from records.login import audit  # noqa: PLC0415
    from records.rounds import home_proofs  # noqa: PLC0415

    with transaction(data) as conn:
        resident = _resident(conn, bed)
        made = home_proofs.new_code(conn, resident)
        audit.note(conn, None, "make home code", resident_id=resident, by_user=user())
    if out is not None:
        out.write_text(as_svg(made), "utf-8")
    typer.echo(f"code: {made}")


@visits_app.command("place")
def place(
    bed: BedOption,
    latitude: Annotated[float, typer.Option(help="WGS 84, degrees.", min=-90, max=90)],
    longitude: Annotated[float, typer.Option(help="WGS 84, degrees.", min=-180, max=180)],
    data: DataOption = None,
) -> None:
    """Say where a home is: whose telephone is there has been there."""
    from records.login import audit  # noqa: PLC0415
    from records.rounds import home_proofs  # noqa: PLC0415

    with transaction(data) as conn:
        resident = _resident(conn, bed)
        home_proofs.set_place(conn, resident, Place(latitude, longitude))
        audit.note(conn, None, "set home place", resident_id=resident, by_user=user())
    typer.echo(f"the home of {bed} is known")


@visits_app.command("tasks")
def tasks(
    area: AreaOption = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    data: DataOption = None,
) -> None:
    """Who has still to be visited, the most urgent first."""
    from records.login import audit  # noqa: PLC0415
    from records.people import areas  # noqa: PLC0415
    from records.rounds import visits  # noqa: PLC0415
    from records.scope import EVERYTHING  # noqa: PLC0415

    now = datetime.now(UTC)
    with transaction(data) as conn:
        place = area_id(conn, area)
        below = areas.below(conn, place) if place is not None else None
        found, more = visits.open_tasks(conn, EVERYTHING, now, limit, area=below)
        audit.note(conn, None, "list visit tasks", by_user=user())
    for one in found:
        when = f"{one.by_when.astimezone(LOCAL):%Y-%m-%d %H:%M}{' overdue' if one.overdue else ''}"
        typer.echo(f"{when}  {one.resident_name}  {one.address}  {one.why}")
    if more:
        typer.echo("There are more: --limit.", err=True)


@visits_app.command("rates")
def rates(area: AreaOption = None, data: DataOption = None) -> None:
    """How many were visited in time, and in the last week, against the target."""
    from records.rounds import visit_rates  # noqa: PLC0415
    from records.scope import EVERYTHING  # noqa: PLC0415

    with transaction(data) as conn:
        found = visit_rates.rates(conn, EVERYTHING, area_id(conn, area), datetime.now(UTC))
    typer.echo(_rate("all", found.whole))
    for one in found.areas:
        typer.echo(_rate(one.name, one))


def _rate(name: str, one: "VisitRate") -> str:
    shares = [
        f"{what} {rate.within} of {rate.of}" + (f" = {rate.share:.1%}" if rate.share is not None else "")
        for what, rate in (("in time", one.kept), ("this week", one.week))
    ]
    return f"{name}: {one.residents} residents, {one.behind} behind, {one.away} away; {'; '.join(shares)} (target 100%)"


@holiday_app.command("set")
def holiday_set(
    day: DayArgument,
    name: str,
    works: Annotated[bool, typer.Option("--works", help="A day on a weekend that is worked (调休).")] = False,
    data: DataOption = None,
) -> None:
    """Enter a public holiday, or a day that is worked instead."""
    from records.rounds import holidays  # noqa: PLC0415

    with transaction(data) as conn:
        try:
            holidays.set_holiday(conn, day.date(), name, works=works)
        except ValueError as problem:
            fail(str(problem))
    typer.echo(f"{day:%Y-%m-%d} {name}{': worked' if works else ''}")


@holiday_app.command("list")
def holiday_list(year: Annotated[int, typer.Argument(min=1970, max=9998)], data: DataOption = None) -> None:
    """The holidays of a year."""
    from records.rounds import holidays  # noqa: PLC0415

    with transaction(data) as conn:
        for one in holidays.holidays(conn, date(year, 1, 1), date(year, 12, 31)):
            typer.echo(f"{one.day} {one.name}{': worked' if one.works else ''}")


@holiday_app.command("remove")
def holiday_remove(day: DayArgument, data: DataOption = None) -> None:
    """This day is as any other."""
    from records.rounds import holidays  # noqa: PLC0415

    with transaction(data) as conn:
        if not holidays.remove_holiday(conn, day.date()):
            fail(f"{day:%Y-%m-%d} is no holiday")
    typer.echo(f"{day:%Y-%m-%d} is as any other day")


def _resident(conn: "Conn", bed: str) -> UUID:
    from records.judging import rule_settings  # noqa: PLC0415

    found = rule_settings.resident_of_bed(conn, bed)
    if found is None:
        fail(f"there is no open care bed {bed}")
    return found

"""`ankang device`: devices and their secrets, from the machine itself."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from care.devices import DeviceKind
from launch.command import DataOption, fail, find_running, need, settings_from

device_app = typer.Typer(no_args_is_help=True, help="Devices: register them, revoke them.")


@device_app.command("add")
def device_add(
    vendor: Annotated[str, typer.Option(help="1 to 40 of a-z, 0-9 and -")],
    device: Annotated[str, typer.Option(help="1 to 64 of A-Z, a-z, 0-9, _ and -")],
    kind: Annotated[DeviceKind, typer.Option()],
    resident: Annotated[str | None, typer.Option(help="Whom it watches over, by name.")] = None,
    place: Annotated[str, typer.Option(help="The room or thing that it watches.")] = "",
    model: Annotated[str, typer.Option(help="As its maker calls it; false alarms are counted by it.")] = "",
    parent: Annotated[str | None, typer.Option(help="The gateway that it speaks through: VENDOR/NAME.")] = None,
    data: DataOption = None,
) -> None:
    """Register a device and print its secret, once."""
    from care.devices import EXPECTED_INTERVAL, OWN_VENDOR  # noqa: PLC0415
    from records import database  # noqa: PLC0415
    from records.equipment import credentials, devices  # noqa: PLC0415

    if vendor == OWN_VENDOR:
        fail(f"vendor: {OWN_VENDOR} is the platform's own, for its proof of life; use the maker's name")
    settings = find_running(settings_from(data_dir=data))
    url = need(settings.database_url, "ANKANG_DATABASE_URL")
    try:
        with database.connect(url, autocommit=True) as conn, database.transaction(conn):
            device_id = devices.register(
                conn, vendor, device, kind, resident=resident, place=place, model=model,
                expected_interval=EXPECTED_INTERVAL.get(kind), now=datetime.now(UTC),
            )  # fmt: skip
            if parent is not None:
                devices.set_parent(conn, device_id, parent)
            secret = credentials.issue_secret(conn, vendor, device)
    except ValueError as problem:
        fail(str(problem))
    typer.echo(f"user name: {vendor}/{device}\nclient id: {vendor}:{device}\nsecret: {secret}")
    typer.echo("The secret is shown only now; register the device again for a new one.", err=True)


@device_app.command("revoke")
def device_revoke(
    vendor: Annotated[str, typer.Option()], device: Annotated[str, typer.Option()], data: DataOption = None
) -> None:
    """Close a device's connection and refuse it from now on."""
    from records import database  # noqa: PLC0415
    from records.equipment import credentials  # noqa: PLC0415

    settings = find_running(settings_from(data_dir=data))
    url = need(settings.database_url, "ANKANG_DATABASE_URL")
    with database.connect(url, autocommit=True) as conn, database.transaction(conn):
        known = credentials.revoke(conn, vendor, device)
    if not known:
        fail(f"there is no device {vendor}/{device}")
    typer.echo(f"{vendor}/{device} is revoked")

"""`ankang account`: the accounts of people, from the machine itself."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from care.people import Role
from launch.command import DataOption, fail, transaction

if TYPE_CHECKING:
    from records.database import Conn

account_app = typer.Typer(no_args_is_help=True, help="Accounts of people: add them, reset their passwords, close them.")

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
    with transaction(data) as conn:
        try:
            password = accounts.add_account(conn, username, role, _area(conn, area), vendor)
        except ValueError as problem:
            fail(str(problem))
    typer.echo(f"user name: {username}\none-time password: {password}")


@account_app.command("change")
def account_change(
    username: str, role: RoleOption, area: AreaOption = None, vendor: VendorOption = None, data: DataOption = None
) -> None:
    """Give an account another role and area; its sessions and tokens end."""
    from records import accounts  # noqa: PLC0415

    _check_vendor(role, vendor)
    with transaction(data) as conn:
        known = accounts.change_account(conn, username, role, _area(conn, area), vendor)
    if not known:
        fail(f"there is no account {username}")
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

    with transaction(data) as conn:
        done = accounts.entrust(conn, username, bed, withdraw=withdraw)
    if not done:
        fail(f"there is no account {username}, or no open care bed {bed} that it could see")
    typer.echo(f"{username} {'no longer sees' if withdraw else 'sees'} the resident of {bed}")


def _check_vendor(role: Role, vendor: str | None) -> None:
    if (vendor is None) == (role is Role.VENDOR):
        fail("--vendor: a vendor's account needs one, any other has none")


def _area(conn: "Conn", text: str | None) -> int | None:
    from records import areas  # noqa: PLC0415

    if text is None:
        return None
    found = areas.id_of_code(conn, text)
    if found is None and text.isascii() and text.isdigit() and len(text) < 10 and areas.area(conn, int(text)):
        found = int(text)
    if found is None:
        fail(f"--area: there is no area with the code or id {text}")
    return found


@account_app.command("reset")
def account_reset(username: str, data: DataOption = None) -> None:
    """Print a one-time password; every session of the account ends."""
    from records import accounts  # noqa: PLC0415
    from records.scope import EVERYTHING  # noqa: PLC0415

    with transaction(data) as conn:
        password = accounts.reset_password(conn, username, EVERYTHING)
    if password is None:
        fail(f"there is no account {username}")
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

    with transaction(data) as conn:
        known = accounts.set_disabled(conn, username, disabled)
    if not known:
        fail(f"there is no account {username}")
    typer.echo(f"{username} is {'disabled' if disabled else 'enabled'}")


@account_app.command("list")
def account_list(data: DataOption = None) -> None:
    """Every account with its role."""
    from records import accounts  # noqa: PLC0415
    from records.scope import EVERYTHING  # noqa: PLC0415

    with transaction(data) as conn:
        for one in accounts.all_accounts(conn, EVERYTHING):
            typer.echo(f"{one.username}  {one.role}{'  disabled' if one.disabled else ''}")

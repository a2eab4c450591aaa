"""`ankang account`: the accounts of people, from the machine itself; what is done is in the audit log."""

import os
import pwd
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from care.people import Role
from launch.command import DataOption, fail, transaction

if TYPE_CHECKING:
    from records.database import Conn
    from records.login.administering import Managed

account_app = typer.Typer(no_args_is_help=True, help="Accounts of people: add them, reset their passwords, close them.")

RoleOption = Annotated[Role, typer.Option()]
AreaOption = Annotated[str | None, typer.Option(help="The code of a city or county, as 340503, or the id of any area.")]
VendorOption = Annotated[str | None, typer.Option(help="Whose devices a vendor's account sees.")]


@account_app.command("add")
def account_add(
    username: str, role: RoleOption, area: AreaOption = None, vendor: VendorOption = None, data: DataOption = None
) -> None:
    """Add an account and print its one-time password."""
    from records.login import administering  # noqa: PLC0415

    _check_vendor(role, vendor)
    with transaction(data) as conn:
        try:
            password = administering.add_account(conn, username, role, area_id(conn, area), vendor)
        except ValueError as problem:
            fail(str(problem))
        _note(conn, "add account", username, role)
    typer.echo(f"user name: {username}\none-time password: {password}")


@account_app.command("change")
def account_change(
    username: str, role: RoleOption, area: AreaOption = None, vendor: VendorOption = None, data: DataOption = None
) -> None:
    """Give an account another role and area; its sessions and tokens end."""
    from records.clock import utc_now  # noqa: PLC0415
    from records.login import administering  # noqa: PLC0415

    _check_vendor(role, vendor)
    with transaction(data) as conn:
        found = managed(conn, username)
        administering.change_account(conn, found.id, role, area_id(conn, area), vendor, utc_now())
        _note(conn, "change account", username, f"{found.role} → {role}")
    typer.echo(f"{username} is {role} now")


@account_app.command("entrust")
def account_entrust(
    username: str,
    bed: Annotated[str, typer.Option(help="The number of the resident's care bed.")],
    withdraw: Annotated[bool, typer.Option("--withdraw", help="No longer.")] = False,
    data: DataOption = None,
) -> None:
    """Let a family's or doctor's account see this resident."""
    from records.login import administering, audit  # noqa: PLC0415
    from records.scope import EVERYTHING  # noqa: PLC0415

    with transaction(data) as conn:
        found = managed(conn, username)
        if found.role not in administering.ENTRUSTABLE:
            fail(f"{username} is {found.role}: residents are entrusted to family and doctors; others have an area")
        resident_id = administering.resident_in_bed(conn, bed, EVERYTHING)
        if resident_id is None:
            fail(f"--bed: there is no open care bed {bed}")
        if not withdraw:
            administering.entrust(conn, found.id, resident_id)
        elif not administering.withdraw(conn, found.id, resident_id):
            fail(f"--bed: the resident of {bed} is not entrusted to {username}")
        action = "withdraw" if withdraw else "entrust"
        audit.note(conn, None, action, resident_id=resident_id, subject=username, by_user=user())
    typer.echo(f"{username} {'no longer sees' if withdraw else 'sees'} the resident of {bed}")


@account_app.command("reset")
def account_reset(username: str, data: DataOption = None) -> None:
    """Print a one-time password; every session of the account ends, and no code is asked for any more."""
    from records.login import administering, second_step  # noqa: PLC0415

    with transaction(data) as conn:
        found = managed(conn, username)
        password = administering.reset_password(conn, found.id)
        if second_step.turn_off(conn, found.id):
            _note(conn, "second step off", username)
        _note(conn, "reset password", username)
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
    from records.clock import utc_now  # noqa: PLC0415
    from records.login import administering  # noqa: PLC0415

    with transaction(data) as conn:
        administering.set_disabled(conn, managed(conn, username).id, disabled, utc_now())
        _note(conn, "disable account" if disabled else "enable account", username)
    typer.echo(f"{username} is {'disabled' if disabled else 'enabled'}")


@account_app.command("list")
def account_list(data: DataOption = None) -> None:
    """Every account with its role."""
    from records.login import administering  # noqa: PLC0415
    from records.scope import EVERYTHING  # noqa: PLC0415

    with transaction(data) as conn:
        for one in administering.accounts(conn, EVERYTHING, limit=1_000_000):
            typer.echo(f"{one.username}  {one.role}{'  disabled' if one.disabled else ''}")


def managed(conn: "Conn", username: str) -> "Managed":
    """The account of this name, or the command fails."""
    from records.login import administering  # noqa: PLC0415
    from records.scope import EVERYTHING  # noqa: PLC0415

    found = administering.managed(conn, username, EVERYTHING)
    if found is None:
        fail(f"there is no account {username}")
    return found


def _check_vendor(role: Role, vendor: str | None) -> None:
    if (vendor is None) == (role is Role.VENDOR):
        fail("--vendor: a vendor's account needs one, any other has none")


def area_id(conn: "Conn", text: str | None) -> int | None:
    from records.people import areas  # noqa: PLC0415

    if text is None:
        return None
    found = areas.id_of_code(conn, text)
    if found is None and text.isascii() and text.isdigit() and len(text) < 10 and areas.area(conn, int(text)):
        found = int(text)
    if found is None:
        fail(f"--area: there is no area with the code or id {text}")
    return found


def _note(conn: "Conn", action: str, username: str, reason: str = "") -> None:
    from records.login import audit  # noqa: PLC0415

    audit.note(conn, None, action, subject=username, reason=reason, by_user=user())


def user() -> str:
    """Who works on this machine, by the system's word; behind sudo it is whoever asked for it."""
    try:
        own = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # in a container
        own = f"uid {os.getuid()}"
    asked = os.environ.get("SUDO_USER", "")
    return f"{own} ({asked})" if asked and asked != own else own

"""`ankang reach` and `ankang consent`: where people are reached, and what of; what is done is in the audit log."""

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from care.addresses import checked
from care.notices import Channel, Recipient
from launch.account_cli import managed, user
from launch.command import DataOption, fail, transaction

if TYPE_CHECKING:
    from records.database import Conn
    from records.people.reach import Known

reach_app = typer.Typer(no_args_is_help=True, help="Where accounts and residents' contacts are reached, in what order.")
consent_app = typer.Typer(no_args_is_help=True, help="By which channels messages to the family may hold vital signs.")

AccountOption = Annotated[str | None, typer.Option(help="The account's user name.")]
ContactOption = Annotated[UUID | None, typer.Option(help="The contact's id, as `ankang reach list --bed` shows it.")]
BedOption = Annotated[str, typer.Option(help="The number of the resident's care bed.")]
ChannelArgument = Annotated[Channel, typer.Argument(help="sms, voice, email, webhook, apprise or pages.")]
QuietOption = Annotated[str, typer.Option(help="Local time, as 22:00; both the same: never quiet.")]


@reach_app.command("add")
def reach_add(
    channel: ChannelArgument,
    address: Annotated[str, typer.Argument(help="A number, an e-mail address, a URL; of the pages: pages.")],
    account: AccountOption = None,
    contact: ContactOption = None,
    position: Annotated[int, typer.Option(help="Its place in the order.", min=1, max=99)] = 1,
    language: Annotated[str, typer.Option(help="zh-CN or en.")] = "zh-CN",
    quiet_from: QuietOption = "22:00",
    quiet_to: QuietOption = "07:00",
    data: DataOption = None,
) -> None:
    """Reach an account or a contact here too, or change what is known of an address; prints its number."""
    from records.login import audit  # noqa: PLC0415
    from records.people import reach  # noqa: PLC0415
    from records.people.reach import Reach  # noqa: PLC0415

    if language not in ("zh-CN", "en"):
        fail("--language: use zh-CN or en")
    hours = _clock("--quiet-from", quiet_from), _clock("--quiet-to", quiet_to)
    try:  # from here an address inside our own network may be told too
        found = Reach(channel, checked(channel, address, anywhere=True), position, language, *hours)
    except ValueError as problem:
        fail(str(problem))
    with transaction(data) as conn:
        who, resident = _whom(conn, account, contact)
        added = reach.add_reach(conn, who, found)
        audit.note(
            conn, None, "add address", resident_id=resident, subject=f"{who} {added.id}", reason=channel, by_user=user()
        )
    typer.echo(f"address {added.id}: {channel}")
    if added.secret:
        typer.echo(f"messages to it are signed with this secret, which is shown only now: {added.secret}")


@reach_app.command("list")
def reach_list(
    account: AccountOption = None,
    bed: Annotated[str | None, typer.Option(help="The number of a resident's care bed.")] = None,
    data: DataOption = None,
) -> None:
    """Where an account, or the contacts of the resident in a care bed, are reached, in order."""
    from records.people import contacts, reach  # noqa: PLC0415

    if (account is None) == (bed is None):
        fail("say of whom: --account or --bed")
    with transaction(data) as conn:
        if account is not None:
            found = [(account, reach.reach_of(conn, Recipient.account(managed(conn, account).id)))]
        else:
            listed = contacts.of_resident(conn, _resident(conn, bed or ""))
            found = [(f"contact {one.id}  {one.relation}", one.addresses) for one in listed]
    for whom, addresses in found:
        typer.echo(whom)
        for one in addresses:
            typer.echo(f"  {one.id}  {one.position}  {one.channel}  {one.address}  {one.language}  {_quiet(one)}")
        if not addresses:
            typer.echo("  no address" if account else "  the number in the records, by SMS and then by a call")


def _quiet(one: "Known") -> str:
    if one.quiet_from == one.quiet_to:
        return "never quiet"
    return f"quiet {one.quiet_from:%H:%M}-{one.quiet_to:%H:%M}"


@reach_app.command("strike")
def reach_strike(
    address: Annotated[int, typer.Argument(help="Its number, as `ankang reach list` shows it.")],
    account: AccountOption = None,
    contact: ContactOption = None,
    data: DataOption = None,
) -> None:
    """Reach them there no longer."""
    from records.login import audit  # noqa: PLC0415
    from records.people import reach  # noqa: PLC0415

    with transaction(data) as conn:
        who, resident = _whom(conn, account, contact)
        if not reach.remove_reach(conn, who, address):
            fail(f"they have no address {address}; see `ankang reach list`")
        audit.note(conn, None, "strike address", resident_id=resident, subject=f"{who} {address}", by_user=user())
    typer.echo(f"address {address} is struck off")


@consent_app.command("give")
def consent_give(
    channel: Channel,
    bed: BedOption,
    evidence: Annotated[str, typer.Option(help="How it is known: a signed form, and where it lies.")],
    data: DataOption = None,
) -> None:
    """Write down that messages by this channel to the resident's family may hold vital signs."""
    from records.login import audit  # noqa: PLC0415
    from records.people import consents  # noqa: PLC0415

    with transaction(data) as conn:
        resident = _resident(conn, bed)
        try:
            given = consents.give(conn, resident, channel, evidence, None, datetime.now(UTC))
        except ValueError as problem:
            fail(str(problem))
        if given is None:
            fail(f"the resident of {bed} has consented to {channel} already")
        audit.note(conn, None, "give consent", resident_id=resident, subject=channel, by_user=user())
    typer.echo(f"messages by {channel} to the family of {bed} hold vital signs from now on")


@consent_app.command("withdraw")
def consent_withdraw(channel: Channel, bed: BedOption, data: DataOption = None) -> None:
    """The resident consents no longer; the next message holds none."""
    from records.login import audit  # noqa: PLC0415
    from records.people import consents  # noqa: PLC0415

    with transaction(data) as conn:
        resident = _resident(conn, bed)
        if not consents.withdraw(conn, resident, channel, None, datetime.now(UTC)):
            fail(f"the resident of {bed} has not consented to {channel}; see `ankang consent list`")
        audit.note(conn, None, "withdraw consent", resident_id=resident, subject=channel, by_user=user())
    typer.echo(f"messages by {channel} to the family of {bed} hold no vital signs any more")


@consent_app.command("list")
def consent_list(bed: BedOption, data: DataOption = None) -> None:
    """What a resident has consented to, and what was withdrawn."""
    from records.people import consents  # noqa: PLC0415

    with transaction(data) as conn:
        found = consents.of_resident(conn, _resident(conn, bed))
    for one in found:
        until = f"withdrawn {one.withdrawn_at:%Y-%m-%d}" if one.withdrawn_at else "in force"
        typer.echo(f"{one.channel}  since {one.given_at:%Y-%m-%d}  {until}  {one.evidence}")
    if not found:
        typer.echo("No consent: messages hold no vital signs.", err=True)


def _whom(conn: "Conn", account: str | None, contact: UUID | None) -> tuple[Recipient, UUID | None]:
    """Who is meant, and whose contact that is."""
    from records.people import contacts  # noqa: PLC0415

    if (account is None) == (contact is None):
        fail("say who it is: --account or --contact")
    if account is not None:
        return Recipient.account(managed(conn, account).id), None
    assert contact is not None  # noqa: S101 - one of them is there
    resident = contacts.resident_of(conn, contact)
    if resident is None:
        fail(f"there is no contact {contact}; see `ankang reach list --bed`")
    return Recipient.contact(contact), resident


def _resident(conn: "Conn", bed: str) -> UUID:
    from records.login import administering  # noqa: PLC0415
    from records.scope import EVERYTHING  # noqa: PLC0415

    found = administering.resident_in_bed(conn, bed, EVERYTHING)
    if found is None:
        fail(f"--bed: there is no open care bed {bed}")
    return found


def _clock(option: str, text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").replace(tzinfo=UTC).time()
    except ValueError:
        fail(f"{option}: a time as 22:00")

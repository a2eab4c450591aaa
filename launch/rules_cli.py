"""`ankang rules`: the rule pack, the limits in force, and setting them."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from care.people import Role
from care.rules import RULES, Rule
from launch.account_cli import AreaOption, area_id, user
from launch.command import DataOption, fail, transaction

if TYPE_CHECKING:
    from care.in_force import Place
    from records.database import Conn
    from records.login.accounts import Account

rules_app = typer.Typer(no_args_is_help=True, help="Rules: what each one watches for, its limits, and setting them.")

RuleOption = Annotated[str, typer.Option("--rule", help="The id of a rule, as `ankang rules list` shows it.")]
MAY_DECIDE = (Role.SUPERVISOR, Role.ADMINISTRATOR, Role.DOCTOR)
ByOption = Annotated[
    str | None, typer.Option(help="The account that decided; a doctor's for scale and oxygen. Else: who runs this.")
]
BedOption = Annotated[str | None, typer.Option("--bed", help="For the resident of this care bed only.")]


@rules_app.command("list")
def rules_list() -> None:
    """Every rule with its class, priority and default limits."""
    for rule in RULES.values():
        limits = ", ".join(f"{setting.name} {setting.default} {setting.unit}".rstrip() for setting in rule.settings)
        typer.echo(f"{rule.id:24} {rule.alert_class:13} {rule.priority:6} {limits}")


@rules_app.command("document")
def rules_document() -> None:
    """The rule pack as a page: docs/rules.md."""
    from care.rulebook import document  # noqa: PLC0415

    typer.echo(document(), nl=False)


@rules_app.command("show")
def rules_show(rule: RuleOption, area: AreaOption = None, bed: BedOption = None, data: DataOption = None) -> None:
    """The limits that are in force somewhere, and where each comes from."""
    from records.judging import limits  # noqa: PLC0415

    known = _rule(rule)
    with transaction(data) as conn:
        place = _place(conn, area, bed)
        if place.resident_id is not None:
            found = limits.in_force(conn, known.id, place.resident_id)
        else:
            found = limits.in_area(conn, known.id, place.area_id)
    typer.echo(f"{known.id} version {found.version}, {'on' if found.enabled else 'off'}")
    for setting in known.settings:
        origin = found.origins.get(setting.name, f"default: {setting.source}")
        typer.echo(f"  {setting.name} = {found.values[setting.name]} {setting.unit} ({origin}; {setting.allowed})")
    typer.echo(f"armed: {known.armed}\ncleared: {known.cleared}")


@rules_app.command("set")
def rules_set(
    rule: RuleOption,
    why: Annotated[str, typer.Option(help="Kept with the version; others will ask.")],
    set_: Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE; as often as needed.")] = None,
    unset: Annotated[list[str] | None, typer.Option(help="KEY: as the next larger place says.")] = None,
    on: Annotated[bool | None, typer.Option("--on/--off", help="Switch the rule on or off there.")] = None,
    area: AreaOption = None,
    bed: BedOption = None,
    by: ByOption = None,
    force: Annotated[bool, typer.Option("--force", help="Without a back-test.")] = False,
    data: DataOption = None,
) -> None:
    """Set limits everywhere, in an area, or for one resident: a new version, in force at once."""
    from records.judging import rule_settings  # noqa: PLC0415
    from records.login import audit  # noqa: PLC0415

    known = _rule(rule)
    with transaction(data) as conn:
        place, account = _place(conn, area, bed), _account(conn, by)
        before = rule_settings.layer_of(conn, known, place)
        enabled = on if on is not None else before.enabled if before else None
        try:
            values = rule_settings.merged(before, known.read(_pairs(set_ or [])), unset or [])
            who, role = (account.id, account.role) if account else (None, None)
            wanted = rule_settings.Change(known, place, values, enabled, why, who, role, force)
            version = rule_settings.change(conn, wanted, datetime.now(UTC))
        except (ValueError, rule_settings.NotBackTested) as problem:
            fail(str(problem))
        action = "rules set, without a back-test" if force else "rules set"
        audit.note(conn, who, action, resident_id=place.resident_id, subject=known.id, reason=why, by_user=user())
    typer.echo(f"{known.id} version {version} is in force ({place})")


@rules_app.command("backtest")
def rules_backtest(
    rule: RuleOption,
    days: Annotated[float, typer.Option(help="So many days of the stored history, up to now.", min=0.1, max=400)],
    set_: Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE; as often as needed.")] = None,
    unset: Annotated[list[str] | None, typer.Option(help="KEY: as the next larger place says.")] = None,
    area: AreaOption = None,
    bed: BedOption = None,
    by: ByOption = None,
    data: DataOption = None,
) -> None:
    """What these limits would have done to the stored history: how often they ring, and what they would have missed.

    The result is kept; for a week it lets `ankang rules set` enable exactly these limits.
    """
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    from alerts import backtesting  # noqa: PLC0415
    from records.judging import rule_settings  # noqa: PLC0415

    known = _rule(rule)
    with transaction(data) as conn:
        place, account = _place(conn, area, bed), _account(conn, by)
        before = rule_settings.layer_of(conn, known, place)
        now = datetime.now(UTC)
        try:
            values = rule_settings.merged(before, known.read(_pairs(set_ or [])), unset or [])
            trial = backtesting.Trial(
                known, place, values, before.enabled if before else None, now - timedelta(days=days), now
            )
            with Progress(console=Console(stderr=True), transient=True) as bar:
                task = bar.add_task(f"{known.id}, {days:g} days", total=None)
                result = backtesting.run(conn, trial, lambda done, of: bar.update(task, completed=done, total=of))
        except ValueError as problem:
            fail(str(problem))
        by_id = account.id if account else None
        kept = rule_settings.keep_test(conn, known, place, values, trial.since, trial.until, result, now, by_id)
    for line in backtesting.in_words(result):
        typer.echo(line)
    typer.echo(
        f"kept as {kept}; for {rule_settings.TESTED_WITHIN.days} days `ankang rules set` may enable these limits"
    )


@rules_app.command("history")
def rules_history(rule: RuleOption, data: DataOption = None) -> None:
    """Every version of a rule's limits: where, what, who, when and why; the newest first."""
    from records.judging import rule_settings  # noqa: PLC0415

    known = _rule(rule)
    with transaction(data) as conn:
        for one in rule_settings.history(conn, known.id):
            where = f"resident {one.resident_id}" if one.resident_id else one.area or "everywhere"
            what = ", ".join(f"{name}={value}" for name, value in one.values.items()) or "nothing of its own"
            state = {None: "", True: ", on", False: ", off"}[one.enabled]
            how = ", without a back-test" if one.forced else ""
            who = one.changed_by or "the command line"
            typer.echo(
                f"{one.version:3} {one.changed_at:%Y-%m-%d %H:%M} {where}: {what}{state}{how} ({who}: {one.why})"
            )


def _account(conn: "Conn", username: str | None) -> "Account | None":
    """The account that decides; whoever may run this command is trusted to name it, and is in the audit log too."""
    from records.login import accounts  # noqa: PLC0415

    if username is None:
        return None
    found = accounts.account_by_name(conn, username)
    if found is None:
        fail(f"--by: there is no account {username}, or it is disabled")
    if found[0].role not in MAY_DECIDE:
        fail(f"--by: {username} is {found[0].role}; limits are decided by {', '.join(MAY_DECIDE)}")
    return found[0]


def _rule(rule_id: str) -> Rule:
    if rule_id not in RULES:
        fail(f"there is no rule {rule_id}; see `ankang rules list`")
    return RULES[rule_id]


def _pairs(texts: list[str]) -> dict[str, object]:
    pairs = [text.partition("=") for text in texts]
    if any(not sign for _, sign, _ in pairs):
        raise ValueError("--set: write KEY=VALUE")
    return {name: value for name, _, value in pairs}


def _place(conn: "Conn", area: str | None, bed: str | None) -> "Place":
    from records.judging import rule_settings  # noqa: PLC0415
    from records.judging.limits import Place  # noqa: PLC0415

    if bed is None:
        return Place(area_id(conn, area))
    resident = rule_settings.resident_of_bed(conn, bed)
    if area is not None or resident is None:
        fail(f"there is no open care bed {bed}" if area is None else "--bed: without --area, the bed says where")
    return Place(resident_id=resident)

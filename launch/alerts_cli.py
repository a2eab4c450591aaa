"""`ankang alerts`: without more it is the engine; `replay` judges an alert again from the stored rows."""

import sys
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from launch.command import DataOption, fail, transaction

if TYPE_CHECKING:
    from alerts.replaying import Replay

alerts_app = typer.Typer(help="Turn signals into alerts; or judge one of them again.")

DIFFERS, CANNOT = 3, 4


@alerts_app.command("replay")
def alerts_replay(
    alert: Annotated[UUID, typer.Argument(help="The id of an alert.", metavar="ID")], data: DataOption = None
) -> None:
    """Judge an alert again from what was stored when it opened.

    Leaves with 0 where the verdict and all that it rests on are the same, with 3 where something differs, and with 4
    where what it rested on is not kept.
    """
    from alerts.replaying import replay  # noqa: PLC0415

    with transaction(data) as conn:
        found = replay(conn, alert)
    if found is None:
        fail(f"there is no alert {alert}")
    for line in _in_words(found):
        typer.echo(line)
    sys.exit({True: 0, False: DIFFERS, None: CANNOT}[found.again.same])


def _in_words(found: "Replay") -> list[str]:
    """Ids and times; no name and no value."""
    alert, again = found.alert, found.again
    lines = [
        f"alert {alert.id}: {alert.rule} version {alert.rule_version}, opened {alert.opened_at.isoformat()}",
        f"verdict: {again.said}{f' ({again.why})' if again.why else ''}",
        f"coverage: {found.covered}",
    ]
    differences = [f"difference: {one}" for one in again.differences]
    same = {True: "the same as then", False: "not the same as then", None: "nobody can say whether it is the same"}
    return [*lines, *differences, same[again.same]]

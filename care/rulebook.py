"""The rule pack as a page for people: what each rule watches for, its limits, and where every number comes from."""

from collections.abc import Iterable

from care.rule import Rule, Setting
from care.rules import RULES

_HEAD = """# The rules

What raises an alert, generated from the rule pack (`care/pack`) by `ankang rules document`; a test holds this page
equal to it.

A limit may be set for the whole city, an area or one resident: the nearest wins, each change is a version with a
reason, and needs a back-test or the word that it was done without ([limits in force](decisions/limits-in-force.md),
[back-tests](backtests.md)). *Latched* alerts stay active until a person closes them, also when the condition has gone.
Of the others a technical one closes itself when its condition has gone; every other one stays for a person to close.

When homes are looked at, and where the water rules disagree: [looks when due](decisions/looks-when-due.md). How long it
may be quiet around somebody is learned: [silence](silence.md). A number whose source is called an assumption is one.
"""
_CLASSES = {
    "personal": "About a person",
    "environmental": "About the home",
    "technical": "About devices and the platform",
}


def document() -> str:
    """The whole page, as Markdown."""
    parts = [_HEAD]
    for name, title in _CLASSES.items():
        parts.append(f"## {title}\n")
        parts += [_section(rule) for rule in RULES.values() if rule.alert_class == name]
    return "\n".join(parts)


def _section(rule: Rule) -> str:
    facts = [str(rule.priority), *(["latched"] if rule.latched else []), *(_switch(rule))]
    lines = [
        f"### `{rule.id}`\n",
        f"{', '.join(facts)}. Armed: {rule.armed}. Cleared: {rule.cleared}.\n",
        *_table(rule.settings),
    ]
    return "\n".join(lines)


def _switch(rule: Rule) -> Iterable[str]:
    return [] if rule.can_be_off else ["can't be switched off"]


def _table(settings: tuple[Setting, ...]) -> list[str]:
    if not settings:
        return []
    rows = [
        f"| `{one.name}` | {_plain(one.default)} {one.unit}".rstrip()
        + f" | {one.allowed} | {one.source}{'; set by a doctor, for one person' if one.clinical else ''} |"
        for one in settings
    ]
    return ["| limit | unless set | may be | source |", "|---|---|---|---|", *rows, ""]


def _plain(value: float | str) -> str:
    return f"{value:g}" if isinstance(value, (int, float)) else value

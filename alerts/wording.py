"""What a notice says: templates as data in both languages. Pure; vital signs only where the resident has consented."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog

from alerts.channels.message import Message
from care.metrics import METRICS
from care.notices import LOCAL, Channel, Purpose, purpose_of
from care.said import catalogue
from care.templates import Template, default, filled
from records.telling.leases import Claimed

log = structlog.get_logger(__name__)

_WRITTEN = frozenset({Channel.SMS, Channel.EMAIL, Channel.APPRISE})
"""Where the link stands in the text; others have a place of their own for it."""


def message_of(one: Claimed, url: str = "", own: Template | None = None) -> Message:
    """This delivery in words; `url`: the page where its recipient sees it, `own`: what is said instead."""
    words = catalogue(one.language)
    purpose = purpose_of(one.about)
    parts = {
        "name": _name(one, words),
        "what": _what(one, words),
        "time": _time(one.happened_at, words),
        "outcome": _outcome(one, words),
    }
    extra = {
        "drill": words["drill"] if one.drill else "",
        "late": words["late"] if one.delayed else "",
        "vital": _vital(one.evidence, words) if one.vital_signs else "",
    }
    title, text, says_link = _said(one, purpose, parts | extra | {"where": one.where or "", "link": url}, own)
    written = bool(url) and one.channel in _WRITTEN and not says_link
    return Message(
        key=one.notice_id, purpose=purpose, priority=one.priority, language=one.language,
        title=title, text=text + (words["link"].format(url=url) if written else ""),
        facts=parts | {"what": extra["drill"] + parts["what"]},
        alert_id=one.alert_id, rule=one.rule, drill=one.drill, happened_at=one.happened_at, delivery=one.id,
        secret=one.secret, url=url,
    )  # fmt: skip


def _said(one: Claimed, purpose: Purpose, parts: Mapping[str, str], own: Template | None) -> tuple[str, str, bool]:
    """Title and text, and whether the text has the link in it. A template that can't be filled stops no message."""
    if own is not None:
        try:
            return filled(own.title, parts), filled(own.text, parts), "{link}" in own.text
        except KeyError:
            log.error("a template can't be used; what comes along is said", template=own.id, delivery=one.id)
    shipped = default(purpose, one.language)
    return filled(shipped.title, parts), filled(shipped.text, parts), False


def _name(one: Claimed, words: Mapping[str, str]) -> str:
    if one.resident_name:
        return one.resident_name
    return words["name.nobody" if one.alert_class in (None, "technical") else "name.unclaimed"]


def _what(one: Claimed, words: Mapping[str, str]) -> str:
    """Of a vital sign only that it is abnormal: which one is a vital sign too."""
    rule = one.rule or ""
    if one.service is not None:
        return words.get(f"service.{one.service}", words["service.other"])
    if purpose_of(one.about) is Purpose.TRIAL:
        return words["what.trial"]
    if rule.startswith(("vital", "news2")):
        return words["what.vital"]
    return words.get(f"what.{rule}", words[f"what.{one.alert_class or 'technical'}"])


def _outcome(one: Claimed, words: Mapping[str, str]) -> str:
    """How an alert ended, or how far an order has got."""
    if one.service is not None:
        return words[f"order.{one.about.split(':')[1]}"]
    return words.get(f"outcome.{one.outcome}", words["outcome.other"])


def _time(at: datetime | None, words: Mapping[str, str]) -> str:
    if at is None:
        return ""
    local = at.astimezone(LOCAL)
    return words["time"].format(year=local.year, month=local.month, day=local.day, hour=local.hour, minute=local.minute)


def _vital(evidence: Mapping[str, Any], words: Mapping[str, str]) -> str:
    metric, value = str(evidence.get("metric", "")), evidence.get("value")
    if f"metric.{metric}" not in words or not isinstance(value, (int, float)):
        return ""
    unit = words[f"unit.{METRICS[metric].unit}"]
    return words["vital"].format(metric=words[f"metric.{metric}"], value=f"{value:g}", unit=unit)

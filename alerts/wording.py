"""What a notice says: templates as data in both languages. Pure; vital signs only where the resident has consented."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from alerts.channels.message import Message
from care.metrics import METRICS
from care.notices import LOCAL, Channel, Purpose, purpose_of
from records.telling.leases import Claimed

LANGUAGES = ("zh-CN", "en")


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """The words of one language; another language gets the first of ours."""
    known = language if language in LANGUAGES else LANGUAGES[0]
    words: dict[str, str] = json.loads(files("alerts").joinpath("messages", f"{known}.json").read_text("utf-8"))
    return words


_WRITTEN = frozenset({Channel.SMS, Channel.EMAIL, Channel.APPRISE})
"""Where the link stands in the text; others have a place of their own for it."""


def message_of(one: Claimed, url: str = "") -> Message:
    """This delivery in words; `url`: the page where its recipient sees what it is about."""
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
    written = bool(url) and one.channel in _WRITTEN
    return Message(
        key=one.notice_id, purpose=purpose, priority=one.priority, language=one.language,
        title=words[f"{purpose}.title"].format(**parts, **extra),
        text=words[f"{purpose}.text"].format(**parts, **extra) + (words["link"].format(url=url) if written else ""),
        facts=parts | {"what": extra["drill"] + parts["what"]},
        alert_id=one.alert_id, rule=one.rule, drill=one.drill, happened_at=one.happened_at, delivery=one.id,
        secret=one.secret, url=url,
    )  # fmt: skip


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

"""What messages say, as templates with named gaps: which each may have, what is wrong with one, filling it. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from care.notices import Purpose
from care.said import catalogue

GAP = re.compile(r"\{(\w+)\}")
EDITABLE = tuple(purpose for purpose in Purpose if purpose is not Purpose.CANARY)
ANY_CHANNEL = "any"
LONGEST_TITLE, LONGEST_TEXT = 120, 500
_MAY_TOO = ("where", "link")
"""What every message may say besides: the community (never the address), and the page of its recipient."""


@dataclass(frozen=True, slots=True)
class Template:
    """A title and a text with gaps; `id` where it is one of the installation's own."""

    title: str
    text: str = field(repr=False)
    id: int | None = None


class Fault(StrEnum):
    """Why a template may not be used."""

    EMPTY = "empty"
    UNKNOWN_GAP = "unknown_gap"
    BRACE = "brace"
    """A brace that belongs to no gap."""
    NO_DRILL = "no_drill"
    """Without that gap a drill would look real."""
    TOO_LONG = "too_long"


def default(purpose: Purpose, language: str) -> Template:
    """What comes along."""
    words = catalogue(language)
    return Template(words[f"{purpose}.title"], words[f"{purpose}.text"])


def gaps_of(purpose: Purpose) -> tuple[str, ...]:
    """The gaps that a message of this purpose may have: those of what comes along, and what every message may say."""
    known = default(purpose, "zh-CN")
    found = dict.fromkeys(GAP.findall(f"{known.title} {known.text}"))
    return tuple(found) if purpose is Purpose.TRIAL else (*found, *_MAY_TOO)


def faults(purpose: Purpose, template: Template) -> list[Fault]:
    """What is wrong with a template; none where it may be used."""
    known, text = gaps_of(purpose), f"{template.title}\n{template.text}"
    found = [
        (Fault.EMPTY, not template.title.strip() or not template.text.strip()),
        (Fault.UNKNOWN_GAP, any(gap not in known for gap in GAP.findall(text))),
        (Fault.BRACE, "{" in GAP.sub("", text) or "}" in GAP.sub("", text)),
        (Fault.NO_DRILL, "drill" in known and not all("{drill}" in one for one in (template.title, template.text))),
        (Fault.TOO_LONG, len(template.title) > LONGEST_TITLE or len(template.text) > LONGEST_TEXT),
    ]
    return [fault for fault, is_so in found if is_so]


def filled(text: str, parts: Mapping[str, str]) -> str:
    """The text with its gaps filled; KeyError for a gap of which nothing is known."""
    return GAP.sub(lambda gap: parts[gap[1]], text)


# The letters of GSM 03.38 that a Chinese message has too; any other makes all of it UCS-2.
_GSM = re.compile(r"[ -_a-z\n\r£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉÄÖÑÜ§¿äöñüà]*")


def sms_parts(text: str) -> int:
    """Into how many SMS a text is cut: 70 letters, or 67 of each part of a longer one; 160 and 153 in plain Latin."""
    one, each = (160, 153) if _GSM.fullmatch(text) and "`" not in text and "[" not in text else (70, 67)
    return 1 if len(text) <= one else -(-len(text) // each)


def made_up(purpose: Purpose, language: str) -> dict[str, str]:
    """The gaps of somebody who does not exist, for a look at how it reads."""
    words = catalogue(language)
    is_zh = language == "zh-CN"
    time = words["time"].format(year=2026, month=12, day=1, hour=3, minute=12)
    late = {"late": "", "vital": "", "drill": ""}
    return late | {
        "name": "王桂珍" if is_zh else "Wang Guizhen",
        "what": words["service.meal"] if purpose is Purpose.ORDER else words["what.fall"],
        "time": time,
        "where": "花山区 湖东社区" if is_zh else "Hudong community",
        "link": "https://ankang.example.org/f/…",
        "outcome": words["order.done"] if purpose is Purpose.ORDER else words["outcome.helped"],
    }

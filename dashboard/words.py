"""The words of the pages: a catalogue for each language, by room, in `messages/`; console and server share them."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

MESSAGES = Path(__file__).parent / "messages"
LANGUAGES = ("zh-CN", "en")
"""The first is the default."""


def rooms(language: str) -> Mapping[str, Mapping[str, str]]:
    """The words of a language, by room."""
    return {file.stem: json.loads(file.read_text("utf-8")) for file in sorted((MESSAGES / language).glob("*.json"))}


@cache
def words(language: str) -> Mapping[str, str]:
    """All words of a language."""
    return {key: text for room in rooms(language).values() for key, text in room.items()}

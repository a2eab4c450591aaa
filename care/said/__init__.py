"""The words of messages as they come along, in both languages; nothing else is read from here."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

LANGUAGES = ("zh-CN", "en")


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """The words of one language; another language gets the first of ours."""
    known = language if language in LANGUAGES else LANGUAGES[0]
    words: dict[str, str] = json.loads(files("care.said").joinpath(f"{known}.json").read_text("utf-8"))
    return words

"""Pages that the server renders: for phones inside WeChat, without JavaScript, in the reader's language."""

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from care.notices import LOCAL
from dashboard.guard import HEADERS
from dashboard.words import LANGUAGES, words

HERE = Path(__file__).parent.parent
PLAIN = HERE / "plain"
"""Style, icons and the little script of these pages."""

LANGUAGE_COOKIE = "ankang-language"
_A_YEAR = 365 * 24 * 3600

# Its forms go to ourselves; nothing is kept by anybody on the way, or found by a search engine.
PAGE_HEADERS = {
    "content-security-policy": HEADERS["content-security-policy"].replace("form-action 'none'", "form-action 'self'"),
    "cache-control": "no-store",
    "x-robots-tag": "noindex, nofollow, noarchive",
}

_JINJA = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class PlainFiles(StaticFiles):
    """Style and icons: their address holds a fingerprint, so a browser asks once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """One file."""
        response = await super().get_response(path, scope)
        asked = scope["query_string"].decode("latin-1")
        known = asked == f"v={fingerprint(path)}"
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if known else "no-cache"
        return response


@cache
def fingerprint(name: str) -> str:
    """Changes with the file's content."""
    file = PLAIN / name
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else ""


def _file(name: str) -> str:
    return f"/plain/{name}?v={fingerprint(name)}"


def language_of(request: Request, preferred: str | None = None) -> str:
    """The reader's: what they chose here, else what is known of them (`preferred`), else what the browser says."""
    chosen = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    if preferred in LANGUAGES:
        return preferred
    said = request.headers.get("accept-language", "").lower()
    return "en" if said.startswith("en") else LANGUAGES[0]


def page(
    request: Request, name: str, language: str, status: int = 200, *, secure: bool = False, **facts: Any
) -> HTMLResponse:
    """This template in this language; remembers a language that was chosen by its link."""
    say = sayer(language)
    text = _JINJA.get_template(name).render(
        t=say, language=language, others=[one for one in LANGUAGES if one != language], path=request.url.path,
        file=_file, clock=clock, brief=lambda at: brief(at, language), day=lambda at: day_of(at, language),
        moment=lambda at: moment(at, language), **facts,
    )  # fmt: skip
    response = HTMLResponse(text, status, headers=PAGE_HEADERS)
    if request.query_params.get("lang") in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=_A_YEAR, path="/", secure=secure, samesite="lax")
    return response


def sayer(language: str) -> Callable[..., str]:
    """The words of a language by key, with what belongs into their gaps."""
    catalogue = words(language)

    def say(key: str, **parts: object) -> str:
        return catalogue[key].format(**parts) if parts else catalogue[key]

    return say


def clock(at: datetime) -> str:
    """06:40, where the residents live."""
    return f"{at.astimezone(LOCAL):%H:%M}"


def brief(at: datetime, language: str) -> str:
    """06:40 where it was today, else with its day."""
    today = datetime.now(LOCAL).date()
    return clock(at) if at.astimezone(LOCAL).date() == today else moment(at, language)


def day_of(at: datetime | date, language: str) -> str:
    """A day as one says it."""
    local = at.astimezone(LOCAL).date() if isinstance(at, datetime) else at
    return f"{local.month}月{local.day}日" if language == "zh-CN" else f"{local.day} {local:%b}"


def moment(at: datetime, language: str) -> str:
    """Day and time."""
    return f"{day_of(at, language)} {clock(at)}"

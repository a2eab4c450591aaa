"""What goes wrong, said so that one knows what to do next: {"detail": …, "field": …}."""

from typing import Annotated, Any

from fastapi import FastAPI, Query, WebSocket
from fastapi.exceptions import RequestValidationError, ValidationException, WebSocketRequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from records.cursor import BadCursor
from records.errors import Unavailable


class Refused(Exception):
    """The request can't be done; `field` is what to change, `more` what else helps."""

    def __init__(
        self, status: int, detail: str, field: str | None = None, *, headers: dict[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.field = field
        self.headers = headers
        self.more = more


def not_found(what: str) -> Refused:
    """A wrong id."""
    return Refused(404, f"There is no such {what}; look it up again, it may have been removed.")


NO_NUL = r"^[^\x00]*$"
"""PostgreSQL keeps no NUL in its texts."""

Cursor = Annotated[
    str | None, Query(max_length=200, description="where an earlier answer ended; without it from the beginning")
]
"""How one asks for the rest of a long list."""


def add_answers(app: FastAPI) -> None:
    """Make every error of the app speak our words."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(WebSocketRequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Unavailable, _unavailable)
    app.add_exception_handler(BadCursor, _bad_cursor)


def _answer(status: int, detail: str, field: str | None = None, **more: Any) -> JSONResponse:
    return JSONResponse({"detail": detail, "field": field, **more}, status)


async def _give(connection: HTTPConnection, answer: JSONResponse) -> JSONResponse:
    """A WebSocket that isn't open yet is refused with the same words."""
    if isinstance(connection, WebSocket):
        await connection.send_denial_response(answer)
    return answer


async def _refused(connection: HTTPConnection, problem: Exception) -> JSONResponse:
    assert isinstance(problem, Refused)  # noqa: S101 - registered for nothing else
    answer = _answer(problem.status, str(problem), problem.field, **problem.more)
    answer.headers.update(problem.headers or {})
    return await _give(connection, answer)


_FIXES = {
    "missing": "is needed",
    "timezone_aware": "needs a zone, as in 2026-11-23T12:00:00+08:00",
    "json_invalid": "is not JSON",
    "extra_forbidden": "is not known here",
}


async def _not_valid(connection: HTTPConnection, problem: Exception) -> JSONResponse:
    """Names the field and the fix, never the value."""
    assert isinstance(problem, ValidationException)  # noqa: S101 - registered for nothing else
    first = problem.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:]) or "body"
    fix = _FIXES.get(first["type"], first["msg"][:1].lower() + first["msg"][1:])
    return await _give(connection, _answer(422, f"{field}: {fix}", field))


_WORDS = {
    404: "There is nothing at this address; the API is described at /api/openapi.json.",
    405: "This address doesn't take that method; the API is described at /api/openapi.json.",
}


async def _http(_: HTTPConnection, problem: Exception) -> JSONResponse:
    assert isinstance(problem, HTTPException)  # noqa: S101 - registered for nothing else
    answer = _answer(problem.status_code, _WORDS.get(problem.status_code, str(problem.detail)))
    answer.headers.update(problem.headers or {})
    return answer


async def _unavailable(connection: HTTPConnection, _: Exception) -> JSONResponse:
    answer = _answer(503, "The database can't be reached just now; nothing was changed. Try again in a moment.")
    answer.headers["retry-after"] = "5"
    return await _give(connection, answer)


async def _bad_cursor(connection: HTTPConnection, _: Exception) -> JSONResponse:
    return await _give(connection, _answer(422, "cursor: use the one of an earlier answer to the same list", "cursor"))

"""The OpenAPI document: what FastAPI knows of the routes, and, from the route table, how one gets in."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from dashboard.rules import FOR_MACHINES, RULES, Open, Rule

_COOKIE, _TOKEN = "session", "token"


def describe(app: FastAPI, cookie: str) -> None:
    """Make the app's document say which routes need a session (`cookie`: in which) and where a token will do."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
            app.openapi_schema = _with_security(document, cookie)
        return app.openapi_schema

    # FastAPI's own way of extending the document is to put another function here.
    app.openapi = openapi  # type: ignore[method-assign]


def _with_security(document: dict[str, Any], cookie: str) -> dict[str, Any]:
    document.setdefault("components", {})["securitySchemes"] = {
        _COOKIE: {
            "type": "apiKey",
            "in": "cookie",
            "name": cookie,
            "description": "A person's session: POST /api/session with username and password sets it.",
        },
        _TOKEN: {
            "type": "http",
            "scheme": "bearer",
            "description": "A machine's token: POST /api/tokens answers with it, once.",
        },
    }
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            route = (method.upper(), path)
            operation["security"] = _ways_in(route, RULES.get(route))
    return document


def _ways_in(route: tuple[str, str], rule: Rule | None) -> list[dict[str, list[str]]]:
    """Any one of them will do; none is needed where there is none."""
    if rule is Open.TO_ALL:
        return []
    for_people: list[dict[str, list[str]]] = [{_COOKIE: []}]
    if rule is Open.TO_ACCOUNTS and route not in FOR_MACHINES:
        return for_people
    return [*for_people, {_TOKEN: []}]

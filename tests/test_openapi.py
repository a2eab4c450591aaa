"""The OpenAPI document put to the test: whatever a request holds, the server never fails."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok

from care.devices import DeviceKind
from care.people import Role
from records.database import Database
from tests.centre import employ, open_centre, ring
from tests.console_types import description
from tests.people import give

_WOULD_END_THE_TEST = {
    ("POST", "/api/session/code"),
    ("DELETE", "/api/session"),
    ("PUT", "/api/password"),
    ("POST", "/api/session"),
}
"""They log out, or wait for one another's attempts."""


def test_the_document_says_how_one_gets_in() -> None:
    document = description()
    schemes = document["components"]["securitySchemes"]
    assert (schemes["session"]["in"], schemes["session"]["name"]) == ("cookie", "ankang")
    assert (schemes["token"]["type"], schemes["token"]["scheme"]) == ("http", "bearer")
    asked = {
        (method, path): one["security"] for path, all_ in document["paths"].items() for method, one in all_.items()
    }
    assert asked["get", "/api/health"] == []
    assert asked["get", "/api/residents"] == [{"session": []}, {"token": []}]
    assert asked["get", "/api/tokens"] == [{"session": []}]


def test_no_request_makes_the_server_fail(database: Database) -> None:
    employ(database, "admin", role=Role.ADMINISTRATOR)
    ring(database, give(database, "王桂珍", "watch-1", DeviceKind.WEARABLE))
    with open_centre(database.url) as centre, centre.operator("admin") as admin:
        # The session is real: no invented one instead of it.
        config = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
        schema = schemathesis.openapi.from_dict(admin.get("/api/openapi.json").json(), config=config)
        asked = 0
        for result in schema.get_all_operations():
            assert isinstance(result, Ok)
            operation = result.ok()
            if (operation.method.upper(), operation.path) in _WOULD_END_THE_TEST:
                continue

            @settings(
                max_examples=20,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy())
            def try_it(case: schemathesis.Case[Any]) -> None:
                nonlocal asked
                asked += 1
                answer = case.call(base_url=centre.url, cookies=dict(admin.cookies))
                assert answer.status_code < 500, (case.method, case.path, answer.status_code)
                assert answer.status_code != 401, "the test has lost its session"

            try_it()
    assert asked > 200

"""The second step of a login: who is asked for a code, which opens once, and what happens to who guesses."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx2
import pyotp
import pytest

from care.people import Role
from records.database import Database
from records.login import accounts, second_step
from tests.centre import PASSWORD, Centre, employ, open_centre
from tests.people import NOW

# RFC 6238, appendix B, SHA-1: the last six of the eight digits.
RFC = ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037"))
THEIR_SECRET = b"12345678901234567890"


@pytest.fixture
def admin(database: Database) -> UUID:
    """An administrator."""
    employ(database, "admin", role=Role.ADMINISTRATOR)
    with database.transaction() as conn:
        found = accounts.account_by_name(conn, "admin")
    assert found is not None
    return found[0].id


def enrol(client: httpx2.Client) -> tuple[pyotp.TOTP, list[str]]:
    """Set up the second step as the page does: what shows its codes, and the recovery codes."""
    begun = client.post("/api/second-step", json={"password": PASSWORD})
    assert begun.status_code == 201, begun.text
    assert begun.json()["address"].startswith("otpauth://totp/")
    assert begun.json()["svg"].startswith("<svg")
    totp = pyotp.TOTP(begun.json()["secret"])
    # With the code of before, so that the one of now can be said next. It may be over just then: the next one isn't.
    answers = (
        client.post("/api/second-step/confirm", json={"code": totp.at(datetime.now(UTC) - timedelta(seconds=30))})
        for _ in range(2)
    )
    return totp, next(answer.json()["codes"] for answer in answers if answer.status_code == 201)


def log_in(client: httpx2.Client, name: str = "admin", password: str = PASSWORD) -> httpx2.Response:
    return client.post("/api/session", json={"username": name, "password": password})


def say(client: httpx2.Client, code: str) -> int:
    return client.post("/api/session/code", json={"code": code}).status_code


@pytest.mark.parametrize(("seconds", "code"), RFC)
def test_the_codes_are_those_of_the_rfc(database: Database, admin: UUID, seconds: int, code: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    with database.transaction() as conn:
        second_step.begin(conn, admin, "admin", now)
        conn.execute("UPDATE totp SET secret = %s", (THEIR_SECRET,))
        assert second_step.confirm(conn, admin, "000000", now) is None
        assert second_step.confirm(conn, admin, code, now) is not None
        assert not second_step.use(conn, admin, code, False, now), "a code opens once"


@pytest.mark.parametrize(("code", "opens"), [("０８１ ８０４", True), ("零八一八零四", False), ("०८१८०४", False)])
def test_a_code_may_be_typed_in_wide_figures_and_nothing_else_breaks(
    database: Database, admin: UUID, code: str, opens: bool
) -> None:
    now = datetime.fromtimestamp(1111111109, UTC)  # RFC 6238, appendix B: ends in 081804
    with database.transaction() as conn:
        second_step.begin(conn, admin, "admin", now)
        conn.execute("UPDATE totp SET secret = %s, confirmed_at = made_at", (THEIR_SECRET,))
        assert second_step.use(conn, admin, code, known=True, now=now) is opens


@pytest.mark.parametrize(("late", "opens"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_clocks_may_differ_by_half_a_minute(database: Database, admin: UUID, late: int, opens: bool) -> None:
    with database.transaction() as conn:
        begun = second_step.begin(conn, admin, "admin", NOW)
        assert begun is not None
        code = pyotp.TOTP(begun.secret).at(NOW + timedelta(seconds=late))
        assert (second_step.confirm(conn, admin, code, NOW) is not None) is opens


@pytest.mark.usefixtures("admin")
def test_after_the_password_a_code_is_asked_for_and_each_opens_once(centre: Centre) -> None:
    with centre.operator("admin") as client, centre.operator("admin") as other:
        assert client.get("/api/second-step").json() == {"since": None, "recovery_codes": 0}
        totp, recovery = enrol(client)
        assert client.get("/api/second-step").json()["recovery_codes"] == 8
        assert other.get("/api/session").status_code == 401, "sessions of before end"
        assert client.get("/api/accounts").json()["accounts"][0]["second_step"] is True
    code = totp.now()
    with centre.visitor() as client:
        assert say(client, code) == 401, "without the password a code opens nothing"
        refused = log_in(client)
        assert (refused.status_code, refused.json()["field"]) == (401, "code")
        assert client.get("/api/session").status_code == 401
        assert client.get("/api/second-step").status_code == 401
        assert say(client, "000000") == 422
        assert say(client, code) == 201
        assert client.get("/api/session").json()["username"] == "admin"
        assert say(client, code) == 401, "the same password opens nothing twice"
    with centre.visitor() as client:
        log_in(client)
        assert say(client, code) == 422, "used already"
        assert say(client, recovery[0]) == 201
        assert client.get("/api/second-step").json()["recovery_codes"] == 7
    with centre.visitor() as client:
        log_in(client)
        assert say(client, recovery[0]) == 422, "used already"


def test_whoever_has_the_password_guesses_in_vain_and_locks_nobody_out(
    centre: Centre, database: Database, admin: UUID
) -> None:
    with centre.operator("admin") as owner:
        totp, _ = enrol(owner)
        known = dict(owner.cookies)
    with centre.visitor() as thief:
        log_in(thief)
        answers = [say(thief, f"{number:06}") for number in range(12)]
        assert answers == [422] * second_step.WRONG_BY_STRANGERS + [429] * 2
        assert say(thief, totp.now()) == 429
    with centre.visitor() as owner:
        owner.cookies.update({name: value for name, value in known.items() if "browser" in name})
        log_in(owner)
        assert say(owner, totp.now()) == 201
        seen = owner.get("/api/audit", params={"account": "admin"}).json()["entries"]
    assert [line["action"] for line in seen].count("wrong code") == second_step.WRONG_BY_STRANGERS
    with database.transaction() as conn:
        later = datetime.now(UTC) + second_step.WINDOW
        assert second_step.may_try(conn, admin, False, later), "an hour later a stranger's browser may try again"


@pytest.mark.usefixtures("admin")
def test_it_is_turned_off_with_password_and_code_or_by_another_administrator(
    centre: Centre, database: Database
) -> None:
    employ(database, "boss", role=Role.ADMINISTRATOR)
    with centre.operator("admin") as client:
        totp, recovery = enrol(client)
        assert client.post("/api/second-step", json={"password": PASSWORD}).status_code == 409
        off = [
            client.post("/api/second-step/off", json={"password": password, "code": code}).status_code
            for password, code in (("wrong", totp.now()), (PASSWORD, "123123"), (PASSWORD, recovery[3]))
        ]
        assert off == [422, 422, 204]
        enrol(client)
        assert client.post("/api/accounts/admin/second-step-off").status_code == 422, "not one's own without a code"
        with centre.operator("boss") as boss:
            assert boss.post("/api/accounts/admin/second-step-off").status_code == 204
            assert boss.post("/api/accounts/admin/second-step-off").status_code == 409
            assert boss.post("/api/accounts/nobody/second-step-off").status_code == 404
            log = boss.get("/api/audit").json()["entries"]
        assert client.get("/api/session").status_code == 401, "its sessions end"
    with centre.operator("admin") as client:
        assert client.get("/api/second-step").json()["since"] is None
    lines = [(line["action"], line["username"]) for line in log]
    assert [line for line in lines if "second step" in line[0]] == [
        ("second step off", "boss"),
        ("second step on", "admin"),
        ("second step off", "admin"),
        ("second step on", "admin"),
    ]


@pytest.mark.usefixtures("admin")
def test_where_it_is_required_an_administrator_does_nothing_before(database: Database) -> None:
    employ(database, "李敏")
    with open_centre(database.url, codes_for_administrators=True) as centre:
        with centre.operator("李敏") as operator:
            assert operator.get("/api/alerts").status_code == 200
        with centre.operator("admin") as client:
            assert client.get("/api/session").json()["must_set_up_codes"] is True
            refused = client.get("/api/accounts")
            assert (refused.status_code, refused.json()["field"]) == (403, "code")
            enrol(client)
            assert client.get("/api/session").json()["must_set_up_codes"] is False
            assert client.get("/api/accounts").status_code == 200


@pytest.mark.usefixtures("admin")
def test_no_secret_of_it_lies_open_in_the_records_or_an_error(centre: Centre, database: Database) -> None:
    with centre.operator("admin") as client:
        _, recovery = enrol(client)
    with database.transaction() as conn:
        kept = str(conn.execute("SELECT * FROM recovery_code").fetchall())
    assert len(recovery) == 8
    assert all(re.fullmatch(r"\w{5}-\w{5}-\w{5}", code) for code in recovery)
    assert not any(code in kept for code in recovery)

"""Who gets in, who doesn't, and what a browser is told to keep to itself."""

from datetime import timedelta

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from care.people import Role
from records.database import Database
from records.login import accounts, sessions
from records.login.passwords import fits
from tests.centre import PASSWORD, Centre, employ, open_centre


def test_a_visitor_sees_the_page_and_the_health_and_nothing_else(centre: Centre) -> None:
    with centre.visitor() as visitor:
        assert visitor.get("/").status_code == 200
        assert visitor.get("/api/health").status_code == 200
        for path in ("/api/alerts", "/api/residents", "/api/session", "/api/devices/acme/bed-1"):
            answer = visitor.get(path)
            assert (path, answer.status_code) == (path, 401)
            assert "Log in" in answer.json()["detail"]
        with pytest.raises(InvalidStatus) as refused:
            centre.live(visitor)
        assert refused.value.response.status_code == 401


def test_an_operator_logs_in_and_out(centre: Centre, database: Database) -> None:
    employ(database, "李敏")
    with centre.operator("李敏") as her:
        me = her.get("/api/session").json()
        assert (me["username"], me["role"], me["must_choose_password"]) == ("李敏", "operator", False)
        assert her.delete("/api/session").status_code == 204
        assert her.get("/api/session").status_code == 401


def test_a_wrong_password_and_an_unknown_name_look_the_same(centre: Centre, database: Database) -> None:
    employ(database, "operator")
    with centre.visitor() as visitor:
        wrong = visitor.post("/api/session", json={"username": "operator", "password": "guess"})
        unknown = visitor.post("/api/session", json={"username": "nobody", "password": "guess"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()


def test_whoever_guesses_too_often_waits_and_locks_out_nobody_else(centre: Centre, database: Database) -> None:
    employ(database, "operator", "李敏")
    with centre.visitor() as guesser:
        answers = [
            guesser.post("/api/session", json={"username": "operator", "password": f"guess {n}"}) for n in range(8)
        ]
    assert [answer.status_code for answer in answers] == [401] * 6 + [429] * 2
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 61
    with centre.operator("李敏") as her:
        assert her.get("/api/session").status_code == 200


def test_attempts_are_counted_for_all_dashboards_together(centre: Centre, database: Database) -> None:
    employ(database, "operator")
    with open_centre(database.url) as other, centre.visitor() as here, other.visitor() as there:
        answers = [
            who.post("/api/session", json={"username": "operator", "password": f"guess {n}"}).status_code
            for n in range(4)
            for who in (here, there)
        ]
    assert answers == [401] * 6 + [429] * 2


def test_guessing_does_not_lock_out_the_browser_that_was_there_before(centre: Centre, database: Database) -> None:
    employ(database, "李敏")
    right = {"username": "李敏", "password": PASSWORD}
    with centre.operator("李敏") as her, centre.visitor() as guesser:
        her.delete("/api/session")
        for number in range(8):
            last = guesser.post("/api/session", json={"username": "李敏", "password": f"guess {number}"})
        assert last.status_code == 429
        assert guesser.post("/api/session", json=right).status_code == 429
        assert her.post("/api/session", json=right).status_code == 201


def test_the_cookie_is_kept_from_scripts_and_other_sites(centre: Centre, database: Database) -> None:
    employ(database)
    with centre.visitor() as visitor:
        answer = visitor.post("/api/session", json={"username": "operator", "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("ankang=")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/" in cookie


def test_behind_tls_the_cookie_is_bound_to_this_host(database_url: str, database: Database) -> None:
    employ(database)
    with open_centre(database_url, secure_cookies=True) as centre, centre.visitor() as visitor:
        answer = visitor.post("/api/session", json={"username": "operator", "password": PASSWORD})
    assert answer.headers["set-cookie"].startswith("__Host-ankang=")
    assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "headers", [{"origin": "http://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}]
)
def test_another_sites_page_can_do_nothing(centre: Centre, database: Database, headers: dict[str, str]) -> None:
    employ(database)
    with centre.operator() as operator:
        refused = operator.delete("/api/session", headers=headers)
        assert refused.status_code == 403
        assert "another site" in refused.json()["detail"]
        assert operator.get("/api/session").status_code == 200
        with pytest.raises(InvalidStatus) as socket_refused:
            cookie = "; ".join(f"{name}={value}" for name, value in operator.cookies.items())
            centre.connect_live(headers | {"Cookie": cookie})
        assert socket_refused.value.response.status_code == 403


def test_our_own_page_is_not_another_site(centre: Centre, database: Database) -> None:
    employ(database)
    with centre.operator() as operator:
        headers = {"origin": centre.url, "sec-fetch-site": "same-origin"}
        assert operator.delete("/api/session", headers=headers).status_code == 204


def test_the_first_administrator_chooses_a_password_before_anything_else(centre: Centre, database: Database) -> None:
    with database.transaction() as conn:
        one_time = accounts.ensure_first_administrator(conn)
        assert accounts.ensure_first_administrator(conn) is None
    assert one_time is not None
    with centre.operator("admin", one_time) as admin:
        assert admin.get("/api/session").json()["must_choose_password"] is True
        assert admin.get("/api/alerts").status_code == 403
        weak = admin.put("/api/password", json={"current": one_time, "new": "short"})
        assert (weak.status_code, weak.json()["field"]) == (422, "new")
        assert admin.put("/api/password", json={"current": one_time, "new": PASSWORD}).status_code == 200
        assert admin.get("/api/alerts").status_code == 200
    with centre.visitor() as visitor:
        assert visitor.post("/api/session", json={"username": "admin", "password": one_time}).status_code == 401


def test_the_demo_operator_gets_the_password_that_was_given(database: Database) -> None:
    for password in ("first-password", "second-password", "second-password"):
        with database.transaction() as conn:
            accounts.ensure_demo_operator(conn, password)
    with database.transaction() as conn:
        found = accounts.account_by_name(conn, "operator")
    assert found is not None
    assert fits("second-password", found[1])
    assert not fits("first-password", found[1])


def test_a_family_account_does_not_see_the_command_centre(centre: Centre, database: Database) -> None:
    employ(database, "daughter", role=Role.FAMILY)
    with centre.operator("daughter") as daughter:
        assert daughter.get("/api/session").status_code == 200
        assert daughter.get("/api/alerts").status_code == 403
        assert daughter.get("/api/residents").status_code == 403


def test_a_session_that_is_over_is_over(centre: Centre, database: Database) -> None:
    employ(database)
    with centre.operator() as operator:
        with database.transaction() as conn:
            conn.execute("UPDATE session SET expires_at = now() - interval '1 second'")
        assert operator.get("/api/session").status_code == 401


def test_logging_out_closes_the_live_page(centre: Centre, database: Database) -> None:
    employ(database)
    with centre.operator() as operator, centre.live(operator) as live:
        live.recv(timeout=60)
        operator.delete("/api/session")
        with pytest.raises(ConnectionClosed) as closed:
            for _ in range(10):
                live.recv(timeout=60)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401


def test_a_session_that_ends_elsewhere_closes_its_live_page_too(centre: Centre, database: Database) -> None:
    employ(database)
    with centre.operator() as operator, centre.live(operator) as live:
        live.recv(timeout=60)
        with database.transaction() as conn:
            conn.execute("DELETE FROM session")
        with pytest.raises(ConnectionClosed) as closed:
            for _ in range(10):
                live.recv(timeout=60)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401


def test_tokens_and_passwords_are_kept_only_as_hashes(database: Database) -> None:
    employ(database)
    with database.transaction() as conn:
        found = accounts.account_by_name(conn, "operator")
        assert found is not None
        token, _ = sessions.open_session(conn, found[0].id, timedelta(hours=1))
        kept = conn.execute("SELECT token_sha256 FROM session").fetchone()
    assert found[1].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert kept is not None
    assert token.encode() not in bytes(kept[0])
    assert len(token) >= 43  # 256 bits


def test_every_answer_carries_the_headers_that_keep_the_page_to_itself(centre: Centre) -> None:
    with centre.visitor() as visitor:
        for path in ("/", "/static/theme.js", "/api/health", "/api/alerts", "/nothing"):
            headers = visitor.get(path).headers
            assert "default-src 'none'" in headers["content-security-policy"]
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
        assert visitor.get("/api/health").headers["cache-control"] == "no-store"
        page = visitor.get("/static/theme.js")
        again = visitor.get("/static/theme.js", headers={"if-none-match": page.headers["etag"]})
        assert (page.headers["cache-control"], again.status_code) == ("no-cache", 304)


def test_a_body_that_is_too_large_is_refused_unread(centre: Centre) -> None:
    with centre.visitor() as visitor:
        large = visitor.post("/api/session", content=b"x" * 100_000, headers={"content-type": "application/json"})
        endless = visitor.post("/api/session", content=iter([b"{", b"}"]), headers={"content-type": "application/json"})
    assert (large.status_code, endless.status_code) == (413, 411)


def test_what_is_wrong_names_the_field_and_never_the_value(centre: Centre) -> None:
    with centre.visitor() as visitor:
        answer = visitor.post("/api/session", json={"username": "operator", "password": 12345678, "extra": 1})
    assert answer.status_code == 422
    assert answer.json()["field"] == "password"
    assert "12345678" not in answer.text

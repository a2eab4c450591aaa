"""Accounts and what belongs to them: sessions that end at once, tokens of machines, revealing with a reason."""

from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result
from websockets.exceptions import ConnectionClosed

from care.people import Role
from launch.cli import app
from launch.postgres import EmbeddedPostgres
from records import accounts
from records.database import Database
from tests.centre import PASSWORD, Centre, employ, id_of
from tests.people import give


@pytest.fixture(autouse=True)
def staff(database: Database) -> None:
    employ(database, "operator", "李敏")
    employ(database, "admin", role=Role.ADMINISTRATOR)


def test_the_session_says_what_one_may_do(centre: Centre) -> None:
    with centre.operator() as operator:
        me = operator.get("/api/session").json()
    assert me["area"] is None
    assert "respond" in me["may"]
    assert "manage_accounts" not in me["may"]


def test_sessions_are_listed_and_one_that_is_ended_closes_its_live_page(centre: Centre) -> None:
    with centre.operator() as here, centre.operator() as there, centre.live(there) as live:
        live.recv()
        listed = here.get("/api/sessions").json()["sessions"]
        assert sorted(one["current"] for one in listed) == [False, True]
        other = next(one["id"] for one in listed if not one["current"])
        assert here.delete(f"/api/sessions/{other}").status_code == 204
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                live.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401
        assert there.get("/api/session").status_code == 401


def test_only_an_administrator_sees_and_ends_anothers_sessions(centre: Centre) -> None:
    with centre.operator("李敏") as her, centre.operator() as operator, centre.operator("admin") as admin:
        [session] = admin.get("/api/sessions?account=李敏").json()["sessions"]
        assert operator.get("/api/sessions?account=李敏").status_code == 403
        assert operator.delete(f"/api/sessions/{session['id']}").status_code == 404
        assert admin.delete(f"/api/sessions/{session['id']}").status_code == 204
        assert her.get("/api/session").status_code == 401


def test_an_administrator_of_a_county_manages_nobody_elses_accounts(centre: Centre, database: Database) -> None:
    with database.transaction() as conn:
        row = conn.execute("SELECT id FROM area WHERE code = '340521'").fetchone()
        assert row is not None
        accounts.create_account(conn, "当涂", PASSWORD, Role.ADMINISTRATOR, area_id=row[0])
    with centre.operator("当涂") as hers, centre.operator() as operator:
        [session] = operator.get("/api/sessions").json()["sessions"]
        assert [one["username"] for one in hers.get("/api/accounts").json()["accounts"]] == ["当涂"]
        assert hers.get("/api/sessions?account=operator").json()["sessions"] == []
        assert hers.delete(f"/api/sessions/{session['id']}").status_code == 404
        assert hers.post("/api/accounts/operator/reset").status_code == 404
        beyond = hers.post("/api/accounts", json={"username": "x", "role": "administrator"})
        assert (beyond.status_code, beyond.json()["field"]) == (422, "area")
        assert len(hers.get("/api/sessions").json()["sessions"]) == 1


def test_an_administrator_makes_an_account_for_an_area_and_resets_its_password(centre: Centre) -> None:
    with centre.operator("admin") as admin:
        county = next(area for area in admin.get("/api/areas").json()["areas"] if area["name"] == "花山区")
        new = {"username": "站长", "role": "station_worker", "area": county["id"]}
        one_time = admin.post("/api/accounts", json=new).json()["password"]
        assert admin.post("/api/accounts", json=new).status_code == 409
        with centre.operator("站长", one_time) as him:
            assert him.get("/api/alerts").status_code == 403
            him.put("/api/password", json={"current": one_time, "new": PASSWORD}).raise_for_status()
            assert him.get("/api/session").json()["area"]["name"] == "花山区"
            again = admin.post("/api/accounts/站长/reset").json()["password"]
            assert him.get("/api/session").status_code == 401
        with centre.operator("站长", again) as him:
            assert him.get("/api/session").json()["must_choose_password"] is True
        assert {one["role"] for one in admin.get("/api/accounts").json()["accounts"]} > {"station_worker"}
        [_, _, line] = admin.get("/api/audit?limit=3").json()["entries"]
        assert (line["action"], line["subject"]) == ("reset password", "站长")


def test_a_token_may_do_what_it_says_and_no_more(centre: Centre) -> None:
    with centre.operator() as operator, centre.visitor() as machine:
        refused = operator.post("/api/tokens", json={"name": "抄表", "permissions": ["manage_accounts"]})
        assert (refused.status_code, refused.json()["field"]) == (422, "permissions")
        made = operator.post("/api/tokens", json={"name": "抄表", "permissions": ["read_residents"]}).json()
        machine.headers["Authorization"] = f"Bearer {made['secret']}"
        assert machine.get("/api/residents").status_code == 200
        assert machine.get("/api/alerts").status_code == 403
        assert machine.get("/api/tokens").status_code == 403
        [listed] = operator.get("/api/tokens").json()["tokens"]
        assert made["secret"] not in str(listed)
        assert operator.delete(f"/api/tokens/{made['id']}").status_code == 204
        assert machine.get("/api/residents").status_code == 401


def test_a_reset_ends_what_the_account_had_open_tokens_too(centre: Centre) -> None:
    with centre.operator("admin") as admin, centre.operator() as operator, centre.visitor() as machine:
        made = operator.post("/api/tokens", json={"name": "抄表", "permissions": ["read_residents"]}).json()
        machine.headers["Authorization"] = f"Bearer {made['secret']}"
        assert machine.get("/api/residents").status_code == 200
        admin.post("/api/accounts/operator/reset").raise_for_status()
        assert machine.get("/api/residents").status_code == 401
        assert operator.get("/api/session").status_code == 401


def test_revealing_needs_a_reason_which_is_kept(centre: Centre, database: Database) -> None:
    give(database, "王桂珍", "bed-1")
    resident = id_of(database, "王桂珍")
    with database.transaction() as conn:
        conn.execute(
            "INSERT INTO contact (id, resident_id, name, phone, relation) VALUES (gen_random_uuid(), %s, %s, %s, %s)",
            (resident, "王芳", "10055512345", "女儿"),
        )
    with centre.operator("admin") as admin:
        assert admin.get(f"/api/residents/{resident}").json()["name"] == "王**"
        assert admin.post(f"/api/residents/{resident}/reveal", json={"reason": " "}).status_code == 422
        shown = admin.post(f"/api/residents/{resident}/reveal", json={"reason": "家属来电"}).json()
        assert shown["name"] == "王桂珍"
        assert shown["contacts"] == [{"name": "王芳", "phone": "10055512345", "relation": "女儿"}]
        lines = admin.get(f"/api/audit?resident={resident}").json()["entries"]
    assert [line["reason"] for line in lines if line["action"] == "reveal"] == ["家属来电"]


@pytest.fixture
def run(database: Database, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The `ankang account` command on the test's database."""
    name = dict(word.split("=", 1) for word in database.url.split())["dbname"]
    path, _, query = postgres.url.partition("?")
    monkeypatch.setenv("ANKANG_DATABASE_URL", f"{path.rpartition('/')[0]}/{name}?{query}")
    return lambda *words: CliRunner().invoke(app, ["account", *words])


def test_the_command_changes_a_role_and_entrusts_a_resident(
    centre: Centre, database: Database, run: Callable[..., Result]
) -> None:
    give(database, "王桂珍", "bed-1")
    with database.transaction() as conn:
        conn.execute(
            "INSERT INTO care_bed (id, resident_id, number, set_up) VALUES (gen_random_uuid(), %s, 'HS-1', now())",
            (id_of(database, "王桂珍"),),
        )
    with centre.operator("李敏") as her:
        assert run("change", "李敏", "--role", "doctor").exit_code == 0
        assert her.get("/api/session").status_code == 401
    for words, names in ((), []), (("entrust", "李敏", "--bed", "HS-1"), ["王桂珍"]):
        if words:
            assert run(*words).exit_code == 0
        with centre.operator("李敏") as her:
            assert [one["name"] for one in her.get("/api/residents").json()["residents"]] == names
            assert her.get("/api/alerts").status_code == 403
    assert run("entrust", "李敏", "--bed", "HS-1", "--withdraw").exit_code == 0
    with centre.operator("李敏") as her:
        assert her.get("/api/residents").json()["residents"] == []
    assert run("entrust", "李敏", "--bed", "HS-2").exit_code == 1
    assert run("change", "nobody", "--role", "operator").exit_code == 1
    assert run("add", "x", "--role", "operator", "--area", "999999").exit_code == 1
    assert run("add", "x", "--role", "vendor").exit_code == 1


def test_the_command_adds_and_disables_an_account_which_is_out_at_once(
    centre: Centre, run: Callable[..., Result]
) -> None:
    added = run("add", "小刘", "--role", "operator", "--area", "340503")
    assert added.exit_code == 0, added.output
    one_time = added.output.split()[-1]
    with centre.operator("小刘", one_time) as him:
        him.put("/api/password", json={"current": one_time, "new": PASSWORD}).raise_for_status()
        with centre.live(him) as live:
            live.recv()
            assert run("disable", "小刘").exit_code == 0
            with pytest.raises(ConnectionClosed):
                while True:
                    live.recv()
        assert him.get("/api/session").status_code == 401
        with centre.visitor() as visitor:
            refused = visitor.post("/api/session", json={"username": "小刘", "password": PASSWORD})
        assert refused.status_code == 401

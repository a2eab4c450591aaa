"""Accounts and what belongs to them: sessions that end at once, tokens of machines, revealing with a reason."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner, Result
from websockets.exceptions import ConnectionClosed

from care.people import Role
from launch.cli import app
from launch.postgres import EmbeddedPostgres
from records.database import Database
from records.login import accounts
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
        lines = admin.get("/api/audit?account=admin").json()["entries"]
        done = [(line["action"], line["subject"], line["reason"]) for line in lines if "/" not in line["action"]]
        assert done == [("reset password", "站长", ""), ("add account", "站长", "station_worker")]


def test_an_administrator_changes_closes_and_opens_an_account_but_never_their_own(centre: Centre) -> None:
    with centre.operator("admin") as admin, centre.operator("李敏") as her:
        assert admin.put("/api/accounts/李敏", json={"role": "supervisor"}).status_code == 204
        assert her.get("/api/session").status_code == 401
        with centre.operator("李敏") as again:
            assert again.get("/api/session").json()["role"] == "supervisor"
            assert admin.post("/api/accounts/李敏/disable").status_code == 204
            assert again.get("/api/session").status_code == 401
        [listed] = admin.get("/api/accounts?search=李").json()["accounts"]
        assert (listed["username"], listed["disabled"]) == ("李敏", True)
        assert admin.post("/api/accounts/李敏/enable").status_code == 204
        with centre.operator("李敏"):
            pass
        for answer in (
            admin.post("/api/accounts/admin/disable"),
            admin.put("/api/accounts/admin", json={"role": "operator"}),
        ):
            assert (answer.status_code, answer.json()["field"]) == (422, "username")
        assert admin.post("/api/accounts/nobody/disable").status_code == 404


def test_a_resident_is_entrusted_by_the_number_of_the_care_bed(centre: Centre, database: Database) -> None:
    give(database, "王桂珍", "bed-1")
    with database.transaction() as conn:
        conn.execute(
            "INSERT INTO care_bed (id, resident_id, number, set_up) VALUES (gen_random_uuid(), %s, 'HS-1', now())",
            (id_of(database, "王桂珍"),),
        )
        accounts.create_account(conn, "王芳", PASSWORD, Role.FAMILY)
    with centre.operator("admin") as admin:
        assert admin.post("/api/accounts/王芳/entrust", json={"bed": "hs-1"}).status_code == 204
        [hers] = admin.get("/api/accounts/王芳/residents").json()["residents"]
        assert (hers["name"], hers["bed"]) == ("王**", "HS-1")
        for path, bed, field in (("王芳", "HS-2", "bed"), ("operator", "HS-1", "username")):
            refused = admin.post(f"/api/accounts/{path}/entrust", json={"bed": bed})
            assert (refused.status_code, refused.json()["field"]) == (422, field)
        assert admin.post("/api/accounts/王芳/withdraw", json={"bed": "HS-1"}).status_code == 204
        assert admin.get("/api/accounts/王芳/residents").json()["residents"] == []
        lines = admin.get(f"/api/audit?resident={id_of(database, '王桂珍')}").json()["entries"]
    assert [(line["action"], line["subject"], line["resident"]) for line in lines] == [
        ("withdraw", "王芳", "王**"),
        ("entrust", "王芳", "王**"),
    ]


def test_whoever_was_refused_is_in_the_log_and_a_day_of_it_is_asked_for(centre: Centre) -> None:
    with centre.operator() as operator, centre.operator("admin") as admin:
        for _ in range(2):  # the same try again is one line
            assert operator.get("/api/accounts").status_code == 403
        assert operator.get("/api/sessions?account=admin").status_code == 403
        lines = admin.get("/api/audit?account=operator").json()["entries"]
        assert [line["action"] for line in lines] == ["refused GET /api/sessions", "refused GET /api/accounts"]
        today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
        for day, count in ((today, 2), (today - timedelta(days=2), 0)):
            assert len(admin.get(f"/api/audit?account=operator&day={day}").json()["entries"]) == count


def test_a_long_answer_is_packed_for_those_who_can_unpack_it(centre: Centre, database: Database) -> None:
    for number in range(8):
        give(database, f"王{'一二三四五六七八'[number]}", f"bed-{number}")
    with centre.operator() as operator:
        packed = operator.get("/api/residents")
        plain = operator.get("/api/residents", headers={"accept-encoding": "identity"})
        short = operator.get("/api/session")
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == plain.headers.get("vary", "accept-encoding") == "accept-encoding"
    assert int(packed.headers["content-length"]) * 3 < int(plain.headers["content-length"])
    assert packed.json() == plain.json()
    assert "content-encoding" not in short.headers


def test_the_areas_open_along_the_way_and_all_of_them_only_when_asked(centre: Centre, database: Database) -> None:
    with database.transaction() as conn:
        row = conn.execute("SELECT id FROM area WHERE code = '340503'").fetchone()
        assert row is not None
        for parent, level, name in ((row[0], "street", "解放路街道"), (None, "community", "解放路社区")):
            row = conn.execute(
                "INSERT INTO area (parent_id, level, name) VALUES (%s, %s, %s) RETURNING id",
                (parent or row[0], level, name),
            ).fetchone()
            assert row is not None
    with centre.operator() as operator:
        ids = {one["name"]: one["id"] for one in operator.get("/api/areas?whole=true").json()["areas"]}

        def seen(name: str | None) -> set[str]:
            query = {} if name is None else {"at": ids[name]}
            return {one["name"] for one in operator.get("/api/areas", params=query).json()["areas"]} - top

        top: set[str] = set()
        top = seen(None)
        assert "马鞍山市" in top
        assert "花山区" in top
        assert "解放路街道" not in top
        assert seen("花山区") == {"解放路街道"}
        assert seen("解放路街道") == seen("解放路社区") == {"解放路街道", "解放路社区"}
        assert seen("当涂县") == set()


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
    with database.transaction() as conn:
        lines = conn.execute(
            "SELECT action, subject, resident_id, by_user <> '' FROM audit WHERE account_id IS NULL ORDER BY id"
        )
        assert list(lines) == [
            ("change account", "李敏", None, True),
            ("entrust", "李敏", id_of(database, "王桂珍"), True),
            ("withdraw", "李敏", id_of(database, "王桂珍"), True),
        ]
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

"""Devices over HTTP: registered, claimed, bound by their label, replaced, lent and given back; and aids and vendors."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from care.devices import DeviceKind
from care.labels import label, read_label, scanned
from care.people import Role
from records.database import Database
from records.equipment import credentials, devices
from tests.centre import Centre, employ, id_of
from tests.people import give
from tests.test_rules import area_of, move


@pytest.fixture
def homes(database: Database) -> None:
    """王桂珍 in 花山区 with a bed sensor, 张秀英 in 当涂县 with nothing; each has a care bed."""
    give(database, "王桂珍", "bed-1", DeviceKind.BED)
    with database.transaction() as conn:
        devices.add_resident(conn, "张秀英")
    for name, code, bed in (("王桂珍", "340503", "HS-1"), ("张秀英", "340521", "DT-1")):
        move(database, id_of(database, name), area_of(database, code))
        with database.transaction() as conn:
            conn.execute(
                "INSERT INTO care_bed (id, resident_id, number, set_up) VALUES (gen_random_uuid(), %s, %s, now())",
                (id_of(database, name), bed),
            )


@pytest.fixture
def admin(centre: Centre, database: Database, homes: None) -> Iterator[httpx2.Client]:
    """The administrator of the city."""
    employ(database, "admin", role=Role.ADMINISTRATOR)
    with centre.operator("admin") as client:
        yield client


def add(client: httpx2.Client, name: str = "bed-2", **more: object) -> httpx2.Response:
    return client.post("/api/devices", json={"vendor": "acme", "device": name, "kind": "bed"} | more)


def do(client: httpx2.Client, name: str, what: str, **body: object) -> int:
    return client.post(f"/api/devices/acme/{name}/{what}", json=body).status_code


def bound(database: Database, name: str) -> list[str]:
    """Whom this device has watched over, the latest last; those of before in brackets."""
    with database.transaction() as conn:
        rows = conn.execute(
            "SELECT r.name, b.valid_to IS NULL FROM binding b JOIN device d ON d.id = b.device_id "
            "JOIN resident r ON r.id = b.resident_id WHERE d.name = %s ORDER BY b.valid_from",
            (name,),
        ).fetchall()
    return [who if now else f"({who})" for who, now in rows]


@pytest.mark.parametrize(
    "wrong", ["acme/bed-02 {}", "acme/bed-20 {}", "acne/bed-2 {}", "acme/bed-2", "acme/bed-2 00", "x"]
)
def test_a_label_tells_when_it_was_mistyped(wrong: str) -> None:
    text = label("acme", "bed-2")
    assert read_label(f" {text} ") == read_label(scanned("acme", "bed-2")) == ("acme", "bed-2")
    with pytest.raises(ValueError, match="label"):
        read_label(wrong.format(text[-2:]))


def test_every_slip_of_one_letter_and_every_swap_of_neighbours_shows() -> None:
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
    name, digits = "Bed-0017_x", label("acme", "Bed-0017_x")[-2:]
    slips = [name[:at] + letter + name[at + 1 :] for at in range(len(name)) for letter in letters]
    swaps = [name[:at] + name[at + 1] + name[at] + name[at + 2 :] for at in range(len(name) - 1)]
    assert [one for one in {*slips, *swaps} - {name} if label("acme", one)[-2:] == digits] == []


def test_a_device_is_registered_with_a_secret_shown_once_and_no_secret_is_in_its_label(
    admin: httpx2.Client, database: Database
) -> None:
    made = add(admin, place="卧室", every=30)
    assert made.status_code == 201, made.text
    secret = made.json()["secret"]
    assert made.json()["user_name"] == "acme/bed-2"
    assert made.json()["client_id"] == "acme:bed-2"
    with database.transaction() as conn:
        assert credentials.secret_hash(conn, "acme", "bed-2") == credentials.hash_of(secret)
    assert add(admin).status_code == 409
    assert add(admin, "bed 3").status_code == 422
    assert add(admin, "x", vendor="ankang").status_code == 422
    sheet = admin.get("/api/devices/labels").json()["labels"]
    assert [(one["device"], one["text"]) for one in sheet] == [("bed-2", label("acme", "bed-2"))]
    assert secret not in str(sheet)
    assert secret not in admin.get("/api/audit").text


def test_a_device_is_bound_by_its_label_replaced_and_its_history_stays(
    admin: httpx2.Client, database: Database
) -> None:
    add(admin)
    read = admin.get("/api/devices/scanned", params={"label": label("acme", "bed-1")}).json()
    assert (read["device"], read["in_use"]) == ("bed-1", True)
    assert admin.get("/api/devices/scanned", params={"label": "acme/bed-1 00"}).status_code == 422
    assert admin.get("/api/beds/DT-1").json()["name"] == "张**", "who it is, as far as an administrator sees"
    assert admin.get("/api/beds/DT-9").status_code == 404
    assert do(admin, "bed-2", "bind", bed="DT-9") == 422
    assert do(admin, "bed-1", "bind", bed="DT-1") == 409, "it watches over somebody"
    early = (datetime.now(UTC) - timedelta(days=3)).isoformat()
    assert do(admin, "bed-2", "bind", bed="DT-1", **{"from": early}) == 422
    assert do(admin, "bed-1", "replace", by="acme/bed-2 00") == 422
    with database.transaction() as conn:
        conn.execute("UPDATE device SET place = '卧室', expected_interval = '20 s' WHERE name = 'bed-1'")
    assert do(admin, "bed-1", "replace", by=label("acme", "bed-2")) == 204
    assert (bound(database, "bed-1"), bound(database, "bed-2")) == (["(王桂珍)"], ["王桂珍"])
    with database.transaction() as conn:
        rows = conn.execute(
            "SELECT name, state, place, extract(epoch FROM expected_interval) FROM device ORDER BY name"
        ).fetchall()
    assert rows[0][:2] == ("bed-1", "disabled")
    assert rows[1] == ("bed-2", "registered", "卧室", 20)
    lines = admin.get("/api/audit", params={"resident": str(id_of(database, "王桂珍"))}).json()["entries"]
    first = lines[0]
    assert (first["action"], first["subject"], first["reason"]) == ("replace device", "acme/bed-1", "→ acme/bed-2")


def test_what_is_lent_comes_back_and_what_is_overdue_shows(admin: httpx2.Client, database: Database) -> None:
    add(admin)
    due = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    assert do(admin, "bed-2", "bind", bed="DT-1", place="卧室", lent=True, due=due) == 204
    [lent] = admin.get("/api/devices", params={"state": "lent"}).json()["devices"]
    assert (lent["device"], lent["due"], lent["resident"]) == ("bed-2", due, "张**")
    with database.transaction() as conn:
        conn.execute("UPDATE loan SET lent = lent - 60, due = due - 60")
    page = admin.get("/api/devices", params={"state": "overdue"}).json()
    assert ([one["device"] for one in page["devices"]], page["counts"]["overdue"]) == (["bed-2"], 1)
    assert do(admin, "bed-2", "unbind", note="完好") == 204
    assert do(admin, "bed-2", "unbind") == 409
    assert bound(database, "bed-2") == ["(张秀英)"]
    assert admin.get("/api/devices", params={"state": "lent"}).json()["devices"] == []
    unbound = admin.get("/api/devices", params={"state": "unbound"}).json()
    assert [one["device"] for one in unbound["devices"]] == ["bed-2"]


def test_a_revoked_device_comes_back_with_a_new_secret_only(admin: httpx2.Client, database: Database) -> None:
    first = add(admin).json()["secret"]
    assert do(admin, "bed-2", "revoke") == 204
    assert do(admin, "bed-2", "bind", bed="DT-1") == 409
    assert add(admin).status_code == 409
    second = admin.post("/api/devices/acme/bed-2/secret").json()["secret"]
    with database.transaction() as conn:
        assert (
            credentials.secret_hash(conn, "acme", "bed-2") == credentials.hash_of(second) != credentials.hash_of(first)
        )
    assert do(admin, "bed-2", "bind", bed="DT-1") == 204


def test_a_device_that_spoke_before_anybody_knew_it_is_claimed(admin: httpx2.Client, database: Database) -> None:
    with database.transaction() as conn:
        devices.add_unclaimed(conn, "acme", "radar-7")
    page = admin.get("/api/devices", params={"state": "unclaimed"}).json()
    assert ([one["device"] for one in page["devices"]], page["counts"]["unclaimed"]) == (["radar-7"], 1)
    assert do(admin, "radar-7", "bind", bed="DT-1") == 409
    assert add(admin, "radar-7", kind="fall_radar", place="卫生间").status_code == 201
    assert do(admin, "radar-7", "bind", bed="DT-1", place="卫生间") == 204
    assert bound(database, "radar-7") == ["张秀英"]


def test_a_county_has_its_own_stock_and_nobody_elses(admin: httpx2.Client, centre: Centre, database: Database) -> None:
    add(admin, "of-the-city")
    for code, name in (("340503", "here"), ("340521", "there")):
        with database.transaction() as conn:
            from records.login import accounts
            from tests.centre import PASSWORD

            accounts.create_account(conn, name, PASSWORD, Role.STATION_WORKER, area_id=area_of(database, code))
    with centre.operator("here") as here, centre.operator("there") as there:
        assert add(here, "ours").status_code == 201
        assert add(here, "theirs", area=area_of(database, "340521")).status_code == 422
        assert [one["device"] for one in here.get("/api/devices?state=unbound").json()["devices"]] == ["ours"]
        assert there.get("/api/devices?state=unbound").json()["devices"] == []
        for what in ("bind", "unbind", "replace", "secret", "revoke"):
            body = {"bed": "DT-1"} if what == "bind" else {"by": "x"} if what == "replace" else {}
            assert do(there, "ours", what, **body) == 404
        assert do(here, "ours", "bind", bed="DT-1") == 422, "a bed in another county is none of theirs"
        assert here.get("/api/beds/DT-1").status_code == 404
        assert do(here, "ours", "bind", bed="HS-1") == 204
        assert do(here, "bed-1", "unbind") == 204
        assert do(here, "bed-1", "bind", bed="HS-1") == 204, "what was taken back lies in the stock of where it was"
        assert there.get("/api/devices/scanned", params={"label": label("acme", "ours")}).status_code == 404


def test_an_aid_is_lent_is_overdue_and_comes_back(admin: httpx2.Client, centre: Centre, database: Database) -> None:
    made = admin.post("/api/aids", json={"kind": "wheelchair", "number": "LY-001", "model": "鱼跃 H005B"})
    assert made.status_code == 201, made.text
    aid = made.json()["id"]
    assert admin.post("/api/aids", json={"kind": "cane", "number": "LY-001"}).status_code == 409
    lend = f"/api/aids/{aid}/lend"
    assert admin.post(lend, json={"bed": "HS-1", "due": "2020-01-01"}).status_code == 422
    due = (datetime.now(UTC) + timedelta(days=90)).date().isoformat()
    assert admin.post(lend, json={"bed": "HS-1", "due": due}).status_code == 204
    assert admin.post(lend, json={"bed": "DT-1"}).status_code == 409
    assert admin.post(f"/api/aids/{aid}/retire", json={}).status_code == 409
    [lent] = admin.get(f"/api/residents/{id_of(database, '王桂珍')}/aids").json()["aids"]
    assert (lent["number"], lent["due"], lent["resident"], lent["overdue"]) == ("LY-001", due, "王**", False)
    with database.transaction() as conn:
        conn.execute("UPDATE loan SET lent = lent - 200, due = due - 200")
    page = admin.get("/api/aids", params={"state": "overdue"}).json()
    assert page["counts"] == {"all": 1, "lent": 1, "overdue": 1, "stock": 0}
    assert admin.post(f"/api/aids/{aid}/return", json={"note": "刹车松"}).status_code == 204
    assert admin.post(f"/api/aids/{aid}/return", json={}).status_code == 409
    assert admin.get("/api/aids", params={"state": "stock", "search": "h005"}).json()["aids"][0]["number"] == "LY-001"
    assert admin.post(f"/api/aids/{aid}/retire", json={"note": "报废"}).status_code == 204
    assert admin.get("/api/aids").json()["aids"] == []
    assert admin.post(lend, json={"bed": "HS-1"}).status_code == 404


def test_a_vendor_is_shut_out_with_all_its_devices_and_let_in_again(admin: httpx2.Client, database: Database) -> None:
    add(admin)
    add(admin, "bed-3")
    assert do(admin, "bed-3", "revoke") == 204
    about = {
        "title": "安美",
        "engineer": "陈工",
        "phone": "0555-1234567",
        "email": "chen@example.com",
        "kinds": ["bed"],
    }
    assert admin.put("/api/vendors/acme", json=about).status_code == 204
    assert add(admin, "door-1", kind="door").status_code == 422, "no grant for doors"
    [acme] = admin.get("/api/vendors").json()["vendors"]
    assert (acme["title"], acme["devices"], acme["off"]) == ("安美", 2, 1)
    refused = admin.post("/api/vendors/acme/disable", json={"why": "证书泄露", "devices": 1})
    assert (refused.status_code, refused.json()["count"], refused.json()["people"]) == (409, 2, 1)
    done = admin.post("/api/vendors/acme/disable", json={"why": "证书泄露", "devices": 2})
    assert done.json() == {"devices": 2}
    assert add(admin, "bed-4").status_code == 422
    assert admin.post("/api/devices/acme/bed-2/secret").status_code == 409
    assert admin.post("/api/vendors/acme/enable").json() == {"devices": 2}
    with database.transaction() as conn:
        rows = conn.execute("SELECT name, state FROM device WHERE vendor = 'acme' ORDER BY name").fetchall()
    assert rows == [("bed-1", "registered"), ("bed-2", "registered"), ("bed-3", "disabled")], (
        "what was revoked stays so"
    )
    assert admin.post("/api/vendors/nobody/enable").status_code == 404


def test_a_county_does_not_shut_out_a_vendor(admin: httpx2.Client, centre: Centre, database: Database) -> None:
    with database.transaction() as conn:
        from records.login import accounts
        from tests.centre import PASSWORD

        accounts.create_account(conn, "here", PASSWORD, Role.ADMINISTRATOR, area_id=area_of(database, "340503"))
    with centre.operator("here") as here:
        assert here.get("/api/vendors").status_code == 200
        assert here.post("/api/vendors/acme/disable", json={"why": "测试", "devices": 1}).status_code == 422
        assert here.put("/api/vendors/acme", json={}).status_code == 422

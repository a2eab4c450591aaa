"""The roster over HTTP: entered, struck off, swapped and handed over, within one's area and on the record."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from care.duty import Gap, gaps
from care.people import Role
from records.database import Database
from records.login import accounts
from records.people import areas
from records.telling import duty
from tests.centre import PASSWORD, Centre, employ
from tests.people import NOW

HOUR = timedelta(hours=1)


@pytest.fixture
def boss(centre: Centre, database: Database) -> Iterator[httpx2.Client]:
    """A supervisor of the city; 李敏 and 张强 work at the seat."""
    employ(database, "boss", role=Role.SUPERVISOR)
    employ(database, "李敏", "张强")
    with centre.operator("boss") as client:
        yield client


def shift(username: str, since: timedelta = -HOUR, length: timedelta = 8 * HOUR, **more: object) -> dict[str, Any]:
    """A shift at the seat."""
    starts = datetime.now(UTC) + since
    times = {"starts": starts.isoformat(), "ends": (starts + length).isoformat()}
    return {"username": username, "level": "seat"} | times | more


def on_duty(database: Database) -> set[str]:
    """Who would be told now."""
    with database.transaction() as conn:
        ids = duty.on_duty(conn, None, datetime.now(UTC)).get("seat", ())
        names = conn.execute("SELECT username FROM account WHERE id = ANY (%s)", (list(ids),)).fetchall()
    return {name for (name,) in names}


def test_a_shift_is_entered_listed_and_struck_off(boss: httpx2.Client, database: Database) -> None:
    made = boss.post("/api/duty", json=shift("李敏")).raise_for_status().json()
    later = boss.post("/api/duty", json=shift("张强", 9 * 24 * HOUR)).raise_for_status().json()
    assert [one["id"] for one in boss.get("/api/duty").json()["shifts"]] == [made["id"]]
    month = {"to": (datetime.now(UTC) + 30 * 24 * HOUR).isoformat()}
    assert [one["id"] for one in boss.get("/api/duty", params=month).json()["shifts"]] == [made["id"], later["id"]]
    assert on_duty(database) == {"李敏"}
    for one in (made, later):
        assert boss.delete(f"/api/duty/{one['id']}").status_code == 204
        assert boss.delete(f"/api/duty/{one['id']}").status_code == 404
    assert on_duty(database) == set()
    assert boss.get("/api/duty", params=month).json()["shifts"] == []
    log = boss.get("/api/duty/log").json()["entries"]
    assert [(one["kind"], one["by_name"], one["other_name"]) for one in log] == [
        ("struck", "boss", "张强"), ("struck", "boss", "李敏"), ("added", "boss", "张强"), ("added", "boss", "李敏"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"username": "nobody"}, "username"), ({"level": "family"}, "level"), ({"area_id": 2_000_000}, "area_id"),
        ({"ends": "2020-01-01T00:00:00Z"}, "ends"), ({"ends": "2099-01-01T00:00:00Z"}, "ends"),
    ],
)  # fmt: skip
def test_what_cannot_be_names_its_field(boss: httpx2.Client, wrong: dict[str, object], field: str) -> None:
    refused = boss.post("/api/duty", json=shift("李敏") | wrong)
    assert (refused.status_code, refused.json()["field"]) == (422, field)


def test_gaps_are_the_times_that_no_shift_covers() -> None:
    hours = [NOW + number * HOUR for number in range(6)]
    assert gaps([], NOW, hours[5]) == [Gap(NOW, hours[5])]
    assert gaps([(hours[1], hours[3]), (hours[2], hours[4])], NOW, hours[5]) == [
        Gap(NOW, hours[1]),
        Gap(hours[4], hours[5]),
    ]
    assert gaps([(NOW - HOUR, hours[2]), (hours[2], hours[5] + HOUR)], NOW, hours[5]) == []
    assert gaps([(NOW - 2 * HOUR, NOW - HOUR), (hours[5], hours[5] + HOUR)], NOW, hours[5]) == [Gap(NOW, hours[5])]


def test_who_is_on_duty_for_everywhere_or_a_larger_area_counts_for_a_smaller_one(
    boss: httpx2.Client, centre: Centre, database: Database
) -> None:
    with database.transaction() as conn:
        county, other = areas.id_of_code(conn, "340503"), areas.id_of_code(conn, "340521")
        accounts.create_account(conn, "街道", PASSWORD, Role.SUPERVISOR, area_id=county)
    boss.post("/api/duty", json=shift("李敏")).raise_for_status()
    boss.post("/api/duty", json=shift("张强", level="county", area_id=other)).raise_for_status()
    since = datetime.now(UTC)
    day = {"from": since.isoformat(), "to": (since + 4 * HOUR).isoformat()}
    with centre.operator("街道") as street:
        found = {one["level"]: one for one in street.get("/api/duty/cover", params=day).json()["levels"]}
        assert [one["username"] for one in found["seat"]["shifts"]] == ["李敏"]
        assert (found["seat"]["gaps"], found["county"]["shifts"], len(found["county"]["gaps"])) == ([], [], 1)
        assert street.get("/api/duty/cover", params=day | {"area": other}).status_code == 404
        wrong = street.get("/api/duty/cover", params=day | {"to": day["from"]})
        assert (wrong.status_code, wrong.json()["field"]) == (422, "to")
        assert [one["username"] for one in street.get("/api/duty/colleagues").json()["colleagues"]] == ["街道"]
    names = [one["username"] for one in boss.get("/api/duty/colleagues").json()["colleagues"]]
    assert sorted(names) == sorted(["boss", "李敏", "张强", "街道"])


def test_a_swap_gives_away_what_is_left(boss: httpx2.Client, database: Database) -> None:
    made = boss.post("/api/duty", json=shift("李敏")).json()
    swapped = boss.post(f"/api/duty/{made['id']}/swap", json={"username": "张强"}).json()
    assert (swapped["username"], swapped["ends"]) == ("张强", made["ends"])
    assert on_duty(database) == {"张强"}
    assert boss.post(f"/api/duty/{swapped['id']}/swap", json={"username": "张强"}).json()["field"] == "username"


def test_a_shift_is_handed_over_by_its_own_with_a_note_and_taken_over(
    boss: httpx2.Client, centre: Centre, database: Database
) -> None:
    made = boss.post("/api/duty", json=shift("李敏")).json()
    own = boss.post("/api/duty", json=shift("张强", 6 * HOUR)).json()
    over = {"username": "张强", "note": "王桂珍家门锁坏了，邻居有钥匙"}
    with centre.operator("李敏") as her, centre.operator("张强") as him:
        assert him.post(f"/api/duty/{made['id']}/hand-over", json=over | {"username": "李敏"}).status_code == 409
        assert him.post(f"/api/duty/{own['id']}/take-over").status_code == 409
        handed = her.post(f"/api/duty/{made['id']}/hand-over", json=over).json()
        assert (handed["id"], handed["username"], handed["ends"]) == (own["id"], "张强", own["ends"])
        assert on_duty(database) == {"张强"}
        assert her.post(f"/api/duty/{own['id']}/take-over").status_code == 409
        assert him.post(f"/api/duty/{own['id']}/take-over").status_code == 204
        log = him.get("/api/duty/log").json()["entries"]
    assert [(one["kind"], one["by_name"], one["other_name"], one["note"]) for one in log[:2]] == [
        ("taken_over", "张强", "李敏", ""), ("handed_over", "李敏", "张强", over["note"]),
    ]  # fmt: skip


def test_operators_change_no_roster_and_whoever_has_an_area_that_of_their_area_only(
    boss: httpx2.Client, centre: Centre, database: Database
) -> None:
    with database.transaction() as conn:
        county, other = areas.id_of_code(conn, "340503"), areas.id_of_code(conn, "340521")
        accounts.create_account(conn, "street", PASSWORD, Role.SUPERVISOR, area_id=county)
    everywhere = boss.post("/api/duty", json=shift("李敏")).json()
    elsewhere = boss.post("/api/duty", json=shift("李敏", level="county", area_id=other)).json()
    with centre.operator("李敏") as operator:
        assert operator.post("/api/duty", json=shift("李敏")).status_code == 403
    with centre.operator("street") as street:
        for area in (None, other):
            assert street.post("/api/duty", json=shift("张强", area_id=area)).json()["field"] == "area_id"
        mine = street.post("/api/duty", json=shift("张强", area_id=county)).raise_for_status().json()
        assert [one["id"] for one in street.get("/api/duty").json()["shifts"]] == [mine["id"]]
        for one in (everywhere, elsewhere):
            assert street.delete(f"/api/duty/{one['id']}").status_code == 404
        assert {one["area"] for one in street.get("/api/duty/log").json()["entries"]} == {mine["area"]}

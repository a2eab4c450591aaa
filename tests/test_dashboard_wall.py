"""The wall over HTTP: every care bed in one's care, how it stands as one letter, and nobody's name."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from care.beds import BedState
from care.people import Role
from records.database import Conn, Database
from records.login import accounts
from tests.centre import Centre, furnish, id_of
from tests.test_rules import area_of, move

COVERED = """
    INSERT INTO coverage (resident_id, state, reasons, since) VALUES (%s, %s, %s, now())
    ON CONFLICT (resident_id) DO UPDATE SET state = excluded.state, reasons = excluded.reasons
"""
AWAY = """
    INSERT INTO absence (id, resident_id, kind, valid_from, valid_to, entered_by, recorded_at)
    VALUES (gen_random_uuid(), %(who)s, 'away', now() - interval '1 hour', now() + interval '1 day', NULL, now())
"""
BED = "INSERT INTO care_bed (id, resident_id, number, set_up) VALUES (gen_random_uuid(), %s, %s, current_date)"
PEOPLE = {
    "王桂珍": BedState.ARMED,
    "李建国": BedState.DEGRADED,
    "张秀英": BedState.BLIND,
    "陈玉兰": BedState.UNWATCHED,
    "刘凤英": BedState.AWAY,
}


@pytest.fixture
def beds(database: Database) -> dict[str, str]:
    """Five care beds in two counties, each standing differently; the id of each resident."""
    found = {}
    for number, name in enumerate(PEOPLE, start=1):
        furnish(database, name, number)
        move(database, id_of(database, name), area_of(database, "340503" if number < 4 else "340521"))
        found[name] = str(id_of(database, name))
    with database.transaction() as conn:
        for number, resident in enumerate(found.values(), start=1):
            conn.execute(BED, (resident, f"MAS-{number:05}"))
        stands(conn, found["王桂珍"], "armed")
        stands(conn, found["李建国"], "degraded", "silent")
        stands(conn, found["张秀英"], "blind", "silent")
        stands(conn, found["陈玉兰"], "blind", "no_device")
        stands(conn, found["刘凤英"], "armed")
        conn.execute(AWAY, {"who": found["刘凤英"]})
    return found


def stands(conn: Conn, resident: str, state: str, *whys: str) -> None:
    """What supervision has found of this resident."""
    reasons = ",".join(f'{{"why": "{why}", "device": "acme/x", "kind": "bed", "since": null}}' for why in whys)
    conn.execute(COVERED, (resident, state, f"[{reasons}]"))


def wall(client: httpx2.Client) -> Any:
    return client.get("/api/wall").raise_for_status().json()


def letters(found: Any) -> dict[str, str]:
    """Of each resident's bed how it stands."""
    return {
        resident: letter
        for community in found["communities"]
        for resident, letter in zip(community["residents"], community["states"], strict=True)
    }


def test_every_bed_stands_as_supervision_and_absences_say(operator: httpx2.Client, beds: dict[str, str]) -> None:
    found = wall(operator)
    assert letters(found) == {beds[name]: str(state) for name, state in PEOPLE.items()}
    names = {area["name"] for area in found["areas"]}
    assert {"马鞍山市", "花山区", "当涂县"} <= names
    assert "含山县" not in names, "an area without a bed is not on the wall"
    states = operator.get("/api/wall/states").raise_for_status().json()["states"]
    assert states == {str(one["area_id"]): one["states"] for one in found["communities"]}


def test_nobody_is_named_on_the_wall(operator: httpx2.Client, beds: dict[str, str]) -> None:
    text = operator.get("/api/wall").raise_for_status().text
    assert not [name for name in PEOPLE if name in text]


def test_a_bed_that_was_taken_away_is_not_shown(
    operator: httpx2.Client, database: Database, beds: dict[str, str]
) -> None:
    with database.transaction() as conn:
        conn.execute("UPDATE care_bed SET closed = current_date WHERE resident_id = %s", (beds["张秀英"],))
    assert beds["张秀英"] not in letters(wall(operator))


def test_one_sees_the_beds_of_ones_own_area_only(centre: Centre, database: Database, beds: dict[str, str]) -> None:
    with database.transaction() as conn:
        accounts.create_account(
            conn, "当涂坐席", "long-enough-for-a-test", Role.OPERATOR, area_id=area_of(database, "340521")
        )
    with httpx2.Client(base_url=centre.url, trust_env=False, timeout=120) as client:
        answer = client.post("/api/session", json={"username": "当涂坐席", "password": "long-enough-for-a-test"})
        answer.raise_for_status()
        assert set(letters(wall(client))) == {beds["陈玉兰"], beds["刘凤英"]}


def test_an_absence_that_is_over_or_still_to_come_changes_nothing(
    operator: httpx2.Client, database: Database, beds: dict[str, str]
) -> None:
    with database.transaction() as conn:
        conn.execute("UPDATE absence SET ended_at = %s", (datetime.now(UTC) - timedelta(minutes=1),))
    assert letters(wall(operator))[beds["刘凤英"]] == BedState.ARMED

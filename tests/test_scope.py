"""Whom an account may see: the tree of areas, the lists of residents, and that memory and SQL say the same."""

from itertools import product
from uuid import UUID, uuid4

import pytest

from care.masking import masked_address, masked_name, masked_phone
from care.people import Role
from care.permissions import EVERYWHERE_WITHOUT_AREA, MAY, Permission
from records.database import Conn, Database
from records.equipment import device_view
from records.ids import new_id
from records.login.accounts import account_by_name, create_account, scope_of_account
from records.people import areas, residents
from records.scope import EVERYTHING, IN_SCOPE, Scope
from tests.centre import PASSWORD, id_of
from tests.people import give

MATCHES = "SELECT r.id FROM resident r JOIN home h ON h.id = r.home_id WHERE " + IN_SCOPE


def grow(conn: Conn, parent: int, level: str, name: str) -> int:
    row = conn.execute(
        "INSERT INTO area (parent_id, level, name) VALUES (%s, %s, %s) RETURNING id", (parent, level, name)
    ).fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture
def places(database: Database) -> dict[str, int]:
    """A street with two communities in 花山区; somebody lives in each community."""
    with database.transaction() as conn:
        city, county = areas.id_of_code(conn, "340500"), areas.id_of_code(conn, "340503")
        assert city is not None
        assert county is not None
        other = areas.id_of_code(conn, "340521")
        assert other is not None
        street = grow(conn, county, "street", "湖东路街道")
        east, west = grow(conn, street, "community", "东社区"), grow(conn, street, "community", "西社区")
        for name, area in (("王桂珍", east), ("张秀英", west), ("刘德胜", other)):
            home = new_id()
            conn.execute("INSERT INTO home (id, area_id) VALUES (%s, %s)", (home, area))
            conn.execute("INSERT INTO resident (id, home_id, name) VALUES (%s, %s, %s)", (new_id(), home, name))
    return {"city": city, "county": county, "street": street, "east": east, "west": west, "other": other}


def sees(database: Database, role: Role, area: int | None, *listed: UUID, vendor: str | None = None) -> set[str]:
    """The names that a new account of this role and area finds."""
    with database.transaction() as conn:
        username = f"{role}-{uuid4().hex[:8]}"
        account_id = create_account(conn, username, PASSWORD, role, area_id=area, vendor=vendor)
        for resident in listed:
            conn.execute("INSERT INTO account_resident VALUES (%s, %s)", (account_id, resident))
        found = account_by_name(conn, username)
        assert found is not None
        return {one.name for one in residents.search(conn, "", 100, scope_of_account(conn, found[0])).residents}


def test_everybody_below_ones_area_is_ones_own_and_nobody_else(database: Database, places: dict[str, int]) -> None:
    everybody = {"王桂珍", "张秀英", "刘德胜"}
    expected = {
        "city": everybody,
        "county": {"王桂珍", "张秀英"},
        "street": {"王桂珍", "张秀英"},
        "east": {"王桂珍"},
        "west": {"张秀英"},
        "other": {"刘德胜"},
    }
    for place, names in expected.items():
        for role in (Role.OPERATOR, Role.STATION_WORKER, Role.DOCTOR, Role.ADMINISTRATOR):
            assert (place, role, sees(database, role, places[place])) == (place, role, names)


def test_without_an_area_only_the_command_centre_sees_the_city(database: Database, places: dict[str, int]) -> None:
    for role in set(Role) - {Role.VENDOR}:
        assert (role, len(sees(database, role, None))) == (role, 3 if role in EVERYWHERE_WITHOUT_AREA else 0)


def test_a_daughter_sees_her_mother_whatever_area_her_account_says(database: Database, places: dict[str, int]) -> None:
    mother = id_of(database, "王桂珍")
    assert sees(database, Role.FAMILY, None, mother) == {"王桂珍"}
    assert sees(database, Role.FAMILY, places["city"], mother) == {"王桂珍"}
    assert sees(database, Role.DOCTOR, None, mother) == {"王桂珍"}


def test_a_vendor_sees_no_resident_and_only_its_own_devices(database: Database) -> None:
    give(database, "王桂珍", "bed-1", vendor="acme")
    give(database, "王桂珍", "bed-2", vendor="other")
    assert sees(database, Role.VENDOR, None, vendor="acme") == set()
    with database.transaction() as conn:
        for vendor, device, seen in (("acme", "bed-1", True), ("other", "bed-2", False)):
            found = device_view.device_view(conn, vendor, device, Scope(vendor="acme"))
            assert (device, found is not None) == (device, seen)
            assert device_view.device_view(conn, vendor, device, EVERYTHING) is not None
            assert device_view.device_view(conn, vendor, device, Scope(areas=())) is None


def test_memory_and_sql_say_the_same(database: Database, places: dict[str, int]) -> None:
    with database.transaction() as conn:
        homes = conn.execute("SELECT r.id, h.area_id FROM resident r JOIN home h ON h.id = r.home_id").fetchall()
        some = homes[0][0]
        for area_ids, listed, vendor in product(
            (None, (), (places["east"],), (places["east"], places["other"])), (None, (), (some,)), (None, "acme")
        ):
            scope = Scope(area_ids, listed, vendor)
            by_sql = {row[0] for row in conn.execute(MATCHES, scope.terms())}
            by_memory = {resident for resident, area in homes if scope.holds(area, resident)}
            assert (scope, by_sql) == (scope, by_memory)


def test_an_alert_of_nobody_is_for_those_who_see_everything() -> None:
    assert EVERYTHING.holds(None, None)
    assert not Scope(areas=(1,)).holds(None, None)
    assert not Scope(residents=(uuid4(),)).holds(None, None)
    assert not Scope(vendor="acme").holds(None, None)


def test_every_role_is_in_the_table_and_each_permission_is_somebodys() -> None:
    assert set(MAY) == set(Role)
    assert set().union(*MAY.values()) == set(Permission)
    assert all(Permission.READ_RESIDENTS in may for may in MAY.values() if Permission.REVEAL in may)


def test_what_is_masked_keeps_nothing_that_tells_who_it_is() -> None:
    assert [masked_name(name) for name in ("王桂珍", "欧阳娜娜", "王", "")] == ["王**", "欧***", "王", ""]
    assert masked_address("湖东路12号3栋402室") == "湖东路*号*栋*室"
    assert [masked_phone(phone) for phone in ("10055512345", "5551234", "")] == ["100****2345", "*******", ""]

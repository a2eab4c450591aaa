"""Residents from a file: what is read, what is refused, and that the same file twice makes no doubles."""

import csv
import io
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from uuid import UUID

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from care import intake
from care.intake import COLUMNS, Why
from dashboard.administration.import_template import as_csv, as_xlsx
from records.database import Conn, Database
from records.intake import checking, sheets, taking
from records.intake.checking import Checked, NoHeadings
from records.intake.sheets import Fault, NotATable
from records.people import areas
from records.scope import EVERYTHING, Scope
from tests.test_scope import grow

TODAY = date(2026, 11, 23)
HEADS = [
    "编号",
    "姓名",
    "电话",
    "街道",
    "社区",
    "住址",
    "照护床位号",
    "建床日期",
    "联系人1姓名",
    "联系人1电话",
    "联系人1关系",
]
WANG = ["A-1", "王桂珍", "13855512345", "", "东社区", "12号3栋", "HS-1", "2025-03-01", "王芳", "138 5551 2346", "女儿"]
ZHANG = ["A-2", "张秀英", "", "", "西社区", "7号", "", "", "", "", ""]


def written(*rows: Sequence[str], encoding: str = "utf-8", separator: str = ",") -> bytes:
    made = io.StringIO()
    csv.writer(made, delimiter=separator).writerows(rows)
    return made.getvalue().encode(encoding)


@pytest.fixture
def places(database: Database) -> dict[str, int]:
    """Two streets in 花山区; each has a 中心社区."""
    with database.transaction() as conn:
        county = areas.id_of_code(conn, "340503")
        assert county is not None
        lake, hill = grow(conn, county, "street", "湖东路街道"), grow(conn, county, "street", "佳山乡")
        names = (("东社区", lake), ("西社区", lake), ("中心社区", lake), ("中心社区", hill))
        return {f"{name}{street}": grow(conn, street, "community", name) for name, street in names} | {
            "东社区": areas_named(conn, "东社区"), "lake": lake, "hill": hill,
        }  # fmt: skip


def areas_named(conn: Conn, name: str) -> int:
    row = conn.execute("SELECT id FROM area WHERE name = %s", (name,)).fetchone()
    assert row is not None
    return int(row[0])


def looked_at(database: Database, data: bytes, scope: Scope = EVERYTHING) -> Checked:
    with database.transaction() as conn:
        return checking.check(conn, sheets.rows(data), scope, TODAY)


def taken(database: Database, data: bytes) -> Checked:
    with database.transaction() as conn:
        found = checking.check(conn, sheets.rows(data), EVERYTHING, TODAY)
        taking.take(conn, found, taking.By(None, "a test"))
        return found


def counts(found: Checked) -> tuple[int, int, int]:
    return len(found.new), len(found.altered), found.same


def wrong(found: Checked) -> list[tuple[int, str, str]]:
    return [(one.row, one.column, str(one.why)) for one in found.problems]


def row_of(database: Database, statement: str, *terms: object) -> tuple[object, ...]:
    with database.transaction() as conn:
        row = conn.execute(statement, terms).fetchone()
    assert row is not None
    return row


# What a file may be --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_is_read_in_each_encoding_and_with_each_separator(encoding: str, separator: str) -> None:
    data = written(HEADS, WANG, encoding=encoding, separator=separator)
    assert list(sheets.rows(data)) == [HEADS, WANG]


def as_sheet(*rows: Sequence[object]) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for number, cells in enumerate(rows):
            for index, cell in enumerate(cells):
                if isinstance(cell, datetime):
                    sheet.write_datetime(number, index, cell, day)
                else:
                    sheet.write(number, index, cell)
    return made.getvalue()


def test_numbers_and_days_of_an_xlsx_are_as_somebody_would_type_them() -> None:
    born = datetime(1940, 5, 1)  # noqa: DTZ001 - a spreadsheet knows no zone
    data = as_sheet(["编号", "电话", "出生日期"], [17, 13855512345, born], ["A", 1.5, True])
    assert list(sheets.rows(data)) == [
        ["编号", "电话", "出生日期"], ["17", "13855512345", "1940-05-01"], ["A", "1.5", "True"],
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_template_has_every_column_and_its_example_is_no_resident(
    database: Database, places: dict[str, int], language: str
) -> None:
    for data in (as_csv(language).encode(), as_xlsx(language)):
        first, *others = sheets.rows(data)
        assert set(intake.heads(first).at) == {column.name for column in COLUMNS}
        assert len(others) >= 1
        assert looked_at(database, data).rows == 0
    example = [column.example for column in COLUMNS]
    found = looked_at(database, written([column.english for column in COLUMNS], example))
    assert (counts(found), wrong(found)) == ((1, 0, 0), [])


def bomb() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for number in range(3):
            packed.writestr(f"xl/media/{number}.bin", bytes(100_000_000))
    return made.getvalue()


def lying_bomb() -> bytes:
    """It says that it is small."""
    data = bomb()
    return data.replace((100_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))


def far_apart() -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "编号")
        sheet.write(1_048_575, 16_383, "")
        sheet.write(1_048_574, 16_382, "x")
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", Fault.EMPTY),
        (b"\xef\xbb\xbf\r\n", Fault.EMPTY),
        (b"a" * (sheets.MOST_BYTES + 1), Fault.LARGE),
        (b"\x80\x81\x82", Fault.ENCODING),
        ("编号,姓名\n1\0,a".encode(), Fault.ENCODING),
        (b"PK\x03\x04junk", Fault.BROKEN),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Fault.OLD),
        (b"a\n" * (sheets.MOST_ROWS + 1), Fault.ROWS),
        (b"," * sheets.MOST_COLUMNS, Fault.ROWS),
        (bomb(), Fault.LARGE),
        (lying_bomb(), Fault.LARGE),
        (far_apart(), Fault.ROWS),
    ],
)
def test_what_is_no_table_or_too_much_is_refused_by_name(data: bytes, fault: Fault) -> None:
    with pytest.raises(NotATable) as refused:
        list(sheets.rows(data))
    assert refused.value.fault is fault


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", b"PK\x03\x04", b"\xef\xbb\xbf", b"\xff\xfe"]))
def test_any_bytes_are_a_table_or_refused(data: bytes, beginning: bytes) -> None:
    with suppress(NotATable):
        assert all(isinstance(cell, str) for cells in sheets.rows(beginning + data) for cell in cells)


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=30), st.integers(0, 5000))
def test_a_damaged_xlsx_is_a_table_or_refused(damage: bytes, at: int) -> None:
    whole = as_sheet(HEADS, WANG)
    at %= len(whole)
    with suppress(NotATable):
        list(sheets.rows(whole[:at] + damage + whole[at + len(damage) :]))


CELL = st.text(max_size=30) | st.sampled_from(["13855512345", "1940-02-30", "女", "2026年1月1日", "#", "轻度"])


@settings(max_examples=300, deadline=None)
@given(st.lists(CELL, max_size=len(COLUMNS)))
def test_any_cells_are_read_or_named(cells: list[str]) -> None:
    at = {column.name: index for index, column in enumerate(COLUMNS)}
    entry, problems = intake.read(7, cells, at, TODAY)
    assert {problem.row for problem in problems} <= {7}
    named = {problem.column for problem in problems}
    assert bool(entry.number) is not ("number" in named)
    assert all(person.name and person.phone for person in entry.contacts)
    assert entry.born is None or intake.OLDEST <= entry.born <= TODAY


def test_headings_that_are_missing_or_twice_are_named(database: Database) -> None:
    with pytest.raises(NoHeadings) as without:
        looked_at(database, written(["姓名", "电话"], ["王桂珍", ""]))
    assert without.value.missing == ("number", "community")
    with pytest.raises(NoHeadings) as doubled:
        looked_at(database, written(["编号", "Number", "姓名", "社区"]))
    assert doubled.value.twice == "Number"


# What is wrong -------------------------------------------------------------------------------------------------------


def test_every_bad_cell_is_named_by_row_and_column(database: Database, places: dict[str, int]) -> None:
    heads = [*HEADS, "出生日期", "性别", "能力等级", "血型"]
    found = looked_at(
        database,
        written(
            heads,
            [*WANG, "1940/5/1", "女", "轻度", "A"],
            [],
            ["A-2", "", "1390000", "", "北社区", "", "", "", "李强", "", "", "1940-02-30", "甲", "三级"],
            ["A-1", "李兰", "", "", "中心社区", "", "HS-1", "2025-03-01", "", "", "", "2030-01-01"],
            ["A-4", "周明", "", "佳山乡", "中心社区", "", "HS-4", ""],
            ["A-5", "吴芳" * 40, "", "", "东社区", "", "", "2025-01-01"],
        ),
    )
    assert wrong(found) == [
        (4, "name", "missing"), (4, "sex", "sex"), (4, "born", "date"), (4, "phone", "phone"),
        (4, "community", "no_area"), (4, "care_level", "level"), (4, "contact1_phone", "contact"),
        (5, "number", "twice"), (5, "born", "future"), (5, "community", "which_area"), (5, "bed", "twice"),
        (6, "set_up", "missing"), (7, "name", "long"), (7, "bed", "missing"),
    ]  # fmt: skip
    near = next(one for one in found.problems if one.why is Why.NO_AREA)
    assert (near.value, "东社区" in near.more["near"]) == ("北社区", True)
    assert found.ignored == ("血型",)
    assert next(one for one in found.problems if one.why is Why.TWICE).more == {"row": "2"}


def test_nothing_of_a_file_with_a_bad_cell_is_taken_in(database: Database, places: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="nothing"):
        taken(database, written(HEADS, WANG, ["A-2", "张秀英", "1", "", "西社区"]))
    assert row_of(database, "SELECT count(*) FROM resident") == (0,)


def test_an_administrator_of_a_street_imports_into_that_street_only(database: Database, places: dict[str, int]) -> None:
    with database.transaction() as conn:
        mine = Scope(areas=tuple(areas.below(conn, places["hill"])))
    assert wrong(looked_at(database, written(HEADS, WANG), mine)) == [(2, "community", "not_yours")]
    taken(database, written(HEADS, WANG))
    moved = [*WANG[:3], "佳山乡", "中心社区", *WANG[5:]]
    assert (2, "number", "not_yours") in wrong(looked_at(database, written(HEADS, moved), mine))


# What comes of it ----------------------------------------------------------------------------------------------------


def test_the_same_file_twice_makes_no_doubles(database: Database, places: dict[str, int]) -> None:
    data = written(HEADS, WANG, ZHANG)
    assert counts(looked_at(database, data)) == (2, 0, 0)
    assert row_of(database, "SELECT count(*) FROM resident") == (0,), "a dry run changes nothing"
    assert counts(taken(database, data)) == (2, 0, 0)
    assert counts(taken(database, data)) == (0, 0, 2)
    assert row_of(database, "SELECT count(*) FROM resident") == (2,)
    assert row_of(
        database,
        """SELECT r.name, r.initials, h.area_id, h.address, b.number, b.set_up FROM resident r
             JOIN home h ON h.id = r.home_id JOIN care_bed b ON b.resident_id = r.id WHERE r.number = 'A-1'""",
    ) == ("王桂珍", ["wgz"], places["东社区"], "12号3栋", "HS-1", date(2025, 3, 1))
    contacts = "SELECT array_agg(name || phone || relation ORDER BY position) FROM contact"
    assert row_of(database, contacts) == (["王芳+8613855512346女儿", "王桂珍+8613855512345本人"],)


def test_what_the_file_says_otherwise_is_changed_and_what_it_leaves_out_stays(
    database: Database, places: dict[str, int]
) -> None:
    taken(database, written(HEADS, WANG))
    mended = ["A-1", "王桂珍", "13855519999", "佳山乡", "中心社区", "", "HS-1", "", "王芳", "13855512347", ""]
    found = looked_at(database, written(HEADS, mended))
    assert {change.column for change in found.altered[0].changes} == {"community", "phone", "contact1_phone"}
    taken(database, written(HEADS, mended))
    assert row_of(database, "SELECT address, area_id FROM home") == ("12号3栋", places[f"中心社区{places['hill']}"])
    contacts = "SELECT array_agg(phone || relation ORDER BY position) FROM contact"
    assert row_of(database, contacts) == (["+8613855512347女儿", "+8613855519999本人"],)
    assert counts(looked_at(database, written(HEADS, mended))) == (0, 0, 1)


def test_whoever_was_entered_by_hand_is_known_by_the_care_bed(database: Database, places: dict[str, int]) -> None:
    taken(database, written(HEADS, WANG))
    with database.transaction() as conn:
        conn.execute("UPDATE resident SET number = NULL")
    found = taken(database, written(HEADS, WANG))
    assert (counts(found), [change.column for change in found.altered[0].changes]) == ((0, 1, 0), ["number"])
    assert row_of(database, "SELECT count(*), min(number) FROM resident") == (1, "A-1")


def test_people_of_one_household_live_in_one_home(database: Database, places: dict[str, int]) -> None:
    heads, none = [*HEADS, "户号"], [""] * 6
    taken(database, written(heads, [*WANG, ""]))
    he, she = ["A-3", "李强", "", "", "东社区", *none, "H-1"], [*WANG, "H-1"]
    assert counts(taken(database, written(heads, he, she))) == (1, 1, 0)
    assert row_of(database, "SELECT count(*), count(DISTINCT home_id) FROM resident") == (2, 1)
    elsewhere = ["A-4", "周明", "", "", "西社区", *none, "H-1"]
    assert wrong(looked_at(database, written(heads, elsewhere))) == [(2, "household", "household")]


def test_a_care_bed_is_nobody_elses(database: Database, places: dict[str, int]) -> None:
    taken(database, written(HEADS, WANG))
    theirs = ["A-2", "张秀英", "", "", "西社区", "", "HS-1", "2025-03-01"]
    other = ["A-1", "王桂珍", "", "", "东社区", "", "HS-9", "2025-03-01"]
    assert wrong(looked_at(database, written(HEADS, theirs))) == [(2, "bed", "bed_taken")]
    found = looked_at(database, written(HEADS, other))
    assert (wrong(found), dict(found.problems[0].more)) == ([(2, "bed", "other_bed")], {"bed": "HS-1"})


def test_the_audit_log_has_the_file_and_each_resident_without_what_was_written(
    database: Database, places: dict[str, int]
) -> None:
    taken(database, written(HEADS, WANG, ZHANG))
    taken(database, written(HEADS, [*WANG[:2], "13855519999", *WANG[3:]], ZHANG))
    with database.transaction() as conn:
        lines = conn.execute("SELECT action, reason, resident_id FROM audit ORDER BY id").fetchall()
    assert [line[:2] for line in lines] == [
        ("import residents", "2 rows: 2 new, 0 changed, 0 the same"),
        ("import resident", "new"), ("import resident", "new"),
        ("import residents", "2 rows: 0 new, 1 changed, 1 the same"), ("import resident", "phone"),
    ]  # fmt: skip
    assert [isinstance(line[2], UUID) for line in lines] == [False, True, True, False, True]

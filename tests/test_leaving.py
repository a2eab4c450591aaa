"""All of one person is written out, then deleted: a search of the whole database finds nothing of them any more.

On embedded PostgreSQL, and on a native TimescaleDB where one is named, with its columnstore and its rollups.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from care.absences import AbsenceKind
from care.devices import DeviceKind
from care.notices import Channel
from care.people import Role
from care.visits import VisitKind
from records.counting.figures_response import response
from records.counting.figures_terms import Wanted
from records.database import Conn, Database, has_timescale
from records.ids import new_id
from records.judging import alert_log
from records.leaving import deleting, deletions, exporting, exports
from records.leaving.deletions import By, DeletedFor, Impossible
from records.login import accounts, audit, sessions
from records.migrate import migrate
from records.nursing import assessments, care_plan, documents, health_card, way_in
from records.nursing.health_card import CardEntry as Entry
from records.nursing.health_card import CardKind as Kind
from records.people import consents, contacts
from records.readings.maintenance import maintain
from records.readings.observations import Row
from records.readings.policies import Retention
from records.rounds import absences, visiting
from records.rounds.absences import Away
from records.rounds.visiting import Visited
from records.scope import EVERYTHING
from tests.centre import PASSWORD, id_of, observe, ring
from tests.flavours import NATIVE_URL, fresh_database, pause_jobs
from tests.people import Wearer, give
from tests.test_rules import area_of, move

NOW = datetime.now(UTC)
MONTH_AGO = NOW - timedelta(days=30)
SAID = "请女儿周末来陪伴"
"""Stands in every text that somebody writes."""
PHONE = "+8613955598765"


@pytest.fixture(params=["plain", "native"])
def people(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database of each kind that production has."""
    if request.param == "plain":
        yield request.getfixturevalue("database")
        return
    if NATIVE_URL is None:
        pytest.skip("no native TimescaleDB: set ANKANG_TEST_TIMESCALE_URL to one")
    with fresh_database(NATIVE_URL) as url:
        migrate(url, Retention())
        with psycopg.connect(url, autocommit=True) as conn:
            pause_jobs(conn)
        with Database(url) as database:
            yield database


@pytest.fixture
def wang(people: Database) -> Wearer:
    """Somebody of whom everything is known, and a neighbour of hers with a device of the same kind."""
    wearer = give(people, "王桂珍", "bed-wang", DeviceKind.BED, since=MONTH_AGO)
    zhang = give(people, "张秀英", "bed-zhang", DeviceKind.BED, since=MONTH_AGO)
    for one in (wearer, zhang):
        move(people, id_of(people, one.name), area_of(people, "340503"))
        times = [NOW - timedelta(days=day, minutes=minute) for day in range(20) for minute in range(0, 90, 10)]
        observe(people, [Row(one.device_id, time, {"heart_rate": 61.0, "in_bed": 1}) for time in times])
    resident = id_of(people, wearer.name)
    with people.transaction() as conn:
        conn.execute("UPDATE device SET place = '王桂珍卧室' WHERE id = %s", (wearer.device_id,))
        accounts.create_account(conn, "李敏", PASSWORD, Role.OPERATOR)
        conn.execute("UPDATE home SET address = '湖西路77号' WHERE id = (SELECT home_id FROM resident WHERE id = %s)",
                     (resident,))  # fmt: skip
        _live(conn, wearer, resident)
        _nurse(conn, resident)
    _ring(people, wearer, resident)
    store(people)
    return wearer


def account(conn: Conn, name: str) -> UUID:
    found = accounts.account_by_name(conn, name)
    assert found is not None
    return found[0].id


def _live(conn: Conn, wearer: Wearer, resident: UUID) -> None:
    by = account(conn, "李敏")
    conn.execute("INSERT INTO care_bed (id, resident_id, number, set_up) VALUES (%s, %s, 'HS-7777', '2026-01-01')",
                 (new_id(), resident))  # fmt: skip
    li = contacts.add(conn, resident, contacts.Entry("李娜娜", "女儿", PHONE))
    conn.execute("INSERT INTO reach (contact_id, channel, address) VALUES (%s, 'email', 'nana@example.org')", (li,))
    consents.give(conn, resident, Channel.EMAIL, SAID, by, NOW)
    absences.add(conn, Away(resident, AbsenceKind.AWAY, NOW, NOW + timedelta(days=1), by, SAID), NOW)
    visiting.record(
        conn, resident, Visited(VisitKind.PHONE, NOW - timedelta(hours=1), reached=True, note=SAID), by, NOW
    )
    conn.execute("INSERT INTO confirmation VALUES (%s, %s, %s, %s, %s, %s)", (new_id(), resident, NOW, by, SAID, NOW))
    conn.execute("INSERT INTO habit VALUES (%s, %s, 9, %s)", (resident, Jsonb({"who": SAID}), NOW))
    conn.execute(
        "INSERT INTO rule_setting (rule, version, resident_id, values, changed_at, why)"
        " VALUES ('room_cold', 9, %s, '{}', %s, %s)",
        (resident, NOW, SAID),
    )  # fmt: skip
    accounts.create_account(conn, "王芳芳", PASSWORD, Role.FAMILY)
    family = account(conn, "王芳芳")
    conn.execute("INSERT INTO account_resident VALUES (%s, %s)", (family, resident))
    conn.execute(
        "INSERT INTO reach (account_id, channel, address) VALUES (%s, 'email', 'fangfang@example.org')", (family,)
    )
    sessions.open_session(conn, family, timedelta(days=1))
    conn.execute("INSERT INTO home (id, area_id, address) VALUES (%s, 1, '旧居巷3号')", (old := new_id(),))
    conn.execute(
        "INSERT INTO house_move SELECT %s, id, %s, home_id, '2026-01-01', %s, %s FROM resident WHERE id = %s",
        (new_id(), old, by, NOW, resident),
    )  # fmt: skip
    audit.note(conn, by, "reveal", resident_id=resident, reason=f"王桂珍 {SAID}")
    audit.note(conn, by, "call contact", subject=str(li))
    audit.note(conn, by, "GET /api/devices/{vendor}/{device}", subject="acme/bed-wang")
    audit.note(conn, by, "disable account", subject="王芳芳")
    conn.execute(
        "INSERT INTO event (device_id, id, stated_time, time, received_at, name, data)"
        " VALUES (%s, '1', %s, %s, %s, 'sos', %s)",
        (wearer.device_id, NOW, NOW, NOW, Jsonb({"text": SAID})),
    )  # fmt: skip
    for topic, payload in (("care/v1/acme/bed-wang/obs", SAID.encode()), ("care/v1/acme/bed-zhang/obs", b"{}")):
        conn.execute(
            "INSERT INTO quarantine (digest, vendor, device, topic, field, reason, payload, first_at, last_at) "
            "VALUES (sha256(%s::text::bytea), 'acme', split_part(%s, '/', 4), %s, 'body', 'is not JSON', %s, %s, %s)",
            (topic, topic, topic, payload, NOW, NOW),
        )  # fmt: skip
    conn.execute("INSERT INTO trouble VALUES ('alerts', 'silence', %s, 'KeyError', %s, %s)", (str(resident), NOW, NOW))


def _nurse(conn: Conn, resident: UUID) -> None:
    by = account(conn, "李敏")
    health_card.enter(conn, resident, Entry(Kind.ALLERGY, "青霉素", SAID), by, NOW)
    assessments.enter(conn, resident, NOW.date(), 40, "评估员", SAID, by, NOW)
    care_plan.enter(
        conn, resident, care_plan.PlanItem(care_plan.PlanKind.GOAL, SAID, "", "", NOW.date(), None), by, NOW
    )
    way_in.enter(conn, resident, way_in.Way(key_place=SAID, door_code="2580#"), by, NOW)
    documents.keep(conn, resident, "出院小结.pdf", b"%PDF-1.7 " + SAID.encode(), by, NOW)


def _ring(people: Database, wearer: Wearer, resident: UUID) -> None:
    """An alert that was worked off with everything that people write, and one of a whole county with her bed in it."""
    alert = ring(people, wearer, at=NOW - timedelta(hours=2))
    with people.transaction() as conn:
        by = account(conn, "李敏")
        conn.execute("UPDATE alert SET area_id = NULL WHERE id = %s", (alert,))
        alert_log.log_line(conn, alert, NOW, "answer", account_id=by)
        alert_log.log_line(conn, alert, NOW, "contact", account_id=by, detail={"note": f"王桂珍 {SAID}"})
        conn.execute(
            "UPDATE alert SET phase = 'closed', closed_at = %s, closed_by = %s, answered_by = %s, answered_at = %s,"
            " outcome = 'helped', note = %s, dispatched_to = %s, evidence = %s, case_id = id,"
            " home_id = (SELECT home_id FROM resident WHERE id = %s) WHERE id = %s",
            (NOW, by, by, NOW, SAID, SAID, Jsonb({"device": "bed-wang", "resident": str(resident)}), resident, alert),
        )  # fmt: skip
        (contact,) = contacts.of_resident(conn, resident)
        notice = new_id()
        conn.execute(
            "INSERT INTO notice (id, alert_id, about, recipient, priority, made_at)"
            " VALUES (%s, %s, 'escalated:1', %s, 'high', %s)",
            (notice, alert, f"contact:{contact.id}", NOW),
        )  # fmt: skip
        conn.execute(
            "INSERT INTO delivery (notice_id, number, channel, address, language, urgent, made_at)"
            " VALUES (%s, -1, 'sms', %s, 'zh-CN', true, %s)",
            (notice, PHONE, NOW),
        )  # fmt: skip
        conn.execute("INSERT INTO miss_reason VALUES (%s, 'answered', %s, %s, %s)", (alert, SAID, by, NOW))
        audit.note(conn, by, "POST /api/alerts/{alert_id}/close", alert_id=alert, subject=str(alert))
        conn.execute(
            "INSERT INTO alert (id, rule, rule_version, class, priority, subject, area_id, phase, latched, happened_at,"
            " opened_at, last_at, evidence, raised_at, phase_at, touched_at) VALUES (%s, 'area_outage', 1, 'technical',"
            " 'medium', 'area:1', 1, 'raised', false, %s, %s, %s, %s, %s, %s, %s)",
            (new_id(), *[NOW] * 3, Jsonb({"count": 2, "devices": ["acme/bed-wang", "acme/bed-zhang"]}), *[NOW] * 3),
        )  # fmt: skip


COMPRESS = "SELECT compress_chunk(c, if_not_compressed => true) FROM show_chunks(%s, older_than => INTERVAL '2 days') c"


def store(people: Database) -> None:
    """Everything is where it lies in production: rolled up, and on TimescaleDB in the columnstore."""
    if not timescale(people):
        with people.transaction() as conn:
            conn.execute("UPDATE rollup_mark SET through = %s, done = %s", (NOW - timedelta(days=25),) * 2)
        maintain(people, Retention(), NOW + timedelta(hours=2))
        return
    refresh(people)
    with people.transaction() as conn:
        for relation in ("observation", "observation_minute", "observation_hour"):
            conn.execute(COMPRESS, (relation,))


def timescale(people: Database) -> bool:
    with people.transaction() as conn:
        return has_timescale(conn) is not None


def refresh(people: Database) -> None:
    with psycopg.connect(people.url, autocommit=True) as conn:
        for view in ("observation_minute", "observation_hour"):
            conn.execute("CALL refresh_continuous_aggregate(%s, NULL, NULL)", (view,))


EVERY_TABLE = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'm') AND n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema'
"""
COLUMNS = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
WITH_DEVICE = (
    EVERY_TABLE
    + """
       AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'device_id' AND NOT attisdropped)
       AND (n.nspname <> 'public' OR c.relname LIKE 'observation%%')
"""
)


def search(people: Database, needles: list[str]) -> dict[tuple[str, str], int]:
    """In how many rows of which table one of these stands: in any column, bytes and JSON too."""
    patterns = [f"%{text}%" for needle in needles for text in (needle, needle.encode().hex())]
    found = {}
    with people.transaction() as conn:
        for schema, table in conn.execute(EVERY_TABLE).fetchall():
            columns = [row[0] for row in conn.execute(COLUMNS, (sql.Identifier(schema, table).as_string(conn),))]
            if not columns:
                continue
            texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in columns)
            statement = sql.SQL("SELECT count(*) FROM {} WHERE concat_ws(' ', {}) LIKE ANY (%s)")
            row = conn.execute(statement.format(sql.Identifier(schema, table), texts), (patterns,)).fetchone()
            if row and row[0]:
                found[schema, table] = row[0]
    return found


def stored_of(people: Database, device_id: int) -> dict[tuple[str, str], int]:
    """In which tables of readings, their chunks, columnstores and rollups there is something of this device."""
    found = {}
    with people.transaction() as conn:
        for schema, table in conn.execute(WITH_DEVICE).fetchall():
            statement = sql.SQL("SELECT count(*) FROM {} WHERE device_id = %s")
            row = conn.execute(statement.format(sql.Identifier(schema, table)), (device_id,)).fetchone()
            if row and row[0]:
                found[schema, table] = row[0]
    return found


def needles_of(people: Database, resident: UUID) -> list[str]:
    with people.transaction() as conn:
        ids = conn.execute(
            "SELECT id::text FROM contact WHERE resident_id = %(id)s UNION SELECT home_id::text FROM resident"
            " WHERE id = %(id)s UNION SELECT id::text FROM document WHERE resident_id = %(id)s",
            {"id": resident},
        ).fetchall()
    return [
        "王桂珍", "李娜娜", "王芳芳", PHONE, "nana@example.org",
        "fangfang@example.org", "湖西路77号", "旧居巷3号", "HS-7777",
        SAID, "2580#", str(resident), *(row[0] for row in ids),
    ]  # fmt: skip


def counted(people: Database) -> object:
    """The answer figures of her county."""
    with people.transaction() as conn:
        area = area_of(people, "340503")
        wanted = Wanted.of(conn, EVERYTHING, area, MONTH_AGO, NOW + timedelta(hours=1), NOW + timedelta(hours=1))
        return response(conn, wanted).whole


def delete(people: Database, resident: UUID) -> UUID:
    with people.transaction() as conn:
        asked = deletions.ask(conn, resident, DeletedFor.WISH, By(account(conn, "李敏")), NOW)
        assert deletions.confirm(conn, asked, By(user="root"), NOW)
    assert deleting.delete_one(people)
    return asked


def test_nothing_is_left_of_a_deleted_person_anywhere(people: Database, wang: Wearer) -> None:
    resident = id_of(people, wang.name)
    needles = needles_of(people, resident)
    before, figures = search(people, [*needles, "bed-wang"]), counted(people)
    assert {table for _, table in before} >= {
        "resident", "home", "contact", "reach", "visit", "alert", "alert_log", "notice", "delivery", "audit", "event",
        "quarantine", "health_entry", "way_in", "document", "account", "miss_reason", "trouble", "rule_setting",
    }  # fmt: skip
    stored = stored_of(people, wang.device_id)
    assert len(stored) >= (20 if not timescale(people) else 8), stored
    asked = delete(people, resident)
    assert search(people, needles) == {}
    left = search(people, ["bed-wang"])
    assert left == {("public", "device"): 1}, "the device itself is in stock"
    assert stored_of(people, wang.device_id) == {}
    with people.transaction() as conn:
        report = deletions.one(conn, asked)
        assert report is not None
        assert (report.resident_id, report.confirmed_by, report.problem) == (None, "root", None)
        assert report.counts is not None
        assert report.counts["observation"] == 180
        assert (report.counts["alert, kept"], report.counts["document"], report.counts["way_in"]) == (1, 1, 1)
        assert conn.execute("SELECT place, state FROM device WHERE name = 'bed-wang'").fetchone() == ("", "registered")
        assert conn.execute("SELECT count(*) FROM audit WHERE account_id IS NOT NULL").fetchone() == (5,)
    assert counted(people) == figures


def test_the_others_keep_theirs_and_no_refresh_brings_anything_back(people: Database, wang: Wearer) -> None:
    with people.transaction() as conn:
        zhang = conn.execute("SELECT id FROM device WHERE name = 'bed-zhang'").fetchone()
    assert zhang is not None
    theirs = "SELECT (SELECT count(*) FROM observation WHERE device_id = %(id)s),\
 (SELECT count(*) FROM observation_minute WHERE device_id = %(id)s),\
 (SELECT count(*) FROM observation_hour WHERE device_id = %(id)s)"
    with people.transaction() as conn:
        before = conn.execute(theirs, {"id": zhang[0]}).fetchone()
    assert before is not None
    assert min(before) > 20
    delete(people, id_of(people, wang.name))
    if timescale(people):
        refresh(people)
    else:
        maintain(people, Retention(), NOW + timedelta(hours=3))
    assert stored_of(people, wang.device_id) == {}
    with people.transaction() as conn:
        assert conn.execute(theirs, {"id": zhang[0]}).fetchone() == before
        assert conn.execute("SELECT topic FROM quarantine").fetchall() == [("care/v1/acme/bed-zhang/obs",)]


def test_what_a_device_said_of_the_one_who_had_it_before_stays(people: Database, wang: Wearer) -> None:
    with people.transaction() as conn:
        zhang = id_of(people, "张秀英")
        middle = NOW - timedelta(days=10)
        conn.execute("UPDATE binding SET valid_from = %s WHERE device_id = %s", (middle, wang.device_id))
        conn.execute("INSERT INTO binding (device_id, resident_id, valid_from, valid_to) VALUES (%s, %s, %s, %s)",
                     (wang.device_id, zhang, MONTH_AGO, middle))  # fmt: skip
    delete(people, id_of(people, wang.name))
    with people.transaction() as conn:
        rows = conn.execute("SELECT max(time) FROM observation WHERE device_id = %s", (wang.device_id,)).fetchone()
    assert rows is not None
    assert rows[0] < middle


def test_two_people_delete_and_no_alert_is_open(people: Database, wang: Wearer) -> None:
    resident = id_of(people, wang.name)
    with people.transaction() as conn:
        li = By(account(conn, "李敏"))
        asked = deletions.ask(conn, resident, DeletedFor.DEATH, li, NOW)
        with pytest.raises(Impossible, match="somebody has asked"):
            deletions.ask(conn, resident, DeletedFor.DEATH, By(user="root"), NOW)
        with pytest.raises(Impossible, match="second person"):
            deletions.confirm(conn, asked, li, NOW)
    assert not deleting.delete_one(people), "nobody has confirmed it"
    ring(people, wang, "sos")
    with people.transaction() as conn, pytest.raises(Impossible, match="close the 1 open"):
        deletions.confirm(conn, asked, By(user="root"), NOW)
    with people.transaction() as conn:
        assert deletions.refuse(conn, asked, li, NOW)
        assert not deletions.confirm(conn, asked, By(user="root"), NOW)
    assert id_of(people, wang.name) == resident


def test_the_audit_log_forgets_nobody_without_a_deletion(people: Database, wang: Wearer) -> None:
    blank = "UPDATE audit SET resident_id = NULL, subject = '', reason = ''"
    with pytest.raises(psycopg.Error, match="stays as it is"), people.transaction() as conn:
        conn.execute(blank)
    with people.transaction() as conn:
        asked = deletions.ask(conn, id_of(people, wang.name), DeletedFor.WISH, By(account(conn, "李敏")), NOW)
    with pytest.raises(psycopg.Error, match="stays as it is"), people.transaction() as conn:
        conn.execute("SELECT set_config('ankang.deletion', %s, true)", (str(asked),))
        conn.execute(blank)


def test_everything_is_written_out_first(people: Database, wang: Wearer) -> None:
    resident = id_of(people, wang.name)
    with people.transaction() as conn:
        assert exports.ask(conn, resident, account(conn, "李敏"), NOW)
        assert not exports.ask(conn, resident, None, NOW), "one is under way"
    assert exporting.export_one(people)
    with people.transaction() as conn:
        (made,) = exports.of_resident(conn, resident)
        assert exports.is_whole(conn, made.id, resident)
    assert (made.problem, made.done) == (None, made.parts)
    packed = zipfile.ZipFile(io.BytesIO(b"".join(exports.pieces(people, made.id))))
    assert packed.testzip() is None
    names = packed.namelist()
    for table in (
        "resident",
        "home",
        "contact",
        "visit",
        "alert",
        "alert_log",
        "notice",
        "audit",
        "health_entry",
        "way_in",
    ):
        assert json.loads(packed.read(f"json/{table}.json")), table
        assert packed.read(f"csv/{table}.csv").startswith("\ufeff".encode())
    assert json.loads(packed.read("json/event-acme-bed-wang.json"))[0]["data"] == {"text": SAID}
    assert packed.read("documents/01-出院小结.pdf") == b"%PDF-1.7 " + SAID.encode()
    raw = [name for name in names if name.startswith("readings/acme-bed-wang/") and name.endswith("-observation.csv")]
    assert sum(packed.read(name).count(b"\r\n") - 1 for name in raw) == 180
    assert len(raw) >= (1 if NOW.day > 21 else 2)
    whole = b"".join(packed.read(name) for name in names)
    assert "张秀英".encode() not in whole
    assert b"argon2" not in whole
    with people.transaction() as conn:
        assert exports.forget_old(conn, NOW + timedelta(days=8)) == 1


def test_every_column_that_says_whom_it_is_about_is_found(people: Database) -> None:
    """A table that is new has to say by a foreign key whom it is about, or has to be named here and deleted by hand."""
    by_hand = {"audit", "check_in"}  # of the second its plan says so
    with people.transaction() as conn:
        named = {row[0] for row in conn.execute(
            "SELECT c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
            " WHERE a.attname = 'resident_id' AND c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace"
        )}  # fmt: skip
        from records.leaving.belongings import NOT_THEIRS, references

        refer = {one.table for one in references(conn) if one.other == "resident"}
    assert named - refer - by_hand - NOT_THEIRS == set()

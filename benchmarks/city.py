"""The city as it is: 22,100 people with a care bed in 540 communities, whom to call for them, five devices each."""

import random
from datetime import date

from psycopg import Connection
from psycopg.rows import TupleRow

from records.database import connect
from records.ids import new_id
from records.names import initials

RESIDENTS = 22_100
STREETS_OF_A_COUNTY, COMMUNITIES_OF_A_STREET = 9, 10
"""Of streets, of communities."""
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕单任"
_GIVEN = "秀英桂兰玉珍凤芳素梅淑华建国志明德福家宝树林文军春生长庚金荣永贵庆喜来有才月娥翠莲红霞"

STREETS = """
    INSERT INTO area (parent_id, level, name)
    SELECT id, 'street', name || '第' || n || '街道' FROM area, generate_series(1, %s) n WHERE level = 'county'
"""
COMMUNITIES = """
    INSERT INTO area (parent_id, level, name)
    SELECT id, 'community', '第' || n || '社区' FROM area, generate_series(1, %s) n WHERE level = 'street'
"""
DEVICES = """
    INSERT INTO device (vendor, name, kind, state, place, expected_interval)
    SELECT 'acme', kind || '-' || n, kind, 'registered', place, pause
      FROM generate_series(1, %s) n,
           (VALUES ('bed', '卧室', interval '10 s'), ('motion', '客厅', NULL), ('motion2', '厨房', NULL),
                   ('door', '大门', NULL), ('water_meter', '厨房', interval '10 min')) AS each (kind, place, pause)
"""
SAME_KIND = "UPDATE device SET kind = 'motion' WHERE kind = 'motion2'"
BINDINGS = """
    INSERT INTO binding (device_id, resident_id, valid_from)
    SELECT device.id, person.id, now() - interval '90 days'
      FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM resident) AS person
      JOIN device ON device.name = ANY (ARRAY['bed-' || n, 'motion-' || n, 'motion2-' || n, 'door-' || n,
                                              'water_meter-' || n])
"""
# Most speak; one in fifty has been silent for up to a month, one in a hundred is nearly empty or says that it goes.
STATES = """
    INSERT INTO device_state (device_id, last_seen, online, battery, status_time)
    SELECT id, now() - CASE WHEN id % 50 = 0 THEN interval '4 days' + (id % 600) * interval '1 hour'
                            ELSE interval '0' END,
           id % 100 <> 1, CASE WHEN id % 100 = 2 THEN 5 ELSE 60 + id % 40 END, now()
      FROM device
"""


def populate(database_url: str) -> list[tuple[str, str, str]]:
    """Everybody moves in; (name, number of the care bed, a telephone number) of each."""
    chance = random.Random(1)
    with connect(database_url) as conn:
        conn.execute(STREETS, (STREETS_OF_A_COUNTY,))
        conn.execute(COMMUNITIES, (COMMUNITIES_OF_A_STREET,))
        people = _people(conn, chance)
        conn.execute(DEVICES, (RESIDENTS,))
        for statement in (SAME_KIND, BINDINGS, STATES):
            conn.execute(statement)
    with connect(database_url, autocommit=True) as conn:
        conn.execute("VACUUM ANALYZE")
    return people


def _people(conn: Connection[TupleRow], chance: random.Random) -> list[tuple[str, str, str]]:
    communities = [row[0] for row in conn.execute("SELECT id FROM area WHERE level = 'community'")]
    known = [(new_id(), new_id(), name(chance), phone(chance)) for _ in range(RESIDENTS)]
    with conn.cursor().copy("COPY home (id, area_id, address) FROM STDIN") as copy:
        for home, _, _, _ in known:
            copy.write_row((home, chance.choice(communities), f"{chance.randint(1, 40)}栋{chance.randint(101, 999)}室"))
    with conn.cursor().copy("COPY resident (id, home_id, name, initials) FROM STDIN") as copy:
        for home, person, called, _ in known:
            copy.write_row((person, home, called, initials(called)))
    with conn.cursor().copy("COPY care_bed (id, resident_id, number, set_up) FROM STDIN") as copy:
        for number, (_, person, _, _) in enumerate(known):
            copy.write_row((new_id(), person, bed(number), date(2025, 3, 1)))
    with conn.cursor().copy("COPY contact (id, resident_id, name, phone, relation, position) FROM STDIN") as copy:
        for _, person, _, reached in known:
            copy.write_row((new_id(), person, name(chance), reached, "女儿", 1))
            copy.write_row((new_id(), person, name(chance), phone(chance), "邻居", 2))
    return [(called, bed(number), reached) for number, (_, _, called, reached) in enumerate(known)]


def name(chance: random.Random) -> str:
    """Somebody's."""
    return chance.choice(_SURNAMES) + "".join(chance.choice(_GIVEN) for _ in range(chance.choice((1, 2, 2, 2))))


def phone(chance: random.Random) -> str:
    """A mobile number."""
    return f"1{chance.choice('3589')}{chance.randint(0, 9)} {chance.randint(0, 9999):04} {chance.randint(0, 9999):04}"


def bed(number: int) -> str:
    """The number of a care bed."""
    return f"MAS-{number:05}"

"""Public holidays, and the days on a weekend that are worked instead: entered as they are announced."""

from dataclasses import dataclass
from datetime import date

from psycopg.rows import class_row

from records.database import Conn


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day that is not as its day of the week says: off, or with `works` a day on which everybody works."""

    day: date
    name: str
    works: bool


SET = """
    INSERT INTO holiday (day, name, works) VALUES (%(day)s, %(name)s, %(works)s)
    ON CONFLICT (day) DO UPDATE SET name = excluded.name, works = excluded.works
"""


def set_holiday(conn: Conn, day: date, name: str, *, works: bool = False) -> None:
    """Enter a holiday or a worked day, or change it. ValueError where it has no name."""
    if not name.strip():
        raise ValueError("name: say which holiday it is")
    conn.execute(SET, {"day": day, "name": name.strip(), "works": works})


def remove_holiday(conn: Conn, day: date) -> bool:
    """This day is as any other; False where it was."""
    return conn.execute("DELETE FROM holiday WHERE day = %s", (day,)).rowcount > 0


def holidays(conn: Conn, since: date, until: date) -> list[Holiday]:
    """From `since` to `until`, both included, in order."""
    statement = "SELECT day, name, works FROM holiday WHERE day BETWEEN %s AND %s ORDER BY day"
    return conn.cursor(row_factory=class_row(Holiday)).execute(statement, (since, until)).fetchall()

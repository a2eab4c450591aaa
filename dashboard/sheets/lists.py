"""Every list as a table: its columns in both languages, and its rows as the reader's role sees them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from care.permissions import Permission
from dashboard.desk import CareOf
from dashboard.masked import (
    for_alert,
    for_check_in,
    for_entry,
    for_held,
    for_home,
    for_listed_device,
    for_resident,
)
from dashboard.sheets.table_files import Cell, Column, Words
from records.database import Conn, Database
from records.equipment import inventory
from records.judging import past_alerts, suppression
from records.login import administering, audit
from records.people import residents
from records.rounds import checkin_day, visits
from records.rounds.checkin_day import Day
from records.telling import rosters

_AT_ONCE = 500
MOST = 100_000
"""Rows of one file (an assumption: what a spreadsheet still opens with ease)."""

Paged = Callable[[Conn, str | None], tuple[Sequence[Any], str | None]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: by whom, of which areas, from when to when, and what else narrows the list."""

    care: CareOf
    area: list[int] | None
    since: datetime
    until: datetime
    search: str = ""
    state: str = ""
    rule: str | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """One list: its columns, and how to read a page of it."""

    name: str
    columns: tuple[Column, ...]
    page: Callable[[Asked], Paged]

    def rows(self, database: Database, asked: Asked) -> Iterator[Any]:
        """All rows, a page at a time, each in a transaction of its own."""
        read, cursor, count = self.page(asked), None, 0
        while count < MOST:
            with database.transaction() as conn:
                found, cursor = read(conn, cursor)
            yield from found
            count += len(found)
            if cursor is None:
                return


def _of(head: str, name: str, width: int = 14) -> Column:
    """A column that is a field of the row."""

    def read(row: Any, _: Words) -> Cell:
        value: Cell = getattr(row, name)
        return value

    return Column(f"list.{head}", read, width)


def _word(head: str, kind: str, name: str) -> Column:
    """A field that is a word of the catalogues."""

    def read(row: Any, words: Words) -> Cell:
        value = getattr(row, name)
        return "" if value is None else words.get(f"{kind}.{value}", str(value))

    return Column(f"list.{head}", read)


def _path(row: Any, _: Words) -> Cell:
    return " ".join(row.area) if isinstance(row.area, list) else row.area or ""


_AREA = Column("list.area", _path, 28)


def _residents(asked: Asked) -> Paged:
    def page(conn: Conn, after: str | None) -> tuple[Sequence[Any], str | None]:
        care = asked.care
        found = residents.search(
            conn, asked.search, _AT_ONCE, care.scope, names=care.names, area=asked.area, after=after
        )
        return [for_resident(care.names, one) for one in found.residents], found.cursor

    return page


def _devices(asked: Asked) -> Paged:
    now, care = datetime.now(UTC), asked.care

    def page(conn: Conn, after: str | None) -> tuple[Sequence[Any], str | None]:
        found = inventory.page(
            conn, care.scope, inventory.Which(asked.state or "all"), now, _AT_ONCE, after, asked.area
        )
        residents_too = care.may(Permission.READ_RESIDENTS)
        return [for_listed_device(care.names, residents_too, one) for one in found.devices], found.cursor

    return page


def _alerts(asked: Asked) -> Paged:
    wanted = past_alerts.Wanted(asked.since, asked.until, asked.area, asked.rule, asked.outcome)

    def page(conn: Conn, after: str | None) -> tuple[Sequence[Any], str | None]:
        found, goes_on = past_alerts.past(conn, asked.care.scope, wanted, _AT_ONCE, after)
        return [for_alert(asked.care.names, one) for one in found], goes_on

    return page


def _held(asked: Asked) -> Paged:
    def page(conn: Conn, _: str | None) -> tuple[Sequence[Any], str | None]:
        found = suppression.held(conn, datetime.now(UTC), asked.care.scope)
        return [for_held(asked.care.names, one) for one in found], None

    return page


def _check_ins(asked: Asked) -> Paged:
    wanted = Day(asked.since, asked.until, asked.area, False)

    def page(conn: Conn, after: str | None) -> tuple[Sequence[Any], str | None]:
        found, goes_on = checkin_day.expected(conn, asked.care.scope, wanted, _AT_ONCE, states=(), after=after)
        return [for_check_in(asked.care.names, one) for one in found], goes_on

    return page


def _visits(asked: Asked) -> Paged:
    def page(conn: Conn, after: str | None) -> tuple[Sequence[Any], str | None]:
        now = datetime.now(UTC)
        found, goes_on = visits.open_tasks(conn, asked.care.scope, now, _AT_ONCE, area=asked.area, after=after)
        return [for_home(asked.care.names, one) for one in found], goes_on

    return page


def _accounts(asked: Asked) -> Paged:
    def page(conn: Conn, after: str | None) -> tuple[Sequence[Any], str | None]:
        found = administering.accounts(conn, asked.care.scope, _AT_ONCE, search=asked.search, role=None, after=after)
        return found, found[-1].username if len(found) == _AT_ONCE else None

    return page


def _audit(asked: Asked) -> Paged:
    def page(conn: Conn, after: str | None) -> tuple[Sequence[Any], str | None]:
        before = int(after) if after else None
        wanted = audit.Wanted(None, asked.search or None, asked.since, asked.until, before)
        found = audit.entries(conn, asked.care.scope, wanted, _AT_ONCE)
        shown = [for_entry(asked.care.names, one) for one in found]
        return shown, str(found[-1].id) if len(found) == _AT_ONCE else None

    return page


def _duty(asked: Asked) -> Paged:
    def page(conn: Conn, _: str | None) -> tuple[Sequence[Any], str | None]:
        return rosters.between(conn, asked.since, asked.until, asked.care.scope), None

    return page


def _alert_columns(get: Callable[[Any], Any]) -> tuple[Column, ...]:
    """Of an alert, which is the row or within it."""

    def field(head: str, name: str, width: int = 14) -> Column:
        return Column(f"list.{head}", lambda row, _: getattr(get(row), name), width)

    def word(head: str, kind: str, name: str) -> Column:
        def read(row: Any, words: Words) -> Cell:
            value = getattr(get(row), name)
            return "" if value is None else words.get(f"{kind}.{value}", str(value))

        return Column(f"list.{head}", read)

    return (
        field("happened", "happened_at", 20), field("opened", "opened_at", 20), word("rule", "rule", "rule"),
        word("priority", "priority", "priority"), word("phase", "phase", "phase"), field("name", "resident_name"),
        field("street", "street", 18), field("address", "home_address", 28), field("repeats", "occurrences"),
        field("answered", "answered_at", 20), field("answered_by", "answered_by_name"),
        field("closed", "closed_at", 20), field("closed_by", "closed_by_name"), word("outcome", "outcome", "outcome"),
        field("note", "note", 40), field("drill", "drill"),
    )  # fmt: skip


LISTS: tuple[Listing, ...] = (
    Listing("residents", (
        _of("name", "name"), _of("born", "born"), _AREA, _of("address", "address", 28), _of("bed", "bed"),
        _of("devices", "device_count"), _of("open_alerts", "open_alerts"), _word("covered", "coverage", "covered"),
    ), _residents),
    Listing("devices", (
        _of("vendor", "vendor"), _of("device", "device", 22), _word("kind", "kind", "kind"), _of("place", "place"),
        _of("name", "resident"), _of("last_seen", "last_seen", 20), _of("online", "online"), _of("battery", "battery"),
        _of("silent", "silent"), _of("low", "low"), _of("maintenance", "maintenance_until", 20),
    ), _devices),
    Listing("alerts", _alert_columns(lambda row: row), _alerts),
    Listing("held", (
        *_alert_columns(lambda row: row.alert), _of("cause", "cause"), _of("why", "why", 28), _of("until", "until", 20),
    ), _held),
    Listing("checkins", (
        _of("name", "resident_name"), _of("address", "address", 28), _of("opens", "opens_at", 20),
        _of("closes", "closes_at", 20), _word("state", "checkin.state", "state"), _of("tries", "tries"),
        _of("attempts", "attempts"), _of("settled", "settled_at", 20), _of("why", "why", 28),
    ), _check_ins),
    Listing("visits", (
        _of("name", "resident_name"), _of("address", "address", 28), _of("why", "why", 24),
        _of("asked", "asked_at", 20), _of("by_when", "by_when", 20), _of("overdue", "overdue"),
    ), _visits),
    Listing("duty", (
        _of("who", "username"), _word("level", "whom", "level"), _AREA, _of("starts", "starts", 20),
        _of("ends", "ends", 20), _of("ended", "ended_at", 20),
    ), _duty),
    Listing("accounts", (
        _of("who", "username"), _word("role", "role", "role"), _AREA, _of("vendor", "vendor"),
        _of("disabled", "disabled"), _of("second_step", "second_step"), _of("sessions", "sessions"),
        _of("entrusted", "residents"),
    ), _accounts),
    Listing("audit", (
        _of("at", "at", 20), _of("who", "username"), _of("user", "by_user"), _word("action", "action", "action"),
        _of("name", "resident"), _of("subject", "subject", 28), _of("reason", "reason", 40),
    ), _audit),
)  # fmt: skip

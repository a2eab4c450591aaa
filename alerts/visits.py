"""Visits that are due: each becomes a task for those who go."""

from datetime import datetime

from records.database import Conn
from records.rounds import visit_duty

_AT_ONCE = 20_000


def due(conn: Conn, now: datetime) -> int:
    """Ask for the visits that are due soon or overdue; returns how many tasks were made or taken back."""
    return visit_duty.ask_for_what_is_due(conn, now, _AT_ONCE)


def after_changes(conn: Conn, now: datetime) -> int:
    """Ask for visits to those at high risk who are back from hospital, or were found in need; returns how many."""
    return visit_duty.ask_after_changes(conn, now)

"""A worker that judges and tells as the services do, and before a given step something is killed: itself or another."""

import os
import signal
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from alerts import engine, escalation, telling
from alerts.channels.build import channels_of
from alerts.channels.message import Message, Provider
from alerts.channels.settings import ChannelSettings
from alerts.tasks import TASKS
from care.notices import Channel
from records import database
from records.errors import Unavailable
from records.telling.leases import LEASE

ESCALATION = [task for task in TASKS if task.work is escalation.sweep]
AFTER_THE_LEASE = LEASE + timedelta(seconds=1)
"""Then whoever was claimed by the dead is taken for lost."""


class Steps:
    """Counts everything that is said to the database and every message that is sent."""

    def __init__(self, fatal: int, kill: Callable[[], None]) -> None:
        """`fatal`: before this one comes the end; 0: never."""
        self._fatal, self._kill, self._taken = fatal, kill, 0

    def take(self) -> None:
        """One more step, or the end."""
        self._taken += 1
        if self._taken == self._fatal:
            self._kill()


class Counted:
    """A provider whose sending is a step."""

    def __init__(self, provider: Provider, steps: Steps) -> None:
        self._provider, self._steps = provider, steps
        self.name = provider.name

    def send(self, message: Message, address: str) -> str:
        """Send it, if one lives so long."""
        self._steps.take()
        return self._provider.send(message, address)


def work(url: str, settings: ChannelSettings, moments: Sequence[datetime], fatal: int, victim: int | None) -> None:
    """Do all that is due at each of these moments; SIGKILL to `victim` (None: to this process) before step `fatal`."""
    steps = Steps(fatal, partial(os.kill, victim or os.getpid(), signal.SIGKILL))
    _count_what_is_said(steps)
    channels: dict[Channel, list[Counted]] = {
        channel: [Counted(provider, steps) for provider in providers]
        for channel, providers in channels_of(settings).items()
        if channel != Channel.CANARY  # which has nothing to say here
    }
    finish(url, channels, moments)


def finish(url: str, channels: telling.Providers, moments: Sequence[datetime]) -> None:
    """Do all that is due at each of these moments.

    Where the database goes away, it is waited for as the services do, and the rest is done when leases have ended.
    """
    later = [moment + AFTER_THE_LEASE for moment in moments]
    while True:
        try:
            _turn(url, channels, moments)
            return
        except Unavailable:
            moments = later
            threading.Event().wait(0.02)  # its pace, as the services have one


def _turn(url: str, channels: telling.Providers, moments: Sequence[datetime]) -> None:
    with database.connect(url, autocommit=True) as conn:
        for now in moments:
            engine.turn(conn, now, ESCALATION)
            telling.turn(conn, channels, now)


def _count_what_is_said(steps: Steps) -> None:
    """The driver says everything through one method: BEGIN, statements, COMMIT.

    What follows a BEGIN is no step of its own: nothing has happened since.
    """
    say = psycopg.Connection.wait
    began = False

    def counted(self: psycopg.Connection[Any], *args: Any, **kwargs: Any) -> Any:
        nonlocal began
        if not began:
            steps.take()
        begins = self.info.transaction_status is TransactionStatus.IDLE
        said = say(self, *args, **kwargs)
        began = begins and self.info.transaction_status is TransactionStatus.INTRANS
        return said

    psycopg.Connection.wait = counted  # type: ignore[method-assign]

"""kill -9 between every two steps of claim, decide, write and send: one alert, and everyone is told at least once."""

import multiprocessing
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from psycopg import sql

from alerts.channels.build import channels_of
from alerts.channels.settings import ChannelSettings
from care.escalation import Tell, Whom
from care.events import AlertClass
from care.notices import Channel, Recipient
from care.people import Role
from care.rules import Priority
from launch.ports import free_port
from launch.postgres import EmbeddedPostgres
from records.database import Database
from records.errors import Unavailable
from records.login import accounts
from records.migrate import migrate
from records.people import reach
from records.people.reach import Reach
from records.telling import duty, plans
from tests import dying
from tests.conftest import open_to_all
from tests.mailbox import Mailbox, mail_server
from tests.people import NOW, Wearer, give
from tests.receiver import Receiver, receiver
from tests.told import daughter
from tests.whole import eventually

EACH = os.environ.get("ANKANG_TEST_EACH_STEP", "")
"""1: both are killed before each step, which takes minutes; without it before every so manieth."""
WORKER_STEPS, DATABASE_STEPS = (int(EACH), int(EACH)) if EACH else (2, 15)
MINUTE = timedelta(minutes=1)
PLAN = (Tell(timedelta(0), Whom.SEAT), Tell(timedelta(0), Whom.FAMILY), Tell(MINUTE, Whom.STATION))
MOMENTS = (NOW, NOW + MINUTE)


@dataclass
class Night:
    """One fall, whom it has to reach, and what has reached them."""

    database: Database
    wearer: Wearer
    settings: ChannelSettings
    mailbox: Mailbox
    hooks: Receiver
    told: Counter[str]
    """How often whom, over all nights."""

    def falls(self) -> None:
        """It is as if nothing had happened before, and she falls."""
        self.mailbox.mails.clear()
        self.hooks.got.clear()
        with self.database.transaction() as conn:
            for table in ("delivery", "notice", "change", "alert_log", "alert", "signal"):
                conn.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
            conn.execute(
                "INSERT INTO signal (rule, device_id, time, received_at, evidence) VALUES ('fall', %s, %s, %s, '{}')",
                (self.wearer.device_id, NOW, NOW),
            )

    def works(self, fatal: int, victim: int | None = None) -> BaseProcess:
        """A worker in a process of its own, which kills at this step."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.dying", "pytest"])
        arguments = (self.database.url, self.settings, MOMENTS, fatal, victim)
        worker = context.Process(target=dying.work, args=arguments)
        worker.start()
        return worker

    def others_finish(self) -> None:
        """What the dead worker has left is done by the next one."""
        eventually(self._alone, 20, "the server has noticed that the worker is dead")
        later = [moment + dying.AFTER_THE_LEASE for moment in MOMENTS]
        dying.finish(self.database.url, channels_of(self.settings), later)

    def _alone(self) -> bool:
        with self.database.transaction() as conn:
            at_work = conn.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()"
            ).fetchone()
        return at_work == (0,)

    def is_reached(self) -> bool:
        """A pool whose server died tries again by itself, after ever longer pauses."""
        try:
            with self.database.transaction():
                return True
        except Unavailable:
            return False

    def is_one_alert_and_everyone_was_told(self, step: int) -> None:
        """Whenever somebody died."""
        with self.database.transaction() as conn:
            alerts = conn.execute("SELECT rule, occurrences FROM alert").fetchall()
            waiting = conn.execute("SELECT count(*) FROM signal WHERE handled_at IS NULL").fetchone()
            notices = conn.execute("SELECT about, split_part(recipient, ':', 1), state FROM notice").fetchall()
            undone = conn.execute("SELECT count(*) FROM delivery WHERE state <> 'sent'").fetchone()
            changes = conn.execute("SELECT count(*) FROM change WHERE kind = 'opened'").fetchone()
        assert (alerts, waiting, undone, changes) == ([("fall", 1)], (0,), (0,), (1,)), step
        assert Counter(notices) == {
            ("raised:1", "seat", "sent"): 1, ("raised:1", "account", "sent"): 1, ("raised:2", "contact", "sent"): 1,
            ("escalated:3", "account", "sent"): 1,
        }, step  # fmt: skip
        heard = Counter(path for path, _, _ in self.hooks.got) + Counter({"mail": len(self.mailbox.mails)})
        assert set(heard) == {"/seat", "/station", "mail"} and max(heard.values()) <= 2, (step, heard)
        for path in ("/seat", "/station"):
            assert len({headers["x-ankang-id"] for one, headers, _ in self.hooks.got if one == path}) == 1, step
        self.told += heard


@contextmanager
def night(database: Database) -> Iterator[Night]:
    """A home, a daughter with a mailbox, a seat and a station with a webhook each."""
    port = free_port()
    wearer = give(database, "王桂珍", "band-1")
    daughter(database, "王桂珍", Reach(Channel.EMAIL, "lina@example.org"))
    with mail_server(port) as mailbox, receiver() as hooks:
        with database.transaction() as conn:
            plans.set_plan(conn, None, AlertClass.PERSONAL, Priority.HIGH, PLAN)
            for name, level in (("seat", Whom.SEAT), ("station", Whom.STATION)):
                account = accounts.create_account(conn, name, "long-enough-for-a-test", Role.OPERATOR)
                reach.add_reach(conn, Recipient.account(account), Reach(Channel.WEBHOOK, f"{hooks.url}/{name}"))
                duty.add(conn, account, level, None, NOW, timedelta(hours=8))
        settings = ChannelSettings(
            smtp_url=f"smtp://127.0.0.1:{port}", smtp_from="ankang@example.org", webhook_secret="for-the-test"
        )
        yield Night(database, wearer, settings, mailbox, hooks, Counter())


def test_a_worker_killed_between_any_two_steps_leaves_one_alert_and_nobody_untold(database: Database) -> None:
    with night(database) as one:
        step, nights, died = 1, 0, True
        while died:
            one.falls()
            worker = one.works(step)
            worker.join()
            died = worker.exitcode == -9
            assert died or worker.exitcode == 0, step
            if died:
                one.others_finish()
            one.is_one_alert_and_everyone_was_told(step)
            step, nights = step + WORKER_STEPS, nights + 1
        assert step > 60
        # Killed after sending and before that was written, which happened on each way, the next one has sent it again.
        assert min(one.told.values()) > nights


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL that nobody else needs."""
    with EmbeddedPostgres(open_to_all(tmp_path)) as own:
        migrate(own.url)
        yield own


def _dies_before(server: EmbeddedPostgres, worker: BaseProcess) -> bool:
    """Whether the server is killed before the worker has done its work."""
    eventually(lambda: server.pid is None or not worker.is_alive(), 60, "somebody is dead or done")
    return server.pid is None


def test_a_database_killed_between_any_two_steps_leaves_one_alert_and_nobody_untold(server: EmbeddedPostgres) -> None:
    with Database(server.url) as database, night(database) as one:
        step, died = 1, True
        while died:
            one.falls()
            worker = one.works(step, server.pid)
            died = _dies_before(server, worker)
            if died:
                server.start()
            worker.join()
            assert worker.exitcode == 0, step
            eventually(one.is_reached, 30, "the pool has a connection to the new server")
            one.is_one_alert_and_everyone_was_told(step)
            step += DATABASE_STEPS
        assert step > 60

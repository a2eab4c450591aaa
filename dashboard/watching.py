"""The WebSocket of a live page: a snapshot or what it missed, then every change, and a beat every two seconds."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboard.desk import AtDesk, Care, CareOf
from dashboard.line import line_of
from dashboard.live import Audience, Numbered, Watcher, beat_frame, in_writes, read_changes, snapshot_frame
from dashboard.masked import for_alert
from records.errors import Unavailable
from records.judging.changes import Snapshot, last_change, oldest_change, snapshot

STUCK_AFTER = 30.0
"""Seconds without reading; a page that takes longer is let go and comes back by itself."""

SESSION_OVER = 4401
TRY_AGAIN = 1013

router = APIRouter()


@router.websocket("/api/live")
async def live(socket: WebSocket, care: Care, desk: AtDesk, since: Annotated[int | None, Query(ge=0)] = None) -> None:
    """Send this page everything in its care that changes, from number `since` on, until one of the two goes."""
    await socket.accept()
    watcher = Watcher(care.session.digest, Audience(care.scope, care.names), line_of(socket))
    desk.hub.join(watcher)
    try:
        over = await _serve(socket, watcher, care, since)
    finally:
        desk.hub.leave(watcher)
    if over:
        await _close(socket, watcher, SESSION_OVER if watcher.ended.is_set() else TRY_AGAIN)


async def _serve(socket: WebSocket, watcher: Watcher, care: CareOf, since: int | None) -> bool:
    """Whether it is us who end it."""
    gone = asyncio.create_task(_until_gone(socket))
    ended = asyncio.create_task(watcher.ended.wait())
    sending = asyncio.create_task(_Sender(watcher, care).run(since))
    tasks = (gone, ended, sending)
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    _raise_what_nobody_expects(sending)
    return gone.cancelled()


def _raise_what_nobody_expects(sending: "asyncio.Task[None]") -> None:
    problem = None if sending.cancelled() else sending.exception()
    if problem is not None and not isinstance(problem, (Unavailable, TimeoutError, ConnectionError)):
        raise problem


async def _close(socket: WebSocket, watcher: Watcher, code: int) -> None:
    try:
        await asyncio.wait_for(socket.close(code), 1)
    except (TimeoutError, RuntimeError, WebSocketDisconnect):
        watcher.line.cut()  # it reads nothing any more, or is gone: the same to us


async def _until_gone(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass  # a page has nothing to say here


class _Sender:
    """A page's own task: its beginning, and what it lacks whenever it is not live."""

    def __init__(self, watcher: Watcher, care: CareOf) -> None:
        self._watcher = watcher
        self._care = care
        self._desk = care.desk

    async def run(self, since: int | None) -> None:
        """For ever; Unavailable, TimeoutError or ConnectionError where the page had better come back later."""
        await self._begin(since)
        await self._catch_up()
        await self._write(beat_frame(self._desk.report.status if self._desk.report else "ok"))
        while True:
            await self._watcher.behind.wait()
            self._watcher.behind.clear()
            self._desk.metrics.caught_up.inc()
            await self._catch_up()

    async def _begin(self, since: int | None) -> None:
        if since is not None and await asyncio.to_thread(self._kept_since, since):
            self._watcher.number = since
            return
        snapshot = await asyncio.to_thread(self._snapshot)
        await self._write(snapshot_frame(snapshot))
        self._watcher.number = snapshot.number

    def _kept_since(self, number: int) -> bool:
        """Whether all changes after `number` are still there, and there was such a number at all."""
        with self._desk.database.transaction() as conn:
            last, oldest = last_change(conn), oldest_change(conn)
        return number == last or (number < last and 0 < oldest <= number + 1)

    def _snapshot(self) -> Snapshot:
        with self._desk.database.transaction() as conn:
            found = snapshot(conn, self._care.scope)
        return replace(found, alerts=[for_alert(self._care.names, one) for one in found.alerts])

    async def _catch_up(self) -> None:
        """Read and write until nothing is lacking; then the page is live."""
        await self._watcher.line.has_read(STUCK_AFTER)
        while (changes := await asyncio.to_thread(self._read)) or not self._desk.hub.up_to_date(self._watcher):
            for together in in_writes(changes):
                await self._write_changes(together)

    def _read(self) -> list[Numbered]:
        with self._desk.database.transaction() as conn:
            return read_changes(conn, self._watcher.number)

    async def _write_changes(self, changes: Sequence[Numbered]) -> None:
        if frames := self._watcher.audience.frames(changes):
            await self._write(b"".join(frames))
            self._desk.metrics.changes_sent.inc(len(frames))
        self._watcher.number = changes[-1].number

    async def _write(self, frames: bytes) -> None:
        await self._watcher.line.has_read(STUCK_AFTER)
        self._watcher.line.take(frames)

"""The WebSocket of a live page: a snapshot or what it missed, then every change, and a beat every two seconds."""

import asyncio
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboard.desk import AtDesk, Care, CareOf
from dashboard.live import Numbered, Watcher, beat_text, read_changes, snapshot_text
from dashboard.masked import for_alert
from records import alerts
from records.errors import Unavailable

STUCK_AFTER = 30.0
"""Seconds for one message to leave; a page that takes longer is let go and comes back by itself."""

SESSION_OVER = 4401
TRY_AGAIN = 1013

router = APIRouter()


@router.websocket("/api/live")
async def live(socket: WebSocket, care: Care, desk: AtDesk, since: Annotated[int | None, Query(ge=0)] = None) -> None:
    """Send this page everything in its care that changes, from number `since` on, until one of the two goes."""
    watcher = Watcher(care.session.digest)
    await socket.accept()
    desk.hub.join(watcher)  # before anything is read, so that nothing falls between
    try:
        await _serve(socket, watcher, care, since)
    finally:
        desk.hub.leave(watcher)


async def _serve(socket: WebSocket, watcher: Watcher, care: CareOf, since: int | None) -> None:
    gone = asyncio.create_task(_until_gone(socket))
    ended = asyncio.create_task(watcher.ended.wait())
    sending = asyncio.create_task(_Sender(socket, watcher, care).run(since))
    tasks = (gone, ended, sending)
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if not gone.cancelled():
        return
    await _close(socket, SESSION_OVER if not ended.cancelled() else TRY_AGAIN)
    _raise_what_nobody_expects(sending)


def _raise_what_nobody_expects(sending: "asyncio.Task[None]") -> None:
    problem = None if sending.cancelled() else sending.exception()
    if problem is not None and not isinstance(problem, (Unavailable, TimeoutError, WebSocketDisconnect)):
        raise problem


async def _close(socket: WebSocket, code: int) -> None:
    try:
        await asyncio.wait_for(socket.close(code), 1)
    except (TimeoutError, RuntimeError, WebSocketDisconnect):
        return  # it reads nothing any more, or is gone: the same to us


async def _until_gone(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass  # a page has nothing to say here


class _Sender:
    """Sends in the order of the numbers, each exactly once."""

    def __init__(self, socket: WebSocket, watcher: Watcher, care: CareOf) -> None:
        self._socket = socket
        self._watcher = watcher
        self._care = care
        self._desk = care.desk
        self._number = 0

    async def run(self, since: int | None) -> None:
        """For ever; raises Unavailable or TimeoutError where the page had better come back later."""
        await self._begin(since)
        while True:
            if self._watcher.behind:
                self._watcher.forget_waiting()
                self._desk.metrics.caught_up.inc()
                await self._catch_up()
            await self._pass_on(await self._watcher.queue.get())

    async def _begin(self, since: int | None) -> None:
        if since is not None and await asyncio.to_thread(self._kept_since, since):
            self._number = since
            await self._catch_up()
        else:
            snapshot = await asyncio.to_thread(self._snapshot)
            await self._send(snapshot_text(snapshot))
            self._number = snapshot.number
        await self._send(beat_text(self._desk.report.status if self._desk.report else "ok"))

    def _kept_since(self, number: int) -> bool:
        """Whether all changes after `number` are still there, and there was such a number at all."""
        with self._desk.database.transaction() as conn:
            last, oldest = alerts.last_change(conn), alerts.oldest_change(conn)
        return number == last or (number < last and 0 < oldest <= number + 1)

    def _snapshot(self) -> alerts.Snapshot:
        with self._desk.database.transaction() as conn:
            found = alerts.snapshot(conn, self._care.scope)
        return replace(found, alerts=[for_alert(self._care.names, one) for one in found.alerts])

    async def _catch_up(self) -> None:
        while changes := await asyncio.to_thread(self._read):
            for change in changes:
                await self._send_change(change)

    def _read(self) -> list[Numbered]:
        with self._desk.database.transaction() as conn:
            return read_changes(conn, self._number)

    async def _pass_on(self, item: Numbered | str) -> None:
        if isinstance(item, str):
            await self._send(item)
        elif item.number == self._number + 1:
            await self._send_change(item)
        elif item.number > self._number:
            await self._catch_up()

    async def _send_change(self, change: Numbered) -> None:
        if self._care.scope.holds(change.area_id, change.resident_id):
            await self._send(change.text if self._care.names else change.masked)
            self._desk.metrics.changes_sent.inc()
        self._number = change.number

    async def _send(self, text: str) -> None:
        async with asyncio.timeout(STUCK_AFTER):  # a timer only; wait_for would make a task of each message
            await self._socket.send_text(text)

"""The broker's questions, answered together: one look into the records for all that wait."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from access.connections import ACCOUNT, MARK
from access.decide import (
    Admitted,
    Device,
    Question,
    Reason,
    Refused,
    answer_device,
    answer_service,
    asked_for,
    permissions,
    question,
)
from access.jwt import BadToken, Signer, read_question
from access.metrics import ANSWERS
from records.database import Database
from records.equipment.credentials import Credential, credentials_of
from records.errors import Unavailable

log = structlog.get_logger(__name__)

_TOGETHER = 256
_TOO_LATE = 1.8
"""Seconds after which the broker has given up waiting (it waits two)."""
_SAY_AGAIN = 60.0
"""Seconds before the same refusal of the same client is logged again: a device may knock every second."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question, how to answer it, and when it came."""

    message: Msg
    asked: Question
    since: float


class Answering:
    """Takes questions off the broker and answers each with a signed yes or no."""

    def __init__(self, database: Database, signer: Signer, service_secret: str, gate_open: Callable[[], bool]) -> None:
        self._database = database
        self._signer = signer
        self._service_secret = service_secret
        self._gate_open = gate_open
        self._waiting: asyncio.Queue[Waiting] = asyncio.Queue()
        self._said: dict[tuple[str, Reason], float] = {}

    async def listen(self, broker: Client) -> None:
        """Hear the questions; responders of one queue share them."""
        await broker.subscribe("$SYS.REQ.USER.AUTH", queue="access", cb=self._hear)

    async def _hear(self, message: Msg) -> None:
        try:
            asked = question(read_question(message.data))
        except (BadToken, KeyError, TypeError, AttributeError) as problem:
            ANSWERS.labels("unreadable").inc()
            log.warning("unreadable question", reason=str(problem))
            return
        self._waiting.put_nowait(Waiting(message, asked, time.monotonic()))

    async def answer_some(self, within: float) -> None:
        """Answer what waits now; waits up to `within` seconds for the first."""
        try:
            together = [await asyncio.wait_for(self._waiting.get(), within)]
        except TimeoutError:
            return
        while not self._waiting.empty() and len(together) < _TOGETHER:
            together.append(self._waiting.get_nowait())
        in_time = [one for one in together if time.monotonic() - one.since < _TOO_LATE]
        ANSWERS.labels("too late").inc(len(together) - len(in_time))
        known = await self._look_up({device for one in in_time if (device := asked_for(one.asked))})
        for one in in_time:
            await self._respond(one, self._decide(one.asked, known))

    async def _look_up(self, devices: set[Device]) -> dict[Device, Credential] | None:
        """What the records know of them; None where they can't be reached."""
        if not devices:
            return {}
        try:
            return await asyncio.to_thread(self._credentials, devices)
        except Unavailable:
            return None

    def _credentials(self, devices: set[Device]) -> dict[Device, Credential]:
        with self._database.transaction() as conn:
            return credentials_of(conn, devices)

    def _decide(self, asked: Question, known: dict[Device, Credential] | None) -> Admitted | Refused:
        device = asked_for(asked)
        if device is None:
            return answer_service(asked, self._service_secret)
        if known is None:
            return Refused(Reason.NO_RECORDS)
        return answer_device(asked, device, known.get(device), gate_open=self._gate_open())

    async def _respond(self, one: Waiting, answer: Admitted | Refused) -> None:
        self._tell(one.asked, answer)
        response = {"sub": one.asked.user_nkey, "aud": one.asked.server, "nats": self._response(one.asked, answer)}
        await one.message.respond(self._signer.sign(response).encode())

    def _response(self, asked: Question, answer: Admitted | Refused) -> dict[str, object]:
        kind = {"type": "authorization_response", "version": 2}
        if isinstance(answer, Refused):
            return {**kind, "error": "not admitted"}  # the broker's log gets no more; ours has the reason
        may = {
            "type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1,
            "allowed_connection_types": ["MQTT"], **permissions(answer.grants),
        }  # fmt: skip
        user = {"sub": asked.user_nkey, "aud": ACCOUNT, "name": f"{answer.name}{MARK}{answer.mark}", "nats": may}
        return {**kind, "jwt": self._signer.sign(user)}

    def _tell(self, asked: Question, answer: Admitted | Refused) -> None:
        if isinstance(answer, Admitted):
            ANSWERS.labels("admitted").inc()
            return
        ANSWERS.labels(answer.reason.name.lower()).inc()
        # A user name that is none of ours may hold anything, so it is not logged.
        who = asked.user if asked_for(asked) else "not a device"
        now = time.monotonic()
        if now - self._said.get((who, answer.reason), -_SAY_AGAIN) < _SAY_AGAIN:
            return
        if len(self._said) > 10_000:
            self._said.clear()
        self._said[who, answer.reason] = now
        log.warning("refused", user=who, reason=str(answer.reason))

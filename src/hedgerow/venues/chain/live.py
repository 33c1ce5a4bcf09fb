"""A node over a connection: questions matched to answers by id, heads by subscription or polling, reconnection."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from typing import Final

import msgspec

from hedgerow.core.errors import HedgerowError, Rejected, Retryable, VenueFault
from hedgerow.venues.chain.addresses import node_name, without_secrets
from hedgerow.venues.chain.connections import Connection, connect
from hedgerow.venues.chain.messages import Envelope, MessageFault, Notice, converted, envelopes
from hedgerow.venues.chain.wire import Answer, Heard, Question

_FIRST_WAIT_S: Final = 0.1
_LONGEST_WAIT_S: Final = 5.0
_SILENCES: Final = 10.0
"""After so many times of polling without a head somebody asks, or is told the last one again. [pure]"""

_MOST_NOTICES: Final = 256
"""Heads that wait to be fetched; of more the oldest are dropped, and found again by their hashes. [count]"""

_Heard = tuple[Notice | MessageFault | None, int]
"""What a subscription told, a lie, or the end of the connection; and when. [as its types]"""


class LiveWire:
    """A node that speaks.

    It reconnects with growing waits, subscribes again, and asks again what was not answered: all questions read.

    Parameters
    ----------
    url : str
        ``ws://…``, ``http://…``, or the path of an IPC socket.
    timeout_s : float
        A question that is not answered for so long counts as a lost connection. [seconds]
    patience_s : float
        After so long without a connection it gives up. [seconds]
    poll_s : float
        How often to look for a head where nothing can be subscribed to, or nothing has come. [seconds]
    """

    def __init__(self, url: str, *, timeout_s: float = 20.0, patience_s: float = 30.0, poll_s: float = 1.0) -> None:
        self.name = node_name(url)
        self._url = url
        self._timeout_s, self._patience_s, self._poll_s = timeout_s, patience_s, poll_s
        self._connection: Connection | None = None
        self._reading: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._notices: asyncio.Queue[_Heard] = asyncio.Queue(_MOST_NOTICES)
        self._opening = asyncio.Lock()
        self._last_id = 0

    def clock_ns(self, purpose: str = "") -> int:  # noqa: ARG002
        """As the port says: the clock of this machine. [UTC epoch ns]"""
        return time.time_ns()

    async def pause(self, seconds: float) -> None:
        """As the port says."""
        await asyncio.sleep(seconds)

    async def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """As the port says."""
        if not questions:
            return []
        give_up, wait = time.monotonic() + self._patience_s, _FIRST_WAIT_S
        while True:
            try:
                return await self._ask_once(questions)
            except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
                await self._drop()
                if time.monotonic() + wait > give_up:
                    raise Retryable(
                        self.name,
                        VenueFault.AWAY,
                        f"the node has not answered for {self._patience_s:g} s ({self._clean(error) or 'timed out'})",
                        "check that it runs and that its address is right",
                    ) from None
            await asyncio.sleep(wait)
            wait = min(2.0 * wait, _LONGEST_WAIT_S)

    async def heads(self) -> AsyncIterator[Heard]:
        """As the port says. Silence is checked by asking, so a subscription that died is noticed."""
        subscription, last, told_s = "", object(), 0.0
        while True:
            if not subscription:
                self._notices = asyncio.Queue(_MOST_NOTICES)
                subscription = await self._subscribe()
                heard = await self._newest()
            else:
                told = await self._next_notice(subscription)
                if told is None:  # the connection was lost, and the subscription with it
                    subscription = ""
                    continue
                heard = told
            if heard.head != last or time.monotonic() - told_s >= _SILENCES * self._poll_s:
                last, told_s = heard.head, time.monotonic()
                yield heard

    async def close(self) -> None:
        """As the port says."""
        await self._drop()

    async def _subscribe(self) -> str:
        (answer,) = await self.ask([Question("eth_subscribe", ["newHeads"])])
        return str(answer.result) if not answer.error else "none"

    async def _newest(self) -> Heard:
        (answer,) = await self.ask([Question("eth_getBlockByNumber", ["latest", False])])
        if answer.error or answer.result is None:
            raise Rejected(self.name, VenueFault.REFUSED, f"it has no newest block ({answer.error})", "check the node")
        return Heard(answer.result, self.clock_ns())

    async def _next_notice(self, subscription: str) -> Heard | None:
        if subscription == "none":
            await asyncio.sleep(self._poll_s)
            return await self._newest()
        while True:
            try:
                notice, at_ns = await asyncio.wait_for(self._notices.get(), _SILENCES * self._poll_s)
            except TimeoutError:
                return await self._newest()
            if notice is None:
                return None
            if isinstance(notice, MessageFault):
                raise self._lie(notice)
            if notice.subscription == subscription:
                return Heard(notice.result, at_ns)

    async def _ask_once(self, questions: Sequence[Question]) -> list[Answer]:
        connection = await self._open()
        loop = asyncio.get_running_loop()
        futures, requests = [], []
        for question in questions:
            self._last_id += 1
            futures.append(self._waiting.setdefault(self._last_id, loop.create_future()))
            requests.append(
                {"jsonrpc": "2.0", "id": self._last_id, "method": question.method, "params": question.params}
            )
        try:
            async with asyncio.timeout(self._timeout_s):
                await connection.send(msgspec.json.encode(requests if len(requests) > 1 else requests[0]))
                return [await future for future in futures]
        finally:
            for request, future in zip(requests, futures, strict=True):
                self._waiting.pop(int(str(request["id"])), None)
                if future.done() and not future.cancelled():
                    future.exception()

    async def _open(self) -> Connection:
        async with self._opening:
            if self._connection is None:
                async with asyncio.timeout(self._timeout_s):
                    self._connection = await connect(self._url)
                self._reading = asyncio.create_task(self._read(self._connection))
            return self._connection

    async def _read(self, connection: Connection) -> None:
        """Hand out what comes in, lies too; when the connection ends, whoever waits is told."""
        try:
            while True:
                text = await connection.receive()
                try:
                    for one in envelopes(text):
                        self._hand_out(one)
                except MessageFault as fault:
                    self._note(fault)
                    self._tell_all(self._lie(fault))
        except (OSError, ValueError, EOFError) as error:  # a line that is too long is a ValueError
            if self._connection is connection:
                self._connection = None
            self._note(None)
            self._tell_all(ConnectionResetError(f"the connection ended: {error}"))
            with contextlib.suppress(OSError):
                await connection.close()

    def _hand_out(self, message: Envelope) -> None:
        if message.method:
            if message.method == "eth_subscription":
                self._note(converted(message.params, Notice))
            return
        refusal = self._clean(message.refusal)
        said = Answer(None, refusal) if refusal else Answer(message.result)
        if message.id is None:
            if not refusal:
                raise MessageFault("an answer to nothing")
            for future in self._waiting.values():  # a refusal of the whole batch
                if not future.done():
                    future.set_result(said)
            return
        waiting = self._waiting.get(message.id)
        if waiting is not None and not waiting.done():
            waiting.set_result(said)

    def _note(self, notice: Notice | MessageFault | None) -> None:
        """Let a notice wait for whoever listens; an end of the connection is never dropped."""
        if self._notices.full():
            oldest, _ = self._notices.get_nowait()
            notice = None if oldest is None else notice
        self._notices.put_nowait((notice, self.clock_ns()))

    def _tell_all(self, error: Exception) -> None:
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(error)

    def _lie(self, fault: MessageFault) -> HedgerowError:
        said = self._clean(fault)
        return Rejected(self.name, VenueFault.LIES, said, "ask another node: nothing of this answer was used")

    def _clean(self, said: object) -> str:
        return without_secrets(str(said), self._url)

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading
        if connection is not None:
            self._note(None)
            with contextlib.suppress(OSError):
                await connection.close()

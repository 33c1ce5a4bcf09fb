"""A node over a connection: questions matched to answers by id, heads by subscription or polling, reconnection."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import msgspec

from hedgerow.core.errors import Rejected, Retryable, VenueFault
from hedgerow.venues.chain.connections import Connection, connect
from hedgerow.venues.chain.wire import Answer, Question

_FIRST_WAIT_S: Final = 0.1
_LONGEST_WAIT_S: Final = 5.0


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
        self.name = url
        self._timeout_s, self._patience_s, self._poll_s = timeout_s, patience_s, poll_s
        self._connection: Connection | None = None
        self._reading: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._notices: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._opening = asyncio.Lock()
        self._last_id = 0

    def clock_ns(self) -> int:
        """As the port says: the clock of this machine. [UTC epoch ns]"""
        return time.time_ns()

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
                        f"the node has not answered for {self._patience_s:g} s ({error or 'timed out'})",
                        "check that it runs and that its address is right",
                    ) from None
            await asyncio.sleep(wait)
            wait = min(2.0 * wait, _LONGEST_WAIT_S)

    async def heads(self) -> AsyncIterator[dict[str, Any]]:
        """As the port says. Silence is checked by asking, so a subscription that died is noticed."""
        subscription, last = "", ""
        while True:
            if not subscription:
                self._notices = asyncio.Queue()
                subscription = await self._subscribe()
                head = await self._newest()
            else:
                heard = await self._next_notice(subscription)
                if heard is None:  # the connection was lost, and the subscription with it
                    subscription = ""
                    continue
                head = heard
            if head["hash"] != last:
                last = head["hash"]
                yield head

    async def close(self) -> None:
        """As the port says."""
        await self._drop()

    async def _subscribe(self) -> str:
        (answer,) = await self.ask([Question("eth_subscribe", ["newHeads"])])
        return str(answer.result) if not answer.error else "none"

    async def _newest(self) -> dict[str, Any]:
        (answer,) = await self.ask([Question("eth_getBlockByNumber", ["latest", False])])
        if answer.error or not isinstance(answer.result, dict):
            raise Rejected(self.name, VenueFault.REFUSED, f"it has no newest block ({answer.error})", "check the node")
        return answer.result

    async def _next_notice(self, subscription: str) -> dict[str, Any] | None:
        if subscription == "none":
            await asyncio.sleep(self._poll_s)
            return await self._newest()
        silence = 10.0 * self._poll_s
        while True:
            try:
                notice = await asyncio.wait_for(self._notices.get(), silence)
            except TimeoutError:
                return await self._newest()
            if notice is None:
                return None
            if notice.get("subscription") == subscription:
                result: dict[str, Any] = notice["result"]
                return result

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
                    self._connection = await connect(self.name)
                self._reading = asyncio.create_task(self._read(self._connection))
            return self._connection

    async def _read(self, connection: Connection) -> None:
        """Hand out what comes in; when the connection ends, whoever waits is told."""
        try:
            while True:
                message = msgspec.json.decode(await connection.receive())
                for one in message if isinstance(message, list) else [message]:
                    self._hand_out(one)
        except (OSError, ValueError, msgspec.DecodeError) as error:
            lost = ConnectionResetError(f"the connection ended: {error}")
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(lost)
            if self._connection is connection:
                self._connection = None
            self._notices.put_nowait(None)

    def _hand_out(self, message: dict[str, Any]) -> None:
        if message.get("method") == "eth_subscription":
            self._notices.put_nowait(message["params"])
            return
        error = message.get("error")
        said = Answer(None, str(error.get("message", error)) or "error") if error else Answer(message.get("result"))
        number = message.get("id")
        if number is None and error:  # a refusal of the whole batch
            for future in self._waiting.values():
                if not future.done():
                    future.set_result(said)
            return
        waiting = self._waiting.get(number) if isinstance(number, int) else None
        if waiting is not None and not waiting.done():
            waiting.set_result(said)

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading
        if connection is not None:
            self._notices.put_nowait(None)
            with contextlib.suppress(OSError):
                await connection.close()

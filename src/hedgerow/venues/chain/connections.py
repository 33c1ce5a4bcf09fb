"""Three ways to carry text to a node and back: IPC, websocket and HTTP."""

import asyncio
import contextlib
import os
from typing import Any, Final, Protocol, runtime_checkable

from hedgerow.core.errors import InputError, Rejected, VenueFault
from hedgerow.venues.chain.addresses import SOCKETS, WEB, checked_url, node_name
from hedgerow.venues.chain.libraries import chain_library
from hedgerow.venues.chain.messages import MessageFault, envelopes

_LARGEST_MESSAGE: Final = 64 * 2**20
_LATER: Final = (408, 425, 429)
"""Refusals by HTTP after which the same request may succeed."""


@runtime_checkable
class Connection(Protocol):
    """The port: texts out, texts in."""

    async def send(self, text: bytes) -> None:
        """Send one JSON text.

        Parameters
        ----------
        text : bytes
            A request or a batch. [JSON]
        """
        ...

    async def receive(self) -> bytes:
        """Wait for the next JSON text.

        Returns
        -------
        bytes
            An answer, a batch of them, or a notice. [JSON]

        Raises
        ------
        OSError
            If the connection has ended.
        """
        ...

    async def close(self) -> None:
        """Hang up."""
        ...


async def connect(url: str) -> Connection:
    """Open a connection by the look of its address.

    Parameters
    ----------
    url : str
        ``ws://…``, ``http://…``, or the path of an IPC socket.

    Returns
    -------
    Connection
        Open. [JSON]

    Raises
    ------
    InputError
        If the address is none of these, or a library is missing.
    Rejected
        If somebody is there and lets nobody in.
    OSError
        If nobody is there.
    """
    scheme = checked_url(url)
    if scheme in SOCKETS:
        return await _WebSocket.open(url)
    if scheme in WEB:
        return _Http(url)
    return await _Ipc.open(url)


def _turned_away(url: str, status: int) -> None:
    """Refuse a status that will be the same next time."""
    if 400 <= status < 500 and status not in _LATER:
        raise Rejected(
            node_name(url), VenueFault.REFUSED, f"HTTP status {status}", "check the address, and the key if it has one"
        )


class _Ipc:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, path: str) -> "_Ipc":
        return cls(*await asyncio.open_unix_connection(os.path.expanduser(path), limit=_LARGEST_MESSAGE))  # noqa: PTH111

    async def send(self, text: bytes) -> None:
        self._writer.write(text + b"\n")
        await self._writer.drain()

    async def receive(self) -> bytes:
        line = await self._reader.readline()
        if not line:
            raise ConnectionResetError("the other side hung up")
        return line

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


class _WebSocket:
    def __init__(self, socket: Any, closed: type[Exception]) -> None:
        self._socket, self._closed = socket, closed

    @classmethod
    async def open(cls, url: str) -> "_WebSocket":
        library, faults = chain_library("websockets.asyncio.client"), chain_library("websockets.exceptions")
        try:
            socket = await library.connect(url, max_size=_LARGEST_MESSAGE, open_timeout=10.0, close_timeout=1.0)
        except faults.InvalidURI:
            raise InputError(f"{node_name(url)}: no address of a websocket", "give ws://HOST:PORT") from None
        except faults.InvalidStatus as error:
            _turned_away(url, error.response.status_code)
            raise ConnectionRefusedError(f"no websocket there: HTTP status {error.response.status_code}") from None
        except faults.InvalidHandshake as error:
            raise ConnectionRefusedError(f"no websocket there: {type(error).__name__}") from None
        return cls(socket, faults.ConnectionClosed)

    async def send(self, text: bytes) -> None:
        try:
            await self._socket.send(text.decode())
        except self._closed as error:
            raise ConnectionResetError(str(error)) from None

    async def receive(self) -> bytes:
        try:
            text: bytes = await self._socket.recv(decode=False)
        except self._closed as error:
            raise ConnectionResetError(str(error)) from None
        return text

    async def close(self) -> None:
        await self._socket.close()


class _Http:
    """Answers queue up as if they came over a socket; there are no notices."""

    def __init__(self, url: str) -> None:
        self._library = chain_library("aiohttp")
        self._url, self._session = url, self._library.ClientSession()
        self._answers: asyncio.Queue[bytes] = asyncio.Queue()

    async def send(self, text: bytes) -> None:
        try:
            headers = {"Content-Type": "application/json"}
            async with self._session.post(self._url, data=text, headers=headers) as reply:
                body = await reply.read()
        except self._library.InvalidURL:
            raise InputError(f"{node_name(self._url)}: no address of a node", "give http://HOST:PORT") from None
        except self._library.ClientError as error:
            raise ConnectionError(str(error)) from None
        if reply.status >= 400 and not _is_answer(body):
            _turned_away(self._url, reply.status)
            raise ConnectionError(f"HTTP status {reply.status}")
        self._answers.put_nowait(body)

    async def receive(self) -> bytes:
        return await self._answers.get()

    async def close(self) -> None:
        await self._session.close()


def _is_answer(body: bytes) -> bool:
    """Tell a refusal of the node, by id, from one of whoever stands before it."""
    try:
        return all(one.id is not None for one in envelopes(body))
    except MessageFault:
        return False

"""Three ways to carry text to a node and back: IPC, websocket and HTTP."""

import asyncio
import os
from typing import Any, Protocol, runtime_checkable

from hedgerow.core.errors import InputError
from hedgerow.venues.chain.libraries import chain_library

_LARGEST_MESSAGE = 64 * 2**20


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
    OSError
        If nobody is there.
    """
    if url.startswith(("ws://", "wss://")):
        return await _WebSocket.open(url)
    if url.startswith(("http://", "https://")):
        return _Http(url)
    if "://" in url:
        raise InputError(f"{url}: no way to talk to a node", "give ws://, wss://, http://, https:// or a path of IPC")
    return await _Ipc.open(url)


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


class _WebSocket:
    def __init__(self, socket: Any, closed: type[Exception]) -> None:
        self._socket, self._closed = socket, closed

    @classmethod
    async def open(cls, url: str) -> "_WebSocket":
        library, faults = chain_library("websockets.asyncio.client"), chain_library("websockets.exceptions")
        try:
            socket = await library.connect(url, max_size=_LARGEST_MESSAGE, open_timeout=10.0, close_timeout=1.0)
        except (faults.InvalidHandshake, faults.InvalidURI) as error:
            raise ConnectionRefusedError(f"no websocket there: {error}") from None
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
                if reply.status in (408, 425, 429) or reply.status >= 500:
                    raise ConnectionError(f"HTTP status {reply.status}")
                self._answers.put_nowait(body)
        except self._library.ClientError as error:
            raise ConnectionError(str(error)) from None

    async def receive(self) -> bytes:
        return await self._answers.get()

    async def close(self) -> None:
        await self._session.close()

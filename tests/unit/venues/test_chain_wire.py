"""The way to a node: whatever comes in is an answer or a named error, and no key ever comes out."""

import asyncio
import contextlib
import json
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow.core.errors import HedgerowError, InputError, Rejected, Retryable, VenueFault
from hedgerow.venues.chain import Answer, Heard, Node, Question, RecordingWire, pool_reader
from hedgerow.venues.chain.abi import Read
from hedgerow.venues.chain.addresses import node_name, without_secrets
from hedgerow.venues.chain.live import LiveWire
from hedgerow.venues.chain.messages import Envelope, MessageFault, bytes_of, envelopes, number_of
from hedgerow.venues.chain.multicall import try_reads
from hedgerow.venues.chain.node import Header

ASKED = [Question("eth_chainId", [])]
POOL = "0x" + 20 * "aa"
KEY = "SECRETKEY0123"


@contextlib.asynccontextmanager
async def node(reply: Callable[[dict[str, Any]], bytes | None], **how: Any) -> AsyncIterator[LiveWire]:
    """A node over IPC that says what it is told to, and the wire to it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            said = reply(json.loads(line))
            if said is None:
                break
            writer.write(said)
        writer.close()

    with tempfile.TemporaryDirectory() as folder:
        server = await asyncio.start_unix_server(serve, f"{folder}/node.ipc")
        wire = LiveWire(f"{folder}/node.ipc", **({"timeout_s": 0.5, "patience_s": 0.3, "poll_s": 0.01} | how))
        try:
            yield wire
        finally:
            await wire.close()
            server.close()
            await server.wait_closed()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"null\n", "is no answer"),
        (b"5\n", "is no answer"),
        (b"<html>\n", "is no answer"),
        (b'{"id":"1","result":"0x1"}\n', "is no answer"),
        (b'{"method":"eth_subscription"}\n', "Expected `object`"),
        (b'{"jsonrpc":"2.0"}\n', "an answer to nothing"),
    ],
)
def test_an_envelope_that_is_none_is_a_lie(said: bytes, words: str) -> None:
    async def run() -> None:
        async with node(lambda _: said) as wire:
            await wire.ask(ASKED)

    with pytest.raises(Rejected, match=words) as raised:
        asyncio.run(run())
    assert raised.value.fault is VenueFault.LIES


def test_an_error_that_is_a_text_is_a_refusal() -> None:
    async def run() -> list[Answer]:
        async with node(lambda asked: b'{"id":%d,"error":"bad key"}\n' % asked["id"]) as wire:
            return await wire.ask(ASKED)

    assert asyncio.run(run()) == [Answer(None, "bad key")]


def test_a_notice_that_is_none_ends_the_heads_by_name() -> None:
    def reply(asked: dict[str, Any]) -> bytes:
        answer = {"id": asked["id"], "result": "0x7" if asked["method"] == "eth_subscribe" else _raw(1)}
        return json.dumps(answer).encode() + b'\n{"method":"eth_subscription","params":5}\n'

    async def run() -> None:
        async with node(reply, poll_s=5.0) as wire:
            async for _ in Node(wire).heads():
                pass

    with pytest.raises(Rejected, match="Expected `object`"):
        asyncio.run(run())


def _raw(number: int, at_s: int | None = None) -> dict[str, str]:
    return {
        "number": hex(number),
        "hash": f"0x{number:064x}",
        "parentHash": f"0x{number - 1:064x}",
        "timestamp": hex(int(time.time()) if at_s is None else at_s),
        "logsBloom": "0x0",
    }


@pytest.mark.parametrize("subscribes", [True, False])
def test_a_node_that_makes_no_blocks_any_more_is_too_old(subscribes: bool) -> None:
    newest = _raw(1)

    def reply(asked: dict[str, Any]) -> bytes:
        if asked["method"] == "eth_subscribe":
            said: dict[str, Any] = {"result": "0x7"} if subscribes else {"error": {"message": "no such method"}}
        else:
            said = {"result": newest}
        return json.dumps({"id": asked["id"]} | said).encode() + b"\n"

    async def run() -> None:
        async with node(reply) as wire, asyncio.timeout(20):
            async for _ in Node(wire, max_age_s=1.5).heads():
                pass

    with pytest.raises(Retryable, match=r"block 1 is 2 s old, more than 1\.5 s"):
        asyncio.run(run())


def test_a_head_is_stamped_when_it_comes_in_however_long_it_waits() -> None:
    def reply(asked: dict[str, Any]) -> bytes:
        if asked["method"] != "eth_subscribe":
            return json.dumps({"id": asked["id"], "result": _raw(1)}).encode() + b"\n"
        notice = {"method": "eth_subscription", "params": {"subscription": "0x7", "result": _raw(2)}}
        return b"".join(json.dumps(one).encode() + b"\n" for one in ({"id": asked["id"], "result": "0x7"}, notice))

    async def run() -> list[int]:
        async with node(reply, poll_s=5.0) as wire:
            heads = wire.heads()
            await anext(heads)
            await asyncio.sleep(0.5)
            heard = await anext(heads)
            await heads.aclose()  # type: ignore[attr-defined]
            return [int(heard.head["number"], 16), time.time_ns() - heard.at_ns]

    number, waited_ns = asyncio.run(run())
    assert number == 2
    assert waited_ns >= 0.45e9


# Keys in addresses.


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (f"https://eth.example.org/v3/{KEY}", "https://eth.example.org"),
        (f"wss://eth.example.org:8546/ws?apikey={KEY}&x=1", "wss://eth.example.org:8546"),
        (f"http://me:{KEY}@10.0.0.1:8545", "http://10.0.0.1:8545"),
        (f"https://{KEY}@eth.example.org/#{KEY}", "https://eth.example.org"),
        (f"http://host:{KEY}/", "http://"),
        (f"ftp://me:{KEY}@host", "ftp://host"),
        ("/var/run/node.ipc", "/var/run/node.ipc"),
    ],
)
def test_a_node_is_named_without_its_keys(url: str, name: str) -> None:
    assert node_name(url) == name
    assert LiveWire(url).name == name
    if KEY in url:
        assert KEY not in without_secrets(f"cannot connect to {url}, nor to {KEY}", url)


@pytest.mark.parametrize("place", ["/v3/{}", "/?apikey={}", "me:{}@"])
@pytest.mark.parametrize("scheme", ["http", "ws", "ftp", "https:/"])
def test_no_error_says_a_key(place: str, scheme: str, tmp_path: Path) -> None:
    host = "127.0.0.1:1"
    where = f"{place.format(KEY)}{host}" if place.endswith("@") else f"{host}{place.format(KEY)}"
    record = tmp_path / "seen.jsonl"

    async def run() -> None:
        wire = RecordingWire(LiveWire(f"{scheme}://{where}", patience_s=0.01), record)
        try:
            await wire.ask(ASKED)
        finally:
            await wire.close()

    with pytest.raises(HedgerowError) as raised:
        asyncio.run(run())
    assert KEY not in str(raised.value)
    assert not record.exists()  # where nothing was said no file is left


@pytest.mark.parametrize("place", ["/v3/{}", "/v3?apikey={}"])
@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, "<h1>no</h1>", Rejected),
        (403, f'{{"error":"unauthorized {KEY}"}}', Rejected),
        (404, "", Rejected),
        (429, "slower", Retryable),
        (503, f"{KEY} is busy", Retryable),
    ],
)
def test_a_refusal_by_http_is_final_or_not_by_its_status(
    place: str, status: int, body: str, kind: type[HedgerowError]
) -> None:
    with pytest.raises(kind, match=f"HTTP status {status}") as raised:
        asyncio.run(_over_http(place.format(KEY), status, body))
    assert KEY not in str(raised.value)


def test_an_answer_by_http_counts_whatever_its_status() -> None:
    (answer,) = asyncio.run(_over_http(f"/{KEY}", 400, f'{{"id":1,"error":{{"message":"reverted {KEY}"}}}}'))
    assert answer == Answer(None, "reverted …")


async def _over_http(path: str, status: int, body: str) -> list[Answer]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        await reader.readexactly(int(length.split(b":")[1]))
        text = body.encode()
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, len(text)) + text)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    wire = LiveWire(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{path}", patience_s=0.2)
    try:
        return await wire.ask(ASKED)
    finally:
        await wire.close()
        server.close()
        await server.wait_closed()


# Anything at all.

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=8) | st.just("0x" + 64 * "1")
    | st.sampled_from(["0x", "0x1", "0xzz", "0x12", POOL, "latest"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["id", "result", "error", "method", "params", "number", "hash", "parentHash", "timestamp",
                         "logsBloom", "address", "topics", "data", "blockHash", "blockNumber", "logIndex", "message"]),
        inner, max_size=8,
    ),
    max_leaves=12,
)  # fmt: skip


class Anything:
    """A node that says anything."""

    name = "anything"

    def __init__(self, said: list[Any]) -> None:
        self.said = said

    def _next(self) -> Any:
        self.said.append(self.said.pop(0))
        return self.said[-1]

    async def ask(self, questions: Sequence[Question]) -> list[Answer]:
        return [Answer(self._next()) for _ in questions]

    async def heads(self) -> AsyncIterator[Heard]:
        for _ in range(3):
            yield Heard(self._next(), 0)

    def clock_ns(self, purpose: str = "") -> int:  # noqa: ARG002
        return 0

    async def pause(self, seconds: float) -> None:
        pass

    async def close(self) -> None:
        pass


HEADER = Header(number=1, hash="0x" + 64 * "1", parent_hash="0x" + 64 * "0", at_ns=0, bloom=2**2048 - 1)


@settings(max_examples=200, deadline=None)
@given(said=st.lists(plain, min_size=1, max_size=5))
def test_whatever_a_node_says_is_used_or_refused_by_name(said: list[Any]) -> None:
    async def heads(one: Node) -> None:
        async for _ in one.heads():
            pass

    async def every() -> None:
        one = Node(Anything(list(said)))
        read = Read(POOL, "liquidity()", ("uint128",))
        for attempt in (
            lambda: one.chain_id(),
            lambda: one.header("latest"),
            lambda: one.header(HEADER.hash),
            lambda: one.header(1),
            lambda: one.logs(HEADER, [POOL]),
            lambda: try_reads(one, [read, read], HEADER),
            lambda: pool_reader(one, POOL, HEADER),
            lambda: heads(one),
        ):
            with contextlib.suppress(HedgerowError):
                await attempt()

    asyncio.run(every())


@settings(max_examples=200, deadline=None)
@given(text=plain.map(msgspec.json.encode) | st.binary(max_size=40))
def test_whatever_comes_over_a_wire_is_an_envelope_or_a_fault(text: bytes) -> None:
    try:
        found = envelopes(text)
    except MessageFault:
        return
    assert all(isinstance(one, Envelope) for one in found)
    for one in found:
        for decode in (number_of, bytes_of):
            with contextlib.suppress(MessageFault):
                decode(one.result)


@settings(max_examples=200, deadline=None)
@given(said=plain)
def test_whatever_a_live_node_says_somebody_is_told(said: Any) -> None:
    """The task that reads hands everything out or names it; it never ends without a word."""
    wire = LiveWire("nowhere.ipc")

    async def run() -> None:
        class Once:
            async def receive(self) -> bytes:
                if texts:
                    return texts.pop()
                raise ConnectionResetError("over")

            async def close(self) -> None:
                pass

        texts = [msgspec.json.encode(said)]
        waiting: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        wire._waiting[1] = waiting
        await wire._read(Once())  # type: ignore[arg-type]
        assert waiting.done()
        error = waiting.exception()
        assert error is None or isinstance(error, HedgerowError | ConnectionResetError)

    asyncio.run(run())


def test_a_file_that_is_there_is_not_touched(tmp_path: Path) -> None:
    record = tmp_path / "seen.jsonl"
    record.write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        RecordingWire(LiveWire("nowhere.ipc"), record)
    assert record.read_text() == "mine"

"""A node that lies, lags or goes away: named errors, and nothing of what it said is used."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from eth_abi import encode
from eth_utils import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow.core.errors import Rejected, Retryable, VenueError, VenueFault
from hedgerow.core.ids import Currency, PoolName
from hedgerow.market import PoolStorage, PoolToken, UniswapV2Pool, UniswapV3Pool
from hedgerow.venues.chain import Answer, FollowedBlock, Heard, Node, Question, follow
from hedgerow.venues.chain.abi import Read, topic
from hedgerow.venues.chain.concentrated import Changed, ConcentratedReader, Moved, folded
from hedgerow.venues.chain.live import LiveWire
from hedgerow.venues.chain.multicall import read_all, try_reads
from hedgerow.venues.chain.node import Header, Log
from hedgerow.venues.chain.reader import WholeReader
from hedgerow.venues.chain.uniswap import V3Layout

POOL = "0x" + 20 * "aa"
SWAP = topic("Swap(address,address,int256,int256,uint160,uint128,int24)")
NOW_NS = 1_700_000_100 * 10**9
ALL = "0x" + 512 * "f"


def block(height: int, branch: str = "a", parent: str = "", **fields: Any) -> dict[str, Any]:
    """A header; its hash says its number and branch."""
    return {
        "number": hex(height),
        "hash": _hash(height, branch),
        "parentHash": parent or _hash(height - 1, branch),
        "timestamp": hex(1_700_000_000 + height),
        "logsBloom": ALL,
    } | fields


def _hash(number: int, branch: str = "a") -> str:
    return f"0x{keccak(f'{branch}{number}'.encode()).hex()}"


def _swapped_words(*words: int) -> str:
    return "0x" + b"".join((word % 2**256).to_bytes(32) for word in words).hex()


class Told:
    """A node that says what it is told to, over the port."""

    name = "told"

    def __init__(self, heads: Sequence[dict[str, Any]], **answers: Callable[[list[Any]], Any]) -> None:
        self.spoken = list(heads)
        self.blocks = {one["hash"]: one for one in heads}
        self.answers = {"eth_chainId": lambda _: "0x1", "eth_getLogs": lambda _: []} | answers
        self.asked: list[str] = []
        self.waits: list[float] = []
        self.tip: dict[str, Any] | None = None

    async def ask(self, questions: Sequence[Question]) -> list[Answer]:
        return [self._answer(one) for one in questions]

    def _answer(self, question: Question) -> Answer:
        self.asked.append(question.method)
        if question.method == "eth_getBlockByHash" and question.method not in self.answers:
            return Answer(self.blocks.get(question.params[0]))
        if question.method == "eth_getBlockByNumber" and question.method not in self.answers:
            return Answer(self._canonical(question.params[0]))
        said = self.answers[question.method](question.params)
        return said if isinstance(said, Answer) else Answer(said)

    def _canonical(self, which: str) -> dict[str, Any] | None:
        """A block of the chain of the last head, as a node that has settled says."""
        one: dict[str, Any] | None = self.tip or self.spoken[-1]
        while one is not None and which not in ("latest", one["number"]):
            one = self.blocks.get(one["parentHash"])
        return one

    async def heads(self) -> AsyncIterator[Heard]:
        for one in self.spoken:
            yield Heard(one, NOW_NS)

    def clock_ns(self, purpose: str = "") -> int:  # noqa: ARG002
        return NOW_NS

    async def pause(self, seconds: float) -> None:
        self.waits.append(seconds)

    async def close(self) -> None:
        pass


def pair(header: Header) -> UniswapV2Pool:
    tokens = (PoolToken(symbol=Currency("A"), decimals=18), PoolToken(symbol=Currency("B"), decimals=18))
    return UniswapV2Pool(name=PoolName("p"), tokens=tokens, block=header.stamp, reserve0=1, reserve1=1, total_supply=1)


class Counter:
    """A reader that asks nothing."""

    name, emitter, topics, notes = "p", POOL, (), ()

    async def snapshot(self, _: Node, header: Header) -> PoolStorage:
        return pair(header)

    async def advance(self, _: Node, before: Any, header: Header, logs: Sequence[Log]) -> PoolStorage:  # noqa: ARG002
        assert before.block.hash == header.parent_hash
        return pair(header)


def followed(wire: Told, reader: Any = None, **terms: Any) -> list[FollowedBlock]:
    async def run() -> list[FollowedBlock]:
        return [one async for one in follow(Node(wire, **terms), reader or Counter())]

    return asyncio.run(run())


def refused(fault: VenueFault, wire: Told, reader: Any = None, **terms: Any) -> str:
    with pytest.raises(VenueError) as raised:
        followed(wire, reader, **terms)
    assert raised.value.fault is fault
    assert isinstance(raised.value, Retryable if fault in (VenueFault.LAGS, VenueFault.AWAY) else Rejected)
    return str(raised.value)


# What is no lie.


def test_duplicates_are_dropped() -> None:
    seen = followed(Told([block(1), block(1), block(2), block(1), block(2), block(3)]))
    assert [one.header.number for one in seen] == [1, 2, 3]


def test_gaps_are_filled_by_walking_back() -> None:
    wire = Told([block(number) for number in range(1, 8)])
    wire.spoken = [block(1), block(7)]
    seen = followed(wire)
    assert [one.header.number for one in seen] == list(range(1, 8))
    assert wire.asked.count("eth_getBlockByHash") == 5


def test_a_longer_branch_replaces_a_shorter_one() -> None:
    other = [block(3, "b", _hash(2)), block(4, "b"), block(5, "b")]
    wire = Told([*(block(number) for number in range(1, 5)), *other])
    wire.spoken = [*wire.spoken[:4], block(5, "b")]
    seen = followed(wire)
    assert [one.header.hash for one in seen[4:]] == [one["hash"] for one in other]
    assert [header.number for header in seen[4].reverted] == [4, 3]
    assert not seen[5].reverted


def test_a_branch_and_back_again() -> None:
    wire = Told([block(1), block(2), block(2, "b", _hash(1)), block(3, "a", _hash(2)), block(4)])
    seen = followed(wire)
    assert [(one.header.number, len(one.reverted)) for one in seen] == [(1, 0), (2, 0), (2, 1), (2, 1), (3, 0), (4, 0)]


def test_a_reorganisation_deeper_than_the_ring_is_read_afresh() -> None:
    wire = Told([block(number) for number in range(1, 201)])
    wire.blocks |= {one["hash"]: one for one in (block(number, "b") for number in range(20, 151))}
    wire.spoken.append(block(150, "b"))
    seen = followed(wire)
    assert seen[-1].fresh
    assert [one.number for one in seen[-1].reverted] == list(range(200, 72, -1))
    assert sum(one.fresh for one in seen) == 2


def test_a_gap_of_many_days_is_read_afresh_and_reverts_nothing() -> None:
    seen = followed(Told([block(1), block(2), block(9_000), block(9_001)]))
    assert [(one.header.number, one.fresh, one.reverted) for one in seen[2:]] == [(9_000, True, ()), (9_001, False, ())]


@st.composite
def _trees(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[int]]:
    """Blocks that grow on one another anyhow, and the order in which their heads are heard."""
    count = draw(st.integers(2, 14))
    blocks = [block(100)]
    for i in range(1, count):
        parent = blocks[draw(st.integers(max(0, i - 4), i - 1))]
        height = int(parent["number"], 16) + 1
        blocks.append(block(height, f"branch{i}-", parent["hash"]))
    return blocks, draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=20))


@settings(max_examples=200, deadline=None)
@given(_trees(), st.integers(2, 8))
def test_whatever_is_heard_what_is_reported_is_one_chain(
    tree: tuple[list[dict[str, Any]], list[int]], ring: int
) -> None:
    blocks, order = tree
    wire = Told([blocks[i] for i in order])
    wire.blocks = {one["hash"]: one for one in blocks}
    wire.tip = max(blocks, key=lambda one: int(one["number"], 16))

    async def run() -> list[FollowedBlock]:
        return [one async for one in follow(Node(wire), Counter(), ring=ring)]

    chain: list[Header] = []
    for one in asyncio.run(run()):
        for gone in one.reverted:
            assert chain.pop() == gone
        if one.fresh:  # the ring had forgotten what lies before
            chain = []
        assert not chain or one.header.parent_hash == chain[-1].hash
        assert one.pool.block == one.header.stamp
        chain.append(one.header)
    heard = [blocks[i]["hash"] for i in order]
    assert chain[-1].hash in heard


# Lies.


def log(number: int = 2, **fields: Any) -> dict[str, Any]:
    return {
        "address": POOL,
        "topics": [SWAP],
        "data": "0x" + 5 * 64 * "0",
        "blockHash": _hash(number),
        "blockNumber": hex(number),
        "logIndex": "0x0",
    } | fields


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (log(blockHash=_hash(9)), "asked for logs of block 2"),
        (log(blockNumber="0x9"), "asked for logs of block 2"),
        (log(removed=True), "asked for logs of block 2"),
        (log(address="0x" + 20 * "bb"), "which was not asked for"),
        (log(topics=["0x12"]), "a log that is none|says is not there"),
        ({"address": POOL}, "a log that is none"),
    ],
)
def test_logs_of_something_else_are_lies(said: dict[str, Any], words: str) -> None:
    wire = Told([block(1), block(2, logsBloom="0x0") if "topics" in said and said["topics"] == ["0x12"] else block(2)])
    wire.answers["eth_getLogs"] = lambda _: [said]
    message = refused(VenueFault.LIES, wire)
    assert any(word in message for word in words.split("|"))
    assert message.endswith("nothing of this answer was used")


def test_logs_that_the_bloom_denies_are_lies() -> None:
    wire = Told([block(1), block(2, logsBloom="0x" + 512 * "0")], eth_getLogs=lambda _: [log()])
    assert "says is not there" in refused(VenueFault.LIES, wire)


def test_logs_out_of_order_are_lies() -> None:
    wire = Told([block(1), block(2)], eth_getLogs=lambda _: [log(logIndex="0x5"), log(logIndex="0x2")])
    assert "out of order" in refused(VenueFault.LIES, wire)


def test_a_chain_id_that_changes_is_a_lie() -> None:
    ids = iter(["0x1", "0x1", "0x5"])
    wire = Told([block(1), block(2), block(3)], eth_chainId=lambda _: next(ids))
    assert "its chain id was 1 and is now 5" in refused(VenueFault.LIES, wire)


def test_another_block_than_asked_for_is_a_lie() -> None:
    wire = Told([block(1), block(5)], eth_getBlockByHash=lambda _: block(2))
    assert "it answered with block 2" in refused(VenueFault.LIES, wire)


def test_a_parent_of_a_wrong_height_is_a_lie() -> None:
    wire = Told([block(1), block(5)])
    wire.blocks[_hash(4)] = block(7, hash=_hash(4))
    assert "the parent of block 5 has the number 7" in refused(VenueFault.LIES, wire)
    wire = Told([block(1), block(9, parent=_hash(1))])
    assert "block 9 says that its parent is block 1" in refused(VenueFault.LIES, wire)


@pytest.mark.parametrize("fields", [{"number": None}, {"timestamp": "soon"}, {"hash": 5}, {"logsBloom": "0xzz"}])
def test_a_header_that_is_none_is_a_lie(fields: dict[str, Any]) -> None:
    assert "a header that is none" in refused(VenueFault.LIES, Told([block(1, **fields)]))


def test_a_node_without_a_chain_id_is_refused() -> None:
    assert "no chain id" in refused(VenueFault.REFUSED, Told([block(1)], eth_chainId=lambda _: Answer(None, "no")))


# Lags.


def test_an_old_head_is_a_lag() -> None:
    assert "block 1 is 99 s old, more than 60 s" in refused(VenueFault.LAGS, Told([block(1)]), max_age_s=60.0)
    assert len(followed(Told([block(1)]), max_age_s=100.0)) == 1


@pytest.mark.parametrize("method", ["eth_getLogs", "eth_getBlockByHash"])
def test_a_node_that_never_knows_a_block_lags_in_the_end(method: str) -> None:
    wire = Told([block(1), block(3)])
    wire.blocks[_hash(2)] = block(2)
    wire.answers[method] = lambda _: Answer(None, "header not found")
    assert "header not found" in refused(VenueFault.LAGS, wire)
    assert sum(wire.waits) >= 30.0
    assert sorted(wire.waits) == wire.waits


@pytest.mark.parametrize("method", ["eth_getLogs", "eth_getBlockByHash"])
def test_a_block_that_is_unknown_for_a_moment_is_asked_for_again(method: str) -> None:
    wire = Told([block(1), block(3)])
    wire.blocks[_hash(2)] = block(2)
    answers: dict[str, Callable[[list[Any]], Any]] = {
        "eth_getLogs": lambda _: [],
        "eth_getBlockByHash": lambda params: wire.blocks[params[0]],
    }
    left = [Answer(None, "header not found"), Answer(None, "unknown block")]
    wire.answers[method] = lambda params: left.pop() if left else answers[method](params)
    assert [one.header.number for one in followed(wire)] == [1, 2, 3]
    assert wire.waits == [0.1, 0.2]


def test_a_reorganisation_while_reading_takes_the_new_branch() -> None:
    # Block 3a is heard and read; before its logs come the chain has gone over to 2b, 3b, 4b.
    other = [block(2, "b", _hash(1)), block(3, "b"), block(4, "b")]
    wire = Told([block(1), block(2), block(3)])
    wire.blocks |= {one["hash"]: one for one in other}
    wire.tip = other[-1]
    wire.answers["eth_getLogs"] = lambda params: (
        Answer(None, "unknown block") if params[0]["blockHash"] == _hash(3) else []
    )
    seen = followed(wire)
    assert [one.header.hash for one in seen] == [_hash(1), _hash(2), *(one["hash"] for one in other)]
    assert [[gone.hash for gone in one.reverted] for one in seen] == [[], [], [_hash(2)], [], []]


def test_a_late_head_from_before_the_ring_is_no_reorganisation() -> None:
    wire = Told([block(number) for number in range(1, 202)])
    wire.spoken.insert(200, block(50))
    seen = followed(wire)
    assert [one.header.number for one in seen] == list(range(1, 202))
    assert sum(one.fresh for one in seen) == 1
    assert not any(one.reverted for one in seen)


def test_a_gap_that_the_node_has_forgotten_is_begun_afresh() -> None:
    wire = Told([block(number) for number in range(1, 301)])
    wire.spoken = [block(1), block(300), block(301)]
    wire.blocks[_hash(301)] = block(301)
    numbers = {_hash(number): number for number in range(1, 302)}
    now = _state(2**96, 5)
    tip = [1]

    def kept(answer: Callable[[list[Any]], Any]) -> Callable[[list[Any]], Any]:
        gone = Answer(None, "missing trie node 9f (path )")
        return lambda params: gone if numbers[params[1]["blockHash"]] < tip[0] - 128 else answer(params)

    def logs(params: list[Any]) -> list[dict[str, Any]]:
        number = numbers[params[0]["blockHash"]]
        tip[0] = max(tip[0], 300)
        return [_swapped(2**96, 5) | {"blockHash": _hash(number), "blockNumber": hex(number)}]

    wire.answers |= {"eth_call": kept(now), "eth_getLogs": logs, "eth_getCode": kept(lambda _: "0x")}
    seen = followed(wire, _v3(2**96, 5))
    assert [(one.header.number, one.fresh, one.reverted) for one in seen] == [
        (1, True, ()), (300, True, ()), (301, False, ()),
    ]  # fmt: skip


def test_nobody_there_is_away() -> None:
    async def ask() -> None:
        await LiveWire("/nowhere/node.ipc", patience_s=0.2).ask([Question("eth_chainId", [])])

    with pytest.raises(Retryable, match=r"has not answered for 0\.2 s") as raised:
        asyncio.run(ask())
    assert raised.value.fault is VenueFault.AWAY


# State against events.


def _v3(sqrt_price: int, liquidity: int) -> ConcentratedReader:
    tokens = (PoolToken(symbol=Currency("A"), decimals=18), PoolToken(symbol=Currency("B"), decimals=18))
    layout = V3Layout(name="p", emitter=POOL, tokens=tokens, fee_pips=3000, tick_spacing=60)
    del sqrt_price, liquidity
    return ConcentratedReader(name="p", layout=layout, words=1)


def _state(sqrt_price: int, liquidity: int) -> Callable[[list[Any]], str]:
    """Answers of a pool that stands at tick 0, to single calls."""
    zero = encode(["uint256"], [0])
    table = {
        "slot0()": encode(
            ["uint160", "int24", "uint16", "uint16", "uint16", "uint8", "bool"], [sqrt_price, 0, 0, 1, 1, 0, True]
        ),
        "liquidity()": encode(["uint128"], [liquidity]),
        "protocolFees()": zero + zero,
        "ticks(int24)": 8 * zero,
    }
    by_selector = {keccak(name.encode())[:4].hex(): answer for name, answer in table.items()}

    def answer(params: list[Any]) -> str:
        return "0x" + by_selector.get(params[0]["data"][2:10], zero).hex()

    return answer


def _swapped(sqrt_price: int, liquidity: int) -> dict[str, Any]:
    data = encode(["int256", "int256", "uint160", "uint128", "int24"], [1, -1, sqrt_price, liquidity, 0])
    return log(data="0x" + data.hex())


@pytest.mark.parametrize(
    ("told", "read"), [((2**96, 5), (2**96, 5)), ((2**96 + 1, 5), (2**96, 5)), ((2**96, 6), (2**96, 5))]
)
def test_a_state_that_contradicts_its_events_is_a_lie(told: tuple[int, int], read: tuple[int, int]) -> None:
    wire = Told(
        [block(1), block(2)],
        eth_call=_state(*read),
        eth_getCode=lambda _: "0x",
        eth_getLogs=lambda _: [_swapped(*told)],
    )
    if told == read:
        state = followed(wire, _v3(*read))[-1].pool
        assert isinstance(state, UniswapV3Pool)
        assert (state.sqrt_price_x96, state.liquidity) == read
    else:
        assert "the events lead to" in refused(VenueFault.LIES, wire, _v3(*read))


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("told", [False, True])
def test_logs_that_are_missing_are_noticed_where_the_bloom_has_them(moved: bool, told: bool) -> None:
    state = {"price": 2**96}
    bloom = ALL if told else "0x0"
    wire = Told([block(1), block(2, logsBloom=bloom)], eth_getCode=lambda _: "0x")
    wire.answers["eth_call"] = lambda params: _state(state["price"], 5)(params)

    def logs(_: list[Any]) -> list[Any]:
        state["price"] += moved
        return []

    wire.answers["eth_getLogs"] = logs
    if moved and told:
        assert "no log of it came" in refused(VenueFault.LIES, wire, _v3(2**96, 5))
    else:  # a bloom is right by chance for other contracts too
        assert [one.header.number for one in followed(wire, _v3(2**96, 5))] == [1, 2]


@pytest.mark.parametrize(
    "said",
    [
        {"data": "0x" + 64 * "0"},
        {"data": "0x123"},
        {"topics": []},
        {"topics": [7]},
        {"logIndex": 3},
        {"data": _swapped_words(1, -1, 2**200, 5, 0)},
        {"data": _swapped_words(1, -1, 2**96, 5, 900_000)},
        {"topics": [topic("Mint(address,address,int24,int24,uint128,uint256,uint256)")]},
    ],
)
def test_logs_of_other_forms_are_lies(said: dict[str, Any]) -> None:
    wire = Told([block(1), block(2)], eth_getCode=lambda _: "0x", eth_call=_state(2**96, 5))
    wire.answers["eth_getLogs"] = lambda _: [log(**said)]
    if said == {"topics": []}:  # anonymous: nothing that a pool tells
        assert len(followed(wire, _v3(2**96, 5))) == 2
    else:
        refused(VenueFault.LIES, wire, _v3(2**96, 5))


def test_a_pair_that_contradicts_its_sync_is_a_lie() -> None:
    reader = WholeReader(
        name="p", emitter=POOL, reads=(), build=lambda _, header: pair(header), contradiction=lambda *_: "off by one"
    )
    wire = Told([block(1), block(2)], eth_getCode=lambda _: "0x")
    assert "p at block 2: off by one" in refused(VenueFault.LIES, wire, reader)


def test_events_fold_in_their_order() -> None:
    start = Moved(10, 100, 5)
    events: list[Moved | Changed] = [
        Changed(0, 6, 7),
        Changed(6, 9, 50),
        Moved(11, 200, 7),
        Changed(6, 9, -50),
        Changed(0, 7, 1),
    ]
    assert folded(start, events) == Moved(11, 150, 7)  # the upper tick does not belong to a range


# Reads.


def _header(number: int = 1) -> Header:
    return Header(number=number, hash=_hash(number), parent_hash=_hash(number - 1), at_ns=0, bloom=0)


def _multicalled(second: int, number: int, *more: int) -> Told:
    words = [encode(["uint256"], [one]) for one in (second, number, *more)]
    said = "0x" + encode(["(bool,bytes)[]"], [[(True, word) for word in words]]).hex()
    return Told([], eth_getCode=lambda _: "0x6001", eth_call=lambda _: said)


LIQUIDITY = Read(POOL, "liquidity()", ("uint128",))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ((7, 1, 9), "of second 0, it answered with that of second 7"),
        ((0, 1), "0 answers to 1 calls"),
        ((0, 1, 5, 5), "2 answers to 1 calls"),
        ((0,), "an answer to many calls at block 1 that is none"),
    ],
)
def test_state_of_another_block_is_a_lie(said: tuple[int, ...], words: str) -> None:
    node = Node(
        _multicalled(*said) if len(said) > 1 else Told([], eth_getCode=lambda _: "0x60", eth_call=lambda _: "0x")
    )
    with pytest.raises(Rejected, match=words):
        asyncio.run(try_reads(node, [LIQUIDITY], _header()))


def test_numbers_of_contracts_count_where_they_are_the_chains_own() -> None:
    own = Node(_multicalled(0, 1, 9))
    assert asyncio.run(try_reads(own, [LIQUIDITY], _header())) == [encode(["uint256"], [9])]
    with pytest.raises(Rejected, match="asked for the state of block 2, it answered with that of 1"):
        asyncio.run(try_reads(own, [LIQUIDITY], _header(2)))
    upon = Node(_multicalled(0, 24_000_000, 9))  # a chain upon another one tells the other's number (Arbitrum)
    for number in (1, 2):
        assert asyncio.run(try_reads(upon, [LIQUIDITY], _header(number))) == [encode(["uint256"], [9])]


def test_every_read_that_failed_is_named() -> None:
    wire = Told([], eth_getCode=lambda _: "0x", eth_call=lambda _: Answer(None, "execution reverted"))
    reads = [Read(POOL, "liquidity()", ("uint128",)), Read(POOL, "ticks(int24)", ("uint128",), (-60,))]
    with pytest.raises(Rejected, match=r"2 of 2 reads failed at block 1: liquidity\(\) of 0xaa.*; ticks\(-60\) of"):
        asyncio.run(read_all(Node(wire), reads, _header()))


def test_a_node_without_the_state_lags() -> None:
    wire = Told([], eth_getCode=lambda _: Answer(None, "missing trie node"))
    with pytest.raises(Retryable, match=r"no state of block 1 .*missing trie node"):
        asyncio.run(try_reads(Node(wire), [Read(POOL, "liquidity()", ("uint128",))], _header()))


def test_bytes_of_another_type_are_refused() -> None:
    wire = Told([], eth_getCode=lambda _: "0x", eth_call=lambda _: "0x1234")
    with pytest.raises(Rejected, match="returned 2 bytes that are no uint128"):
        asyncio.run(read_all(Node(wire), [Read(POOL, "liquidity()", ("uint128",))], _header()))

"""Many reads of one block in one call: Multicall3 where it is deployed, a batch of calls where it is not."""

from collections.abc import Sequence
from typing import Any, Final

from hedgerow.core.errors import Rejected, Retryable, VenueFault
from hedgerow.venues.chain.abi import Read
from hedgerow.venues.chain.node import Header, Node
from hedgerow.venues.chain.wire import Answer, Question

MULTICALL3: Final = "0xca11bde05977b3631167028862be2a173976ca11"
"""Its address on every chain that has it."""

_CALLS: Final = "aggregate3((address,bool,bytes)[])"
_AT_ONCE: Final = 400
"""So many reads go into one call: far below the gas that nodes allow. [count]"""


async def try_reads(node: Node, reads: Sequence[Read], block: Header) -> list[bytes | None]:
    """Read many view functions at the end of one block.

    Parameters
    ----------
    node : Node
        Whom to ask.
    reads : sequence of Read
        What to read.
    block : Header
        At the end of which block, by its hash.

    Returns
    -------
    list of bytes or None
        What each returned; None where the contract refused or is none. [bytes]

    Raises
    ------
    Retryable
        If the node does not have the state of that block.
    Rejected
        If it answers for another block.
    """
    if not reads:
        return []
    if node.multicall is None:
        (code,) = await node.ask([Question("eth_getCode", [MULTICALL3, _at(block)])])
        _known(node, code, block)
        node.multicall = len(str(code.result)) > 2
    chunks = [reads[i : i + _AT_ONCE] for i in range(0, len(reads), _AT_ONCE)]
    if not node.multicall:
        return [one for chunk in chunks for one in await _batch(node, chunk, block)]
    return [one for chunk in chunks for one in await _together(node, chunk, block)]


async def read_all(node: Node, reads: Sequence[Read], block: Header) -> list[tuple[Any, ...]]:
    """Read many view functions, all of which must answer.

    Parameters
    ----------
    node : Node
        Whom to ask.
    reads : sequence of Read
        What to read.
    block : Header
        At the end of which block, by its hash.

    Returns
    -------
    list of tuple
        Values of each. [as the contracts say]

    Raises
    ------
    Rejected
        If one failed; the message names each.
    Retryable
        If the node does not have the state of that block.
    """
    answers = await try_reads(node, reads, block)
    failed = [read.label for read, answer in zip(reads, answers, strict=True) if not answer]
    if failed:
        raise Rejected(
            node.name,
            VenueFault.UNSUPPORTED,
            f"{len(failed)} of {len(reads)} reads failed at block {block.number}: {'; '.join(failed[:4])}",
            "check the address: another kind of contract may be there",
        )
    return [read.decode(answer) for read, answer in zip(reads, answers, strict=True) if answer]


async def _together(node: Node, reads: Sequence[Read], block: Header) -> list[bytes | None]:
    calls = [(read.target, True, read.data) for read in reads]
    number = Read(MULTICALL3, "getBlockNumber()", ("uint256",))
    types = ("(bool,bytes)[]",)
    every = Read(MULTICALL3, _CALLS, types, ([(MULTICALL3, True, number.data), *calls],))
    (answer,) = await node.ask([_call(every, block)])
    _known(node, answer, block)
    ((_, first), *results) = every.decode(bytes.fromhex(str(answer.result)[2:]))[0]
    if number.decode(first) != (block.number,):
        raise node.lie(
            f"asked for the state of block {block.number}, it answered with that of {number.decode(first)[0]}"
        )
    return [data if succeeded and data else None for succeeded, data in results]


async def _batch(node: Node, reads: Sequence[Read], block: Header) -> list[bytes | None]:
    answers = await node.ask([_call(read, block) for read in reads])
    if answers and all(answer.error for answer in answers):  # the state, not the contracts, may be what is missing
        _known(node, (await node.ask([Question("eth_getCode", [reads[0].target, _at(block)])]))[0], block)
    return [None if one.error or not one.result else bytes.fromhex(one.result[2:]) or None for one in answers]


def _call(read: Read, block: Header) -> Question:
    return Question("eth_call", [{"to": read.target, "data": "0x" + read.data.hex()}, _at(block)])


def _at(block: Header) -> dict[str, str]:
    """Name a block by its hash, as EIP-1898 does, so that a reorganisation cannot change what is read."""
    return {"blockHash": block.hash}


def _known(node: Node, answer: Answer, block: Header) -> None:
    if answer.error or answer.result is None:
        raise Retryable(
            node.name,
            VenueFault.LAGS,
            f"it has no state of block {block.number} {block.hash} ({answer.error or 'no answer'})",
            "ask a node that keeps it",
        )

"""Many reads of one block in one call: Multicall3 where it is deployed, a batch of calls where it is not."""

from collections.abc import Sequence
from typing import Any, Final

from hedgerow.core.errors import Rejected, VenueFault
from hedgerow.venues.chain.abi import Read
from hedgerow.venues.chain.messages import MessageFault, bytes_of
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
        node.multicall = bool(_bytes(node, code))
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
    clock = Read(MULTICALL3, "getCurrentBlockTimestamp()", ("uint256",))
    height = Read(MULTICALL3, "getBlockNumber()", ("uint256",))
    calls = [(read.target, True, read.data) for read in (clock, height, *reads)]
    every = Read(MULTICALL3, _CALLS, ("(bool,bytes)[]",), (calls,))
    (answer,) = await node.ask([call_at(every.target, every.data, block)])
    _known(node, answer, block)
    try:
        (_, second), (_, number), *results = every.decode(_bytes(node, answer))[0]
        found = clock.decode(second)[0], height.decode(number)[0]
    except (Rejected, ValueError):
        raise node.lie(f"an answer to many calls at block {block.number} that is none") from None
    if len(results) != len(reads):
        raise node.lie(f"{len(results)} answers to {len(reads)} calls at block {block.number}")
    _same_block(node, block, *found)
    return [data if succeeded and data else None for succeeded, data in results]


def _same_block(node: Node, block: Header, second: int, number: int) -> None:
    """Hold what the contracts saw against the header; on chains upon another one the number is the other's."""
    if second * 10**9 != block.at_ns:
        raise node.lie(
            f"asked for the state of block {block.number} of second {block.at_ns // 10**9}, it answered with that of "
            f"second {second}"
        )
    if node.own_numbers is None:
        node.own_numbers = number == block.number
    if node.own_numbers and number != block.number:
        raise node.lie(f"asked for the state of block {block.number}, it answered with that of {number}")


async def _batch(node: Node, reads: Sequence[Read], block: Header) -> list[bytes | None]:
    answers = await node.ask([call_at(read.target, read.data, block) for read in reads])
    if any(answer.error for answer in answers):  # the state, not the contracts, may be what is missing
        _known(node, (await node.ask([Question("eth_getCode", [reads[0].target, _at(block)])]))[0], block)
    return [None if one.error or one.result is None else _bytes(node, one) or None for one in answers]


def call_at(target: str, data: bytes, block: Header, overrides: dict[str, Any] | None = None) -> Question:
    """Ask for one call at the end of a block.

    Parameters
    ----------
    target : str
        The contract. [hex]
    data : bytes
        Selector and arguments. [bytes]
    block : Header
        The block, named by its hash as EIP-1898 does, so that a reorganisation cannot change what is read.
    overrides : dict or None
        Accounts as they shall be for this call alone. [as ``eth_call`` takes them]

    Returns
    -------
    Question
        For the node. [as the wire says]
    """
    params: list[Any] = [{"to": target, "data": "0x" + data.hex()}, _at(block)]
    return Question("eth_call", params if overrides is None else [*params, overrides])


def _at(block: Header) -> dict[str, str]:
    return {"blockHash": block.hash}


def _bytes(node: Node, answer: Answer) -> bytes:
    try:
        return bytes_of(answer.result)
    except MessageFault as fault:
        raise node.lie(f"what a contract returned is none: {fault}") from None


def _known(node: Node, answer: Answer, block: Header) -> None:
    if answer.error or answer.result is None:
        raise node.lag(f"it has no state of block {block.number} {block.hash}", answer)

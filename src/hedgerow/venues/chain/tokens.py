"""Symbols and decimals of tokens, as their contracts state them."""

from collections.abc import Sequence
from typing import Final

from hedgerow.core.errors import Rejected, VenueFault
from hedgerow.core.ids import Currency
from hedgerow.market import PoolToken
from hedgerow.venues.chain.abi import ZERO_ADDRESS, Read
from hedgerow.venues.chain.multicall import try_reads
from hedgerow.venues.chain.node import Header, Node

NATIVE: Final = (ZERO_ADDRESS, "0x" + 20 * "ee")
"""How v4 and Curve write the chain's own coin."""


async def read_tokens(
    node: Node, addresses: Sequence[str], block: Header, symbols: Sequence[str] = ()
) -> tuple[PoolToken, ...]:
    """Read the tokens of a pool.

    Parameters
    ----------
    node : Node
        Whom to ask.
    addresses : sequence of str
        Their contracts, in the pool's order. [hex]
    block : Header
        When.
    symbols : sequence of str
        What the user calls them; empty for what the contracts say.

    Returns
    -------
    tuple of PoolToken
        In that order; equal symbols are told apart by their addresses. [digits]

    Raises
    ------
    Rejected
        If one is no token, or there are not as many symbols as tokens.
    """
    if symbols and len(symbols) != len(addresses):
        raise Rejected(
            node.name,
            VenueFault.REFUSED,
            f"{len(symbols)} symbols for the {len(addresses)} tokens of the pool",
            "give one for each, in the contract's order",
        )
    reads = [
        read
        for address in addresses
        for read in (Read(address, "symbol()", ("string",)), Read(address, "decimals()", ("uint8",)))
    ]
    answers = await try_reads(node, reads, block)
    stated = [_symbol(address, answers[2 * i]) for i, address in enumerate(addresses)]
    names = list(symbols) or _told_apart(stated, addresses)
    decimals = [_decimals(node, reads[2 * i + 1], answers[2 * i + 1]) for i in range(len(addresses))]
    return tuple(
        PoolToken(symbol=Currency(name), decimals=digits, address=address)
        for name, digits, address in zip(names, decimals, addresses, strict=True)
    )


def _symbol(address: str, answer: bytes | None) -> str:
    if address in NATIVE:
        return "ETH"
    if not answer:
        return address[:8]
    if len(answer) == 32:  # the first tokens kept their symbol in one word
        return answer.rstrip(b"\0").decode("utf-8", "replace")
    text: str = Read(address, "symbol()", ("string",)).decode(answer)[0]
    return text


def _told_apart(names: Sequence[str], addresses: Sequence[str]) -> list[str]:
    return [
        name if names.count(name) == 1 else f"{name}-{address[2:6]}"
        for name, address in zip(names, addresses, strict=True)
    ]


def _decimals(node: Node, read: Read, answer: bytes | None) -> int:
    if read.target in NATIVE:
        return 18
    digits = int(read.decode(answer)[0]) if answer else -1
    if not 0 <= digits <= 36:
        raise Rejected(
            node.name,
            VenueFault.UNSUPPORTED,
            f"the token {read.target} does not state its decimals",
            "only pools of tokens with decimals can be read",
        )
    return digits

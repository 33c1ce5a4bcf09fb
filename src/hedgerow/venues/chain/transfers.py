"""Whether a pair pays what its formulas say: a transfer of each token out of it, tried and never made.

The node runs the code below in the pair's place for one ``eth_call``: what an address holds, a transfer to it, what it
holds then. It sees what the token itself does when this pair pays, and nothing is written to the chain.
"""

from collections.abc import Sequence
from typing import Final

from hedgerow.core.errors import Rejected, VenueFault
from hedgerow.market import PoolToken
from hedgerow.venues.chain.abi import Read
from hedgerow.venues.chain.messages import MessageFault, bytes_of
from hedgerow.venues.chain.multicall import call_at
from hedgerow.venues.chain.node import Header, Node

_RECIPIENT: Final = "0x" + 18 * "00" + "5eed"
"""An address that nobody has and no token knows."""

_PART: Final = 1000
"""So large a part of the reserve is tried: small enough for limits of one transfer. [pure]"""

_SMALLEST: Final = 10_000
"""Less than that would hide a fee of a ten-thousandth. [smallest units]"""


def _one_call(length: int, at: int, answer_at: int, success_at: int) -> str:
    """Call the token in memory's first word, and note whether it went well."""
    call = f"6020 61{answer_at:04x} 60{length:02x} 60{at:02x} 6000 6000 51 5a f1"
    return f"{call} 61{success_at:04x} 52"


_CODE: Final = "0x" + "".join(
    (
        "36 6000 6000 37"  # the call data into memory: the token, a balanceOf (36 bytes) and a transfer (68 bytes)
        + _one_call(36, 32, 0x100, 0x160)
        + _one_call(68, 68, 0x140, 0x180)
        + _one_call(36, 32, 0x120, 0x1A0)
        + "60c0 610100 f3"
    ).split()
)


async def check_transfers(
    node: Node, pair: str, tokens: Sequence[PoolToken], reserves: Sequence[int], block: Header
) -> tuple[str, ...]:
    """Refuse a pair one of whose tokens keeps a part of what it pays.

    Parameters
    ----------
    node : Node
        Whom to ask.
    pair : str
        The pair. [hex]
    tokens : sequence of PoolToken
        Its tokens.
    reserves : sequence of int
        How much of each there is. [smallest units]
    block : Header
        When.

    Returns
    -------
    tuple of str
        What could not be checked, and why. [text]

    Raises
    ------
    Rejected
        If another amount arrives than was sent.
    """
    notes = []
    for token, reserve in zip(tokens, reserves, strict=True):
        amount = min(reserve, max(reserve // _PART, _SMALLEST))
        if not amount:
            continue
        received, problem = await _tried(node, pair, token.address, amount, block)
        if problem:
            notes.append(f"not checked: whether {token.symbol} takes a fee of transfers ({problem})")
        elif received != amount:
            raise Rejected(
                pair,
                VenueFault.UNSUPPORTED,
                f"of {amount} units of {token.symbol} that it pays {received} arrive: a fee on transfers",
                "the contract's formulas do not hold for such tokens",
            )
    return tuple(notes)


async def _tried(node: Node, pair: str, token: str, amount: int, block: Header) -> tuple[int, str]:
    """Return what arrived, or why nobody knows."""
    held = Read(token, "balanceOf(address)", ("uint256",), (_RECIPIENT,))
    paid = Read(token, "transfer(address,uint256)", ("bool",), (_RECIPIENT, amount))
    data = bytes(12) + bytes.fromhex(token[2:]) + held.data + paid.data
    (answer,) = await node.ask([call_at(pair, data, block, {pair: {"code": _CODE}})])
    if answer.error:
        return 0, f"the node: {answer.error}"
    try:
        said = bytes_of(answer.result)
    except MessageFault as fault:
        raise node.lie(f"what a contract returned is none: {fault}") from None
    words = [int.from_bytes(said[i : i + 32]) for i in range(0, len(said), 32)]
    if len(said) != 6 * 32:
        return 0, "the node takes no code for one call"
    before, after, returned, *went_well = words
    if went_well != [1, 1, 1] or returned > 1:
        return 0, "the token refused a transfer"
    return after - before, ""

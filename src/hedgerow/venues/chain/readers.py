"""From an address to a reader of the pool that is there: its kind is told by which functions answer."""

from collections.abc import Iterable, Sequence
from typing import Final

from hedgerow.core.errors import Rejected, VenueFault
from hedgerow.venues.chain.abi import ZERO_ADDRESS, Read, checked_address
from hedgerow.venues.chain.concentrated import ConcentratedReader
from hedgerow.venues.chain.curve_pools import curve_reader
from hedgerow.venues.chain.multicall import read_all, try_reads
from hedgerow.venues.chain.node import Header, Node
from hedgerow.venues.chain.reader import PoolReader
from hedgerow.venues.chain.shared import balancer_reader, pair_reader
from hedgerow.venues.chain.tokens import read_tokens
from hedgerow.venues.chain.uniswap import DYNAMIC_FEE, PoolKey, V3Layout, V4Layout

WINDOW_WORDS: Final = 8
"""So many words of the tick bitmap are read on either side of the price, if nobody says otherwise. [count]"""

_RETURNS_DELTA: Final = 0xF
"""The bits of a v4 hook's address that let it change amounts (Hooks.sol)."""

_BEFORE_SWAP: Final = 1 << 7
"""The bit that lets it be called before a swap, where it can state a fee for that swap alone (Hooks.sol)."""

_PROBES: Final = {
    "slot0()": "concentrated",
    "getReserves()": "pair",
    "getPoolId()": "balancer",
    "A()": "curve",
    "extsload(bytes32)": "manager",
}
"""A function that only one kind has."""


async def pool_reader(
    node: Node,
    address: str,
    block: Header,
    *,
    name: str = "",
    symbols: Sequence[str] = (),
    watched: Iterable[int] = (),
    words: int = WINDOW_WORDS,
    key: PoolKey | None = None,
) -> PoolReader:
    """Find out what is at an address, and prepare to read it.

    Parameters
    ----------
    node : Node
        Whom to ask.
    address : str
        The pool; for v4 the manager of all pools. [hex]
    block : Header
        When its unchanging part is read.
    name : str
        The pool's name; empty for one made of its kind and tokens.
    symbols : sequence of str
        What the user calls the tokens; empty for what they say.
    watched : iterable of int
        Ticks to know wherever the price is. [ticks]
    words : int
        Words of the tick bitmap on either side of the price. [count]
    key : PoolKey or None
        Which pool of a v4 manager.

    Returns
    -------
    PoolReader
        For its kind. [as the port says]

    Raises
    ------
    Rejected
        If no known kind of pool is there, or a v4 hook may change amounts.
    """
    place = checked_address(address, "a pool")
    kind = await _kind(node, place, block)
    if kind == "manager" or key is not None:
        layout = await _v4(node, place, block, name, symbols, key)
        ends, notes = frozenset(watched), _hook_notes(layout.key)
        return ConcentratedReader(name=layout.name, layout=layout, words=words, watched=ends, notes=notes)
    if kind == "concentrated":
        plain = await _v3(node, place, block, name, symbols)
        return ConcentratedReader(name=plain.name, layout=plain, words=words, watched=frozenset(watched))
    prepare = {"pair": pair_reader, "balancer": balancer_reader, "curve": curve_reader}[kind]
    return await prepare(node, place, block, name, symbols)


def _hook_notes(key: PoolKey) -> tuple[str, ...]:
    if key.fee != DYNAMIC_FEE or not int(key.hooks, 16) & _BEFORE_SWAP:
        return ()
    return ("its hook may state another fee for every swap: the fee shown is the one that the manager keeps",)


async def _kind(node: Node, address: str, block: Header) -> str:
    probes = [Read(address, word, ("bytes",), (bytes(32),) if word.endswith("(bytes32)") else ()) for word in _PROBES]
    answers = await try_reads(node, probes, block)
    kinds = [kind for kind, answer in zip(_PROBES.values(), answers, strict=True) if answer is not None]
    if len(kinds) != 1:
        raise Rejected(
            address,
            VenueFault.UNSUPPORTED,
            "no known kind of pool is there" if not kinds else f"it answers like {' and like '.join(kinds)}",
            "known are Uniswap v2, v3 and v4 (the manager, with a pool key), Balancer v2 and Curve",
        )
    return kinds[0]


async def _v3(node: Node, address: str, block: Header, name: str, symbols: Sequence[str]) -> V3Layout:
    fixed = [
        Read(address, "token0()", ("address",)),
        Read(address, "token1()", ("address",)),
        Read(address, "fee()", ("uint24",)),
        Read(address, "tickSpacing()", ("int24",)),
    ]
    (token0,), (token1,), (fee,), (spacing,) = await read_all(node, fixed, block)
    tokens = await read_tokens(node, [token0, token1], block, symbols)
    title = name or f"univ3:{tokens[0].symbol}/{tokens[1].symbol}:{fee}"
    return V3Layout(name=title, emitter=address, tokens=tokens, fee_pips=fee, tick_spacing=spacing)


async def _v4(
    node: Node, manager: str, block: Header, name: str, symbols: Sequence[str], key: PoolKey | None
) -> V4Layout:
    if key is None:
        raise Rejected(
            manager,
            VenueFault.REFUSED,
            "is the manager of all v4 pools",
            "say which pool: --pool-key CURRENCY0,CURRENCY1,FEE,SPACING,HOOKS",
        )
    if int(key.hooks, 16) & _RETURNS_DELTA:
        raise Rejected(
            key.hooks, VenueFault.UNSUPPORTED, "a hook that may change amounts", "what it pays cannot be previewed"
        )
    if key.hooks != ZERO_ADDRESS and int(key.hooks, 16) == 0:
        raise Rejected(key.hooks, VenueFault.REFUSED, "no address of a hook", "give 0x and 40 digits")
    tokens = await read_tokens(node, [key.currency0, key.currency1], block, symbols)
    title = name or f"univ4:{tokens[0].symbol}/{tokens[1].symbol}:{key.fee}"
    return V4Layout(name=title, emitter=manager, tokens=tokens, key=key)

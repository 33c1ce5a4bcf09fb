"""A position from a node or a recording: once, or block by block with its hedge."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from hedgerow.core.errors import InputError
from hedgerow.core.ids import PoolName
from hedgerow.events import PoolUpdate
from hedgerow.instruments import PoolPosition, RangePosition
from hedgerow.market import PoolStorage, UniswapV2Pool, UniswapV3Pool, UniswapV4Pool
from hedgerow.oneshot.pool_hedges import asset_hedges
from hedgerow.oneshot.pool_report import check_symbols
from hedgerow.oneshot.pool_terms import PoolTerms
from hedgerow.pools.own_prices import own_prices, pool_prices
from hedgerow.pools.position_curve import position_curve
from hedgerow.pools.positions import position_greeks
from hedgerow.report.pool_block import PoolBlock
from hedgerow.venues.chain import (
    RING,
    FollowedBlock,
    GivenPosition,
    Header,
    ManagerPosition,
    NoAnswer,
    Node,
    OwnedShare,
    PlayedWire,
    PoolKey,
    PoolReader,
    PositionEnded,
    PositionSource,
    TokenPosition,
    V4Layout,
    Wire,
    follow,
    open_wire,
    patiently,
    pool_reader,
    read_positions,
)
from hedgerow.venues.chain.abi import checked_address
from hedgerow.venues.chain.concentrated import ConcentratedReader
from hedgerow.venues.chain.readers import WINDOW_WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedQuery:
    """Which position of which pool, and where to ask.

    Parameters
    ----------
    url : str
        A node or a recording.
    address : str
        The pool, or the manager of v4 pools; empty where a token id says it. [hex]
    name : str
        The pool's name; empty for one made of its kind and tokens.
    symbols : tuple of str
        What the tokens are called; empty for what they say.
    key : PoolKey or None
        Which pool of a v4 manager.
    given : PoolPosition or None
        A position that is stated.
    token_id : int or None
        A position of a v3 position manager.
    manager : str
        That manager. [hex]
    owner : str
        Whose pool tokens or v4 range it is. [hex]
    ticks : tuple of int or None
        The range of a v4 position. [ticks]
    salt : int
        Tells v4 positions of one range apart. [pure]
    words : int
        Words of the tick bitmap on either side of the price. [count]
    max_age_s : float or None
        Older heads are refused. [seconds]
    record : Path or None
        Where to write down what the node says.
    """

    url: str
    address: str = ""
    name: str = ""
    symbols: tuple[str, ...] = ()
    key: PoolKey | None = None
    given: PoolPosition | None = None
    token_id: int | None = None
    manager: str = ""
    owner: str = ""
    ticks: tuple[int, int] | None = None
    salt: int = 0
    words: int = WINDOW_WORDS
    max_age_s: float | None = None
    record: Path | None = None


async def read_once(query: FeedQuery, *, say: Callable[[str], None] | None = None) -> tuple[PoolStorage, PoolPosition]:
    """Read a pool and a position at the newest block.

    Parameters
    ----------
    query : FeedQuery
        What, and where.
    say : callable or None
        Told what is to be said of the pool.

    Returns
    -------
    tuple of (PoolStorage, PoolPosition)
        Both at the end of the same block. [as their fields]

    Raises
    ------
    VenueError
        If the node goes away, contradicts itself, or has no such pool or position.
    InputError
        If no position is named.
    """
    wire = open_wire(query.url, query.record)
    try:
        node = Node(wire, max_age_s=query.max_age_s)

        async def whole() -> tuple[PoolStorage, PoolPosition, tuple[str, ...]]:
            block, reader, source = await _open(node, query)
            pool = await reader.snapshot(node, block)
            (position,) = await read_positions(node, (source,), pool.name, block)
            return pool, position, reader.notes

        pool, position, notes = await patiently(wire, whole)
        if say is not None:
            for note in notes:
                say(note)
        return pool, position
    finally:
        await wire.close()


async def watch(
    query: FeedQuery, terms: PoolTerms, *, say: Callable[[str], None] | None = None
) -> AsyncIterator[PoolBlock]:
    """Follow a position block by block, until nothing is in it any more.

    Parameters
    ----------
    query : FeedQuery
        What, and where.
    terms : PoolTerms
        Numeraire, prices and what to hedge.
    say : callable or None
        Told what is to be said of the pool, of a recording, and of the end.

    Yields
    ------
    PoolBlock
        One for every block of the chain. [as its fields]

    Raises
    ------
    VenueError
        If the node goes away, contradicts itself, or has no such pool or position.
    InputError
        If no position is named, or a price is missing or of another token.
    """
    wire = open_wire(query.url, query.record)
    tell = say or (lambda _: None)
    if isinstance(wire, PlayedWire) and wire.remark:
        tell(wire.remark)
    known: dict[str, PoolBlock] = {}
    last: PoolBlock | None = None
    try:
        node = Node(wire, max_age_s=query.max_age_s)
        _, reader, source = await patiently(wire, lambda: _open(node, query))
        async for block in follow(node, reader, [source]):
            if last is None:
                check_symbols(block.pool, terms)
            # a block that was read afresh has no parent here: its P&L goes on from what was last reported
            found = valued_block(block, terms, known.get(block.header.parent_hash, last))
            for note in (*reader.notes, *_frozen(found, terms)) if last is None else ():
                tell(note)
            known[block.header.hash] = last = found
            if len(known) > RING:
                del known[next(iter(known))]
            yield found
    except (PositionEnded, NoAnswer) as end:
        tell(_last_words(end, wire, last))
    finally:
        await wire.close()


def _last_words(end: PositionEnded | NoAnswer, wire: Wire, last: PoolBlock | None) -> str:
    """Say why a feed is over; where nothing was reported, or a recording lacks more than its last block, it failed."""
    if last is not None and isinstance(end, PositionEnded):
        return f"after block {last.pool.block.number} the position ended: {end.problem}"
    if last is None or not (isinstance(wire, PlayedWire) and wire.is_over):
        raise end
    # A recording that was stopped within a block has its head, and not all answers to what was asked about it.
    return f"{wire.name}: it was stopped within its last block, which is left out ({end.problem})"


def _frozen(block: PoolBlock, terms: PoolTerms) -> tuple[str, ...]:
    """Say which hedged assets stand still, because their price is stated once for all blocks."""
    hedged = {one.asset for one in block.hedges}
    stated = sorted(name for name in terms.prices if terms.standing(name).asset in hedged)
    return tuple(
        f"the price of {name} is stated: it stays {terms.prices[name]:g} {terms.numeraire} in every block, value and "
        "hedge do not move with the pool"
        for name in stated
    )


def valued_block(block: FollowedBlock, terms: PoolTerms, before: PoolBlock | None) -> PoolBlock:
    """Value the position of a block, and work out its hedge.

    Parameters
    ----------
    block : FollowedBlock
        The pool and one position.
    terms : PoolTerms
        Numeraire, prices and what to hedge.
    before : PoolBlock or None
        The parent, or what was last reported; None begins to count P&L.

    Returns
    -------
    PoolBlock
        Valued. [as its fields]
    """
    (position,) = block.positions
    known = terms.known_prices([str(token.symbol) for token in block.pool.tokens])
    prices = pool_prices(block.pool, known, terms.numeraire)
    greeks = position_greeks(block.pool, [position], prices, terms.numeraire)
    hedges = asset_hedges(greeks, position_curve(block.pool, position), terms)
    now = float(greeks.value[0])
    value, earned, flow = 0.0, 0.0, 0.0
    if before is not None:
        if position != before.position:
            kept = kept_position(before.position, position)
            flow = now - float(position_greeks(block.pool, [kept], prices, terms.numeraire).value[0])
        value = before.position_pnl + now - flow - float(before.greeks.value[0])
        earned = before.hedge_pnl + sum(
            old.linear.contracts * (new.price - old.price) for old, new in zip(before.hedges, hedges, strict=True)
        )
    return PoolBlock(
        pool=block.pool,
        position=position,
        greeks=greeks,
        hedges=hedges,
        reverted=tuple(header.number for header in block.reverted),
        fresh=block.fresh,
        age_s=block.age_ns / 1e9,
        latency_ms=block.latency_ns / 1e6,
        flow=flow,
        position_pnl=value,
        hedge_pnl=earned,
    )


def kept_position(before: PoolPosition, now: PoolPosition) -> PoolPosition:
    """Make what a position would be if nobody had put anything in or taken anything out since.

    Parameters
    ----------
    before : PoolPosition
        As it stood.
    now : PoolPosition
        As it stands. Whoever changed a range settled its fees: up to then they were those of the liquidity before.

    Returns
    -------
    PoolPosition
        The shares or the liquidity of before, with the fees that it earned. [as its fields]

    References
    ----------
    Uniswap v3-periphery, NonfungiblePositionManager.sol, decreaseLiquidity: what is owed grows by the growth inside
    since the last change times the liquidity until then.
    """
    if not (isinstance(before, RangePosition) and isinstance(now, RangePosition)) or not (before.fees and now.fees):
        return before
    owed = [
        (old + before.liquidity * ((new_mark - mark) % 2**256) // 2**128) % 2**128
        for old, mark, new_mark in (
            (before.fees.owed0, before.fees.growth_inside0_x128, now.fees.growth_inside0_x128),
            (before.fees.owed1, before.fees.growth_inside1_x128, now.fees.growth_inside1_x128),
        )
    ]
    fees = msgspec.structs.replace(now.fees, owed0=owed[0], owed1=owed[1])
    return msgspec.structs.replace(before, fees=fees)


def pool_update(pool: PoolStorage, *, base: int, known_ns: int) -> PoolUpdate:
    """Turn a pool's state into the event that the engine takes.

    Parameters
    ----------
    pool : PoolStorage
        A Uniswap pool of any version.
    base : int
        Which of its two tokens is the base coin. [0-based]
    known_ns : int
        When the state was complete. [UTC epoch ns]

    Returns
    -------
    PoolUpdate
        Price in the other token, and liquidity in range of whole tokens. [as its fields]

    Raises
    ------
    InputError
        If the pool is of another kind: it has no one liquidity.

    References
    ----------
    Adams et al. (2021), Uniswap v3 core whitepaper, section 6.1: L = sqrt(xy).
    """
    if isinstance(pool, UniswapV3Pool | UniswapV4Pool):
        raw = float(pool.liquidity)
    elif isinstance(pool, UniswapV2Pool):
        raw = (float(pool.reserve0) * float(pool.reserve1)) ** 0.5
    else:
        raise InputError(f"{pool.name}: a pool without one liquidity", "the engine's pools are those of Uniswap")
    prices = own_prices(pool)
    digits = sum(token.decimals for token in pool.tokens)
    return PoolUpdate(
        at_ns=pool.block.at_ns,
        known_ns=max(known_ns, pool.block.at_ns),
        pool=PoolName(pool.name),
        price=float(prices[base] / prices[1 - base]),
        liquidity=raw / 10.0 ** (digits / 2.0),
        block=pool.block.number,
    )


async def _open(node: Node, query: FeedQuery) -> tuple[Header, PoolReader, PositionSource]:
    """Prepare to read the pool and the position, with the position's ticks watched."""
    block = await node.header("latest")
    node.check_age(block)
    token = None
    address, ticks = query.address, query.ticks
    if query.token_id is not None:
        manager = checked_address(query.manager, "a position manager")
        token = TokenPosition(manager=manager, token_id=query.token_id)
        place, ticks = await token.pool_and_ticks(node, block)
        if address and address.lower() != place:
            raise InputError(
                f"token {query.token_id} is in the pool {place}", f"not in {address}: leave the address out"
            )
        address = place
    if isinstance(query.given, RangePosition):
        ticks = (query.given.tick_lower, query.given.tick_upper)
    how: dict[str, Any] = {"name": query.name, "symbols": query.symbols, "words": query.words, "key": query.key}
    reader = await pool_reader(node, address, block, watched=ticks or (), **how)
    return block, reader, token or _source(query, reader, address.lower(), ticks)


def _source(query: FeedQuery, reader: PoolReader, address: str, ticks: tuple[int, int] | None) -> PositionSource:
    """Find where the position comes from when it is no token."""
    if query.given is not None:
        return GivenPosition(stated=msgspec.structs.replace(query.given, pool=PoolName(reader.name)))
    layout = reader.layout if isinstance(reader, ConcentratedReader) else None
    if query.owner and isinstance(layout, V4Layout) and ticks is not None:
        owner = checked_address(query.owner, "an owner")
        return ManagerPosition(layout=layout, owner=owner, tick_lower=ticks[0], tick_upper=ticks[1], salt=query.salt)
    if query.owner and layout is None:
        return OwnedShare(token=address, owner=query.owner)
    raise InputError(
        f"no position in {reader.name}",
        "give --position, a range, --shares, --token-id with --manager, or --owner (with its ticks on v4)",
    )

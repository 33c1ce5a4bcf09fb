"""From a head to a new hedge target: a pool on a node of its own, followed, and ten thousand positions in it.

Every block holds one swap. What is timed begins when the head has come in over IPC, and ends when the trade is known:
logs and state of the block are read and held against each other, all positions are valued with their fees, their
delta is summed and offset.
"""

import asyncio
import json
import platform
import time
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from hedgerow import __version__
from hedgerow.bench.pool_chain import BenchPool, running, seeded_pool
from hedgerow.bench.pools_task import FEE_PIPS, PRICE, SPACING
from hedgerow.core.ids import PoolName
from hedgerow.hedging.liquidity import CoinExposure, HedgeContract, LiquidityHedge, hedge_liquidity
from hedgerow.instruments import RangePosition
from hedgerow.market import ConcentratedPool, UniswapV3Pool, UniswapV4Pool
from hedgerow.pools.exact.integers import Q96
from hedgerow.pools.exact.ranges import checkpoint
from hedgerow.pools.exact.ticks import tick_at_sqrt_price
from hedgerow.pools.fee_columns import FeeColumns, fee_columns
from hedgerow.pools.own_prices import relative_price
from hedgerow.pools.range_book import RangeBook, range_book
from hedgerow.venues.chain import Node, Question, follow, pool_reader
from hedgerow.venues.chain.live import LiveWire

HELD: Final = 10_000
RANGES: Final = 200
"""Minted in the pool; the positions share them. [count]"""

HEAD_TO_TARGET: Final = "head to target"
ROUND_TRIP: Final = "bare round trip"

_SEED: Final = 20_241_122
_WARM: Final = 10
"""Blocks before the clock starts. [count]"""

_WIDEST: Final = 150
"""Of a range, either side. [tick spacings]"""

_UNIT: Final = 10**18
_MOST: Final = 10**24
"""Of either token to mint one range with. [smallest units]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedBench:
    """What was timed.

    Parameters
    ----------
    to_target : tuple of float
        From each head to its target. [seconds]
    round_trips : tuple of float
        A question that costs the node nothing, after each block. [seconds]
    pool : ConcentratedPool
        The pool at the last block.
    book : RangeBook
        The positions.
    hedge : LiquidityHedge
        The last target.
    """

    to_target: tuple[float, ...]
    round_trips: tuple[float, ...]
    pool: ConcentratedPool
    book: RangeBook
    hedge: LiquidityHedge


def timed_blocks(anvil: str, *, blocks: int, held: int = HELD, ranges: int = RANGES) -> FollowedBench:
    """Follow a pool for some blocks, and find the hedge target at each.

    Parameters
    ----------
    anvil : str
        The node's program. [path]
    blocks : int
        How many. [count]
    held, ranges : int
        Positions, and the ranges that they share. [count]

    Returns
    -------
    FollowedBench
        Every time, and the end. [as its fields]
    """
    with running(anvil) as ipc:
        return asyncio.run(_follow(ipc, blocks, held, ranges))


async def _follow(ipc: str, blocks: int, held: int, ranges: int) -> FollowedBench:
    wire, sender = LiveWire(ipc), LiveWire(ipc)
    rng = np.random.default_rng(_SEED)
    try:
        root = int(np.sqrt(PRICE) * Q96)
        edges = _edges(rng, tick_at_sqrt_price(root), ranges)
        minted = [(lower, upper, _MOST, _MOST) for lower, upper in edges]
        chain = await seeded_pool(sender, sqrt_price_x96=root, fee_pips=FEE_PIPS, ranges=minted)
        node = Node(wire)
        watched = {tick for pair in edges for tick in pair}
        newest = await node.header("latest")
        reader = await pool_reader(node, chain.pool, newest, name="pool", symbols=("ETH", "USDC"), watched=watched)
        feed = follow(node, reader)
        book = _held(rng, _concentrated((await anext(feed)).pool), edges, held)
        fees = fee_columns(book)
        to_target, trips = [], []
        for number in range(_WARM + blocks):
            sent = asyncio.create_task(sender.ask([_swap(rng, chain, down=number % 2 == 0)]))
            block = await anext(feed)
            pool = _concentrated(block.pool)
            hedge = target(book, fees, pool)
            to_target.append((wire.clock_ns() - block.heard_ns) / 1e9)
            await sent
            trips.append(await _round_trip(wire))
    finally:
        await wire.close()
        await sender.close()
    return FollowedBench(
        to_target=tuple(to_target[_WARM:]), round_trips=tuple(trips[_WARM:]), pool=pool, book=book, hedge=hedge
    )


def target(book: RangeBook, fees: FeeColumns, pool: ConcentratedPool) -> LiquidityHedge:
    """Value all positions at a block, and offset their delta with a linear perpetual.

    Parameters
    ----------
    book : RangeBook
        The positions.
    fees : FeeColumns
        Their checkpoints.
    pool : ConcentratedPool
        The pool at the block; its own price is taken for that of the market.

    Returns
    -------
    LiquidityHedge
        The trade, and what is offset. [contracts, coins]
    """
    price = relative_price(pool)
    points = book.columns.at(price)
    exposure = CoinExposure(liquidity=float(points.delta.sum()), fees=float(fees.at(pool)[:, 0].sum()))
    return hedge_liquidity(exposure, HedgeContract(inverse=False, price=price, spot=price))


def time_blocks(words: list[str]) -> None:
    """Run what the words say, and print one JSON object.

    Parameters
    ----------
    words : list of str
        ``WORD DATA RESULT RUNS CALLS``: the whole or the bare round trip; DATA names the node's program.
    """
    word, data, result, runs, _ = words
    with np.load(data) as given:
        anvil = str(given["anvil"])
    found = timed_blocks(anvil, blocks=int(runs))
    seconds = found.to_target if word == HEAD_TO_TARGET else found.round_trips
    np.save(result, np.array([found.to_target, found.round_trips]))
    heading = {"framework": f"hedgerow, {word}", "version": __version__, "python": platform.python_version()}
    said = f"state read and checked, {HELD:,} positions revalued, delta offset"
    what = said if word == HEAD_TO_TARGET else "eth_chainId over IPC"
    print(json.dumps({**heading, "what": what, "seconds": list(seconds)}))


def _edges(rng: np.random.Generator, tick: int, count: int) -> list[tuple[int, int]]:
    """Ranges around a price, some of which do not hold it."""
    here = tick // SPACING
    ends = np.sort(rng.integers(-_WIDEST, _WIDEST, (count, 2)), axis=1)
    ends[:, 1] += 1
    return [(int(here + lower) * SPACING, int(here + upper) * SPACING) for lower, upper in ends]


def _held(rng: np.random.Generator, pool: ConcentratedPool, edges: list[tuple[int, int]], count: int) -> RangeBook:
    """Positions whose fees were settled just now."""
    settled = {pair: checkpoint(pool, *pair) for pair in dict.fromkeys(edges)}
    liquidity = np.exp(rng.uniform(np.log(1e18), np.log(1e21), count))
    rows = [(edges[i % len(edges)], int(liquidity[i])) for i in range(count)]
    held = [
        RangePosition(
            name=f"range {i}",
            pool=PoolName(pool.name),
            liquidity=one,
            tick_lower=pair[0],
            tick_upper=pair[1],
            fees=settled[pair],
        )
        for i, (pair, one) in enumerate(rows)
    ]
    return range_book(pool, held)


def _swap(rng: np.random.Generator, chain: BenchPool, *, down: bool) -> Question:
    """A swap for 100 to 10,000 coins, down and up by turns."""
    coins = float(np.exp(rng.uniform(np.log(1e2), np.log(1e4))))
    return chain.swap(int(coins * _UNIT * (1.0 if down else PRICE)), down=down)


async def _round_trip(wire: LiveWire) -> float:
    start = time.perf_counter()
    await wire.ask([Question("eth_chainId", [])])
    return time.perf_counter() - start


def _concentrated(pool: Any) -> ConcentratedPool:
    if not isinstance(pool, UniswapV3Pool | UniswapV4Pool):
        raise TypeError(f"{pool.name} is no concentrated pool")
    return pool

"""Ranges of ticks in a concentrated pool: what they hold, what fees grew inside, and how they change the pool.

What Uniswap v3 and v4 have in common; where the two differ stands in ``uniswap_v3`` and ``uniswap_v4``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from msgspec.structs import replace

from hedgerow.core.errors import DataFault, InputError, MarketDataError
from hedgerow.instruments.liquidity import FeeCheckpoint, RangePosition
from hedgerow.market.pool_states import ConcentratedPool, TickInfo, UniswapV3Pool, UniswapV4Pool
from hedgerow.pools.exact.amounts import amount0_between, amount1_between
from hedgerow.pools.exact.integers import MASK128, MASK256
from hedgerow.pools.exact.shares import check_home
from hedgerow.pools.exact.ticks import MAX_TICK, MIN_TICK, sqrt_price_at_tick, tick_at_sqrt_price

PoolT = TypeVar("PoolT", UniswapV3Pool, UniswapV4Pool)


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeChange(Generic[PoolT]):
    """Liquidity that was added to a range, or taken out.

    Parameters
    ----------
    amount0, amount1 : int
        Paid into the pool by an addition, out of it by a removal. [smallest units]
    pool : UniswapV3Pool or UniswapV4Pool
        The pool afterwards.
    """

    amount0: int
    amount1: int
    pool: PoolT


def check_range(pool: ConcentratedPool, tick_lower: int, tick_upper: int) -> None:
    """Refuse a range that the pool's contract would refuse.

    Parameters
    ----------
    pool : ConcentratedPool
        The pool.
    tick_lower, tick_upper : int
        Edges of the range. [ticks]

    Raises
    ------
    InputError
        If the edges are out of order, out of range or off the tick spacing.
    """
    if not MIN_TICK <= tick_lower < tick_upper <= MAX_TICK:
        raise InputError(
            f"{pool.name}: the ticks {tick_lower} and {tick_upper}",
            f"give the lower one first, both within ±{MAX_TICK}",
        )
    check_spacing(pool.name, pool.tick_spacing, (tick_lower, tick_upper))


def check_spacing(name: str, tick_spacing: int, ticks: Sequence[int]) -> None:
    """Refuse ticks that a pool does not have.

    Parameters
    ----------
    name : str
        The pool's name. [text]
    tick_spacing : int
        Of the pool. [ticks]
    ticks : sequence of int
        Edges of a range, or initialized ticks. [ticks]

    Raises
    ------
    InputError
        If one of them is no multiple of the tick spacing.
    """
    for tick in ticks:
        if tick % tick_spacing:
            raise InputError(f"{name}: tick {tick} is off the tick spacing", f"give a multiple of {tick_spacing}")


def check_tick(pool: ConcentratedPool) -> None:
    """Refuse a pool whose tick is not that of its price.

    Parameters
    ----------
    pool : ConcentratedPool
        The pool.

    Raises
    ------
    InputError
        If the price is none, or the tick is another one.

    Notes
    -----
    The tick is the greatest one whose price is not above the pool's, but for a falling swap that ended exactly on the
    price of a tick: the contract then notes the tick below, whether or not the one it stands on is initialized.

    References
    ----------
    Uniswap v3-core, UniswapV3Pool.sol, swap; v4-core, Pool.sol, swap.
    """
    tick = tick_at_sqrt_price(pool.sqrt_price_x96)
    on_edge = pool.tick == tick - 1 and sqrt_price_at_tick(tick) == pool.sqrt_price_x96
    if pool.tick != tick and not on_edge:
        raise InputError(
            f"{pool.name}: tick {pool.tick} beside a price that stands at tick {tick}",
            "read the price and the tick from one slot0 of one block",
        )


def check_position(pool: ConcentratedPool, position: RangePosition) -> None:
    """Refuse a range that is not one of this pool, or a pool whose tick contradicts its price.

    Parameters
    ----------
    pool : ConcentratedPool
        The pool.
    position : RangePosition
        The range.

    Raises
    ------
    InputError
        If the range names another pool or is off its ticks, or the pool's tick is not that of its price.
    """
    check_home(pool, position)
    check_tick(pool)
    check_range(pool, position.tick_lower, position.tick_upper)


def amounts_of(
    pool: ConcentratedPool, tick_lower: int, tick_upper: int, liquidity: int, round_up: bool
) -> tuple[int, int]:
    """What a range holds at the pool's price.

    Parameters
    ----------
    pool : ConcentratedPool
        The pool.
    tick_lower, tick_upper : int
        Edges of the range. [ticks]
    liquidity : int
        Of the range. [raw liquidity units]
    round_up : bool
        True for what an addition has to pay, False for what a removal receives.

    Returns
    -------
    tuple of int
        Amounts of token0 and token1. [smallest units]

    References
    ----------
    Uniswap v3-core, UniswapV3Pool.sol, _modifyPosition; v4-core, Pool.sol, modifyLiquidity.
    """
    lower, upper = sqrt_price_at_tick(tick_lower), sqrt_price_at_tick(tick_upper)
    # the contract's tick decides, not the price: they part where a falling swap ends on a tick
    if pool.tick < tick_lower:
        return amount0_between(lower, upper, liquidity, round_up), 0
    if pool.tick >= tick_upper:
        return 0, amount1_between(lower, upper, liquidity, round_up)
    price = pool.sqrt_price_x96
    return amount0_between(price, upper, liquidity, round_up), amount1_between(lower, price, liquidity, round_up)


def growth_inside(pool: ConcentratedPool, tick_lower: int, tick_upper: int) -> tuple[int, int]:
    """Fees per liquidity that grew inside a range.

    Parameters
    ----------
    pool : ConcentratedPool
        The pool.
    tick_lower, tick_upper : int
        Edges of the range, both initialized. [ticks]

    Returns
    -------
    tuple of int
        Of token0 and token1, modulo 2^256. [smallest units per liquidity · 2^128]

    Raises
    ------
    MarketDataError
        If an edge was not read, or is not initialized: then no position has it.

    References
    ----------
    Uniswap v3-core, Tick.sol, getFeeGrowthInside; v4-core, Pool.sol, getFeeGrowthInside.
    """
    lower, upper = _info(pool, tick_lower), _info(pool, tick_upper)
    global0, global1 = pool.fee_growth_global0_x128, pool.fee_growth_global1_x128
    under0, under1 = lower.fee_growth_outside0_x128, lower.fee_growth_outside1_x128
    if pool.tick < tick_lower:
        under0, under1 = global0 - under0, global1 - under1
    upto0, upto1 = upper.fee_growth_outside0_x128, upper.fee_growth_outside1_x128
    if pool.tick < tick_upper:
        upto0, upto1 = global0 - upto0, global1 - upto1
    return (upto0 - under0) & MASK256, (upto1 - under1) & MASK256


def uncollected(pool: ConcentratedPool, position: RangePosition) -> tuple[int, int]:
    """Fees of a position since they were last settled, without what was settled then.

    Parameters
    ----------
    pool : ConcentratedPool
        The pool.
    position : RangePosition
        The position, with its checkpoint.

    Returns
    -------
    tuple of int
        Amounts of token0 and token1, not yet cut to the contract's words. [smallest units]

    Raises
    ------
    MarketDataError
        If it is not known up to where fees were settled, or an edge was not read.

    References
    ----------
    Uniswap v3-core, Position.sol, update; v4-core, Position.sol, update.
    """
    if position.fees is None:
        raise MarketDataError(
            position.name,
            DataFault.MISSING,
            "up to where its fees were settled is not known",
            "read the position's checkpoint from the chain",
        )
    now0, now1 = growth_inside(pool, position.tick_lower, position.tick_upper)
    since0 = (now0 - position.fees.growth_inside0_x128) & MASK256
    since1 = (now1 - position.fees.growth_inside1_x128) & MASK256
    return since0 * position.liquidity >> 128, since1 * position.liquidity >> 128


def checkpoint(pool: ConcentratedPool, tick_lower: int, tick_upper: int) -> FeeCheckpoint:
    """The checkpoint of a position that is settled now and owes nothing.

    Parameters
    ----------
    pool : ConcentratedPool
        The pool, in which the range's edges are initialized.
    tick_lower, tick_upper : int
        Edges of the range. [ticks]

    Returns
    -------
    FeeCheckpoint
        Growth inside the range. [as its fields]
    """
    inside0, inside1 = growth_inside(pool, tick_lower, tick_upper)
    return FeeCheckpoint(growth_inside0_x128=inside0, growth_inside1_x128=inside1)


def change_liquidity(pool: PoolT, tick_lower: int, tick_upper: int, delta: int) -> RangeChange[PoolT]:
    """Add liquidity to a range, or take it out.

    Parameters
    ----------
    pool : UniswapV3Pool or UniswapV4Pool
        The pool.
    tick_lower, tick_upper : int
        Edges of the range. [ticks]
    delta : int
        Added if positive, taken out if negative. [raw liquidity units]

    Returns
    -------
    RangeChange
        Amounts and the pool afterwards. [as its fields]

    Raises
    ------
    InputError
        If the range is none of the pool's, nothing changes, or more is taken out than there is.
    MarketDataError
        If an edge lies outside of the ticks that were read.

    References
    ----------
    Uniswap v3-core, UniswapV3Pool.sol, _modifyPosition, and Tick.sol, update; v4-core, Pool.sol, modifyLiquidity.
    """
    check_range(pool, tick_lower, tick_upper)
    if delta == 0:
        raise InputError(f"{pool.name}: a change of liquidity by 0", "give a liquidity above 0")
    amount0, amount1 = amounts_of(pool, tick_lower, tick_upper, abs(delta), round_up=delta > 0)
    check_tick(pool)
    ticks = dict(pool.ticks)
    _refer(pool, ticks, tick_lower, delta, delta)
    _refer(pool, ticks, tick_upper, delta, -delta)
    inside = tick_lower <= pool.tick < tick_upper
    liquidity = pool.liquidity + delta if inside else pool.liquidity
    if not 0 <= liquidity <= MASK128:
        raise InputError(f"{pool.name}: a liquidity in range of {liquidity}", "give one that the pool can hold")
    return RangeChange(amount0=amount0, amount1=amount1, pool=replace(pool, ticks=ticks, liquidity=liquidity))


def _info(pool: ConcentratedPool, tick: int) -> TickInfo:
    info = pool.ticks.get(tick)
    if info is not None:
        return info
    if pool.ticks_from <= tick <= pool.ticks_to:
        problem = f"tick {tick} is not initialized, so no position has it"
        raise MarketDataError(pool.name, DataFault.MISSING, problem, "check the position's ticks and its pool")
    raise _unread(pool, tick)


def _unread(pool: ConcentratedPool, tick: int) -> MarketDataError:
    advice = "read the ticks at the edges of the position"
    return MarketDataError(pool.name, DataFault.MISSING, f"tick {tick} was not read", advice)


def _refer(pool: ConcentratedPool, ticks: dict[int, TickInfo], tick: int, delta: int, net: int) -> None:
    """Let a tick know of liquidity that begins or ends at it."""
    info = ticks.get(tick)
    if info is None:
        if not pool.ticks_from <= tick <= pool.ticks_to:
            # it may hold liquidity of others, and have seen fees
            raise _unread(pool, tick)
        # by the contract's convention, all growth before a tick was initialized happened below it
        under = tick <= pool.tick
        global0 = pool.fee_growth_global0_x128 if under else 0
        info = TickInfo(0, 0, global0, pool.fee_growth_global1_x128 if under else 0)
    gross = info.liquidity_gross + delta
    if not 0 <= gross <= most_liquidity_per_tick(pool.tick_spacing):
        raise InputError(f"{pool.name}: a liquidity of {gross} at tick {tick}", "give one that the tick can hold")
    if gross == 0:
        del ticks[tick]
    else:
        ticks[tick] = TickInfo(
            gross, info.liquidity_net + net, info.fee_growth_outside0_x128, info.fee_growth_outside1_x128
        )


def most_liquidity_per_tick(tick_spacing: int) -> int:
    """What a tick may hold at most, so that all together fit into 128 bits.

    Parameters
    ----------
    tick_spacing : int
        Of the pool. [ticks]

    Returns
    -------
    int
        Liquidity. [raw liquidity units]

    References
    ----------
    Uniswap v3-core, Tick.sol, tickSpacingToMaxLiquidityPerTick.
    """
    return MASK128 // (2 * (MAX_TICK // tick_spacing) + 1)

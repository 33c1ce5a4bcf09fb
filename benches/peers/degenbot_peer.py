"""degenbot: exact amounts of positions by its v3 libraries, and exact quotes of its v3 pool; it has no Greeks."""

# mypy: disable-error-code="import-not-found, import-untyped"
# The framework is not installed where the repository is type-checked.

import numpy as np
from degenbot.uniswap.types import UniswapV3LiquidityAtTick, UniswapV3PoolState
from degenbot.uniswap.v3_libraries.sqrt_price_math import get_amount0_delta, get_amount1_delta
from degenbot.uniswap.v3_libraries.tick_math import get_sqrt_ratio_at_tick
from degenbot.uniswap.v3_liquidity_pool import UniswapV3Pool
from numpy.typing import NDArray
from stopwatch import Columns, Job, measure
from whole_units import numbers, split

FEE = 3000
SPACING = 60
ADDRESS = "0x" + 40 * "1"


def positions(columns: Columns) -> Job:
    """Ask for both amounts of every position, rounded as the contract pays them."""
    (price,) = numbers(columns["sqrt_price_x96"])
    tick = int(columns["tick"])
    lower, upper = columns["tick_lower"].tolist(), columns["tick_upper"].tolist()
    held = list(zip(lower, upper, numbers(columns["liquidity"]), strict=True))

    def call() -> list[tuple[int, int]]:
        amounts = []
        for first, last, liquidity in held:
            low, high = get_sqrt_ratio_at_tick(first), get_sqrt_ratio_at_tick(last)
            if tick < first:
                amounts.append((get_amount0_delta(low, high, liquidity, False), 0))
            elif tick >= last:
                amounts.append((0, get_amount1_delta(low, high, liquidity, False)))
            else:
                amount0 = get_amount0_delta(price, high, liquidity, False)
                amounts.append((amount0, get_amount1_delta(low, price, liquidity, False)))
        return amounts

    def column(amounts: list[tuple[int, int]]) -> NDArray[np.float64]:
        return np.array([split([pair[token] for pair in amounts]) for token in (0, 1)])

    return Job(call, column, "exact amounts, ticks cached; no Greeks")


def quotes(columns: Columns) -> Job:
    """Ask its pool what swaps would pay; the pool is filled here, for its own way is to ask a node."""
    pool = object.__new__(UniswapV3Pool)
    ticks, nets, grosses = (columns["initialized"].tolist(), numbers(columns["net"]), numbers(columns["gross"]))
    pool._state = UniswapV3PoolState(
        pool=ADDRESS,
        liquidity=numbers(columns["in_range"])[0],
        sqrt_price_x96=numbers(columns["sqrt_price_x96"])[0],
        tick=int(columns["tick"]),
        tick_bitmap={},
        tick_data={
            tick: UniswapV3LiquidityAtTick(liquidity_net=net, liquidity_gross=gross)
            for tick, net, gross in zip(ticks, nets, grosses, strict=True)
        },
    )
    pool.address, pool.fee, pool.tick_spacing, pool.sparse_liquidity_map = ADDRESS, FEE, SPACING, False
    pool.token0, pool.token1 = "token0", "token1"
    asked = list(zip(columns["zero_for_one"].tolist(), numbers(columns["amount"]), strict=True))

    def call() -> list[int]:
        return [
            pool.calculate_tokens_out_from_tokens_in(pool.token0 if down else pool.token1, amount)
            for down, amount in asked
        ]

    return Job(call, split, "calculate_tokens_out_from_tokens_in, all ticks known")


if __name__ == "__main__":
    measure("degenbot", "degenbot", {"positions": positions, "quotes": quotes})

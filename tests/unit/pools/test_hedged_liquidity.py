"""A hedged position by simulation: it loses the closed-form loss-versus-rebalancing, and earns its fees.

The pool is the contract's integer arithmetic, swap by swap. An arbitrageur moves it towards an outside price that is a
martingale, as far as pays its fee. Whatever the step, the expectation of the hedged position is exact: the value at the
outside price falls by the loss, the hedge and what is held against a stale price have no mean of their own.
"""

import math

import numpy as np
import pytest

from hedgerow.core.ids import Currency, PoolName
from hedgerow.instruments import FeeCheckpoint, RangePosition
from hedgerow.market import PoolToken, TickInfo, UniswapV3Pool
from hedgerow.pools.exact.preview import preview_burn, preview_collect, preview_swap
from hedgerow.pools.losses import pair_covariance, rebalancing_loss_rate
from hedgerow.pools.positions import position_greeks

VOL, YEARS, FEE = 0.8, 30 / 365, 0.003
TICK, LIQUIDITY = 88_740, 10**21
UNIT = 10**18


def _pool() -> UniswapV3Pool:
    """One position from 1.0001^-88740 to 1.0001^88740, the whole liquidity; its price is one."""
    ticks = {-TICK: TickInfo(LIQUIDITY, LIQUIDITY), TICK: TickInfo(LIQUIDITY, -LIQUIDITY)}
    return UniswapV3Pool(
        name=PoolName("p"),
        tokens=tuple(PoolToken(symbol=Currency(one), decimals=18) for one in ("ETH", "USD")),
        sqrt_price_x96=2**96,
        tick=0,
        liquidity=LIQUIDITY,
        tick_spacing=60,
        fee_pips=round(1e6 * FEE),
        ticks=ticks,
    )


POSITION = RangePosition(
    name="all",
    pool=PoolName("p"),
    liquidity=LIQUIDITY,
    tick_lower=-TICK,
    tick_upper=TICK,
    fees=FeeCheckpoint(growth_inside0_x128=0, growth_inside1_x128=0),
)


def _arbitraged(pool: UniswapV3Pool, price: float) -> tuple[UniswapV3Pool, float]:
    """Swap until no trade pays its fee any more; the pool afterwards, and the fee valued at the outside price."""
    root = pool.sqrt_price_x96 / 2**96
    low, high = math.sqrt(price * (1.0 - FEE)), math.sqrt(price / (1.0 - FEE))
    if low <= root <= high:
        return pool, 0.0
    if root > high:  # token0 in, the price falls
        amount, ends, worth = LIQUIDITY * (1.0 / high - 1.0 / root) / (1.0 - FEE), (0, 1), price
    else:
        amount, ends, worth = LIQUIDITY * (low - root) / (1.0 - FEE), (1, 0), 1.0
    done = preview_swap(pool, *ends, round(amount))
    after = done.pool
    assert isinstance(after, UniswapV3Pool)
    return after, done.fee / UNIT * worth


def _amounts(pool: UniswapV3Pool) -> tuple[float, float]:
    burnt = preview_burn(pool, POSITION)
    return burnt[0] / UNIT, burnt[1] / UNIT


def _hedged(seed: int, n_path: int, n_step: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """P&L of the position and a hedge that is set at every step; fees; what a stale price holds back at the end."""
    draws = np.random.default_rng(seed).standard_normal((n_path, n_step))
    step = VOL * math.sqrt(YEARS / n_step)
    pnl, fees, gap = np.zeros(n_path), np.zeros(n_path), np.zeros(n_path)
    for i, row in enumerate(draws):
        pool, price = _pool(), 1.0
        coins, cash = _amounts(pool)
        for draw in row:
            fresh = price * math.exp(step * draw - 0.5 * step * step)
            pnl[i] -= coins * (fresh - price)
            before = coins * price + cash
            pool, fee = _arbitraged(pool, fresh)
            coins, cash = _amounts(pool)
            pnl[i] += coins * fresh + cash - before + fee
            fees[i] += fee
            price = fresh
        root = math.sqrt(price)
        curve = LIQUIDITY / UNIT * (2.0 * root - (1.0 + price) * 1.0001 ** (-TICK / 2))
        gap[i] = coins * price + cash - curve
    return pnl, fees, gap


def _expected_loss() -> float:
    """The integral of the closed-form rate: it goes as the root of the price, whose mean falls by vol²/8 a year."""
    greeks = position_greeks(_pool(), [POSITION], np.array([1.0, 1.0]), "USD")
    rate = float(rebalancing_loss_rate(greeks.gamma, greeks.prices, pair_covariance(VOL))[0])
    fall = VOL * VOL / 8.0
    return rate * (1.0 - math.exp(-fall * YEARS)) / fall


@pytest.fixture(scope="module")
def paths() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return _hedged(seed=8, n_path=160, n_step=64)


def test_hedged_liquidity_earns_fees_less_the_loss(paths: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    pnl, fees, gap = paths
    loss = _expected_loss()
    error = float(np.std(pnl, ddof=1)) / math.sqrt(pnl.size)
    assert error < 0.05 * loss  # small enough to tell a wrong loss from a right one
    assert float(np.mean(pnl)) == pytest.approx(-loss + float(np.mean(fees + gap)), abs=3.0 * error)
    assert float(np.mean(fees)) > 0.1 * loss


def test_hedging_more_often_leaves_less_risk(paths: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    # The error of a hedge that is set at n dates falls as one over the root of n.
    rare = _hedged(seed=9, n_path=160, n_step=16)[0]
    assert 0.3 < float(np.std(paths[0]) / np.std(rare)) < 0.75


def test_the_fees_counted_are_those_that_the_position_collects() -> None:
    pool, total = _pool(), np.zeros(2)
    for price in (1.05, 0.98, 1.10, 1.20, 0.90):
        before = pool
        pool, fee = _arbitraged(pool, price)
        paid = [after - old for after, old in zip(
            preview_collect(pool, POSITION), preview_collect(before, POSITION), strict=True
        )]  # fmt: skip
        total += np.array(paid, dtype=np.float64)
        assert (paid[0] * price + paid[1]) / UNIT == pytest.approx(fee, rel=1e-12)
    assert np.all(total > 0.0)

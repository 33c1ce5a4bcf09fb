"""Positions of every kind of pool enter the book with the worth that the pool's own invariant gives them."""

import math

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.book import LiquidityPosition, Marking, assemble, position_ladder, rows_of, value_book
from hedgerow.core.errors import InputError, MarketDataError
from hedgerow.core.ids import Currency, PoolName
from hedgerow.instruments import PoolPosition, PoolShare, RangePosition
from hedgerow.market import BalancerWeightedPool, CurveStablePool, UniswapV2Pool, UniswapV3Pool
from hedgerow.pools.position_curve import position_curve

RATES = {Currency("USDC"): 0.998, Currency("USDT"): 1.001, Currency("WBTC"): 44_900.0}
MARKET = hr.load_snapshot(hr.example("liquidity"))
SPOT = MARKET.index_price


def worth(position: PoolPosition, numeraire: str = "USD", rates: dict[Currency, float] = RATES) -> np.ndarray:
    """Value, delta and gamma of a book that holds one position."""
    marking = Marking(snapshot=MARKET, vols={}, usd_rates=rates)
    rows = rows_of(LiquidityPosition(position=position), marking, 0)
    book = assemble(rows, base=MARKET.base, spot=SPOT, n_group=1)
    totals: np.ndarray = np.asarray(value_book(book, numeraire=numeraire)).sum(axis=1)[:3]
    return totals


def share(pool: str, tokens: float) -> PoolShare:
    return PoolShare(name="mine", pool=PoolName(pool), shares=int(tokens))


def test_a_share_of_a_constant_product_in_closed_form() -> None:
    # V = 2·w·sqrt(k·P), delta = w·sqrt(k/P), gamma = -(w/2)·sqrt(k)·P^-3/2 (Uniswap v2 whitepaper, section 2).
    pool = MARKET.storage[PoolName("univ2:USDC/WETH")]
    assert isinstance(pool, UniswapV2Pool)
    held = share(pool.name, 3e15)
    fraction, rate = held.shares / pool.total_supply, RATES[Currency("USDC")]
    root_k = math.sqrt(pool.reserve0 / 1e6 * rate * pool.reserve1 / 1e18)
    truth = [2.0 * root_k * SPOT**0.5, root_k * SPOT**-0.5, -0.5 * root_k * SPOT**-1.5]
    assert worth(held) == pytest.approx(fraction * np.array(truth), rel=1e-9)


def test_a_share_of_a_weighted_pool_in_closed_form_and_in_coin() -> None:
    pool = MARKET.storage[PoolName("balancer:80WETH-20USDC")]
    assert isinstance(pool, BalancerWeightedPool)
    held = share(pool.name, 250e18)
    cash, coins = pool.balances[0] / 1e6 * RATES[Currency("USDC")], pool.balances[1] / 1e18
    # On the invariant cash^0.2·coins^0.8 the value is c·S^0.8 (Balancer whitepaper, section on value function).
    value = held.shares / pool.total_supply * (cash / 0.2) ** 0.2 * (coins / 0.8) ** 0.8 * SPOT**0.8
    truth = np.array([value, 0.8 * value / SPOT, -0.16 * value / SPOT**2])
    assert worth(held) == pytest.approx(truth, rel=2e-6)
    # Seen from the coin U = V/S, and S·dU/dS = delta - V/S.
    coin = worth(held, "ETH")
    assert coin[:2] == pytest.approx([value / SPOT, -0.2 * value / SPOT], rel=2e-6)


def test_a_pool_of_two_forms_of_the_coin_moves_like_the_coin() -> None:
    pool = MARKET.storage[PoolName("curve:ETH/stETH")]
    assert isinstance(pool, CurveStablePool)
    value, delta, gamma = worth(share(pool.name, 60e18))
    assert delta == pytest.approx(value / SPOT, rel=1e-12)
    assert gamma == 0.0
    # 64,000 coins at the least price of its two tokens, and at the highest: what is in between is the curve's.
    assert 0.9995 * 64.0 < delta < 64.0


def test_where_a_pool_is_deep_at_one_price_alone_gamma_is_the_mean_around_it() -> None:
    pool = MARKET.storage[PoolName("curve:USDT/WBTC/WETH")]
    held = share(pool.name, 850e18)
    rates = RATES | {Currency("USDT"): 1.0}  # at which the index is the price scale
    marking = Marking(snapshot=MARKET, vols={}, usd_rates=rates)
    ladder = position_ladder(held, pool, marking)
    _, delta, gamma = worth(held, rates=rates)
    assert gamma == pytest.approx(ladder.gamma, rel=1e-12)
    # The mean is how much delta changes over the rung, of which the spike takes a small part only.
    curve = position_curve(pool, held)
    prices = np.array([[1.0, 44_900.0, SPOT * math.exp(step)] for step in (-2e-3, 0.0, 2e-3)])
    below, here, above = curve.at(prices).amounts[:, 2]
    assert delta == pytest.approx(here, rel=1e-9)
    assert gamma == pytest.approx((above - below) / (SPOT * (math.exp(2e-3) - math.exp(-2e-3))), rel=1e-3)
    assert ladder.point_gamma == pytest.approx(curve.at(prices).gamma[1, 2, 2], rel=1e-9)
    assert ladder.point_gamma < 5.0 * gamma < 0.0


def test_a_range_of_known_storage_is_the_range_of_its_ticks() -> None:
    pool = MARKET.storage[PoolName("univ3:USDC/WETH")]
    assert isinstance(pool, UniswapV3Pool)
    held = RangePosition(name="mine", pool=pool.name, liquidity=9 * 10**16, tick_lower=198_260, tick_upper=200_260)
    rate = RATES[Currency("USDC")]
    low, high = (1e12 / 1.0001**tick * rate for tick in (200_260, 198_260))
    size = 9e16 * 10**-12 * rate**0.5
    coins = size * (SPOT**-0.5 - high**-0.5)
    cash = size * (SPOT**0.5 - low**0.5)
    truth = [coins * SPOT + cash, coins, -0.5 * size * SPOT**-1.5]
    assert worth(held) == pytest.approx(truth, rel=1e-9)


def test_a_balance_in_a_staked_coin_counts_in_coins() -> None:
    marking = Marking(snapshot=MARKET, vols={}, usd_rates=RATES)
    (row,) = rows_of(hr.book.Balance(currency=Currency("stETH"), amount=10.0), marking, 0)
    assert row.quantity == pytest.approx(9.995)


def test_other_coins_of_a_pool_need_a_rate() -> None:
    with pytest.raises(
        MarketDataError, match=r"WBTC: has no USD rate; if it is a form of ETH, name it under \[aliases"
    ):
        worth(share("curve:USDT/WBTC/WETH", 1e18), rates={Currency("USDT"): 1.0})


def test_positions_must_fit_their_pool() -> None:
    ranged = RangePosition(name="mine", pool=PoolName("univ2:USDC/WETH"), liquidity=1, tick_lower=0, tick_upper=10)
    with pytest.raises(InputError, match="has shares of the whole pool"):
        worth(ranged)
    with pytest.raises(InputError, match="has ranges of ticks"):
        worth(share("univ3:USDC/WETH", 1e18))
    with pytest.raises(InputError, match="which has issued 17000000000000000000000"):
        worth(share("curve:USDT/WBTC/WETH", 18_000e18))
    with pytest.raises(MarketDataError, match="not in this snapshot; it holds univ3:USDC/WETH, univ2:USDC/WETH"):
        worth(share("nowhere", 1e18))

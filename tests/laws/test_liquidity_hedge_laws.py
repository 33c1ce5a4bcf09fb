"""Hedges of liquidity: the account's P&L in USD is nothing to first order, margin coins and basis included."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.hedging.liquidity import (
    CoinExposure,
    HedgeContract,
    OptionLeg,
    delta_gamma_hedge,
    hedge_liquidity,
    minimum_variance,
)
from hedgerow.pools import LiquidityRange, range_greeks

EXAMPLES = settings(max_examples=200, deadline=None)
HELD = LiquidityRange(lower=1_500.0, upper=2_600.0, liquidity=900.0)


def account(spot: float, start: float, terms: dict[str, float], inverse: bool, basis: float, size: float) -> float:
    """Worth in USD of everything, written out position by position from what each contract pays."""
    forward, first = basis * spot, basis * start
    coins = terms["fees"] + terms["wallet"] + terms["margin"]
    total = range_greeks(HELD, spot).value + coins * spot
    for contracts, entry in ((terms["trade"], first), (terms["held"], terms["entry"])):
        if inverse:
            # The venue pays coins: size·(1/entry - 1/forward) for each long contract.
            total += contracts * size * (1.0 / entry - 1.0 / forward) * spot
        else:
            total += contracts * size * (forward - entry)
    return total


@EXAMPLES
@given(
    spot=st.floats(1_000.0, 3_500.0),
    inverse=st.booleans(),
    basis=st.floats(0.9, 1.1),
    fees=st.floats(0.0, 2.0),
    wallet=st.floats(-3.0, 3.0),
    margin=st.floats(0.0, 5.0),
    held=st.sampled_from([0.0, -300.0, 120.0]),
    entry=st.floats(800.0, 4_000.0),
)
def test_the_hedged_account_does_not_move_to_first_order(
    spot: float, inverse: bool, basis: float, fees: float, wallet: float, margin: float, held: float, entry: float
) -> None:
    size = 10.0 if inverse else 0.01
    exposure = CoinExposure(liquidity=range_greeks(HELD, spot).delta, fees=fees, wallet=wallet, margin_coins=margin)
    contract = HedgeContract(inverse=inverse, price=basis * spot, spot=spot, contract_size=size)
    hedge = hedge_liquidity(exposure, contract, held=held, entry=entry)
    terms = {"fees": fees, "wallet": wallet, "margin": margin, "trade": hedge.trade, "held": held, "entry": entry}
    bump = 1e-5 * spot
    up, down = (account(spot + step, spot, terms, inverse, basis, size) for step in (bump, -bump))
    slope = (up - down) / (2.0 * bump)
    # What stays is gamma over the bump where it crosses an edge, and rounding of sums of a few thousand USD.
    crosses = any(abs(spot - edge) <= bump for edge in (HELD.lower, HELD.upper))
    assert abs(slope) <= (0.01 if crosses else 1e-6)
    assert hedge.residual == pytest.approx(0.0, abs=1e-11)
    # Without the margin coins among the exposure the account does move, by exactly them.
    naive = hedge_liquidity(
        CoinExposure(liquidity=exposure.liquidity, fees=fees, wallet=wallet), contract, held=held, entry=entry
    )
    terms["trade"] = naive.trade
    up, down = (account(spot + step, spot, terms, inverse, basis, size) for step in (bump, -bump))
    assert (up - down) / (2.0 * bump) == pytest.approx(margin, abs=0.01 if crosses else 1e-6)


@EXAMPLES
@given(liquidity=st.floats(0.0, 1e4), margin=st.floats(0.0, 1e3), price=st.floats(1e-4, 1e6))
def test_an_inverse_short_holds_price_times_exposure_and_margin(liquidity: float, margin: float, price: float) -> None:
    contract = HedgeContract(inverse=True, price=price, spot=price)
    hedge = hedge_liquidity(CoinExposure(liquidity=liquidity, margin_coins=margin), contract)
    assert -hedge.contracts == pytest.approx(price * (liquidity + margin), rel=1e-14)


def test_a_dated_future_is_weighed_with_its_basis() -> None:
    exposure = CoinExposure(liquidity=10.0)
    linear = HedgeContract(inverse=False, price=2_100.0, spot=2_000.0)
    inverse = HedgeContract(inverse=True, price=2_100.0, spot=2_000.0)
    assert hedge_liquidity(exposure, linear).contracts == pytest.approx(-10.0 * 2_000.0 / 2_100.0)
    assert hedge_liquidity(exposure, inverse).contracts == pytest.approx(-10.0 * 2_100.0)
    assert hedge_liquidity(exposure, linear).hedge_ratio == pytest.approx(1.0)


def test_what_is_held_already_counts_at_its_entry() -> None:
    contract = HedgeContract(inverse=True, price=2_000.0, spot=2_000.0)
    hedge = hedge_liquidity(CoinExposure(liquidity=5.0), contract, held=-8_000.0, entry=1_600.0)
    assert hedge.trade == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(hr.InputError, match="without an entry price"):
        hedge_liquidity(CoinExposure(liquidity=5.0), contract, held=-8_000.0)


def test_a_wanted_delta_is_left() -> None:
    contract = HedgeContract(inverse=False, price=2_000.0, spot=2_000.0)
    hedge = hedge_liquidity(CoinExposure(liquidity=5.0), contract, wanted_delta=2.0)
    assert (hedge.trade, hedge.residual) == pytest.approx((-3.0, 0.0))
    assert hedge_liquidity(CoinExposure(liquidity=0.0), contract).hedge_ratio == 0.0


@pytest.mark.parametrize("terms", [{"price": 0.0}, {"spot": -1.0}, {"contract_size": math.inf}])
def test_contracts_have_positive_prices_and_sizes(terms: dict[str, float]) -> None:
    with pytest.raises(hr.InputError, match="are positive"):
        HedgeContract(inverse=True, **{"price": 1.0, "spot": 1.0, **terms})


# Minimum variance.


@EXAMPLES
@given(seed=st.integers(0, 10**6), ratio=st.floats(0.2, 2.0), noise=st.floats(0.0, 1.0))
def test_no_other_ratio_leaves_less_variance(seed: int, ratio: float, noise: float) -> None:
    rng = np.random.default_rng(seed)
    contract = 0.02 * rng.standard_normal(60)
    spot = ratio * contract + 0.02 * noise * rng.standard_normal(60) + 0.001
    found = minimum_variance(spot, contract)
    left = float(np.var(spot - found.ratio * contract))
    for other in (found.ratio - 0.01, found.ratio + 0.01):
        assert float(np.var(spot - other * contract)) > left
    assert found.residual_share == pytest.approx(left / float(np.var(spot)), rel=1e-9, abs=1e-15)
    assert found.residual_share == pytest.approx(1.0 - found.correlation**2, abs=1e-12)


def test_the_standard_error_is_that_of_a_regression() -> None:
    rng, hits = np.random.default_rng(2), []
    for _ in range(2_000):
        contract = rng.standard_normal(40)
        found = minimum_variance(0.8 * contract + 0.5 * rng.standard_normal(40), contract)
        hits.append(abs(found.ratio - 0.8) < 2.0244 * found.standard_error)
    # 2.0244 is the 97.5 % point of Student's t with 38 degrees of freedom: 95 % of the intervals hold the truth.
    assert abs(float(np.mean(hits)) - 0.95) < 3.0 * math.sqrt(0.95 * 0.05 / 2_000)


@pytest.mark.parametrize("returns", [np.zeros(5), np.array([0.1, 0.2]), np.array([0.1, math.nan, 0.3])])
def test_returns_that_say_nothing_are_refused(returns: np.ndarray) -> None:
    with pytest.raises(hr.InputError, match="returns"):
        minimum_variance(returns, returns)


# Options against gamma.


def call(spot: float, strike: float) -> tuple[float, float, float]:
    """Black and Scholes without rates: value, delta and gamma of a call of 0.1 years at a vol of 0.6."""
    spread = 0.6 * math.sqrt(0.1)
    d1 = math.log(spot / strike) / spread + 0.5 * spread
    below, above = (0.5 * math.erfc(-d / math.sqrt(2.0)) for d in (d1, d1 - spread))
    density = math.exp(-0.5 * d1 * d1) / math.sqrt(2.0 * math.pi)
    return spot * below - strike * above, below, density / (spot * spread)


@EXAMPLES
@given(spot=st.floats(1_600.0, 2_500.0), strike=st.floats(1_500.0, 2_600.0), in_coin=st.booleans())
def test_with_an_option_the_account_does_not_move_to_second_order(spot: float, strike: float, in_coin: bool) -> None:
    held = range_greeks(HELD, spot)
    value, delta, gamma = call(spot, strike)
    leg = OptionLeg(delta=delta, gamma=gamma, cost=1.0, premium_coins=value / spot if in_coin else 0.0)
    hedge = delta_gamma_hedge(held.delta, held.gamma, [leg])
    size = float(hedge.options[0])

    def account(at: float) -> float:
        paid = size * (value / spot * at if in_coin else value)
        worth = size * call(at, strike)[0]
        return range_greeks(HELD, at).value + worth - paid + hedge.coins * (at - spot)

    bump = 1e-3 * spot
    up, here, down = account(spot + bump), account(spot), account(spot - bump)
    # What stays is of fourth order in the bump, against moves of the parts of some hundred USD.
    assert abs(up - down) / (2.0 * bump) <= 1e-4 * (1.0 + abs(size))
    assert abs(up - 2.0 * here + down) / bump**2 <= 1e-5 * abs(held.gamma) * (1.0 + abs(size))


def test_several_options_cost_no_more_than_any_one() -> None:
    legs = [
        OptionLeg(delta=0.5, gamma=0.001, cost=3.0),
        OptionLeg(delta=0.2, gamma=0.0007, cost=1.5),
        OptionLeg(delta=-0.4, gamma=0.0009, cost=2.5),
    ]
    together = delta_gamma_hedge(4.0, -0.002, legs, cost_per_coin=0.8)
    alone = [delta_gamma_hedge(4.0, -0.002, [leg], cost_per_coin=0.8).cost for leg in legs]
    assert together.cost == pytest.approx(min(alone), rel=1e-9)
    gamma = sum(size * leg.gamma for size, leg in zip(together.options, legs, strict=True))
    assert gamma == pytest.approx(0.002, rel=1e-9)


def test_limits_bring_in_a_second_option() -> None:
    legs = [OptionLeg(delta=0.5, gamma=0.001, cost=3.0, limit=1.5), OptionLeg(delta=0.4, gamma=0.001, cost=4.0)]
    hedge = delta_gamma_hedge(0.0, -0.002, legs)
    np.testing.assert_allclose(hedge.options, [1.5, 0.5], rtol=1e-9)
    assert hedge.coins == pytest.approx(-0.95)
    with pytest.raises(hr.SolveError, match="raise limits"):
        delta_gamma_hedge(0.0, -0.002, legs[:1])
    with pytest.raises(hr.InputError, match="without gamma"):
        delta_gamma_hedge(1.0, -0.1, [OptionLeg(delta=0.5, gamma=0.0, cost=1.0)])
    assert delta_gamma_hedge(1.0, 0.0, legs).options.tolist() == [0.0, 0.0]

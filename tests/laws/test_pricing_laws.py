"""Laws that every option price obeys."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.pricing import black76, implied_vol
from numerics import five_point

forwards = st.floats(0.5, 1e5)
vols = st.floats(0.05, 3.0)
years = st.floats(1e-4, 3.0)
deviations = st.floats(-6.0, 6.0)
sides = st.booleans()


def strike_at(forward: float, vol: float, expiry: float, deviation: float) -> float:
    return float(forward * np.exp(deviation * vol * np.sqrt(expiry)))


@given(forwards, vols, years, deviations)
def test_put_call_parity_in_both_settlements(forward: float, vol: float, expiry: float, deviation: float) -> None:
    strike = strike_at(forward, vol, expiry, deviation)
    for inverse, right, size in ((False, forward - strike, forward + strike), (True, 1 - strike / forward, 1.0)):
        both = black76(forward, strike, expiry, vol, [True, False], inverse=inverse)
        call, put = both.price
        assert abs(call - put - right) <= 1e-14 * (size + call + put)


@given(forwards, vols, years, deviations, sides)
def test_coin_delta_is_black_scholes_delta_minus_value(
    forward: float, vol: float, expiry: float, deviation: float, is_call: bool
) -> None:
    option = (forward, strike_at(forward, vol, expiry, deviation), expiry, vol, is_call)
    linear, coin = black76(*option, inverse=False), black76(*option, inverse=True)
    assert abs(coin.delta[0] - (linear.delta[0] - coin.price[0])) <= 1e-14 * (1.0 + coin.price[0])


@given(forwards, vols, years, deviations, sides)
def test_inverse_option_is_the_fx_option_seen_from_the_other_numeraire(
    forward: float, vol: float, expiry: float, deviation: float, is_call: bool
) -> None:
    # A coin-settled call on the coin is K puts on the dollar, struck at 1/K coins per dollar.
    strike = strike_at(forward, vol, expiry, deviation)
    coin = black76(forward, strike, expiry, vol, is_call, inverse=True)
    dollar = black76(1.0 / forward, 1.0 / strike, expiry, vol, not is_call, inverse=False)
    np.testing.assert_allclose(coin.price, strike * dollar.price, rtol=1e-11, atol=1e-300)
    np.testing.assert_allclose(coin.vega, strike * dollar.vega, rtol=1e-11)
    # dV/d(ln F) = -dV/d(ln 1/F): the net transaction delta is minus the dollar option's coin value of delta.
    np.testing.assert_allclose(coin.delta, -strike * dollar.delta / forward, rtol=1e-11)


@given(forwards, vols, years, st.floats(-2.5, 2.5), sides, st.booleans())
def test_greeks_equal_finite_differences(
    forward: float, vol: float, expiry: float, deviation: float, is_call: bool, inverse: bool
) -> None:
    strike = strike_at(forward, vol, expiry, deviation)
    total = vol * np.sqrt(expiry)

    def price(f: float = forward, s: float = vol, t: float = expiry) -> float:
        return float(black76(f, strike, t, s, is_call, inverse=inverse).price[0])

    greeks = black76(forward, strike, expiry, vol, is_call, inverse=inverse)
    slope, bend = five_point(lambda f: price(f=f), forward, 1e-2 * forward * min(total, 1.0))
    vega, _ = five_point(lambda s: price(s=s), vol, 1e-2 * vol)
    decay, _ = five_point(lambda t: price(t=t), expiry, 1e-2 * expiry)
    # Sizes of the terms that the differences are made of: a put in coin is worth up to K/F.
    size = max(1.0, strike / forward) if inverse else max(forward, strike)
    assert abs(greeks.delta[0] - slope * (forward if inverse else 1.0)) <= 1e-6 * max(1.0, strike / forward)
    assert abs(greeks.gamma[0] - bend) <= 1e-6 * size / (forward**2 * min(total, 1.0))
    assert abs(greeks.vega[0] - vega) <= 1e-6 * size * np.sqrt(expiry)
    assert abs(greeks.theta[0] + decay) <= 1e-6 * size * vol / np.sqrt(expiry)


@given(forwards, vols, years, deviations, st.booleans())
def test_implied_vol_of_a_price_is_the_vol_that_made_it(
    forward: float, vol: float, expiry: float, deviation: float, inverse: bool
) -> None:
    strike = strike_at(forward, vol, expiry, deviation)
    option = black76(forward, strike, expiry, vol, strike >= forward, inverse=inverse)
    found, fault = implied_vol(option.price, forward, strike, expiry, strike >= forward, inverse=inverse)
    assert fault[0] == 0
    assert abs(found[0] - vol) <= 1e-12 * vol + 4 * np.spacing(option.price[0]) / option.vega[0]


@given(st.floats(allow_nan=True, allow_infinity=True), forwards, deviations, st.booleans(), sides)
def test_implied_vol_never_gives_a_wrong_finite_number(
    price: float, forward: float, deviation: float, inverse: bool, is_call: bool
) -> None:
    strike = strike_at(forward, 0.8, 0.1, deviation)
    found, fault = implied_vol(price, forward, strike, 0.1, is_call, inverse=inverse)
    if fault[0] != 0:
        assert np.isnan(found[0])
    else:
        again = black76(forward, strike, 0.1, found[0], is_call, inverse=inverse)
        size = 1.0 if inverse else max(forward, strike)
        assert abs(again.price[0] - price) <= 1e-11 * price + 4e-16 * size

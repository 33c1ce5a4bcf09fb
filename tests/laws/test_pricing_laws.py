"""Laws that every option price obeys."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.pricing import PriceFault, VolFault, black76, implied_vol
from numerics import five_point

forwards = st.floats(0.5, 1e5)
vols = st.floats(0.05, 3.0)
years = st.floats(1e-4, 3.0)
deviations = st.floats(-6.0, 6.0)
sides = st.booleans()
rates = st.floats(-0.1, 0.3)
GREEKS = ("price", "delta", "gamma", "vega", "theta", "vanna", "volga", "rho")
BAD_VALUES = [
    *((name, value, PriceFault.NOT_FINITE) for name in ("forward", "vol", "rate") for value in (np.nan, -np.inf)),
    *(("strike", value, PriceFault.BAD_STRIKE) for value in (0.0, -1.0)),
    ("forward", -3.0, PriceFault.BAD_FORWARD),
    ("expiry_years", 0.0, PriceFault.EXPIRED),
    ("expiry_years", -0.5, PriceFault.EXPIRED),
    ("vol", 0.0, PriceFault.BAD_VOL),
    ("rate", 1e9, PriceFault.BAD_RATE),
    ("strike", 1e120, PriceFault.OUT_OF_RANGE),
    ("forward", 5e-324, PriceFault.OUT_OF_RANGE),
]


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


@given(forwards, vols, years, st.floats(-2.5, 2.5), sides, st.booleans(), rates)
def test_greeks_equal_finite_differences(
    forward: float, vol: float, expiry: float, deviation: float, is_call: bool, inverse: bool, rate: float
) -> None:
    strike = strike_at(forward, vol, expiry, deviation)
    total = vol * np.sqrt(expiry)

    def value(name: str = "price", f: float = forward, s: float = vol, t: float = expiry, r: float = rate) -> float:
        return float(getattr(black76(f, strike, t, s, is_call, inverse=inverse, rate=r), name)[0])

    greeks = black76(forward, strike, expiry, vol, is_call, inverse=inverse, rate=rate)
    slope, bend = five_point(lambda f: value(f=f), forward, 1e-2 * forward * min(total, 1.0))
    vega, volga = five_point(lambda s: value(s=s), vol, 1e-2 * vol)
    vanna, _ = five_point(lambda f: value("vega", f=f), forward, 1e-2 * forward * min(total, 1.0))
    decay, _ = five_point(lambda t: value(t=t), expiry, 1e-2 * expiry)
    rho, _ = five_point(lambda r: value(r=r), rate, 1e-3)
    # Sizes of the terms that the differences are made of: a put in coin is worth up to K/F.
    size = (max(1.0, strike / forward) if inverse else max(forward, strike)) * float(np.exp(-rate * expiry))
    root = np.sqrt(expiry)
    assert abs(greeks.delta[0] - slope * (forward if inverse else 1.0)) <= 1e-6 * 2.0 * max(1.0, strike / forward)
    assert abs(greeks.gamma[0] - bend) <= 1e-6 * size / (forward**2 * min(total, 1.0))
    assert abs(greeks.vega[0] - vega) <= 1e-6 * size * root
    assert abs(greeks.theta[0] + decay) <= 1e-6 * size * (vol / root + abs(rate))
    assert abs(greeks.vanna[0] - vanna) <= 1e-6 * size * root / (forward * min(total, 1.0))
    assert abs(greeks.volga[0] - volga) <= 2e-6 * size * root * (1.0 + root + 1.0 / vol)
    assert abs(greeks.rho[0] - rho) <= 1e-6 * size * expiry


@given(forwards, vols, years, deviations, sides, st.booleans(), rates)
def test_a_discount_rate_discounts(
    forward: float, vol: float, expiry: float, deviation: float, is_call: bool, inverse: bool, rate: float
) -> None:
    option = (forward, strike_at(forward, vol, expiry, deviation), expiry, vol, is_call)
    plain, late = black76(*option, inverse=inverse), black76(*option, inverse=inverse, rate=rate)
    factor = np.exp(-rate * expiry)
    for name in ("price", "delta", "gamma", "vega", "vanna", "volga", "rho"):
        np.testing.assert_allclose(getattr(late, name), factor * getattr(plain, name), rtol=1e-13, atol=1e-300)
    np.testing.assert_allclose(late.theta, factor * plain.theta + rate * late.price, rtol=1e-12, atol=1e-290)
    found, fault = implied_vol(late.price, *option[:3], [is_call], inverse=inverse, rate=rate)
    assert np.isnan(found[0]) == (fault[0] != 0)


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
    found, fault = implied_vol([price], forward, strike, 0.1, is_call, inverse=inverse)
    if fault[0] != 0:
        assert np.isnan(found[0])
    else:
        again = black76(forward, strike, 0.1, found[0], is_call, inverse=inverse)
        size = 1.0 if inverse else max(forward, strike)
        assert abs(again.price[0] - price) <= 1e-11 * price + 4e-16 * size


@given(st.data(), st.booleans())
def test_bad_rows_are_nan_with_their_reason_and_leave_neighbours_alone(data: st.DataObject, inverse: bool) -> None:
    n = 40
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    good = {
        "forward": rng.uniform(10.0, 20.0, n),
        "strike": rng.uniform(10.0, 20.0, n),
        "expiry_years": rng.uniform(0.01, 2.0, n),
        "vol": rng.uniform(0.1, 2.0, n),
        "is_call": rng.random(n) < 0.5,
        "rate": rng.uniform(0.0, 0.1, n),
    }
    name, value, reason = data.draw(st.sampled_from(BAD_VALUES))
    row = data.draw(st.integers(0, n - 1))
    bad = {key: column.copy() for key, column in good.items()}
    bad[name][row] = value
    before, after = black76(**good, inverse=inverse), black76(**bad, inverse=inverse)
    others = np.arange(n) != row
    for greek in GREEKS:
        np.testing.assert_array_equal(getattr(after, greek)[others], getattr(before, greek)[others])
        assert np.isnan(getattr(after, greek)[row])
    assert PriceFault(int(after.fault[row])) is reason
    assert not after.fault[others].any()
    if name != "vol":
        del bad["vol"], good["vol"]
        first, _ = implied_vol(before.price, **good, inverse=inverse)
        second, fault = implied_vol(before.price, **bad, inverse=inverse)
        np.testing.assert_array_equal(second[others], first[others])
        assert np.isnan(second[row])
        assert VolFault(int(fault[row])).name == reason.name


@given(st.floats(), st.floats(), st.floats(), st.floats(), st.floats(), sides, st.booleans())
def test_any_doubles_at_all_give_finite_greeks_or_a_reason(
    forward: float, strike: float, expiry: float, vol: float, rate: float, is_call: bool, inverse: bool
) -> None:
    row = black76([forward], strike, expiry, vol, is_call, inverse=inverse, rate=rate)
    numbers = np.array([getattr(row, greek)[0] for greek in GREEKS])
    assert np.all(np.isfinite(numbers)) if row.fault[0] == 0 else np.all(np.isnan(numbers))
    assert row.fault[0] != 0 or (row.price[0] >= 0.0 and row.vega[0] >= 0.0)

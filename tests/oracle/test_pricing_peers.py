"""Prices and implied vols of a large sample against two independent libraries.

vanilla-option-pricers (MIT) and lbriv (MIT; a port of Jäckel's own code under his notice), both per forward: options
are scaled to forward 1 and to total vol, which changes no vol.
"""

import lbriv
import numpy as np
import pytest
import vanilla_option_pricers as vop

from hedgerow.pricing import black76, implied_vol

N = 200_000
rng = np.random.default_rng(76)
years = np.exp(rng.uniform(np.log(1 / 365), np.log(2.0), N))
forward, vol = rng.uniform(1e4, 1e5, N), rng.uniform(0.2, 2.0, N)
strike = forward * np.exp(rng.uniform(-3.0, 3.0, N) * vol * np.sqrt(years))
is_out = strike >= forward
sides = np.where(is_out, 1, -1)


def test_prices_equal_those_of_both() -> None:
    ours = black76(forward, strike, years, vol, is_out, inverse=False).price
    total = vol * np.sqrt(years)
    theirs = np.empty(N)
    for side in (1, -1):
        some = sides == side
        theirs[some] = forward[some] * lbriv.black76_undiscounted(1.0, strike[some] / forward[some], total[some], side)
    np.testing.assert_allclose(ours, theirs, rtol=5e-11)
    flags = np.where(is_out, "C", "P")
    few = slice(0, 5000)
    other = vop.compute_bsm_vanilla_slice_prices
    per_row = [
        other(ttm=float(t), forward=float(f), strikes=np.array([k]), vols=np.array([s]), optiontypes=np.array([c]))[0]
        for t, f, k, s, c in zip(years[few], forward[few], strike[few], vol[few], flags[few], strict=True)
    ]
    np.testing.assert_allclose(ours[few], per_row, rtol=5e-11)


@pytest.mark.parametrize("inverse", [False, True])
def test_implied_vols_equal_those_of_lbriv(inverse: bool) -> None:
    price = black76(forward, strike, years, vol, is_out, inverse=inverse).price
    ours, fault = implied_vol(price, forward, strike, years, is_out, inverse=inverse)
    assert not fault.any()
    np.testing.assert_allclose(ours, vol, rtol=1e-13)
    relative = price if inverse else price / forward
    for side in (1, -1):
        some = sides == side
        theirs = lbriv.vectorized_implied_vol_strikes(relative[some], 1.0, strike[some] / forward[some], side)
        np.testing.assert_allclose(ours[some] * np.sqrt(years[some]), theirs, rtol=1e-11)


def test_implied_vols_equal_those_of_vanilla_option_pricers() -> None:
    price = black76(forward, strike, years, vol, is_out, inverse=False).price
    ours, _ = implied_vol(price, forward, strike, years, is_out, inverse=False)
    theirs = vop.infer_bsm_ivols_from_slice_prices(
        1.0, 1.0, 1.0, strike / forward, np.where(is_out, "C", "P"), price / forward
    )
    known = np.isfinite(theirs)  # it refuses total vols below 0.01
    assert known.mean() > 0.9
    np.testing.assert_allclose((ours * np.sqrt(years))[known], theirs[known], rtol=1e-11)

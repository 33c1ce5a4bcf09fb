"""Evaluation of surfaces: by hand, and what is refused."""

import math

import numpy as np
import pytest

from hedgerow.core.errors import InputError
from hedgerow.pricing.surface import Surface
from smiles import make_parameters, make_ssvi, otm_price, slice_variance

SLICES = np.array([[0.01, 0.1, -0.3, 0.0, 0.2], [0.04, 0.15, -0.2, 0.05, 0.3]])
SURFACE = Surface.from_parameters(make_parameters(SLICES, np.array([0.25, 0.75])))


@pytest.mark.parametrize(
    ("k", "years"), [(0.0, 0.0), (0.0, -1.0), (math.nan, 0.1), (math.inf, 0.1), (0.0, math.nan), (0.0, math.inf)]
)
def test_points_without_place_or_time_are_refused(k: float, years: float) -> None:
    for ask in (SURFACE.vol, SURFACE.points):
        with pytest.raises(InputError, match=r"a point of a surface at k = .* years; give k = ln"):
            ask([0.0, k], [0.1, years])


def test_slices_are_met_at_their_expiries() -> None:
    # w(0) = 0.01 + 0.1·0.2 = 0.03 over 0.25 years.
    assert SURFACE.vol(0.0, 0.25)[0] == pytest.approx(math.sqrt(0.03 / 0.25), rel=1e-14)


def test_before_the_first_expiry_the_vols_stay() -> None:
    np.testing.assert_allclose(SURFACE.vol([-0.2, 0.1], 0.01), SURFACE.vol([-0.2, 0.1], 0.25), rtol=1e-14)
    np.testing.assert_allclose(SURFACE.points([-0.2, 0.1], 0.01).term, 0.0, atol=1e-12)


def test_between_expiries_variance_at_the_money_is_linear_and_prices_mix() -> None:
    low, high = slice_variance(SLICES[0], np.zeros(1))[0][0], slice_variance(SLICES[1], np.zeros(1))[0][0]
    for share in (0.1, 0.5, 0.9):
        t = 0.25 + 0.5 * share
        w = float(SURFACE.vol(0.0, t)[0] ** 2 * t)
        assert w == pytest.approx((1.0 - share) * low + share * high, rel=1e-12)
        k = np.array([-1.0, -0.2, 0.0, 0.3, 1.5])
        first, second = (otm_price(k, slice_variance(raw, k)[0]) for raw in SLICES)
        mixed = otm_price(k, SURFACE.vol(k, t) ** 2 * t)
        weight = (mixed - first) / (second - first)
        np.testing.assert_allclose(weight, weight[2], rtol=1e-9)


def test_beyond_the_last_expiry_every_strike_grows_by_the_variance_at_the_money() -> None:
    pace = slice_variance(SLICES[1], np.zeros(1))[0][0] / 0.75
    k = np.array([-1.0, 0.0, 2.0])
    np.testing.assert_allclose(
        SURFACE.vol(k, 2.0) ** 2 * 2.0, slice_variance(SLICES[1], k)[0] + 1.25 * pace, rtol=1e-13
    )


def test_inputs_broadcast() -> None:
    assert SURFACE.vol([0.0, 0.1, 0.2], 0.5).shape == (3,)
    assert SURFACE.vol(0.0, [0.1, 0.5]).shape == (2,)
    assert SURFACE.vol(0.0, 0.5).shape == (1,)


def test_strikes_far_beyond_all_prices_have_finite_vols() -> None:
    years = np.array([2.0, 30.0, 365.0]) / 365.0
    surface = Surface.from_parameters(make_ssvi(years, vol=0.65, tilt=0.1, rho=-0.25, eta=1.2, power=0.5))
    k = np.linspace(-20.0, 20.0, 401)
    for t in (0.001, years[0], 0.006, 0.05, 0.5, 3.0):
        points = surface.points(k, t)
        for column in (points.vol, points.skew, points.curvature, points.term):
            assert np.all(np.isfinite(column))
        assert np.all(points.vol > 0.0)

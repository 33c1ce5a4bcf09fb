"""The check finds arbitrage that was planted, wherever it lies."""

import math

import numpy as np
import pytest

from hedgerow.pricing.surface import SurfaceParameters, check_surface
from hedgerow.pricing.surface.svi_kernels import svi_domain
from smiles import make_parameters, make_ssvi

FLAT = (0.04, 1e-9, 0.0, 0.0, 0.1)
SMILE = (0.01, 0.1, -0.3, 0.0, 0.2)
# Gatheral-Jacquier (2014), example 3.1 (Axel Vogt): density negative near k = 0.8.
VOGT = (-0.0410, 0.1331, 0.3060, 0.3586, 0.4153)


def make_slices(*rows: tuple[float, ...]) -> SurfaceParameters:
    return make_parameters(np.array(rows), np.arange(1.0, len(rows) + 1.0))


def test_a_surface_without_arbitrage_passes() -> None:
    years = np.array([0.01, 0.1, 1.0])
    found = check_surface(make_ssvi(years, vol=0.6, tilt=0.5, rho=-0.3, eta=1.2, power=0.5))
    assert found.arbitrage_free
    assert found.min_butterfly > 0.0
    assert found.min_calendar > 0.0


def test_vogts_slice_holds_butterflies() -> None:
    found = check_surface(make_slices(VOGT))
    assert not found.arbitrage_free
    assert -0.05 < found.min_butterfly < -0.01  # figure 2 of the paper shows some -0.03
    assert not svi_domain(*VOGT)[0]


def test_butterflies_far_in_a_wing_are_found() -> None:
    steep = (0.04, 1.05, -0.91, 0.0, 0.1)  # slope 2.0055 of the left wing: over Lee's bound
    found = check_surface(make_slices(steep))
    assert not found.arbitrage_free
    assert found.min_butterfly < 0.0


def test_a_slice_of_negative_variance_is_arbitrage() -> None:
    assert check_surface(make_slices((-0.05, 0.1, 0.0, 0.0, 0.2))).min_butterfly == -math.inf


@pytest.mark.parametrize(
    ("later", "finite"),
    [
        ((0.009, 0.1, -0.3, 0.0, 0.2), True),  # lower everywhere
        ((0.011, 0.1, -0.3, 0.0, 0.18), True),  # lower near the middle
        ((0.02, 0.0999, -0.3, 0.0, 0.2), False),  # flatter wings: crosses at k = 80
        ((0.02, 0.1, -0.301, 0.0, 0.2), False),  # a flatter right wing
        ((0.02, 0.1, -0.3, 200.0, 0.2), True),  # parallel wings, but the right one lies lower
        ((0.02, 0.11, -0.3, 5.0, 1e-3), True),  # a narrow notch far from the money
    ],
)
def test_calendar_arbitrage_is_found(later: tuple[float, ...], finite: bool) -> None:
    found = check_surface(make_slices(SMILE, later))
    assert not found.arbitrage_free
    assert found.min_calendar < 0.0
    assert math.isfinite(found.min_calendar) == finite
    assert check_surface(make_slices(SMILE, (0.011, *SMILE[1:]))).arbitrage_free


def test_calendar_arbitrage_is_per_year() -> None:
    # Flat slices of variance 0.04 and 0.03, half a year apart: -0.01/0.5.
    flat = make_parameters(np.array([FLAT, (0.03, *FLAT[1:])]), np.array([0.5, 1.0]))
    assert check_surface(flat).min_calendar == pytest.approx(-0.02, rel=1e-6)

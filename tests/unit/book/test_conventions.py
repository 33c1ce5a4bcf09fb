"""Deltas of a book under every convention: a full revaluation in which each vol moves as the convention says."""

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from hedgerow.book import CompiledBook, Row, assemble, deltas_by_convention, kernels, sensitivities_by_group, value_book
from hedgerow.core.errors import InputError, NumeraireError
from hedgerow.core.ids import Currency
from hedgerow.pricing import DeltaConvention, QuadraticFit, Surface, VolDynamics, black76, implied_vol
from hedgerow.pricing.models import price_model, sabr_vol
from hedgerow.pricing.surface import atm_response
from model_chains import HESTON, SABRS
from smiles import make_ssvi

ETH, SPOT = Currency("ETH"), 2_222.19
DAY_NS = 86_400 * 10**9
YEARS = np.array([0.02, 0.05, 0.1, 0.25, 0.5, 1.0])
SURFACE = Surface.from_parameters(make_ssvi(YEARS, vol=0.6, tilt=0.5, rho=-0.35, eta=0.8, power=0.4))
FITTED = QuadraticFit(a=-0.06, b=0.03, c=-0.01)
DYNAMICS = VolDynamics(surface=SURFACE, fitted=FITTED, model=HESTON, sabr=SABRS)
EVERY = list(DeltaConvention)


def option(
    group: int, quantity: float, strike: float, years: float, vol: float, *, inverse: bool, is_call: bool
) -> Row:
    return Row(
        kernels.INVERSE_OPTION if inverse else kernels.LINEAR_OPTION,
        group,
        "option",
        int(years * 365 * DAY_NS),
        quantity,
        ratio=1.0 + 0.08 * years,  # the forward is not the spot
        strike=strike,
        expiry_years=years,
        vol=vol,
        sign=1.0 if is_call else -1.0,
    )


# Position 1 mixes coin- and cash-settled options; marks' vols are not the surface's.
ROWS = [
    Row(kernels.COIN, 0, "spot", None, 3.0),
    option(1, -7.0, 2_300.0, 0.05, 0.61, inverse=True, is_call=True),
    option(1, 4.0, 2_100.0, 0.17, 0.58, inverse=False, is_call=False),
    Row(kernels.CASH, 1, "cash", None, -900.0),
    option(2, 12.0, 3_000.0, 0.5, 0.7, inverse=False, is_call=True),
    option(3, -5.0, 1_700.0, 0.3, 0.66, inverse=True, is_call=False),
    Row(kernels.INVERSE_FUTURE, 4, "future", 90 * DAY_NS, 4_000.0, ratio=1.01, entry=2_150.0),
    Row(kernels.LINEAR_FUTURE, 4, "future", 90 * DAY_NS, -2.0, ratio=1.01, entry=2_150.0),
    Row(kernels.RANGE, 5, "range", None, 40.0, lower=2_000.0, upper=2_500.0),
]
BOOK = assemble(ROWS, base=ETH, spot=SPOT, n_group=7)  # position 6 is empty


def model_vol(k: float, years: float, shift: float) -> float:
    """The vol of Heston's model when ln F has gone by a shift and v0 as far as that explains: rho·nu per unit."""
    moved = msgspec.structs.replace(HESTON, v0=HESTON.v0 + HESTON.rho * HESTON.vol_of_vol * shift)
    terms = (1.0, np.exp(k), years, k >= 0.0)
    price = price_model(moved, *terms, inverse=False, tolerance=1e-13).price
    return float(implied_vol(price, *terms, inverse=False)[0][0])


def sabr_vol_of(k: float, years: float, shift: float) -> float:
    """The same of the slices either side: alpha goes by rho·nu per unit of ln F where beta is 1. Linear in time."""
    early, late = SABRS.models
    share = np.clip((years - 0.05) / 0.45, 0.0, 1.0)
    vols = [
        float(
            sabr_vol(
                msgspec.structs.replace(one, alpha=one.alpha + one.rho * one.vol_of_vol * shift), 1.0, np.exp(k), at
            )[0]
        )
        for one, at in ((early, 0.05), (late, 0.5))
    ]
    return float((1.0 - share) * vols[0] + share * vols[1])


def vol_moves(book: CompiledBook, convention: DeltaConvention, spot: float) -> np.ndarray:
    """Return how far the vol of every row has moved when the spot has gone from the book's to another."""
    moved = np.zeros(book.kinds.size)
    for i in np.flatnonzero(book.option_expiry_ns):
        row = book.table[i]
        forward, years = row[kernels.RATIO] * SPOT, row[kernels.EXPIRY]
        k, shift = np.log(row[kernels.STRIKE] / forward), np.log(spot / SPOT)
        match convention:
            case DeltaConvention.STICKY_STRIKE:
                continue
            case DeltaConvention.MINIMUM_VARIANCE_FITTED:
                terms = (forward, row[kernels.STRIKE], years, row[kernels.VOL], True)
                call = float(black76(*terms, inverse=False).delta[0])
                moved[i] = (FITTED.a + FITTED.b * call + FITTED.c * call**2) / np.sqrt(years) * shift
            case DeltaConvention.MODEL:
                moved[i] = model_vol(k - shift, years, 0.0) - model_vol(k, years, 0.0)
            case DeltaConvention.MINIMUM_VARIANCE_MODEL:
                moved[i] = model_vol(k - shift, years, shift) - model_vol(k, years, 0.0)
            case DeltaConvention.BARTLETT:
                moved[i] = sabr_vol_of(k - shift, years, shift) - sabr_vol_of(k, years, 0.0)
            case _:
                moved[i] = SURFACE.vol(k - shift, years)[0] - SURFACE.vol(k, years)[0]
                if convention is DeltaConvention.MINIMUM_VARIANCE_SURFACE:
                    moved[i] += atm_response(SURFACE, years)[0] * shift
    return moved


def worth(convention: DeltaConvention, numeraire: str, spot: float) -> np.ndarray:
    """Return the value of each position after a move of the spot and of the vols with it."""
    table = BOOK.table.copy()
    table[:, kernels.VOL] += vol_moves(BOOK, convention, spot)
    rows = value_book(replace(BOOK, table=table), numeraire=numeraire, spot=spot)
    return np.bincount(BOOK.group, weights=rows[0], minlength=BOOK.n_group)


@pytest.mark.parametrize("numeraire", ["USD", "ETH"])
@pytest.mark.parametrize("convention", EVERY)
def test_deltas_are_slopes_of_the_full_revaluation(convention: DeltaConvention, numeraire: str) -> None:
    h = 2.0
    far_down, down, up, far_up = (worth(convention, numeraire, SPOT + j * h) for j in (-2, -1, 1, 2))
    slope = (far_down - 8.0 * down + 8.0 * up - far_up) / (12.0 * h)
    slope *= SPOT if numeraire == "ETH" else 1.0
    found = deltas_by_convention(BOOK, [convention], numeraire=numeraire, dynamics=DYNAMICS)[convention]
    np.testing.assert_allclose(found, slope, rtol=0.0, atol=2e-8)
    assert found[6] == 0.0


@pytest.mark.parametrize("convention", EVERY)
def test_the_coin_delta_is_the_usd_delta_less_the_value(convention: DeltaConvention) -> None:
    given: dict[str, Any] = {"dynamics": DYNAMICS}
    usd, coin = (deltas_by_convention(BOOK, EVERY, numeraire=unit, **given)[convention] for unit in ("USD", "ETH"))
    value = sensitivities_by_group(BOOK, numeraire="ETH")[0]
    np.testing.assert_allclose(coin, usd - value, rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("numeraire", ["USD", "ETH"])
def test_sticky_strike_is_the_delta_of_the_book_and_the_others_differ(numeraire: str) -> None:
    found = deltas_by_convention(BOOK, EVERY, numeraire=numeraire, dynamics=DYNAMICS)
    assert list(found) == EVERY
    plain = sensitivities_by_group(BOOK, numeraire=numeraire)[1]
    np.testing.assert_allclose(found[DeltaConvention.STICKY_STRIKE], plain, rtol=0.0, atol=1e-13)
    for convention in EVERY[1:]:
        away = np.abs(found[convention] - plain)
        assert away[[1, 2, 3]].min() > 1e-3
        np.testing.assert_array_equal(away[[0, 4, 5, 6]], 0.0)  # no option, no difference


def test_conventions_do_not_add_up_to_each_other() -> None:
    given: dict[str, Any] = {"numeraire": "USD", "dynamics": DYNAMICS}
    together, backwards = (deltas_by_convention(BOOK, order, **given) for order in (EVERY, EVERY[::-1]))
    for convention in EVERY:
        alone = deltas_by_convention(BOOK, [convention], **given)[convention]
        np.testing.assert_array_equal(together[convention], alone)
        np.testing.assert_array_equal(backwards[convention], alone)


def test_a_book_without_options_needs_values_but_no_vols() -> None:
    book = assemble([ROWS[0], ROWS[6]], base=ETH, spot=SPOT, n_group=5)
    found = deltas_by_convention(book, EVERY, numeraire="USD", dynamics=DYNAMICS)
    for convention in EVERY:
        np.testing.assert_array_equal(found[convention], found[DeltaConvention.STICKY_STRIKE])


def test_an_empty_set_of_trades_has_no_deltas() -> None:
    book = assemble([], base=ETH, spot=SPOT, n_group=0)
    found = deltas_by_convention(book, EVERY, numeraire="USD", dynamics=DYNAMICS)
    assert all(delta.shape == (0,) for delta in found.values())


def test_what_is_missing_is_named() -> None:
    with pytest.raises(NumeraireError, match="state USD or ETH"):
        deltas_by_convention(BOOK, EVERY, numeraire="EUR", dynamics=DYNAMICS)
    with pytest.raises(InputError, match="sticky_moneyness without a surface"):
        deltas_by_convention(BOOK, [DeltaConvention.STICKY_MONEYNESS], numeraire="USD")
    with pytest.raises(InputError, match="minimum_variance_fitted without a fit"):
        deltas_by_convention(
            BOOK, [DeltaConvention.MINIMUM_VARIANCE_FITTED], numeraire="USD", dynamics=VolDynamics(surface=SURFACE)
        )

"""Impact: the formula in money, a book of even density, and pieces in place of a power."""

import math

import numpy as np
import pytest

from cost_curves import random_curve
from hedgerow.core.errors import InputError
from hedgerow.costs import book_curve, linear_impact, proportional, square_root_impact, straighten, with_impact
from hedgerow.instruments import parse_deribit


@pytest.mark.parametrize("quantity", [0.1, 3.0, 250.0])
def test_square_root_impact_is_the_law_in_money(quantity: float) -> None:
    y, vol, volume, price = 0.8, 0.035, 12_000.0, 2_300.0
    impact = square_root_impact(coefficient=y, daily_vol=vol, daily_volume=volume, notional=price)
    moved = y * vol * math.sqrt(quantity / volume)  # fraction of the price
    assert math.isclose(proportional(0.0, impact=impact).at(-quantity), moved * quantity * price, rel_tol=1e-14)


def test_square_root_impact_does_not_depend_on_the_size_of_a_contract() -> None:
    # The same trade in contracts of a tenth: ten times as many, in ten times the volume, each a tenth of the notional.
    whole = square_root_impact(coefficient=1.0, daily_vol=0.03, daily_volume=1e4, notional=2000.0)
    tenth = square_root_impact(coefficient=1.0, daily_vol=0.03, daily_volume=1e5, notional=200.0)
    assert math.isclose(proportional(0.0, impact=whole).at(7.0), proportional(0.0, impact=tenth).at(70.0))


def test_linear_impact_is_the_limit_of_a_fine_book_of_even_density() -> None:
    # 1000 levels of 0.1 contracts, 0.002 apart: 100 contracts within a distance of 2.
    spot = parse_deribit("ETH_USDC")
    asks = [(2000.0 + 0.002 * k, 0.1) for k in range(1000)]
    fine = book_curve(spot, bids=[(2000.0, 1.0)], asks=asks, fee=1.0)
    smooth = proportional(1.0, quadratic=linear_impact(distance=2.0, depth=100.0))
    for x in (10.0, 55.0, 100.0):
        assert math.isclose(fine.at(x), smooth.at(x), rel_tol=1e-3)


@pytest.mark.parametrize("seed", range(10))
def test_what_is_added_adds_up(seed: int) -> None:
    random = np.random.default_rng(seed)
    curve = random_curve(random, impact=0.1)
    more = with_impact(curve, quadratic=0.3, impact=0.2, fixed=4.0)
    for x in (0.0, *random.uniform(-min(curve.most_sell, 30.0), min(curve.most_buy, 30.0), 5)):
        added = 0.15 * x * x + 0.2 * abs(x) ** 1.5 + (4.0 if x else 0.0)
        assert math.isclose(more.at(float(x)), curve.at(float(x)) + added, rel_tol=1e-12, abs_tol=1e-12)


@pytest.mark.parametrize("error", [1e-4, 0.01, 0.1])
@pytest.mark.parametrize("seed", range(5))
def test_pieces_cost_less_than_the_impact_by_at_most_what_is_stated(error: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    curve = random_curve(random, impact=float(random.uniform(0.1, 3.0)))
    pieces = straighten(curve, smallest=0.5, largest=1e4, error=error)
    assert pieces.impact == 0.0
    worst = 0.0
    for most, sign in ((curve.most_buy, 1.0), (curve.most_sell, -1.0)):
        x = sign * np.geomspace(0.5, min(most, 1e4), 2000)
        short = (curve.at(x) - pieces.at(x)) / (curve.impact * np.abs(x) ** 1.5)
        # Costs of other parts, many times the impact, leave their rounding in the difference.
        assert np.all(short >= -1e-10)
        assert np.all(short <= error)
        worst = max(worst, float(short.max()))
    assert worst > 0.1 * error  # no more pieces than needed


def test_beyond_the_range_pieces_cost_too_much() -> None:
    curve = proportional(0.0, impact=1.0)
    pieces = straighten(curve, smallest=1.0, largest=10.0)
    assert pieces.at(1000.0) > curve.at(1000.0)


def test_numbers_that_are_refused() -> None:
    good = {"coefficient": 1.0, "daily_vol": 0.03, "daily_volume": 1e4, "notional": 2000.0}
    for name in good:
        for value in (-1.0, math.nan, math.inf):
            with pytest.raises(InputError, match=f"{name} ="):
                square_root_impact(**{**good, name: value})
    with pytest.raises(InputError, match="daily_volume = 0"):
        square_root_impact(**{**good, "daily_volume": 0.0})
    for distance, depth in ((-1.0, 1.0), (1.0, 0.0), (math.nan, 1.0), (1.0, math.inf)):
        with pytest.raises(InputError, match="give a distance"):
            linear_impact(distance=distance, depth=depth)
    curve = proportional(1.0, impact=1.0)
    for quadratic in (math.nan, math.inf):
        with pytest.raises(InputError, match="quadratic ="):
            with_impact(curve, quadratic=quadratic)
    with pytest.raises(InputError, match="never falls"):
        with_impact(curve, quadratic=-0.1)
    for smallest, largest in ((0.0, 1.0), (2.0, 1.0), (1.0, math.inf), (math.nan, 1.0)):
        with pytest.raises(InputError, match="quantities from"):
            straighten(curve, smallest=smallest, largest=largest)
    for error in (0.0, 0.3, math.nan):
        with pytest.raises(InputError, match="error ="):
            straighten(curve, smallest=1.0, largest=2.0, error=error)

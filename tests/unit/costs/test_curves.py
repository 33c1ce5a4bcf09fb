"""Cost curves beside closed forms and numerical integrals."""

import itertools
import math

import numpy as np
import pytest
from scipy.integrate import quad

from cost_curves import random_curve
from hedgerow.core.arrays import Vector, vector
from hedgerow.core.errors import InputError
from hedgerow.costs import CostCurve, CostSide, HoldingCost, proportional


def side(size: list[float], price: list[float], slope: list[float]) -> CostSide:
    return CostSide(size=vector(size), price=vector(price), slope=vector(slope))


STEPS = side([10.0, 5.0, math.inf], [1.0, 3.0, 4.0], [0.0, 0.2, 0.1])


@pytest.mark.parametrize(
    ("x", "cost"),
    [
        (0.0, 0.0),
        (4.0, 4.0),
        (10.0, 10.0),
        (12.0, 10.0 + 6.0 + 0.4),
        (15.0, 10.0 + 15.0 + 2.5),
        (25.0, 27.5 + 40.0 + 5.0),
    ],
)
def test_cost_of_a_walk_through_pieces(x: float, cost: float) -> None:
    curve = CostCurve(buy=STEPS, sell=side([math.inf], [2.0], [0.0]))
    assert math.isclose(curve.at(x), cost, rel_tol=1e-15)
    assert math.isclose(curve.at(-x), 2.0 * x, rel_tol=1e-15)


@pytest.mark.parametrize("x", [-7.0, -0.5, 0.0, 0.5, 7.0])
def test_proportional_is_its_formula(x: float) -> None:
    curve = proportional(2.0, quadratic=0.3, impact=0.7, fixed=5.0)
    formula = 2.0 * abs(x) + 0.15 * x * x + 0.7 * abs(x) ** 1.5 + (5.0 if x else 0.0)
    assert math.isclose(curve.at(x), formula, rel_tol=1e-14)


@pytest.mark.parametrize("seed", range(20))
def test_cost_is_the_integral_of_the_marginal_cost(seed: int) -> None:
    random = np.random.default_rng(seed)
    curve = random_curve(random, impact=float(random.uniform(0.0, 1.0)))
    for x in (random.uniform(0.0, min(curve.most_buy, 40.0)), -random.uniform(0.0, min(curve.most_sell, 40.0))):
        pieces = curve.buy if x > 0.0 else curve.sell
        breaks = [0.0, *(math.copysign(q, x) for q in pieces.starts[1:] if q < abs(x)), x]
        parts = [quad(curve.marginal, a, b, limit=200)[0] for a, b in itertools.pairwise(breaks)]
        assert math.isclose(curve.at(x), sum(parts), rel_tol=1e-7, abs_tol=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_subgradients_support_the_curve_and_touch_its_differences(seed: int) -> None:
    random = np.random.default_rng(seed)
    curve = random_curve(random, impact=0.4)
    low, high = -min(curve.most_sell, 50.0), min(curve.most_buy, 50.0)
    grid = np.linspace(low, high, 501)
    kinks = [*curve.buy.starts, *-curve.sell.starts]
    for x in (0.0, *random.uniform(low, high, 4), *(q for q in kinks if low < q < high)):
        left, right = curve.subgradients(float(x))
        assert left <= right
        for slope in (left, right):
            assert np.all(curve.at(grid) >= curve.at(float(x)) + slope * (grid - x) - 1e-9)
        h = 1e-7
        assert math.isclose((curve.at(float(x) + h) - curve.at(float(x))) / h, right, rel_tol=1e-3, abs_tol=1e-3)
        assert math.isclose((curve.at(float(x)) - curve.at(float(x) - h)) / h, left, rel_tol=1e-3, abs_tol=1e-3)


def test_arrays_and_numbers_agree() -> None:
    curve = CostCurve(buy=STEPS, sell=side([3.0], [0.5], [0.1]), impact=0.2, fixed=1.0)
    x: Vector = np.array([-4.0, -3.0, -1.0, 0.0, 1.0, 10.0, 30.0])
    assert curve.at(x).tolist() == [curve.at(float(each)) for each in x]
    assert curve.marginal(x).tolist() == [curve.marginal(float(each)) for each in x]


def test_nothing_is_traded_beyond_the_limit() -> None:
    curve = CostCurve(buy=side([3.0, 4.0], [1.0, 2.0], [0.0, 0.0]), sell=side([2.0], [1.0], [0.0]))
    assert (curve.most_buy, curve.most_sell) == (7.0, 2.0)
    assert (curve.at(7.0), curve.at(7.1), curve.at(-2.1)) == (11.0, math.inf, math.inf)
    assert curve.subgradients(7.0) == (2.0, math.inf)
    assert curve.subgradients(-2.0) == (-math.inf, -1.0)
    assert math.isclose(curve.at(math.nextafter(7.0, 8.0)), 11.0)  # an optimizer's last digit


def test_another_currency_scales_every_part() -> None:
    curve = CostCurve(buy=STEPS, sell=STEPS, impact=0.3, fixed=2.0)
    for x in (-20.0, -1.0, 0.0, 12.0):
        assert math.isclose(curve.scaled(2000.0).at(x), 2000.0 * curve.at(x), rel_tol=1e-14)
    for rate in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(InputError, match="exchange rate"):
            curve.scaled(rate)


@pytest.mark.parametrize(
    ("size", "price", "slope", "said"),
    [
        ([], [], [], "give one of each a piece"),
        ([0.0], [1.0], [0.0], "sizes are positive"),
        ([math.nan], [1.0], [0.0], "sizes are positive"),
        ([math.inf, 1.0], [1.0, 2.0], [0.0, 0.0], "only the last may be inf"),
        ([1.0], [math.inf], [0.0], "finite prices"),
        ([1.0], [1.0], [-0.1], "never falls: give 0 or more"),
        ([1.0], [1.0], [math.nan], "never falls"),
        ([1.0, 1.0], [2.0, 1.0], [0.0, 0.0], "falls from 2 to 1 after piece 0"),
        ([4.0, 1.0], [1.0, 2.0], [0.5, 0.0], "falls from 3 to 2 after piece 0"),
    ],
)
def test_sides_that_are_refused(size: list[float], price: list[float], slope: list[float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        side(size, price, slope)


@pytest.mark.usefixtures("unchecked")
def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(InputError, match="2 sizes, 1 prices"):
        side([1.0, 2.0], [1.0], [0.0])


def test_curves_that_are_refused() -> None:
    with pytest.raises(InputError, match="a round trip earns"):
        CostCurve(buy=side([1.0], [1.0], [0.0]), sell=side([1.0], [-1.1], [0.0]))
    with pytest.raises(InputError, match="impact = -1"):
        proportional(1.0, impact=-1.0)
    with pytest.raises(InputError, match="fixed = nan"):
        proportional(1.0, fixed=math.nan)
    with pytest.raises(InputError, match="a round trip earns"):
        proportional(-0.1)


def test_what_was_given_may_change_afterwards() -> None:
    sizes = np.array([1.0, 2.0])
    pieces = CostSide(size=sizes, price=vector([1.0, 2.0]), slope=vector([0.0, 0.0]))
    sizes[0] = 5.0
    assert pieces.size[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        pieces.size[0] = 5.0


def test_holding_costs() -> None:
    cost = HoldingCost(long=3.0, short=-1.0)
    assert (cost.at(2.0), cost.at(-2.0), cost.at(0.0)) == (6.0, -2.0, 0.0)
    assert cost.scaled(2.0) == HoldingCost(long=6.0, short=-2.0)
    with pytest.raises(InputError, match="holding both earns"):
        HoldingCost(long=1.0, short=-1.1)
    with pytest.raises(InputError, match="finite"):
        HoldingCost(long=math.nan, short=0.0)

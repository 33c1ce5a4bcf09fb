"""Laws of costs: convexity, and what merging listings may never do."""

import math

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from cost_curves import random_curve
from hedgerow.costs import CostCurve, Listing, merge, straighten

seeds = st.integers(0, 10**6)
counts = st.integers(1, 6)


def listings(seed: int, count: int) -> list[Listing]:
    random = np.random.default_rng(seed)
    curves = [random_curve(random) for _ in range(count)]
    assume(min(c.buy.price[0] for c in curves) + min(c.sell.price[0] for c in curves) >= 0.0)
    return [Listing(name=str(i), curve=curve) for i, curve in enumerate(curves)]


def grid(curve: CostCurve) -> np.ndarray:
    return np.linspace(-min(curve.most_sell, 80.0), min(curve.most_buy, 80.0), 401)


def assert_convex(curve: CostCurve) -> None:
    x = grid(curve)
    cost = curve.at(x)
    room = 1e-12 * float(np.abs(cost).max())
    assert np.all(cost[1:-1] <= 0.5 * (cost[:-2] + cost[2:]) + room)


@given(seeds, st.floats(0.0, 5.0))
def test_every_curve_is_convex(seed: int, impact: float) -> None:
    curve = random_curve(np.random.default_rng(seed), impact=impact)
    assert_convex(curve)
    assert_convex(straighten(curve, smallest=0.1, largest=100.0))


@given(seeds, counts)
def test_a_merged_curve_is_convex_and_costs_no_more_than_any_listing(seed: int, count: int) -> None:
    parts = listings(seed, count)
    merged = merge(parts).curve
    assert_convex(merged)
    x = grid(merged)
    for part in parts:
        alone = part.curve.at(x)
        assert np.all(merged.at(x) <= alone + 1e-9 * np.where(np.isinf(alone), 1.0, np.abs(alone) + 1.0))


@given(seeds, counts, st.floats(-1.0, 1.0))
def test_a_division_adds_up_costs_what_the_curve_says_and_is_at_equal_marginal_cost(
    seed: int, count: int, share: float
) -> None:
    parts = listings(seed, count)
    both = merge(parts)
    x = share * min(both.curve.most_buy if share >= 0.0 else both.curve.most_sell, 100.0)
    amounts = both.split(x)
    assert math.isclose(float(amounts.sum()), x, rel_tol=1e-12, abs_tol=1e-12)
    paid = sum(part.curve.at(float(q)) for part, q in zip(parts, amounts, strict=True))
    assert math.isclose(paid, both.curve.at(x), rel_tol=1e-9, abs_tol=1e-9)
    # The optimality condition: one price is a subgradient of every listing at its amount, to the last digits of it.
    hair = 1e-9
    lowest = max(part.curve.subgradients(float(q) - hair)[0] for part, q in zip(parts, amounts, strict=True))
    highest = min(part.curve.subgradients(float(q) + hair)[1] for part, q in zip(parts, amounts, strict=True))
    assert lowest <= highest + 1e-6


@given(seeds, counts)
def test_the_order_of_listings_does_not_change_the_cost(seed: int, count: int) -> None:
    parts = listings(seed, count)
    one, other = merge(parts).curve, merge(parts[::-1]).curve
    x = grid(one)[1:-1]
    assert np.allclose(one.at(x), other.at(x), rtol=1e-9, atol=1e-9)


@given(seeds, st.integers(2, 6))
def test_another_listing_never_makes_it_dearer(seed: int, count: int) -> None:
    parts = listings(seed, count)
    fewer, more = merge(parts[:-1]).curve, merge(parts).curve
    x = grid(fewer)[1:-1]
    assert np.all(more.at(x) <= fewer.at(x) + 1e-9 * (1.0 + np.abs(fewer.at(x))))

"""Merged listings beside brute force: every way to divide a trade is tried."""

import itertools
import math

import numpy as np
import pytest
from scipy.optimize import minimize

from cost_curves import random_curve
from hedgerow.core.arrays import vector
from hedgerow.core.errors import InputError
from hedgerow.costs import Composite, CostCurve, CostSide, Listing, merge, proportional, straighten


def listed(*curves: CostCurve) -> list[Listing]:
    return [Listing(name=f"venue {i}", curve=curve) for i, curve in enumerate(curves)]


def random_listings(seed: int, count: int) -> list[Listing]:
    """Listings of which no two can be traded against each other at a profit."""
    random = np.random.default_rng(seed)
    while True:
        curves = [random_curve(random) for _ in range(count)]
        if min(c.buy.price[0] for c in curves) + min(c.sell.price[0] for c in curves) >= 0.0:
            return listed(*curves)


def some_trades(both: Composite, random: np.random.Generator) -> list[float]:
    low, high = -min(both.curve.most_sell, 60.0), min(both.curve.most_buy, 60.0)
    return [0.0, low, high, *(float(x) for x in random.uniform(low, high, 4))]


@pytest.mark.parametrize("seed", range(25))
def test_no_division_between_two_is_cheaper(seed: int) -> None:
    # A grid of all divisions, those that buy more on one and sell the rest on the other among them.
    listings = random_listings(seed, 2)
    both = merge(listings)
    first, second = (listing.curve for listing in listings)
    for x in some_trades(both, np.random.default_rng(seed)):
        on_first = np.linspace(-abs(x) - 10.0, abs(x) + 10.0, 40_001)
        on_first = np.append(on_first, both.split(x)[0])
        costs = first.at(on_first) + second.at(x - on_first)
        assert math.isclose(both.curve.at(x), float(costs.min()), rel_tol=1e-9, abs_tol=1e-9)
        assert both.curve.at(x) <= float(costs[:-1].min()) + 1e-9


@pytest.mark.parametrize("seed", range(15))
def test_no_division_among_four_is_cheaper_to_scipy(seed: int) -> None:
    random = np.random.default_rng(seed)
    curves = []
    for _ in range(4):
        price, slope = random.uniform(0.1, 3.0), random.uniform(0.05, 1.0)
        curves.append(proportional(float(price), quadratic=float(slope)))
    both = merge(listed(*curves))
    x = float(random.uniform(1.0, 30.0))

    def total(share: np.ndarray) -> float:
        return float(sum(c.buy.price[0] * q + 0.5 * c.buy.slope[0] * q * q for c, q in zip(curves, share, strict=True)))

    found = minimize(
        total,
        np.full(4, x / 4.0),
        method="SLSQP",
        bounds=[(0.0, x)] * 4,
        constraints=[{"type": "eq", "fun": lambda share: share.sum() - x}],
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert found.success
    assert math.isclose(both.curve.at(x), found.fun, rel_tol=1e-7)
    assert np.allclose(both.split(x), found.x, atol=1e-3)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("count", [1, 3, 6])
def test_the_curve_is_what_its_division_costs(seed: int, count: int) -> None:
    listings = random_listings(seed, count)
    both = merge(listings)
    for x in some_trades(both, np.random.default_rng(seed)):
        shares = both.split(x)
        assert math.isclose(float(shares.sum()), x, rel_tol=1e-12, abs_tol=1e-12)
        assert np.all(shares * np.sign(x) >= 0.0)
        paid = sum(listing.curve.at(float(q)) for listing, q in zip(listings, shares, strict=True))
        assert math.isclose(both.curve.at(x), paid, rel_tol=1e-9, abs_tol=1e-9)


@pytest.mark.parametrize("seed", range(10))
def test_whole_lots_are_divided_as_well_as_can_be(seed: int) -> None:
    listings = random_listings(seed, 3)
    both = merge(listings)
    lot = 0.7
    for lots in (-9, -2, 0, 1, 5, 12):
        most = [int(min(c.curve.most_buy if lots >= 0 else c.curve.most_sell, 99.0) / lot) for c in listings]
        if sum(most) < abs(lots) or abs(lots) * lot > (both.curve.most_buy if lots >= 0 else both.curve.most_sell):
            with pytest.raises(InputError):
                both.split_lots(lots, lot)
            continue
        sign = -1.0 if lots < 0 else 1.0
        tried = [
            sum(listing.curve.at(sign * n * lot) for listing, n in zip(listings, ns, strict=True))
            for ns in itertools.product(range(abs(lots) + 1), repeat=3)
            if sum(ns) == abs(lots)
        ]
        shares = both.split_lots(lots, lot)
        assert np.allclose(shares / lot, np.round(shares / lot))
        assert round(float(shares.sum() / lot)) == lots
        paid = sum(listing.curve.at(float(q)) for listing, q in zip(listings, shares, strict=True))
        assert math.isclose(paid, min(tried), rel_tol=1e-12, abs_tol=1e-12)


def test_ties_are_filled_in_the_order_of_the_listings() -> None:
    both = merge(listed(*(proportional(1.0, most=most) for most in (2.0, 3.0, 4.0))))
    assert both.split(4.0).tolist() == [2.0, 2.0, 0.0]
    assert both.split(-6.0).tolist() == [-2.0, -3.0, -1.0]
    assert both.curve.most_buy == 9.0
    with pytest.raises(InputError, match=r"a trade of 9\.5 where 9 can be taken"):
        both.split(9.5)


def test_two_equal_books_are_one_of_twice_the_depth() -> None:
    side = CostSide(size=vector([5.0, 10.0]), price=vector([1.0, 2.0]), slope=vector([0.1, 0.0]))
    twice = CostSide(size=vector([10.0, 20.0]), price=vector([1.0, 2.0]), slope=vector([0.05, 0.0]))
    both = merge(listed(CostCurve(buy=side, sell=side), CostCurve(buy=side, sell=side)))
    deep = CostCurve(buy=twice, sell=twice)
    for x in np.linspace(-30.0, 30.0, 61):
        assert math.isclose(both.curve.at(float(x)), deep.at(float(x)), rel_tol=1e-13)


def test_impacts_become_pieces_and_share_a_trade() -> None:
    # Impacts k_i·q^1.5 have equal marginal costs where q_i is as 1/k_i²; together they cost x^1.5/sqrt(sum of 1/k_i²).
    rates = np.array([1.0, 2.0, 0.5])
    curves = [proportional(0.0, impact=float(k)) for k in rates]
    both = merge(listed(*curves), smallest=0.01, largest=1e3, error=1e-3)
    weight = 1.0 / rates**2
    for x in (1.0, 30.0, -500.0):
        exact = abs(x) ** 1.5 / math.sqrt(weight.sum())
        assert exact * (1.0 - 1e-3) <= both.curve.at(x) <= exact
        assert np.allclose(both.split(x), x * weight / weight.sum(), rtol=0.1)
    alone = merge(listed(curves[0]), smallest=0.01, largest=1e3, error=1e-3)
    assert alone.curve.at(7.0) == pytest.approx(straighten(curves[0], smallest=0.01, largest=1e3, error=1e-3).at(7.0))
    with pytest.raises(InputError, match="state smallest and largest"):
        merge(listed(*curves))


def test_what_cannot_be_merged_is_refused() -> None:
    with pytest.raises(InputError, match="no listing to merge"):
        merge([])
    with pytest.raises(InputError, match="venue 1 charges 2 once a trade"):
        merge(listed(proportional(1.0), proportional(1.0, fixed=2.0)))
    cheap = CostCurve(buy=proportional(1.0).buy, sell=proportional(3.0).sell)
    high = CostCurve(buy=CostSide(size=vector(1.0), price=vector(4.0), slope=vector(0.0)), sell=_at(-1.5))
    with pytest.raises(InputError, match=r"buying on venue 0 and selling on venue 1 earns 0\.5 a contract"):
        merge(listed(cheap, high))


def _at(price: float) -> CostSide:
    return CostSide(size=vector(1.0), price=vector(price), slope=vector(0.0))


def test_pieces_that_hardly_rise_keep_their_size() -> None:
    # A slope of 1e-16 of the price: prices at both ends are the same number, yet the 1000 contracts are there.
    side = CostSide(size=vector([1000.0, 1.0]), price=vector([1e3, 1e3 + 1e-9]), slope=vector([1e-16, 0.0]))
    both = merge(listed(CostCurve(buy=side, sell=side), proportional(1e3 + 1.0, most=10.0)))
    assert both.curve.most_buy == 1011.0
    assert both.split(1005.0).tolist() == [1001.0, 4.0]

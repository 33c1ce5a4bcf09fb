"""Laws of the frontier: more aversion never means more risk or less cost, and the curve is convex."""

import dataclasses
import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hedge_problems import costs_of, generated, proportionals
from hedgerow.hedging.frontier import Frontier, frontier

COUNT = 8


def traced(seed: int, n: int, m: int, *, exact: bool) -> Frontier:
    return frontier(generated(seed, n=max(n, m), m=m, exact=exact), COUNT)


@settings(max_examples=max(1, settings().max_examples // 4))
@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(0, 3), st.booleans())
def test_risk_never_rises_and_cost_never_falls_and_the_curve_is_convex(seed: int, n: int, m: int, exact: bool) -> None:
    found = traced(seed, n, m, exact=exact)
    assert len(found.points) + len(found.missing) == COUNT + 1
    assert all(point.certificate.holds for point in found.points)
    risk = np.array([point.risk for point in found.points])
    cost = np.array([point.cost for point in found.points])
    assert np.all(np.diff(risk) <= 1e-6 * risk[0])
    assert np.all(np.diff(cost) >= -1e-6 * cost[-1])
    # Each point's own tangent of slope -g/2 lies below all others, which is convexity and more.
    for one, two in itertools.permutations(found.points, 2):
        g = one.risk_aversion
        mine = 0.5 * g * one.risk**2 + one.cost
        assert 0.5 * g * two.risk**2 + two.cost >= mine * (1.0 - 2e-6)


@settings(max_examples=8)
@given(st.integers(0, 10**6), st.floats(1e-3, 1e3))
def test_the_currency_does_not_matter(seed: int, rate: float) -> None:
    # In a numeraire worth 1/rate of the old one, money is rate times as much and aversion 1/rate.
    problem = generated(seed, n=4, m=1)
    other = dataclasses.replace(
        problem,
        book_loads=rate * problem.book_loads,
        unit_loads=rate * problem.unit_loads,
        curves=proportionals(rate * costs_of(problem)),
        risk_aversion=problem.risk_aversion / rate,
    )
    for one, two in zip(frontier(problem, 4).points, frontier(other, 4).points, strict=True):
        assert np.isclose(two.risk_aversion * rate, one.risk_aversion, rtol=1e-3)
        assert np.isclose(two.risk, rate * one.risk, rtol=1e-3, atol=1e-6 * rate * problem.book_loads.max())

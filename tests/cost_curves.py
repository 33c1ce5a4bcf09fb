"""Random cost curves for tests."""

import numpy as np

from hedgerow.core.arrays import vector
from hedgerow.costs import CostCurve, CostSide


def random_side(random: np.random.Generator, *, first: float, endless: bool) -> CostSide:
    """One to five pieces: flat ones, steep ones, jumps between some of them."""
    n = int(random.integers(1, 6))
    size = random.uniform(0.5, 20.0, n)
    slope = random.uniform(0.0, 0.5, n) * random.integers(0, 2, n)
    jump = random.uniform(0.0, 2.0, n) * random.integers(0, 2, n)
    price = first + np.cumsum(jump) + np.concatenate([[0.0], np.cumsum((slope * size)[:-1])])
    if endless:
        size[-1] = np.inf
    return CostSide(size=vector(size), price=vector(price), slope=vector(slope))


def random_curve(random: np.random.Generator, *, impact: float = 0.0) -> CostCurve:
    """A curve whose sides differ; a reference off the middle makes one of them start below zero now and then."""
    half, off = random.uniform(0.2, 2.0), random.uniform(-0.4, 0.4)
    endless = bool(random.integers(0, 2))
    return CostCurve(
        buy=random_side(random, first=half + off, endless=endless),
        sell=random_side(random, first=half - off, endless=endless),
        impact=impact,
    )

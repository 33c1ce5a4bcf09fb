"""The program whose third state is what has been lost so far, at one resolution.

``mean_risk`` says why one solution serves every start p on the axis of losses.
"""

import math
from typing import Final, NamedTuple

import numpy as np

from hedgerow.core.arrays import frozen
from hedgerow.core.errors import InputError
from hedgerow.policy.programmes import wealth_kernels
from hedgerow.policy.programmes.cara import Tell
from hedgerow.policy.programmes.lattice import Lattice, holdings_axis, lattice, marked_at
from hedgerow.policy.programmes.problem import HedgingProblem
from hedgerow.policy.programmes.tables import LineTable

MEAN_WEIGHT: Final = 0.02
"""So much of the mean is added to CVaR, as below the quantile all losses are alike to it."""
_MOST_NUMBERS: Final = 2.4e7
"""Of a table. [count]"""
_MOST_CELLS: Final = 4e8
_JUMP: Final = 4.0
"""Goals of neighbours farther apart than so many nodes of holdings are two goals. [count]"""
_ALIKE: Final = 1e-5
"""Objectives closer than this, as a part of the size of losses, are alike. [pure]"""


class Resolution(NamedTuple):
    """How fine a program is.

    Parameters
    ----------
    nodes : float
        Prices per deviation of the whole time; at least 1.5 or 2 are taken per deviation of a step. [count]
    holdings, losses : int
        Nodes of the other two axes. [count]
    """

    nodes: float
    holdings: int
    losses: int


def nodes_per_step(problem: HedgingProblem, resolution: Resolution) -> float:
    """Return nodes per deviation of a step: kinks of payoffs take them by the whole time, a sum over a step by it.

    Parameters
    ----------
    problem : HedgingProblem
        Model and dates.
    resolution : Resolution
        How fine.

    Returns
    -------
    float
        As ``lattice`` takes it. [count]

    References
    ----------
    As ``lattice``.
    """
    return max(resolution.nodes / math.sqrt(problem.steps), 1.5 if resolution.nodes < 10.0 else 2.0)


class _Axes(NamedTuple):
    """The three axes, and how far they are read beyond their ends."""

    prices: Lattice
    grid: np.ndarray
    zero: int
    first: float
    spacing: float
    losses: int
    margin: int
    extra: int


def work_of(problem: HedgingProblem, resolution: Resolution) -> float:
    """Return how much work a solution is.

    Parameters
    ----------
    problem : HedgingProblem
        Model and dates.
    resolution : Resolution
        How fine.

    Returns
    -------
    float
        Multiplications. [count]

    References
    ----------
    A count, no formula.
    """
    prices = lattice(problem, nodes_per_step(problem, resolution))
    cells = prices.log_spot.size * resolution.holdings * resolution.losses
    return 4.0 * problem.steps * cells * prices.weights.size


def _axes(
    problem: HedgingProblem, resolution: Resolution, held: tuple[float, float], span: tuple[float, float]
) -> _Axes:
    prices = lattice(problem, nodes_per_step(problem, resolution))
    grid, zero = holdings_axis(problem, held, resolution.holdings)
    spacing = (span[1] - span[0]) / (resolution.losses - 1)
    reach = max(abs(grid[0]), abs(grid[-1]))
    # A whole holding lost over seven deviations of a step is the most that a step moves losses by.
    step = (grid[-1] - grid[0]) * problem.spot * math.expm1(7.0 * problem.step_vol)
    margin = math.ceil(min(step, span[1] - span[0]) / spacing) + 4
    # A fixed cost as large as all losses is never paid: there is no need to know what follows it.
    cost = 1.5 * problem.proportional_cost * problem.spot * reach + min(problem.fixed_cost, span[1] - span[0])
    cost = min(cost, 2.0 * (span[1] - span[0]))
    return _Axes(prices, grid, zero, span[0], spacing, resolution.losses, margin, math.ceil(cost / spacing) + 4)


def solve_wealth(
    problem: HedgingProblem,
    kind: str,
    weight: float,
    resolution: Resolution,
    held: tuple[float, float],
    span: tuple[float, float],
    tell: Tell | None,
) -> tuple[LineTable, tuple[bool, bool]]:
    """Solve at one resolution on given axes.

    Parameters
    ----------
    problem : HedgingProblem
        What is hedged.
    kind : {"mean_std", "cvar"}
        The objective.
    weight : float
        Of the deviation, or the level. [pure]
    resolution : Resolution
        How fine.
    held, span : tuple of (float, float)
        What the axes of holdings and of losses reach. [asset], [money]
    tell : callable or None
        Told the progress.

    Returns
    -------
    table : LineTable
        Bands, without an error. [asset]
    at_end : tuple of (bool, bool)
        At which end of the axis of losses the best start lies, perhaps too early. [bool]

    Raises
    ------
    InputError
        If it does not fit in memory.

    References
    ----------
    As ``solve_mean_risk``.
    """
    axes = _axes(problem, resolution, held, span)
    n, lines = axes.prices.log_spot.size, axes.losses + 2 * axes.extra
    if n * axes.grid.size * (axes.losses + 2 * axes.margin) > _MOST_CELLS:
        raise InputError(f"{problem.steps:,} dates", "take fewer: the program with losses does not fit in memory")
    stride = max(1, math.ceil(problem.steps * n * lines * 6.0 / _MOST_NUMBERS))
    kept = np.arange(0, n, stride)
    bands = np.empty((problem.steps, kept.size, lines, 6), dtype=np.float32)
    tie = 0.0 if kind == "mean_std" else MEAN_WEIGHT * (1.0 - weight)
    step = _Step(problem, axes, wealth_kernels.SQUARES if kind == "mean_std" else wealth_kernels.SHORTFALL, tie)
    for date in range(problem.steps - 1, -1, -1):
        bands[date] = step.back(date)[kept]
        if tell is not None:
            tell(f"optimal policy, {axes.losses} nodes of losses", problem.steps - date, problem.steps)
    value, start, at_end = _best_start(problem, axes, step.v[n // 2], kind, weight)
    table = LineTable(
        first=float(axes.prices.log_spot[0]),
        spacing=axes.prices.spacing * stride,
        lowest=axes.first - axes.extra * axes.spacing,
        width=axes.spacing,
        jump=_JUMP * float(axes.grid[1] - axes.grid[0]),
        bands=frozen(bands),
        start=start,
        value=value,
        error=math.nan,
    )
    return table, at_end


class _Step:
    """Goes back date by date; keeps its arrays."""

    def __init__(self, problem: HedgingProblem, axes: _Axes, kind: int, tie: float) -> None:
        shape = (axes.prices.log_spot.size, axes.grid.size, axes.losses)
        self.problem, self.axes, self.kind, self.tie, self.spot = problem, axes, kind, tie, axes.prices.spot
        self.v, self.held = np.empty(shape), np.empty(shape)
        self.wide = np.empty((*shape[:2], axes.losses + 2 * axes.margin))

    def back(self, date: int) -> np.ndarray:
        """Go from the date after to this one, and return its bands[x, line, 6]."""
        self._hold(date)
        problem, axes = self.problem, self.axes
        wealth_kernels.widen(self.held, axes.margin, self.kind, self.tie, axes.spacing, self.wide)
        charged = date > 0 or problem.charge_first_trade
        k, fixed = (problem.proportional_cost, problem.fixed_cost) if charged else (0.0, 0.0)
        toll = min(fixed / axes.spacing, float(axes.losses))
        lines = (self.spot.size, axes.losses + 2 * axes.extra)
        bands, values, found = np.empty((*lines, 6)), np.empty(axes.grid.size), []
        after = np.minimum(np.arange(lines[1]) + math.ceil(toll), lines[1] - 1)
        for side, edge, goal in ((1, 0, 2), (-1, 1, 3)):
            goals, levels, edges = np.empty(lines), np.empty(lines), np.empty(lines)
            common = (self.wide, axes.margin, axes.extra, self.spot, axes.grid, k)
            wealth_kernels.choose_goals(*common[:5], axes.zero, k, axes.spacing, side, values, goals, levels)
            bands[:, :, goal], bands[:, :, edge], bands[:, :, goal + 2] = goals, goals, levels[:, after]
            if toll:
                wealth_kernels.find_edges(*common, toll, axes.spacing, side, goals, levels, edges)
                bands[:, :, edge] = edges
            found += [goals, levels]
        wealth_kernels.settle(self.held, axes.extra, self.spot, axes.grid, k, toll, axes.spacing, *found, self.v)
        return bands

    def _hold(self, date: int) -> None:
        problem, axes, weights = self.problem, self.axes, self.axes.prices.weights
        worth = marked_at(problem, date + 1, self.spot, paid=True)
        before = marked_at(problem, date, self.spot, paid=False)
        if date == problem.steps - 1:
            sold = np.zeros((self.spot.size, axes.grid.size))
            if problem.charge_liquidation:
                left = np.abs(axes.grid)
                sold += problem.proportional_cost * self.spot[:, None] * left
                sold += problem.fixed_cost * (left > 1e-12 * left.max())
            wealth_kernels.hold_last(
                self.kind, self.tie, worth, before, sold, self.spot, axes.grid, weights, axes.first,
                axes.spacing, self.held,
            )  # fmt: skip
            return
        wealth_kernels.widen(self.v, axes.margin, self.kind, self.tie, axes.spacing, self.wide)
        wealth_kernels.hold(
            self.wide, axes.margin, worth, before, self.spot, axes.grid, weights, axes.spacing, self.held
        )


def _best_start(
    problem: HedgingProblem, axes: _Axes, row: np.ndarray, kind: str, weight: float
) -> tuple[float, float, tuple[bool, bool]]:
    """Return the least objective along the axis of losses at the first date, the start that reaches it, and its ends.

    With J(p) = min E(X - p)^2 the derivative in p is -2(E X - p), which gives mean and variance.
    """
    from scipy.interpolate import CubicSpline

    held = min(max(problem.held, axes.grid[0]), axes.grid[-1])
    values = [float(np.interp(held, axes.grid, row[:, e])) for e in range(axes.losses)]
    spline = CubicSpline(axes.first + np.arange(axes.losses) * axes.spacing, values)
    start = np.linspace(-spline.x[3], -spline.x[-4], 20_001)
    least = spline(-start)
    if kind == "mean_std":
        mean_over = 0.5 * spline(-start, 1)
        objective = start + mean_over + weight * np.sqrt(np.maximum(least - mean_over**2, 0.0))
    else:
        objective = start + least / (1.0 - weight)
    # Where many starts are as good, as where nothing is ever traded, the one that the axis knows best.
    good = np.flatnonzero(objective <= objective.min() + _ALIKE * float(np.sqrt(np.ptp(values))))
    best = int(good[np.argmin(np.abs(good - start.size // 2))])
    # A high start is a low place on the axis.
    at_end = (best < 0.01 * start.size, best > 0.99 * start.size)
    return float(objective[best]), float(start[best]), at_end

"""Hedges for objectives that look at all paths at once: mean and deviation, or the worst of them.

Neither has a program in price and holding alone. But sqrt(V) is the least of V/(2s) + s/2 over s, and V the least of
E(X - m)^2 over m, so who minimises E X + c·sqrt(V) minimises E(X - p)^2 for p = m - s/c; and CVaR is the least of
q + E(X - q)^+/(1 - level) over q. With the losses so far as a third state each is a program, and because a penalty of
X - p only asks for what is lost beyond p, one solution serves all p at once: p is where along the axis of losses one
starts.
"""

import math
from dataclasses import replace
from typing import Final, Literal, NamedTuple

import numpy as np

from hedgerow.core.arrays import frozen
from hedgerow.core.errors import InputError
from hedgerow.policy.programmes import wealth_kernels
from hedgerow.policy.programmes.cara import Tell, solve_cara
from hedgerow.policy.programmes.lattice import Lattice, holdings_axis, holdings_wanted, lattice, marked_at, rough_losses
from hedgerow.policy.programmes.problem import HedgingProblem
from hedgerow.policy.programmes.rehearsal import rehearse, rehearsed
from hedgerow.policy.programmes.tables import LineTable, as_lines

_MEAN_WEIGHT: Final = 0.02
"""So much of the mean is added to CVaR, as below the quantile all losses are alike to it."""
_CONSTANTS: Final = (0.5, 1.0, 2.0, 4.0)
"""Risk aversions that are tried too, times the weight over the deviation of losses. [pure]"""
_BELOW, _ABOVE = 2.0, 3.5
"""At first the axis of losses reaches so many times their rough size to both sides. [count]"""
_REHEARSED: Final = 40_000
"""Paths on which a solution is tried. [count]"""
_MOST_NUMBERS: Final = 2.4e7
"""Of a table. [count]"""
_MOST_CELLS: Final = 4e8


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


_RESOLUTIONS: Final = {
    "mean_std": (Resolution(8.0, 41, 65), Resolution(12.0, 61, 97), Resolution(16.0, 91, 145)),
    "cvar": (Resolution(8.0, 41, 121), Resolution(12.0, 61, 193), Resolution(16.0, 91, 289)),
}
"""Coarse, fine, and finer where that is still needed; a kink takes more nodes of losses than a square."""
_MOST_WIDENED: Final = 6
_JUMP: Final = 4.0
"""Goals of neighbours farther apart than so many nodes of holdings are two goals. [count]"""
_ALIKE: Final = 1e-5
"""Objectives closer than this, as a part of the size of losses, are alike. [pure]"""
_ENOUGH: Final = 0.01
"""A solution that misses its promise by less than this part of the deviation of losses is not refined. [pure]"""
_MOST_WORK: Final = 1.5e10
"""Multiplications of the finest solution. [count]"""


def solve_mean_risk(
    problem: HedgingProblem, kind: Literal["mean_std", "cvar"], weight: float, *, tell: Tell | None = None
) -> LineTable:
    """Find the hedge that minimises mean + weight·deviation of the losses, or their CVaR.

    Losses count from the value of the book at its own vols.

    Parameters
    ----------
    problem : HedgingProblem
        What is hedged, when, at what cost.
    kind : {"mean_std", "cvar"}
        The objective.
    weight : float
        Of the deviation, positive; or the level of CVaR, between 0 and 1. [pure]
    tell : callable, optional
        Told what is done, how many dates are done and how many there are.

    Returns
    -------
    LineTable
        Bands, and the objective that they reach on the lattice. [asset, money]

    Raises
    ------
    InputError
        If the weight is out of bounds, or the problem too large.

    References
    ----------
    Li, Ng (2000), Mathematical Finance 10:387, doi 10.1111/1467-9965.00100, theorem 2, for the squares; Rockafellar,
    Uryasev (2000), J. Risk 2(3):21, doi 10.21314/JOR.2000.038, theorem 1, for CVaR.
    """
    if kind == "mean_std" and not 0.0 < weight < 1e6:
        raise InputError(f"weight = {weight}", "give a positive weight of the standard deviation")
    if kind == "cvar" and not 0.0 < weight < 1.0:
        raise InputError(f"level = {weight}", "give a level between 0 and 1")
    _check_bounded(problem, kind, weight)
    levels = _RESOLUTIONS[kind]
    prices = lattice(problem, _nodes(problem, levels[0]))
    size, held = rough_losses(problem, prices), _wanted(problem, prices)
    losses = (-_BELOW * size, _ABOVE * size)
    best: _Tried | None = None
    for level, resolution in enumerate(levels):
        if best is not None and level > 1 and (best.holds or _work(problem, resolution) > _MOST_WORK):
            break
        found, held = _solve_within(problem, kind, weight, resolution, held, losses, tell)
        if best is None or found.met < best.met:
            best = found
        losses = _where(found.losses, found.table)
    assert best is not None
    return _or_constant(problem, kind, weight, best)


def _check_bounded(problem: HedgingProblem, kind: str, weight: float) -> None:
    """Refuse a drift for which the mean falls faster than weight times the deviation rises, the more is held.

    With a market price of risk theta a dynamic strategy reaches a mean of sqrt(exp(theta²T) - 1) deviations:
    Bajeux-Besnainou, Portait (1998), Management Science 44:S79, doi 10.1287/mnsc.44.11.S79, eq. 8.
    """
    price = abs(problem.drift) * math.sqrt(problem.step_years) / problem.step_vol
    reached = math.sqrt(math.expm1(min(price**2 * problem.years, 700.0)))
    worth = abs(math.expm1(problem.drift * problem.years)) > 2.0 * problem.proportional_cost
    if kind == "mean_std" and reached > weight and worth:
        told = f"weight = {weight:g}: a drift of {problem.drift:g} is worth any holding, {reached:.3g} deviations of it"
        raise InputError(told, "give more weight to the deviation, or less drift to the price")


class _Tried(NamedTuple):
    """A solution, and what it came to on paths."""

    table: LineTable
    losses: np.ndarray
    met: float
    noise: float

    @property
    def holds(self) -> bool:
        """Whether it keeps what it promised."""
        return abs(self.met - self.table.value) <= 2.0 * self.noise + _ENOUGH * float(self.losses.std())


def _try(kind: str, weight: float, table: LineTable, losses: np.ndarray) -> _Tried:
    met, noise = _measured(losses, kind, weight)
    promise = table.value
    if kind == "cvar":  # less the part of the mean that broke ties
        promise -= _MEAN_WEIGHT * (float(losses.mean()) - table.start)
    return _Tried(replace(table, value=promise, error=abs(met - promise) + noise), losses, met, noise)


def _or_constant(problem: HedgingProblem, kind: str, weight: float, best: _Tried) -> LineTable:
    """Return the solution, or a band of constant risk aversion if that does better on the same paths.

    It never should; but where a tail of one path in a thousand counts, the grid of losses is coarse.
    """
    spread = max(float(best.losses.std()), best.table.width)
    table = best.table
    least = best.met - 2.0 * best.noise
    for times in _CONSTANTS:
        try:
            bands = solve_cara(problem, times * max(weight, 1.0) / spread, tolerance=0.05 * spread)
        except InputError:  # too averse for a grid
            continue
        met, noise = _measured(rehearse(problem, bands, _REHEARSED), kind, weight)
        if met < least:
            least, table = met, as_lines(bands, value=best.table.value, error=abs(met - best.table.value) + noise)
    return table


def _wanted(problem: HedgingProblem, prices: Lattice) -> tuple[float, float]:
    """Return the holdings to lay an axis over: cost-free hedges, the holding of the start, and a little room."""
    lowest, highest = holdings_wanted(problem, prices)
    lowest, highest = min(lowest, problem.held), max(highest, problem.held)
    pad = 0.1 * max(highest - lowest, 1e-9)
    return lowest - pad, highest + pad


def _solve_within(
    problem: HedgingProblem,
    kind: str,
    weight: float,
    resolution: Resolution,
    held: tuple[float, float],
    losses: tuple[float, float],
    tell: Tell | None,
) -> tuple[_Tried, tuple[float, float]]:
    """Solve, and try the solution; widen the axes where holdings, or the start, get to an end of theirs."""
    for _ in range(_MOST_WIDENED):
        table, at_end = _solve(problem, kind, weight, resolution, held, losses, tell)
        tried = rehearsed(problem, table, _REHEARSED)
        width, length = held[1] - held[0], losses[1] - losses[0]
        near = 1.5 * width / resolution.holdings
        low, high = tried.lowest < held[0] + near, tried.highest > held[1] - near
        if not (low or high or any(at_end)):
            return _try(kind, weight, table, tried.losses), held
        held = (held[0] - 0.5 * width * low, held[1] + 0.5 * width * high)
        losses = (losses[0] - length * at_end[0], losses[1] + length * at_end[1])
    told = f"{kind} with a weight or level of {weight:g} has no optimum here: the more is held, the better"
    raise InputError(told, "give more weight to risk, or less drift to the price")


def _measured(losses: np.ndarray, kind: str, weight: float) -> tuple[float, float]:
    """Return the objective of simulated losses, and its standard error."""
    if kind == "mean_std":
        away = losses - losses.mean()
        deviation = float(losses.std())
        value, influence = float(losses.mean()) + weight * deviation, away + weight * away**2 / (2.0 * deviation)
    else:
        quantile = float(np.quantile(losses, weight))
        influence = quantile + np.maximum(losses - quantile, 0.0) / (1.0 - weight)
        value = float(influence.mean())
    return value, float(influence.std()) / math.sqrt(losses.size)


def _where(losses: np.ndarray, table: LineTable) -> tuple[float, float]:
    """Return where losses beyond the start of a table lie, on the way and at the end, as a first solution has them."""
    mean, deviation = float(losses.mean()), max(float(losses.std()), 0.5 * table.width)
    return min(0.0, mean) - table.start - 5.0 * deviation, max(0.0, mean) - table.start + 8.0 * deviation


def _nodes(problem: HedgingProblem, resolution: Resolution) -> float:
    """Return nodes per deviation of a step: kinks of payoffs take them by the whole time, a sum over a step by it."""
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


def _work(problem: HedgingProblem, resolution: Resolution) -> float:
    prices = lattice(problem, _nodes(problem, resolution))
    cells = prices.log_spot.size * resolution.holdings * resolution.losses
    return 4.0 * problem.steps * cells * prices.weights.size


def _axes(
    problem: HedgingProblem, resolution: Resolution, held: tuple[float, float], span: tuple[float, float]
) -> _Axes:
    prices = lattice(problem, _nodes(problem, resolution))
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


def _solve(
    problem: HedgingProblem,
    kind: str,
    weight: float,
    resolution: Resolution,
    held: tuple[float, float],
    span: tuple[float, float],
    tell: Tell | None,
) -> tuple[LineTable, tuple[bool, bool]]:
    """Solve at one resolution; also tell at which end of the axis of losses the best start lies, perhaps too early."""
    axes = _axes(problem, resolution, held, span)
    n, lines = axes.prices.log_spot.size, axes.losses + 2 * axes.extra
    if n * axes.grid.size * (axes.losses + 2 * axes.margin) > _MOST_CELLS:
        raise InputError(f"{problem.steps:,} dates", "take fewer: the program with losses does not fit in memory")
    stride = max(1, math.ceil(problem.steps * n * lines * 6.0 / _MOST_NUMBERS))
    kept = np.arange(0, n, stride)
    bands = np.empty((problem.steps, kept.size, lines, 6), dtype=np.float32)
    tie = 0.0 if kind == "mean_std" else _MEAN_WEIGHT * (1.0 - weight)
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

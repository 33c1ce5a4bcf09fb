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

from hedgerow.core.errors import InputError
from hedgerow.policy.programmes.cara import Tell, solve_cara
from hedgerow.policy.programmes.lattice import Lattice, holdings_wanted, lattice, rough_losses
from hedgerow.policy.programmes.problem import HedgingProblem
from hedgerow.policy.programmes.rehearsal import rehearse, rehearsed
from hedgerow.policy.programmes.tables import LineTable, as_lines
from hedgerow.policy.programmes.wealth import MEAN_WEIGHT, Resolution, nodes_per_step, solve_wealth, work_of

_CONSTANTS: Final = (0.5, 1.0, 2.0, 4.0)
"""Risk aversions that are tried too, times the weight over the deviation of losses. [pure]"""
_BELOW, _ABOVE = 2.0, 3.5
"""At first the axis of losses reaches so many times their rough size to both sides. [count]"""
_REHEARSED: Final = 40_000
"""Paths on which a solution is tried. [count]"""
_RESOLUTIONS: Final = {
    "mean_std": (Resolution(8.0, 41, 65), Resolution(12.0, 61, 97), Resolution(16.0, 91, 145)),
    "cvar": (Resolution(8.0, 41, 121), Resolution(12.0, 61, 193), Resolution(16.0, 91, 289)),
}
"""Coarse, fine, and finer where that is still needed; a kink takes more nodes of losses than a square."""
_MOST_WIDENED: Final = 6
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
    prices = lattice(problem, nodes_per_step(problem, levels[0]))
    size, held = rough_losses(problem, prices), _wanted(problem, prices)
    losses = (-_BELOW * size, _ABOVE * size)
    best: _Tried | None = None
    for level, resolution in enumerate(levels):
        if best is not None and level > 1 and (best.holds or work_of(problem, resolution) > _MOST_WORK):
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
        promise -= MEAN_WEIGHT * (float(losses.mean()) - table.start)
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
        table, at_end = solve_wealth(problem, kind, weight, resolution, held, losses, tell)
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

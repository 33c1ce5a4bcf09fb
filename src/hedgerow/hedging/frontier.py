"""The cost-risk frontier: the plans of one problem over its risk aversion.

With V(x) the variance and C(x) the cost of a trade x inside bands and boxes, the plan at risk aversion g minimises
½·g·V(x) + C(x). Adding the two statements that the plans at g < g' are optimal shows that V never rises and C never
falls with g, and that the points (V, C) lie on a convex curve of slope -g/2 (Boyd, Vandenberghe 2004, section 4.7.4).
In terms of the standard deviation sqrt(V) the slope is -g·sqrt(V): what the next unit of risk costs.

The curve has two ends. Below some aversion nothing is traded but what the bands force: the plan is the cheapest one.
Above some other aversion hardly any risk is left that trading could take away.
"""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hedgerow.core.arrays import Float64, Int64, frozen
from hedgerow.core.errors import InputError, SolveError
from hedgerow.hedging.certificate import Certificate
from hedgerow.hedging.lots import round_to_lots
from hedgerow.hedging.methods import solve
from hedgerow.hedging.problem import HedgeProblem
from hedgerow.hedging.solver import Solution

FEWEST, MOST = 2, 200
"""How many points a frontier may have. [count]"""

Progress = Callable[[int, int], None]

_WIDE = 1e3
"""How far the aversions of a frontier with scenarios or fixed charges reach to either side. [pure]"""
_NEGLIGIBLE = 1e-3
"""A pull of risk below this share of the cost moves no plan, and so little risk is worth no more points. [fraction]"""
_EXHAUSTED = 1e-5
"""A cost below this share of the price of risk, or a risk below this share of the first, is none. [fraction]"""
_VOLUNTARY = 1e-6
"""More than this share of the largest additional cost is voluntary trade. [fraction]"""
_NEAR = 0.01
"""Within this share of the least risk, or of the largest cost, the frontier ends. [fraction]"""
_PRECISION = 1e-4
"""Of the ends. [fraction]"""
_ROUNDING = 1e-15
_JUMPS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontierPoint:
    """The plan at one risk aversion.

    Parameters
    ----------
    risk_aversion : float
        Weight of half the variance against cost. [per numeraire]
    own : bool
        True at the risk aversion that the problem states.
    continuous : ndarray of shape (n_instrument,)
        Certified optimum before rounding. [contracts]
    risk, cost : float
        Standard deviation and cost of the continuous plan. [numeraire]
    certificate : Certificate
        Its proof.
    lots : ndarray of shape (n_instrument,)
        Whole lots to trade, long > 0. [lots]
    quantity : ndarray of shape (n_instrument,)
        The same in contracts. [contracts]
    risk_lots, cost_lots : float
        Standard deviation and cost of the plan in whole lots. [numeraire]
    used : tuple of str
        Instruments that are traded in whole lots.
    """

    risk_aversion: float
    own: bool
    continuous: Float64[np.ndarray, " n_instrument"]
    risk: float
    cost: float
    certificate: Certificate
    lots: Int64[np.ndarray, " n_instrument"]
    quantity: Float64[np.ndarray, " n_instrument"]
    risk_lots: float
    cost_lots: float
    used: tuple[str, ...]

    @property
    def marginal_cost(self) -> float:
        """What the next unit of risk would cost, the slope of the frontier. [numeraire per numeraire of risk]"""
        return self.risk_aversion * self.risk


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier:
    """The plans of a problem over its risk aversion.

    Parameters
    ----------
    names : tuple of str
        Hedging instruments.
    points : tuple of FrontierPoint
        By rising risk aversion, the problem's own among them.
    unhedged : float
        Standard deviation without any trade, whatever the bands say. [numeraire]
    missing : tuple of (float, str)
        Risk aversions without a certified plan, and why. [per numeraire]
    """

    names: tuple[str, ...]
    points: tuple[FrontierPoint, ...]
    unhedged: float
    missing: tuple[tuple[float, str], ...]

    @property
    def own(self) -> FrontierPoint:
        """The plan at the risk aversion that the problem states. [numeraire]"""
        return next(point for point in self.points if point.own)


def frontier(problem: HedgeProblem, count: int, progress: Progress | None = None) -> Frontier:
    """Trace the cost-risk frontier of a hedge problem.

    Parameters
    ----------
    problem : HedgeProblem
        The problem; its own risk aversion is one more point.
    count : int
        Number of points, geometric in risk aversion from the last plan without voluntary trade to the first whose risk
        is within 1 % of the least, or whose cost is within 1 % of the largest. [count]
    progress : callable or None
        Told how many plans are done and how many there are. [count]

    Returns
    -------
    Frontier
        Plans by rising risk aversion. [numeraire]

    Raises
    ------
    InputError
        If ``count`` is no whole number from 2 to 200.
    SolveError
        If targets cannot be met, or the plan at the problem's own risk aversion cannot be certified.

    References
    ----------
    Markowitz (1956), "The optimization of a quadratic function subject to linear constraints", Naval Research
    Logistics 3:111, doi 10.1002/nav.3800030110. Boyd, Vandenberghe (2004), section 4.7.4. Almgren, Chriss (2001),
    "Optimal execution of portfolio transactions", J. Risk 3:5, section 2.3: the frontier of cost and risk.
    """
    if isinstance(count, bool) or not isinstance(count, int) or not FEWEST <= count <= MOST:
        raise InputError(f"a frontier of {count!r} points", f"give a whole number from {FEWEST} to {MOST}")
    own = _solved(problem)  # first and on its own, so that it is the ticket's plan and raises what that would
    low, high = _ends(problem, own)
    points = [_point(problem, own, own=True)]
    missing = []
    last = None
    for done, aversion in enumerate(np.geomspace(low, high, count).tolist()):
        here = _at(problem, aversion)
        try:
            last = _solved(here, last)
            points.append(_point(here, last, own=False))
        except SolveError as error:
            missing.append((aversion, error.problem))
        if progress is not None:
            progress(done + 1, count)
    return Frontier(
        names=problem.names,
        points=tuple(sorted(points, key=lambda point: point.risk_aversion)),
        unhedged=_risk(problem, np.zeros(len(problem.names))),
        missing=tuple(missing),
    )


def _solved(problem: HedgeProblem, previous: Solution | None = None) -> Solution:
    """Solve one point; the solution of the point before it is near."""
    return solve(problem, warm=previous)


def _point(problem: HedgeProblem, solution: Solution, *, own: bool) -> FrontierPoint:
    lots = round_to_lots(problem, solution.x)
    quantity = frozen(lots * problem.lot)
    return FrontierPoint(
        risk_aversion=problem.risk_aversion,
        own=own,
        continuous=solution.x,
        risk=_risk(problem, solution.x),
        cost=_cost(problem, solution.x),
        certificate=solution.certificate,
        lots=lots,
        quantity=quantity,
        risk_lots=_risk(problem, quantity),
        cost_lots=_cost(problem, quantity),
        used=tuple(name for name, lot in zip(problem.names, lots, strict=True) if lot),
    )


def _at(problem: HedgeProblem, aversion: float) -> HedgeProblem:
    """Return the problem at another aversion to all of its risk: scenarios weigh more as the variance does."""
    tail = problem.tail
    if tail is not None:
        tail = dataclasses.replace(tail, weight=tail.weight * (aversion / problem.risk_aversion))
    return dataclasses.replace(problem, risk_aversion=aversion, tail=tail)


def _risk(problem: HedgeProblem, x: Float64[np.ndarray, " n_instrument"]) -> float:
    """Return the standard deviation of P&L over the horizon, or the measure over scenarios. [numeraire]"""
    if problem.tail is not None:
        return problem.tail.at(x) / problem.tail.weight
    return math.sqrt(_variance(problem, x))


def _variance(problem: HedgeProblem, x: Float64[np.ndarray, " n_instrument"]) -> float:
    """Return the variance of P&L over the horizon. [numeraire²]"""
    loads = problem.book_loads + problem.unit_loads @ x
    return max(float(loads @ problem.covariance @ loads), 0.0)


def _cost(problem: HedgeProblem, x: Float64[np.ndarray, " n_instrument"]) -> float:
    """Return the cost of a trade and of the positions that it leaves. [numeraire]"""
    return problem.cost(x) + problem.holding_cost(x)


def _unit_costs(problem: HedgeProblem) -> Float64[np.ndarray, " n_instrument"]:
    """Return what the first contract costs: the slope of the cost at no trade. [numeraire per contract]"""
    first = _NEGLIGIBLE * problem.lot
    steps = np.diag(first)
    nothing = _cost(problem, np.zeros_like(first))
    found = np.array([(_cost(problem, steps[i]) - nothing) / first[i] for i in range(first.size)])
    return np.where(found > _ROUNDING * np.max(found, initial=0.0), found, 0.0)


def _tradable(problem: HedgeProblem) -> np.ndarray:
    """Return which instruments may be traded at all, of shape (n_instrument,)."""
    return np.asarray((problem.trade_upper > 0.0) | (problem.trade_lower < 0.0))


# The ends.


def _ends(problem: HedgeProblem, own: Solution) -> tuple[float, float]:
    """Return the risk aversions between which the plan changes."""
    if problem.tail is not None or problem.has_fixed:
        return problem.risk_aversion / _WIDE, problem.risk_aversion * _WIDE
    charge = _unit_costs(problem)
    least, cheap = _cheapest(problem, own, charge)
    most, safe = _safest(problem, cheap, charge, least)
    dearest, cheapest = _cost(problem, safe.x), _cost(problem, cheap.x)
    risky, safest = (math.sqrt(_variance(problem, one.x)) for one in (cheap, safe))
    voluntary = dearest - cheapest
    if not (voluntary > 0.0 and risky > safest and least < most):
        # Trading is free, impossible or of no use: one plan whatever the aversion.
        return 0.1 * problem.risk_aversion, 10.0 * problem.risk_aversion
    reach = risky - safest
    near = safest + min(max(_NEAR * safest, _NEGLIGIBLE * reach), 0.1 * reach)

    def is_forced(plan: Solution) -> bool:
        return _cost(problem, plan.x) - cheapest <= _VOLUNTARY * voluntary

    def is_underway(plan: Solution) -> bool:
        risk, cost = math.sqrt(_variance(problem, plan.x)), _cost(problem, plan.x)
        return risk > near and cost - cheapest < (1.0 - _NEAR) * voluntary

    low, _ = _between(problem, is_forced, least, most)
    _, high = _between(problem, is_underway, low, most)
    return low, high


def _between(problem: HedgeProblem, holds: Callable[[Solution], bool], low: float, high: float) -> tuple[float, float]:
    """Return neighbours such that a property of the plan holds at the lower risk aversion and not at the upper one."""
    plan = None
    while high > low * (1.0 + _PRECISION):
        middle = math.sqrt(low) * math.sqrt(high)
        try:
            plan = _solved(_at(problem, middle), plan)
            low, high = (middle, high) if holds(plan) else (low, middle)
        except SolveError:
            high = middle
    return low, high


def _cheapest(
    problem: HedgeProblem, own: Solution, charge: Float64[np.ndarray, " n_instrument"]
) -> tuple[float, Solution]:
    """Return a risk aversion so small that only cost decides, and the plan there.

    There the pull of risk on every instrument is far below what trading it costs. Instruments that cost nothing are
    traded at any aversion.
    """
    aversion, plan = problem.risk_aversion, own
    for _ in range(_JUMPS):
        loads = problem.book_loads + problem.unit_loads @ plan.x
        pull = np.abs(problem.unit_loads.T @ (problem.covariance @ loads))
        weighs = (charge > 0.0) & (pull > 0.0) & _tradable(problem)
        wanted = _NEGLIGIBLE * float(np.min(charge[weighs] / pull[weighs], initial=np.inf))
        if aversion <= wanted:
            break
        # A tenth of it, since the pull may grow as the hedge is taken off.
        found = _nearest_solved(problem, 0.1 * wanted, aversion, plan)
        if found is None:
            break
        aversion, plan = found
    return aversion, plan


def _safest(
    problem: HedgeProblem, cheap: Solution, charge: Float64[np.ndarray, " n_instrument"], least: float
) -> tuple[float, Solution]:
    """Return a risk aversion so large that only risk decides, and the plan there.

    There the cost of every instrument is far below the price of the risk that it can carry, or hardly any risk is left.
    """
    squares = np.einsum("fi,fg,gi->i", problem.unit_loads, problem.covariance, problem.unit_loads)
    spread = np.sqrt(np.maximum(squares, 0.0))
    carries = (spread > 0.0) & _tradable(problem)
    dear = float(np.max(charge[carries] / spread[carries], initial=0.0))
    unhedged = risk = math.sqrt(_variance(problem, cheap.x))
    aversion, plan = least, cheap
    for _ in range(_JUMPS):
        if risk <= _EXHAUSTED * unhedged or _EXHAUSTED * aversion * risk >= dear:
            break
        wanted = dear / (_EXHAUSTED * risk)
        found = _nearest_solved(problem, wanted, aversion, plan)
        if found is None:
            break
        aversion, plan = found
        risk = math.sqrt(_variance(problem, plan.x))
    return aversion, plan


def _nearest_solved(
    problem: HedgeProblem, wanted: float, known: float, plan: Solution
) -> tuple[float, Solution] | None:
    """Return the risk aversion nearest to the wanted one, in decades, that has a plan; None from the known one on.

    At extreme aversions cost is lost in the rounding of risk, or risk in that of cost.
    """
    step = 0.1 if wanted > known else 10.0
    while (wanted > known) == (step < 1.0) and wanted != known:
        try:
            return wanted, _solved(_at(problem, wanted), plan)
        except SolveError:
            wanted *= step
    return None

"""The exact optimum of constant risk aversion: a band for every date and price, with the error of its value."""

import math
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from hedgerow.core.arrays import frozen
from hedgerow.core.errors import InputError
from hedgerow.policy.programmes import cara_kernels
from hedgerow.policy.programmes.lattice import Lattice, holdings_axis, holdings_wanted, lattice, owed_at
from hedgerow.policy.programmes.problem import HedgingProblem
from hedgerow.policy.programmes.tables import BandTable

_FINER: Final = 1.5
"""Each resolution has so many times the nodes of the one before, in prices and holdings."""
_MOST_WORK: Final = 2e10
"""Multiplications of the finest resolution. [count]"""
_MOST_NUMBERS: Final = 6e7
"""Of a table of bands. [count]"""
_FIRST_HOLDINGS: Final = 101
_MOST_WIDENED: Final = 8
_LARGEST_MOVE: Final = 5.0
"""Of the book by one deviation of the price over a step, from one edge to the other, times risk aversion. [pure]"""

Tell = Callable[[str, int, int], None]


def solve_cara(
    problem: HedgingProblem, risk_aversion: float, *, tolerance: float = 0.0, tell: Tell | None = None
) -> BandTable:
    """Find the hedge that minimises E[exp(g·losses)].

    Solved at growing resolutions until two of them agree within the tolerance, or until the next would take too long:
    ``error`` says which.

    Parameters
    ----------
    problem : HedgingProblem
        What is hedged, when, at what cost.
    risk_aversion : float
        g, positive. [per money]
    tolerance : float
        Of the value; zero takes 1e-4 of the deviation of the losses if nothing were hedged. [money]
    tell : callable, optional
        Told what is done, how many dates are done and how many there are.

    Returns
    -------
    BandTable
        The bands and their value. [asset, money]

    Raises
    ------
    InputError
        If the risk aversion is not positive, or so large that one step decides everything; or there are too many dates
        to keep a table.

    References
    ----------
    Hodges, Neuberger (1989), Review of Futures Markets 8:222; Davis, Panas, Zariphopoulou (1993), SIAM J. Control and
    Optimization 31:470, doi 10.1137/0331022, eqs. 4.5 to 4.8.

    Examples
    --------
    >>> from hedgerow.policy.programmes import HedgingProblem, Payoff
    >>> sold = Payoff(kind="call", quantity=-1.0, strike=100.0, step=4)
    >>> problem = HedgingProblem(
    ...     spot=100.0, vol=0.2, years=0.08, steps=4, drift=0.05, payoffs=(sold,), proportional_cost=0.01
    ... )
    >>> table = solve_cara(problem, 0.8)
    >>> round(table.value, 2), table.error < 0.002
    (4.13, True)
    """
    if not 0.0 < risk_aversion < 1e12:
        raise InputError(f"risk_aversion = {risk_aversion}", "give a positive number, per unit of money")
    nodes = 4.0 if problem.steps <= 60 else 2.0
    rough = lattice(problem, nodes)
    lowest, highest = holdings_wanted(problem, rough)
    span = _padded(problem, risk_aversion, lowest, highest)
    if not tolerance:
        tolerance = 1e-4 * problem.spot * problem.vol * math.sqrt(problem.years) * max(abs(lowest), abs(highest), 1e-12)
    holdings, before, widened = _FIRST_HOLDINGS, math.nan, 0
    while True:
        table, touched = _solve(problem, risk_aversion, lattice(problem, nodes), span, holdings, tell)
        if any(touched) and widened < _MOST_WIDENED:
            span, widened = _wider(span, touched), widened + 1
            continue
        reaching = _with_start(problem, table, span, holdings)
        if reaching != span:
            span, before = reaching, math.nan
            continue
        _check_moves(problem, risk_aversion, table)
        error = abs(table.value - before)
        finer = lattice(problem, nodes * _FINER)
        grown = round(holdings * _FINER)
        if error <= tolerance or (math.isfinite(error) and _work(problem, finer, grown) > _MOST_WORK):
            return BandTable(
                first=table.first, spacing=table.spacing, bands=table.bands, value=table.value, error=error
            )
        nodes, holdings, before = nodes * _FINER, grown, table.value


def _check_moves(problem: HedgingProblem, aversion: float, table: BandTable) -> None:
    """Refuse what only the end of the lattice keeps finite: exp of a log-normal price has no mean."""
    widest = 0.0
    for near in _near(problem, table.bands, table.spacing):
        widest = max(widest, float((near[:, 1] - near[:, 0]).max()))
    move = aversion * widest * problem.spot * problem.step_vol
    if move > _LARGEST_MOVE:
        told = (
            f"risk_aversion = {aversion:g}: across its band a step moves the book by {move:.1f} times 1/risk_aversion"
        )
        advice = (
            f"take more dates or a lower one: beyond {_LARGEST_MOVE:g} the farthest prices decide, no grid is right"
        )
        raise InputError(told, advice)


def _near(problem: HedgingProblem, bands: np.ndarray, spacing: float) -> Iterator[np.ndarray]:
    """Yield the bands of each date at prices within four standard deviations."""
    middle = bands.shape[1] // 2
    for step in range(problem.steps):
        side = math.ceil(4.0 * problem.step_vol * math.sqrt(step) / spacing) + 1
        yield bands[step, max(middle - side, 0) : middle + side + 1]


def _work(problem: HedgingProblem, grid: Lattice, holdings: int) -> float:
    if problem.steps * grid.log_spot.size * 4.0 > _MOST_NUMBERS:
        return math.inf
    return float(problem.steps) * grid.log_spot.size * holdings * (grid.weights.size + 20.0)


def _padded(problem: HedgingProblem, aversion: float, lowest: float, highest: float) -> tuple[float, float]:
    """Widen the range of cost-free hedges by what a view on the drift may add, and a little."""
    spread = max(highest - lowest, 1e-3 * max(abs(lowest), abs(highest)), 1e-9)
    merton = abs(problem.drift) / (aversion * problem.step_vol**2 / problem.step_years * problem.spot)
    pad = 0.05 * spread + min(merton, 2.0 * spread)
    return lowest - pad, highest + pad


def _wider(span: tuple[float, float], touched: tuple[bool, bool]) -> tuple[float, float]:
    width = 0.5 * (span[1] - span[0])
    return span[0] - width * touched[0], span[1] + width * touched[1]


def _with_start(
    problem: HedgingProblem, table: BandTable, span: tuple[float, float], holdings: int
) -> tuple[float, float]:
    """Widen the range to the holding of the start, if that lies beyond it and the band there might reach it."""
    (low, high), held = span, problem.held
    near = 0.5 * (high - low) / (holdings - 1)
    lower, upper = table.bands[0, table.bands.shape[1] // 2, :2]
    if held < low and lower < low + near:
        low = held - near
    if held > high and upper > high - near:
        high = held + near
    return low, high


def _solve(
    problem: HedgingProblem,
    aversion: float,
    grid: Lattice,
    span: tuple[float, float],
    holdings: int,
    tell: Tell | None,
) -> tuple[BandTable, tuple[bool, bool]]:
    """Solve at one resolution; also tell which ends of the range of holdings its bands touch."""
    spot, (axis, zero) = grid.spot, holdings_axis(problem, span, holdings)
    if problem.steps * spot.size * 4.0 > _MOST_NUMBERS:
        raise InputError(f"{problem.steps:,} dates", "take fewer: a table of their bands does not fit in memory")
    v = aversion * _end(problem, spot, axis)
    bands = np.empty((problem.steps, spot.size, 4), dtype=np.float32)
    held, chosen = np.empty_like(v), np.empty((spot.size, 4))
    scratch = np.empty((6 * (grid.weights.size // 2) + 2, axis.size))
    for step in range(problem.steps - 1, -1, -1):
        cara_kernels.hold(v, spot, axis, aversion, grid.weights, scratch, held)
        charged = step > 0 or problem.charge_first_trade
        costs = (problem.proportional_cost, problem.fixed_cost) if charged else (0.0, 0.0)
        cara_kernels.trade(held, spot, axis, zero, aversion, *costs, chosen, v)
        bands[step] = chosen
        if step:
            v += aversion * owed_at(problem, step, spot)[:, None]
        if tell is not None:
            tell("exact band", problem.steps - step, problem.steps)
    value = _at(problem, v[spot.size // 2] / aversion, axis)
    table = BandTable(
        first=float(grid.log_spot[0]), spacing=grid.spacing, bands=frozen(bands), value=value, error=math.nan
    )
    return table, _touched(problem, grid, bands, axis)


def _end(problem: HedgingProblem, spot: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Return what is lost at the last date, by price and holding: payoffs, and selling what is left."""
    lost = owed_at(problem, problem.steps, spot)[:, None] + np.zeros(axis.size)
    if problem.charge_liquidation:
        sold = np.abs(axis) > 1e-12 * max(abs(axis[0]), abs(axis[-1]))
        lost += problem.proportional_cost * spot[:, None] * np.abs(axis) + problem.fixed_cost * sold
    return lost


def _at(problem: HedgingProblem, row: np.ndarray, axis: np.ndarray) -> float:
    """Read the value at the holding of the start, which costs to bring onto the axis from beyond it."""
    inside = min(max(problem.held, float(axis[0])), float(axis[-1]))
    value = float(np.interp(inside, axis, row))
    cost = problem.proportional_cost * problem.spot if problem.charge_first_trade else 0.0
    return value + cost * abs(problem.held - inside)


def _touched(problem: HedgingProblem, grid: Lattice, bands: np.ndarray, axis: np.ndarray) -> tuple[bool, bool]:
    """Tell at which end of the axis sales or purchases stop within four standard deviations, perhaps too early."""
    cell = axis[1] - axis[0]
    low = high = False
    for near in _near(problem, bands, grid.spacing):
        low |= bool(near[:, 3].min() < axis[0] + 0.5 * cell)
        high |= bool(near[:, 2].max() > axis[-1] - 0.5 * cell)
    return low, high

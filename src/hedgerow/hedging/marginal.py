"""What a trader asks of an optimum: what each constraint costs, what is indifferent, what would change.

At the optimum some instruments are free on a piece of their cost and some rows bind. There

    H_ff·dx_f + A_f'·dy = -d(gradient),   A_f·dx_f = 0

holds for every small change of the problem that leaves what binds alone (Fiacco 1983, "Introduction to Sensitivity and
Stability Analysis in Nonlinear Programming", theorem 2.1).
"""

from dataclasses import dataclass

import numpy as np

from hedgerow.core.arrays import Bool, Float64, frozen
from hedgerow.hedging import active_set_kernels, program_kernels
from hedgerow.hedging.problem import HedgeProblem
from hedgerow.hedging.program_kernels import Program
from hedgerow.hedging.solver import Solution, blank_guess, prepare
from hedgerow.hedging.tail import worst_weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Marginal:
    """Derivatives of an optimum.

    Parameters
    ----------
    row_prices : ndarray of shape (n_row,)
        What the objective would fall by if the end that binds were one unit further away; bands, then limits; negative
        where a lower end binds. [numeraire per unit of the row]
    limit_prices : ndarray of shape (n_instrument,)
        The same of each instrument's trade limit; negative where selling is limited. [numeraire per contract]
    gain : ndarray of shape (n_instrument,)
        What the next contract of the better side would save in risk, prices and holding, before what trading it
        costs. [numeraire per contract]
    buy, sell : ndarray of shape (n_instrument,)
        What the objective would change by per contract bought or sold more; none is negative where nothing limits.
        [numeraire per contract]
    trade_per_aversion : ndarray of shape (n_instrument,)
        How the continuous trade changes per unit of risk aversion. [contracts·numeraire]
    risk_per_aversion : float
        How the standard deviation changes. [numeraire²]
    cost_per_aversion : float
        How the cost of trading and holding changes. [numeraire²]
    is_smooth : bool
        False with scenarios: their planes change with the trade, and nothing is said of risk aversion.
    """

    row_prices: Float64[np.ndarray, " n_row"]
    limit_prices: Float64[np.ndarray, " n_instrument"]
    gain: Float64[np.ndarray, " n_instrument"]
    buy: Float64[np.ndarray, " n_instrument"]
    sell: Float64[np.ndarray, " n_instrument"]
    trade_per_aversion: Float64[np.ndarray, " n_instrument"]
    risk_per_aversion: float
    cost_per_aversion: float
    is_smooth: bool


def marginal_answers(problem: HedgeProblem, solution: Solution) -> Marginal:
    """Differentiate an optimum.

    Parameters
    ----------
    problem : HedgeProblem
        The problem.
    solution : Solution
        Its optimum.

    Returns
    -------
    Marginal
        Prices and derivatives; those in risk aversion are of the variance term. [numeraire]

    References
    ----------
    Fiacco (1983), theorem 2.1; Boyd, Vandenberghe (2004), "Convex Optimization", section 5.6.3.
    """
    n, x = len(problem.names), solution.x
    slope = risk_gradient(problem, x)
    pressure, long_price, short_price = _pressures(problem, solution.prices)
    next_cost, last_cost = _trading(problem, x)
    buy = slope + pressure + _carry(problem, problem.held + x >= 0.0, long_price, short_price)
    sell = -slope - pressure - _carry(problem, problem.held + x > 0.0, long_price, short_price)
    up, down = buy + next_cost, sell - last_cost
    scale = 1e-9 * (np.abs(slope) + np.abs(pressure) + 1e-300)
    at_top = (x >= problem.trade_upper) & (up < -scale)
    at_bottom = (x <= problem.trade_lower) & (down < -scale)
    dx = _per_aversion(problem, solution) if n and problem.tail is None else np.zeros(n)
    loads = problem.book_loads + problem.unit_loads @ x
    deviation = float(np.sqrt(max(loads @ problem.covariance @ loads, 0.0)))
    turn = float(loads @ problem.covariance @ (problem.unit_loads @ dx))
    carry = _carry(problem, problem.held + x > 0.0, np.zeros(n), np.zeros(n))
    cost_slope = np.where(dx >= 0.0, next_cost, last_cost) + carry
    return Marginal(
        row_prices=solution.prices,
        limit_prices=frozen(np.where(at_top, -up, np.where(at_bottom, down, 0.0))),
        gain=frozen(np.maximum(np.maximum(-buy, -sell), 0.0)),
        buy=frozen(up),
        sell=frozen(down),
        trade_per_aversion=frozen(dx),
        risk_per_aversion=turn / deviation if deviation > 0.0 else 0.0,
        cost_per_aversion=float(cost_slope @ dx),
        is_smooth=problem.tail is None,
    )


def risk_gradient(
    problem: HedgeProblem, x: Float64[np.ndarray, " n_instrument"]
) -> Float64[np.ndarray, " n_instrument"]:
    """Return the derivative of the risk of the hedged book.

    Parameters
    ----------
    problem : HedgeProblem
        The problem.
    x : ndarray of shape (n_instrument,)
        Trade. [contracts]

    Returns
    -------
    ndarray of shape (n_instrument,)
        Derivative; of scenarios that of the probabilities that attain the measure. [numeraire per contract]

    References
    ----------
    As ``ScenarioRisk.at``.
    """
    slope = problem.gradient_at_zero + problem.hessian @ x
    if problem.tail is not None:
        _, weights = worst_weights(problem.tail, -(problem.tail.book_pnl + problem.tail.unit_pnl @ x))
        slope = slope - problem.tail.weight * (weights.probability @ problem.tail.unit_pnl[weights.index])
    return np.asarray(slope)


def next_contract_gain(
    problem: HedgeProblem, x: Float64[np.ndarray, " n_instrument"], prices: Float64[np.ndarray, " n_row"]
) -> Float64[np.ndarray, " n_instrument"]:
    """Return what the next contract of the better side would save before its own cost.

    Parameters
    ----------
    problem : HedgeProblem
        The problem; it may have more instruments than the optimum that the prices come from.
    x : ndarray of shape (n_instrument,)
        Trade. [contracts]
    prices : ndarray of shape (n_row,)
        Prices of bands, then limits. [numeraire per unit of the row]

    Returns
    -------
    ndarray of shape (n_instrument,)
        Gain, not negative. [numeraire per contract]

    References
    ----------
    Dantzig (1963), "Linear Programming and Extensions", section 12.1: pricing out.
    """
    slope = risk_gradient(problem, x)
    pressure, long_price, short_price = _pressures(problem, prices)
    after = problem.held + x
    buy = -slope - pressure - np.where(after >= 0.0, long_price, -short_price)
    sell = slope + pressure + np.where(after > 0.0, long_price, -short_price)
    return np.asarray(np.maximum(np.maximum(buy, sell), 0.0))


def _pressures(
    problem: HedgeProblem, prices: Float64[np.ndarray, " n_row"]
) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
    """Return what the rows charge per contract traded, held long, held short."""
    n, m = len(problem.names), len(problem.bands)
    pressure, long_price, short_price = problem.unit_greeks.T @ prices[:m], np.zeros(n), np.zeros(n)
    for price, limit in zip(prices[m:], problem.limits, strict=True):
        pressure = pressure + price * limit.linear
        long_price += price * limit.long
        short_price += price * limit.short
    return pressure, long_price, short_price


def _trading(
    problem: HedgeProblem, x: Float64[np.ndarray, " n"]
) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
    """Return what the next contract upwards, and the last one below, costs to trade.

    Where the depth of the order book ends there is no next one: it is taken to cost what the last one does.
    """
    both = np.array(
        [curve.subgradients(float(trade)) for curve, trade in zip(problem.curves, x, strict=True)], dtype=np.float64
    ).reshape(x.size, 2)
    below, above = both[:, 0], both[:, 1]
    return np.where(np.isfinite(above), above, below), np.where(np.isfinite(below), below, above)


def _carry(
    problem: HedgeProblem,
    is_long: np.ndarray,
    long_price: Float64[np.ndarray, " n"],
    short_price: Float64[np.ndarray, " n"],
) -> Float64[np.ndarray, " n"]:
    """Return what one contract more costs to hold, prices of the rows included."""
    long = np.array([cost.long for cost in problem.holding], dtype=np.float64) + long_price
    short = np.array([cost.short for cost in problem.holding], dtype=np.float64) + short_price
    return np.asarray(np.where(is_long, long, -short))


def _per_aversion(problem: HedgeProblem, solution: Solution) -> Float64[np.ndarray, " n"]:
    """Return how the trade changes per unit of risk aversion, what binds staying as it is."""
    prepared = prepare(problem)
    scaled, m = prepared.scaled, solution.prices.size
    guess = blank_guess(solution.x.size, m)
    at = solution.x / scaled.unit
    # A price that is lost in the rounding of the others, or of a row that has room, says nothing: such a row is open.
    prices = solution.prices * scaled.row_norm
    most = max(np.max(np.abs(prices), initial=0.0), np.max(np.abs(scaled.program.gradient), initial=0.0))
    prices = np.where((np.abs(prices) > 1e-9 * most) & _at_end(scaled.program, at, prices), prices, 0.0)
    active_set_kernels.guess_from(scaled.program, guess, at, prices, 1e-7)
    # A change of the gradient, with rows and kinks where they are, is a problem of its own.
    change = (problem.gradient_at_zero + problem.hessian @ solution.x) / problem.risk_aversion * scaled.unit
    dx = active_set_kernels.direction(scaled.program, guess, change)
    return np.asarray(dx * scaled.unit)


def _at_end(
    program: Program, x: Float64[np.ndarray, " n"], prices: Float64[np.ndarray, " m"]
) -> Bool[np.ndarray, " m"]:
    """Tell which rows sit at the end that their price speaks of."""
    values = program_kernels.rows_at(program, x)
    room = np.where(prices > 0.0, program.upper - values, values - program.lower)
    return np.asarray(room <= 1e-7 * (1.0 + np.abs(values)))

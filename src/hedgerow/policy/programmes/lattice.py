"""Prices on a lattice in ln S, the law of a step on it, and what payoffs are worth there."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import InputError
from hedgerow.policy.programmes.problem import HedgingProblem, Payoff
from hedgerow.pricing import black76

_TAIL: Final = 7.0
"""Moves beyond so many standard deviations are left out."""
_RAREST: Final = 1e-13
"""Numbers of jumps less likely than this are left out. [probability]"""
_MOST_NODES: Final = 40_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Lattice:
    """Nodes of ln S and the law of a move between two dates.

    Parameters
    ----------
    log_spot : ndarray of shape (n_node,)
        Evenly spaced, the middle one is ln of the price now. [pure]
    weights : ndarray of shape (2·reach + 1,)
        Probabilities of moves by -reach to reach nodes. [probability]
    """

    log_spot: Float64[np.ndarray, " n_node"]
    weights: Float64[np.ndarray, " n_move"]

    @property
    def spacing(self) -> float:
        """Distance of two nodes. [pure]"""
        return float(self.log_spot[1] - self.log_spot[0])

    @property
    def spot(self) -> Float64[np.ndarray, " n_node"]:
        """Prices. [money per asset]"""
        return np.asarray(np.exp(self.log_spot))


def lattice(problem: HedgingProblem, nodes: float) -> Lattice:
    """Lay a lattice.

    The sum over nodes of a smooth function against a normal density errs by exp(-2π²·nodes²): next to nothing from
    2 on. Kinks of payoffs cost more: the square of the spacing.

    Parameters
    ----------
    problem : HedgingProblem
        Model and dates.
    nodes : float
        Per standard deviation of the diffusion over a step. [count]

    Returns
    -------
    Lattice
        Reaching seven standard deviations of the whole time. [pure]

    Raises
    ------
    InputError
        If jumps are so much larger than the diffusion between two dates that it would take too many nodes.

    References
    ----------
    Merton (1976), J. Financial Economics 3:125, doi 10.1016/0304-405X(76)90022-2, eq. 16, for the law with jumps.
    """
    spacing = problem.vol * math.sqrt(problem.step_years) / nodes
    counts = _jump_counts(problem)
    most = len(counts) - 1
    largest = _TAIL * problem.vol * math.sqrt(problem.step_years)
    largest += most * abs(problem.jump_mean) + (_TAIL * math.sqrt(most) * problem.jump_vol if most else 0.0)
    reach = math.ceil((largest + abs(problem.drift) * problem.step_years) / spacing)
    side = math.ceil(_TAIL * problem.step_vol * math.sqrt(problem.steps) / spacing) + reach
    if 2 * side + 1 > _MOST_NODES:
        advice = "take more dates, or smaller jumps"
        raise InputError(f"{2 * side + 1:,} prices: jumps dwarf the diffusion between two dates", advice)
    log_spot = math.log(problem.spot) + np.arange(-side, side + 1) * spacing
    moves = np.arange(-reach, reach + 1) * spacing
    return Lattice(log_spot=frozen(log_spot), weights=frozen(_law(problem, counts, moves)))


def _jump_counts(problem: HedgingProblem) -> list[float]:
    """Return probabilities of 0, 1, 2, ... jumps in a step."""
    mean = problem.jump_intensity * problem.step_years
    found = [math.exp(-mean)]
    while mean and 1.0 - sum(found) > _RAREST and len(found) < 1000:
        found.append(found[-1] * mean / len(found))
    return found


def _law(problem: HedgingProblem, counts: list[float], moves: np.ndarray) -> np.ndarray:
    """Return weights of moves, tilted so that the mean of S' is exact."""
    dt = problem.step_years
    mean_jump = math.expm1(problem.jump_mean + 0.5 * problem.jump_vol**2)
    centre = (problem.drift - 0.5 * problem.vol**2 - problem.jump_intensity * mean_jump) * dt
    weights = np.zeros_like(moves)
    for jumps, probability in enumerate(counts):
        deviation = math.sqrt(problem.vol**2 * dt + jumps * problem.jump_vol**2)
        weights += (
            probability * np.exp(-0.5 * ((moves - centre - jumps * problem.jump_mean) / deviation) ** 2) / deviation
        )
    weights /= weights.sum()
    for _ in range(50):
        miss = math.log(float(weights @ np.exp(moves))) - problem.drift * dt
        if abs(miss) < 1e-15:
            break
        mean = float(weights @ moves)
        weights *= np.exp(-miss / float(weights @ (moves - mean) ** 2) * (moves - mean))
        weights /= weights.sum()
    return weights


def owed_at(problem: HedgingProblem, step: int, spot: Float64[np.ndarray, " n_node"]) -> Float64[np.ndarray, " n_node"]:
    """Return what the payoffs of one date cost whoever holds the book.

    Parameters
    ----------
    problem : HedgingProblem
        The payoffs.
    step : int
        The date. [index]
    spot : ndarray of shape (n_node,)
        Prices. [money per asset]

    Returns
    -------
    ndarray of shape (n_node,)
        Positive where something is owed. [money]

    References
    ----------
    Adams et al. (2021), Uniswap v3 core whitepaper, section 6.2, eqs. 6.29 and 6.30, for liquidity.
    """
    owed = np.zeros_like(spot)
    for payoff in problem.payoffs:
        if payoff.step == step:
            owed -= payoff.quantity * _worth(payoff, spot)
    return owed


def _worth(payoff: Payoff, spot: np.ndarray) -> np.ndarray:
    if payoff.kind == "liquidity":
        root = np.sqrt(np.clip(spot, payoff.lower, payoff.upper))
        coins = 1.0 / root - (0.0 if payoff.upper is None else 1.0 / math.sqrt(payoff.upper))
        return np.asarray(spot * coins + root - math.sqrt(payoff.lower))
    is_call = payoff.kind == "call"
    if payoff.years_left:
        return black76(spot, payoff.strike, payoff.years_left, payoff.vol, is_call, inverse=False).price
    return np.maximum(spot - payoff.strike if is_call else payoff.strike - spot, 0.0)


def holdings_wanted(problem: HedgingProblem, grid: Lattice) -> tuple[float, float]:
    """Return the range of the cost-free hedge over dates and prices.

    Parameters
    ----------
    problem : HedgingProblem
        What is hedged.
    grid : Lattice
        Its prices.

    Returns
    -------
    lowest, highest : float
        Within five standard deviations of the whole time. [asset]

    References
    ----------
    Cox, Ross, Rubinstein (1979), J. Financial Economics 7:229, doi 10.1016/0304-405X(79)90015-1: value by going back.
    """
    spot = grid.spot
    reach = grid.weights.size // 2
    inner = slice(reach, spot.size - reach)
    worth = owed_at(problem, problem.steps, spot)
    lowest, highest = math.inf, -math.inf
    for step in range(problem.steps - 1, -1, -1):
        slope = np.diff(worth) / np.diff(spot)
        shown = slope[reach : slope.size - reach]
        lowest, highest = min(lowest, float(shown.min())), max(highest, float(shown.max()))
        padded = np.concatenate([np.full(reach, worth[0]), worth, np.full(reach, worth[-1])])
        worth = np.convolve(padded, grid.weights[::-1], mode="valid")
        worth += owed_at(problem, step, spot) if step else 0.0
        worth[: inner.start] = worth[inner.start] + slope[0] * (spot[: inner.start] - spot[inner.start])
        worth[inner.stop :] = worth[inner.stop - 1] + slope[-1] * (spot[inner.stop :] - spot[inner.stop - 1])
    return lowest, highest


def marked_at(
    problem: HedgingProblem, step: int, spot: Float64[np.ndarray, " n_node"], *, paid: bool
) -> Float64[np.ndarray, " n_node"]:
    """Return what the book is worth to those to whom it is owed, at its own vols.

    Parameters
    ----------
    problem : HedgingProblem
        The payoffs.
    step : int
        The date. [index]
    spot : ndarray of shape (n_node,)
        Prices. [money per asset]
    paid : bool
        Whether what pays at this date counts too. [bool]

    Returns
    -------
    ndarray of shape (n_node,)
        Positive where something is owed. [money]

    References
    ----------
    Black (1976), J. Financial Economics 3:167, doi 10.1016/0304-405X(76)90024-6, eq. 16.
    """
    owed = owed_at(problem, step, spot) if paid else np.zeros_like(spot)
    for payoff in problem.payoffs:
        if payoff.step <= step:
            continue
        if payoff.kind == "liquidity":
            owed -= payoff.quantity * _worth(payoff, spot)
            continue
        years = (payoff.step - step) * problem.step_years + payoff.years_left
        vol, is_call = payoff.vol or problem.vol, payoff.kind == "call"
        owed -= payoff.quantity * black76(spot, payoff.strike, years, vol, is_call, inverse=False).price
    return owed


def rough_losses(problem: HedgingProblem, grid: Lattice) -> float:
    """Return the size of losses if the cost-free hedge were taken at every date, or never: whichever is less.

    Parameters
    ----------
    problem : HedgingProblem
        What is hedged.
    grid : Lattice
        Its prices.

    Returns
    -------
    float
        Mean cost and standard deviation, positive. [money]

    References
    ----------
    Föllmer, Schweizer (1989), ASTIN Bulletin 18:29, doi 10.2143/AST.19.1.2014911, section 2: variance adds up by date.
    """
    spot, reach = grid.spot, grid.weights.size // 2
    likely = np.zeros(spot.size)
    likely[spot.size // 2] = 1.0
    variance = bare = cost = 0.0
    for step in range(problem.steps):
        before, worth = marked_at(problem, step, spot, paid=False), marked_at(problem, step + 1, spot, paid=True)
        hedge = np.gradient(before, spot)
        after = np.gradient(worth, spot)
        for move, weight in zip(range(-reach, reach + 1), grid.weights, strict=True):
            to = np.clip(np.arange(spot.size) + move, 0, spot.size - 1)
            gone = worth[to] - before
            variance += weight * float(likely @ ((gone - hedge * (spot[to] - spot)) ** 2))
            bare += weight * float(likely @ (gone**2))
            cost += weight * float(likely @ (np.abs(after[to] - hedge) * spot[to])) * problem.proportional_cost
        likely = np.convolve(likely, grid.weights, mode="same")
    start = abs(float(np.interp(problem.spot, spot, np.gradient(marked_at(problem, 0, spot, paid=False), spot))))
    cost += start * problem.spot * problem.proportional_cost + problem.steps * problem.fixed_cost
    return max(min(math.sqrt(variance) + cost, math.sqrt(bare)), 1e-9 * problem.spot)


def holdings_axis(
    problem: HedgingProblem, span: tuple[float, float], count: int
) -> tuple[Float64[np.ndarray, " n_holding"], int]:
    """Lay the nodes of holdings, one of them at zero where that is special.

    Parameters
    ----------
    problem : HedgingProblem
        Says whether selling what is left has a fixed cost.
    span : tuple of (float, float)
        What to reach. [asset]
    count : int
        Nodes, about. [count]

    Returns
    -------
    axis : ndarray of shape (n_holding,)
        Evenly spaced. [asset]
    zero : int
        The node at which nothing is held, or -1 if that is not special. [index]

    References
    ----------
    A definition, no formula.
    """
    step = (span[1] - span[0]) / (count - 1)
    if not (problem.fixed_cost and problem.charge_liquidation and span[0] < 0.0 < span[1]):
        return np.linspace(*span, count), -1
    below = math.ceil(-span[0] / step)
    return np.arange(-below, math.ceil(span[1] / step) + 1) * step, below

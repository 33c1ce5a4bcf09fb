"""A solved program tried on simulated paths: does it reach what it promised?"""

import math
from typing import Final, NamedTuple

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.policy.programmes.lattice import marked_at
from hedgerow.policy.programmes.problem import HedgingProblem
from hedgerow.policy.programmes.tables import BandTable, LineTable, band_at, line_band_at

_SEED: Final = 20_240_108
_RARE: Final = 0.002


class Rehearsal(NamedTuple):
    """What a table came to.

    Parameters
    ----------
    losses : ndarray of shape (n_path,)
        Above what the book is worth now at its own vols, costs included. [money]
    lowest, highest : float
        Holdings that all but one path in five hundred stay between, at every date. [asset]
    """

    losses: Float64[np.ndarray, " n_path"]
    lowest: float
    highest: float


def rehearse(
    problem: HedgingProblem, table: BandTable | LineTable, paths: int, *, seed: int = _SEED
) -> Float64[np.ndarray, " n_path"]:
    """Follow the bands of a table along simulated paths.

    Parameters
    ----------
    problem : HedgingProblem
        What the table was solved from.
    table : BandTable or LineTable
        The bands.
    paths : int
        How many. [count]
    seed : int
        Of the paths. [none]

    Returns
    -------
    ndarray of shape (n_path,)
        Losses above what the book is worth now at its own vols, costs included. [money]

    References
    ----------
    Glasserman (2003), "Monte Carlo Methods in Financial Engineering", section 3.5, doi 10.1007/978-0-387-21617-1.
    """
    return rehearsed(problem, table, paths, seed=seed).losses


def rehearsed(problem: HedgingProblem, table: BandTable | LineTable, paths: int, *, seed: int = _SEED) -> Rehearsal:
    """Follow the bands of a table along simulated paths, and watch what is held.

    Parameters
    ----------
    problem : HedgingProblem
        What the table was solved from.
    table : BandTable or LineTable
        The bands.
    paths : int
        How many. [count]
    seed : int
        Of the paths. [none]

    Returns
    -------
    Rehearsal
        Losses and holdings. [money, asset]

    References
    ----------
    Glasserman (2003), "Monte Carlo Methods in Financial Engineering", section 3.5, doi 10.1007/978-0-387-21617-1.
    """
    rng = np.random.default_rng(seed)
    spot, held, losses = (np.full(paths, value) for value in (problem.spot, problem.held, 0.0))
    worth = marked_at(problem, 0, spot, paid=False)
    lowest = highest = problem.held
    for date in range(problem.steps):
        charged = date > 0 or problem.charge_first_trade
        k, fixed = (problem.proportional_cost, problem.fixed_cost) if charged else (0.0, 0.0)
        if isinstance(table, LineTable):
            lower, upper, buy_to, sell_to = line_band_at(table, date, spot, held, losses, k)
        else:
            lower, upper, buy_to, sell_to = band_at(table, date, spot)
        goal = np.where(held < lower, buy_to, np.where(held > upper, sell_to, held))
        losses += k * spot * np.abs(goal - held) + fixed * (goal != held)
        held = goal
        reached = np.quantile(held, (_RARE, 1.0 - _RARE))
        lowest, highest = min(lowest, float(reached[0])), max(highest, float(reached[1]))
        after = spot * np.exp(_moves(problem, rng, paths))
        losses += marked_at(problem, date + 1, after, paid=True) - worth - held * (after - spot)
        spot, worth = after, marked_at(problem, date + 1, after, paid=False)
    if problem.charge_liquidation:
        losses += problem.proportional_cost * spot * np.abs(held) + problem.fixed_cost * (held != 0.0)
    return Rehearsal(losses, lowest, highest)


def _moves(problem: HedgingProblem, rng: np.random.Generator, paths: int) -> np.ndarray:
    """Return moves of ln S over a step: Merton (1976), J. Financial Economics 3:125, eq. 3."""
    dt = problem.step_years
    mean_jump = math.expm1(problem.jump_mean + 0.5 * problem.jump_vol**2)
    centre = (problem.drift - 0.5 * problem.vol**2 - problem.jump_intensity * mean_jump) * dt
    moves = centre + problem.vol * math.sqrt(dt) * rng.standard_normal(paths)
    if problem.jump_intensity:
        jumps = rng.poisson(problem.jump_intensity * dt, paths)
        moves += jumps * problem.jump_mean + np.sqrt(jumps) * problem.jump_vol * rng.standard_normal(paths)
    return moves

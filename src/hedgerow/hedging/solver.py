"""Solving the convex problem: what bound last time, then DAQP, PIQP and Clarabel behind it, and a proof.

The data are equilibrated first (unit diagonal Hessian, unit rows): on raw data with mixed units active-set solvers stop
with a wrong answer and a success code. A neighbouring problem's solution says what binds; if that guess, corrected a
few times, gives a certified answer, no solver is called. Otherwise the problem is laid out as a quadratic program.
More instruments than factors leave flat directions, so the solve is a proximal-point iteration (Rockafellar 1976) that
starts from no trade: it ends at an optimum of the problem as stated, near the smallest one, deterministically. Every
answer is settled on what binds, so that it does not depend on the way that led to it. No return code is trusted, not
even "infeasible": the certificate decides, and the chain of attempts is recorded.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import SolveError, SolveFault
from hedgerow.hedging import active_set_kernels
from hedgerow.hedging.active_set_kernels import Guess
from hedgerow.hedging.certificate import LOSS_TOLERANCE, NOTHING, TOLERANCE, Certificate, certify
from hedgerow.hedging.conflicts import check_reach, explain_conflict, explain_unbounded
from hedgerow.hedging.problem import HedgeProblem
from hedgerow.hedging.program import Scaled, equilibrate, program_of
from hedgerow.hedging.program_kernels import Program
from hedgerow.hedging.quadratic import ATTEMPTS, Attempt
from hedgerow.hedging.split import Split, split_of

WARM_ROUNDS: Final = 8
_SETTLE_ROUNDS: Final = 12
_SEQUENCE: Final = 40
_CLOSE: Final = 1e-10
_REACHES: Final = (1e-9, 1e-7, 1e-5, 1e-12)
"""How near to a kink counts as at it, for a solver's answer: one after the other. [equilibrated]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """A certified optimum of the continuous problem.

    Parameters
    ----------
    x : ndarray of shape (n_instrument,)
        Trade. [contracts]
    prices : ndarray of shape (n_row,)
        Multipliers of bands, then limits. [numeraire per unit of the row]
    certificate : Certificate
        Its proof.
    chain : tuple of str
        What was tried, the last one with success. [text]
    """

    x: Float64[np.ndarray, " n_instrument"]
    prices: Float64[np.ndarray, " n_row"]
    certificate: Certificate
    chain: tuple[str, ...]


class _Outcome(NamedTuple):
    """What one attempt came to: its best point."""

    x: Float64[np.ndarray, " n_instrument"]
    prices: Float64[np.ndarray, " n_row"]
    certificate: Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A problem laid out for the solvers.

    Parameters
    ----------
    problem : HedgeProblem
        The problem.
    raw : Program
        Its arrays in original units.
    scaled : Scaled
        Its arrays in equilibrated units.
    give : ndarray of shape (n_row,)
        How far a unit of price moves a row, everything free. [equilibrated]
    """

    problem: HedgeProblem
    raw: Program
    scaled: Scaled
    give: Float64[np.ndarray, " n_row"]


def prepare(problem: HedgeProblem) -> Prepared:
    """Lay a problem out for the solvers.

    Parameters
    ----------
    problem : HedgeProblem
        The problem.

    Returns
    -------
    Prepared
        Arrays in original and in equilibrated units. [pure]
    """
    raw = program_of(problem)
    scaled = equilibrate(problem, raw)
    program = scaled.program
    weights = np.abs(program.linear) + np.maximum(np.abs(program.long), np.abs(program.short))
    return Prepared(problem=problem, raw=raw, scaled=scaled, give=np.sum(weights**2, axis=1))


def blank_guess(n: int, m: int) -> Guess:
    """Return a guess that says nothing yet.

    Parameters
    ----------
    n, m : int
        Instruments and rows. [count]

    Returns
    -------
    Guess
        No trade, no prices, no factorisation. [pure]
    """
    return Guess(
        piece=np.zeros(n, dtype=np.int64),
        end=np.zeros(m, dtype=np.int64),
        x=np.zeros(n),
        y=np.zeros(m),
        factor_piece=np.full(n, -(10**9), dtype=np.int64),
        factor_end=np.zeros(m, dtype=np.int64),
        factor=np.zeros((n, n)),
        weights=np.zeros((m, n)),
        schur=np.zeros((m, m)),
    )


def solve_convex(problem: HedgeProblem, *, warm: Solution | None = None) -> Solution:
    """Find the optimal trade before rounding, without fixed charges, smallest trades and scenarios.

    Parameters
    ----------
    problem : HedgeProblem
        The problem.
    warm : Solution or None
        The solution of a neighbouring problem: a guess that saves time and changes nothing.

    Returns
    -------
    Solution
        Trade, multipliers, and the proof. [contracts]

    Raises
    ------
    SolveError
        If bands and limits cannot be met together (with the rows that conflict), if more and more of something would
        pay for ever, or if nothing was certified.

    References
    ----------
    Arnström, Bemporad, Axehill (2022), "A Dual Active-Set Solver for Embedded Quadratic Programming Using Recursive
    LDL' Updates", IEEE TAC 67:4362, doi 10.1109/TAC.2022.3176430. Schwan, Jiang, Kuhn, Jones (2023), "PIQP", CDC 2023,
    arXiv 2304.00290. Goulart, Chen (2024), "Clarabel", arXiv 2405.12762.
    Rockafellar (1976), SIAM J. Control Optim. 14:877, Theorem 1. Hintermüller, Ito, Kunisch (2002), SIAM J. Optim.
    13:865.
    """
    check_reach(problem)
    n, m = len(problem.names), len(problem.bands) + len(problem.limits)
    if n == 0:
        nothing, prices = np.zeros(0), np.zeros(m)
        return Solution(x=nothing, prices=prices, certificate=certify(problem, nothing, prices), chain=("none",))
    prepared = prepare(problem)
    chain: list[str] = []
    best = _Outcome(np.zeros(n), np.zeros(m), NOTHING)
    for name, outcome in _attempts(prepared, warm):
        chain.append(name)
        if outcome.certificate.holds:
            return Solution(
                x=frozen(outcome.x),
                prices=frozen(outcome.prices),
                certificate=outcome.certificate,
                chain=tuple(chain),
            )
        if shortfall(outcome.certificate) < shortfall(best.certificate):
            best = outcome
    raise _no_answer(prepared, best.certificate, chain)


def _attempts(prepared: Prepared, warm: Solution | None) -> Iterator[tuple[str, _Outcome]]:
    """Try one way after the other, each named."""
    if warm is not None and warm.x.size == len(prepared.problem.names) and warm.prices.size == prepared.give.size:
        yield "active set", settled(prepared, warm.x, warm.prices, 1e-9, WARM_ROUNDS)
    for name, attempt in ATTEMPTS:
        yield name, _sequence(prepared, attempt)


def settled(
    prepared: Prepared,
    x: Float64[np.ndarray, " n_instrument"],
    prices: Float64[np.ndarray, " n_row"],
    reach: float,
    rounds: int = _SETTLE_ROUNDS,
) -> _Outcome:
    """Settle a point on what binds near it.

    Parameters
    ----------
    prepared : Prepared
        The problem.
    x, prices : ndarrays of shape (n_instrument,) and (n_row,)
        The point. [contracts], [numeraire per unit of the row]
    reach : float
        How near to a kink counts as at it. [equilibrated]
    rounds : int
        How often the guess may be corrected. [count]

    Returns
    -------
    tuple of (ndarray, ndarray, Certificate)
        The settled point and its residuals. [contracts], [numeraire per unit of the row]
    """
    scaled = prepared.scaled
    guess = blank_guess(x.size, prices.size)
    active_set_kernels.guess_from(scaled.program, guess, x / scaled.unit, prices * scaled.row_norm, reach)
    active_set_kernels.settle(scaled.program, guess, prepared.give, scaled.plain, scaled.has_power, rounds)
    return _judged(prepared, guess.x * scaled.unit, guess.y / scaled.row_norm)


def _judged(prepared: Prepared, x: Float64[np.ndarray, " n"], prices: Float64[np.ndarray, " m"]) -> _Outcome:
    x = np.clip(x, prepared.problem.trade_lower, prepared.problem.trade_upper)
    return _Outcome(x, prices, certify(prepared.problem, x, prices, prepared.raw))


def _sequence(prepared: Prepared, attempt: Attempt) -> _Outcome:
    """Solve quadratic programs until the answer lies where the last one was laid out; keep the best point."""
    scaled, program = prepared.scaled, prepared.scaled.program
    centre: Float64[np.ndarray, " n"] | None = None
    best = _Outcome(np.zeros(program.gradient.size), np.zeros(program.base.size), NOTHING)
    for _ in range(_SEQUENCE):
        split = split_of(program, centre)
        last = None
        for z, multipliers in attempt(split):
            last = split.trade(z)
            outcome = _nearest(prepared, split, last, multipliers)
            # Convergence is fast or has reached rounding: stop when a step no longer halves what is missing.
            if shortfall(outcome.certificate) < 0.5 * shortfall(best.certificate):
                best = outcome
            else:
                break
            if best.certificate.holds:
                return best
        if last is None or _is_settled(scaled, split, centre, last):
            return best
        centre = last
    return best


def _is_settled(
    scaled: Scaled, split: Split, centre: Float64[np.ndarray, " n"] | None, last: Float64[np.ndarray, " n"]
) -> bool:
    """Tell whether another centre would change nothing: it has not moved, or everything is laid out exactly."""
    if centre is not None and np.max(np.abs(last - centre)) <= _CLOSE * (1.0 + np.max(np.abs(last))):
        return True
    kink, every = scaled.program.kink, np.arange(last.size)
    ends = kink[every, scaled.program.count]
    whole = np.array_equal(split.reach_low, kink[:, 0]) and np.array_equal(split.reach_high, ends)
    return not scaled.has_power and bool(whole)


def _nearest(
    prepared: Prepared, split: Split, x: Float64[np.ndarray, " n"], multipliers: Float64[np.ndarray, " m"]
) -> _Outcome:
    """Return the better of a solver's point and what it settles to."""
    scaled = prepared.scaled
    trade, prices = x * scaled.unit, multipliers * split.size / scaled.row_norm
    best = _Outcome(trade, prices, NOTHING)
    for reach in _REACHES:
        outcome = settled(prepared, trade, prices, reach * max(1.0, split.size))
        if shortfall(outcome.certificate) < shortfall(best.certificate):
            best = outcome
        if best.certificate.holds:
            return best
    dust = 2e-12 * max(split.size, float(np.max(np.abs(x), initial=0.0)))
    outcome = _judged(prepared, np.where(np.abs(x) <= dust, 0.0, x) * scaled.unit, prices)
    return outcome if shortfall(outcome.certificate) < shortfall(best.certificate) else best


def shortfall(certificate: Certificate) -> float:
    """Return by which factor a certificate misses its tolerances.

    Parameters
    ----------
    certificate : Certificate
        Residuals.

    Returns
    -------
    float
        At most one if it holds. [pure]

    References
    ----------
    ``Certificate.holds``.
    """
    residual = certificate.kkt_residual
    near = certificate.feasibility if residual is None else residual
    return max(near / TOLERANCE, (certificate.loss or 0.0) / LOSS_TOLERANCE)


def _no_answer(prepared: Prepared, best: Certificate, chain: list[str]) -> SolveError:
    """Say why nothing was certified. No solver is asked whether the rows agree: the nearest point to them is found."""
    found = explain_conflict(prepared.problem, prepared.scaled) or explain_unbounded(prepared.problem, prepared.scaled)
    return found or SolveError(
        SolveFault.NOT_CONVERGED,
        f"no certified plan: the best KKT residual is {best.kkt_residual or 0.0:.1e} (at most {TOLERANCE:g}), its loss "
        f"{best.loss or 0.0:.1e} (at most {LOSS_TOLERANCE:g}); tried {', '.join(chain)}",
        "lower risk_aversion, loosen a band, or take out an instrument that nearly doubles another",
    )

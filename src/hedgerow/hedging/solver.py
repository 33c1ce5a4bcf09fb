"""Solving the convex problem with DAQP, PIQP behind it, and proving it.

Trades are split as x = p - n with p, n >= 0, which makes the cost linear. The data are equilibrated first (unit
diagonal Hessian, unit rows): on raw data with mixed units active-set solvers stop with a wrong answer and a
success code. More instruments than factors leave flat directions, so the solve is a proximal-point iteration
(Rockafellar 1976) that starts from no trade: it ends at an optimum of the problem as stated, near the smallest
one, deterministically. No return code is trusted, not even "infeasible": the certificate decides, and the chain of
attempts is recorded.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import SolveError, SolveFault
from hedgerow.hedging.certificate import LOSS_TOLERANCE, NOTHING, TOLERANCE, Certificate, certify
from hedgerow.hedging.problem import GreekBand, HedgeProblem

_PROXIMAL_WEIGHTS = (1e-9, 1e-7, 1e-5)
_PROXIMAL_STEPS = 60
_PIQP_TOLERANCE = 1e-12
_PRIMAL_TOLERANCE = 1e-12
_DUST = 2.0 * _PRIMAL_TOLERANCE
_CONFLICT = 1e-7
_UNBOUNDED = 1e30  # DAQP's infinity
_DAQP_OPTIMAL = 1


class _Outcome(NamedTuple):
    """What one attempt came to: its best point, if any."""

    x: Float64[np.ndarray, " n_instrument"] | None
    prices: Float64[np.ndarray, " n_band"] | None
    certificate: Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """A certified optimum of the continuous problem.

    Parameters
    ----------
    x : ndarray of shape (n_instrument,)
        Trade. [contracts]
    prices : ndarray of shape (n_band,)
        Multipliers of the bands. [numeraire per unit of the Greek]
    certificate : Certificate
        Its proof.
    chain : tuple of str
        What was tried, the last one with success. [text]
    """

    x: Float64[np.ndarray, " n_instrument"]
    prices: Float64[np.ndarray, " n_band"]
    certificate: Certificate
    chain: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scaled:
    """The split problem in equilibrated units: z = [p; n]/unit, rows divided by their norm."""

    hessian: Float64[np.ndarray, "n_split n_split"]
    linear: Float64[np.ndarray, " n_split"]
    rows: Float64[np.ndarray, "n_band n_split"]
    lower: Float64[np.ndarray, " n_constraint"]
    upper: Float64[np.ndarray, " n_constraint"]
    unit: Float64[np.ndarray, " n_instrument"]
    row_norm: Float64[np.ndarray, " n_band"]
    size: float


def solve(problem: HedgeProblem) -> Solution:
    """Find the optimal trade before rounding.

    Parameters
    ----------
    problem : HedgeProblem
        The problem.

    Returns
    -------
    Solution
        Trade, multipliers of the bands, and the proof. [contracts]

    Raises
    ------
    SolveError
        INFEASIBLE if no trade meets bands and boxes; NOT_CONVERGED if no certified answer was found.

    References
    ----------
    Arnström, Bemporad, Axehill (2022), "A dual active-set solver for embedded quadratic programming", IEEE TAC
    67:4362, doi 10.1109/TAC.2022.3176430. Schwan, Jiang, Kuhn, Jones (2023), "PIQP", CDC 2023, arXiv 2304.00290.
    Rockafellar (1976), SIAM J. Control Optim. 14:877, Theorem 1.
    """
    _check_reach(problem)
    if not problem.names:
        nothing, prices = np.zeros(0), np.zeros(len(problem.bands))
        return Solution(x=nothing, prices=prices, certificate=certify(problem, nothing, prices), chain=("none",))
    scaled = _equilibrate(problem)
    chain: list[str] = []
    outcomes: list[_Outcome] = []
    for name, attempt in _ATTEMPTS:
        outcome = attempt(problem, scaled)
        chain.append(name)
        outcomes.append(outcome)
        if outcome.x is not None and outcome.prices is not None and outcome.certificate.holds:
            return Solution(
                x=frozen(outcome.x),
                prices=frozen(outcome.prices),
                certificate=outcome.certificate,
                chain=tuple(chain),
            )
    raise _no_answer(problem, scaled, outcomes)


def _no_answer(problem: HedgeProblem, scaled: _Scaled, outcomes: list[_Outcome]) -> SolveError:
    """Say why nothing was certified. No solver is asked whether the bands agree: the nearest point to them is found."""
    gaps = _nearest_to_bands(scaled)
    if np.max(np.abs(gaps), initial=0.0) > _CONFLICT:
        at_odds = [j for j in range(len(problem.bands)) if abs(gaps[j]) > 0.01 * np.max(np.abs(gaps))]
        names = ", ".join(
            _conflict(problem.bands[j], float(gaps[j] * scaled.row_norm[j] * scaled.size)) for j in at_odds
        )
        return SolveError(
            SolveFault.INFEASIBLE,
            f"no trade meets these targets and limits together: {names}",
            "widen a band, raise a limit or add an instrument",
        )
    best = min((outcome.certificate for outcome in outcomes), key=_shortfall)
    return SolveError(
        SolveFault.NOT_CONVERGED,
        f"no certified plan: the best KKT residual is {best.kkt_residual:.1e} (at most {TOLERANCE:g}), its loss "
        f"{best.loss:.1e} (at most {LOSS_TOLERANCE:g})",
        "lower risk_aversion, loosen a band, or take out an instrument that nearly doubles another",
    )


def _shortfall(certificate: Certificate) -> float:
    """Return by which factor a certificate misses its tolerances."""
    return max(certificate.kkt_residual / TOLERANCE, certificate.loss / LOSS_TOLERANCE)


def _conflict(band: GreekBand, gap: float) -> str:
    return f"{band.name} in [{band.lower:g}, {band.upper:g}] is missed by {abs(gap):.3g}"


def _nearest_to_bands(scaled: _Scaled) -> Float64[np.ndarray, " n_band"]:
    """Return by how much each band is missed at the point of the boxes that is nearest to all of them.

    A least-squares problem that always has a solution: positive misses prove that the bands contradict each other
    or the boxes. [scaled units]
    """
    import piqp

    n, m = scaled.linear.size, scaled.rows.shape[0]
    upper = np.where(scaled.upper >= _UNBOUNDED, np.inf, scaled.upper)
    solver = piqp.DenseSolver()
    solver.settings.eps_abs = solver.settings.eps_rel = _PIQP_TOLERANCE
    solver.setup(
        np.diag(np.concatenate([np.full(n, 1e-14), np.ones(m)])),
        np.zeros(n + m),
        None,
        None,
        np.hstack([scaled.rows, np.eye(m)]),
        scaled.lower[n:],
        upper[n:],
        np.concatenate([scaled.lower[:n], np.full(m, -np.inf)]),
        np.concatenate([upper[:n], np.full(m, np.inf)]),
    )
    solver.solve()
    return np.asarray(solver.result.x)[n:]


def _check_reach(problem: HedgeProblem) -> None:
    """Refuse a band that lies beyond what the boxes allow, by name and with what can be reached."""
    for j, band in enumerate(problem.bands):
        row = problem.unit_greeks[j]
        reach = float(np.sum(np.abs(row[row != 0.0]) * problem.box[row != 0.0]))
        book = float(problem.book_greeks[j])
        slack = 1e-12 * (abs(book) + reach if np.isfinite(reach) else 0.0)
        if book - reach > band.upper + slack or book + reach < band.lower - slack:
            raise SolveError(
                SolveFault.INFEASIBLE,
                f"{band.name} is {book:.6g}; these instruments and limits move it only to between "
                f"{book - reach:.6g} and {book + reach:.6g}, outside [{band.lower:g}, {band.upper:g}]",
                "widen the band, raise a limit or add an instrument",
            )


def _equilibrate(problem: HedgeProblem) -> _Scaled:
    """Bring the problem to units in which its numbers are near one."""
    hessian, linear = problem.hessian, problem.gradient_at_zero
    diagonal = np.diag(hessian).copy()
    known = diagonal > 0.0
    fallback = np.where(np.isfinite(problem.box) & (problem.box > 0.0), problem.box, problem.lot)
    unit = np.where(known, 1.0 / np.sqrt(np.where(known, diagonal, 1.0)), fallback)
    q = hessian * np.outer(unit, unit)
    slope, charge = linear * unit, problem.cost * unit
    rows = problem.unit_greeks * unit
    norm = np.linalg.norm(rows, axis=1)
    norm[norm == 0.0] = 1.0
    lower = (problem.lower - problem.book_greeks) / norm
    upper = (problem.upper - problem.book_greeks) / norm
    # The size of the answer: how far the gradient pulls against the cost, or how far the bands push. Dividing by it
    # keeps absolute tolerances meaningful; z and the linear term shrink alike, so the quadratic term stays as it is.
    size = max(
        float(np.max(np.abs(slope) - charge, initial=0.0)),
        float(np.max(np.maximum(lower, -upper), initial=0.0)),
    )
    size = size if size > 0.0 else 1.0
    unit = unit * size
    with np.errstate(over="ignore"):  # a box beyond all numbers is none
        box = problem.box / unit
    return _Scaled(
        hessian=np.block([[q, -q], [-q, q]]),
        linear=np.concatenate([slope + charge, charge - slope]) / size,
        rows=np.hstack([rows, -rows]) / norm[:, None],
        lower=np.concatenate([np.zeros(2 * box.size), lower / size]),
        upper=np.concatenate([np.minimum(np.tile(box, 2), _UNBOUNDED), upper / size]),
        unit=unit,
        row_norm=norm,
        size=size,
    )


def _daqp(weight: float) -> Callable[[HedgeProblem, _Scaled], _Outcome]:
    """Return an attempt that iterates z <- argmin objective + weight/2·|z - z_old|², from no trade on."""

    def attempt(problem: HedgeProblem, scaled: _Scaled) -> _Outcome:
        import daqp

        n = scaled.linear.size
        model = daqp.Model()
        model.settings = {
            "primal_tol": _PRIMAL_TOLERANCE,
            "dual_tol": 1e-12,
            "eps_prox": 0.0,
            "iter_limit": 1000 + 50 * n,
        }
        hessian = scaled.hessian + weight * np.eye(n)
        flag, _ = model.setup(hessian, scaled.linear, scaled.rows, scaled.upper, scaled.lower)
        best = _Outcome(None, None, NOTHING)
        for _ in range(_PROXIMAL_STEPS if flag >= 0 else 0):
            z, _, flag, info = model.solve()
            if flag != _DAQP_OPTIMAL:
                return best
            found = _unscale(problem, scaled, np.asarray(z), np.asarray(info["lam"])[n:])
            # Convergence is fast or has reached rounding: stop when a step no longer halves what is missing.
            if not _shortfall(found.certificate) < 0.5 * _shortfall(best.certificate):
                return best
            best = found
            model.update(f=scaled.linear - weight * np.asarray(z))
        return best

    return attempt


def _piqp(problem: HedgeProblem, scaled: _Scaled) -> _Outcome:
    """Try an interior-point method, which does not mind how the constraints hang together."""
    import piqp

    n = scaled.linear.size
    upper = np.where(scaled.upper >= _UNBOUNDED, np.inf, scaled.upper)
    solver = piqp.DenseSolver()
    solver.settings.eps_abs = solver.settings.eps_rel = _PIQP_TOLERANCE
    solver.setup(
        scaled.hessian, scaled.linear, None, None, scaled.rows, scaled.lower[n:], upper[n:], scaled.lower[:n], upper[:n]
    )  # fmt: skip
    solver.solve()
    result = solver.result
    return _unscale(problem, scaled, np.asarray(result.x), np.asarray(result.z_u) - np.asarray(result.z_l))


_ATTEMPTS: tuple[tuple[str, Callable[[HedgeProblem, _Scaled], _Outcome]], ...] = (
    *((f"daqp, proximal weight {weight:g}", _daqp(weight)) for weight in _PROXIMAL_WEIGHTS),
    ("piqp", _piqp),
)


def _unscale(problem: HedgeProblem, scaled: _Scaled, z: np.ndarray, multipliers: np.ndarray) -> _Outcome:
    """Return to original units, take rounding dust for the zero that it is, and certify there."""
    n = len(problem.names)
    held = z[:n] - z[n:]
    rounding = np.finfo(np.float64).eps * float(np.max(np.abs(scaled.linear)))
    dust = _DUST * max(1.0, float(np.max(np.abs(held)))) + rounding
    held = np.where(np.abs(held) <= dust, 0.0, held)
    x = np.clip(held * scaled.unit, -problem.box, problem.box)
    # The objective was divided by size², a row by its norm and size.
    prices = multipliers * scaled.size / scaled.row_norm
    return _Outcome(x, prices, certify(problem, x, prices))

# mypy: disable-error-code="arg-type, attr-defined, no-any-return, operator"
"""The hedge problem once more, written from its definition for cvxpy: an oracle of its own."""

import contextlib
import itertools
import warnings
from collections.abc import Iterator

import cvxpy as cp
import numpy as np

from hedge_problems import in_units
from hedgerow.hedging import HedgeProblem, RiskMeasure, ScenarioRisk


class OracleFailed(Exception):
    """Clarabel gave up on a problem: there is nothing to compare with."""


class Oracle:
    """A problem in cvxpy; what may be traded is a parameter.

    Parameters
    ----------
    problem : HedgeProblem
        The problem; fixed charges and smallest trades stay outside.
    """

    def __init__(self, problem: HedgeProblem) -> None:
        # Units of near one, so that Clarabel's absolute tolerances mean something.
        diagonal = np.diag(problem.hessian)
        unit = np.where(diagonal > 0.0, 1.0 / np.sqrt(np.where(diagonal > 0.0, diagonal, 1.0)), 1.0)
        money = 1.0 / max(float(np.max(np.abs(problem.gradient_at_zero * unit), initial=0.0)), 1e-300)
        if problem.tail is not None or not np.any(problem.gradient_at_zero):
            money = 1.0
        self.unit, self.money = unit, money
        here = in_units(problem, unit, money)
        n = len(problem.names)
        x = self.x = cp.Variable(n)
        after = here.held + x
        self.lower, self.upper = cp.Parameter(n), cp.Parameter(n)
        cost, rules = self._trading(here)
        factor = (
            np.linalg.cholesky(here.covariance + 0.0) if np.any(here.covariance) else np.zeros_like(here.covariance)
        )
        loads = here.book_loads + here.unit_loads @ x
        cost += 0.5 * here.risk_aversion * cp.sum_squares(factor.T @ loads)
        for i, holding in enumerate(here.holding):
            cost += holding.long * after[i] + (holding.long + holding.short) * cp.neg(after[i])
        for j, band in enumerate(here.bands):
            row = (here.book_greeks[j] + here.unit_greeks[j] @ x) / np.linalg.norm(here.unit_greeks[j])
            norm = float(np.linalg.norm(here.unit_greeks[j]))
            rules += [row == band.lower / norm] if band.lower == band.upper else []
            rules += [row >= band.lower / norm, row <= band.upper / norm] if band.lower < band.upper else []
        for limit in here.limits:
            gross = limit.long @ after + (limit.long + limit.short) @ cp.neg(after)
            rules.append(limit.start + limit.linear @ x + gross <= limit.upper)
        if here.tail is not None:
            cost += here.tail.weight * _measure(here.tail, -(here.tail.book_pnl + here.tail.unit_pnl @ x))
        rules += [x >= self.lower, x <= self.upper]
        self.program = cp.Problem(cp.Minimize(cost), rules)
        self.allow(problem.trade_lower, problem.trade_upper)

    def _trading(self, here: HedgeProblem) -> tuple[cp.Expression, list[cp.Constraint]]:
        """What trading costs: how much is taken of each piece of each side."""
        cost, rules = cp.Constant(0.0), []
        for i, curve in enumerate(here.curves):
            net = cp.Constant(0.0)
            for side, sign in ((curve.buy, 1.0), (curve.sell, -1.0)):
                taken = cp.Variable(side.size.size, nonneg=True)
                ends = np.isfinite(side.size)
                if ends.any():
                    rules.append(taken[np.flatnonzero(ends)] <= side.size[ends])
                cost += side.price @ taken + 0.5 * cp.sum(cp.multiply(side.slope, cp.square(taken)))
                net += sign * cp.sum(taken)
            rules.append(self.x[i] == net)
            if curve.impact:
                cost += curve.impact * cp.power(cp.abs(self.x[i]), 1.5)
        return cost, rules

    def allow(self, lower: np.ndarray, upper: np.ndarray) -> None:
        """Set what may be traded, in the problem's own contracts."""
        self.lower.value = np.maximum(lower / self.unit, -1e6)
        self.upper.value = np.minimum(upper / self.unit, 1e6)

    def solve(self, accuracy: float = 1e-11) -> tuple[float, np.ndarray] | None:
        """Return objective and trade of the optimum, or None if the rows cannot be met."""
        for tolerance in (accuracy, 100.0 * accuracy, 1e-7):  # where it cannot be as accurate as that
            given = {"tol_gap_abs": tolerance, "tol_gap_rel": tolerance, "tol_feas": tolerance}
            with warnings.catch_warnings(), contextlib.suppress(cp.SolverError):
                warnings.simplefilter("ignore")  # of inaccurate answers, which are tried again
                self.program.solve(solver=cp.CLARABEL, **given)  # type: ignore[no-untyped-call]
            if self.program.status == "infeasible":
                return None
            if self.program.status == "optimal":
                return float(self.program.value) / self.money, np.asarray(self.x.value) * self.unit
        raise OracleFailed(self.program.status)


def _measure(risk: ScenarioRisk, losses: cp.Expression) -> cp.Expression:
    count = risk.book_pnl.size
    if risk.measure is RiskMeasure.WORST:
        return cp.max(losses)
    if risk.measure is RiskMeasure.ENTROPIC:
        return (cp.log_sum_exp(risk.level * losses) - np.log(count)) / risk.level
    quantile = cp.Variable()
    return quantile + cp.sum(cp.pos(losses - quantile)) / ((1.0 - risk.level) * count)


def enumerated(problem: HedgeProblem, *, ways: bool) -> float:
    """Return the best objective over all subsets of instruments; with `ways`, over who buys and who sells, at least the
    smallest trade or a lot."""
    oracle, best = Oracle(problem), np.inf
    for choice in _choices(len(problem.names), ways=ways):
        least = np.maximum(problem.least, problem.lot)
        lower = np.where(
            choice == 0, 0.0, np.where(choice == 1, np.maximum(least, problem.trade_lower), problem.trade_lower)
        )
        upper = np.where(
            choice == 0, 0.0, np.where(choice == -1, np.minimum(-least, problem.trade_upper), problem.trade_upper)
        )
        if np.any(lower > upper) or np.any(lower > problem.trade_upper) or np.any(upper < problem.trade_lower):
            continue
        oracle.allow(lower, upper)
        found = oracle.solve(1e-9)
        if found is not None:
            charge = sum(curve.fixed for curve, way in zip(problem.curves, choice, strict=True) if way)
            best = min(best, found[0] + charge)
    return best


def _choices(n: int, *, ways: bool) -> Iterator[np.ndarray]:
    """Nothing, or a trade: 1 to buy and -1 to sell where the way matters, else 2."""
    for choice in itertools.product((0, 1, -1) if ways else (0, 2), repeat=n):
        yield np.array(choice)

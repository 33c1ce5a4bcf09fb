"""cvxpy: problems as it states them, with parameters and rebuilt; Clarabel solves them."""

# mypy: disable-error-code="attr-defined, no-untyped-call, import-not-found"
# What cvxpy exports, and of what type, it tells nobody.

from collections.abc import Callable
from typing import Any

import cvxpy as cp
import numpy as np
from hedging import case_of, count_cases, one_by_one, stream
from numpy.typing import NDArray
from stopwatch import Columns, Job, measure


class Stated:
    """One case as a cvxpy problem; the pull of the book and the bands' ends are parameters."""

    def __init__(self, case: Columns) -> None:
        n, bands = case["cost"].size, case["band"].size
        self.case, self.x = case, cp.Variable(n)
        self.pull, self.low, self.high = cp.Parameter(n), cp.Parameter(bands), cp.Parameter(bands)
        root = np.linalg.cholesky(case["covariance"]).T @ case["unit_loads"] if case["covariance"].any() else None
        size, greeks = cp.abs(self.x), case["unit_greeks"] @ self.x
        terms = [case["cost"] @ size]
        if root is not None:
            quadratic = 0.5 * cp.sum(cp.multiply(case["quadratic"], cp.square(self.x)))
            terms += [0.5 * cp.sum_squares(root @ self.x), self.pull @ self.x, quadratic]
        if "power" in case:
            terms.append(case["power"] @ cp.power(size, 1.5))
        if "book_pnl" in case:
            losses = -case["book_pnl"] - case["unit_pnl"] @ self.x
            terms.append(cp.cvar(losses, float(case["level"])))
        rows = [greeks >= self.low, greeks <= self.high, size <= case["most"]]
        self.problem = cp.Problem(cp.Minimize(sum(terms)), [*rows, case["margin"] @ size <= case["most_margin"]])
        self.move(case["book_loads"], case["book_greeks"])

    def move(self, loads: NDArray[np.float64], greeks: NDArray[np.float64]) -> None:
        """Set the parameters to the book's exposures."""
        band = self.case["band"]
        self.pull.value = self.case["unit_loads"].T @ (self.case["covariance"] @ loads)
        self.low.value, self.high.value = -band - greeks, band - greeks

    def answer(self) -> Any:
        """Solve; None without an answer."""
        self.problem.solve(solver=cp.CLARABEL, max_threads=1)
        return None if self.x.value is None else np.array(self.x.value)


def updated(columns: Columns) -> Job:
    """Set parameters of one problem."""
    stated = Stated(case_of(columns, 0))

    def answer(tick: int) -> Any:
        stated.move(columns["book_loads"][tick], columns["book_greeks"][tick])
        return stated.answer()

    return stream(columns, answer, "parameters (DPP), Clarabel")


def _rebuilt(how: Callable[..., Job]) -> Callable[[Columns], Job]:
    def job(columns: Columns) -> Job:
        cases = [case_of(columns, i) for i in range(count_cases(columns))]
        return how(columns, lambda i: Stated(cases[i]).answer(), "stated anew, Clarabel")

    return job


JOBS = {
    "ticks, DPP": updated,
    "ticks, rebuilt": _rebuilt(stream),
    "impact": updated,
    "cvar": _rebuilt(one_by_one),
}

if __name__ == "__main__":
    measure("cvxpy", "cvxpy", JOBS)

"""HiGHS: quadratic programs, a CVaR as linear program and as its dual, charges and lots by outer approximation."""

# mypy: disable-error-code="import-not-found, import-untyped, no-untyped-call"
# The framework is not installed where the repository is type-checked.

import time
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp
from hedging import Array, case_of, count_cases, one_by_one, programs_of, stream, tail_dual_cost, tail_dual_of
from stopwatch import Columns, Job, measure

LIMIT_S = 5.0
_GAP = 1e-4
_ROUNDS = 100


def _new() -> Any:
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    model.setOptionValue("threads", 1)
    return model


def _linear(cost: Array, matrix: Any, rows: tuple[Array, Array], lower: Array, upper: Array) -> Any:
    """Return a linear program: rows and columns between their ends."""
    columns = sp.csc_matrix(matrix)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = cost.size, columns.shape[0]
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, lower, upper
    lp.row_lower_, lp.row_upper_ = rows
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = columns.indptr, columns.indices, columns.data
    return lp


def ticks(columns: Columns) -> Job:
    """Pass each quadratic program anew: its active-set solver takes no warm start."""
    programs = programs_of(columns)
    n = programs[0].f.size
    triangle = sp.csc_matrix(np.tril(programs[0].H))
    hessian = highspy.HighsHessian()
    hessian.dim_, hessian.format_ = n, highspy.HessianFormat.kTriangular
    hessian.start_, hessian.index_, hessian.value_ = triangle.indptr, triangle.indices, triangle.data
    given = [_linear(p.f, p.A, (p.lower[n:], p.upper[n:]), p.lower[:n], p.upper[:n]) for p in programs]

    def answer(tick: int) -> Any:
        model = _new()
        model.passModel(given[tick])
        model.passHessian(hessian)
        model.run()
        solved = model.getModelStatus() == highspy.HighsModelStatus.kOptimal
        return np.array(model.getSolution().col_value) if solved else None

    return stream(columns, answer, "cold, its defaults")


def _dual(case: Columns) -> Any:
    dual = tail_dual_of(case)
    return _linear(-dual.cost, dual.matrix, (dual.lower, dual.upper), np.zeros(dual.most.size), dual.most)


def _trade(model: Any, n: int) -> Any:
    """Return the multipliers of a dual's rows: bought and sold."""
    if model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return np.abs(np.array(model.getSolution().row_dual)[: 2 * n])


def tail_dual(columns: Columns) -> Job:
    """Solve the dual with one column for each scenario."""
    given = [_dual(case_of(columns, i)) for i in range(count_cases(columns))]
    n = columns["cost"].shape[-1]

    def answer(case: int) -> Any:
        model = _new()
        model.passModel(given[case])
        model.run()
        return _trade(model, n)

    return one_by_one(columns, answer, "the dual, a column for each scenario")


def tail_dual_warm(columns: Columns) -> Job:
    """Change the dual's costs at each tick, go on from the last basis: it stays feasible."""
    costs = [-tail_dual_cost(case_of(columns, i)) for i in range(count_cases(columns))]
    n, every = columns["cost"].shape[-1], np.arange(costs[0].size, dtype=np.int32)
    model = _new()
    model.passModel(_dual(case_of(columns, 0)))
    model.run()
    model.setOptionValue("simplex_strategy", 4)  # primal: the basis is feasible, not optimal

    def answer(tick: int) -> Any:
        model.changeColsCost(every.size, every, costs[tick])
        model.run()
        return _trade(model, n)

    return stream(columns, answer, "the dual, from the last basis")


def _primal(case: Columns) -> Any:
    """Columns: bought, sold, the quantile, and what each scenario loses beyond it."""
    n, scenarios, pnl = case["cost"].size, case["book_pnl"].size, case["unit_pnl"]
    count = (1.0 - float(case["level"])) * scenarios
    beyond = sp.hstack([sp.csr_matrix(np.hstack([pnl, -pnl, np.ones((scenarios, 1))])), sp.eye(scenarios)])
    rest = np.vstack([np.hstack([case["unit_greeks"], -case["unit_greeks"]]), np.tile(case["margin"], 2)])
    padded = sp.hstack([sp.csr_matrix(rest), sp.csr_matrix((rest.shape[0], 1 + scenarios))])
    lower = np.concatenate([-case["book_pnl"], -case["band"] - case["book_greeks"], [-np.inf]])
    upper = np.concatenate([np.full(scenarios, np.inf), case["band"] - case["book_greeks"], [case["most_margin"]]])
    cost = np.concatenate([np.tile(case["cost"], 2), [1.0], np.full(scenarios, 1.0 / count)])
    least = np.concatenate([np.zeros(2 * n), [-np.inf], np.zeros(scenarios)])
    most = np.concatenate([np.tile(case["most"], 2), np.full(1 + scenarios, np.inf)])
    return _linear(cost, sp.vstack([beyond, padded]), (lower, upper), least, most)


def tail_primal(columns: Columns) -> Job:
    """Solve the program as Rockafellar and Uryasev state it."""
    given = [_primal(case_of(columns, i)) for i in range(count_cases(columns))]
    n = columns["cost"].shape[-1]

    def answer(case: int) -> Any:
        model = _new()
        model.passModel(given[case])
        model.run()
        solved = model.getModelStatus() == highspy.HighsModelStatus.kOptimal
        return np.array(model.getSolution().col_value[: 2 * n]) if solved else None

    return one_by_one(columns, answer, "the primal, a row for each scenario")


class _Outer:
    """A mixed-integer linear program whose rows touch the quadratic terms from below, and more of them.

    Columns: bought, sold, chosen, half the square of each risk, half the square of each trade.
    """

    def __init__(self, case: Columns, *, in_lots: bool) -> None:
        self.case, self.n = case, case["cost"].size
        self.unit = case["lot"] if in_lots else np.ones(self.n)
        root = np.linalg.cholesky(case["covariance"]).T
        self.reach, self.start = root @ case["unit_loads"], root @ case["book_loads"]
        self.model = self._stated(in_lots)
        for y in np.linspace(-1.0, 1.0, 9):
            self.cut(y * np.maximum(2.0, 1.2 * np.abs(self.start)), case["most"] * (0.25 + 0.4 * abs(y)))

    def _stated(self, in_lots: bool) -> Any:
        case, n, unit, factors = self.case, self.n, self.unit, self.start.size
        most = np.round(case["most"] / unit) if in_lots else case["most"]
        wide, one = 3 * n + factors + n, np.eye(n)
        bands, margin = case["unit_greeks"] * unit, case["margin"] * unit
        rows = np.zeros((bands.shape[0] + 1 + n, wide))
        rows[: len(bands), : 2 * n] = np.hstack([bands, -bands])
        rows[len(bands), : 2 * n] = np.tile(margin, 2)
        rows[len(bands) + 1 :, : 3 * n] = np.hstack([one, one, -np.diag(most)])
        low = np.concatenate([-case["band"] - case["book_greeks"], np.full(1 + n, -np.inf)])
        high = np.concatenate([case["band"] - case["book_greeks"], [case["most_margin"]], np.zeros(n)])
        cost = np.concatenate([np.tile(case["cost"] * unit, 2), case["fixed"], np.ones(factors + n)])
        upper = np.concatenate([np.tile(most, 2), np.ones(n), np.full(factors + n, np.inf)])
        lp = _linear(cost, rows, (low, high), np.zeros(wide), upper)
        whole, free = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
        lp.integrality_ = [whole if in_lots else free] * (2 * n) + [whole] * n + [free] * (factors + n)
        model = _new()
        model.setOptionValue("mip_rel_gap", 0.25 * _GAP)
        model.passModel(lp)
        return model

    def cut(self, risk: Array, trade: Array) -> None:
        """Add the rows that touch at a risk by factor and a size by instrument."""
        n, factors = self.n, self.start.size
        index = np.arange(2 * n, dtype=np.int32)
        for f in range(factors):
            slope = risk[f] * self.reach[f] * self.unit
            columns = np.append(index, np.int32(3 * n + f))
            end = 0.5 * risk[f] ** 2 - risk[f] * self.start[f]
            self.model.addRow(-np.inf, end, columns.size, columns, np.concatenate([slope, -slope, [-1.0]]))
        bend = self.case["quadratic"]
        for i in np.flatnonzero(trade):
            columns = np.array([i, n + i, 3 * n + factors + i], dtype=np.int32)
            slope = bend[i] * trade[i] * self.unit[i]
            end = 0.5 * bend[i] * trade[i] ** 2
            self.model.addRow(-np.inf, end, 3, columns, np.array([slope, slope, -1.0]))

    def worth(self, x: Array) -> float:
        """Return the objective of a trade."""
        case, size = self.case, np.abs(x)
        risk = self.start + self.reach @ x
        charged = case["fixed"] @ (size > 1e-7 * case["most"])
        return float(0.5 * risk @ risk + case["cost"] @ size + 0.5 * case["quadratic"] @ size**2 + charged)


def _outer(case: Columns, *, in_lots: bool) -> Any:
    """Solve, touch the quadratic terms at the answer, and again, until both are as good or time is over."""
    begun, outer = time.perf_counter(), _Outer(case, in_lots=in_lots)
    n, model, best, worth = outer.n, outer.model, None, np.inf
    for _ in range(_ROUNDS):
        left = LIMIT_S - (time.perf_counter() - begun)
        if left <= 0.0:
            break
        model.setOptionValue("time_limit", model.getRunTime() + left)
        model.run()
        z = np.array(model.getSolution().col_value)
        if not z.size or not model.getInfo().primal_solution_status:
            break
        counts = z[:n] - z[n : 2 * n]
        x = outer.unit * (np.round(counts) if in_lots else counts)
        if outer.worth(x) < worth:
            best, worth = x, outer.worth(x)
        if worth - model.getInfo().mip_dual_bound <= _GAP * abs(worth):
            break
        outer.cut(outer.start + outer.reach @ x, np.abs(x))
    return best


def charged(columns: Columns, *, in_lots: bool) -> Job:
    """Solve mixed-integer programs until the gap is 1e-4 or the limit of time is reached."""
    cases = [case_of(columns, i) for i in range(count_cases(columns))]
    what = f"outer approximation, gap 1e-4, at most {LIMIT_S:g} s"
    return one_by_one(columns, lambda i: _outer(cases[i], in_lots=in_lots), what)


JOBS = {
    "ticks": ticks,
    "cvar, dual": tail_dual,
    "cvar, primal": tail_primal,
    "cvar_warm, dual": tail_dual_warm,
    "fixed": lambda columns: charged(columns, in_lots=False),
    "lots": lambda columns: charged(columns, in_lots=True),
}

if __name__ == "__main__":
    measure("HiGHS", "highspy", JOBS)

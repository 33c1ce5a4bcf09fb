"""SCIP: charges and lots as a mixed-integer quadratic program."""

# mypy: disable-error-code="import-not-found, import-untyped"
# The framework is not installed where the repository is type-checked.

from typing import Any

import numpy as np
from hedging import case_of, count_cases, one_by_one
from pyscipopt import Model, quicksum
from stopwatch import Columns, Job, measure

LIMIT_S = 5.0
_GAP = 1e-4


def solve(case: Columns, *, in_lots: bool) -> Any:
    """State and solve one problem; None if no trade was found in time."""
    model = Model()
    model.hideOutput()
    model.setParam("limits/time", LIMIT_S if in_lots else 60.0)
    model.setParam("limits/gap", _GAP)
    n = case["cost"].size
    unit = case["lot"] if in_lots else np.ones(n)
    most = np.round(case["most"] / unit) if in_lots else case["most"]
    kind = "I" if in_lots else "C"
    bought, sold = ([model.addVar(vtype=kind, lb=0.0, ub=float(m)) for m in most] for _ in range(2))
    chosen = [model.addVar(vtype="B") for _ in range(n)]
    x = [unit[i] * (bought[i] - sold[i]) for i in range(n)]
    size = [unit[i] * (bought[i] + sold[i]) for i in range(n)]
    root = np.linalg.cholesky(case["covariance"]).T
    reach, start = root @ case["unit_loads"], root @ case["book_loads"]
    risk = [model.addVar(lb=-1e4, ub=1e4) for _ in start]
    for f, y in enumerate(risk):
        model.addCons(y == start[f] + quicksum(reach[f, i] * x[i] for i in range(n)))
    for greeks, start_greek, band in zip(case["unit_greeks"], case["book_greeks"], case["band"], strict=True):
        hedged = quicksum(greeks[i] * x[i] for i in range(n)) + start_greek
        model.addCons(hedged <= band)
        model.addCons(hedged >= -band)
    model.addCons(quicksum(case["margin"][i] * size[i] for i in range(n)) <= case["most_margin"])
    for i in range(n):
        model.addCons(bought[i] + sold[i] <= float(most[i]) * chosen[i])
    worth = model.addVar(lb=0.0)
    bend = quicksum(0.5 * case["quadratic"][i] * x[i] * x[i] for i in range(n))
    model.addCons(worth >= 0.5 * quicksum(y * y for y in risk) + bend)
    costs = quicksum(case["cost"][i] * size[i] + case["fixed"][i] * chosen[i] for i in range(n))
    model.setObjective(worth + costs)
    model.optimize()
    if model.getNSols() == 0:
        return None
    counts = np.array([model.getVal(bought[i]) - model.getVal(sold[i]) for i in range(n)])
    return unit * (np.round(counts) if in_lots else counts)


def charged(columns: Columns, *, in_lots: bool) -> Job:
    """Solve one problem after the other, stated anew."""
    cases = [case_of(columns, i) for i in range(count_cases(columns))]
    what = f"gap 1e-4, at most {LIMIT_S if in_lots else 60.0:g} s"
    return one_by_one(columns, lambda i: solve(cases[i], in_lots=in_lots), what)


JOBS = {
    "fixed": lambda columns: charged(columns, in_lots=False),
    "lots": lambda columns: charged(columns, in_lots=True),
}

if __name__ == "__main__":
    measure("SCIP", "pyscipopt", JOBS)

"""The programs that the optimizer's peers are given are the tasks."""

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy.optimize import linprog

from hedgerow.bench.optimizer_task import case_of, make_task, objective, violation
from hedgerow.bench.ours_optimizer import problem_of
from hedgerow.hedging import solve

PEERS = Path(__file__).parents[3] / "benches" / "peers"


@pytest.fixture
def hedging(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(PEERS))
    import hedging  # type: ignore[import-not-found]

    monkeypatch.delitem(sys.modules, "hedging")
    module: ModuleType = hedging
    return module


def test_programs_have_the_objective_and_the_rows_of_the_task(hedging: ModuleType) -> None:
    case = case_of(make_task("tick_20", cases=2), 1)
    program = hedging.program_of(case)
    none = objective(case, np.zeros(20))
    rng = np.random.default_rng(3)
    for size in (1e-3, 0.3, 1.2):
        x = size * rng.uniform(-1.0, 1.0, 20) * case["most"]
        z = np.concatenate([np.maximum(x, 0.0), np.maximum(-x, 0.0)])
        worth = 0.5 * z @ program.H @ z + program.f @ z
        assert worth == pytest.approx(objective(case, x) - none, rel=1e-10)
        rows = np.concatenate([z, program.A @ z])
        assert bool(np.all((rows >= program.lower) & (rows <= program.upper))) == (violation(case, x) == 0.0)
    best = solve(problem_of(case)).x
    z = np.concatenate([np.maximum(best, 0.0), np.maximum(-best, 0.0)])
    rows = np.concatenate([z, program.A @ z])
    assert np.all((rows >= program.lower - 1e-9) & (rows <= program.upper + 1e-9))


def test_the_dual_of_a_tail_has_its_optimum_and_the_trade_as_multipliers(hedging: ModuleType) -> None:
    case = case_of(make_task("cvar", cases=1, scenarios=200), 0)
    dual = hedging.tail_dual_of(case)
    above, below = np.isfinite(dual.upper), np.isfinite(dual.lower)
    found = linprog(
        -dual.cost,
        A_ub=np.vstack([dual.matrix[above], -dual.matrix[below]]),
        b_ub=np.concatenate([dual.upper[above], -dual.lower[below]]),
        bounds=list(zip(np.zeros(dual.most.size), dual.most, strict=True)),
        method="highs",
    )
    split = np.abs(found.ineqlin.marginals[int(above.sum()) :][:40])
    x = split[:20] - split[20:]
    assert violation(case, x) < 1e-9
    assert objective(case, x) == pytest.approx(-found.fun, rel=1e-9)
    assert objective(case, solve(problem_of(case)).x) >= -found.fun * (1.0 - 1e-9)
    assert np.array_equal(hedging.tail_dual_cost(case), dual.cost)

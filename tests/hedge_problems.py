"""Generated hedge problems, and an independent solver for them."""

import clarabel
import numpy as np
import scipy.sparse as sp

from hedgerow.hedging import GreekBand, HedgeProblem


def generated(
    seed: int, *, n: int = 12, m: int = 3, decades: float = 0.0, cost: float = 0.01, exact: bool = True
) -> HedgeProblem:
    """Make a feasible problem: m bands, boxes on about half of the instruments, units spread over 2·decades."""
    rng = np.random.default_rng(seed)
    n_factor = 6
    unit = 10.0 ** rng.uniform(-decades, decades, n)
    loads = rng.normal(size=(n_factor, n)) * unit
    book = rng.normal(size=n_factor) * 10.0 ** rng.uniform(-decades, decades)
    root = rng.normal(size=(n_factor, n_factor))
    greeks = rng.normal(size=(m, n)) * unit * 10.0 ** rng.uniform(-decades, decades, (m, 1))
    inside = rng.normal(size=n) * abs(book).max() / unit
    book_greeks = -greeks @ inside
    width = abs(book_greeks) * (np.zeros(m) if exact else rng.choice([0.0, 0.1], m))
    return HedgeProblem(
        names=tuple(f"instrument {i}" for i in range(n)),
        book_loads=book,
        unit_loads=loads,
        covariance=root @ root.T / n_factor,
        risk_aversion=10.0 ** rng.uniform(-decades, 0.0),
        cost=cost * rng.uniform(0.0, 1.0, n) * abs(book).max() * unit,
        bands=tuple(GreekBand(name=f"greek {j}", lower=-width[j], upper=width[j]) for j in range(m)),
        book_greeks=book_greeks,
        unit_greeks=greeks,
        box=np.where(rng.random(n) < 0.5, np.inf, 10.0 * abs(inside)),
        lot=1e-3 * abs(book).max() / unit,
    )


def clarabel_objective(problem: HedgeProblem) -> float | None:
    """Solve with Clarabel, which shares nothing with the solver under test; None if it gives up."""
    n = len(problem.names)
    unit = 1.0 / np.sqrt(np.diag(problem.hessian))
    hessian = problem.hessian * np.outer(unit, unit)
    linear, charge = problem.gradient_at_zero * unit, problem.cost * unit
    size = max(abs(linear).max(), 1e-300)
    rows = problem.unit_greeks * unit * size
    norm = np.linalg.norm(rows, axis=1)
    norm[norm == 0.0] = 1.0
    rows = rows / norm[:, None]
    lower = (np.array([band.lower for band in problem.bands]) - problem.book_greeks) / norm
    upper = (np.array([band.upper for band in problem.bands]) - problem.book_greeks) / norm
    boxed = np.tile(np.isfinite(problem.box), 2)
    box = np.tile(problem.box / (unit * size), 2)
    constraints = np.vstack([-np.eye(2 * n), np.eye(2 * n)[boxed], np.hstack([rows, -rows]), np.hstack([-rows, rows])])
    right = np.concatenate([np.zeros(2 * n), box[boxed], upper, -lower])
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-12
    solution = clarabel.DefaultSolver(
        sp.csc_matrix(np.triu(np.block([[hessian, -hessian], [-hessian, hessian]]))),
        np.concatenate([linear + charge, charge - linear]) / size,
        sp.csc_matrix(constraints),
        right,
        [clarabel.NonnegativeConeT(right.size)],
        settings,
    ).solve()
    if str(solution.status) not in ("Solved", "AlmostSolved"):
        return None
    split = np.asarray(solution.x)
    return problem.objective((split[:n] - split[n:]) * unit * size)

# mypy: disable-error-code="arg-type, attr-defined, no-any-return, operator"
"""Generated hedge problems, and an independent solver for them."""

import dataclasses
from typing import Any

import clarabel
import numpy as np
import scipy.sparse as sp

from cost_curves import random_curve
from hedgerow.costs import CostCurve, CostSide, HoldingCost, proportional
from hedgerow.hedging import GreekBand, HedgeProblem, Limit, RiskMeasure, ScenarioRisk


def proportionals(costs: np.ndarray) -> tuple[CostCurve, ...]:
    """One cost per contract for each instrument."""
    return tuple(proportional(float(cost)) for cost in costs)


def boxed(box: np.ndarray) -> dict[str, Any]:
    """The largest trade either way."""
    return {"trade_lower": -box, "trade_upper": box}


def costs_of(problem: HedgeProblem) -> np.ndarray:
    """Cost per contract of each instrument, where all are proportional."""
    return np.array([curve.buy.price[0] for curve in problem.curves])


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
        curves=proportionals(cost * rng.uniform(0.0, 1.0, n) * abs(book).max() * unit),
        bands=tuple(GreekBand(name=f"greek {j}", lower=-width[j], upper=width[j]) for j in range(m)),
        book_greeks=book_greeks,
        unit_greeks=greeks,
        **boxed(np.where(rng.random(n) < 0.5, np.inf, 10.0 * abs(inside))),
        lot=1e-3 * abs(book).max() / unit,
    )


def in_units(problem: HedgeProblem, unit: np.ndarray, money: float = 1.0) -> HedgeProblem:
    """State a problem in other contracts, each worth `unit` old ones, and in a numeraire worth 1/money of the old one.

    An optimum x becomes x / unit, an objective is `money` times what it was.
    """

    def side(one: CostSide, size: float) -> CostSide:
        return CostSide(size=one.size / size, price=one.price * size * money, slope=one.slope * size**2 * money)

    tail = problem.tail
    if tail is not None:
        level = tail.level / money if tail.measure is RiskMeasure.ENTROPIC else tail.level
        tail = dataclasses.replace(
            tail, book_pnl=tail.book_pnl * money, unit_pnl=tail.unit_pnl * unit * money, level=level
        )
    return dataclasses.replace(
        problem,
        book_loads=problem.book_loads * money,
        unit_loads=problem.unit_loads * unit * money,
        risk_aversion=problem.risk_aversion / money,
        curves=tuple(
            CostCurve(
                buy=side(curve.buy, size),
                sell=side(curve.sell, size),
                impact=curve.impact * size**1.5 * money,
                fixed=curve.fixed * money,
            )
            for curve, size in zip(problem.curves, unit.tolist(), strict=True)
        ),
        unit_greeks=problem.unit_greeks * unit,
        limits=tuple(
            dataclasses.replace(one, linear=one.linear * unit, long=one.long * unit, short=one.short * unit)
            for one in problem.limits
        ),
        trade_lower=problem.trade_lower / unit,
        trade_upper=problem.trade_upper / unit,
        lot=problem.lot / unit,
        least=problem.least / unit,
        held=problem.held / unit,
        holding=tuple(
            HoldingCost(long=one.long * size * money, short=one.short * size * money)
            for one, size in zip(problem.holding, unit.tolist(), strict=True)
        ),
        tail=tail,
    )


def varied(
    seed: int,
    *,
    n: int = 6,
    m: int = 2,
    limits: int = 2,
    depth: bool = True,
    quadratic: bool = False,
    impact: bool = False,
    holding: bool = True,
    forced: bool = False,
    fixed: float = 0.0,
    tail: RiskMeasure | None = None,
    variance: bool = True,
    scenarios: int = 200,
) -> HedgeProblem:
    """Make a feasible problem of everything that is asked for; it is feasible because one trade was chosen first."""
    rng = np.random.default_rng(seed)
    root, loads = rng.normal(size=(6, 6)), rng.normal(size=(6, n))
    curves = []
    for _ in range(n):
        power = float(rng.uniform(0.0, 0.5)) if impact else 0.0
        charge = fixed * float(rng.uniform(0.5, 1.5))
        slope = float(rng.uniform(0.0, 0.3)) if quadratic else 0.0
        deep = random_curve(rng, impact=power)
        curve = deep if depth else proportional(float(rng.uniform(0.0, 1.0)), quadratic=slope, impact=power, most=40.0)
        curves.append(dataclasses.replace(curve, fixed=charge))
    inside = np.array([np.clip(rng.normal() * 4.0, -0.8 * curve.most_sell, 0.8 * curve.most_buy) for curve in curves])
    inside = np.round(inside, 3)  # in whole lots
    held = np.round(rng.normal(size=n) * 5.0, 1) * rng.integers(0, 2, n)
    lower, upper = np.full(n, -np.inf), np.full(n, np.inf)
    if forced:
        lower[0], upper[0] = sorted((0.5 * inside[0], 2.0 * inside[0]))
        lower[1], upper[1] = sorted((inside[1], 3.0 * inside[1]))
        lower[-1] = upper[-1] = inside[-1]
    greeks = rng.normal(size=(m, n))
    book_greeks = -greeks @ inside
    width = np.abs(book_greeks) * rng.choice([0.0, 0.1], m)
    long = rng.uniform(-0.3, 1.0, n) if holding else np.zeros(n)
    return HedgeProblem(
        names=tuple(f"instrument {i}" for i in range(n)),
        book_loads=10.0 * rng.normal(size=6),
        unit_loads=loads,
        covariance=root @ root.T / 6.0 if variance else np.zeros((6, 6)),
        risk_aversion=float(10.0 ** rng.uniform(-1.5, 0.0)),
        curves=tuple(curves),
        bands=tuple(GreekBand(name=f"greek {j}", lower=-width[j], upper=width[j]) for j in range(m)),
        book_greeks=book_greeks,
        unit_greeks=greeks,
        limits=tuple(_limit(rng, j, held, inside) for j in range(limits)),
        trade_lower=lower,
        trade_upper=upper,
        lot=np.full(n, 1e-3),
        held=held,
        holding=tuple(
            HoldingCost(long=one, short=float(max(-one, 0.0) + rng.uniform(0.0, 0.5)) if holding else 0.0)
            for one in long.tolist()
        ),
        tail=None if tail is None else _scenarios(rng, tail, n, scenarios),
    )


def _limit(rng: np.random.Generator, j: int, held: np.ndarray, inside: np.ndarray) -> Limit:
    """Margin that long and short positions need, or an exposure with a sign; now and then without any room."""
    n = held.size
    long = rng.uniform(0.0, 1.0, n)
    short = rng.uniform(0.0, 1.0, n) if j % 2 == 0 else -long
    free = Limit(
        name=f"limit {j}",
        upper=np.inf,
        start=float(rng.normal()),
        linear=0.2 * rng.normal(size=n),
        long=long,
        short=short,
    )
    at = free.at(held + inside, inside)
    return dataclasses.replace(free, upper=at + float(rng.choice([0.0, 1.0])) * abs(at))


def _scenarios(rng: np.random.Generator, measure: RiskMeasure, n: int, count: int) -> ScenarioRisk:
    """Scenarios with fat tails that instruments and book share in part."""
    factors = rng.standard_t(4, size=(count, 4))
    return ScenarioRisk(
        measure=measure,
        level={RiskMeasure.CVAR: float(rng.choice([0.5, 0.9, 0.95])), RiskMeasure.ENTROPIC: 0.05}.get(measure, np.nan),
        weight=float(rng.uniform(0.5, 2.0)),
        book_pnl=factors @ (5.0 * rng.normal(size=4)) + rng.normal(size=count),
        unit_pnl=factors @ rng.normal(size=(4, n)) + 0.2 * rng.normal(size=(count, n)),
    )


def clarabel_objective(problem: HedgeProblem) -> float | None:
    """Solve with Clarabel, which shares nothing with the solver under test; None if it gives up."""
    n = len(problem.names)
    unit = 1.0 / np.sqrt(np.diag(problem.hessian))
    hessian = problem.hessian * np.outer(unit, unit)
    linear, charge = problem.gradient_at_zero * unit, costs_of(problem) * unit
    size = max(abs(linear).max(), 1e-300)
    rows = problem.unit_greeks * unit * size
    norm = np.linalg.norm(rows, axis=1)
    norm[norm == 0.0] = 1.0
    rows = rows / norm[:, None]
    lower = (np.array([band.lower for band in problem.bands]) - problem.book_greeks) / norm
    upper = (np.array([band.upper for band in problem.bands]) - problem.book_greeks) / norm
    boxed = np.tile(np.isfinite(problem.trade_upper), 2)
    box = np.tile(problem.trade_upper / (unit * size), 2)
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

# mypy: disable-error-code="arg-type, attr-defined, no-any-return, operator"
"""Solvers that lie: nothing is traded that is not proven, and who failed is on record."""

import dataclasses
import itertools
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import clarabel
import daqp
import numpy as np
import piqp
import pytest
from scipy.optimize import linprog

import hedgerow as hr
from hedge_problems import boxed, generated, proportionals, varied
from hedgerow.core.errors import SolveFault
from hedgerow.costs import HoldingCost
from hedgerow.hedging import GreekBand, HedgeProblem, Limit, RiskMeasure, ScenarioRisk, plan_hedge, solve

Change = Callable[[np.ndarray], np.ndarray]

# The first step finds what binds, whatever the point is worth, unless it is no number: so a lie may end in the truth.
LIES: dict[str, tuple[Change, Change]] = {
    "no numbers": (lambda z: np.full_like(z, np.nan), lambda y: y),
    "no multipliers": (lambda z: z, lambda y: np.full_like(y, np.nan)),
    "infinity": (lambda z: np.full_like(z, np.inf), lambda y: y),
    "a wrong point": (lambda z: z + np.random.default_rng(1).normal(size=z.size), lambda y: y),
    "wrong multipliers": (lambda z: z, lambda y: -y),
    "both wrong": (lambda z: 3.0 * z + 1.0, lambda y: np.random.default_rng(2).normal(size=y.size)),
    "no trade": (np.zeros_like, np.zeros_like),
}


def lie_daqp(monkeypatch: pytest.MonkeyPatch, point: Change, prices: Change, flag: int = 1) -> None:
    honest = daqp.Model

    class Liar:
        def __init__(self) -> None:
            self.model = honest()
            self.settings: dict[str, Any] = {}

        def setup(self, *given: Any) -> Any:
            self.model.settings = self.settings
            return self.model.setup(*given)

        def update(self, **given: Any) -> Any:
            return self.model.update(**given)

        def solve(self) -> tuple[np.ndarray, float, int, dict[str, Any]]:
            z, value, _, info = self.model.solve()
            return point(np.asarray(z)), value, flag, {**info, "lam": prices(np.asarray(info["lam"]))}

    monkeypatch.setattr(daqp, "Model", Liar)


def lie_piqp(monkeypatch: pytest.MonkeyPatch, point: Change, prices: Change) -> None:
    honest = piqp.DenseSolver

    class Liar:
        def __init__(self) -> None:
            self.solver = honest()
            self.settings = self.solver.settings

        def setup(self, *given: Any) -> None:
            self.solver.setup(*given)

        def solve(self) -> None:
            self.solver.solve()
            told = self.solver.result
            self.result = SimpleNamespace(
                x=point(np.asarray(told.x)), z_u=prices(np.asarray(told.z_u)), z_l=prices(np.asarray(told.z_l))
            )

    monkeypatch.setattr(piqp, "DenseSolver", Liar)


def lie_clarabel(monkeypatch: pytest.MonkeyPatch, point: Change, prices: Change) -> None:
    honest = clarabel.DefaultSolver

    def liar(*given: Any) -> Any:
        def solved() -> SimpleNamespace:
            told = honest(*given).solve()
            return SimpleNamespace(x=point(np.asarray(told.x)), z=prices(np.asarray(told.z)))

        return SimpleNamespace(solve=solved)

    monkeypatch.setattr(clarabel, "DefaultSolver", liar)


LIARS = (lie_daqp, lie_piqp, lie_clarabel)
NOT_A_NUMBER = LIES["no numbers"]


@pytest.mark.parametrize(("liars", "last"), [(1, "piqp"), (2, "clarabel")])
def test_the_next_solver_steps_in_and_the_chain_says_so(monkeypatch: pytest.MonkeyPatch, liars: int, last: str) -> None:
    problem = varied(1)
    truth = problem.objective(solve(problem).x)
    for lie in LIARS[:liars]:
        lie(monkeypatch, *NOT_A_NUMBER)
    found = solve(problem)
    tried = [name.split(",")[0] for name in found.chain]
    assert tried == ["daqp"] * 3 + ["piqp", "clarabel"][:liars]
    assert found.chain[-1] == last
    assert problem.objective(found.x) == pytest.approx(truth, rel=1e-6)


def test_a_solver_that_gives_up_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = varied(2)
    truth = problem.objective(solve(problem).x)
    lie_daqp(monkeypatch, lambda z: z, lambda y: y, flag=-1)
    found = solve(problem)
    assert found.chain[-1] == "piqp"
    assert problem.objective(found.x) == pytest.approx(truth, rel=1e-6)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("told", LIES, ids=str)
def test_whatever_solvers_tell_a_plan_is_right_or_there_is_none(
    monkeypatch: pytest.MonkeyPatch, told: str, count: int
) -> None:
    problems = [varied(seed, n=4, impact=seed % 2 == 1) for seed in range(4)]
    truths = [problem.objective(solve(problem).x) for problem in problems]
    for lie in LIARS[:count]:
        lie(monkeypatch, *LIES[told])
    refused = proven = 0
    for problem, truth in zip(problems, truths, strict=True):
        try:
            plan = plan_hedge(problem)
        except hr.SolveError as error:
            # The rows can be met and nothing pays for ever, so no other reason may be given.
            refused += error.fault is SolveFault.NOT_CONVERGED
            continue
        proven += 1
        assert plan.certificate.holds
        assert plan.objective_continuous == pytest.approx(truth, rel=2e-6)
    assert refused + proven == len(problems)
    assert count == 3 or refused == 0


def test_when_all_lie_nothing_is_traded(monkeypatch: pytest.MonkeyPatch) -> None:
    for lie in LIARS:
        lie(monkeypatch, *NOT_A_NUMBER)
    with pytest.raises(hr.SolveError, match="no certified plan") as caught:
        plan_hedge(varied(1))
    assert caught.value.fault is SolveFault.NOT_CONVERGED


def full() -> HedgeProblem:
    return varied(0, n=3, m=1, limits=1, tail=RiskMeasure.CVAR)


ARRAYS = ("book_loads", "unit_loads", "covariance", "book_greeks", "unit_greeks", "lot", "least", "held")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ARRAYS)
def test_what_is_not_finite_is_refused_by_name(name: str, bad: float) -> None:
    values = np.array(getattr(full(), name))
    for i in range(values.size):
        wrong = values.copy()
        wrong.flat[i] = bad
        with pytest.raises(hr.InputError, match=f"^{name} holds a number that is not finite"):
            dataclasses.replace(full(), **{name: wrong})


@pytest.mark.parametrize("name", ["trade_lower", "trade_upper"])
def test_a_trade_limit_may_be_infinite_but_not_nan(name: str) -> None:
    wrong = np.array([0.0, np.nan, 0.0])
    with pytest.raises(hr.InputError, match=f"^{name} holds a number that is not finite"):
        dataclasses.replace(full(), **{name: wrong})


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["linear", "long", "short"])
def test_a_limit_with_a_bad_number_is_named(name: str, bad: float) -> None:
    limit = dataclasses.replace(full().limits[0], **{name: np.array([0.0, bad, 0.0])})
    with pytest.raises(hr.InputError, match=f"limit 0: {name} is not 3 finite numbers"):
        dataclasses.replace(full(), limits=(limit,))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["book_pnl", "unit_pnl"])
def test_scenarios_with_a_bad_number_are_refused(name: str, bad: float) -> None:
    risk = full().tail
    assert risk is not None
    values = np.array(getattr(risk, name))
    values.flat[7] = bad
    with pytest.raises(hr.InputError, match="scenario P&L holds a number that is not finite"):
        dataclasses.replace(risk, **{name: values})


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0, -1.0])
def test_an_aversion_that_is_none_is_refused(bad: float) -> None:
    with pytest.raises(hr.InputError, match="risk_aversion"):
        dataclasses.replace(full(), risk_aversion=bad)


def pays(earns: float) -> HedgeProblem:
    """A contract without risk that earns carry, beside one that hedges."""
    return dataclasses.replace(
        generated(0, n=2, m=0),
        names=("hedge", "carry"),
        unit_loads=np.column_stack([np.ones(6), np.zeros(6)]),
        curves=proportionals(np.array([0.1, 0.1])),
        holding=(HoldingCost(), HoldingCost(long=-earns, short=earns)),
        **boxed(np.full(2, np.inf)),
    )


def test_what_pays_for_ever_is_named() -> None:
    with pytest.raises(
        hr.SolveError, match="more and more of carry adds no risk and earns more than it costs"
    ) as caught:
        solve(pays(0.2))
    assert caught.value.fault is SolveFault.UNBOUNDED
    assert solve(pays(0.05)).x[1] == 0.0


def conflicting(seed: int) -> HedgeProblem:
    """Bands, a limit and trade limits that cannot hold together, as often as not."""
    rng = np.random.default_rng(seed)
    problem, n, m = generated(seed, n=3, m=4), 3, 4
    centre, lower = rng.normal(size=m), np.where(rng.random(n) < 0.3, 0.5, -1.0)
    limit = Limit(name="margin", upper=1.0, start=0.0, linear=rng.normal(size=n), long=np.zeros(n), short=np.zeros(n))
    return dataclasses.replace(
        problem,
        bands=tuple(GreekBand(name=f"greek{j}", lower=centre[j] - 0.3, upper=centre[j] + 0.3) for j in range(m)),
        book_greeks=np.zeros(m),
        unit_greeks=rng.normal(size=(m, n)),
        limits=(limit,),
        trade_lower=lower,
        trade_upper=np.full(n, 1.0),
    )


def can_hold(problem: HedgeProblem, bands: set[int], limits: set[int], instruments: set[int]) -> bool:
    """Ask a linear program whether some of the rows and trade limits can hold together."""
    rows = [problem.unit_greeks[j] for j in bands] + [-problem.unit_greeks[j] for j in bands]
    ends = [problem.bands[j].upper for j in bands] + [-problem.bands[j].lower for j in bands]
    rows += [problem.limits[k].linear for k in limits]
    ends += [problem.limits[k].upper for k in limits]
    bounds = [
        (problem.trade_lower[i], problem.trade_upper[i]) if i in instruments else (None, None)
        for i in range(len(problem.names))
    ]
    found = linprog(np.zeros(3), np.array(rows) if rows else None, np.array(ends) if ends else None, bounds=bounds)
    return bool(found.status == 0)


def test_a_conflict_is_named_by_a_smallest_set() -> None:
    named = 0
    for seed in range(60):
        problem = conflicting(seed)
        if can_hold(problem, set(range(4)), {0}, set(range(3))):
            assert solve(problem).certificate.holds
            continue
        with pytest.raises(hr.SolveError) as caught:
            solve(problem)
        assert caught.value.fault is SolveFault.INFEASIBLE
        message = str(caught.value)
        if "these instruments and limits move it only to between" in message:
            continue  # one band alone, out of reach
        named += 1
        bands = {int(j) for j in re.findall(r"the greek(\d) band", message)}
        limits = {0} if "margin of at most" in message else set()
        instruments = {int(i) for i in re.findall(r"the limit on instrument (\d)", message)}
        assert not can_hold(problem, bands, limits, instruments), message
        for less in itertools.chain(
            ((bands - {j}, limits, instruments) for j in bands),
            ((bands, set[int](), instruments) for _ in limits),
            ((bands, limits, instruments - {i}) for i in instruments),
        ):
            assert can_hold(problem, *less), message
    assert named >= 10


def test_no_instruments_over_scenarios_is_a_plan() -> None:
    tail = ScenarioRisk(
        measure=RiskMeasure.CVAR, level=0.9, weight=1.0, book_pnl=np.array([1.0, -2.0]), unit_pnl=np.zeros((2, 0))
    )
    problem = dataclasses.replace(
        generated(0, n=3, m=0),
        names=(),
        unit_loads=np.zeros((6, 0)),
        curves=(),
        **boxed(np.zeros(0)),
        lot=np.zeros(0),
        unit_greeks=np.zeros((0, 0)),
        least=np.zeros(0),
        held=np.zeros(0),
        holding=(),
        tail=tail,
    )
    plan = plan_hedge(problem)
    assert plan.lots.size == 0
    assert plan.certificate.holds

"""What once passed for a proof and was none: each case was found by trying to break the room."""

# mypy: disable-error-code="arg-type"

import dataclasses

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.costs import HoldingCost, proportional
from hedgerow.hedging import (
    GreekBand,
    HedgeProblem,
    Limit,
    RiskMeasure,
    ScenarioRisk,
    certify,
    marginal_answers,
    plan_hedge,
    solve,
)
from hedgerow.hedging import branching as branching_module
from hedgerow.hedging.branching import branch
from hedgerow.hedging.tail import solve_tail


def small(n: int = 1, **given: object) -> HedgeProblem:
    """One factor, n contracts of it, a dollar each."""
    basis: dict[str, object] = {
        "names": tuple(f"instrument {i}" for i in range(n)),
        "book_loads": np.array([10.0]),
        "unit_loads": np.ones((1, n)),
        "covariance": np.eye(1),
        "risk_aversion": 1.0,
        "curves": (proportional(1.0),) * n,
        "lot": np.ones(n),
    }
    return HedgeProblem(**(basis | given))


# The certificate.


def test_a_trade_without_risk_that_costs_money_is_no_optimum() -> None:
    # Its pull is far below what a contract costs, so a step of the curvature alone sees nothing.
    problem = small(book_loads=np.zeros(1), unit_loads=np.array([[1e-6]]))
    assert certify(problem, np.zeros(1), np.zeros(0)).holds
    assert not certify(problem, np.array([9_000.0]), np.zeros(0)).holds


def test_nor_is_one_beside_a_good_hedge() -> None:
    problem = small(
        2,
        book_loads=np.array([0.3]),
        unit_loads=np.array([[1.0, 1e-7]]),
        curves=(proportional(1.0), proportional(1e-3)),
    )
    best = solve(problem).x
    assert not certify(problem, best + np.array([0.0, 1_000.0]), np.zeros(0)).holds


@pytest.mark.parametrize("bad", [np.array([[1.0, 0.9], [0.0, 1.0]]), np.array([[1.0, 2.0], [2.0, 1.0]])])
def test_a_covariance_that_is_none_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(hr.InputError, match="covariance"):
        small(2, book_loads=np.ones(2), unit_loads=np.eye(2), covariance=bad)


@pytest.mark.parametrize(
    "given",
    [
        {"trade_lower": np.array([np.inf]), "trade_upper": np.array([np.inf])},
        {"trade_lower": np.array([-np.inf]), "trade_upper": np.array([-np.inf])},
    ],
)
def test_ends_that_allow_nothing_finite_are_refused(given: dict[str, np.ndarray]) -> None:
    with pytest.raises(hr.InputError, match="allows nothing finite"):
        small(**given)


def test_bands_and_limits_that_allow_nothing_finite_are_refused() -> None:
    with pytest.raises(hr.InputError, match="a band from inf to inf"):
        GreekBand(name="delta", lower=np.inf, upper=np.inf)
    nothing = np.zeros(1)
    with pytest.raises(hr.InputError, match="margin"):
        small(limits=(Limit(name="margin", upper=-np.inf, start=0.0, linear=nothing, long=nothing, short=nothing),))


# Scenarios.


def scenarios(count: int = 400, measure: RiskMeasure = RiskMeasure.CVAR, level: float = 0.9) -> ScenarioRisk:
    rng = np.random.default_rng(count)
    moves = rng.standard_t(4, (count, 2))
    return ScenarioRisk(
        measure=measure, level=level, weight=1.0, book_pnl=moves @ [3.0, 1.0], unit_pnl=moves @ np.eye(2)
    )


def over(tail: ScenarioRisk) -> HedgeProblem:
    n = tail.unit_pnl.shape[1]
    return small(
        n,
        book_loads=np.zeros(1),
        unit_loads=np.zeros((1, n)),
        curves=(proportional(0.01),) * n,
        trade_lower=np.full(n, -20.0),
        trade_upper=np.full(n, 20.0),
        tail=tail,
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (scenarios(measure=RiskMeasure.WORST), scenarios()),
        (scenarios(level=0.99), scenarios(level=0.5)),
        (scenarios(count=400), scenarios(count=800)),
        (scenarios(measure=RiskMeasure.ENTROPIC, level=2.0), scenarios(measure=RiskMeasure.ENTROPIC, level=0.1)),
    ],
)
def test_probabilities_of_another_measure_are_not_used_again(before: ScenarioRisk, after: ScenarioRisk) -> None:
    cold = solve_tail(over(after))
    warm = solve_tail(over(after), warm=solve_tail(over(before)))
    assert warm.certificate.holds
    assert warm.certificate.lower_bound is not None
    problem = over(after)
    best = min(problem.objective(cold.x), problem.objective(warm.x))
    assert warm.certificate.lower_bound <= best * (1.0 + 1e-9)
    assert problem.objective(warm.x) == pytest.approx(problem.objective(cold.x), rel=1e-4)


def test_what_pays_in_every_scenario_is_no_plan() -> None:
    free = dataclasses.replace(
        over(scenarios()),
        curves=(proportional(0.0),) * 2,
        trade_lower=np.full(2, -np.inf),
        trade_upper=np.full(2, np.inf),
        tail=dataclasses.replace(scenarios(), unit_pnl=np.abs(scenarios().unit_pnl)),
    )
    with pytest.raises(hr.SolveError):
        plan_hedge(free)


def test_one_scenario_and_a_book_without_pnl_are_no_trouble() -> None:
    one = ScenarioRisk(
        measure=RiskMeasure.WORST, weight=1.0, book_pnl=np.array([-5.0]), unit_pnl=np.array([[1.0, -1.0]])
    )
    assert plan_hedge(over(one)).certificate.stands
    nothing = dataclasses.replace(scenarios(), book_pnl=np.zeros(400))
    plan = plan_hedge(over(nothing))
    assert plan.certificate.holds
    assert not np.any(plan.lots)


def test_scenarios_cannot_be_written_to() -> None:
    given = np.ones((3, 2))
    tail = ScenarioRisk(measure=RiskMeasure.WORST, weight=1.0, book_pnl=np.zeros(3), unit_pnl=given)
    given[:] = 7.0
    assert np.all(tail.unit_pnl == 1.0)
    with pytest.raises(ValueError, match="read-only"):
        tail.unit_pnl[:] = 0.0


# Fixed charges.


def charged() -> HedgeProblem:
    rng = np.random.default_rng(3)
    n = 6
    return small(
        n,
        book_loads=rng.normal(size=4) * 20.0,
        unit_loads=rng.normal(size=(4, n)),
        covariance=np.eye(4),
        curves=tuple(proportional(0.5, fixed=float(fixed)) for fixed in rng.uniform(20.0, 200.0, n)),
        lot=np.full(n, 1e-6),
        trade_lower=np.full(n, -30.0),
        trade_upper=np.full(n, 30.0),
    )


@pytest.mark.parametrize("every", [1, 2, 3])
def test_a_solver_that_gives_up_proves_nothing(monkeypatch: pytest.MonkeyPatch, every: int) -> None:
    truth = branch(charged())
    assert truth is not None
    made = branching_module.daqp_model  # type: ignore[attr-defined]
    calls = [0]

    class Unwilling:
        """A model that says now and then that there is no answer."""

        def __init__(self, model: object) -> None:
            self.model = model

        def update(self, **given: object) -> None:
            self.model.update(**given)  # type: ignore[attr-defined]

        def solve(self) -> object:
            calls[0] += 1
            z, value, flag, info = self.model.solve()  # type: ignore[attr-defined]
            return z, value, -4 if calls[0] % every == 0 else flag, info

    monkeypatch.setattr(branching_module, "daqp_model", lambda *given: Unwilling(made(*given)))
    found = branch(charged())
    assert found is not None
    assert found.lower <= truth.objective * (1.0 + 1e-9)
    assert found.objective == pytest.approx(truth.objective, rel=1e-4)


def test_a_model_that_cannot_be_made_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    truth = branch(charged())
    monkeypatch.setattr(branching_module, "daqp_model", lambda *_: None)
    found = branch(charged())
    assert truth is not None
    assert found is not None
    assert found.objective == pytest.approx(truth.objective, rel=1e-4)


def test_the_bound_of_a_good_hedge_is_near_it() -> None:
    problem = small(
        2,
        book_loads=np.array([1e4]),
        unit_loads=np.array([[1.0, 0.5]]),
        curves=(proportional(0.1, fixed=1.0),) * 2,
        trade_lower=np.full(2, -1e5),
        trade_upper=np.full(2, 1e5),
    )
    assert solve(problem).certificate.holds


def test_no_room_to_trade_is_a_plan_without_trades() -> None:
    shut = dataclasses.replace(charged(), trade_lower=np.zeros(6), trade_upper=np.zeros(6))
    assert not np.any(plan_hedge(shut).lots)


def test_what_must_trade_does_where_charges_and_scenarios_meet() -> None:
    problem = dataclasses.replace(
        over(scenarios()),
        curves=(proportional(0.01), proportional(0.01, fixed=50.0)),
        trade_lower=np.array([-20.0, 2.0]),
    )
    solution = solve(problem)
    assert solution.x[1] >= 2.0
    assert solution.certificate.lower_bound is not None
    assert solution.certificate.lower_bound <= problem.objective(solution.x) * (1.0 + 1e-9)


# Whole lots.


def test_whole_lots_keep_limits_before_wishes() -> None:
    weight = np.ones(1)
    problem = small(
        book_loads=np.array([4.8]),
        curves=(proportional(0.0),),
        bands=(GreekBand(name="delta", lower=0.0, upper=0.0),),
        book_greeks=np.array([4.8]),
        unit_greeks=np.array([[1.0]]),
        limits=(Limit(name="margin", upper=4.8, start=0.0, linear=np.zeros(1), long=weight, short=weight),),
    )
    assert plan_hedge(problem).lots.tolist() == [-4]


def test_a_smallest_trade_within_what_must_be_traded_is_made() -> None:
    problem = small(
        2,
        book_loads=np.array([1.0]),
        trade_lower=np.array([2.48, -50.0]),
        least=np.array([4.0, 0.0]),
        lot=np.array([0.5, 0.5]),
        bands=(GreekBand(name="delta", lower=-0.1, upper=0.1),),
        book_greeks=np.array([1.03]),
        unit_greeks=np.array([[1.0, 1.0]]),
    )
    assert plan_hedge(problem).quantity[0] >= 4.0


# What the optimum says.


def test_the_depth_of_the_book_has_a_price() -> None:
    problem = small(curves=(proportional(0.1, most=3.0),))
    answers = marginal_answers(problem, solve(problem))
    # Three are sold of ten; one more would save a slope of seven, less what it costs.
    assert answers.limit_prices[0] == pytest.approx(-(7.0 - 0.1))
    assert np.all(np.isfinite(answers.buy))


def test_gains_count_what_holding_costs() -> None:
    problem = small(
        book_loads=np.array([5.0]), curves=(proportional(1.0),), holding=(HoldingCost(long=10.0, short=10.0),)
    )
    answers = marginal_answers(problem, solve(problem))
    assert answers.gain[0] == 0.0  # five less ten

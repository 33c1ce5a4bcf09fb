"""Laws of the dynamic programs: units do not matter, parity holds, and they reach on paths what they promise."""

import math
from typing import Any, Literal

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow.core.errors import InputError
from hedgerow.policy.programmes import (
    HedgingProblem,
    Payoff,
    rehearse,
    solve_cara,
    solve_mean_risk,
)
from hedgerow.policy.programmes.lattice import marked_at


@st.composite
def problems(draw: st.DrawFn) -> HedgingProblem:
    steps = draw(st.integers(1, 8))
    kind: Literal["call", "put"] = draw(st.sampled_from(["call", "put"]))
    sold = Payoff(
        kind=kind,
        quantity=draw(st.sampled_from([-1.0, 1.0, -2.5])),
        strike=draw(st.floats(90.0, 110.0)),
        step=steps,
    )
    return HedgingProblem(
        spot=100.0,
        vol=draw(st.floats(0.15, 0.6)),
        years=draw(st.floats(0.02, 0.1)),
        steps=steps,
        payoffs=(sold,),
        proportional_cost=draw(st.sampled_from([0.0, 0.001, 0.01])),
        fixed_cost=draw(st.sampled_from([0.0, 0.02])),
        drift=draw(st.sampled_from([0.0, 0.1, -0.1])),
        charge_first_trade=draw(st.booleans()),
        charge_liquidation=draw(st.booleans()),
    )


def aversion_for(problem: HedgingProblem) -> float:
    """One that the grids can carry: a deviation of the book over a step is about one unit of 1/g."""
    return 1.0 / (problem.spot * problem.step_vol * abs(problem.payoffs[0].quantity))


@given(problem=problems(), scale=st.sampled_from([0.01, 3.0, 400.0]))
@settings(max_examples=15, deadline=None)
def test_units_of_money_do_not_matter(problem: HedgingProblem, scale: float) -> None:
    g = aversion_for(problem)
    other = msgspec.structs.replace(
        problem,
        spot=problem.spot * scale,
        fixed_cost=problem.fixed_cost * scale,
        payoffs=tuple(msgspec.structs.replace(p, strike=p.strike * scale) for p in problem.payoffs),
    )
    here, there = solve_cara(problem, g), solve_cara(other, g / scale)
    assert there.value == pytest.approx(here.value * scale, rel=1e-6, abs=1e-6 * scale)
    # Bands of float32, at the price now.
    middle = here.bands.shape[1] // 2
    assert np.allclose(there.bands[:, middle], here.bands[:, middle], rtol=1e-4, atol=1e-4)


@given(problem=problems(), size=st.sampled_from([0.1, 7.0]))
@settings(max_examples=10, deadline=None)
def test_a_larger_book_at_less_aversion_is_the_same_problem(problem: HedgingProblem, size: float) -> None:
    g = aversion_for(problem)
    other = msgspec.structs.replace(
        problem,
        fixed_cost=problem.fixed_cost * size,
        payoffs=tuple(msgspec.structs.replace(p, quantity=p.quantity * size) for p in problem.payoffs),
    )
    here, there = solve_cara(problem, g), solve_cara(other, g / size)
    assert there.value == pytest.approx(here.value * size, rel=1e-6, abs=1e-6 * size)


@given(problem=problems())
@settings(max_examples=10, deadline=None)
def test_put_call_parity_where_ends_are_free(problem: HedgingProblem) -> None:
    """A put is a call less the asset: whoever holds one unit more is in the same place."""
    free = msgspec.structs.replace(
        problem, drift=0.0, fixed_cost=0.0, charge_first_trade=False, charge_liquidation=False
    )
    one = free.payoffs[0]
    call, put = (
        msgspec.structs.replace(free, payoffs=(msgspec.structs.replace(one, kind=kind),)) for kind in ("call", "put")
    )
    g = aversion_for(problem)
    with_call, with_put = solve_cara(call, g), solve_cara(put, g)
    gap = one.quantity * (one.strike - one_spot(free))
    allowed = 4.0 * (with_call.error + with_put.error) + 1e-6
    assert abs(with_put.value - (with_call.value - gap)) < allowed


def one_spot(problem: HedgingProblem) -> float:
    return problem.spot


@given(problem=problems())
@settings(max_examples=10, deadline=None)
def test_more_cost_or_more_aversion_is_never_worth_more(problem: HedgingProblem) -> None:
    g = aversion_for(problem)
    here = solve_cara(problem, g)
    dearer = msgspec.structs.replace(problem, proportional_cost=problem.proportional_cost + 0.002)
    allowed = here.error + 1e-3 * abs(here.value) * 0.05
    costly, shy = solve_cara(dearer, g), solve_cara(problem, 2.0 * g)
    assert costly.value >= here.value - allowed - costly.error
    assert shy.value >= here.value - allowed - shy.error
    if problem.drift == 0.0:  # by Jensen: hedges are worth nothing on average
        fair = float(marked_at(with_vol(problem), 0, np.array([problem.spot]), paid=False)[0])
        assert here.value >= fair - allowed


def with_vol(problem: HedgingProblem) -> HedgingProblem:
    payoffs = tuple(msgspec.structs.replace(p, vol=problem.vol) for p in problem.payoffs)
    return msgspec.structs.replace(problem, payoffs=payoffs)


@given(problem=problems(), seed=st.integers(0, 1000))
@settings(max_examples=12, deadline=None)
def test_the_value_is_what_its_bands_reach_on_paths(problem: HedgingProblem, seed: int) -> None:
    g = aversion_for(problem)
    table = solve_cara(problem, g)
    fair = float(marked_at(problem, 0, np.array([problem.spot]), paid=False)[0])
    paths = 60_000
    losses = rehearse(problem, table, paths, seed=seed) + fair
    tilted = np.exp(g * (losses - table.value))
    seen = table.value + math.log(tilted.mean()) / g
    deviation = float(tilted.std() / tilted.mean() / g / math.sqrt(paths))
    assert abs(seen - table.value) < 4.5 * deviation + 2.0 * table.error + 1e-6


@pytest.mark.parametrize("jumps", [0.0, 5.0])
@pytest.mark.parametrize("fixed", [0.0, 0.05])
def test_books_with_several_dates_and_liquidity(jumps: float, fixed: float) -> None:
    book = (
        Payoff(kind="call", quantity=-1.0, strike=102.0, step=3),
        Payoff(kind="put", quantity=2.0, strike=95.0, step=6),
        Payoff(kind="call", quantity=-1.0, strike=105.0, step=6, years_left=0.05, vol=0.4),
        Payoff(kind="liquidity", quantity=3.0, lower=90.0, upper=110.0, step=6),
    )
    problem = HedgingProblem(
        spot=100.0, vol=0.4, years=0.06, steps=6, payoffs=book, proportional_cost=0.002, fixed_cost=fixed,
        jump_intensity=jumps, jump_mean=-0.02, jump_vol=0.03,
    )  # fmt: skip
    g, paths = 0.3, 200_000
    table = solve_cara(problem, g)
    fair = float(marked_at(problem, 0, np.array([problem.spot]), paid=False)[0])
    tilted = np.exp(g * (rehearse(problem, table, paths) + fair - table.value))
    deviation = float(tilted.std() / tilted.mean() / g / math.sqrt(paths))
    assert abs(math.log(tilted.mean()) / g) < 4.0 * deviation + table.error


@given(problem=problems())
@settings(max_examples=3, deadline=None)
def test_no_constant_aversion_beats_the_optimum_of_mean_and_deviation(problem: HedgingProblem) -> None:
    weight, paths = 1.5, 40_000
    table = solve_mean_risk(problem, "mean_std", weight)
    promised = rehearse(problem, table, paths, seed=6)
    assert abs(promised.mean() + weight * promised.std() - table.value) < 3.0 * table.error
    best = rehearse(problem, table, paths, seed=5)
    ours = best.mean() + weight * best.std()
    for times in (0.3, 1.0, 2.0):
        other = rehearse(problem, solve_cara(problem, times * aversion_for(problem)), paths, seed=5)
        theirs = other.mean() + weight * other.std()
        spread = float((best - other).std()) / math.sqrt(paths)
        assert ours < theirs + 4.0 * (1.0 + weight) * spread + table.error


def test_conditional_value_at_risk_beats_every_constant_aversion() -> None:
    sold = Payoff(kind="call", quantity=-1.0, strike=100.0, step=10)
    problem = HedgingProblem(spot=100.0, vol=0.2, years=0.08, steps=10, payoffs=(sold,), proportional_cost=0.01)
    paths = 100_000

    def tail(losses: np.ndarray) -> float:
        return float(np.sort(losses)[int(0.95 * paths) :].mean())

    ours = tail(rehearse(problem, solve_mean_risk(problem, "cvar", 0.95), paths))
    theirs = min(tail(rehearse(problem, solve_cara(problem, g), paths)) for g in (0.7, 1.0, 1.4, 2.0))
    assert ours < theirs - 0.05


@pytest.mark.parametrize(
    ("kind", "weight", "change"),
    [
        ("mean_std", 5.0, {"drift": 0.05}),
        ("mean_std", 0.1, {"payoffs": (Payoff(kind="call", quantity=-1.0, strike=50.0, step=10),)}),
        ("mean_std", 1.0, {"payoffs": (Payoff(kind="liquidity", quantity=1.0, step=10),)}),
        ("mean_std", 1.5, {"fixed_cost": 1e4}),
        ("mean_std", 1.5, {"held": 3.0}),
        ("cvar", 0.5, {}),
        ("cvar", 0.99, {"fixed_cost": 0.05}),
    ],
)
def test_the_optimum_reaches_on_paths_what_its_program_promised(
    kind: Literal["mean_std", "cvar"], weight: float, change: dict[str, Any]
) -> None:
    """Whoever has lost less than p may gain by losing more, both ways of trading may pay, or none; axes must reach."""
    sold = Payoff(kind="call", quantity=-1.0, strike=100.0, step=10)
    given: dict[str, Any] = {"spot": 100.0, "vol": 0.2, "years": 0.08, "steps": 10, "payoffs": (sold,)}
    given["proportional_cost"] = 0.01
    problem = HedgingProblem(**(given | change))
    table = solve_mean_risk(problem, kind, weight)
    losses = rehearse(problem, table, 100_000, seed=4)
    if kind == "mean_std":
        seen = losses.mean() + weight * losses.std()
    else:
        seen = float(np.sort(losses)[int(weight * losses.size) :].mean())
    assert abs(seen - table.value) < 2.0 * table.error
    assert table.error < 0.1 * max(float(losses.std()), 0.5)


def test_a_drift_that_is_worth_any_holding_has_no_optimum() -> None:
    sold = Payoff(kind="call", quantity=-1.0, strike=100.0, step=4)
    problem = HedgingProblem(
        spot=100.0, vol=0.2, years=0.08, steps=4, payoffs=(sold,), proportional_cost=0.001, drift=1.0
    )
    with pytest.raises(InputError, match="worth any holding"):
        solve_mean_risk(problem, "mean_std", 1.5)


@pytest.mark.parametrize(
    ("change", "g"),
    [
        ({"payoffs": (Payoff(kind="call", quantity=-1.0, strike=50.0, step=10),)}, 0.05),
        ({"payoffs": (Payoff(kind="liquidity", quantity=10.0, step=10),)}, 0.001),
        ({"payoffs": (Payoff(kind="liquidity", quantity=10.0, step=10),), "fixed_cost": 2.0}, 0.001),
    ],
)
def test_to_hold_nothing_is_known_where_hedges_are_far_from_it(change: dict[str, Any], g: float) -> None:
    """The cost-free hedge stays near one unit: the program must still see that none may be better."""
    given: dict[str, Any] = {"spot": 100.0, "vol": 0.2, "years": 0.08, "steps": 10, "proportional_cost": 0.01}
    problem = HedgingProblem(**(given | change))
    fair = float(marked_at(problem, 0, np.array([problem.spot]), paid=False)[0])
    rng = np.random.default_rng(8)
    after = 100.0 * np.exp(-0.5 * 0.04 * 0.08 + 0.2 * math.sqrt(0.08) * rng.standard_normal(400_000))
    bare = math.log(np.exp(g * (marked_at(problem, 10, after, paid=True) - fair)).mean()) / g + fair
    assert solve_cara(problem, g).value <= bare + 0.02

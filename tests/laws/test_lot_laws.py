"""A plan in whole lots does not depend on how its continuous part was reached, ties and halves of lots included."""

import dataclasses

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import hedgerow as hr
from hedge_problems import boxed, proportionals, varied
from hedgerow.hedging import GreekBand, HedgeProblem, HedgeSession, plan_hedge, round_to_lots, solve


def halves(seed: int) -> HedgeProblem:
    """Every instrument has a factor of its own, and its best trade lies at half a lot, to the last digit."""
    rng = np.random.default_rng(seed)
    n, costs = 5, rng.integers(0, 3, 5) * 0.125
    best = rng.integers(-20, 21, n) + 0.5
    return HedgeProblem(
        names=tuple(f"instrument {i}" for i in range(n)),
        book_loads=-(best + np.sign(best) * costs),
        unit_loads=np.eye(n),
        covariance=np.eye(n),
        risk_aversion=1.0,
        curves=proportionals(costs),
        lot=np.ones(n),
    )


def band_at_half(seed: int) -> HedgeProblem:
    """The same, with a band that does not bind and a limit that cuts one trade at half a lot."""
    problem, rng = halves(seed), np.random.default_rng(seed)
    most = np.abs(rng.integers(0, 8, 5)) + 0.5
    greeks = rng.integers(-2, 3, (1, 5)).astype(np.float64)
    return dataclasses.replace(
        problem,
        **boxed(most),
        bands=(GreekBand(name="delta", lower=-200.0, upper=200.0),),
        book_greeks=np.zeros(1),
        unit_greeks=greeks,
    )


def twinned(seed: int) -> HedgeProblem:
    """Each instrument twice, and one of them free of charge: any split is as good."""
    problem = varied(seed, n=3, m=1, limits=0, holding=False, depth=False)
    n = 6
    return dataclasses.replace(
        problem,
        names=tuple(f"instrument {i}" for i in range(n)),
        unit_loads=np.tile(problem.unit_loads, 2),
        unit_greeks=np.tile(problem.unit_greeks, 2),
        curves=(*proportionals(np.zeros(1)), *problem.curves[1:]) * 2,
        trade_lower=np.full(n, -40.0),
        trade_upper=np.full(n, 40.0),
        lot=np.full(n, 0.25),
        least=np.zeros(n),
        held=np.zeros(n),
        holding=problem.holding * 2,
    )


def ordinary(seed: int) -> HedgeProblem:
    """Order books, limits and held positions, in coarse lots."""
    return dataclasses.replace(varied(seed, impact=seed % 2 == 0), lot=np.full(6, 0.5))


KINDS = (halves, band_at_half, twinned, ordinary)


def neighbour(problem: HedgeProblem, rng: np.random.Generator) -> HedgeProblem:
    size = 10.0 ** rng.uniform(-6.0, 0.5)
    return dataclasses.replace(problem, book_loads=problem.book_loads + size * rng.normal(size=problem.book_loads.size))


# Four problems an example, half of the profile's examples: 10,000 problems in `make soak`.
@settings(max_examples=max(1, settings().max_examples // 2))
@given(st.integers(0, 10**8))
def test_warm_and_cold_solves_round_to_the_same_lots(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for make in KINDS:
        problem = make(seed)
        cold = plan_hedge(problem)
        try:
            warm = solve(neighbour(problem, rng))
        except hr.SolveError:
            continue  # a neighbour that cannot be solved warms nothing
        assert plan_hedge(problem, warm=warm).lots.tobytes() == cold.lots.tobytes(), make.__name__


# A twelfth of the profile's examples, of four problems each: 1,664 problems in `make soak`.
@settings(max_examples=max(1, settings().max_examples // 12))
@given(st.integers(0, 10**8))
def test_a_session_rounds_to_the_lots_of_a_cold_solve(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for make in KINDS:
        problem = make(seed)
        other = neighbour(problem, rng)
        rows = np.concatenate([problem.book_greeks, [limit.start for limit in problem.limits]])
        try:
            session = HedgeSession(other)
        except hr.SolveError:
            continue
        found = round_to_lots(problem, session.tick(problem.book_loads, rows).x)
        assert found.tobytes() == plan_hedge(problem).lots.tobytes(), make.__name__


@given(st.integers(0, 10**8))
def test_half_a_lot_goes_to_the_even_one_or_where_it_is_better(seed: int) -> None:
    problem = halves(seed)
    best = solve(problem).x
    np.testing.assert_allclose(best - np.floor(best), 0.5, atol=1e-9)
    lots = plan_hedge(problem).lots
    # Both neighbours are as far from the best, so none is better than the other.
    assert np.all(np.abs(lots - best) <= 0.5 + 1e-9)
    assert (
        problem.objective(lots * 1.0) <= min(problem.objective(np.floor(best)), problem.objective(np.ceil(best))) + 1e-9
    )

"""Programs against direct integration and minimisation, which share nothing with lattices, and published figures."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from hedgerow.policy.programmes import HedgingProblem, Payoff, solve_cara, solve_mean_risk

NODES = np.linspace(-6.0, 6.0, 121)
WEIGHTS = np.exp(-0.5 * NODES**2) / np.exp(-0.5 * NODES**2).sum()


def sold_call(steps: int, strike: float = 100.0) -> tuple[Payoff, ...]:
    return (Payoff(kind="call", quantity=-1.0, strike=strike, step=steps),)


def black_scholes(spot: float, strike: float, vol: float, years: float) -> float:
    sd = vol * math.sqrt(years)
    d1 = math.log(spot / strike) / sd + 0.5 * sd
    return float(spot * stats.norm.cdf(d1) - strike * stats.norm.cdf(d1 - sd))


def loss_at_end(problem: HedgingProblem, spot: float, h: float) -> float:
    """What is lost at the last date: written apart from the package."""
    owed = sum(max(spot - p.strike, 0.0) if p.kind == "call" else max(p.strike - spot, 0.0) for p in problem.payoffs)
    sale = problem.proportional_cost * spot * abs(h) + problem.fixed_cost * (abs(h) > 1e-12)
    return owed + (sale if problem.charge_liquidation else 0.0)


def expectation_of_last(problem: HedgingProblem, spot: float, h: float, of: Callable[[float], float]) -> float:
    """E[of(loss over the last step)] by adaptive quadrature over the normal density, split at the strike."""
    dt = problem.step_years
    mean, sd = (problem.drift - 0.5 * problem.vol**2) * dt, problem.vol * math.sqrt(dt)

    def integrand(z: float) -> float:
        after = spot * math.exp(mean + sd * z)
        return math.exp(-0.5 * z * z) * of(loss_at_end(problem, after, h) - h * (after - spot))

    kinks = [(math.log(p.strike / spot) - mean) / sd for p in problem.payoffs]
    kinks = [z for z in kinks if abs(z) < 9.0]
    value = integrate.quad(integrand, -9.0, 9.0, points=kinks or None, limit=200, epsabs=1e-10, epsrel=1e-9)[0]
    return float(value / math.sqrt(2.0 * math.pi))


def trading_cost(problem: HedgingProblem, spot: float, change: float) -> float:
    return problem.proportional_cost * spot * abs(change) + problem.fixed_cost * (abs(change) > 1e-12)


def best(function: Callable[[float], float], low: float, high: float) -> float:
    """The least value over an interval: a grid, then a bounded search around its best point."""
    grid = np.linspace(low, high, 41)
    values = [function(float(h)) for h in grid]
    i = int(np.argmin(values))
    inside = (float(grid[max(i - 1, 0)]), float(grid[min(i + 1, 40)]))
    found = optimize.minimize_scalar(function, bounds=inside, method="bounded", options={"xatol": 1e-7})
    return float(min(found.fun, values[i]))


def cara_last(problem: HedgingProblem, g: float, spot: float, h: float) -> float:
    return math.log(expectation_of_last(problem, spot, h, lambda loss: math.exp(g * loss))) / g


@pytest.mark.parametrize("fixed", [0.0, 0.05])
@pytest.mark.parametrize(("k", "drift", "g"), [(0.01, 0.05, 0.4), (0.002, -0.3, 0.1), (0.0, 0.0, 0.7)])
def test_one_date_equals_direct_minimisation(k: float, drift: float, g: float, fixed: float) -> None:
    problem = HedgingProblem(
        spot=100.0, vol=0.3, years=0.05, steps=1, payoffs=sold_call(1, 101.0), proportional_cost=k, fixed_cost=fixed,
        drift=drift,
    )  # fmt: skip
    wanted = best(lambda h: cara_last(problem, g, 100.0, h) + trading_cost(problem, 100.0, h), -0.6, 1.4)
    wanted = min(wanted, cara_last(problem, g, 100.0, 0.0))
    table = solve_cara(problem, g)
    assert abs(table.value - wanted) < max(table.error, 2e-4)


@pytest.mark.parametrize("fixed", [0.0, 0.04])
def test_two_dates_equal_nested_minimisation(fixed: float) -> None:
    g = 1.0
    problem = HedgingProblem(
        spot=100.0, vol=0.25, years=0.04, steps=2, payoffs=sold_call(2), proportional_cost=0.004, fixed_cost=fixed,
        drift=0.02, charge_liquidation=False,
    )  # fmt: skip
    dt = problem.step_years
    after = 100.0 * np.exp((problem.drift - 0.5 * problem.vol**2) * dt + problem.vol * math.sqrt(dt) * NODES)
    axis = np.linspace(-0.2, 1.2, 113)
    last = np.array([[cara_last(problem, g, float(s), float(h)) for h in axis] for s in after])

    def from_here(h: float) -> float:
        total = 0.0
        for weight, s, row in zip(WEIGHTS, after, last, strict=True):
            trades = row + np.array([trading_cost(problem, float(s), float(x - h)) for x in axis])
            total += weight * math.exp(g * (min(trades.min(), float(np.interp(h, axis, row))) - h * (s - 100.0)))
        return math.log(total) / g

    wanted = best(lambda h: from_here(h) + trading_cost(problem, 100.0, h), -0.1, 1.1)
    table = solve_cara(problem, g)
    assert abs(table.value - min(wanted, from_here(0.0))) < 1e-3


def test_jumps_equal_direct_integration() -> None:
    g, intensity, mean, deviation = 0.5, 6.0, -0.05, 0.04
    problem = HedgingProblem(
        spot=100.0, vol=0.4, years=0.03, steps=1, payoffs=sold_call(1), proportional_cost=0.002, drift=0.1,
        jump_intensity=intensity, jump_mean=mean, jump_vol=deviation, charge_liquidation=False,
    )  # fmt: skip
    dt = problem.years
    centre = (0.1 - 0.5 * 0.16 - intensity * math.expm1(mean + 0.5 * deviation**2)) * dt

    def density(x: float) -> float:
        law = stats.poisson(intensity * dt)
        return sum(
            float(law.pmf(n) * stats.norm.pdf(x, centre + n * mean, math.sqrt(0.16 * dt + n * deviation**2)))
            for n in range(8)
        )

    grid = np.linspace(-0.75, 0.75, 2001)
    mass = np.array([density(float(x)) for x in grid]) * (grid[1] - grid[0])
    spots = 100.0 * np.exp(grid)

    def lost(h: float) -> float:
        x = np.maximum(spots - 100.0, 0.0) - h * (spots - 100.0)
        return math.log(float(mass @ np.exp(g * x))) / g + 0.002 * 100.0 * abs(h)

    table = solve_cara(problem, g)
    assert abs(table.value - best(lost, -0.2, 1.2)) < max(table.error, 5e-4)


@pytest.mark.parametrize(("k", "published"), [(0.002, 0.5637), (0.0005, 0.2008)])
def test_published_certainty_equivalents(k: float, published: float) -> None:
    """reference/policies.md, table 2: 250 dates, g = 1, first trade and liquidation charged."""
    problem = HedgingProblem(spot=100.0, vol=0.2, years=0.25, steps=250, payoffs=sold_call(250), proportional_cost=k)
    table = solve_cara(problem, 1.0)
    assert abs(table.value - black_scholes(100.0, 100.0, 0.2, 0.25) - published) < 0.0005
    assert table.error < 0.001


@pytest.mark.parametrize(
    ("g", "charged", "published"), [(1.0, False, 0.02337), (20.0, False, 0.02426), (20.0, True, 0.02473)]
)
def test_published_optimal_prices(g: float, charged: bool, published: float) -> None:
    """The deep-hedging benchmark: S = K = 1, 30 days, 30 trades, 10 bp, entropic."""
    problem = HedgingProblem(
        spot=1.0, vol=0.2, years=30 / 365, steps=30, payoffs=sold_call(30, 1.0), proportional_cost=1e-3,
        charge_liquidation=charged,
    )  # fmt: skip
    assert abs(solve_cara(problem, g).value - published) < 1.2e-5


def mean_std_last(problem: HedgingProblem, weight: float, h: float) -> float:
    extra = trading_cost(problem, problem.spot, h)
    first = expectation_of_last(problem, problem.spot, h, lambda loss: loss + extra)
    second = expectation_of_last(problem, problem.spot, h, lambda loss: (loss + extra) ** 2)
    return first + weight * math.sqrt(second - first**2)


@pytest.mark.parametrize("fixed", [0.0, 0.05])
@pytest.mark.parametrize("weight", [0.5, 1.5])
def test_mean_and_deviation_at_one_date(weight: float, fixed: float) -> None:
    problem = HedgingProblem(
        spot=100.0, vol=0.3, years=0.05, steps=1, payoffs=sold_call(1), proportional_cost=0.01, fixed_cost=fixed,
        drift=0.05,
    )  # fmt: skip
    price = black_scholes(100.0, 100.0, 0.3, 0.05)
    wanted = best(lambda h: mean_std_last(problem, weight, h), -0.2, 1.2)
    wanted = min(wanted, mean_std_last(problem, weight, 0.0)) - price
    table = solve_mean_risk(problem, "mean_std", weight)
    assert abs(table.value - wanted) < max(table.error, 0.005 * price)


def test_conditional_value_at_risk_at_one_date() -> None:
    level = 0.9
    problem = HedgingProblem(spot=100.0, vol=0.3, years=0.05, steps=1, payoffs=sold_call(1), proportional_cost=0.01)
    price = black_scholes(100.0, 100.0, 0.3, 0.05)
    dt, z = problem.years, np.linspace(-8.0, 8.0, 200_001)
    mass = np.exp(-0.5 * z * z)
    mass /= mass.sum()
    after = 100.0 * np.exp(-0.5 * 0.09 * dt + 0.3 * math.sqrt(dt) * z)

    def cvar(h: float) -> float:
        loss = np.maximum(after - 100.0, 0.0) - h * (after - 100.0) + 0.01 * after * abs(h) + 1.0 * abs(h) - price
        order = np.argsort(loss)
        beyond = np.cumsum(mass[order][::-1])
        taken = np.clip((1.0 - level) - (beyond - mass[order][::-1]), 0.0, mass[order][::-1])
        return float(taken @ loss[order][::-1] / (1.0 - level))

    table = solve_mean_risk(problem, "cvar", level)
    assert abs(table.value - best(cvar, -0.2, 1.2)) < max(table.error, 0.02 * price)

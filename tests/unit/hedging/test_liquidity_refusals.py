"""What hedges of liquidity refuse: numbers that are none, lengths that differ, choices that are misspelt."""

import math

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.hedging.liquidity import (
    CoinExposure,
    HedgeContract,
    OptionLeg,
    delta_gamma_hedge,
    hedge_liquidity,
    minimum_variance,
)
from hedgerow.hedging.replication import ListedOptions, piecewise_strip, static_hedge

GRID = np.linspace(1_000.0, 3_000.0, 21)
PAYOFF = np.sqrt(GRID)
CONTRACT = HedgeContract(inverse=False, price=2_000.0, spot=2_000.0)


def listed(**other: np.ndarray | float) -> ListedOptions:
    given = {
        "strikes": np.array([1_800.0, 2_200.0]),
        "is_call": np.array([False, True]),
        "cost": np.array([1.0, 1.0]),
        "limit": np.array([5.0, np.inf]),
        "coin_cost": 0.5,
    }
    return ListedOptions(**(given | other))  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["held", "ratio", "wanted_delta"])
@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_a_hedge_of_no_number(field: str, wrong: float) -> None:
    with pytest.raises(hr.InputError, match=f"{field} = {wrong}"):
        hedge_liquidity(CoinExposure(liquidity=1.0), CONTRACT, **{field: wrong})


def test_an_exposure_of_no_number() -> None:
    with pytest.raises(hr.InputError, match="nan"):
        hedge_liquidity(CoinExposure(liquidity=math.nan), CONTRACT)


def test_options_of_no_number() -> None:
    good = OptionLeg(delta=0.5, gamma=0.001, cost=3.0)
    for delta, gamma in ((math.nan, -0.002), (1.0, math.nan)):
        with pytest.raises(hr.InputError, match="= nan; give a finite number"):
            delta_gamma_hedge(delta, gamma, [good])
    for leg in (
        OptionLeg(delta=math.nan, gamma=0.001, cost=3.0),
        OptionLeg(delta=0.5, gamma=math.nan, cost=3.0),
        OptionLeg(delta=0.5, gamma=0.001, cost=math.nan),
    ):
        with pytest.raises(hr.InputError, match="= nan; give a finite number"):
            delta_gamma_hedge(1.0, -0.002, [leg])


def test_returns_of_two_lengths() -> None:
    returns = np.array([0.01, -0.02, 0.03, 0.0])
    with pytest.raises(Exception, match=r"n_return|same intervals"):  # the shape check of the tests comes first
        minimum_variance(returns, returns[:3])


@pytest.mark.parametrize(
    "change",
    [
        {"limit": np.array([np.nan, 1.0])},
        {"limit": np.array([-1.0, 1.0])},
        {"cost": np.array([np.nan, 1.0])},
        {"cost": np.array([np.inf, 1.0])},
        {"coin_cost": math.nan},
    ],
)
def test_a_limit_or_cost_of_no_number_is_not_unlimited(change: dict[str, np.ndarray | float]) -> None:
    with pytest.raises(hr.InputError, match="costs are paid"):
        static_hedge(PAYOFF, GRID, listed(**change), measure="worst", error_price=10.0)


def test_misspelt_and_broken_payoffs() -> None:
    with pytest.raises(Exception, match="worst"):  # the type check of the tests comes first
        static_hedge(PAYOFF, GRID, listed(), measure="max", error_price=10.0)  # type: ignore[arg-type]
    broken = PAYOFF.copy()
    broken[3] = np.nan
    with pytest.raises(hr.InputError, match="give a finite one for each"):
        static_hedge(broken, GRID, listed(), measure="worst", error_price=10.0)
    with pytest.raises(hr.InputError, match="give a finite one for each"):
        piecewise_strip(GRID, broken)

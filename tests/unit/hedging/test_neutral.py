"""The cost-free hedge of one delta with one instrument, by hand."""

import math

import pytest

from hedgerow.core.errors import InputError
from hedgerow.hedging import NeutralPlan, neutral_plan


def plan(delta: float, *, hedge: float = 0.0, expected: int = 0, unit: float = 0.1, wanted: float = 0.0) -> NeutralPlan:
    return neutral_plan(delta=delta, hedge_delta=hedge, expected_lots=expected, unit_delta=unit, wanted=wanted)


def test_an_open_delta_is_sold() -> None:
    found = plan(9.24)
    assert found.ideal == pytest.approx(-92.4)
    assert (found.target_lots, found.residual, found.unit_delta) == (-92, 9.24, 0.1)
    assert found.hedge_ratio == 0.0


def test_a_hedged_delta_needs_nothing_more() -> None:
    found = plan(0.0, hedge=-9.2, expected=-92)
    assert (found.ideal, found.target_lots, found.residual) == (-92.0, -92, 0.0)
    assert found.hedge_ratio == 1.0


def test_half_a_hedge_has_a_ratio_of_one_half() -> None:
    found = plan(5.0, hedge=-5.0, expected=-50)
    assert found.hedge_ratio == 0.5
    assert found.target_lots == -100


def test_the_wanted_delta_is_no_distance() -> None:
    found = plan(9.24, wanted=6.0)
    assert found.residual == pytest.approx(3.24)
    assert found.target_lots == -32


def test_a_hedge_that_falls_with_the_coin_is_bought() -> None:
    assert plan(2.0, unit=-0.5).target_lots == 4


@pytest.mark.parametrize(
    ("ideal", "target"), [(2.4, 2), (2.6, 3), (-2.4, -2), (-2.6, -3), (2.5, 2), (3.5, 4), (-2.5, -2)]
)
def test_targets_are_the_nearest_whole_lots_and_ties_go_to_even_ones(ideal: float, target: int) -> None:
    assert plan(-ideal, unit=1.0).target_lots == target


def test_where_there_is_nothing_to_hedge_there_is_no_ratio() -> None:
    assert math.isnan(plan(0.0).hedge_ratio)
    assert math.isnan(plan(-3.0, hedge=-3.0, expected=-30).hedge_ratio)  # a naked hedge


@pytest.mark.parametrize("unit", [0.0, -0.0, math.nan])
def test_a_lot_without_a_delta_hedges_nothing(unit: float) -> None:
    with pytest.raises(InputError, match=r"a lot with a delta of .*; hedge with an instrument that moves"):
        plan(1.0, unit=unit)

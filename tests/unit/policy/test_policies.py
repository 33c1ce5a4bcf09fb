"""When to trade, on views made by hand."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from hedgerow.core.errors import InputError
from hedgerow.hedging import NeutralPlan
from hedgerow.policy import (
    AnyPolicy,
    Band,
    DeltaTolerance,
    Leland,
    Outlook,
    PolicyState,
    PriceMove,
    Scene,
    TimeGrid,
    Trade,
    View,
    Wait,
    Wake,
    goal_of,
)

SECOND = 10**9
BOX = Wake(below=1900.0, above=2100.0, at_ns=77 * SECOND)


def no_outlook() -> Outlook:
    raise AssertionError("these policies are not to value the book")


def view(
    residual: float,
    target: int,
    *,
    expected: int = 0,
    unit: float = 0.1,
    now: float = 0.0,
    quiet: Callable[[float, float], Wake] = lambda lower, upper: BOX,  # noqa: ARG005
) -> View:
    plan = NeutralPlan(
        ideal=float(target), target_lots=target, residual=residual, hedge_ratio=math.nan, unit_delta=unit
    )
    return View(
        now_ns=round(now * SECOND),
        spot=2000.0,
        block=0,
        plan=plan,
        filled_lots=0,
        expected_lots=expected,
        lowest_lots=min(0, expected),
        highest_lots=max(0, expected),
        quiet=quiet,
        outlook=no_outlook,
    )


class TestDeltaTolerance:
    POLICY = DeltaTolerance(tolerance=2.0)

    @pytest.mark.parametrize(("residual", "target"), [(2.001, -20), (-2.001, 20), (300.0, -3000)])
    def test_outside_of_the_band_it_trades_to_neutral(self, residual: float, target: int) -> None:
        memory, answer = self.POLICY.decide(self.POLICY.init(), view(residual, target))
        assert isinstance(answer, Trade)
        assert (answer.target_lots, answer.reason) == (target, "residual delta beyond tolerance")
        assert answer.to_edge == pytest.approx(2.0 - abs(residual), abs=1e-15)
        assert math.isnan(answer.waiting_cost)
        assert memory == self.POLICY.init()

    @pytest.mark.parametrize("residual", [0.0, 1.999, -1.999, 2.0, -2.0])
    def test_inside_it_waits_until_the_band_may_be_left(self, residual: float) -> None:
        asked: list[tuple[float, float]] = []

        def quiet(lower: float, upper: float) -> Wake:
            asked.append((lower, upper))
            return BOX

        _, answer = self.POLICY.decide(self.POLICY.init(), view(residual, -20, quiet=quiet))
        assert isinstance(answer, Wait)
        assert (answer.reason, answer.wake) == ("residual delta within tolerance", BOX)
        assert answer.to_edge == 2.0 - abs(residual)
        assert asked == [(-2.0, 2.0)]

    def test_orders_in_flight_that_reach_the_target_are_waited_for(self) -> None:
        _, answer = self.POLICY.decide(self.POLICY.init(), view(3.0, -30, expected=-30))
        assert isinstance(answer, Wait)

    @pytest.mark.parametrize("unit", [0.1, -0.1])
    def test_a_band_narrower_than_a_lot_wakes_only_when_a_lot_helps(self, unit: float) -> None:
        asked: list[tuple[float, float]] = []

        def quiet(lower: float, upper: float) -> Wake:
            asked.append((lower, upper))
            return BOX

        narrow = DeltaTolerance(tolerance=0.001)
        _, answer = narrow.decide(narrow.init(), view(0.04, -20, expected=-20, unit=unit, quiet=quiet))
        assert isinstance(answer, Wait)
        ((lower, upper),) = asked
        assert upper == -lower == pytest.approx(0.051)  # half of a lot of 0.1, and a little

    @pytest.mark.parametrize("tolerance", [0.0, -1.0, math.nan, math.inf, 1e15])
    def test_a_tolerance_is_positive_and_finite(self, tolerance: float) -> None:
        with pytest.raises(InputError, match=r"tolerance = .*; give a positive number of coins"):
            DeltaTolerance(tolerance=tolerance)


class TestTimeGrid:
    POLICY = TimeGrid(every_s=60.0)

    def decide(self, memory: PolicyState, **terms: Any) -> tuple[PolicyState, Trade | Wait]:
        return self.POLICY.decide(memory, view(**terms))

    def test_the_first_trade_is_due_at_once_and_the_next_at_the_next_whole_minute(self) -> None:
        memory, answer = self.decide(self.POLICY.init(), residual=3.0, target=-30, now=90.0)
        assert answer == Trade(-30, "the goal of this instant of the grid", Wake(at_ns=120 * SECOND))
        assert memory == PolicyState(next_ns=120 * SECOND, goal_lots=-30)

    def test_between_two_instants_it_waits_whatever_the_plan_says(self) -> None:
        memory = PolicyState(next_ns=120 * SECOND, goal_lots=-30)
        after, answer = self.decide(memory, residual=50.0, target=-530, expected=-30, now=119.999)
        assert after == memory
        assert answer == Wait("until the next instant of the grid", Wake(at_ns=120 * SECOND))

    def test_at_the_instant_it_takes_the_plan_of_that_instant(self) -> None:
        memory = PolicyState(next_ns=120 * SECOND, goal_lots=-30)
        after, answer = self.decide(memory, residual=1.0, target=-40, expected=-30, now=120.0)
        assert after == PolicyState(next_ns=180 * SECOND, goal_lots=-40)
        assert answer == Trade(-40, "the goal of this instant of the grid", Wake(at_ns=180 * SECOND))

    def test_after_a_reject_the_goal_stays_the_goal(self) -> None:
        memory, _ = self.decide(self.POLICY.init(), residual=3.0, target=-30, now=90.0)
        after, answer = self.decide(memory, residual=3.5, target=-35, expected=0, now=100.0)
        assert after == memory
        assert answer == Trade(-30, "the goal of this instant of the grid", Wake(at_ns=120 * SECOND))

    def test_where_neutral_is_already_reached_it_waits(self) -> None:
        memory, answer = self.decide(self.POLICY.init(), residual=0.01, target=7, expected=7, now=60.0)
        assert memory == PolicyState(next_ns=120 * SECOND, goal_lots=7)
        assert answer == Wait("until the next instant of the grid", Wake(at_ns=120 * SECOND))

    def test_instants_that_were_missed_are_not_made_up_for(self) -> None:
        memory, _ = self.decide(PolicyState(next_ns=120 * SECOND, goal_lots=0), residual=0.0, target=0, now=601.0)
        assert memory.next_ns == 660 * SECOND

    @pytest.mark.parametrize("every_s", [0.0, -1.0, 9e-4, 1.1e9, math.nan, math.inf])
    def test_an_interval_is_between_a_millisecond_and_many_years(self, every_s: float) -> None:
        with pytest.raises(InputError, match=r"every_s = .*; give an interval between 0.001 and 1e9 seconds"):
            TimeGrid(every_s=every_s)


def at(now: float, ideal: float = 0.4) -> Scene:
    return Scene(
        now_ns=round(now * SECOND),
        step_years=0.004,
        spot=100.0,
        ideal=ideal,
        gamma=-0.05,
        held=0.0,
        last_spot=100.0,
        vol=0.5,
        years=0.25,
        losses=math.nan,
        ideal_at=lambda factor: ideal * factor,
    )


class TestBands:
    def test_the_tolerance_is_the_half_width_around_the_ideal(self) -> None:
        policy = DeltaTolerance(tolerance=0.25)
        assert policy.band(policy.init(), at(3.0)) == (policy.init(), Band(0.4 - 0.25, 0.4 + 0.25, 0.4, 0.4))

    def test_a_grid_trades_at_its_instants_and_at_no_other(self) -> None:
        policy, goals = TimeGrid(every_s=3.0), []
        memory = policy.init()
        for second in range(8):
            memory, band = policy.band(memory, at(second))
            goals.append(goal_of(band, 0.0))
        assert goals == [0.4, 0.0, 0.0, 0.4, 0.0, 0.0, 0.4, 0.0]
        assert memory.next_ns == 9 * SECOND

    def test_leland_trades_at_the_same_instants_to_the_delta_at_his_vol(self) -> None:
        policy, goals = Leland(proportional_cost=0.01, every_s=3.0), []
        number = math.sqrt(2.0 / math.pi) * 0.02 / (0.5 * math.sqrt(3.0 / (365 * 86_400)))
        memory = policy.init()
        for second in range(5):
            memory, band = policy.band(memory, at(second))
            goals.append(goal_of(band, 0.0))
        wanted = 0.4 * math.sqrt(1.0 + number)
        assert goals == pytest.approx([wanted, 0.0, 0.0, wanted, 0.0])

    def test_without_an_interval_leland_counts_the_steps_of_the_study(self) -> None:
        policy = Leland(proportional_cost=0.01)
        _, band = policy.band(policy.init(), at(1.0))
        number = math.sqrt(2.0 / math.pi) * 0.02 / (0.5 * math.sqrt(0.004))
        assert goal_of(band, 0.0) == pytest.approx(0.4 * math.sqrt(1.0 + number))

    def test_a_price_move_counts_from_the_last_trade(self) -> None:
        policy = PriceMove(move=0.01)
        for spot, goal in ((100.9, 0.0), (101.1, 0.4), (98.9, 0.4), (99.1, 0.0)):
            _, band = policy.band(policy.init(), dataclasses.replace(at(0.0), spot=spot))
            assert goal_of(band, 0.0) == goal


def test_policies_are_told_apart_by_their_kind() -> None:
    read = msgspec.json.decode(b'{"kind": "time_grid", "every_s": 60.0}', type=AnyPolicy)
    assert read == TimeGrid(every_s=60.0)
    read = msgspec.json.decode(b'{"kind": "delta_tolerance", "tolerance": 2.0}', type=AnyPolicy)
    assert read == DeltaTolerance(tolerance=2.0)

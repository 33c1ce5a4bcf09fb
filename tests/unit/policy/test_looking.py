"""From bands to lots, and the grid of looks, on views made by hand."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.core.errors import InputError
from hedgerow.hedging import NeutralPlan
from hedgerow.policy import (
    Band,
    EveryBlock,
    GasAware,
    Leland,
    Outlook,
    PolicyState,
    PriceMove,
    QuadraticImpact,
    Trade,
    Unhedged,
    View,
    Wait,
    Wake,
    WhalleyWilmott,
    Zakamouline,
    centred,
    edges,
    goal_in_lots,
)

SECOND = 10**9
UNIT = 0.1


def view(
    ideal: float,
    *,
    expected: int = 0,
    now: float = 0.0,
    spot: float = 100.0,
    gamma: float = -0.05,
    unit: float = UNIT,
    block: int = 0,
    vol: float = 0.5,
    asked: list[float] | None = None,
) -> View:
    plan = NeutralPlan(
        ideal=ideal / unit,
        target_lots=round(ideal / unit),
        residual=expected * unit - ideal,
        hedge_ratio=math.nan,
        unit_delta=unit,
    )

    def outlook() -> Outlook:
        if asked is not None:
            asked.append(now)
        return Outlook(spot=spot, unit=unit, gamma=gamma, vol=vol, years=0.25, ideal_at=lambda _: ideal)

    return View(
        now_ns=round(now * SECOND),
        spot=spot,
        block=block,
        plan=plan,
        filled_lots=expected,
        expected_lots=expected,
        lowest_lots=expected,
        highest_lots=expected,
        quiet=lambda lower, upper: Wake(),  # noqa: ARG005
        outlook=outlook,
    )


class TestGoalInLots:
    @pytest.mark.parametrize(
        ("band", "held", "goal"),
        [
            (edges(10.3, 20.0), 0, 11),  # the next whole lot inside of the edge
            (edges(10.3, 20.7), 30, 20),
            (edges(10.3, 20.7), 15, 15),
            (centred(15.2, 3.0), 10, 15),
            (centred(15.2, 3.0), 13, 13),
            (edges(10.3, 10.6), 10, 10),  # no whole lot inside, and none is nearer than the one held
            (edges(10.3, 10.6), 3, 10),
            (centred(10.45, 0.0), 11, 10),
            (centred(10.5, 0.0), 11, 11),
            (centred(10.495, 0.4999), 11, 11),
            (Band(50.0, 50.0, 12.6, 12.6), 10, 13),  # part of the way
            (Band(50.0, 50.0, 10.4, 10.4), 10, 10),
            (Band(-math.inf, math.inf, math.nan, math.nan), 7, 7),
        ],
    )
    def test_by_hand(self, band: Band, held: int, goal: int) -> None:
        assert goal_in_lots(band, held, 1.0) == goal

    @given(
        st.floats(-50.0, 50.0),
        st.floats(0.0, 5.0),
        st.integers(-60, 60),
        st.sampled_from([1.0, 0.1, -0.1, 200.0]),
        st.booleans(),
    )
    def test_a_second_look_at_the_same_band_trades_nothing(
        self, middle: float, half: float, held: int, unit: float, to_centre: bool
    ) -> None:
        middle, half = middle * abs(unit), half * abs(unit)
        band = centred(middle, half) if to_centre else edges(middle - half, middle + half)
        goal = goal_in_lots(band, held, unit)
        assert goal_in_lots(band, goal, unit) == goal
        assert abs(goal * unit - middle) <= max(half, 0.51 * abs(unit)) * (1 + 1e-9) + 1e-9 * abs(unit)

    @given(st.integers(-20, 20), st.floats(-0.009, 0.009), st.floats(-0.009, 0.009))
    def test_where_no_lot_is_clearly_nearer_nothing_trades_to_and_fro(
        self, place: int, first: float, second: float
    ) -> None:
        """Half-way between two lots a band without width trembles."""
        one, other = place + 0.5 + first, place + 0.5 + second
        there = goal_in_lots(centred(one, 0.0), place + 5, 1.0)
        assert goal_in_lots(centred(other, 0.0), there, 1.0) == there


class TestLooks:
    POLICY = WhalleyWilmott(risk_aversion=1.0, proportional_cost=0.002, look_every_s=60.0)
    HALF = (1.5 * 0.002 * 100.0 * 0.05**2) ** (1 / 3)  # 0.0909 coins, nine tenths of a lot

    def decide(self, memory: PolicyState, ideal: float, **terms: Any) -> tuple[PolicyState, Trade | Wait]:
        return self.POLICY.decide(memory, view(ideal, **terms))

    def test_outside_it_goes_to_the_nearer_edge_and_remembers_price_and_goal(self) -> None:
        memory, answer = self.decide(self.POLICY.init(), 2.0, now=90.0)
        # The edge is at 1.909 coins: 20 lots are the next inside of it.
        assert isinstance(answer, Trade)
        assert (answer.target_lots, answer.wake) == (20, Wake(at_ns=120 * SECOND))
        assert answer.to_edge == pytest.approx(-(2.0 - self.HALF))
        assert answer.waiting_cost == pytest.approx(0.5 * (0.5 * 100.0 * 2.0) ** 2 / 365)
        assert memory == PolicyState(next_ns=120 * SECOND, goal_lots=20, last_spot=100.0)

    def test_inside_it_waits_for_the_next_look_and_says_how_far_the_edge_is(self) -> None:
        memory, answer = self.decide(self.POLICY.init(), 2.0, expected=20, now=60.0)
        assert isinstance(answer, Wait)
        assert answer.wake == Wake(at_ns=120 * SECOND)
        assert answer.to_edge == pytest.approx(self.HALF)
        assert answer.waiting_cost == 0.0
        assert memory == PolicyState(next_ns=120 * SECOND, goal_lots=20)

    def test_between_two_looks_nothing_is_valued_and_a_refused_order_is_sent_again(self) -> None:
        asked: list[float] = []
        memory = PolicyState(next_ns=120 * SECOND, goal_lots=20)
        after, answer = self.decide(memory, 9.0, expected=20, now=119.0, asked=asked)
        assert isinstance(answer, Wait)
        assert math.isnan(answer.to_edge)
        assert math.isnan(answer.waiting_cost)
        again, answer = self.decide(memory, 9.0, expected=0, now=119.0, asked=asked)
        assert isinstance(answer, Trade)
        assert answer.target_lots == 20
        assert after == again == memory
        assert asked == []

    def test_a_hedge_that_moves_against_the_coin_works_as_well(self) -> None:
        _, answer = self.decide(self.POLICY.init(), 2.0, unit=-UNIT)
        assert isinstance(answer, Trade)
        assert answer.target_lots == -20

    @pytest.mark.parametrize(
        "policy",
        [
            WhalleyWilmott(risk_aversion=1.0),
            Zakamouline(risk_aversion=1.0),
            GasAware(risk_aversion=1.0),
            QuadraticImpact(risk_aversion=1.0),
            Leland(every_s=60.0),
        ],
    )
    def test_a_cost_that_nobody_stated_is_asked_for(self, policy: WhalleyWilmott) -> None:
        with pytest.raises(InputError, match=r"_cost is not stated; state \w+_cost of the policy, or fill it in"):
            policy.decide(policy.init(), view(2.0))

    def test_part_of_the_way_is_rounded_to_the_nearest_lot(self) -> None:
        policy = QuadraticImpact(risk_aversion=1e-3, impact_cost=0.05, look_every_s=86_400.0)
        # kappa = 5 a year, a quarter of a year left; one day works off tanh(1.25)*5/365 = 1.15 % of 200 coins.
        _, answer = policy.decide(policy.init(), view(200.0, now=1.0))
        assert isinstance(answer, Trade)
        assert answer.target_lots == 23
        _, answer = policy.decide(policy.init(), view(2.0, now=1.0))
        assert isinstance(answer, Wait)

    def test_leland_outside_of_a_study_needs_its_interval(self) -> None:
        policy = Leland(proportional_cost=0.01)
        with pytest.raises(InputError, match="every_s is not stated"):
            policy.decide(policy.init(), view(2.0))


class TestPriceMove:
    POLICY = PriceMove(move=0.01)

    def test_it_trades_at_first_and_after_the_move_and_wakes_when_it_may_have_come(self) -> None:
        memory, answer = self.POLICY.decide(self.POLICY.init(), view(2.0))
        assert isinstance(answer, Trade)
        assert answer.target_lots == 20
        assert answer.wake.below == pytest.approx(100.0 * math.exp(-0.01), rel=1e-9)
        assert answer.wake.above == pytest.approx(100.0 * math.exp(0.01), rel=1e-9)
        memory, answer = self.POLICY.decide(memory, view(3.0, expected=20, spot=100.9))
        assert isinstance(answer, Wait)
        memory, answer = self.POLICY.decide(memory, view(3.0, expected=20, spot=101.1))
        assert isinstance(answer, Trade)
        assert (answer.target_lots, memory.last_spot) == (30, 101.1)

    def test_a_refused_order_is_sent_again(self) -> None:
        memory, _ = self.POLICY.decide(self.POLICY.init(), view(2.0))
        after, answer = self.POLICY.decide(memory, view(2.4, expected=0, spot=100.1))
        assert isinstance(answer, Trade)
        assert answer.target_lots == 20
        assert after == memory

    @pytest.mark.parametrize("spot", [100.0 * math.exp(0.01), 100.0 * math.exp(-0.01)])
    def test_the_wake_is_never_too_late(self, spot: float) -> None:
        memory, answer = self.POLICY.decide(self.POLICY.init(), view(2.0))
        for price in np.nextafter(spot, [0.0, math.inf]):
            _, then = self.POLICY.decide(memory, view(5.0, expected=20, spot=float(price)))
            if isinstance(then, Trade):
                assert not answer.wake.below < price < answer.wake.above

    @pytest.mark.parametrize("move", [0.0, -0.1, 10.1, math.nan])
    def test_a_move_is_positive(self, move: float) -> None:
        with pytest.raises(InputError, match=r"move = .*; give a log-return"):
            PriceMove(move=move)


class TestEveryBlock:
    def test_a_new_block_is_a_new_goal_and_within_it_nothing_changes(self) -> None:
        policy = EveryBlock()
        memory, answer = policy.decide(policy.init(), view(2.0, block=7))
        assert answer == Trade(20, "the goal of this block", Wake(at_block=8), answer.to_edge, answer.waiting_cost)
        memory, answer = policy.decide(memory, view(9.0, block=7, expected=20))
        assert isinstance(answer, Wait)
        assert answer.wake == Wake(at_block=8)
        _, answer = policy.decide(memory, view(9.0, block=8, expected=20))
        assert isinstance(answer, Trade)
        assert answer.target_lots == 90

    def test_without_blocks_every_quote_counts(self) -> None:
        policy = EveryBlock()
        memory, _ = policy.decide(policy.init(), view(2.0))
        _, answer = policy.decide(memory, view(2.3, expected=20))
        assert isinstance(answer, Trade)
        assert answer.target_lots == 23

    def test_half_a_lot_is_no_reason_to_trade(self) -> None:
        policy = EveryBlock()
        _, answer = policy.decide(policy.init(), view(2.0505, expected=20, block=3))
        assert isinstance(answer, Wait)


def test_unhedged_never_wakes() -> None:
    _, answer = Unhedged().decide(Unhedged().init(), view(99.0))
    assert isinstance(answer, Wait)
    assert answer.wake == Wake()

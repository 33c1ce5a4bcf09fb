"""The frontier of a study: what is run, what is compared, and that it is the study's own paths."""

import re
from typing import Any

import msgspec
import numpy as np
import pytest

from hedgerow.config import SimulationStudy
from hedgerow.config.simulation_models import GbmLine
from hedgerow.config.simulation_tables import (
    FrontierLine,
    MarketLine,
    SimulationLine,
    SoldOption,
    TradingRules,
)
from hedgerow.core.errors import ConfigError, InputError
from hedgerow.lab import simulate
from hedgerow.report.policy_frontier import PolicyFrontier

BASE = SimulationStudy(
    policy=(
        {"kind": "delta"},
        {"kind": "time_grid", "every_hours": 12},
        {"kind": "delta_tolerance", "tolerance": 0.05, "name": "band"},
        {"kind": "whalley_wilmott", "risk_aversion": 0.5},
    ),
    model=GbmLine(sigma=0.6),
    market=MarketLine(spot=100.0),
    option=SoldOption(strike=100.0, expiry_days=10.0),
    hedge=TradingRules(steps=60, proportional_cost=1e-3),
    simulation=SimulationLine(paths=3000, seed=2),
)


def frontier(study: SimulationStudy, settings: int = 5) -> PolicyFrontier:
    found = simulate(study, frontier=settings).frontier
    assert found is not None
    return found


@pytest.fixture(scope="module")
def found() -> PolicyFrontier:
    return frontier(BASE)


def test_every_policy_is_run_at_settings_from_a_sixteenth_to_sixteen_times_its_own(found: PolicyFrontier) -> None:
    assert [curve.name for curve in found.curves] == ["delta", "time_grid", "band", "whalley_wilmott"]
    delta, clock, band, ww = found.curves
    assert (delta.parameter, len(delta.points)) == (None, 1)
    settings = [point.setting for point in band.points if not point.added]
    assert settings == pytest.approx([0.05 / 16.0, 0.05 / 4.0, 0.05, 0.2, 0.8])
    settings = [point.setting for point in ww.points if not point.added]
    assert settings == pytest.approx([0.5 / 16.0, 0.5 / 4.0, 0.5, 2.0, 8.0])
    # Intervals are whole steps of 4 hours, each once: 0.75 and 3 hours become one step.
    assert [point.setting for point in clock.points] == pytest.approx([4.0, 12.0, 48.0, 192.0])


def test_points_are_what_a_study_of_that_setting_alone_gives(found: PolicyFrontier) -> None:
    alone = msgspec.structs.replace(
        BASE, policy=({"kind": "whalley_wilmott", "risk_aversion": 2.0}, {"kind": "time_grid", "every_hours": 8})
    )
    ww, clock = simulate(alone).policies
    point = next(point for point in found.curves[3].points if point.setting == pytest.approx(2.0))
    assert found.clock is not None
    for known, policy in ((point, ww), (found.clock, clock)):
        assert known.deviation == pytest.approx(policy.std, rel=1e-12)
        assert known.mean == pytest.approx(policy.mean, rel=1e-9)
        assert known.cost == pytest.approx(policy.costs.total, rel=1e-12)
        assert known.trades == policy.trades
        assert known.deviation_error == pytest.approx(policy.std_error, rel=1e-9)


def test_savings_lie_on_the_straight_line_between_two_settings(found: PolicyFrontier) -> None:
    clock, curves = found.clock, {curve.name: curve for curve in found.curves}
    assert clock is not None
    assert [saving.name for saving in found.savings] == ["band", "whalley_wilmott"]
    for saving in found.savings:
        points = sorted(curves[saving.name].points, key=lambda point: point.deviation)
        risk = [point.deviation for point in points]
        cost, trades = (
            np.interp(clock.deviation, risk, [getattr(p, name) for p in points]) for name in ("cost", "trades")
        )
        assert saving.cost == pytest.approx(float(cost), rel=1e-9)
        assert saving.trades == pytest.approx(float(trades), rel=1e-9)
        assert saving.less_cost == pytest.approx(1.0 - float(cost) / clock.cost, rel=1e-9)
        assert saving.fewer_trades == pytest.approx(1.0 - float(trades) / clock.trades, rel=1e-9)
        assert (saving.lowest, saving.highest) == (risk[0], risk[-1])
        assert saving.fewer_trades_error is not None
        assert 0.0 < saving.fewer_trades_error < 0.1


def test_the_report_itself_is_that_of_the_study_without_a_frontier() -> None:
    with_it, without = simulate(BASE, frontier=2), simulate(BASE)
    assert [policy.to_dict() for policy in with_it.policies] == [policy.to_dict() for policy in without.policies]
    assert without.frontier is None
    assert without.to_dict()["frontier"] is None


@pytest.mark.parametrize(("hours", "near"), [(6.0, "8"), (1.0, "4"), (25.0, "24")])
def test_a_clock_that_the_dates_do_not_meet_is_refused_before_paths_are_walked(hours: float, near: str) -> None:
    odd = msgspec.structs.replace(BASE, frontier=FrontierLine(compare_every_hours=hours))
    heard: list[str] = []

    def hear(name: str, _done: int, _total: int) -> None:
        heard.append(name)

    told = rf"frontier\.compare_every_hours: is {hours:g}, and dates are 4 hours apart; .*, {near} say"
    with pytest.raises(ConfigError, match=told):
        simulate(odd, frontier=2, progress=hear)
    assert not heard
    simulate(odd)  # without a frontier nobody asks for the clock


def test_what_is_saved_does_not_depend_on_the_number_of_settings() -> None:
    few, many = frontier(BASE, 3), frontier(BASE, 9)
    for one, other in zip(few.savings, many.savings, strict=True):
        assert one.name == other.name
        assert None not in (one.less_cost, one.less_cost_error, other.less_cost, other.less_cost_error)
        assert one.less_cost == pytest.approx(other.less_cost, abs=one.less_cost_error)
        assert one.fewer_trades == pytest.approx(other.fewer_trades, abs=one.fewer_trades_error)
    for curve in few.curves[2:]:
        assert any(point.added for point in curve.points)
        settings = [point.setting for point in curve.points if point.setting is not None]
        assert settings == sorted(set(settings))
        risks = sorted(point.deviation for point in curve.points)
        above = next(i for i, risk in enumerate(risks) if risk >= few.clock.deviation)
        assert risks[above] - risks[above - 1] < 0.05 * few.clock.deviation
    assert len(few.curves[0].points) == 1
    assert not any(point.added for point in few.curves[1].points)


def test_added_settings_are_what_a_study_of_that_setting_alone_gives() -> None:
    curve = frontier(BASE, 3).curves[3]
    point = next(point for point in curve.points if point.added)
    (alone,) = simulate(
        msgspec.structs.replace(BASE, policy=({"kind": "whalley_wilmott", "risk_aversion": point.setting},))
    ).policies
    assert (point.deviation, point.cost) == pytest.approx((alone.std, alone.costs.total), rel=1e-12)


def test_a_curve_that_does_not_get_there_says_so() -> None:
    lazy = msgspec.structs.replace(BASE, policy=({"kind": "delta_tolerance", "tolerance": 8.0},))
    (saving,) = frontier(lazy, 2).savings
    assert (saving.setting, saving.cost, saving.less_cost) == (None, None, None)
    assert saving.lowest > 0.0


def test_settings_that_a_policy_refuses_are_left_out_and_told() -> None:
    steep = msgspec.structs.replace(BASE, policy=({"kind": "exact", "risk_aversion": 4.0},))
    found = frontier(steep, 2)  # 1/4, and 64, at which one step is worth too much
    (curve,) = found.curves
    assert [point.setting for point in curve.points] == [0.25]
    (note,) = (note for note in found.notes if note.startswith("exact: without risk_aversion 64"))
    assert "policy[" not in note


def test_risk_aversion_may_stand_in_the_objective() -> None:
    given: dict[str, Any] = {"kind": "whalley_wilmott"}
    objective = msgspec.structs.replace(BASE.objective, risk_aversion=0.05)
    found = frontier(msgspec.structs.replace(BASE, policy=(given,), objective=objective), 3)
    assert [point.setting for point in found.curves[0].points] == pytest.approx([0.05 / 16.0, 0.05, 0.8])


@pytest.mark.parametrize("settings", [0, 1, 66])
def test_too_few_or_too_many_settings_are_refused(settings: int) -> None:
    with pytest.raises(InputError, match="settings"):
        simulate(BASE, frontier=settings)


@pytest.mark.parametrize("hours", [0.0, -1.0, float("nan")])
def test_a_clock_needs_a_positive_interval(hours: float) -> None:
    wrong = msgspec.structs.replace(BASE, frontier=FrontierLine(compare_every_hours=hours))
    with pytest.raises(ConfigError, match=re.escape("frontier.compare_every_hours")):
        simulate(wrong)

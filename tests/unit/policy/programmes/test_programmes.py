"""Programs as policies: look-ups, dates, what is kept on disk, what is refused."""

import math
from pathlib import Path

import msgspec
import numpy as np
import pytest

from hedgerow.core.errors import InputError
from hedgerow.policy import Scene, goal_of
from hedgerow.policy.programmes import (
    ExactBand,
    HedgingProblem,
    MeanRiskOptimum,
    Payoff,
    exact_bands,
    keeping,
    rehearse,
    solve_cara,
    solve_mean_risk,
    solved,
)
from hedgerow.policy.programmes.lattice import holdings_axis, lattice, marked_at, owed_at
from hedgerow.policy.programmes.tables import band_at, date_of
from hedgerow.policy.region import project

SOLD = Payoff(kind="call", quantity=-1.0, strike=100.0, step=8)
PROBLEM = HedgingProblem(spot=100.0, vol=0.3, years=0.08, steps=8, payoffs=(SOLD,), proportional_cost=0.005)
DAY_NS = 86_400_000_000_000
DATES = {"start_ns": 0, "end_ns": 8 * DAY_NS}


def scene(spot: object, held: object, losses: object = math.nan, *, date: int = 3) -> Scene:
    return Scene(
        now_ns=date * DAY_NS,
        step_years=PROBLEM.step_years,
        spot=spot,
        ideal=spot,
        gamma=0.0,
        held=held,
        last_spot=math.nan,
        vol=0.3,
        years=0.05,
        losses=losses,
        ideal_at=lambda factor: factor,
    )


def test_one_path_and_many_see_the_same_band() -> None:
    rng = np.random.default_rng(1)
    spots, held, losses = rng.uniform(80.0, 120.0, 50), rng.uniform(-0.2, 1.2, 50), rng.normal(0.0, 2.0, 50)
    exact = ExactBand(problem=PROBLEM, risk_aversion=0.5, **DATES)
    best = MeanRiskOptimum(problem=PROBLEM, objective="mean_std", weight=1.5, **DATES)
    for policy in (exact, best):
        memory = policy.init()
        _, together = policy.band(memory, scene(spots, held, losses))
        for i in range(50):
            _, alone = policy.band(memory, scene(float(spots[i]), float(held[i]), float(losses[i])))
            assert tuple(alone) == tuple(edge[i] for edge in together)
            assert goal_of(alone, float(held[i])) == goal_of(together, held)[i]


def test_the_optimizer_projects_onto_the_exact_band() -> None:
    """Design rule 1: with one instrument the cost-aware solve of room 5 trades as the exact band of room 6 does."""
    policy = ExactBand(problem=PROBLEM, risk_aversion=0.5, **DATES)
    for date in range(8):
        for spot in (88.0, 97.0, 100.0, 106.0):
            _, band = policy.band(policy.init(), scene(spot, 0.0, date=date))
            middle, half = 0.5 * (band.lower + band.upper), 0.5 * (band.upper - band.lower)
            for held in (-0.3, band.lower - 0.01, middle, band.upper + 0.02, 1.3):
                metric = np.array([[(PROBLEM.vol * spot) ** 2]])
                solved_for = project(np.array([middle]), metric, np.array([half]), np.array([held]))
                assert solved_for[0] == pytest.approx(goal_of(band, held), abs=1e-7)


def test_dates_hold_until_the_next_one() -> None:
    assert [date_of(day * DAY_NS, 0, 8 * DAY_NS, 8) for day in (-1, 0, 1, 7, 8, 20)] == [0, 0, 1, 7, 7, 7]
    assert date_of(2 * DAY_NS - 10, 0, 8 * DAY_NS, 8) == 2  # rounding of a nanosecond or ten
    assert date_of(2 * DAY_NS - 10**9, 0, 8 * DAY_NS, 8) == 1


def test_programs_are_solved_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "_folder", lambda: tmp_path)
    problem = msgspec.structs.replace(PROBLEM, vol=0.317)
    first = exact_bands(problem, 0.5)
    (file,) = tmp_path.glob("*.npz")
    solved._cara.cache_clear()
    monkeypatch.setattr(solved, "solve_cara", lambda *_, **__: pytest.fail("solved again"))
    again = exact_bands(problem, 0.5)
    assert again.value == first.value
    assert np.array_equal(again.bands, first.bands)
    monkeypatch.undo()
    monkeypatch.setattr(keeping, "_folder", lambda: tmp_path)
    file.write_bytes(file.read_bytes()[:1000])  # a damaged file is solved and written anew
    solved._cara.cache_clear()
    assert exact_bands(problem, 0.5).value == first.value
    assert len(file.read_bytes()) > 1000
    assert not list(tmp_path.glob("*.part"))


def test_other_inputs_are_other_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "_folder", lambda: tmp_path)
    for problem in (msgspec.structs.replace(PROBLEM, vol=0.21), msgspec.structs.replace(PROBLEM, vol=0.22)):
        exact_bands(problem, 0.5)
        exact_bands(problem, 0.6)
    assert len(list(tmp_path.glob("*.npz"))) == 4


def test_nothing_is_bought_where_nothing_is_worth_it() -> None:
    dear = msgspec.structs.replace(PROBLEM, proportional_cost=0.5)
    losses = rehearse(dear, solve_cara(dear, 0.3), 20_000)
    bare = rehearse(dear, solve_cara(msgspec.structs.replace(dear, proportional_cost=0.9), 0.3), 20_000)
    assert np.array_equal(losses, bare)  # nobody trades, so cost does not matter


def test_without_costs_every_date_trades_to_one_holding() -> None:
    free = msgspec.structs.replace(PROBLEM, proportional_cost=0.0)
    bands = solve_cara(free, 0.5).bands
    assert np.array_equal(bands[..., 0], bands[..., 1])


def test_the_axis_of_holdings_has_zero_where_selling_costs_a_fee() -> None:
    charged = msgspec.structs.replace(PROBLEM, fixed_cost=0.1)
    axis, zero = holdings_axis(charged, (-0.13, 1.07), 40)
    assert axis[zero] == 0.0
    assert axis[0] <= -0.13
    assert axis[-1] >= 1.07
    assert holdings_axis(PROBLEM, (-0.13, 1.07), 40)[1] == -1


def test_liquidity_is_worth_what_the_curve_says() -> None:
    lp = Payoff(kind="liquidity", quantity=2.0, lower=81.0, upper=121.0, step=8)
    problem = msgspec.structs.replace(PROBLEM, payoffs=(lp,))
    spots = np.array([64.0, 100.0, 144.0])
    # Below the range coins alone, above it cash alone, inside both: L(1/sqrt(P) - 1/sqrt(b)) and L(sqrt(P) - sqrt(a)).
    wanted = -2.0 * np.array([64.0 * (1 / 9 - 1 / 11), 100.0 * (1 / 10 - 1 / 11) + (10 - 9), 11.0 - 9.0])
    assert np.allclose(owed_at(problem, 8, spots), wanted)
    assert np.allclose(marked_at(problem, 2, spots, paid=False), wanted)
    everywhere = msgspec.structs.replace(lp, lower=0.0, upper=None)
    full = msgspec.structs.replace(PROBLEM, payoffs=(everywhere,))
    assert np.allclose(owed_at(full, 8, spots), -2.0 * 2.0 * np.sqrt(spots))


def test_weights_of_a_step_have_its_mean_and_variance() -> None:
    jumpy = msgspec.structs.replace(PROBLEM, drift=0.2, jump_intensity=10.0, jump_mean=-0.03, jump_vol=0.02)
    for problem in (PROBLEM, jumpy):
        grid = lattice(problem, 3.0)
        reach = grid.weights.size // 2
        moves = np.arange(-reach, reach + 1) * grid.spacing
        assert grid.weights @ np.exp(moves) == pytest.approx(math.exp(problem.drift * problem.step_years), abs=1e-14)
        mean = grid.weights @ moves
        assert math.sqrt(grid.weights @ (moves - mean) ** 2) == pytest.approx(problem.step_vol, rel=1e-4)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"vol": 0.0}, "vol"),
        ({"steps": 0}, "steps"),
        ({"proportional_cost": 1.5}, "proportional_cost"),
        ({"fixed_cost": -1.0}, "fixed_cost"),
        ({"payoffs": ()}, "payoffs"),
        ({"payoffs": (msgspec.structs.replace(SOLD, step=9),)}, "date 9"),
        ({"payoffs": (msgspec.structs.replace(SOLD, strike=0.0),)}, "strike"),
        ({"payoffs": (msgspec.structs.replace(SOLD, years_left=0.1),)}, "years left"),
        ({"jump_intensity": 1e4, "jump_mean": 0.5}, "jumps"),
    ],
)
def test_bad_problems_are_refused_by_name(change: dict[str, object], word: str) -> None:
    with pytest.raises(InputError, match=word):
        solve_cara(HedgingProblem(**{**msgspec.structs.asdict(PROBLEM), **change}), 0.5)


def test_what_no_grid_carries_is_refused() -> None:
    with pytest.raises(InputError, match="risk_aversion"):
        solve_cara(PROBLEM, 0.0)
    with pytest.raises(InputError, match="across its band a step moves"):  # nobody trades: the band is everything
        solve_cara(
            msgspec.structs.replace(
                PROBLEM, steps=1, payoffs=(msgspec.structs.replace(SOLD, step=1),), proportional_cost=0.9
            ),
            1.0,
        )
    with pytest.raises(InputError, match="level"):
        solve_mean_risk(PROBLEM, "cvar", 1.0)
    with pytest.raises(InputError, match="weight"):
        solve_mean_risk(PROBLEM, "mean_std", 0.0)
    with pytest.raises(InputError, match="first before the last"):
        ExactBand(problem=PROBLEM, risk_aversion=1.0, start_ns=5, end_ns=5)


def test_the_optimum_asks_for_losses() -> None:
    policy = MeanRiskOptimum(problem=PROBLEM, objective="mean_std", weight=1.5, **DATES)
    with pytest.raises(InputError, match="losses"):
        policy.band(policy.init(), scene(100.0, 0.5))


def test_a_start_beyond_all_wanted_holdings_is_left_alone_where_no_trade_pays() -> None:
    """Deep in the money the hedge is one unit at every price; next to no aversion leaves it at none."""
    sold = Payoff(kind="call", quantity=-1.0, strike=20.0, step=4)
    told = {"spot": 100.0, "vol": 0.2, "years": 0.02, "steps": 4, "payoffs": (sold,), "proportional_cost": 0.01}
    problem = HedgingProblem(**told, charge_liquidation=False)  # type: ignore[arg-type]
    careless, careful = (solve_cara(problem, aversion) for aversion in (1e-7, 1.0))
    lower = [band_at(table, 0, np.array([100.0]))[0, 0] for table in (careless, careful)]
    assert lower[0] <= 0.0
    assert lower[1] == pytest.approx(1.0, abs=0.3)

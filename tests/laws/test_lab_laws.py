"""Laws of the laboratory: money is conserved, an inverse study is a linear one on 1/S, blocks do not matter."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from hedgerow.config.load_simulation import check_simulation
from hedgerow.config.simulation import SimulationStudy
from hedgerow.config.simulation_models import GbmLine
from hedgerow.config.simulation_policies import read_policies
from hedgerow.config.simulation_tables import CallLine, PutLine, RangeLine, TradingRules
from hedgerow.lab.programmes import resolve
from hedgerow.lab.run import source_of
from hedgerow.lab.setting import Setting, make_setting
from hedgerow.lab.trading import Outcome, Walk
from simulated_studies import MODELS, load, text


def outcomes(study: SimulationStudy, setting: Setting, y: np.ndarray) -> list[Outcome]:
    """Return what each policy of a study comes to on these paths."""
    policies = [resolve(study, i, named, setting).policy for i, named in enumerate(read_policies(study))]
    return Walk(setting, policies).through(y)


def paths_of(study: SimulationStudy, setting: Setting, size: int | None = None) -> np.ndarray:
    """Return all paths of a study, put together from its blocks."""
    return np.hstack(list(source_of(study, setting, None, size=size).blocks(study.simulation.paths)))


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("settlement", ["linear", "inverse"])
def test_paths_do_not_depend_on_blocks(tmp_path: Path, kind: str, settlement: str) -> None:
    held = f'[option]\nexpiry_days = 10\nsettlement = "{settlement}"\n'
    study = load(tmp_path, text(model=MODELS[kind], held=held))
    setting = make_setting(study, None)
    whole, parts = paths_of(study, setting), paths_of(study, setting, 38)
    assert whole.shape == (11, 1000)
    assert np.array_equal(whole, parts)
    assert np.all(whole[0] == setting.spot)


def black(y: float, strike: float, root: float) -> tuple[float, float]:
    """Return price and delta of a call, by the textbook."""
    if root == 0.0:
        return max(y - strike, 0.0), float(y > strike)
    d = math.log(y / strike) / root + 0.5 * root
    return y * norm.cdf(d) - strike * norm.cdf(d - root), norm.cdf(d)


def test_a_delta_hedge_loses_what_a_plain_loop_says(tmp_path: Path) -> None:
    costs = "[hedge]\nsteps = 8\nproportional_cost = 0.002\nfixed_cost = 0.03\nimpact_cost = 1e-5\n"
    for first in ("true", "false"):
        for last in ("true", "false"):
            rules = f"{costs}charge_first_trade = {first}\ncharge_liquidation = {last}\n"
            study = load(
                tmp_path, text('kind = "delta"', held="[option]\nstrike = 104.0\nexpiry_days = 10\n", hedge=rules)
            )
            setting = make_setting(study, None)
            y = paths_of(study, setting)[:, :20]
            (found,) = outcomes(study, setting, y)
            dt, price = 10.0 / 365.0 / 8.0, black(100.0, 104.0, 0.6 * math.sqrt(10.0 / 365.0))[0]
            for p in range(20):
                held, gains, paid, trades, turnover = 0.0, 0.0, [0.0, 0.0, 0.0], 0, 0.0
                for k in range(9):
                    goal = black(y[k, p], 104.0, 0.6 * math.sqrt((8 - k) * dt))[1] if k < 8 else 0.0
                    moved = goal - held
                    charged = (first == "true" or k > 0) and (last == "true" or k < 8)
                    if charged:
                        paid[0] += 0.002 * abs(moved) * y[k, p]
                        paid[1] += 0.03 * (moved != 0.0)
                        paid[2] += 1e-5 * moved**2 / dt
                    if k < 8 or last == "true":
                        trades += moved != 0.0
                        turnover += abs(moved) * y[k, p]
                    held = goal
                    if k < 8:
                        gains += held * (y[k + 1, p] - y[k, p])
                loss = max(y[8, p] - 104.0, 0.0) - price - gains + sum(paid)
                assert found.losses[p] == pytest.approx(loss, abs=1e-11)
                assert found.parts[:, p] == pytest.approx([*paid, trades, turnover], abs=1e-11)


@settings(max_examples=25)
@given(
    strike=st.floats(60.0, 160.0),
    call=st.booleans(),
    quantity=st.sampled_from([-2.0, -1.0, 1.5]),
    mu=st.floats(-0.5, 0.5),
    cost=st.sampled_from([0.0, 0.001]),
    lower=st.floats(50.0, 99.0),
)
def test_an_inverse_study_is_a_linear_one_on_the_dollar(
    strike: float, call: bool, quantity: float, mu: float, cost: float, lower: float
) -> None:
    """The same claims written on y = 1/S by hand, on the same paths, lose the same coins, whatever the policy."""
    rules = TradingRules(steps=6, proportional_cost=cost)
    policies: Any = (
        {"kind": "delta"},
        {"kind": "whalley_wilmott", "risk_aversion": 20.0},
        {"kind": "zakamouline", "risk_aversion": 20.0},
        {"kind": "leland"},
        {"kind": "unhedged"},
    )
    kinds = (CallLine, PutLine) if call else (PutLine, CallLine)
    pool = RangeLine(liquidity=3.0, lower=lower, upper=130.0, settlement="inverse")
    sold = kinds[0](strike=strike, expiry_days=6.0, quantity=quantity, settlement="inverse")
    inverse = SimulationStudy(model=GbmLine(sigma=0.7, mu=mu), position=(sold, pool), hedge=rules, policy=policies)
    check_simulation(inverse)
    seen = make_setting(inverse, None)
    dollar = kinds[1](strike=1.0 / strike, expiry_days=6.0, quantity=quantity * strike)
    turned = RangeLine(liquidity=3.0, lower=1.0 / 130.0, upper=1.0 / lower)
    market: Any = type(inverse.market)(spot=0.01)
    linear = SimulationStudy(
        model=GbmLine(sigma=0.7), position=(dollar, turned), hedge=rules, policy=policies, market=market
    )
    check_simulation(linear)
    other = make_setting(linear, None)
    y = paths_of(inverse, seen)[:, :50]
    for mine, theirs in zip(outcomes(inverse, seen, y), outcomes(linear, other, y), strict=True):
        assert mine.losses == pytest.approx(theirs.losses, abs=1e-11)
        assert mine.parts == pytest.approx(theirs.parts, rel=1e-9, abs=1e-11)


def test_an_inverse_call_unhedged_loses_its_payoff_in_coin(tmp_path: Path) -> None:
    held = '[option]\nstrike = 95.0\nexpiry_days = 10\nsettlement = "inverse"\n'
    study = load(tmp_path, text('kind = "unhedged"', held=held))
    setting = make_setting(study, None)
    y = paths_of(study, setting)
    (found,) = outcomes(study, setting, y)
    payoff = np.maximum(1.0 - 95.0 * y[-1], 0.0)  # y is the dollar in coin: 1/S
    price = black(100.0, 95.0, 0.6 * math.sqrt(10.0 / 365.0))[0] / 100.0
    assert found.losses == pytest.approx(payoff - price, abs=1e-12)


def test_an_option_that_expires_on_the_way_pays_at_its_date_and_one_that_lives_on_is_marked(tmp_path: Path) -> None:
    held = (
        '[[position]]\nkind = "call"\nstrike = 101.0\nexpiry_days = 4\nquantity = -1.0\n'
        '[[position]]\nkind = "put"\nstrike = 99.0\nexpiry_days = 20\nquantity = 2.0\n'
        '[[position]]\nkind = "liquidity_v2"\nliquidity = 5.0\n'
    )
    rules = "[hedge]\nsteps = 10\nhorizon_days = 10\n"
    study = load(tmp_path, text('kind = "unhedged"', 'kind = "delta"', held=held, hedge=rules))
    setting = make_setting(study, None)
    y = paths_of(study, setting)[:, :30]
    unhedged, delta = outcomes(study, setting, y)
    years = np.array([4.0, 20.0]) / 365.0
    now = black(100.0, 101.0, 0.6 * math.sqrt(years[0]))[0], black(100.0, 99.0, 0.6 * math.sqrt(years[1]))[0] - 1.0
    for p in range(30):
        end = y[10, p]
        put = black(end, 99.0, 0.6 * math.sqrt(10.0 / 365.0))[0] - (end - 99.0)
        gained = -(max(y[4, p] - 101.0, 0.0) - now[0]) + 2.0 * (put - now[1]) + 10.0 * (math.sqrt(end) - 10.0)
        assert unhedged.losses[p] == pytest.approx(-gained, abs=1e-11)
        gains = 0.0
        for k in range(10):
            book = 2.0 * (black(y[k, p], 99.0, 0.6 * math.sqrt((20 - k) / 365.0))[1] - 1.0) + 5.0 / math.sqrt(y[k, p])
            book -= black(y[k, p], 101.0, 0.6 * math.sqrt((4 - k) / 365.0))[1] if k < 4 else 0.0
            gains -= book * (y[k + 1, p] - y[k, p])
        assert delta.losses[p] == pytest.approx(-gained - gains, abs=1e-11)


@pytest.mark.parametrize("settlement", ["linear", "inverse"])
@pytest.mark.parametrize("kind", MODELS)
def test_a_fair_price_is_lost_on_average_by_nobody(tmp_path: Path, kind: str, settlement: str) -> None:
    """Without drift and costs, whatever the policy, losses have mean zero: prices and paths are of one model.

    Prices in coin are means under the measure of the coin: on the paths of the quote currency a loss counts S_T/S_0.
    """
    held = f'[option]\nexpiry_days = 20\nsettlement = "{settlement}"\n'
    model = "".join(line + "\n" for line in MODELS[kind].splitlines() if not line.startswith("mu"))
    content = text('kind = "delta"', 'kind = "unhedged"', model=model, held=held, hedge="[hedge]\nsteps = 10\n")
    study = load(tmp_path, content.replace("paths = 1000", "paths = 20000"))
    setting = make_setting(study, None)
    y = paths_of(study, setting)
    weight = setting.spot / y[-1] if settlement == "inverse" else np.ones(y.shape[1])
    for each in outcomes(study, setting, y):
        loss = each.losses * weight
        assert abs(loss.mean()) < 4.5 * loss.std() / math.sqrt(loss.size)

"""The laboratory holds positions of real pools: what they lose is loss-versus-rebalancing."""

import math
from pathlib import Path

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.config import load_simulation
from hedgerow.core.errors import ConfigError
from hedgerow.lab.setting import make_setting

LAB = (hr.example("liquidity") / "study.toml").read_text()
POOLS = hr.example("liquidity")


def study(tmp_path: Path, text: str) -> Path:
    for pool in POOLS.glob("*.json"):
        (tmp_path / pool.name).write_bytes(pool.read_bytes())
    path = tmp_path / "study.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("move", [0.4, 0.9, 1.0, 1.1, 3.0])
def test_the_book_on_a_path_is_worth_what_the_pool_says(tmp_path: Path, move: float) -> None:
    setting = make_setting(load_simulation(study(tmp_path, LAB)), None)
    price = 2222.19 * move
    book = setting.book(np.full(1, price), np.full(setting.legs.shape[0], math.inf))
    value = 0.05 * (2000.0 / 0.8 * 2222.19) * move**0.8  # V = V0·(S/S0)^0.8, the pool being balanced at S0
    assert book.value[0] == pytest.approx(value, rel=1e-4)
    assert book.delta[0] == pytest.approx(0.8 * value / price, rel=2e-4)


def test_hedged_without_costs_the_loss_is_half_the_gamma_times_variance(tmp_path: Path) -> None:
    text = LAB.replace("proportional_cost = 0.0005", "proportional_cost = 0.0")
    text = text.replace("fixed_cost = 5.0", "fixed_cost = 0.0")
    head, _, _ = text.partition("[[policy]]")
    report = hr.simulate(study(tmp_path, head + '[[policy]]\nkind = "delta"\n'))
    # Milionis et al. (2022), Automated Market Making and Loss-Versus-Rebalancing: w(1-w)/2·sigma²·V per year.
    value = 0.05 * (2000.0 / 0.8 * 2222.19)
    loss = 0.5 * 0.16 * 0.36 * value * 30.0 / 365.0
    (figures,) = report.policies
    assert figures.mean == pytest.approx(loss, abs=4.0 * figures.mean_error + 0.005 * loss)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("coins = { WETH = 1.0 }", "coins = {}", "WETH stands in neither of coins and money"),
        ("coins = { WETH = 1.0 }", "coins = { WETH = 1.0, USDC = 1.0 }", "USDC stands in both of coins and money"),
        ("coins = { WETH = 1.0 }", "coins = { WETH = 1.0, DAI = 1.0 }", "DAI: is no token of balancer:80WETH-20USDC"),
        ("coins = { WETH = 1.0 }", "coins = { WETH = -1.0 }", "coins.WETH: is -1; give what one token is worth"),
        ('shares = "250000000000000000000"', 'shares = "many"', "'many' is not an integer"),
        ('shares = "250000000000000000000"', "", "neither a whole range nor shares"),
        ('shares = "250000000000000000000"', "tick_lower = 1\nshares = 5", "shares beside a range"),
        ('file = "balancer-weighted.json"', 'file = "nowhere.json"', "nowhere.json: cannot be read"),
    ],
)
def test_a_position_that_cannot_be_read_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in LAB
    with pytest.raises(ConfigError, match=r"study\.toml|nowhere") as caught:
        make_setting(load_simulation(study(tmp_path, LAB.replace(old, new))), None)
    assert message in str(caught.value)

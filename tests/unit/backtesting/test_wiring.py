"""What a policy takes a trade to cost, where it does not say."""

from pathlib import Path
from typing import Any

import pytest

from hedgerow.backtesting.holdings import held_rows
from hedgerow.backtesting.load import load_recorded
from hedgerow.backtesting.wiring import engine_settings
from studies import changed, load, policies, study_text

BAND = 'kind = "whalley_wilmott"\nrisk_aversion = 0.01\n'
GAS = 'kind = "gas_aware"\nrisk_aversion = 0.01\n'


def policy_of(folder: Path, text: str) -> Any:
    study = load(folder, text)
    recorded = load_recorded(study)
    return engine_settings(study, study.policy[0], held_rows(study, recorded), recorded).policy


def test_at_an_exchange_a_trade_costs_half_the_spread_and_the_fee(tmp_path: Path) -> None:
    assert policy_of(tmp_path, policies(study_text(), BAND)).proportional_cost == pytest.approx(0.0006)


def test_what_a_policy_states_itself_stays(tmp_path: Path) -> None:
    stated = policies(study_text(), BAND + "proportional_cost = 0.002")
    assert policy_of(tmp_path, stated).proportional_cost == 0.002
    assert policy_of(tmp_path, policies(study_text(), GAS + "fixed_cost = 7.0")).fixed_cost == 7.0


def test_in_a_pool_it_costs_the_pools_fee(tmp_path: Path) -> None:
    assert policy_of(tmp_path, policies(study_text("onchain.toml"), BAND)).proportional_cost == 0.0005


@pytest.mark.parametrize(("numeraire", "price"), [("USD", 1850.0), ("ETH", 1.0)])
def test_a_swap_costs_its_gas_at_the_first_prices(tmp_path: Path, numeraire: str, price: float) -> None:
    text = policies(study_text("onchain.toml"), GAS)
    head, tail = text.index("[data.gas]"), text.index("[[liquidity]]")
    text = text[:head] + text[tail:]
    gas = ("max_gap_s = 600.0", "max_gap_s = 600.0\ngas_gwei = 30.0")
    text = changed(text, gas, ('numeraire = "USD"', f'numeraire = "{numeraire}"'))
    # 107,000 gas at 30 gwei are 0.00321 ETH; the first price of the day is within 2 % of 1850.
    assert policy_of(tmp_path, text).fixed_cost == pytest.approx(0.00321 * price, rel=0.02 if price > 1.0 else 1e-9)

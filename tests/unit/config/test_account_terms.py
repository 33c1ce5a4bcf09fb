"""Accounts of the desk file under a margin rule: what may stand there."""

from pathlib import Path

import pytest

import hedgerow as hr
from hedgerow.config import RULES, load_desk
from hedgerow.margin import RULES as RULES_OF_MARGIN
from hedgerow.venue_rules import VENUES

DESK = """
base = "ETH"
numeraire = "USD"
balances = {{ETH = 10.0}}
contract = [{{instrument = "ETH-PERPETUAL", bid = 2222.5, ask = 2222.6}}]
hedge = {{instruments = ["ETH-PERPETUAL"], risk_aversion = 1e-4{hedge}}}
risk = {{horizon_hours = 24.0, spot_vol = 0.6, vol_of_vol = 0.9, spot_vol_correlation = -0.2}}

[[position]]
instrument = "ETH-12JAN24-2300-C"
quantity = -1.0
account = "a"

[[account]]
name = "a"
instruments = ["ETH-PERPETUAL"]
{lines}
"""


def load(tmp_path: Path, lines: str, hedge: str = "") -> hr.Desk:
    path = tmp_path / "desk.toml"
    path.write_text(DESK.format(lines=lines, hedge=hedge), encoding="utf-8")
    return load_desk(path)


@pytest.mark.parametrize("name", ["", "a\\tb"])
def test_an_account_has_a_name_that_can_be_shown(tmp_path: Path, name: str) -> None:
    path = tmp_path / "desk.toml"
    path.write_text(DESK.format(lines="", hedge="").replace('name = "a"', f'name = "{name}"'), encoding="utf-8")
    with pytest.raises(hr.ConfigError, match=r"account\[0\]\.name: is .*; give it a printable name"):
        load_desk(path)


def test_the_rules_are_those_of_the_margin_room() -> None:
    assert set(RULES) == set(RULES_OF_MARGIN)
    assert {owner for owner in RULES.values() if owner is not None} <= set(VENUES)


def test_an_account_under_a_rule_is_read(tmp_path: Path) -> None:
    lines = 'venue = "deribit"\nrule = "deribit_standard"\nbalances = {ETH = 2.0}\nhaircuts = {ETH = 0.05}'
    (account,) = load(tmp_path, lines, ", liquidation_cost = 0.02").account
    assert (account.rule, account.balances, account.haircuts) == ("deribit_standard", {"ETH": 2.0}, {"ETH": 0.05})


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ('venue = "mtgox"', r"account\[0\].venue: is 'mtgox', of which no tables are on file; use binance"),
        ('fee_tier = "2"', r"account\[0\].fee_tier: stands without a venue"),
        ('instrument_list = "x.json"', r"account\[0\].instrument_list: stands without a venue"),
        ('rule = "span"\ncollateral = 1.0', r"account\[0\].rule: is 'span'; use deribit_standard, deribit_portfolio"),
        ('rule = "okx"\nvenue = "deribit"\ncollateral = 1.0', "a rule of okx, the venue is deribit; name one venue"),
        ('rule = "okx"\nmargin = "scenario"\ncollateral = 1.0', r"account\[0\].margin: is 'scenario' beside rule"),
        ('rule = "okx"', r"account\[0\].rule: stands without anything that covers margin"),
        ('margin = "span"', r"account\[0\].margin: Invalid enum value 'span'; write standard or scenario$"),
        ('mode = "iso"', r"account\[0\].mode: Invalid enum value 'iso'; write cross or isolated$"),
        (
            "rules_at = 2024-01-01",
            r"rules_at: Expected a time, got a date; write .*: 2024-01-01T00:00:00Z$",
        ),
        ("haircuts = {ETH = 0.1}", r"account\[0\].haircuts: stands without a rule"),
        ('mode = "isolated"', r"account\[0\].mode: stands without a rule"),
        ("collateral = 1.0\nbalances = {ETH = 1.0}", r"account\[0\].collateral: stands beside balances"),
        ("balances = {ETH = -1.0}", r"account\[0\].balances.ETH: is -1; a balance is not negative"),
        (
            'rule = "okx"\nbalances = {ETH = 1.0}\nhaircuts = {ETH = 5.0}',
            r"account\[0\].haircuts.ETH: is 5; a haircut is a fraction: write 0.05 for 5 %",
        ),
        (
            'rule = "fraction"\nfutures_margin = 0.1\nbalances = {ETH = 1.0}\nmode = "isolated"',
            r"account\[0\].mode: is isolated, but the account carries ETH-12JAN24-2300-C and ETH-PERPETUAL",
        ),
        (
            'rule = "fraction"\nbalances = {ETH = 1.0}',
            r"account\[0\].futures_margin: is missing beside rule = \"fraction\"; state it: 0.1 for 10 %",
        ),
        (
            'rule = "okx"\nbalances = {ETH = 1.0}\nhaircuts = {DOGE = 0.1}',
            r"account\[0\].haircuts.DOGE: names a currency that .* does not hold; use ETH, USD",
        ),
        ("max_leverage = 2.0", "stands without collateral; state collateral or balances as well"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, lines: str, text: str) -> None:
    with pytest.raises(hr.ConfigError, match=text):
        load(tmp_path, lines)


def test_leverage_counts_balances(tmp_path: Path) -> None:
    assert load(tmp_path, "balances = {ETH = 1.0}\nmax_leverage = 2.0").account[0].max_leverage == 2.0


@pytest.mark.parametrize("cost", ["-0.1", "1.5"])
def test_a_liquidation_loses_a_fraction(tmp_path: Path, cost: str) -> None:
    with pytest.raises(hr.ConfigError, match=r"hedge.liquidation_cost: is .*; give a fraction of the notional"):
        load(tmp_path, "", f", liquidation_cost = {cost}")


def test_a_misspelt_measure_is_told_the_measures(tmp_path: Path) -> None:
    with pytest.raises(hr.ConfigError, match=r"measure: Invalid enum value 'cvarr'; write cvar or entropic or worst$"):
        load(tmp_path, "", ', scenarios = {measure = "cvarr", level = 0.9}')

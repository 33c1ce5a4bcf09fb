"""What a study file refuses about accounts, options in them and what policies start with."""

from pathlib import Path

import msgspec
import pytest

import hedgerow as hr
from hedgerow.core.errors import ConfigError

STUDY = (hr.example("btc-2020-03-12") / "study.toml").read_text()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('rule = "deribit_standard"', 'rule = "deribit_standart"', r"account\[0\]\.rule: .*deribit_standard"),
        ('rule = "deribit_standard"', 'rule = "fraction"', r"account\[0\]\.initial: is missing"),
        ('rule = "deribit_standard"', 'rule = "okx"\ninitial = 0.1', r"account\[0\]\.initial: stands beside"),
        (
            'rule = "deribit_standard"',
            'rule = "fraction"\ninitial = 0.1\nmaintenance = 0.2',
            r"maintenance: is 0.2; give a fraction of the notional from 0.0001 to the initial margin of 0.1$",
        ),
        (
            'rule = "deribit_standard"',
            'rule = "fraction"\ninitial = 0.1\nmaintenance = 0.00005',
            r"maintenance: is 5e-05; give a fraction of the notional from 0.0001 to",
        ),
        (
            'rule = "deribit_standard"',
            'rule = "fraction"\ninitial = 0.00005',
            r"initial: is 5e-05; give a fraction of the notional from 0.0001 to 1$",
        ),
        ('rule = "deribit_standard"', "haircuts = { BTC = 0.1 }", r"account\[0\]\.haircuts: stand without a rule"),
        ('rule = "deribit_standard"', 'rule = "okx"\nhaircuts = { BTC = 1.1 }', r"haircuts\.BTC: is 1.1"),
        (
            'rule = "deribit_standard"',
            'rule = "okx"\nhaircuts = { DOGE = 0.1 }',
            r"haircuts\.DOGE: DOGE has no USD rate",
        ),
        ('rule = "deribit_standard"', 'rule = "okx"\nfunding_8h = 0.0001', r"account\[0\]\.funding_8h: stands alone"),
        ('rule = "deribit_standard"', 'rule = "paradex"\nfunding_8h = 1.0', r"funding_8h: is 1; write 0.0001"),
        ('name = "perpetuals"', 'name = "a\\nb"', r"account\[1\]\.name: is 'a\\nb'; give it a printable name"),
        ('account = "options"', 'account = "nowhere"', r"option\[0\]\.account: no account is called 'nowhere'"),
        ('account = "options"', "", r"option\[0\]\.delivery_price: stands without an account"),
        ("delivery_price = 6_696.42", "delivery_price = -1.0", r"option\[0\]\.delivery_price: is -1"),
        ("delivery_fee = 0.00015", "delivery_fee = 1.5", r"option\[0\]\.delivery_fee: is 1.5"),
        ("leverage = 3.0", "leverage = 0.0", r"policy\[1\]\.leverage: is 0"),
        ("leverage = 3.0", 'leverage = "best"', r"policy\[1\]\.leverage"),
        ("leverage = 3.0", "balances = { nowhere = { BTC = 1.0 } }", r"balances\.nowhere: no account"),
        ("balances = { BTC = 1.0 }", "balances = { BTC = -1.0 }", r"balances\.BTC: is -1; a balance is not negative"),
        ("leverage = 3.0", "balances = { perpetuals = { BTC = -5.0 } }", r"perpetuals\.BTC: is -5; a balance is not"),
        ("leverage = 3.0", "balances = { perpetuals = { ETH = 1.0 } }", r"perpetuals\.ETH: ETH has no USD rate"),
        ("leverage = 3.0", "leverage = 3.0\nbalances = { perpetuals = { BTC = 1.0 } }", r"stands beside balances"),
        (
            'name = "perpetuals"',
            'name = "perpetuals"\nbalances = { BTC = 5.0 }',
            r"policy\[1\]\.leverage: sets what perpetuals starts with, and the account states 5 BTC; remove .*, "
            r"or empty them for this policy: balances = \{ perpetuals = \{\} \}$",
        ),
        (
            'name = "perpetuals"',
            'name = "perpetuals"\nbalances = { USD = 50_000.0 }',
            r"policy\[1\]\.leverage: sets what perpetuals starts with, and the account states 50000 USD; ",
        ),
        (
            'account = "options"',
            'account = "perpetuals"',
            r"policy\[1\]\.leverage: perpetuals holds BTC-27MAR20-7500-C as well, .*; give the hedge an account of its",
        ),
        (
            "leverage = 3.0",
            "balances = { BTC = 1.0 }",
            r"policy\[1\]\.balances\.BTC: Expected a table, got a number; name the account that holds it: "
            r"balances = \{ account = \{ BTC = 1.0 \} \}$",
        ),
        (
            "leverage = 3.0",
            'balances = { perpetuals = { BTC = "1" } }',
            r"perpetuals\.BTC: Expected a number, got text",
        ),
        ("vol = 0.53", "", r"margin\.vol: is missing"),
        ("vol = 0.53", "vol = 53.0", r"margin\.vol: is 53"),
        ("[margin]", "[margin]\nrules_at = 2020-01-01T00:00:00", r"margin\.rules_at: has no time zone"),
        ("[margin]", "[margin]\nrules_at = 2020-01-01", r"rules_at: .* a date; write .*: 2020-01-01T00:00:00Z$"),
        ("[margin]", "[margin]\nliquidation_fee = 0.9", r"margin\.liquidation_fee: is 0.9"),
    ],
)
def test_what_cannot_be_is_refused_by_name(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in STUDY
    path = tmp_path / "study.toml"
    path.write_text(STUDY.replace(old, new, 1))
    with pytest.raises(ConfigError, match=told):
        hr.load_study(path)


def test_a_leverage_needs_a_margin_rule(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    head, rule, tail = STUDY.rpartition('rule = "deribit_standard"')
    path.write_text(head + tail)
    assert rule
    with pytest.raises(ConfigError, match=r"policy\[1\]\.leverage: BTC-PERPETUAL in perpetuals has none"):
        hr.load_study(path)


def test_a_policy_may_empty_the_account_that_its_leverage_fills(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    emptied = STUDY.replace('name = "perpetuals"', 'name = "perpetuals"\nbalances = { BTC = 5.0 }')
    for leverage in ("3.0", "5.0", "10.0", '"optimal"'):
        assert emptied.count(f"leverage = {leverage}\n") == 1
        emptied = emptied.replace(
            f"leverage = {leverage}\n", f"leverage = {leverage}\nbalances = {{ perpetuals = {{}} }}\n"
        )
    path.write_text(emptied)
    assert [line.leverage for line in hr.load_study(path).policy] == [None, 3.0, 5.0, 10.0, "optimal"]


def test_a_policy_trades_what_it_names_else_the_first() -> None:
    study = hr.load_study(hr.example("btc-2020-03-12") / "study.toml")
    (only,) = study.instrument
    other = msgspec.structs.replace(only, name="BTC_USDC-PERPETUAL")
    two = msgspec.structs.replace(study, instrument=(only, other))
    named = msgspec.structs.replace(study.policy[1], instrument=other.name)
    assert (two.traded_by(named), two.traded_by(study.policy[1])) == (other, only)
    assert two.account_named("perpetuals") == study.account[1]

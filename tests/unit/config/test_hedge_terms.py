"""What the desk file states for the optimizer: read as written, or refused with field and remedy."""

from pathlib import Path

import pytest

from hedgerow.config import Margin, Measure, load_desk
from hedgerow.core.errors import ConfigError

SCENARIOS = '[hedge.scenarios]\nmeasure = "cvar"\nlevel = 0.95\n'
ACCOUNT = '[[account]]\nname = "venue"\ninstruments = ["ETH-PERPETUAL"]\ncollateral = 1e6\n'


def written(example_folder: Path, tmp_path: Path, *, hedge: str = "", more: str = "") -> Path:
    """The example desk with lines added to [hedge] and tables at its end."""
    text = (example_folder / "desk.toml").read_text(encoding="utf-8")
    path = tmp_path / "desk.toml"
    path.write_text(text.replace("[hedge]\n", f"[hedge]\n{hedge}", 1) + "\n" + more, encoding="utf-8")
    return path


def test_everything_is_read_as_written(example_folder: Path, tmp_path: Path) -> None:
    limits = '[hedge.position_limits]\n"ETH-PERPETUAL" = 5e5\n'
    more = limits + SCENARIOS + "weight = 0.5\ncount = 500\nseed = 3\n" + ACCOUNT
    more += 'margin = "scenario"\nfutures_margin = 0.05\nmax_leverage = 4.0\nmax_notional = 2e6\n'
    more += '[[contract]]\ninstrument = "ETH-26JAN24-2300-C"\nminimum_trade = 25\n'
    desk = load_desk(written(example_folder, tmp_path, more=more))
    open_desk = load_desk(written(example_folder, tmp_path, hedge='hold_open = ["gamma"]\n'))
    assert open_desk.hedge.hold_open == ("gamma",)
    assert (desk.contract[-1].minimum_trade, desk.contract[0].minimum_trade) == (25.0, None)
    assert desk.hedge.position_limits == {"ETH-PERPETUAL": 5e5}
    terms = desk.hedge.scenarios
    assert terms is not None
    assert (terms.measure, terms.level, terms.weight, terms.count, terms.seed) == (Measure.CVAR, 0.95, 0.5, 500, 3)
    (account,) = desk.account
    assert (account.name, account.instruments, account.collateral) == ("venue", ("ETH-PERPETUAL",), 1e6)
    assert (account.margin, account.futures_margin) == (Margin.SCENARIO, 0.05)
    assert (account.max_leverage, account.max_notional) == (4.0, 2e6)


@pytest.mark.parametrize(
    ("hedge", "more", "field", "said"),
    [
        ('hold_open = ["theta"]\n', "", "hedge.hold_open[0]", "is 'theta'; use delta, gamma, vega"),
        (
            "",
            '[hedge.position_limits]\n"ETH-9JAN24-2225-P" = 5\n',
            "hedge.position_limits",
            "add it to hedge.instruments",
        ),
        ("", '[hedge.position_limits]\n"ETH-PERPETUAL" = -5\n', "hedge.position_limits", "a limit is not negative"),
        ("", SCENARIOS.replace("cvar", "var"), "hedge.scenarios.measure", "var"),
        ("", SCENARIOS.replace("0.95", "95.0"), "hedge.scenarios.level", "the share of scenarios that do not count"),
        ("", SCENARIOS.replace("level = 0.95\n", ""), "hedge.scenarios", "states no level for cvar; add level = 0.95"),
        ("", SCENARIOS.replace("cvar", "worst"), "hedge.scenarios.level", "the worst cell has no level"),
        ("", SCENARIOS.replace("cvar", "entropic").replace("0.95", "0.0"), "hedge.scenarios.level", "a risk aversion"),
        ("", SCENARIOS + "weight = 0.0\n", "hedge.scenarios.weight", "a weight is positive"),
        ("", SCENARIOS + "count = 5\n", "hedge.scenarios.count", "give 100 to 200,000 scenarios"),
        ("", SCENARIOS + "seed = -1\n", "hedge.scenarios.seed", "not negative"),
        ("", ACCOUNT + ACCOUNT, "account[1]", "names venue twice"),
        ("", ACCOUNT.replace("ETH-PERPETUAL", "ETH-9JAN24-2225-P"), "account[0].instruments[0]", "add it to hedge"),
        ("", ACCOUNT + ACCOUNT.replace("venue", "other"), "account[1].instruments[0]", "traded in venue already"),
        ("", ACCOUNT.replace("1e6", "0.0"), "account[0].collateral", "collateral is positive"),
        ("", ACCOUNT + "futures_margin = 2.0\n", "account[0].futures_margin", "write 0.02 for 2 %"),
        (
            "",
            ACCOUNT.replace("collateral = 1e6\n", "max_leverage = 2.0\n"),
            "account[0].max_leverage",
            "state collateral",
        ),
        ("", ACCOUNT + "max_leverage = -2.0\n", "account[0].max_leverage", "a number from above 0 to 1000"),
        ("", ACCOUNT + "max_loan_to_value = 1.5\n", "account[0].max_loan_to_value", "a number from above 0 to 1"),
        ("", ACCOUNT + "max_notional = 0.0\n", "account[0].max_notional", "a notional is positive"),
        ("", ACCOUNT + 'margin = "cross"\n', "account[0].margin", "cross"),
        ('hold_open = ["gamma"]\n', SCENARIOS, "hedge.hold_open", "stands beside [hedge.scenarios]"),
        (
            "",
            '[[contract]]\ninstrument = "ETH-26JAN24-2300-C"\nminimum_trade = 0.0\n',
            "contract[1].minimum_trade",
            "positive",
        ),
    ],
)
def test_nonsense_is_refused_in_one_line(
    example_folder: Path, tmp_path: Path, hedge: str, more: str, field: str, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_desk(written(example_folder, tmp_path, hedge=hedge, more=more))
    assert caught.value.field.startswith(field)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_position_in_an_unknown_account_is_refused(example_folder: Path, tmp_path: Path) -> None:
    path = written(example_folder, tmp_path)
    text = path.read_text(encoding="utf-8").replace("quantity = -250.0\n", 'quantity = -250.0\naccount = "venue"\n', 1)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"position\[0\].account: is 'venue'; add an \[\[account\]\] of that name"):
        load_desk(path)


@pytest.mark.parametrize(
    ("accounts", "said"),
    [
        (ACCOUNT.replace("ETH-PERPETUAL", "ETH-26JAN24-2300-C"), "list it in the account's instruments"),
        (
            ACCOUNT.replace("venue", "other") + ACCOUNT.replace("ETH-PERPETUAL", "ETH-26JAN24-2300-C"),
            "is 'venue', but ETH-PERPETUAL is traded in other; name one account in both places",
        ),
    ],
)
def test_a_position_in_an_instrument_that_is_traded_elsewhere_is_refused(
    example_folder: Path, tmp_path: Path, accounts: str, said: str
) -> None:
    path = written(example_folder, tmp_path, more=accounts)
    held = "entry_price = 2_241.35\n"
    path.write_text(path.read_text(encoding="utf-8").replace(held, held + 'account = "venue"\n', 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=said) as caught:
        load_desk(path)
    assert caught.value.field == "position[7].account"
    # The account that trades it may be named, or none.
    path.write_text(path.read_text(encoding="utf-8").replace(accounts, ACCOUNT), encoding="utf-8")
    assert load_desk(path).position[7].account == "venue"

"""The leverage of a policy: what it puts up, after haircuts, and which one costs least; beside closed forms."""

import datetime as dt
import math
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hedgerow as hr
from hedgerow.config import Study
from hedgerow.core.errors import ConfigError
from hedgerow.report.backtest import PolicyResult

START = dt.datetime(2020, 3, 10, tzinfo=dt.UTC)
SPOT = 8000.0
INITIAL, MAINTENANCE = 0.1, 0.05
STUDY = """
base = "BTC"
numeraire = "{numeraire}"
start = 2020-03-10T00:00:00Z
end = 2020-03-10T04:00:00Z
data = {{ max_gap_s = 7200.0, price = {{ file = "price.parquet", column = "close", bar_s = 3600.0 }} }}
hedge = {{ max_quote_age_s = 7200.0 }}
rates = {{ USDC = 1.0 }}
margin = {{ vol = {vol}, horizon_s = {horizon_s}, capital_cost = {capital}, liquidation_cost = {loss} }}
[[account]]
name = "options"
balances = {{ BTC = 1.0 }}
[[account]]
name = "perpetuals"
rule = "fraction"
initial = {initial}
maintenance = {maintenance}
{account}
[[option]]
instrument = "BTC-27MAR20-7500-C"
quantity = {quantity}
vol = 0.6
account = "options"
[[instrument]]
name = "{hedge}"
venue = "quoted"
account = "perpetuals"
lot = {lot}
half_spread = 0.0
taker_fee = 0.0
[[policy]]
kind = "time_grid"
every_s = 3600.0
leverage = {leverage}
{policy}
"""
INVERSE, LINEAR = ("BTC-PERPETUAL", "1.0"), ("BTC_USDC-PERPETUAL", "0.001")
VOL, HORIZON_S, CAPITAL, LOSS = 0.53, 1_555_200.0, 0.2, 0.05
"""What a leverage is chosen by in these tests."""


def _study(
    folder: Path,
    leverage: str,
    *,
    account: str = "",
    policy: str = "",
    quantity: str = "-1.0",
    hedge: tuple[str, str] = INVERSE,
    numeraire: str = "BTC",
) -> Study:
    """A short call in one account, its hedge in another, on a price that does not move, without costs."""
    stamps = [START + i * dt.timedelta(hours=1) for i in range(4)]
    table = pa.table({"ts": pa.array(stamps, pa.timestamp("us", tz="UTC")), "close": [SPOT] * 4})
    pq.write_table(table, folder / "price.parquet")
    text = STUDY.format(
        numeraire=numeraire,
        vol=VOL,
        horizon_s=HORIZON_S,
        capital=CAPITAL,
        loss=LOSS,
        initial=INITIAL,
        maintenance=MAINTENANCE,
        account=account,
        policy=policy,
        leverage=leverage,
        quantity=quantity,
        hedge=hedge[0],
        lot=hedge[1],
    )
    (folder / "study.toml").write_text(text)
    return hr.load_study(folder / "study.toml")


def _only(study: Study) -> PolicyResult:
    (policy,) = hr.backtest(study).policies
    return policy


def _put_up(policy: PolicyResult) -> dict[str, float]:
    (start,) = [item.start for item in policy.accounts.accounts if item.name == "perpetuals"]
    return start


def _nearest(policy: PolicyResult) -> float:
    (used,) = [item.margin for item in policy.accounts.accounts if item.name == "perpetuals"]
    assert used is not None
    return used.min_distance


@pytest.mark.parametrize("haircut", [0.0, 0.2, 0.9])
def test_what_a_haircut_takes_is_put_up_as_well(tmp_path: Path, haircut: float) -> None:
    """A bought inverse perpetual alone is liquidated at (1 + maintenance)/(1 + 1/leverage): whatever the haircut."""
    plain = _only(_study(tmp_path, "3.0"))
    cut = _only(_study(tmp_path, "3.0", account=f"haircuts = {{ BTC = {haircut} }}"))
    assert _put_up(cut)["BTC"] == pytest.approx(_put_up(plain)["BTC"] / (1.0 - haircut), abs=1e-7)
    assert cut.accounts.leverage == 3.0
    assert _nearest(cut) == pytest.approx(1.0 - (1.0 + MAINTENANCE) / (1.0 + 1.0 / 3.0), rel=2e-3)
    assert not cut.rejects


@pytest.mark.parametrize("named", ["USDC", "USD"])
def test_a_linear_hedge_puts_up_cash_after_the_haircut_of_cash(tmp_path: Path, named: str) -> None:
    """A sold linear perpetual alone is liquidated at (1 + 1/leverage)/(1 + maintenance)."""
    haircuts = f"haircuts = {{ {named} = 0.2 }}"
    cut = _only(_study(tmp_path, "3.0", hedge=LINEAR, account=haircuts, numeraire="USD"))
    assert cut.final_position < 0.0
    ((currency, amount),) = _put_up(cut).items()
    assert currency == "USDC"
    assert amount == pytest.approx(abs(cut.final_position) * SPOT / (3.0 * 0.8), rel=5e-3)
    assert _nearest(cut) == pytest.approx((1.0 + 1.0 / 3.0) / (1.0 + MAINTENANCE) - 1.0, rel=1e-2)


@pytest.mark.parametrize("quantity", ["-3.0", "1.0"])
@pytest.mark.parametrize(("hedge", "numeraire"), [(INVERSE, "USD"), (LINEAR, "BTC")])
def test_the_hedge_counts_what_is_put_up_behind_it(
    tmp_path: Path, quantity: str, hedge: tuple[str, str], numeraire: str
) -> None:
    """The hedge that is traded has the leverage that is stated, though its collateral has a delta of its own."""
    policy = _only(_study(tmp_path, "3.0", quantity=quantity, hedge=hedge, numeraire=numeraire))
    ((_, amount),) = _put_up(policy).items()
    worth = amount * SPOT if hedge is INVERSE else amount
    notional = abs(policy.final_position) * (10.0 if hedge is INVERSE else SPOT)
    assert notional / worth == pytest.approx(3.0, rel=5e-3)
    assert policy.final_position * float(quantity) < 0.0


def test_coins_that_are_longer_than_the_hedge_is_short_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"leverage: is 0\.9: the BTC that it puts up moves the delta more"):
        _only(_study(tmp_path, "0.9", quantity="1.0", numeraire="USD"))


def _chance(barrier: float) -> float:
    """Probability that a spot without drift falls to a share of itself before the horizon: the reflection principle."""
    years = HORIZON_S / 31_536_000.0
    drift, width, level = -0.5 * VOL * VOL * years, VOL * math.sqrt(years), math.log(barrier)

    def cdf(x: float) -> float:
        return 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))

    return cdf((level - drift) / width) + math.exp(-level) * cdf((level + drift) / width)


@pytest.mark.parametrize("haircut", [0.0, 0.5, 0.9])
def test_the_chosen_leverage_costs_least_and_capital_is_what_is_put_up(tmp_path: Path, haircut: float) -> None:
    grid = np.exp(np.linspace(math.log(0.5), math.log(1.0 / INITIAL), 4001)).tolist()
    years = HORIZON_S / 31_536_000.0
    barriers = [(1.0 + MAINTENANCE) / (1.0 + 1.0 / leverage) for leverage in grid]
    costs = [
        CAPITAL * years / (leverage * (1.0 - haircut)) + LOSS * _chance(barrier)
        for leverage, barrier in zip(grid, barriers, strict=True)
    ]
    best = int(np.argmin(costs))
    found = _only(_study(tmp_path, '"optimal"', account=f"haircuts = {{ BTC = {haircut} }}")).accounts
    assert found.chosen
    assert found.leverage == pytest.approx(grid[best], rel=2e-3)
    assert found.liquidation_probability == pytest.approx(_chance(barriers[best]), rel=0.05)


def test_an_account_that_a_policy_empties_starts_with_the_leverage_alone(tmp_path: Path) -> None:
    plain = _only(_study(tmp_path, "3.0"))
    stated = "balances = { BTC = 5.0, USD = 50_000.0 }"
    emptied = _only(_study(tmp_path, "3.0", account=stated, policy="balances = { perpetuals = {} }"))
    assert _put_up(emptied) == _put_up(plain)
    assert emptied.final_position == plain.final_position


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"account": "haircuts = { BTC = 1.0 }"},
            r"account\[1\]\.haircuts\.BTC: is 1, so no BTC that a leverage puts up would cover margin; give less",
        ),
        (
            {"account": "haircuts = { USD = 1.0 }", "hedge": LINEAR},
            r"account\[1\]\.haircuts\.USD: is 1, so no USDC that a leverage puts up would cover margin; ",
        ),
        ({"quantity": "1e-12"}, r"policy\[0\]\.leverage: asks for 0 BTC behind -.*e-13 coins; state balances"),
    ],
)
@pytest.mark.parametrize("leverage", ["3.0", '"optimal"'])
def test_what_no_leverage_can_put_up_is_refused(
    tmp_path: Path, changes: dict[str, str], told: str, leverage: str
) -> None:
    with pytest.raises(ConfigError, match=told):
        hr.backtest(_study(tmp_path, leverage, **changes))  # type: ignore[arg-type]


def test_a_haircut_of_a_currency_that_is_not_put_up_changes_nothing(tmp_path: Path) -> None:
    plain = _only(_study(tmp_path, "3.0"))
    other = _only(_study(tmp_path, "3.0", account="haircuts = { USD = 1.0 }"))
    assert _put_up(other) == _put_up(plain)


def test_the_balance_of_a_leverage_is_that_of_the_neutral_hedge(tmp_path: Path) -> None:
    study = _study(tmp_path, "4.0")
    policy = _only(study)
    coins = abs(policy.final_position) * 10.0 / SPOT
    assert _put_up(policy)["BTC"] == pytest.approx(coins / 4.0, rel=2e-3)
    twice = msgspec.structs.replace(study.option[0], quantity=-2.0)
    double = _only(msgspec.structs.replace(study, option=(twice,)))
    assert _put_up(double)["BTC"] == pytest.approx(2.0 * _put_up(policy)["BTC"], rel=1e-6)

"""Studies as dynamic programs: worth the same as the book, the same hedge where trading is free."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

import hedgerow as hr
from hedgerow.backtesting.holdings import held_rows
from hedgerow.backtesting.load import load_recorded
from hedgerow.backtesting.wiring import engine_settings
from hedgerow.book import Row, assemble, value_book
from hedgerow.config import PoolLine, Study
from hedgerow.core.errors import ConfigError
from hedgerow.core.ids import Currency
from hedgerow.policy import ExactBand
from hedgerow.policy.programmes.lattice import marked_at
from studies import ONE_DAY, changed, load, policies, study_text

CALLS = '[[option]]\ninstrument = "ETH-25AUG23-1900-C"\nquantity = -40.0\nvol = 0.4\n'
PUTS = '[[option]]\ninstrument = "ETH_USDC-29SEP23-1700-P"\nquantity = 25.0\nvol = 0.6\n'
EXACT = 'kind = "exact"\nrisk_aversion = 0.001'


def study_of(
    folder: Path, *tables: str, file: str = "study.toml", numeraire: str = "USD", liquid: bool = True
) -> Study:
    text = study_text(file).replace("start = 2023-08-14T00:00:00Z", ONE_DAY[0][0])
    text = changed(text, *ONE_DAY, ("[hedge]", CALLS + PUTS + "[hedge]"), ("USDC = 1.0", "USDC = 0.997"))
    text = text.replace('numeraire = "USD"', f'numeraire = "{numeraire}"')
    if not liquid:
        start = text.index("[[liquidity]]")
        text = text[:start] + text[text.index("\n[", start + 2) :]
    return load(folder, policies(text, *tables))


def policy_of(study: Study) -> ExactBand:
    recorded = load_recorded(study)
    policy = engine_settings(study, study.policy[0], held_rows(study, recorded), recorded).policy
    assert isinstance(policy, ExactBand)
    return policy


def at_start(row: Row, study: Study) -> Row:
    years = 1.0 if row.expiry_ns is None else (row.expiry_ns - study.start_ns) / (365 * 86_400e9)
    return row._replace(expiry_years=years)


@pytest.mark.parametrize("numeraire", ["USD", "ETH"])
def test_at_every_price_the_program_is_worth_what_the_book_is_worth(tmp_path: Path, numeraire: str) -> None:
    study = study_of(tmp_path, EXACT.replace("0.001", "0.1") if numeraire == "ETH" else EXACT, numeraire=numeraire)
    problem = policy_of(study).problem
    rows = held_rows(study, load_recorded(study))
    for spot in (1200.0, 1790.0, 1850.0, 2600.0):
        book = assemble([at_start(row, study) for row in rows], base=Currency("ETH"), spot=spot, n_group=1)
        worth = float(value_book(book, numeraire=numeraire)[0].sum())
        asset = np.array([1.0 / spot if numeraire == "ETH" else spot])
        assert -marked_at(problem, 0, asset, paid=False)[0] == pytest.approx(worth, rel=1e-9)


@pytest.mark.parametrize(("file", "numeraire"), [("study.toml", "USD"), ("study.toml", "ETH"), ("onchain.toml", "USD")])
def test_where_trading_is_free_the_hedge_of_options_is_their_delta(tmp_path: Path, file: str, numeraire: str) -> None:
    """Its oracle is the grid that trades to neutral; coins, cash and the wanted delta count in both."""
    aversion = 0.001 if numeraire == "USD" else 1.0
    free = f'kind = "exact"\nrisk_aversion = {aversion}\nproportional_cost = 0.0\nfixed_cost = 0.0\nsteps = 24'
    clock = 'kind = "time_grid"\nevery_s = 3600.0'
    study = study_of(tmp_path, free, clock, file=file, numeraire=numeraire, liquid=False)
    exact, grid = hr.backtest(study).policies
    assert exact.final_lots == pytest.approx(grid.final_lots, rel=2e-3)
    assert exact.turnover == pytest.approx(grid.turnover, rel=0.02)


def test_its_dates_costs_and_vol_are_those_of_the_study_unless_stated(tmp_path: Path) -> None:
    problem = policy_of(study_of(tmp_path, EXACT)).problem
    assert problem.steps == 24
    assert problem.years == pytest.approx(1 / 365)
    assert problem.proportional_cost == pytest.approx(0.0006)
    assert problem.fixed_cost == 0.0
    assert 0.4 < problem.vol < 0.6
    assert not problem.charge_liquidation
    stated = f"{EXACT}\nproportional_cost = 0.002\nfixed_cost = 3.0\nvol = 0.3\nsteps = 12"
    problem = policy_of(study_of(tmp_path, stated)).problem
    assert (problem.proportional_cost, problem.fixed_cost, problem.vol, problem.steps) == (0.002, 3.0, 0.3, 12)


@pytest.mark.parametrize("numeraire", ["USD", "ETH"])
def test_without_risk_aversion_to_speak_of_nothing_is_worth_a_trade(tmp_path: Path, numeraire: str) -> None:
    """Also where the start lies far from every holding that is wanted without costs."""
    exact = hr.backtest(study_of(tmp_path, EXACT.replace("0.001", "1e-9"), numeraire=numeraire)).policies[0]
    assert exact.orders == 0


@pytest.mark.parametrize(("numeraire", "held"), [("USD", 0.0 - 3.0), ("ETH", 50_000.0 * 0.997)])
def test_it_starts_from_what_is_held_outright(tmp_path: Path, numeraire: str, held: float) -> None:
    study = study_of(tmp_path, EXACT, numeraire=numeraire)
    hedge = msgspec.structs.replace(study.hedge, delta=3.0)
    study = msgspec.structs.replace(study, hedge=hedge)
    problem = policy_of(study).problem
    wanted = 3.0 / problem.spot if numeraire == "ETH" else 0.0
    assert problem.held == pytest.approx(held + wanted)


def test_on_a_chain_gas_is_its_fixed_cost(tmp_path: Path) -> None:
    study = study_of(tmp_path, EXACT, file="onchain.toml")
    recorded = load_recorded(study)
    line = study.instrument[0]
    assert isinstance(line, PoolLine)
    gas = line.gas_units * float(recorded.gas_gwei[0]) * 1e-9 * float(recorded.price[0]) * 0.997
    assert policy_of(study).problem.fixed_cost == pytest.approx(gas)


def test_a_journal_of_it_replays(tmp_path: Path) -> None:
    study = study_of(tmp_path, EXACT)
    report = hr.backtest(study, journal=tmp_path / "journal")
    (folder,) = (tmp_path / "journal").iterdir()
    replayed = hr.replay(folder)
    assert replayed.divergence is None
    assert replayed.decisions == report.policies[0].decisions
    assert report.policies[0].orders > 0


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (
            f"{EXACT}\nsteps = 1\nvol = 9.0\nproportional_cost = 0.9".replace("0.001", "0.1"),
            r"policy\[0\].risk_aversion: is 0.1: across its band a step moves .*; take more dates or a lower",
        ),
    ],
)
def test_a_program_that_cannot_be_solved_names_the_key(tmp_path: Path, table: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        hr.backtest(study_of(tmp_path, table))

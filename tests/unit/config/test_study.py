"""A bad study gives one clear line that names file, key and remedy, exit code 2, and leaves nothing behind."""

# ruff: noqa: E501  (a table of cases reads best with one case a line)

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hedgerow as hr
from command_line import hedgerow
from studies import EXAMPLE, changed, study_text

POOL_FILE = f'file = "{EXAMPLE}/pool.parquet"'
PRICE_FILE = f'file = "{EXAMPLE}/price.parquet"'
TOLERANCE = 'kind = "delta_tolerance"\ntolerance = 2.0'
OPTION = '[[option]]\ninstrument = "ETH-25AUG23-1900-C"\nquantity = -10.0\nvol = 0.4\n\n[hedge]'


def refused(capsys: pytest.CaptureFixture[str], path: Path, *options: object) -> str:
    """Run the study, expect one line on standard error and nothing on standard output."""
    before = sorted(path.parent.rglob("*"))
    ran = hedgerow(capsys, ["backtest", path, *options])
    assert ran.code == 2, ran
    assert ran.out == ""
    lines = ran.err.strip().splitlines()
    assert len(lines) == 1, ran.err
    assert lines[0].startswith("hedgerow: ")
    assert "; " in lines[0], f"no remedy: {lines[0]}"
    assert sorted(path.parent.rglob("*")) == before
    return lines[0].removeprefix("hedgerow: ")


def line_number(path: Path, text: str) -> int:
    return next(i for i, line in enumerate(path.read_text().splitlines(), 1) if text in line)


@pytest.mark.parametrize(
    ("old", "new", "where", "expected"),
    [
        # the frame
        ('numeraire = "USD"\n', "", None, r": numeraire: required key is missing; add it"),
        ('numeraire = "USD"', 'numeraire = "USDC"', 'numeraire = "USDC"', r": numeraire: is 'USDC'; state USD or ETH"),
        ('base = "ETH"\n', "", None, r": base: required key is missing"),
        ("start = 2023-08-13T00:00:00Z", "start = 2023-08-13T00:00:00", "start = ", r": start: has no time zone; write it with Z"),
        ("start = 2023-08-13T00:00:00Z", "start = 2023-08-17T00:00:00Z", "end = ", r": end: is not after start"),
        ("start = 2023-08-13T00:00:00Z", 'start = "yesterday"', "start = ", r": start: Invalid RFC3339.*; "),
        ("end = 2023-08-17T00:00:00Z", "end = 2123-08-17T00:00:00Z", "end = ", r": end: is more than 20 years after start"),
        ("seed = 7", "seed = -7", "seed = -7", r": seed: is -7; give a number that is not negative"),
        ("seed = 7", "sed = 7", "sed = 7", r": sed: unknown key; remove it or correct its spelling"),
        ("seed = 7", 'seed = 7\nfile = "x"', 'file = "x"', r": file: unknown key; remove it"),
        ('name = "USDC/WETH range, hedged with a perpetual"', 'name = "\\u001b[2J"', "name = ", r": name: holds control characters"),
        ("[rates]", "[rates", None, r"not valid TOML: .*; mend the syntax there"),
        ("USDC = 1.0", "USDC = 0.0", "USDC = 0.0", r": rates.USDC: is 0; a rate is positive"),
        ("USDC = 1.0", "USDT = 1.0", None, r": .*USDC has no USD rate; state it: \[rates\] USDC = 1.0"),
        # the data
        (POOL_FILE, 'file = "nowhere.parquet"', 'file = "nowhere.parquet"', r": data.pool.file: no such file as .*nowhere.parquet; check its path"),
        (PRICE_FILE, 'file = "nowhere.parquet"', 'file = "nowhere.parquet"', r": data.price.file: no such file"),
        (f'file = "{EXAMPLE}/funding.parquet"', 'file = "f.parquet"', 'file = "f.parquet"', r": data.funding.file: no such file"),
        (PRICE_FILE, f'file = "{EXAMPLE}/study.toml"', None, r"study.toml: .*; "),
        ('column = "WETH"', 'column = "BTC"', None, r"price.parquet: BTC: .*; .*WETH"),
        ('column = "WETH"', 'column = "USDC"', None, r": data.price.column: its median 1 is far from the pool's .*; name the column"),
        ('venue = "binance"', 'venue = "bitmex"', None, r"funding.parquet: exchange: no row of bitmex ETH; the file holds .*binance ETH"),
        ("end = 2023-08-17T00:00:00Z", "end = 2023-09-30T00:00:00Z", None, r"parquet: ts: hole of .* where 10 min 0 s is allowed.*; choose start and end"),
        ("end = 2023-08-17T00:00:00Z", "end = 2024-08-17T00:00:00Z", None, r"parquet: ts: hole of .*; choose start and end on one side of it"),
        ("start = 2023-08-13T00:00:00Z", "start = 2023-08-01T00:00:00Z", None, r"parquet: ts: hole of .* where"),
        ("start = 2023-08-13T00:00:00Z\nend = 2023-08-17T00:00:00Z", "start = 2022-08-13T00:00:00Z\nend = 2022-08-17T00:00:00Z", None, r"ts: no row became final .*; the file covers from 2023-08-13"),
        ('bad_rows = "skip"', 'bad_rows = "refuse"', None, r'pool.parquet: ts: row .*bars missing: 1.*; mend the file, or set bad_rows = "skip"'),
        ('bad_rows = "skip"', 'bad_rows = "mend"', 'bad_rows = "mend"', r": data.bad_rows: Invalid enum value 'mend'"),
        ("max_gap_s = 600.0", "max_gap_s = 0.0", "max_gap_s", r": data.max_gap_s: is 0; give a number from 1 to"),
        ("fee = 0.0005", "fee = 5.0", "fee = 5.0", r": data.pool.fee: is 5; give a number from 0 to 0.5"),
        ('token1 = "ETH"', 'token1 = "WETH"', "token0", r": data.pool.token0: neither token is ETH"),
        ("decimals0 = 6", "decimals0 = 18", None, r": data.price.column: its median .* is far from the pool's"),
        # what is held
        ("tick_lower = 200_600", "tick_lower = 200_601", "[[liquidity]]", r": liquidity\[0\]: usdc-weth in univ3:USDC/WETH:500: tick 200601 is off"),
        ("tick_lower = 200_600", "tick_lower = 300_000", "[[liquidity]]", r": liquidity\[0\]: .*; "),
        ("liquidity = 50_000_000_000_000_000", "liquidity = -5", "[[liquidity]]", r": liquidity\[0\]: .*; "),
        ('pool = "univ3:USDC/WETH:500"', 'pool = "sushi"', 'pool = "sushi"', r": liquidity\[0\].pool: no pool is called 'sushi'"),
        ("[hedge]", OPTION.replace("25AUG23", "14AUG23"), "14AUG23", r": option\[0\].instrument: ETH-14AUG23-1900-C expires before the end; end the study before"),
        ("[hedge]", OPTION.replace("25AUG23", "11AUG23"), "11AUG23", r": option\[0\].instrument: ETH-11AUG23-1900-C expires before the end"),
        ("[hedge]", OPTION.replace("ETH-25AUG23-1900-C", "BTC-25AUG23-1900-C"), "BTC-", r": option\[0\].instrument: .* is on BTC, the study on ETH"),
        ("[hedge]", OPTION.replace("ETH-25AUG23-1900-C", "ETH-PERPETUAL"), "ETH-PERPETUAL", r": option\[0\].instrument: ETH-PERPETUAL is no option"),
        ("[hedge]", OPTION.replace("25AUG23", "25AUK23"), "25AUK23", r": option\[0\].instrument: .*25AUK23; Deribit names look like"),
        ("[hedge]", OPTION.replace("vol = 0.4", "vol = 40.0"), "vol = 40.0", r": option\[0\].vol: is 40; vols are fractions"),
        ("[hedge]", OPTION.replace("quantity = -10.0", "quantity = nan"), "quantity = nan", r": option\[0\].quantity: is nan; give a finite number"),
        ("[hedge]", OPTION.replace("[hedge]", OPTION.replace('-C"', '-C" # again')), "# again", r": option\[1\].instrument: ETH-25AUG23-1900-C stands in option\[0\] already; add their quantities"),
        # accounts and instruments
        ('account = "exchange"', 'account = "bank"', 'account = "bank"', r": instrument\[0\].account: no account is called 'bank'; add an"),
        ("USDC = 50_000.0", "EUR = 50_000.0", "EUR", r": account\[0\].balances.EUR: EUR has no USD rate; state it"),
        ("USDC = 50_000.0", "USDC = inf", "inf", r": account\[0\].balances.*: is inf; give a finite number"),
        ('name = "exchange"', 'name = "exchange"\n[[account]]\nname = "exchange"', None, r": account\[1\].name: names exchange twice"),
        ("lot = 0.001", "lot = -0.001", "lot = -0.001", r": instrument\[0\].lot: is -0.001; give contracts from 1e-09 to 1e\+09"),
        ("lot = 0.001", "lot = 0.0", "lot = 0.0", r": instrument\[0\].lot: is 0; give contracts from 1e-09 to 1e\+09"),
        ("lot = 0.001", 'lot = "small"', 'lot = "small"', r": instrument\[0\].lot: Expected a number, got text"),
        ("half_spread = 0.0001", "half_spread = 1.5", "half_spread", r": instrument\[0\].half_spread: is 1.5; it is a fraction"),
        ("taker_fee = 0.0005", "taker_fee = -0.0001", "taker_fee", r": instrument\[0\].taker_fee: is -0.0001; it is a fraction"),
        ("taker_fee = 0.0005", "taker_fee = nan", "taker_fee", r": instrument\[0\].taker_fee: is nan; give a finite number"),
        ("taker_fee = 0.0005", "taker_fee = 0.0005\ndisplayed = -1.0", "displayed", r": instrument\[0\].displayed: is -1; give "),
        ('venue = "quoted"', 'venue = "dark"', 'venue = "dark"', r": instrument\[0\].venue: Invalid value 'dark'"),
        ('name = "ETH_USDC-PERPETUAL"', 'name = "ETH_USDC-PERP"', "ETH_USDC-PERP", r": instrument\[0\].name: .*; Deribit names look like"),
        ('name = "ETH_USDC-PERPETUAL"', 'name = "BTC_USDC-PERPETUAL"', "BTC_USDC", r": instrument\[0\].name: .* is on BTC"),
        ('name = "ETH_USDC-PERPETUAL"', 'name = "ETH_USDC"', '"ETH_USDC"', r": instrument\[0\].name: ETH_USDC cannot be traded at a quoted venue"),
        ('name = "ETH_USDC-PERPETUAL"', 'name = "ETH-29SEP23"', '"ETH-29SEP23"', r": instrument\[0\].name: ETH-29SEP23 cannot be traded"),
        # rules
        ("delta = 0.0", "delta = inf", "delta = inf", r": hedge.delta: is inf; give a finite number"),
        ("delta = 0.0", "delta = 0.0\norder_timeout_s = 0.1", "order_timeout_s", r": hedge.order_timeout_s: is shorter than orders travel"),
        ("delta = 0.0", "delta = 0.0\nmax_quote_age_s = 0.0", "max_quote_age_s", r": hedge.max_quote_age_s: is 0; give a number from"),
        ("data_ms = 200.0", "data_ms = -1.0", "data_ms = -1.0", r": latency.data_ms: is -1; give a number from 0"),
        ("[latency]", "[faults]\nlate = 1.5\n[latency]", "late = 1.5", r": faults.late: is 1.5; give a number from 0 to 1"),
        ("[latency]", "[faults]\nlose_orders = 1.0\n[latency]", "lose_orders = 1.0", r": faults.lose_orders: is 1; give a number from 0 to 0.9"),
        ("[latency]", "[report]\ninterval_s = 0.0\n[latency]", "interval_s = 0.0", r": report.interval_s: is 0; give"),
        ("[latency]", "[refit]\nwindow_s = 0.0\n[latency]", "window_s = 0.0", r": refit.window_s: is 0; give"),
        # policies
        ('kind = "delta_tolerance"', 'kind = "hope"', 'kind = "hope"', r": policy\[0\].kind: Invalid value 'hope'"),
        ('kind = "delta_tolerance"\n', "", "[[policy]]", r": policy\[0\].kind: required key is missing"),
        ("tolerance = 2.0", "tolerance = 0.0", "tolerance = 0.0", r": policy\[0\].tolerance: is 0; give a positive number of coins"),
        ("tolerance = 2.0", "tolerance = nan", "tolerance = nan", r": policy\[0\].tolerance: is nan; give a finite number"),
        ("tolerance = 2.0", "every_s = 2.0", "every_s = 2.0", r": policy\[0\].every_s: unknown key|: policy\[0\].tolerance: required key is missing"),
        ("tolerance = 2.0", 'tolerance = 2.0\ninstrument = "ETH-PERPETUAL"', '"ETH-PERPETUAL"', r": policy\[0\].instrument: no instrument is called 'ETH-PERPETUAL'"),
        ("every_s = 3600.0", "every_s = 0.0001", "every_s = 0.0001", r": policy\[2\].every_s: is 0.0001; give an interval"),
        (TOLERANCE, 'kind = "whalley_wilmott"', "[[policy]]", r": policy\[0\].risk_aversion: required key is missing"),
        (TOLERANCE, 'kind = "whalley_wilmott"\nrisk_aversion = -1.0', "risk_aversion = -1.0", r": policy\[0\].risk_aversion: is -1; give a positive number, per unit of the money"),
        (TOLERANCE, 'kind = "whalley_wilmott"\nrisk_aversion = 1.0\nproportional_cost = -0.1', "proportional_cost", r": policy\[0\].proportional_cost: is -0.1; give zero or a positive number below 1"),
        (TOLERANCE, 'kind = "whalley_wilmott"\nrisk_aversion = 1.0\nlook_every_s = 0.0', "look_every_s", r": policy\[0\].look_every_s: is 0; give an interval"),
        (TOLERANCE, 'kind = "gas_aware"\nrisk_aversion = 1.0', None, r": policy\[0\].fixed_cost: is missing, and ETH_USDC-PERPETUAL costs no gas; state what a trade of any size costs"),
        (TOLERANCE, 'kind = "gas_aware"\nrisk_aversion = 1.0\nfixed_cost = 1.0\nmultiple = 0.0', "multiple = 0.0", r": policy\[0\].multiple: is 0; give a positive number"),
        (TOLERANCE, 'kind = "leland"\nevery_s = 60.0', 'kind = "leland"', r": policy\[0\].kind: leland needs options; add an \[\[option\]\], or use whalley_wilmott"),
        (TOLERANCE, 'kind = "zakamouline"\nrisk_aversion = 1.0', 'kind = "zakamouline"', r": policy\[0\].kind: zakamouline needs options"),
        (TOLERANCE, 'kind = "quadratic_impact"\nrisk_aversion = 1.0\nimpact_cost = 0.1', 'kind = "quadratic_impact"', r": policy\[0\].kind: quadratic_impact needs a vol, and none is known; add an"),
        (TOLERANCE, 'kind = "quadratic_impact"\nrisk_aversion = 1.0', "[[policy]]", r": policy\[0\].impact_cost: required key is missing"),
        (TOLERANCE, 'kind = "exact"', "[[policy]]", r": policy\[0\].risk_aversion: required key is missing"),
        (TOLERANCE, 'kind = "exact"\nrisk_aversion = 0.0\nvol = 0.5', "risk_aversion = 0.0", r": policy\[0\].risk_aversion: is 0; give a positive number, per unit of the money"),
        (TOLERANCE, 'kind = "exact"\nrisk_aversion = 0.1', None, r": policy\[0\].vol: is missing, and liquidity has none of its own; state the vol of the coin"),
        (TOLERANCE, 'kind = "exact"\nrisk_aversion = 0.1\nvol = 65.0', "vol = 65.0", r": policy\[0\].vol: is 65; vols are fractions from 0.001"),
        (TOLERANCE, 'kind = "exact"\nrisk_aversion = 0.1\nvol = 0.5\nsteps = 2001', "steps = 2001", r": policy\[0\].steps: is 2,001; give 1 to 2,000 dates"),
        (TOLERANCE, 'kind = "exact"\nrisk_aversion = 0.1\nvol = 0.5\nfixed_cost = -1.0', "fixed_cost = -1.0", r": policy\[0\].fixed_cost: is -1; give zero or a positive number"),
        (TOLERANCE, 'kind = "leland"\nevery_s = 60.0\nconstant = "boyle"', "constant", r": policy\[0\].constant: Invalid enum value 'boyle'; write leland or boyle_vorst"),
        (TOLERANCE, 'kind = "price_move"\nmove = 0.0', "move = 0.0", r": policy\[0\].move: is 0; give a log-return above 0"),
    ],
)  # fmt: skip
def test_a_bad_study_is_named_with_line_key_and_remedy(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, old: str, new: str, where: str | None, expected: str
) -> None:
    path = tmp_path / "study.toml"
    path.write_text(changed(study_text(), (old, new)))
    message = refused(capsys, path)
    assert re.search(expected, message), message
    if where is not None:
        assert message.startswith(f"{path}:{line_number(path, where)}: "), message


@pytest.mark.parametrize(
    ("old", "new", "where", "expected"),
    [
        (f'[data.gas] # recorded on Ethereum; the pool is on Polygon\nfile = "{EXAMPLE}/gas.parquet"\ncolumn = "gas_price"\n', "", 'venue = "pool"', r": instrument\[0\].venue: the price of gas is not known; name \[data.gas\], or state gas_gwei"),
        ("max_gap_s = 600.0", "max_gap_s = 600.0\ngas_gwei = 30.0", "gas_gwei", r": data.gas_gwei: stands beside data.gas; keep one"),
        ("order_timeout_s = 120.0", "order_timeout_s = 12.0", "order_timeout_s = 12.0", r": hedge.order_timeout_s: is shorter than the way into a block; give"),
        ("block_s = 12.0", "block_s = 0.0", "block_s = 0.0", r": instrument\[0\].block_s: is 0; "),
        ("block_s = 12.0", "block_s = 12.0\nmax_slippage = 1.0", "max_slippage = 1.0", r": instrument\[0\].max_slippage: is 1; it is a fraction"),
        ("block_s = 12.0\n", "", "[[instrument]]", r": instrument\[0\].block_s: required key is missing; add it"),
        ("gas_units = 107_000", "gas_units = 1.5", "gas_units = 1.5", r": instrument\[0\].gas_units: Expected a whole number, got one with a point"),
        ('name = "ETH_USDC"\n', 'name = "ETH_USDC-PERPETUAL"\n', '"ETH_USDC-PERPETUAL"', r": instrument\[0\].name: ETH_USDC-PERPETUAL cannot be traded at a pool venue"),
        ('column = "gas_price"', 'column = "gas"', None, r"gas.parquet: gas: .*; .*gas_price"),
        (f'file = "{EXAMPLE}/gas.parquet"', 'file = "gas.parquet"', 'file = "gas.parquet"', r": data.gas.file: no such file as "),
        ("start = 2023-08-14T00:00:00Z", "start = 2023-08-13T00:00:00Z", None, r"gas.parquet: ts: hole of 1440 min 0 s|gas.parquet: ts: hole of 24 h"),
    ],
)  # fmt: skip
def test_a_bad_study_on_a_chain_is_named_with_line_key_and_remedy(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, old: str, new: str, where: str | None, expected: str
) -> None:
    path = tmp_path / "study.toml"
    path.write_text(changed(study_text("onchain.toml"), (old, new)))
    message = refused(capsys, path)
    assert re.search(expected, message), message
    if where is not None:
        assert message.startswith(f"{path}:{line_number(path, where)}: "), message


def test_a_pool_venue_needs_a_pool(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = study_text("onchain.toml")
    text = text[: text.index("[data.pool]")] + text[text.index("[data.price]") :]
    text = text[: text.index("[[liquidity]]")] + text[text.index("[[account]]") :]
    path = tmp_path / "study.toml"
    path.write_text(text)
    assert "instrument[0].venue: there is no pool to swap in; name [data.pool]" in refused(capsys, path)


def test_a_study_needs_a_price(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = study_text()
    path = tmp_path / "study.toml"
    path.write_text(text[: text.index("[data.pool]")] + text[text.index("[data.funding]") :])
    assert "data: names neither price nor pool; name one of them" in refused(capsys, path)


@pytest.mark.parametrize("table", ["policy", "instrument"])
def test_a_study_needs_something_to_trade_and_somebody_who_does(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, table: str
) -> None:
    text = study_text()
    start = text.index(f"[[{table}]]")
    end = text.index("[hedge]") if table == "instrument" else len(text)
    path = tmp_path / "study.toml"
    path.write_text(f"{table} = []\n{text[:start]}{text[end:]}")
    assert f": {table}: is empty; name" in refused(capsys, path)


def test_files_that_are_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "nowhere.toml"
    assert refused(capsys, path) == f"{path}: no such file; check the path"
    ran = hedgerow(capsys, ["backtest", tmp_path])
    assert (ran.code, ran.out) == (2, "")
    assert "is a folder, not a file; name the file inside it" in ran.err


def pool_table() -> pa.Table:
    return pq.read_table(EXAMPLE / "pool.parquet")


def test_a_file_without_a_needed_column_is_named_with_the_columns_that_it_has(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pq.write_table(pool_table().drop_columns(["closeTick"]), tmp_path / "mine.parquet")
    path = tmp_path / "study.toml"
    path.write_text(changed(study_text(), (POOL_FILE, 'file = "mine.parquet"')))
    assert re.search(r"mine.parquet: closeTick: .*; .*currentLiquidity", refused(capsys, path))


def test_a_file_that_is_cut_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "mine.parquet").write_bytes((EXAMPLE / "pool.parquet").read_bytes()[:5000])
    path = tmp_path / "study.toml"
    path.write_text(changed(study_text(), (POOL_FILE, 'file = "mine.parquet"')))
    assert "mine.parquet: " in refused(capsys, path)


def test_days_with_a_hole_are_not_bridged(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    table = pool_table()
    pq.write_table(pa.concat_tables([table.slice(0, 2000), table.slice(2060)]), tmp_path / "mine.parquet")
    path = tmp_path / "study.toml"
    path.write_text(changed(study_text(), (POOL_FILE, 'file = "mine.parquet"')))
    assert re.search(r"mine.parquet: ts: hole of 60 min|mine.parquet: ts: hole of 1 h 0 min", refused(capsys, path))


def test_paths_count_from_the_study_file(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(changed(study_text(), (POOL_FILE, 'file = "data/mine.parquet"')))
    study = hr.load_study(tmp_path / "study.toml")
    assert study.data.pool is not None
    assert study.path(study.data.pool.file) == tmp_path / "data" / "mine.parquet"


def test_the_examples_are_good_studies() -> None:
    for file, names in [
        ("study.toml", ["band 2 ETH", "band 0.5 ETH", "every hour", "every 5 minutes"]),
        ("onchain.toml", ["band 5 ETH", "band 1 ETH", "every 6 hours"]),
    ]:
        study = hr.load_study(EXAMPLE / file)
        assert [policy.name for policy in study.policy] == names

"""Bad input gives one clear line that names file, field and remedy, exit code 2, and leaves nothing behind."""

# ruff: noqa: E501  (a table of cases reads best with one case a line)

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from command_line import hedgerow
from hedgerow.examples import copy_example

CHAIN = "deribit_eth_chain_20240108.parquet"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the example that a test may spoil."""
    return copy_example("eth-2024-01-08", tmp_path / "example")


def refused(capsys: pytest.CaptureFixture[str], folder: Path, *options: str) -> str:
    """Run the hedge, expect one line on standard error and nothing on standard output."""
    before = sorted(folder.rglob("*"))
    ran = hedgerow(capsys, ["hedge", folder / "desk.toml", "--market", folder, *options])
    assert ran.code == 2
    assert ran.out == ""
    lines = ran.err.strip().splitlines()
    assert len(lines) == 1, ran.err
    assert lines[0].startswith("hedgerow: ")
    assert "; " in lines[0], "no remedy"
    assert sorted(folder.rglob("*")) == before
    return lines[0].removeprefix(f"hedgerow: {folder}/")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def line_number(path: Path, text: str) -> int:
    return next(i for i, line in enumerate(path.read_text().splitlines(), 1) if text in line)


@pytest.mark.parametrize(
    ("old", "new", "where", "expected"),
    [
        ('numeraire = "USD"', 'numeraire = "EUR"', 'numeraire = "EUR"', r"numeraire: is 'EUR'; state USD or ETH"),
        ('numeraire = "USD"', "", None, r"numeraire: required key is missing; add it"),
        ("quantity = -300.0", "quantitty = -300.0", "quantitty", r"position\[1\].quantitty: unknown key; remove it"),
        ("quantity = -300.0", "quantity = nan", "quantity = nan", r"position\[1\].quantity: is nan; give a finite"),
        ("quantity = -300.0", 'quantity = "300 ETH"', '"300 ETH"', r"position\[1\].quantity: Expected a number"),
        ("spot_vol = 0.60", "spot_vol = 60", "spot_vol = 60", r"spot_vol.* write 0.55 for 55 %"),
        ("horizon_hours = 24.0", "horizon_hours = 0", "horizon_hours = 0", r"horizon_hours.*positive"),
        ("delta = 0.0 ", "vega = 0.0 ", "vega = 0.0", r"hedge.neutral.vega: is not a Greek.*use delta, gamma, gamma_per_1pct, vega_per"),
        ("[-500.0, 500.0]", "[500.0, -500.0]", "[500.0, -500.0]", r"hedge.neutral.vega_per_volpoint: is \[500, -500\]"),
        ("ETH-26JAN24-2000-P", "ETH-8JAN24-2000-P", "8JAN24", r"position\[3\].instrument: .* expired at 2024-01-08T08:00"),
        ("ETH-26JAN24-2000-P", "ETH-26JAM24-2000-P", "26JAM24", r"no such date as 26JAM24; Deribit names look like"),
        ("ETH-26JAN24-2000-P", "BTC-26JAN24-40000-P", "BTC-", r"is on BTC, the desk on ETH; keep one desk per coin"),
        ("ETH-26JAN24-2000-P", "ETH-5JAN24-2000-P", "5JAN24", r"expired at 2024-01-05.*--leave-out"),
        ("ETH-26JAN24-2300-C", "ETH-26JAN24-2304-C", "instruments = ", r"ETH-26JAN24-2304-C: not quoted"),
        ("ETH-28JUN24-2400-C", "ETH-27DEC24-4500-P", "instruments = ", r"ETH-27DEC24-4500-P: one-sided: no ask"),
        ("bid = 2_222.50", "bid = 2_223.50", "bid = 2_223.50", r"contract\[0\].bid: 2223.5 is above the ask 2222.6"),
        ("bid = 2_222.50", "", "[[contract]]", r"contract\[0\]: states one side of a quote only; state both"),
        ("taker_fee = 0.0005", "taker_fee = 5", "taker_fee = 5", r"taker_fee: is 5; fees are fractions"),
        ("entry_price = 2_241.35", "", None, r"ETH-PERPETUAL: no positive entry_price"),
        ("tick_lower = 198_260", "tick_lower = 198_261", "[[liquidity]]", r"tick 198261 is off the tick spacing"),
        ("univ3:USDC/WETH:500", "univ3:USDC/WETH:3000", "pool = ", r"not in this snapshot.*holds univ3:USDC/WETH:500"),
        ("USDC = 1.0", "USDC = 0.0", "USDC = 0.0", r"rates.USDC: is 0; a rate is positive"),
        ("[rates]\nUSDC = 1.0", "", None, r"balances.USDC: .*has no USD rate; state it: \[rates\] USDC = 1.0"),
        ("delta = 0.0 ", "delta = 1e9 ", None, r"delta is .*; these instruments and limits|no trade meets"),
        ("risk_aversion = 1e-4", "risk_aversion = -1", "risk_aversion = -1", r"hedge.risk_aversion: is -1; .* positive"),
        ("[hedge.limits]", '[hedge.limits]\n"ETH-PERP" = 1.0', '"ETH-PERP"', r"hedge.limits.ETH-PERP: is not a hedging"),
        ("[balances]", "[balances", None, r"not valid TOML"),
        ("quantity = -300.0", "quantity = 1e300", "quantity = 1e300", r"position\[1\].quantity: is 1e\+300; give a finite"),
        ("risk_aversion = 1e-4", "risk_aversion = 1e300", "risk_aversion = 1e300", r"risk_aversion: is 1e\+300; give"),
        ("risk_aversion = 1e-4", "risk_aversion = 1e-300", "risk_aversion = 1e-300", r"risk_aversion: is 1e-300; it"),
        ("entry_price = 2_241.35", "entry_price = 0.44", None, r"an entry_price of 0.44 against a mark of 2222.55"),
        ("horizon_hours = 24.0", "horizon_hours = 1e-300", "horizon_hours = 1e-300", r"from 0.001 hours to a year"),
        ('name = "ETH example desk"', 'name = "a\\u001b[31m"', None, r"name: holds control characters"),
    ],
)  # fmt: skip
def test_a_bad_desk_file_is_named_with_line_field_and_remedy(
    capsys: pytest.CaptureFixture[str], folder: Path, old: str, new: str, where: str | None, expected: str
) -> None:
    path = folder / "desk.toml"
    edit(path, old, new)
    if "delta = 1e9" in new:
        edit(path, "[hedge.limits]", '[hedge.limits]\n"ETH-PERPETUAL" = 1000.0')
    message = refused(capsys, folder)
    assert re.search(expected, message), message
    if where is not None:
        assert message.startswith(f"desk.toml:{line_number(path, where)}: "), message


def test_missing_files_and_folders(capsys: pytest.CaptureFixture[str], tmp_path: Path, folder: Path) -> None:
    nowhere = tmp_path / "nowhere"
    ran = hedgerow(capsys, ["hedge", nowhere / "desk.toml", "--market", folder])
    assert (ran.code, ran.err) == (2, f"hedgerow: {nowhere}/desk.toml: no such file; check the path\n")
    ran = hedgerow(capsys, ["hedge", folder / "desk.toml", "--market", nowhere])
    assert (ran.code, ran.err) == (
        2,
        f"hedgerow: {nowhere}: no such market folder; name a folder that holds snapshot.toml\n",
    )
    (folder / CHAIN).unlink()
    assert "no such file; check the name in snapshot.toml" in refused(capsys, folder)


def change_quote(folder: Path, name: str, column: str, value: float | None) -> None:
    """Rewrite one cell of the recorded chain."""
    table = pq.read_table(folder / CHAIN)
    row = pc.equal(table.column("instrument_name"), name)
    changed = pc.if_else(row, pa.scalar(value, pa.float64()), table.column(column))
    pq.write_table(table.set_column(table.column_names.index(column), column, changed), folder / CHAIN)


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("bid_price", 0.06, "crossed: the bid 0.06 is above the ask 0.052"),
        ("bid_price", None, "one-sided: no bid"),
        ("ask_price", float("nan"), "one-sided: no ask"),
        ("bid_price", float("inf"), "not finite: bid inf, ask 0.052"),
    ],
)
def test_a_hedging_instrument_needs_a_usable_quote(
    capsys: pytest.CaptureFixture[str], folder: Path, column: str, value: float | None, expected: str
) -> None:
    change_quote(folder, "ETH-26JAN24-2300-C", column, value)
    message = refused(capsys, folder)
    assert "hedge.instruments[2]" in message
    assert f"ETH-26JAN24-2300-C: {expected}" in message
    assert "hedge with a two-sided instrument" in message


def test_a_position_whose_quote_is_spoilt_is_priced_from_the_surface_and_says_so(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    change_quote(folder, "ETH-28JUN24-3000-C", "mark_price", float("nan"))
    ran = hedgerow(capsys, ["hedge", folder / "desk.toml", "--market", folder])
    assert ran.code == 0
    text = ran.out.replace("\n    ", " ")
    assert "INTERPOLATED: ETH-28JUN24-3000-C: its quote was refused: the mark is nan; vol " in text


def test_a_position_that_cannot_be_valued_is_refused_by_name_or_left_out_on_demand(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    edit(folder / "desk.toml", "ETH-26JAN24-2000-P", "ETH-5JAN24-2000-P")
    assert "--leave-out" in refused(capsys, folder)
    ran = hedgerow(capsys, ["hedge", folder / "desk.toml", "--market", folder, "--leave-out"])
    assert ran.code == 0
    assert "NOT IN THE BOOK: ETH-5JAN24-2000-P: expired at 2024-01-05" in ran.out.replace("\n    ", " ")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--neutral", "delta"], "--neutral delta; give each Greek once, as delta=0"),
        (["--neutral", "delta=much"], "--neutral delta=much; give a number"),
        (["--neutral", "delta=nan"], "neutral delta: is nan; give a finite number"),
        (["--neutral", "theta_per_day=0"], "is not a Greek that can be held; use delta"),
        (["--numeraire", "BTC"], "the numeraire 'BTC'; state USD or ETH"),
        (["--instrument", "ETH"], "names a currency, not an instrument"),
        (
            ["--instrument", "ETH-26JAN24-2300-C", "--neutral", "delta=0", "--neutral", "gamma=0"],
            "move it only to between",
        ),
    ],
)
def test_bad_options(capsys: pytest.CaptureFixture[str], folder: Path, options: list[str], expected: str) -> None:
    assert expected in refused(capsys, folder, *options)


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("snapshot.toml", 'base = "ETH"', 'base = "ETH"\nindex_price = 22.0', r"index_price: is 22, the underlyings"),
        ("snapshot.toml", 'base = "ETH"', 'base = "ETH"\nindex_price = 1e300', r"index_price: the spot index"),
        ("snapshot.toml", 'base = "ETH"', 'base = "ETH"\nas_of = 9999-01-08T11:20:00Z', r"as_of: .* between 1970 and"),
        ("snapshot.toml", 'token0 = "USDC"\ntoken1 = "WETH"', 'token0 = "WETH"\ntoken1 = "USDC"', r"pool\[0\]"),
        ("desk.toml", "bid = 2_222.50\nask = 2_222.60", "bid = 222.50\nask = 222.60", r"stated at 222.55, the index"),
        ("desk.toml", "lot = 1.0 ", "lot = 1e-15 ", r"ETH-PERPETUAL: a trade of .* lots; its lot is too small"),
    ],
)
def test_inputs_that_contradict_each_other_are_refused(
    capsys: pytest.CaptureFixture[str], folder: Path, file: str, old: str, new: str, expected: str
) -> None:
    edit(folder / file, old, new)
    message = refused(capsys, folder)
    assert re.search(expected, message), message


def targets(capsys: pytest.CaptureFixture[str], folder: Path, *options: str) -> dict[str, dict[str, Any]]:
    """Run the hedge and return its targets by name."""
    ran = hedgerow(capsys, ["hedge", folder / "desk.toml", "--market", folder, "--json", *options])
    assert ran.code == 0
    return {target["name"]: target for target in json.loads(ran.out)["targets"]}


def test_a_band_that_lots_cannot_reach_is_called_unmet(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    # Only the perpetual, in lots of 1e12 USD: nothing can be traded, and a band has no other slack than its own.
    edit(folder / "desk.toml", "lot = 1.0 ", "lot = 1e12 ")
    delta = targets(capsys, folder, "--neutral", "delta=-1:1", "--instrument", "ETH-PERPETUAL")["delta"]
    assert delta["after"] == delta["before"] > 700.0
    assert delta["met"] is False


def test_an_exact_target_is_met_within_half_of_the_finest_lot_and_says_what_is_left(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    edit(folder / "desk.toml", "lot = 1.0 ", "lot = 100_000.0 ")
    delta = targets(capsys, folder, "--neutral", "delta=0", "--instrument", "ETH-PERPETUAL")["delta"]
    half_a_lot = 0.5 * 100_000.0 / 2_222.55
    assert 1.0 < abs(delta["after"]) <= half_a_lot
    assert delta["met"] is True
    assert "whole lots leave" in delta["note"]


def test_a_row_whose_underlying_is_in_another_unit_is_named(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    change_quote(folder, "ETH-28JUN24-3000-C", "underlying_price", 2.36)
    ran = hedgerow(capsys, ["hedge", folder / "desk.toml", "--market", folder, "--json"])
    (told,) = json.loads(ran.out)["interpolated"]
    assert told["name"] == "ETH-28JUN24-3000-C"
    assert told["reason"].startswith("its quote was refused: its underlying of 2.36 is far from the index")


def test_a_toml_file_nested_without_end(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (folder / "desk.toml").write_text("a = " + "[" * 5_000)
    assert "nested too deeply" in refused(capsys, folder)


def test_a_terminal_that_knows_only_ascii_and_a_reader_that_leaves() -> None:
    command = f"{Path(sys.executable).with_name('hedgerow')} demo"
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command.split(), env=environment, capture_output=True, text=True, check=True)
    assert "HEDGE TICKET" in done.stdout
    done = subprocess.run(f"{command} --json | head -1", shell=True, capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_nothing_is_overwritten(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    ran = hedgerow(capsys, ["demo", "--copy-to", folder])
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"hedgerow: {folder} exists already; name a new folder; nothing is overwritten\n"

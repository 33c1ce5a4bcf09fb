"""``hedgerow pool show`` from files: every kind of pool, every option, and one clear line for what is wrong."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from command_line import hedgerow
from hedgerow.core.ids import Currency, PoolName
from hedgerow.instruments import RangePosition
from hedgerow.market import (
    BalancerStablePool,
    BalancerWeightedPool,
    BlockStamp,
    CurveCryptoPool,
    CurveStablePool,
    PoolStorage,
    PoolToken,
    TickInfo,
    UniswapV2Pool,
    UniswapV3Pool,
    UniswapV4Pool,
    pool_to_dict,
)
from hedgerow.oneshot.pool_feed import valued_block
from hedgerow.oneshot.pool_terms import PoolTerms
from hedgerow.venues.chain import FollowedBlock, Header

WAD = 10**18
INDEX = 2222.19
"""Of the recorded market of the example. [USD per ETH]"""
RANGE = ("--liquidity", 10**17, "--tick-lower", -200_010, "--tick-upper", -197_000)
NOW_NS = 1_700_000_000 * 10**9
DOCS = Path(__file__).resolve().parents[3] / "docs"


def _tokens(*ends: tuple[str, int]) -> tuple[PoolToken, ...]:
    return tuple(PoolToken(symbol=Currency(symbol), decimals=digits) for symbol, digits in ends)


PAIR = _tokens(("WETH", 18), ("USDC", 6))
TICKS = {-200_010: TickInfo(10**18, 10**18), -197_000: TickInfo(10**18, -(10**18))}
ROOT = 3_799_725_000_000_000_000_000_000  # 2,300 USDC
CONCENTRATED: dict[str, Any] = {
    "name": PoolName("p"), "tokens": PAIR, "sqrt_price_x96": ROOT, "tick": -198_914, "liquidity": 10**18,
    "tick_spacing": 10, "fee_pips": 500, "ticks": TICKS,
}  # fmt: skip
V3 = UniswapV3Pool(**CONCENTRATED)
THREE = _tokens(("DAI", 18), ("USDC", 6), ("USDT", 6))
BALANCES = (10**24, 10**12, 10**12)
SHARED: dict[str, PoolStorage] = {
    "v2": UniswapV2Pool(
        name=PoolName("p"), tokens=PAIR, reserve0=1000 * WAD, reserve1=2_300_000 * 10**6, total_supply=10**16
    ),
    "weighted": BalancerWeightedPool(
        name=PoolName("p"), tokens=_tokens(("BAL", 18), ("WETH", 18)), balances=(4000 * WAD, WAD), swap_fee=10**16,
        weights=(8 * 10**17, 2 * 10**17), total_supply=100 * WAD,
    ),
    "stable": BalancerStablePool(
        name=PoolName("p"), tokens=THREE, balances=BALANCES, amplification=200_000, swap_fee=10**14,
        total_supply=3 * 10**24,
    ),
    "stableswap": CurveStablePool(
        name=PoolName("p"), tokens=THREE, balances=BALANCES, amplification=200_000, rates=(10**18, 10**30, 10**30),
        fee=4 * 10**6, admin_fee=5 * 10**9, total_supply=3 * 10**24,
    ),
    "cryptoswap": CurveCryptoPool(
        name=PoolName("p"), tokens=_tokens(("USDC", 6), ("WETH", 18)), balances=(2_000_000 * 10**6, 1000 * WAD),
        amplification=20_000_000, gamma=10**15, invariant=4_000_000 * WAD, price_scale=(2000 * WAD,),
        mid_fee=3 * 10**6, out_fee=3 * 10**7, fee_gamma=5 * 10**14, total_supply=10**22,
    ),
}  # fmt: skip


def state(folder: Path, pool: PoolStorage) -> Path:
    file = folder / "pool.json"
    file.write_text(json.dumps(pool_to_dict(pool)))
    return file


def show(capsys: pytest.CaptureFixture[str], *words: object) -> Any:
    ran = hedgerow(capsys, ["pool", "show", *words, "--json"])
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


@pytest.mark.parametrize("pool", [V3, UniswapV4Pool(**CONCENTRATED)], ids=["v3", "v4"])
def test_a_range(capsys: pytest.CaptureFixture[str], tmp_path: Path, pool: PoolStorage) -> None:
    found = show(capsys, state(tmp_path, pool), *RANGE, "--numeraire", "USDC")
    low, high, at = 1.0001**-200_010 * 1e12, 1.0001**-197_000 * 1e12, (ROOT / 2**96) ** 2 * 1e12
    size = 10**17 / 1e12
    assert found["amounts"]["WETH"] == pytest.approx(size * (at**-0.5 - high**-0.5), rel=1e-9)
    assert found["value"] == pytest.approx(size * (2 * at**0.5 - low**0.5 - at * high**-0.5), rel=1e-9)
    assert found["gamma"]["WETH"] == pytest.approx(-0.5 * size * at**-1.5, rel=1e-9)
    (hedge,) = found["hedges"]
    assert hedge["asset"] == "ETH"
    assert hedge["linear"]["trade"] == pytest.approx(-found["delta"]["WETH"])
    assert not found["fees_known"]
    assert any("fees are not known" in note for note in found["notes"])
    # the contract rounds down
    units = int(found["burn_units"]["WETH"]) / 1e18
    assert units == pytest.approx(found["amounts"]["WETH"], rel=1e-9)


@pytest.mark.parametrize("kind", SHARED)
def test_a_share_pays_its_part(capsys: pytest.CaptureFixture[str], tmp_path: Path, kind: str) -> None:
    pool: Any = SHARED[kind]
    numeraire = str(pool.tokens[-1].symbol)
    found = show(capsys, state(tmp_path, pool), "--shares", pool.total_supply // 100, "--numeraire", numeraire)
    balances = getattr(pool, "balances", None) or (pool.reserve0, pool.reserve1)
    for token, held in zip(pool.tokens, balances, strict=True):
        assert int(found["burn_units"][token.symbol]) == pytest.approx(held / 100, rel=1e-6)
        assert found["amounts"][token.symbol] == pytest.approx(held / 100 / 10**token.decimals, rel=1e-4)
    assert found["position"]["shares"] == str(pool.total_supply // 100)
    assert {hedge["asset"] for hedge in found["hedges"]} == {
        {"WETH": "ETH"}.get(token.symbol, token.symbol) for token in pool.tokens[:-1]
    }


FULL = (
    "--numeraire", "USDC", "--price", "WETH=2301", "--vol", "0.6", "--margin", "1.5", "--future-price", "2330",
    "--trade-cost", "5", "--risk-aversion", "1e-4", "--entry-price", "WETH=2200", "--contract-size", "linear=0.1",
    "--contract-size", "inverse=10", "--contract-size", "future=1",
)  # fmt: skip


def test_margin_coins_are_part_of_the_inverse_exposure(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (hedge,) = show(capsys, state(tmp_path, V3), *RANGE, *FULL)["hedges"]
    assert hedge["inverse"]["exposure"] == pytest.approx(hedge["linear"]["exposure"] + 1.5)
    assert hedge["inverse"]["trade"] == pytest.approx(-2301 * (hedge["delta"] + 1.5))
    assert hedge["future"]["trade"] * 2330 / 2301 == pytest.approx(-hedge["delta"])


def test_the_band_ends_where_delta_leaves_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    band = show(capsys, state(tmp_path, V3), *RANGE, *FULL)["hedges"][0]["band"]
    size, high = 10**17 / 1e12, 1.0001**-197_000 * 1e12

    def delta(price: float) -> float:
        return size * float(price**-0.5 - high**-0.5)

    for end in (band["low"], band["high"]):
        assert abs(delta(end) - delta(2301.0)) == pytest.approx(band["half_width"], rel=1e-3)
    mean = (delta(band["high"]) - delta(band["low"])) / (band["high"] - band["low"])
    assert band["half_width"] == pytest.approx((12 * 5 * mean**2 / 1e-4) ** 0.25, rel=1e-3)


def test_losses_are_those_of_the_closed_form(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = show(capsys, state(tmp_path, V3), *RANGE, *FULL)
    size, low, high = 10**17 / 1e12, 1.0001**-200_010 * 1e12, 1.0001**-197_000 * 1e12
    assert found["rebalancing"]["point_loss_per_year"] == pytest.approx(size * 0.36 * 2301**0.5 / 4, rel=1e-9)
    # Over a day the mean of the root falls by exp(-vol²T/8); the edges are more than three deviations away.
    day = 2 * size * 2301**0.5 * -math.expm1(-0.36 / 365 / 8)
    assert found["rebalancing"]["loss_per_day"] == pytest.approx(day, rel=2e-3)
    assert found["rebalancing"]["loss_per_day"] * 365 == pytest.approx(found["rebalancing"]["loss_per_year"])
    coins, cash = size * (2200**-0.5 - high**-0.5), size * (2200**0.5 - low**0.5)
    assert found["holding"]["held"] == pytest.approx(coins * 2301 + cash, rel=1e-9)
    assert found["holding"]["loss"] == pytest.approx(found["value"] - found["holding"]["held"], rel=1e-9)


def test_text_and_page_hold_the_ticket(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    ran = hedgerow(capsys, ["pool", "show", state(tmp_path, V3), *RANGE, *FULL, "--html", page])
    assert ran.code == 0
    for words in (
        "Hedge ticket, USDC", "inverse perpetual, 1.5000 ETH margin", "no trade while delta is within",
        "at a vol of 0.6 of the price", "gamma/1 %", "whole contracts", "of 10 USDC", "(rule gas_aware)",
    ):  # fmt: skip
        assert words in ran.out
    text = page.read_text()
    assert text.count("<figure>") == 3
    assert "<script" not in text
    assert "Hedge ticket" in text
    assert hedgerow(capsys, ["pool", "show", state(tmp_path, V3), *RANGE, *FULL, "--html", page]).code == 0
    assert page.read_text() == text


def test_quoted_instruments_make_an_ordinary_ticket(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, example_folder: Path
) -> None:
    words = ("--numeraire", "USD", "--price", f"WETH={INDEX}", "--alias", "USDC=USD:1", "--vol", "0.6")
    more = (
        "--risk-aversion",
        "1e-5",
        "--market",
        example_folder,
        "--hedge-with",
        "ETH-26JAN24-2300-C,ETH-26JAN24-2200-P",
    )
    found = show(capsys, state(tmp_path, V3), *RANGE, *words, *more)
    assert [trade["instrument"] for trade in found["ticket"]["trades"]] == ["ETH-26JAN24-2300-C", "ETH-26JAN24-2200-P"]
    assert {hedge["asset"] for hedge in found["hedges"]} == {"ETH"}
    # Fees that are owed are coins like the others: the ticket's exposure grows by them.
    file = tmp_path / "position.toml"
    fees = "[fees]\ngrowth_inside0_x128 = '0'\ngrowth_inside1_x128 = '0'\nowed0 = '2000000000000000000'\n"
    ticks = f"liquidity = {10**17}\ntick_lower = -200010\ntick_upper = -197000\n"
    file.write_text(ticks + fees)
    owed = show(capsys, state(tmp_path, V3), "--position", file, *words, *more)
    assert owed["fees"]["WETH"] == pytest.approx(2.0)
    assert _before(owed) == pytest.approx(_before(found) + 2.0)


def test_a_numeraire_that_is_one_dollar_makes_the_same_ticket(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, example_folder: Path
) -> None:
    asked = ("--price", f"WETH={INDEX}", "--vol", "0.6", "--risk-aversion", "1e-5", "--market", example_folder)
    words = (*RANGE, *asked, "--hedge-with", "ETH-26JAN24-2300-C")
    file = state(tmp_path, V3)
    said = "(--alias USDC=USD:1), or count in USD (--numeraire USD --alias USDC=USD:1) or in ETH"
    assert said in refused(capsys, "show", file, *words, "--numeraire", "USDC")
    stated = show(capsys, file, *words, "--numeraire", "USDC", "--alias", "USDC=USD:1")
    dollars = show(capsys, file, *words, "--numeraire", "USD", "--alias", "USDC=USD")
    assert stated["ticket"]["trades"] == dollars["ticket"]["trades"]
    assert "one USDC counts as one USD, as stated" in stated["ticket"]["notes"]
    assert "not hedged, because by what they stand for they count as USD: USDC" in dollars["notes"]
    assert not any("desk file" in note for note in dollars["ticket"]["notes"])
    assert any("assumed, not data: a vol of vol of 0.6" in note for note in dollars["ticket"]["notes"])
    # Counted in ETH, USDC keep their worth in dollars: the same delta, and the pool's value over the index.
    coins = ("--numeraire", "ETH", "--price", f"USDC={1 / INDEX}", "--vol", "0.6")
    more = ("--risk-aversion", str(1e-5 * INDEX), "--market", example_folder, "--hedge-with", "ETH-26JAN24-2300-C")
    held = show(capsys, file, *RANGE, *coins, *more)
    index = dollars["ticket"]["exposure"]["value"] / held["ticket"]["exposure"]["value"]
    assert index == pytest.approx(INDEX, rel=1e-6)
    # It is the same position: counted in coins, its delta is less by all coins that it is worth.
    worth = held["ticket"]["exposure"]["value"]
    assert _before(held) == pytest.approx(_before(dollars) - worth, rel=1e-6)


def test_a_ticket_takes_the_coins_vol_and_price(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, example_folder: Path
) -> None:
    more = ("--risk-aversion", "1e-5", "--market", example_folder, "--hedge-with", "ETH-26JAN24-2300-C")
    words = (*RANGE, "--numeraire", "USD", "--alias", "USDC=USD")
    file, price = state(tmp_path, V3), ("--price", f"WETH={INDEX}")
    bare = show(capsys, file, *words, *price, *more, "--vol", "0.6")
    named = show(capsys, file, *words, *price, *more, "--vol", "USDC=0.01", "--vol", "WETH=0.6")
    assert named["ticket"]["trades"] == bare["ticket"]["trades"]
    assert named["ticket"]["exposure"] == bare["ticket"]["exposure"]
    for given, message in (
        ((*price, "--vol", "USDC=0.01"), "no vol of WETH"),
        (("--price", "WETH=2300", "--vol", "0.6"), "2,222.19 at this market's index"),
        (price, "--hedge-with without a vol; give that of the market's coin"),
    ):
        assert message in refused(capsys, "show", file, *words, *given, *more)
    told = refused(capsys, "show", file, *words, *price, "--vol", "0.6", *more[:-1], "ETH-PERPETUAL")
    assert "ETH-PERPETUAL: not quoted in this market; name instruments that it quotes" in told
    assert "[[" not in told


def _before(found: Any) -> float:
    """The ticket's delta before the hedge. [ETH]"""
    return float(found["ticket"]["exposure"]["delta"])


def test_the_json_and_its_page_agree(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = show(capsys, state(tmp_path, V3), *RANGE, *FULL)
    real = set(_paths(found))
    page = (DOCS / "pool-json.md").read_text("utf-8").split("## One block")[0]
    named = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")}
    assert real == named


def test_the_json_of_a_block_and_its_page_agree() -> None:
    header = Header(number=7, hash="0x1", parent_hash="0x0", at_ns=NOW_NS, bloom=0)
    pool = msgspec.structs.replace(V3, block=header.stamp)
    held = RangePosition(name="r", pool=pool.name, liquidity=10**17, tick_lower=-200_010, tick_upper=-197_000)
    times = {"heard_ns": NOW_NS + 10**9, "ready_ns": NOW_NS + 10**9 + 5 * 10**6}
    block = FollowedBlock(header=header, pool=pool, positions=(held,), reverted=(), fresh=True, **times)
    found = valued_block(block, PoolTerms(numeraire="USDC", margin_coins=1.0), None).to_dict()
    page = (DOCS / "pool-json.md").read_text("utf-8").split("## One block")[1]
    assert set(_paths(found)) == {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")}
    assert (found["age_s"], found["latency_ms"]) == pytest.approx((1.005, 5.0))
    (hedge,) = found["hedges"]
    assert hedge["inverse_target"] == pytest.approx(-(hedge["delta"] + 1.0) * hedge["price"])


def _paths(node: Any, path: str = "") -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            here = f"{path}.{'<token>' if key in ('WETH', 'USDC') else key}".lstrip(".")
            yield here
            yield from _paths(value, here)
    elif isinstance(node, list):
        for item in node:
            yield from _paths(item, f"{path}[]")


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    ran = hedgerow(capsys, ["pool", *words])
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert not ran.out
    return ran.err


USDC = ("--numeraire", "USDC")
TICKED = "liquidity = 5\ntick_lower = -10\ntick_upper = 10\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (USDC, "no position in p; give --position, a range with its ticks, or --shares"),
        (RANGE, "Missing option '--numeraire'"),
        ((*RANGE, "--shares", 5, *USDC), "shares beside a range"),
        (("--liquidity", 5, *USDC), "state liquidity, tick_lower and tick_upper"),
        (("--liquidity", 5, "--tick-lower", -15, "--tick-upper", 10, *USDC), "a multiple of 10"),
        (("--liquidity", 5, "--tick-lower", 20, "--tick-upper", 10, *USDC), "tick_lower < tick_upper"),
        (("--shares", 5, *USDC), "give"),
        ((*RANGE, "--numeraire", "USD"), "no price in USD of WETH, USDC"),
        ((*RANGE, *USDC, "--price", "BTC=1"), "p has no such token; it has USDC, WETH"),
        ((*RANGE, *USDC, "--price", "WETH"), "give SYMBOL=VALUE"),
        ((*RANGE, *USDC, "--price", "WETH=x"), "give a number"),
        ((*RANGE, *USDC, "--price", "WETH=-1"), "positive and finite"),
        ((*RANGE, *USDC, "--price", "WETH=1", "--price", "WETH=2"), "each symbol once"),
        ((*RANGE, *USDC, "--hedge", "BTC"), "BTC to hedge: no token stands for it; there are ETH, USDC"),
        ((*RANGE, *USDC, "--cost-rate", "0.001"), "a cost rate without a risk aversion"),
        ((*RANGE, *USDC, "--contract-size", "0.1"), "give KIND=VALUE, each kind once"),
        ((*RANGE, *USDC, "--contract-size", "spot=1"), "the contracts are linear, inverse, future"),
        ((*RANGE, *USDC, "--contract-size", "future=1"), "state the price of the future too"),
        ((*RANGE, "--numeraire", "USD", "--price", "WETH=2300", "--margin", "1"), "name the one asset"),
        ((*RANGE, *USDC, "--hedge", "USDC"), "USDC to hedge in USDC; it is the money"),
        ((*RANGE, *USDC, "--vol", "60"), "a vol of 60; it is a fraction of up to 10: 0.6 for 60 %"),
        ((*RANGE, *USDC, "--vol", "abc"), "--vol abc; give a number, or SYMBOL=VALUE"),
        ((*RANGE, *USDC, "--vol", "WETH=0.6,USDC=0.5"), "give one SYMBOL=VALUE, and repeat --vol for others"),
        ((*RANGE, *USDC, "--price", "WETH=4700"), "a factor of two or more is a mistake"),
        ((*RANGE, *USDC, "--alias", "XYZ=ETH"), "an alias of XYZ: p has no such token"),
        ((*RANGE, *USDC, "--token-id", "2", "--manager", "0x1"), "--token-id, --manager beside a file"),
        ((*RANGE, *USDC, "--words", "2", "--max-age", "5"), "--words, --max-age beside a file"),
        ((*RANGE, *USDC, "--owner", "0x1", "--symbols", "A,B", "--name", "x"), "--owner, --name, --symbols beside"),
        (("0x" + 40 * "a", *RANGE, *USDC), "the address 0xaaaa"),
        ((*RANGE, *USDC, "--alias", "WETH=ETH:x"), "give TOKEN=ASSET:RATE"),
        ((*RANGE, *USDC, "--trade-cost", "5"), "a trade cost without a risk aversion"),
        ((*RANGE, *USDC, "--market", "x"), "--market and --hedge-with belong together"),
        ((*RANGE, *USDC, "--market", "x", "--hedge-with", "y"), "--hedge-with without a risk aversion"),
        ((*RANGE, *USDC, "--entry-price", "USDC=1"), "no entry price of WETH"),
        ((*RANGE, *USDC, "--html", "."), "is a folder"),
        ((*RANGE, *USDC, "--position", "nowhere.toml"), "state it once"),
    ],
)
def test_bad_options_are_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: tuple[object, ...], message: str
) -> None:
    assert message in refused(capsys, "show", state(tmp_path, V3), *words)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("show", "nowhere.json", *USDC), "nowhere.json: cannot be read"),
        (("watch", "ftp://x", "0x" + 40 * "a", *RANGE, *USDC), "no way to talk to a node"),
        (("watch", "nowhere.jsonl", "0x" + 40 * "a", *RANGE, *USDC), "nowhere.jsonl: cannot be read"),
        (("watch", "/x.ipc", *RANGE, *USDC), "no pool; give its address"),
        (("watch", __file__, "0x" + 40 * "a", *RANGE, *USDC), "is a file; watch follows a node"),
        (("show", "recording:x.jsonl", "0x" + 40 * "a", *RANGE, *USDC), "a recording; pool watch plays it"),
        (("show", "/", *RANGE, *USDC), "is a folder"),
        (
            ("watch", "/x.ipc", "0x" + 40 * "a", *RANGE, "--token-id", 1, "--manager", "0x" + 40 * "b", *USDC),
            "--token-id beside --liquidity, --tick-lower, --tick-upper; name one position",
        ),
        (("watch", "/x.ipc", "0x" + 40 * "a", "--shares", 5, "--owner", "0x1", *USDC), "--owner beside --shares"),
        (("watch", "/x.ipc", "0x12", *RANGE, *USDC), "is no address of a pool"),
        (("watch", "/x.ipc", "--token-id", 1, *USDC), "--token-id and --manager belong together"),
        (
            ("watch", "/x.ipc", "0x" + 40 * "a", "--pool-key", "a,b", *USDC),
            "give CURRENCY0,CURRENCY1,FEE,SPACING,HOOKS",
        ),
    ],
)
def test_bad_sources_are_one_line(capsys: pytest.CaptureFixture[str], words: tuple[object, ...], message: str) -> None:
    assert message in refused(capsys, *words)


def test_a_saved_state_is_never_overwritten(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file, other = state(tmp_path, V3), tmp_path / "other.json"
    shown = hedgerow(capsys, ["pool", "show", file, *RANGE, *USDC, "--save", other])
    assert shown.code == 0
    written = other.read_bytes()
    assert hedgerow(capsys, ["pool", "show", other, *RANGE, *USDC]).out == shown.out
    told = refused(capsys, "show", file, *RANGE, *USDC, "--price", "WETH=2301", "--save", other)
    assert "is there already; name a new file" in told
    assert other.read_bytes() == written
    assert "there is no folder" in refused(capsys, "show", file, *RANGE, *USDC, "--save", tmp_path / "a" / "b.json")


def test_a_time_beyond_all_calendars_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    late = msgspec.structs.replace(V3, block=BlockStamp(number=1, at_ns=10**21))
    assert "times are in nanoseconds" in refused(capsys, "show", state(tmp_path, late), *RANGE, *USDC)


def test_a_token_names_its_asset(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = show(capsys, state(tmp_path, V3), *RANGE, *USDC, "--hedge", "WETH")
    assert [hedge["asset"] for hedge in found["hedges"]] == ["ETH"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("liquidity = 5", "neither a whole range nor shares"),
        ('shares = "x"', "is not an integer"),
        ("shares = 5\n[fees]\ngrowth_inside0_x128 = '1'\ngrowth_inside1_x128 = '1'", "fees beside shares"),
        ("liquidty = 5", "liquidty"),
        (TICKED + "[fees]\ngrowth_inside0_x128 = 'a'\ngrowth_inside1_x128 = '1'", "invalid literal"),
    ],
)
def test_bad_position_files_are_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, message: str
) -> None:
    file = tmp_path / "position.toml"
    file.write_text(text)
    assert message in refused(capsys, "show", state(tmp_path, V3), "--position", file, *USDC)


def test_a_file_that_is_no_recording_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text('{"asked": 5}\n')
    assert "line 1 is none of a recording" in refused(capsys, "watch", file, "0x" + 40 * "a", *RANGE, *USDC)
    file.write_text('{"asked"')
    assert "holds no whole line" in refused(capsys, "watch", file, "0x" + 40 * "a", *RANGE, *USDC)

"""What a study holds in accounts: where an option may stand, and at what price it may be settled."""

from pathlib import Path

import pytest

import hedgerow as hr
from hedgerow.core.errors import ConfigError

EXAMPLE = hr.example("btc-2020-03-12")
OPTION = """
[[option]]
instrument = "BTC-10MAR20-7500-C"
quantity = 1.0
vol = 0.5
delivery_fee = 0.0
{more}
"""


def _write(folder: Path, *edits: tuple[str, str], more: str = "") -> Path:
    """The example's first twelve hours, not hedged, with more options."""
    text = (EXAMPLE / "study.toml").read_text()
    text = text[: text.index("[[policy]]")]
    edits = (
        *edits,
        ('file = "price.parquet"', f'file = "{EXAMPLE / "price.parquet"}"'),
        ('file = "funding.parquet"', f'file = "{EXAMPLE / "funding.parquet"}"'),
        ("end = 2020-03-28T00:00:00Z", "end = 2020-03-10T12:00:00Z"),
    )
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = folder / "study.toml"
    path.write_text(text + more + '\n[[policy]]\nkind = "unhedged"\n')
    return path


def _line(path: Path, text: str, number: int = 0) -> int:
    return [i for i, line in enumerate(path.read_text().splitlines(), 1) if text in line][number]


@pytest.mark.parametrize(("price", "near"), [(79_000.0, False), (15_700.0, True), (4_000.0, True), (3_900.0, False)])
def test_a_stated_settlement_is_near_the_recorded_price(tmp_path: Path, price: float, near: bool) -> None:
    """The last price that was recorded until 08:00 is 7,904.37: a factor of two is 3,952 to 15,809."""
    more = OPTION.format(more=f'account = "options"\ndelivery_price = {price}')
    path = _write(tmp_path, more=more)
    if near:
        (policy,) = hr.backtest(hr.load_study(path)).policies
        settled = [
            flows["settlement"] for flows in (item.flows for item in policy.accounts.accounts) if "settlement" in flows
        ]
        assert settled == ([{"BTC": pytest.approx((price - 7500.0) / price, abs=1e-12)}] if price > 7500.0 else [])
        return
    told = (
        rf":{_line(path, 'delivery_price', 1)}: option\[1\]\.delivery_price: is {price:,.6g}, and the price recorded "
    )
    with pytest.raises(
        ConfigError, match=told + r"until then 7,904\.37; give the price of the coin at 2020-03-10T08:00Z"
    ):
        hr.backtest(hr.load_study(path))


def test_a_settlement_after_the_end_is_not_used(tmp_path: Path) -> None:
    near, far = (
        hr.backtest(hr.load_study(_write(tmp_path, ("delivery_price = 6_696.42", price)))).policies[0]
        for price in ("", "delivery_price = 100.0")
    )
    assert far.pnl == near.pnl
    assert far.accounts.accounts[0].positions == {"BTC-27MAR20-7500-C": -1.0}


def test_an_option_of_no_size_needs_no_settlement(tmp_path: Path) -> None:
    alone = hr.backtest(hr.load_study(_write(tmp_path))).policies[0]
    more = OPTION.format(more='account = "options"').replace("quantity = 1.0", "quantity = 0.0")
    beside = hr.backtest(hr.load_study(_write(tmp_path, more=more))).policies[0]
    assert beside.pnl == alone.pnl
    with pytest.raises(ConfigError, match=r"option\[1\]\.delivery_price: is missing: .*; state it"):
        hr.backtest(hr.load_study(_write(tmp_path, more=more.replace("quantity = 0.0", "quantity = 1e-9"))))


@pytest.mark.parametrize(
    ("account", "advice"),
    [
        ('account = "options"', "add their quantities$"),
        ('account = "perpetuals"', "an option lies in one account: add their quantities there$"),
        ("", "an option lies in one account: add their quantities there$"),
    ],
)
def test_an_option_stands_once(tmp_path: Path, account: str, advice: str) -> None:
    name = "BTC-27MAR20-7500-C"
    more = OPTION.format(more=account).replace("BTC-10MAR20-7500-C", name)
    path = _write(tmp_path, more=more if account else more.replace("delivery_fee = 0.0\n", ""))
    told = rf":{_line(path, name, 1)}: option\[1\]\.instrument: {name} stands in option\[0\] already; {advice}"
    with pytest.raises(ConfigError, match=told):
        hr.backtest(hr.load_study(path))


@pytest.mark.parametrize(
    ("old", "field"),
    [
        ('instrument = "BTC-27MAR20-7500-C"', r"option\[0\]\.instrument"),
        ('name = "BTC-PERPETUAL"', r"instrument\[0\]\.name"),
    ],
)
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("foo", "'foo' is not a Deribit instrument name; Deribit names look like"),
        ("ETH-PERPETUAL", "ETH-PERPETUAL is on ETH, the study on BTC; keep one study per coin"),
        ("BTC_USDC-PERPETUAL", r"USDC has no USD rate; state it: \[rates\] USDC = 1.0"),
    ],
)
def test_a_misspelt_contract_of_an_account_is_named_with_its_line(
    tmp_path: Path, old: str, field: str, name: str, told: str
) -> None:
    path = _write(tmp_path, (old, f'{old.partition(" ")[0]} = "{name}"'))
    with pytest.raises(ConfigError, match=rf"study\.toml:{_line(path, name)}: {field}: {told}"):
        hr.backtest(hr.load_study(path))


@pytest.mark.parametrize(
    ("rule", "since", "covers"),
    [
        ("okx", "2022-06-20", r"the table of OKX .* does not cover inverse futures on BTC"),
        ("paradex", "2026-01-01", r"the table of Paradex .* does not cover inverse contracts"),
        ("deribit_portfolio", "2024-06-17", None),
    ],
)
def test_a_date_is_named_only_where_the_rule_covers_the_account(
    tmp_path: Path, rule: str, since: str, covers: str | None
) -> None:
    named = 'name = "perpetuals"\nrule = "deribit_standard"'
    path = _write(tmp_path, (named, named.replace("deribit_standard", rule)))
    told = rf"account\[1\]\.rule: no table of '{rule}' .* holds from {since}"
    if covers is None:
        with pytest.raises(ConfigError, match=rf"{told}; .*; or let .* rules_at = {since}T00:00:00Z$"):
            hr.backtest(hr.load_study(path))
        path = _write(
            tmp_path,
            (named, named.replace("deribit_standard", rule)),
            ("[margin]", f"[margin]\nrules_at = {since}T00:00:00Z"),
        )
        assert hr.backtest(hr.load_study(path)).policies
        return
    with pytest.raises(ConfigError, match=rf"{told}, and {covers}.*; for that day there is deribit_standard$"):
        hr.backtest(hr.load_study(path))


@pytest.mark.parametrize(("quantity", "covered"), [("-5.0", True), ("-11.0", False)])
def test_a_table_that_ends_below_the_size_is_not_advised(tmp_path: Path, quantity: str, covered: bool) -> None:
    """OKX's first tier on file ends at 10 coins."""
    named = 'balances = { BTC = 1.0 }\nrule = "deribit_standard"'
    path = _write(
        tmp_path, (named, named.replace("deribit_standard", "okx")), ("quantity = -1.0", f"quantity = {quantity}")
    )
    with pytest.raises(ConfigError, match=r"account\[0\]\.rule: no table of 'okx'") as caught:
        hr.backtest(hr.load_study(path))
    assert ("rules_at = 2022-06-20" in str(caught.value)) is covered

"""The JSON of the example: its keys, its sums, and that the numbers mean what they are called."""

import json
import math
from typing import Any

import numpy as np
import pytest

from command_line import hedgerow
from hedgerow.book import Marking, assemble, factor_model, value_book
from hedgerow.config import Desk
from hedgerow.instruments import EuropeanOption, parse_deribit
from hedgerow.market import Snapshot
from hedgerow.oneshot.resolve import compile_positions, with_assumed_quotes
from hedgerow.pricing import black76, mark_vols


@pytest.fixture(params=["USD", "ETH"])
def ticket(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The example's JSON in both numeraires."""
    ran = hedgerow(capsys, ["demo", "--json", "--numeraire", request.param, "--neutral", "delta=0"])
    assert ran.code == 0
    parsed: dict[str, Any] = json.loads(ran.out)
    return parsed


def test_it_has_the_promised_keys(ticket: dict[str, Any]) -> None:
    assert set(ticket) >= {
        "numeraire", "as_of", "units", "exposure", "trades", "residual", "risk_before", "risk_after", "cost",
        "certificate", "rejected", "rejected_quotes", "data_age",
    }  # fmt: skip
    assert set(ticket["exposure"]) >= {"value", "delta", "gamma", "vega_per_volpoint", "theta_per_day"}
    assert set(ticket["residual"]) >= {"delta", "gamma", "vega_per_volpoint"}
    for trade in ticket["trades"]:
        assert set(trade) >= {"instrument", "quantity", "hedge_ratio", "fee", "half_spread", "assumed"}
    assert all(set(item) >= {"name", "reason"} for item in ticket["rejected"])
    assert ticket["as_of"] == "2024-01-08T11:19:41.429Z"
    assert ticket["certificate"]["kkt_residual"] <= 1e-8


def test_the_sums_hold(ticket: dict[str, Any]) -> None:
    before, after, trades = ticket["exposure"], ticket["residual"], ticket["trades"]
    for greek in ("delta", "gamma", "vega_per_volpoint"):
        moved = sum(trade[greek] for trade in trades)
        assert after[greek] == pytest.approx(before[greek] + moved, rel=1e-12, abs=1e-9 * abs(before[greek]))
        parts = sum(bucket[greek] for bucket in before["buckets"])
        assert parts == pytest.approx(before[greek], rel=1e-12)
    assert ticket["cost"] == pytest.approx(sum(trade["fee"] + trade["half_spread"] for trade in trades))
    edge = sum(trade["value"] for trade in trades)
    assert after["value"] == pytest.approx(before["value"] + edge - ticket["cost"], rel=1e-12)
    for trade in trades:
        assert trade["hedge_ratio"] == pytest.approx(-trade["delta"] / before["delta"])
        assert trade["quantity"] == trade["lots"] * trade["lot_size"]
        assert trade["lots"] == int(trade["lots"]) != 0
    # Delta was asked to be exactly neutral: the hedge ratios add up to one, up to half a lot of the perpetual.
    assert sum(trade["hedge_ratio"] for trade in trades) == pytest.approx(1.0, abs=1e-5)
    assert abs(after["delta"]) <= 0.5 / 2222.55 * 1.001


def test_what_is_assumed_is_labelled(ticket: dict[str, Any]) -> None:
    labels = {trade["instrument"]: trade["assumed"] for trade in ticket["trades"]}
    assert labels.pop("ETH-PERPETUAL") is True
    assert set(labels.values()) == {False}
    notes = " ".join(ticket["notes"])
    for words in ("size unknown", "quote of ETH-PERPETUAL", "hourly", "fees are not claimed exact", "1 USDC = 1 USD"):
        assert words in notes
    assert ticket["data_age"]["univ3:USDC/WETH:500"] == pytest.approx(1181.429)
    rejected = {item["name"]: item["reason"] for item in ticket["rejected"] if item["left_out_of"] == "valuation"}
    assert set(rejected) == {"ETH-12JAN24-1200-C", "ETH-9JAN24-2900-C"}
    assert len([item for item in ticket["rejected"] if item["left_out_of"] == "trading"]) == 684 - 408


def test_a_trades_delta_and_fee_are_those_of_the_field(ticket: dict[str, Any], market: Snapshot) -> None:
    index = ticket["index_price"]
    vols = mark_vols(market).as_dict()
    for trade in ticket["trades"]:
        in_numeraire = index if ticket["numeraire"] == "USD" else 1.0
        if trade["instrument"] == "ETH-PERPETUAL":
            coins = trade["quantity"] / 2222.55
            assert trade["delta"] == pytest.approx(coins, rel=1e-12)
            assert trade["fee"] == pytest.approx(abs(coins) * 0.0005 * in_numeraire, rel=1e-9)
            continue
        option, quote = parse_deribit(trade["instrument"]), market.quotes.quote(trade["instrument"])
        assert isinstance(option, EuropeanOption)
        years = (option.expiry_ns - market.as_of_ns) / (365 * 86_400 * 1e9)
        linear = black76(quote.forward, option.strike, years, vols[option.name], option.is_call, inverse=False)
        # Net transaction delta: in USD the coins paid, at the mid, are gone; in coin the option's own worth counts.
        net = linear.delta[0] - (quote.mid if ticket["numeraire"] == "USD" else quote.mark)
        assert trade["delta"] == pytest.approx(trade["quantity"] * net, rel=1e-9)
        edge = trade["quantity"] * (quote.mark - quote.mid) * in_numeraire
        assert trade["value"] == pytest.approx(edge, rel=1e-9, abs=1e-9 * in_numeraire)
        charged = min(0.0003, 0.125 * quote.mid) * abs(trade["quantity"])
        assert trade["fee"] == pytest.approx(charged * in_numeraire, rel=1e-9)
        spread = 0.5 * (quote.ask - quote.bid) * abs(trade["quantity"])
        assert trade["half_spread"] == pytest.approx(spread * in_numeraire, rel=1e-9)


def test_risk_is_the_spread_of_fully_revalued_pnl(ticket: dict[str, Any], market: Snapshot, desk: Desk) -> None:
    # 20,000 joint moves of spot and vol, every option revalued; the ticket's quadratic model must be close.
    marked = with_assumed_quotes(desk, market)
    marking = Marking(snapshot=marked, vols=mark_vols(market).as_dict(), usd_rates={"USDC": 1.0})  # type: ignore[dict-item]
    rows, n_position, _ = compile_positions(desk, marking, leave_out=False)
    book = assemble(rows, base=market.base, spot=market.index_price, n_group=n_position)
    expiries = sorted({expiry for kind, expiry in book.buckets if expiry is not None})
    model = factor_model(desk.risk, expiries, market.as_of_ns)
    keep = [0, *range(2, len(expiries) + 2)]
    rng = np.random.default_rng(9)
    moves = rng.multivariate_normal(
        np.zeros(len(keep)), model.covariance[np.ix_(keep, keep)], size=4_000, method="cholesky"
    )
    base = value_book(book, numeraire=ticket["numeraire"])[0].sum()
    pnl = []
    for move in moves:
        # Vols of different expiries move apart, which one parallel shift cannot do: shift bucket by bucket.
        total = 0.0
        spot = market.index_price * (1.0 + move[0])
        for i, (_, expiry) in enumerate(book.buckets):
            shift = move[1 + expiries.index(expiry)] if expiry is not None else 0.0
            worth = value_book(book, numeraire=ticket["numeraire"], spot=spot, vol_shift=max(shift, -0.3))[0]
            total += worth[book.bucket == i].sum()
        pnl.append(total - base)
    sampled = float(np.std(pnl))
    assert ticket["risk_before"] == pytest.approx(sampled, rel=0.05 + 4.0 / math.sqrt(2 * len(moves)))
    assert ticket["risk_after"] < 0.5 * ticket["risk_before"]

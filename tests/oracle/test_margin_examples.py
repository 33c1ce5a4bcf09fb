"""Worked examples of venues' own pages, and recorded responses of their margin simulators."""

import numpy as np
import pytest

from hedgerow.book import Row, kernels
from hedgerow.core.ids import Currency
from hedgerow.margin import margin_rule
from hedgerow.margin.deribit import GridPortfolio
from hedgerow.margin.standard import short_option
from hedgerow.venue_rules import rules_of
from hedgerow.venue_rules.tables import GridMargin, OptionMargin
from margin_books import AT_NS, book_of, future, ns, option, perpetual


@pytest.mark.parametrize(
    ("size", "initial", "maintenance"),
    [
        # support.deribit.com, article 25944738177565, BTC_USDC at 100,000; the maintenance margin of 350 BTC follows
        # the formula stated there, 1 % + 350·0.005 %.
        (25.0, 53_125.0, 28_125.0),
        (350.0, 1_312_500.0, 350 * 100_000 * (0.01 + 350 * 0.00005)),
    ],
)
def test_linear_btc_perpetual_of_deribits_page(size: float, initial: float, maintenance: float) -> None:
    book = book_of(perpetual(size, 100_000.0, inverse=False), spot=100_000.0)
    found = margin_rule("deribit_standard", coin="BTC", at_ns=AT_NS).requirement(book)
    assert found.initial == pytest.approx(initial, rel=1e-12)
    assert found.maintenance == pytest.approx(maintenance, rel=1e-12)


@pytest.mark.parametrize(("size", "initial", "maintenance"), [(25.0, 200.625, 100.625), (6000.0, 84_000.0, None)])
def test_linear_sol_perpetual_of_deribits_page(size: float, initial: float, maintenance: float | None) -> None:
    book = book_of(perpetual(size, 200.0, inverse=False), spot=200.0, base="SOL")
    found = margin_rule("deribit_standard", coin="SOL", at_ns=AT_NS).requirement(book)
    assert found.initial == pytest.approx(initial, rel=1e-12)
    if maintenance is not None:
        assert found.maintenance == pytest.approx(maintenance, rel=1e-12)


def test_rates_before_and_after_deribits_notice_of_2022() -> None:
    """Notice of 11 January 2022: 1 % and 0.525 % became 2 % and 1 %, both plus 0.005 % per BTC."""
    book = book_of(perpetual(-100.0, 40_000.0, inverse=True), spot=40_000.0)
    notional = 100.0 * 40_000.0
    before = margin_rule("deribit_standard", coin="BTC", at_ns=ns("2022-01-10T12:00")).requirement(book)
    after = margin_rule("deribit_standard", coin="BTC", at_ns=ns("2022-01-11T12:00")).requirement(book)
    assert (before.initial, before.maintenance) == pytest.approx((0.015 * notional, 0.01025 * notional))
    assert (after.initial, after.maintenance) == pytest.approx((0.025 * notional, 0.015 * notional))


def test_deribit_portfolio_margin_of_its_api_reference() -> None:
    """Response of private/pme/simulate in Deribit's API reference, timestamp 1718619740501."""
    at_ns, spot = 1_718_619_740_501_000_000, 65_666.19
    expiry = ns("2024-06-28T08:00")
    rows = [
        Row(kernels.INVERSE_FUTURE, 0, "inverse perpetual", None, 0.314538364 * 65_910.57, 65_910.57 / spot, 60_000.0),
        Row(
            kernels.INVERSE_FUTURE,
            1,
            "inverse future",
            expiry,
            -0.001187534 * 67_371.75,
            67_371.75 / spot,
            60_000.0,
            expiry_years=(expiry - at_ns) / 1e9 / 86_400 / 365,
        ),
    ]
    rule = margin_rule("deribit_portfolio", coin="BTC", at_ns=at_ns)
    book = book_of(*rows, spot=spot)
    found = rule.requirement(book)
    parts = dict(found.parts)
    assert parts["worst case"] / spot == pytest.approx(0.05968587238095239, rel=1e-12)
    assert parts["roll shock"] / spot == pytest.approx(0.00315725898, rel=1e-12)
    assert parts["delta shock"] == 0.0
    assert found.initial / spot == pytest.approx(0.06284313098, abs=5e-10)
    assert found.maintenance / spot == pytest.approx(0.050274504784, abs=5e-10)

    # initial_risk_vectors: one value for each price of the grid, the vols make no difference to futures.
    assert isinstance(rule, GridPortfolio)
    losses = rule.losses(rule.tables[0], book) / spot
    standard = [-0.05991206933333334, -0.04289159509090909, -0.027351162086956524, -0.013105765166666668, 0.0]
    standard += [0.012097629384615385, 0.023299138074074074, 0.033700538999999995, 0.043384601931034494]
    np.testing.assert_allclose(-losses[:27:3, 0], standard, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(-losses[27:29, 0], -0.05991206933333334, rtol=1e-12)
    np.testing.assert_allclose(-losses[29:, 0], 0.04338460193103449, rtol=1e-12)
    np.testing.assert_allclose(-losses[27:29, 1], 0.0002261969523809524, rtol=1e-12)


def test_deribit_portfolio_margin_of_a_recorded_response() -> None:
    """A response of private/pme/simulate of 2026-02-15: a perpetual alone, sold."""
    spot = 1_949.34
    row = Row(kernels.INVERSE_FUTURE, 0, "inverse perpetual", None, -0.999487053 * 1_949.49, 1_949.49 / spot, 1_948.49)
    rule = margin_rule("deribit_portfolio", coin="ETH", at_ns=1_771_197_609_587_000_000)
    found = rule.requirement(book_of(row, spot=spot, base="ETH"))
    assert dict(found.parts)["worst case"] / spot == pytest.approx(0.15246412672881357, rel=1e-12)
    assert dict(found.parts)["roll shock"] / spot == pytest.approx(0.004997435265, rel=1e-12)
    assert found.initial / spot == pytest.approx(0.157461562265, abs=5e-10)
    assert found.maintenance / spot == pytest.approx(0.125969249812, abs=5e-10)


def test_paradex_floor_of_its_page() -> None:
    """Portfolio Margin page: long 1 perpetual, short 5 calls of delta 0.3 at 70,000: 2 %·0.5 + 1 %·1 of the spot."""
    spot, days = 70_000.0, 20.0
    low, high = 0.01, 5.0  # the vol at which a call far out of the money has a delta of 0.3
    from margin_books import black_delta

    for _ in range(200):
        vol = 0.5 * (low + high)
        low, high = (vol, high) if black_delta(spot, 80_000.0, days / 365, vol, call=True) < 0.3 else (low, vol)
    book = book_of(
        perpetual(1.0, spot, inverse=False),
        option(-5.0, spot, 80_000.0, days, vol, call=True, inverse=False),
        spot=spot,
    )
    parts = dict(margin_rule("paradex", coin="BTC", at_ns=AT_NS).requirement(book).parts)
    assert parts["delta floor"] == pytest.approx((0.02 * 0.5 + 0.01 * 1.0) * spot, rel=1e-9)


def test_okx_short_call_of_a_worked_example() -> None:
    """A published example in the second tier, factor 1.02: mark 0.0575, 100 USD out of the money, F = 5900."""
    table = OptionMargin(
        coins=(Currency("BTC"),),
        settlement="inverse",
        start=0.15,
        least=0.10,
        call=0.03,
        put=0.03,
        put_mark=0.03,
        factor=1.02,
        valid_from=rules_of("okx", AT_NS).margin[0].valid_from,
        source="test",
    )
    initial, _ = short_option(table, spot=5_900.0, forward=5_900.0, strike=6_000.0, mark=0.0575 * 5_900, is_call=True)
    assert 0.1 * initial / 5_900.0 == pytest.approx((max(0.1, 0.15 - 100 / 5_900) * 1.02 + 0.0575) * 0.1)
    assert 0.1 * initial / 5_900.0 == pytest.approx(0.01932, abs=1e-5)


def test_tables_of_both_simulated_coins_are_as_recorded() -> None:
    grids = {str(line.coins[0]): line for line in rules_of("deribit", AT_NS).margin if isinstance(line, GridMargin)}
    assert (grids["BTC"].price_range, grids["BTC"].vol_up, grids["BTC"].dampener) == (0.16, 0.5, 100_000.0)
    assert (grids["ETH"].price_range, grids["ETH"].vol_up, grids["ETH"].dampener) == (0.18, 0.4, 200_000.0)
    assert future(1.0, 100.0, 30.0, inverse=True).expiry_years == pytest.approx(30 / 365)

"""Where an order meets its price, on numbers that can be checked by hand.

The pool has its root at 45 (a price of 2025). A swap that moves the root to r exchanges liquidity·|r - 45| of cash for
liquidity·|1/r - 1/45| of coins (Adams et al. 2021, eqs. 6.13 and 6.15), so its average price is 45·r.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from hedgerow.costs import Fee
from hedgerow.instruments import parse_deribit
from hedgerow.venues import Chunk, Execution, PoolMarket, QuotedMarket, Refusal, Source, Tape

SECOND = 10**9
ROOT = Fraction(45)


def tape(*rows: tuple[int, int, float, float]) -> Tape:
    """Make a tape of rows (at in seconds, source, a, b), known at once."""
    at = np.array([row[0] * SECOND for row in rows], dtype=np.int64)
    chunk = Chunk(
        known_ns=at,
        at_ns=at,
        source=np.array([row[1] for row in rows], dtype=np.int64),
        a=np.array([row[2] for row in rows]),
        b=np.array([row[3] for row in rows]),
        block=np.zeros(len(rows), dtype=np.int64),
    )
    sources = [Source(kind="quote", name="q"), Source(kind="pool", name="p"), Source(kind="gas", name="gas")]
    return Tape(sources, [chunk])


def quoted(**changes: Any) -> QuotedMarket:
    terms: dict[str, Any] = {
        "tape": tape((10, 0, 1999.0, 2001.0), (20, 0, 2009.0, 2011.0)),
        "source": 0,
        "instrument": parse_deribit("ETH_USDC-PERPETUAL"),
        "lot": Decimal("0.01"),
        "fee": Fee(rate=Decimal("0.0005")),
        "displayed_lots": 0,
        "max_age_ns": 300 * SECOND,
    }
    return QuotedMarket(**(terms | changes))


def got(result: Execution | Refusal | None) -> Execution:
    assert isinstance(result, Execution), result
    return result


def refused(result: Execution | Refusal | None) -> Refusal:
    assert isinstance(result, Refusal), result
    return result


class TestQuotes:
    def test_a_buyer_pays_the_ask_and_the_fee(self) -> None:
        assert got(quoted().trade(100, 10 * SECOND, None)) == Execution(
            lots=100, price=Decimal(2001), fee=Decimal("1.0005"), gas=Decimal(0), mid=2000.0
        )

    def test_a_seller_gets_the_bid_and_pays_the_fee(self) -> None:
        assert got(quoted().trade(-200, 19 * SECOND, None)) == Execution(
            lots=-200, price=Decimal(1999), fee=Decimal("1.999"), gas=Decimal(0), mid=2000.0
        )

    def test_the_fee_of_an_inverse_contract_is_in_coin(self) -> None:
        inverse = quoted(instrument=parse_deribit("ETH-PERPETUAL"), lot=Decimal(1))
        assert got(inverse.trade(-1999, 10 * SECOND, None)).fee == Decimal("0.0005")

    def test_the_quote_of_that_instant_counts(self) -> None:
        assert got(quoted().trade(1, 20 * SECOND - 1, None)).price == Decimal(2001)
        assert got(quoted().trade(1, 20 * SECOND, None)).price == Decimal(2011)

    @pytest.mark.parametrize(("lots", "done"), [(29, 29), (30, 30), (70, 30), (-70, -30), (-1, -1)])
    def test_no_more_than_what_is_displayed_is_filled(self, lots: int, done: int) -> None:
        assert got(quoted(displayed_lots=30).trade(lots, 10 * SECOND, None)).lots == done

    @pytest.mark.parametrize(
        ("lots", "limit", "trades"), [(1, 2001.0, True), (1, 2000.9, False), (-1, 1999.0, True), (-1, 1999.1, False)]
    )
    def test_a_price_beyond_the_limit_is_refused(self, lots: int, limit: float, trades: bool) -> None:
        result = quoted().trade(lots, 10 * SECOND, limit)
        assert isinstance(result, Execution) is trades
        if isinstance(result, Refusal):
            assert "is beyond the limit" in result.reason
            assert result.gas == 0

    def test_orders_share_what_a_quote_displays(self) -> None:
        market = quoted(displayed_lots=30)
        assert [got(market.trade(lots, 10 * SECOND, None)).lots for lots in (20, 20, -40)] == [20, 10, -30]
        assert market.trade(1, 19 * SECOND, None) is None
        assert market.trade(-1, 19 * SECOND, None) is None
        assert got(market.trade(40, 20 * SECOND, None)).lots == 30

    def test_before_the_first_quote_and_long_after_the_last_there_is_no_market(self) -> None:
        market = quoted()
        assert refused(market.trade(1, 10 * SECOND - 1, None)).reason == "no market"
        assert market.mid(10 * SECOND - 1) is None
        assert market.mid(320 * SECOND) == 2010.0
        assert market.mid(320 * SECOND + 1) == 2010.0  # funding has a mark for ever
        assert refused(market.trade(1, 320 * SECOND + 1, None)).reason == "no market"

    def test_orders_are_dealt_with_at_once_and_again_at_the_next_quote(self) -> None:
        market = quoted()
        assert market.dealt_with_ns(12345) == 12345
        assert market.next_ns(10 * SECOND) == 20 * SECOND
        assert market.next_ns(20 * SECOND) is None


def pool(liquidity: Fraction | float, price: float = 2025.0, **changes: Any) -> PoolMarket:
    terms: dict[str, Any] = {
        "tape": tape((10, 1, price, float(liquidity)), (10, 2, 30.0, 0.0)),
        "source": 1,
        "gas_source": 2,
        "pool_fee": 0.2,
        "lot": Decimal("0.0625"),
        "block_ns": 12 * SECOND,
        "gas_units": 100_000,
        "max_age_ns": 300 * SECOND,
    }
    return PoolMarket(**(terms | changes))


GAS = Decimal("0.003")
"""100,000 units at 30 gwei. [coin]"""

UP, DOWN = Fraction(181, 4), Fraction(179, 4)
"""Roots of 45.25 and 44.75."""

FOR_BUYING, FOR_SELLING = ROOT * UP, ROOT * DOWN
"""Liquidity with which a quarter of a coin moves the root by a quarter: L·(1/45 - 1/45.25) = 0.25."""


class TestPools:
    def test_coins_that_are_bought_leave_the_pool_along_its_curve(self) -> None:
        done = got(pool(FOR_BUYING).trade(4, 10 * SECOND, None))
        cash = FOR_BUYING / 4
        assert cash == Fraction("509.0625")
        assert done.lots == 4
        assert float(done.price) == pytest.approx(float(ROOT * UP), rel=1e-11)
        # The buyer pays cash/0.8 in all, a fifth of which is the fee.
        assert float(done.fee) == pytest.approx(float(cash) / 4, rel=1e-11)
        assert float(done.price) * 0.25 + float(done.fee) == pytest.approx(float(cash) / 0.8, rel=1e-11)
        assert (done.gas, done.mid) == (GAS, 2025.0)

    def test_of_coins_that_are_sold_the_fee_does_not_enter_the_curve(self) -> None:
        done = got(pool(FOR_SELLING).trade(-5, 10 * SECOND, None))  # of 0.3125 coins 0.25 enter
        cash = FOR_SELLING / 4
        assert cash == Fraction("503.4375")
        assert float(done.price) == pytest.approx(float(ROOT * DOWN), rel=1e-11)
        assert 0.3125 * float(done.price) - float(done.fee) == pytest.approx(float(cash), rel=1e-11)
        assert float(done.fee) == pytest.approx(0.2 * 0.3125 * float(ROOT * DOWN), rel=1e-11)

    def test_a_small_swap_pays_the_price_and_the_fee(self) -> None:
        deep = pool(1e8, pool_fee=0.0005, lot=Decimal(1))
        for lots in (1, -1):
            done = got(deep.trade(lots, 10 * SECOND, None))
            assert float(done.price) == pytest.approx(2025.0, rel=1e-6)
        bought, sold = (got(deep.trade(lots, 10 * SECOND, None)) for lots in (1, -1))
        assert float(bought.fee) == pytest.approx(2025.0 * 0.0005 / 0.9995, rel=1e-6)
        assert float(sold.fee) == pytest.approx(2025.0 * 0.0005, rel=1e-6)

    @pytest.mark.parametrize(
        ("lots", "limit", "trades"),
        [
            (4, 2545.4, True),  # 509.0625 / 0.8 / 0.25 = 2545.3125
            (4, 2545.3, False),
            (-5, 1610.9, True),  # 503.4375 / 0.3125 = 1611
            (-5, 1611.1, False),
        ],
    )
    def test_a_swap_beyond_its_limit_reverts_and_costs_its_gas(self, lots: int, limit: float, trades: bool) -> None:
        market = pool(FOR_BUYING if lots > 0 else FOR_SELLING)
        result = market.trade(lots, 10 * SECOND, limit)
        assert isinstance(result, Execution) is trades
        if isinstance(result, Refusal):
            assert result.reason.startswith("reverted: the price ")
            assert result.gas == GAS

    @pytest.mark.parametrize("liquidity", [0.0, 1.0, 900.0])
    @pytest.mark.parametrize("lots", [4, -5])
    def test_more_than_the_liquidity_in_range_can_take_is_refused(self, liquidity: float, lots: int) -> None:
        result = refused(pool(liquidity).trade(lots, 10 * SECOND, None))
        assert result.reason == "more than the liquidity in range can take"

    @pytest.mark.parametrize(
        ("arrival", "block"), [(0, 12), (1, 12), (12 * SECOND - 1, 12), (12 * SECOND, 24), (12 * SECOND + 1, 24)]
    )
    def test_a_swap_is_in_the_first_block_after_it_arrives(self, arrival: int, block: int) -> None:
        market = pool(1.0)
        assert market.dealt_with_ns(arrival) == block * SECOND
        assert market.next_ns(arrival) == block * SECOND

    def test_without_a_fresh_pool_or_any_gas_price_nothing_is_swapped(self) -> None:
        market = pool(FOR_BUYING)
        assert refused(market.trade(4, 10 * SECOND - 1, None)).reason == "no pool state or gas price"
        assert refused(market.trade(4, 310 * SECOND + 1, None)).gas == 0
        assert market.mid(310 * SECOND) == 2025.0
        assert market.mid(310 * SECOND + 1) == 2025.0
        gasless = pool(FOR_BUYING, tape=tape((10, 1, 2025.0, 1e6)))
        assert refused(gasless.trade(4, 10 * SECOND, None)).reason == "no pool state or gas price"

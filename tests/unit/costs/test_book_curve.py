"""Order books as cost curves, beside a walk level by level in exact numbers."""

import math
from decimal import Decimal

import numpy as np
import pytest

from hedgerow.core.errors import DataFault, InputError, MarketDataError
from hedgerow.core.money import exact
from hedgerow.costs import Fee, book_curve, trade_fee, unit_cost
from hedgerow.instruments import Instrument, parse_deribit
from hedgerow.market import Quote

Levels = list[tuple[float, float]]
NAMES = ("ETH_USDC", "ETH_USDC-PERPETUAL", "ETH-PERPETUAL", "BTC-PERPETUAL", "ETH-26JAN24", "ETH-26JAN24-2300-C")


def book(seed: int, middle: float, tick: float) -> tuple[Levels, Levels]:
    random = np.random.default_rng(seed)
    below, above = (np.cumsum(random.integers(1, 5, 6)) * tick for _ in range(2))
    bids = [(round(middle - float(step), 6), float(random.integers(1, 50))) for step in below]
    asks = [(round(middle + float(step), 6), float(random.integers(1, 50))) for step in above]
    return bids, asks


def paid(instrument: Instrument, price: float) -> Decimal:
    """Settlement currency that leaves when one contract is bought at a price and a reference is kept elsewhere."""
    size = exact(instrument.contract_size)
    inverse_future = instrument.settle == instrument.base and not instrument.name.endswith(("-C", "-P"))
    return -size / exact(price) if inverse_future else size * exact(price)


def walked(instrument: Instrument, levels: Levels, quantity: float, middle: Decimal, sign: int) -> Decimal:
    """Take contracts one level after the other, best first."""
    left, total = exact(quantity), Decimal(0)
    for price, size in levels:
        taken = min(left, exact(size))
        total += taken * sign * (paid(instrument, price) - middle)
        left -= taken
    assert left == 0
    return total


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(5))
def test_the_curve_is_the_walk(name: str, seed: int) -> None:
    instrument = parse_deribit(name)
    middle, tick = (0.05, 0.0005) if name.endswith("-C") else (2000.0, 0.5)
    bids, asks = book(seed, middle, tick)
    fee = 0.0003
    curve = book_curve(instrument, bids=bids[::-1], asks=asks, fee=fee)
    center = (paid(instrument, bids[0][0]) + paid(instrument, asks[0][0])) / 2
    assert curve.most_buy == sum(size for _, size in asks)
    assert curve.most_sell == sum(size for _, size in bids)
    for share in (0.01, 0.3, 0.77, 1.0):
        for levels, sign, most in ((asks, 1, curve.most_buy), (bids, -1, curve.most_sell)):
            quantity = share * most
            truth = float(walked(instrument, levels, quantity, center, sign)) + fee * quantity
            assert math.isclose(curve.at(sign * quantity), truth, rel_tol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_at_the_touch_it_is_the_unit_cost(name: str) -> None:
    instrument = parse_deribit(name)
    bid, ask = (0.049, 0.051) if name.endswith("-C") else (1999.0, 2002.0)
    quote = Quote(name=name, bid=bid, ask=ask, mark=bid, forward=2000.0, at_ns=0, assumed=False)
    unit = unit_cost(instrument, quote, Fee(rate=exact("0.0005")))
    curve = book_curve(instrument, bids=[(bid, 7.0), (0.9 * bid, 5.0)], asks=[(ask, 7.0)], fee=unit.fee)
    for x in (-7.0, -1.0, 1.0, 7.0):
        assert math.isclose(curve.at(x), abs(x) * (unit.fee + unit.half_spread), rel_tol=1e-9)


@pytest.mark.parametrize("name", ["ETH_USDC", "ETH-PERPETUAL", "ETH-26JAN24-2300-C"])
def test_the_fee_that_is_left_out_is_the_rate_times_the_distance(name: str) -> None:
    # Exact fees of fills at the levels, against the fee at the mid: what the documentation says of the difference.
    instrument = parse_deribit(name)
    option = name.endswith("-C")
    fee = Fee(rate=exact("0.0005"), premium_cap=exact("0.125") if option else None)
    middle, tick = (0.002, 0.0001) if option else (2000.0, 0.5)
    _, asks = book(3, middle, tick)
    bids = [(2.0 * middle - price, size) for price, size in asks]
    mid = exact(middle)
    at_mid = trade_fee(instrument, fee, exact(1), mid, exact(2000) if option else mid).amount
    curve = book_curve(instrument, bids=bids, asks=asks, fee=float(at_mid))
    charged = sum(
        trade_fee(instrument, fee, exact(size), exact(price), exact(2000) if option else exact(price)).amount
        for price, size in asks
    )
    counted = float(at_mid) * curve.most_buy
    spread = curve.at(curve.most_buy) - counted
    share = 0.125 if option else 0.0005
    assert 0.0 < abs(float(charged) - counted) <= share * spread * 1.01


def test_another_reference_moves_cost_from_one_side_to_the_other() -> None:
    spot = parse_deribit("ETH_USDC")
    bids, asks = [(1999.0, 5.0)], [(2001.0, 5.0)]
    curve = book_curve(spot, bids=bids, asks=asks, fee=0.5, reference=2001.25)
    assert (curve.at(1.0), curve.at(-1.0)) == (0.25, 2.75)


def test_a_level_without_end_hides_what_is_behind() -> None:
    spot = parse_deribit("ETH_USDC")
    curve = book_curve(spot, bids=[(1.0, math.inf), (0.5, 2.0)], asks=[(3.0, 1.0), (4.0, math.inf)], fee=0.0)
    assert (curve.most_buy, curve.most_sell) == (math.inf, math.inf)
    assert (curve.at(3.0), curve.at(-3.0)) == (1.0 + 2.0 * 2.0, 3.0)


def test_books_that_are_refused() -> None:
    spot = parse_deribit("ETH_USDC")
    with pytest.raises(MarketDataError, match="the bid 3 is above the ask 2") as caught:
        book_curve(spot, bids=[(1.0, 1.0), (3.0, 1.0)], asks=[(2.0, 1.0)], fee=0.0)
    assert caught.value.fault is DataFault.CROSSED
    with pytest.raises(InputError, match="no asks"):
        book_curve(spot, bids=[(1.0, 1.0)], asks=[], fee=0.0)
    for price, size in ((0.0, 1.0), (-1.0, 1.0), (math.nan, 1.0), (math.inf, 1.0), (1.0, 0.0), (1.0, math.nan)):
        with pytest.raises(InputError, match="positive"):
            book_curve(spot, bids=[(price, size)], asks=[(2.0, 1.0)], fee=0.0)

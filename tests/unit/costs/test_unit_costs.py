"""What one contract costs, from numbers small enough to check by hand."""

import math

import pytest

from hedgerow.core.errors import DataFault, InputError, MarketDataError
from hedgerow.core.money import exact
from hedgerow.costs import Fee, UnitCost, unit_cost
from hedgerow.instruments import parse_deribit
from hedgerow.market import Quote


def cost(name: str, bid: float, ask: float, fee: Fee, forward: float = 2000.0) -> UnitCost:
    quote = Quote(name=name, bid=bid, ask=ask, mark=bid, forward=forward, at_ns=0, assumed=False)
    return unit_cost(parse_deribit(name), quote, fee)


CAPPED = Fee(rate=exact("0.0003"), premium_cap=exact("0.125"))
FLAT = Fee(rate=exact("0.001"))


@pytest.mark.parametrize(
    ("name", "bid", "ask", "fee", "charged", "half_spread"),
    [
        ("ETH-26JAN24-2300-C", 0.049, 0.051, CAPPED, 0.0003, 0.001),
        ("ETH-26JAN24-2300-C", 0.0005, 0.0015, CAPPED, 0.000125, 0.0005),  # 12.5 % of the mid
        ("ETH_USDC-26JAN24-2300-C", 90.0, 110.0, FLAT, 2.0, 10.0),  # of the forward, not of the premium
        ("ETH_USDC-PERPETUAL", 1999.0, 2001.0, FLAT, 2.0, 1.0),
        ("ETH_USDC", 1999.0, 2001.0, FLAT, 2.0, 1.0),
        # One contract of 1 USD bought at 2500 and sold at 2000 loses 1/2000 - 1/2500 = 0.0001 ETH.
        ("ETH-PERPETUAL", 2000.0, 2500.0, FLAT, 0.001 / 2250, 0.00005),
        ("BTC-PERPETUAL", 2000.0, 2500.0, FLAT, 0.01 / 2250, 0.0005),
        ("ETH_USDC-PERPETUAL", 2000.0, 2000.0, Fee(rate=exact(0)), 0.0, 0.0),
    ],
)
def test_cost_of_one_contract(name: str, bid: float, ask: float, fee: Fee, charged: float, half_spread: float) -> None:
    found = cost(name, bid, ask, fee)
    # A handful of roundings, half an ulp (1.1e-16) each; the spread is a difference of numbers near the price.
    assert math.isclose(found.fee, charged, rel_tol=1e-15)
    assert math.isclose(found.half_spread, half_spread, rel_tol=1e-15 * ask / max(ask - bid, 1e-9), abs_tol=0.0)


@pytest.mark.parametrize(
    ("bid", "ask", "fault"),
    [
        (0.051, 0.049, DataFault.CROSSED),
        (math.nan, 0.049, DataFault.ONE_SIDED),
        (0.051, math.nan, DataFault.ONE_SIDED),
        (0.051, math.inf, DataFault.NOT_FINITE),
    ],
)
def test_what_cannot_be_traded_has_no_cost(bid: float, ask: float, fault: DataFault) -> None:
    with pytest.raises(MarketDataError, match="hedge with a two-sided instrument, or state its bid and ask") as caught:
        cost("ETH-26JAN24-2300-C", bid, ask, CAPPED)
    assert caught.value.fault is fault
    assert caught.value.name == "ETH-26JAN24-2300-C"


@pytest.mark.parametrize("forward", [0.0, -1.0, math.nan, math.inf])
def test_an_option_needs_the_price_of_its_underlying(forward: float) -> None:
    with pytest.raises(InputError):
        cost("ETH-26JAN24-2300-C", 0.049, 0.051, CAPPED, forward)


@pytest.mark.parametrize("name", ["ETH-PERPETUAL", "ETH_USDC-PERPETUAL", "ETH_USDC"])
def test_only_an_option_needs_it(name: str) -> None:
    assert cost(name, 1999.0, 2001.0, FLAT, math.nan) == cost(name, 1999.0, 2001.0, FLAT)

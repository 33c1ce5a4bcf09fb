"""The Python face refuses what it cannot use, each with its own type."""

from typing import Any

import msgspec
import pytest

import hedgerow as hr
from hedgerow.config import Desk
from hedgerow.market import Snapshot


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"neutral": {"delta": "0"}}, "neutral delta: is '0'; give a finite number"),
        ({"neutral": {"delta": (1.0,)}}, "give a finite number, or a band"),
        ({"neutral": {"delta": (0.0, 1.0, 2.0)}}, "give a finite number, or a band"),
        ({"neutral": {"delta": None}}, "neutral delta: is None"),
        ({"neutral": {"delta": (1.0, -1.0)}}, r"is \[1, -1\]"),
        ({"instruments": "ETH-PERPETUAL"}, "give a list of names"),
        ({"instruments": [3]}, "give a list of names"),
        ({"numeraire": "EUR"}, "state USD or ETH"),
    ],
)
def test_arguments_are_checked(desk: Desk, market: Snapshot, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(hr.InputError, match=said):
        hr.hedge(desk, market, **arguments)


def test_the_facade_names_what_it_has() -> None:
    for name in hr.__all__:
        assert getattr(hr, name) is not None
    assert set(dir(hr)) >= set(hr.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = hr.nothing


def test_what_paying_the_cost_does_to_delta_is_stated(desk: Desk, market: Snapshot) -> None:
    # All instruments of the example settle in coin: in USD the coins leave, in coin nothing but value changes.
    usd, coin = (hr.hedge(desk, market, numeraire=unit) for unit in ("USD", "ETH"))
    assert usd.cost_delta == pytest.approx(-usd.cost / market.index_price)
    assert coin.cost_delta == 0.0


def test_a_delta_flat_book_has_no_hedge_ratio_but_a_reason(desk: Desk, market: Snapshot) -> None:
    # Coins have no delta in coin; asking for vega makes trades all the same.
    flat = msgspec.structs.replace(desk, numeraire="ETH", balances={"ETH": 10.0}, position=(), liquidity=())
    ticket = hr.hedge(flat, market, neutral={"delta": 0.0, "vega_per_volpoint": (0.1, 0.2)})
    assert ticket.trades
    for trade in ticket.to_dict()["trades"]:
        assert trade["hedge_ratio"] is None
        assert "flat" in trade["hedge_ratio_reason"]
    assert all(target.met for target in ticket.targets)

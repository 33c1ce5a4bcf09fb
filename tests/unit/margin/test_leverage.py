"""Where a leveraged position is liquidated, by what its margin lies in; and what a haircut costs."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow.core.errors import InputError
from hedgerow.margin import FractionMargin, best_leverage, leverage_cost, liquidation_move, liquidation_moves
from margin_books import book_of, cash, coin, perpetual

SPOT = 40_000.0
WAYS = [(short, inverse) for short in (True, False) for inverse in (True, False)]


def left_over(leverage: float, maintenance: float, *, short: bool, inverse: bool, share: float) -> Callable[..., float]:
    """Return what is left above the maintenance margin at a price, contract by contract: entry at 1, one coin each."""
    coins, dollars, sign = share / leverage, (1.0 - share) / leverage, -1.0 if short else 1.0

    def at(price: float) -> float:
        if inverse:  # one dollar of notional, P&L and margin in coins
            gain, needed = sign * (1.0 - 1.0 / price) * price, maintenance / price * price
        else:  # one coin of notional, P&L and margin in dollars
            gain, needed = sign * (price - 1.0), maintenance * price
        return dollars + coins * price + gain - needed

    return at


def bisected(function: Callable[[float], float], inside: float, outside: float) -> float:
    for _ in range(200):
        middle = math.sqrt(inside * outside)
        inside, outside = (middle, outside) if function(middle) >= 0.0 else (inside, middle)
    return inside


@given(
    leverage=st.floats(0.2, 60.0),
    maintenance=st.floats(0.0, 0.015),
    share=st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0.0, 1.0)),
    way=st.sampled_from(WAYS),
)
def test_the_move_is_where_nothing_is_left_over(
    leverage: float, maintenance: float, share: float, way: tuple[bool, bool]
) -> None:
    short, inverse = way
    at = left_over(leverage, maintenance, short=short, inverse=inverse, share=share)
    move = liquidation_move(leverage, maintenance, short=short, inverse=inverse, coin=share)
    far = 1e6 if short else 1e-6
    if move is None:
        assert all(at(far**power) >= -1e-6 * far**power for power in (0.0, 0.1, 0.3, 0.6, 0.9))
        return
    assert move >= 0.0 if short else move <= 0.0
    if 1e-5 < 1.0 + move < 1e5:
        assert 1.0 + move == pytest.approx(bisected(at, 1.0, far), rel=1e-9)


@settings(max_examples=30)
@given(
    leverage=st.floats(1.2, 40.0),
    maintenance=st.floats(0.001, 0.02),
    share=st.sampled_from([0.0, 0.3, 1.0]),
    way=st.sampled_from(WAYS),
    cut=st.sampled_from([0.0, 0.5, 0.9]),
)
def test_the_move_is_that_of_the_account_revalued_in_full(
    leverage: float, maintenance: float, share: float, way: tuple[bool, bool], cut: float
) -> None:
    """A rule, positions, balances and haircuts in a book: what covers is what is left after the haircut."""
    (short, inverse), size = way, 3.0
    worth = size * SPOT / leverage / (1.0 - cut)
    collateral = [coin(share * worth / SPOT), cash((1.0 - share) * worth, "USD")]
    book = book_of(perpetual(-size if short else size, SPOT, inverse=inverse), *collateral, spot=SPOT)
    rule = FractionMargin(initial=0.05, maintenance=maintenance)
    expected = liquidation_move(leverage, maintenance, short=short, inverse=inverse, coin=share)
    found = liquidation_moves(book, rule, {"BTC": cut, "USD": cut})[int(short)]
    if expected is None or not -0.999 < expected < 9.0:
        assert found is None
    else:
        assert found == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("short", "inverse", "share", "price"),
    [
        (True, False, 0.0, 1.2 / 1.01),
        (True, False, 1.0, 1.0 / 0.81),
        (False, False, 0.0, 0.8 / 0.99),
        (False, False, 1.0, 1.0 / 1.19),
        (True, True, 1.0, 0.99 / 0.8),
        (True, True, 0.0, 1.19),
        (False, True, 1.0, 1.01 / 1.2),
        (False, True, 0.0, 0.81),
    ],
)
def test_the_eight_cases_by_hand(short: bool, inverse: bool, share: float, price: float) -> None:
    # A fifth of the notional as margin, 1 % to be maintained.
    move = liquidation_move(5.0, 0.01, short=short, inverse=inverse, coin=share)
    assert move == pytest.approx(price - 1.0, rel=1e-12)


def test_a_short_with_more_coins_than_it_owes_is_never_liquidated() -> None:
    assert liquidation_move(0.99, 0.01, short=True, inverse=False, coin=1.0) is None
    assert liquidation_move(1.0, 0.01, short=True, inverse=False, coin=1.0) == pytest.approx(99.0)
    assert liquidation_move(0.9, 0.01, short=False, inverse=True, coin=0.0) is None
    assert liquidation_move(0.5, 0.01, short=False, inverse=False, coin=1.0) is not None


def test_what_settles_in_the_coin_has_its_margin_there_if_nothing_is_said() -> None:
    for short, inverse in WAYS:
        own = liquidation_move(4.0, 0.01, short=short, inverse=inverse)
        assert own == liquidation_move(4.0, 0.01, short=short, inverse=inverse, coin=float(inverse))
        assert own != liquidation_move(4.0, 0.01, short=short, inverse=inverse, coin=float(not inverse))


def test_a_haircut_binds_more_capital_and_changes_no_move() -> None:
    terms: dict[str, Any] = {
        "years": 30 / 365,
        "maintenance": 0.01,
        "capital_rate": 0.1,
        "liquidation_loss": 0.03,
        "short": True,
        "inverse": True,
    }
    whole, cut = (leverage_cost(4.0, chance=lambda _: 0.01, haircut=haircut, **terms) for haircut in (0.0, 0.75))
    assert cut.move == whole.move
    assert cut.capital_cost == pytest.approx(0.1 * 30 / 365 / 4.0 * 4.0)
    assert cut.capital_cost == pytest.approx(4.0 * whole.capital_cost)
    best, dear = (best_leverage(vol=0.7, haircut=haircut, **terms) for haircut in (0.0, 0.75))
    assert dear.leverage > best.leverage
    assert dear.cost > best.cost


def test_coins_as_margin_of_a_short_allow_more_leverage_than_cash() -> None:
    terms: dict[str, Any] = {
        "vol": 0.7,
        "years": 14 / 365,
        "maintenance": 0.01,
        "capital_rate": 0.1,
        "liquidation_loss": 0.03,
    }
    for inverse in (True, False):
        short = [best_leverage(short=True, inverse=inverse, coin=share, **terms).leverage for share in (0.0, 0.5, 1.0)]
        long = [best_leverage(short=False, inverse=inverse, coin=share, **terms).leverage for share in (0.0, 0.5, 1.0)]
        assert short == sorted(short)
        assert short[0] < short[2]
        assert long == sorted(long, reverse=True)
        assert long[0] > long[2]


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan])
def test_a_share_in_the_coin_is_a_fraction(share: float) -> None:
    with pytest.raises(InputError, match="in the coin; give a fraction from 0 to 1"):
        liquidation_move(4.0, 0.01, short=True, inverse=True, coin=share)


@pytest.mark.parametrize("haircut", [-0.1, 1.0, math.nan])
def test_a_haircut_of_everything_leaves_no_leverage(haircut: float) -> None:
    with pytest.raises(InputError, match="a haircut of"):
        leverage_cost(
            4.0,
            chance=lambda _: 0.0,
            years=0.1,
            maintenance=0.01,
            capital_rate=0.1,
            liquidation_loss=0.0,
            short=True,
            inverse=True,
            haircut=haircut,
        )

"""Margin at a simulated venue: refused orders, liquidation at the row where it must come, gaps that are told."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from msgspec import structs

from exchange_worlds import AT_ONCE, FREE, INVERSE, LINEAR, ONE, SECOND, ledger, order, quoted, tape_of, told, watched
from hedgerow.book import Row, kernels
from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency
from hedgerow.core.money import Money
from hedgerow.events import Fill, Liquidation, Reject
from hedgerow.instruments import parse_deribit
from hedgerow.ledger import Account, Ledger
from hedgerow.margin import FractionMargin
from hedgerow.venues import Delays, DeliveryTerms, Index, Listing, MarginTerms, SimulatedExchange
from hedgerow.venues.listings import WHOLE

COIN_PERPETUAL = parse_deribit("BTC-PERPETUAL")
STEPS = structs.replace(WHOLE, whole=False, futures_step=2_000.0, option_step=1.0, futures_fee=0.0)


@pytest.mark.parametrize(("lots", "is_refused"), [(500, False), (501, True), (-500, False), (-501, True)])
def test_an_order_needs_its_initial_margin(lots: int, is_refused: bool) -> None:
    """1000 USDC at 10 % carry 10,000 USDC: five coins at 2000, and not a lot more."""
    venue = watched([2_000.0] * 3, cash={"USDC": "1000"})
    venue.take(order(lots), SECOND)
    answers = told(venue, 2 * SECOND, (Fill, Reject))
    assert [type(answer) for answer in answers] == [Reject if is_refused else Fill]
    if is_refused:
        assert answers[0].reason == "not enough margin"
        assert venue.refusals == {"not enough margin": 1}


def test_an_order_that_reduces_needs_none() -> None:
    """At 2000 it buys 5 coins; at 1900 its 500 USDC carry 5 % of them and not 10 %, and it may still sell."""
    venue = watched([2_000.0, 1_900.0, 1_900.0], cash={"USDC": "1000"})
    venue.take(order(500), 0)
    venue.advance(SECOND)
    venue.take(order(1, 1), SECOND)
    venue.take(order(-100, 2), SECOND)
    answers = told(venue, 2 * SECOND, (Fill, Reject))
    assert [(type(answer), answer.order_id) for answer in answers] == [(Reject, 1), (Fill, 2)]


def test_orders_that_are_not_done_count_too() -> None:
    venue = watched([2_000.0] * 3, cash={"USDC": "1000"})
    for number, lots in enumerate((300, 300)):
        venue.take(order(lots, number), SECOND)
    answers = told(venue, 2 * SECOND, (Fill, Reject))
    assert {answer.order_id: type(answer) for answer in answers} == {0: Fill, 1: Reject}


def first_uncovered(prices: list[float], coins: Fraction, cash: Fraction, maintenance: Fraction) -> int | None:
    """Walk every row, exactly: where cash and P&L from the first price fall below the margin."""
    entry = Fraction(prices[0])
    for row, price in enumerate(map(Fraction, prices)):
        if cash + coins * (price - entry) < maintenance * abs(coins) * price:
            return row
    return None


@pytest.mark.parametrize("seed", range(12))
def test_liquidation_comes_at_the_row_where_a_walk_over_all_rows_finds_it(seed: int) -> None:
    """The venue looks only where its box is left; the oracle looks everywhere."""
    rng = np.random.default_rng(seed)
    prices = [2_000.0, *np.round(2_000.0 * np.exp(np.cumsum(rng.normal(0, 0.004, 400))), 2).tolist()]
    sign = 1 if seed % 2 else -1
    venue = watched(prices, cash={"USDC": "1000"}, step_ns=60 * SECOND)
    venue.take(order(sign * 450), 0)
    found = told(venue, 500 * 60 * SECOND, Liquidation)
    row = first_uncovered(prices, Fraction(sign * 9, 2), Fraction(1000), Fraction(1, 20))
    assert [event.at_ns for event in found] == ([] if row is None else [row * 60 * SECOND])
    if row is not None:
        assert found[0].quantity == Decimal("-4.5") * sign
        assert found[0].price == Decimal(str(prices[row]))
        assert venue.books.account(ONE).holdings == {}
    assert len(venue.margins) < 120  # of 400 rows


def test_a_step_by_step_venue_stops_as_soon_as_the_margin_is_covered() -> None:
    """A short of 4.5 coins at 2000 with 1000 USDC; at 2130, 415 USDC face 479.25. Steps are 2000 USD."""
    venue = watched([2_000.0, 2_130.0, 2_130.0], cash={"USDC": "1000"}, steps=STEPS)
    venue.take(order(-450), 0)
    (event,) = told(venue, 10 * SECOND, Liquidation)
    step = Fraction(2_000) / 2_130  # coins; the fewest that cover: 415 >= 5 % of what is left, at 2130
    least = Fraction(9, 2) - Fraction(415) / (Fraction(1, 20) * 2_130)
    steps = -(-least // step)
    assert steps == 1
    assert event.quantity == Decimal("0.94")  # in whole lots, at least the step
    held = venue.books.account(ONE).holding(LINEAR).quantity
    assert held == Decimal("-3.56")
    assert venue.bankruptcies == []
    assert venue.margins[-1].maintenance <= venue.margins[-1].covering


def test_the_venue_charges_for_liquidating() -> None:
    venue = watched([2_000.0, 2_130.0], cash={"USDC": "1000"}, liquidation_fee=Decimal("0.01"))
    venue.take(order(-450), 0)
    (event,) = told(venue, 10 * SECOND, Liquidation)
    assert event.fee == Decimal("0.01") * Decimal("4.5") * 2_130
    assert venue.books.account(ONE).balance("USDC").amount == 1000 - Decimal("4.5") * 130 - event.fee


def test_an_account_ends_below_zero_only_across_a_gap_and_the_venue_says_so() -> None:
    """From 2000 to 2300 at one step: 4.5 coins lose 1350 of 1000."""
    venue = watched([2_000.0, 2_010.0, 2_300.0, 2_300.0], cash={"USDC": "1000"})
    venue.take(order(-450), 0)
    venue.advance(100 * SECOND)
    (found,) = venue.bankruptcies
    assert (found.at_ns, found.account) == (2 * SECOND, ONE)
    assert found.equity == pytest.approx(-350.0)
    assert found.index == 2_300.0
    assert found.index_before <= 2_010.0
    assert found.cause == "gap"
    assert venue.books.account(ONE).balance("USDC").amount == -350


def test_a_venue_that_closes_everything_goes_on_though_the_price_comes_back() -> None:
    """One coin is displayed at every row: the margin is covered again after the first, and 3.5 are still to close."""
    prices = [2_000.0, 2_150.0, 2_000.0, 2_000.0, 2_000.0, 2_000.0, 2_000.0]
    tape = tape_of({LINEAR.name: prices}, SECOND)
    start = ledger(one={"USDC": "1000"})
    short = start.account("one").open_position(LINEAR, Decimal("-4.5"), Decimal(2_000), 0)
    market = quoted(tape, 0, LINEAR, "0.01", displayed_lots=100)
    venue = SimulatedExchange(
        listings=(Listing(instrument=LINEAR, lot=Decimal("0.01"), market=market),),
        books=start.put("one", short),
        delays=AT_ONCE,
        seed=1,
        accounts={ONE: MarginTerms(rule=FractionMargin(initial=0.1, maintenance=0.05))},
        index=Index(tape=tape, source=0, usd_rate=1.0),
        usd_rates={Currency("USDC"): 1.0},
    )
    found = told(venue, 100 * SECOND, Liquidation)
    assert [(event.at_ns // SECOND, event.quantity) for event in found] == [
        *((row, Decimal(1)) for row in (1, 2, 3, 4)),
        (5, Decimal("0.5")),
    ]
    assert venue.books.account(ONE).holdings == {}


@pytest.mark.parametrize("sign", [1, -1])
def test_the_nearest_move_and_the_largest_share_are_those_of_every_row(sign: int) -> None:
    """The venue does not look between; its books say how near the index came all the same, to the last row."""
    rng = np.random.default_rng(7)
    for _ in range(6):
        path = np.round(2_000.0 * np.exp(np.cumsum(rng.normal(0.0, 0.0015, 200))), 2)
        prices = [2_000.0, *path.tolist()]
        venue = watched(prices, cash={"USDC": "1000"}, step_ns=60 * SECOND)
        venue.take(order(sign * 450), 0)
        venue.advance(200 * 60 * SECOND)
        assert venue.liquidations == []
        looks = [*venue.margins, *venue.look_back(200 * 60 * SECOND)]
        # 1000 + s q (P - 2000) = 5 % q P at the liquidation price P
        edge = (4.5 * 2_000.0 * sign - 1_000.0) / (4.5 * (sign - 0.05))
        near = min(abs(move) for look in looks for move in (look.down, look.up) if move is not None)
        assert near == pytest.approx(np.abs(edge / np.array(prices) - 1.0).min(), rel=1e-6)
        covering = 1_000.0 + sign * 4.5 * (np.array(prices) - 2_000.0)
        share = max(look.initial / look.covering for look in looks)
        assert share == pytest.approx((0.1 * 4.5 * np.array(prices) / covering).max(), rel=1e-9)
        assert len(looks) < 60  # of 201 rows


@pytest.mark.parametrize("rests", [False, True])
def test_a_delivery_that_leaves_an_account_below_zero_is_told(rests: bool) -> None:
    """Long 10,000 USD from 30,000 with 0.1 coins, delivered at 20,000: that pays 1/3 - 1/2 coins."""
    future = structs.replace(parse_deribit("BTC-26JAN24"), expiry_ns=10 * SECOND)
    row = Row(kernels.INVERSE_FUTURE, 0, "future", 10 * SECOND, 1.0)
    tape = tape_of({"index": [30_000.0] * 20}, SECOND)
    account = Account().deposit(Money.of("0.1", "BTC"))
    account = account.open_position(future, Decimal(1_000), Decimal(30_000), 0)
    if rests:  # what is left is closed by force: the cause is the delivery all the same
        account = account.open_position(COIN_PERPETUAL, Decimal(1), Decimal(30_000), 0)
    terms = DeliveryTerms(fee=FREE, price=Decimal(20_000))
    unlisted = Row(kernels.INVERSE_FUTURE, 0, "perpetual", None, 1.0)
    venue = SimulatedExchange(
        listings=(
            Listing(instrument=future, lot=Decimal("0.1"), row=row, delivery=terms),
            Listing(instrument=COIN_PERPETUAL, lot=Decimal(1), row=unlisted),
        ),
        books=Ledger().put(ONE, account),
        delays=AT_ONCE,
        seed=0,
        accounts={ONE: MarginTerms(rule=FractionMargin(initial=0.1, maintenance=0.05), liquidation_fee=Decimal(0))},
        index=Index(tape=tape, source=0, usd_rate=1.0),
    )
    venue.advance(9 * SECOND)
    assert venue.bankruptcies == []
    venue.advance(9 * 3600 * SECOND)
    (found,) = venue.bankruptcies  # once, though the venue goes on looking
    assert (found.at_ns, found.account, found.cause) == (10 * SECOND, ONE, "delivery")
    assert found.equity == pytest.approx((0.1 + 1.0 / 3.0 - 1.0 / 2.0) * 30_000.0)


def test_cash_that_was_owed_from_the_start_is_told() -> None:
    venue = watched([2_000.0] * 3, cash={"USDC": "0"})
    owing = venue.books.account("one").move(Money.of(-5, "USDC"), "fee")
    tape = tape_of({LINEAR.name: [2_000.0] * 3}, SECOND)
    venue = SimulatedExchange(
        listings=(Listing(instrument=LINEAR, lot=Decimal("0.01"), market=quoted(tape, 0, LINEAR, "0.01")),),
        books=Ledger().put(ONE, owing),
        delays=AT_ONCE,
        seed=1,
        accounts={ONE: MarginTerms(rule=FractionMargin(initial=0.1, maintenance=0.05))},
        index=Index(tape=tape, source=0, usd_rate=1.0),
        usd_rates={Currency("USDC"): 1.0},
    )
    venue.advance(2 * SECOND)
    assert [(found.cause, found.equity) for found in venue.bankruptcies] == [("cash", -5.0)]


def test_a_coin_margined_long_is_liquidated_sooner_than_a_linear_one() -> None:
    """Bought for 18,000 USD with 1 coin at 2000: cover 1 - 18000 (1/P - 1/2000) = 5 % of 18000/P at P = 1890."""
    prices = [2_000.0, 1_891.0, 1_889.0]
    venue = watched(prices, cash={"ETH": "1"}, instrument=INVERSE, lot="1")
    venue.take(order(18_000, instrument=INVERSE), 0)
    (event,) = told(venue, 10 * SECOND, Liquidation)
    assert event.at_ns == 2 * SECOND
    assert event.quantity == -18_000
    assert venue.margins[0].down is None


def test_margin_needs_an_index() -> None:
    tape = tape_of({LINEAR.name: [2_000.0]}, SECOND)
    with pytest.raises(InputError, match="without an index"):
        SimulatedExchange(
            listings=(),
            books=ledger(one={"USDC": "1"}),
            delays=Delays(orders_ns=0, reports_ns=0),
            seed=0,
            accounts={ONE: MarginTerms(rule=FractionMargin(initial=0.1, maintenance=0.05))},
        )
    with pytest.raises(InputError, match="neither a market nor a row"):
        Listing(instrument=LINEAR, lot=Decimal(1))
    assert tape.following(0, -1) == 0

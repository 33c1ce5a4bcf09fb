"""Deliveries at a simulated venue: at the half hour's average, for the fee, once, and never at a guess."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from msgspec import structs

from exchange_worlds import AT_ONCE, NEVER, ONE, SECOND, tape_of, told
from hedgerow.book import Row, kernels
from hedgerow.core.errors import InputError, MarketDataError
from hedgerow.core.ids import Currency
from hedgerow.core.money import Money
from hedgerow.costs import Fee
from hedgerow.events import Settlement
from hedgerow.instruments import EuropeanOption, Future, Instrument, parse_deribit
from hedgerow.ledger import Account, Ledger
from hedgerow.pricing import implied_vol
from hedgerow.venues import DeliveryTerms, Index, Listing, SimulatedExchange
from hedgerow.venues.marks import row_mark

MINUTE = 60 * SECOND
EXPIRY = 60 * MINUTE
CALL, FUTURE = (
    structs.replace(parse_deribit(name), expiry_ns=EXPIRY) for name in ("BTC-26JAN24-40000-C", "BTC-26JAN24")
)
FEE = Fee(rate=Decimal("0.00015"), premium_cap=Decimal("0.125"))
ROW = Row(kernels.INVERSE_OPTION, 0, "inverse option", EXPIRY, 1.0, strike=40_000.0, vol=0.6)


def holding(instrument: Instrument, quantity: str, price: str) -> Ledger:
    account = Account().deposit(Money.of(10, "BTC"))
    return Ledger().put(ONE, account.open_position(instrument, Decimal(quantity), Decimal(price), 0))


def world(instrument: Instrument, books: Ledger, prices: list[float], terms: DeliveryTerms) -> SimulatedExchange:
    tape = tape_of({"index": prices}, MINUTE)
    row = ROW if isinstance(instrument, EuropeanOption) else Row(kernels.INVERSE_FUTURE, 0, "", EXPIRY, 1.0)
    return SimulatedExchange(
        listings=(Listing(instrument=instrument, lot=Decimal("0.1"), row=row, delivery=terms),),
        books=books,
        delays=AT_ONCE,
        seed=0,
        index=Index(tape=tape, source=0, usd_rate=1.0),
    )


def prices(seed: int) -> list[float]:
    rng = np.random.default_rng(seed)
    return [float(price) for price in np.round(41_000.0 + np.cumsum(rng.normal(0, 80.0, 90)), 1)]


@pytest.mark.parametrize("seed", range(4))
def test_a_short_call_pays_what_the_average_says(seed: int) -> None:
    path = prices(seed)
    venue = world(CALL, holding(CALL, "-2", "0.05"), path, DeliveryTerms(fee=FEE))
    (event,) = told(venue, NEVER - 1, Settlement)
    average = (
        sum((Fraction(str(price)) for price in path[30:60]), Fraction(0)) / 30
    )  # those of minutes 30 to 59 hold till 60
    assert abs(Fraction(event.price) - average) < Fraction(1, 10**8)
    price = Fraction(event.price)
    worth = max(price - 40_000, Fraction(0)) / price
    assert abs(Fraction(event.amount) + 2 * worth) < Fraction(1, 10**20)
    assert abs(Fraction(event.fee) - 2 * min(Fraction(15, 100_000), worth / 8)) < Fraction(1, 10**20)
    assert event.quantity == -2
    assert venue.books.account(ONE).holdings == {}
    left = Fraction(venue.books.account(ONE).balance("BTC").amount)
    assert abs(left - (10 + Fraction(event.amount) - Fraction(event.fee))) < Fraction(1, 10**20)
    assert venue.settlements == [event]


def test_what_ends_out_of_the_money_costs_nothing() -> None:
    venue = world(CALL, holding(CALL, "-2", "0.05"), [39_000.0] * 90, DeliveryTerms(fee=FEE))
    (event,) = told(venue, NEVER - 1, Settlement)
    assert (event.amount, event.fee) == (0, 0)


def test_an_inverse_future_pays_its_gain() -> None:
    """Long 10 contracts of 10 USD from 40,000: 100 (1/40000 - 1/50000) coins, for 0.025 % of 100/50000."""
    assert isinstance(FUTURE, Future)
    books = holding(FUTURE, "10", "40000")
    venue = world(
        FUTURE, books, [45_000.0] * 90, DeliveryTerms(fee=Fee(rate=Decimal("0.00025")), price=Decimal(50_000))
    )
    (event,) = told(venue, NEVER - 1, Settlement)
    size = Fraction(FUTURE.contract_size) * 10
    assert Fraction(event.amount) == size * (Fraction(1, 40_000) - Fraction(1, 50_000))
    assert Fraction(event.fee) == Fraction(1, 4_000) * size / 50_000


def test_without_the_index_of_the_window_there_is_no_price() -> None:
    venue = world(CALL, holding(CALL, "-2", "0.05"), [41_000.0] * 40, DeliveryTerms())
    with pytest.raises(MarketDataError, match="no sample for"):
        venue.advance(NEVER - 1)
    nobody = world(CALL, Ledger(), [41_000.0] * 40, DeliveryTerms())
    assert nobody.advance(NEVER - 1) == []
    with pytest.raises(InputError, match="there is no index"):
        SimulatedExchange(
            listings=(Listing(instrument=CALL, lot=Decimal(1), row=ROW, delivery=DeliveryTerms()),),
            books=Ledger(),
            delays=AT_ONCE,
            seed=0,
        )


@pytest.mark.parametrize("is_inverse", [True, False])
def test_a_row_is_marked_as_the_venue_quotes_it(is_inverse: bool) -> None:
    """Its implied vol is the row's, and at the expiry it is worth what it pays."""
    assert isinstance(CALL, EuropeanOption)
    usdc = Currency("USDC")
    linear = structs.replace(CALL, settle=usdc, quote=usdc)
    option, kind = (CALL, kernels.INVERSE_OPTION) if is_inverse else (linear, kernels.LINEAR_OPTION)
    row, day = ROW._replace(kind=kind, ratio=1.01), 86_400 * SECOND
    mark = row_mark(option, row, 42_000.0, 1.0, EXPIRY - 9 * day)
    vols, _ = implied_vol([mark], [42_420.0], [40_000.0], [9 / 365], [True], inverse=is_inverse)
    assert vols[0] == pytest.approx(0.6)
    paid = row_mark(option, row, 42_000.0, 1.0, EXPIRY)
    assert paid == pytest.approx(2_000.0 / 42_000.0 if is_inverse else 2_000.0)

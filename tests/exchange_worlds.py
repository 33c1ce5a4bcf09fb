"""Small simulated exchanges for tests: quotes that are written down, accounts with cash, terms by name."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import numpy as np

from hedgerow.core.ids import AccountName, Currency
from hedgerow.core.money import Money
from hedgerow.costs import Fee
from hedgerow.events import Event, PlaceOrder
from hedgerow.instruments import Instrument, parse_deribit
from hedgerow.ledger import Account, Ledger
from hedgerow.margin import FractionMargin
from hedgerow.venues import Chunk, Delays, Index, Listing, MarginTerms, QuotedMarket, SimulatedExchange, Source, Tape

SECOND: Final = 10**9
HOUR: Final = 3600 * SECOND
NEVER: Final = 2**63 - 1
LINEAR, INVERSE = (parse_deribit(name) for name in ("ETH_USDC-PERPETUAL", "ETH-PERPETUAL"))
ONE, TWO = AccountName("one"), AccountName("two")
FREE: Final = Fee(rate=Decimal(0))
AT_ONCE: Final = Delays(orders_ns=0, reports_ns=0)


def tape_of(prices: Mapping[str, Sequence[float]], step_ns: int, half: float = 0.0) -> Tape:
    """Quote each name at its prices, one after the other, ``half`` around them."""
    columns: list[tuple[int, int, float]] = []
    for number, path in enumerate(prices.values()):
        columns += [(i * step_ns, number, float(price)) for i, price in enumerate(path)]
    columns.sort()
    at, source, mid = (np.array(column) for column in zip(*columns, strict=True))
    chunk = Chunk(
        known_ns=at, at_ns=at, source=source, a=mid - half, b=mid + half, block=np.zeros(at.size, dtype=np.int64)
    )
    return Tape([Source(kind="quote", name=name) for name in prices], [chunk])


def quoted(tape: Tape, source: int, instrument: Instrument, lot: str, **changes: Any) -> QuotedMarket:
    terms: dict[str, Any] = {"fee": FREE, "displayed_lots": 0, "max_age_ns": NEVER}
    return QuotedMarket(tape=tape, source=source, instrument=instrument, lot=Decimal(lot), **(terms | changes))


def ledger(**accounts: Mapping[str, str]) -> Ledger:
    books = Ledger()
    for name, cash in accounts.items():
        account = Account()
        for currency, amount in cash.items():
            account = account.deposit(Money.of(amount, currency))
        books = books.put(name, account)
    return books


def watched(
    prices: Sequence[float],
    *,
    cash: Mapping[str, str],
    instrument: Instrument = LINEAR,
    lot: str = "0.01",
    step_ns: int = SECOND,
    rule: FractionMargin | None = None,
    half: float = 0.0,
    **terms: Any,
) -> SimulatedExchange:
    """One instrument, one account with margin, the index the instrument's own middle."""
    tape = tape_of({instrument.name: prices}, step_ns, half)
    return SimulatedExchange(
        listings=(Listing(instrument=instrument, lot=Decimal(lot), market=quoted(tape, 0, instrument, lot)),),
        books=ledger(one=cash),
        delays=AT_ONCE,
        seed=1,
        accounts={ONE: MarginTerms(rule=rule or FractionMargin(initial=0.1, maintenance=0.05), **terms)},
        index=Index(tape=tape, source=0, usd_rate=1.0),
        usd_rates={Currency("USDC"): 1.0},
    )


def order(
    lots: int, number: int = 0, *, instrument: Instrument = LINEAR, account: AccountName = ONE, **changes: Any
) -> PlaceOrder:
    return PlaceOrder(number, account, instrument.name, lots, changes.pop("until", NEVER), **changes)


def told(venue: SimulatedExchange, until_ns: int, kind: type[Event] | tuple[type[Event], ...]) -> list[Any]:
    return [event for event in venue.advance(until_ns) if isinstance(event, kind)]

"""Where a simulated order meets its price: the ports of markets, and one of quotes."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, TypeGuard, runtime_checkable

from hedgerow.core.money import exact
from hedgerow.costs import Fee, trade_fee
from hedgerow.instruments import Instrument
from hedgerow.market import LARGEST_PRICE
from hedgerow.venues.tape import Row, Tape


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """What an order got.

    Parameters
    ----------
    lots : int
        Signed. [lots]
    price : Decimal
        Without the fee. [as quoted]
    fee : Decimal
        Positive. [settle]
    gas : Decimal
        Positive. [base coin]
    mid : float
        The middle of the market at that instant. [as quoted]
    """

    lots: int
    price: Decimal
    fee: Decimal
    gas: Decimal
    mid: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an order got nothing.

    Parameters
    ----------
    reason : str
        For people. [text]
    gas : Decimal
        Charged for a reverted transaction. [base coin]
    """

    reason: str
    gas: Decimal = Decimal(0)


@runtime_checkable
class SimulatedMarket(Protocol):
    """The port of a simulated venue: when an order is dealt with, and what it gets."""

    def dealt_with_ns(self, arrival_ns: int) -> int:
        """Return when an order that arrives at some instant is dealt with.

        Parameters
        ----------
        arrival_ns : int
            The arrival. [UTC epoch ns]

        Returns
        -------
        int
            No earlier. [UTC epoch ns]
        """
        ...

    def trade(self, lots: int, at_ns: int, limit: float | None) -> Execution | Refusal | None:
        """Trade what can be traded at an instant.

        Parameters
        ----------
        lots : int
            Signed. [lots]
        at_ns : int
            The instant. [UTC epoch ns]
        limit : float or None
            Worst price. [as quoted]

        Returns
        -------
        Execution, Refusal or None
            All of it or a part; nothing, for good; nothing before the market changes. [as their fields]
        """
        ...

    def mid(self, at_ns: int) -> float | None:
        """Return the last middle of the market, however old: what funding is settled at.

        Parameters
        ----------
        at_ns : int
            The instant. [UTC epoch ns]

        Returns
        -------
        float or None
            None before the first, and where the latest row cannot be true. [as quoted]
        """
        ...

    def next_ns(self, at_ns: int) -> int | None:
        """Return when the market changes next.

        Parameters
        ----------
        at_ns : int
            After this instant. [UTC epoch ns]

        Returns
        -------
        int or None
            None if it does not. [UTC epoch ns]
        """
        ...


@runtime_checkable
class LateMarket(Protocol):
    """The port of a market in which what comes too late is dealt with all the same, and costs."""

    def too_late(self, at_ns: int) -> Refusal:
        """Say what becomes of an order that is dealt with after its validity.

        Parameters
        ----------
        at_ns : int
            When it is dealt with. [UTC epoch ns]

        Returns
        -------
        Refusal
            With its gas. [base coin]
        """
        ...


@runtime_checkable
class RestingMarket(SimulatedMarket, Protocol):
    """The port of a market in which orders can wait for others to come."""

    @property
    def tick(self) -> Decimal:
        """The smallest step of its prices. [as quoted]"""
        ...

    def crosses(self, lots: int, limit: float, at_ns: int) -> bool:
        """Tell whether an order would trade at once.

        Parameters
        ----------
        lots : int
            Signed. [lots]
        limit : float
            Its limit. [as quoted]
        at_ns : int
            When. [UTC epoch ns]

        Returns
        -------
        bool
            True where the other side shows a price that it accepts. [bool]
        """
        ...

    def join(self, order_id: int, lots: int, limit: float, at_ns: int) -> None:
        """Put what is left of an order at the end of the queue of its price.

        Parameters
        ----------
        order_id : int
            Which order. [count]
        lots : int
            Signed. [lots]
        limit : float
            Where it waits. [as quoted]
        at_ns : int
            When. [UTC epoch ns]
        """
        ...

    def next_made_ns(self, order_id: int, until_ns: int) -> int | None:
        """Return when others trade with a waiting order next.

        Parameters
        ----------
        order_id : int
            Which order. [count]
        until_ns : int
            How far to look. [UTC epoch ns]

        Returns
        -------
        int or None
            None where nobody does by then. [UTC epoch ns]
        """
        ...

    def made(self, order_id: int, most: int, at_ns: int) -> Execution | None:
        """Return what a waiting order got by the instant that ``next_made_ns`` has named.

        Parameters
        ----------
        order_id : int
            Which order. [count]
        most : int
            No more than this, positive. [lots]
        at_ns : int
            Now. [UTC epoch ns]

        Returns
        -------
        Execution or None
            At its own limit, for the maker's fee; None where nothing is due. [as its fields]
        """
        ...

    def leave(self, order_id: int) -> None:
        """Forget a waiting order.

        Parameters
        ----------
        order_id : int
            Which order. [count]
        """
        ...


@dataclass(slots=True, kw_only=True)
class QuotedMarket:
    """Takers pay the quote, up to the size that is displayed at each quote.

    It remembers what was taken from the quote of the moment, and nothing else.

    Parameters
    ----------
    tape : Tape
        The recorded market.
    source : int
        Number of its quotes. [0-based]
    instrument : Instrument
        What is traded.
    lot : Decimal
        Smallest trade. [contracts]
    fee : Fee
        How the venue charges.
    displayed_lots : int
        What one quote fills at most; zero for any size. [lots]
    max_age_ns : int
        Older quotes fill nothing. [ns]
    """

    tape: Tape
    source: int
    instrument: Instrument
    lot: Decimal
    fee: Fee
    displayed_lots: int
    max_age_ns: int
    _shown_ns: int = -1
    _bought: int = 0
    _sold: int = 0

    def dealt_with_ns(self, arrival_ns: int) -> int:
        """As the port says: at once."""
        return arrival_ns

    def trade(self, lots: int, at_ns: int, limit: float | None) -> Execution | Refusal | None:
        """As the port says: at the ask or the bid."""
        quote = self._quote(at_ns)
        if quote is None:
            return Refusal(reason="no market")
        price = quote.b if lots > 0 else quote.a
        if limit is not None and (price > limit if lots > 0 else price < limit):
            return Refusal(reason="the price is beyond the limit")
        size = self._take(lots, quote.at_ns)
        if not size:
            return None
        done = size if lots > 0 else -size
        paid = exact(price)
        fee = trade_fee(self.instrument, self.fee, done * self.lot, paid, paid)
        mid = 0.5 * (quote.a + quote.b)
        return Execution(lots=done, price=paid, fee=fee.amount, gas=Decimal(0), mid=mid)

    def _take(self, lots: int, quote_ns: int) -> int:
        """Take what is left of a quote on one side; orders share it."""
        if not self.displayed_lots:
            return abs(lots)
        if quote_ns != self._shown_ns:
            self._shown_ns, self._bought, self._sold = quote_ns, 0, 0
        size = min(abs(lots), self.displayed_lots - (self._bought if lots > 0 else self._sold))
        if lots > 0:
            self._bought += size
        else:
            self._sold += size
        return size

    def mid(self, at_ns: int) -> float | None:
        """As the port says."""
        quote = self.tape.prevailing(self.source, at_ns)
        return 0.5 * (quote.a + quote.b) if _can_be_true(quote) else None

    def next_ns(self, at_ns: int) -> int | None:
        """As the port says: the next quote."""
        return self.tape.following(self.source, at_ns)

    def _quote(self, at_ns: int) -> Row | None:
        quote = self.tape.prevailing(self.source, at_ns)
        return quote if _can_be_true(quote) and at_ns - quote.at_ns <= self.max_age_ns else None


def _can_be_true(quote: Row | None) -> TypeGuard[Row]:
    return quote is not None and 0.0 < quote.a <= quote.b < LARGEST_PRICE

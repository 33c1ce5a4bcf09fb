"""Where a simulated order meets its price: a quoted book, or the curve of a pool."""

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol, runtime_checkable

from hedgerow.core.money import exact
from hedgerow.costs import Fee, trade_fee
from hedgerow.instruments import Instrument
from hedgerow.market import LARGEST_PRICE
from hedgerow.venues.tape import Row, Tape

_FARTHEST_SWAP: Final = 0.02
"""A swap that moves the price further would leave the liquidity that is known. [fraction]"""


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
            None before the first. [as quoted]
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
        return None if quote is None else 0.5 * (quote.a + quote.b)

    def next_ns(self, at_ns: int) -> int | None:
        """As the port says: the next quote."""
        return self.tape.following(self.source, at_ns)

    def _quote(self, at_ns: int) -> Row | None:
        quote = self.tape.prevailing(self.source, at_ns)
        if quote is None or at_ns - quote.at_ns > self.max_age_ns or not 0.0 < quote.a <= quote.b < LARGEST_PRICE:
            return None
        return quote


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolMarket:
    """Swaps in a block, on the curve of the liquidity in range, for gas.

    Parameters
    ----------
    tape : Tape
        The recorded pool.
    source, gas_source : int
        Numbers of its states and of gas prices. [0-based]
    pool_fee : float
        Of the input. [fraction]
    lot : Decimal
        Smallest trade. [base]
    block_ns : int
        Time between blocks. [ns]
    gas_units : int
        What one swap uses. [gas]
    max_age_ns : int
        Older states fill nothing. [ns]
    """

    tape: Tape
    source: int
    gas_source: int
    pool_fee: float
    lot: Decimal
    block_ns: int
    gas_units: int
    max_age_ns: int

    def dealt_with_ns(self, arrival_ns: int) -> int:
        """As the port says: in the first block after it."""
        return (arrival_ns // self.block_ns + 1) * self.block_ns

    def trade(self, lots: int, at_ns: int, limit: float | None) -> Execution | Refusal:
        """As the port says: exact coins, all or nothing; a revert costs its gas.

        References
        ----------
        Adams et al. (2021), Uniswap v3 core whitepaper, eqs. 6.13 to 6.16.
        """
        pool, gas = self._pool(at_ns), self._gas(at_ns)
        if pool is None or gas is None:
            return Refusal(reason="no pool state or gas price")
        coins = abs(lots) * float(self.lot)
        kept = 1.0 - self.pool_fee
        root = math.sqrt(pool.a)
        # Bought coins leave the pool; of sold ones the fee does not enter its curve.
        inverse = 1.0 / root + (-coins if lots > 0 else coins * kept) / pool.b if pool.b > 0.0 else 0.0
        if not inverse > 0.0 or abs(2.0 * math.log(1.0 / (inverse * root))) > _FARTHEST_SWAP:
            return Refusal(reason="more than the liquidity in range can take")
        price = root / inverse  # the geometric mean of the prices before and after, without cancellation
        cash = price * (coins if lots > 0 else coins * kept)
        fee = cash * self.pool_fee / kept
        average = (cash + fee) / coins if lots > 0 else cash / coins
        if limit is not None and (average > limit if lots > 0 else average < limit):
            return Refusal(reason="reverted: the price is beyond the limit", gas=gas)
        return Execution(lots=lots, price=exact(price), fee=exact(fee), gas=gas, mid=pool.a)

    def mid(self, at_ns: int) -> float | None:
        """As the port says."""
        pool = self.tape.prevailing(self.source, at_ns)
        return None if pool is None else pool.a

    def next_ns(self, at_ns: int) -> int | None:
        """As the port says: the next block."""
        return self.dealt_with_ns(at_ns)

    def _pool(self, at_ns: int) -> Row | None:
        pool = self.tape.prevailing(self.source, at_ns)
        if pool is None or at_ns - pool.at_ns > self.max_age_ns or not 0.0 < pool.a < LARGEST_PRICE:
            return None
        return pool

    def _gas(self, at_ns: int) -> Decimal | None:
        row = self.tape.prevailing(self.gas_source, at_ns)
        if row is None or not 0.0 <= row.a < LARGEST_PRICE:
            return None
        return exact(row.a) * self.gas_units * Decimal("1e-9")

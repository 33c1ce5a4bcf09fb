"""What lots gained when they were closed. The view of a tax form, beside the venue's average basis.

A venue books the P&L of a reduced position at the average entry. A tax form asks for each lot: bought when, sold when,
for how much. Both sum to the same once a position is flat; in between they differ by what is still open.

The functions here compute with as many digits as their caller has opened with ``core.money.wide``.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final, Literal, TypeAlias

import msgspec

from hedgerow.core.ids import AccountName, Currency, InstrumentName
from hedgerow.core.money import WIDE, exact
from hedgerow.instruments import Future, Instrument, Perpetual, is_inverse
from hedgerow.ledger.open_lots import Lot

_ZERO: Final = Decimal(0)
_CHUNK: Final = 512
_DATED_AND_PERPETUAL: Final = (Future, Perpetual)

Closing: TypeAlias = Literal["trade", "settlement", "liquidation"]
"""What closed a lot."""


class RealisedGain(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What one lot, or a part of it, left when it was closed.

    Proceeds less cost less fees is the gain, exactly. Of an inverse future both are coins: who is long has bought
    coins for dollars at the opening price (proceeds) and gives back as many as repay those dollars at the closing
    price (cost).

    Parameters
    ----------
    instrument : str
        The venue's name.
    currency : str
        The settlement currency.
    cause : Closing
        What closed it.
    opened_ns, closed_ns : int
        When. [UTC epoch ns]
    quantity : Decimal
        Signed as it was held, long > 0. [contracts]
    opened_price, closed_price : Decimal
        At what; an option that was settled closes at its payoff. [settle per contract for options, else quote per base]
    proceeds, cost : Decimal
        What the sale brought, what the purchase took. [currency]
    fees : Decimal
        Of the opening and of the closing, as far as paid in this currency. [currency]
    gain : Decimal
        Proceeds less cost less fees. [currency]
    account : str
        Whose; ``Ledger.gains`` names it.
    usd_price : Decimal or None
        What one unit of the currency was worth when the lot was closed, where that was stated. [USD per currency]
    """

    instrument: InstrumentName
    currency: Currency
    cause: Closing
    opened_ns: int
    closed_ns: int
    quantity: Decimal
    opened_price: Decimal
    closed_price: Decimal
    proceeds: Decimal
    cost: Decimal
    fees: Decimal
    gain: Decimal
    account: AccountName = AccountName("")
    usd_price: Decimal | None = None

    @property
    def gain_usd(self) -> Decimal | None:
        """The gain at the price of its currency when the lot was closed; None where that was not stated. [USD]"""
        return None if self.usd_price is None else WIDE.multiply(self.gain, self.usd_price)


@dataclass(frozen=True, slots=True)
class GainLog:
    """Realised gains in the order in which they were made; adding to a long one costs no more than to a short one.

    Parameters
    ----------
    full : tuple of tuple of RealisedGain
        Chunks that are full.
    last : tuple of RealisedGain
        The chunk that is not.
    """

    full: tuple[tuple[RealisedGain, ...], ...] = ()
    last: tuple[RealisedGain, ...] = ()

    def __iter__(self) -> Iterator[RealisedGain]:
        for chunk in self.full:
            yield from chunk
        yield from self.last

    def __len__(self) -> int:
        return sum(map(len, self.full)) + len(self.last)

    def add(self, gains: tuple[RealisedGain, ...]) -> "GainLog":
        """Add some at the end.

        Parameters
        ----------
        gains : tuple of RealisedGain
            New ones.

        Returns
        -------
        GainLog
            The log after it. [as its fields]
        """
        if not gains:
            return self
        last = self.last + gains
        return GainLog(self.full, last) if len(last) < _CHUNK else GainLog((*self.full, last))


def priced_in_usd(
    gains: Iterable[RealisedGain], usd_price: Callable[[Currency, int], Decimal]
) -> tuple[RealisedGain, ...]:
    """State what the currency of each gain was worth when its lot was closed.

    Parameters
    ----------
    gains : iterable of RealisedGain
        What was gained, in the currency of each.
    usd_price : callable
        From a currency and an instant to its price. [USD per currency]

    Returns
    -------
    tuple of RealisedGain
        The same, with a price each. [USD per currency]
    """
    return tuple(msgspec.structs.replace(gain, usd_price=usd_price(gain.currency, gain.closed_ns)) for gain in gains)


@lru_cache(maxsize=1024)
def exact_size(contract_size: float) -> Decimal:
    """Return the size of a contract as the decimal that its venue writes; every fill asks for it.

    Parameters
    ----------
    contract_size : float
        Positive. [base or quote per contract]

    Returns
    -------
    Decimal
        As ``core.money.exact`` reads it. [base or quote per contract]
    """
    return exact(contract_size)


def unit_worth(instrument: Instrument, price: Decimal) -> Decimal:
    """Return what one contract is worth in its settlement currency, up to a constant.

    A position of q contracts that is opened at P0 and closed at P1 gains q times the difference of the two worths.

    Parameters
    ----------
    instrument : Instrument
        The contract.
    price : Decimal
        Positive; zero is allowed for options. [settle per contract for options, quote per base otherwise]

    Returns
    -------
    Decimal
        Size times price; minus size over price for inverse futures and perpetuals. [settle per contract]

    References
    ----------
    Inverse P&L: Alexander, Chen, Imeraj (2023), Mathematical Finance 33:1005, section 2.
    """
    size = exact_size(instrument.contract_size)
    return -size / price if is_inverse_future(instrument) else size * price


def is_inverse_future(instrument: Instrument) -> bool:
    """Tell whether a contract's P&L is what a fixed number of dollars gains in coins.

    Parameters
    ----------
    instrument : Instrument
        Any contract.

    Returns
    -------
    bool
        True for inverse futures and perpetuals. [bool]
    """
    return isinstance(instrument, _DATED_AND_PERPETUAL) and is_inverse(instrument)


def gains_of(
    instrument: Instrument, taken: tuple[Lot, ...], price: Decimal, fee: Decimal, *, at_ns: int, cause: Closing
) -> tuple[RealisedGain, ...]:
    """Return what lots gained that were closed together.

    Parameters
    ----------
    instrument : Instrument
        Of which contract.
    taken : tuple of Lot
        What was closed.
    price : Decimal
        At what. [settle per contract for options, quote per base otherwise]
    fee : Decimal
        Of the closing, shared out by quantity to the last digit. [settle]
    at_ns : int
        When. [UTC epoch ns]
    cause : Closing
        What closed them.

    Returns
    -------
    tuple of RealisedGain
        One for each lot. [settle]
    """
    gains = []
    missing, unpaid = sum((abs(lot.quantity) for lot in taken), _ZERO), fee
    closing = unit_worth(instrument, price)
    for lot in taken:
        held = abs(lot.quantity)
        share = unpaid * held / missing if held < missing else unpaid
        missing, unpaid = missing - held, unpaid - share
        gains.append(_gain(instrument, lot, price, closing, share, at_ns=at_ns, cause=cause))
    return tuple(gains)


def _gain(
    instrument: Instrument, lot: Lot, price: Decimal, closing: Decimal, fee: Decimal, *, at_ns: int, cause: Closing
) -> RealisedGain:
    opened, closed, fees = lot.quantity * unit_worth(instrument, lot.price), lot.quantity * closing, lot.fee + fee
    # What is bought has a positive worth, what is sold a negative one: the sale is whichever end brings money in.
    proceeds, cost = (closed, opened) if closed > 0 or opened > 0 else (-opened, -closed)
    return RealisedGain(
        instrument=instrument.name,
        currency=instrument.settle,
        cause=cause,
        opened_ns=lot.at_ns,
        closed_ns=at_ns,
        quantity=lot.quantity,
        opened_price=lot.price,
        closed_price=price,
        proceeds=proceeds,
        cost=cost,
        fees=fees,
        gain=proceeds - cost - fees,
    )

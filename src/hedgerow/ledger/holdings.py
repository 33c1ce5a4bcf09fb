"""What an account holds beside cash: positions with their basis and lots, pool positions with what they owe.

The functions here compute with as many digits as their caller has opened with ``core.money.wide``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from hedgerow.core.ids import Currency
from hedgerow.instruments import EuropeanOption, Instrument, Spot
from hedgerow.ledger.lots import Closing, RealisedGain, exact_size, gains_of, is_inverse_future, unit_worth
from hedgerow.ledger.open_lots import Lot, LotMethod, OpenLots

_ZERO: Final = Decimal(0)
_NO_GAINS: Final[tuple[RealisedGain, ...]] = ()
_NO_LOTS: Final = OpenLots()
_PAID_AT_ONCE: Final = (EuropeanOption, Spot)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A position in one contract.

    Parameters
    ----------
    quantity : Decimal
        Signed. [contracts]
    basis : Decimal
        Futures and perpetuals: the signed sum of size times price (linear) or size over price (inverse) of what is
        still open. Zero for what is paid for at once. [settle]
    lots : OpenLots
        The trades that opened it, as far as they are still open, in the order of booking; they sum to the quantity.
    """

    quantity: Decimal = _ZERO
    basis: Decimal = _ZERO
    lots: OpenLots = _NO_LOTS


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolHolding:
    """A position in a pool: what went in, and the fees that it has earned and not collected.

    Parameters
    ----------
    paid_in : mapping of str to Decimal
        Tokens that went in less those that came back. [by currency]
    owed : mapping of str to Decimal
        Fees that the pool owes. [by currency]
    """

    paid_in: Mapping[Currency, Decimal] = field(default_factory=lambda: MappingProxyType({}))
    owed: Mapping[Currency, Decimal] = field(default_factory=lambda: MappingProxyType({}))


def after_trade(
    instrument: Instrument, before: Holding, trade: Lot, *, method: LotMethod | None, cause: Closing
) -> tuple[Holding, Decimal, tuple[RealisedGain, ...]]:
    """Open, add to, reduce or turn a position.

    Parameters
    ----------
    instrument : Instrument
        Of which contract.
    before : Holding
        The position before.
    trade : Lot
        Signed quantity, price, fee in the settlement currency, time.
    method : LotMethod or None
        Which lots are closed first; None keeps none.
    cause : Closing
        What closes them.

    Returns
    -------
    tuple of (Holding, Decimal, tuple of RealisedGain)
        The position after, what is paid at once or settled at the average entry, and what each closed lot gained.
        [settle]
    """
    closed = _closed_part(before.quantity, trade.quantity)
    quantity = before.quantity + trade.quantity
    basis, paid = _moved_basis(instrument, before, trade, closed)
    lots, gains = before.lots, _NO_GAINS
    if method is not None:
        lots, gains = _moved_lots(instrument, lots, trade, closed, method=method, cause=cause)
    return Holding(quantity=quantity, basis=basis if quantity else _ZERO, lots=lots), paid, gains


def _moved_lots(
    instrument: Instrument, lots: OpenLots, trade: Lot, closed: Decimal, *, method: LotMethod, cause: Closing
) -> tuple[OpenLots, tuple[RealisedGain, ...]]:
    """Return the lots after a trade and what the closed ones gained; the fee is shared by quantity."""
    opened, fee, gains = trade.quantity - closed, trade.fee, _NO_GAINS
    if closed:
        fee = trade.fee * closed / trade.quantity if opened else trade.fee
        taken, lots = lots.take(-closed, method)
        gains = gains_of(instrument, taken, trade.price, fee, at_ns=trade.at_ns, cause=cause)
    if opened:
        rest = Lot(quantity=opened, price=trade.price, fee=trade.fee - fee, at_ns=trade.at_ns) if closed else trade
        lots = lots.add(rest)
    return lots, gains


def _closed_part(held: Decimal, quantity: Decimal) -> Decimal:
    """Return which part of a trade reduces a position, signed as the trade."""
    if held * quantity >= 0:
        return _ZERO
    return -held if abs(quantity) >= abs(held) else quantity


def _moved_basis(instrument: Instrument, before: Holding, trade: Lot, closed: Decimal) -> tuple[Decimal, Decimal]:
    """Return the basis after a trade and what is paid for it, closing at the average entry."""
    worth = unit_worth(instrument, trade.price)
    if isinstance(instrument, _PAID_AT_ONCE):
        return _ZERO, -trade.quantity * worth
    unit = abs(worth)
    released = before.basis * (-closed / before.quantity) if closed else _ZERO
    paid = -closed * unit - released
    basis = before.basis - released + (trade.quantity - closed) * unit
    return basis, -paid if is_inverse_future(instrument) else paid


def unsettled_worth(instrument: Instrument, held: Holding, price: Decimal) -> Decimal:
    """Return the P&L of a position that is not yet cash, or an option's worth.

    Parameters
    ----------
    instrument : Instrument
        The contract.
    held : Holding
        The position.
    price : Decimal
        Where it is valued, positive. [settle per contract for options, quote per base otherwise]

    Returns
    -------
    Decimal
        Nothing for spot, which is cash already. [settle]

    References
    ----------
    Inverse P&L: Alexander, Chen, Imeraj (2023), Mathematical Finance 33:1005, section 2.
    """
    if isinstance(instrument, Spot):
        return _ZERO
    size = exact_size(instrument.contract_size)
    if is_inverse_future(instrument):
        return held.basis - held.quantity * size / price
    return held.quantity * size * price - held.basis

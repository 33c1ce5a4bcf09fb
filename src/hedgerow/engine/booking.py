"""What events leave in the ledger."""

from decimal import Decimal
from typing import Final

from hedgerow.core.errors import InvariantBroken
from hedgerow.core.money import Money, exact, is_positive, wide
from hedgerow.engine.settings import EngineSettings
from hedgerow.events import Fill, FundingPayment, Liquidation, Settlement, TransferDone
from hedgerow.instruments import EuropeanOption, Instrument, expiry_of, is_inverse
from hedgerow.ledger import Account, Ledger
from hedgerow.ledger.lots import unit_worth

_PAYOFF_TOLERANCE: Final = Decimal("1e-6")
"""By how much a reported payoff may differ from the own one, which venues round: of the notional. [fraction]"""


def opening_ledger(settings: EngineSettings) -> Ledger:
    """Return the ledger before the first event.

    Parameters
    ----------
    settings : EngineSettings
        Its deposits, and the positions that were there before.

    Returns
    -------
    Ledger
        The accounts hold their deposits and positions. [currency]
    """
    ledger = Ledger()
    for name, method in settings.lot_methods.items():
        ledger = ledger.put(name, Account(lot_method=method))
    for item in settings.deposits:
        money = Money(item.amount, item.currency)
        ledger = ledger.put(item.account, ledger.account(item.account).deposit(money))
    for held in settings.positions:
        account = ledger.account(held.account)
        ledger = ledger.put(held.account, account.open_position(held.instrument, held.quantity, held.price, 0))
    return ledger


def book_fill(settings: EngineSettings, ledger: Ledger, fill: Fill) -> Ledger:
    """Book a trade with its fee and its gas.

    Parameters
    ----------
    settings : EngineSettings
        Instrument, lot and account.
    ledger : Ledger
        Before it.
    fill : Fill
        The trade.

    Returns
    -------
    Ledger
        After it. [currency]
    """
    account = ledger.account(settings.desk.account)
    fee = Money(fill.fee, settings.instrument.settle)
    booked = account.book_trade(settings.instrument, fill.lots * settings.lot, fill.price, fee, at_ns=fill.at_ns)
    return book_gas(settings, ledger.put(settings.desk.account, booked), fill.gas)


def book_gas(settings: EngineSettings, ledger: Ledger, gas: Decimal) -> Ledger:
    """Book the gas of a transaction, reverted ones included.

    Parameters
    ----------
    settings : EngineSettings
        Whose account.
    ledger : Ledger
        Before it.
    gas : Decimal
        Positive, or zero. [base coin]

    Returns
    -------
    Ledger
        After it. [currency]
    """
    name = settings.desk.account
    if not is_positive(gas):
        return ledger
    return ledger.put(name, ledger.account(name).move(Money(-gas, settings.base), "gas"))


def is_bookable(settings: EngineSettings, event: FundingPayment | TransferDone) -> bool:
    """Tell whether a message about cash can be true: finite amounts in a currency that is known.

    Parameters
    ----------
    settings : EngineSettings
        Known currencies.
    event : FundingPayment or TransferDone
        From any source.

    Returns
    -------
    bool
        False for what must not reach the ledger. [bool]
    """
    known = event.currency in ("USD", settings.base, *settings.usd_rates)
    if isinstance(event, FundingPayment):
        return known and event.amount.is_finite()
    is_fee = event.fee.is_finite() and event.fee >= 0
    return known and is_fee and is_positive(event.amount) and event.fee <= event.amount and event.source != event.target


def book_cash(ledger: Ledger, event: FundingPayment | TransferDone) -> Ledger:
    """Book funding, or collateral that has arrived.

    Parameters
    ----------
    ledger : Ledger
        Before it.
    event : FundingPayment or TransferDone
        What was paid or moved.

    Returns
    -------
    Ledger
        After it. [currency]
    """
    if isinstance(event, FundingPayment):
        account = ledger.account(event.account).move(Money(event.amount, event.currency), "funding")
        return ledger.put(event.account, account)
    money, fee = Money(event.amount, event.currency), Money(event.fee, event.currency)
    return ledger.transfer(event.source, event.target, money, fee)


def book_liquidation(settings: EngineSettings, ledger: Ledger, event: Liquidation) -> Ledger:
    """Book a trade that the venue forced: its P&L as of any trade, its fee under ``liquidation``.

    Each report is booked once; who calls tells a second one by its number.

    Parameters
    ----------
    settings : EngineSettings
        Knows the contract.
    ledger : Ledger
        Before it.
    event : Liquidation
        What was traded at what price.

    Returns
    -------
    Ledger
        After it. [currency]

    Raises
    ------
    InvariantBroken
        If no account can hold the contract.
    """
    contract, account = _contract(settings, event), ledger.account(event.account)
    fee = Money(event.fee, contract.settle)
    booked = account.book_trade(contract, event.quantity, event.price, fee, at_ns=event.at_ns, forced=True)
    return ledger.put(event.account, booked)


def has_ended(contract: Instrument, at_ns: int) -> bool:
    """Tell whether a contract can be settled.

    Parameters
    ----------
    contract : Instrument
        Any contract.
    at_ns : int
        When. [UTC epoch ns]

    Returns
    -------
    bool
        True for futures and options at their expiry and later. [bool]
    """
    expiry_ns = expiry_of(contract)
    return expiry_ns is not None and at_ns >= expiry_ns


def pays_as_reported(contract: Instrument, ledger: Ledger, event: Settlement) -> bool:
    """Tell whether a settlement pays what follows from its price and the own position, up to rounding.

    Parameters
    ----------
    contract : Instrument
        What was settled, at its expiry or later.
    ledger : Ledger
        Before it.
    event : Settlement
        Its price is positive.

    Returns
    -------
    bool
        False beyond a millionth of the notional, and for what is no number. [bool]
    """
    free = Money(Decimal(0), contract.settle)
    _, own = ledger.account(event.account).settle(contract, event.price, free, event.at_ns, quantity=event.quantity)
    if not event.amount.is_finite():
        return False
    with wide():
        return abs(event.amount - own.amount.amount) <= _PAYOFF_TOLERANCE * _notional(contract, event)


def is_payable_fee(contract: Instrument, event: Settlement | Liquidation) -> bool:
    """Tell whether a fee can be true: none is negative, none takes more than what it is charged on.

    Parameters
    ----------
    contract : Instrument
        What was closed.
    event : Settlement or Liquidation
        Its quantity is finite, its price positive.

    Returns
    -------
    bool
        False for what must not reach the ledger. [bool]
    """
    return event.fee.is_finite() and 0 <= event.fee <= _notional(contract, event)


def _notional(contract: Instrument, event: Settlement | Liquidation) -> Decimal:
    """Return what the closed contracts are worth at full; of a linear option at least, its strike is in it. [settle]"""
    with wide():
        if not isinstance(contract, EuropeanOption):
            return abs(event.quantity * unit_worth(contract, event.price))
        size = abs(event.quantity) * exact(contract.contract_size)
        return size if is_inverse(contract) else size * (exact(contract.strike) + event.price)


def book_settlement(settings: EngineSettings, ledger: Ledger, event: Settlement) -> Ledger:
    """Close a position at its delivery price: what it pays follows from the price and the own position.

    Each report is booked once; who calls remembers which contracts have ended.

    Parameters
    ----------
    settings : EngineSettings
        Knows the contract.
    ledger : Ledger
        Before it.
    event : Settlement
        Of a contract that has ended.

    Returns
    -------
    Ledger
        After it. [currency]

    Raises
    ------
    InvariantBroken
        If no account can hold the contract.
    """
    contract, account = _contract(settings, event), ledger.account(event.account)
    fee = Money(event.fee, event.currency)
    settled, _ = account.settle(contract, event.price, fee, event.at_ns, quantity=event.quantity)
    return ledger.put(event.account, settled)


def _contract(settings: EngineSettings, event: Settlement | Liquidation) -> Instrument:
    contract = settings.contract(event.instrument)
    if contract is None:
        raise InvariantBroken(f"{event.instrument} is not among the contracts that {event.account} can hold")
    return contract

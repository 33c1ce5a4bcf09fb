"""What events leave in the ledger."""

from decimal import Decimal

from hedgerow.core.money import Money, is_positive
from hedgerow.engine.settings import EngineSettings
from hedgerow.events import Fill, FundingPayment, TransferDone
from hedgerow.ledger import Ledger


def opening_ledger(settings: EngineSettings) -> Ledger:
    """Return the ledger before the first event.

    Parameters
    ----------
    settings : EngineSettings
        Its deposits.

    Returns
    -------
    Ledger
        The accounts hold their deposits. [currency]
    """
    ledger = Ledger()
    for item in settings.deposits:
        money = Money(item.amount, item.currency)
        ledger = ledger.put(item.account, ledger.account(item.account).deposit(money))
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
    booked = account.book_trade(settings.instrument, fill.lots * settings.lot, fill.price, fee)
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

"""What enters the engine: frozen tagged types, one for each thing that may change a decision.

Every event carries two instants: ``at_ns``, when it happened at its source, and ``known_ns``, when it could be known
here. The engine lives in the second one. An event that claims to be known before it happened is refused.

They are trees of plain values, so no garbage cycle can run through them and the collector need not look (``gc=False``).
"""

from decimal import Decimal
from typing import TypeAlias

import msgspec

from hedgerow.core.ids import AccountName, Currency, InstrumentName, PoolName


class QuoteUpdate(msgspec.Struct, frozen=True, gc=False, tag="quote"):
    """The best bid and ask of one instrument.

    Parameters
    ----------
    at_ns, known_ns : int
        When it happened, when it could be known. [UTC epoch ns]
    instrument : str
        The venue's name.
    bid, ask : float
        Best prices. [settle per contract for options, quote per base otherwise]
    """

    at_ns: int
    known_ns: int
    instrument: InstrumentName
    bid: float
    ask: float


class TradePrint(msgspec.Struct, frozen=True, gc=False, tag="print"):
    """A trade between others.

    Parameters
    ----------
    at_ns, known_ns : int
        When it happened, when it could be known. [UTC epoch ns]
    instrument : str
        The venue's name.
    price : float
        What was paid. [as quoted]
    quantity : float
        Signed by the side that took liquidity, bought > 0. [contracts]
    """

    at_ns: int
    known_ns: int
    instrument: InstrumentName
    price: float
    quantity: float


class PoolUpdate(msgspec.Struct, frozen=True, gc=False, tag="pool"):
    """The state of a pool.

    Parameters
    ----------
    at_ns, known_ns : int
        When it happened, when it could be known. [UTC epoch ns]
    pool : str
        Name of the pool.
    price : float
        Price of the base coin in the pool. [quote per base]
    liquidity : float
        Liquidity in range. [square root of base times quote, in whole tokens]
    block : int
        Number of the block, zero where the source has none. [count]
    """

    at_ns: int
    known_ns: int
    pool: PoolName
    price: float
    liquidity: float
    block: int = 0


class GasUpdate(msgspec.Struct, frozen=True, gc=False, tag="gas"):
    """The price of gas on a chain.

    Parameters
    ----------
    at_ns, known_ns : int
        When it happened, when it could be known. [UTC epoch ns]
    gwei : float
        Price of one unit of gas. [1e-9 coin]
    """

    at_ns: int
    known_ns: int
    gwei: float


class FundingPayment(msgspec.Struct, frozen=True, gc=False, tag="funding"):
    """Funding that a position received or paid.

    Parameters
    ----------
    at_ns, known_ns : int
        When it happened, when it could be known. [UTC epoch ns]
    account : str
        Whose.
    instrument : str
        Of which perpetual.
    rate : float
        Of the notional, longs pay when positive. [fraction]
    amount : Decimal
        Signed cash flow, received > 0. [currency]
    currency : str
        Its currency.
    """

    at_ns: int
    known_ns: int
    account: AccountName
    instrument: InstrumentName
    rate: float
    amount: Decimal
    currency: Currency


class Fill(msgspec.Struct, frozen=True, gc=False, tag="fill"):
    """A part of one of our orders was traded.

    Parameters
    ----------
    at_ns, known_ns : int
        When it happened, when it could be known. [UTC epoch ns]
    order_id : int
        Which order.
    fill_id : int
        Number of the fill within its order: the same report twice has the same number. [count]
    lots : int
        Signed. [lots]
    price : Decimal
        What was paid. [as quoted]
    fee : Decimal
        Charged, positive. [settle]
    gas : Decimal
        Charged for the transaction, positive. [base coin]
    """

    at_ns: int
    known_ns: int
    order_id: int
    fill_id: int
    lots: int
    price: Decimal
    fee: Decimal
    gas: Decimal = Decimal(0)


class Acknowledgement(msgspec.Struct, frozen=True, gc=False, tag="acknowledgement"):
    """The venue has one of our orders.

    Parameters
    ----------
    at_ns, known_ns : int
        When it happened, when it could be known. [UTC epoch ns]
    order_id : int
        Which order.
    """

    at_ns: int
    known_ns: int
    order_id: int


class Reject(msgspec.Struct, frozen=True, gc=False, tag="reject"):
    """The venue refused an order: nothing of it was or will be traded.

    Parameters
    ----------
    at_ns, known_ns : int
        When it happened, when it could be known. [UTC epoch ns]
    order_id : int
        Which order.
    reason : str
        In the venue's words. [text]
    gas : Decimal
        Charged for a reverted transaction, positive. [base coin]
    """

    at_ns: int
    known_ns: int
    order_id: int
    reason: str
    gas: Decimal = Decimal(0)


class OrderClosed(msgspec.Struct, frozen=True, gc=False, tag="closed"):
    """The final word on an order, with everything that was traded of it.

    It answers a cancellation. Whatever reports were lost on the way are in here again.

    Parameters
    ----------
    at_ns, known_ns : int
        When it happened, when it could be known. [UTC epoch ns]
    order_id : int
        Which order.
    fills : tuple of Fill
        Every fill that it ever had.
    found : bool
        False if the venue never saw the order; it may still arrive while it is valid.
    gas : Decimal
        Charged for a reverted transaction, positive. [base coin]
    """

    at_ns: int
    known_ns: int
    order_id: int
    fills: tuple[Fill, ...]
    found: bool = True
    gas: Decimal = Decimal(0)


class TransferDone(msgspec.Struct, frozen=True, gc=False, tag="transferred"):
    """Collateral has arrived in another account.

    Parameters
    ----------
    at_ns, known_ns : int
        When it happened, when it could be known. [UTC epoch ns]
    source, target : str
        Accounts.
    currency : str
        What was moved.
    amount : Decimal
        How much left the source. [currency]
    fee : Decimal
        How much of it did not arrive. [currency]
    """

    at_ns: int
    known_ns: int
    source: AccountName
    target: AccountName
    currency: Currency
    amount: Decimal
    fee: Decimal


class TransferRefused(msgspec.Struct, frozen=True, gc=False, tag="not_transferred"):
    """A transfer that was asked for did not happen: nothing has left the source.

    Parameters
    ----------
    at_ns, known_ns : int
        When it happened, when it could be known. [UTC epoch ns]
    source, target : str
        Accounts.
    currency : str
        What was to be moved.
    amount : Decimal
        How much. [currency]
    reason : str
        In the venue's words. [text]
    """

    at_ns: int
    known_ns: int
    source: AccountName
    target: AccountName
    currency: Currency
    amount: Decimal
    reason: str


class Settlement(msgspec.Struct, frozen=True, gc=False, tag="settlement"):
    """A position in a dated contract came to its end: the venue closed it at the delivery price.

    Parameters
    ----------
    at_ns, known_ns : int
        When it happened, when it could be known. [UTC epoch ns]
    account : str
        Whose.
    instrument : str
        Of which dated contract.
    price : Decimal
        Delivery price of the underlying: the average of the index that the venue's rules name. [quote per base]
    quantity : Decimal
        What was held and is gone, signed as it was held. [contracts]
    amount : Decimal
        Signed cash flow before the fee, received > 0. [currency]
    fee : Decimal
        Charged for the delivery, positive. [currency]
    currency : str
        The settlement currency.
    """

    at_ns: int
    known_ns: int
    account: AccountName
    instrument: InstrumentName
    price: Decimal
    quantity: Decimal
    amount: Decimal
    fee: Decimal
    currency: Currency


class Liquidation(msgspec.Struct, frozen=True, gc=False, tag="liquidation"):
    """The venue traded for an account whose margin no longer covered its positions.

    Parameters
    ----------
    at_ns, known_ns : int
        When it happened, when it could be known. [UTC epoch ns]
    account : str
        Whose.
    instrument : str
        What the venue traded.
    number : int
        Of the liquidations of this account: the same report twice has the same number. [count]
    quantity : Decimal
        Signed, bought > 0. [contracts]
    price : Decimal
        What was paid. [as quoted]
    fee : Decimal
        Charged, the venue's liquidation fee included, positive. [settle]
    """

    at_ns: int
    known_ns: int
    account: AccountName
    instrument: InstrumentName
    number: int
    quantity: Decimal
    price: Decimal
    fee: Decimal


class ClockBeat(msgspec.Struct, frozen=True, gc=False, tag="beat"):
    """The time is now this; it comes when the engine asked to be woken.

    Parameters
    ----------
    at_ns, known_ns : int
        The time, twice. [UTC epoch ns]
    """

    at_ns: int
    known_ns: int


class Halt(msgspec.Struct, frozen=True, gc=False, tag="halt"):
    """The operator stops all trading: resting orders are cancelled, no new one is sent.

    Parameters
    ----------
    at_ns, known_ns : int
        When it was given, when it arrived. [UTC epoch ns]
    reason : str
        For people. [text]
    """

    at_ns: int
    known_ns: int
    reason: str


class Resume(msgspec.Struct, frozen=True, gc=False, tag="resume"):
    """The operator lets trading go on.

    Parameters
    ----------
    at_ns, known_ns : int
        When it was given, when it arrived. [UTC epoch ns]
    """

    at_ns: int
    known_ns: int


class MoveCollateral(msgspec.Struct, frozen=True, gc=False, tag="move"):
    """The operator wants collateral in another account.

    Parameters
    ----------
    at_ns, known_ns : int
        When it was given, when it arrived. [UTC epoch ns]
    source, target : str
        Accounts.
    currency : str
        What to move.
    amount : Decimal
        How much, positive. [currency]
    """

    at_ns: int
    known_ns: int
    source: AccountName
    target: AccountName
    currency: Currency
    amount: Decimal


class FitDone(msgspec.Struct, frozen=True, gc=False, tag="fit"):
    """A fit that was asked for is finished.

    Parameters
    ----------
    at_ns, known_ns : int
        When it was finished, when it could be known. [UTC epoch ns]
    name : str
        What was fitted.
    input_seq : int
        Number of the last event that it has seen. [count]
    values : dict of str to float
        Parameters by name. [as the fit says]
    """

    at_ns: int
    known_ns: int
    name: str
    input_seq: int
    values: dict[str, float]


class ForecastDone(msgspec.Struct, frozen=True, gc=False, tag="forecast"):
    """A forecast is finished.

    Parameters
    ----------
    at_ns, known_ns : int
        When it was finished, when it could be known. [UTC epoch ns]
    name : str
        What is forecast.
    input_seq : int
        Number of the last event that it has seen. [count]
    horizon_ns : int
        How far it looks. [ns]
    value : float
        The forecast. [as its name says]
    """

    at_ns: int
    known_ns: int
    name: str
    input_seq: int
    horizon_ns: int
    value: float


MarketEvent: TypeAlias = QuoteUpdate | TradePrint | PoolUpdate | GasUpdate | FitDone | ForecastDone
"""What the market room folds."""

OrderEvent: TypeAlias = Fill | Acknowledgement | Reject | OrderClosed
"""What venues say of our orders."""

OperatorEvent: TypeAlias = Halt | Resume | MoveCollateral

AccountEvent: TypeAlias = FundingPayment | TransferDone | TransferRefused | Settlement | Liquidation
"""What venues say of our accounts."""

Event: TypeAlias = MarketEvent | OrderEvent | AccountEvent | ClockBeat | OperatorEvent

"""What leaves the engine, and the record of what it decided."""

from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

from hedgerow.core.ids import AccountName, Currency, InstrumentName


class PlaceOrder(msgspec.Struct, frozen=True, tag="place"):
    """Buy or sell: now at the best price there is, or at a limit and what is left of it waits in the book.

    Parameters
    ----------
    order_id : int
        Ours, never used twice. [count]
    account : str
        For which account.
    instrument : str
        The venue's name.
    lots : int
        Signed, bought > 0. [lots]
    valid_until_ns : int
        The venue refuses the order if it arrives later, and gives up what is not traded by then. [UTC epoch ns]
    limit : float or None
        Worst price that is accepted, None for any. [as quoted]
    post_only : bool
        The venue refuses it where it would take liquidity; needs a limit.
    reduce_only : bool
        The venue trades no more of it than closes the position.
    rests : bool
        True leaves what is not traded at once in the order book at its limit, False (where the market is one of quotes)
        tries again at every quote while it is valid.
    """

    order_id: int
    account: AccountName
    instrument: InstrumentName
    lots: int
    valid_until_ns: int
    limit: float | None = None
    post_only: bool = False
    reduce_only: bool = False
    rests: bool = False


class CancelOrder(msgspec.Struct, frozen=True, tag="cancel"):
    """Take an order back, or ask what became of it.

    Parameters
    ----------
    order_id : int
        Which order.
    instrument : str
        Of which instrument.
    """

    order_id: int
    instrument: InstrumentName


class Transfer(msgspec.Struct, frozen=True, tag="transfer"):
    """Move collateral between accounts.

    Parameters
    ----------
    source, target : str
        Accounts.
    currency : str
        What to move.
    amount : Decimal
        How much, positive. [currency]
    """

    source: AccountName
    target: AccountName
    currency: Currency
    amount: Decimal


class RequestFit(msgspec.Struct, frozen=True, tag="request_fit"):
    """Ask the driver for slow work on what is known by now.

    Parameters
    ----------
    name : str
        What to fit.
    input_seq : int
        Number of the last event that it may see. [count]
    """

    name: str
    input_seq: int


class Alert(msgspec.Struct, frozen=True, tag="alert"):
    """Tell a person.

    Parameters
    ----------
    text : str
        What has happened and what to do. [text]
    """

    text: str


Command: TypeAlias = PlaceOrder | CancelOrder | Transfer | RequestFit | Alert


class Decision(msgspec.Struct, frozen=True, tag="decision"):
    """What the policy answered, and what the desk made of it.

    Parameters
    ----------
    seq : int
        Number of the event that woke the policy. [count]
    known_ns : int
        When. [UTC epoch ns]
    action : {"trade", "wait"}
        The answer.
    reason : str
        In the policy's words. [text]
    target_lots : int
        The position that the plan asks for. [lots]
    commands : tuple of Command
        What was sent.
    below, above : float
        Reference prices at which the policy wants to be woken. [quote per base]
    at_ns, at_block : int
        Instant and block at which it wants to be woken. [UTC epoch ns], [count]
    """

    seq: int
    known_ns: int
    action: Literal["trade", "wait"]
    reason: str
    target_lots: int
    commands: tuple[Command, ...]
    below: float
    above: float
    at_ns: int
    at_block: int

"""What an engine remembers between two events."""

import msgspec

from hedgerow.core.ids import AccountName, InstrumentName
from hedgerow.events import Decision, Transfer
from hedgerow.execution import Orders
from hedgerow.ledger import Ledger
from hedgerow.market import MarketState
from hedgerow.policy import PolicyState, Wake


class EngineState(msgspec.Struct, frozen=True, gc=False):
    """Frozen; a step makes a new one.

    Parameters
    ----------
    seq : int
        How many events it has seen. [count]
    now_ns : int
        When the last of them was known. [UTC epoch ns]
    market : MarketState
        The latest of everything.
    ledger : Ledger
        Cash and positions.
    orders : Orders
        What is in flight.
    policy : PolicyState
        What the policy remembers.
    wake : Wake
        When the policy is asked again.
    alarm_ns : int
        When the driver must send a beat. [UTC epoch ns]
    next_fit_ns : int
        When the next fit is asked for; zero before the first quote. [UTC epoch ns]
    moving : tuple of Transfer
        Collateral that was asked for and has neither arrived nor been refused.
    settled : dict of (str, str) to int
        The last settlement of funding that was booked, by account and instrument. [UTC epoch ns]
    halted : bool
        True while the operator has stopped trading.
    refused : int
        Market events whose numbers cannot be true. [count]
    delivered : frozenset of (str, str)
        Dated contracts that were settled, by account and instrument.
    liquidated : dict of str to frozenset of int
        Numbers of the liquidations that were booked, by account. [count]
    decision : Decision or None
        What was decided at the last event, None if nobody was asked.
    """

    seq: int
    now_ns: int
    market: MarketState
    ledger: Ledger
    orders: Orders
    policy: PolicyState
    wake: Wake
    alarm_ns: int
    next_fit_ns: int = 0
    moving: tuple[Transfer, ...] = ()
    settled: dict[tuple[AccountName, InstrumentName], int] = {}
    halted: bool = False
    refused: int = 0
    delivered: frozenset[tuple[AccountName, InstrumentName]] = frozenset()
    liquidated: dict[AccountName, frozenset[int]] = {}
    decision: Decision | None = None

"""What venues say of accounts: cash that moved, contracts that came to their end, trades that the venue forced."""

from typing import TypeAlias

import msgspec

from hedgerow.core.instants import to_iso
from hedgerow.core.money import is_positive
from hedgerow.engine.booking import (
    book_cash,
    book_liquidation,
    book_settlement,
    has_ended,
    is_bookable,
    is_payable_fee,
    pays_as_reported,
)
from hedgerow.engine.settings import EngineSettings
from hedgerow.engine.state import EngineState
from hedgerow.events import (
    AccountEvent,
    Alert,
    Command,
    FundingPayment,
    Liquidation,
    Settlement,
    Transfer,
    TransferDone,
    TransferRefused,
)
from hedgerow.instruments import Instrument

Taken: TypeAlias = tuple[EngineState, tuple[Command, ...], bool]
"""The state after, who is told, and whether the policy is asked."""


def take_account_event(settings: EngineSettings, state: EngineState, event: AccountEvent) -> Taken:
    """Book what a venue says of an account, once.

    Parameters
    ----------
    settings : EngineSettings
        Which contracts and currencies can be true.
    state : EngineState
        Before it.
    event : AccountEvent
        Funding, a transfer or its refusal, a settlement or a liquidation; it may come twice.

    Returns
    -------
    tuple of (EngineState, tuple of Command, bool)
        The state after, who is told, and whether the policy is asked. [as their fields]
    """
    match event:
        case Settlement():
            return _settle(settings, state, event)
        case Liquidation():
            return _liquidate(settings, state, event)
        case TransferRefused():
            return _stay(state, event)
        case _:
            return _take_cash(settings, state, event)


def _refused(state: EngineState) -> EngineState:
    return msgspec.structs.replace(state, refused=state.refused + 1)


def _settle(settings: EngineSettings, state: EngineState, event: Settlement) -> Taken:
    """Close a position at its delivery price; it is gone from the ledger, and so from delta."""
    key = (event.account, event.instrument)
    if key in state.delivered:
        return _refused(state), (), False
    contract = settings.contract(event.instrument)
    is_true = (
        contract is not None
        and has_ended(contract, event.at_ns)
        and event.currency == contract.settle
        and event.quantity == state.ledger.account(event.account).holding(contract).quantity != 0
        and is_positive(event.price)
        and is_payable_fee(contract, event)
        and pays_as_reported(contract, state.ledger, event)
    )
    if not is_true:
        told = f"not booked: settlement of {event.quantity:.12g} {event.instrument} in {event.account}; reconcile"
        return _refused(state), (Alert(told),), True
    ledger = book_settlement(settings, state.ledger, event)
    paid = f"{event.amount:.12g} {event.currency}"
    told = f"{event.instrument} was settled at {event.price:.12g} on {to_iso(event.at_ns)}: {paid}"
    after = msgspec.structs.replace(state, ledger=ledger, delivered=state.delivered | {key})
    return after, (Alert(told),), True


def _liquidate(settings: EngineSettings, state: EngineState, event: Liquidation) -> Taken:
    """Book a trade that the venue forced; numbers tell a second report from a second liquidation."""
    known = state.liquidated.get(event.account, frozenset())
    if event.number in known:
        return _refused(state), (), False
    contract = settings.contract(event.instrument)
    is_true = (
        contract is not None
        and event.quantity.is_finite()
        and is_positive(event.price)
        and is_payable_fee(contract, event)
        and _is_reduction(settings, state, contract, event)
    )
    if not is_true:
        told = f"not booked: liquidation of {event.quantity:.12g} {event.instrument} in {event.account}; reconcile"
        return _refused(state), (Alert(told),), True
    ledger = book_liquidation(settings, state.ledger, event)
    liquidated = {**state.liquidated, event.account: known | {event.number}}
    trade = f"{event.quantity:.12g} {event.instrument} at {event.price:.12g}"
    told = f"{event.account} was liquidated: {trade}; add collateral"
    return msgspec.structs.replace(state, ledger=ledger, liquidated=liquidated), (Alert(told),), True


def _is_reduction(settings: EngineSettings, state: EngineState, contract: Instrument, event: Liquidation) -> bool:
    """Tell whether a forced trade closes what may be held: venues only reduce, but fills may still be on their way."""
    lowest = highest = state.ledger.account(event.account).holding(contract).quantity
    if (event.account, event.instrument) == (settings.desk.account, settings.instrument.name):
        sold, bought = state.orders.range_of(0)
        lowest, highest = lowest + sold * settings.lot, highest + bought * settings.lot
    return lowest <= -event.quantity < 0 or 0 < -event.quantity <= highest


def _stay(state: EngineState, event: TransferRefused) -> Taken:
    """Wait no longer for collateral that has not left."""
    wanted = _asked_for(event)
    if wanted not in state.moving:
        return _refused(state), (), False
    told = f"not moved: {event.amount:.12g} {event.currency} from {event.source} to {event.target}: {event.reason}"
    return _arrived(state, wanted), (Alert(told),), True


def _arrived(state: EngineState, wanted: Transfer) -> EngineState:
    """Take one transfer off the list of those that are moving."""
    place = state.moving.index(wanted)
    return msgspec.structs.replace(state, moving=state.moving[:place] + state.moving[place + 1 :])


def _take_cash(settings: EngineSettings, state: EngineState, event: FundingPayment | TransferDone) -> Taken:
    if _is_known(state, event):
        return _refused(state), (), False
    is_ours = isinstance(event, FundingPayment) or _asked_for(event) in state.moving
    if not (is_ours and is_bookable(settings, event)):
        return _refused(state), (Alert(f"not booked: {event.amount:.12g} {event.currency}; reconcile"),), True
    state = msgspec.structs.replace(state, ledger=book_cash(state.ledger, event))
    if isinstance(event, FundingPayment):
        settled = {**state.settled, (event.account, event.instrument): event.at_ns}
        return msgspec.structs.replace(state, settled=settled), (), True
    return _arrived(state, _asked_for(event)), (), True


def _is_known(state: EngineState, event: FundingPayment | TransferDone) -> bool:
    """Tell whether a settlement of funding is booked already: a message may come twice."""
    return isinstance(event, FundingPayment) and event.at_ns <= state.settled.get((event.account, event.instrument), -1)


def _asked_for(event: TransferDone | TransferRefused) -> Transfer:
    """Return the command that a transfer answers."""
    return Transfer(event.source, event.target, event.currency, event.amount)

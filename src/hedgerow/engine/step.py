"""``step``: one event in, a new state and commands out.

Pure: no clock but the event's, no input, no randomness. Backtest, paper, live and replay differ only in who feeds
events and who takes commands. On most events nobody is asked: the policy said when it wants to be woken, and the
market has not gone there.
"""

from decimal import Decimal
from typing import Final, Literal, TypeAlias

import msgspec

from hedgerow.core.errors import InvariantBroken
from hedgerow.core.instants import to_iso
from hedgerow.core.money import is_positive
from hedgerow.engine.account_events import take_account_event
from hedgerow.engine.booking import book_fill, book_gas, opening_ledger
from hedgerow.engine.settings import EngineSettings
from hedgerow.engine.state import EngineState
from hedgerow.engine.views import VOL_FIT, Views
from hedgerow.events import (
    AccountEvent,
    Acknowledgement,
    Alert,
    ClockBeat,
    Command,
    Decision,
    Event,
    Fill,
    FitDone,
    ForecastDone,
    FundingPayment,
    GasUpdate,
    Halt,
    Liquidation,
    MarketEvent,
    MoveCollateral,
    OrderClosed,
    PoolUpdate,
    QuoteUpdate,
    Reject,
    RequestFit,
    Resume,
    Settlement,
    TradePrint,
    Transfer,
    TransferDone,
    TransferRefused,
)
from hedgerow.execution import Orders, apply_report, ask_about_silent, cancel_all, go_to
from hedgerow.market import LARGEST_PRICE, MarketState, fold, is_usable
from hedgerow.policy import NEVER_NS, NEXT_QUOTE, Trade, Wake

Step: TypeAlias = tuple[EngineState, tuple[Command, ...]]

_NOTHING: Final[tuple[Command, ...]] = ()


class Engine:
    """Rooms 3 to 7 behind one door.

    Parameters
    ----------
    settings : EngineSettings
        Everything that does not change.
    """

    __slots__ = ("_reference", "_views", "settings")

    def __init__(self, settings: EngineSettings) -> None:
        self.settings = settings
        self._reference = settings.reference
        self._views = Views(settings)

    def start(self) -> EngineState:
        """Return the state before the first event.

        Returns
        -------
        EngineState
            The accounts hold their deposits; the policy is asked at the first quote. [as its fields]
        """
        ledger = opening_ledger(self.settings).without_lots()  # a venue's books and a replay keep them
        return EngineState(
            0, 0, MarketState(), ledger, Orders(), self.settings.policy.init(), NEXT_QUOTE, alarm_ns=NEVER_NS
        )

    def step(self, state: EngineState, event: Event) -> Step:
        """Take one event in.

        Parameters
        ----------
        state : EngineState
            The state before.
        event : Event
            Known no earlier than the last one.

        Returns
        -------
        tuple of (EngineState, tuple of Command)
            The state after, its ``decision`` set if the policy was asked, and what to send. [as their fields]

        Raises
        ------
        InvariantBroken
            If time runs backwards, or the event claims to be known before it happened.
        """
        now = event.known_ns
        if now < state.now_ns or event.at_ns > now:
            raise _out_of_time(state, event)
        if type(event) is QuoteUpdate:
            return self._on_quote(state, event)
        return self._on_other(_stamp(state, state.market, now), event)

    def skip(self, state: EngineState, latest: tuple[MarketEvent, ...], count: int) -> EngineState:
        """Pass over market events at which the wake does not fire.

        Parameters
        ----------
        state : EngineState
            The state before.
        latest : tuple of MarketEvent
            The last of each source among the events passed over, in order of time.
        count : int
            How many events are passed over. [count]

        Returns
        -------
        EngineState
            The state that as many steps would have led to. [as its fields]
        """
        market = state.market
        for event in latest:
            market = fold(market, event)
        passed = _stamp(state, market, latest[-1].known_ns)
        return msgspec.structs.replace(passed, seq=state.seq + count)

    def _on_quote(self, state: EngineState, event: QuoteUpdate) -> Step:
        """The hot path: take the quote in, and look whether the wake fires."""
        bid, ask = event.bid, event.ask
        if not 0.0 < bid <= ask < LARGEST_PRICE:
            passed = _stamp(state, state.market, event.known_ns)
            return msgspec.structs.replace(passed, refused=state.refused + 1), _NOTHING
        after = _stamp(state, fold(state.market, event), event.known_ns)
        if event.instrument != self._reference:
            return after, _NOTHING
        wake = state.wake
        if wake.below < 0.5 * (bid + ask) < wake.above and event.known_ns < wake.at_ns:
            return after, _NOTHING
        return self._decide(after, _NOTHING)

    def _on_other(self, state: EngineState, event: Event) -> Step:
        match event:
            case PoolUpdate() | GasUpdate() | TradePrint() | FitDone() | ForecastDone():
                return self._on_market(state, event)
            case Fill() | Acknowledgement() | Reject() | OrderClosed():
                return self._on_report(state, event)
            case FundingPayment() | TransferDone() | TransferRefused() | Settlement() | Liquidation():
                return self._on_account(state, event)
            case ClockBeat():
                return self._on_beat(state)
            case Halt() | Resume() | MoveCollateral():
                return self._on_operator(state, event)
            case _:
                raise InvariantBroken(f"no room for an event of type {type(event).__name__}")

    def _on_beat(self, state: EngineState) -> Step:
        """Ask about silent orders, ask for a fit if one is due, and look whether the policy is."""
        orders, commands = ask_about_silent(state.orders, self.settings.desk, state.now_ns)
        state = msgspec.structs.replace(state, orders=orders)
        if self.settings.refit_every_ns and state.now_ns >= state.next_fit_ns > 0:
            commands = (*commands, RequestFit(VOL_FIT, state.seq))
            state = msgspec.structs.replace(state, next_fit_ns=state.now_ns + self.settings.refit_every_ns)
        return self._decide(state, commands)

    def _on_market(self, state: EngineState, event: MarketEvent) -> Step:
        if not is_usable(event):
            return msgspec.structs.replace(state, refused=state.refused + 1), _NOTHING
        state = msgspec.structs.replace(state, market=fold(state.market, event))
        # A fit changes deltas, so what the policy counted on no longer holds.
        is_block = isinstance(event, PoolUpdate) and event.block >= state.wake.at_block
        if isinstance(event, FitDone) or is_block:
            return self._decide(state, _NOTHING)
        return state, _NOTHING

    def _on_report(self, state: EngineState, event: Fill | Acknowledgement | Reject | OrderClosed) -> Step:
        before, settings = state.orders, self.settings
        orders, fresh = apply_report(before, event, retry_ns=settings.desk.retry_ns)
        ledger = state.ledger
        for fill in fresh:
            ledger = book_fill(settings, ledger, fill)
        if isinstance(event, Reject | OrderClosed) and event.order_id in before.working:
            ledger = book_gas(settings, ledger, event.gas)
        state = msgspec.structs.replace(state, orders=orders, ledger=ledger)
        alerts: tuple[Command, ...] = _NOTHING
        if orders.impossible > before.impossible:
            alerts = (Alert(f"order {event.order_id}: a fill that cannot be true; reconcile with the venue"),)
        if fresh or alerts or len(orders.working) < len(before.working):
            return self._decide(state, alerts)
        return _with_alarm(state), _NOTHING

    def _on_account(self, state: EngineState, event: AccountEvent) -> Step:
        state, alerts, ask = take_account_event(self.settings, state, event)
        return self._decide(state, alerts) if ask else (state, _NOTHING)

    def _on_operator(self, state: EngineState, event: Halt | Resume | MoveCollateral) -> Step:
        if isinstance(event, Halt):
            orders, commands = cancel_all(state.orders, self.settings.desk, state.now_ns)
            halted = msgspec.structs.replace(state, orders=orders, halted=True)
            return self._decide(halted, (*commands, Alert(f"halted: {event.reason}")))
        if isinstance(event, Resume):
            return self._decide(msgspec.structs.replace(state, halted=False), _NOTHING)
        wanted = Transfer(event.source, event.target, event.currency, event.amount)
        held = state.ledger.account(event.source).balance(event.currency).amount
        leaving = [
            item.amount for item in state.moving if (item.source, item.currency) == (event.source, event.currency)
        ]
        free = held - sum(leaving, Decimal(0))
        if not is_positive(event.amount) or event.amount > free or event.source == event.target:
            problem = (
                f"{event.amount:.12g} {event.currency} from {event.source} to {event.target}; it has {free:.12g} free"
            )
            return self._decide(state, (Alert(f"not moved: {problem}"),))
        return self._decide(msgspec.structs.replace(state, moving=(*state.moving, wanted)), (wanted,))

    def _decide(self, state: EngineState, sent: tuple[Command, ...]) -> Step:
        """Ask the policy, and let the desk act on its answer."""
        stopped = "halted" if state.halted else self._views.expired(state.ledger, state.now_ns)
        if stopped:
            return self._record(state, "wait", stopped, 0, Wake(), sent)
        mid = self._fresh_mid(state)
        if mid is None:
            return self._record(state, "wait", "no fresh quote", 0, NEXT_QUOTE, sent)
        policy, settings = self.settings.policy, self.settings
        view = self._views.of(state, mid)
        memory, answer = policy.decide(state.policy, view)
        if not isinstance(answer, Trade):
            state = msgspec.structs.replace(state, policy=memory)
            return self._record(state, "wait", answer.reason, view.plan.target_lots, answer.wake, sent)
        orders, commands = go_to(
            state.orders,
            settings.desk,
            filled_lots=view.filled_lots,
            target_lots=answer.target_lots,
            spot=mid,
            now_ns=state.now_ns,
            touch=self._touch(state) if settings.desk.post else None,
        )
        state = msgspec.structs.replace(state, orders=orders)
        # Asked again with the new orders in flight: what would wake it now? If it still wants to trade, the desk is
        # waiting for a report, which wakes it too.
        memory, then = policy.decide(memory, self._views.of(state, mid))
        state = msgspec.structs.replace(state, policy=memory)
        return self._record(state, "trade", answer.reason, answer.target_lots, then.wake, (*sent, *commands))

    def _record(
        self,
        state: EngineState,
        action: Literal["trade", "wait"],
        reason: str,
        target: int,
        wake: Wake,
        commands: tuple[Command, ...],
    ) -> Step:
        decision = Decision(
            state.seq,
            state.now_ns,
            action,
            reason,
            target,
            commands,
            wake.below,
            wake.above,
            wake.at_ns,
            wake.at_block,
        )
        every = self.settings.refit_every_ns
        next_fit = state.next_fit_ns or (state.now_ns + every if every else 0)
        state = msgspec.structs.replace(state, wake=wake, decision=decision, next_fit_ns=next_fit)
        return _with_alarm(state), commands

    def _fresh_mid(self, state: EngineState) -> float | None:
        quote = state.market.quotes.get(self._reference)
        if quote is None or state.now_ns - quote.at_ns > self.settings.max_quote_age_ns:
            return None
        return 0.5 * (quote.bid + quote.ask)

    def _touch(self, state: EngineState) -> tuple[float, float]:
        """Best bid and ask of the reference, which is fresh. [as quoted]"""
        quote = state.market.quotes[self._reference]
        return quote.bid, quote.ask


def _stamp(state: EngineState, market: MarketState, now_ns: int) -> EngineState:
    """Count an event; positional and flat, as this happens at every one."""
    return EngineState(
        state.seq + 1,
        now_ns,
        market,
        state.ledger,
        state.orders,
        state.policy,
        state.wake,
        state.alarm_ns,
        state.next_fit_ns,
        state.moving,
        state.settled,
        state.halted,
        state.refused,
        state.delivered,
        state.liquidated,
    )


def _with_alarm(state: EngineState) -> EngineState:
    """Set the beat that the engine needs: the wake's, a silent order's, or the end of a pause after a reject."""
    alarm = min(state.wake.at_ns, state.orders.deadline_ns(), state.next_fit_ns or NEVER_NS)
    if state.orders.blocked_until_ns > state.now_ns:
        alarm = min(alarm, state.orders.blocked_until_ns)
    return msgspec.structs.replace(state, alarm_ns=alarm)


def _out_of_time(state: EngineState, event: Event) -> InvariantBroken:
    kind = type(event).__name__
    if event.at_ns > event.known_ns:
        return InvariantBroken(
            f"{kind} of {to_iso(event.at_ns)} claims to be known at {to_iso(event.known_ns)}, before it happened"
        )
    return InvariantBroken(f"{kind} known at {to_iso(event.known_ns)} comes after {to_iso(state.now_ns)}")

"""One engine, one venue, one record: what both drivers share, so that they cannot differ in it."""

import hashlib
from collections import deque
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final, get_args

from hedgerow.core.errors import InvariantBroken
from hedgerow.core.money import exact
from hedgerow.engine import Engine, EngineState
from hedgerow.events import Alert, ClockBeat, Command, Event, FitDone, Halt, MoveCollateral, Record, RequestFit, encode
from hedgerow.instruments import EuropeanOption, Instrument, is_inverse
from hedgerow.ledger import Account, Cause
from hedgerow.venues import SimulatedExchange

_END_REASON: Final = "end of the study"
_DIGITS: Final = Decimal("1e-20")
"""Largest difference of two sums of decimals in different order, relative to everything that was moved. [pure]"""

_CAUSES: Final[tuple[Cause, ...]] = get_args(Cause)
_LONGEST_TAIL: Final = 100_000
"""Beats and reports after which the end is given up: something keeps on asking. [count]"""


class Session:
    """A run of one policy.

    Parameters
    ----------
    engine : Engine
        The policy inside its rooms.
    venue : SimulatedExchange
        Where its orders go.
    write : callable or None
        Takes every event before the engine does, and every decision after it was made: the journal.
    fit : callable or None
        Does the slow work that the engine asks for, on what is known at an instant; its answer comes back later.
    moves : sequence of MoveCollateral
        What the operator moves between accounts, in order of time.
    """

    def __init__(
        self,
        engine: Engine,
        venue: SimulatedExchange,
        write: Callable[[Record], object] | None = None,
        fit: Callable[[RequestFit, int], FitDone] | None = None,
        moves: Sequence[MoveCollateral] = (),
    ) -> None:
        self.engine = engine
        self.venue = venue
        self.state: EngineState = engine.start()
        self.alerts: list[str] = []
        self.decisions = 0
        self.trades = 0
        self._digest = hashlib.sha256()
        self._fit = fit
        self._fits: list[FitDone] = []  # in order: each takes equally long
        self.write = write
        self._moves = deque(moves)
        self.horizon_ns = min(venue.next_ns, self._moves[0].known_ns) if moves else venue.next_ns

    @property
    def decisions_hash(self) -> str:
        """SHA-256 of all decisions, byte for byte and in order. [hex]"""
        return self._digest.hexdigest()

    def take(self, event: Event) -> None:
        """Hand one event to the engine, and its commands to the venue.

        Parameters
        ----------
        event : Event
            Known now.
        """
        if self.write is not None:
            self.write(event)
        state, commands = self.engine.step(self.state, event)
        self.state = state
        if state.decision is not None or commands:
            self.follow(state, commands)

    def follow(self, state: EngineState, commands: tuple[Command, ...]) -> None:
        """Record what was decided, and send what was commanded.

        Parameters
        ----------
        state : EngineState
            What a step has led to.
        commands : tuple of Command
            What leaves.
        """
        self.state, decision = state, state.decision
        if decision is not None:
            self.decisions += 1
            self.trades += decision.action == "trade"
            self._digest.update(encode(decision))
            if self.write is not None:
                self.write(decision)
        for command in commands:
            if isinstance(command, Alert):
                self.alerts.append(command.text)
            elif isinstance(command, RequestFit):
                if self._fit is not None:
                    self._fits.append(self._fit(command, self.state.now_ns))
            else:
                self.venue.take(command, self.state.now_ns)
        self._look_ahead()

    def _look_ahead(self) -> None:
        """Find the next moment at which something other than market data happens."""
        self.horizon_ns = min(self.venue.next_ns, self.state.alarm_ns)
        if self._fits:
            self.horizon_ns = min(self.horizon_ns, self._fits[0].known_ns)
        if self._moves:
            self.horizon_ns = min(self.horizon_ns, self._moves[0].known_ns)

    def catch_up(self, until_ns: int) -> None:
        """Deal with everything that happens by some instant but is no market data: reports first, then beats.

        Parameters
        ----------
        until_ns : int
            The instant. [UTC epoch ns]
        """
        while self.horizon_ns <= until_ns:
            now = self.horizon_ns
            for event in self.venue.advance(now):
                self.take(event)
            while self._fits and self._fits[0].known_ns <= now:
                self.take(self._fits.pop(0))
            while self._moves and self._moves[0].known_ns <= now:
                self.take(self._moves.popleft())
            if self.state.alarm_ns <= now:
                self.take(ClockBeat(now, now))
            self._look_ahead()

    def books_agree(self) -> bool:
        """Tell whether the engine has learned of everything: whether its ledger says what the venue's says.

        Fills that were reported in another order than they happened may move a gain between what is realised and what
        is open, and the last of 28 digits. Neither is a difference.

        Returns
        -------
        bool
            True at the end of every run without a bug. [bool]
        """
        settings = self.engine.settings
        ours, theirs = self.state.ledger, self.venue.books
        for transit in theirs.in_transit:  # the engine books a transfer once it has arrived
            left = theirs.account(transit.source).move(transit.money, "transfer")
            theirs = theirs.put(transit.source, left)
        forced = [(abs(trade.quantity), trade.price) for trade in self.venue.liquidations]
        traded = [(abs(got.lots) * settings.lot, got.price) for _, _, got in self.venue.executions]
        size = exact(settings.instrument.contract_size)
        moved = sum((amount * size * (price + 1 / price) for amount, price in (*traded, *forced)), Decimal(1))
        contracts = (settings.instrument, *(item.instrument for item in settings.positions))
        return all(
            _same(ours.account(name), theirs.account(name), contracts, _DIGITS * moved)
            for name in {*ours.accounts, *theirs.accounts}
        )

    def finish(self, end_ns: int) -> None:
        """Stop trading at the end, and wait for what is in flight.

        Parameters
        ----------
        end_ns : int
            The end. [UTC epoch ns]
        """
        self.catch_up(end_ns - 1)
        now = max(end_ns, self.state.now_ns)
        self.take(Halt(now, now, _END_REASON))
        self.alerts.pop()  # of this halt: nobody needs to be told
        self.catch_up(now)  # what is settled at the very end
        for _ in range(_LONGEST_TAIL):
            if not (self.state.orders.working or self.venue.underway):
                return
            self.catch_up(self.horizon_ns)
        raise InvariantBroken(f"orders are still in flight after {_LONGEST_TAIL:,} messages")


def _same(ours: Account, theirs: Account, contracts: tuple[Instrument, ...], slack: Decimal) -> bool:
    """Compare two accounts: positions, cash by cause, and what all trades have paid, realised or not."""
    if any(ours.holding(item).quantity != theirs.holding(item).quantity for item in contracts):
        return False
    settled_in = {item.settle for item in contracts}
    pairs = [
        (_flow(ours, currency, cause, contracts), _flow(theirs, currency, cause, contracts))
        for currency in {*ours.currencies, *theirs.currencies, *settled_in}
        for cause in _CAUSES
    ]
    return all(abs(one - other) <= slack for one, other in pairs)


def _flow(account: Account, currency: str, cause: Cause, contracts: tuple[Instrument, ...]) -> Decimal:
    """Return one flow of cash; what trades of futures paid counts with what they still have open."""
    amount = account.flow(currency, cause).amount
    if cause != "trade":
        return amount
    for item in contracts:
        if item.settle == currency and not isinstance(item, EuropeanOption):
            basis = account.holding(item).basis
            amount += basis if is_inverse(item) else -basis
    return amount

"""What happens when at a simulated venue, and the messages to and from it: late, lost or doubled, by seed."""

import heapq
from decimal import Decimal
from typing import Final, NamedTuple, TypeAlias, get_args

import msgspec
import numpy as np

from hedgerow.core.ids import AccountName
from hedgerow.events import CancelOrder, Event, Fill, PlaceOrder, Transfer
from hedgerow.ledger import Transit
from hedgerow.venues.latency import sample
from hedgerow.venues.terms import Delays, Faults

NEVER_NS: Final = 2**63 - 1
"""Nothing is expected any more. [UTC epoch ns]"""


class Resting(msgspec.Struct):
    """An order at the venue, with everything that it got.

    Parameters
    ----------
    order : PlaceOrder
        As it arrived.
    remaining : int
        Signed. [lots]
    fills : list of Fill
        So far.
    wasted : Decimal
        Gas of a reverted transaction. [base coin]
    open : bool
        Whether more may be traded.
    queued : bool
        Whether it waits in the order book.
    """

    order: PlaceOrder
    remaining: int
    fills: list[Fill]
    wasted: Decimal = Decimal(0)
    open: bool = True
    queued: bool = False


class FundingDue(NamedTuple):
    """Funding of a listing is settled.

    Parameters
    ----------
    listing : int
        Which. [0-based]
    number : int
        Of the settlement. [0-based]
    """

    listing: int
    number: int


class MarginCheck(NamedTuple):
    """The margin of an account is looked at.

    Parameters
    ----------
    account : str
        Whose.
    number : int
        Only the latest one counts. [count]
    """

    account: AccountName
    number: int


class Averaging(NamedTuple):
    """The average of the index begins, at which a listing is delivered.

    Parameters
    ----------
    listing : int
        Which. [0-based]
    """

    listing: int


class Expiry(NamedTuple):
    """A listing is delivered.

    Parameters
    ----------
    listing : int
        Which. [0-based]
    """

    listing: int


Clockwork: TypeAlias = FundingDue | MarginCheck | Averaging | Expiry
"""What the venue does by the clock, whoever trades."""

_NOT_WAITED_FOR: Final = (*get_args(Clockwork), Transit)
"""Clockwork lies ahead for ever, and money may be on its way for days: the ledger has it as such."""

Entry: TypeAlias = PlaceOrder | CancelOrder | Transfer | Transit | Event | Resting | Clockwork
"""A message that arrives there, a report that arrives here, an order to go on with, or clockwork."""


class Agenda:
    """Everything that is going to happen, in order.

    Parameters
    ----------
    delays : Delays
        How long messages take.
    faults : Faults
        What goes wrong.
    seed : int
        Of both.
    """

    def __init__(self, delays: Delays, faults: Faults, seed: int) -> None:
        self.delays, self._faults = delays, faults
        self._heap: list[tuple[int, int, Entry]] = []
        self._entries = 0
        self._random = np.random.default_rng([seed, 0x0EDE])
        self._sure = np.random.default_rng([seed, 0x5AFE])  # of what cannot get lost: it moves no other draw
        self._asked_ns = self._told_ns = 0
        self.underway = 0

    @property
    def next_ns(self) -> int:
        """When something happens next. [UTC epoch ns]"""
        return self._heap[0][0] if self._heap else NEVER_NS

    def enter(self, at_ns: int, entry: Entry) -> None:
        """Note what happens when; what is entered first happens first.

        Parameters
        ----------
        at_ns : int
            The instant. [UTC epoch ns]
        entry : Entry
            What.
        """
        self._entries += 1
        self.underway += not isinstance(entry, _NOT_WAITED_FOR)
        heapq.heappush(self._heap, (at_ns, self._entries, entry))

    def pop(self) -> tuple[int, Entry]:
        """Take what happens next.

        Returns
        -------
        tuple of (int, Entry)
            When, and what. [UTC epoch ns]
        """
        at_ns, _, entry = heapq.heappop(self._heap)
        self.underway -= not isinstance(entry, _NOT_WAITED_FOR)
        return at_ns, entry

    def send(self, command: PlaceOrder | CancelOrder, now_ns: int) -> None:
        """Put a command on its way to the venue; it may get lost.

        Parameters
        ----------
        command : PlaceOrder or CancelOrder
            The command.
        now_ns : int
            When it leaves. [UTC epoch ns]
        """
        if not self._happens(self._faults.lose_orders):
            delay = self._delay(self._random, there=True)
            late = self._happens(self._faults.late)
            self.enter(now_ns + (101 * delay if late else delay), command)

    def ask(self, command: Transfer, now_ns: int) -> None:
        """Put a wish of an account on its way to the venue: as late as an order, never lost, in order.

        Parameters
        ----------
        command : Transfer
            The command.
        now_ns : int
            When it leaves. [UTC epoch ns]
        """
        self._asked_ns = max(now_ns + self._delay(self._sure, there=True), self._asked_ns)
        self.enter(self._asked_ns, command)

    def report(self, event: Event) -> None:
        """Put a report on its way here: once, never, or twice.

        Parameters
        ----------
        event : Event
            What happened.
        """
        copies = 0 if self._happens(self._faults.lose_reports) else 1
        copies += copies and self._happens(self._faults.double_reports)
        for _ in range(copies):
            delay = self._delay(self._random, there=False)
            late = self._happens(self._faults.late)
            known = event.at_ns + (101 * delay if late else delay)
            self._told_ns = max(known, self._told_ns)
            self.enter(known, msgspec.structs.replace(event, known_ns=known))

    def announce(self, event: Event) -> None:
        """Put a message about an account on its way here; it is repeated until it arrives, and overtakes nothing.

        Parameters
        ----------
        event : Event
            What happened.
        """
        self._told_ns = max(event.at_ns + self._delay(self._sure, there=False), self._told_ns)
        self.enter(self._told_ns, msgspec.structs.replace(event, known_ns=self._told_ns))

    def _happens(self, probability: float) -> bool:
        return probability > 0.0 and bool(self._random.random() < probability)

    def _delay(self, random: np.random.Generator, *, there: bool) -> int:
        delays = self.delays
        latency, jitter = delays.orders if there else delays.reports, delays.jitter_ns
        if latency is not None:
            return sample(latency, random)
        least_ns = delays.orders_ns if there else delays.reports_ns
        return least_ns + (int(random.exponential(jitter)) if jitter else 0)

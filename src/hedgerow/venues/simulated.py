"""A simulated exchange behind the same port as a real one: several instruments, several accounts, and their margin.

It keeps its own books of our accounts. They are the truth that the engine learns of by reports only. Deterministic:
the same commands at the same times and the same seed give the same events.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from hedgerow.core.errors import InputError
from hedgerow.core.ids import AccountName, Currency
from hedgerow.events import (
    CancelOrder,
    Command,
    Event,
    FundingPayment,
    Liquidation,
    PlaceOrder,
    Settlement,
    Transfer,
    TransferDone,
)
from hedgerow.ledger import Ledger, Transit
from hedgerow.venues.agenda import Agenda, Averaging, Entry, Expiry, FundingDue, MarginCheck, Resting
from hedgerow.venues.bookkeeping import Books
from hedgerow.venues.expiry import Deliveries
from hedgerow.venues.funding import FundingDesk
from hedgerow.venues.index import Index
from hedgerow.venues.listings import Listing, MarginTerms
from hedgerow.venues.margin_records import Bankruptcy, MarginSample
from hedgerow.venues.margining import Margining
from hedgerow.venues.markets import Execution
from hedgerow.venues.matching import Matching
from hedgerow.venues.terms import Delays, Faults
from hedgerow.venues.transfers import Transfers


class SimulatedExchange:
    """A venue of several instruments, on which several accounts trade.

    Parameters
    ----------
    listings : sequence of Listing
        What is traded and held there.
    books : Ledger
        What the accounts hold at the start. [currency]
    delays : Delays
        How long messages take.
    seed : int
        Of delays and faults.
    faults : Faults or None
        What goes wrong.
    accounts : mapping of str to MarginTerms
        Accounts whose margin is watched, and how.
    index : Index or None
        What margin and deliveries are counted at; needed for both.
    usd_rates : mapping of str to float
        What one unit of each cash currency is worth. [USD per unit]
    transfer_fees : mapping of str to Decimal
        How much of a transfer does not arrive. [currency]

    Raises
    ------
    InputError
        If an instrument is listed twice, or margin is watched without an index.
    """

    def __init__(
        self,
        *,
        listings: Sequence[Listing],
        books: Ledger,
        delays: Delays,
        seed: int,
        faults: Faults | None = None,
        accounts: Mapping[AccountName, MarginTerms] = MappingProxyType({}),
        index: Index | None = None,
        usd_rates: Mapping[Currency, float] = MappingProxyType({}),
        transfer_fees: Mapping[Currency, Decimal] = MappingProxyType({}),
    ) -> None:
        by_name = {listing.instrument.name: listing for listing in listings}
        if len(by_name) < len(listings):
            raise InputError("an instrument is listed twice", "list each instrument once")
        self._expiring = [listing.instrument.name for listing in listings]
        self._agenda = Agenda(delays, faults or Faults(), seed)
        self._books = Books(books)
        self._funding = FundingDesk(listings, self._agenda, self._books)
        self._deliveries = Deliveries(listings, self._agenda, self._books, index)
        self._matching = Matching(by_name, self._agenda, self._books)
        self._margining = Margining(
            listings, self._agenda, self._books, accounts, index, usd_rates, self._matching.cancel_all
        )
        self._matching.affords = self._margining.problem
        self._margining.working = self._matching.working
        self._transfers = Transfers(self._agenda, self._books, self._margining.transfer_problem, transfer_fees)

    @property
    def next_ns(self) -> int:
        """When something happens next. [UTC epoch ns]"""
        return self._agenda.next_ns

    @property
    def underway(self) -> int:
        """How many orders and messages are not done with; money on its way is not counted. [count]"""
        return self._agenda.underway

    @property
    def books(self) -> Ledger:
        """What the venue knows of our accounts. [currency]"""
        return self._books.ledger

    @property
    def executions(self) -> list[tuple[int, int, Execution]]:
        """When, for which order, what was traded. [UTC epoch ns], [count], [as its fields]"""
        return self._matching.executions

    @property
    def payments(self) -> list[FundingPayment]:
        """Funding that was settled. [as their fields]"""
        return self._funding.payments

    @property
    def wasted_gas(self) -> list[tuple[int, Decimal]]:
        """When, and what a reverted transaction cost. [UTC epoch ns], [base coin]"""
        return self._matching.wasted_gas

    @property
    def refusals(self) -> Counter[str]:
        """How often orders were refused, by reason. [count]"""
        return self._matching.refusals

    @property
    def refused_transfers(self) -> Counter[str]:
        """How often transfers were refused, by reason. [count]"""
        return self._transfers.refusals

    @property
    def transfers(self) -> list[TransferDone]:
        """Money that has arrived in another account. [as their fields]"""
        return self._transfers.done

    @property
    def settlements(self) -> list[Settlement]:
        """Positions that were delivered. [as their fields]"""
        return self._deliveries.settlements

    @property
    def liquidations(self) -> list[Liquidation]:
        """Trades that the venue forced. [as their fields]"""
        return self._margining.liquidations

    @property
    def bankruptcies(self) -> list[Bankruptcy]:
        """Accounts that were left below zero, and why. [as their fields]"""
        return self._margining.bankruptcies

    @property
    def margins(self) -> list[MarginSample]:
        """Every look at the margin of an account, and the highs and lows of the index between. [as their fields]"""
        return self._margining.samples

    def look_back(self, at_ns: int) -> list[MarginSample]:
        """Count the margin at the high and the low of the index since the last look at each account.

        Parameters
        ----------
        at_ns : int
            Up to when, no later than the venue was advanced. [UTC epoch ns]

        Returns
        -------
        list of MarginSample
            What ``margins`` does not have yet. [as their fields]
        """
        return self._margining.look_back(at_ns)

    def take(self, command: Command, now_ns: int) -> None:
        """As the port says; alerts and requests for fits are not for a venue."""
        if isinstance(command, Transfer):
            self._agenda.ask(command, now_ns)
        elif isinstance(command, PlaceOrder | CancelOrder):
            self._agenda.send(command, now_ns)

    def advance(self, until_ns: int) -> Sequence[Event]:
        """As the port says."""
        known: list[Event] = []
        while self._agenda.next_ns <= until_ns:
            at_ns, entry = self._agenda.pop()
            self._happen(at_ns, entry, known)
        return known

    def _happen(self, at_ns: int, entry: Entry, known: list[Event]) -> None:
        match entry:
            case Resting():
                self._matching.deal(entry, at_ns)
            case PlaceOrder():
                self._matching.arrive(entry, at_ns)
            case CancelOrder():
                self._matching.cancel(entry, at_ns)
            case MarginCheck():
                self._margining.check(entry, at_ns)
            case FundingDue():
                self._funding.pay(entry, at_ns)
            case Averaging():
                self._deliveries.average(entry, at_ns)
            case Expiry():
                self._matching.end(self._expiring[entry.listing], at_ns)
                self._deliveries.deliver(entry, at_ns)
            case Transfer():
                self._transfers.send(entry, at_ns)
            case Transit():
                self._transfers.arrive(entry, at_ns)
            case _:
                known.append(entry)  # a report that has arrived here

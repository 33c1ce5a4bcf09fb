"""Transfers between accounts at a simulated venue: money leaves, is on its way, and arrives less what it costs."""

from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal

from hedgerow.core.errors import InputError
from hedgerow.core.ids import AccountName, Currency
from hedgerow.core.money import Money
from hedgerow.events import Transfer, TransferDone, TransferRefused
from hedgerow.ledger import Transit
from hedgerow.venues.agenda import Agenda
from hedgerow.venues.bookkeeping import Books

Problem = Callable[[AccountName, Money, int], str]
"""Says why money may not leave an account, empty where it may."""


class Transfers:
    """Moves money between accounts.

    Parameters
    ----------
    agenda : Agenda
        Where arrivals are noted.
    books : Books
        Who has what.
    problem : callable
        The venue's check of initial margin.
    fees : mapping of str to Decimal
        How much of a transfer does not arrive. [currency]
    """

    def __init__(self, agenda: Agenda, books: Books, problem: Problem, fees: Mapping[Currency, Decimal]) -> None:
        self.refusals: Counter[str] = Counter()
        self.done: list[TransferDone] = []
        self._agenda, self._books, self._problem, self._fees = agenda, books, problem, fees

    def send(self, command: Transfer, at_ns: int) -> None:
        """Let money leave, where it is there and not needed, or say why not.

        Parameters
        ----------
        command : Transfer
            From where, where to, how much.
        at_ns : int
            Now. [UTC epoch ns]
        """
        money = Money(command.amount, command.currency)
        fee = Money(self._fees.get(command.currency, Decimal(0)), command.currency)
        if problem := self._problem(command.source, money, at_ns):
            self._refuse(command, problem, at_ns)
            return
        try:
            transit = Transit(source=command.source, target=command.target, money=money, fee=fee, sent_ns=at_ns)
            self._books.send(transit, at_ns)
        except InputError as error:
            self._refuse(command, error.problem, at_ns)
            return
        self._agenda.enter(at_ns + self._agenda.delays.transfer_ns, transit)

    def arrive(self, transit: Transit, at_ns: int) -> None:
        """Let money arrive, and say so.

        Parameters
        ----------
        transit : Transit
            What was sent.
        at_ns : int
            Now. [UTC epoch ns]
        """
        self._books.arrive(transit, at_ns)
        money, fee = transit.money, transit.fee
        done = TransferDone(at_ns, at_ns, transit.source, transit.target, money.currency, money.amount, fee.amount)
        self.done.append(done)
        self._agenda.announce(done)

    def _refuse(self, command: Transfer, reason: str, at_ns: int) -> None:
        self.refusals[reason] += 1
        asked = command.source, command.target, command.currency, command.amount
        self._agenda.announce(TransferRefused(at_ns, at_ns, *asked, reason))

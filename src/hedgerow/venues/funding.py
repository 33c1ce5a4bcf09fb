"""Funding at a simulated venue: recorded rates, or rates that follow from the premium as the venue's rule says."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeAlias

from hedgerow.core.ids import AccountName
from hedgerow.core.money import Money, exact
from hedgerow.events import FundingPayment
from hedgerow.instruments import is_inverse
from hedgerow.venue_rules.schedules import FundingRule
from hedgerow.venues.agenda import Agenda, FundingDue
from hedgerow.venues.bookkeeping import Books
from hedgerow.venues.index import Index
from hedgerow.venues.premium import Premiums, premiums_between
from hedgerow.venues.terms import Funding

if TYPE_CHECKING:
    from hedgerow.venues.listings import Listing

_HOUR_NS: Final = 3_600_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RuledFunding:
    """Funding that the venue's rule makes of mark and index.

    A rule without an interval accrues continuously on whatever is held, and is paid at the end of every period; one
    with an interval takes the average premium of the interval and what is held at its end.

    Parameters
    ----------
    rule : FundingRule
        The venue's.
    mark, index : Index
        What the premium is the difference of.
    every_ns : int
        How often a continuous rule is paid. [ns]
    """

    rule: FundingRule
    mark: Index
    index: Index
    every_ns: int = _HOUR_NS

    @property
    def interval_ns(self) -> int:
        """From one payment to the next. [ns]"""
        hours = self.rule.interval_hours
        return int(hours * _HOUR_NS) if hours else self.every_ns

    @property
    def period_ns(self) -> int:
        """What the rule's rate is for. [ns]"""
        return int(self.rule.period_hours * _HOUR_NS)


AnyFunding: TypeAlias = Funding | RuledFunding


class FundingDesk:
    """Pays funding when it is due.

    Parameters
    ----------
    listings : sequence of Listing
        What is listed.
    agenda : Agenda
        Where settlements are noted.
    books : Books
        Who holds what.
    """

    def __init__(self, listings: "Sequence[Listing]", agenda: Agenda, books: Books) -> None:
        self.payments: list[FundingPayment] = []
        self._listings, self._agenda, self._books = listings, agenda, books
        self._premiums: dict[int, Premiums] = {}
        self._held: dict[tuple[int, AccountName], tuple[int, Decimal]] = {}
        self._accrued: dict[tuple[int, AccountName], Decimal] = {}
        self._ruled: list[int] = []
        for number, listing in enumerate(listings):
            terms = listing.funding
            if isinstance(terms, Funding) and terms.at_ns:
                agenda.enter(terms.at_ns[0], FundingDue(number, 0))
            elif isinstance(terms, RuledFunding) and (first := terms.mark.first_ns()) is not None:
                self._ruled.append(number)
                if len(self._ruled) == 1:
                    books.tell(self.changed)
                agenda.enter(max(first, terms.index.first_ns() or first), FundingDue(number, 0))

    def changed(self, account: AccountName, at_ns: int) -> None:
        """Accrue what was held until now, where an account has changed.

        Parameters
        ----------
        account : str
            Whose.
        at_ns : int
            Now. [UTC epoch ns]
        """
        for number in self._ruled:
            self._accrue(number, account, at_ns)

    def pay(self, due: FundingDue, at_ns: int) -> None:
        """Settle funding on the positions that the venue knows.

        Parameters
        ----------
        due : FundingDue
            Of which listing, which settlement.
        at_ns : int
            When. [UTC epoch ns]
        """
        listing = self._listings[due.listing]
        if isinstance(listing.funding, RuledFunding):
            self._pay_by_rule(due, listing, listing.funding, at_ns)
            return
        terms = listing.funding or Funding()
        following = due.number + 1
        if at_ns == terms.at_ns[due.number] and following < len(terms.at_ns):
            self._agenda.enter(terms.at_ns[following], FundingDue(due.listing, following))
        holders = self._books.holders(listing.instrument)
        market = listing.market
        if not holders or market is None:
            return
        mark = market.mid(at_ns)
        if mark is None:  # settled at the next price that can be true
            if (later := market.next_ns(at_ns)) is not None:
                self._agenda.enter(later, due)
            return
        rate = terms.rate[due.number]
        for account in holders:
            held = self._books.held(account, listing.instrument)
            self._settle(account, listing, rate, -notional(listing, held, exact(mark)) * exact(rate), at_ns)

    def _pay_by_rule(self, due: FundingDue, listing: "Listing", terms: RuledFunding, at_ns: int) -> None:
        """Pay for the interval that ends, and read the premiums of the one that begins."""
        past = self._premiums.get(due.listing)
        for account in sorted({*self._books.holders(listing.instrument), *self._accruing(due.listing)}):
            if past is None:
                self._accrue(due.listing, account, at_ns)  # held from the start
            elif terms.rule.interval_hours:
                self._pay_interval(account, listing, terms, past, at_ns)
            else:
                self._pay_accrued(due.listing, account, terms, at_ns)
        if terms.mark.tape.following(terms.mark.source, at_ns) is None:
            return
        until = (at_ns // terms.interval_ns + 1) * terms.interval_ns
        self._premiums[due.listing] = premiums_between(terms.mark, terms.index, at_ns, until)
        self._agenda.enter(until, FundingDue(due.listing, due.number + 1))

    def _pay_interval(
        self, account: AccountName, listing: "Listing", terms: RuledFunding, past: Premiums, at_ns: int
    ) -> None:
        rule = terms.rule
        rate = rule.paid(exact(past.mean()), rule.interval_hours)
        price = (terms.mark if rule.on == "mark" else terms.index).at(at_ns)
        held = self._books.held(account, listing.instrument)
        if price is not None and held:
            paid = -notional(listing, held, exact(price)) * rate
            self._settle(account, listing, float(rate), paid, at_ns)

    def _pay_accrued(self, number: int, account: AccountName, terms: RuledFunding, at_ns: int) -> None:
        self._accrue(number, account, at_ns)
        paid = self._accrued.pop((number, account), Decimal(0))
        if paid:
            listing, price = self._listings[number], terms.index.at(at_ns)
            held = self._books.held(account, listing.instrument)
            worth = notional(listing, held, exact(price)) if price is not None and held else Decimal(0)
            self._settle(account, listing, float(-paid / worth) if worth else 0.0, paid, at_ns)

    def _accruing(self, number: int) -> list[AccountName]:
        return [account for listing, account in self._accrued if listing == number]

    def _accrue(self, number: int, account: AccountName, at_ns: int) -> None:
        """Add what the position since the last time has cost until now."""
        listing = self._listings[number]
        terms, premiums = listing.funding, self._premiums.get(number)
        if not isinstance(terms, RuledFunding) or terms.rule.interval_hours:
            return
        key = number, account
        since, held = self._held.get(key, (at_ns, Decimal(0)))
        if held and premiums is not None and at_ns > since:
            cost = Decimal(0)
            for ns, premium, index in premiums.pieces(since, at_ns):
                cost += notional(listing, held, exact(index)) * terms.rule.rate(exact(premium)) * ns
            self._accrued[key] = self._accrued.get(key, Decimal(0)) - cost / terms.period_ns
        self._held[key] = at_ns, self._books.held(account, listing.instrument)

    def _settle(self, account: AccountName, listing: "Listing", rate: float, amount: Decimal, at_ns: int) -> None:
        instrument = listing.instrument
        paid = Money(amount, instrument.settle)
        self._books.move(account, paid, "funding", at_ns)
        payment = FundingPayment(at_ns, at_ns, account, instrument.name, rate, paid.amount, paid.currency)
        self.payments.append(payment)
        self._agenda.announce(payment)


def notional(listing: "Listing", held: Decimal, price: Decimal) -> Decimal:
    """Return what a position is worth as a notional.

    Parameters
    ----------
    listing : Listing
        Of what.
    held : Decimal
        Signed. [contracts]
    price : Decimal
        Of the coin. [quote per base]

    Returns
    -------
    Decimal
        Signed. [settle]

    References
    ----------
    Deribit, Funding Specifications: a position in coins is its USD over the index for an inverse perpetual.
    """
    size = held * exact(listing.instrument.contract_size)
    return size / price if is_inverse(listing.instrument) else size * price

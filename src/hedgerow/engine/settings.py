"""Everything that an engine is made from, as data: the journal's header holds it, so a journal alone replays."""

from decimal import Decimal

import msgspec

from hedgerow.book import Row
from hedgerow.core.ids import AccountName, Currency, InstrumentName
from hedgerow.execution import DeskRules
from hedgerow.instruments import Instrument
from hedgerow.ledger import LotMethod
from hedgerow.policy import AnyPolicy


class Deposit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Cash that an account starts with.

    Parameters
    ----------
    account : str
        Which account.
    currency : str
        Ticker.
    amount : Decimal
        How much. [currency]
    """

    account: AccountName
    currency: Currency
    amount: Decimal


class OpeningPosition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An option, or a position in the hedge, that an account holds before the first event: no cash moves for it.

    Parameters
    ----------
    account : str
        Which account.
    instrument : Instrument
        What is held.
    quantity : Decimal
        Signed, long > 0. [contracts]
    price : Decimal
        What was paid for it. [settle per contract for options, quote per base otherwise]
    row : Row
        One contract as a row of the book. [USD terms]
    """

    account: AccountName
    instrument: Instrument
    quantity: Decimal
    price: Decimal
    row: Row


class EngineSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an engine needs to know before its first event.

    Parameters
    ----------
    base : str
        The coin.
    numeraire : str
        ``USD`` or the coin: which delta is held.
    reference : str
        The instrument whose mid is the price of the coin.
    rows : tuple of Row
        What is held and not traded, outside of any account. [USD terms]
    usd_rates : dict of str to float
        What one unit of each cash currency is worth. [USD per unit]
    instrument : Instrument
        What is hedged with.
    lot : Decimal
        Smallest trade. [contracts]
    wanted_delta : float
        The delta to have. [coin]
    policy : AnyPolicy
        When to trade; it knows its costs.
    desk : DeskRules
        How orders are sent.
    deposits : tuple of Deposit
        What the accounts start with.
    max_quote_age_ns : int
        On older quotes nothing is decided. [ns]
    refit_every_ns : int
        How often a fit of the vol is asked for; zero for never. [ns]
    positions : tuple of OpeningPosition
        What the accounts hold at the start beside cash: the ledger counts it from there on.
    lot_methods : dict of str to LotMethod
        Which lot is closed first, by account; FIFO where it is not named. No decision depends on it.
    """

    base: Currency
    numeraire: str
    reference: InstrumentName
    rows: tuple[Row, ...]
    usd_rates: dict[Currency, float]
    instrument: Instrument
    lot: Decimal
    wanted_delta: float
    policy: AnyPolicy
    desk: DeskRules
    deposits: tuple[Deposit, ...]
    max_quote_age_ns: int
    refit_every_ns: int = 0
    positions: tuple[OpeningPosition, ...] = ()
    lot_methods: dict[AccountName, LotMethod] = {}

    def contract(self, name: str) -> Instrument | None:
        """Find a contract that an account may hold.

        Parameters
        ----------
        name : str
            The venue's name.

        Returns
        -------
        Instrument or None
            The hedge or an opening position, None for anything else. [as its fields]
        """
        known = (self.instrument, *(position.instrument for position in self.positions))
        return next((instrument for instrument in known if instrument.name == name), None)

    def usd_rate(self, currency: str) -> float:
        """Return what one unit of a cash currency is worth.

        Parameters
        ----------
        currency : str
            Ticker.

        Returns
        -------
        float
            One for USD. [USD per unit]
        """
        return 1.0 if currency == "USD" else self.usd_rates[Currency(currency)]

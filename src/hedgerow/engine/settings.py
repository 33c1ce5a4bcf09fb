"""Everything that an engine is made from, as data: the journal's header holds it, so a journal alone replays."""

from decimal import Decimal

import msgspec

from hedgerow.book import Row
from hedgerow.core.ids import AccountName, Currency, InstrumentName
from hedgerow.execution import DeskRules
from hedgerow.instruments import Instrument
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
        What is held and not traded. [USD terms]
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

"""What positions are valued with, and the rows of numbers that they become."""

from dataclasses import dataclass, field
from typing import NamedTuple

from hedgerow.core.errors import DataFault, MarketDataError
from hedgerow.core.ids import Currency
from hedgerow.market import Snapshot


class Row(NamedTuple):
    """One line of a compiled book, in USD terms: rates of quote currencies are already applied.

    Parameters
    ----------
    kind : int
        Code of the kind, as in ``book/kernels.py``.
    group : int
        Number of the position or hedging instrument that the row belongs to.
    label : str
        Name of the kind, for tables.
    expiry_ns : int or None
        When it settles. [UTC epoch ns]
    quantity : float
        Signed size, contract size and rate applied. [coins, USD, or liquidity]
    ratio : float
        Forward over spot. [pure]
    entry : float
        Entry price of a future. [USD per coin]
    strike, expiry_years, vol, sign : float
        Terms of an option; sign is +1 for calls, -1 for puts; a dated future has its expiry too. [USD per coin],
        [years], [fraction], [pure]
    lower, upper : float
        Edges of a liquidity range. [USD per coin]
    """

    kind: int
    group: int
    label: str
    expiry_ns: int | None
    quantity: float
    ratio: float = 1.0
    entry: float = 1.0
    strike: float = 1.0
    expiry_years: float = 1.0
    vol: float = 1.0
    sign: float = 1.0
    lower: float = 1.0
    upper: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpolated:
    """What a surface says of an option that the market does not price.

    Parameters
    ----------
    forward : float
        Forward of its expiry. [quote per base]
    vol : float
        Vol of its strike. [fraction per square root of a year]
    """

    forward: float
    vol: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """What positions are valued with.

    Parameters
    ----------
    snapshot : Snapshot
        Quotes, index and pools, with the user's assumed quotes already in place.
    vols : dict of str to float
        Vol of each option that can be priced. [fraction per square root of a year]
    usd_rates : dict of str to float
        What one unit of each cash currency is worth; USD itself is one. [USD per unit]
    interpolated : dict of str to Interpolated
        Options that are priced from a surface because no quote or mark prices them.
    """

    snapshot: Snapshot
    vols: dict[str, float]
    usd_rates: dict[Currency, float] = field(default_factory=dict)
    interpolated: dict[str, Interpolated] = field(default_factory=dict)

    def usd_rate(self, currency: str) -> float:
        """Return what one unit of a cash currency is worth.

        Parameters
        ----------
        currency : str
            Ticker.

        Returns
        -------
        float
            The rate. [USD per unit]

        Raises
        ------
        MarketDataError
            If the rate is not known.
        """
        if currency == "USD":
            return 1.0
        rate = self.usd_rates.get(Currency(currency))
        if rate is None:
            raise MarketDataError(currency, DataFault.MISSING, "has no USD rate", f"state it: [rates] {currency} = 1.0")
        return rate

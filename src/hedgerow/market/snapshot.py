"""One instant of the market, frozen."""

from dataclasses import dataclass, field
from typing import Literal

from hedgerow.core.errors import DataFault, MarketDataError
from hedgerow.core.ids import Currency, PoolName
from hedgerow.market.pool_states import PoolStorage
from hedgerow.market.quotes import Quote, QuoteTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Something that was left out, and why.

    Parameters
    ----------
    name : str
        The quote, position, pool or bar.
    kind : {"quote", "position", "pool"}
        What it is.
    reason : str
        For people. [text]
    use : str
        What it could not be used for. [text]
    """

    name: str
    kind: Literal["quote", "position", "pool"]
    reason: str
    use: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolState:
    """A concentrated-liquidity pool as last observed.

    Parameters
    ----------
    name : str
        The snapshot's name of the pool.
    token0, token1 : str
        Tickers of the tokens, in the contract's order.
    decimals0, decimals1 : int
        Decimals of the tokens.
    fee : float
        The pool's fee. [fraction of the input]
    price : float
        Price of the base coin in the other token. [quote per base]
    base_is_token0 : bool
        True if the book's base coin is token0.
    liquidity : int
        Liquidity in range. [raw liquidity units]
    tick_spacing : int
        Ticks of positions are multiples of it. [ticks]
    known_at_ns : int
        When the state was certainly known. [UTC epoch ns]
    resolution : str
        How often the source samples, for people. [text]
    """

    name: PoolName
    token0: Currency
    token1: Currency
    decimals0: int
    decimals1: int
    fee: float
    price: float
    base_is_token0: bool
    liquidity: int
    tick_spacing: int
    known_at_ns: int
    resolution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything that is known of the market at one instant.

    Parameters
    ----------
    source : str
        Where it was loaded from, as the user gave it.
    as_of_ns : int
        The instant. [UTC epoch ns]
    base : str
        Ticker of the coin that everything here is about.
    index_price : float
        Spot index of the coin. [USD per coin]
    index_at_ns : int
        When the index was stamped. [UTC epoch ns]
    quotes : QuoteTable
        All quotes, usable or not.
    pools : dict of str to PoolState
        Concentrated pools of the coin and a currency, by name.
    storage : dict of str to PoolStorage
        Pools of any kind whose whole state is known, by name.
    coins_per_unit : dict of str to float
        Coins that one unit of a wrapped or staked coin is worth. [coins per unit]
    rejected : tuple of Rejection
        What the loaders refused, by name and reason.
    notes : tuple of str
        What the data do not hold, for people. [text]
    """

    source: str
    as_of_ns: int
    base: Currency
    index_price: float
    index_at_ns: int
    quotes: QuoteTable
    pools: dict[PoolName, PoolState] = field(default_factory=dict)
    storage: dict[PoolName, PoolStorage] = field(default_factory=dict)
    coins_per_unit: dict[Currency, float] = field(default_factory=dict)
    rejected: tuple[Rejection, ...] = ()
    notes: tuple[str, ...] = ()

    def quote(self, name: str) -> Quote:
        """Return the quote of one instrument.

        Parameters
        ----------
        name : str
            The venue's name.

        Returns
        -------
        Quote
            Its row. [as the columns of ``quotes``]

        Raises
        ------
        MarketDataError
            If the market does not quote it, or its quote was refused: then with the reason.
        """
        if name not in self.quotes:
            for item in self.rejected:
                if item.name == name and item.kind == "quote":
                    raise MarketDataError(
                        name, DataFault.NOT_FINITE, f"its quote was refused: {item.reason}", "mend the quote"
                    )
        return self.quotes.quote(name)

    def pool(self, name: str) -> PoolState:
        """Return a pool by name.

        Parameters
        ----------
        name : str
            The snapshot's name of the pool.

        Returns
        -------
        PoolState
            Its last certain state. [as its fields]

        Raises
        ------
        MarketDataError
            If the snapshot does not hold it.
        """
        if name not in self.pools:
            raise self.no_pool(name)
        return self.pools[PoolName(name)]

    def no_pool(self, name: str) -> MarketDataError:
        """Say that there is no such pool, and which there are.

        Parameters
        ----------
        name : str
            What was asked for.

        Returns
        -------
        MarketDataError
            To be raised. [error]
        """
        held = ", ".join(dict.fromkeys((*self.pools, *self.storage))) or "no pool at all"
        return MarketDataError(name, DataFault.MISSING, "not in this snapshot", f"it holds {held}")

    def ages_ns(self) -> dict[str, int]:
        """Return the age of every input at the instant of the snapshot.

        Returns
        -------
        dict of str to int
            By input: ``index``, ``quotes`` (the oldest) and each pool. [ns]
        """
        ages = {"index": self.as_of_ns - self.index_at_ns}
        data = [self.quotes.at_ns[i] for i, n in enumerate(self.quotes.names) if n not in self.quotes.assumed]
        if data:
            ages["quotes"] = self.as_of_ns - int(min(data))
        ages |= {name: self.as_of_ns - pool.block.at_ns for name, pool in self.storage.items()}
        return ages | {name: self.as_of_ns - pool.known_at_ns for name, pool in self.pools.items()}

"""How a liquidity position shall be looked at: numeraire, prices, and what is asked of its hedge."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency
from hedgerow.pools.aliases import WRAPPED, Alias, standing_for

CONTRACTS: Final = ("linear", "inverse", "future")
"""What the ticket offers: a linear perpetual, an inverse one, a linear dated future."""

MOST_VOL: Final = 10.0
"""A larger vol is one in percent. [per root of a year]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolTerms:
    """How a position shall be looked at.

    Parameters
    ----------
    numeraire : str
        In what values are counted.
    prices : mapping of str to float
        Prices of tokens from outside; one that is missing is the pool's own. [numeraire per token]
    entry : mapping of str to float
        Prices of all tokens at entry; empty without a comparison. [numeraire per token]
    vols : mapping of str to float
        By token, or of the relative price of two under the empty name; empty without losses. [per root of a year]
    aliases : mapping of str to Alias
        What tokens stand for. [asset per token]
    assets : tuple of str
        What to hedge, by asset or by a token that stands for it; empty for every asset but the numeraire's.
    margin_coins : float
        Coins that lie as margin of an inverse perpetual. [asset]
    future_price : float or None
        Of a dated future on the only asset that is hedged. [numeraire per asset]
    contract_sizes : mapping of str to float
        Sizes of one contract: of ``linear`` and ``future`` in coins, of ``inverse`` in the numeraire; empty for
        amounts alone. [asset per contract, numeraire per contract]
    trade_cost : float or None
        What a trade of any size costs, gas included. [numeraire]
    cost_rate : float or None
        Fee and half-spread of a trade on an exchange over its notional. [fraction]
    risk_aversion : float or None
        Constant absolute risk aversion; with a cost it makes a band. [1/numeraire]
    """

    numeraire: str
    prices: Mapping[str, float] = field(default_factory=dict)
    entry: Mapping[str, float] = field(default_factory=dict)
    vols: Mapping[str, float] = field(default_factory=dict)
    aliases: Mapping[str, Alias] = field(default_factory=dict)
    assets: tuple[str, ...] = ()
    margin_coins: float = 0.0
    future_price: float | None = None
    contract_sizes: Mapping[str, float] = field(default_factory=dict)
    trade_cost: float | None = None
    cost_rate: float | None = None
    risk_aversion: float | None = None

    def __post_init__(self) -> None:
        for name in ("trade_cost", "cost_rate"):
            if getattr(self, name) is not None and self.risk_aversion is None:
                raise InputError(
                    f"a {name.replace('_', ' ')} without a risk aversion", "a band needs both: state the aversion too"
                )
        for name in ("trade_cost", "cost_rate", "risk_aversion", "future_price"):
            value = getattr(self, name)
            if value is not None and not 0.0 < value < math.inf:
                raise InputError(f"{name} = {value}", "it is positive")
        if self.cost_rate is not None and self.cost_rate >= 1.0:
            raise InputError(f"cost_rate = {self.cost_rate}", "it is a fraction: 0.0005 for five basis points")
        if not 0.0 <= self.margin_coins < math.inf:
            raise InputError(f"margin_coins = {self.margin_coins}", "margin is zero or positive")
        self._check_sizes()
        for name, vol in self.vols.items():
            if not 0.0 < vol <= MOST_VOL:
                raise InputError(
                    f"a vol of {vol:g}{f' of {name}' if name else ''}",
                    f"it is a fraction of up to {MOST_VOL:g}: 0.6 for 60 % a year",
                )
        if self.entry.get(self.numeraire, 1.0) != 1.0:
            raise InputError(
                f"an entry price of {self.entry[self.numeraire]:g} of {self.numeraire}",
                "prices are counted in it: its own is one, then as now",
            )

    def _check_sizes(self) -> None:
        for name, size in self.contract_sizes.items():
            if name not in CONTRACTS:
                raise InputError(f"a contract size of {name}", f"the contracts are {', '.join(CONTRACTS)}")
            if not 0.0 < size < math.inf:
                raise InputError(f"a contract size of {size} for {name}", "it is positive")
        if "future" in self.contract_sizes and self.future_price is None:
            raise InputError("a contract size of a future without its price", "state the price of the future too")

    def standing(self, symbol: str) -> Alias:
        """Say what a token or currency stands for: as stated, as wrapped, or for itself.

        Parameters
        ----------
        symbol : str
            The token.

        Returns
        -------
        Alias
            Asset and rate. [asset per token]

        References
        ----------
        ``pools.assets``.
        """
        return standing_for(symbol, {**WRAPPED, **self.aliases})

    @property
    def money(self) -> Currency:
        """The asset that counts as money: what the numeraire stands for. [currency]"""
        return self.standing(self.numeraire).asset

    @property
    def counts_in_coin(self) -> bool:
        """True if the numeraire is a coin that can be wrapped, so no contract is worth so many units of it. [flag]"""
        return self.money in {one.asset for one in WRAPPED.values()}

    def known_prices(self, symbols: Sequence[str]) -> dict[str, float]:
        """Return the prices that are stated, and those that follow from them by stated rates.

        Parameters
        ----------
        symbols : sequence of str
            Tokens of a pool.

        Returns
        -------
        dict of str to float
            By token; the rest must come from the pool. [numeraire per token]

        References
        ----------
        None: a token that is so many units of an asset costs as many times its price.
        """
        found = dict(self.prices)
        worth = {self.money: 1.0 / self.standing(self.numeraire).rate}
        for name, price in sorted(self.prices.items(), key=lambda one: self.standing(one[0]).rate != 1.0):
            stands = self.standing(name)
            worth.setdefault(stands.asset, price / stands.rate)
        for symbol in symbols:
            stands = self.standing(symbol)
            if symbol not in found and stands.asset in worth:
                found[symbol] = stands.rate * worth[stands.asset]
        return found

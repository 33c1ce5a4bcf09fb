"""Positions in several pools as exposures to assets: wrapped and staked coins count as what they stand for.

An alias says how many units of an asset one token is: one ETH for WETH, the rate of the staking contract for staked
ETH, one USD for a stablecoin if that is what the user states. A token's price then moves as its rate times that of the
asset, and derivatives follow by the chain rule. So rates count units, and are the stated ones; values and the amounts
behind them are at the market's prices of the tokens. Where the two disagree, ``spread`` says by how much.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import InputError, NumeraireError
from hedgerow.core.ids import Currency
from hedgerow.pools.aliases import WRAPPED as WRAPPED
from hedgerow.pools.aliases import Alias as Alias
from hedgerow.pools.aliases import standing_for
from hedgerow.pools.own_prices import check_prices
from hedgerow.pools.positions import PoolGreeks

MOST_SPREAD: Final = 0.05
"""Prices of tokens over their rates may be so far from that of the asset before a rate or a price is wrong. [fraction]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetExposure:
    """A book of liquidity positions by asset.

    Parameters
    ----------
    numeraire : str
        In what values are counted.
    assets : tuple of str
        The assets, in alphabetical order.
    value : float
        Of all positions, uncollected fees included. [numeraire]
    delta : ndarray of shape (n_asset,)
        Exposure to each asset, uncollected fees included; that to the numeraire is what is held of it. [asset]
    gamma : ndarray of shape (n_asset, n_asset)
        Derivatives of the deltas in the assets' prices. [asset per unit of price]
    prices : ndarray of shape (n_asset,)
        Of the asset itself or what is redeemed for it one for one; the numeraire is one; where neither is in a pool,
        what other tokens say over their rates, weighted by what is held. [numeraire per asset]
    spread : ndarray of shape (n_asset,)
        Largest relative distance of a token's price over its rate from that price: how far the rates are off the
        market. [fraction]
    """

    numeraire: Currency
    assets: tuple[Currency, ...]
    value: float
    delta: Float64[np.ndarray, " n_asset"]
    gamma: Float64[np.ndarray, "n_asset n_asset"]
    prices: Float64[np.ndarray, " n_asset"]
    spread: Float64[np.ndarray, " n_asset"]


def exposure_by_asset(
    greeks: Sequence[PoolGreeks],
    aliases: Mapping[str, Alias],
    *,
    wrapped: Mapping[str, Alias] = WRAPPED,
    most_spread: float = MOST_SPREAD,
) -> AssetExposure:
    """Add positions of several pools up by asset.

    Parameters
    ----------
    greeks : sequence of PoolGreeks
        Pools, all in one numeraire.
    aliases : mapping of str to Alias
        What tokens stand for, by symbol; a token without one is an asset of its own. [asset per token]
    wrapped : mapping of str to Alias
        Those that need not be stated. [asset per token]
    most_spread : float
        Furthest that a token's price over its rate may be from its asset's. [fraction]

    Returns
    -------
    AssetExposure
        Value, deltas and gamma by asset. [as its fields]

    Raises
    ------
    InputError
        If there is no pool, aliases go round, or a price is further off its rate than ``most_spread``.
    NumeraireError
        If two pools are valued in different numeraires, or a token that stands for the numeraire does not cost its rate
        of it: exactly if it is wrapped, within ``most_spread`` if the rate was stated.

    References
    ----------
    Chain rule with p_token = rate·p_asset: delta_a = sum of rate_i·x_i, gamma_ab = sum of rate_i·rate_j·gamma_ij.
    """
    if not greeks:
        raise InputError("no pool", "give the Greeks of one or more")
    if len({one.numeraire for one in greeks}) > 1:
        raise NumeraireError(
            f"pools in {' and '.join(sorted({one.numeraire for one in greeks}))}", "value all of them in one numeraire"
        )
    known = {**wrapped, **aliases}
    standing = {symbol: standing_for(symbol, known) for one in greeks for symbol in one.symbols}
    assets = tuple(sorted({alias.asset for alias in standing.values()}))
    delta, gamma = np.zeros(len(assets)), np.zeros((len(assets), len(assets)))
    said: list[_Said] = []
    for one in greeks:
        check_prices(one.symbols, one.prices, one.numeraire, wrapped=wrapped)
        maps = np.zeros((len(one.symbols), len(assets)))
        for token, symbol in enumerate(one.symbols):
            place = assets.index(standing[symbol].asset)
            maps[token, place] = standing[symbol].rate
            itself = symbol == assets[place] or (symbol in wrapped and symbol not in aliases)
            price = float(one.prices[token] / standing[symbol].rate)
            said.append(_Said(place=place, symbol=symbol, price=price, itself=itself, held=_held(one, token)))
        delta += np.sum(one.delta, axis=0) @ maps
        gamma += maps.T @ np.sum(one.gamma, axis=0) @ maps
    unit = standing_for(greeks[0].numeraire, wrapped)
    prices = frozen(np.array([_price_of(said, place, unit, name) for place, name in enumerate(assets)]))
    spread = np.zeros(len(assets))
    for word in said:
        apart = abs(word.price / prices[word.place] - 1.0)
        _check_spread(word, apart, most_spread, assets[word.place], unit)
        spread[word.place] = max(spread[word.place], apart)
    return AssetExposure(
        numeraire=greeks[0].numeraire,
        assets=assets,
        value=float(sum(float(np.sum(one.value)) for one in greeks)),
        delta=frozen(delta),
        gamma=frozen(gamma),
        prices=prices,
        spread=frozen(spread),
    )


def _held(greeks: PoolGreeks, token: int) -> float:
    """What all positions hold of one token, in the numeraire."""
    return float(np.sum(greeks.delta[:, token]) * greeks.prices[token])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What one token says of the price of its asset, and how much of it is held."""

    place: int
    symbol: str
    price: float
    itself: bool
    held: float


def _price_of(said: Sequence[_Said], place: int, unit: Alias, asset: str) -> float:
    """The numeraire is one; else what is the asset itself decides, and others only where it is in no pool."""
    if asset == unit.asset:
        return 1.0 / unit.rate
    mine = [one for one in said if one.place == place]
    heard = [one for one in mine if one.itself] or mine
    held = np.array([one.held for one in heard])
    return float(np.average([one.price for one in heard], weights=held if np.sum(held) > 0.0 else None))


def _check_spread(word: _Said, apart: float, most: float, asset: str, unit: Alias) -> None:
    """Refuse a price that its stated rate cannot explain."""
    if apart <= most:
        return
    told = f"{word.symbol} says that one {asset} is {word.price:g}, {apart:.1%} off"
    advice = f"state the rate of {word.symbol} now, or its price: {most:.0%} apart is the most"
    raise (NumeraireError if asset == unit.asset else InputError)(told, advice)

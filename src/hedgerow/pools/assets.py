"""Positions in several pools as exposures to assets: wrapped and staked coins count as what they stand for.

An alias says how many units of an asset one token is: one ETH for WETH, the rate of the staking contract for staked
ETH, one USD for a stablecoin if that is what the user states. A token's price then moves as its rate times that of the
asset, and derivatives follow by the chain rule. No rate is built in but that of wrapped coins: one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import InputError, NumeraireError
from hedgerow.core.ids import Currency
from hedgerow.pools.positions import PoolGreeks


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """What a token stands for.

    Parameters
    ----------
    asset : str
        The asset.
    rate : float
        Units of it that one token is. [asset per token]
    """

    asset: Currency
    rate: float

    def __post_init__(self) -> None:
        if not 0.0 < self.rate < float("inf"):
            raise InputError(f"a rate of {self.rate} {self.asset} per token", "rates are positive")


WRAPPED: Final[Mapping[str, Alias]] = {
    "WETH": Alias(asset=Currency("ETH"), rate=1.0),
    "WBTC": Alias(asset=Currency("BTC"), rate=1.0),
}
"""Tokens that are redeemed one for one."""


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
        What the tokens' prices say of the assets': the mean over tokens, weighted by what is held, or plain where
        nothing is. [numeraire per asset]
    spread : ndarray of shape (n_asset,)
        Largest relative distance of a token's price over its rate from that mean: how far the rates are off the
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
    greeks: Sequence[PoolGreeks], aliases: Mapping[str, Alias], *, wrapped: Mapping[str, Alias] = WRAPPED
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

    Returns
    -------
    AssetExposure
        Value, deltas and gamma by asset. [as its fields]

    Raises
    ------
    InputError
        If there is no pool.
    NumeraireError
        If two pools are valued in different numeraires.

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
    standing = {symbol: known.get(symbol, Alias(asset=symbol, rate=1.0)) for one in greeks for symbol in one.symbols}
    assets = tuple(sorted({alias.asset for alias in standing.values()}))
    delta, gamma = np.zeros(len(assets)), np.zeros((len(assets), len(assets)))
    said: list[tuple[int, float, float]] = []
    for one in greeks:
        maps = np.zeros((len(one.symbols), len(assets)))
        for token, symbol in enumerate(one.symbols):
            place = assets.index(standing[symbol].asset)
            maps[token, place] = standing[symbol].rate
            said.append((place, float(one.prices[token] / standing[symbol].rate), _held(one, token)))
        delta += np.sum(one.delta, axis=0) @ maps
        gamma += maps.T @ np.sum(one.gamma, axis=0) @ maps
    prices, spread = _said_prices(said, len(assets))
    return AssetExposure(
        numeraire=greeks[0].numeraire,
        assets=assets,
        value=float(sum(float(np.sum(one.value)) for one in greeks)),
        delta=frozen(delta),
        gamma=frozen(gamma),
        prices=prices,
        spread=spread,
    )


def _held(greeks: PoolGreeks, token: int) -> float:
    """What all positions hold of one token, in the numeraire."""
    return float(np.sum(greeks.delta[:, token]) * greeks.prices[token])


def _said_prices(
    said: Sequence[tuple[int, float, float]], n_asset: int
) -> tuple[Float64[np.ndarray, " n_asset"], Float64[np.ndarray, " n_asset"]]:
    """Mean of what tokens say of their asset's price, and how far they are apart."""
    prices, spread = np.empty(n_asset), np.empty(n_asset)
    for place in range(n_asset):
        mine = np.array([price for at, price, _ in said if at == place])
        held = np.array([weight for at, _, weight in said if at == place])
        prices[place] = np.average(mine, weights=held if np.sum(held) > 0.0 else None)
        spread[place] = np.max(np.abs(mine / prices[place] - 1.0))
    return frozen(prices), frozen(spread)

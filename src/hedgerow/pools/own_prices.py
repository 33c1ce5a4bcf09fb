"""Prices that a pool itself quotes, full price vectors from the few that a market gives, and what a share is part of.

At the margin a pool gives tokens for one another in the ratio of the derivatives of its invariant. So two prices in one
pool are never both free: one of them, from outside, and the pool's own ratios give all.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import InputError, NumeraireError
from hedgerow.market import (
    BalancerStablePool,
    BalancerWeightedPool,
    PoolStorage,
    SharedPool,
    UniswapV2Pool,
    UniswapV3Pool,
    UniswapV4Pool,
)
from hedgerow.market.pool_price import relative_price as relative_price
from hedgerow.pools.aliases import WRAPPED, Alias, standing_for
from hedgerow.pools.curves import curve_of
from hedgerow.pools.exact import balancer_stable, balancer_weighted
from hedgerow.pools.exact.uniswap_v2 import protocol_shares

CURRENCIES: Final = ("USD", "EUR", "GBP", "JPY", "CHF", "USDC", "USDT", "DAI")
"""Tickers that are told apart from the same letters in another case."""


def own_prices(pool: PoolStorage) -> Float64[np.ndarray, " n_token"]:
    """Return the prices at which a pool stands, without its fee, in its own first token.

    Parameters
    ----------
    pool : PoolStorage
        The pool.

    Returns
    -------
    ndarray of shape (n_token,)
        Prices of the tokens, the first of which is one. [token0 per token]

    Raises
    ------
    InputError
        If a balance is zero, or no invariant goes through the balances.

    References
    ----------
    Adams et al. (2021), Uniswap v3 core whitepaper, section 6.1; for shared pools as at their curves' ``spot_prices``.
    """
    if isinstance(pool, UniswapV3Pool | UniswapV4Pool):
        price = relative_price(pool)
        return frozen(np.array([1.0, 1.0 / price]))
    return frozen(curve_of(pool).spot_prices())


def holdings(pool: SharedPool) -> Float64[np.ndarray, " n_token"]:
    """Return what a pool holds, in whole tokens.

    Parameters
    ----------
    pool : SharedPool
        The pool.

    Returns
    -------
    ndarray of shape (n_token,)
        Balances, rounded once. [tokens]

    Raises
    ------
    InputError
        If a balance is not positive.

    References
    ----------
    Definition of decimals: ERC-20, decimals().
    """
    balances = (pool.reserve0, pool.reserve1) if isinstance(pool, UniswapV2Pool) else pool.balances
    if len(balances) != len(pool.tokens):
        raise InputError(f"{pool.name}: {len(balances)} balances of {len(pool.tokens)} tokens", "give one for each")
    if min(balances) <= 0:
        raise InputError(f"{pool.name}: a balance is zero", "an empty pool quotes no price")
    return np.array([raw / 10**one.decimals for raw, one in zip(balances, pool.tokens, strict=True)])


def pool_prices(pool: PoolStorage, known: Mapping[str, float], numeraire: str) -> Float64[np.ndarray, " n_token"]:
    """Complete the prices that a market gives with the ratios at which the pool stands.

    Parameters
    ----------
    pool : PoolStorage
        The pool.
    known : mapping of str to float
        Prices of tokens, by symbol; of one token or more, unless the numeraire is a token of the pool. A token that it
        lacks gets the pool's own price against the first token of the pool that has one. [numeraire per token]
    numeraire : str
        In what prices are counted: ``USD``, a token of the pool, or another currency.

    Returns
    -------
    ndarray of shape (n_token,)
        Prices of all tokens, in the contract's order. [numeraire per token]

    Raises
    ------
    InputError
        If no token has a price, or a price is not positive and finite.
    NumeraireError
        As ``check_prices``.

    References
    ----------
    As ``own_prices``.
    """
    symbols = [token.symbol for token in pool.tokens]
    given = {str(symbol): float(known[symbol]) for symbol in symbols if symbol in known}
    for symbol in symbols:
        rate = _rate_in(symbol, numeraire, WRAPPED)
        if rate is not None:
            given.setdefault(symbol, rate)
    if not given:
        raise InputError(f"{pool.name}: no price in {numeraire} of {', '.join(symbols)}", "give that of one of them")
    if len(given) < len(symbols):
        own = own_prices(pool)
        first = next(i for i, symbol in enumerate(symbols) if symbol in given)
        unit = given[symbols[first]] / own[first]
        given = {symbol: unit * float(own[i]) for i, symbol in enumerate(symbols)} | given
    prices = np.array([given[symbol] for symbol in symbols])
    check_prices(symbols, prices, numeraire)
    return frozen(prices)


def check_prices(
    symbols: Sequence[str],
    prices: Float64[np.ndarray, " n_token"],
    numeraire: str,
    *,
    wrapped: Mapping[str, Alias] = WRAPPED,
) -> None:
    """Refuse prices at which nothing can be valued.

    Parameters
    ----------
    symbols : sequence of str
        Tokens of the pool.
    prices : ndarray of shape (n_token,)
        Their prices. [numeraire per token]
    numeraire : str
        In what they are counted.
    wrapped : mapping of str to Alias
        Tokens that are redeemed for an asset: of the numeraire, they cost their rate. [asset per token]

    Raises
    ------
    InputError
        If there is not one for each token, or one is not positive and finite.
    NumeraireError
        If the numeraire is a token of the pool, or one of them is redeemed for it, and its price is not its rate; or
        if the numeraire is a currency in the wrong case.
    """
    _check_numeraire(symbols, numeraire)
    if len(prices) != len(symbols):
        raise InputError(f"{len(prices)} prices for {', '.join(symbols)}", "give one for each token, in this order")
    for symbol, price in zip(symbols, prices, strict=True):
        if not 0.0 < price < math.inf:
            raise InputError(f"a price of {price:g} for {symbol}", "prices are positive and finite")
        rate = _rate_in(symbol, numeraire, wrapped)
        if rate is not None and price != rate:
            raise NumeraireError(
                f"a price of {price:g} {numeraire} for {symbol}",
                f"prices in {numeraire} make that of {symbol} {rate:g}: count all of them in {numeraire}",
            )


def _rate_in(symbol: str, numeraire: str, wrapped: Mapping[str, Alias]) -> float | None:
    """What a token costs in the numeraire if both are redeemed for the same asset."""
    mine, other = standing_for(symbol, wrapped), standing_for(numeraire, wrapped)
    return mine.rate / other.rate if mine.asset == other.asset else None


def _check_numeraire(symbols: Sequence[str], numeraire: str) -> None:
    """Refuse a currency in the wrong case: it would be one that nothing is priced in."""
    for known in (*symbols, *CURRENCIES, *WRAPPED, *(alias.asset for alias in WRAPPED.values())):
        if numeraire not in symbols and known != numeraire and known.lower() == numeraire.lower():
            raise NumeraireError(f"a numeraire {numeraire!r}", f"currencies are exact tickers: write {known}")


def paying_supply(pool: SharedPool) -> int:
    """Return of how many liquidity tokens a share is part when it is burned.

    A Uniswap v2 pair whose protocol fee is on mints the protocol's tokens at the beginning of every burn: a sixth of
    the growth of the root of k since the last mint or burn.

    Parameters
    ----------
    pool : SharedPool
        The pool.

    Returns
    -------
    int
        Total supply, with the pending mint. [smallest units]

    Raises
    ------
    InputError
        If nobody holds any.

    References
    ----------
    Adams, Zinsmeister, Robinson (2020), Uniswap v2 core whitepaper, section 2.4, eq. 6.
    """
    if pool.total_supply <= 0:
        raise InputError(f"{pool.name}: a total supply of {pool.total_supply}", "the pool is empty")
    return pool.total_supply + (protocol_shares(pool) if isinstance(pool, UniswapV2Pool) else 0)


def paying_pool(pool: SharedPool) -> SharedPool:
    """Return a pool as a burn finds it: what it owes the protocol is minted or paid first.

    Parameters
    ----------
    pool : SharedPool
        The pool.

    Returns
    -------
    SharedPool
        With the supply and the balances of which a share is part. [smallest units]

    Raises
    ------
    InputError
        If nobody holds a share.

    References
    ----------
    Uniswap v2-core, UniswapV2Pair.sol, _mintFee; Balancer v2, WeightedPool.sol and StablePool.sol,
    _getDueProtocolFeeAmounts.
    """
    supply = paying_supply(pool)
    if isinstance(pool, UniswapV2Pool):
        return msgspec.structs.replace(pool, total_supply=supply, k_last=0)
    if isinstance(pool, BalancerWeightedPool | BalancerStablePool):
        due = (
            balancer_weighted.due_fees(pool)
            if isinstance(pool, BalancerWeightedPool)
            else balancer_stable.due_fees(pool)
        )
        units = [10 ** (18 - token.decimals) for token in pool.tokens]
        kept = tuple(own - owed // unit for own, owed, unit in zip(pool.balances, due, units, strict=True))
        return msgspec.structs.replace(pool, balances=kept, last_invariant=0)
    return pool

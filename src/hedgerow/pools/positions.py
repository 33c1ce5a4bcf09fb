"""Liquidity positions of any pool at external prices: value, delta, gamma, speed and uncollected fees.

The prices come from outside, because the pool's own price may be stale within its fee: a position is worth what it
pays after arbitrage has brought the pool to the market. What a burn would pay right now stands beside it; it is worth
no less, and the difference is what arbitrageurs are about to take.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedgerow.core.arrays import Bool, Float64, frozen
from hedgerow.core.ids import Currency, PoolName
from hedgerow.instruments import PoolPosition, PoolShare, RangePosition
from hedgerow.market import ConcentratedPool, PoolStorage, SharedPool, UniswapV3Pool, UniswapV4Pool
from hedgerow.pools.curve import CurvePoint
from hedgerow.pools.curves import curve_of
from hedgerow.pools.exact.ranges import check_tick
from hedgerow.pools.exact.shares import check_kind, checked_share
from hedgerow.pools.own_prices import check_prices, holdings, paying_pool, relative_price
from hedgerow.pools.range_book import RangeBook, range_book, whole_tokens
from hedgerow.pools.range_curve import in_prices


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolGreeks:
    """Positions in one pool at external prices of its tokens, in whole tokens.

    Parameters
    ----------
    pool : str
        The pool's name.
    numeraire : str
        In what values are counted.
    names : tuple of str
        Names of the positions.
    symbols : tuple of str
        Tokens of the pool, in the contract's order.
    prices : ndarray of shape (n_token,)
        Prices at which everything is valued. [numeraire per token]
    value : ndarray of shape (n_position,)
        What a burn and a collect would pay once arbitrage has brought the pool to these prices. [numeraire]
    amounts : ndarray of shape (n_position, n_token)
        Tokens of that burn, without fees. [tokens]
    gamma : ndarray of shape (n_position, n_token, n_token)
        Derivatives of the amounts in the prices; fees have none. [tokens per unit of price]
    speed : ndarray of shape (n_position, n_token)
        Third derivative of the value in a token's own price. [tokens per unit of price²]
    fees : ndarray of shape (n_position, n_token)
        Uncollected fees; zero where they accrue in the pool. [tokens]
    fees_known : ndarray of shape (n_position,)
        False where nobody said up to where fees were settled; they count as zero there. [bool]
    amounts_now : ndarray of shape (n_position, n_token)
        Tokens that a burn pays at the pool's own price, stale or not, without fees. [tokens]
    """

    pool: PoolName
    numeraire: Currency
    names: tuple[str, ...]
    symbols: tuple[Currency, ...]
    prices: Float64[np.ndarray, " n_token"]
    value: Float64[np.ndarray, " n_position"]
    amounts: Float64[np.ndarray, "n_position n_token"]
    gamma: Float64[np.ndarray, "n_position n_token n_token"]
    speed: Float64[np.ndarray, "n_position n_token"]
    fees: Float64[np.ndarray, "n_position n_token"]
    fees_known: Bool[np.ndarray, " n_position"]
    amounts_now: Float64[np.ndarray, "n_position n_token"]

    @property
    def delta(self) -> Float64[np.ndarray, "n_position n_token"]:
        """Exposure to each token: the tokens of a burn and the uncollected fees. [tokens]"""
        return np.asarray(self.amounts + self.fees)

    @property
    def value_now(self) -> Float64[np.ndarray, " n_position"]:
        """What a burn and a collect pay at the pool's own price, valued at the external ones. [numeraire]"""
        return np.asarray((self.amounts_now + self.fees) @ self.prices)

    @property
    def stale_gap(self) -> Float64[np.ndarray, " n_position"]:
        """How much more the positions pay now than after arbitrage, never negative but for rounding. [numeraire]"""
        return np.asarray(self.value_now - self.value)


def position_greeks(
    pool: PoolStorage,
    positions: Sequence[PoolPosition],
    prices: Float64[np.ndarray, " n_token"],
    numeraire: str,
) -> PoolGreeks:
    """Value positions of one pool at external prices.

    Parameters
    ----------
    pool : PoolStorage
        The pool.
    positions : sequence of PoolPosition
        Ranges of a concentrated pool, shares of any other.
    prices : ndarray of shape (n_token,)
        Prices of the pool's tokens, in the contract's order; see ``pool_prices``. [numeraire per token]
    numeraire : str
        In what values are counted: a token of the pool, whose price is one then, or another currency.

    Returns
    -------
    PoolGreeks
        Value, amounts, gamma, speed and fees. [as its fields]

    Raises
    ------
    InputError
        If a position is not of this pool or of its kind, or a price is not positive and finite.
    NumeraireError
        If the numeraire is a token of the pool whose price is not one.

    References
    ----------
    Envelope theorem on V(p) = min p·x over the pool's invariant: Angeris, Evans, Chitra (2021), Replicating Market
    Makers, section 2; the curve of each kind in its own module.
    """
    check_prices([token.symbol for token in pool.tokens], prices, numeraire)
    for held in positions:
        check_kind(pool, held)
    if isinstance(pool, UniswapV3Pool | UniswapV4Pool):
        ranges = [one for one in positions if isinstance(one, RangePosition)]
        return book_greeks(range_book(pool, ranges), pool, prices, numeraire)
    shares = [one for one in positions if isinstance(one, PoolShare)]
    return _share_greeks(pool, shares, prices, numeraire)


def book_greeks(
    book: RangeBook, pool: ConcentratedPool, prices: Float64[np.ndarray, " n_token"], numeraire: str
) -> PoolGreeks:
    """Value ranges that were laid out before, at a later block or other prices.

    Parameters
    ----------
    book : RangeBook
        Ranges of the pool.
    pool : ConcentratedPool
        The pool at the block.
    prices : ndarray of shape (n_token,)
        Prices of its tokens. [numeraire per token]
    numeraire : str
        In what values are counted.

    Returns
    -------
    PoolGreeks
        As ``position_greeks`` gives. [as its fields]

    Raises
    ------
    InputError
        If a price is not positive and finite, the pool's tick is not that of its price, or a hook may change amounts.
    MarketDataError
        If an edge of a range with a checkpoint was not read.

    References
    ----------
    As ``position_greeks``.
    """
    check_prices([token.symbol for token in pool.tokens], prices, numeraire)
    everywhere = np.broadcast_to(prices, (len(book.positions), 2))
    point = in_prices(book.columns.at(float(prices[0] / prices[1])), everywhere)
    check_tick(pool)
    own = book.columns.at(relative_price(pool))
    fees = whole_tokens(book.fees(pool), pool)
    now = np.stack((own.delta, own.amount1), axis=1)
    return _greeks(pool, book.positions, prices, numeraire, point, now, fees, book.fees_known)


def _share_greeks(
    pool: SharedPool, positions: Sequence[PoolShare], prices: Float64[np.ndarray, " n_token"], numeraire: str
) -> PoolGreeks:
    """Shares of a whole pool."""
    paying = paying_pool(pool)
    whole = curve_of(paying).at(np.array(prices)[None, :])
    share = np.array([checked_share(pool, one, pool.total_supply) / paying.total_supply for one in positions])
    point = CurvePoint(
        value=share * whole.value,
        amounts=share[:, None] * whole.amounts,
        gamma=share[:, None, None] * whole.gamma,
        speed=share[:, None] * whole.speed,
    )
    now = share[:, None] * holdings(paying)
    return _greeks(
        pool, positions, prices, numeraire, point, now, np.zeros_like(now), np.ones(len(positions), dtype=np.bool_)
    )


def _greeks(
    pool: PoolStorage,
    positions: Sequence[PoolPosition],
    prices: Float64[np.ndarray, " n_token"],
    numeraire: str,
    point: CurvePoint,
    now: Float64[np.ndarray, "n_position n_token"],
    fees: Float64[np.ndarray, "n_position n_token"],
    known: Bool[np.ndarray, " n_position"],
) -> PoolGreeks:
    """Put the parts together, fees into the value."""
    return PoolGreeks(
        pool=pool.name,
        numeraire=Currency(numeraire),
        names=tuple(one.name for one in positions),
        symbols=tuple(token.symbol for token in pool.tokens),
        prices=frozen(np.array(prices)),
        value=frozen(point.value + fees @ prices),
        amounts=frozen(point.amounts),
        gamma=frozen(point.gamma),
        speed=frozen(point.speed),
        fees=frozen(fees),
        fees_known=known,
        amounts_now=frozen(now),
    )

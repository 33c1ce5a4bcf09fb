"""Many ranges of one pool, laid out once and followed from block to block, with fees to the unit.

What does not change with the pool is done at the beginning: ticks are checked, edge prices and roots taken. A block
then costs one pass of compiled code, one fee growth for each pair of edges, and a few operations on whole numbers for
each position: the same numbers as one ``preview_collect`` after another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgerow.core.arrays import Bool, Float64, Int64, frozen
from hedgerow.instruments import FeeCheckpoint, RangePosition
from hedgerow.market import ConcentratedPool, UniswapV4Pool
from hedgerow.pools.exact import uniswap_v4
from hedgerow.pools.exact.ranges import check_range, check_tick, growth_inside
from hedgerow.pools.exact.shares import check_home
from hedgerow.pools.range_curve import RangeColumns, range_columns

_UNKNOWN = FeeCheckpoint(growth_inside0_x128=0, growth_inside1_x128=0)
_MASK128 = 2**128 - 1
_MASK256 = 2**256 - 1
_V4_FEES_BELOW = 2**127


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeBook:
    """Ranges of one pool, ready to be valued at any of its blocks; ``range_book`` makes it.

    Parameters
    ----------
    positions : tuple of RangePosition
        The ranges.
    columns : RangeColumns
        The same in whole tokens.
    pairs : tuple of (int, int)
        Edges that occur. [ticks]
    pair_of : ndarray of shape (n_position,)
        Number of each range's edges among them. [0-based]
    liquidity : ndarray of shape (n_position,)
        Exact, as Python integers. [raw liquidity units]
    since, owed : ndarray of shape (2, n_position)
        Checkpoints by token, as Python integers. [smallest units per liquidity · 2^128], [smallest units]
    fees_known : ndarray of shape (n_position,)
        False where a range has no checkpoint. [bool]
    """

    positions: tuple[RangePosition, ...]
    columns: RangeColumns
    pairs: tuple[tuple[int, int], ...]
    pair_of: Int64[np.ndarray, " n_position"]
    liquidity: Any
    since: Any
    owed: Any
    fees_known: Bool[np.ndarray, " n_position"]

    def fees(self, pool: ConcentratedPool) -> Any:
        """Return the uncollected fees at a block, exactly.

        Parameters
        ----------
        pool : ConcentratedPool
            The pool at the block.

        Returns
        -------
        ndarray of shape (n_position, 2)
            Python integers; zero where a range has no checkpoint. [smallest units]

        Raises
        ------
        InputError
            If a v4 pool's hooks may change amounts, or fees do not fit into the contract's words.
        MarketDataError
            If an edge of a range with a checkpoint was not read.

        References
        ----------
        Uniswap v3-core, Position.sol, update; v4-core, Position.sol, update.
        """
        if isinstance(pool, UniswapV4Pool):
            uniswap_v4.check_pool(pool)
        inside = np.zeros((len(self.pairs), 2), dtype=object)
        for pair in np.unique(self.pair_of[self.fees_known]):
            inside[pair] = growth_inside(pool, *self.pairs[pair])
        fees = np.zeros((len(self.positions), 2), dtype=object)
        for token in range(2):
            grown = (inside[self.pair_of, token] - self.since[token]) & _MASK256
            fees[:, token] = (self.owed[token] + (grown * self.liquidity >> 128)) * self.fees_known
        if isinstance(pool, UniswapV4Pool):
            for wrong in np.flatnonzero(np.any(fees >= _V4_FEES_BELOW, axis=1)):
                uniswap_v4.preview_collect(pool, self.positions[wrong])
            return fees
        return fees & _MASK128


def range_book(pool: ConcentratedPool, positions: Sequence[RangePosition]) -> RangeBook:
    """Lay ranges of one pool out.

    Parameters
    ----------
    pool : ConcentratedPool
        The pool, at any block: tokens and tick spacing are used.
    positions : sequence of RangePosition
        Its ranges.

    Returns
    -------
    RangeBook
        The ranges. [as its fields]

    Raises
    ------
    InputError
        If a range is in another pool, or off the pool's ticks; if the pool's tick is not that of its price, or its hook
        may change amounts.
    """
    if isinstance(pool, UniswapV4Pool):
        uniswap_v4.check_pool(pool)
    check_tick(pool)
    for one in positions:
        check_home(pool, one)
    edges = [(one.tick_lower, one.tick_upper) for one in positions]
    number = {pair: i for i, pair in enumerate(dict.fromkeys(edges))}
    for pair in number:
        check_range(pool, *pair)
    marks = [one.fees or _UNKNOWN for one in positions]
    columns = range_columns(
        [one.liquidity for one in positions],
        [lower for lower, _ in edges],
        [upper for _, upper in edges],
        decimals0=pool.tokens[0].decimals,
        decimals1=pool.tokens[1].decimals,
    )
    return RangeBook(
        positions=tuple(positions),
        columns=columns,
        pairs=tuple(number),
        pair_of=frozen(np.array([number[pair] for pair in edges], dtype=np.int64)),
        liquidity=_exact([one.liquidity for one in positions]),
        since=(
            _exact([mark.growth_inside0_x128 for mark in marks]),
            _exact([mark.growth_inside1_x128 for mark in marks]),
        ),
        owed=(_exact([mark.owed0 for mark in marks]), _exact([mark.owed1 for mark in marks])),
        fees_known=frozen(np.array([one.fees is not None for one in positions], dtype=np.bool_)),
    )


def _exact(numbers: Sequence[int]) -> Any:
    """Python integers as an array of objects."""
    column = np.empty(len(numbers), dtype=object)
    column[:] = numbers
    return frozen(column)


def whole_tokens(raw: Any, pool: ConcentratedPool) -> Float64[np.ndarray, "n_position 2"]:
    """Return whole numbers of smallest units as whole tokens.

    Parameters
    ----------
    raw : ndarray of shape (n_position, 2)
        Python integers. [smallest units]
    pool : ConcentratedPool
        The decimals.

    Returns
    -------
    ndarray of shape (n_position, 2)
        Rounded once. [tokens]

    References
    ----------
    Definition of decimals: ERC-20, decimals().
    """
    units = np.array([10**token.decimals for token in pool.tokens], dtype=object)
    return np.asarray(raw / units, dtype=np.float64)

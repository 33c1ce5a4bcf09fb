"""Uncollected fees of many ranges in floats, a block in a pass: whole words are subtracted, and only the rest rounded.

``RangeBook.fees`` has the same to the unit, one whole number after the other. Here growth lies in columns of 64 bits,
four to a word of the contract, and the difference wraps around as the contract's does; what is left is as exact as a
float is, and less than one smallest unit above what the contract pays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from hedgerow.core.arrays import Float64, Int64, frozen
from hedgerow.core.errors import DataFault, MarketDataError
from hedgerow.market import ConcentratedPool, UniswapV4Pool
from hedgerow.pools.exact import uniswap_v4
from hedgerow.pools.exact.integers import MASK256
from hedgerow.pools.range_book import RangeBook

_PARTS: Final = 4
_WEIGHTS: Final = 2.0 ** (64.0 * np.arange(_PARTS) - 128.0)
"""Of the columns, lowest first, where growth is in units of 2^-128."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeColumns:
    """Checkpoints of ranges as columns; ``fee_columns`` makes them.

    Parameters
    ----------
    edges : tuple of int
        Ticks at which a range with a checkpoint begins or ends. [ticks]
    rows : ndarray of shape (n_known,)
        Numbers of the ranges that have a checkpoint. [0-based]
    lower, upper : ndarray of shape (n_known,)
        Numbers of their edges. [0-based]
    since : ndarray of shape (2, 4, n_known)
        Growth at their checkpoints by token, 64 bits to a column. [smallest units per liquidity · 2^128]
    liquidity : ndarray of shape (n_known,)
        Liquidity. [raw liquidity units]
    owed : ndarray of shape (n_position, 2)
        Settled but not collected. [smallest units]
    """

    edges: tuple[int, ...]
    rows: Int64[np.ndarray, " n_known"]
    lower: Int64[np.ndarray, " n_known"]
    upper: Int64[np.ndarray, " n_known"]
    since: Any
    liquidity: Float64[np.ndarray, " n_known"]
    owed: Float64[np.ndarray, "n_position 2"]

    def at(self, pool: ConcentratedPool) -> Float64[np.ndarray, "n_position 2"]:
        """Return the uncollected fees at a block.

        Parameters
        ----------
        pool : ConcentratedPool
            The pool at the block.

        Returns
        -------
        ndarray of shape (n_position, 2)
            In whole tokens; zero where a range has no checkpoint. [tokens]

        Raises
        ------
        InputError
            If a v4 pool's hooks may change amounts.
        MarketDataError
            If an edge of a range with a checkpoint was not read.

        References
        ----------
        Uniswap v3-core, Tick.sol, getFeeGrowthInside, and Position.sol, update; v4-core, Position.sol, update.
        """
        if isinstance(pool, UniswapV4Pool):
            uniswap_v4.check_pool(pool)
        below = [self._below(pool, tick) for tick in self.edges]
        fees = self.owed.copy()
        for token in range(2):
            under = words([pair[token] for pair in below])
            # growth inside a range is growth below its upper edge less growth below its lower one
            grown = minus(minus(under[:, self.upper], under[:, self.lower]), self.since[token])
            fees[self.rows, token] += self.liquidity * (_WEIGHTS @ grown)
            fees[:, token] /= 10.0 ** pool.tokens[token].decimals
        return fees

    def _below(self, pool: ConcentratedPool, tick: int) -> tuple[int, int]:
        """Fees per liquidity that grew below a tick."""
        info = pool.ticks.get(tick)
        if info is None:
            raise MarketDataError(
                pool.name,
                DataFault.MISSING,
                f"tick {tick} is not among those that were read",
                "read the ticks at the edges of the positions",
            )
        outside0, outside1 = info.fee_growth_outside0_x128, info.fee_growth_outside1_x128
        if tick <= pool.tick:
            return outside0, outside1
        return pool.fee_growth_global0_x128 - outside0 & MASK256, pool.fee_growth_global1_x128 - outside1 & MASK256


def fee_columns(book: RangeBook) -> FeeColumns:
    """Lay the checkpoints of ranges out.

    Parameters
    ----------
    book : RangeBook
        The ranges.

    Returns
    -------
    FeeColumns
        Those that have a checkpoint. [as its fields]

    References
    ----------
    Uniswap v3-core, Position.sol, update: fees are growth inside since the checkpoint times liquidity.
    """
    rows = np.flatnonzero(book.fees_known)
    held = [book.positions[row] for row in rows.tolist()]
    edges = sorted({tick for one in held for tick in (one.tick_lower, one.tick_upper)})
    number = {tick: i for i, tick in enumerate(edges)}
    return FeeColumns(
        edges=tuple(edges),
        rows=frozen(rows.astype(np.int64)),
        lower=frozen(np.array([number[one.tick_lower] for one in held], dtype=np.int64)),
        upper=frozen(np.array([number[one.tick_upper] for one in held], dtype=np.int64)),
        since=frozen(np.stack([words(list(book.since[token][rows])) for token in range(2)])),
        liquidity=frozen(np.array([float(one.liquidity) for one in held])),
        owed=frozen(np.stack([book.owed[token] for token in range(2)], axis=1).astype(np.float64)),
    )


def words(values: Sequence[int]) -> Any:
    """Return unsigned words as columns of 64 bits, the lowest first.

    Parameters
    ----------
    values : sequence of int
        From 0 to below 2^256. [any]

    Returns
    -------
    ndarray of shape (4, n)
        Unsigned 64-bit parts. [2^0, 2^64, 2^128, 2^192]

    References
    ----------
    Positional notation in base 2^64.
    """
    raw = b"".join([value.to_bytes(32, "little") for value in values])
    return np.frombuffer(raw, dtype="<u8").reshape(-1, _PARTS).T.astype(np.uint64, order="C")


def minus(first: Any, second: Any) -> Any:
    """Subtract columns of words as the contracts' machine does.

    Parameters
    ----------
    first, second : ndarray of shape (4, n)
        Words in parts. [any]

    Returns
    -------
    ndarray of shape (4, n)
        The difference modulo 2^256. [any]

    References
    ----------
    Solidity, unchecked arithmetic of unsigned integers; subtraction with borrow.
    """
    out = np.empty_like(first)
    borrow = np.zeros(first.shape[1], dtype=np.uint64)
    for part in range(_PARTS):
        rest = first[part] - second[part]
        out[part] = rest - borrow
        borrow = ((first[part] < second[part]) | (rest < borrow)).astype(np.uint64)
    return out

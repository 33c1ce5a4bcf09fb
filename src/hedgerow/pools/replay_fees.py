"""Fees of many positions from a replayed history, all at once, in whole numbers."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64, Shaped

from hedgerow.core.arrays import frozen
from hedgerow.core.errors import InputError
from hedgerow.market.pool_states import ConcentratedPool
from hedgerow.pools.exact.integers import MASK256
from hedgerow.pools.exact.ranges import check_range
from hedgerow.pools.replay import EdgeHistory, PoolReplay


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRanges:
    """Positions, and how long each is held.

    Parameters
    ----------
    tick_lower, tick_upper : ndarray of shape (n_position,)
        Edges. [ticks]
    liquidity : ndarray of shape (n_position,)
        Python integers: 128 bits are more than an array's own. [raw liquidity units]
    from_row, to_row : ndarray of shape (n_position,)
        A position earns from the first of these rows to before the second; one that is minted in row r earns from row
        r + 1. [rows]
    in_pool : ndarray of shape (n_position,)
        True if the position is part of the pool's liquidity, False if it is virtual and dilutes nobody.
    """

    tick_lower: Int64[np.ndarray, "n_position"]
    tick_upper: Int64[np.ndarray, "n_position"]
    liquidity: Shaped[np.ndarray, "n_position"]
    from_row: Int64[np.ndarray, "n_position"]
    to_row: Int64[np.ndarray, "n_position"]
    in_pool: Bool[np.ndarray, "n_position"]

    def edges(self) -> list[int]:
        """Every tick at which one of them begins or ends.

        Returns
        -------
        list of int
            Ticks, ascending, each once. [ticks]
        """
        return [int(tick) for tick in np.unique(np.concatenate([self.tick_lower, self.tick_upper]))]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedFees:
    """Uncollected fees of positions that never collect, in Python integers.

    Parameters
    ----------
    rows : ndarray of shape (n_row,)
        Before which row of the history. [rows]
    amounts0, amounts1 : ndarray of shape (n_row, n_position)
        Fees in each token. [smallest units]
    """

    rows: Int64[np.ndarray, "n_row"]
    amounts0: Shaped[np.ndarray, "n_row n_position"]
    amounts1: Shaped[np.ndarray, "n_row n_position"]


def check_held(pool: ConcentratedPool, held: HeldRanges, n_row: int) -> None:
    """Refuse positions that the pool cannot have, or rows that a history has not.

    Parameters
    ----------
    pool : ConcentratedPool
        The pool.
    held : HeldRanges
        Positions.
    n_row : int
        Events of the history. [count]

    Raises
    ------
    InputError
        If one is off the tick spacing, has no liquidity, or is held over rows that do not exist.
    """
    for row in range(held.liquidity.size):
        check_range(pool, int(held.tick_lower[row]), int(held.tick_upper[row]))
        if not 0 < held.liquidity[row] < 1 << 128:
            raise InputError(f"position {row}: a liquidity of {held.liquidity[row]}", "give a positive uint128")
        if not 0 <= held.from_row[row] <= held.to_row[row] <= n_row:
            raise InputError(
                f"position {row}: held from row {held.from_row[row]} to {held.to_row[row]}",
                f"give rows from 0 to {n_row}, in order",
            )


def fees_of(replay: PoolReplay, held: HeldRanges, rows: Int64[np.ndarray, "n_row"]) -> ReplayedFees:
    """What positions are owed at some rows.

    Parameters
    ----------
    replay : PoolReplay
        A history whose watched edges hold ``held.edges()``.
    held : HeldRanges
        Positions.
    rows : ndarray of shape (n_row,)
        Before which rows; the number of events for the end. [rows]

    Returns
    -------
    ReplayedFees
        What collecting there for the first time would pay. [as its fields]

    Raises
    ------
    InputError
        If a position or a row is none of the history's, an edge was not watched, or a position that is said to be in
        the pool is not.

    References
    ----------
    Uniswap v3-core, Tick.sol, getFeeGrowthInside, and Position.sol, update.
    """
    check_held(replay.pool, held, replay.n_row)
    if rows.size and not 0 <= rows.min() <= rows.max() <= replay.n_row:
        raise InputError(f"rows {rows.min()} to {rows.max()}", f"give rows from 0 to {replay.n_row}")
    edges = held.edges()
    missing = [tick for tick in edges if tick not in replay.edges]
    if missing:
        raise InputError(f"tick {missing[0]} was not watched", "replay with the edges of the positions")
    _check_in_pool(replay, held)
    # each position sees a row as one between its first and its last
    seen = np.clip(rows[:, None], held.from_row[None, :], held.to_row[None, :])
    moments = np.unique(np.concatenate([seen.ravel(), held.from_row]))
    at, since = np.searchsorted(moments, seen), np.searchsorted(moments, held.from_row)
    lower, upper = np.searchsorted(edges, held.tick_lower), np.searchsorted(edges, held.tick_upper)
    amounts = []
    for token in (0, 1):
        below = _growth_below(replay, edges, moments, token)
        first = below[since, upper] - below[since, lower]
        earned = (below[at, upper[None, :]] - below[at, lower[None, :]] - first[None, :]) & MASK256
        amounts.append(frozen(earned * held.liquidity[None, :] >> 128))
    return ReplayedFees(rows=rows, amounts0=amounts[0], amounts1=amounts[1])


def _growth_below(
    replay: PoolReplay, edges: list[int], moments: Int64[np.ndarray, "n_moment"], token: int
) -> Shaped[np.ndarray, "n_moment n_edge"]:
    """Growth below each edge at each moment; growth inside a range is the difference of its edges'."""
    everywhere = np.array(replay.growth1 if token else replay.growth0, dtype=object)[moments]
    ticks = np.array(replay.ticks, dtype=np.int64)[moments]
    below = np.empty((moments.size, len(edges)), dtype=object)
    for column, tick in enumerate(edges):
        edge = replay.edges[tick]
        outside = np.array(edge.outside1 if token else edge.outside0, dtype=object)
        outside = outside[np.searchsorted(edge.rows, moments, side="right") - 1]
        below[:, column] = np.where(ticks >= tick, outside, everywhere - outside)
    return below


def _check_in_pool(replay: PoolReplay, held: HeldRanges) -> None:
    """A position in the pool's liquidity has edges that bear at least as much for as long as it is held."""
    for row in np.flatnonzero(held.in_pool):
        for tick in (int(held.tick_lower[row]), int(held.tick_upper[row])):
            least = _least_gross(replay.edges[tick], int(held.from_row[row]), int(held.to_row[row]))
            if least < held.liquidity[row]:
                raise InputError(
                    f"position {row}: tick {tick} bears a liquidity of {least} while it is held, less than its own",
                    "check its liquidity and its rows, or say that it is not in the pool",
                )


def _least_gross(edge: EdgeHistory, start: int, end: int) -> int:
    first, last = bisect_right(edge.gross_rows, start) - 1, bisect_left(edge.gross_rows, end)
    return min(edge.gross[first : max(last, first + 1)])

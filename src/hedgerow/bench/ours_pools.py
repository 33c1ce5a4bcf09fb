"""Hedgerow's own pools, in a process of their own: positions, quotes, fees, replays and blocks.

``python -m hedgerow.bench.ours_pools WORD DATA RESULT RUNS CALLS`` as for the peers: times the call that the word
names over the columns in DATA, keeps what the last one returned in RESULT, and prints one JSON object.
"""

import sys
from bisect import bisect_right
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hedgerow.bench.judging_pools import halves
from hedgerow.bench.pool_blocks import HEAD_TO_TARGET, ROUND_TRIP, time_blocks
from hedgerow.bench.pools_task import DECIMALS, NAME, numbers, pool_of
from hedgerow.bench.timing import Columns, Job, measure
from hedgerow.instruments import FeeCheckpoint, RangePosition
from hedgerow.pools.exact.integers import Q96
from hedgerow.pools.exact.swap_steps import tick_book
from hedgerow.pools.exact.uniswap_v3 import preview_burn, preview_collect, preview_swap, swap
from hedgerow.pools.fee_columns import fee_columns
from hedgerow.pools.history import SwapEvent
from hedgerow.pools.range_book import range_book
from hedgerow.pools.range_curve import RangePoints, range_columns
from hedgerow.pools.replay import replay_pool
from hedgerow.pools.replay_fees import HeldRanges, ReplayedFees, fees_of

_EVERY: Final = 50
"""Of the replay that also asks for fees on the way. [swaps]"""


def positions_of(columns: Columns) -> list[RangePosition]:
    """Make the positions of a task.

    Parameters
    ----------
    columns : dict of str to ndarray
        Their ticks and liquidity, and where the task has them their checkpoints. [as the task says]

    Returns
    -------
    list of RangePosition
        The positions. [as their fields]
    """
    held = numbers(columns["liquidity"])
    settled: list[FeeCheckpoint | None] = [None] * len(held)
    if "last0" in columns:
        last = zip(numbers(columns["last0"]), numbers(columns["last1"]), strict=True)
        settled = [FeeCheckpoint(growth_inside0_x128=one, growth_inside1_x128=other) for one, other in last]
    rows = zip(columns["tick_lower"].tolist(), columns["tick_upper"].tolist(), held, settled, strict=True)
    return [
        RangePosition(name="range", pool=NAME, liquidity=liquidity, tick_lower=lower, tick_upper=upper, fees=checkpoint)
        for lower, upper, liquidity, checkpoint in rows
    ]


def _ranges(how: str) -> Callable[[Columns], Job]:
    """Value, amounts, gamma and speed of all positions in floats."""

    def prepare(columns: Columns) -> Job:
        ranges = columns["tick_lower"].tolist(), columns["tick_upper"].tolist()
        held = numbers(columns["liquidity"])
        (root,) = numbers(columns["sqrt_price_x96"])
        price = (root / Q96) ** 2 * 10.0 ** (DECIMALS[0] - DECIMALS[1])

        def laid_out() -> Any:
            return range_columns(held, *ranges, decimals0=DECIMALS[0], decimals1=DECIMALS[1])

        kept = laid_out()
        calls: dict[str, tuple[Callable[[], RangePoints], str]] = {
            "compiled": (lambda: kept.at(price), "value, amounts, gamma, speed; columns kept"),
            "numpy": (lambda: kept.at_numpy(price), "value, amounts, gamma, speed; columns kept"),
            "compiled, from lists": (lambda: laid_out().at(price), "the same, columns made of lists in every call"),
        }
        call, what = calls[how]

        def column(points: RangePoints) -> NDArray[np.float64]:
            return np.array([points.value, points.delta, points.amount1, points.gamma])

        return Job(call, column, what)

    return prepare


def _amounts(columns: Columns) -> Job:
    """Ask what burning each position would pay, to the unit."""
    pool, held = pool_of(columns), positions_of(columns)

    def column(amounts: list[tuple[int, ...]]) -> NDArray[np.float64]:
        return np.array([halves([pair[token] for pair in amounts]) for token in (0, 1)])

    return Job(lambda: [preview_burn(pool, one) for one in held], column, "exact amounts, ticks cached")


def _fees(how: str) -> Callable[[Columns], Job]:
    """Ask for the uncollected fees of each position."""

    def prepare(columns: Columns) -> Job:
        pool, held = pool_of(columns), positions_of(columns)
        if how == "preview_collect":
            return Job(lambda: [preview_collect(pool, one) for one in held], _by_token, "exact, one after the other")
        book = range_book(pool, held)
        if how == "range_book":
            return Job(lambda: book.fees(pool), _by_token, "exact, laid out once")
        kept, units = fee_columns(book), [10.0**digits for digits in DECIMALS]
        return Job(lambda: kept.at(pool), lambda fees: _by_token(fees * units), "floats, laid out once")

    return prepare


def _by_token(fees: Any) -> NDArray[np.float64]:
    return np.array([[float(pair[token]) for pair in fees] for token in (0, 1)])


def _quotes(*, kept: bool) -> Callable[[Columns], Job]:
    """Ask what swaps would pay, to the unit."""

    def prepare(columns: Columns) -> Job:
        pool = pool_of(columns)
        book = tick_book(pool)
        asked = list(zip(columns["zero_for_one"].tolist(), numbers(columns["amount"]), strict=True))

        def call() -> list[tuple[int, int]]:
            if kept:
                swaps = (swap(pool, zero_for_one=down, amount=amount, book=book) for down, amount in asked)
                return [(one.amount_out, one.pool.tick) for one in swaps]
            # the previewed pool of a concentrated one is concentrated
            previews: Any = (preview_swap(pool, *((0, 1) if down else (1, 0)), amount) for down, amount in asked)
            return [(one.amount_out, one.pool.tick) for one in previews]

        def column(quotes: list[tuple[int, int]]) -> NDArray[np.float64]:
            start = bisect_right(book.ticks, pool.tick)
            crossed = [float(abs(bisect_right(book.ticks, tick) - start)) for _, tick in quotes]
            return np.vstack([halves([amount for amount, _ in quotes]), crossed])

        return Job(call, column, "exact swap and the pool after it" + (", ticks sorted once" if kept else ""))

    return prepare


def _replay(how: str) -> Callable[[Columns], Job]:
    """Replay a history, and ask for the fees of all strategies: at the end, or on the way too."""

    def prepare(columns: Columns) -> Job:
        pool, events = pool_of(columns), _events(columns)
        liquidity = np.array(numbers(columns["held"]), dtype=object)
        n = liquidity.size
        held = HeldRanges(
            tick_lower=columns["tick_lower"],
            tick_upper=columns["tick_upper"],
            liquidity=liquidity,
            from_row=np.zeros(n, dtype=np.int64),
            to_row=np.full(n, len(events), dtype=np.int64),
            in_pool=np.full(n, True),
        )
        step = {"replay": len(events), "replay, on the way": _EVERY, "replay, every swap": 1}[how]
        rows = np.arange(step, len(events) + 1, step, dtype=np.int64)

        def call() -> ReplayedFees:
            return fees_of(replay_pool(pool, events, held.edges()), held, rows)

        def column(fees: ReplayedFees) -> NDArray[np.float64]:
            return np.array([fees.amounts0[-1].astype(np.float64), fees.amounts1[-1].astype(np.float64)])

        return Job(call, column, f"exact, every swap held against its log; fees {_WHEN[how]}")

    return prepare


_WHEN: Final = {
    "replay": "at the end",
    "replay, on the way": f"after every {_EVERY} swaps",
    "replay, every swap": "after every swap",
}


def _events(columns: Columns) -> list[SwapEvent]:
    logged = (numbers(columns[name]) for name in ("paid", "taken", "price_after", "tick_after", "liquidity_after"))
    return [
        SwapEvent(
            amount0=paid if down else -taken,
            amount1=-taken if down else paid,
            sqrt_price_x96=price,
            tick=tick,
            liquidity=liquidity,
        )
        for down, paid, taken, price, tick, liquidity in zip(columns["zero_for_one"].tolist(), *logged, strict=True)
    ]


_JOBS: Final[dict[str, Callable[[Columns], Job]]] = {
    **{word: _ranges(word) for word in ("compiled", "numpy", "compiled, from lists")},
    "preview_burn": _amounts,
    **{word: _fees(word) for word in ("preview_collect", "range_book", "fee_columns")},
    "preview_swap": _quotes(kept=False),
    "swap, ticks kept": _quotes(kept=True),
    **{word: _replay(word) for word in _WHEN},
}


def main(words: list[str]) -> None:
    """Run what the words say, and print one JSON object.

    Parameters
    ----------
    words : list of str
        ``WORD DATA RESULT RUNS CALLS``.
    """
    if words[0] in (HEAD_TO_TARGET, ROUND_TRIP):
        time_blocks(words)
    else:
        measure(words, _JOBS)


if __name__ == "__main__":
    main(sys.argv[1:])

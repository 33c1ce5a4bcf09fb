"""Paths of a geometric Brownian motion, date by date: the fast road for studies of many paths."""

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import InputError
from hedgerow.pricing.paths import brownian_kernels
from hedgerow.pricing.paths.checks import LARGEST, positive_number, whole_number

_BLOCK_NUMBERS: Final = 1 << 17
"""Prices in a block: a megabyte."""
_MOST_STEPS: Final = 10_000_000


def brownian_blocks(
    *,
    spot: float,
    vol: float,
    years: float,
    steps: int,
    paths: int,
    seed: int,
    drift: float = 0.0,
    block: int | None = None,
) -> Iterator[Float64[np.ndarray, "n_date n_path"]]:
    """Simulate paths, in blocks, so that memory does not grow with their number.

    Path p depends on the dates and the seed alone: every path has a generator of its own.

    Parameters
    ----------
    spot, vol, years : float
        Price now, vol, length of the paths; all positive. [quote per coin], [fraction per root of a year], [years]
    steps : int
        Dates after the first, evenly spaced. [count]
    paths : int
        Paths in all. [count]
    seed : int
        Seed, zero or more: the same seed gives the same paths. [none]
    drift : float
        E[S_t] = S_0·exp(drift·t). [per year]
    block : int or None
        Paths per block; by default so many that a block takes a megabyte. [count]

    Yields
    ------
    ndarray of shape (n_date, n_path)
        Prices of consecutive paths, read-only; the first date is now. [quote per coin]

    Raises
    ------
    InputError
        If an argument is outside its domain.

    References
    ----------
    Glasserman (2003), "Monte Carlo Methods in Financial Engineering", eq. 3.22, doi 10.1007/978-0-387-21617-1: exact
    at the dates. Generators in ``brownian_kernels``.
    """
    numbers = {"spot": spot, "vol": vol, "years": years}
    spot, vol, years = (positive_number(name, value) for name, value in numbers.items())
    steps, paths = whole_number("steps", steps, 1), whole_number("paths", paths, 1)
    if steps > _MOST_STEPS:
        raise InputError(f"{steps:,} steps in one path", f"give at most {_MOST_STEPS:,}: one path must fit in memory")
    if not math.isfinite(drift):
        raise InputError(f"drift is {drift!r}", "give a finite number per year")
    # One word that belongs to the seed: neighbouring seeds have words that lie anywhere.
    word = np.random.SeedSequence(whole_number("seed", seed, 0)).generate_state(1, np.uint64)[0]
    size = max(_BLOCK_NUMBERS // steps, 1) if block is None else whole_number("block", block, 1)
    step = years / steps
    moves = (drift - 0.5 * vol * vol) * step, vol * math.sqrt(step)
    return _blocks(word, float(spot), moves, steps, paths, min(size, paths))


def _blocks(
    word: np.uint64, spot: float, moves: tuple[float, float], steps: int, paths: int, size: int
) -> Iterator[Float64[np.ndarray, "n_date n_path"]]:
    for offset in range(0, paths, size):
        prices = np.empty((steps + 1, min(size, paths - offset)))
        far = brownian_kernels.brownian_paths(word, offset, spot, *moves, prices)
        if not far + abs(math.log(spot)) < math.log(LARGEST):
            told = f"prices of paths {offset} to {offset + prices.shape[1]} leave the range of numbers"
            raise InputError(told, "lower the vol, the drift or the years")
        yield frozen(prices)

"""The tasks of ``hedgerow bench pools``: seeded positions, quotes and swaps in one Uniswap v3 pool of ETH and USDC.

What does not fit into 64 bits lies in the files as decimal text, so that every framework reads whole numbers.
"""

import math
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.arrays import Float64, Int64
from hedgerow.core.ids import Currency, PoolName
from hedgerow.market import UniswapV3Pool
from hedgerow.market.pool_states import PoolToken, TickInfo
from hedgerow.pools.exact.integers import MASK256, Q96
from hedgerow.pools.exact.ticks import sqrt_price_at_tick, tick_at_sqrt_price
from hedgerow.pools.exact.uniswap_v3 import swap

DECIMALS: Final = (18, 6)
SPACING: Final = 60
FEE_PIPS: Final = 3_000
PRICE: Final = 2_000.0
"""Of the pool. [USDC per ETH]"""

POSITIONS: Final = 100_000
QUOTES: Final = 2_000
RANGES: Final = 400
"""Of other people, in the pool that is asked for quotes. [count]"""

SWAPS: Final = 2_000
STRATEGIES: Final = 200
MANY_STRATEGIES: Final = 5_000

NAME: Final = PoolName("pool")

_SEED: Final = 20_241_122
_WIDEST: Final = 400
"""Of a range. [tick spacings]"""

_VALUES: Final = (1e4, 1e7)
"""Of positions: so large that a smallest unit of USDC is less than 1e-10 of them. [USDC]"""

_FULL: Final = 887_220
"""Last tick of the spacing: the full range."""

_BASE: Final = 10**19
"""Liquidity of a full range: 900 million USDC. [raw liquidity units]"""

_SMALLER: Final = 100
"""Other people's ranges are smaller than the positions by this factor. [pure]"""

_PAID: Final = (1e3, 1e7)
"""Swaps to quote. [USDC]"""

_GROWN: Final = (1 << 52, 1 << 40)
"""What grew at most since the checkpoints, by token. [smallest units per liquidity · 2^64]"""

_TOKENS: Final = tuple(
    PoolToken(symbol=Currency(symbol), decimals=digits)
    for symbol, digits in zip(("ETH", "USDC"), DECIMALS, strict=True)
)


def write_tasks(folder: Path) -> None:
    """Write the data of every task.

    Parameters
    ----------
    folder : Path
        Gets ``positions.npz``, ``fees.npz``, ``quotes.npz``, ``replay.npz`` and ``replay_many.npz``. [path]
    """
    np.savez(folder / "positions.npz", **positions(POSITIONS))
    np.savez(folder / "fees.npz", **fees(POSITIONS))
    np.savez(folder / "quotes.npz", **quotes(QUOTES))
    np.savez(folder / "replay.npz", **replay(SWAPS, STRATEGIES))
    np.savez(folder / "replay_many.npz", **replay(SWAPS, MANY_STRATEGIES))


def positions(n: int) -> dict[str, Any]:
    """Return ranges around the pool's price: some wide, some narrow, some out of range on either side.

    Parameters
    ----------
    n : int
        How many. [count]

    Returns
    -------
    dict of str to ndarray
        ``sqrt_price_x96`` and ``tick`` of the pool; ``tick_lower``, ``tick_upper`` and ``liquidity`` of the positions.
        [2^96, ticks, raw liquidity units]
    """
    rng = np.random.default_rng(_SEED)
    price = _price()
    tick = tick_at_sqrt_price(price)
    width = SPACING * np.exp(rng.uniform(0.0, math.log(_WIDEST), n)).astype(np.int64)
    middle = tick + rng.normal(0.0, 2_000.0, n)
    lower = SPACING * np.round((middle - 0.5 * width) / SPACING).astype(np.int64)
    worth = np.exp(rng.uniform(math.log(_VALUES[0]), math.log(_VALUES[1]), n)) * 10.0 ** DECIMALS[1]
    held = worth / _unit_value(lower, lower + width)
    return {
        "sqrt_price_x96": text([price]),
        "tick": np.array(tick),
        "tick_lower": lower,
        "tick_upper": lower + width,
        "liquidity": text([int(one) for one in held]),
    }


def fees(n: int) -> dict[str, Any]:
    """Return the same positions with checkpoints, and what fees had grown beyond each of their ticks.

    Parameters
    ----------
    n : int
        How many positions. [count]

    Returns
    -------
    dict of str to ndarray
        Columns of ``positions``; ``global0`` and ``global1`` of the pool; ``initialized`` ticks with ``outside0`` and
        ``outside1``; ``last0`` and ``last1`` of the positions. Any word modulo 2^256 is as likely as any other, so
        that differences wrap around; only what grew since the checkpoints is small.
        [smallest units per liquidity · 2^128]
    """
    given = positions(n)
    rng = np.random.default_rng(_SEED + 1)
    edges = np.unique(np.concatenate([given["tick_lower"], given["tick_upper"]]))
    rows = [np.searchsorted(edges, given[name]).tolist() for name in ("tick_lower", "tick_upper")]
    above = (edges > given["tick"]).tolist()
    columns: dict[str, Any] = {"initialized": edges}
    for token, largest in enumerate(_GROWN):
        total, outside = _word(rng), [_word(rng) for _ in above]
        below = [total - one if is_above else one for one, is_above in zip(outside, above, strict=True)]
        grown = rng.integers(0, largest, n).tolist()
        last = [
            below[upper] - below[lower] - (one << 64) & MASK256 for lower, upper, one in zip(*rows, grown, strict=True)
        ]
        columns |= {f"global{token}": text([total]), f"outside{token}": text(outside), f"last{token}": text(last)}
    return given | columns


def quotes(n: int) -> dict[str, Any]:
    """Return a pool with many ticks, and swaps to quote: from those that stay in their range to those that cross many.

    Parameters
    ----------
    n : int
        How many quotes. [count]

    Returns
    -------
    dict of str to ndarray
        ``sqrt_price_x96``, ``tick`` and liquidity ``in_range`` of the pool; ``initialized`` ticks with ``net`` and
        ``gross``; ``zero_for_one`` and ``amount`` of the swaps.
        [2^96, ticks, raw liquidity units, smallest units paid in]
    """
    rng = np.random.default_rng(_SEED + 2)
    others = positions(RANGES)
    small = [one // _SMALLER for one in numbers(others["liquidity"])]
    ranges = list(zip(others["tick_lower"].tolist(), others["tick_upper"].tolist(), small, strict=True))
    zero_for_one = rng.random(n) < 0.5
    worth = np.exp(rng.uniform(math.log(_PAID[0]), math.log(_PAID[1]), n))
    paid = np.where(zero_for_one, worth / PRICE * 10.0 ** DECIMALS[0], worth * 10.0 ** DECIMALS[1])
    asked = {"zero_for_one": zero_for_one, "amount": text([int(one) for one in paid])}
    return _pool_columns([*ranges, (-_FULL, _FULL, _BASE // 100)]) | asked


def replay(n_swap: int, n_strategy: int) -> dict[str, Any]:
    """Return a history of swaps in a pool of one large full range and many small static ranges, the strategies.

    Parameters
    ----------
    n_swap, n_strategy : int
        How many swaps and how many strategies. [count]

    Returns
    -------
    dict of str to ndarray
        Columns of the pool before the first swap as in ``quotes``, and ``base``, the liquidity of its full range;
        ``tick_lower``, ``tick_upper`` and ``held`` of the strategies; of each swap ``zero_for_one``, ``paid`` and
        ``taken``, and the pool after it: ``price_after``, ``tick_after`` and ``liquidity_after``.
        [2^96, ticks, raw liquidity units, smallest units]

    Notes
    -----
    The price wanders by half a percent a swap and is drawn back, so that swaps cross ticks and fees come in both
    tokens. More strategies are smaller ones, so that they do not hold the price. Amounts are those that would move the
    full range alone; the contract's arithmetic says where they lead.
    """
    rng = np.random.default_rng(_SEED + 3)
    given = positions(n_strategy)
    smaller = max(_SMALLER * n_strategy // STRATEGIES, 1)
    small = [one // smaller for one in numbers(given["liquidity"])]
    ranges = list(zip(given["tick_lower"].tolist(), given["tick_upper"].tolist(), small, strict=True))
    columns = _pool_columns([*ranges, (-_FULL, _FULL, _BASE)])
    roots = math.sqrt(PRICE * 10.0 ** (DECIMALS[1] - DECIMALS[0])) * np.exp(0.5 * _wander(rng, n_swap))
    down = roots[1:] < roots[:-1]
    moved = np.where(down, 1.0 / roots[1:] - 1.0 / roots[:-1], roots[1:] - roots[:-1])
    amounts = [max(int(one), 1) for one in _BASE * moved / (1.0 - FEE_PIPS / 1e6)]
    pool, after = pool_of(columns), list[tuple[int, int, int, int, int]]()
    for amount, falls in zip(amounts, down.tolist(), strict=True):
        done = swap(pool, zero_for_one=falls, amount=amount)
        pool = done.pool
        after.append((done.amount_in, done.amount_out, pool.sqrt_price_x96, pool.tick, pool.liquidity))
    names = ("paid", "taken", "price_after", "tick_after", "liquidity_after")
    logged = {name: text(list(values)) for name, values in zip(names, zip(*after, strict=True), strict=True)}
    own = {"tick_lower": given["tick_lower"], "tick_upper": given["tick_upper"], "held": text(small)}
    return columns | own | logged | {"base": text([_BASE]), "zero_for_one": down}


def pool_of(columns: dict[str, Any]) -> UniswapV3Pool:
    """Make the pool of a task.

    Parameters
    ----------
    columns : dict of str to ndarray
        ``sqrt_price_x96`` and ``tick``; liquidity, ticks and growth where the task has them. [as the task says]

    Returns
    -------
    UniswapV3Pool
        The pool. [as its fields]
    """
    ticks = columns["initialized"].tolist() if "initialized" in columns else []
    unknown = {"gross": [1] * len(ticks), "net": [0] * len(ticks)}
    infos = [
        numbers(columns[name]) if name in columns else unknown.get(name, [0] * len(ticks))
        for name in ("gross", "net", "outside0", "outside1")
    ]
    growth = [numbers(columns[name])[0] if name in columns else 0 for name in ("global0", "global1")]
    return UniswapV3Pool(
        name=NAME,
        tokens=_TOKENS,
        sqrt_price_x96=numbers(columns["sqrt_price_x96"])[0],
        tick=int(columns["tick"]),
        liquidity=numbers(columns["in_range"])[0] if "in_range" in columns else 0,
        tick_spacing=SPACING,
        fee_pips=FEE_PIPS,
        fee_growth_global0_x128=growth[0],
        fee_growth_global1_x128=growth[1],
        ticks={tick: TickInfo(*info) for tick, info in zip(ticks, zip(*infos, strict=True), strict=True)},
    )


def _pool_columns(ranges: list[tuple[int, int, int]]) -> dict[str, Any]:
    """A pool that holds ranges of a lower tick, an upper tick and a liquidity each."""
    price = _price()
    tick, net, gross = tick_at_sqrt_price(price), dict[int, int](), dict[int, int]()
    for lower, upper, held in ranges:
        for edge, change in ((lower, held), (upper, -held)):
            net[edge] = net.get(edge, 0) + change
            gross[edge] = gross.get(edge, 0) + held
    edges = sorted(gross)
    return {
        "sqrt_price_x96": text([price]),
        "tick": np.array(tick),
        "in_range": text([sum(held for lower, upper, held in ranges if lower <= tick < upper)]),
        "initialized": np.array(edges),
        "net": text([net[edge] for edge in edges]),
        "gross": text([gross[edge] for edge in edges]),
    }


def _wander(rng: np.random.Generator, count: int) -> Float64[np.ndarray, " n"]:
    """Logarithms of the price, from 0: steps of half a percent, drawn back by a thousandth of the way each."""
    path = [0.0]
    for step in rng.normal(0.0, 0.005, count).tolist():
        path.append(0.999 * path[-1] + step)
    return np.array(path)


def text(values: list[int]) -> NDArray[Any]:
    """Return whole numbers of any size as decimal text.

    Parameters
    ----------
    values : list of int
        The numbers. [any]

    Returns
    -------
    ndarray of shape (n,)
        Their digits. [text]
    """
    return np.array([str(value).encode() for value in values])


def numbers(column: NDArray[Any]) -> list[int]:
    """Return the whole numbers of a column of text.

    Parameters
    ----------
    column : ndarray of shape (n,)
        Their digits. [text]

    Returns
    -------
    list of int
        The numbers. [any]
    """
    return [int(value) for value in column.tolist()]


def _price() -> int:
    """Square root of the pool's price, which lies between two ticks."""
    return math.isqrt((int(PRICE) * 10 ** DECIMALS[1] << 192) // 10 ** DECIMALS[0])


def _unit_value(lower: Int64[np.ndarray, " n"], upper: Int64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """What one unit of liquidity in each range is worth at the pool's price, in smallest units of token1."""
    root = _price() / Q96
    first, last = (np.array([sqrt_price_at_tick(tick) / Q96 for tick in edge.tolist()]) for edge in (lower, upper))
    at = np.clip(root, first, last)
    return np.asarray(root**2 * (last - at) / (at * last) + at - first)


def _word(rng: np.random.Generator) -> int:
    return int.from_bytes(rng.bytes(32)) & MASK256

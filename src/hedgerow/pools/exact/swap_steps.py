"""A swap through the ticks of a concentrated pool, step by step as its contract takes them.

The contract stops at every initialized tick, and where it finds none at the edge of the 256 tick spacings that share a
word of its bitmap. Each stop rounds amounts anew, so quotes are equal to the unit only with the same stops.
"""

from bisect import bisect_right
from typing import Final, NamedTuple

from hedgerow.core.errors import DataFault, InputError, MarketDataError
from hedgerow.market.pool_states import ConcentratedPool
from hedgerow.pools.exact.integers import MASK256
from hedgerow.pools.exact.single_steps import SwapTerms, protocol_part, step_in, step_out
from hedgerow.pools.exact.ticks import (
    MAX_SQRT_PRICE,
    MAX_TICK,
    MIN_SQRT_PRICE,
    MIN_TICK,
    sqrt_price_at_tick,
    tick_at_sqrt_price,
)


class TickBook(NamedTuple):
    """The initialized ticks of a pool, sorted, to be walked many times.

    Parameters
    ----------
    name : str
        Of the pool, for messages.
    ticks : tuple of int
        Initialized ticks, ascending. [ticks]
    nets : tuple of int
        What is added to the liquidity when each is crossed upwards. [raw liquidity units]
    spacing : int
        Tick spacing. [ticks]
    lowest_x96, highest_x96 : int
        Square roots of the prices up to which ticks were read. [2^96]
    """

    name: str
    ticks: tuple[int, ...]
    nets: tuple[int, ...]
    spacing: int
    lowest_x96: int
    highest_x96: int


class SwapStart(NamedTuple):
    """A pool as a swap finds it.

    Parameters
    ----------
    sqrt_price_x96 : int
        Square root of the price. [2^96]
    tick : int
        The contract's current tick. [ticks]
    liquidity : int
        In range. [raw liquidity units]
    growth_x128 : int
        Global fee growth of the token that is paid in. [smallest units per liquidity · 2^128]
    """

    sqrt_price_x96: int
    tick: int
    liquidity: int
    growth_x128: int


class Walk(NamedTuple):
    """A swap from its start to its end.

    Parameters
    ----------
    sqrt_price_x96 : int
        Square root of the price after it. [2^96]
    tick, liquidity : int
        Tick and liquidity after it. [ticks], [raw liquidity units]
    growth_x128 : int
        Global fee growth of the token paid in, after it. [smallest units per liquidity · 2^128]
    amount_in, amount_out : int
        Paid in with fee, and paid out. [smallest units]
    fee, protocol_fee : int
        All fees, and the protocol's part of them. [smallest units]
    crossed : list of tuple (int, int)
        Each initialized tick that was crossed, with the global fee growth of the token paid in at that moment.
    """

    sqrt_price_x96: int
    tick: int
    liquidity: int
    growth_x128: int
    amount_in: int
    amount_out: int
    fee: int
    protocol_fee: int
    crossed: list[tuple[int, int]]


_NO_LIMIT: Final = (MAX_SQRT_PRICE - 1, MIN_SQRT_PRICE + 1)


def tick_book(pool: ConcentratedPool) -> TickBook:
    """Sort the ticks of a pool once, for many swaps.

    Parameters
    ----------
    pool : ConcentratedPool
        The pool.

    Returns
    -------
    TickBook
        Its initialized ticks. [as its fields]
    """
    ticks = sorted(tick for tick, info in pool.ticks.items() if info.liquidity_gross)
    return TickBook(
        name=pool.name,
        ticks=tuple(ticks),
        nets=tuple(pool.ticks[tick].liquidity_net for tick in ticks),
        spacing=pool.tick_spacing,
        lowest_x96=sqrt_price_at_tick(max(pool.ticks_from, MIN_TICK)),
        highest_x96=sqrt_price_at_tick(min(pool.ticks_to, MAX_TICK)),
    )


def check_limit(name: str, price: int, limit: int | None, zero_for_one: bool) -> int:
    """The price at which a swap stops at the latest.

    Parameters
    ----------
    name : str
        Of the pool, for the message.
    price : int
        Square root of the price now. [2^96]
    limit : int or None
        Square root of the price at which to stop; None for no limit. [2^96]
    zero_for_one : bool
        True if token0 is paid in, so that the price falls.

    Returns
    -------
    int
        The limit. [2^96]

    Raises
    ------
    InputError
        If the limit lies on the wrong side of the price, or outside of what a pool can have.
    """
    highest, lowest = _NO_LIMIT
    if limit is None:
        limit = lowest if zero_for_one else highest
    if not (lowest <= limit < price if zero_for_one else price < limit <= highest):
        side = "below" if zero_for_one else "above"
        raise InputError(
            f"{name}: a price limit of {limit}, with the pool at {price}",
            f"the limit lies {side} the pool's price, and no pool goes beyond {lowest} and {highest}",
        )
    return limit


def walk(
    book: TickBook,
    start: SwapStart,
    terms: SwapTerms,
    zero_for_one: bool,
    amount: int,
    limit: int,
    exact_in: bool = True,
    trail: list[tuple[int, int]] | None = None,
) -> Walk:
    """Swap until an amount is used up or a price is reached.

    Parameters
    ----------
    book : TickBook
        The pool's ticks.
    start : SwapStart
        The pool before.
    terms : SwapTerms
        The pool's fees in this direction.
    zero_for_one : bool
        True if token0 is paid in.
    amount : int
        To pay in, or to take out. [smallest units]
    limit : int
        Square root of the price at which to stop. [2^96]
    exact_in : bool
        True if the amount is paid in, with fee; False if it is taken out.
    trail : list of tuple (int, int) or None
        Where to append, after every step, the square root of the price and the global fee growth of the token paid in.
        [2^96, smallest units per liquidity · 2^128]

    Returns
    -------
    Walk
        The swap. [as its fields]

    Raises
    ------
    MarketDataError
        If the swap leaves the ticks that were read, or they contradict the pool's liquidity.

    References
    ----------
    Uniswap v3-core, UniswapV3Pool.sol, swap; TickBitmap.sol, nextInitializedTickWithinOneWord.
    """
    price, tick, liquidity, growth = start
    ticks, spacing = book.ticks, book.spacing
    step_of = step_in if exact_in else step_out
    place = bisect_right(ticks, tick) - (1 if zero_for_one else 0)
    total_in = total_out = total_fee = protocol = 0
    remaining, crossed = amount, []
    while remaining and price != limit:
        stop, initialized = _next_stop(ticks, spacing, tick, place, zero_for_one)
        at_stop = sqrt_price_at_tick(min(max(stop, MIN_TICK), MAX_TICK))
        target = max(at_stop, limit) if zero_for_one else min(at_stop, limit)
        # up to there
        step, before = step_of(price, target, liquidity, remaining, terms), price
        price, paid, taken, fee = step
        remaining -= paid + fee if exact_in else taken
        total_in, total_out, total_fee = total_in + paid + fee, total_out + taken, total_fee + fee
        if not book.lowest_x96 <= price <= book.highest_x96:
            raise _beyond(book)
        if terms.protocol_share or terms.protocol_pips:
            part = protocol_part(step, terms)
            fee, protocol = fee - part, protocol + part
        if liquidity:
            growth = growth + (fee << 128) // liquidity & MASK256
        if trail is not None:
            trail.append((price, growth))
        # and over it
        if price == at_stop:
            if initialized:
                crossed.append((stop, growth))
                liquidity += -book.nets[place] if zero_for_one else book.nets[place]
                place += -1 if zero_for_one else 1
                if liquidity < 0:
                    raise _contradiction(book, stop)
            tick = max(stop, MIN_TICK) - 1 if zero_for_one else min(stop, MAX_TICK)
        elif price != before:
            tick = tick_at_sqrt_price(price)
    return Walk(price, tick, liquidity, growth, total_in, total_out, total_fee, protocol, crossed)


def _next_stop(ticks: tuple[int, ...], spacing: int, tick: int, place: int, zero_for_one: bool) -> tuple[int, bool]:
    """The next initialized tick in the word of the bitmap, or the edge of the word."""
    if zero_for_one:
        edge = (tick // spacing >> 8 << 8) * spacing
        if place >= 0 and ticks[place] >= edge:
            return ticks[place], True
    else:
        edge = (tick // spacing + 1 | 255) * spacing
        if place < len(ticks) and ticks[place] <= edge:
            return ticks[place], True
    return edge, False


def _beyond(book: TickBook) -> MarketDataError:
    return MarketDataError(
        book.name, DataFault.MISSING, "the swap leaves the ticks that were read", "read more ticks around the price"
    )


def _contradiction(book: TickBook, tick: int) -> MarketDataError:
    return MarketDataError(
        book.name,
        DataFault.ARBITRAGE,
        f"less than no liquidity beyond tick {tick}",
        "ticks and liquidity must be of one block",
    )

"""A pool's history, swap by swap, to the fees of many positions: exact to the unit.

Every swap is walked with the contract's own steps and held against what was logged, so a history with a hole or a lie
ends at the row where it shows. What a position earns needs only the fee growth at the rows that are asked for and the
growth outside of its two edge ticks, which changes only where the price crosses them: the cost of a swap does not
depend on the number of positions.

A position that is in the pool's liquidity is paid to the unit what the contract pays. A virtual one, which is not, is
paid its share at the margin: as a position so small that it dilutes nobody. Its edges may lie where the pool has no
initialized tick; then the fees of the step that crosses one are split where the price passed it.
"""

import itertools
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from msgspec.structs import replace

from hedgerow.core.errors import DataFault, InputError, MarketDataError
from hedgerow.market.pool_states import ConcentratedPool, TickInfo, UniswapV3Pool, UniswapV4Pool
from hedgerow.pools.exact import uniswap_v3, uniswap_v4
from hedgerow.pools.exact.integers import MASK128, MASK256
from hedgerow.pools.exact.ranges import RangeChange, change_liquidity
from hedgerow.pools.exact.single_steps import SwapTerms
from hedgerow.pools.exact.swap_steps import SwapStart, TickBook, Walk, tick_book, walk
from hedgerow.pools.exact.ticks import MAX_SQRT_PRICE, MAX_TICK, MIN_SQRT_PRICE, MIN_TICK, sqrt_price_at_tick
from hedgerow.pools.history import (
    CollectProtocolEvent,
    GiftEvent,
    LiquidityEvent,
    PoolEvent,
    ProtocolFeeEvent,
    SwapEvent,
)

WITHOUT_LIMIT: Final = {True: MIN_SQRT_PRICE + 1, False: MAX_SQRT_PRICE - 1}
UNBOUNDED: Final = 1 << 255

Trail: TypeAlias = list[tuple[int, int]]
"""Square root of the price and global fee growth, from step to step of a swap."""


@dataclass(slots=True)
class EdgeHistory:
    """Fee growth outside of one tick, after each of its crossings.

    Parameters
    ----------
    rows : list of int
        Before which row each entry holds from; the first is 0. [rows]
    outside0, outside1 : list of int
        Growth on the other side of the tick, modulo 2^256. [smallest units per liquidity · 2^128]
    gross_rows, gross : list of int
        Liquidity that refers to the tick, and from before which row. [rows], [raw liquidity units]
    """

    rows: list[int] = field(default_factory=lambda: [0])
    outside0: list[int] = field(default_factory=list)
    outside1: list[int] = field(default_factory=list)
    gross_rows: list[int] = field(default_factory=lambda: [0])
    gross: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolReplay:
    """What of a history the fees of positions need. Entry r of a list holds before row r; the last holds at the end.

    Parameters
    ----------
    name : str
        Of the pool.
    ticks : list of int
        The pool's tick. [ticks]
    growth0, growth1 : list of int
        Global fee growth, modulo 2^256. [smallest units per liquidity · 2^128]
    edges : dict of int to EdgeHistory
        The ticks that were watched. [by tick]
    pool : ConcentratedPool
        The pool at the end.
    """

    name: str
    ticks: list[int]
    growth0: list[int]
    growth1: list[int]
    edges: dict[int, EdgeHistory]
    pool: ConcentratedPool

    @property
    def n_row(self) -> int:
        """Events. [count]"""
        return len(self.ticks) - 1


def replay_pool(
    pool: ConcentratedPool,
    events: Sequence[PoolEvent],
    edges: Sequence[int] = (),
    *,
    closing: ConcentratedPool | None = None,
) -> PoolReplay:
    """Walk through a history.

    Parameters
    ----------
    pool : ConcentratedPool
        The pool before the first event, with its ticks.
    events : sequence of PoolEvent
        What happened, in the chain's order.
    edges : sequence of int
        Ticks at which positions begin or end, initialized in the pool or not. [ticks]
    closing : ConcentratedPool or None
        The pool after the last event, as it was read, to hold the history against: gifts and fees of the protocol that
        are missing show in nothing else. None believes the history as far as its swaps fit.

    Returns
    -------
    PoolReplay
        Fee growth, and the pool at the end. [as its fields]

    Raises
    ------
    InputError
        If an edge is no tick, or the pool's hook may change amounts.
    MarketDataError
        If an event cannot follow from those before it, with its row, or all of them do not lead to ``closing``.

    References
    ----------
    Uniswap v3-core, UniswapV3Pool.sol, swap; Tick.sol, cross and getFeeGrowthInside.
    """
    walker = _Walker(pool, edges)
    for row, event in enumerate(events):
        match event:
            case SwapEvent():
                walker.swap(row, event)
            case LiquidityEvent():
                walker.change(row, event)
            case GiftEvent():
                walker.receive(row, event)
            case ProtocolFeeEvent():
                walker.set_protocol_fee(event)
            case CollectProtocolEvent():
                walker.pay_protocol(row, event)
        walker.note()
    if closing is not None:
        _check_closing(walker.state(), closing)
    return PoolReplay(
        name=pool.name,
        ticks=walker.seen_ticks,
        growth0=walker.seen0,
        growth1=walker.seen1,
        edges=walker.edges,
        pool=walker.state(),
    )


class _Walker:
    """A pool on its way through a history: numbers in place, since structs would cost more than swaps."""

    def __init__(self, pool: ConcentratedPool, edges: Sequence[int]) -> None:
        self.pool = pool
        self.price, self.tick, self.liquidity = pool.sqrt_price_x96, pool.tick, pool.liquidity
        self.growth = [pool.fee_growth_global0_x128, pool.fee_growth_global1_x128]
        self.owed = [pool.protocol_fees0, pool.protocol_fees1] if isinstance(pool, UniswapV3Pool) else [0, 0]
        self.ticks = dict(pool.ticks)
        self.book: TickBook = tick_book(pool)
        self.watched = sorted(set(edges))
        if self.watched and not MIN_TICK <= self.watched[0] <= self.watched[-1] <= MAX_TICK:
            raise InputError(f"{pool.name}: edges {self.watched[0]} to {self.watched[-1]}", f"stay within ±{MAX_TICK}")
        self.edges = {tick: self._edge(tick) for tick in self.watched}
        self.terms: dict[bool, SwapTerms] = {}
        self._read_terms()
        self.seen_ticks, self.seen0, self.seen1 = [self.tick], [self.growth[0]], [self.growth[1]]

    def _edge(self, tick: int) -> EdgeHistory:
        # only differences of growth outside count, so any beginning serves a tick that the pool does not know
        under = tick <= self.tick
        info = self.ticks.get(tick) or TickInfo(0, 0, *(self.growth if under else (0, 0)))
        edge = EdgeHistory()
        edge.outside0.append(info.fee_growth_outside0_x128)
        edge.outside1.append(info.fee_growth_outside1_x128)
        edge.gross.append(info.liquidity_gross)
        return edge

    def _read_terms(self) -> None:
        pool = self.pool
        for down in (True, False):
            if isinstance(pool, UniswapV3Pool):
                self.terms[down] = uniswap_v3.swap_terms(pool, down)
            else:
                uniswap_v4.check_pool(pool)
                self.terms[down] = uniswap_v4.swap_terms(pool, down)

    def note(self) -> None:
        """Keep what holds before the next row."""
        self.seen_ticks.append(self.tick)
        self.seen0.append(self.growth[0])
        self.seen1.append(self.growth[1])

    def state(self) -> ConcentratedPool:
        """The pool now."""
        fresh = replace(
            self.pool,
            sqrt_price_x96=self.price,
            tick=self.tick,
            liquidity=self.liquidity,
            fee_growth_global0_x128=self.growth[0],
            fee_growth_global1_x128=self.growth[1],
            ticks=dict(self.ticks),
        )
        if isinstance(fresh, UniswapV3Pool):
            return replace(fresh, protocol_fees0=self.owed[0], protocol_fees1=self.owed[1])
        return fresh

    def swap(self, row: int, event: SwapEvent) -> None:
        """Walk a swap to where it was logged to end."""
        down = event.amount0 > 0 or (event.amount1 <= 0 and event.sqrt_price_x96 < self.price)
        terms = self.terms[down]
        if event.fee_pips is not None and event.fee_pips != terms.fee_pips:
            terms = terms._replace(fee_pips=event.fee_pips)
        side = 0 if down else 1
        start = SwapStart(self.price, self.tick, self.liquidity, self.growth[side])
        low, high = min(self.tick, event.tick), max(self.tick, event.tick)
        passed = self.watched[bisect_right(self.watched, low) : bisect_right(self.watched, high)]
        done, trail = self._matching(row, event, start, terms, down, bool(passed))
        if passed:
            self._pass_edges(row, passed, dict(done.crossed), trail, down)
        if done.crossed:
            self._cross(done, down)
        self.growth[side] = done.growth_x128
        if terms.protocol_share:
            self.owed[side] = (self.owed[side] + done.protocol_fee) & MASK128
        self.price, self.tick, self.liquidity = done.sqrt_price_x96, done.tick, done.liquidity

    def _matching(
        self, row: int, event: SwapEvent, start: SwapStart, terms: SwapTerms, down: bool, traced: bool
    ) -> tuple[Walk, Trail]:
        """The swap that leaves what was logged: of an amount in, of an amount out, or up to a price."""
        paid, taken = (event.amount0, -event.amount1) if down else (event.amount1, -event.amount0)
        logged = (event.sqrt_price_x96, event.tick, event.liquidity, paid, taken)
        free, first = WITHOUT_LIMIT[down], None
        for amount, limit, exact_in in (
            (paid, free, True),
            (taken, free, False),
            (UNBOUNDED, event.sqrt_price_x96, True),
        ):
            if amount <= 0 or (limit >= self.price if down else limit <= self.price):
                continue
            trail: Trail = [(start.sqrt_price_x96, start.growth_x128)]
            done = walk(self.book, start, terms, down, amount, limit, exact_in, trail if traced else None)
            if (done.sqrt_price_x96, done.tick, done.liquidity, done.amount_in, done.amount_out) == logged:
                return done, trail
            first = first or done
        raise self._odd(row, _difference(logged, first))

    def _cross(self, done: Walk, down: bool) -> None:
        """Turn the growth outside of the ticks that were crossed."""
        for tick, growth in done.crossed:
            info = self.ticks[tick]
            global0, global1 = (growth, self.growth[1]) if down else (self.growth[0], growth)
            self.ticks[tick] = TickInfo(
                info.liquidity_gross,
                info.liquidity_net,
                (global0 - info.fee_growth_outside0_x128) & MASK256,
                (global1 - info.fee_growth_outside1_x128) & MASK256,
            )

    def _pass_edges(self, row: int, passed: list[int], crossed: dict[int, int], trail: Trail, down: bool) -> None:
        """Turn the growth outside of the watched edges between the tick before and the tick after."""
        for tick in passed:
            growth = crossed[tick] if tick in crossed else _growth_at(sqrt_price_at_tick(tick), trail, down)
            edge = self.edges[tick]
            edge.rows.append(row + 1)
            global0, global1 = (growth, self.growth[1]) if down else (self.growth[0], growth)
            edge.outside0.append((global0 - edge.outside0[-1]) & MASK256)
            edge.outside1.append((global1 - edge.outside1[-1]) & MASK256)

    def change(self, row: int, event: LiquidityEvent) -> None:
        """Add liquidity, or take it out."""
        if event.delta == 0:
            return  # a position that collects its fees
        try:
            done = _changed(self.state(), event)
        except InputError as error:
            raise self._odd(row, error.problem) from None
        if event.amounts is not None and event.amounts != (done.amount0, done.amount1):
            raise self._odd(row, f"amounts of {done.amount0} and {done.amount1}, not {event.amounts}")
        self.ticks, self.liquidity = done.pool.ticks, done.pool.liquidity
        self.book = tick_book(done.pool)
        for tick in (event.tick_lower, event.tick_upper):
            if tick in self.edges:
                edge, info = self.edges[tick], self.ticks.get(tick)
                edge.gross_rows.append(row + 1)
                edge.gross.append(info.liquidity_gross if info else 0)

    def receive(self, row: int, event: GiftEvent) -> None:
        """Take fees that no swap paid."""
        if self.liquidity == 0 or min(event.amount0, event.amount1) < 0:
            raise self._odd(row, "fees without liquidity in range, or below 0")
        for side, amount in enumerate((event.amount0, event.amount1)):
            share = self.terms[side == 0].protocol_share
            part = amount // share if share else 0
            self.owed[side] = (self.owed[side] + part) & MASK128
            self.growth[side] = (self.growth[side] + ((amount - part) << 128) // self.liquidity) & MASK256

    def set_protocol_fee(self, event: ProtocolFeeEvent) -> None:
        """The protocol takes another part from now on."""
        if isinstance(self.pool, UniswapV3Pool):
            self.pool = replace(self.pool, fee_protocol=event.protocol_fee)
        else:
            self.pool = replace(self.pool, protocol_fee=event.protocol_fee)
        self._read_terms()

    def pay_protocol(self, row: int, event: CollectProtocolEvent) -> None:
        """The protocol takes what is owed to it."""
        if not isinstance(self.pool, UniswapV3Pool):
            return
        for side, amount in enumerate((event.amount0, event.amount1)):
            if not 0 <= amount <= self.owed[side]:
                raise self._odd(row, f"the protocol takes {amount} of token{side} and is owed {self.owed[side]}")
            self.owed[side] -= amount

    def _odd(self, row: int, problem: str) -> MarketDataError:
        return MarketDataError(
            self.pool.name,
            DataFault.MISSING,
            f"row {row} of its history: {problem}",
            "an event before this row is missing, or this one is not of this pool",
        )


def _check_closing(found: ConcentratedPool, closing: ConcentratedPool) -> None:
    """Hold the end of a history against the state that was read there, ticks in both windows included."""
    fields = ["sqrt_price_x96", "tick", "liquidity", "fee_growth_global0_x128", "fee_growth_global1_x128"]
    fields += (
        ["fee_protocol", "protocol_fees0", "protocol_fees1"] if isinstance(found, UniswapV3Pool) else ["protocol_fee"]
    )
    apart = [
        f"{name} is {getattr(found, name)} (read: {getattr(closing, name, 'nothing')})"
        for name in fields
        if getattr(found, name) != getattr(closing, name, None)
    ]
    low, high = max(found.ticks_from, closing.ticks_from), min(found.ticks_to, closing.ticks_to)
    inside = {tick for tick in found.ticks.keys() | closing.ticks.keys() if low <= tick <= high}
    apart += [f"tick {one} is another" for one in sorted(inside) if found.ticks.get(one) != closing.ticks.get(one)]
    if apart:
        raise MarketDataError(
            found.name,
            DataFault.MISSING,
            f"its history does not lead to its closing state: {'; '.join(apart[:4])}",
            "an event is missing: a gift, a fee of the protocol, or a change of liquidity out of the price",
        )


def _changed(pool: ConcentratedPool, event: LiquidityEvent) -> RangeChange[UniswapV3Pool] | RangeChange[UniswapV4Pool]:
    if isinstance(pool, UniswapV3Pool):
        return change_liquidity(pool, event.tick_lower, event.tick_upper, event.delta)
    return change_liquidity(pool, event.tick_lower, event.tick_upper, event.delta)


def _growth_at(price: int, trail: Trail, down: bool) -> int:
    """Growth when the price passed a point inside a step: paid in proportion to the tokens up to there."""
    for (before, grown), (after, growth) in itertools.pairwise(trail):
        if (after <= price <= before) if down else (before <= price <= after):
            if before == after:
                return growth
            if down:
                part, whole = after * (before - price), price * (before - after)
            else:
                part, whole = price - before, after - before
            return (grown + ((growth - grown) & MASK256) * part // whole) & MASK256
    return trail[0][1]  # the price stood on the tick already


def _difference(logged: tuple[int, ...], done: Walk | None) -> str:
    """What was logged beside what follows."""
    if done is None:
        return "the swap goes nowhere from where the pool stood"
    found = (done.sqrt_price_x96, done.tick, done.liquidity, done.amount_in, done.amount_out)
    names = ("square root of the price", "tick", "liquidity", "amount in", "amount out")
    parts = [f"{name} {is_} (logged: {was})" for name, is_, was in zip(names, found, logged, strict=True) if is_ != was]
    return f"the swap leads to another {', '.join(parts)}"

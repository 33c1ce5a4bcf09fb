"""Uniswap v3 and v4 pools block by block: prices, fee growth and the ticks in a window around the price.

After a block with events everything that they can have touched is read at its hash: the head of the pool, the ticks
that the price went over, the ticks at which liquidity changed. What the events say is folded as well, and must lead
to the price, the tick and the liquidity that were read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, runtime_checkable

import msgspec

from hedgerow.instruments.liquidity import MAX_TICK
from hedgerow.market import ConcentratedPool, TickInfo
from hedgerow.venues.chain.abi import Read
from hedgerow.venues.chain.messages import MessageFault
from hedgerow.venues.chain.multicall import read_all
from hedgerow.venues.chain.node import Header, Log, Node

WORD: Final = 256
"""Ticks (in units of the spacing) in a word of the bitmap. [count]"""


@dataclass(frozen=True, slots=True)
class Moved:
    """What a swap left.

    Parameters
    ----------
    sqrt_price_x96 : int
        Square root of the raw price. [2^96]
    liquidity : int
        In range. [raw liquidity units]
    tick : int
        The contract's current tick. [ticks]
    """

    sqrt_price_x96: int
    liquidity: int
    tick: int


@dataclass(frozen=True, slots=True)
class Changed:
    """Liquidity that was added to a range, or taken from it.

    Parameters
    ----------
    tick_lower, tick_upper : int
        The range. [ticks]
    liquidity : int
        Negative if it was taken. [raw liquidity units]
    """

    tick_lower: int
    tick_upper: int
    liquidity: int


@runtime_checkable
class Layout(Protocol):
    """How a protocol keeps its pools: what to read, and what its events mean."""

    @property
    def name(self) -> str:
        """The pool's name. [text]"""

    @property
    def emitter(self) -> str:
        """The contract whose logs tell of the pool. [hex]"""

    @property
    def topics(self) -> tuple[str | None, ...]:
        """Which of its logs, as ``eth_getLogs`` takes it; empty for all. [hex]"""

    @property
    def tick_spacing(self) -> int:
        """Ticks of positions are multiples of it. [ticks]"""

    @property
    def quiet(self) -> bool:
        """True if nothing can change without a log. [bool]"""

    def head(self) -> list[Read]:
        """Name the reads of everything but ticks.

        Returns
        -------
        list of Read
            For ``pool``. [as the contract says]
        """
        ...

    def pool(self, head: list[tuple[Any, ...]], block: Header, **ticks: Any) -> ConcentratedPool:
        """Make the pool.

        Parameters
        ----------
        head : list of tuple
            What the reads of ``head`` returned.
        block : Header
            When.
        **ticks
            Fields of the pool's ticks.

        Returns
        -------
        ConcentratedPool
            The pool. [as its fields]
        """
        ...

    def word(self, index: int) -> Read:
        """Name the read of one word of the bitmap.

        Parameters
        ----------
        index : int
            Which. [words]

        Returns
        -------
        Read
            Of one number. [bits]
        """
        ...

    def tick(self, tick: int) -> Read:
        """Name the read of one tick.

        Parameters
        ----------
        tick : int
            Which. [ticks]

        Returns
        -------
        Read
            For ``tick_info``. [as the contract says]
        """
        ...

    def tick_info(self, values: tuple[Any, ...]) -> TickInfo:
        """Make a tick of what was read.

        Parameters
        ----------
        values : tuple
            What the read of ``tick`` returned.

        Returns
        -------
        TickInfo
            The tick. [as its fields]
        """
        ...

    def events(self, logs: Sequence[Log]) -> tuple[bool, list[Moved | Changed]]:
        """Read the pool's events among the logs of a block.

        Parameters
        ----------
        logs : sequence of Log
            Of any contracts.

        Returns
        -------
        tuple of (bool, list)
            Whether there is any of this pool, and those that move price or liquidity. [as their fields]

        Raises
        ------
        MessageFault
            If one has other arguments than its kind.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcentratedReader:
    """A concentrated pool, with the ticks of a window around its price.

    Parameters
    ----------
    name : str
        The pool's name.
    layout : Layout
        How its protocol keeps it.
    words : int
        So many words of the bitmap on either side of the price are read. [count]
    watched : frozenset of int
        Ticks to know wherever the price is: those of positions. [ticks]
    notes : tuple of str
        What the user has to know of the pool.
    """

    name: str
    layout: Layout
    words: int
    watched: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()

    @property
    def emitter(self) -> str:
        """As the port says. [hex]"""
        return self.layout.emitter

    @property
    def topics(self) -> tuple[str | None, ...]:
        """As the port says. [hex]"""
        return self.layout.topics

    async def snapshot(self, node: Node, block: Header) -> ConcentratedPool:
        """As the port says."""
        head = await read_all(node, self.layout.head(), block)
        bare = self.layout.pool(head, block)
        spacing = bare.tick_spacing
        here, lowest, highest = _word(bare.tick, spacing), _word(-MAX_TICK, spacing), _word(MAX_TICK, spacing)
        span = range(max(here - self.words, lowest), min(here + self.words, highest) + 1)
        bitmap = await read_all(node, [self.layout.word(index) for index in span], block)
        found = {
            (index * WORD + bit) * spacing
            for index, (bits,) in zip(span, bitmap, strict=True)
            for bit in range(WORD)
            if _number(bits) >> bit & 1
        }
        ticks = await self._ticks(node, found | self.watched, block)
        window = {
            "ticks_from": max(span[0] * WORD * spacing, -MAX_TICK),
            "ticks_to": min((span[-1] * WORD + WORD - 1) * spacing, MAX_TICK),
        }
        return self.layout.pool(head, block, ticks=ticks, **window)

    async def advance(self, node: Node, before: Any, block: Header, logs: Sequence[Log]) -> ConcentratedPool:
        """As the port says."""
        try:
            touched, events = self.layout.events(logs)
        except MessageFault as fault:
            raise node.lie(f"{self.name} at block {block.number}: {fault}") from None
        if self.layout.quiet and not touched:
            stamped: ConcentratedPool = msgspec.structs.replace(before, block=block.stamp)
            await self._check_silence(node, stamped, block)
            return stamped
        span = [before.tick, *(one.tick for one in events if isinstance(one, Moved))]
        if self._is_near_the_edge(before, min(span)) or self._is_near_the_edge(before, max(span)):
            pool = await self.snapshot(node, block)
            self._check(node, before, pool, events)
            return pool
        stale = self._stale_ticks(before, span, events)
        answers = await read_all(node, [*self.layout.head(), *(self.layout.tick(tick) for tick in stale)], block)
        n_head = len(answers) - len(stale)
        ticks = {tick: info for tick, info in before.ticks.items() if tick not in stale}
        ticks |= self._initialized(stale, answers[n_head:])
        kept = {"ticks_from": before.ticks_from, "ticks_to": before.ticks_to}
        pool = self.layout.pool(answers[:n_head], block, ticks=dict(sorted(ticks.items())), **kept)
        self._check(node, before, pool, events)
        return pool

    async def _check_silence(self, node: Node, kept: ConcentratedPool, block: Header) -> None:
        """Where the header says that the pool may have told something and no log came, hold the state against it."""
        if not all(block.may_hold(part) for part in (self.emitter, *(one for one in self.topics if one))):
            return
        window = {"ticks": kept.ticks, "ticks_from": kept.ticks_from, "ticks_to": kept.ticks_to}
        read = self.layout.pool(await read_all(node, self.layout.head(), block), block, **window)
        if read != kept:
            raise node.lie(
                f"{self.name} changed in block {block.number}, the header's bloom holds it, and no log of it came"
            )

    def _is_near_the_edge(self, pool: ConcentratedPool, tick: int) -> bool:
        """Tell whether a tick is in the outer quarters of the window, where no further tick may be known soon."""
        margin = (pool.ticks_to - pool.ticks_from) // 4
        low = pool.ticks_from > -MAX_TICK and tick < pool.ticks_from + margin
        return low or (pool.ticks_to < MAX_TICK and tick > pool.ticks_to - margin)

    def _stale_ticks(self, before: ConcentratedPool, span: list[int], events: Iterable[Moved | Changed]) -> list[int]:
        """List ticks that a block can have touched: where the price went over, and where liquidity changed."""
        ends = {tick for one in events if isinstance(one, Changed) for tick in (one.tick_lower, one.tick_upper)}
        known = set(before.ticks) | ends
        near = {tick for tick in ends if before.ticks_from <= tick <= before.ticks_to or tick in self.watched}
        crossed = {tick for tick in known if min(span) <= tick <= max(span)}
        return sorted(near | (crossed & (set(before.ticks) | near)))

    async def _ticks(self, node: Node, ticks: Iterable[int], block: Header) -> dict[int, TickInfo]:
        wanted = sorted(ticks)
        return self._initialized(wanted, await read_all(node, [self.layout.tick(one) for one in wanted], block))

    def _initialized(self, ticks: Sequence[int], answers: Sequence[tuple[Any, ...]]) -> dict[int, TickInfo]:
        read = {tick: self.layout.tick_info(values) for tick, values in zip(ticks, answers, strict=True)}
        return {tick: info for tick, info in read.items() if info.liquidity_gross}

    def _check(
        self, node: Node, before: ConcentratedPool, after: ConcentratedPool, events: Iterable[Moved | Changed]
    ) -> None:
        """Hold what was read against what the events lead to."""
        told = folded(Moved(before.sqrt_price_x96, before.liquidity, before.tick), events)
        read = Moved(after.sqrt_price_x96, after.liquidity, after.tick)
        if told != read:
            raise node.lie(f"{self.name} at block {after.block.number}: the events lead to {told}, the state is {read}")


def folded(state: Moved, events: Iterable[Moved | Changed]) -> Moved:
    """Apply events to price, tick and liquidity.

    Parameters
    ----------
    state : Moved
        Before them.
    events : iterable of Moved or Changed
        In their order.

    Returns
    -------
    Moved
        After them. [as its fields]
    """
    for one in events:
        if isinstance(one, Moved):
            state = one
        elif one.tick_lower <= state.tick < one.tick_upper:
            state = Moved(state.sqrt_price_x96, state.liquidity + one.liquidity, state.tick)
    return state


def _word(tick: int, spacing: int) -> int:
    """Return the word of the bitmap in which a tick lies (TickBitmap.sol, position); division rounds down."""
    return tick // spacing // WORD


def _number(word: int | bytes) -> int:
    return word if isinstance(word, int) else int.from_bytes(word)

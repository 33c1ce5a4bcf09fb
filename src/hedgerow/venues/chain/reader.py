"""The port of pools on a chain: a state at one block, and the next one from it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from hedgerow.market import PoolStorage
from hedgerow.venues.chain.abi import Read
from hedgerow.venues.chain.multicall import read_all
from hedgerow.venues.chain.node import Header, Log, Node


@runtime_checkable
class PoolReader(Protocol):
    """The port."""

    @property
    def name(self) -> str:
        """The pool's name. [text]"""

    @property
    def emitter(self) -> str:
        """The contract whose logs tell of the pool; empty if it is read without them. [hex]"""

    @property
    def topics(self) -> tuple[str | None, ...]:
        """Which of its logs, as ``eth_getLogs`` takes it; empty for all. [hex]"""

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user has to know of the pool. [text]"""

    async def snapshot(self, node: Node, block: Header) -> PoolStorage:
        """Read the whole state.

        Parameters
        ----------
        node : Node
            Whom to ask.
        block : Header
            At the end of which block.

        Returns
        -------
        PoolStorage
            Stamped with that block. [as its fields]
        """
        ...

    async def advance(self, node: Node, before: Any, block: Header, logs: Sequence[Log]) -> PoolStorage:
        """Read what one block changed.

        Parameters
        ----------
        node : Node
            Whom to ask.
        before : PoolStorage
            The state at the end of its parent.
        block : Header
            The block.
        logs : sequence of Log
            What contracts told in it; those of others are passed over.

        Returns
        -------
        PoolStorage
            Stamped with that block. [as its fields]

        Raises
        ------
        Rejected
            If the state contradicts the events.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeReader:
    """A pool whose few numbers are all read at every block.

    Parameters
    ----------
    name : str
        The pool's name.
    reads : tuple of Read
        What to read.
    build : callable
        From their values and the block to the pool.
    emitter : str
        Its contract, if events are to be held against the state; empty if not. [hex]
    contradiction : callable or None
        From the pool before, the pool and its own logs to what does not fit, empty if all does; None where events tell
        nothing.
    notes : tuple of str
        What the user has to know of the pool.
    """

    name: str
    reads: tuple[Read, ...]
    build: Callable[[list[tuple[Any, ...]], Header], PoolStorage]
    emitter: str = ""
    contradiction: Callable[[Any, Any, Sequence[Log]], str] | None = None
    notes: tuple[str, ...] = ()

    @property
    def topics(self) -> tuple[str | None, ...]:
        """As the port says: all. [hex]"""
        return ()

    async def snapshot(self, node: Node, block: Header) -> PoolStorage:
        """As the port says."""
        return self.build(await read_all(node, self.reads, block), block)

    async def advance(self, node: Node, before: Any, block: Header, logs: Sequence[Log]) -> PoolStorage:
        """As the port says: everything is read, for parameters may change with time alone."""
        pool = await self.snapshot(node, block)
        problem = self.contradiction(before, pool, logs) if self.contradiction else ""
        if problem:
            raise node.lie(f"{self.name} at block {block.number}: {problem}")
        return pool

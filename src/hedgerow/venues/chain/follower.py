"""Pools block by block, whatever the chain does: gaps are filled, reorganisations walked back, duplicates dropped.

A ring keeps the last blocks with their hashes, their parents' hashes and the states at their ends. A head whose parent
is the newest of them goes on; for any other its ancestors are asked for until one is in the ring. What lies behind
that one has been reorganised away, and every block since is read by its own hash. No notice of removed logs is needed.

A block that the node does not know any more while it is read is no end: the newest head is asked for, and the way to it
is walked anew, with growing waits.
"""

from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

from hedgerow.core.errors import Retryable
from hedgerow.instruments import PoolPosition
from hedgerow.market import PoolStorage
from hedgerow.venues.chain.node import Header, Node, StateGone
from hedgerow.venues.chain.patience import Patience
from hedgerow.venues.chain.positions import PositionSource, read_positions
from hedgerow.venues.chain.reader import PoolReader

RING: Final = 128
"""So many blocks are kept: reorganisations that go deeper begin with a fresh snapshot. [blocks]"""

LONGEST_GAP: Final = 5_000
"""Gaps are filled block by block up to this; longer ones begin with a fresh snapshot. [blocks]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedBlock:
    """A pool at the end of a block.

    Parameters
    ----------
    header : Header
        The block.
    pool : PoolStorage
        The state at its end.
    positions : tuple of PoolPosition
        As they stood then.
    reverted : tuple of Header
        Blocks that were reported before and are no longer of the chain, newest first.
    fresh : bool
        True if the state was read whole, because nothing was known of its parent.
    heard_ns : int
        When the head was heard that led to this block. [UTC epoch ns]
    ready_ns : int
        When the state was complete. [UTC epoch ns]
    """

    header: Header
    pool: PoolStorage
    positions: tuple[PoolPosition, ...]
    reverted: tuple[Header, ...]
    fresh: bool
    heard_ns: int
    ready_ns: int

    @property
    def age_ns(self) -> int:
        """From the block's timestamp to the complete state. [ns]"""
        return self.ready_ns - self.header.at_ns

    @property
    def latency_ns(self) -> int:
        """From hearing of the head to the complete state. [ns]"""
        return self.ready_ns - self.heard_ns


async def follow(
    node: Node, reader: PoolReader, positions: Sequence[PositionSource] = (), *, ring: int = RING
) -> AsyncIterator[FollowedBlock]:
    """Follow a pool and positions in it.

    Parameters
    ----------
    node : Node
        Whom to listen to.
    reader : PoolReader
        The pool.
    positions : sequence of PositionSource
        Positions in it.
    ring : int
        How many blocks to keep. [blocks]

    Yields
    ------
    FollowedBlock
        The newest block first known, then every block after it in the order of the chain. [as its fields]

    Raises
    ------
    Retryable
        If the node goes away or lags behind.
    Rejected
        If the node contradicts itself.
    """
    ring_of = _Ring(node, reader, tuple(positions), ring)
    async for heard in node.heads():
        head, patience = heard.header, Patience(node.wire)
        while True:
            try:
                async for block in ring_of.up_to(head, heard.heard_ns):
                    yield block
                break
            except Retryable as error:
                await patience.wait(error)
            head = await node.header("latest")
            node.check_age(head)


class _Ring:
    """The last blocks, and what was reported and is no longer of the chain, until somebody is told."""

    def __init__(self, node: Node, reader: PoolReader, positions: tuple[PositionSource, ...], size: int) -> None:
        self._node, self._reader, self._positions = node, reader, positions
        self._known: deque[FollowedBlock] = deque(maxlen=size)
        self._reverted: list[Header] = []

    async def up_to(self, head: Header, heard_ns: int) -> AsyncIterator[FollowedBlock]:
        """Read every block that is new, up to a head."""
        known = self._known
        if any(one.header.hash == head.hash for one in known) or await self._is_late(head):
            return
        path = await _path(self._node, known, head)
        if known:
            self._reverted += _walk_back(known, path[0])
        for header in path:
            try:
                pool, positions = await self._read(header)
            except StateGone:
                if header is head:
                    raise
                known.clear()  # the node has forgotten what lies in the gap: go on behind it
                header = head
                pool, positions = await self._read(header)
            done = FollowedBlock(
                header=header,
                pool=pool,
                positions=positions,
                reverted=tuple(self._reverted),
                fresh=not known,
                heard_ns=heard_ns,
                ready_ns=self._node.wire.clock_ns("ready"),
            )
            self._reverted = []
            known.append(done)
            yield done
            if header is head:
                return

    async def _is_late(self, head: Header) -> bool:
        """Tell a head from before the ring of the same chain from a reorganisation that goes so deep."""
        known = self._known
        if not known or head.number > known[0].header.number:
            return False
        for one in (known[-1], known[0]):
            try:
                return (await self._node.header(one.header.number)).hash == one.header.hash
            except Retryable:  # a chain that does not reach so high: look further down
                if one is known[0]:
                    raise
        return False

    async def _read(self, header: Header) -> tuple[PoolStorage, tuple[PoolPosition, ...]]:
        return await _next(self._node, self._reader, self._positions, self._known[-1] if self._known else None, header)


async def _path(node: Node, known: Sequence[FollowedBlock], head: Header) -> list[Header]:
    """Return the blocks from the one whose parent is known up to a head; the head alone where none is."""
    path = [head]
    if not known or head.number > known[-1].header.number + LONGEST_GAP:
        return path
    hashes, oldest = {one.header.hash for one in known}, known[0].header.number
    while path[-1].parent_hash not in hashes:
        if path[-1].number <= oldest or len(path) > LONGEST_GAP:
            return [head]
        parent = await node.header(path[-1].parent_hash)
        if parent.number != path[-1].number - 1:
            raise node.lie(f"the parent of block {path[-1].number} has the number {parent.number}")
        path.append(parent)
    return path[::-1]


def _walk_back(known: deque[FollowedBlock], first: Header) -> tuple[Header, ...]:
    """Drop what is not an ancestor of a block; what lies before a long gap is dropped without being reverted."""
    reverted: list[Header] = []
    if first.number > known[-1].header.number + LONGEST_GAP:
        known.clear()
    while known and known[-1].header.hash != first.parent_hash:
        reverted.append(known.pop().header)
    return tuple(reverted)


async def _next(
    node: Node,
    reader: PoolReader,
    sources: tuple[PositionSource, ...],
    before: FollowedBlock | None,
    header: Header,
) -> tuple[PoolStorage, tuple[PoolPosition, ...]]:
    """Read the state at the end of a block, from that of its parent where it is known."""
    if before is None:
        await node.chain_id()
        pool = await reader.snapshot(node, header)
    else:
        if header.number != before.header.number + 1:
            raise node.lie(f"block {header.number} says that its parent is block {before.header.number}")
        logs = await node.logs(header, [reader.emitter], reader.topics) if reader.emitter else ()
        pool = await reader.advance(node, before.pool, header, logs)
    return pool, await read_positions(node, sources, reader.name, header)

"""What tests of the feed share: following in step with the chain, fresh reads, and pools on anvil."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from anvil import AnvilChain
from chain_evm import OWNER, Contract, V3World
from hedgerow.market import PoolStorage, UniswapV3Pool, UniswapV4Pool
from hedgerow.venues.chain import FollowedBlock, Node, PositionSource, follow, open_wire, pool_reader
from hedgerow.venues.chain.live import LiveWire

PATIENCE_S = 20.0
SQRT_ONE = 2**96


async def fresh(chain: AnvilChain, address: str, block: str, **how: Any) -> PoolStorage:
    """The state at a block, read whole by another reader over another connection."""
    wire = LiveWire(chain.http)
    try:
        node = Node(wire)
        header = await node.header(block)
        return await (await pool_reader(node, address, header, **how)).snapshot(node, header)
    finally:
        await wire.close()


async def same(chain: AnvilChain, blocks: Sequence[FollowedBlock], address: str = "", **how: Any) -> None:
    """Every field of every state equals a fresh read; the window of ticks may lie by a word where it was."""
    for block in blocks:
        whole: Any = await fresh(chain, address or block.pool.address, block.header.hash, **how)
        if isinstance(block.pool, UniswapV3Pool | UniswapV4Pool):
            window = {"ticks_from": block.pool.ticks_from, "ticks_to": block.pool.ticks_to}
            whole = msgspec.structs.replace(whole, **window)
        assert block.pool == whole


@dataclass
class Follower:
    """A running ``follow``, asked for block after block."""

    blocks: AsyncIterator[FollowedBlock]

    async def until(self, number: int) -> list[FollowedBlock]:
        """Blocks up to one of that number."""
        found: list[FollowedBlock] = []
        async with asyncio.timeout(PATIENCE_S):
            while not found or found[-1].header.number < number:
                found.append(await anext(self.blocks))
        return found


def followed(
    url: str, address: str, play: Callable[[Follower, Node], Any], positions: Sequence[PositionSource] = (), **how: Any
) -> Any:
    """Follow a pool while a play goes on; what the play returns."""

    async def run() -> Any:
        wire = open_wire(url, how.pop("record", None))
        try:
            node = Node(wire)
            reader = await pool_reader(node, address, await node.header("latest"), **how)
            return await play(Follower(follow(node, reader, positions)), node)
        finally:
            await wire.close()

    return asyncio.run(run())


def seed_v3(world: V3World, pool: Contract, ranges: Sequence[tuple[int, int, int]]) -> list[int]:
    """Mint positions through the position manager; their token ids."""
    fee = pool.call("fee")
    ids = []
    for lower, upper, amount in ranges:
        wanted = (
            world.tokens[0].address, world.tokens[1].address, fee, lower, upper, amount, amount, 0, 0, OWNER, 2**40,
        )  # fmt: skip
        ids.append(int(world.manager.call("mint", wanted)[0]))
    return ids


def swap_v3(world: V3World, pool: Contract, amount: int, *, up: bool = False) -> int:
    """Swap an exact amount of token0 in, or of token1 where the price shall go up; what came out."""
    give, take = world.tokens[::-1] if up else world.tokens
    order = (give.address, take.address, pool.call("fee"), OWNER, 2**40, amount, 0, 0)
    return int(world.router.call("exactInputSingle", order))


def number(chain: AnvilChain) -> int:
    """Of the newest block."""
    return int(chain.rpc("eth_blockNumber"), 16)

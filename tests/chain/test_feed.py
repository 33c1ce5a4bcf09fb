"""A v3 pool on a real node, followed block by block: every field equals a fresh read, whatever the chain does."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from eth_abi import encode
from eth_utils import keccak

from anvil import AnvilChain, anvil, deploy_v3, end, install_multicall
from chain_evm import OWNER, Contract, V3World
from feeds import SQRT_ONE, Follower, followed, fresh, number, same, seed_v3, swap_v3
from hedgerow.core.errors import Retryable, VenueFault
from hedgerow.instruments import RangePosition
from hedgerow.market import UniswapV3Pool
from hedgerow.venues.chain import FollowedBlock, Node, TokenPosition
from hedgerow.venues.chain.live import LiveWire

RANGES = [(-600, 600, 10**20), (-60, 60, 10**20), (-1200, -120, 10**20), (120, 1800, 10**20)]


@pytest.fixture(scope="module")
def chain() -> Iterator[AnvilChain]:
    with anvil() as running:
        install_multicall(running)
        yield running


@pytest.fixture(scope="module")
def world(chain: AnvilChain) -> V3World:
    return deploy_v3(chain)


@pytest.fixture
def pool(world: V3World, chain: AnvilChain) -> Iterator[Contract]:
    """A pool with liquidity in four ranges; afterwards the chain is as it was."""
    before = chain.rpc("evm_snapshot")
    made = world.pool(3000, SQRT_ONE)
    seed_v3(world, made, RANGES)
    yield made
    chain.rpc("evm_revert", before)


@pytest.mark.parametrize("way", ["ipc", "websocket", "http"])
def test_every_field_equals_a_fresh_read_at_every_block(
    chain: AnvilChain, world: V3World, pool: Contract, way: str
) -> None:
    async def play(follower: Follower, _: Node) -> list[FollowedBlock]:
        seen = await follower.until(number(chain))
        swap_v3(world, pool, 10**19)
        swap_v3(world, pool, 2 * 10**20, up=True)  # over ticks 60 and 120
        seed_v3(world, pool, [(-300, 300, 10**18), (-6000, 6000, 10**18)])
        swap_v3(world, pool, 3 * 10**20)
        pool.call("setFeeProtocol", 4, 5)
        swap_v3(world, pool, 10**18)
        chain.mine(2)
        seen += await follower.until(number(chain))
        await same(chain, seen)
        return seen

    seen = followed(getattr(chain, way), pool.address, play)
    assert [one.header.number for one in seen] == list(range(seen[0].header.number, number(chain) + 1))
    assert [one.fresh for one in seen] == [True] + [False] * (len(seen) - 1)
    states = [one.pool for one in seen]
    assert all(isinstance(state, UniswapV3Pool) for state in states)
    assert {-300, 300, -6000, 6000} <= set(states[-1].ticks) - set(states[0].ticks)
    assert states[-1].fee_protocol == 4 + (5 << 4)
    assert states[-1].protocol_fees0 > 0
    assert min(state.tick for state in states) < -60 < 120 < max(state.tick for state in states)


def test_a_swap_a_mint_a_burn_a_collect_and_a_flash_loan_in_one_block_are_one_state(
    chain: AnvilChain, world: V3World, pool: Contract
) -> None:
    (token,) = seed_v3(world, pool, [(-900, -300, 10**20)])
    liquidity = int(world.manager.call("positions", token)[7])
    # Whoever calls flash is called back: its code is one STOP, so it is lent nothing and pays nothing.
    lender = "0x" + 20 * "f1"
    chain.rpc("anvil_setCode", lender, "0x00")
    chain.rpc("anvil_impersonateAccount", lender)
    chain.rpc("anvil_setBalance", lender, hex(10**18))

    async def play(follower: Follower, _: Node) -> list[FollowedBlock]:
        await follower.until(number(chain))
        start = number(chain)
        ends = (world.tokens[0].address, world.tokens[1].address)
        chain.rpc("evm_setAutomine", False)
        try:
            for amount in (10**19, 4 * 10**20):
                _send(chain, world.router, _SWAP, (*ends, 3000, OWNER, 2**40, amount, 0, 0))
            _send(chain, world.manager, _MINT, (*ends, 3000, -300, 300, 10**18, 10**18, 0, 0, OWNER, 2**40))
            _send(chain, world.manager, _DECREASE, (token, liquidity, 0, 0, 2**40))
            _send(chain, world.manager, _COLLECT, (token, OWNER, 2**128 - 1, 2**128 - 1))
            _send(chain, pool, _FLASH, (lender, 0, 0, b""), sender=lender)
            chain.mine(1)
        finally:
            chain.rpc("evm_setAutomine", True)
        seen = await follower.until(start + 1)
        await same(chain, seen)
        return seen

    (block,) = followed(chain.ipc, pool.address, play)
    assert block.pool.tick < -600  # over three initialized ticks within one block
    assert {-300, 300} <= set(block.pool.ticks)
    assert -900 not in block.pool.ticks  # all of it is burnt
    assert int(world.manager.call("positions", token)[7]) == 0


_SWAP = "exactInputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))"
_MINT = "mint((address,address,uint24,int24,int24,uint256,uint256,uint256,uint256,address,uint256))"
_DECREASE = "decreaseLiquidity((uint256,uint128,uint256,uint256,uint256))"
_COLLECT = "collect((uint256,address,uint128,uint128))"
_FLASH = "flash(address,uint256,uint256,bytes)"


def _send(chain: AnvilChain, to: Contract, signature: str, order: tuple[Any, ...], sender: str = OWNER) -> None:
    """A transaction that waits to be mined."""
    kinds = signature[signature.index("(") :]
    whole = kinds[1:-1] if kinds.startswith("((") else kinds
    data = (
        keccak(signature.encode())[:4] + encode([whole], [order])
        if kinds.startswith("((")
        else (keccak(signature.encode())[:4] + encode(kinds[1:-1].split(","), order))
    )
    sent = {"from": sender, "to": to.address, "data": "0x" + data.hex(), "gas": hex(2_000_000)}
    chain.rpc("eth_sendTransaction", sent)


def test_a_reorganisation_while_reading_is_walked_back(chain: AnvilChain, world: V3World, pool: Contract) -> None:
    from hedgerow.venues.chain import follow, pool_reader

    class Nasty(LiveWire):
        """Between a head and the question for its logs the chain goes over to another branch."""

        armed = False

        async def ask(self, questions: Any) -> Any:
            if self.armed and any(one.method == "eth_getLogs" for one in questions):
                self.armed = False
                chain.rpc("anvil_reorg", 2, [])
            return await super().ask(questions)

    async def run() -> list[FollowedBlock]:
        wire = Nasty(chain.ipc)
        try:
            node = Node(wire)
            reader = await pool_reader(node, pool.address, await node.header("latest"))
            follower = Follower(follow(node, reader))
            await follower.until(number(chain))
            swap_v3(world, pool, 10**18)
            await follower.until(number(chain))
            wire.armed = True
            swap_v3(world, pool, 10**18)
            swap_v3(world, pool, 10**18)
            seen = await follower.until(number(chain))
            await same(chain, seen[-2:])
            return seen
        finally:
            await wire.close()

    seen = asyncio.run(run())
    assert seen[-1].header.number == number(chain)


@pytest.mark.parametrize("depth", [1, 3])
def test_a_reorganisation_is_walked_back(chain: AnvilChain, world: V3World, pool: Contract, depth: int) -> None:
    async def play(follower: Follower, _: Node) -> tuple[list[FollowedBlock], list[FollowedBlock]]:
        await follower.until(number(chain))
        for _i in range(4):
            swap_v3(world, pool, 10**19)
        before = await follower.until(number(chain))
        chain.rpc("anvil_reorg", depth, [])
        swap_v3(world, pool, 10**18, up=True)
        after = await follower.until(number(chain))
        await same(chain, after)
        return before, after

    before, after = followed(chain.ipc, pool.address, play)
    gone = [header for block in after for header in block.reverted]
    assert [header.hash for header in gone] == [block.header.hash for block in before[::-1][:depth]]
    assert not any(block.fresh for block in after)
    assert after[-1].header.number == before[-1].header.number + 1
    assert after[-1].pool.sqrt_price_x96 != before[-1].pool.sqrt_price_x96


def test_a_reorganisation_deeper_than_the_ring_begins_afresh(chain: AnvilChain, world: V3World, pool: Contract) -> None:
    from hedgerow.venues.chain import follow, pool_reader

    async def play(_: Follower, node: Node) -> list[FollowedBlock]:
        reader = await pool_reader(node, pool.address, await node.header("latest"))
        follower = Follower(follow(node, reader, ring=2))
        await follower.until(number(chain))
        for _i in range(4):
            swap_v3(world, pool, 10**19)
        await follower.until(number(chain))
        chain.rpc("anvil_reorg", 4, [])
        swap_v3(world, pool, 10**18, up=True)
        seen = await follower.until(number(chain))
        await same(chain, seen)
        return seen

    seen = followed(chain.ipc, pool.address, play)
    assert seen[0].fresh
    assert len(seen[0].reverted) == 2


@pytest.mark.parametrize("way", ["ipc", "websocket"])
def test_a_lost_connection_is_made_again_and_its_gap_filled(
    chain: AnvilChain, world: V3World, pool: Contract, way: str
) -> None:
    async def play(follower: Follower, node: Node) -> list[FollowedBlock]:
        seen = await follower.until(number(chain))
        wire: Any = node.wire
        await wire._connection.close()  # from this side; the node goes on
        for _i in range(5):
            swap_v3(world, pool, 10**19)
        seen += await follower.until(number(chain))
        await same(chain, seen)
        return seen

    seen = followed(getattr(chain, way), pool.address, play)
    numbers = [one.header.number for one in seen]
    assert numbers == list(range(numbers[0], numbers[0] + 6))


def test_many_blocks_at_once_are_each_reported_once(chain: AnvilChain, pool: Contract) -> None:
    async def play(follower: Follower, _: Node) -> list[FollowedBlock]:
        seen = await follower.until(number(chain))
        chain.mine(40)
        return seen + await follower.until(number(chain))

    seen = followed(chain.websocket, pool.address, play)
    numbers = [one.header.number for one in seen]
    assert numbers == list(range(numbers[0], numbers[0] + 41))


def test_far_moves_take_the_window_of_ticks_along(chain: AnvilChain, world: V3World, pool: Contract) -> None:
    seed_v3(world, pool, [(-120_000, 120_000, 10**22)])

    async def play(follower: Follower, _: Node) -> list[FollowedBlock]:
        await follower.until(number(chain))
        swap_v3(world, pool, 10**23)
        seen = await follower.until(number(chain))
        for block in seen:
            assert block.pool == await fresh(chain, pool.address, block.header.hash, words=1)
        return seen

    seen = followed(chain.ipc, pool.address, play, words=1)
    assert seen[-1].pool.tick < -40_000
    assert seen[-1].pool.ticks_from < seen[-1].pool.tick < seen[-1].pool.ticks_to < 0


def test_a_position_changes_with_its_blocks(chain: AnvilChain, world: V3World, pool: Contract) -> None:
    (token,) = seed_v3(world, pool, [(-240, 240, 10**20)])
    source = TokenPosition(manager=world.manager.address.lower(), token_id=token)

    async def play(follower: Follower, _: Node) -> list[FollowedBlock]:
        seen = await follower.until(number(chain))
        swap_v3(world, pool, 10**19)
        held = seen[-1].positions[0]
        assert isinstance(held, RangePosition)
        world.manager.call("decreaseLiquidity", (token, held.liquidity // 2, 0, 0, 2**40))
        return seen + await follower.until(number(chain))

    seen = followed(chain.ipc, pool.address, play, [source], watched=(-240, 240))
    first, last = seen[0].positions[0], seen[-1].positions[0]
    assert isinstance(first, RangePosition)
    assert isinstance(last, RangePosition)
    assert first.fees is not None
    assert last.fees is not None
    assert last.liquidity == first.liquidity - first.liquidity // 2
    assert last.fees.owed0 > 0
    assert last.fees.growth_inside0_x128 != first.fees.growth_inside0_x128


def test_a_node_that_is_gone_for_good_is_named() -> None:
    async def run(running: AnvilChain) -> list[int]:
        wire = LiveWire(running.websocket, patience_s=0.5)
        node = Node(wire)
        numbers: list[int] = []
        try:
            async for head in node.heads():
                numbers.append(head.header.number)
                end(running.process)
        finally:
            await wire.close()
        return numbers

    with anvil() as running, pytest.raises(Retryable, match=r"the node has not answered for 0\.5 s") as raised:
        asyncio.run(run(running))
    assert raised.value.fault is VenueFault.AWAY

"""From a minted position to a hedge: on a real chain, through a price path, block by block.

What is reported is held against the contract itself at every block, and what the hedge would have earned against the
closed form of the range in arithmetic of this test.
"""

import asyncio
import contextlib
import itertools
import math
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from eth_abi import decode, encode
from eth_utils import keccak

from anvil import AnvilChain, anvil, deploy_v3, install_multicall
from chain_evm import OWNER, Contract, V3World
from feeds import SQRT_ONE, number, swap_v3
from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency
from hedgerow.events import PoolUpdate
from hedgerow.instruments import RangePosition
from hedgerow.oneshot.pool_feed import FeedQuery, pool_update, watch
from hedgerow.oneshot.pool_terms import PoolTerms
from hedgerow.pools.assets import Alias
from hedgerow.report.pool_block import PoolBlock
from hedgerow.venues.chain.live import LiveWire

LOWER, UPPER = -1200, 1200
PATH = [3, 4, -5, 2, 6, -9, -8, 5, -6, 4, 7, 5]
"""Swaps in turn: so many tokens of token1 in, or of token0 where negative. [10^18]"""


@pytest.fixture(scope="module")
def chain() -> Iterator[AnvilChain]:
    with anvil() as running:
        install_multicall(running)
        yield running


@pytest.fixture(scope="module")
def world(chain: AnvilChain) -> V3World:
    return deploy_v3(chain)


@pytest.fixture(scope="module")
def pool(world: V3World) -> Contract:
    return world.pool(3000, SQRT_ONE)


@pytest.fixture(scope="module")
def seen(chain: AnvilChain, world: V3World, pool: Contract) -> tuple[int, list[PoolBlock]]:
    """The only position of the pool, followed through the path; its token, and every block."""
    ends = tuple(token.address for token in world.tokens)
    wanted = (*ends, 3000, LOWER, UPPER, 10**20, 10**20, 0, 0, OWNER, 2**40)
    token = int(world.manager.call("mint", wanted)[0])
    query = FeedQuery(
        url=chain.ipc, token_id=token, manager=world.manager.address.lower(), symbols=("WETH", "USDC"), name="p"
    )

    async def run() -> list[PoolBlock]:
        feed = watch(query, PoolTerms(numeraire="USDC"))
        blocks = [await anext(feed)]
        for size in PATH:
            swap_v3(world, pool, abs(size) * 10**18, up=size > 0)
            while blocks[-1].pool.block.number < number(chain):
                blocks.append(await anext(feed))
        await feed.aclose()  # type: ignore[attr-defined]
        return blocks

    return token, asyncio.run(run())


def _liquidity(block: PoolBlock) -> int:
    assert isinstance(block.position, RangePosition)
    return block.position.liquidity


def _at_block(chain: AnvilChain, to: str, signature: str, args: list[Any], block: int, returns: list[str]) -> Any:
    data = keccak(signature.encode())[:4] + encode([signature[signature.index("(") + 1 : -1]] if args else [], args)
    sent = {"from": OWNER, "to": to, "data": "0x" + data.hex()}
    return decode(returns, bytes.fromhex(chain.rpc("eth_call", sent, hex(block))[2:]))


def test_delta_and_fees_are_what_the_contract_pays_at_every_block(
    chain: AnvilChain, world: V3World, seen: tuple[int, list[PoolBlock]]
) -> None:
    token, blocks = seen
    assert len(blocks) == len(PATH) + 1
    for one in blocks:
        at = one.pool.block.number
        order = [(token, _liquidity(one), 0, 0, 2**40)]
        burnt = _at_block(
            chain, world.manager.address, "decreaseLiquidity((uint256,uint128,uint256,uint256,uint256))", order, at,
            ["uint256", "uint256"],
        )  # fmt: skip
        row = one.greeks
        # the contract rounds down to a unit; the report is in floating point at the pool's own price
        assert list(row.amounts[0]) == pytest.approx([unit / 1e18 for unit in burnt], rel=1e-12, abs=1e-12)
        assert one.hedges[0].delta == pytest.approx(burnt[0] / 1e18 + float(row.fees[0, 0]), rel=1e-12, abs=1e-12)


def test_gamma_is_how_the_contracts_delta_moves(
    chain: AnvilChain, world: V3World, seen: tuple[int, list[PoolBlock]]
) -> None:
    # Between two blocks the mean gamma is the change of what the contract pays over the change of its price.
    token, blocks = seen
    paid = [_paid(chain, world, token, one)[0] / 1e18 for one in blocks]
    prices = [_price(chain, one) for one in blocks]
    for k, (old, new) in enumerate(itertools.pairwise(blocks)):
        change = (paid[k + 1] - paid[k]) / (prices[k + 1] - prices[k])
        ends = sorted((old.hedges[0].gamma, new.hedges[0].gamma))
        assert ends[0] <= change <= ends[1]


def _price(chain: AnvilChain, block: PoolBlock) -> float:
    at = block.pool.block.number
    kinds = ["uint160", "int24", "uint16", "uint16", "uint16", "uint8", "bool"]
    root = _at_block(chain, block.pool.address, "slot0()", [], at, kinds)[0]
    return float((root / 2**96) ** 2)


def _paid(chain: AnvilChain, world: V3World, token: int, block: PoolBlock) -> list[int]:
    """What the manager would pay for all of the liquidity at the end of a block."""
    order = [(token, _liquidity(block), 0, 0, 2**40)]
    signature = "decreaseLiquidity((uint256,uint128,uint256,uint256,uint256))"
    at = block.pool.block.number
    return list(_at_block(chain, world.manager.address, signature, order, at, ["uint256", "uint256"]))


def test_the_hedge_earns_what_the_closed_form_says(seen: tuple[int, list[PoolBlock]]) -> None:
    _, blocks = seen
    liquidity, low, high = _liquidity(blocks[0]) / 1e18, 1.0001**LOWER, 1.0001**UPPER

    def held(price: float) -> float:
        return liquidity * (2.0 * math.sqrt(price) - math.sqrt(low) - price / math.sqrt(high))

    prices = [one.hedges[0].price for one in blocks]
    fees = [list(one.greeks.fees[0]) for one in blocks]
    deltas = [
        liquidity * (1.0 / math.sqrt(p) - 1.0 / math.sqrt(high)) + fee[0] for p, fee in zip(prices, fees, strict=True)
    ]
    steps = list(zip(deltas, prices, prices[1:], strict=False))
    earned = -sum(delta * (after - before) for delta, before, after in steps)
    last = blocks[-1]
    assert last.hedge_pnl == pytest.approx(earned, rel=1e-9)
    value = held(prices[-1]) - held(prices[0]) + fees[-1][0] * prices[-1] + fees[-1][1]
    assert last.position_pnl == pytest.approx(value, rel=1e-9)
    # Hedged: the fees, less what the curve loses at every step against its tangent.
    lost = sum(held(after) - held(before) - (delta - fee[0]) * (after - before) for (delta, before, after), fee in zip(steps, fees, strict=False))  # fmt: skip # noqa: E501
    assert lost < 0.0
    gained = sum((new[0] - old[0]) * at + new[1] - old[1] for old, new, at in zip(fees, fees[1:], prices[1:], strict=False))  # fmt: skip # noqa: E501
    assert last.position_pnl + last.hedge_pnl == pytest.approx(lost + gained, rel=1e-9)


def test_every_target_offsets_what_the_contract_would_pay(
    chain: AnvilChain, world: V3World, seen: tuple[int, list[PoolBlock]]
) -> None:
    # The manager pays tokens and fees: what `decreaseLiquidity` and `collect` return at that block.
    token, blocks = seen
    for one in blocks:
        (hedge,) = one.hedges
        assert hedge.asset == "ETH"
        fees = _at_block(
            chain, world.manager.address, "collect((uint256,address,uint128,uint128))",
            [(token, OWNER, 2**128 - 1, 2**128 - 1)], one.pool.block.number, ["uint256", "uint256"],
        )  # fmt: skip
        coins = (_paid(chain, world, token, one)[0] + fees[0]) / 1e18
        assert hedge.linear.contracts == pytest.approx(-coins, rel=1e-12)
        assert hedge.inverse.contracts == pytest.approx(-coins * _price(chain, one), rel=1e-12)
        assert hedge.linear.hedge_ratio == pytest.approx(1.0)


def test_an_engine_could_take_every_block(seen: tuple[int, list[PoolBlock]]) -> None:
    for one in seen[1]:
        event = pool_update(one.pool, base=0, known_ns=one.pool.block.at_ns + 5)
        assert isinstance(event, PoolUpdate)
        assert event.price == pytest.approx(one.hedges[0].price, rel=1e-12)
        assert event.liquidity == pytest.approx(_liquidity(one) / 1e18, rel=1e-12)
        assert event.block == one.pool.block.number


async def _next(feed: AsyncIterator[PoolBlock], chain: AnvilChain) -> PoolBlock:
    """The newest block, whatever came before it."""
    while (block := await anext(feed)).pool.block.number < number(chain):
        pass
    return block


def _position(world: V3World, tokens: int = 10**20) -> int:
    ends = tuple(token.address for token in world.tokens)
    return int(world.manager.call("mint", (*ends, 3000, LOWER, UPPER, tokens, tokens, 0, 0, OWNER, 2**40))[0])


def _query(chain: AnvilChain, world: V3World, token: int) -> FeedQuery:
    return FeedQuery(url=chain.ipc, token_id=token, manager=world.manager.address.lower(), symbols=("WETH", "USDC"))


def test_what_is_put_in_and_taken_out_is_no_profit(
    chain: AnvilChain, world: V3World, pool: Contract, seen: tuple[int, list[PoolBlock]]
) -> None:
    del seen  # the pool's price has moved by now
    token = _position(world)
    words: list[str] = []

    async def run() -> tuple[list[PoolBlock], list[list[int]]]:
        feed = watch(_query(chain, world, token), PoolTerms(numeraire="USDC"), say=words.append)
        blocks, moved = [await _next(feed, chain)], []
        moved.append([*world.manager.call("increaseLiquidity", (token, 10**19, 10**19, 0, 0, 2**40))[1:]])
        blocks.append(await _next(feed, chain))
        half = _liquidity(blocks[-1]) // 2
        world.manager.call("decreaseLiquidity", (token, half, 0, 0, 2**40))
        blocks.append(await _next(feed, chain))
        moved.append([-one for one in world.manager.call("collect", (token, OWNER, 2**128 - 1, 2**128 - 1))])
        blocks.append(await _next(feed, chain))
        swap_v3(world, pool, 10**18)
        blocks.append(await _next(feed, chain))
        world.manager.call("decreaseLiquidity", (token, _liquidity(blocks[-1]), 0, 0, 2**40))
        with contextlib.suppress(StopAsyncIteration):
            await _next(feed, chain)
        await feed.aclose()  # type: ignore[attr-defined]
        return blocks, moved

    blocks, moved = asyncio.run(run())
    price = _price(chain, blocks[0])
    put_in, out = (one[0] / 1e18 * price + one[1] / 1e18 for one in moved)
    assert blocks[1].flow == pytest.approx(put_in, rel=1e-12)
    assert blocks[2].flow == pytest.approx(0.0, abs=1e-12)  # what is owed still counts as held
    assert blocks[3].flow == pytest.approx(out, rel=1e-12)
    assert [one.position_pnl for one in blocks[:4]] == pytest.approx([0.0] * 4, abs=1e-9)
    last = blocks[4]
    assert last.flow == 0.0
    assert last.position_pnl == pytest.approx(_value(last) - _value(blocks[3]), rel=1e-9)
    assert last.position_pnl != 0.0
    (end,) = words
    assert end.startswith(f"after block {last.pool.block.number} the position ended: ")
    assert f"token {token}: its liquidity is taken out" in end


def _value(block: PoolBlock) -> float:
    return float(block.greeks.value[0])


def test_profit_goes_on_over_a_block_that_is_read_afresh(
    chain: AnvilChain,
    world: V3World,
    pool: Contract,
    monkeypatch: pytest.MonkeyPatch,
    seen: tuple[int, list[PoolBlock]],
) -> None:
    del seen
    monkeypatch.setattr("hedgerow.venues.chain.follower.LONGEST_GAP", 3)
    monkeypatch.setattr("hedgerow.oneshot.pool_feed.open_wire", lambda *_: LiveWire(chain.http, poll_s=0.05))
    token = _position(world)

    async def run() -> list[PoolBlock]:
        feed = watch(_query(chain, world, token), PoolTerms(numeraire="USDC"))
        blocks = [await _next(feed, chain)]
        swap_v3(world, pool, 10**18)
        blocks.append(await _next(feed, chain))
        for _ in range(6):
            swap_v3(world, pool, 10**18)
        blocks.append(await _next(feed, chain))
        await feed.aclose()  # type: ignore[attr-defined]
        return blocks

    first, second, third = asyncio.run(run())
    assert [one.fresh for one in (first, second, third)] == [True, False, True]
    assert third.position_pnl == pytest.approx(_value(third) - _value(first), rel=1e-9)
    ends = list(itertools.pairwise(_price(chain, one) for one in (first, second, third)))
    earned = sum(one.hedges[0].linear.contracts * (b - a) for one, (a, b) in zip((first, second), ends, strict=True))
    assert third.hedge_pnl == pytest.approx(earned, rel=1e-9)


def test_a_price_that_is_stated_is_said_to_stand_still(
    chain: AnvilChain, world: V3World, seen: tuple[int, list[PoolBlock]]
) -> None:
    words: list[str] = []

    async def run(terms: PoolTerms) -> None:
        feed = watch(_query(chain, world, seen[0]), terms, say=words.append)
        try:
            await anext(feed)
        finally:
            await feed.aclose()  # type: ignore[attr-defined]

    asyncio.run(run(PoolTerms(numeraire="USDC", prices={"WETH": 1.01})))
    (said,) = words
    assert said.startswith("the price of WETH is stated: it stays 1.01 USDC in every block")
    for terms in (
        PoolTerms(numeraire="USDC", prices={"WHET": 1.0}),
        PoolTerms(numeraire="USDC", aliases={"WHET": Alias(asset=Currency("ETH"), rate=1.0)}),
    ):
        with pytest.raises(InputError, match=r"of WHET: .* has no such token"):
            asyncio.run(run(terms))

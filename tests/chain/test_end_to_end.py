"""From a minted position to a hedge: on a real chain, through a price path, block by block.

What is reported is held against the contract itself at every block, and what the hedge would have earned against the
closed form of the range in arithmetic of this test.
"""

import asyncio
import itertools
import math
from collections.abc import Iterator
from typing import Any

import pytest
from eth_abi import decode, encode
from eth_utils import keccak

from anvil import AnvilChain, anvil, deploy_v3, install_multicall
from chain_evm import OWNER, Contract, V3World
from feeds import SQRT_ONE, number, swap_v3
from hedgerow.events import PoolUpdate
from hedgerow.instruments import RangePosition
from hedgerow.oneshot.pool_feed import FeedQuery, pool_update, watch
from hedgerow.oneshot.pool_terms import PoolTerms
from hedgerow.report.pool_block import PoolBlock

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
    data = keccak(signature.encode())[:4] + encode([signature[signature.index("(") + 1 : -1]], args)
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


def test_gamma_is_how_the_contracts_delta_moves(seen: tuple[int, list[PoolBlock]]) -> None:
    # Between two blocks the mean gamma is the change of delta over the change of the price.
    _, blocks = seen
    for old, new in itertools.pairwise(blocks):
        moved = new.hedges[0].price - old.hedges[0].price
        change = float(new.greeks.amounts[0, 0] - old.greeks.amounts[0, 0]) / moved
        ends = sorted((old.hedges[0].gamma, new.hedges[0].gamma))
        assert ends[0] <= change <= ends[1]


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


def test_every_target_offsets_the_exposure(seen: tuple[int, list[PoolBlock]]) -> None:
    for one in seen[1]:
        (hedge,) = one.hedges
        assert hedge.asset == "ETH"
        assert hedge.linear.contracts == pytest.approx(-hedge.delta)
        assert hedge.inverse.contracts == pytest.approx(-hedge.delta * hedge.price)
        assert hedge.linear.hedge_ratio == pytest.approx(1.0)


def test_an_engine_could_take_every_block(seen: tuple[int, list[PoolBlock]]) -> None:
    for one in seen[1]:
        event = pool_update(one.pool, base=0, known_ns=one.pool.block.at_ns + 5)
        assert isinstance(event, PoolUpdate)
        assert event.price == pytest.approx(one.hedges[0].price, rel=1e-12)
        assert event.liquidity == pytest.approx(_liquidity(one) / 1e18, rel=1e-12)
        assert event.block == one.pool.block.number

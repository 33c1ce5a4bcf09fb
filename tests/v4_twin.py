"""A Uniswap v4 pool on the chain and as a struct: whatever is done is done to both, and compared to the unit."""

import functools
from dataclasses import dataclass, field

import msgspec
import pytest
from eth_abi.abi import decode
from eth_utils.crypto import keccak

from chain_evm import OWNER, Contract, Reverted, V4World, approve, deploy_v4, mapping_slot, v4_artifact
from chain_pools import NAME, read_v4, v4_id
from hedgerow.core.errors import HedgerowError
from hedgerow.instruments.liquidity import RangePosition
from hedgerow.market.pool_states import UniswapV4Pool
from hedgerow.pools.exact import ticks as tick_maths
from hedgerow.pools.exact import uniswap_v4
from hedgerow.pools.exact.concentrated_swaps import ConcentratedSwap
from hedgerow.pools.exact.ranges import checkpoint
from hedgerow.pools.history import GiftEvent, LiquidityEvent, PoolEvent, SwapEvent

Key = tuple[str, str, int, int, str]
CHANGE = "modifyLiquidity((address,address,uint24,int24,address),(int24,int24,int256,bytes32),bytes)"


@functools.cache
def the_world() -> V4World:
    """Uniswap v4 without pools; the owner sets protocol fees."""
    world = deploy_v4()
    world.manager.call("setProtocolFeeController", OWNER)
    return world


@functools.cache
def the_donor() -> Contract:
    """Who gives to pools."""
    world = the_world()
    donor = world.chain.deploy(v4_artifact("PoolDonateTest"), world.manager.address)
    approve(world.tokens, donor)
    return donor


def halves(delta: int) -> tuple[int, int]:
    """Two signed amounts, packed into one word."""
    low = delta % 2**128
    return delta >> 128, low - 2**128 if low >> 127 else low


@dataclass(slots=True)
class Twin:
    """A pool on the chain, the same pool as a struct, and positions in both."""

    world: V4World
    key: Key
    pool: UniswapV4Pool
    touched: set[int] = field(default_factory=set)
    held: dict[int, RangePosition] = field(default_factory=dict)
    minted: int = 0
    events: list[PoolEvent] = field(default_factory=list)
    minted_before: dict[int, int] = field(default_factory=dict)

    def log(self) -> None:
        """Keep what the manager logged of the pool in the last transaction."""
        for entry in self.world.chain.logs():
            words = [bytes.fromhex(topic.removeprefix("0x")) for topic in entry.topics]
            if entry.address.lower() == self.world.manager.address.lower() and words[1:2] == [v4_id(self.key)]:
                event = event_of(words[0], bytes(entry.data[1]))
                self.events += [event] if event else []

    def donate(self, amount0: int, amount1: int) -> None:
        """Give the liquidity in range something; the struct is read again."""
        the_donor().call("donate", self.key, amount0, amount1, b"")
        self.log()
        self.pool = read_v4(self.world, self.key, self.touched)

    def compare(self) -> None:
        """Both are the same, to the unit."""
        assert self.pool == read_v4(self.world, self.key, self.touched)

    def change(self, lower: int, upper: int, delta: int, number: int) -> tuple[int, int]:
        """Change the liquidity of a position; what comes out of the pool."""
        terms = (lower, upper, delta, number.to_bytes(32, "big"))
        paid = halves(self.world.liquidity.call(CHANGE, self.key, terms, b""))
        self.log()
        return paid

    def mint(self, lower: int, upper: int, amount: int) -> None:
        """Add a position of a liquidity."""
        liquidity = min(amount, 2**110)
        try:
            amounts = self.change(lower, upper, liquidity, self.minted)
        except Reverted:
            with pytest.raises(HedgerowError):
                uniswap_v4.modify_liquidity(self.pool, lower, upper, liquidity)
            return
        done = uniswap_v4.modify_liquidity(self.pool, lower, upper, liquidity)
        assert (-done.amount0, -done.amount1) == amounts
        self.pool = done.pool
        self.touched |= {lower, upper}
        self.minted_before[self.minted] = len(self.events)
        self.held[self.minted] = RangePosition(
            name=str(self.minted),
            pool=NAME,
            liquidity=liquidity,
            tick_lower=lower,
            tick_upper=upper,
            fees=checkpoint(self.pool, lower, upper),
        )
        self.minted += 1

    def burn(self, number: int, liquidity: int) -> None:
        """Take liquidity out; the position's fees come with it."""
        position = self.held[number]
        done = uniswap_v4.modify_liquidity(self.pool, position.tick_lower, position.tick_upper, -liquidity)
        fees = uniswap_v4.preview_collect(self.pool, position)
        expected = (done.amount0 + fees[0], done.amount1 + fees[1])
        if expected == (0, 0):
            return  # the caller of v4's own tests insists on being paid something
        assert self.change(position.tick_lower, position.tick_upper, -liquidity, number) == expected
        if liquidity == position.liquidity:
            assert uniswap_v4.preview_burn(self.pool, position) == (done.amount0, done.amount1)
            del self.held[number]
        else:
            settled = checkpoint(self.pool, position.tick_lower, position.tick_upper)
            rest = position.liquidity - liquidity
            self.held[number] = msgspec.structs.replace(position, liquidity=rest, fees=settled)
        self.pool = done.pool

    def collect(self, number: int) -> None:
        """Change a position by nothing: its fees are paid."""
        position = self.held[number]
        expected = uniswap_v4.preview_collect(self.pool, position)
        assert self.change(position.tick_lower, position.tick_upper, 0, number) == expected
        settled = checkpoint(self.pool, position.tick_lower, position.tick_upper)
        self.held[number] = msgspec.structs.replace(position, fees=settled)

    def swap(self, down: bool, exact_in: bool, amount: int, limit: int | None) -> None:
        """Swap; both do it, or both refuse."""
        edge = limit or (tick_maths.MIN_SQRT_PRICE + 1 if down else tick_maths.MAX_SQRT_PRICE - 1)
        terms = (down, -amount if exact_in else amount, edge)
        try:
            delta = self.world.swaps.call("swap", self.key, terms, (False, False), b"")
        except Reverted:
            with pytest.raises(HedgerowError):
                self._swap(down, exact_in, amount, limit)
            return
        self.log()
        done = self._swap(down, exact_in, amount, limit)
        paid, taken = halves(delta) if down else halves(delta)[::-1]
        assert (done.amount_in, done.amount_out) == (-paid, taken)
        self.pool = done.pool

    def _swap(self, down: bool, exact_in: bool, amount: int, limit: int | None) -> ConcentratedSwap[UniswapV4Pool]:
        return uniswap_v4.swap(
            self.pool, zero_for_one=down, amount=amount, exact_in=exact_in, sqrt_price_limit_x96=limit
        )


def twin_of(world: V4World, key: Key, price: int, growth: tuple[int, int], protocol: tuple[int, int]) -> Twin:
    """A pool without liquidity, its fee growth where a test wants it."""
    world.manager.call("initialize", key, price)
    world.manager.call("setProtocolFee", key, protocol[0] | protocol[1] << 12)
    start = mapping_slot(v4_id(key), 6)
    for slot, value in zip((start + 1, start + 2), growth, strict=True):
        world.chain.store(world.manager.address, slot, value)
    return Twin(world, key, read_v4(world, key, ()))


SIGNATURES = {
    keccak(text="Swap(bytes32,address,int128,int128,uint160,uint128,int24,uint24)"): "swap",
    keccak(text="ModifyLiquidity(bytes32,address,int24,int24,int256,bytes32)"): "liquidity",
    keccak(text="Donate(bytes32,address,uint256,uint256)"): "gift",
}


def event_of(topic: bytes, data: bytes) -> PoolEvent | None:
    """What a log of the manager says; its swaps are signed as the trader sees them."""
    match SIGNATURES.get(topic):
        case "swap":
            out0, out1, price, liquidity, tick, fee = decode(
                ["int128", "int128", "uint160", "uint128", "int24", "uint24"], data
            )
            return SwapEvent(
                amount0=-out0, amount1=-out1, sqrt_price_x96=price, liquidity=liquidity, tick=tick, fee_pips=fee
            )
        case "liquidity":
            lower, upper, delta, _ = decode(["int24", "int24", "int256", "bytes32"], data)
            return LiquidityEvent(tick_lower=lower, tick_upper=upper, delta=delta)
        case "gift":
            amount0, amount1 = decode(["uint256", "uint256"], data)
            return GiftEvent(amount0=amount0, amount1=amount1)
    return None

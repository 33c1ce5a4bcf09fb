"""A Uniswap v3 pool on the chain and as a struct: whatever is done is done to both, and compared to the unit."""

import functools
from dataclasses import dataclass, field

import msgspec
from eth_abi.abi import decode
from eth_utils.crypto import keccak

from chain_evm import OWNER, V3_CORE, Contract, Reverted, V3World, deploy_v3, v3_artifact
from chain_pools import NAME, read_v3
from hedgerow.core.errors import HedgerowError
from hedgerow.instruments.liquidity import RangePosition
from hedgerow.market.pool_states import UniswapV3Pool
from hedgerow.pools.exact import ticks as tick_maths
from hedgerow.pools.exact import uniswap_v3
from hedgerow.pools.exact.concentrated_swaps import ConcentratedSwap
from hedgerow.pools.exact.ranges import checkpoint
from hedgerow.pools.history import GiftEvent, LiquidityEvent, PoolEvent, ProtocolFeeEvent, SwapEvent

FOREVER = 2**40
SPACINGS = {500: 10, 3_000: 60, 10_000: 200}
MOST = 2**128 - 1


@functools.cache
def the_world() -> V3World:
    """Uniswap v3 with a pool of every fee, none of them with a price yet."""
    made = deploy_v3()
    for fee in SPACINGS:
        made.factory.call("createPool", made.tokens[0].address, made.tokens[1].address, fee)
    return made


def pool_at(world: V3World, fee: int) -> Contract:
    """The pool of a fee."""
    address = world.factory.call("getPool", world.tokens[0].address, world.tokens[1].address, fee)
    return world.chain.at(address, v3_artifact(V3_CORE, "UniswapV3Pool"))


@dataclass(slots=True)
class Twin:
    """A pool on the chain, the same pool as a struct, and positions in both."""

    world: V3World
    contract: Contract
    fee: int
    pool: UniswapV3Pool
    touched: set[int] = field(default_factory=set)
    held: dict[int, RangePosition] = field(default_factory=dict)
    events: list[PoolEvent] = field(default_factory=list)
    minted_before: dict[int, int] = field(default_factory=dict)

    def log(self) -> None:
        """Keep what the pool logged in the last transaction."""
        for entry in self.world.chain.logs():
            if entry.address.lower() == self.contract.address.lower():
                event = event_of(entry.topics, bytes(entry.data[1]))
                self.events += [event] if event else []

    def read(self) -> UniswapV3Pool:
        """The pool as the chain has it."""
        return read_v3(self.contract, self.touched)

    def compare(self) -> None:
        """Both are the same, to the unit."""
        assert self.pool == self.read()

    def mint(self, lower: int, upper: int, amount: int, of_token1: int | None = None) -> None:
        """Mint on the chain what amounts of the tokens buy, and the same liquidity here."""
        ids = tuple(token.address for token in self.world.tokens)
        terms = (*ids, self.fee, lower, upper, amount, of_token1 or amount, 0, 0, OWNER, FOREVER)
        try:
            number, liquidity, amount0, amount1 = self.world.manager.call("mint", terms)
        except Reverted:
            return  # worth no liquidity, or too much
        self.log()
        self.touched |= {lower, upper}
        done = uniswap_v3.mint(self.pool, lower, upper, liquidity)
        assert (done.amount0, done.amount1) == (amount0, amount1)
        self.pool = done.pool
        self.minted_before[number] = len(self.events)
        self.held[number] = RangePosition(
            name=str(number),
            pool=NAME,
            liquidity=liquidity,
            tick_lower=lower,
            tick_upper=upper,
            fees=checkpoint(self.pool, lower, upper),
        )

    def burn(self, number: int, liquidity: int) -> None:
        """Take liquidity out of a position; if it is all, its fees are collected too."""
        position = self.held[number]
        amounts = self.world.manager.call("decreaseLiquidity", (number, liquidity, 0, 0, FOREVER))
        self.log()
        if liquidity == position.liquidity:
            assert uniswap_v3.preview_burn(self.pool, position) == amounts
        fees = uniswap_v3.settle(self.pool, position)
        done = uniswap_v3.burn(self.pool, position.tick_lower, position.tick_upper, liquidity)
        assert (done.amount0, done.amount1) == amounts
        self.pool = done.pool
        owed = {"owed0": fees.owed0 + amounts[0], "owed1": fees.owed1 + amounts[1]}
        if liquidity == position.liquidity:
            del self.held[number]
            assert self.world.manager.call("collect", (number, OWNER, MOST, MOST)) == tuple(owed.values())
        else:
            rest, fees = position.liquidity - liquidity, msgspec.structs.replace(fees, **owed)
            self.held[number] = msgspec.structs.replace(position, liquidity=rest, fees=fees)

    def collect(self, number: int) -> None:
        """Collect what a position is owed."""
        position = self.held[number]
        expected = uniswap_v3.preview_collect(self.pool, position)
        assert self.world.manager.call("collect", (number, OWNER, MOST, MOST)) == expected
        self.log()
        fees = checkpoint(self.pool, position.tick_lower, position.tick_upper)
        self.held[number] = msgspec.structs.replace(position, fees=fees)

    def swap(self, down: bool, exact_in: bool, amount: int, limit: int | None) -> None:
        """Swap through the router; both do it, or both refuse."""
        tokens = self.world.tokens if down else self.world.tokens[::-1]
        before = [token.call("balanceOf", OWNER) for token in tokens]
        edge = limit or (tick_maths.MIN_SQRT_PRICE + 1 if down else tick_maths.MAX_SQRT_PRICE - 1)
        bound = 0 if exact_in else 2**255
        terms = (tokens[0].address, tokens[1].address, self.fee, OWNER, FOREVER, amount, bound, edge)
        try:
            self.world.router.call("exactInputSingle" if exact_in else "exactOutputSingle", terms)
        except Reverted:
            assert self._refused(down, exact_in, amount, limit)
            return
        self.log()
        after = [token.call("balanceOf", OWNER) for token in tokens]
        done = self._swap(down, exact_in, amount, limit)
        assert (done.amount_in, done.amount_out) == (before[0] - after[0], after[1] - before[1])
        self.pool = done.pool

    def _refused(self, down: bool, exact_in: bool, amount: int, limit: int | None) -> bool:
        """The swap is refused here too, or moves no token, which the pool allows and the router does not."""
        try:
            done = self._swap(down, exact_in, amount, limit)
        except HedgerowError:
            return True
        return done.amount_in == done.amount_out == 0

    def _swap(self, down: bool, exact_in: bool, amount: int, limit: int | None) -> ConcentratedSwap[UniswapV3Pool]:
        return uniswap_v3.swap(
            self.pool, zero_for_one=down, amount=amount, exact_in=exact_in, sqrt_price_limit_x96=limit
        )


def twin_of(
    world: V3World, fee: int, price: int, growth: tuple[int, int] = (0, 0), shares: tuple[int, int] = (0, 0)
) -> Twin:
    """A pool without liquidity, its fee growth where a test wants it."""
    contract = pool_at(world, fee)
    contract.call("initialize", price)
    contract.call("setFeeProtocol", *shares)
    for slot, value in zip((1, 2), growth, strict=True):
        world.chain.store(contract.address, slot, value)
    return Twin(world, contract, fee, read_v3(contract, ()))


def borrower(twin: Twin, payments: tuple[int, int]) -> Contract:
    """A contract that passes on to the pool whatever it is asked, and pays the pool when it is called back."""

    def push(data: bytes) -> bytes:
        return bytes([0x5F + len(data)]) + data

    pool, zero = bytes.fromhex(twin.contract.address[2:]), push(b"\0")
    give = b""
    for token, amount in zip(twin.world.tokens, payments, strict=True):
        words = (keccak(text="transfer(address,uint256)")[:4].ljust(32, b"\0"), pool, amount.to_bytes(32, "big"))
        for place, word in zip((0, 4, 36), words, strict=True):
            give += push(word) + push(bytes([place])) + b"\x52"  # MSTORE
        give += zero * 2 + push(b"\x44") + zero * 2 + push(bytes.fromhex(token.address[2:])) + b"\x5a\xf1\x50"  # CALL
    # CALLDATACOPY all of it, CALL the pool with it
    ask = b"\x36" + zero * 2 + b"\x37" + zero * 2 + b"\x36" + zero * 2 + push(pool) + b"\x5a\xf1\x50\x00"
    start = b"\x33" + push(pool) + b"\x14"  # CALLER is the pool?
    landing = len(start) + 4 + len(ask)
    code = start + push(landing.to_bytes(2, "big")) + b"\x57" + ask + b"\x5b" + give + b"\x00"
    wrapper = push(len(code).to_bytes(2, "big")) + b"\x80" + push(b"\x0c") + zero + b"\x39" + zero + b"\xf3"
    assert len(wrapper) == 12
    made = twin.world.chain.deploy({"abi": [], "bytecode": (wrapper + code).hex()})
    return Contract(twin.world.chain, made.address, twin.contract.abi)


SIGNATURES = {
    keccak(text="Swap(address,address,int256,int256,uint160,uint128,int24)"): "swap",
    keccak(text="Mint(address,address,int24,int24,uint128,uint256,uint256)"): "mint",
    keccak(text="Burn(address,int24,int24,uint128,uint256,uint256)"): "burn",
    keccak(text="Flash(address,address,uint256,uint256,uint256,uint256)"): "flash",
    keccak(text="SetFeeProtocol(uint8,uint8,uint8,uint8)"): "protocol",
}


def event_of(topics: list[str], data: bytes) -> PoolEvent | None:
    """What a log of the pool says."""
    words = [bytes.fromhex(topic.removeprefix("0x")) for topic in topics]
    match SIGNATURES.get(words[0]):
        case "swap":
            names = ("amount0", "amount1", "sqrt_price_x96", "liquidity", "tick")
            values = decode(["int256", "int256", "uint160", "uint128", "int24"], data)
            return SwapEvent(**dict(zip(names, values, strict=True)))
        case "mint":
            _, liquidity, *paid = decode(["address", "uint128", "uint256", "uint256"], data)
            lower, upper = (decode(["int24"], word)[0] for word in words[2:4])
            return LiquidityEvent(tick_lower=lower, tick_upper=upper, delta=liquidity, amounts=tuple(paid))
        case "burn":
            liquidity, *taken = decode(["uint128", "uint256", "uint256"], data)
            lower, upper = (decode(["int24"], word)[0] for word in words[2:4])
            return LiquidityEvent(tick_lower=lower, tick_upper=upper, delta=-liquidity, amounts=tuple(taken))
        case "flash":
            _, _, paid0, paid1 = decode(["uint256"] * 4, data)
            return GiftEvent(amount0=paid0, amount1=paid1)
        case "protocol":
            *_, share0, share1 = decode(["uint8"] * 4, data)
            return ProtocolFeeEvent(protocol_fee=share0 | share1 << 4)
    return None

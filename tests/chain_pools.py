"""Pools read from a chain under test into the structs of the market, for comparison to the unit."""

from collections.abc import Iterable

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from chain_evm import ZERO, Contract, V2World, V4World, mapping_slot, signed_word
from hedgerow.core.ids import Currency, PoolName
from hedgerow.market.pool_states import (
    PoolToken,
    TickInfo,
    UniswapV2Pool,
    UniswapV3Pool,
    UniswapV4Pool,
)

TOKENS = (PoolToken(symbol=Currency("AAA"), decimals=18), PoolToken(symbol=Currency("BBB"), decimals=6))
NAME = PoolName("pool")


def read_v2(world: V2World) -> UniswapV2Pool:
    """A pair."""
    reserve0, reserve1, _ = world.pair.call("getReserves")
    return UniswapV2Pool(
        name=NAME,
        tokens=TOKENS,
        reserve0=reserve0,
        reserve1=reserve1,
        total_supply=world.pair.call("totalSupply"),
        k_last=world.pair.call("kLast"),
        fee_on=world.factory.call("feeTo") != ZERO,
    )


def read_v3(pool: Contract, ticks: Iterable[int]) -> UniswapV3Pool:
    """A v3 pool, with those of some ticks that are initialized."""
    price, tick, _, _, _, fee_protocol, _ = pool.call("slot0")
    protocol0, protocol1 = pool.call("protocolFees")
    infos = {at: pool.call("ticks", at) for at in sorted(set(ticks))}
    return UniswapV3Pool(
        name=NAME,
        tokens=TOKENS,
        sqrt_price_x96=price,
        tick=tick,
        liquidity=pool.call("liquidity"),
        tick_spacing=pool.call("tickSpacing"),
        fee_pips=pool.call("fee"),
        fee_growth_global0_x128=pool.call("feeGrowthGlobal0X128"),
        fee_growth_global1_x128=pool.call("feeGrowthGlobal1X128"),
        ticks={at: TickInfo(*info[:4]) for at, info in infos.items() if info[0]},
        fee_protocol=fee_protocol,
        protocol_fees0=protocol0,
        protocol_fees1=protocol1,
    )


def v4_id(key: tuple[str, str, int, int, str]) -> bytes:
    """The id of a pool of the manager."""
    return keccak(encode(["address", "address", "uint24", "int24", "address"], key))


def read_v4(world: V4World, key: tuple[str, str, int, int, str], ticks: Iterable[int]) -> UniswapV4Pool:
    """A v4 pool from the manager's storage: pools are the mapping at slot 6."""
    start = mapping_slot(v4_id(key), 6)

    def words(slot: int, count: int) -> list[int]:
        entry = "extsload(bytes32,uint256)"
        return [int.from_bytes(word, "big") for word in world.manager.call(entry, slot.to_bytes(32, "big"), count)]

    slot0, growth0, growth1, liquidity = words(start, 4)
    infos = {}
    for tick in sorted(set(ticks)):
        packed, outside0, outside1 = words(mapping_slot(signed_word(tick), start + 4), 3)
        if packed % 2**128:
            infos[tick] = TickInfo(packed % 2**128, _signed(packed >> 128, 128), outside0, outside1)
    return UniswapV4Pool(
        name=NAME,
        tokens=TOKENS,
        sqrt_price_x96=slot0 % 2**160,
        tick=_signed(slot0 >> 160 & (2**24 - 1), 24),
        liquidity=liquidity,
        tick_spacing=key[3],
        fee_pips=slot0 >> 208,
        fee_growth_global0_x128=growth0,
        fee_growth_global1_x128=growth1,
        ticks=infos,
        protocol_fee=slot0 >> 184 & (2**24 - 1),
    )


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value

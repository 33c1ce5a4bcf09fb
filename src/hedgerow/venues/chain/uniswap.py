"""How Uniswap v3 and v4 keep their pools."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from hedgerow.core.errors import InputError
from hedgerow.core.ids import PoolName
from hedgerow.instruments.liquidity import MAX_TICK
from hedgerow.market import PoolToken, TickInfo, UniswapV3Pool, UniswapV4Pool
from hedgerow.venues.chain.abi import Read, encoded, keccak, signed, topic
from hedgerow.venues.chain.concentrated import Changed, Moved
from hedgerow.venues.chain.messages import MessageFault
from hedgerow.venues.chain.node import Header, Log

_V3_SWAP: Final = "Swap(address,address,int256,int256,uint160,uint128,int24)"
_V3_MINT: Final = "Mint(address,address,int24,int24,uint128,uint256,uint256)"
_V3_BURN: Final = "Burn(address,int24,int24,uint128,uint256,uint256)"
_V4_SWAP: Final = "Swap(bytes32,address,int128,int128,uint160,uint128,int24,uint24)"
_V4_CHANGE: Final = "ModifyLiquidity(bytes32,address,int24,int24,int256,bytes32)"

POOLS_SLOT: Final = 6
"""Where PoolManager.sol keeps its pools (StateLibrary.sol)."""

_LIQUIDITY, _TICKS, _BITMAP, _POSITIONS = 3, 4, 5, 6
"""Offsets in a pool's state (Pool.sol): slot0, two fee growths, liquidity, three mappings."""

DYNAMIC_FEE: Final = 0x800000
"""The fee in the key of a pool whose hook sets it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class V3Layout:
    """A pool with a contract of its own (UniswapV3Pool.sol).

    Parameters
    ----------
    name : str
        The pool's name.
    emitter : str
        Its contract. [hex]
    tokens : tuple of PoolToken
        In the contract's order.
    fee_pips : int
        Of a swap. [millionths of the input]
    tick_spacing : int
        Ticks of positions are multiples of it. [ticks]
    quiet : bool
        Nothing changes without a log.
    """

    name: str
    emitter: str
    tokens: tuple[PoolToken, ...]
    fee_pips: int
    tick_spacing: int
    quiet: bool = True

    @property
    def topics(self) -> tuple[str | None, ...]:
        """As the port says: all. [hex]"""
        return ()

    def head(self) -> list[Read]:
        """As the port says."""
        slot0 = ("uint160", "int24", "uint16", "uint16", "uint16", "uint8", "bool")
        return [
            Read(self.emitter, "slot0()", slot0),
            Read(self.emitter, "liquidity()", ("uint128",)),
            Read(self.emitter, "feeGrowthGlobal0X128()", ("uint256",)),
            Read(self.emitter, "feeGrowthGlobal1X128()", ("uint256",)),
            Read(self.emitter, "protocolFees()", ("uint128", "uint128")),
        ]

    def pool(self, head: list[tuple[Any, ...]], block: Header, **ticks: Any) -> UniswapV3Pool:
        """As the port says."""
        slot0, (liquidity,), (growth0,), (growth1,), protocol = head
        return UniswapV3Pool(
            name=PoolName(self.name),
            tokens=self.tokens,
            address=self.emitter,
            block=block.stamp,
            sqrt_price_x96=slot0[0],
            tick=slot0[1],
            liquidity=liquidity,
            tick_spacing=self.tick_spacing,
            fee_pips=self.fee_pips,
            fee_growth_global0_x128=growth0,
            fee_growth_global1_x128=growth1,
            fee_protocol=slot0[5],
            protocol_fees0=protocol[0],
            protocol_fees1=protocol[1],
            **ticks,
        )

    def word(self, index: int) -> Read:
        """As the port says."""
        return Read(self.emitter, "tickBitmap(int16)", ("uint256",), (index,))

    def tick(self, tick: int) -> Read:
        """As the port says."""
        kinds = ("uint128", "int128", "uint256", "uint256", "int56", "uint160", "uint32", "bool")
        return Read(self.emitter, "ticks(int24)", kinds, (tick,))

    def tick_info(self, values: tuple[Any, ...]) -> TickInfo:
        """As the port says."""
        return TickInfo(*values[:4])

    def events(self, logs: Sequence[Log]) -> tuple[bool, list[Moved | Changed]]:
        """As the port says."""
        mine = [log for log in logs if log.address == self.emitter]
        return bool(mine), [event for log in mine if (event := _v3_event(log)) is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolKey:
    """What names a v4 pool (PoolKey.sol).

    Parameters
    ----------
    currency0, currency1 : str
        Tokens in the order of their addresses; zero for the chain's own coin. [hex]
    fee : int
        Of a swap, or the mark of a dynamic one. [millionths of the input]
    tick_spacing : int
        Ticks of positions are multiples of it. [ticks]
    hooks : str
        The hook's address; zero without. [hex]
    """

    currency0: str
    currency1: str
    fee: int
    tick_spacing: int
    hooks: str

    def __post_init__(self) -> None:
        if not (0 <= self.fee < 1 << 24 and 0 < self.tick_spacing < 1 << 15):
            raise InputError(
                f"a pool key with the fee {self.fee} and the spacing {self.tick_spacing}",
                "the fee is from 0 to 16777215, the spacing from 1 to 32767",
            )

    @property
    def pool_id(self) -> bytes:
        """The hash by which the manager knows the pool. [bytes]"""
        kinds = ("address", "address", "uint24", "int24", "address")
        return keccak(encoded(kinds, (self.currency0, self.currency1, self.fee, self.tick_spacing, self.hooks)))


@dataclass(frozen=True, slots=True, kw_only=True)
class V4Layout:
    """A pool inside the manager of all pools, read from its storage (PoolManager.sol, extsload).

    Parameters
    ----------
    name : str
        The pool's name.
    emitter : str
        The manager. [hex]
    tokens : tuple of PoolToken
        In the contract's order.
    key : PoolKey
        Which pool.
    """

    name: str
    emitter: str
    tokens: tuple[PoolToken, ...]
    key: PoolKey

    @property
    def topics(self) -> tuple[str | None, ...]:
        """As the port says: those of the pool. [hex]"""
        return (None, "0x" + self.key.pool_id.hex())

    @property
    def tick_spacing(self) -> int:
        """As the port says. [ticks]"""
        return self.key.tick_spacing

    @property
    def quiet(self) -> bool:
        """As the port says: a dynamic fee changes without a log. [bool]"""
        return self.key.fee != DYNAMIC_FEE

    def head(self) -> list[Read]:
        """As the port says."""
        return [_words(self.emitter, self._base(), 4)]

    def pool(self, head: list[tuple[Any, ...]], block: Header, **ticks: Any) -> UniswapV4Pool:
        """As the port says."""
        slot0, growth0, growth1, liquidity = _numbers(head[0])
        return UniswapV4Pool(
            name=PoolName(self.name),
            tokens=self.tokens,
            address="0x" + self.key.pool_id.hex(),
            block=block.stamp,
            sqrt_price_x96=slot0 & ((1 << 160) - 1),
            tick=signed(slot0 >> 160, 24),
            protocol_fee=slot0 >> 184 & 0xFFFFFF,
            fee_pips=slot0 >> 208 & 0xFFFFFF,
            liquidity=liquidity,
            tick_spacing=self.key.tick_spacing,
            fee_growth_global0_x128=growth0,
            fee_growth_global1_x128=growth1,
            hooks=self.key.hooks,
            manager=self.emitter,
            **ticks,
        )

    def word(self, index: int) -> Read:
        """As the port says."""
        return Read(self.emitter, "extsload(bytes32)", ("bytes32",), (_entry(self._base() + _BITMAP, index),))

    def tick(self, tick: int) -> Read:
        """As the port says."""
        return _words(self.emitter, int.from_bytes(_entry(self._base() + _TICKS, tick)), 3)

    def tick_info(self, values: tuple[Any, ...]) -> TickInfo:
        """As the port says."""
        liquidity, outside0, outside1 = _numbers(values)
        return TickInfo(liquidity & ((1 << 128) - 1), signed(liquidity >> 128, 128), outside0, outside1)

    def position(self, key: bytes) -> Read:
        """Name the read of a position.

        Parameters
        ----------
        key : bytes
            The hash of owner, ticks and salt. [bytes]

        Returns
        -------
        Read
            Of its liquidity and two fee growths. [as the contract says]
        """
        slot = keccak(key + (self._base() + _POSITIONS).to_bytes(32))
        return _words(self.emitter, int.from_bytes(slot), 3)

    def events(self, logs: Sequence[Log]) -> tuple[bool, list[Moved | Changed]]:
        """As the port says."""
        mine_id = "0x" + self.key.pool_id.hex()
        mine = [log for log in logs if log.address == self.emitter and log.topics[1:2] == (mine_id,)]
        return bool(mine), [event for log in mine if (event := _v4_event(log)) is not None]

    def _base(self) -> int:
        return int.from_bytes(keccak(self.key.pool_id + POOLS_SLOT.to_bytes(32)))


def _v3_event(log: Log) -> Moved | Changed | None:
    words, kind = log.words, log.topics[0] if log.topics else ""
    if kind == topic(_V3_SWAP):
        return _moved(log, 5)
    if kind in (topic(_V3_MINT), topic(_V3_BURN)):
        is_mint = kind == topic(_V3_MINT)
        if len(log.topics) != 4 or len(words) != (4 if is_mint else 3):
            raise MessageFault(f"a log of {len(log.topics)} topics and {len(words)} words that is no Mint or Burn")
        lower, upper = (signed(int(word, 16)) for word in log.topics[2:4])
        return _changed(lower, upper, words[1] if is_mint else -words[0])
    return None


def _v4_event(log: Log) -> Moved | Changed | None:
    words, kind = log.words, log.topics[0]
    if kind == topic(_V4_SWAP):
        return _moved(log, 6)
    if kind == topic(_V4_CHANGE):
        if len(words) != 4:
            raise MessageFault(f"a log of {len(words)} words that is no ModifyLiquidity")
        return _changed(*(signed(word) for word in words[:3]))
    return None


def _moved(log: Log, count: int) -> Moved:
    if len(log.words) != count:
        raise MessageFault(f"a log of {len(log.words)} words that is no Swap")
    price, liquidity, tick = log.words[2], log.words[3], signed(log.words[4])
    if price >> 160 or liquidity >> 128 or abs(tick) > MAX_TICK:
        raise MessageFault(f"a Swap to the price {price}, the liquidity {liquidity} and the tick {tick}")
    return Moved(price, liquidity, tick)


def _changed(lower: int, upper: int, liquidity: int) -> Changed:
    if not -MAX_TICK <= lower < upper <= MAX_TICK or abs(liquidity) >> 128:
        raise MessageFault(f"liquidity of {liquidity} in the range {lower} to {upper}")
    return Changed(lower, upper, liquidity)


def _words(target: str, slot: int, count: int) -> Read:
    return Read(target, "extsload(bytes32,uint256)", ("bytes32[]",), (slot.to_bytes(32), count))


def _numbers(values: tuple[Any, ...]) -> list[int]:
    return [int.from_bytes(word) for word in values[0]]


def _entry(slot: int, key: int) -> bytes:
    """Return where a mapping keeps the value of a signed key."""
    return keccak((key % 2**256).to_bytes(32) + slot.to_bytes(32))

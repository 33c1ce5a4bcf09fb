"""Pools as their contracts keep them: whole numbers in the smallest units, stamped with their block.

One struct for every kind of pool. They hold storage, not meaning: prices, amounts and Greeks are made from them in the
``pools`` room. Numbers are Python integers of any size, so what a contract would overflow on is an error of the
reader, not of these types.
"""

from typing import TypeAlias

import msgspec

from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency, PoolName


class PoolToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token of a pool.

    Parameters
    ----------
    symbol : str
        Ticker, as the contract or the user names it.
    decimals : int
        Smallest units are 10^-decimals of a token. [digits]
    address : str
        Of the token's contract; empty where it is not known. [hex]
    """

    symbol: Currency
    decimals: int
    address: str = ""


class BlockStamp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The block at whose end a state stood.

    Parameters
    ----------
    number : int
        Its number. [count]
    hash, parent_hash : str
        Its hash and that of the block before; empty where they are not known. [hex]
    at_ns : int
        Its timestamp. [UTC epoch ns]
    """

    number: int = 0
    hash: str = ""
    parent_hash: str = ""
    at_ns: int = 0


class PoolFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every pool has.

    Parameters
    ----------
    name : str
        The user's name for the pool.
    tokens : tuple of PoolToken
        In the contract's order.
    address : str
        Of the pool's contract, or the id of the pool in a contract that holds many. [hex]
    block : BlockStamp
        When the state stood.
    """

    name: PoolName
    tokens: tuple[PoolToken, ...]
    address: str = ""
    block: BlockStamp = BlockStamp()

    def __post_init__(self) -> None:
        if len(self.tokens) < 2:
            raise InputError(f"{self.name}: {len(self.tokens)} tokens", "a pool holds two tokens or more")
        symbols = [token.symbol for token in self.tokens]
        if len(set(symbols)) < len(symbols):
            raise InputError(f"{self.name}: two tokens are called {', '.join(symbols)}", "give each its own symbol")


class UniswapV2Pool(PoolFields, frozen=True, kw_only=True, tag="uniswap-v2", tag_field="kind"):
    """A constant-product pair (UniswapV2Pair.sol).

    Parameters
    ----------
    reserve0, reserve1 : int
        Reserves. [smallest units]
    total_supply : int
        Liquidity tokens outstanding. [smallest units]
    k_last : int
        Product of the reserves after the last mint or burn; zero where the protocol takes no fee. [smallest units²]
    fee_on : bool
        True if the protocol takes its sixth of the fees at mints and burns.
    fee_pips : int
        Fee of a swap; 3000 in the contract. [millionths of the input]
    """

    reserve0: int
    reserve1: int
    total_supply: int
    k_last: int = 0
    fee_on: bool = False
    fee_pips: int = 3_000


class TickInfo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a concentrated pool keeps of an initialized tick.

    Parameters
    ----------
    liquidity_gross, liquidity_net : int
        Liquidity that refers to the tick, and what is added when it is crossed upwards. [raw liquidity units]
    fee_growth_outside0_x128, fee_growth_outside1_x128 : int
        Fees per liquidity on its other side, modulo 2^256. [smallest units per liquidity · 2^128]
    """

    liquidity_gross: int
    liquidity_net: int
    fee_growth_outside0_x128: int = 0
    fee_growth_outside1_x128: int = 0


class ConcentratedFields(PoolFields, frozen=True, kw_only=True):
    """What Uniswap v3 and v4 pools have in common.

    Parameters
    ----------
    sqrt_price_x96 : int
        Square root of the raw price of token0 in token1. [2^96]
    tick : int
        The contract's current tick. [ticks]
    liquidity : int
        In range. [raw liquidity units]
    tick_spacing : int
        Ticks of positions are multiples of it. [ticks]
    fee_pips : int
        Fee of a swap that goes to liquidity (and to the protocol in v3). [millionths of the input]
    fee_growth_global0_x128, fee_growth_global1_x128 : int
        Fees per liquidity since the beginning, modulo 2^256. [smallest units per liquidity · 2^128]
    ticks : dict of int to TickInfo
        Initialized ticks that were read. [by tick]
    ticks_from, ticks_to : int
        Between these, both included, every initialized tick was read; a swap that leaves them is refused. [ticks]
    """

    sqrt_price_x96: int
    tick: int
    liquidity: int
    tick_spacing: int
    fee_pips: int
    fee_growth_global0_x128: int = 0
    fee_growth_global1_x128: int = 0
    ticks: dict[int, TickInfo] = {}
    ticks_from: int = -887_272
    ticks_to: int = 887_272

    def __post_init__(self) -> None:
        PoolFields.__post_init__(self)
        if len(self.tokens) != 2:
            raise InputError(f"{self.name}: {len(self.tokens)} tokens", "a concentrated pool holds two")
        if self.sqrt_price_x96 <= 0 or self.tick_spacing <= 0:
            raise InputError(f"{self.name}: no price or no tick spacing", "the pool was never initialized")


class UniswapV3Pool(ConcentratedFields, frozen=True, kw_only=True, tag="uniswap-v3", tag_field="kind"):
    """A concentrated pool (UniswapV3Pool.sol).

    Parameters
    ----------
    fee_protocol : int
        ``slot0.feeProtocol``: the low four bits for token0, the high four for token1; each 0, or the share 1/n.
    protocol_fees0, protocol_fees1 : int
        Accrued to the protocol. [smallest units]
    """

    fee_protocol: int = 0
    protocol_fees0: int = 0
    protocol_fees1: int = 0


class UniswapV4Pool(ConcentratedFields, frozen=True, kw_only=True, tag="uniswap-v4", tag_field="kind"):
    """A pool of the v4 manager (PoolManager.sol).

    Parameters
    ----------
    protocol_fee : int
        Twelve bits for each direction, zero-for-one in the low ones. [millionths of the input]
    hooks : str
        Address of the hook; its low bits say what it may change. [hex]
    manager : str
        Address of the manager. [hex]
    """

    protocol_fee: int = 0
    hooks: str = "0x0000000000000000000000000000000000000000"
    manager: str = ""


class BalancerWeightedPool(PoolFields, frozen=True, kw_only=True, tag="balancer-weighted", tag_field="kind"):
    """A weighted pool of Balancer v2 (WeightedPool.sol).

    Parameters
    ----------
    balances : tuple of int
        What the vault holds for the pool. [smallest units]
    weights : tuple of int
        Normalized weights, their sum 10^18. [10^-18]
    swap_fee : int
        [10^-18 of the input]
    total_supply : int
        Pool tokens outstanding. [10^-18]
    protocol_swap_fee : int
        The vault's share of swap fees. [10^-18 of the fee]
    last_invariant : int
        Invariant after the last join or exit, from which due protocol fees count; zero where none are. [10^-18]
    """

    balances: tuple[int, ...]
    weights: tuple[int, ...]
    swap_fee: int
    total_supply: int
    protocol_swap_fee: int = 0
    last_invariant: int = 0


class BalancerStablePool(PoolFields, frozen=True, kw_only=True, tag="balancer-stable", tag_field="kind"):
    """A stable pool of Balancer v2 (StablePool.sol): the StableSwap invariant in 18 decimals.

    Parameters
    ----------
    balances : tuple of int
        What the vault holds for the pool. [smallest units]
    amplification : int
        A times n^(n-1), times the contract's precision of 1000. [10^-3]
    swap_fee : int
        [10^-18 of the input]
    total_supply : int
        Pool tokens outstanding. [10^-18]
    protocol_swap_fee : int
        The vault's share of swap fees. [10^-18 of the fee]
    last_invariant, last_invariant_amplification : int
        After the last join or exit, from which due protocol fees count. [10^-18], [10^-3]
    """

    balances: tuple[int, ...]
    amplification: int
    swap_fee: int
    total_supply: int
    protocol_swap_fee: int = 0
    last_invariant: int = 0
    last_invariant_amplification: int = 0


class CurveStablePool(PoolFields, frozen=True, kw_only=True, tag="curve-stableswap", tag_field="kind"):
    """A StableSwap pool of Curve.

    Parameters
    ----------
    balances : tuple of int
        Balances without admin fees. [smallest units]
    amplification : int
        A times n^(n-1), times ``a_precision``. [pure]
    rates : tuple of int
        Balances times rates over 10^18 are the 18-decimal balances of the invariant; a token of d decimals that is
        worth its face has 10^(36-d), one that accrues more. [10^-18]
    fee, admin_fee : int
        Of the output, and the admin's share of it. [10^-10]
    total_supply : int
        Pool tokens outstanding. [10^-18]
    a_precision : int
        100 in newer pools, 1 in the first ones. [pure]
    """

    balances: tuple[int, ...]
    amplification: int
    rates: tuple[int, ...]
    fee: int
    admin_fee: int
    total_supply: int
    a_precision: int = 100


class CurveCryptoPool(PoolFields, frozen=True, kw_only=True, tag="curve-cryptoswap", tag_field="kind"):
    """A CryptoSwap pool of Curve: two tokens (twocrypto) or three (tricrypto).

    Parameters
    ----------
    balances : tuple of int
        Balances. [smallest units]
    amplification : int
        The contract's ANN: A of the whitepaper times n^n times 10^4. [10^-4]
    gamma : int
        [10^-18]
    invariant : int
        The stored D. [10^-18]
    price_scale : tuple of int
        Of every token but the first, in the first. [10^-18]
    mid_fee, out_fee, fee_gamma : int
        [10^-10], [10^-10], [10^-18]
    total_supply : int
        Pool tokens outstanding. [10^-18]
    """

    balances: tuple[int, ...]
    amplification: int
    gamma: int
    invariant: int
    price_scale: tuple[int, ...]
    mid_fee: int
    out_fee: int
    fee_gamma: int
    total_supply: int


ConcentratedPool: TypeAlias = UniswapV3Pool | UniswapV4Pool
"""Pools in which a position is a range of ticks."""

SharedPool: TypeAlias = UniswapV2Pool | BalancerWeightedPool | BalancerStablePool | CurveStablePool | CurveCryptoPool
"""Pools in which a position is a share."""

PoolStorage: TypeAlias = ConcentratedPool | SharedPool
"""A pool of any kind."""

"""Pools as their contracts keep them: whole numbers in the smallest units, stamped with their block.

One struct for every kind of pool. They hold storage, not meaning: prices, amounts and Greeks are made from them in the
``pools`` room. What no contract could have stored is refused when a struct is made.
"""

from typing import Final, TypeAlias

import msgspec

from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency, PoolName
from hedgerow.instruments.liquidity import MAX_LIQUIDITY, MAX_TICK
from hedgerow.market.pool_checks import MOST_DECIMALS, check_decimals, check_each, check_fees, check_numbers

PIPS: Final = 10**6
"""Fees of Uniswap are counted in millionths. [pure]"""

ONE: Final = 10**18
"""Weights and fees of Balancer are counted in 10^-18. [pure]"""

CURVE_FEE_ONE: Final = 10**10
"""Fees of Curve are counted in 10^-10. [pure]"""

BALANCER_PRECISION: Final = 1_000
"""Balancer's amplification is counted in thousandths. [pure]"""

DYNAMIC_FEE: Final = 0x800000
"""What v4 keeps as the fee of a pool whose hook sets it (v4-core, LPFeeLibrary.sol). [flag]"""

_HALF_WORD: Final = 2**112
_WEIGHT_ROUNDING: Final = 100
"""Weights that change over time are cut to fewer bits; their sum is off by a few units. [10^-18]"""


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
        check_decimals(self.name, [token.decimals for token in self.tokens], MOST_DECIMALS)


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

    def __post_init__(self) -> None:
        PoolFields.__post_init__(self)
        if len(self.tokens) != 2:
            raise InputError(f"{self.name}: {len(self.tokens)} tokens", "a Uniswap v2 pair holds two")
        check_numbers(self.name, {"reserve0": self.reserve0, "reserve1": self.reserve1}, below=_HALF_WORD)
        check_numbers(self.name, {"total_supply": self.total_supply, "k_last": self.k_last})
        check_fees(self.name, {"fee_pips": self.fee_pips}, PIPS)


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
        check_numbers(self.name, {"sqrt_price_x96": self.sqrt_price_x96}, below=2**160)
        check_numbers(self.name, {"liquidity": self.liquidity}, below=MAX_LIQUIDITY + 1)
        growths = (self.fee_growth_global0_x128, self.fee_growth_global1_x128)
        check_each(self.name, "fee_growth_global_x128", growths, 2)
        self._check_ticks()

    def _check_ticks(self) -> None:
        """Refuse ticks that the contract could not know."""
        if not -MAX_TICK - 1 <= self.tick <= MAX_TICK:
            raise InputError(f"{self.name}: tick is {self.tick}", f"it lies within ±{MAX_TICK}: read slot0 again")
        if self.ticks_from > self.ticks_to:
            told = f"{self.name}: ticks were read from {self.ticks_from} to {self.ticks_to}"
            raise InputError(told, "give the lower end first")
        for tick, info in self.ticks.items():
            if tick % self.tick_spacing or not -MAX_TICK <= tick <= MAX_TICK:
                raise InputError(
                    f"{self.name}: ticks has {tick}", f"give multiples of {self.tick_spacing} within ±{MAX_TICK}"
                )
            if not abs(info.liquidity_net) <= info.liquidity_gross <= MAX_LIQUIDITY:
                raise InputError(
                    f"{self.name}: ticks[{tick}] has {info.liquidity_net} net of {info.liquidity_gross} gross",
                    "its net liquidity is part of its gross one: read the tick again",
                )


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

    def __post_init__(self) -> None:
        ConcentratedFields.__post_init__(self)
        check_fees(self.name, {"fee_pips": self.fee_pips}, PIPS)
        check_numbers(self.name, {"fee_protocol": self.fee_protocol}, below=256)
        check_numbers(self.name, {"protocol_fees0": self.protocol_fees0, "protocol_fees1": self.protocol_fees1})
        if any(part and not 4 <= part <= 10 for part in (self.fee_protocol % 16, self.fee_protocol // 16)):
            raise InputError(
                f"{self.name}: fee_protocol is {self.fee_protocol}", "each half is 0 or 4 to 10: a part 1/n"
            )


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

    def __post_init__(self) -> None:
        ConcentratedFields.__post_init__(self)
        if self.fee_pips != DYNAMIC_FEE:
            check_fees(self.name, {"fee_pips": self.fee_pips}, PIPS, whole=True)
        check_numbers(self.name, {"protocol_fee": self.protocol_fee}, below=2**24)


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

    def __post_init__(self) -> None:
        PoolFields.__post_init__(self)
        _check_balancer(self)
        check_each(self.name, "weights", self.weights, len(self.tokens), least=1, below=ONE)
        if abs(sum(self.weights) - ONE) > _WEIGHT_ROUNDING:
            raise InputError(f"{self.name}: weights sum to {sum(self.weights)}", f"normalized ones sum to {ONE}")


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

    def __post_init__(self) -> None:
        PoolFields.__post_init__(self)
        _check_balancer(self)
        check_numbers(self.name, {"amplification": self.amplification}, least=BALANCER_PRECISION)
        if self.last_invariant:
            last = {"last_invariant_amplification": self.last_invariant_amplification}
            check_numbers(self.name, last, least=BALANCER_PRECISION)


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

    def __post_init__(self) -> None:
        PoolFields.__post_init__(self)
        check_each(self.name, "balances", self.balances, len(self.tokens))
        check_each(self.name, "rates", self.rates, len(self.tokens), least=1)
        check_numbers(self.name, {"a_precision": self.a_precision}, least=1)
        check_numbers(self.name, {"amplification": self.amplification}, least=self.a_precision)
        check_numbers(self.name, {"total_supply": self.total_supply})
        check_fees(self.name, {"fee": self.fee}, CURVE_FEE_ONE)
        check_fees(self.name, {"admin_fee": self.admin_fee}, CURVE_FEE_ONE, whole=True)


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

    def __post_init__(self) -> None:
        PoolFields.__post_init__(self)
        if len(self.tokens) not in (2, 3):
            raise InputError(f"{self.name}: {len(self.tokens)} tokens", "CryptoSwap pools hold two or three")
        check_decimals(self.name, [token.decimals for token in self.tokens], 18)
        check_each(self.name, "balances", self.balances, len(self.tokens))
        check_each(self.name, "price_scale", self.price_scale, len(self.tokens) - 1, least=1)
        shape = {"amplification": self.amplification, "gamma": self.gamma, "fee_gamma": self.fee_gamma}
        check_numbers(self.name, shape, least=1)
        check_numbers(self.name, {"invariant": self.invariant, "total_supply": self.total_supply})
        check_fees(self.name, {"mid_fee": self.mid_fee, "out_fee": self.out_fee}, CURVE_FEE_ONE)


def _check_balancer(pool: BalancerWeightedPool | BalancerStablePool) -> None:
    """What pools of Balancer v2 have in common."""
    check_decimals(pool.name, [token.decimals for token in pool.tokens], 18)
    check_each(pool.name, "balances", pool.balances, len(pool.tokens), below=_HALF_WORD)
    check_numbers(pool.name, {"total_supply": pool.total_supply, "last_invariant": pool.last_invariant})
    check_fees(pool.name, {"swap_fee": pool.swap_fee}, ONE)
    check_fees(pool.name, {"protocol_swap_fee": pool.protocol_swap_fee}, ONE, whole=True)


ConcentratedPool: TypeAlias = UniswapV3Pool | UniswapV4Pool
"""Pools in which a position is a range of ticks."""

SharedPool: TypeAlias = UniswapV2Pool | BalancerWeightedPool | BalancerStablePool | CurveStablePool | CurveCryptoPool
"""Pools in which a position is a share."""

PoolStorage: TypeAlias = ConcentratedPool | SharedPool
"""A pool of any kind."""

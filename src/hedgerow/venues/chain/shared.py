"""Uniswap v2 pairs and Balancer v2 pools: a handful of numbers, read whole."""

from collections.abc import Sequence
from typing import Any, Final

from hedgerow.core.errors import Rejected, VenueFault
from hedgerow.core.ids import PoolName
from hedgerow.market import BalancerStablePool, BalancerWeightedPool, PoolToken, UniswapV2Pool
from hedgerow.venues.chain.abi import ZERO_ADDRESS, Read, topic
from hedgerow.venues.chain.multicall import read_all
from hedgerow.venues.chain.node import Header, Log, Node
from hedgerow.venues.chain.reader import WholeReader
from hedgerow.venues.chain.tokens import read_tokens
from hedgerow.venues.chain.transfers import check_transfers

_SYNC: Final = "Sync(uint112,uint112)"


async def pair_reader(node: Node, address: str, block: Header, name: str, symbols: Sequence[str]) -> WholeReader:
    """Prepare to read a Uniswap v2 pair (UniswapV2Pair.sol).

    Parameters
    ----------
    node : Node
        Whom to ask.
    address : str
        The pair. [hex]
    block : Header
        When its unchanging part is read.
    name : str
        The pool's name; empty for one made of its tokens.
    symbols : sequence of str
        What the user calls the tokens; empty for what they say.

    Returns
    -------
    WholeReader
        The reader. [as the port says]

    Raises
    ------
    Rejected
        If one of its tokens takes a fee of transfers.
    """
    fixed = [Read(address, f"{part}()", ("address",)) for part in ("token0", "token1", "factory")]
    ends = [one[0] for one in await read_all(node, fixed, block)]
    tokens = await read_tokens(node, ends[:2], block, symbols)
    title = name or f"univ2:{tokens[0].symbol}/{tokens[1].symbol}"
    counted = Read(address, "getReserves()", ("uint112", "uint112", "uint32"))
    kept = [Read(end, "balanceOf(address)", ("uint256",), (address,)) for end in ends[:2]]
    reserves, *balances = await read_all(node, [counted, *kept], block)
    notes = await check_transfers(node, address, tokens, reserves[:2], block)
    reads = (
        counted,
        Read(address, "totalSupply()", ("uint256",)),
        Read(address, "kLast()", ("uint256",)),
        Read(ends[2], "feeTo()", ("address",)),
        *kept,
    )

    def build(values: list[tuple[Any, ...]], at: Header) -> UniswapV2Pool:
        reserves, (supply,), (k_last,), (fee_to,), *balances = values
        for token, reserve, (balance,) in zip(tokens, reserves[:2], balances, strict=True):
            _backed(title, token, reserve, balance)
        return UniswapV2Pool(
            name=PoolName(title),
            tokens=tokens,
            address=address,
            block=at.stamp,
            reserve0=reserves[0],
            reserve1=reserves[1],
            total_supply=supply,
            k_last=k_last,
            fee_on=fee_to != ZERO_ADDRESS,
        )

    def contradiction(before: UniswapV2Pool, pool: UniswapV2Pool, logs: Sequence[Log]) -> str:
        synced = [log.words for log in logs if log.topics and log.topics[0] == topic(_SYNC)]
        told = tuple(synced[-1]) if synced else (before.reserve0, before.reserve1)
        if told != (pool.reserve0, pool.reserve1):
            return f"its Syncs lead to {told}, the reserves are {(pool.reserve0, pool.reserve1)}"
        return ""

    notes += _unsynced(tokens, reserves[:2], [one[0] for one in balances])
    return WholeReader(name=title, emitter=address, reads=reads, build=build, contradiction=contradiction, notes=notes)


def _unsynced(tokens: Sequence[PoolToken], reserves: Sequence[int], balances: Sequence[int]) -> tuple[str, ...]:
    """Say what a pair holds beyond its reserves: a burn pays shares of what it holds (UniswapV2Pair.sol, burn)."""
    return tuple(
        f"the pair holds {balance - reserve} units of {token.symbol} more than it counts: until somebody takes them "
        "(skim) or they are counted (sync), a burn pays a share of them too, which is not in the numbers"
        for token, reserve, balance in zip(tokens, reserves, balances, strict=True)
        if balance > reserve
    )


async def balancer_reader(node: Node, address: str, block: Header, name: str, symbols: Sequence[str]) -> WholeReader:
    """Prepare to read a weighted or stable pool of Balancer v2 (Vault.sol, WeightedPool.sol, StablePool.sol).

    Parameters
    ----------
    node : Node
        Whom to ask.
    address : str
        The pool. [hex]
    block : Header
        When its unchanging part is read.
    name : str
        The pool's name; empty for one made of its tokens.
    symbols : sequence of str
        What the user calls the tokens; empty for what they say.

    Returns
    -------
    WholeReader
        The reader. [as the port says]

    Raises
    ------
    Rejected
        If the pool holds its own pool tokens or accrues by rates.
    """
    from hedgerow.venues.chain.multicall import try_reads

    fixed = [Read(address, "getPoolId()", ("bytes32",)), Read(address, "getVault()", ("address",))]
    (pool_id,), (vault,) = await read_all(node, fixed, block)
    holdings = Read(vault, "getPoolTokens(bytes32)", ("address[]", "uint256[]", "uint256"), (pool_id,))
    collector = Read(vault, "getProtocolFeesCollector()", ("address",))
    weights = Read(address, "getNormalizedWeights()", ("uint256[]",))
    (held, (fees,)), (weighted,) = (
        await read_all(node, [holdings, collector], block),
        await try_reads(node, [weights], block),
    )
    if address in held[0]:
        raise _unsupported(address, "a pool that holds its own pool tokens", "only plain weighted and stable pools")
    tokens = await read_tokens(node, held[0], block, symbols)
    title = name or f"{'weighted' if weighted else 'stable'}:{'/'.join(token.symbol for token in tokens)}"
    common = (
        holdings,
        Read(address, "totalSupply()", ("uint256",)),
        Read(address, "getSwapFeePercentage()", ("uint256",)),
        Read(fees, "getSwapFeePercentage()", ("uint256",)),
    )
    if weighted:
        last = Read(address, "getLastInvariant()", ("uint256",))
        return WholeReader(name=title, reads=(*common, weights, last), build=_weighted(title, address, tokens))
    reads = (
        *common,
        Read(address, "getAmplificationParameter()", ("uint256", "bool", "uint256")),
        Read(address, "getLastInvariant()", ("uint256", "uint256")),
        Read(address, "getScalingFactors()", ("uint256[]",)),
    )
    return WholeReader(name=title, reads=reads, build=_stable(title, address, tokens))


def _weighted(name: str, address: str, tokens: tuple[PoolToken, ...]) -> Any:
    def build(values: list[tuple[Any, ...]], at: Header) -> BalancerWeightedPool:
        held, (supply,), (fee,), (protocol,), (weights,), (last,) = values
        return BalancerWeightedPool(
            name=PoolName(name),
            tokens=tokens,
            address=address,
            block=at.stamp,
            balances=tuple(held[1]),
            weights=tuple(weights),
            swap_fee=fee,
            total_supply=supply,
            protocol_swap_fee=protocol,
            last_invariant=last,
        )

    return build


def _stable(name: str, address: str, tokens: tuple[PoolToken, ...]) -> Any:
    def build(values: list[tuple[Any, ...]], at: Header) -> BalancerStablePool:
        held, (supply,), (fee,), (protocol,), (amplification, _, precision), last, (scaling,) = values
        if precision != 1000:
            raise _unsupported(name, f"an amplification in parts of {precision}", "the stable pools known have 1000")
        if [10 ** (36 - token.decimals) for token in tokens] != list(scaling):
            raise _unsupported(name, "tokens that accrue by rates", "only stable pools of tokens at face value")
        return BalancerStablePool(
            name=PoolName(name),
            tokens=tokens,
            address=address,
            block=at.stamp,
            balances=tuple(held[1]),
            amplification=amplification,
            swap_fee=fee,
            total_supply=supply,
            protocol_swap_fee=protocol,
            last_invariant=last[0],
            last_invariant_amplification=last[1],
        )

    return build


def _backed(name: str, token: PoolToken, reserve: int, balance: int) -> None:
    """Refuse a pair that has less than it counts: its token shrinks by itself."""
    if balance < reserve:
        raise _unsupported(
            name,
            f"it counts {reserve} of {token.symbol} and has {balance}: it shrinks",
            "the contract's formulas do not hold for such tokens",
        )


def _unsupported(what: str, problem: str, advice: str) -> Rejected:
    return Rejected(what, VenueFault.UNSUPPORTED, problem, advice)

"""StableSwap and CryptoSwap pools of Curve, whose interfaces differ by generation: what answers decides."""

from collections.abc import Sequence
from typing import Any, Final

from hedgerow.core.errors import Rejected, VenueFault
from hedgerow.core.ids import PoolName
from hedgerow.market import CurveCryptoPool, CurveStablePool, PoolToken
from hedgerow.pools.exact.curve_stable import invariant
from hedgerow.venues.chain.abi import Read
from hedgerow.venues.chain.multicall import try_reads
from hedgerow.venues.chain.node import Header, Node
from hedgerow.venues.chain.reader import WholeReader
from hedgerow.venues.chain.tokens import read_tokens

_MOST_COINS: Final = 8
_NUMBER: Final = ("uint256",)
_VIRTUAL_PRICE: Final = "get_virtual_price()"
_VIRTUAL_PRICE_WITHIN: Final = 10**7
"""Contracts round balances and the invariant; what is off by more than one in this has another meaning. [pure]"""


async def curve_reader(node: Node, address: str, block: Header, name: str, symbols: Sequence[str]) -> WholeReader:
    """Prepare to read a pool of Curve.

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
        If it is built on another pool or on lending, or a part of its interface is missing.
    """
    index, coins = await _coins(node, address, block)
    tokens = await read_tokens(node, coins, block, symbols)
    asked = ("base_pool()", "underlying_coins(uint256)", "gamma()", "A_precise()", "stored_rates()", _VIRTUAL_PRICE)
    probes = [Read(address, one, _NUMBER, (0,) if "uint256" in one else ()) for one in asked]
    based, lends, gamma, precise, rates, stated = await try_reads(node, probes, block)
    if based or lends:
        problem = "a pool built on another pool" if based else "a pool of lent tokens"
        raise Rejected(address, VenueFault.UNSUPPORTED, problem, "only plain pools of Curve can be read")
    supply = Read(await _pool_token(node, address, block), "totalSupply()", _NUMBER)
    balances = tuple(Read(address, f"balances({index})", _NUMBER, (i,)) for i in range(len(tokens)))
    kind = "curve" if gamma is None else "crypto"
    title = name or f"{kind}:{'/'.join(token.symbol for token in tokens)}"
    if gamma is not None:
        return await _crypto(node, address, block, title, tokens, (*balances, supply))
    reads, is_precise, is_checked = (*balances, supply), precise is not None, stated is not None
    return _stable(address, title, tokens, reads, precise=is_precise, rates=rates, checked=is_checked)


async def _coins(node: Node, address: str, block: Header) -> tuple[str, list[str]]:
    """Find the coins, and with which type of index this generation takes."""
    for index in ("uint256", "int128"):
        reads = [Read(address, f"coins({index})", ("address",), (i,)) for i in range(_MOST_COINS)]
        found = await try_reads(node, reads, block)
        coins = [read.decode(data)[0] for read, data in zip(reads, found, strict=True) if data]
        if len(coins) >= 2:
            return index, coins
    raise Rejected(address, VenueFault.UNSUPPORTED, "no pool of Curve: it has no two coins", "check the address")


async def _pool_token(node: Node, address: str, block: Header) -> str:
    """Find who keeps the pool tokens: newer pools themselves, older ones a contract beside them."""
    own = Read(address, "totalSupply()", _NUMBER)
    beside = [Read(address, f"{word}()", ("address",)) for word in ("token", "lp_token")]
    supply, *found = await try_reads(node, [own, *beside], block)
    if supply:
        return address
    for read, data in zip(beside, found, strict=True):
        if data:
            token: str = read.decode(data)[0]
            return token
    raise Rejected(
        address,
        VenueFault.UNSUPPORTED,
        "it does not say where its pool tokens are",
        "the first pools of Curve cannot be read; write their state into a file",
    )


def _stable(
    address: str,
    name: str,
    tokens: tuple[PoolToken, ...],
    common: tuple[Read, ...],
    *,
    precise: bool,
    rates: bytes | None,
    checked: bool,
) -> WholeReader:
    """Read a StableSwap pool; rates are those the contract stores, or the face value of each token."""
    n_token = len(tokens)
    face = tuple(10 ** (36 - token.decimals) for token in tokens)
    kinds = ("uint256[]",) if rates and int.from_bytes(rates[:32]) == 32 else (f"uint256[{n_token}]",)
    reads = (
        *common,
        Read(address, "A_precise()" if precise else "A()", _NUMBER),
        Read(address, "fee()", _NUMBER),
        Read(address, "admin_fee()", _NUMBER),
        *((Read(address, _VIRTUAL_PRICE, _NUMBER),) if checked else ()),
        *((Read(address, "stored_rates()", kinds),) if rates else ()),
    )

    def build(values: list[tuple[Any, ...]], at: Header) -> CurveStablePool:
        balances = tuple(one[0] for one in values[:n_token])
        (supply,), (amplification,), (fee,), (admin_fee,), *rest = values[n_token:]
        stated, stored = (rest[0][0], rest[1:]) if checked else (None, rest)
        pool = CurveStablePool(
            name=PoolName(name),
            tokens=tokens,
            address=address,
            block=at.stamp,
            balances=balances,
            amplification=amplification,
            rates=tuple(stored[0][0]) if stored else face,
            fee=fee,
            admin_fee=admin_fee,
            total_supply=supply,
            a_precision=100 if precise else 1,
        )
        if stated is not None:
            _check_virtual_price(pool, stated)
        return pool

    return WholeReader(name=name, reads=reads, build=build)


def _check_virtual_price(pool: CurveStablePool, stated: int) -> None:
    """Hold the invariant over the supply against the contract's own: they differ where rates are kept elsewhere."""
    own = invariant(pool) * 10**18 // max(pool.total_supply, 1)
    if abs(own - stated) > stated // _VIRTUAL_PRICE_WITHIN:
        raise Rejected(
            pool.name,
            VenueFault.UNSUPPORTED,
            f"its virtual price is {stated / 1e18:.9f}, that of what was read is {own / 1e18:.9f}",
            "its tokens accrue in a way that this generation of pools does not state: write its state into a file",
        )


async def _crypto(
    node: Node, address: str, block: Header, name: str, tokens: tuple[PoolToken, ...], common: tuple[Read, ...]
) -> WholeReader:
    """Read a CryptoSwap pool: two tokens have one price scale, three have one by index."""
    n_token = len(tokens)
    single = Read(address, "price_scale()", _NUMBER)
    (alone,) = await try_reads(node, [single], block)
    by_index = tuple(Read(address, "price_scale(uint256)", _NUMBER, (i,)) for i in range(n_token - 1))
    scales = (single,) if alone else by_index
    words = ("A", "gamma", "D", "mid_fee", "out_fee", "fee_gamma")
    reads = (*common, *scales, *(Read(address, f"{word}()", _NUMBER) for word in words))

    def build(values: list[tuple[Any, ...]], at: Header) -> CurveCryptoPool:
        numbers = [one[0] for one in values]
        amplification, gamma, invariant, mid_fee, out_fee, fee_gamma = numbers[-len(words) :]
        return CurveCryptoPool(
            name=PoolName(name),
            tokens=tokens,
            address=address,
            block=at.stamp,
            balances=tuple(numbers[:n_token]),
            amplification=amplification,
            gamma=gamma,
            invariant=invariant,
            price_scale=tuple(numbers[n_token + 1 : -len(words)]),
            mid_fee=mid_fee,
            out_fee=out_fee,
            fee_gamma=fee_gamma,
            total_supply=numbers[n_token],
        )

    return WholeReader(name=name, reads=reads, build=build)

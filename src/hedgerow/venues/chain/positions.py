"""From the chain to positions: a token of the v3 position manager, a range of a v4 pool by its owner, pool tokens."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from hedgerow.core.errors import InputError, Rejected, VenueFault
from hedgerow.core.ids import PoolName
from hedgerow.instruments import FeeCheckpoint, PoolPosition, PoolShare, RangePosition
from hedgerow.instruments.liquidity import MAX_TICK
from hedgerow.venues.chain.abi import ZERO_ADDRESS, Read, checked_address, keccak, packed
from hedgerow.venues.chain.multicall import read_all, try_reads
from hedgerow.venues.chain.node import Header, Node
from hedgerow.venues.chain.uniswap import V4Layout


class PositionEnded(Rejected):
    """There is nothing in a position, or it is there no longer."""


@runtime_checkable
class PositionReader(Protocol):
    """The port."""

    @property
    def read(self) -> Read:
        """What to read at a block. [as the contract says]"""

    def position(self, values: tuple[Any, ...], pool: str) -> PoolPosition:
        """Make the position of what was read.

        Parameters
        ----------
        values : tuple
            What the read returned.
        pool : str
            Name of its pool.

        Returns
        -------
        PoolPosition
            The position. [as its fields]

        Raises
        ------
        PositionEnded
            If there is nothing in it.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenPosition:
    """A position that the user states; nothing is read for it.

    Parameters
    ----------
    stated : PoolPosition
        As stated.
    """

    stated: PoolPosition


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPosition:
    """A position that is a token of the v3 position manager (NonfungiblePositionManager.sol).

    Parameters
    ----------
    manager : str
        The manager. [hex]
    token_id : int
        The token. [pure]
    """

    manager: str
    token_id: int

    @property
    def read(self) -> Read:
        """As the port says. [as the contract says]"""
        kinds = "uint96 address address address uint24 int24 int24 uint128 uint256 uint256 uint128 uint128"
        return Read(self.manager, "positions(uint256)", tuple(kinds.split()), (self.token_id,))

    def position(self, values: tuple[Any, ...], pool: str) -> RangePosition:
        """As the port says."""
        lower, upper, liquidity, growth0, growth1, owed0, owed1 = values[5:]
        owed = f"its liquidity is taken out, {owed0} and {owed1} units of its tokens are owed and can be collected"
        _held(liquidity, f"token {self.token_id}", self.manager, owed if owed0 or owed1 else "")
        fees = FeeCheckpoint(growth_inside0_x128=growth0, growth_inside1_x128=growth1, owed0=owed0, owed1=owed1)
        return RangePosition(
            name=f"token-{self.token_id}",
            pool=PoolName(pool),
            liquidity=liquidity,
            tick_lower=lower,
            tick_upper=upper,
            fees=fees,
        )

    async def pool_and_ticks(self, node: Node, block: Header) -> tuple[str, tuple[int, int]]:
        """Ask in which pool the position is.

        Parameters
        ----------
        node : Node
            Whom to ask.
        block : Header
            When.

        Returns
        -------
        tuple of (str, tuple of int)
            Address of the pool, and both ticks. [ticks]

        Raises
        ------
        Rejected
            If there is no such token.
        """
        factory = Read(self.manager, "factory()", ("address",))
        found, (maker,) = (await try_reads(node, [self.read], block))[0], (await read_all(node, [factory], block))[0]
        if found is None:
            raise _no_token(self)
        values = self.read.decode(found)
        where = Read(maker, "getPool(address,address,uint24)", ("address",), values[2:5])
        ((pool,),) = await read_all(node, [where], block)
        if pool == ZERO_ADDRESS:
            raise Rejected(
                self.manager, VenueFault.UNSUPPORTED, f"token {self.token_id} has no pool", "check the manager"
            )
        return pool, (values[5], values[6])


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerPosition:
    """A range of a v4 pool as its manager keeps it (Position.sol): by owner, ticks and salt.

    Parameters
    ----------
    layout : V4Layout
        The pool.
    owner : str
        Who holds it; for tokens of a position manager the latter. [hex]
    tick_lower, tick_upper : int
        Its range. [ticks]
    salt : int
        Tells positions of one owner in one range apart; for tokens of a position manager their number. [pure]
    """

    layout: V4Layout
    owner: str
    tick_lower: int
    tick_upper: int
    salt: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.salt < 1 << 256:
            raise InputError(f"a salt of {self.salt}", "it is a whole number from 0 to 2^256 - 1")
        if not -MAX_TICK <= self.tick_lower < self.tick_upper <= MAX_TICK:
            raise InputError(
                f"a range from tick {self.tick_lower} to {self.tick_upper}",
                f"tick_lower < tick_upper, within ±{MAX_TICK}",
            )

    @property
    def read(self) -> Read:
        """As the port says. [as the contract says]"""
        kinds = ("address", "int24", "int24", "bytes32")
        return self.layout.position(
            keccak(packed(kinds, (self.owner, self.tick_lower, self.tick_upper, self.salt.to_bytes(32))))
        )

    def position(self, values: tuple[Any, ...], pool: str) -> RangePosition:
        """As the port says."""
        liquidity, growth0, growth1 = (int.from_bytes(word) for word in values[0])
        _held(liquidity, f"the range {self.tick_lower} to {self.tick_upper} of {self.owner}", self.layout.emitter)
        return RangePosition(
            name=f"range-{self.tick_lower}-{self.tick_upper}",
            pool=PoolName(pool),
            liquidity=liquidity,
            tick_lower=self.tick_lower,
            tick_upper=self.tick_upper,
            fees=FeeCheckpoint(growth_inside0_x128=growth0, growth_inside1_x128=growth1),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedShare:
    """Pool tokens of an owner.

    Parameters
    ----------
    token : str
        Contract of the pool tokens. [hex]
    owner : str
        Who holds them. [hex]
    """

    token: str
    owner: str

    @property
    def read(self) -> Read:
        """As the port says. [smallest units]"""
        return Read(self.token, "balanceOf(address)", ("uint256",), (checked_address(self.owner, "an owner"),))

    def position(self, values: tuple[Any, ...], pool: str) -> PoolShare:
        """As the port says."""
        _held(values[0], f"pool tokens of {self.owner}", self.token)
        return PoolShare(name=f"share-{self.owner[:8]}", pool=PoolName(pool), shares=values[0])


PositionSource = GivenPosition | TokenPosition | ManagerPosition | OwnedShare
"""Where a position comes from."""


async def read_positions(
    node: Node, sources: "tuple[PositionSource, ...]", pool: str, block: Header
) -> tuple[PoolPosition, ...]:
    """Read positions of one pool at one block.

    Parameters
    ----------
    node : Node
        Whom to ask.
    sources : tuple of PositionSource
        Where they come from.
    pool : str
        Name of the pool.
    block : Header
        When.

    Returns
    -------
    tuple of PoolPosition
        In the same order. [as their fields]

    Raises
    ------
    PositionEnded
        If one is empty or is not there.
    Rejected
        If one cannot be read.
    """
    asked = [one for one in sources if not isinstance(one, GivenPosition)]
    reads = [one.read for one in asked]
    found = await try_reads(node, reads, block)
    for source, read, data in zip(asked, reads, found, strict=True):
        if data is None and isinstance(source, TokenPosition):
            raise _no_token(source)
        if data is None:
            raise Rejected(node.name, VenueFault.UNSUPPORTED, f"{read.label} failed", "check the address")
    answers = iter([read.decode(data) for read, data in zip(reads, found, strict=True) if data])
    return tuple(one.stated if isinstance(one, GivenPosition) else one.position(next(answers), pool) for one in sources)


def _no_token(source: TokenPosition) -> PositionEnded:
    return PositionEnded(
        source.manager, VenueFault.UNSUPPORTED, f"it has no token {source.token_id}", "it never was, or is burnt"
    )


def _held(amount: int, what: str, where: str, instead: str = "") -> None:
    if not amount:
        raise PositionEnded(
            where,
            VenueFault.UNSUPPORTED,
            f"{what}: {instead or 'nothing is in it'}",
            "give a position that has liquidity",
        )

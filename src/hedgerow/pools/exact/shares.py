"""What is held of a pool, checked against it: the right kind, of this pool, and no more than there is."""

from hedgerow.core.errors import InputError
from hedgerow.instruments.liquidity import PoolPosition, PoolShare, RangePosition
from hedgerow.market.pool_states import PoolFields, PoolStorage, UniswapV3Pool, UniswapV4Pool


def check_home(pool: PoolFields, position: PoolPosition) -> None:
    """Refuse a position of another pool.

    Parameters
    ----------
    pool : PoolFields
        The pool.
    position : PoolPosition
        What is held.

    Raises
    ------
    InputError
        If the position names another pool.
    """
    if position.pool != pool.name:
        raise InputError(
            f"{position.name} is a position in {position.pool}, not in {pool.name}", "value each pool by itself"
        )


def check_kind(pool: PoolStorage, position: PoolPosition) -> None:
    """Refuse a position that the pool cannot have, or that is of another pool.

    Parameters
    ----------
    pool : PoolStorage
        The pool.
    position : PoolPosition
        What is held.

    Raises
    ------
    InputError
        If it is a share of a concentrated pool or a range of any other, or names another pool.
    """
    concentrated = isinstance(pool, UniswapV3Pool | UniswapV4Pool)
    if concentrated != isinstance(position, RangePosition):
        has = "ranges of ticks" if concentrated else "shares of the whole pool"
        raise InputError(f"{position.name}: {pool.name} has {has}", "give positions of that kind")
    check_home(pool, position)


def checked_share(pool: PoolFields, position: PoolShare, total_supply: int) -> int:
    """Return how many shares a position has, if the pool has issued as many.

    Parameters
    ----------
    pool : PoolFields
        The pool.
    position : PoolShare
        The shares.
    total_supply : int
        What the pool has issued. [smallest units]

    Returns
    -------
    int
        The shares. [smallest units]

    Raises
    ------
    InputError
        If the shares are of another pool, or more than the pool has issued.

    References
    ----------
    ERC-20: no balance exceeds the total supply.
    """
    check_home(pool, position)
    if position.shares > total_supply:
        raise InputError(
            f"{position.name}: {position.shares} shares of {pool.name}, which has issued {total_supply}",
            "shares and pool must be of one block",
        )
    return position.shares
